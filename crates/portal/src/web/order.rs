//! The basket, the order, its verification, and how far it has come.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawForm, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::basket::Basket;
use super::frame::Frame;
use super::guard::secure;
use super::{failed, message, not_found, page};
use crate::archive::{self, Full};
use crate::error::Refusal;
use crate::order::{DOCUMENTS_MAX, Followed, Krav, State as Stage};
use crate::words::Words;
use crate::{Error, Portal};

type Known = State<Arc<Portal>>;

/// A form's fields; the last of a name counts.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn of(form: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(form).into_owned().collect())
    }

    pub(super) fn text(&self, wanted: &str) -> &str {
        let mut same = self.0.iter().rev().filter(|(name, _)| name == wanted);
        same.next().map_or("", |(_, value)| value.as_str())
    }

    fn number(&self, wanted: &str) -> Option<i64> {
        self.text(wanted).parse().ok()
    }

    /// Where to go next: a page of ours, never another site.
    fn back(&self) -> &str {
        let to = self.text("tilbake");
        let local = to.starts_with('/') && !to.starts_with("//") && !to.contains('\\');
        if local { to } else { "/kurv" }
    }
}

#[derive(Template)]
#[template(path = "kurv.html")]
struct BasketPage<'a> {
    f: &'a Frame,
    documents: &'a [Full],
    takes_orders: bool,
    epost: &'a str,
    refused: Option<&'static str>,
    portal: &'a Portal,
}

impl BasketPage<'_> {
    fn navn<'s>(&'s self, document: &'s Full) -> &'s str {
        self.portal.settings.navn(&document.hit.owner)
    }
}

pub(super) async fn basket(State(portal): Known, f: Frame) -> Response {
    shown(&portal, &f, "", None).await
}

async fn shown(
    portal: &Portal,
    f: &Frame,
    epost: &str,
    refused: Option<&'static str>,
) -> Response {
    match archive::find(&portal.db, &f.basket.0).await {
        Ok(documents) => page(&BasketPage {
            f,
            documents: &documents,
            takes_orders: portal.takes_orders(),
            epost,
            refused,
            portal,
        }),
        Err(error) => failed(f, &error),
    }
}

pub(super) async fn add(
    State(portal): Known,
    mut f: Frame,
    RawForm(form): RawForm,
) -> Response {
    let fields = Fields::of(&form);
    let Some(id) = fields.number("id") else {
        return message(&f, StatusCode::BAD_REQUEST, f.w.wrong_title, f.w.wrong_form);
    };
    if !f.basket.add(id) {
        let words = f.n(f.w.basket_full, DOCUMENTS_MAX);
        return message(&f, StatusCode::CONFLICT, f.w.wrong_title, &words);
    }
    changed(&portal, &f.basket, fields.back())
}

pub(super) async fn remove(
    State(portal): Known,
    mut f: Frame,
    RawForm(form): RawForm,
) -> Response {
    let fields = Fields::of(&form);
    if let Some(id) = fields.number("id") {
        f.basket.remove(id);
    }
    changed(&portal, &f.basket, fields.back())
}

pub(super) async fn clear(State(portal): Known) -> Response {
    changed(&portal, &Basket::default(), "/kurv")
}

fn changed(portal: &Portal, basket: &Basket, back: &str) -> Response {
    let cookie = basket.cookie(secure(portal));
    ([(header::SET_COOKIE, cookie)], Redirect::to(back)).into_response()
}

pub(super) async fn order(
    State(portal): Known,
    f: Frame,
    RawForm(form): RawForm,
) -> Response {
    let fields = Fields::of(&form);
    let epost = fields.text("epost");
    match portal.order(&f.basket.0, epost, f.language).await {
        Ok(taken) => {
            let to = match &taken.link {
                Some(link) => {
                    let secret = link.rsplit('/').next().unwrap_or_default();
                    format!("/bestilling/{}?lenke={secret}", taken.id)
                }
                None => format!("/bestilling/{}", taken.id),
            };
            changed(&portal, &Basket::default(), &to)
        }
        Err(Error::Order(why)) => {
            let words = refusal(f.w, why);
            let answer = shown(&portal, &f, epost, Some(words)).await;
            (status_of(why), answer).into_response()
        }
        Err(error) => failed(&f, &error),
    }
}

pub(super) fn status_of(why: Refusal) -> StatusCode {
    match why {
        Refusal::Unverified | Refusal::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Refusal::NoMail => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}

pub(super) fn refusal(w: &'static Words, why: Refusal) -> &'static str {
    match why {
        Refusal::Documents => w.refusal_documents,
        Refusal::Gone => w.refusal_gone,
        Refusal::Address => w.refusal_address,
        Refusal::Body => w.refusal_body,
        Refusal::NoMail => w.order_off,
        Refusal::Unverified => w.refusal_unverified,
        Refusal::TooMany => w.refusal_too_many,
    }
}

#[derive(Template)]
#[template(path = "bekreft.html")]
struct Confirm<'a> {
    f: &'a Frame,
    id: &'a str,
}

/// A page with a button: programs that look at the links of a mail press none.
pub(super) async fn confirm(
    State(portal): Known,
    f: Frame,
    Path((id, secret)): Path<(String, String)>,
) -> Response {
    match portal.verifiable(&id, &secret).await {
        Ok(true) => page(&Confirm { f: &f, id: &id }),
        Ok(false) => gone(&f),
        Err(error) => failed(&f, &error),
    }
}

pub(super) async fn confirmed(
    State(portal): Known,
    f: Frame,
    Path((id, secret)): Path<(String, String)>,
) -> Response {
    match portal.verify(&id, &secret).await {
        Ok(true) => Redirect::to(&format!("/bestilling/{id}")).into_response(),
        Ok(false) => gone(&f),
        Err(error) => failed(&f, &error),
    }
}

fn gone(f: &Frame) -> Response {
    message(f, StatusCode::GONE, f.w.wrong_title, f.w.verify_gone)
}

#[derive(Template)]
#[template(path = "bestilling.html")]
struct Status<'a> {
    f: &'a Frame,
    o: &'a Followed,
    link: Option<String>,
    lead: String,
    portal: &'a Portal,
}

impl Status<'_> {
    fn navn<'s>(&'s self, krav: &'s Krav) -> &'s str {
        self.portal.settings.navn(&krav.owner)
    }

    fn stage(&self, krav: &Krav) -> Shown {
        Shown::of(self.f.w, krav.state)
    }

    /// A time as on the wire.
    fn when(&self, at: &str) -> String {
        match at.parse::<jiff::Timestamp>() {
            Ok(at) => self.f.language.moment(at.as_microsecond()),
            Err(_) => at.to_owned(),
        }
    }
}

/// How far it has come, in words, and in a colour that says no more than they do.
pub(super) struct Shown {
    pub(super) words: &'static str,
    pub(super) why: &'static str,
    pub(super) tone: &'static str,
}

impl Shown {
    pub(super) fn of(w: &'static Words, state: Stage) -> Self {
        let (words, why, tone) = match state {
            Stage::Unverified => (w.status_wait, "", "venter"),
            Stage::Waiting => (w.state_waiting, "", "venter"),
            Stage::Hindered => (w.state_waiting, w.why_sending, "stopp"),
            Stage::Sent => (w.state_sent, "", "venter"),
            Stage::NotFetched => (w.state_stuck, w.why_not_fetched, "stopp"),
            Stage::Arrived => (w.state_arrived, "", "venter"),
            Stage::NotTaken => (w.state_stuck, w.why_not_taken, "stopp"),
            Stage::Delivered => (w.state_delivered, w.why_delivered, "fram"),
            Stage::Expired => (w.state_stuck, w.why_expired, "stopp"),
            Stage::Failed => (w.state_stuck, w.why_failed, "stopp"),
        };
        Self { words, why, tone }
    }
}

pub(super) async fn status(
    State(portal): Known,
    f: Frame,
    Path(id): Path<String>,
    axum::extract::Query(query): axum::extract::Query<Vec<(String, String)>>,
) -> Response {
    let o = match portal.followed(&id).await {
        Ok(Some(o)) => o,
        Ok(None) => return not_found(&f),
        Err(error) => return failed(&f, &error),
    };
    let given = query.into_iter().find(|(name, _)| name == "lenke");
    let on_trial = portal.settings.test && portal.mailer.is_none() && !o.verified;
    let link = given.filter(|_| on_trial);
    let text = match o.verified {
        true => f.w.status_sent_lead,
        false => f.w.status_wait_lead,
    };
    page(&Status {
        link: link.map(|(_, secret)| format!("/bestilling/{id}/bekreft/{secret}")),
        lead: pages::fill(text, &[("epost", &masked(&o.epost))]),
        f: &f,
        o: &o,
        portal: &portal,
    })
}

/// Enough of an address to know it by, should somebody else look.
fn masked(epost: &str) -> String {
    let (name, domain) = epost.split_once('@').unwrap_or((epost, ""));
    let first: String = name.chars().take(1).collect();
    format!("{first}…@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        let back = |to: &str| {
            Fields(vec![("tilbake".into(), to.into())])
                .back()
                .to_owned()
        };
        assert_eq!(back("/?q=vann"), "/?q=vann");
        for bad in ["https://ond.example", "//ond.example", "/\\ond.example", ""] {
            assert_eq!(back(bad), "/kurv");
        }
    }

    #[test]
    fn an_address_is_not_shown_whole() {
        assert_eq!(masked("kari@borger.example"), "k…@borger.example");
    }
}
