//! `emailtext`: the order as words, ready to be mailed (einnsyn §1.5).

use crate::order::{Order, norwegian};

/// Write the text. Titles are given beside the order, which has none: for each of its
/// documents, the title of the case and that of the document.
pub fn write(order: &Order, titles: &[(String, String)]) -> String {
    let mut text = format!(
        "Til: {}\nBestillingsdato: {}\n\nSvar på dette innsynskravet ønskes sendt med \
         epost til: {}\n\nDokumenter:\n",
        order.enhet,
        norwegian(&order.date),
        order.epost,
    );
    let none = (String::new(), String::new());
    for (i, document) in order.documents.iter().enumerate() {
        let (sak, tittel) = titles.get(i).unwrap_or(&none);
        text += &format!(
            "  Saksnr: {} | Dok nr. : {} | Sekvensnr.: {}\n  Sak: {sak}\n  Dokument: \
             {tittel}\n  Saksbehandler: {}\n\n",
            document.saksnr,
            document.dokumentnr,
            document.journalnr,
            document.saksbehandler,
        );
    }
    text + "eInnsyn.no\n"
}

/// Undo the HTML escapes that eInnsyn's sender leaves in the text, one level of them.
/// Line by line: an escaped line break belongs to a title, and stays in its line.
pub fn unescape(text: &str) -> String {
    let lines = text
        .split('\n')
        .map(|line| unescape_line(line.trim_end_matches('\r')));
    lines.collect::<Vec<_>>().join("\n")
}

fn unescape_line(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match entity(rest) {
            Some((c, length)) => {
                out.push(if c == '\n' || c == '\r' { ' ' } else { c });
                rest = &rest[length..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out + rest
}

fn entity(text: &str) -> Option<(char, usize)> {
    let end = text.find(';').filter(|end| *end <= 10)?;
    let name = &text[1..end];
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((c, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_level_of_escapes_is_undone() {
        let text = "Sak: A &amp; B &#39;x&#39; &amp;amp; &ukjent; &#10;y\nny linje";
        assert_eq!(unescape(text), "Sak: A & B 'x' &amp; &ukjent;  y\nny linje");
    }
}
