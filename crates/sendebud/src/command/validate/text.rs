//! Findings for a terminal: each with the place that it is about.

use std::fmt::Write;
use std::io::IsTerminal;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource,
    Severity, SourceCode,
};
use noark::{Finding, Language, Level};

use super::{Judged, verdict};

/// More than these are counted, not shown.
const FINDINGS_MAX: usize = 50;
/// Longer lines are shown in part.
const LINE_BYTES_MAX: usize = 200;
/// Of longer files, only the line is shown.
const SOURCE_BYTES_MAX: usize = 64 << 10;

/// One finding as miette draws it.
#[derive(Debug)]
struct Shown {
    message: String,
    rule: String,
    hint: String,
    level: Level,
    place: Option<LabeledSpan>,
    source: NamedSource<String>,
}

pub(super) fn page(judged: &Judged, language: Language) -> String {
    let report = &judged.report;
    let word = verdict(report.verdict(), language);
    let mut out = format!("{}: {word} ({})\n", judged.name, report.kind.as_str());
    let handler = handler();
    let all = report.findings.iter().chain(&report.advice);
    for finding in all.take(FINDINGS_MAX) {
        let shown = shown(finding, judged, language);
        // Writing to a String cannot fail.
        let _ = handler.render_report(&mut out, &shown);
    }
    let more =
        (report.findings.len() + report.advice.len()).saturating_sub(FINDINGS_MAX);
    if more > 0 {
        let _ = match language {
            Language::Bokmaal => {
                writeln!(out, "… og {more} til (--format json har alle)")
            }
            Language::English => {
                writeln!(out, "… and {more} more (--format json has all)")
            }
        };
    }
    out
}

fn handler() -> GraphicalReportHandler {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let theme = if std::io::stdout().is_terminal() && !plain {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    GraphicalReportHandler::new_themed(theme)
        .with_width(100)
        .with_links(false)
}

fn shown(finding: &Finding, judged: &Judged, language: Language) -> Shown {
    let focus = finding.focus.as_deref().filter(|focus| *focus != "_:");
    let label = focus.unwrap_or(finding.rule.as_str());
    let message = match (&finding.place, focus) {
        (None, Some(focus)) => format!("{}: {focus}", finding.message(language)),
        _ => finding.message(language),
    };
    let excerpt = finding.place.as_ref().map(|place| excerpt(judged, place));
    let (source, place) = match excerpt {
        Some((source, range)) => {
            let label = LabeledSpan::new_with_span(Some(label.to_owned()), range);
            (source, Some(label))
        }
        None => (NamedSource::new(&judged.name, String::new()), None),
    };
    Shown {
        message,
        rule: finding.rule.as_str().to_owned(),
        hint: finding.hint(language),
        level: finding.level,
        place,
        source,
    }
}

/// The text around a place, and the place in it. A file may be one line of a megabyte:
/// then only what is near is shown, under a name that says where.
fn excerpt(
    judged: &Judged,
    place: &std::ops::Range<usize>,
) -> (NamedSource<String>, std::ops::Range<usize>) {
    let text = &judged.source;
    let range = near(text, place);
    let start = text[..range.start].rfind('\n').map_or(0, |end| end + 1);
    let end = text[range.start..]
        .find('\n')
        .map_or(text.len(), |at| range.start + at);
    if end - start <= LINE_BYTES_MAX && text.len() <= SOURCE_BYTES_MAX {
        return (NamedSource::new(&judged.name, text.clone()), range);
    }
    let whole = |mut at: usize| {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let from = whole(range.start.saturating_sub(60).max(start));
    let to = whole((range.start + 100).min(end));
    let (line, column) = noark::line_and_column(text, range.start);
    let name = format!("{} {line}:{column}", judged.name);
    let here = range.start - from..range.end.min(to) - from;
    (NamedSource::new(name, text[from..to].to_owned()), here)
}

/// The place, cut at the end of its first line, on whole characters.
fn near(text: &str, place: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    let whole = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (start, end) = (whole(place.start), whole(place.end));
    let end = text[start..end.max(start)]
        .find('\n')
        .map_or(end, |line| start + line);
    start..end.max(start)
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(&self.rule))
    }

    fn severity(&self) -> Option<Severity> {
        Some(match self.level {
            Level::Ok | Level::Warning => Severity::Warning,
            Level::Error | Level::Refuse => Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(&self.hint))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|_| &self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.place
            .clone()
            .map(|place| Box::new(std::iter::once(place)) as Box<_>)
    }
}
