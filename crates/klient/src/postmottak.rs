//! A mailbox that plays postmottak: SMTP in, one file a mail.
//!
//! For demonstrations and tests. A mail is on disk before it is answered 250, and lies
//! under its Message-ID: the same mail sent twice is there once.

#![expect(
    clippy::disallowed_methods,
    reason = "each connection is a task of its own"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::files::write_whole;

/// Bytes of a mail that is still taken.
const MAIL_BYTES_MAX: usize = 20 * 1024 * 1024;

/// Take mail on this listener for ever.
pub async fn serve(listener: TcpListener, folder: PathBuf) -> std::io::Result<()> {
    std::fs::create_dir_all(&folder)?;
    let folder = Arc::new(folder);
    loop {
        let (stream, _) = listener.accept().await?;
        let folder = Arc::clone(&folder);
        tokio::spawn(async move {
            if let Err(error) = converse(stream, &folder).await {
                tracing::debug!(%error, "a mail connection ended early");
            }
        });
    }
}

/// RFC 5321, as much of it as a sender of mail needs.
async fn converse(stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    write.write_all(b"220 postmottak\r\n").await?;
    let mut line = Vec::new();
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&line).trim().to_ascii_uppercase();
        let verb = text.split([' ', ':']).next().unwrap_or_default();
        let answer: &[u8] = match verb {
            "EHLO" => b"250-postmottak\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            "HELO" | "MAIL" | "RCPT" | "RSET" | "NOOP" => b"250 OK\r\n",
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mail = data(&mut lines).await?;
                match keep(&mail, folder) {
                    Ok(()) => b"250 OK\r\n",
                    Err(_) => b"451 not kept\r\n",
                }
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => b"502 not known\r\n",
        };
        write.write_all(answer).await?;
    }
}

async fn data(
    lines: &mut BufReader<tokio::net::tcp::OwnedReadHalf>,
) -> std::io::Result<Vec<u8>> {
    let (mut mail, mut line) = (Vec::new(), Vec::new());
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" || line == b".\n" {
            return Ok(mail);
        }
        mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        if mail.len() > MAIL_BYTES_MAX {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
    }
}

fn keep(mail: &[u8], folder: &Path) -> std::io::Result<()> {
    let text = String::from_utf8_lossy(mail);
    let headers = text.split("\r\n\r\n").next().unwrap_or_default();
    let id = headers.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("message-id")
            .then(|| value.trim().to_owned())
    });
    let plain = |c: &char| c.is_ascii_alphanumeric() || "._-@".contains(*c);
    let name: String = id.unwrap_or_default().chars().filter(plain).collect();
    let name = if name.is_empty() {
        "uten-id".into()
    } else {
        name
    };
    let part = folder.join(format!(".{name}.part"));
    write_whole(&part, &folder.join(format!("{name}.eml")), mail)
}
