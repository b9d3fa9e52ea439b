//! Traces, as a collector of OpenTelemetry receives them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use fagsystem::{Correspondence, Upload, innsynskrav};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use sbd::{MessageId, Status};
use tokio::task::JoinSet;

use crate::world::{EINNSYN, KOMMUNE, Role, World, until};

const ID: &str = "1f0a7c52-6c0e-4f43-9d6b-0c1f5c9b7c01";
/// All that a span tells.
const ATTRIBUTES: [&str; 5] = [
    "http.request.method",
    "http.response.status_code",
    "http.route",
    "job.attempt",
    "message.id",
];

type Spans = Arc<Mutex<Vec<Span>>>;

/// A collector on a free port: its address, what has come, and the task that takes it.
async fn collector() -> (String, Spans, JoinSet<()>) {
    let spans = Spans::default();
    let kept = Arc::clone(&spans);
    let take = post(async move |body: Bytes| {
        let request = ExportTraceServiceRequest::decode(body).unwrap();
        let resources = request.resource_spans.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_spans);
        kept.lock()
            .unwrap()
            .extend(scopes.flat_map(|scope| scope.spans));
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/v1/traces", take);
    let mut serves = JoinSet::new();
    serves.spawn(async move { axum::serve(listener, router).await.unwrap() });
    (address, spans, serves)
}

#[tokio::test]
async fn what_two_access_points_do_with_a_message_is_one_trace_with_its_id() {
    let (address, spans, _serves) = collector().await;
    let mut world = World::new();
    world.tell("OTEL_EXPORTER_OTLP_ENDPOINT", address);
    world.tell("OTEL_BSP_SCHEDULE_DELAY", "50".into());
    let roles = [Role::Broker, Role::Registry, Role::Einnsyn, Role::Kommune];
    world.start_all(&roles).await;
    let (einnsyn, kommune) = (
        world.fagsystem(Role::Einnsyn),
        world.fagsystem(Role::Kommune),
    );
    let id: MessageId = ID.parse().unwrap();
    let who = Correspondence {
        sender: EINNSYN.parse().unwrap(),
        receiver: KOMMUNE.parse().unwrap(),
        message_id: id.clone(),
        conversation_id: ID.into(),
        expires: None,
    };
    let sbd = innsynskrav(&who, &who.receiver, "innsyn@fjordvik.example");
    let order = Upload {
        name: "order.xml".into(),
        mime: "application/xml".into(),
        bytes: "<bestilling/>".into(),
    };
    einnsyn.create(&sbd).await.unwrap();
    einnsyn.attach(&id, order).await.unwrap();
    einnsyn.submit(&id).await.unwrap();
    until("it has arrived", async || kommune.peek(&[]).await.unwrap()).await;
    kommune.pop(&id).await.unwrap();
    kommune.delete(&id).await.unwrap();
    until("LEVERT is home", async || {
        let log = einnsyn.statuses(&id).await.unwrap();
        log.iter()
            .any(|line| line.status == Status::Levert)
            .then_some(())
    })
    .await;

    let trace = id.as_str().replace('-', "");
    let wanted = [
        "create", "attach", "send", "deliver", "receive", "report", "pop", "delete",
    ];
    until("the trace is whole", async || {
        let spans = spans.lock().unwrap();
        let ours = spans.iter().filter(|span| hex(&span.trace_id) == trace);
        let names: BTreeSet<_> = ours.map(|span| span.name.as_str()).collect();
        (names == BTreeSet::from(wanted)).then_some(())
    })
    .await;
    let spans = spans.lock().unwrap();
    let pop = spans.iter().find(|span| span.name == "pop").unwrap();
    let cause = spans
        .iter()
        .find(|span| span.span_id == pop.links[0].span_id);
    assert_eq!(cause.unwrap().name, "GET /api/messages/in/pop/{messageId}");
    for attribute in spans.iter().flat_map(|span| &span.attributes) {
        assert!(
            ATTRIBUTES.contains(&attribute.key.as_str()),
            "{attribute:?}"
        );
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
