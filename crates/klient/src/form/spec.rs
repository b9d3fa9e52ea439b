//! Table: what the forms ask for, and where it stands in what is published.

use crate::words::Words;

/// A word of a page, in whatever language it is in.
pub(crate) type Word = fn(&Words) -> &'static str;

/// Rows of a form; each becomes an object.
#[derive(Debug)]
pub(crate) struct Group {
    /// The name of the list.
    pub(crate) name: &'static str,
    /// The class of the objects.
    pub(crate) class: &'static str,
    /// What a row is called.
    pub(crate) title: Word,
    /// How many there may be.
    pub(crate) count: Count,
    /// How the object that it stands in points to it.
    pub(crate) link: Option<&'static str>,
    /// Whether it points to the mappe, as its parent.
    pub(crate) in_mappe: bool,
    /// The property that says which in the row it is, counted from 1.
    pub(crate) place: Option<&'static str>,
    pub(crate) fields: &'static [Field],
    pub(crate) groups: &'static [Group],
}

/// How many rows there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    /// One.
    One,
    /// One; nothing when it is blank.
    Maybe,
    /// Any number.
    Many,
}

/// A field of a row.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) property: &'static str,
    pub(crate) what: What,
    /// Whether it must be filled in.
    pub(crate) needed: bool,
    pub(crate) label: Word,
    /// A sentence below the label; empty where none is needed.
    pub(crate) hint: Word,
}

/// What is typed into a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Text,
    /// A text that may hold names, and beside it the same text without.
    Washed,
    Number,
    Date,
    /// The day and the hour; the hour is typed into a field beside it.
    Moment,
    /// A code of a list.
    Code(&'static str),
    /// The address of a web page.
    Link,
    /// The address of a document's file, which eInnsyn fetches.
    File,
}

/// What a form is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Journalpost,
    Moete,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Journalpost => "journalpost",
            Self::Moete => "moete",
        }
    }

    pub(crate) fn of(text: &str) -> Option<Self> {
        [Self::Journalpost, Self::Moete]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }

    /// The mappe first.
    pub(crate) fn groups(self) -> &'static [Group] {
        match self {
            Self::Journalpost => JOURNALPOST,
            Self::Moete => MOETE,
        }
    }
}

impl Group {
    /// The group of a row, by its path: `post.0.part.1`.
    pub(crate) fn find(groups: &'static [Self], row: &str) -> Option<&'static Self> {
        let mut groups = groups;
        let mut found = None;
        let mut steps = row.split('.');
        while let Some(name) = steps.next() {
            let group = groups.iter().find(|group| group.name == name)?;
            steps.next()?.parse::<usize>().ok()?;
            found = Some(group);
            groups = group.groups;
        }
        found
    }
}

const NO_HINT: Word = |_| "";

const fn field(
    name: &'static str,
    property: &'static str,
    what: What,
    label: Word,
) -> Field {
    Field {
        name,
        property,
        what,
        needed: false,
        label,
        hint: NO_HINT,
    }
}

impl Field {
    const fn needed(self) -> Self {
        Self {
            needed: true,
            ..self
        }
    }

    const fn hint(self, hint: Word) -> Self {
        Self { hint, ..self }
    }
}

/// > saksnr: `saksaar/sakssekvensnummer`, dokumentnr: journalpostnummer, journalnr:
/// > `journalsekvensnummer/journalaar` (einnsyn §1.4): without them nobody can order it
const JOURNALPOST: &[Group] = &[
    Group {
        name: "mappe",
        class: "Saksmappe",
        title: |w| w.case,
        count: Count::One,
        link: None,
        in_mappe: false,
        place: None,
        fields: &[
            field("aar", "saksaar", What::Number, |w| w.case_year).needed(),
            field("nummer", "sakssekvensnummer", What::Number, |w| {
                w.case_number
            })
            .needed(),
            field("tittel", "offentligTittel", What::Washed, |w| w.case_title).needed(),
            field("enhet", "administrativEnhet", What::Text, |w| w.unit),
        ],
        groups: &[],
    },
    Group {
        name: "post",
        class: "Journalpost",
        title: |w| w.post,
        count: Count::One,
        link: None,
        in_mappe: true,
        place: None,
        fields: &[
            field(
                "type",
                "journalposttype",
                What::Code("Journalposttype"),
                |w| w.post_type,
            )
            .needed(),
            field("tittel", "offentligTittel", What::Washed, |w| w.title).needed(),
            field("journaldato", "journaldato", What::Date, |w| w.journal_date)
                .needed(),
            field("dokumentdato", "dokumentetsDato", What::Date, |w| {
                w.document_date
            }),
            field("aar", "journalaar", What::Number, |w| w.journal_year).needed(),
            field("sekvens", "journalsekvensnummer", What::Number, |w| {
                w.journal_sequence
            })
            .needed(),
            field("nummer", "journalpostnummer", What::Number, |w| {
                w.post_number
            })
            .needed()
            .hint(|w| w.post_number_hint),
        ],
        groups: &[
            Group {
                name: "part",
                class: "Korrespondansepart",
                title: |w| w.party,
                count: Count::Many,
                link: Some("korrespondansepart"),
                in_mappe: false,
                place: None,
                fields: &[
                    field(
                        "type",
                        "korrespondanseparttype",
                        What::Code("Korrespondanseparttype"),
                        |w| w.party_type,
                    )
                    .needed(),
                    field("navn", "korrespondansepartNavn", What::Washed, |w| w.name)
                        .needed(),
                    field("saksbehandler", "saksbehandler", What::Washed, |w| {
                        w.case_worker
                    }),
                    field("enhet", "administrativEnhet", What::Text, |w| w.unit),
                ],
                groups: &[],
            },
            SKJERMING,
            DOCUMENT,
        ],
    },
];

const MOETE: &[Group] = &[
    Group {
        name: "moete",
        class: "Moetemappe",
        title: |w| w.meeting,
        count: Count::One,
        link: None,
        in_mappe: false,
        place: None,
        fields: &[
            field("utvalg", "utvalg", What::Text, |w| w.committee).needed(),
            field("tittel", "offentligTittel", What::Washed, |w| w.title).needed(),
            field("dato", "moetedato", What::Moment, |w| w.meeting_date).needed(),
            field("nummer", "moetenummer", What::Text, |w| w.meeting_number),
            field("sted", "moetested", What::Text, |w| w.meeting_place),
            field("video", "videolink", What::Link, |w| w.video),
        ],
        groups: &[],
    },
    Group {
        name: "sak",
        class: "Møtesaksregistrering",
        title: |w| w.matter,
        count: Count::Many,
        link: None,
        in_mappe: true,
        place: Some("moetesaksnummer"),
        fields: &[
            field("type", "møtesakstype", What::Code("Møtesakstype"), |w| {
                w.matter_type
            })
            .needed(),
            field("tittel", "offentligTittel", What::Washed, |w| w.title).needed(),
            field("aar", "møtesaksår", What::Number, |w| w.matter_year).needed(),
            field("sekvens", "møtesakssekvensnummer", What::Number, |w| {
                w.matter_number
            })
            .needed(),
        ],
        groups: &[SKJERMING, DOCUMENT],
    },
    Group {
        name: "papir",
        class: "Møtedokumentregistrering",
        title: |w| w.paper,
        count: Count::Many,
        link: None,
        in_mappe: true,
        place: None,
        fields: &[
            field(
                "type",
                "møtedokumentregistreringstype",
                What::Code("Møtedokumentregistreringstype"),
                |w| w.paper_type,
            )
            .needed(),
            field("tittel", "offentligTittel", What::Washed, |w| w.title).needed(),
        ],
        groups: &[DOCUMENT],
    },
];

const SKJERMING: Group = Group {
    name: "skjerming",
    class: "Skjerming",
    title: |w| w.withheld,
    count: Count::Maybe,
    link: Some("skjerming"),
    in_mappe: false,
    place: None,
    fields: &[
        field(
            "restriksjon",
            "tilgangsrestriksjon",
            What::Code("Tilgangsrestriksjon"),
            |w| w.restriction,
        )
        .needed(),
        field("hjemmel", "skjermingshjemmel", What::Text, |w| w.law)
            .hint(|w| w.law_hint),
    ],
    groups: &[],
};

const DOCUMENT: Group = Group {
    name: "dok",
    class: "Dokumentbeskrivelse",
    title: |w| w.document,
    count: Count::Many,
    link: Some("dokumentbeskrivelse"),
    in_mappe: false,
    place: Some("dokumentnummer"),
    fields: &[
        field("tittel", "tittel", What::Washed, |w| w.title).needed(),
        field(
            "rolle",
            "tilknyttetRegistreringSom",
            What::Code("TilknyttetRegistreringSom"),
            |w| w.document_role,
        )
        .needed(),
        field("fil", "referanseDokumentfil", What::File, |w| w.file)
            .hint(|w| w.file_hint),
    ],
    groups: &[],
};
