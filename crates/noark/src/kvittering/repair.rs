//! Read a kvittering that is not quite JSON (einnsyn §5).

use serde_json::Value;

/// With control characters let through inside texts.
pub(super) fn with_controls(text: &str) -> Option<Value> {
    let mut out = String::with_capacity(text.len());
    let (mut inside, mut escaped) = (false, false);
    for c in text.chars() {
        if inside && c < ' ' {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
            escaped = false;
            continue;
        }
        inside ^= c == '"' && !escaped;
        escaped = inside && c == '\\' && !escaped;
        out.push(c);
    }
    serde_json::from_str(&out).ok()
}

/// > cut the text between `"status" : "{` and `}", "referanseType"`
///
/// The file without it, and the text.
pub(super) fn without_status(text: &str) -> Option<(Value, String)> {
    let key = text.find("\"status\"")?;
    let after = text[key + "\"status\"".len()..].trim_start();
    let after = after.strip_prefix(':')?.trim_start().strip_prefix('"')?;
    let start = text.len() - after.len();
    let end = start + end_of_status(after)?;
    let rest = format!("{}null{}", &text[..start - 1], &text[end + 1..]);
    let value = serde_json::from_str(&rest).ok();
    let value = value.or_else(|| with_controls(&rest))?;
    Some((value, text[start..end].to_owned()))
}

/// The quotation mark after the brace that is followed by the next key or the end.
fn end_of_status(text: &str) -> Option<usize> {
    let ends = text.match_indices("}\"").map(|(at, _)| at + 1);
    let mut ends: Vec<usize> = ends.collect();
    ends.reverse();
    ends.into_iter().find(|end| {
        let rest = text[end + 1..].trim_start();
        match rest.strip_prefix(',') {
            Some(next) => {
                let keys = ["\"referanseType\"", "\"dokumentId\"", "\"hoveddokument\""];
                keys.iter().any(|key| next.trim_start().starts_with(key))
            }
            None => rest.starts_with('}'),
        }
    })
}
