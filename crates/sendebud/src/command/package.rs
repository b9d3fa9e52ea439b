//! Open and seal packages by hand.

use std::path::Path;
use std::process::ExitCode;

use ambient::{Clock, Random};
use anyhow::Context;
use dokumentpakke::asice::{Container, read};
use dokumentpakke::trust::{Crl, Revocation};
use dokumentpakke::{
    Ask, Attachment, Certificate, Identity, Judgement, KeyTransport, Opened, Rules,
    Sealing, judge, open, seal,
};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::cli::{self, Open, Package, Seal};
use crate::run::shown;
use crate::settings::{Key, either};

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

/// Answers whether the package is good. Files are written only if it is.
fn open_package(options: &Open) -> anyhow::Result<bool> {
    let mut keys = Vec::new();
    for key in &options.key {
        keys.extend(identities(key, &options.password_file)?);
    }
    let package = std::fs::read(&options.file)
        .with_context(|| format!("the package {}", shown(&options.file)))?;
    let opened = open(&package, &keys);
    let read = opened.and_then(|opened| Ok((read(&opened.asice)?, opened)));
    let (container, opened) = match read {
        Ok(read) => read,
        Err(error) => {
            let report = json!({
                "verdict": "refused", "code": "package", "reason": error.to_string(),
                "files": [],
            });
            print(&report, options.json);
            return Ok(false);
        }
    };
    let judgement = judged(&container, options)?;
    let good = judgement.refusal.is_none();
    if let Some(folder) = options.out.as_ref().filter(|_| good) {
        unpack(&container, folder)?;
    }
    print(&report(&container, &opened, &judgement), options.json);
    Ok(good)
}

fn judged(container: &Container, options: &Open) -> anyhow::Result<Judgement> {
    let now = options.at.unwrap_or_else(|| Clock::system().now());
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let trust = crate::roles::trust::read(&options.trust, today)?;
    let mut lists = Vec::new();
    for path in &options.crl {
        let bytes =
            std::fs::read(path).with_context(|| format!("the list {}", shown(path)))?;
        lists.push(Crl::parse(&bytes)?);
    }
    let ask = |of: &Certificate, issuer: &Certificate| {
        let said = lists.iter().map(|list| list.status(of, issuer, now));
        said.fold(Revocation::Unknown, |known, next| match (known, next) {
            (Revocation::Revoked(_), _) | (_, Revocation::Unknown) => known,
            _ => next,
        })
    };
    let senders: Vec<&str> = options.sender.iter().map(String::as_str).collect();
    Ok(judge(
        &container.signature,
        &Rules {
            trust: trust.as_ref(),
            senders: &senders,
            refuse_sha1: options.refuse_sha1,
            revocation: (!lists.is_empty()).then_some(&ask as Ask<'_>),
            refuse_unknown_revocation: false,
            now,
        },
    ))
}

fn report(container: &Container, opened: &Opened, judgement: &Judgement) -> Value {
    let signature = &container.signature;
    let hex = |sum: &[u8]| sum.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let files: Vec<Value> = container
        .files
        .iter()
        .map(|f| {
            let (size, sha256) = (f.bytes.len(), hex(&f.sha256));
            json!({"name": f.name, "mime": f.mime, "size": size, "sha256": sha256})
        })
        .collect();
    let by = judgement.signer.as_ref();
    let signer = by.map(|by| &by.certificate);
    let revocation = judgement.revocation.map(|known| match known {
        Revocation::Good => "good".to_owned(),
        Revocation::Unknown => "unknown".to_owned(),
        Revocation::Revoked(at) => format!("revoked {at}"),
    });
    let mut report = json!({
        "verdict": if judgement.refusal.is_none() { "ok" } else { "refused" },
        "files": files,
        "remarks": container.remarks,
        "signature": {
            "signer": signer.map(Certificate::subject),
            "orgnr": signer.and_then(Certificate::orgnr),
            "serial": signer.map(Certificate::serial),
            "signedAt": by.and_then(|by| by.signed_at).map(|at| at.to_string()),
            "digest": by.map(|by| by.digest),
            "weak": judgement.weak,
            "coversEveryFile": signature.covers_every_file,
            "chain": judgement.chain.to_string(),
            "revocation": revocation,
        },
        "encryption": {
            "recipient": opened.encryption.recipient,
            "key": opened.encryption.key,
            "content": opened.encryption.content,
        },
    });
    if let Some(refusal) = &judgement.refusal {
        report["code"] = refusal.code().into();
        report["reason"] = refusal.to_string().into();
    }
    report
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
    let signer = identities(&options.key, &options.password_file)?.swap_remove(0);
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
        key_transport: match options.key_transport {
            cli::KeyTransport::Pkcs1 => KeyTransport::Pkcs1v15,
            cli::KeyTransport::OaepSha256 => KeyTransport::OaepSha256,
        },
        now: Clock::system().now(),
    };
    let package = seal(&sealing, &attachments, &Random::system())?;
    std::fs::write(&options.out, package)?;
    Ok(())
}

/// Every key in a file.
pub(crate) fn identities(
    key: &Path,
    password_file: &Path,
) -> anyhow::Result<Vec<Identity>> {
    identities_of(&Key {
        file: key.to_owned(),
        password: None,
        password_file: Some(password_file.to_owned()),
        token: None,
    })
}

/// Every key in a file or on a token.
pub(crate) fn identities_of(key: &Key) -> anyhow::Result<Vec<Identity>> {
    let (given, file) = (key.password.as_ref(), key.password_file.as_deref());
    let password = either("keys: password", given, file)?;
    let read = match &key.token {
        Some(label) => token::identities(&key.file, label, &password),
        None => {
            let bytes = std::fs::read(&key.file)
                .map(Zeroizing::new)
                .with_context(|| format!("the key {}", shown(&key.file)))?;
            Identity::all(&bytes, &password)
        }
    };
    read.with_context(|| format!("the key {} cannot be used", shown(&key.file)))
}
