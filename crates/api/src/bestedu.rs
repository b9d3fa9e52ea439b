//! `/noarkExchange`: the door for archives that speak BEST/EDU, in SOAP 1.1. Not part of
//! the REST API, and not there unless the settings ask for it; who enters is the same.
//!
//! What is no call of the contract is answered by a SOAP fault, everything else by an
//! AppReceipt.

use axum::body::Body;
use axum::extract::{OriginalUri, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bestedu::soap::{self, Call};
use bestedu::{Error, contract};
use flow::bestedu::Bestedu;

use crate::SBD_BYTES_MAX;
use crate::body::{self, Read};
use crate::door::{Door, Here};
use crate::refusal::Refusal;

/// GET: the WSDL and the schemas, by `?wsdl` and `?xsd=…`, with the address that the
/// caller used.
pub(crate) async fn contract(
    State(here): Here,
    OriginalUri(uri): OriginalUri,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let address = address(&here, &uri, &headers);
    let query = query.unwrap_or_default();
    let document = match query.split_once('=').unwrap_or((&query, "")) {
        (name, _) if name.eq_ignore_ascii_case("wsdl") => contract::wsdl(&address),
        (name, schema) if name.eq_ignore_ascii_case("xsd") => {
            match contract::schema(schema, &address) {
                Some(schema) => schema,
                None => {
                    return not_found("the schemas are ?xsd=exchange and ?xsd=noark");
                }
            }
        }
        _ => {
            return not_found(
                "this is SOAP: the contract is at ?wsdl, calls are POSTed",
            );
        }
    };
    xml(StatusCode::OK, document)
}

/// POST: a call.
pub(crate) async fn call(
    State(here): Here,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    // Documents are in a call as Base64, which takes a third more, and in a text.
    let max = here.point.limits().message_bytes_max;
    let max = max.saturating_mul(2).saturating_add(SBD_BYTES_MAX);
    let bytes = match body::read(body, &headers, max).await? {
        Read::Whole(bytes) => bytes,
        Read::Over(bytes) => {
            let words = format!("a call of {bytes} bytes; {max} are taken");
            return Ok(fault("Client", &words));
        }
    };
    let called = text(&headers, &bytes).and_then(|text| {
        soap::call(text).map_err(|error| (error.code(), error.to_string()))
    });
    let Some(bestedu) = here.point.bestedu() else {
        return Ok(not_found("BEST/EDU is not spoken here"));
    };
    Ok(match called {
        Ok(call) => answer(&here, bestedu, call).await,
        Err((code, words)) => fault(code, &words),
    })
}

async fn answer(here: &Door, bestedu: &Bestedu, call: Call) -> Response {
    let point = &here.point;
    let document = match call {
        Call::CanReceive(receiver) => {
            let can = flow::bestedu::can_receive(point, bestedu, &receiver.orgnr);
            soap::can_receive(can.await)
        }
        Call::Put(message) => {
            match flow::bestedu::put(point, bestedu, *message).await {
                Ok(receipt) => soap::put(&receipt),
                Err(error) => {
                    tracing::error!(%error, "a message of an archive's was not taken");
                    return fault("Server", "it was not taken; try again later");
                }
            }
        }
    };
    xml(StatusCode::OK, document)
}

/// The body as text. Calls are XML in UTF-8, and nothing is said of other encodings.
fn text<'a>(
    headers: &HeaderMap,
    bytes: &'a [u8],
) -> Result<&'a str, (&'static str, String)> {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.map_or(&b""[..], |kind| kind.as_bytes());
    let kind = String::from_utf8_lossy(kind).to_ascii_lowercase();
    if kind.starts_with("application/soap+xml") {
        return Err((Error::Version.code(), Error::Version.to_string()));
    }
    if kind.starts_with("multipart/") {
        let words = "attachments beside the call (MTOM) are not read: send text/xml";
        return Err(("Client", words.to_owned()));
    }
    let text = std::str::from_utf8(bytes);
    text.map_err(|error| ("Client", format!("the call is not UTF-8: {error}")))
}

/// Where the caller has found us.
fn address(here: &Door, uri: &Uri, headers: &HeaderMap) -> String {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = match header("x-forwarded-proto") {
        Some("https") => "https",
        None if here.secure => "https",
        _ => "http",
    };
    let host = uri.authority().map(ToString::to_string);
    let host = host.or_else(|| header("host").map(str::to_owned));
    let host = host.unwrap_or_else(|| "localhost".to_owned());
    format!("{scheme}://{host}{}", uri.path().trim_end_matches('/'))
}

fn fault(code: &str, words: &str) -> Response {
    // > the server MUST issue an HTTP 500 (SOAP 1.1, 6.2)
    xml(StatusCode::INTERNAL_SERVER_ERROR, soap::fault(code, words))
}

fn xml(status: StatusCode, document: String) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/xml; charset=utf-8")];
    (status, kind, document).into_response()
}

fn not_found(words: &'static str) -> Response {
    (StatusCode::NOT_FOUND, words).into_response()
}
