//! A rule that a document breaks, in the two shapes in which the Java access point
//! tells of it (rest-api §3.1).

use serde_json::{Value, json};

/// A broken rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Violation {
    path: String,
    constraint: &'static str,
    message: String,
    rejected: Option<Value>,
    arguments: Vec<Value>,
    java_type: Option<&'static str>,
}

impl Violation {
    pub(crate) fn new(
        path: impl Into<String>,
        constraint: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            path: path.into(),
            constraint,
            message: message.into(),
            rejected: None,
            arguments: Vec::new(),
            java_type: None,
        }
    }

    /// With the value that was refused.
    pub(crate) fn rejecting(self, value: Value) -> Self {
        Self {
            rejected: Some(value),
            ..self
        }
    }

    /// With the arguments of the rule.
    pub(crate) fn with(self, arguments: Vec<Value>) -> Self {
        Self { arguments, ..self }
    }

    /// With the Java type of the member, where its codes name one.
    pub(crate) fn of_type(self, java_type: &'static str) -> Self {
        Self {
            java_type: Some(java_type),
            ..self
        }
    }

    /// As a JSON body's rule is told of: `MethodArgumentNotValidException`.
    pub(crate) fn bound(self, object: &str, failed_to_bind: bool) -> Value {
        let codes = self.codes(object);
        let mut arguments = vec![json!({
            "codes": [format!("{object}.{}", self.path), self.path],
            "defaultMessage": self.path,
            "code": self.path,
        })];
        arguments.extend(self.arguments);
        let mut error = json!({
            "objectName": object,
            "field": self.path,
            "codes": codes,
            "arguments": arguments,
            "defaultMessage": self.message,
            "bindingFailure": failed_to_bind,
            "code": self.constraint,
        });
        put(&mut error, self.rejected);
        error
    }

    /// As a form's rule is told of: `ConstraintViolationException`.
    pub(crate) fn flat(self, prefix: &str) -> Value {
        let path = format!("{prefix}{}", self.path);
        let mut error = json!({
            "codes": [self.constraint],
            "defaultMessage": self.message,
            "objectName": path,
            "field": path,
            "bindingFailure": false,
            "code": self.constraint,
        });
        put(&mut error, self.rejected);
        error
    }

    /// `path: words`, of which a form's refusal strings together its message.
    pub(crate) fn line(&self, prefix: &str) -> String {
        format!("{prefix}{}: {}", self.path, self.message)
    }

    /// From the most to the least particular.
    fn codes(&self, object: &str) -> Vec<String> {
        let code = self.constraint;
        let forms = without_keys(&self.path);
        let mut codes: Vec<String> = forms
            .iter()
            .map(|path| format!("{code}.{object}.{path}"))
            .collect();
        codes.extend(forms.iter().map(|path| format!("{code}.{path}")));
        if let Some((_, last)) = self.path.rsplit_once('.') {
            codes.extend(
                without_keys(last)
                    .iter()
                    .map(|name| format!("{code}.{name}")),
            );
        }
        codes.extend(
            self.java_type
                .map(|java_type| format!("{code}.{java_type}")),
        );
        codes.push(code.to_owned());
        codes
    }
}

/// The path, and the path with one `[]` less from the right, until none is left.
fn without_keys(path: &str) -> Vec<String> {
    let mut forms = vec![path.to_owned()];
    let mut plain = path.to_owned();
    while let Some(at) = plain.rfind("[]") {
        plain.replace_range(at..at + 2, "");
        forms.push(plain.clone());
    }
    forms
}

fn put(error: &mut Value, rejected: Option<Value>) {
    if let (Some(members), Some(value)) = (error.as_object_mut(), rejected) {
        members.insert("rejectedValue".to_owned(), value);
    }
}
