//! The archive's own SOAP service: an address, a login, and how to call it.

use std::sync::Mutex;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bestedu::soap::{self, PutMessage};
use bestedu::{AppReceipt, Outcome};
use outbound::Connection;
use outbound::ntlm::{self, Ours, Who};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, StatusCode, header};
use tokio::time::timeout;
use url::Url;
use zeroize::Zeroizing;

use crate::Point;
use crate::push::Failed;

/// How long an archive may take to answer. Less than a push is leased for, so that none
/// is told twice for being slow.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(45);
/// An answer is a receipt; nobody needs more for one.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Who enters an archive's SOAP service, by NTLM or HTTP Basic.
pub struct Login {
    /// The user's domain, where there is one.
    pub domain: Option<String>,
    /// The name.
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
    /// How it asks who calls; none until it was asked.
    known: Mutex<Option<Scheme>>,
    /// Who vouches for its certificate, if not whom the machine believes.
    authorities: Option<Vec<u8>>,
}

/// How an archive asks who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Basic,
    Ntlm,
}

impl Archive {
    /// An archive at an address, with a certificate that these authorities (PEM) vouch
    /// for, where any are given.
    ///
    /// Fails when certificates cannot be read.
    pub fn new(
        endpoint: Url,
        login: Option<Login>,
        authorities: Option<&[u8]>,
        innsynskrav: bool,
    ) -> Result<Self, outbound::Error> {
        let within = ANSWER_TIME_MAX;
        let client = outbound::client_within_believing(&endpoint, within, authorities)?;
        Ok(Self {
            endpoint,
            login,
            innsynskrav,
            client,
            known: Mutex::default(),
            authorities: authorities.map(<[u8]>::to_vec),
        })
    }

    /// Hand it a message; fails unless it says that it has taken it.
    pub(super) async fn put(
        &self,
        point: &Point,
        message: &PutMessage,
    ) -> Result<StatusCode, Failed> {
        let document = message.document();
        let Some(login) = &self.login else {
            return judge(&self.call(document, None).await?);
        };
        let answer = match self.scheme().await? {
            Scheme::Basic => self.call(document, Some(basic(login))).await?,
            Scheme::Ntlm => self.by_ntlm(point, login, document).await?,
        };
        if answer.status == StatusCode::UNAUTHORIZED {
            // It may ask otherwise from now on.
            *self.known.lock().expect("nobody panics while holding it") = None;
        }
        judge(&answer)
    }

    /// How it asks who calls. It is asked without saying so, or a password would go to
    /// one that wants none.
    async fn scheme(&self) -> Result<Scheme, Failed> {
        let known = || self.known.lock().expect("nobody panics while holding it");
        if let Some(known) = *known() {
            return Ok(known);
        }
        let answer = self.call(String::new(), None).await?;
        let away = [502, 503, 504].contains(&answer.status.as_u16());
        let scheme = match answer.challenges("NTLM").next() {
            Some(_) => Scheme::Ntlm,
            None if away => return Err(Failed::Answered(answer.status)),
            None => Scheme::Basic,
        };
        *known() = Some(scheme);
        Ok(scheme)
    }

    /// The three messages, on a connection of their own.
    async fn by_ntlm(
        &self,
        point: &Point,
        login: &Login,
        document: String,
    ) -> Result<Answer, Failed> {
        let spoken = timeout(ANSWER_TIME_MAX, async {
            let authorities = self.authorities.as_deref();
            let opened = Connection::open(&self.endpoint, authorities).await;
            let mut connection = opened.map_err(away)?;
            let first = ntlm::negotiate();
            let asked = self.say(&mut connection, &first, String::new()).await?;
            let Some(third) = third(point, login, &asked) else {
                return Err(Failed::Answered(asked.status));
            };
            self.say(&mut connection, &third, document).await
        });
        let late = |_| Failed::Closed("the endpoint did not answer in time".into());
        spoken.await.map_err(late)?
    }

    /// One of our messages, and what is answered on the same connection.
    async fn say(
        &self,
        connection: &mut Connection,
        message: &[u8],
        document: String,
    ) -> Result<Answer, Failed> {
        let text = format!("NTLM {}", STANDARD.encode(message));
        let headers = headers(Some(text.into()));
        let (url, body) = (&self.endpoint, document.into());
        let answer = connection.post(url, headers, body, ANSWER_BYTES_MAX).await;
        let (head, body) = answer.map_err(away)?.into_parts();
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }

    async fn call(
        &self,
        document: String,
        authorization: Option<Zeroizing<String>>,
    ) -> Result<Answer, Failed> {
        let request = self
            .client
            .post(self.endpoint.clone())
            .headers(headers(authorization))
            .body(document);
        let closed = |error| Failed::Closed(crate::push::reason(error));
        let mut answer = request.send().await.map_err(closed)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(closed)? {
            body.extend_from_slice(&part);
            if body.len() > ANSWER_BYTES_MAX {
                return Err(Failed::Answered(status));
            }
        }
        Ok(Answer {
            status,
            headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }
}

/// Of every call.
fn headers(authorization: Option<Zeroizing<String>>) -> HeaderMap {
    let mut all = HeaderMap::new();
    let kind = HeaderValue::from_static("text/xml; charset=utf-8");
    all.insert(header::CONTENT_TYPE, kind);
    all.insert("SOAPAction", HeaderValue::from_static("\"\""));
    if let Some(text) = authorization {
        let value = HeaderValue::from_str(&text);
        let mut value = value.expect("Base64 fits into a header");
        value.set_sensitive(true);
        all.insert(header::AUTHORIZATION, value);
    }
    all
}

/// What answers the archive's message, if it has sent one.
fn third(point: &Point, login: &Login, asked: &Answer) -> Option<Vec<u8>> {
    let second = asked.challenges("NTLM").find_map(|text| {
        let text = text.trim();
        (!text.is_empty()).then(|| STANDARD.decode(text).ok())?
    })?;
    let who = Who {
        domain: login.domain.as_deref().unwrap_or_default(),
        user: &login.user,
        password: &login.password,
    };
    let mut challenge = [0; 8];
    point.setup.random.fill(&mut challenge);
    let now = point.setup.clock.now();
    ntlm::authenticate(&who, &second, Ours { challenge, now })
}

fn away(error: outbound::Error) -> Failed {
    Failed::Closed(error.to_string())
}

/// What an archive has answered.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    /// What it asks for by this scheme, if it asks who calls.
    fn challenges(&self, scheme: &'static str) -> impl Iterator<Item = &str> {
        let asks = self.status == StatusCode::UNAUTHORIZED;
        let all = self.headers.get_all(header::WWW_AUTHENTICATE).iter();
        let all = all.filter_map(|value| value.to_str().ok());
        all.filter(move |_| asks).filter_map(move |value| {
            let (name, rest) = value.split_at_checked(scheme.len())?;
            name.eq_ignore_ascii_case(scheme).then_some(rest)
        })
    }
}

/// Name and password as they are (RFC 7617); a domain in front, as Windows has it.
fn basic(login: &Login) -> Zeroizing<String> {
    let name = match &login.domain {
        Some(domain) => format!("{domain}\\{}", login.user),
        None => login.user.clone(),
    };
    let both = Zeroizing::new(format!("{name}:{}", login.password.as_str()));
    Zeroizing::new(format!("Basic {}", STANDARD.encode(both.as_bytes())))
}

/// A fault is told with 500 (SOAP 1.1, 6.2), and says more than the number does.
fn judge(answer: &Answer) -> Result<StatusCode, Failed> {
    let status = answer.status;
    match soap::answer(&answer.body) {
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
