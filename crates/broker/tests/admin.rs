//! Administration over HTTP, where the clients of `conformance/sdk` do not look.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use ambient::{Clock, Random};
use broker::{Authentication, Settings, run};
use reqwest::{Client, Method, Response};
use tempfile::TempDir;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

const CONNECT: &str =
    "http://schemas.microsoft.com/netservices/2010/10/servicebus/connect";

struct House {
    at: String,
    client: Client,
    _folder: TempDir,
    _shutdown: watch::Sender<bool>,
    _tasks: JoinSet<Result<(), broker::Error>>,
}

impl House {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let settings = Settings {
            authentication: Authentication::None,
            ..Settings::new(folder.path())
        };
        let (ready, listening) = oneshot::channel();
        let (shutdown, told) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let (clock, random) = (Clock::system(), Random::system());
        tasks.spawn(run(settings, clock, random, ready, told));
        Self {
            at: format!("http://{}", listening.await.unwrap().http),
            client: Client::new(),
            _folder: folder,
            _shutdown: shutdown,
            _tasks: tasks,
        }
    }

    async fn ask(&self, method: Method, path: &str, body: &str) -> (u16, String) {
        let url = format!("{}/{path}", self.at);
        read(self.client.request(method, url).body(body.to_owned())).await
    }

    async fn change(&self, queue: &str, inner: &str) -> (u16, String) {
        let request = self.client.put(format!("{}/{queue}", self.at));
        read(request.header("If-Match", "*").body(entry(inner))).await
    }

    async fn make(&self, queue: &str, inner: &str) -> (u16, String) {
        self.ask(Method::PUT, queue, &entry(inner)).await
    }
}

async fn read(request: reqwest::RequestBuilder) -> (u16, String) {
    let answer: Response = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

fn entry(inner: &str) -> String {
    format!(
        "<entry xmlns=\"http://www.w3.org/2005/Atom\"><content><QueueDescription \
         xmlns=\"{CONNECT}\">{inner}</QueueDescription></content></entry>"
    )
}

// > exists → 409 <Error><Code>409</Code><Detail>SubCode=40900. Conflict…
// > missing entity → 200 with an empty <feed>
#[tokio::test]
async fn refusals_are_azures() {
    let house = House::new().await;
    assert_eq!(house.make("q", "").await.0, 201);
    let (status, words) = house.make("Q", "").await;
    assert_eq!(status, 409);
    assert!(
        words.starts_with("<Error><Code>409</Code><Detail>SubCode=40900. Conflict")
    );
    let (status, feed) = house.ask(Method::GET, "finnes-ikke", "").await;
    assert!(status == 200 && feed.starts_with("<feed") && !feed.contains("<entry"));
    assert_eq!(house.ask(Method::DELETE, "finnes-ikke", "").await.0, 404);
    assert_eq!(house.change("finnes-ikke", "").await.0, 404);
    for (inner, expected) in [
        ("<LockDuration>PT6M</LockDuration>", "up to PT5M"),
        ("<LockTime>PT1M</LockTime>", "no property LockTime"),
        (
            "<RequiresSession>true</RequiresSession>",
            "not implemented: sessions",
        ),
        ("<ForwardTo>r</ForwardTo>", "not implemented: ForwardTo"),
    ] {
        let (status, words) = house.make("r", inner).await;
        let expected_status = if expected.starts_with("not") {
            501
        } else {
            400
        };
        assert_eq!(status, expected_status, "{words}");
        assert!(words.contains(expected), "{words}");
    }
    let topic = format!("<TopicDescription xmlns=\"{CONNECT}\"/>");
    assert_eq!(house.ask(Method::PUT, "t", &topic).await.0, 501);
    assert_eq!(house.ask(Method::PUT, "t", "tull").await.0, 400);
    assert_eq!(house.ask(Method::POST, "q", "").await.0, 405);
}

#[tokio::test]
async fn a_change_keeps_what_it_does_not_name() {
    let house = House::new().await;
    house.make("q", "<UserMetadata>mitt</UserMetadata>").await;
    let (status, seen) = house
        .change("q", "<MaxDeliveryCount>3</MaxDeliveryCount>")
        .await;
    assert_eq!(status, 200);
    assert!(seen.contains("<UserMetadata>mitt<"), "{seen}");
    assert!(seen.contains("<MaxDeliveryCount>3<"), "{seen}");
    let kind = "<RequiresDuplicateDetection>true</RequiresDuplicateDetection>";
    let (status, words) = house.change("q", kind).await;
    assert!(
        status == 400 && words.contains("cannot be changed"),
        "{words}"
    );
}

#[tokio::test]
async fn pages_lead_to_the_next() {
    let house = House::new().await;
    for name in ["a", "b/c", "d"] {
        house.make(name, "").await;
    }
    let page = "$Resources/Queues?$skip=0&$top=2";
    let (_, first) = house.ask(Method::GET, page, "").await;
    assert_eq!(first.matches("<entry").count(), 2);
    let next = first.split("<link rel=\"next\" href=\"").nth(1).unwrap();
    let next = next.split('"').next().unwrap().replace("&amp;", "&");
    let (_, second) = read(house.client.get(next)).await;
    assert!(
        second.contains("<title type=\"text\">d</title>"),
        "{second}"
    );
    assert!(!second.contains("rel=\"next\""), "{second}");
    let (status, words) = house.ask(Method::GET, "$Resources/Queues?$top=x", "").await;
    assert!(status == 400 && words.contains("$top"), "{words}");
}
