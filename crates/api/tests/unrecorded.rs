//! Requests that no transcript has, answered by the rules of rest-api and
//! reference-observed, and by the defaults of Spring and Jackson that the Java access
//! point leaves as they are.

#![expect(
    clippy::unwrap_used,
    reason = "an answer that is not there fails the test"
)]

mod world;

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use world::World;

/// Everything about a request and its answer that a row says.
struct Row {
    method: Method,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    status: u16,
    /// The last part of the exception's name, and the beginning of the message; empty
    /// where there is no error body.
    told: (&'static str, &'static str),
}

const fn row(
    method: Method,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    status: u16,
    told: (&'static str, &'static str),
) -> Row {
    Row {
        method,
        path,
        headers,
        body,
        status,
        told,
    }
}

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
const NONE: &[(&str, &str)] = &[];
const GET: Method = Method::GET;
const PUT: Method = Method::PUT;
const POST: Method = Method::POST;
const DELETE: Method = Method::DELETE;
const SUBSCRIPTION: &str = r#"{"name":"a","pushEndpoint":"http://127.0.0.1:1/","resource":"all","event":"all"}"#;

#[rustfmt::skip]
const ROWS: &[Row] = &[
    // A text that is bound is bound as it is: an empty one is the value of no message.
    row(GET, "/api/messages/in/peek?messageId=", NONE, "", 204, ("", "")),
    row(GET, "/api/messages/in?serviceIdentifier=", NONE, "", 400, ("InvalidDataAccessApiUsageException", "No enum constant no.difi.meldingsutveksling.ServiceIdentifier.")),
    row(GET, "/api/messages/out?serviceIdentifier=", NONE, "", 200, ("", "")),
    row(GET, "/api/conversations?finished=&direction=&lastUpdateFrom=", NONE, "", 200, ("", "")),
    row(GET, "/api/conversations?direction=outgoing", NONE, "", 400, ("MethodArgumentNotValidException", "Validation failed for object='conversationQueryInput'. Error count: 1")),
    row(GET, "/api/conversations?sort=pollable,desc", NONE, "", 200, ("", "")),
    row(GET, "/api/conversations?lastUpdateTo=2026-02-30", NONE, "", 400, ("MethodArgumentNotValidException", "Validation failed for object='conversationQueryInput'. Error count: 1")),
    row(GET, "/api/statuses?fromDateTime=2026-01-01T00:00:00&toDateTime=2026-01-02T00:00:00", NONE, "", 400, ("MethodArgumentNotValidException", "Validation failed for object='messageStatusQueryInput'. Error count: 2")),
    row(GET, "/api/statuses?fromDateTime=2026-01-01T00:00:00Z&toDateTime=2026-01-02t00:00z", NONE, "", 200, ("", "")),
    row(GET, "/api/conversations/-1", NONE, "", 404, ("ConversationNotFoundException", "Conversation with id = -1 was not found")),
    row(GET, "/api/conversations/99999999999999999999", NONE, "", 400, ("MethodArgumentTypeMismatchException", "Method parameter 'id'")),
    row(GET, "/api/conversations/messageId", NONE, "", 400, ("MethodArgumentTypeMismatchException", "Method parameter 'id'")),
    // Methods and paths.
    row(GET, "/api/messages/in/pop", NONE, "", 405, ("HttpRequestMethodNotSupportedException", "Method 'GET' is not supported.")),
    row(POST, "/api/conversations/1", NONE, "", 405, ("HttpRequestMethodNotSupportedException", "Method 'POST' is not supported.")),
    row(PUT, "/api/subscriptions", NONE, "", 405, ("HttpRequestMethodNotSupportedException", "Method 'PUT' is not supported.")),
    row(GET, "/api/capabilities", NONE, "", 404, ("NoResourceFoundException", "No static resource api/capabilities.")),
    row(GET, "/api/statuses/peek/x", NONE, "", 404, ("NoResourceFoundException", "No static resource api/statuses/peek/x.")),
    row(GET, "/jwk", NONE, "", 404, ("NoResourceFoundException", "No static resource jwk.")),
    row(GET, "/api/messages/in;x", NONE, "", 400, ("", "No message available")),
    row(GET, "/api/conversations/a%25b", NONE, "", 400, ("", "No message available")),
    // What a body says that it is.
    row(POST, "/api/messages/out", &[("content-type", "application/vnd.x+json")], "{}", 415, ("HttpMediaTypeNotSupportedException", "Content-Type 'application/vnd.x+json' is not supported.")),
    row(POST, "/api/messages/out", &[("content-type", "json")], "{}", 415, ("HttpMediaTypeNotSupportedException", "Invalid mime type \"json\": does not contain '/'")),
    row(POST, "/api/subscriptions", NONE, "{}", 415, ("HttpMediaTypeNotSupportedException", "Content-Type 'application/octet-stream' is not supported.")),
    row(POST, "/api/subscriptions", &[("content-type", "text/plain")], "{}", 415, ("HttpMediaTypeNotSupportedException", "Content-Type 'text/plain;charset=UTF-8' is not supported.")),
    row(POST, "/api/subscriptions", &[("content-type", "application/vnd.x+json")], SUBSCRIPTION, 200, ("", "")),
    row(POST, "/api/subscriptions", JSON, "", 400, ("HttpMessageNotReadableException", "Required request body is missing: public no.difi.meldingsutveksling.domain.webhooks.Subscription ")),
    row(POST, "/api/subscriptions", JSON, "null", 400, ("HttpMessageNotReadableException", "Required request body is missing: public ")),
    row(POST, "/api/subscriptions", JSON, "{\"name\":{}}", 400, ("HttpMessageNotReadableException", "JSON parse error: Cannot deserialize value of type `java.lang.String` from Object value (token `JsonToken.START_OBJECT`)")),
    // Members twice, numbers for texts, control characters in texts.
    row(POST, "/api/subscriptions", JSON, "{\"name\":\"x\",\"name\":7,\"pushEndpoint\":\"http://127.0.0.1:1/\",\"resource\":\"all\",\"event\":\"all\"}", 200, ("", "")),
    row(POST, "/api/subscriptions", JSON, "{\"name\":\"a\nb\",\"pushEndpoint\":\"http://127.0.0.1:1/\",\"resource\":\"all\",\"event\":\"all\"}", 200, ("", "")),
    // The number of a subscription comes before its body.
    row(PUT, "/api/subscriptions/abc", JSON, "{\"event\":\"rart\"}", 400, ("MethodArgumentTypeMismatchException", "Method parameter 'id'")),
    row(PUT, "/api/subscriptions/7", JSON, "{\"event\":\"rart\"}", 400, ("MethodArgumentNotValidException", "Validation failed for object='subscription'. Error count: 1")),
    row(DELETE, "/api/subscriptions/abc", NONE, "", 400, ("MethodArgumentTypeMismatchException", "Method parameter 'id'")),
    // A message that is not there comes before a name that is not.
    row(PUT, "/api/messages/out/5a0e5c0e-0000-4000-8000-000000000009", &[("content-type", "text/plain"), ("content-disposition", "attachment")], "x", 404, ("MessageNotFoundException", "Message with messageId = 5a0e5c0e-0000-4000-8000-000000000009 was not found")),
    row(PUT, "/api/messages/out/5a0e5c0e-0000-4000-8000-000000000009", &[("content-type", "text/plain")], "x", 400, ("MissingRequestHeaderException", "Required header 'Content-Disposition' is not present.")),
];

async fn ask(world: &World, row: &Row) -> Response {
    let url = format!("{}{}", world.portal, row.path);
    let mut request = Client::new()
        .request(row.method.clone(), url)
        .body(row.body);
    for (name, value) in row.headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_recorded_is_answered_by_the_rules() {
    let world = World::start().await;
    for row in ROWS {
        let name =
            format!("{} {} {:?} {}", row.method, row.path, row.headers, row.body);
        let answer = ask(&world, row).await;
        assert_eq!(answer.status(), row.status, "{name}");
        if row.status < 400 {
            continue;
        }
        let told: Value = answer.json().await.unwrap();
        assert_eq!(told["status"], row.status, "{name}");
        let exception = told["exception"].as_str().unwrap_or_default();
        let (class, words) = row.told;
        assert_eq!(
            exception.rsplit('.').next().unwrap(),
            class,
            "{name}: {told}"
        );
        assert!(
            told["message"].as_str().unwrap().starts_with(words),
            "{name}: {told}"
        );
    }
    world.stop().await;
}

fn innsynskrav() -> Value {
    let party = |orgnr: &str| {
        let authority = "iso6523-actorid-upis";
        json!([{"identifier": {"value": format!("0192:{orgnr}"), "authority": authority}}])
    };
    json!({
        "standardBusinessDocumentHeader": {
            "headerVersion": "1.0",
            "sender": party("910077473"),
            "receiver": party("910076787"),
            "documentIdentification": {
                "standard": "urn:no:difi:einnsyn:xsd::innsynskrav",
                "typeVersion": "1.0",
                "type": "innsynskrav",
            },
            "businessScope": {"scope": [{
                "type": "ConversationId",
                "identifier": "urn:no:difi:profile:einnsyn:innsynskrav:ver1.0",
            }]},
        },
        "innsynskrav": {"orgnr": "910076787", "epost": "bl\u{e5}b\u{e6}r@lillevik.example"},
    })
}

async fn create(world: &World, kind: &str, body: Vec<u8>) -> (u16, Value) {
    let request = Client::new().post(format!("{}/api/messages/out", world.portal));
    let answer = request.header("content-type", kind).body(body).send().await;
    let answer = answer.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

// What Jackson reads of an SBD, and what it says of bytes that it does not.
#[tokio::test(flavor = "multi_thread")]
async fn an_sbd_is_read_as_jackson_reads_it() {
    let world = World::start().await;
    let epost = "bl\u{e5}b\u{e6}r@lillevik.example";
    let text = innsynskrav().to_string();
    let latin: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    for (kind, body) in [
        ("application/json;charset=ISO-8859-1", latin.clone()),
        (
            "application/json; charset=\"utf-8\"",
            text.clone().into_bytes(),
        ),
        ("application/json", format!("\u{feff}{text}").into_bytes()),
    ] {
        let (status, made) = create(&world, kind, body).await;
        assert_eq!(status, 200, "{kind}: {made}");
        assert_eq!(made["innsynskrav"]["epost"], epost, "{kind}");
    }
    // > Invalid UTF-8 middle byte 0x62 (Jackson, of "å" in ISO-8859-1 before a "b")
    let (status, told) = create(&world, "application/json", latin).await;
    let words = told["message"].as_str().unwrap();
    assert_eq!(
        (status, words),
        (400, "JSON parse error: Invalid UTF-8 middle byte 0x62")
    );
    let twice = text.replacen(
        "\"headerVersion\":\"1.0\"",
        "\"headerVersion\":\"0\",\"headerVersion\":2",
        1,
    );
    let (status, made) = create(&world, "application/json", twice.into_bytes()).await;
    assert_eq!(status, 200, "{made}");
    assert_eq!(made["standardBusinessDocumentHeader"]["headerVersion"], "2");
    let mut wrong = innsynskrav();
    wrong["standardBusinessDocumentHeader"]["headerVersion"] = json!([]);
    let (status, told) =
        create(&world, "application/json", wrong.to_string().into()).await;
    let words = "JSON parse error: Cannot deserialize value of type `java.lang.String` from Array value (token `JsonToken.START_ARRAY`)";
    assert_eq!((status, told["message"].as_str().unwrap()), (400, words));
    world.stop().await;
}

// > `status`: by one's own mode (wire-format §2.3), also where a caller sends it.
#[tokio::test(flavor = "multi_thread")]
async fn a_status_of_a_callers_own_is_sent() {
    let world = World::start().await;
    let mut sbd = innsynskrav();
    let header = &mut sbd["standardBusinessDocumentHeader"];
    header["documentIdentification"]["type"] = "status".into();
    header["documentIdentification"]["standard"] =
        "urn:no:difi:eformidling:xsd::status".into();
    header["businessScope"]["scope"][0]["identifier"] =
        "urn:no:difi:profile:einnsyn:response:ver1.0".into();
    let members = sbd.as_object_mut().unwrap();
    members.remove("innsynskrav");
    members.insert("status".into(), json!({"status": "LEVERT"}));
    let (status, made) =
        create(&world, "application/json", sbd.to_string().into()).await;
    assert_eq!(status, 200, "{made}");
    let pointer =
        "/standardBusinessDocumentHeader/documentIdentification/instanceIdentifier";
    let id = made.pointer(pointer).unwrap().as_str().unwrap();
    let url = format!("{}/api/messages/out/{id}", world.portal);
    assert_eq!(Client::new().post(url).send().await.unwrap().status(), 200);
    let url = format!("{}/api/statuses/{id}", world.portal);
    let sent = async {
        loop {
            let page: Value = reqwest::get(&url).await.unwrap().json().await.unwrap();
            let lines = page["content"].as_array().unwrap();
            if let [_, last] = lines.as_slice() {
                return last["status"].clone();
            }
        }
    };
    let patience = std::time::Duration::from_secs(30);
    assert_eq!(tokio::time::timeout(patience, sent).await.unwrap(), "SENDT");
    world.stop().await;
}
