//! What is wrong with a file: rule, place, and words for people.

use serde::{Serialize, Serializer};

use crate::json;
use crate::rules::texts::{TEXTS, Text};
use crate::vocabulary::shorten;

/// How grave a finding is; the gravest gives the file's verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing is wrong.
    Ok,
    /// May be used, must be shown.
    Warning,
    /// Read, but not to be sent or acted on as it stands.
    Error,
    /// Cannot or must not be read.
    Refuse,
}

impl Level {
    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Refuse => "refuse",
        }
    }
}

/// Which rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// What eInnsyn takes in practice: no rule on `*_LIST`, `godkjenning` is a code, and
    /// a parent may be left out.
    #[default]
    Practical,
    /// The published constraints as they stand.
    PublishedStrict,
}

impl Profile {
    /// As on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Practical => "practical",
            Self::PublishedStrict => "published-strict",
        }
    }
}

/// The language of words for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Norwegian bokmål.
    #[default]
    Bokmaal,
    /// English.
    English,
}

macro_rules! rules {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A rule, by the name that findings carry.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule { $($(#[$doc])* $variant,)* }

        impl Rule {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

rules! {
    /// Too few values.
    MinCount = "minCount",
    /// Too many values.
    MaxCount = "maxCount",
    /// Wrong datatype, or not in its lexical form.
    Datatype = "datatype",
    /// None of the datatypes.
    DatatypeIn = "datatypeIn",
    /// Not a node or code of the class.
    Class = "class",
    /// Not a node of any of the classes.
    ClassIn = "classIn",
    /// Text where an IRI is required.
    NodeKind = "nodeKind",
    /// systemID without a UUID.
    Pattern = "pattern",
    /// Two main documents.
    DobbeltHoveddokument = "dobbeltHoveddokument",
    /// A matter without number in a dated meeting.
    MoetesakUtenSekvensnummer = "moetesakUtenSekvensnummer",
    /// A matter without year in a dated meeting.
    MoetesakUtenAar = "moetesakUtenAar",
    /// Not JSON.
    Json = "json",
    /// Not UTF-8.
    Utf8 = "utf8",
    /// Not JSON-LD.
    Jsonld = "jsonld",
    /// Not XML.
    Xml = "xml",
    /// Neither JSON, XML nor an order's text.
    UkjentInnhold = "ukjentInnhold",
    /// More bytes than are read.
    ForStor = "forStor",
    /// A key twice in an object.
    DuplikatNoekkel = "duplikatNoekkel",
    /// Nested too deeply.
    ForDypt = "forDypt",
    /// A context that would have to be fetched.
    Fjernkontekst = "fjernkontekst",
    /// XML with entities of its own.
    Entitet = "entitet",
    /// An unknown root.
    Rotelement = "rotelement",
    /// A key of a context that ends in a colon.
    Kontekstnoekkel = "kontekstnoekkel",
    /// Nothing to publish.
    IngenRegistrering = "ingenRegistrering",
    /// A registrering or mappe without an IRI.
    ManglerIri = "manglerIRI",
    /// A relative `@id` without a base.
    RelativIri = "relativIRI",
    /// The parent of a journalpost is not in the file.
    SaksmappeMangler = "saksmappeMangler",
    /// The parent of a møtesak is not in the file.
    MoetemappeMangler = "moetemappeMangler",
    /// The parent of a mappe is not in the file.
    ForelderMangler = "forelderMangler",
    /// Somebody's national identity number.
    Identitetsnummer = "identitetsnummer",
    /// The washed and the sensitive text are swapped.
    VaskByttet = "vaskByttet",
    /// A name in the open field only.
    UvasketNavn = "uvasketNavn",
    /// A named graph that the meta graph does not declare.
    TrekkUtenMeta = "trekkUtenMeta",
    /// A declared graph with nothing in it.
    TrekkTomGraf = "trekkTomGraf",
    /// Noark: no such code.
    UkjentKode = "ukjentKode",
    /// Noark 4 without PI.ORGNR.
    ManglerOrgnr = "manglerOrgnr",
    /// Read after HTML's entities were replaced.
    HtmlEntitet = "htmlEntitet",
    /// The prolog names another encoding than the one used.
    Tegnsett = "tegnsett",
    /// An order or kvittering lacks a field.
    Antall = "antall",
    /// Not the layout of an emailtext.
    Oppsett = "oppsett",
    /// The status of a kvittering is plain text.
    StatusIkkeJson = "statusIkkeJson",
    /// The status of a kvittering is JSON, but no text.
    StatusIkkeTekst = "statusIkkeTekst",
    /// The kvittering was read after repair.
    YtreJsonReparert = "ytreJsonReparert",
    /// The status was read after repair.
    IndreJsonReparert = "indreJsonReparert",
    /// A severity that is not known.
    UkjentAlvorlighetsgrad = "ukjentAlvorlighetsgrad",
    /// Not a kvittering.
    IngenKvittering = "ingenKvittering",
    /// Advice: withheld without saying by which law.
    SkjermingUtenHjemmel = "skjermingUtenHjemmel",
    /// Advice: too large for one message.
    ForStorMelding = "forStorMelding",
    /// Advice: eInnsyn has complained of this before.
    MeldtAvEinnsyn = "meldtAvEinnsyn",
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Rule {
    /// What is said of it.
    pub fn text(self) -> &'static Text {
        &TEXTS[self as usize]
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How grave.
    pub level: Level,
    /// Which rule.
    pub rule: Rule,
    /// The node, by its IRI; `_:` for any blank node.
    pub focus: Option<String>,
    /// The property by its IRI, or the element's name.
    pub path: Option<String>,
    /// The value that is wrong; never an identity number.
    pub value: Option<String>,
    /// What was expected there.
    pub expected: Option<String>,
    /// What a reader said, or a number.
    pub note: Option<String>,
    /// The bytes of the file that it is about, where they are known.
    pub place: Option<std::ops::Range<usize>>,
}

impl Finding {
    pub(crate) fn new(level: Level, rule: Rule) -> Self {
        Self {
            level,
            rule,
            focus: None,
            path: None,
            value: None,
            expected: None,
            note: None,
            place: None,
        }
    }

    pub(crate) fn error(rule: Rule) -> Self {
        Self::new(Level::Error, rule)
    }

    pub(crate) fn warning(rule: Rule) -> Self {
        Self::new(Level::Warning, rule)
    }

    pub(crate) fn refuse(rule: Rule) -> Self {
        Self::new(Level::Refuse, rule)
    }

    pub(crate) fn focus(mut self, focus: &str) -> Self {
        let blank = focus.starts_with("_:");
        self.focus = Some(if blank { "_:" } else { focus }.to_owned());
        self
    }

    pub(crate) fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    pub(crate) fn value(mut self, value: impl Into<String>) -> Self {
        self.value = Some(value.into());
        self
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    pub(crate) fn at(mut self, place: usize) -> Self {
        self.place = Some(place..place + 1);
        self
    }

    /// What is wrong, in a sentence.
    pub fn message(&self, language: Language) -> String {
        let text = self.rule.text();
        let template = match language {
            Language::Bokmaal => text.nb,
            Language::English => text.en,
        };
        self.filled(template, language)
    }

    /// What would be right.
    pub fn hint(&self, language: Language) -> String {
        let text = self.rule.text();
        let template = match language {
            Language::Bokmaal => text.hint_nb,
            Language::English => text.hint_en,
        };
        self.filled(template, language)
    }

    fn filled(&self, template: &str, language: Language) -> String {
        let short = |text: &Option<String>| match text {
            Some(text) => shorten(text).replace("arkiv:", ""),
            None => "–".to_owned(),
        };
        let note = self.note.as_deref().unwrap_or("–");
        let expected = self.expected.as_deref().unwrap_or("–");
        let expected = match language {
            Language::Bokmaal => json::in_norwegian(expected),
            Language::English => expected,
        };
        template
            .replace("{path}", &short(&self.path))
            .replace("{expected}", expected)
            .replace("{note}", note)
            .replace("{value}", &short(&self.value))
    }
}
