//! An access point whose certificate no authority of the machine's vouches for.

use std::fs;
use std::net::TcpStream;
use std::process::{Child, Stdio};

use crate::place::{Place, said};
use crate::world::{free_ports, sendebud, until};

/// Dropped, it ends.
struct Secure(Child);

impl Drop for Secure {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[tokio::test]
async fn it_is_believed_when_its_certificate_is_given() {
    let (there, here) = (Place::new(), Place::new());
    assert!(there.move_in(None).output().unwrap().status.success());
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(there.path("sertifikat.pem"), made.cert.pem()).unwrap();
    fs::write(there.path("nokkel.pem"), made.signing_key.serialize_pem()).unwrap();
    let settings = there.path("sendebud.toml");
    let text = fs::read_to_string(&settings).unwrap();
    let tls = "\n[tls]\ncertificate = \"sertifikat.pem\"\nkey = \"nokkel.pem\"\n";
    fs::write(&settings, text + tls).unwrap();
    let port = free_ports();
    let _there = Secure(
        sendebud()
            .args(["serve", "--set", &format!("listen=127.0.0.1:{port}")])
            .arg("--config")
            .arg(&settings)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    until("it listens", async || {
        TcpStream::connect(("127.0.0.1", port)).ok()
    })
    .await;
    let api = format!("https://localhost:{port}");

    assert!(here.move_in(None).output().unwrap().status.success());
    for command in ["move-in", "move-out"] {
        let call = || {
            let mut call = sendebud();
            call.args([command, "--check", "--api", &api]);
            match command {
                "move-in" => {
                    call.arg("--properties").arg(here.properties()).arg("--out")
                }
                _ => call.arg("--config"),
            };
            call.arg(here.path("sendebud.toml"));
            call
        };
        let refused = call().output().unwrap();
        assert!(!refused.status.success(), "{command} believes anybody");
        let believed = call()
            .arg("--ca")
            .arg(there.path("sertifikat.pem"))
            .output();
        let believed = believed.unwrap();
        let words = said(&believed);
        assert!(believed.status.success(), "{command}: {words}");
        assert!(words.contains("wait for the case system: 0"), "{words}");
    }
}
