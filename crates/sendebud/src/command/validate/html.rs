//! A report page: verdict, pictures of what is in each file, findings with their lines.
//! It needs nothing from outside itself.

use std::fmt::Write;

use noark::{Finding, Language, Level, line_and_column};

use super::{Judged, picture, verdict};

const STYLE: &str = include_str!("report.css");

pub(super) fn page(all: &[Judged], language: Language) -> String {
    let nb = language == Language::Bokmaal;
    let (code, title) = if nb {
        ("nb", "Kontroll av filer til eInnsyn")
    } else {
        ("en", "Check of files for eInnsyn")
    };
    let mut out = format!(
        "<!doctype html>\n<html lang=\"{code}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n"
    );
    summary(all, language, &mut out);
    for (number, judged) in all.iter().enumerate() {
        section(number, judged, language, &mut out);
    }
    out + "</main>\n</body>\n</html>\n"
}

fn summary(all: &[Judged], language: Language, out: &mut String) {
    out.push_str("<ul class=\"summary\">\n");
    for (number, judged) in all.iter().enumerate() {
        let _ = writeln!(
            out,
            "<li><a href=\"#fil-{number}\">{}</a> {}</li>",
            escape(&judged.name),
            badge(judged.report.verdict(), language),
        );
    }
    out.push_str("</ul>\n");
}

fn section(number: usize, judged: &Judged, language: Language, out: &mut String) {
    let report = &judged.report;
    let _ = writeln!(
        out,
        "<section id=\"fil-{number}\">\n<h2>{} {}</h2>\n<p class=\"kind\">{}</p>",
        escape(&judged.name),
        badge(report.verdict(), language),
        report.kind.as_str(),
    );
    out.push_str(&picture::of(report, language));
    findings(judged, language, out);
    out.push_str("</section>\n");
}

fn findings(judged: &Judged, language: Language, out: &mut String) {
    let report = &judged.report;
    if report.findings.is_empty() && report.advice.is_empty() {
        let nothing = match language {
            Language::Bokmaal => "Ingen feil.",
            Language::English => "Nothing is wrong.",
        };
        let _ = writeln!(out, "<p>{nothing}</p>");
        return;
    }
    out.push_str("<ul class=\"findings\">\n");
    for finding in report.findings.iter().chain(&report.advice) {
        let _ = writeln!(
            out,
            "<li class=\"{}\">\n<p><strong>{}</strong> <code>{}</code></p>\n<p>{}</p>",
            finding.level.as_str(),
            escape(&finding.message(language)),
            finding.rule.as_str(),
            escape(&finding.hint(language)),
        );
        if let Some(focus) = &finding.focus {
            let _ = writeln!(out, "<p class=\"focus\">{}</p>", escape(focus));
        }
        excerpt(finding, &judged.source, language, out);
        out.push_str("</li>\n");
    }
    out.push_str("</ul>\n");
}

/// The line that a finding is about.
fn excerpt(finding: &Finding, source: &str, language: Language, out: &mut String) {
    let Some(place) = &finding.place else {
        return;
    };
    let (line, column) = line_and_column(source, place.start);
    let Some(text) = source.lines().nth(line - 1) else {
        return;
    };
    let word = match language {
        Language::Bokmaal => "Linje",
        Language::English => "Line",
    };
    // A file may be one long line: show what is near.
    let start = column.saturating_sub(60);
    let near: String = text.chars().skip(start).take(160).collect();
    let _ = writeln!(
        out,
        "<p class=\"place\">{word} {line}</p>\n<pre>{}</pre>",
        escape(near.trim_end()),
    );
}

fn badge(level: Level, language: Language) -> String {
    let word = verdict(level, language);
    format!("<span class=\"badge {}\">{word}</span>", level.as_str())
}

/// Text that is safe in HTML and SVG.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
