//! Check a graph against the published constraints.

use std::collections::{HashMap, HashSet};

use super::codes::{CODES, LATER_CODES, of_list};
use super::lexical::{has_uuid, is_date, is_date_time, is_integer};
use super::row::{Row, What};
use super::table::ROWS;
use crate::finding::{Finding, Level, Profile, Rule};
use crate::graph::{Datatype, Graph, Literal, Node, Symbol, Term};
use crate::vocabulary::{
    ARKIV, KINDS, RDF_FIRST, RDF_NIL, RDF_REST, expand, lineage, shorten,
};

/// Check every node against the rows of its classes.
pub(crate) fn check(graph: &Graph, profile: Profile, findings: &mut Vec<Finding>) {
    check_classes(graph, profile, |_| true, findings);
}

/// The same, of some classes only.
pub(crate) fn check_classes(
    graph: &Graph,
    profile: Profile,
    judged: impl Fn(&str) -> bool,
    findings: &mut Vec<Finding>,
) {
    let mut checker = Checker::new(graph, profile);
    for node in graph.nodes() {
        let classes = checker.classes(node);
        if !classes.iter().any(|class| judged(class)) {
            continue;
        }
        for row in classes.iter().flat_map(|class| rows_of(class)) {
            if profile == Profile::Practical && row.is_list() {
                continue;
            }
            checker.row(node, row, findings);
        }
    }
}

/// The rows of a class itself.
fn rows_of(class: &str) -> &'static [Row] {
    let start = ROWS.iter().position(|row| row.class == class);
    let rows = &ROWS[start.unwrap_or(ROWS.len())..];
    let end = rows.iter().position(|row| row.class != class);
    &rows[..end.unwrap_or(rows.len())]
}

/// A graph with what is asked of it again and again.
pub(crate) struct Checker<'a> {
    graph: &'a Graph,
    profile: Profile,
    /// The classes of a type that any rule names.
    lineages: HashMap<Symbol, Vec<&'static str>>,
    known: HashSet<&'static str>,
    properties: HashMap<&'static str, Option<Symbol>>,
    codes: HashMap<&'static str, &'static str>,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(graph: &'a Graph, profile: Profile) -> Self {
        let later = LATER_CODES.iter();
        let later = later.filter(|_| profile == Profile::Practical);
        Self {
            graph,
            profile,
            lineages: HashMap::new(),
            known: named_classes(),
            properties: HashMap::new(),
            codes: CODES
                .iter()
                .chain(later)
                .map(|c| (c.name, c.list))
                .collect(),
        }
    }

    /// The classes of a node that any rule names, each once.
    pub(crate) fn classes(&mut self, node: &Node) -> Vec<&'static str> {
        let mut all: Vec<&'static str> = Vec::new();
        for class in self.graph.types(node) {
            let (graph, known) = (self.graph, &self.known);
            let line = self.lineages.entry(class).or_insert_with(|| {
                let name = graph.name(class);
                let short = name.strip_prefix(ARKIV).map(str::to_owned);
                let short = short.unwrap_or_else(|| shorten(name));
                let line = lineage(&short).filter_map(|class| known.get(class));
                line.copied().collect()
            });
            for class in line.iter() {
                if !all.contains(class) {
                    all.push(class);
                }
            }
        }
        if self.is_list(node) && !all.contains(&"rdf:List") {
            all.push("rdf:List");
        }
        all
    }

    /// > list nodes are of the type rdf:List (RDF Schema)
    fn is_list(&self, node: &Node) -> bool {
        let names = [RDF_FIRST, RDF_REST].into_iter();
        let mut found = names.filter_map(|name| self.graph.find(name));
        found.any(|property| !node.values(property).is_empty())
    }

    fn property(&mut self, name: &'static str) -> Option<Symbol> {
        let graph = self.graph;
        let known = self.properties.entry(name);
        *known.or_insert_with(|| graph.find(&expand(name)))
    }

    pub(crate) fn row(&mut self, node: &Node, row: &Row, findings: &mut Vec<Finding>) {
        let values = match self.property(row.property) {
            Some(property) => node.values(property),
            None => &[],
        };
        let level = if row.warning {
            Level::Warning
        } else {
            Level::Error
        };
        let name = self.graph.name(node.name);
        let found = |rule| {
            let path = expand(row.property);
            Finding::new(level, rule).focus(name).path(path)
        };
        if values.len() < row.min {
            findings.push(found(Rule::MinCount).expected(row.count()));
        }
        if row.max.is_some_and(|max| values.len() > max) {
            let count = values.len().to_string();
            findings.push(found(Rule::MaxCount).expected(row.count()).note(count));
        }
        for value in values {
            let Some(rule) = self.wrong(row, value) else {
                continue;
            };
            if self.is_left_out(row, value) {
                continue; // judged by the written rules
            }
            let finding = found(rule).value(self.graph.text(value));
            findings.push(explained(finding, row.what));
            if row.what == What::Uuid && rule == Rule::Datatype && !self.uuid(value) {
                let finding = found(Rule::Pattern).value(self.graph.text(value));
                findings.push(explained(finding, row.what));
            }
        }
    }

    /// > a parent that is not in the file is judged by the written rules instead of by
    /// > class (profile practical)
    fn is_left_out(&self, row: &Row, value: &Term) -> bool {
        self.profile == Profile::Practical
            && row.property == "parent"
            && value.node().is_some_and(|n| self.graph.node(n).is_none())
    }

    /// Which rule a value breaks.
    fn wrong(&mut self, row: &Row, value: &Term) -> Option<Rule> {
        let (fits, rule) = match row.what {
            What::Any => (true, Rule::Class),
            What::Iri => (self.is_iri(value), Rule::NodeKind),
            What::Class(class) => (self.is_a(value, class), Rule::Class),
            What::AnyOf(classes) => {
                let fits = classes.iter().any(|class| self.is_a(value, class));
                (fits, Rule::ClassIn)
            }
            What::List => (self.is_a(value, "rdf:List"), Rule::Class),
            What::DateTimeOrDate => (has_type(value, row.what), Rule::DatatypeIn),
            What::Uuid if has_type(value, What::String) => {
                (self.uuid(value), Rule::Pattern)
            }
            what => (has_type(value, what), Rule::Datatype),
        };
        (!fits).then_some(rule)
    }

    fn uuid(&self, value: &Term) -> bool {
        has_uuid(self.graph.text(value))
    }

    fn is_iri(&self, value: &Term) -> bool {
        value.node().is_some_and(|name| !self.graph.is_blank(name))
    }

    fn is_a(&mut self, value: &Term, class: &str) -> bool {
        let Some(name) = value.node() else {
            return false;
        };
        if self.codes.get(self.graph.local(name)) == Some(&class) {
            return true;
        }
        if class == "rdf:List" && self.graph.name(name) == RDF_NIL {
            return true;
        }
        let Some(node) = self.graph.node(name) else {
            return false;
        };
        self.classes(node).contains(&class)
    }
}

/// Classes that rows are about or point to, and those that they are kinds of.
fn named_classes() -> HashSet<&'static str> {
    let mut named: HashSet<&'static str> =
        KINDS.iter().flat_map(|(a, b)| [*a, *b]).collect();
    for row in ROWS {
        named.insert(row.class);
        match row.what {
            What::Class(class) => drop(named.insert(class)),
            What::AnyOf(classes) => named.extend(classes),
            _ => {}
        }
    }
    named
}

fn has_type(value: &Term, what: What) -> bool {
    let Term::Literal(Literal { text, datatype }) = value else {
        return false;
    };
    match (what, datatype) {
        (What::String | What::Uuid, Datatype::String) => true,
        (What::Integer, Datatype::Integer) => is_integer(text),
        (What::Date | What::DateTimeOrDate, Datatype::Date) => is_date(text),
        (What::DateTime | What::DateTimeOrDate, Datatype::DateTime) => {
            is_date_time(text)
        }
        _ => false,
    }
}

/// Say what was expected.
fn explained(finding: Finding, what: What) -> Finding {
    let expected = match what {
        What::Class(class) => {
            let codes: Vec<&str> = of_list(class).map(|code| code.name).collect();
            if codes.is_empty() {
                format!("arkiv:{class}")
            } else {
                format!("arkiv:{}", codes.join(", arkiv:"))
            }
        }
        what => what.to_string(),
    };
    let class = match what {
        What::Class(class) => class,
        What::List => "rdf:List",
        _ => return finding.expected(expected),
    };
    finding.expected(expected).note(class)
}

/// The two rules of the published constraints that are queries, and the third.
pub(crate) fn queries(graph: &Graph, findings: &mut Vec<Finding>) {
    let mut checker = Checker::new(graph, Profile::PublishedStrict);
    let hoveddokument = graph.find_arkiv("hoveddokument");
    for node in graph.nodes() {
        let classes = checker.classes(node);
        let is = |class: &str| classes.contains(&class);
        let found = |rule| Finding::error(rule).focus(graph.name(node.name));
        if is("Registrering") && main_documents(graph, node, hoveddokument) > 1 {
            findings.push(found(Rule::DobbeltHoveddokument));
        }
        if is("Møtesaksregistrering") && in_dated_meeting(graph, node) {
            if graph.values(node, "møtesakssekvensnummer").is_empty() {
                findings.push(found(Rule::MoetesakUtenSekvensnummer));
            }
            if graph.values(node, "møtesaksår").is_empty() {
                findings.push(found(Rule::MoetesakUtenAar));
            }
        }
    }
}

fn main_documents(graph: &Graph, node: &Node, hoveddokument: Option<Symbol>) -> usize {
    let Some(hoveddokument) = hoveddokument else {
        return 0;
    };
    let documents = graph.values(node, "dokumentbeskrivelse").iter();
    let documents: HashSet<Symbol> = documents.filter_map(Term::node).collect();
    let is_main = |name: &&Symbol| {
        let roles = graph
            .node(**name)
            .map(|document| graph.values(document, "tilknyttetRegistreringSom"));
        roles.is_some_and(|roles| roles.contains(&Term::Node(hoveddokument)))
    };
    documents.iter().filter(is_main).count()
}

fn in_dated_meeting(graph: &Graph, node: &Node) -> bool {
    let parents = graph.values(node, "parent").iter().filter_map(Term::node);
    let mut meetings = parents.filter_map(|name| graph.node(name));
    meetings.any(|meeting| !graph.values(meeting, "moetedato").is_empty())
}
