//! A WebDAV collection (RFC 4918): each order has one of its own in it.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{Parcel, folder};
use crate::Error;
use crate::settings::{User, secret};

const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);

/// A collection, and who we are there.
pub(super) struct Webdav {
    client: Client,
    url: String,
    user: Option<(String, SecretString)>,
}

impl Webdav {
    pub(super) fn new(url: &Url, user: Option<&User>) -> Result<Self, Error> {
        let client = outbound::client_within(url, ANSWER_TIME_MAX);
        let known = |user: &User| {
            Ok::<_, Error>((user.name.clone(), secret(&user.password_file)?))
        };
        Ok(Self {
            client: client.map_err(|e| Error::Settings(e.to_string()))?,
            url: url.as_str().trim_end_matches('/').to_owned(),
            user: user.map(known).transpose()?,
        })
    }

    /// Put an order there. Nothing tells readers that a collection is whole but its last
    /// file, `innsynskrav.json`.
    pub(super) async fn deliver(&self, parcel: &Parcel) -> Result<(), Error> {
        let own = format!("{}/{}", self.url, parcel.name());
        let mkcol = Method::from_bytes(b"MKCOL").expect("a token");
        let made = send(self.request(mkcol, &format!("{own}/"))).await?;
        // RFC 4918 §9.3.1: 405, there is something already: ours, from before.
        if !made.status().is_success()
            && made.status() != StatusCode::METHOD_NOT_ALLOWED
        {
            return Err(refused(&made));
        }
        let mut files = folder::files(parcel)?;
        files.sort_by_key(|(name, _)| *name == "innsynskrav.json");
        for (name, bytes) in files {
            let put = self.request(Method::PUT, &format!("{own}/{name}"));
            let put = send(put.body(bytes)).await?;
            if !put.status().is_success() {
                return Err(refused(&put));
            }
        }
        Ok(())
    }

    fn request(&self, method: Method, url: &str) -> RequestBuilder {
        let request = self.client.request(method, url);
        match &self.user {
            Some((name, password)) => {
                request.basic_auth(name, Some(password.expose_secret()))
            }
            None => request,
        }
    }
}

async fn send(request: RequestBuilder) -> Result<Response, Error> {
    let sent = request.send().await;
    sent.map_err(|e| Error::Target(format!("WebDAV: {}", e.without_url())))
}

fn refused(answer: &Response) -> Error {
    Error::Target(format!("WebDAV answered {}", answer.status()))
}
