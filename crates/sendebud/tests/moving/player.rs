//! A server that plays the Java integrasjonspunkt of 910076787: its recorded answers,
//! chosen by what has happened to each message so far.

#![expect(
    clippy::disallowed_methods,
    reason = "its thread ends with the test's process"
)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::queue::Queue;
use crate::record::{Answer, Record, vector};

/// Messages that wait; further ones are history.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) conversation: String,
    pub(crate) locked: bool,
    /// How often it was given out, and how often deleted.
    pub(crate) popped: usize,
    pub(crate) deleted: usize,
    /// Its envelope; a recorded one when none.
    pub(crate) sbd: Option<Value>,
    /// What pop gives; a recorded package when none.
    pub(crate) package: Option<Vec<u8>>,
}

/// When a request is counted, what happens to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The caller is killed before the request is worked on.
    CallerBefore,
    /// The caller is killed after that, and hears no answer.
    CallerAfter,
    /// We are: before.
    PlayerBefore,
    /// After.
    PlayerAfter,
}

impl Cut {
    pub(crate) const ALL: [Self; 4] = [
        Self::CallerBefore,
        Self::CallerAfter,
        Self::PlayerBefore,
        Self::PlayerAfter,
    ];
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) waiting: Vec<Message>,
    pub(crate) done: Vec<Message>,
    /// Created by the caller.
    pub(crate) created: Vec<Created>,
    /// Every request: method and path.
    pub(crate) requests: Vec<String>,
    /// What happens at which request, counted from 0.
    pub(crate) cut: Option<(usize, Cut)>,
    /// The caller's process.
    pub(crate) caller: Option<u32>,
    /// What is asked of callers, as the header has it.
    pub(crate) login: Option<String>,
    /// We are off while this file is there.
    pub(crate) off: Option<PathBuf>,
    /// Webhooks.
    pub(crate) subscribed: bool,
    /// Where its messages come from; looked at before each list.
    pub(crate) queue: Option<Queue>,
}

/// A message that the caller has created: its files, and how often it was sent.
#[derive(Debug, Clone)]
pub(crate) struct Created {
    pub(crate) id: String,
    pub(crate) sbd: Value,
    pub(crate) files: Vec<(String, Vec<u8>)>,
    pub(crate) sent: usize,
}

/// The server. Its thread ends with the process.
#[derive(Clone)]
pub(crate) struct Player {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

struct Request {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        all.find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// A parameter of the query, as it was written but for what is percent-encoded.
    fn asked(&self, name: &str) -> Option<String> {
        let pairs = url::form_urlencoded::parse(self.query.as_bytes());
        pairs
            .into_iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.into_owned())
    }
}

impl Player {
    /// With so many messages that wait.
    pub(crate) fn start(messages: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let waiting = (0..messages).map(|_| Message::new()).collect();
        let state = State {
            waiting,
            ..State::default()
        };
        let player = Self {
            url,
            state: Arc::new(Mutex::new(state)),
        };
        let (playing, record) = (player.clone(), Record::read());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A caller that was killed hears nothing, and that is no failure.
                drop(playing.play(&record, stream.unwrap()));
            }
        });
        player
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Locks run out.
    pub(crate) fn unlock(&self) {
        for message in &mut self.state().waiting {
            message.locked = false;
        }
    }

    fn play(&self, record: &Record, mut stream: TcpStream) -> std::io::Result<()> {
        let request = read(&mut stream)?;
        let mut state = self.state();
        if state.off.as_ref().is_some_and(|file| file.exists()) {
            return Ok(());
        }
        let number = state.requests.len();
        let line = format!("{} {}", request.method, request.path);
        state.requests.push(line);
        let cut = state
            .cut
            .filter(|(at, _)| *at == number)
            .map(|(_, cut)| cut);
        let caller = state.caller;
        match cut {
            Some(Cut::CallerBefore) => return kill(caller),
            Some(Cut::PlayerBefore) => return Ok(()),
            _ => {}
        }
        let answer = answer(&mut state, record, &request);
        drop(state);
        match cut {
            Some(Cut::CallerAfter) => kill(caller),
            Some(_) => Ok(()),
            None => stream.write_all(&answer.bytes()),
        }
    }
}

impl Message {
    pub(crate) fn new() -> Self {
        let random = ambient::Random::system();
        Self {
            id: random.uuid().to_string(),
            conversation: random.uuid().to_string(),
            locked: false,
            popped: 0,
            deleted: 0,
            sbd: None,
            package: None,
        }
    }
}

fn kill(caller: Option<u32>) -> std::io::Result<()> {
    let pid = Pid::from_raw(i32::try_from(caller.unwrap()).unwrap()).unwrap();
    Ok(kill_process(pid, Signal::KILL)?)
}

fn read(stream: &mut TcpStream) -> std::io::Result<Request> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break end;
        }
        match stream.read(&mut chunk)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            got => bytes.extend_from_slice(&chunk[..got]),
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next().unwrap().split(' ');
    let (method, target) = (first.next().unwrap(), first.next().unwrap());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let mut request = Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: bytes.split_off(end + 4),
    };
    let length = request.header("content-length").unwrap_or("0");
    let length: usize = length.parse().unwrap();
    while request.body.len() < length {
        match stream.read(&mut chunk)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            got => request.body.extend_from_slice(&chunk[..got]),
        }
    }
    Ok(request)
}

/// The recorded answer to the request, and what it changes.
fn answer(state: &mut State, record: &Record, request: &Request) -> Answer {
    if let Some(login) = &state.login
        && request.header("authorization") != Some(login)
    {
        // > 401, an empty body and WWW-Authenticate (rest-api §9)
        return Answer {
            status: 401,
            headers: vec![("WWW-Authenticate".into(), "Basic realm=\"Realm\"".into())],
            body: Vec::new(),
        };
    }
    let path: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    match (request.method.as_str(), &path[..]) {
        ("GET", ["api", "messages", "in"]) => {
            if let Some(queue) = &state.queue {
                queue.fetch(&mut state.waiting);
            }
            let id = request.asked("messageId");
            let asked = |m: &&Message| id.as_ref().is_none_or(|id| m.id == *id);
            let all = state.waiting.iter().filter(asked);
            let rows = all.map(|m| envelope(record, m).json());
            page(record.answer("01", 5, "", ""), rows.collect())
        }
        ("GET", ["api", "messages", "in", "peek"]) => {
            match state.waiting.iter_mut().find(|m| !m.locked) {
                None => record.answer("01", 9, "", ""),
                Some(message) => {
                    message.locked = true;
                    envelope(record, message)
                }
            }
        }
        ("GET", ["api", "messages", "in", "pop", id]) => pop(state, record, id),
        ("DELETE", ["api", "messages", "in", id]) => delete(state, record, id),
        ("GET", ["api", "conversations"]) => {
            let rows = history(state, record);
            page(record.answer("01", 18, "", ""), rows)
        }
        ("GET", ["api", "subscriptions"]) => match state.subscribed {
            true => record.answer("07", 36, "", ""),
            false => record.answer("07", 34, "", ""),
        },
        ("GET", ["api", "messages", "out"]) => {
            let unsent = state.created.iter().filter(|one| one.sent == 0);
            let rows = unsent.map(|one| one.sbd.clone()).collect();
            page(record.answer("06", 55, "", ""), rows)
        }
        (method, ["api", "messages", "out", rest @ ..]) => {
            outgoing(state, record, request, method, rest)
        }
        _ => record.answer("08", 12, "", ""),
    }
}

/// What peek answers.
fn envelope(record: &Record, message: &Message) -> Answer {
    let answer = record.answer("01", 10, &message.id, &message.conversation);
    match &message.sbd {
        Some(sbd) => answer.with(sbd),
        None => answer,
    }
}

fn pop(state: &mut State, record: &Record, id: &str) -> Answer {
    let Some(message) = state.waiting.iter_mut().find(|m| m.id == id) else {
        return record.answer("08", 39, id, "");
    };
    if !message.locked {
        return record.answer("01", 3, id, "");
    }
    message.popped += 1;
    let mut answer = record.answer("01", 13, id, "");
    let recorded = "dokumentpakke/innsynskrav-order-v1/dokumentpakke.asice";
    let package = message.package.clone();
    answer.body = package.unwrap_or_else(|| std::fs::read(vector(recorded)).unwrap());
    answer
}

fn delete(state: &mut State, record: &Record, id: &str) -> Answer {
    let Some(at) = state.waiting.iter().position(|m| m.id == id) else {
        return record.answer("08", 41, id, "");
    };
    if !state.waiting[at].locked {
        return record.answer("01", 4, id, "");
    }
    let mut message = state.waiting.remove(at);
    message.deleted += 1;
    let answer = record.answer("01", 21, id, &message.conversation);
    state.done.push(message);
    answer
}

/// Conversations: those of the messages, and one of a message that was sent and arrived.
fn history(state: &State, record: &Record) -> Vec<Value> {
    let incoming = |message: &Message| {
        let page = record.answer("01", 18, &message.id, &message.conversation);
        page.json()["content"][0].clone()
    };
    let taken = |message: &Message| {
        let mut one = incoming(message);
        let lines = one["messageStatuses"].as_array_mut().unwrap();
        let mut last = lines.last().unwrap().clone();
        last["status"] = json!("INNKOMMENDE_LEVERT");
        last["id"] = json!(471);
        // > set – order not guaranteed (rest-api §6.2)
        lines.insert(0, last);
        one["finished"] = json!(true);
        one
    };
    let mut all: Vec<Value> = state.done.iter().map(taken).collect();
    all.extend(state.waiting.iter().map(incoming));
    all.push(record.answer("01", 27, SENT, SENT).json());
    all
}

/// The message of which the Java one knows that it has arrived.
pub(crate) const SENT: &str = "11111111-1111-4111-8111-111111111111";

fn page(answer: Answer, rows: Vec<Value>) -> Answer {
    let mut page = answer.json();
    page["totalElements"] = json!(rows.len());
    page["last"] = json!(true);
    page["content"] = Value::Array(rows);
    answer.with(&page)
}

fn outgoing(
    state: &mut State,
    record: &Record,
    request: &Request,
    method: &str,
    rest: &[&str],
) -> Answer {
    let known = |id: &str| state.created.iter().position(|one| one.id == id);
    match (method, rest) {
        ("POST", []) => {
            let sbd: Value = serde_json::from_slice(&request.body).unwrap();
            let head = &sbd["standardBusinessDocumentHeader"];
            let id = head["documentIdentification"]["instanceIdentifier"]
                .as_str()
                .unwrap()
                .to_owned();
            if known(&id).is_some() {
                return record.answer("01", 31, &id, "");
            }
            let answer = record.answer("01", 1, &id, "").with(&sbd);
            state.created.push(Created {
                id,
                sbd,
                files: Vec::new(),
                sent: 0,
            });
            answer
        }
        (_, [id]) => {
            let Some(at) = known(id).filter(|at| state.created[*at].sent == 0) else {
                return record.answer("08", 43, id, "");
            };
            let one = &mut state.created[at];
            match method {
                "PUT" => {
                    let name = request.header("content-disposition").unwrap();
                    if one.files.iter().any(|(known, _)| known == name) {
                        return record.answer("04", 4, id, "");
                    }
                    one.files.push((name.to_owned(), request.body.clone()));
                }
                "POST" => one.sent += 1,
                _ => {
                    let sbd = one.sbd.clone();
                    return record.answer("01", 1, id, "").with(&sbd);
                }
            }
            // Empty, as every answer to these.
            record.answer("06", 86, id, "")
        }
        _ => record.answer("08", 12, "", ""),
    }
}
