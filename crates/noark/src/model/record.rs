//! A class as a struct: made by one macro, read from a graph and written to one.

use crate::graph::{Graph, Literal, Node, Term};

/// What a struct has no field for, or what does not fit the field: kept as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// IRI of the property.
    pub property: String,
    /// The value.
    pub value: OtherValue,
}

/// A value as a graph has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OtherValue {
    /// Another object.
    Node(String),
    /// A text.
    Literal(Literal),
}

impl Other {
    pub(super) fn of(graph: &Graph, property: &str, term: &Term) -> Self {
        let value = match term {
            Term::Node(name) => OtherValue::Node(graph.name(*name).to_owned()),
            Term::Literal(literal) => OtherValue::Literal(literal.clone()),
        };
        let property = property.to_owned();
        Self { property, value }
    }

    pub(super) fn all(graph: &Graph, node: &Node) -> Vec<Self> {
        let mut all = Vec::new();
        for (property, values) in &node.properties {
            let property = graph.name(*property);
            all.extend(values.iter().map(|value| Self::of(graph, property, value)));
        }
        all
    }

    pub(super) fn write(&self, id: &str, graph: &mut Graph) {
        let value = match &self.value {
            OtherValue::Node(name) => Term::Node(graph.symbol(name)),
            OtherValue::Literal(literal) => Term::Literal(literal.clone()),
        };
        let (node, property) = (graph.symbol(id), graph.symbol(&self.property));
        graph.add(node, property, value);
    }
}

macro_rules! records {
    ($(
        $(#[$doc:meta])*
        $name:ident = $class:literal { $($field:ident: $type:ty = $property:literal,)* }
    )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Default, PartialEq, Eq)]
            pub struct $name {
                /// The IRI, or `_:` and a label.
                pub id: String,
                $(
                    #[doc = concat!("`", $property, "`")]
                    pub $field: $type,
                )*
                /// What there is besides.
                pub other: Vec<super::Other>,
            }

            impl $name {
                /// The class, without the namespace.
                pub const CLASS: &'static str = $class;

                pub(super) fn read(
                    graph: &crate::graph::Graph,
                    node: &crate::graph::Node,
                ) -> Self {
                    use super::field::Field;
                    let mut found = Self {
                        id: graph.name(node.name).to_owned(),
                        ..Self::default()
                    };
                    for (property, values) in &node.properties {
                        let iri = graph.name(*property);
                        let name = iri.strip_prefix(crate::vocabulary::ARKIV);
                        let left = match name.unwrap_or_default() {
                            $($property => {
                                let (field, left) = <$type>::read(graph, values);
                                found.$field = field;
                                left
                            })*
                            _ => values.clone(),
                        };
                        let own = format!("{}{}", crate::vocabulary::ARKIV, $class);
                        let other = left.iter().map(|value| {
                            super::Other::of(graph, iri, value)
                        });
                        found.other.extend(other.filter(|other| {
                            let own = super::OtherValue::Node(own.clone());
                            iri != crate::vocabulary::RDF_TYPE || other.value != own
                        }));
                    }
                    found
                }

                pub(super) fn write(&self, graph: &mut crate::graph::Graph) {
                    use super::field::Field;
                    let own = format!("{}{}", crate::vocabulary::ARKIV, $class);
                    let node = graph.symbol(&self.id);
                    let property = graph.symbol(crate::vocabulary::RDF_TYPE);
                    let class = crate::graph::Term::Node(graph.symbol(&own));
                    graph.add(node, property, class);
                    $(
                        for value in self.$field.write(graph) {
                            let name = crate::vocabulary::expand($property);
                            let property = graph.symbol(&name);
                            graph.add(node, property, value);
                        }
                    )*
                    for other in &self.other {
                        other.write(&self.id, graph);
                    }
                }
            }
        )*

        /// An object of a publication.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Objekt {
            $(
                $(#[$doc])*
                $name(Box<$name>),
            )*
            /// Of no class that has a struct.
            Annet {
                /// The IRI, or `_:` and a label.
                id: String,
                /// All that is said of it.
                other: Vec<super::Other>,
            },
        }

        impl Objekt {
            /// By the first class that has a struct.
            pub(super) fn read(
                graph: &crate::graph::Graph,
                node: &crate::graph::Node,
            ) -> Self {
                for class in graph.types(node) {
                    match graph.local(class) {
                        $($class => {
                            let read = Box::new($name::read(graph, node));
                            return Self::$name(read);
                        })*
                        _ => {}
                    }
                }
                Self::Annet {
                    id: graph.name(node.name).to_owned(),
                    other: super::Other::all(graph, node),
                }
            }

            pub(super) fn write(&self, graph: &mut crate::graph::Graph) {
                match self {
                    $(Self::$name(object) => object.write(graph),)*
                    Self::Annet { id, other } => {
                        other.iter().for_each(|other| other.write(id, graph));
                    }
                }
            }

            /// What it has no field for.
            pub fn other(&self) -> &[super::Other] {
                match self {
                    $(Self::$name(object) => &object.other,)*
                    Self::Annet { other, .. } => other,
                }
            }

            /// Its IRI, or `_:` and a label.
            pub fn id(&self) -> &str {
                match self {
                    $(Self::$name(object) => &object.id,)*
                    Self::Annet { id, .. } => id,
                }
            }
        }
    };
}

pub(super) use records;
