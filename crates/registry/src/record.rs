//! What the register says of one service of one organisation.

use dokumentpakke::Certificate;
use serde::Deserialize;
use serde_json::Value;

use crate::Error;

/// A service record.
#[derive(Debug, Clone)]
pub struct ServiceRecord {
    /// Whose it is.
    pub organisation_number: String,
    /// What to encrypt to.
    pub certificate: Option<Certificate>,
    /// The process.
    pub process: String,
    /// Document types that are taken under it.
    pub document_types: Vec<String>,
    /// `DPE` for ours.
    pub service_identifier: String,
    /// For DPE the suffix of the queue: `innsyn`, `data`, `meeting`.
    pub endpoint_url: String,
    /// The record as the register wrote it, for those who pass it on.
    pub raw: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default)]
    organisation_number: Option<String>,
    #[serde(default)]
    pem_certificate: Option<String>,
    #[serde(default)]
    process: Option<String>,
    #[serde(default)]
    document_types: Option<Vec<String>>,
    #[serde(default)]
    service: Option<WireService>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireService {
    #[serde(default)]
    identifier: Option<String>,
    #[serde(default)]
    endpoint_url: Option<String>,
}

impl ServiceRecord {
    pub(crate) fn read(raw: Value) -> Result<Self, Error> {
        let wire: Wire = Wire::deserialize(&raw).map_err(|e| answer(&e))?;
        let pem = wire.pem_certificate.filter(|pem| !pem.trim().is_empty());
        let certificate = pem.map(|pem| certificate(&pem)).transpose()?;
        let service = wire.service;
        let part = |f: fn(&WireService) -> &Option<String>| {
            service
                .as_ref()
                .and_then(|s| f(s).clone())
                .unwrap_or_default()
        };
        Ok(Self {
            organisation_number: wire.organisation_number.unwrap_or_default(),
            certificate,
            process: wire.process.unwrap_or_default(),
            document_types: wire.document_types.unwrap_or_default(),
            service_identifier: part(|s| &s.identifier),
            endpoint_url: part(|s| &s.endpoint_url),
            raw,
        })
    }
}

impl ServiceRecord {
    /// It must be of the organisation, and of the process, that was asked about.
    pub(crate) fn is_of(
        &self,
        receiver: &str,
        process: Option<&str>,
    ) -> Result<(), Error> {
        let number = &self.organisation_number;
        if !number.is_empty() && !same(number, receiver) {
            return Err(swapped(receiver, number));
        }
        match process {
            Some(asked) if asked != self.process && !self.process.is_empty() => {
                Err(swapped(asked, &self.process))
            }
            _ => Ok(()),
        }
    }
}

/// An answer must be about whom it was asked.
pub(crate) fn about(body: &Value, receiver: &str) -> Result<(), Error> {
    match body["infoRecord"]["identifier"].as_str() {
        Some(got) if !same(got, receiver) => Err(swapped(receiver, got)),
        _ => Ok(()),
    }
}

/// Whether two ways of writing an organisation's number mean one.
pub(crate) fn same(one: &str, other: &str) -> bool {
    let bare = |id: &str| id.rsplit(':').next().unwrap_or_default().to_owned();
    bare(one) == bare(other)
}

pub(crate) fn swapped(asked: &str, got: &str) -> Error {
    Error::Swapped {
        asked: asked.to_owned(),
        got: got.to_owned(),
    }
}

/// > if BEGIN marker is missing both SR and IP wrap it (wire-format §4.3)
pub(crate) fn certificate(pem: &str) -> Result<Certificate, Error> {
    let wrapped;
    let pem = if pem.contains("-----BEGIN") {
        pem
    } else {
        let mark = |word| format!("-----{word} CERTIFICATE-----");
        wrapped = format!("{}\n{}\n{}\n", mark("BEGIN"), pem.trim(), mark("END"));
        &wrapped
    };
    Certificate::from_pem(pem).map_err(|e| answer(&e))
}

pub(crate) fn answer(error: &dyn std::fmt::Display) -> Error {
    Error::Answer(error.to_string())
}
