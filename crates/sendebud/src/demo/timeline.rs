//! What happens, as it happens: spinners for people, plain lines for everyone else.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// A step under way.
pub(crate) struct Step {
    name: &'static str,
    since: Instant,
    bar: Option<ProgressBar>,
}

impl Step {
    pub(crate) fn begin(name: &'static str) -> Self {
        let bar = std::io::stdout().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            let style = ProgressStyle::with_template("{spinner} {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(Duration::from_millis(80));
            bar.set_message(name);
            bar
        });
        Self {
            name,
            since: Instant::now(),
            bar,
        }
    }

    /// It has happened.
    pub(crate) fn done(self, detail: &str) {
        let time = self.since.elapsed().as_millis();
        let line = format!("✓ {:<52} {time:>6} ms  {detail}", self.name);
        self.end(&line);
    }

    /// It has not.
    pub(crate) fn failed(self, reason: &str) {
        let line = format!("✗ {:<52} {reason}", self.name);
        self.end(&line);
    }

    fn end(self, line: &str) {
        match self.bar {
            Some(bar) => {
                bar.finish_and_clear();
                println!("{line}");
            }
            None => println!("{line}"),
        }
    }
}
