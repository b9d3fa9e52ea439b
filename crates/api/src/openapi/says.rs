//! Table: what each path and method does, for the OpenAPI document.

/// One method of one path.
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) tag: &'static str,
    pub(super) query: &'static [&'static str],
    pub(super) body: Body,
    pub(super) answer: Answer,
    pub(super) summary: &'static str,
}

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    None,
    Json(&'static str),
    File,
    Form,
}

/// What comes back when all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Nothing,
    /// 204.
    Gone,
    One(&'static str),
    /// Or 204.
    Maybe(&'static str),
    Page(&'static str),
    Package,
    Actuator,
    Text,
}

macro_rules! operations {
    ($($method:ident $path:literal $tag:ident $query:ident $body:expr => $answer:expr, $summary:literal;)*) => {
        pub(super) const OPERATIONS: &[Operation] = &[$(Operation {
            method: stringify!($method),
            path: $path,
            tag: stringify!($tag),
            query: $query,
            body: $body,
            answer: $answer,
            summary: $summary,
        },)*];
    };
}

const NO: &[&str] = &[];
const PAGE: &[&str] = &["page", "size", "sort"];
const OUT: &[&str] = &[
    "conversationId",
    "messageId",
    "processIdentifier",
    "receiverIdentifier",
    "senderIdentifier",
    "serviceIdentifier",
    "page",
    "size",
    "sort",
];
const IN: &[&str] = &[
    "conversationId",
    "messageId",
    "process",
    "receiverIdentifier",
    "senderIdentifier",
    "serviceIdentifier",
    "page",
    "size",
    "sort",
];
const PEEK: &[&str] = &[
    "conversationId",
    "messageId",
    "process",
    "receiverIdentifier",
    "senderIdentifier",
    "serviceIdentifier",
];
const STATUS: &[&str] = &[
    "id",
    "messageId",
    "conversationId",
    "status",
    "fromDateTime",
    "toDateTime",
    "page",
    "size",
    "sort",
];
const CONVERSATION: &[&str] = &[
    "conversationId",
    "messageId",
    "receiver",
    "receiverIdentifier",
    "sender",
    "senderIdentifier",
    "serviceIdentifier",
    "messageReference",
    "messageTitle",
    "pollable",
    "finished",
    "direction",
    "lastUpdateFrom",
    "lastUpdateTo",
    "page",
    "size",
    "sort",
];
const CAPABILITY: &[&str] = &["securityLevel", "process"];

use Answer::{Actuator, Gone, Maybe, Nothing, One, Package, Page, Text};
use Body::{File, Form, Json, None as Empty};

operations! {
    GET "/api/messages/out" messages OUT Empty => Page("Sbd"), "Messages that have not left";
    POST "/api/messages/out" messages NO Json("Sbd") => One("Sbd"), "Create a message";
    GET "/api/messages/out/multipart" messages NO Empty => One("Sbd"), "As any other id";
    PUT "/api/messages/out/multipart" messages NO File => Nothing, "As any other id";
    POST "/api/messages/out/multipart" messages NO Form => One("Sbd"), "Create, attach and send at once";
    DELETE "/api/messages/out/multipart" messages NO Empty => Nothing, "As any other id";
    GET "/api/messages/out/{messageId}" messages NO Empty => One("Sbd"), "A message that has not left";
    PUT "/api/messages/out/{messageId}" messages NO File => Nothing, "Attach a file";
    POST "/api/messages/out/{messageId}" messages NO Empty => Nothing, "Send";
    DELETE "/api/messages/out/{messageId}" messages NO Empty => Nothing, "Drop a message that has not left";
    GET "/api/messages/in" messages IN Empty => Page("Sbd"), "Messages that wait";
    GET "/api/messages/in/peek" messages PEEK Empty => Maybe("Sbd"), "Lock the next message";
    DELETE "/api/messages/in/peek" messages NO Empty => One("Sbd"), "As any other id";
    GET "/api/messages/in/pop/{messageId}" messages NO Empty => Package, "The package of a locked message";
    DELETE "/api/messages/in/{messageId}" messages NO Empty => One("Sbd"), "The message has been taken";
    GET "/api/statuses" statuses STATUS Empty => Page("MessageStatus"), "Statuses of all messages";
    GET "/api/statuses/peek" statuses NO Empty => Maybe("MessageStatus"), "The oldest status in the status queue";
    DELETE "/api/statuses/peek" statuses NO Empty => Nothing, "As any other id";
    GET "/api/statuses/{id}" statuses PAGE Empty => Page("MessageStatus"), "Statuses of one message, by its messageId";
    DELETE "/api/statuses/{id}" statuses NO Empty => Nothing, "Take a status off the status queue";
    GET "/api/conversations" conversations CONVERSATION Empty => Page("Conversation"), "Conversations with their statuses";
    GET "/api/conversations/queue" conversations CONVERSATION Empty => Page("Conversation"), "Conversations that are polled for";
    DELETE "/api/conversations/queue" conversations NO Empty => Nothing, "As any other id";
    GET "/api/conversations/{id}" conversations NO Empty => One("Conversation"), "An outgoing conversation";
    DELETE "/api/conversations/{id}" conversations NO Empty => Nothing, "Forget a conversation";
    GET "/api/conversations/messageId/{messageId}" conversations NO Empty => One("Conversation"), "The outgoing conversation about a message";
    DELETE "/api/conversations/messageId/{messageId}" conversations NO Empty => Nothing, "Forget the conversation about a message";
    GET "/api/capabilities/{receiverIdentifier}" capabilities CAPABILITY Empty => One("Capabilities"), "What a receiver takes";
    GET "/api/subscriptions" subscriptions PAGE Empty => Page("Subscription"), "Who is told of statuses";
    POST "/api/subscriptions" subscriptions NO Json("NewSubscription") => One("Subscription"), "Be told of statuses";
    DELETE "/api/subscriptions" subscriptions NO Empty => Nothing, "Nobody is told any more";
    GET "/api/subscriptions/{id}" subscriptions NO Empty => One("Subscription"), "One subscription";
    PUT "/api/subscriptions/{id}" subscriptions NO Json("ChangedSubscription") => Nothing, "Change what is given";
    DELETE "/api/subscriptions/{id}" subscriptions NO Empty => Nothing, "Remove one";
    GET "/api/subscriptions/{id}/deliveries" subscriptions PAGE Empty => Page("Delivery"), "What it was told, and what waits";
    GET "/servicerecord/{identifier}" capabilities NO Empty => One("Anything"), "The address register's record";
    GET "/manage" manage NO Empty => Actuator, "Links";
    GET "/manage/health" manage NO Empty => Actuator, "How it is";
    GET "/manage/health/liveness" manage NO Empty => Actuator, "Whether it lives";
    GET "/manage/health/readiness" manage NO Empty => Actuator, "Whether it can be asked";
    GET "/manage/health/{component}" manage NO Empty => Actuator, "One part of it";
    GET "/manage/expired" manage PAGE Empty => Page("Expired"), "Messages whose levetid ran out";
    POST "/manage/expired/{messageId}" manage NO Empty => Gone, "Give one back";
    GET "/manage/quarantine" manage PAGE Empty => Page("Quarantined"), "Deliveries that could not be read";
    GET "/manage/quarantine/{id}" manage NO Empty => One("Quarantined"), "One of them, as it came";
    DELETE "/manage/quarantine/{id}" manage NO Empty => Nothing, "Throw it away";
    GET "/manage/info" manage NO Empty => Actuator, "What runs here";
    POST "/manage/shutdown" manage NO Empty => Actuator, "End the process, where that is allowed";
    POST "/manage/loggers/{name}" manage NO Json("Level") => Gone, "Say what is logged from now on";
    GET "/manage/metrics" manage NO Empty => Actuator, "Names of figures";
    GET "/manage/metrics/{name}" manage NO Empty => Actuator, "One figure";
    GET "/manage/prometheus" manage NO Empty => Text, "All figures, for Prometheus";
    GET "/openapi.json" manage NO Empty => One("Anything"), "This document";
}
