//! Table: the shapes of what is sent and answered, for the OpenAPI document.

use serde_json::{Value, json};

/// Every shape by name.
pub(super) fn all() -> Value {
    json!({
        "Anything": {"type": "object"},
        "Level": {
            "type": "object",
            "properties": {"configuredLevel": {
                "enum": ["OFF", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"],
            }},
        },
        "Sbd": sbd(),
        "Page": page(),
        "MessageStatus": {
            "type": "object",
            "required": ["id", "lastUpdate", "status", "convId", "conversationId", "messageId"],
            "properties": {
                "id": number(), "lastUpdate": time(), "status": status(),
                "description": text(), "convId": number(), "conversationId": text(),
                "messageId": text(),
            },
        },
        "Conversation": conversation(),
        "Capabilities": {
            "type": "object",
            "required": ["capabilities"],
            "properties": {"capabilities": {"type": "array", "items": {
                "type": "object",
                "required": ["process", "serviceIdentifier", "documentTypes"],
                "properties": {
                    "process": text(), "serviceIdentifier": text(),
                    "documentTypes": {"type": "array", "items": {
                        "type": "object", "required": ["standard"],
                        "properties": {"type": text(), "standard": text()},
                    }},
                },
            }}},
        },
        "NewSubscription": subscription(&["name", "pushEndpoint", "resource", "event"]),
        "ChangedSubscription": subscription(&[]),
        "Subscription": subscription(&["id", "name", "pushEndpoint", "resource", "event"]),
        "Delivery": delivery(),
        "Expired": {
            "type": "object",
            "required": ["messageId", "conversationId", "type", "process", "received"],
            "properties": {
                "messageId": text(), "conversationId": text(), "type": text(),
                "process": text(), "senderIdentifier": text(),
                "received": time(), "expiry": time(),
            },
        },
        "Quarantined": quarantined(),
        "Error": {
            "type": "object",
            "required": ["timestamp", "message", "status", "error", "path"],
            "properties": {
                "timestamp": time(), "exception": text(), "message": text(),
                "errors": {"type": "array", "items": {"type": "object"}},
                "description": text(), "status": number(), "error": text(),
                "path": text(),
            },
        },
    })
}

fn text() -> Value {
    json!({"type": "string"})
}

fn number() -> Value {
    json!({"type": "integer", "format": "int64"})
}

fn time() -> Value {
    json!({"type": "string", "format": "date-time"})
}

fn status() -> Value {
    json!({"enum": [
        "OPPRETTET", "SENDT", "MOTTATT", "LEVERT", "LEST", "FEIL", "ANNET",
        "INNKOMMENDE_MOTTATT", "INNKOMMENDE_LEVERT", "LEVETID_UTLOPT",
    ]})
}

fn sbd() -> Value {
    let party = json!({"type": "array", "maxItems": 1, "items": {
        "type": "object",
        "required": ["identifier"],
        "properties": {"identifier": {
            "type": "object",
            "required": ["value", "authority"],
            "properties": {
                "value": {"type": "string", "examples": ["0192:910076787"]},
                "authority": {"type": "string", "const": "iso6523-actorid-upis"},
            },
        }},
    }});
    json!({
        "type": "object",
        "description": "A Standard Business Document: its header, and one member named as \
            the header's type.",
        "required": ["standardBusinessDocumentHeader"],
        "minProperties": 2,
        "maxProperties": 2,
        "properties": {"standardBusinessDocumentHeader": {
            "type": "object",
            "required": ["headerVersion", "documentIdentification", "businessScope"],
            "properties": {
                "headerVersion": text(), "sender": party, "receiver": party,
                "documentIdentification": {
                    "type": "object",
                    "required": ["standard", "typeVersion", "type"],
                    "properties": {
                        "standard": text(), "typeVersion": text(), "type": text(),
                        "instanceIdentifier": text(), "creationDateAndTime": time(),
                    },
                },
                "businessScope": {
                    "type": "object",
                    "required": ["scope"],
                    "properties": {"scope": {"type": "array", "minItems": 1, "items": {
                        "type": "object",
                        "required": ["type"],
                        "properties": {
                            "type": text(), "instanceIdentifier": text(),
                            "identifier": text(),
                        },
                    }}},
                },
            },
        }},
        "additionalProperties": {"type": "object"},
    })
}

fn page() -> Value {
    let sort = json!({
        "type": "object",
        "required": ["sorted", "unsorted", "empty"],
        "properties": {
            "sorted": {"type": "boolean"}, "unsorted": {"type": "boolean"},
            "empty": {"type": "boolean"},
        },
    });
    json!({
        "type": "object",
        "required": [
            "content", "pageable", "totalElements", "totalPages", "size", "number",
            "numberOfElements", "first", "last", "empty", "sort",
        ],
        "properties": {
            "content": {"type": "array"},
            "pageable": {"type": "object"},
            "totalElements": number(), "totalPages": number(), "size": number(),
            "number": number(), "numberOfElements": number(),
            "first": {"type": "boolean"}, "last": {"type": "boolean"},
            "empty": {"type": "boolean"}, "sort": sort,
        },
    })
}

fn conversation() -> Value {
    let line = json!({
        "type": "object",
        "required": ["id", "lastUpdate", "status"],
        "properties": {
            "id": number(), "lastUpdate": time(), "status": status(),
            "description": text(),
        },
    });
    json!({
        "type": "object",
        "required": [
            "id", "conversationId", "messageId", "lastUpdate", "finished", "direction",
            "serviceIdentifier", "messageStatuses",
        ],
        "properties": {
            "id": number(), "conversationId": text(), "messageId": text(),
            "sender": text(), "senderIdentifier": text(), "receiver": text(),
            "receiverIdentifier": text(), "processIdentifier": text(),
            "documentIdentifier": text(), "messageReference": text(),
            "messageTitle": text(), "lastUpdate": time(),
            "finished": {"type": "boolean"}, "expiry": text(),
            "direction": {"enum": ["OUTGOING", "INCOMING"]},
            "serviceIdentifier": text(),
            "messageStatuses": {"type": "array", "items": line},
        },
    })
}

fn delivery() -> Value {
    json!({
        "type": "object",
        "required": ["id", "createdTs", "event", "state", "attempts"],
        "properties": {
            "id": number(), "createdTs": time(), "messageId": text(),
            "event": {"enum": ["ping", "status"]}, "status": status(),
            "state": {"enum": ["waiting", "delivered", "given up"]},
            "attempts": number(), "answer": number(), "lastError": text(),
            "settledTs": time(),
        },
    })
}

fn quarantined() -> Value {
    json!({
        "type": "object",
        "required": ["id", "reason", "description", "received"],
        "properties": {
            "id": number(), "reason": text(), "description": text(),
            "received": time(), "content": text(),
        },
    })
}

fn subscription(required: &[&str]) -> Value {
    json!({
        "type": "object",
        "required": required,
        "properties": {
            "id": number(), "name": text(), "pushEndpoint": text(),
            "resource": {"enum": ["all", "messages"]},
            "event": {"enum": ["all", "status"]}, "filter": text(),
        },
    })
}
