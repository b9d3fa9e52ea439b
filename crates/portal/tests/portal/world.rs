//! A portal on a fake access point, its clock in the test's hands.

use std::collections::BTreeMap;
use std::sync::Arc;

use ambient::{Clock, Random};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt;
use noark::sample::Sample;
use portal::{Enhet, Portal, Settings, router};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;

use crate::point::{EINNSYN, Point};

pub(crate) const KOMMUNE: &str = "310000019";
pub(crate) const FYLKE: &str = "310000035";
pub(crate) const LEVERANDOER: &str = "310000043";
pub(crate) const BASE: &str = "https://arkiv.fjordvik.example/id/";
pub(crate) const START: &str = "2026-11-24T09:00:00Z";

pub(crate) struct World {
    pub(crate) point: Point,
    pub(crate) portal: Arc<Portal>,
    pub(crate) clock: Clock,
    pub(crate) router: Router,
    folder: TempDir,
    settings: Settings,
}

impl World {
    /// On trial: links are shown, not mailed.
    pub(crate) async fn new() -> Self {
        Self::with(|settings| settings.test = true).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let point = Point::start().await;
        let folder = TempDir::new().unwrap();
        let mut settings = settings(&point, &folder);
        change(&mut settings);
        let clock = Clock::manual(START.parse().unwrap());
        let portal = open(&settings, &clock);
        Self {
            router: router(Arc::clone(&portal)),
            point,
            portal,
            clock,
            folder,
            settings,
        }
    }

    /// The portal is killed and starts again from what it kept.
    pub(crate) fn again(self) -> Self {
        let Self {
            point,
            portal,
            clock,
            router,
            folder,
            settings,
        } = self;
        drop((portal, router));
        let portal = open(&settings, &clock);
        Self {
            router: served(&portal),
            point,
            portal,
            clock,
            folder,
            settings,
        }
    }

    /// Publish a file and import it, kvitteringer and all.
    pub(crate) async fn import(&self, owner: &str, file: &str) {
        self.point
            .publish(owner, owner, "payload.jsonld", file.as_bytes());
        while self.portal.import().await.unwrap() {}
        while self.portal.answer().await.unwrap() {}
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.get(path).await.text).unwrap()
    }

    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.send(request).await
    }

    pub(crate) async fn form(
        &self,
        path: &str,
        cookie: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.finish()))
            .unwrap();
        self.send(request).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        Answer::read(response).await
    }

    /// IRIs that a search finds, in order.
    pub(crate) async fn found(&self, query: &str) -> Vec<String> {
        let found = self.json(&format!("/api/sok?{query}")).await;
        let hits = found["treff"]
            .as_array()
            .unwrap_or_else(|| panic!("{found}"));
        let iri = |hit: &Value| hit["registrering"]["iri"].as_str().unwrap().to_owned();
        hits.iter().map(iri).collect()
    }
}

fn served(portal: &Arc<Portal>) -> Router {
    router(Arc::clone(portal))
}

fn open(settings: &Settings, clock: &Clock) -> Arc<Portal> {
    let portal = Portal::open(settings.clone(), clock.clone(), Random::system());
    Arc::new(portal.unwrap())
}

fn settings(point: &Point, folder: &TempDir) -> Settings {
    let enhet = |orgnr: &str, navn: &str| Enhet {
        orgnr: orgnr.parse().unwrap(),
        navn: navn.into(),
        innsynskravepost: "innsyn@fjordvik.example".into(),
        enhetepost: Some("post@fjordvik.example".into()),
        handteres_av: None,
        leverandoerer: vec![LEVERANDOER.parse().unwrap()],
        skal_motta_kvittering: true,
        order_versjon: 2,
    };
    let mut fylke = enhet(FYLKE, "Vestland fylkeskommune (test)");
    fylke.order_versjon = 1;
    fylke.handteres_av = Some(LEVERANDOER.parse().unwrap());
    Settings {
        orgnr: EINNSYN.parse().unwrap(),
        access_point: point.url.clone(),
        listen: "127.0.0.1:0".parse().unwrap(),
        address: Some("http://innsyn.example".parse().unwrap()),
        data: folder.path().to_owned(),
        enheter: vec![enhet(KOMMUNE, "Fjordvik kommune (test)"), fylke],
        mail: None,
        test: false,
        payload_days: 30,
        poll_milliseconds: 10,
    }
}

/// What the portal answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) text: String,
}

impl Answer {
    async fn read(response: Response) -> Self {
        let status = response.status();
        let headers = response.headers().iter();
        let headers = headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Self {
            status,
            headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    pub(crate) fn cookie(&self) -> String {
        let cookie = &self.headers["set-cookie"];
        cookie.split(';').next().unwrap().to_owned()
    }

    pub(crate) fn location(&self) -> &str {
        &self.headers["location"]
    }
}

/// An id of its own for the nth object.
pub(crate) fn uuid(n: u32) -> String {
    format!("1f0a7c52-6c0e-4f43-9d6b-0c1f5c9b{n:04x}")
}

/// The nth journalpost of a case, under four ids that begin at `10 * n`.
pub(crate) fn journalpost(n: u32, title: &str, date: &str) -> String {
    published(n, (417, n), title, date, noark::sample::journalpost)
}

/// The nth matter of the same meeting.
pub(crate) fn moete(n: u32, title: &str, date: &str) -> String {
    published(n, (30 + n, 1), title, date, noark::sample::moete)
}

fn published(
    n: u32,
    number: (u32, u32),
    title: &str,
    date: &str,
    write: fn(&Sample<'_>) -> String,
) -> String {
    let ids = [1, 10 * n, 10 * n + 1, 10 * n + 2].map(uuid);
    write(&Sample {
        base: BASE,
        ids: [&ids[0], &ids[1], &ids[2], &ids[3]],
        year: 2026,
        number,
        date,
        mappe: "Vann og avløp i Fjordvik",
        title,
    })
}

pub(crate) fn iri(n: u32) -> String {
    format!("{BASE}{}", uuid(10 * n))
}
