//! A row of the published constraints.

/// A property of a class: how often, and what.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The class, as [`crate::vocabulary::expand`] takes it.
    pub class: &'static str,
    /// The property, in the same form.
    pub property: &'static str,
    /// The fewest values.
    pub min: usize,
    /// The most values; any number where none.
    pub max: Option<usize>,
    /// What each value must be.
    pub what: What,
    /// A breach is a warning only.
    pub warning: bool,
}

/// What a value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Anything.
    Any,
    /// xsd:string.
    String,
    /// xsd:string with a UUID somewhere in it.
    Uuid,
    /// xsd:integer.
    Integer,
    /// xsd:date.
    Date,
    /// xsd:dateTime.
    DateTime,
    /// xsd:dateTime or xsd:date.
    DateTimeOrDate,
    /// An IRI, in the file or not.
    Iri,
    /// An ordered list.
    List,
    /// A node of a class, or a code of that list.
    Class(&'static str),
    /// A node of one of these classes.
    AnyOf(&'static [&'static str]),
}

impl Row {
    const fn new(
        class: &'static str,
        property: &'static str,
        min: usize,
        max: Option<usize>,
        what: What,
    ) -> Self {
        Self {
            class,
            property,
            min,
            max,
            what,
            warning: false,
        }
    }

    /// 1..1
    pub(crate) const fn one(
        class: &'static str,
        name: &'static str,
        what: What,
    ) -> Self {
        Self::new(class, name, 1, Some(1), what)
    }

    /// 1..n
    pub(crate) const fn some(
        class: &'static str,
        name: &'static str,
        what: What,
    ) -> Self {
        Self::new(class, name, 1, None, what)
    }

    /// 0..1
    pub(crate) const fn may(
        class: &'static str,
        name: &'static str,
        what: What,
    ) -> Self {
        Self::new(class, name, 0, Some(1), what)
    }

    /// 0..n
    pub(crate) const fn any(
        class: &'static str,
        name: &'static str,
        what: What,
    ) -> Self {
        Self::new(class, name, 0, None, what)
    }

    pub(crate) const fn warning(self) -> Self {
        Self {
            warning: true,
            ..self
        }
    }

    /// Whether the row is about the segments of a title, which `practical` passes over.
    pub fn is_list(&self) -> bool {
        self.property.ends_with("_LIST")
    }

    /// `1..1` and the like.
    pub fn count(&self) -> String {
        let max = self.max.map_or("n".to_owned(), |max| max.to_string());
        format!("{}..{max}", self.min)
    }
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Any => write!(f, "anything"),
            Self::String => write!(f, "xsd:string"),
            Self::Uuid => write!(f, "xsd:string, UUID"),
            Self::Integer => write!(f, "xsd:integer"),
            Self::Date => write!(f, "xsd:date"),
            Self::DateTime => write!(f, "xsd:dateTime"),
            Self::DateTimeOrDate => write!(f, "xsd:dateTime | xsd:date"),
            Self::Iri => write!(f, "IRI"),
            Self::List => write!(f, "rdf:List"),
            Self::Class(class) => write!(f, "{class}"),
            Self::AnyOf(classes) => write!(f, "{}", classes.join(" | ")),
        }
    }
}
