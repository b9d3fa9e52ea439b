//! A picture of what is in a file: cases or meetings as folders with their entries, an
//! order as the way from the citizen to the documents, a kvittering as its answer.

use std::collections::BTreeSet;
use std::fmt::Write;

use noark::{Kind, Language, Level, Report};
use serde_json::Value;

use super::html::escape;

const WIDTH: usize = 900;
const ROW: usize = 44;
/// Rows that a picture has at most; the rest is counted.
const ROWS_MAX: usize = 60;

/// A box with a line of text and a smaller one.
struct Card {
    indent: usize,
    title: String,
    detail: String,
    colour: &'static str,
    wrong: bool,
}

/// The picture as SVG; nothing when there is nothing to draw.
pub(super) fn of(report: &Report, language: Language) -> String {
    let cards = match report.kind {
        Kind::OrderV1 | Kind::OrderV2 | Kind::Emailtext => order(report),
        Kind::Kvittering => kvittering(report),
        Kind::TrekkTilbake => withdrawn(report),
        _ => publication(report),
    };
    if cards.is_empty() {
        return String::new();
    }
    let label = match language {
        Language::Bokmaal => "Innholdet i filen",
        Language::English => "What is in the file",
    };
    draw(&cards, label, language)
}

fn draw(cards: &[Card], label: &str, language: Language) -> String {
    let shown = cards.len().min(ROWS_MAX);
    let left = cards.len() - shown;
    let height = (shown + usize::from(left > 0)) * ROW + 8;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         role=\"img\" aria-label=\"{label}\" font-family=\"system-ui, sans-serif\">\n"
    );
    let mut last = [0; 8];
    for (row, card) in cards.iter().take(shown).enumerate() {
        let y = row * ROW + 4;
        let indent = card.indent.min(7);
        if indent > 0 {
            let x = (indent - 1) * 36 + 18;
            let top = last[indent - 1] * ROW + ROW;
            let middle = y + ROW / 2 - 4;
            let _ = writeln!(
                out,
                "<path d=\"M{x} {top}V{middle}H{}\" fill=\"none\" stroke=\"#9aa7b3\"/>",
                x + 18
            );
        }
        last[indent] = row;
        one(card, indent, y, &mut out);
    }
    if left > 0 {
        let words = match language {
            Language::Bokmaal => format!("… og {left} til"),
            Language::English => format!("… and {left} more"),
        };
        let y = shown * ROW + 28;
        let _ = writeln!(
            out,
            "<text x=\"8\" y=\"{y}\" font-size=\"14\">{words}</text>"
        );
    }
    out + "</svg>\n"
}

fn one(card: &Card, indent: usize, y: usize, out: &mut String) {
    let x = indent * 36;
    let width = WIDTH - x - 4;
    let stroke = if card.wrong { "#a3161f" } else { "#cfd6dd" };
    let _ = writeln!(
        out,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"36\" rx=\"6\" \
         fill=\"#fff\" stroke=\"{stroke}\" stroke-width=\"{}\"/>\
         <rect x=\"{x}\" y=\"{y}\" width=\"8\" height=\"36\" rx=\"3\" fill=\"{}\"/>",
        1 + usize::from(card.wrong),
        card.colour,
    );
    let room = (width - 40) / 8;
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"{}\" font-size=\"14\" font-weight=\"600\" \
         fill=\"#1d2733\">{}</text>\
         <text x=\"{}\" y=\"{}\" font-size=\"11\" fill=\"#5a6773\">{}</text>",
        x + 18,
        y + 16,
        escape(&cut(&card.title, room)),
        x + 18,
        y + 30,
        escape(&cut(&card.detail, room)),
    );
}

fn cut(text: &str, most: usize) -> String {
    let line = text.replace(['\n', '\r'], " ");
    if line.chars().count() <= most {
        return line;
    }
    line.chars().take(most - 1).chain(['…']).collect()
}

fn word(value: &Value, name: &str) -> String {
    match &value[name] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

fn list<'a>(report: &'a Report, name: &str) -> &'a [Value] {
    let list = report.extracted.get(name).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}

/// IRIs that have an error.
fn wrong(report: &Report) -> BTreeSet<&str> {
    let errors = report.findings.iter().filter(|f| f.level >= Level::Error);
    errors.filter_map(|f| f.focus.as_deref()).collect()
}

fn publication(report: &Report) -> Vec<Card> {
    let wrong = wrong(report);
    let posts = list(report, "registreringer");
    let mut cards = Vec::new();
    let mut drawn = BTreeSet::new();
    for mappe in list(report, "mapper") {
        let iri = word(mappe, "iri");
        cards.push(folder(mappe, wrong.contains(iri.as_str())));
        for (i, post) in posts.iter().enumerate() {
            if word(post, "parent") == iri {
                drawn.insert(i);
                entry(post, 1, &wrong, &mut cards);
            }
        }
    }
    for (i, post) in posts.iter().enumerate() {
        if !drawn.contains(&i) {
            entry(post, 0, &wrong, &mut cards);
        }
    }
    cards
}

fn folder(mappe: &Value, wrong: bool) -> Card {
    let number = match word(mappe, "type").as_str() {
        "Moetemappe" => [word(mappe, "utvalg"), word(mappe, "moetedato")].join(" "),
        _ => [word(mappe, "saksaar"), word(mappe, "sakssekvensnummer")].join("/"),
    };
    Card {
        indent: 0,
        title: word(mappe, "offentligTittel"),
        detail: format!("{} {number}", word(mappe, "type")),
        colour: "#35618f",
        wrong,
    }
}

fn entry(post: &Value, indent: usize, wrong: &BTreeSet<&str>, cards: &mut Vec<Card>) {
    let kinds = [
        "journalposttype",
        "møtesakstype",
        "møtedokumentregistreringstype",
    ];
    let kind: String = kinds.iter().map(|name| word(post, name)).collect();
    let withheld = word(&post["skjerming"], "skjermingshjemmel");
    let detail = [
        word(post, "type"),
        kind,
        word(post, "journaldato"),
        withheld,
    ];
    let detail: Vec<String> = detail.into_iter().filter(|d| !d.is_empty()).collect();
    let is_withheld = post["skjerming"]["tilgangsrestriksjon"] == "unntattOffentlighet";
    cards.push(Card {
        indent,
        title: word(post, "offentligTittel"),
        detail: detail.join(" · "),
        colour: if is_withheld { "#7a4b8c" } else { "#2e7d5b" },
        wrong: wrong.contains(word(post, "iri").as_str()),
    });
    let count = |name: &str| match &post[name] {
        Value::Array(items) => items.len().to_string(),
        value => value.to_string(),
    };
    let files = post["filer"].as_array().map_or(0, Vec::len);
    cards.push(Card {
        indent: indent + 1,
        title: format!(
            "{} dokumenter, {} parter",
            count("dokumenter"),
            count("parter")
        ),
        detail: format!("{files} filer"),
        colour: "#9aa7b3",
        wrong: false,
    });
}

fn order(report: &Report) -> Vec<Card> {
    let all = Value::Object(report.extracted.clone());
    let mut cards = vec![
        Card {
            indent: 0,
            title: format!("Innsynskrav til {}", word(&all, "virksomhet")),
            detail: format!("{} {}", word(&all, "bestillingsdato"), word(&all, "id")),
            colour: "#35618f",
            wrong: false,
        },
        Card {
            indent: 1,
            title: format!("Svar til {}", word(&all, "epost")),
            detail: word(&all, "forsendelsesmåte"),
            colour: "#7a4b8c",
            wrong: word(&all, "epost").is_empty(),
        },
    ];
    for document in list(report, "dokumenter") {
        let names = ["saksnr", "dokumentnr", "journalnr"];
        let numbers = names.map(|name| word(document, name));
        let title = match word(document, "dokument") {
            title if title.is_empty() => format!("{}-{}", numbers[0], numbers[1]),
            title => title,
        };
        cards.push(Card {
            indent: 1,
            title,
            detail: format!(
                "{} · {}",
                numbers.join(" · "),
                word(document, "saksbehandler")
            ),
            colour: "#2e7d5b",
            wrong: false,
        });
    }
    cards
}

fn kvittering(report: &Report) -> Vec<Card> {
    let all = Value::Object(report.extracted.clone());
    let state = word(&all, "tilstand");
    let colour = match state.as_str() {
        "publisert" => "#1b6e3c",
        "ikkePublisert" => "#a3161f",
        _ => "#8a5a00",
    };
    let mut cards = vec![Card {
        indent: 0,
        title: format!("Kvittering: {state}"),
        detail: word(&all, "dokumentId"),
        colour,
        wrong: state == "ikkePublisert",
    }];
    for complaint in list(report, "valideringsfeil") {
        let attribute = word(complaint, "attributt");
        let attribute = attribute.rsplit('/').next().unwrap_or_default().to_owned();
        cards.push(Card {
            indent: 1,
            title: format!("{attribute}: {}", word(complaint, "feilmelding")),
            detail: word(complaint, "elementId"),
            colour: "#8a5a00",
            wrong: false,
        });
    }
    cards
}

fn withdrawn(report: &Report) -> Vec<Card> {
    let all = list(report, "trekkes").iter();
    let cards = all.map(|withdrawn| Card {
        indent: 0,
        title: format!("Trekkes tilbake: {}", word(withdrawn, "type")),
        detail: word(withdrawn, "iri"),
        colour: "#a3161f",
        wrong: false,
    });
    cards.collect()
}
