//! The table of the API: every path, what may be done to it, and who does it.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, any};

use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::door::Door;
use crate::finish::{At, finish};
use crate::refusal::{Refusal, text};
use crate::{
    bestedu, capability, conversation, expired, incoming, label, manage, openapi,
    outgoing, quarantine, reply, status, subscription,
};

/// The whole API of one organisation's access point.
pub fn router(door: Door) -> Router {
    let door = Arc::new(door);
    let at = At {
        door: Arc::clone(&door),
        path: "UNKNOWN",
    };
    let nowhere = any(no_resource).layer(from_fn_with_state(at, finish));
    let mut table = table(&door);
    if door.point.bestedu().is_some() {
        table = table.mount(SOAP, get(bestedu::contract).post(bestedu::call));
    }
    let pages = SwaggerUi::new("/swagger-ui").config(Config::from("../openapi.json"));
    table
        .router
        .merge(pages)
        .fallback_service(nowhere.with_state(()))
        .with_state(door)
}

#[rustfmt::skip]
fn table(door: &Arc<Door>) -> Table {
    Table { router: Router::new(), door: Arc::clone(door), paths: Vec::new() }
        .at("/api/messages/out", get(outgoing::list).post(outgoing::create))
        // The ids `multipart` and `peek` are as good as others to the Java access point.
        .at("/api/messages/out/multipart", get(outgoing::find).put(outgoing::attach).post(outgoing::whole).delete(outgoing::discard))
        .at("/api/messages/out/{messageId}", get(outgoing::find).put(outgoing::attach).post(outgoing::submit).delete(outgoing::discard))
        .at("/api/messages/in", get(incoming::list))
        .at("/api/messages/in/peek", get(incoming::peek).delete(incoming::remove))
        .at("/api/messages/in/pop/{messageId}", get(incoming::pop))
        .at("/api/messages/in/{messageId}", delete(incoming::remove))
        .at("/api/statuses", get(status::list))
        .at("/api/statuses/peek", get(status::peek).delete(status::take))
        .at("/api/statuses/{id}", get(status::of).delete(status::take))
        .at("/api/conversations", get(conversation::list))
        .at("/api/conversations/queue", get(conversation::queue).delete(conversation::forget))
        .at("/api/conversations/{id}", get(conversation::find).delete(conversation::forget))
        .at("/api/conversations/messageId/{messageId}", get(conversation::find_message).delete(conversation::forget_message))
        .at("/api/capabilities/{receiverIdentifier}", get(capability::of))
        .at("/api/subscriptions", get(subscription::list).post(subscription::create).delete(subscription::clear))
        .at("/api/subscriptions/{id}", get(subscription::find).put(subscription::change).delete(subscription::remove))
        .at("/api/subscriptions/{id}/deliveries", get(subscription::deliveries))
        .at("/servicerecord/{identifier}", get(capability::relay))
        .at("/manage", get(manage::index))
        .at("/manage/health", get(manage::health))
        .at("/manage/health/liveness", get(manage::liveness))
        .at("/manage/health/readiness", get(manage::readiness))
        .at("/manage/health/{component}", get(manage::component))
        .at("/manage/expired", get(expired::list))
        .at("/manage/expired/{messageId}", none().post(expired::restore))
        .at("/manage/quarantine", get(quarantine::list))
        .at("/manage/quarantine/{id}", get(quarantine::find).delete(quarantine::remove))
        .at("/manage/info", get(manage::info))
        .at("/manage/shutdown", post(manage::shutdown))
        .at("/manage/loggers/{name}", post(manage::level))
        .at("/manage/metrics", get(manage::metrics))
        .at("/manage/metrics/{name}", get(manage::metric))
        .at("/manage/prometheus", get(manage::prometheus))
        .described()
}

struct Table {
    router: Router<Arc<Door>>,
    door: Arc<Door>,
    paths: Vec<(&'static str, Vec<&'static str>)>,
}

impl Table {
    /// What is in the table, for programs and, with Swagger UI, for people.
    fn described(mut self) -> Self {
        self.paths.push((DESCRIPTION, vec!["GET"]));
        let document = openapi::document(&self.paths).to_string();
        self.paths.pop();
        self.at(DESCRIPTION, get(async move || reply::json(document)))
    }

    /// A path of the API.
    fn at(mut self, path: &'static str, methods: Methods) -> Self {
        self.paths.push((path, methods.allowed.clone()));
        self.mount(path, methods)
    }

    /// A path, with and without a slash at its end: documented clients use both.
    fn mount(self, path: &'static str, methods: Methods) -> Self {
        let Methods { router, allowed } = methods;
        let at = At {
            door: Arc::clone(&self.door),
            path,
        };
        let mut all = allowed.clone();
        all.extend(allowed.contains(&"GET").then_some("HEAD"));
        all.push("OPTIONS");
        let methods = router
            .options(async move || ([(header::ALLOW, all.join(","))], ()))
            .fallback(async move |method: Method| no_method(&allowed, &method))
            .layer(from_fn_with_state(at, finish));
        let router = self.router.route(path, methods.clone());
        Self {
            router: router.route(&format!("{path}/"), methods),
            ..self
        }
    }
}

const DESCRIPTION: &str = "/openapi.json";
/// The door for archives, as the Java access point called it.
const SOAP: &str = "/noarkExchange";

/// What may be done to a path.
struct Methods {
    router: MethodRouter<Arc<Door>>,
    allowed: Vec<&'static str>,
}

macro_rules! methods {
    ($($name:ident $filter:ident)*) => {
        impl Methods {
            $(fn $name<H: Handler<T, Arc<Door>>, T: 'static>(mut self, handler: H) -> Self {
                self.allowed.push(stringify!($filter));
                self.router = self.router.on(MethodFilter::$filter, handler);
                self
            })*
        }
    };
}

methods! { get GET put PUT post POST delete DELETE }

fn get<H: Handler<T, Arc<Door>>, T: 'static>(handler: H) -> Methods {
    none().get(handler)
}

fn post<H: Handler<T, Arc<Door>>, T: 'static>(handler: H) -> Methods {
    none().post(handler)
}

fn delete<H: Handler<T, Arc<Door>>, T: 'static>(handler: H) -> Methods {
    none().delete(handler)
}

fn none() -> Methods {
    Methods {
        router: MethodRouter::new(),
        allowed: Vec::new(),
    }
}

fn no_method(allowed: &[&'static str], method: &Method) -> Response {
    let mut response = Refusal::with(&label::METHOD, [text(method)]).into_response();
    let list = HeaderValue::from_str(&allowed.join(",")).expect("names of methods");
    response.headers_mut().insert(header::ALLOW, list);
    response
}

async fn no_resource(uri: axum::http::Uri) -> Refusal {
    let path = uri.path().trim_matches('/');
    Refusal::with(&label::NO_RESOURCE, [text(path)])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table with a door that nobody goes through.
    #[test]
    fn every_path_and_method_is_described() {
        let text = include_str!("route.rs");
        let mut described = 0;
        for line in text
            .lines()
            .filter(|line| line.trim().starts_with(".at(\""))
        {
            let path = line.split('"').nth(1).unwrap();
            for method in ["get", "put", "post", "delete"] {
                let here = line.contains(&format!(" {method}("))
                    || line.contains(&format!(").{method}("));
                if here {
                    let method = method.to_ascii_uppercase();
                    assert!(openapi::is_said(path, &method), "{method} {path}");
                    described += 1;
                }
            }
        }
        // All rows but that of the document itself belong to a line of the table.
        assert_eq!(described + 1, openapi::rows());
    }
}
