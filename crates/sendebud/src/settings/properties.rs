//! Read a `.properties` file as Java does, white space at the end of values apart: it
//! broke set-ups and nobody meant it.

use std::collections::BTreeMap;

/// The properties by name.
pub(super) fn read(text: &str) -> BTreeMap<String, String> {
    lines(text).iter().map(|l| pair(l)).collect()
}

/// The same with `${…}` filled in from each other and from elsewhere.
pub(super) fn fill_in(
    raw: &BTreeMap<String, String>,
    elsewhere: impl Fn(&str) -> Option<String>,
) -> BTreeMap<String, String> {
    let known = |name: &str| raw.get(name).cloned().or_else(|| elsewhere(name));
    let filled = raw
        .iter()
        .map(|(name, value)| (name.clone(), fill(value, &known, 8)));
    filled.collect()
}

/// Lines of sense: comments left out, continued ones joined.
fn lines(text: &str) -> Vec<String> {
    let (mut all, mut open) = (Vec::new(), None::<String>);
    for line in text.lines() {
        let line = line.trim_start().trim_end_matches('\r');
        let line = match open.take() {
            Some(begun) => begun + line,
            None if line.is_empty() || line.starts_with(['#', '!']) => continue,
            None => line.to_owned(),
        };
        let slashes = line.chars().rev().take_while(|c| *c == '\\').count();
        match line.strip_suffix('\\').filter(|_| slashes % 2 == 1) {
            Some(begun) => open = Some(begun.to_owned()),
            None => all.push(line),
        }
    }
    all.extend(open);
    all
}

/// `name=value`, `name: value` or `name value`.
fn pair(line: &str) -> (String, String) {
    let mut escaped = false;
    let end = line.find(|c: char| {
        let end = !escaped && (c == '=' || c == ':' || c.is_whitespace());
        escaped = c == '\\' && !escaped;
        end
    });
    let (name, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_start();
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (unescape(name), unescape(value.trim()))
}

fn unescape(text: &str) -> String {
    let (mut plain, mut chars) = (String::with_capacity(text.len()), text.chars());
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') => plain.push('\r'),
            Some('u') => {
                let digits: String = chars.by_ref().take(4).collect();
                let code = u32::from_str_radix(&digits, 16).ok();
                plain.push(code.and_then(char::from_u32).unwrap_or('\u{fffd}'));
            }
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}

/// `${name}` and `${name:otherwise}`, so many deep.
fn fill(value: &str, known: &dyn Fn(&str) -> Option<String>, depth: u8) -> String {
    let Some((before, rest)) = value.split_once("${").filter(|_| depth > 0) else {
        return value.to_owned();
    };
    let Some((inside, after)) = rest.split_once('}') else {
        return value.to_owned();
    };
    let (name, otherwise) = inside.split_once(':').unwrap_or((inside, ""));
    let found = known(name).unwrap_or_else(|| otherwise.to_owned());
    let filled = fill(&found, known, depth - 1);
    format!("{before}{filled}{}", fill(after, known, depth))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The rules of java.util.Properties.load, with its own examples.
    #[test]
    fn the_examples_of_java_are_read() {
        let text = "Truth = Beauty\n Truth2:Beauty\nTruth3\t\t\t:Beauty\n\
            # a comment\n! another\n\
            fruits    apple, banana, pear, \\\n          cantaloupe, watermelon\n\
            cheeses\npath=c\\:\\\\keys\\\\a.p12\nnavn=bl\\u00e5b\\u00e6r  \n";
        let read = read(text);
        for (name, value) in [
            ("Truth", "Beauty"),
            ("Truth2", "Beauty"),
            ("Truth3", "Beauty"),
            ("fruits", "apple, banana, pear, cantaloupe, watermelon"),
            ("cheeses", ""),
            ("path", "c:\\keys\\a.p12"),
            ("navn", "blåbær"),
        ] {
            assert_eq!(read[name], value, "{name}");
        }
        assert_eq!(read.len(), 7);
    }

    // > Trailing white space in property files breaks config (rest-api §12, 54)
    #[test]
    fn fault_54_white_space_at_the_end_breaks_nothing() {
        let read = read("difi.move.org.number = 910076787 \t\r\nserver.port=9093  \n");
        assert_eq!(read["difi.move.org.number"], "910076787");
        assert_eq!(read["server.port"], "9093");
    }

    #[test]
    fn places_are_filled_from_the_file_and_from_elsewhere() {
        let text = "a=${b}/x\nb=${HOME}\nc=${nowhere:5}-${nowhere}\nd=${d}";
        let home = |name: &str| (name == "HOME").then(|| "/home/ip".to_owned());
        let read = fill_in(&read(text), home);
        assert_eq!(read["a"], "/home/ip/x");
        assert_eq!(read["c"], "5-");
    }
}
