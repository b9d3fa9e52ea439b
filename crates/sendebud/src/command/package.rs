//! Open and seal packages by hand.

use std::path::Path;
use std::process::ExitCode;

use ambient::{Clock, Random};
use anyhow::Context;
use dokumentpakke::asice::{Container, Verdict, read};
use dokumentpakke::{
    Attachment, Certificate, Identity, KeyTransport, Opened, Sealing, open, seal,
};
use serde_json::{Value, json};

use crate::cli::{Open, Package, Seal};
use crate::run::shown;
use crate::settings::secret;

pub(crate) fn run(command: &Package) -> ExitCode {
    let done = match command {
        Package::Open(options) => open_package(options),
        Package::Seal(options) => seal_package(options).map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Answers whether the package is good.
fn open_package(options: &Open) -> anyhow::Result<bool> {
    let key = identity(&options.key, &options.password_file)?;
    let package = std::fs::read(&options.file)
        .with_context(|| format!("the package {}", shown(&options.file)))?;
    let opened = open(&package, &[key]);
    let read = opened.and_then(|opened| Ok((read(&opened.asice)?, opened)));
    let (container, opened) = match read {
        Ok(read) => read,
        Err(error) => {
            let report = json!({
                "verdict": "refused", "reason": error.to_string(), "files": [],
            });
            print(&report, options.json);
            return Ok(false);
        }
    };
    if let Some(folder) = &options.out {
        unpack(&container, folder)?;
    }
    let (report, good) = report(&container, &opened);
    print(&report, options.json);
    Ok(good)
}

fn report(container: &Container, opened: &Opened) -> (Value, bool) {
    let signature = &container.signature;
    let (verdict, reason) = match &signature.verdict {
        Verdict::Valid => ("ok", None),
        Verdict::Unsigned => ("refused", Some("unsigned".to_owned())),
        Verdict::Invalid { reason } => ("refused", Some(reason.clone())),
    };
    let hex = |sum: &[u8]| sum.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let files: Vec<Value> = container
        .files
        .iter()
        .map(|f| {
            let (size, sha256) = (f.bytes.len(), hex(&f.sha256));
            json!({"name": f.name, "mime": f.mime, "size": size, "sha256": sha256})
        })
        .collect();
    let signer = signature.signer.as_ref();
    let mut report = json!({
        "verdict": verdict,
        "files": files,
        "signature": {
            "signer": signer.map(Certificate::subject),
            "orgnr": signer.and_then(Certificate::orgnr),
            "signedAt": signature.signed_at.map(|at| at.to_string()),
            "chain": "not verified",
        },
        "encryption": {
            "recipient": opened.recipient,
            "key": opened.key_encryption,
            "content": opened.content_encryption,
        },
    });
    if let Some(reason) = reason {
        report["reason"] = reason.into();
    }
    (report, verdict == "ok")
}

fn print(report: &Value, json: bool) {
    if json {
        println!("{report:#}");
        return;
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    println!("{}  {}", text(&report["verdict"]), text(&report["reason"]));
    for file in report["files"].as_array().into_iter().flatten() {
        let size = file["size"].to_string();
        println!(
            "{size:>10}  {:<40}{}",
            text(&file["name"]),
            text(&file["mime"])
        );
    }
}

/// Names that would leave the folder are refused, not followed.
fn unpack(container: &Container, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    for file in &container.files {
        anyhow::ensure!(!file.escapes(), "a file name leads out of the folder");
        let place = folder.join(&file.name);
        if let Some(parent) = place.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(place, &file.bytes)?;
    }
    Ok(())
}

fn seal_package(options: &Seal) -> anyhow::Result<()> {
    let signer = identity(&options.key, &options.password_file)?;
    let pem = std::fs::read_to_string(&options.to)
        .with_context(|| format!("the certificate {}", shown(&options.to)))?;
    let recipient = Certificate::from_pem(&pem)?;
    let mut files = Vec::new();
    for file in &options.files {
        let path = file.split_once('=').map_or(file.as_str(), |(_, path)| path);
        let name = file.split_once('=').map(|(name, _)| name.to_owned());
        let last = Path::new(path).file_name().and_then(|n| n.to_str());
        let name = name
            .or_else(|| last.map(str::to_owned))
            .context("a file name")?;
        let bytes = std::fs::read(path).with_context(|| format!("the file {path}"))?;
        files.push((name, bytes));
    }
    let attachments: Vec<Attachment<'_>> = files
        .iter()
        .map(|(name, bytes)| Attachment {
            name,
            mime: "application/octet-stream",
            bytes,
        })
        .collect();
    let party = |certificate: &Certificate| {
        format!("0192:{}", certificate.orgnr().unwrap_or_default())
    };
    let sealing = Sealing {
        sender: &party(signer.certificate()),
        receiver: &party(&recipient),
        signer: &signer,
        recipient: &recipient,
        key_transport: KeyTransport::Pkcs1v15,
        now: Clock::system().now(),
    };
    let package = seal(&sealing, &attachments, &Random::system())?;
    std::fs::write(&options.out, package)?;
    Ok(())
}

fn identity(key: &Path, password_file: &Path) -> anyhow::Result<Identity> {
    let bytes =
        std::fs::read(key).with_context(|| format!("the key {}", shown(key)))?;
    Ok(Identity::from_pkcs12(&bytes, &secret(password_file)?)?)
}
