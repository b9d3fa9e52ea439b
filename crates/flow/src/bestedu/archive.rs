//! The archive's own SOAP service: an address, a login, and how to call it.

use std::time::Duration;

use bestedu::soap::{self, PutMessage};
use bestedu::{AppReceipt, Outcome};
use reqwest::{Client, StatusCode, header};
use url::Url;
use zeroize::Zeroizing;

use crate::push::Failed;

/// How long an archive may take to answer. Less than a push is leased for, so that none
/// is told twice for being slow.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(45);
/// An answer is a receipt; nobody needs more for one.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Who enters an archive's SOAP service (HTTP Basic).
pub struct Login {
    /// The name; with a domain in front where it has one, `DOMENE\navn`.
    pub user: String,
    /// The password.
    pub password: Zeroizing<String>,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Login {{ user: {:?} }}", self.user)
    }
}

/// An archive.
#[derive(Debug)]
pub struct Archive {
    endpoint: Url,
    login: Option<Login>,
    /// Whether innsynskrav are handed to it.
    pub(super) innsynskrav: bool,
    client: Client,
}

impl Archive {
    /// An archive at an address.
    ///
    /// Fails when the machine's certificates cannot be read.
    pub fn new(
        endpoint: Url,
        login: Option<Login>,
        innsynskrav: bool,
    ) -> Result<Self, outbound::Error> {
        let client = outbound::client_within(&endpoint, ANSWER_TIME_MAX)?;
        Ok(Self {
            endpoint,
            login,
            innsynskrav,
            client,
        })
    }

    /// Hand it a message; fails unless it says that it has taken it.
    pub(super) async fn put(&self, message: &PutMessage) -> Result<StatusCode, Failed> {
        let mut request = self
            .client
            .post(self.endpoint.clone())
            .header(header::CONTENT_TYPE, "text/xml; charset=utf-8")
            .header("SOAPAction", "\"\"")
            .body(message.document());
        if let Some(Login { user, password }) = &self.login {
            request = request.basic_auth(user, Some(password.as_str()));
        }
        let closed = |error| Failed::Closed(crate::push::reason(error));
        let mut answer = request.send().await.map_err(closed)?;
        let status = answer.status();
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(closed)? {
            body.extend_from_slice(&part);
            if body.len() > ANSWER_BYTES_MAX {
                return Err(Failed::Answered(status));
            }
        }
        judge(status, &String::from_utf8_lossy(&body))
    }
}

/// A fault is told with 500 (SOAP 1.1, 6.2), and says more than the number does.
fn judge(status: StatusCode, body: &str) -> Result<StatusCode, Failed> {
    match soap::answer(body) {
        Ok(AppReceipt { outcome, .. })
            if status.is_success() && outcome != Outcome::Error =>
        {
            Ok(status)
        }
        Ok(AppReceipt { remarks, .. }) => {
            let remarks = remarks.iter().map(|r| format!("{}: {}", r.code, r.text));
            let remarks: Vec<String> = remarks.collect();
            Err(Failed::Refused(status, remarks.join("; ")))
        }
        Err(error @ bestedu::Error::Fault { .. }) => {
            Err(Failed::Refused(status, error.to_string()))
        }
        Err(_) if !status.is_success() => Err(Failed::Answered(status)),
        Err(error) => Err(Failed::Refused(status, format!("its answer: {error}"))),
    }
}
