//! The settings files of the Java integrasjonspunkt: properties, or YAML.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use saphyr::{Yaml, YamlLoader};
use saphyr_parser::Parser;

use super::properties;
use crate::run::shown;

/// Whether a file is one of those, by its name.
pub(crate) fn is_java(path: &Path) -> bool {
    path.extension().is_some_and(|e| {
        ["properties", "yml", "yaml"]
            .iter()
            .any(|known| e == *known)
    })
}

/// Names and values of these files, those of a later one first, with `${…}` filled in
/// from each other and from elsewhere.
pub(crate) fn read(
    files: &[impl AsRef<Path>],
    elsewhere: impl Fn(&str) -> Option<String>,
) -> anyhow::Result<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    for path in files.iter().map(AsRef::as_ref) {
        let bytes = std::fs::read(path)
            .with_context(|| format!("the settings {}", shown(path)))?;
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            // > load: the bytes are ISO 8859-1 characters (java.util.Properties)
            Err(other) => other.into_bytes().into_iter().map(char::from).collect(),
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let read = match path.extension().is_some_and(|e| e == "yml" || e == "yaml") {
            true => yaml(text).with_context(|| shown(path))?,
            // A container's environment is written the same way.
            false => properties::read(text),
        };
        all.extend(read);
    }
    Ok(properties::fill_in(&all, elsewhere))
}

/// Leaves by their path, with dots between; places in a list as `[0]`.
fn yaml(text: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let mut loader = YamlLoader::<Yaml<'_>>::default();
    // As written: a password of digits is no number.
    loader.early_parse(false);
    Parser::new_from_str(text)
        .load(&mut loader, true)
        .context("it is no YAML")?;
    let mut all = BTreeMap::new();
    let documents = loader.into_documents();
    ensure!(
        documents.len() < 2,
        "it holds several documents; give the one that is in use as a file of its own"
    );
    for document in &documents {
        leaves("", document, &mut all)?;
    }
    Ok(all)
}

fn leaves(
    name: &str,
    node: &Yaml<'_>,
    all: &mut BTreeMap<String, String>,
) -> anyhow::Result<()> {
    match node {
        Yaml::Mapping(members) => {
            for (key, value) in members {
                let Yaml::Representation(key, ..) = key else {
                    bail!("below {name:?} there is a name that is no text");
                };
                let dot = if name.is_empty() { "" } else { "." };
                leaves(&format!("{name}{dot}{key}"), value, all)?;
            }
        }
        Yaml::Sequence(list) => {
            for (place, value) in list.iter().enumerate() {
                leaves(&format!("{name}[{place}]"), value, all)?;
            }
        }
        Yaml::Tagged(_, inner) => leaves(name, inner, all)?,
        Yaml::Representation(text, ..) => {
            all.insert(name.to_owned(), text.trim().to_owned());
        }
        _ => bail!("{name} has a value that is no text"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    // The nesting of Spring's own guide to YAML, with our names.
    #[test]
    fn yaml_says_what_properties_say() {
        let text = "difi:\n  move:\n    org:\n      number: 910076787\n      \
                    keystore: {path: 'file:./a.p12', password: 0123}\n    \
                    feature.enableDPE: true\nlist:\n  - a\n  - b\n";
        let read = yaml(text).unwrap();
        for (name, value) in [
            ("difi.move.org.number", "910076787"),
            ("difi.move.org.keystore.path", "file:./a.p12"),
            ("difi.move.org.keystore.password", "0123"),
            ("difi.move.feature.enableDPE", "true"),
            ("list[1]", "b"),
        ] {
            assert_eq!(read[name], value, "{name}");
        }
        for (bad, part) in [("a: [", "no YAML"), ("a: 1\n---\na: 2", "several")] {
            let words = format!("{:#}", yaml(bad).unwrap_err());
            assert!(words.contains(part), "{words}");
        }
    }
}
