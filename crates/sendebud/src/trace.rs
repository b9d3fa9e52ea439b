//! Traces for OpenTelemetry, sent where the environment says, in the names of its
//! specification: `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_SERVICE_NAME` and their kin.
//!
//! What is done with a message is in a trace that has the message's own id. So two access
//! points are in one trace, and nothing is added to what goes over the wire.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::trace::{Link, SpanContext, SpanId, TraceId, TracerProvider};
use opentelemetry_otlp::SpanExporter as Otlp;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;
use uuid::Uuid;

/// Either of them says where traces go.
const ENDPOINTS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
];
/// The field by which a span belongs to a message.
const MESSAGE: &str = "message.id";

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// What makes traces of spans, if anybody wants them.
///
/// Fails when the endpoint cannot be one.
pub(crate) fn layer<S>() -> Result<Option<Box<dyn Layer<S> + Send + Sync>>, String>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let wanted = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !ENDPOINTS.into_iter().any(wanted) {
        return Ok(None);
    }
    let exporter = Otlp::builder().with_http().build();
    let exporter = exporter.map_err(|e| e.to_string())?;
    let resource = Resource::builder();
    let resource = match std::env::var_os("OTEL_SERVICE_NAME") {
        Some(_) => resource,
        None => resource.with_service_name("sendebud"),
    };
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(ByMessage::new(exporter))
        .with_resource(resource.build())
        .build();
    let tracer = provider.tracer("sendebud");
    drop(PROVIDER.set(provider));
    let layer = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_target(false);
    // A line of the log may tell of people; it is redacted where it is written.
    let spans = layer.with_filter(filter_fn(is_span));
    Ok(Some(spans.boxed()))
}

pub(crate) fn is_event(about: &Metadata<'_>) -> bool {
    about.is_event()
}

fn is_span(about: &Metadata<'_>) -> bool {
    about.is_span()
}

/// Send what has not been sent yet.
pub(crate) fn end() {
    if let Some(provider) = PROVIDER.get()
        && let Err(error) = provider.shutdown()
    {
        tracing::warn!(%error, "the last traces were not exported");
    }
}

/// Puts spans into their messages' traces before they are exported.
#[derive(Debug)]
struct ByMessage<E> {
    exporter: E,
    failing: AtomicBool,
}

impl<E> ByMessage<E> {
    fn new(exporter: E) -> Self {
        Self {
            exporter,
            failing: AtomicBool::new(false),
        }
    }

    /// Say it once when it begins and once when it ends.
    fn tell(&self, result: &OTelSdkResult) {
        let failed = self.failing.swap(result.is_err(), Ordering::Relaxed);
        match result {
            Err(error) if !failed => {
                tracing::warn!(%error, "traces cannot be exported, and are dropped");
            }
            Ok(()) if failed => tracing::info!("traces are exported again"),
            _ => {}
        }
    }
}

impl<E: SpanExporter> SpanExporter for ByMessage<E> {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        batch.iter_mut().for_each(join);
        let result = self.exporter.export(batch).await;
        self.tell(&result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

/// The span becomes a root in its message's trace, linked to what it was done for.
fn join(span: &mut SpanData) {
    let id = span
        .attributes
        .iter()
        .find(|pair| pair.key.as_str() == MESSAGE);
    let id = id.and_then(|pair| Uuid::try_parse(&pair.value.as_str()).ok());
    let Some(id) = id.filter(|id| !id.is_nil()) else {
        return;
    };
    let was = span.span_context.clone();
    let in_trace = |trace, span| {
        let (flags, state) = (was.trace_flags(), was.trace_state().clone());
        SpanContext::new(trace, span, flags, false, state)
    };
    if span.parent_span_id != SpanId::INVALID {
        let cause = in_trace(was.trace_id(), span.parent_span_id);
        span.links.links.push(Link::with_context(cause));
        span.parent_span_id = SpanId::INVALID;
    }
    let trace = TraceId::from_bytes(*id.as_bytes());
    span.span_context = in_trace(trace, was.span_id());
}
