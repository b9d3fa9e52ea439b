//! Where a text stops being JSON, in Jackson's words. Runs only on refused bodies.

use std::iter::Peekable;
use std::str::Chars;

/// Lists and objects in one another, further than which nobody looks.
const DEPTH_MAX: usize = 200;

/// What is wrong with the text; none when nothing is, or nothing that we have words for.
pub(crate) fn fault(json: &str) -> Option<String> {
    let mut reader = Reader {
        chars: json.chars().peekable(),
        line: 1,
        column: 0,
        open: Vec::new(),
    };
    match reader.value() {
        Err(words) if !words.is_empty() => Some(words),
        _ => None,
    }
}

struct Reader<'a> {
    chars: Peekable<Chars<'a>>,
    line: usize,
    column: usize,
    /// `Object` or `Array`, and where it was opened.
    open: Vec<(&'static str, usize, usize)>,
}

/// Words for what was found; empty ones for what we have none for.
type Step = Result<(), String>;

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.chars.next()?;
        self.column += 1;
        if c == '\n' {
            (self.line, self.column) = (self.line + 1, 0);
        }
        Some(c)
    }

    fn skip(&mut self) -> Option<char> {
        while self.chars.peek().is_some_and(char::is_ascii_whitespace) {
            self.next();
        }
        self.chars.peek().copied()
    }

    fn value(&mut self) -> Step {
        const VALUES: &str =
            "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
        match self.skip() {
            None => Err(self.between()),
            Some('{') => self.nested("Object", '}', Self::member),
            Some('[') => self.nested("Array", ']', Self::value),
            Some('"') => self.text("in VALUE_STRING"),
            Some('-' | '0'..='9') => {
                self.word(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
                Ok(())
            }
            Some(c) if c.is_alphabetic() || c == '_' || c == '$' => {
                let word = self.word(|c| c.is_alphanumeric() || c == '_' || c == '$');
                if matches!(word.as_str(), "null" | "true" | "false") {
                    return Ok(());
                }
                Err(format!(
                    "Unrecognized token '{word}': was expecting {VALUES}"
                ))
            }
            Some(c @ ('}' | ',')) => Err(unexpected(c, "expected a value")),
            Some(']')
                if self.open.last().is_some_and(|(kind, ..)| *kind == "Array") =>
            {
                Err(unexpected(']', "expected a value"))
            }
            Some(c) => Err(unexpected(c, &format!("expected a valid value {VALUES}"))),
        }
    }

    fn member(&mut self) -> Step {
        match self.skip() {
            None => return Err(self.between()),
            Some('"') => self.text("in field name")?,
            Some(c) => {
                return Err(unexpected(
                    c,
                    "was expecting double-quote to start field name",
                ));
            }
        }
        match self.skip() {
            None => Err(self.between()),
            Some(':') => {
                self.next();
                self.value()
            }
            Some(c) => {
                let words = "was expecting a colon to separate field name and value";
                Err(unexpected(c, words))
            }
        }
    }

    /// The entries of an object or a list, up to its end.
    fn nested(
        &mut self,
        kind: &'static str,
        end: char,
        entry: fn(&mut Self) -> Step,
    ) -> Step {
        self.next();
        if self.open.len() >= DEPTH_MAX {
            return Err(String::new());
        }
        self.open.push((kind, self.line, self.column));
        if self.skip().is_none() {
            return Err(self.unclosed());
        }
        if self.skip() != Some(end) {
            entry(self)?;
        }
        loop {
            match self.skip() {
                None => return Err(self.unclosed()),
                Some(c) if c == end => break,
                Some(',') => {
                    self.next();
                    entry(self)?;
                }
                Some(c) => {
                    let words =
                        format!("was expecting comma to separate {kind} entries");
                    return Err(unexpected(c, &words));
                }
            }
        }
        self.next();
        self.open.pop();
        Ok(())
    }

    fn text(&mut self, place: &str) -> Step {
        self.next();
        loop {
            match self.next() {
                None => return Err(format!("Unexpected end-of-input {place}")),
                Some('"') => return Ok(()),
                Some('\\') => drop(self.next()),
                Some(_) => {}
            }
        }
    }

    fn word(&mut self, belongs: fn(char) -> bool) -> String {
        let mut word = String::new();
        while let Some(c) = self.chars.peek().copied().filter(|c| belongs(*c)) {
            word.push(c);
            self.next();
        }
        word
    }

    fn between(&self) -> String {
        let kind = self.open.last().map_or("Root", |(kind, ..)| kind);
        format!("Unexpected end-of-input within/between {kind} entries")
    }

    fn unclosed(&self) -> String {
        let (kind, line, column) = self.open.last().copied().unwrap_or(("Root", 1, 1));
        format!(
            "Unexpected end-of-input: expected close marker for {kind} (start marker at \
             [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` \
             disabled); line: {line}, column: {column}])"
        )
    }
}

fn unexpected(c: char, words: &str) -> String {
    let code = u32::from(c);
    let shown = match code {
        _ if c.is_control() => format!("(CTRL-CHAR, code {code})"),
        0..=255 => format!("'{c}' (code {code})"),
        _ => format!("'{c}' (code {code} / 0x{code:x})"),
    };
    format!("Unexpected character ({shown}): {words}")
}

#[cfg(test)]
mod tests {
    use super::*;

    // rest/03 step 1 and rest/07 step 22 as recorded; the rest by Jackson's source.
    #[test]
    fn faults_are_told_as_jackson_tells_them() {
        for (json, words) in [
            (
                "{\"a\":",
                "Unexpected end-of-input within/between Object entries",
            ),
            (
                "[1,",
                "Unexpected end-of-input within/between Array entries",
            ),
            ("{\"a\":\"x", "Unexpected end-of-input in VALUE_STRING"),
            ("{\"a", "Unexpected end-of-input in field name"),
            (
                "{a:1}",
                "Unexpected character ('a' (code 97)): was expecting double-quote to start field name",
            ),
            (
                "{\"a\":1,}",
                "Unexpected character ('}' (code 125)): was expecting double-quote to start field name",
            ),
            (
                "{\"a\" 1}",
                "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value",
            ),
            (
                "{\"a\":1 \"b\":2}",
                "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries",
            ),
            (
                "[1 2]",
                "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries",
            ),
            (
                "{\"a\":}",
                "Unexpected character ('}' (code 125)): expected a value",
            ),
            (
                "hello",
                "Unrecognized token 'hello': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
            ),
        ] {
            assert_eq!(fault(json).as_deref(), Some(words), "{json}");
        }
        assert!(fault("{").unwrap().ends_with("line: 1, column: 1])"));
        assert!(
            fault("{\n \"a\" : [")
                .unwrap()
                .ends_with("line: 2, column: 8])")
        );
        for sound in ["{}", "[1, -2.5e+3, \"\\\"\", null, {\"a\":[true]}]", " 1 "] {
            assert_eq!(fault(sound), None, "{sound}");
        }
    }

    #[test]
    fn depth_has_an_end() {
        assert_eq!(fault(&"[".repeat(1_000_000)), None);
    }
}
