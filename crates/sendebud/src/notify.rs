//! Tell systemd how it goes (sd_notify): one datagram to the socket that it names.

use std::os::unix::net::UnixDatagram;

/// `READY=1`, `STOPPING=1`. Nothing happens where nobody asked to be told.
pub(crate) fn notify(words: &str) {
    let Some(place) = std::env::var_os("NOTIFY_SOCKET") else {
        return;
    };
    if let Err(error) = tell(&place, words) {
        tracing::warn!(%error, "systemd could not be told");
    }
}

fn tell(place: &std::ffi::OsStr, words: &str) -> std::io::Result<()> {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::net::SocketAddr;
    let socket = UnixDatagram::unbound()?;
    // > If the first character is @, the string is an abstract socket (sd_notify(3))
    let address = match place.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(place)?,
    };
    socket.send_to_addr(words.as_bytes(), &address)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    // sd_notify(3): newline-separated assignments in one datagram.
    #[test]
    fn a_socket_by_path_is_told() {
        let folder = tempfile::TempDir::new().unwrap();
        let place = folder.path().join("notify");
        let socket = UnixDatagram::bind(&place).unwrap();
        tell(place.as_os_str(), "READY=1").unwrap();
        let mut heard = [0; 16];
        let length = socket.recv(&mut heard).unwrap();
        assert_eq!(&heard[..length], b"READY=1");
    }
}
