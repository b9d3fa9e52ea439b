//! Where in the file a finding is: the bytes to point at.

use roxmltree::Document as XmlDocument;

use crate::finding::Finding;
use crate::json::{Member, Node, Tree};
use crate::noark5::Placed;
use crate::vocabulary::RDF_TYPE;

/// Point into JSON: to the property in the object that says most under the id, else to
/// the object. A blank node is looked for by property and value alone.
pub(crate) fn in_json(tree: &Tree<'_>, findings: &mut [Finding]) {
    if findings.iter().all(|finding| finding.place.is_some()) {
        return;
    }
    let mut objects = Vec::new();
    gather(&tree.root, &mut objects);
    let mut by_end: std::collections::HashMap<&str, Vec<&Node<'_>>> =
        std::collections::HashMap::new();
    for object in &objects {
        for member in object.members() {
            if let Some(id) = id_of(member) {
                by_end.entry(last_part(id)).or_default().push(object);
            }
        }
    }
    for finding in findings.iter_mut().filter(|f| f.place.is_none()) {
        let Some(focus) = finding.focus.clone() else {
            continue;
        };
        let named = by_end.get(last_part(&focus)).map_or(&[][..], Vec::as_slice);
        let mut candidates: Vec<&Node<'_>> = named
            .iter()
            .copied()
            .filter(|object| object.members().iter().any(|m| names(m, &focus)))
            .collect();
        if focus == "_:" {
            let nameless = |object: &&&Node<'_>| {
                !object.members().iter().any(|m| id_of(m).is_some())
            };
            candidates = objects.iter().filter(nameless).copied().collect();
        }
        finding.place = best(&candidates, finding);
    }
}

/// The property in one of the objects, else the object that says most.
fn best(objects: &[&Node<'_>], finding: &Finding) -> Option<std::ops::Range<usize>> {
    let local = finding.path.as_deref().map(last_part);
    let typed = finding.path.as_deref() == Some(RDF_TYPE);
    let here = |member: &&Member<'_>| {
        let key = last_part(&member.key);
        local == Some(key) || (typed && key == "@type")
    };
    let members = objects
        .iter()
        .filter_map(|object| object.members().iter().find(here));
    let shows = |node: &Node<'_>| match &finding.value {
        Some(value) => holds(node, value),
        None => true,
    };
    let members: Vec<&Member<'_>> = members.collect();
    let member = members.iter().find(|m| shows(&m.value)).or(members.first());
    if let Some(member) = member {
        return Some(member.value.start..member.value.end);
    }
    if finding.focus.as_deref() == Some("_:") {
        return None;
    }
    let object = objects.iter().max_by_key(|object| object.members().len())?;
    let id = object.members().iter().find(|m| id_of(m).is_some())?;
    Some(id.start..id.value.end)
}

fn gather<'a, 'b>(node: &'b Node<'a>, objects: &mut Vec<&'b Node<'a>>) {
    if !node.members().is_empty() {
        objects.push(node);
    }
    for child in node.children() {
        gather(child, objects);
    }
}

/// `@id`, or what may be an alias of it.
fn id_of<'a>(member: &'a Member<'_>) -> Option<&'a str> {
    let key = ["@id", "id"].contains(&member.key.as_ref());
    member.value.text().filter(|_| key)
}

/// Whether a member gives its object this name, whole or as its end.
fn names(member: &Member<'_>, focus: &str) -> bool {
    id_of(member).is_some_and(|id| {
        let end = id.rsplit_once(':').map_or(id, |(_, end)| end);
        focus.ends_with(id) || focus.ends_with(end)
    })
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
