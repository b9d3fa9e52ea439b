//! The contexts of a JSON-LD file, looked at before they are used: nothing is fetched,
//! and none may cost more than it is worth.

use std::collections::HashMap;

use crate::finding::{Finding, Rule};
use crate::json::{Member, Node};

/// Steps from a term to an IRI: prefixes of prefixes. Real files have one or two.
const STEPS_MAX: usize = 32;

/// Terms that are copied for contexts inside contexts, all together.
const COPIES_MAX: usize = 2_000_000;

/// What the contexts of a file ask for.
#[derive(Default)]
pub(crate) struct Contexts {
    /// Why the file may not be read.
    pub(crate) refusals: Vec<Finding>,
    /// What is wrong with it otherwise.
    pub(crate) errors: Vec<Finding>,
    copies: usize,
    objects: usize,
    terms_most: usize,
    scoped: bool,
}

impl Contexts {
    /// Look through a file.
    pub(crate) fn of(root: &Node<'_>) -> Self {
        let mut contexts = Self::default();
        contexts.walk(root, 0);
        if contexts.scoped {
            // Applied wherever their term is used; not more often than there are objects.
            contexts.copies += contexts.objects * contexts.terms_most;
        }
        if contexts.copies > COPIES_MAX {
            let finding = Finding::refuse(Rule::Jsonld).at(root.start);
            let note = "contexts with too many terms inside one another";
            contexts.refusals.push(finding.note(note));
        }
        contexts
    }

    fn walk(&mut self, node: &Node<'_>, terms: usize) {
        let mut terms = terms;
        self.objects += usize::from(!node.members().is_empty());
        for member in node.members().iter().filter(|m| m.key == "@context") {
            terms += self.context(&member.value);
            self.copies += terms;
            self.terms_most = self.terms_most.max(terms);
        }
        for child in node.children() {
            self.walk(child, terms);
        }
    }

    /// Answers how many terms it defines.
    fn context(&mut self, node: &Node<'_>) -> usize {
        if node.text().is_some() {
            self.remote(node);
        }
        let mut terms = node.members().len();
        for item in node.items() {
            terms += self.context(item);
        }
        for member in node.members() {
            if member.key == "@import" {
                self.remote(&member.value);
            } else if member.key.ends_with(':') {
                let finding = Finding::error(Rule::Kontekstnoekkel).at(member.start);
                self.errors.push(finding.value(member.key.as_ref()));
            }
            let mut inner = member.value.members().iter();
            self.scoped |= inner.any(|member| member.key == "@context");
        }
        self.resolvable(node);
        terms
    }

    fn remote(&mut self, node: &Node<'_>) {
        let finding = Finding::refuse(Rule::Fjernkontekst).at(node.start);
        self.refusals
            .push(finding.note(node.text().unwrap_or("@import")));
    }

    /// A term that leans on others leans on no more than a few.
    fn resolvable(&mut self, node: &Node<'_>) {
        let members = node.members().iter();
        let terms: HashMap<&str, &Member<'_>> = members
            .map(|member| (member.key.as_ref(), member))
            .collect();
        let mut steps = HashMap::new();
        for member in node.members() {
            if lean(&terms, &member.key, &mut steps, 0).is_none() {
                let finding = Finding::refuse(Rule::Jsonld).at(member.start);
                let note = format!("{} leans on too many other terms", member.key);
                self.refusals.push(finding.note(note));
                return;
            }
        }
    }
}

/// Steps from a term to the last one that it leans on; none when they are too many. A
/// ring is left to the reader, which calls it one.
fn lean<'a>(
    terms: &HashMap<&'a str, &'a Member<'a>>,
    term: &'a str,
    steps: &mut HashMap<&'a str, usize>,
    level: usize,
) -> Option<usize> {
    if level > STEPS_MAX {
        return None;
    }
    if let Some(known) = steps.get(term) {
        return Some(*known);
    }
    let Some(member) = terms.get(term) else {
        return Some(0);
    };
    steps.insert(&member.key, 0); // while it is on its way
    let mut most = 0;
    for other in leaned_on(member) {
        if other != term {
            most = most.max(1 + lean(terms, other, steps, level + 1)?);
        }
    }
    steps.insert(&member.key, most);
    (most <= STEPS_MAX).then_some(most)
}

/// Terms and prefixes that a definition may name.
fn leaned_on<'a>(member: &'a Member<'a>) -> Vec<&'a str> {
    let own = member.value.text().into_iter();
    let inner = member.value.members().iter().filter_map(|m| m.value.text());
    let key = member.key.split_once(':').map(|(prefix, _)| prefix);
    let mut all: Vec<&str> = key.into_iter().collect();
    for text in own.chain(inner) {
        all.push(text);
        all.extend(text.split_once(':').map(|(prefix, _)| prefix));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn refused(text: &str) -> bool {
        let tree = json::read(text).unwrap();
        !Contexts::of(&tree.root).refusals.is_empty()
    }

    #[test]
    fn a_chain_of_prefixes_is_cut_before_it_is_followed() {
        let chain = |links: usize| {
            let terms = (1..=links).map(|i| format!("\"t{i}\":\"t{}:a\"", i - 1));
            let terms = terms.collect::<Vec<_>>().join(",");
            format!("{{\"@context\":{{\"t0\":\"https://x.example/\",{terms}}}}}")
        };
        assert!(!refused(&chain(20)));
        assert!(refused(&chain(20_000)));
        let ring = r#"{"@context":{"a":"b:x","b":"a:x"}}"#;
        assert!(!refused(ring), "the reader says what a ring is");
    }

    #[test]
    fn large_contexts_inside_one_another_are_refused() {
        let terms = (0..5000).map(|i| format!("\"t{i}\":\"https://x.example/{i}\""));
        let terms = terms.collect::<Vec<_>>().join(",");
        let graph = |object: &str| {
            let objects = vec![object; 5000].join(",");
            format!("{{\"@context\":{{{terms}}},\"@graph\":[{objects}]}}")
        };
        assert!(!refused(&graph("{\"t1\":1}")));
        assert!(refused(&graph("{\"@context\":{},\"t1\":1}")));
        let scoped =
            r#"{"@context":{"p":{"@id":"https://x.example/p","@context":{}}}}"#;
        assert!(!refused(scoped));
    }

    #[test]
    fn each_object_may_have_a_small_context() {
        let object = r#"{"@context":{"a":"https://x.example/"},"a:b":1}"#;
        assert!(!refused(&format!("[{}]", vec![object; 20_000].join(","))));
    }
}
