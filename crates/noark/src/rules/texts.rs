//! Table: what each rule says, in Norwegian and English, and what would be right.
//!
//! In the order of [`crate::Rule`]. `{path}`, `{value}`, `{expected}` and `{note}` are
//! those of the finding.

use crate::finding::Rule;

/// The words of a rule.
#[derive(Debug)]
pub struct Text {
    /// Whose.
    pub rule: Rule,
    /// What is wrong, in Norwegian.
    pub nb: &'static str,
    /// What would be right, in Norwegian.
    pub hint_nb: &'static str,
    /// What is wrong, in English.
    pub en: &'static str,
    /// What would be right, in English.
    pub hint_en: &'static str,
}

const fn text(
    rule: Rule,
    nb: &'static str,
    hint_nb: &'static str,
    en: &'static str,
    hint_en: &'static str,
) -> Text {
    Text {
        rule,
        nb,
        hint_nb,
        en,
        hint_en,
    }
}

/// All of them.
pub const TEXTS: &[Text] = &[
    text(
        Rule::MinCount,
        "{path} mangler",
        "Fyll ut {path}. Det skal være {expected}.",
        "{path} is missing",
        "Fill in {path}. There should be {expected}.",
    ),
    text(
        Rule::MaxCount,
        "{path} står {note} ganger med ulik verdi",
        "Behold én. Det skal være {expected}.",
        "{path} stands {note} times with different values",
        "Keep one. There should be {expected}.",
    ),
    text(
        Rule::Datatype,
        "{path} har feil datatype eller form: {value}",
        "Skriv verdien som {expected}. En ren tekst skal ikke ha språkmerke.",
        "{path} has the wrong datatype or form: {value}",
        "Write the value as {expected}. A plain text carries no language tag.",
    ),
    text(
        Rule::DatatypeIn,
        "{path} har feil datatype eller form: {value}",
        "Skriv verdien som {expected}.",
        "{path} has the wrong datatype or form: {value}",
        "Write the value as {expected}.",
    ),
    text(
        Rule::Class,
        "{path} viser til noe som ikke er {note}: {value}",
        "Bruk {expected}.",
        "{path} points to something that is no {note}: {value}",
        "Use {expected}.",
    ),
    text(
        Rule::ClassIn,
        "{path} viser til noe av feil slag: {value}",
        "Det skal være {expected}, og det skal stå i samme fil.",
        "{path} points to something of the wrong kind: {value}",
        "It should be {expected}, and stand in the same file.",
    ),
    text(
        Rule::NodeKind,
        "{path} er tekst, ikke en IRI: {value}",
        "Skriv {\"@id\": \"…\"} i stedet for en tekst.",
        "{path} is text, not an IRI: {value}",
        "Write {\"@id\": \"…\"} instead of a text.",
    ),
    text(
        Rule::Pattern,
        "{path} inneholder ingen UUID: {value}",
        "Bruk den UUID-en som objektet har i arkivsystemet, på formen \
         33333333-3333-4333-8333-333333333333.",
        "{path} holds no UUID: {value}",
        "Use the UUID that the object has in the archive, in the form \
         33333333-3333-4333-8333-333333333333.",
    ),
    text(
        Rule::DobbeltHoveddokument,
        "registreringen har mer enn ett hoveddokument",
        "La ett dokument være hoveddokument og de andre vedlegg.",
        "the registrering has more than one main document",
        "Let one document be hoveddokument and the others vedlegg.",
    ),
    text(
        Rule::MoetesakUtenSekvensnummer,
        "møtesaken mangler møtesakssekvensnummer, og møtet har dato",
        "Fyll ut møtesakssekvensnummer. Uten dato på møtet kreves det ikke.",
        "the møtesak lacks møtesakssekvensnummer, and its meeting has a date",
        "Fill in møtesakssekvensnummer. It is not needed while the meeting is undated.",
    ),
    text(
        Rule::MoetesakUtenAar,
        "møtesaken mangler møtesaksår, og møtet har dato",
        "Fyll ut møtesaksår. Uten dato på møtet kreves det ikke.",
        "the møtesak lacks møtesaksår, and its meeting has a date",
        "Fill in møtesaksår. It is not needed while the meeting is undated.",
    ),
    text(
        Rule::Json,
        "filen er ikke JSON: her skulle det stå {expected}",
        "Rett det stedet, eller la programmet skrive filen på nytt.",
        "the file is not JSON: {expected} was expected here",
        "Mend the place, or let the program write the file again.",
    ),
    text(
        Rule::Utf8,
        "filen er ikke UTF-8",
        "Lagre filen som UTF-8.",
        "the file is not UTF-8",
        "Save the file as UTF-8.",
    ),
    text(
        Rule::Jsonld,
        "filen er ikke JSON-LD: {note}",
        "Rett konteksten eller objektet som nevnes.",
        "the file is not JSON-LD: {note}",
        "Mend the context or object that is named.",
    ),
    text(
        Rule::Xml,
        "filen er ikke XML: {note}",
        "Rett det stedet, eller la programmet skrive filen på nytt.",
        "the file is not XML: {note}",
        "Mend the place, or let the program write the file again.",
    ),
    text(
        Rule::UkjentInnhold,
        "filen er verken JSON, XML eller teksten i et innsynskrav",
        "Lever JSON-LD, Noark 5 XML, Noark 4 XML, order.xml, emailtext eller en \
         kvittering.",
        "the file is neither JSON, XML nor the text of an innsynskrav",
        "Hand in JSON-LD, Noark 5 XML, Noark 4 XML, order.xml, emailtext or a kvittering.",
    ),
    text(
        Rule::ForStor,
        "filen er for stor: {value} byte",
        "Del den. Det leses inntil {expected} byte.",
        "the file is too large: {value} bytes",
        "Split it. Up to {expected} bytes are read.",
    ),
    text(
        Rule::DuplikatNoekkel,
        "nøkkelen {note} står to ganger i samme objekt",
        "Slå verdiene sammen i en liste, eller fjern den ene.",
        "the key {note} stands twice in one object",
        "Put the values together in a list, or take one away.",
    ),
    text(
        Rule::ForDypt,
        "filen er nøstet {note} nivåer dypt",
        "Flat den ut. Det leses inntil {expected} nivåer.",
        "the file is nested {note} levels deep",
        "Flatten it. Up to {expected} levels are read.",
    ),
    text(
        Rule::Fjernkontekst,
        "konteksten må hentes fra {note}; det gjør vi ikke",
        "Skriv konteksten inn i filen.",
        "the context would have to be fetched from {note}; we do not",
        "Write the context into the file.",
    ),
    text(
        Rule::Entitet,
        "XML-filen lager egne entiteter",
        "Skriv tegnene rett inn, og fjern DOCTYPE.",
        "the XML declares entities of its own",
        "Write the characters as they are, and take DOCTYPE away.",
    ),
    text(
        Rule::Rotelement,
        "rotelementet {note} er ikke kjent",
        "Kjent er arkiv og trekkTilbake (Noark 5, navnerom uten skråstrek til slutt), \
         OFFJOURNAL (Noark 4) og bestilling.",
        "the root element {note} is not known",
        "Known are arkiv and trekkTilbake (Noark 5, namespace without a slash at the \
         end), OFFJOURNAL (Noark 4) and bestilling.",
    ),
    text(
        Rule::Kontekstnoekkel,
        "nøkkelen {value} i konteksten slutter med kolon",
        "Skriv prefikset uten kolon, for eksempel \"arkiv\".",
        "the key {value} of the context ends in a colon",
        "Write the prefix without the colon, \"arkiv\" for example.",
    ),
    text(
        Rule::IngenRegistrering,
        "filen har verken registrering eller møtemappe",
        "Ta med en arkiv:Journalpost, arkiv:Møtesaksregistrering, \
         arkiv:Møtedokumentregistrering eller arkiv:Moetemappe, og se at konteksten gir \
         dem riktig IRI.",
        "the file has neither registrering nor møtemappe",
        "Put in an arkiv:Journalpost, arkiv:Møtesaksregistrering, \
         arkiv:Møtedokumentregistrering or arkiv:Moetemappe, and see that the context \
         gives them the right IRI.",
    ),
    text(
        Rule::ManglerIri,
        "objektet har ingen @id",
        "Gi det en @id som er den samme hver gang; ellers kan det verken rettes eller \
         trekkes tilbake.",
        "the object has no @id",
        "Give it an @id that is the same every time; else it can neither be corrected \
         nor withdrawn.",
    ),
    text(
        Rule::RelativIri,
        "@id er relativ, og filen har ingen @base",
        "Skriv hele IRI-en, eller sett @base i konteksten.",
        "@id is relative, and the file has no @base",
        "Write the whole IRI, or set @base in the context.",
    ),
    text(
        Rule::SaksmappeMangler,
        "saksmappen er ikke med i filen: {value}",
        "Ta alltid med saksmappen. Uten den svarer eInnsyn med en advarsel.",
        "the saksmappe is not in the file: {value}",
        "Always include the saksmappe. Without it eInnsyn answers with a warning.",
    ),
    text(
        Rule::MoetemappeMangler,
        "møtemappen er ikke med i filen: {value}",
        "En møtesak må sendes sammen med møtemappen.",
        "the møtemappe is not in the file: {value}",
        "A møtesak must be sent together with its møtemappe.",
    ),
    text(
        Rule::ForelderMangler,
        "det mappen ligger i, er ikke med i filen: {value}",
        "Ta med arkiv, arkivdel eller klasse, eller utelat parent.",
        "what the mappe lies in is not in the file: {value}",
        "Include the arkiv, arkivdel or klasse, or leave parent out.",
    ),
    text(
        Rule::Identitetsnummer,
        "{path} inneholder et fødselsnummer eller D-nummer",
        "Fjern nummeret. Det skal aldri publiseres, heller ikke i _SENSITIV.",
        "{path} holds a national identity number",
        "Take the number away. It is never to be published, nor in _SENSITIV.",
    ),
    text(
        Rule::VaskByttet,
        "{path} og {path}_SENSITIV er byttet om",
        "Navnet skal stå i {path}_SENSITIV, og ***** i {path}.",
        "{path} and {path}_SENSITIV are swapped",
        "The name belongs in {path}_SENSITIV, and ***** in {path}.",
    ),
    text(
        Rule::UvasketNavn,
        "{path} ser ut til å ha et navn som {path}_SENSITIV ikke har",
        "Er det et personnavn, skal det stå i {path}_SENSITIV, og ***** i {path}.",
        "{path} seems to hold a name that {path}_SENSITIV lacks",
        "If it is a person's, it belongs in {path}_SENSITIV, and ***** in {path}.",
    ),
    text(
        Rule::TrekkUtenMeta,
        "grafen er ikke erklært i http://data.einnsyn.no/graf/meta",
        "La metagrafen si at grafen er en \
         http://data.einnsyn.no/graftype/TrekkeTilbakeGraf.",
        "the graph is not declared in http://data.einnsyn.no/graf/meta",
        "Let the meta graph say that it is a \
         http://data.einnsyn.no/graftype/TrekkeTilbakeGraf.",
    ),
    text(
        Rule::TrekkTomGraf,
        "grafen er erklært, men har ingenting i seg",
        "Ta med objektene som skal trekkes tilbake, hvert med @id og @type.",
        "the graph is declared, but has nothing in it",
        "Put in the objects to be withdrawn, each with @id and @type.",
    ),
    text(
        Rule::UkjentKode,
        "{path} har en ukjent verdi: {value}",
        "Bruk {expected}.",
        "{path} has an unknown value: {value}",
        "Use {expected}.",
    ),
    text(
        Rule::ManglerOrgnr,
        "PI.ORGNR mangler",
        "Fyll ut PI.ORGNR; sakene får sin IRI av det.",
        "PI.ORGNR is missing",
        "Fill in PI.ORGNR; the cases get their IRIs from it.",
    ),
    text(
        Rule::HtmlEntitet,
        "bestillingen har HTML-koder som ikke er XML; de ble byttet ut",
        "Ingenting trengs. Feilen er hos avsenderen.",
        "the order has entities of HTML that are not XML's; they were replaced",
        "Nothing is needed. The fault is the sender's.",
    ),
    text(
        Rule::Tegnsett,
        "filen oppgir tegnsettet {note}, men er skrevet i et annet",
        "Se etter at æ, ø og å er riktige. Avsenderen bør rette tegnsettet.",
        "the file says that it is {note}, but was written in another encoding",
        "See that æ, ø and å are right. The sender should mend the encoding.",
    ),
    text(
        Rule::Antall,
        "{path} mangler",
        "{path} må være fylt ut.",
        "{path} is missing",
        "{path} must be filled in.",
    ),
    text(
        Rule::Oppsett,
        "teksten er ikke et innsynskrav: linjen «Til: …» mangler",
        "Er det en feilmelding fra en tjener, hent meldingen på nytt.",
        "the text is no innsynskrav: the line \"Til: …\" is missing",
        "If it is a server's error page, fetch the message again.",
    ),
    text(
        Rule::StatusIkkeJson,
        "status er ren tekst og sier ikke sikkert om noe ble publisert",
        "Søk opp dokumentet på einnsyn.no.",
        "status is plain text and does not say for sure whether anything was published",
        "Look the document up on einnsyn.no.",
    ),
    text(
        Rule::StatusIkkeTekst,
        "status er et objekt, ikke en tekst med JSON i",
        "Ingenting trengs. Det ble lest likevel.",
        "status is an object, not a text with JSON in it",
        "Nothing is needed. It was read all the same.",
    ),
    text(
        Rule::YtreJsonReparert,
        "kvitteringen er ikke gyldig JSON; status ble klippet ut",
        "Ingenting trengs. Feilen er hos avsenderen.",
        "the kvittering is not valid JSON; status was cut out of it",
        "Nothing is needed. The fault is the sender's.",
    ),
    text(
        Rule::IndreJsonReparert,
        "status er ikke gyldig JSON; kontrolltegn ble tillatt",
        "Ingenting trengs. Feilen er hos avsenderen.",
        "status is not valid JSON; control characters were let through",
        "Nothing is needed. The fault is the sender's.",
    ),
    text(
        Rule::UkjentAlvorlighetsgrad,
        "alvorlighetsgrad {value} er ikke kjent",
        "Les valideringsfeilene; om dokumentet ble publisert, er ikke sagt.",
        "alvorlighetsgrad {value} is not known",
        "Read the valideringsfeil; whether the document was published is not said.",
    ),
    text(
        Rule::IngenKvittering,
        "filen har ingen einnsyn_kvittering",
        "Ventet {\"einnsyn_kvittering\": {…}}, med eller uten konvolutt.",
        "the file has no einnsyn_kvittering",
        "Expected {\"einnsyn_kvittering\": {…}}, with or without an envelope.",
    ),
    text(
        Rule::SkjermingUtenHjemmel,
        "unntatt offentlighet uten skjermingshjemmel",
        "Fyll ut skjermingshjemmel, for eksempel «Offl. § 13 jf. fvl. § 13 (1) nr. 1».",
        "withheld without skjermingshjemmel",
        "Fill in skjermingshjemmel, \"Offl. § 13 jf. fvl. § 13 (1) nr. 1\" for example.",
    ),
    text(
        Rule::ForStorMelding,
        "meldingen blir omtrent {value} byte på linjen; {expected} er anbefalt",
        "Del den: én registrering per melding.",
        "the message will be about {value} bytes on the wire; {expected} is recommended",
        "Split it: one registrering a message.",
    ),
    text(
        Rule::MeldtAvEinnsyn,
        "eInnsyn har før meldt feil på {path}: {note}",
        "Se etter at {path} er fylt ut og viser til noe som er med i filen.",
        "eInnsyn has complained of {path} before: {note}",
        "See that {path} is filled in and points to something in the file.",
    ),
];
