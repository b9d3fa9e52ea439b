//! The page of a form: to be filled in by those who may, to be read by others.

use askama::Template;
use axum::response::Response;

use super::frame::Frame;
use super::shown::{Outcome, Stand};
use super::view::{Filled, List, Plain, Viewer};
use super::{Desk, failed, page};
use crate::Error;
use crate::form::{Built, Found, Judge, Kind, Typed, build, may_go};
use crate::ledger::form::State as Stage;
use crate::ledger::form::{self, Event, Form};
use crate::ledger::published;

/// What the page of a form shows.
struct Content<'a> {
    f: &'a Frame,
    form: &'a Form,
    lists: Vec<List>,
    /// What is wrong, in the order of the form.
    found: Vec<Found>,
    history: Vec<Event>,
    outcome: Outcome,
    /// Whether something is published from it.
    published: bool,
    /// Why nothing was done.
    refused: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "skjema.html")]
struct Writing<'a> {
    f: &'a Frame,
    c: Content<'a>,
}

#[derive(Template)]
#[template(path = "lesing.html")]
struct Reading<'a> {
    f: &'a Frame,
    c: Content<'a>,
}

impl Content<'_> {
    fn title(&self) -> &str {
        match (self.form.title.as_str(), self.form.kind) {
            ("", Kind::Journalpost) => self.f.w.new_post,
            ("", Kind::Moete) => self.f.w.new_meeting,
            (title, _) => title,
        }
    }

    fn stand(&self) -> Stand {
        Stand::of(self.form)
    }

    fn filled(&self, list: &List) -> String {
        Filled::new(self.f, list).render().unwrap_or_default()
    }

    fn plain(&self, list: &List) -> String {
        Plain::new(self.f, list).render().unwrap_or_default()
    }

    fn when(&self, event: &Event) -> String {
        self.f.moment(&event.at.as_microsecond())
    }

    fn did(&self, event: &Event) -> &'static str {
        let w = self.f.w;
        match event.what.as_str() {
            "saved" => w.did_save,
            "handed-in" => w.did_hand_in,
            "taken-back" => w.did_take_back,
            "returned" => w.did_return,
            "approved" => w.did_approve,
            "corrected" => w.did_correct,
            _ => w.did_withdraw,
        }
    }

    /// Whether a person must say that it may go as it is.
    fn held(&self) -> bool {
        self.found.iter().any(|found| found.held)
    }

    fn fits(&self) -> bool {
        may_go(&self.found)
    }

    /// What is shown above the form: whatever is wrong.
    fn wrong(&self) -> Vec<&Found> {
        let wrong = |found: &&Found| found.level >= noark::Level::Error;
        self.found.iter().filter(wrong).collect()
    }

    /// What is said of all of it, and of no field.
    fn general(&self) -> Vec<&Found> {
        let all = self.outcome.found.iter().chain(&self.found);
        all.filter(|found| found.at.is_empty()).collect()
    }
}

impl Desk {
    /// The page of a form: to be filled in by those who may, to be read by others.
    pub(super) async fn answer(
        &self,
        f: &Frame,
        form: &Form,
        all: bool,
        refused: Option<&'static str>,
    ) -> Response {
        match self.content(f, form, all, refused).await {
            Ok(c) if form.state == Stage::Draft && f.writes() => {
                page(&Writing { f, c })
            }
            Ok(c) => page(&Reading { f, c }),
            Err(error) => failed(f, &error),
        }
    }

    async fn content<'a>(
        &self,
        f: &'a Frame,
        form: &'a Form,
        all: bool,
        refused: Option<&'static str>,
    ) -> Result<Content<'a>, Error> {
        let built = build(form.kind, &form.typed, &self.owner);
        let settings = self.settings().await?;
        let judge = self.judge(f, &settings);
        let outcome = self.outcome(f, form, &built).await?;
        let mut found = judge.form(form.kind, &form.typed, &built);
        if form.state == Stage::Draft && !all {
            found.retain(|found| !found.missing);
        }
        let mut shown = found.clone();
        shown.extend(outcome.found.iter().cloned());
        let viewer = Viewer { f, found: &shown };
        Ok(Content {
            f,
            form,
            lists: viewer.lists(form.kind, &form.typed),
            found,
            history: form::events(&self.klient.db, &form.id).await?,
            outcome,
            published: !form::heads(&self.klient.db, &form.id).await?.is_empty(),
            refused,
        })
    }

    /// How files are judged.
    pub(super) async fn settings(&self) -> Result<noark::Settings, Error> {
        Ok(noark::Settings {
            profile: self.klient.settings.publish.profile.into(),
            complaints: published::complaints(&self.klient.db).await?,
            ..noark::Settings::default()
        })
    }

    pub(super) fn judge<'a>(
        &'a self,
        f: &Frame,
        settings: &'a noark::Settings,
    ) -> Judge<'a> {
        Judge {
            settings,
            held: &self.klient.settings.publish.karantene,
            language: f.language,
        }
    }

    /// What is found in a form, all of it; and what it becomes.
    pub(super) async fn judged(
        &self,
        f: &Frame,
        kind: Kind,
        typed: &Typed,
    ) -> Result<(Built, Vec<Found>), Error> {
        let built = build(kind, typed, &self.owner);
        let settings = self.settings().await?;
        let found = self.judge(f, &settings).form(kind, typed, &built);
        Ok((built, found))
    }
}
