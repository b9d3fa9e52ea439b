//! `/manage`: health, metrics and what runs here, for whoever watches over it.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flow::ledger;
use serde_json::{Value, json};

use crate::door::{Here, Id};
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

/// GET /manage/health: 503 while the store cannot be read.
pub(crate) async fn health(State(here): Here) -> Response {
    let up = json!({"status": "UP"});
    let groups = ["liveness", "readiness"];
    let waiting = match ledger::waiting(&here.point).await {
        Ok(waiting) => waiting,
        Err(error) => {
            tracing::error!(%error, "the store cannot be read");
            let db = json!({"status": "DOWN"});
            let body =
                json!({"status": "DOWN", "groups": groups, "components": {"db": db}});
            return actuator(StatusCode::SERVICE_UNAVAILABLE, &body);
        }
    };
    let queue = json!({"outgoing": waiting.outgoing, "incoming": waiting.incoming});
    let jobs = json!({"waiting": waiting.jobs, "attempts": waiting.attempts});
    let components = json!({
        "certificate": trust::component(&here.point),
        "db": {"status": "UP", "details": {"database": "SQLite"}},
        "jobs": {"status": "UP", "details": jobs},
        "livenessState": up,
        "messageStatus": {"status": "UP", "details": {"pollable": 0}},
        "nextMoveQueue": {"status": "UP", "details": queue},
        "ping": up,
        "readinessState": up,
        "register": trust::register(&here.point),
    });
    let body = json!({"status": "UP", "groups": groups, "components": components});
    actuator(StatusCode::OK, &body)
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

/// GET /manage/health/{component} for one that there is not.
pub(crate) async fn no_component() -> Answer {
    Err(Refusal::Bare(StatusCode::NOT_FOUND))
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
