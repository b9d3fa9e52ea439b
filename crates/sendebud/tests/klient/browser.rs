//! Chromium, told what to do a step at a time by several visitors.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// A browser; each visitor has their own cookies. The pictures in docs/klient are made
/// with `KLIENT_PICTURES=docs/klient`.
pub(crate) struct Browser {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Browser {
    pub(crate) fn start(base: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let sdk = root.join("target/sdk/browser");
        assert!(
            sdk.join("node_modules/axe-core").exists(),
            "axe-core is not installed; `cargo xtask test` does that"
        );
        let pictures = std::env::var_os("KLIENT_PICTURES").map(PathBuf::from);
        let pictures = root.join(pictures.unwrap_or("target/klient".into()));
        let mut child = Command::new("node")
            .arg(root.join("crates/sendebud/tests/klient/browse.mjs"))
            .args([&sdk, Path::new(base), &pictures])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node is needed here");
        Self {
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    /// Somebody with a browser of their own.
    pub(crate) fn visitor(&mut self, who: &'static str) -> Visitor<'_> {
        Visitor {
            browser: self,
            who,
            scripts: true,
        }
    }

    /// The same, whose browser runs no scripts.
    pub(crate) fn plain(&mut self, who: &'static str) -> Visitor<'_> {
        Visitor {
            browser: self,
            who,
            scripts: false,
        }
    }

    fn tell(&mut self, task: &Value) -> Value {
        let input = self.input.as_mut().unwrap();
        writeln!(input, "{task}").unwrap();
        input.flush().unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line)
            .unwrap_or_else(|e| panic!("the browser is gone ({e}): {task}"));
        assert!(answer["wrong"].is_null(), "{task}: {}", answer["wrong"]);
        answer["came"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Its input ends, and so does it; its own children with it.
        drop(self.input.take());
        drop(self.child.wait());
    }
}

/// Somebody at the browser.
pub(crate) struct Visitor<'a> {
    browser: &'a mut Browser,
    who: &'static str,
    scripts: bool,
}

impl Visitor<'_> {
    fn tell(&mut self, what: &str, mut task: Value) -> Value {
        task["do"] = json!(what);
        task["who"] = json!(self.who);
        task["scripts"] = json!(self.scripts);
        self.browser.tell(&task)
    }

    /// Go to a page; answers its status.
    pub(crate) fn open(&mut self, path: &str) -> u64 {
        let status = self.tell("open", json!({"path": path}));
        status.as_u64().unwrap()
    }

    /// Log in, from the page that asks for it.
    pub(crate) fn log_in(&mut self, name: &str, password: &str) {
        self.open("/");
        self.fill(&[("navn", name), ("passord", password)]);
        self.click("main form button");
        assert_eq!(self.url(), "/", "{name} is logged in");
    }

    pub(crate) fn fill(&mut self, fields: &[(&str, &str)]) {
        let fields: serde_json::Map<String, Value> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        self.tell("fill", json!({"fields": fields}));
    }

    pub(crate) fn click(&mut self, at: &str) {
        self.tell("click", json!({"at": at}));
    }

    /// Press a button of the form.
    pub(crate) fn press(&mut self, act: &str) {
        self.click(&format!("button[value='{act}']"));
    }

    pub(crate) fn tick(&mut self, at: &str) {
        self.tell("tick", json!({"at": at}));
    }

    /// Lose the cookie of the visit, as when its time is out.
    pub(crate) fn forget(&mut self) {
        self.tell("forget", json!({}));
    }

    pub(crate) fn value(&mut self, name: &str) -> String {
        let value = self.tell("value", json!({"name": name}));
        value.as_str().unwrap().to_owned()
    }

    pub(crate) fn text(&mut self, at: &str) -> String {
        let text = self.tell("text", json!({"at": at}));
        text.as_str().unwrap().to_owned()
    }

    pub(crate) fn url(&mut self) -> String {
        self.tell("url", json!({})).as_str().unwrap().to_owned()
    }

    /// Wait until these words stand at a field, which is marked as wrong and says where
    /// they are.
    pub(crate) fn sees(&mut self, name: &str, words: &str) {
        let found = self.tell("found", json!({"name": name, "words": words}));
        assert_eq!(found["invalid"], "true", "{name}: {found}");
        assert_eq!(found["described"], true, "{name}: {found}");
    }

    /// Wait until nothing is said at a field.
    pub(crate) fn sees_nothing(&mut self, name: &str) {
        let found = self.tell("found", json!({"name": name}));
        assert_eq!(found["invalid"], Value::Null, "{name}: {found}");
    }

    /// Wait until a field has a value.
    pub(crate) fn becomes(&mut self, name: &str, value: &str) {
        self.tell("becomes", json!({"name": name, "value": value}));
    }

    /// The page is for everybody, in every look; a picture is taken of it.
    pub(crate) fn judge(&mut self, picture: Option<&str>) {
        let wrong = self.tell("judge", json!({"picture": picture}));
        let url = self.url();
        assert_eq!(wrong, json!([]), "{url}: {wrong:#}");
    }
}
