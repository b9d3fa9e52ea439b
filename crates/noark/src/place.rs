//! Where in the file a finding is: the bytes to point at.

use std::collections::HashMap;
use std::ops::Range;

use roxmltree::Document as XmlDocument;

use crate::finding::Finding;
use crate::json::{Member, Node, Tree};
use crate::noark5::Placed;
use crate::vocabulary::RDF_TYPE;

/// Point into JSON: to the property in an object under the id, else to the object that
/// says most. A blank node is looked for by property and value alone.
pub(crate) fn in_json(tree: &Tree<'_>, findings: &mut [Finding]) {
    if findings.iter().all(|finding| finding.place.is_some()) {
        return;
    }
    let mut index = Index::default();
    index.gather(&tree.root);
    for finding in findings.iter_mut().filter(|f| f.place.is_none()) {
        finding.place = match finding.focus.as_deref() {
            Some("_:") => index.nameless(finding),
            Some(focus) => index.named(focus, finding),
            None => None,
        };
    }
}

/// A file's objects by the end of their id, and the members of those that have none.
#[derive(Default)]
struct Index<'b, 'a> {
    objects: HashMap<&'b str, Vec<&'b Node<'a>>>,
    members: HashMap<&'b str, Vec<&'b Member<'a>>>,
}

impl<'b, 'a> Index<'b, 'a> {
    fn gather(&mut self, node: &'b Node<'a>) {
        let mut named = false;
        for id in node.members().iter().filter_map(id_of) {
            named = true;
            self.objects.entry(last_part(id)).or_default().push(node);
        }
        if !named {
            for member in node.members() {
                let known = self.members.entry(last_part(&member.key));
                known.or_default().push(member);
            }
        }
        for child in node.children() {
            self.gather(child);
        }
    }

    fn nameless(&self, finding: &Finding) -> Option<Range<usize>> {
        let path = finding.path.as_deref()?;
        let key = if path == RDF_TYPE {
            "@type"
        } else {
            last_part(path)
        };
        let members = self.members.get(key)?;
        let shows = |member: &&&Member<'_>| shows(member, finding);
        let member = members.iter().find(shows).or(members.first())?;
        Some(member.value.start..member.value.end)
    }

    fn named(&self, focus: &str, finding: &Finding) -> Option<Range<usize>> {
        let objects = self.objects.get(last_part(focus))?.iter();
        let names = |object: &&&Node<'_>| {
            object.members().iter().filter_map(id_of).any(|id| {
                let end = id.rsplit_once(':').map_or(id, |(_, end)| end);
                focus.ends_with(id) || focus.ends_with(end)
            })
        };
        let objects: Vec<&&Node<'_>> = objects.filter(names).collect();
        let local = finding.path.as_deref().map(last_part);
        let here = |member: &&Member<'_>| local == Some(last_part(&member.key));
        let members = objects
            .iter()
            .filter_map(|object| object.members().iter().find(here));
        let members: Vec<&Member<'_>> = members.collect();
        let member = members
            .iter()
            .find(|m| shows(m, finding))
            .or(members.first());
        if let Some(member) = member {
            return Some(member.value.start..member.value.end);
        }
        let object = objects.iter().max_by_key(|object| object.members().len())?;
        let id = object.members().iter().find(|m| id_of(m).is_some())?;
        Some(id.start..id.value.end)
    }
}

/// Whether the value that is wrong stands here.
fn shows(member: &Member<'_>, finding: &Finding) -> bool {
    let value = finding.value.as_deref();
    value.is_none_or(|value| holds(&member.value, value))
}

/// `@id`, or what may be an alias of it.
fn id_of<'a>(member: &'a Member<'_>) -> Option<&'a str> {
    let key = ["@id", "id"].contains(&member.key.as_ref());
    member.value.text().filter(|_| key)
}

fn holds(node: &Node<'_>, value: &str) -> bool {
    node.text()
        .is_some_and(|t| t == value || last_part(t) == last_part(value))
        || node.children().any(|child| holds(child, value))
}

fn last_part(name: &str) -> &str {
    name.rsplit(['/', '#', ':']).next().unwrap_or(name)
}

/// Point into XML: to the element with the value or of the property, inside that of the
/// focus; else to the start tag of the focus.
pub(crate) fn in_xml(
    document: &XmlDocument<'_>,
    placed: &Placed,
    findings: &mut [Finding],
) {
    for finding in findings.iter_mut().filter(|f| f.place.is_none()) {
        let focus = finding.focus.as_deref().and_then(|f| placed.graph.find(f));
        let outside = focus.and_then(|name| placed.places.get(&name));
        let whole = 0..document.input_text().len();
        let outside = outside.cloned().unwrap_or(whole);
        let path = finding.path.as_deref().map(last_part);
        let path = path.map(|path| path.trim_end_matches("_SENSITIV"));
        let value = finding.value.as_deref();
        let elements = document.descendants().filter(roxmltree::Node::is_element);
        let mut inside = elements.filter(|element| {
            let range = element.range();
            outside.start < range.start && range.end <= outside.end
        });
        let named = inside.find(|element| match value {
            Some(value) => element.text().map(str::trim) == Some(value),
            None => Some(element.tag_name().name()) == path,
        });
        let tag = &document.input_text()[outside.clone()];
        let tag = tag.find('>').map_or(tag.len(), |end| end + 1);
        let start = outside.start..outside.start + tag;
        finding.place = Some(named.map_or(start, |element| element.range()));
    }
}
