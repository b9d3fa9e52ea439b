//! The forms, by where they stand.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::frame::Frame;
use super::shown::Stand;
use super::{Desk, failed, page};
use crate::form::Kind;
use crate::ledger::form::{self, Form};

/// Forms on the page at the most.
const FORMS_MAX: i64 = 500;

#[derive(Template)]
#[template(path = "liste.html")]
struct Page<'a> {
    f: &'a Frame,
    /// What they have in common, its id on the page, and the forms.
    sections: Vec<(Stand, String, Vec<Form>)>,
}

impl Page<'_> {
    fn kind(&self, form: &Form) -> &'static str {
        match form.kind {
            Kind::Journalpost => self.f.w.post,
            Kind::Moete => self.f.w.meeting,
        }
    }

    fn title<'a>(&'a self, form: &'a Form) -> &'a str {
        match form.title.as_str() {
            "" => self.f.w.untitled,
            title => title,
        }
    }

    fn when(&self, form: &Form) -> String {
        self.f.moment(&form.changed.as_microsecond())
    }
}

pub(super) async fn list(State(desk): State<Arc<Desk>>, f: Frame) -> Response {
    let forms = match form::latest(&desk.klient.db, FORMS_MAX).await {
        Ok(forms) => forms,
        Err(error) => return failed(&f, &error),
    };
    let mut sections = Vec::new();
    for stand in Stand::ALL {
        let of = forms.iter().filter(|form| Stand::of(form) == stand);
        let of: Vec<Form> = of.cloned().collect();
        if !of.is_empty() {
            sections.push((stand, format!("del-{}", sections.len()), of));
        }
    }
    page(&Page { f: &f, sections })
}
