//! `/api/messages/out`: create, attach, send, look, drop.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use flow::outgoing::{self, NewFile};
use sbd::Envelope;

use crate::body::{self, Read};
use crate::disposition::Disposition;
use crate::door::{Here, Id};
use crate::error::{Answer, too_large};
use crate::filter;
use crate::negotiate::{TakesJson, sends_form, sends_json};
use crate::paging::{Order, Paging};
use crate::query::Query;
use crate::refusal::{Refusal, text};
use crate::{SBD_BYTES_MAX, form, label, mime, reply, unreadable, validate};

/// POST /api/messages/out
pub(crate) async fn create(
    _: TakesJson,
    State(here): Here,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    json_only(&headers)?;
    let bytes = body::read_json(body, &headers, SBD_BYTES_MAX).await?;
    let envelope = Envelope::parse(&bytes).map_err(|e| unreadable::body(e, &bytes))?;
    validate::body(&envelope, here.now())?;
    let accepted = outgoing::accept(&here.point, envelope).await?;
    Ok(reply::json(accepted.to_json()))
}

/// PUT /api/messages/out/{messageId}
pub(crate) async fn attach(
    State(here): Here,
    id: Id,
    query: Query,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let given = required(&headers, &header::CONTENT_TYPE, "Content-Type")?;
    let mime = String::from_utf8_lossy(given).into_owned();
    let name = &header::CONTENT_DISPOSITION;
    let disposition = required(&headers, name, "Content-Disposition")?;
    let (disposition, name) = match named(disposition) {
        Ok(named) => named,
        Err(refusal) => {
            // A message that is not there comes before a name that is not.
            outgoing::find(&here.point, &id.message()?).await?;
            return Err(refusal);
        }
    };
    let title = query.first("title").map(str::to_owned).or(disposition.name);
    let title = title.filter(|title| !title.trim().is_empty());
    let id = id.message()?;
    let max = here.point.limits().message_bytes_max;
    let bytes = match body::read(body, &headers, max).await? {
        Read::Whole(bytes) => bytes,
        Read::Over(bytes) => {
            outgoing::find(&here.point, &id).await?;
            return Err(too_large(bytes, max));
        }
    };
    let mime = mime::of(&mime, &name);
    outgoing::attach(
        &here.point,
        &id,
        NewFile {
            name,
            title,
            mime,
            bytes,
        },
    )
    .await?;
    Ok(reply::nothing())
}

/// What the header says, and the name of the file in it.
fn named(header: &[u8]) -> Result<(Disposition, String), Refusal> {
    let mut disposition = Disposition::parse(header)?;
    let nameless = || {
        let words = "filename is marked non-null but is null";
        Refusal::with(&label::NO_NULL, [text(words)])
    };
    let name = disposition.filename.take().ok_or_else(nameless)?;
    Ok((disposition, name))
}

/// POST /api/messages/out/{messageId}
pub(crate) async fn submit(State(here): Here, id: Id) -> Answer {
    outgoing::submit(&here.point, &id.message()?).await?;
    Ok(reply::nothing())
}

/// POST /api/messages/out/multipart
///
/// Quirk 2: any other body is taken for the wish to send a message of that id.
pub(crate) async fn whole(here: Here, id: Id, request: Request) -> Answer {
    if !sends_form(request.headers()) {
        return submit(here, id).await;
    }
    if !crate::negotiate::takes_json(request.headers()) {
        return Err(Refusal::Bare(axum::http::StatusCode::NOT_ACCEPTABLE));
    }
    let State(here) = here;
    let form = form::read(request, here.point.limits().message_bytes_max).await?;
    let parsed = Envelope::parse(&form.sbd);
    let envelope = parsed.map_err(|e| unreadable::part(&e, &form.sbd))?;
    validate::part(&envelope, here.now())?;
    let accepted = outgoing::send_whole(&here.point, envelope, form.files).await?;
    Ok(reply::json(accepted.to_json()))
}

/// GET /api/messages/out. An empty filter is none, unlike in the other lists.
pub(crate) async fn list(_: TakesJson, State(here): Here, query: Query) -> Answer {
    let paging = Paging::read(&query, &ORDER)?;
    let query = query.without_empty();
    let ask = filter::equal(paging.ask(), &query, ORDER.column, &filter::MESSAGE);
    let ask = filter::equal(ask, &query, ORDER.column, &["processIdentifier"]);
    let service = query.first("serviceIdentifier");
    let ask = filter::service(ask, service, &label::ENUM_CONVERSION)?;
    Ok(paging.answer(&outgoing::list(&here.point, ask).await?))
}

const ORDER: Order = Order {
    column: store::outgoing::column,
    rows: "NextMoveOutMessage",
    default: None,
};

/// GET /api/messages/out/{messageId}
pub(crate) async fn find(_: TakesJson, State(here): Here, id: Id) -> Answer {
    let found = outgoing::find(&here.point, &id.message()?).await?;
    Ok(reply::json(found.to_json()))
}

/// DELETE /api/messages/out/{messageId}: 200, whether there is such a message or not.
pub(crate) async fn discard(State(here): Here, id: Id) -> Answer {
    if let Ok(id) = id.message() {
        outgoing::discard(&here.point, &id).await?;
    }
    Ok(reply::nothing())
}

/// Refuse a body that is not said to be JSON.
fn json_only(headers: &HeaderMap) -> Result<(), Refusal> {
    if sends_json(headers) {
        return Ok(());
    }
    let given = headers.get(header::CONTENT_TYPE);
    let given = given.map_or("null".into(), |v| String::from_utf8_lossy(v.as_bytes()));
    Err(media_type(&given))
}

/// This type of a body is not taken.
pub(crate) fn media_type(given: &str) -> Refusal {
    if given != "null" && !given.contains('/') {
        return Refusal::with(&label::NO_MEDIA_TYPE, [text(given)]);
    }
    // Spring writes a type as it has parsed it, without a space after the semicolon.
    Refusal::with(&label::MEDIA_TYPE, [text(given.replace("; ", ";"))])
}

fn required<'a>(
    headers: &'a HeaderMap,
    name: &header::HeaderName,
    spelt: &'static str,
) -> Result<&'a [u8], Refusal> {
    let value = headers.get(name).map(header::HeaderValue::as_bytes);
    value.ok_or_else(|| Refusal::with(&label::MISSING_HEADER, [text(spelt)]))
}
