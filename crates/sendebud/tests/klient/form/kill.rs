//! Forms and a klient that is killed.

use super::{CASE, people, published};
use crate::publish::ends_in;
use crate::world::{Role, World};

/// Somebody who speaks HTTP without a browser.
struct Caller {
    http: reqwest::Client,
    base: String,
    cookie: String,
}

impl Caller {
    async fn log_in(base: &str, name: &str, password: &str) -> Self {
        let none = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().redirect(none).build().unwrap();
        let answer = http
            .post(format!("{base}/logg-inn"))
            .form(&[("navn", name), ("passord", password), ("til", "/")])
            .send()
            .await
            .unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        assert!(cookie.contains("HttpOnly; SameSite=Strict"), "{cookie}");
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let base = base.to_owned();
        Self { http, base, cookie }
    }

    /// Hand in a form; answers the status.
    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> u16 {
        let request = self.http.post(format!("{}{path}", self.base));
        let request = request.header("cookie", &self.cookie).form(fields);
        request.send().await.unwrap().status().as_u16()
    }
}

/// > Crash at any step: no draft lost, nothing sent twice
#[tokio::test]
async fn a_kill_at_any_step_loses_no_form_and_sends_none_twice() {
    let mut world = World::new();
    let base = people(&world);
    // What a killed klient had locked comes back soon.
    world.set(Role::Kommune, "lock_seconds = 2");
    world.start_all(&Role::ALL).await;
    let kari = Caller::log_in(&base, "kari", "skriver-1").await;
    let ola = Caller::log_in(&base, "ola", "godkjenner-2").await;
    let random = ambient::Random::system();
    let mut forms = Vec::new();
    for n in 0..8 {
        let id = random.uuid().to_string();
        let (path, number) = (format!("/skjema/{id}"), n.to_string());
        let title = format!("Brev {n}");
        let mut fields = vec![
            ("slag", "journalpost"),
            ("versjon", "0"),
            ("gjoer", "lever"),
            ("post.0.type", "inngåendeDokument"),
            ("post.0.journaldato", "2026-11-24"),
            ("post.0.aar", "2026"),
            ("post.0.tittel_s", &title),
        ];
        let case = CASE
            .into_iter()
            .filter(|(name, _)| *name != "post.0.nummer");
        fields.extend(case);
        fields.push(("post.0.nummer", &number));
        assert_eq!(kari.post(&path, &fields).await, 303);
        let approve = format!("{path}/godkjenn");
        let seen = [("versjon", "2")];
        assert_eq!(ola.post(&approve, &seen).await, 303, "{n}");
        assert_eq!(ola.post(&approve, &seen).await, 409, "once is enough");
        let pause = std::time::Duration::from_millis(random.number() % 120);
        std::thread::sleep(pause);
        world.kill(Role::Klient);
        world.start(Role::Klient).await;
        forms.push((id, title));
    }
    for (id, title) in forms {
        let name = format!("skjema-{id}-1.jsonld");
        let done = ends_in(&world, "publisert", &name).await;
        assert_eq!(done["godkjentAv"], "ola");
        assert_eq!(done["deler"].as_array().unwrap().len(), 1, "{done:#}");
        let heard = done["deler"][0]["beskjeder"].as_array().unwrap();
        assert_eq!(heard.len(), 1, "one kvittering: it was sent once: {done}");
        published(&world, &title).await.unwrap();
    }
    for folder in ["inn", "sending", "avvist", "kvittering"] {
        let left = std::fs::read_dir(world.place(format!("klient/{folder}")));
        assert_eq!(left.unwrap().count(), 0, "{folder} is empty");
    }
}
