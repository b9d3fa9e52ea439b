//! The API described: an OpenAPI 3.1 document, made from the route table.
//!
//! Every path and method of the table needs a row of `says`, or there is no document: a
//! test holds it.

mod says;
mod schemas;

use serde_json::{Map, Value, json};

use says::{Answer, Body, OPERATIONS, Operation};

/// The document for these paths, each with its methods.
pub(crate) fn document(paths: &[(&'static str, Vec<&'static str>)]) -> Value {
    let mut all = Map::new();
    for (path, methods) in paths {
        let described = methods.iter().filter_map(|method| {
            let operation = said(path, method)?;
            Some((method.to_ascii_lowercase(), described(operation)))
        });
        all.insert((*path).to_owned(), Value::Object(described.collect()));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Sendebud: eFormidling 2, DPE",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The REST API of the access point (integrasjonspunkt).",
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        },
        "servers": [{"url": "."}],
        "security": [{}, {"basic": []}, {"bearer": []}, {"key": []}],
        "paths": all,
        "components": {
            "schemas": schemas::all(),
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    })
}

fn said(path: &str, method: &str) -> Option<&'static Operation> {
    OPERATIONS
        .iter()
        .find(|o| o.path == path && o.method == method)
}

fn described(operation: &Operation) -> Value {
    let mut said = json!({
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": parameters(operation),
        "responses": responses(operation),
    });
    if let Some(body) = body(operation.body) {
        said["requestBody"] = body;
    }
    said
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let named = operation.path.split('/').filter_map(|part| {
        let name = part.strip_prefix('{')?.strip_suffix('}')?;
        let schema = match name {
            "id" => json!({"type": "integer", "format": "int64"}),
            _ => json!({"type": "string", "minLength": 1}),
        };
        Some(json!({"name": name, "in": "path", "required": true, "schema": schema}))
    });
    let mut all: Vec<Value> = named.collect();
    for name in operation.query {
        let schema = match *name {
            "page" | "size" => json!({"type": "integer", "minimum": 0}),
            "id" | "securityLevel" => json!({"type": "integer", "format": "int64"}),
            "pollable" | "finished" => json!({"type": "boolean"}),
            "direction" => json!({"enum": ["OUTGOING", "INCOMING"]}),
            "serviceIdentifier" => {
                json!({"enum": ["DPO", "DPV", "DPI", "DPF", "DPE", "DPH", "UNKNOWN"]})
            }
            "fromDateTime" | "toDateTime" => {
                json!({"type": "string", "format": "date-time"})
            }
            "lastUpdateFrom" | "lastUpdateTo" => {
                json!({"type": "string", "format": "date"})
            }
            _ => json!({"type": "string"}),
        };
        all.push(json!({"name": name, "in": "query", "schema": schema}));
    }
    if operation.body == Body::File {
        for (name, required) in [("Content-Disposition", true), ("title", false)] {
            let place = if required { "header" } else { "query" };
            let schema = json!({"type": "string"});
            all.push(json!({
                "name": name, "in": place, "required": required, "schema": schema
            }));
        }
    }
    all
}

fn body(kind: Body) -> Option<Value> {
    let content = match kind {
        Body::None => return None,
        Body::Json(schema) => json!({"application/json": {"schema": named(schema)}}),
        Body::File => {
            json!({"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}})
        }
        Body::Form => json!({"multipart/form-data": {"schema": {
            "type": "object",
            "required": ["sbd"],
            "properties": {
                "sbd": {"type": "string", "description": "The SBD, as JSON."},
                "file": {"type": "array", "items": {"type": "string", "format": "binary"}},
            },
        }}}),
    };
    Some(json!({"required": true, "content": content}))
}

/// Where a 404 has no body: as the Java access point answers there.
const EMPTY_404: [&str; 4] = [
    "/api/statuses/{id}",
    "/api/statuses/peek",
    "/manage/health/{component}",
    "/servicerecord/{identifier}",
];

fn responses(operation: &Operation) -> Value {
    let answer = operation.answer;
    let schema = |schema: Value| json!({"application/json": {"schema": schema}});
    let mut all = json!({"default": {
        "description": "A refusal.",
        "content": schema(named("Error")),
    }});
    let found = match answer {
        Answer::Nothing | Answer::Gone => json!({"description": "Done."}),
        Answer::One(name) | Answer::Maybe(name) => {
            json!({"description": "Found.", "content": schema(named(name))})
        }
        Answer::Page(name) => {
            json!({"description": "A page.", "content": schema(page(name))})
        }
        Answer::Package => json!({"description": "The ASiC-E container.", "content": {
            "application/vnd.etsi.asic-e+zip": {
                "schema": {"type": "string", "format": "binary"}
            },
        }}),
        Answer::Actuator => json!({"description": "What is watched.", "content": {
            "application/vnd.spring-boot.actuator.v3+json": {"schema": {"type": "object"}},
        }}),
        Answer::Text => json!({"description": "Text.", "content": {
            "text/plain": {"schema": {"type": "string"}},
        }}),
    };
    all["200"] = found;
    if matches!(answer, Answer::Maybe(_) | Answer::Package | Answer::Gone) {
        all["204"] = json!({"description": "There is nothing."});
    }
    if EMPTY_404.contains(&operation.path) {
        all["404"] = json!({"description": "There is no such thing."});
    }
    if answer == Answer::Actuator {
        let mut down = all["200"].clone();
        down["description"] = "It is not well.".into();
        all["503"] = down;
    }
    all
}

fn named(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

fn page(of: &str) -> Value {
    json!({"allOf": [
        named("Page"),
        {"properties": {"content": {"type": "array", "items": named(of)}}},
    ]})
}

#[cfg(test)]
pub(crate) fn is_said(path: &str, method: &str) -> bool {
    said(path, method).is_some()
}

#[cfg(test)]
pub(crate) fn rows() -> usize {
    OPERATIONS.len()
}
