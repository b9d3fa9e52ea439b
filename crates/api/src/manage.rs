//! `/manage`: health, metrics and what runs here, for whoever watches over it.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flow::health::{self, Health};
use flow::ledger;
use serde_json::{Value, json};

use crate::door::{Door, Here, Id};
use crate::error::Answer;
use crate::label;
use crate::metrics::gauges;
use crate::refusal::{Refusal, text};
use crate::trust;

/// GET /manage
pub(crate) async fn index() -> Response {
    let link = |path: &str| json!({"href": path, "templated": path.contains('{')});
    let links = json!({
        "self": link("/manage"),
        "health": link("/manage/health"),
        "health-path": link("/manage/health/{*path}"),
        "info": link("/manage/info"),
        "metrics": link("/manage/metrics"),
        "metrics-requiredMetricName": link("/manage/metrics/{requiredMetricName}"),
        "prometheus": link("/manage/prometheus"),
    });
    actuator(StatusCode::OK, &json!({"_links": links}))
}

/// GET /manage/health: 503 while what is ours is not well. A neighbour that is away is
/// told of and does not count: nothing is lost, and a new start mends nothing.
pub(crate) async fn health(State(here): Here) -> Response {
    let found = health::look(&here.point).await;
    let (up, body) = (found.is_up(), components(&here, &found));
    let groups = ["liveness", "readiness"];
    let body = json!({"status": word(up), "groups": groups, "components": body});
    let status = if up {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    actuator(status, &body)
}

fn word(up: bool) -> &'static str {
    if up { "UP" } else { "DOWN" }
}

fn components(here: &Door, found: &Health) -> Value {
    let up = json!({"status": "UP"});
    let (db, waiting) = match &found.waiting {
        Ok(waiting) => {
            let kind = if found.server { "PostgreSQL" } else { "SQLite" };
            let db = json!({"status": "UP", "details": {"database": kind}});
            (db, Some(waiting))
        }
        Err(reason) => {
            tracing::error!(reason, "the store cannot be read");
            (json!({"status": "DOWN"}), None)
        }
    };
    let queue =
        waiting.map(|w| json!({"outgoing": w.outgoing, "incoming": w.incoming}));
    let jobs = waiting.map(|w| json!({"waiting": w.jobs, "attempts": w.attempts}));
    let (free, total) = found.space.unwrap_or_default();
    json!({
        "certificate": trust::component(&here.point),
        "db": db,
        "diskSpace": part(&found.disk, json!({"free": free, "total": total})),
        "jobs": {"status": "UP", "details": jobs},
        "livenessState": up,
        "messageService": part(&found.message_service, json!({})),
        "messageStatus": {"status": "UP", "details": {"pollable": 0}},
        "nextMoveQueue": {"status": "UP", "details": queue},
        "ping": up,
        "readinessState": up,
        "register": trust::register(&here.point),
    })
}

/// A part in Spring's words; `AWAY` is ours.
fn part(state: &health::State, mut details: Value) -> Value {
    use health::State as S;
    let (status, reason) = match state {
        S::Up => ("UP", None),
        S::Down(reason) => ("DOWN", Some(reason)),
        S::Away(reason) => ("AWAY", Some(reason)),
    };
    if let Some(reason) = reason {
        details["reason"] = reason.as_str().into();
    }
    json!({"status": status, "details": details})
}

/// GET /manage/health/liveness: we answer, so we live.
pub(crate) async fn liveness() -> Response {
    actuator(StatusCode::OK, &json!({"status": "UP"}))
}

/// GET /manage/health/readiness: ready when the store can be read.
pub(crate) async fn readiness(State(here): Here) -> Response {
    if ledger::waiting(&here.point).await.is_ok() {
        return actuator(StatusCode::OK, &json!({"status": "UP"}));
    }
    let body = json!({"status": "OUT_OF_SERVICE"});
    actuator(StatusCode::SERVICE_UNAVAILABLE, &body)
}

/// GET /manage/health/{component}
pub(crate) async fn component(State(here): Here, id: Id) -> Answer {
    let found = components(&here, &health::look(&here.point).await);
    let Some(part) = found.get(id.as_str()) else {
        return Err(Refusal::Bare(StatusCode::NOT_FOUND));
    };
    let status = match part["status"].as_str() {
        Some("DOWN") => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::OK,
    };
    Ok(actuator(status, part))
}

/// POST /manage/shutdown: not there unless it was asked for.
pub(crate) async fn shutdown(State(here): Here) -> Answer {
    let Some(end) = &here.end else {
        let path = "manage/shutdown";
        return Err(Refusal::with(&label::NO_RESOURCE, [text(path)]));
    };
    end.notify_one();
    let body = json!({"message": "Shutting down, bye..."});
    Ok(actuator(StatusCode::OK, &body))
}

/// POST /manage/loggers/{name}, as Spring has it: `{"configuredLevel": "DEBUG"}`. The name
/// is ROOT, or a part of the program.
pub(crate) async fn level(State(here): Here, id: Id, body: Bytes) -> Answer {
    const SPRING: [&str; 6] = ["OFF", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"];
    let said: Value = serde_json::from_slice(&body).unwrap_or_default();
    let level = said["configuredLevel"].as_str().unwrap_or("INFO");
    let sound = id
        .as_str()
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "_:".contains(c));
    let Some(set) = here.set_level.filter(|_| sound && SPRING.contains(&level)) else {
        let words = format!("configuredLevel is one of {}", SPRING.join(", "));
        return Err(Refusal::with(&label::ARGUMENT, [text(words)]));
    };
    let level = level.to_ascii_lowercase();
    let words = match id.as_str() {
        "ROOT" => format!("{level},rustls=error"),
        part => format!("info,rustls=error,{part}={level}"),
    };
    set(&words).map_err(|why| Refusal::with(&label::ARGUMENT, [text(why)]))?;
    tracing::warn!(words, "what is logged was changed");
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// GET /manage/info
pub(crate) async fn info(State(here): Here) -> Response {
    let build = json!({
        "artifact": "sendebud",
        "name": "Sendebud",
        "version": env!("CARGO_PKG_VERSION"),
    });
    let organisation = json!({"number": here.point.orgnr().as_str()});
    actuator(
        StatusCode::OK,
        &json!({"build": build, "organisation": organisation}),
    )
}

/// GET /manage/prometheus
pub(crate) async fn prometheus(State(here): Here) -> Answer {
    let waiting = ledger::waiting(&here.point).await?;
    let kind = HeaderValue::from_static("text/plain;version=0.0.4;charset=utf-8");
    let mut text = here.metrics.text(&waiting, here.point.orgnr().as_str());
    trust::lines(&here.point, &mut text);
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// GET /manage/metrics
pub(crate) async fn metrics(State(here): Here) -> Answer {
    let waiting = ledger::waiting(&here.point).await?;
    let names: Vec<&str> = gauges(&waiting).iter().map(|(name, ..)| *name).collect();
    Ok(actuator(StatusCode::OK, &json!({"names": names})))
}

/// GET /manage/metrics/{name}
pub(crate) async fn metric(State(here): Here, id: Id) -> Answer {
    let waiting = ledger::waiting(&here.point).await?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let processors = ("system.cpu.count", "Processors that we may use.", cores);
    let mut known = gauges(&waiting).into_iter().chain([processors]);
    let Some((name, words, value)) = known.find(|(name, ..)| *name == id.as_str())
    else {
        let path = format!("manage/metrics/{}", id.as_str());
        return Err(Refusal::with(&label::NO_RESOURCE, [text(path)]));
    };
    let measured = json!([{"statistic": "VALUE", "value": value}]);
    let mut response = actuator(
        StatusCode::OK,
        &json!({
            "name": name,
            "description": words,
            "measurements": measured,
            "availableTags": [],
        }),
    );
    // A name with dots looks like a file's: browsers are told that it is none.
    let inline = HeaderValue::from_static("inline;filename=f.txt");
    response
        .headers_mut()
        .insert(header::CONTENT_DISPOSITION, inline);
    Ok(response)
}

fn actuator(status: StatusCode, body: &Value) -> Response {
    let kind = HeaderValue::from_static("application/vnd.spring-boot.actuator.v3+json");
    (status, [(header::CONTENT_TYPE, kind)], body.to_string()).into_response()
}
