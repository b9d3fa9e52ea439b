//! A message service as its REST API is documented (servicebus §1), that remembers every
//! request.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long anything may take before it is said not to have happened.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request that was answered.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

#[derive(Default)]
struct State {
    asked: Vec<Asked>,
    queues: HashMap<String, VecDeque<Bytes>>,
    locked: HashMap<String, (String, Bytes)>,
}

pub(crate) struct Bus {
    pub(crate) address: String,
    state: Arc<Mutex<State>>,
    news: watch::Sender<usize>,
    task: JoinSet<()>,
}

impl Bus {
    pub(crate) async fn start() -> Self {
        let state = Arc::<Mutex<State>>::default();
        let (news, _) = watch::channel(0);
        let (here, tell) = (Arc::clone(&state), news.clone());
        let answer = async move |method, uri: Uri, headers, body| {
            let path = uri.path().to_owned();
            let asked = Asked {
                method,
                path,
                headers,
                body,
            };
            let mut told = tell.subscribe();
            loop {
                told.mark_unchanged();
                let found = here.lock().unwrap().answer(&asked);
                if found.status() != StatusCode::NO_CONTENT {
                    here.lock().unwrap().asked.push(asked);
                    tell.send_modify(|count| *count += 1);
                    return found;
                }
                // As long as the service may make a caller wait.
                let changed = told.changed();
                if tokio::time::timeout(Duration::from_secs(1), changed)
                    .await
                    .is_err()
                {
                    return found;
                }
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let mut task = JoinSet::new();
        let router = Router::new().fallback(answer);
        task.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            state,
            news,
            task,
        }
    }

    /// What was asked, once it is enough.
    pub(crate) async fn until(&self, enough: impl Fn(&[Asked]) -> bool) -> Vec<Asked> {
        let mut told = self.news.subscribe();
        let heard = told.wait_for(|_| enough(&self.state.lock().unwrap().asked));
        let heard = tokio::time::timeout(PATIENCE, heard).await.is_ok();
        let asked = self.state.lock().unwrap().asked.clone();
        assert!(heard, "only {} requests", asked.len());
        asked
    }

    /// Forget what was asked.
    pub(crate) fn forget(&self) {
        self.state.lock().unwrap().asked.clear();
    }

    pub(crate) async fn stop(mut self) {
        self.task.shutdown().await;
    }
}

impl State {
    fn answer(&mut self, asked: &Asked) -> Response {
        let parts: Vec<&str> = asked.path.trim_matches('/').split('/').collect();
        match (&asked.method, parts.as_slice()) {
            (&Method::POST, [queue, "messages"]) => {
                let queue = self.queues.entry((*queue).to_owned()).or_default();
                queue.push_back(asked.body.clone());
                StatusCode::CREATED.into_response()
            }
            (&Method::POST, [queue, "messages", "head"]) => self.lock(queue),
            (&Method::DELETE, [_, "messages", _, token]) => {
                match self.locked.remove(*token) {
                    Some(_) => StatusCode::OK.into_response(),
                    None => StatusCode::NOT_FOUND.into_response(),
                }
            }
            _ => StatusCode::BAD_REQUEST.into_response(),
        }
    }

    fn lock(&mut self, queue: &str) -> Response {
        let waiting = self.queues.entry(queue.to_owned()).or_default();
        let Some(body) = waiting.pop_front() else {
            return StatusCode::NO_CONTENT.into_response();
        };
        let token = format!("lock-{}", self.asked.len());
        let properties =
            format!(r#"{{"MessageId":"m","LockToken":"{token}","DeliveryCount":1}}"#);
        self.locked.insert(token, (queue.to_owned(), body.clone()));
        let headers = [("BrokerProperties", properties)];
        (StatusCode::CREATED, headers, body).into_response()
    }
}
