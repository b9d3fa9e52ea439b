//! What was typed becomes a publication: as it was typed, so that the checks say what is
//! wrong with it, and where.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use noark::graph::{Datatype, Graph, Literal, Symbol, Term};
use noark::vocabulary::{ARKIV, RDF_TYPE, is_a};

use super::spec::{Count, Field, Group, Kind, What};
use super::typed::{ID, Typed};

/// What the name of the sensitive half of a pair ends in.
pub(crate) const SENSITIVE: &str = "_s";
/// What the name of the hour ends in.
pub(crate) const HOUR: &str = "_kl";

/// A publication, and where in the form its objects came from.
pub(crate) struct Built {
    pub(crate) graph: Graph,
    /// The row of an object, by IRI.
    pub(crate) rows: BTreeMap<String, String>,
}

/// Who publishes.
#[derive(Debug, Clone)]
pub(crate) struct Owner {
    pub(crate) orgnr: String,
    /// What IRIs begin with.
    pub(crate) base: String,
    pub(crate) zone: TimeZone,
}

/// The publication of a form.
pub(crate) fn build(kind: Kind, typed: &Typed, owner: &Owner) -> Built {
    let mut builder = Builder {
        owner,
        mappe: None,
        built: Built {
            graph: Graph::default(),
            rows: BTreeMap::new(),
        },
    };
    for group in kind.groups() {
        builder.rows(group, typed, "", None);
    }
    builder.built
}

struct Builder<'a> {
    owner: &'a Owner,
    /// The first object: what registreringer lie in.
    mappe: Option<Symbol>,
    built: Built,
}

impl Builder<'_> {
    fn rows(
        &mut self,
        group: &'static Group,
        typed: &Typed,
        path: &str,
        owner: Option<Symbol>,
    ) {
        let blank = Typed::default();
        let rows = match (group.count, typed.rows(group.name)) {
            (Count::One, []) => std::slice::from_ref(&blank),
            (_, rows) => rows,
        };
        for (number, row) in rows.iter().enumerate() {
            if group.count == Count::Maybe && row.is_blank() {
                continue;
            }
            let path = format!("{path}{}.{number}", group.name);
            self.row(group, row, &path, number, owner);
        }
    }

    fn row(
        &mut self,
        group: &'static Group,
        row: &Typed,
        path: &str,
        number: usize,
        owner: Option<Symbol>,
    ) {
        let iri = self.iri(group, row);
        self.built.rows.insert(iri.clone(), path.to_owned());
        let node = self.built.graph.symbol(&iri);
        let class = self.arkiv(group.class);
        let is_type = self.built.graph.symbol(RDF_TYPE);
        self.built.graph.add(node, is_type, Term::Node(class));
        let has_id = is_a(group.class, "Registrering") || group.class == "Moetemappe";
        if has_id && !row.text(ID).is_empty() {
            self.literal(node, "systemID", row.text(ID), Datatype::String);
        }
        if let Some(property) = group.place {
            let place = (number + 1).to_string();
            self.literal(node, property, &place, Datatype::Integer);
        }
        if is_a(group.class, "Mappe") {
            self.mappe = Some(node);
        }
        if let Some(mappe) = self.mappe.filter(|_| group.in_mappe) {
            self.point(node, "parent", mappe);
        }
        if let Some((owner, link)) = owner.zip(group.link) {
            self.point(owner, link, node);
        }
        for field in group.fields {
            self.field(node, &iri, field, row);
        }
        for inner in group.groups {
            self.rows(inner, row, &format!("{path}."), Some(node));
        }
    }

    /// A row keeps its name. A saksmappe is named by its number, so that all of its
    /// journalposter lie in one; as the old client did (einnsyn §3).
    fn iri(&self, group: &Group, row: &Typed) -> String {
        let (base, orgnr) = (&self.owner.base, &self.owner.orgnr);
        if group.class == "Saksmappe" {
            let part = |name| -> String {
                let digits = |c: &char| c.is_ascii_alphanumeric();
                row.text(name).chars().filter(digits).collect()
            };
            let (number, year) = (part("nummer"), part("aar"));
            return format!("{base}Saksmappe--{orgnr}--{number}--{year}");
        }
        match row.text(ID) {
            "" => format!("{base}{}", group.name),
            id => format!("{base}{id}"),
        }
    }

    fn field(&mut self, node: Symbol, iri: &str, field: &Field, row: &Typed) {
        let (name, property) = (field.name, field.property);
        let text = row.text(name);
        let sensitive = row.text(&format!("{name}{SENSITIVE}"));
        if field.what == What::Washed && !sensitive.is_empty() {
            let property = format!("{property}_SENSITIV");
            self.literal(node, &property, sensitive, Datatype::String);
        }
        if text.is_empty() {
            return;
        }
        match field.what {
            What::Text | What::Washed | What::Link => {
                self.literal(node, property, text, Datatype::String);
            }
            What::Number => self.literal(node, property, text, Datatype::Integer),
            What::Date => self.literal(node, property, text, Datatype::Date),
            What::Moment => {
                let hour = row.text(&format!("{name}{HOUR}"));
                let moment = self.moment(text, hour);
                self.literal(node, property, &moment, Datatype::DateTime);
            }
            What::Code(_) => {
                let code = self.arkiv(text);
                self.point(node, property, code);
            }
            What::File => self.file(node, iri, text),
        }
    }

    /// The moment in Norway; what cannot be read, as it was typed.
    fn moment(&self, day: &str, hour: &str) -> String {
        let hour = if hour.is_empty() { "00:00" } else { hour };
        let zoned = format!("{day}T{hour}")
            .parse::<DateTime>()
            .and_then(|at| at.to_zoned(self.owner.zone.clone()));
        match zoned {
            Ok(at) => at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            Err(_) => format!("{day}T{hour}:00"),
        }
    }

    /// > Full text: `dokumentobjekt.referanseDokumentfil` = public URL, fetched by
    /// > eInnsyn (einnsyn §4.2)
    fn file(&mut self, document: Symbol, iri: &str, address: &str) {
        let object = format!("{iri}/fil");
        let path = self.built.rows.get(iri).cloned().unwrap_or_default();
        self.built.rows.insert(object.clone(), path);
        let node = self.built.graph.symbol(&object);
        let class = self.arkiv("Dokumentobjekt");
        let is_type = self.built.graph.symbol(RDF_TYPE);
        self.built.graph.add(node, is_type, Term::Node(class));
        let text = Datatype::String;
        self.literal(node, "referanseDokumentfil", address, text);
        self.literal(node, "versjonsnummer", "1", Datatype::Integer);
        let format = self.arkiv("produksjonsformat");
        self.point(node, "variantformat", format);
        self.point(document, "dokumentobjekt", node);
    }

    fn arkiv(&mut self, local: &str) -> Symbol {
        self.built.graph.symbol(&format!("{ARKIV}{local}"))
    }

    fn literal(&mut self, node: Symbol, local: &str, text: &str, datatype: Datatype) {
        let property = self.arkiv(local);
        let value = Term::Literal(Literal::new(text, datatype));
        self.built.graph.add(node, property, value);
    }

    fn point(&mut self, node: Symbol, local: &str, to: Symbol) {
        let property = self.arkiv(local);
        self.built.graph.add(node, property, Term::Node(to));
    }
}
