//! Table: all that the pages say: bokmål, nynorsk, English.

pages::words! {
    // The frame.
    site: "Innsynsklienten", "Innsynsklienten", "The klient";
    site_note: "Det som fylles ut her, publiseres på eInnsyn når en annen har godkjent det.", "Det som vert fylt ut her, vert publisert på eInnsyn når ein annan har godkjent det.", "What is filled in here is published on eInnsyn when somebody else has approved it.";
    skip: "Hopp til innholdet", "Hopp til innhaldet", "Skip to content";
    menu: "Hovedmeny", "Hovudmeny", "Main menu";
    languages: "Språk", "Språk", "Language";
    nav_list: "Oversikt", "Oversikt", "Overview";
    new_post: "Ny journalpost", "Ny journalpost", "New journal entry";
    new_meeting: "Nytt møte", "Nytt møte", "New meeting";
    logged_in_as: "Innlogget som {n}", "Innlogga som {n}", "Logged in as {n}";
    log_out: "Logg ut", "Logg ut", "Log out";

    // Log in.
    log_in: "Logg inn", "Logg inn", "Log in";
    log_in_lead: "Her fyller du ut og godkjenner det som skal publiseres på eInnsyn.", "Her fyller du ut og godkjenner det som skal publiserast på eInnsyn.", "Here you fill in and approve what is to be published on eInnsyn.";
    user_name: "Brukernavn", "Brukarnamn", "User name";
    password: "Passord", "Passord", "Password";
    log_in_refused: "Brukernavnet eller passordet er ikke riktig. Prøv en gang til.", "Brukarnamnet eller passordet er ikkje rett. Prøv ein gong til.", "The user name or the password is not right. Try once more.";
    log_in_again: "Du er logget ut. Logg inn igjen; det du skrev, er tatt vare på.", "Du er logga ut. Logg inn att; det du skreiv, er teke vare på.", "You are logged out. Log in again; what you typed is kept.";
    go_on: "Fortsett", "Hald fram", "Continue";
    go_on_lead: "Du er logget inn igjen. Fortsett for å sende inn det du skrev.", "Du er logga inn att. Hald fram for å sende inn det du skreiv.", "You are logged in again. Continue to hand in what you typed.";

    // The overview.
    list_title: "Journalposter og møter", "Journalpostar og møte", "Journal entries and meetings";
    list_lead: "Fyll ut, få det godkjent av en annen, og følg det til det er publisert.", "Fyll ut, få det godkjent av ein annan, og følg det til det er publisert.", "Fill in, have it approved by somebody else, and follow it until it is published.";
    list_none: "Her er ingenting ennå. Begynn med en ny journalpost eller et nytt møte.", "Her er ingenting enno. Start med ein ny journalpost eller eit nytt møte.", "There is nothing here yet. Begin with a new journal entry or a new meeting.";
    untitled: "(uten tittel)", "(utan tittel)", "(no title)";
    stand_draft: "Utkast", "Utkast", "Draft";
    stand_waiting: "Venter på godkjenning", "Ventar på godkjenning", "Waiting for approval";
    stand_underway: "På vei", "På veg", "On its way";
    stand_refused: "Avvist", "Avvist", "Refused";
    stand_published: "Publisert", "Publisert", "Published";
    stand_withdrawn: "Trukket tilbake", "Trekt tilbake", "Withdrawn";
    column_title: "Tittel", "Tittel", "Title";
    column_kind: "Type", "Type", "Type";
    column_by: "Sist endret av", "Sist endra av", "Last changed by";
    column_when: "Når", "Når", "When";

    // What is asked for.
    case: "Sak", "Sak", "Case";
    case_year: "Saksår", "Saksår", "Case year";
    case_number: "Saksnummer i året", "Saksnummer i året", "Case number in the year";
    case_title: "Sakens tittel", "Tittelen på saka", "Title of the case";
    unit: "Administrativ enhet", "Administrativ eining", "Administrative unit";
    post: "Journalpost", "Journalpost", "Journal entry";
    post_type: "Type", "Type", "Type";
    title: "Tittel", "Tittel", "Title";
    journal_date: "Journaldato", "Journaldato", "Journal date";
    document_date: "Dokumentets dato", "Datoen på dokumentet", "Date of the document";
    journal_year: "Journalår", "Journalår", "Journal year";
    journal_sequence: "Journalsekvensnummer", "Journalsekvensnummer", "Journal sequence number";
    post_number: "Journalpostnummer", "Journalpostnummer", "Journal entry number";
    post_number_hint: "Nummeret i saken: 1 for det første dokumentet.", "Nummeret i saka: 1 for det første dokumentet.", "The number in the case: 1 for the first document.";
    party: "Part", "Part", "Party";
    party_type: "Rolle", "Rolle", "Role";
    name: "Navn", "Namn", "Name";
    case_worker: "Saksbehandler", "Saksbehandlar", "Case worker";
    withheld: "Skjerming", "Skjerming", "Withheld";
    restriction: "Tilgang", "Tilgang", "Access";
    law: "Hjemmel", "Heimel", "Legal basis";
    law_hint: "For eksempel: Offl. § 13 jf. fvl. § 13 (1) nr. 1", "Til dømes: Offl. § 13 jf. fvl. § 13 (1) nr. 1", "For example: Offl. § 13 jf. fvl. § 13 (1) nr. 1";
    document: "Dokument", "Dokument", "Document";
    document_role: "Rolle", "Rolle", "Role";
    file: "Lenke til filen", "Lenkje til fila", "Link to the file";
    file_hint: "Bare for dokumenter som ligger åpent på nettet. eInnsyn henter filen derfra; uten lenke må den bestilles.", "Berre for dokument som ligg ope på nettet. eInnsyn hentar fila derifrå; utan lenkje må ho tingast.", "Only for documents that are open on the web. eInnsyn fetches the file from there; without a link it must be ordered.";
    meeting: "Møte", "Møte", "Meeting";
    committee: "Utvalg", "Utval", "Committee";
    meeting_date: "Møtedato", "Møtedato", "Date of the meeting";
    meeting_hour: "Klokkeslett", "Klokkeslett", "Time";
    meeting_number: "Møtenummer", "Møtenummer", "Number of the meeting";
    meeting_place: "Sted", "Stad", "Place";
    video: "Lenke til video", "Lenkje til video", "Link to video";
    matter: "Sak til møtet", "Sak til møtet", "Matter";
    matter_type: "Sakstype", "Sakstype", "Type of matter";
    matter_year: "Møtesaksår", "Møtesaksår", "Year of the matter";
    matter_number: "Møtesakssekvensnummer", "Møtesakssekvensnummer", "Number of the matter in the year";
    paper: "Møtedokument", "Møtedokument", "Meeting document";
    paper_type: "Dokumenttype", "Dokumenttype", "Type of document";
    half_sensitive: "fullt ut", "fullt ut", "in full";
    half_washed: "vasket", "vaska", "washed";
    washed_help: "Teksten fullt ut kan søkes fram i ett år. Den vaskede står for alltid, og skal ikke si noe om hvem det gjelder: skriv ***** der et navn står.", "Teksten fullt ut kan søkjast fram i eitt år. Den vaska står for alltid, og skal ikkje seie noko om kven det gjeld: skriv ***** der eit namn står.", "The text in full can be found for one year. The washed one stays for ever and shall not say who it is about: write ***** where a name stands.";
    choose: "Velg", "Vel", "Choose";
    needed: "må fylles ut", "må fyllast ut", "required";

    // Buttons of a form.
    save: "Lagre utkast", "Lagre utkast", "Save draft";
    check: "Kontroller", "Kontroller", "Check";
    hand_in: "Send til godkjenning", "Send til godkjenning", "Send for approval";
    add: "Legg til: {n}", "Legg til: {n}", "Add: {n}";
    remove: "Fjern", "Fjern", "Remove";
    up: "Flytt opp", "Flytt opp", "Move up";
    down: "Flytt ned", "Flytt ned", "Move down";
    propose: "Foreslå på nytt", "Foreslå på nytt", "Propose again";
    discard: "Slett utkastet", "Slett utkastet", "Delete the draft";

    // What is found.
    wrong_summary: "Dette må rettes", "Dette må rettast", "This must be mended";
    missing: "{felt} er ikke fylt ut.", "{felt} er ikkje fylt ut.", "{felt} is not filled in.";
    no_address: "Dette er ingen nettadresse.", "Dette er inga nettadresse.", "This is no web address.";
    no_address_hint: "Skriv hele adressen, med https:// foran.", "Skriv heile adressa, med https:// framfor.", "Write the whole address, with https:// in front.";
    no_number: "Dette er ikke et helt tall.", "Dette er ikkje eit heilt tal.", "This is no whole number.";
    no_number_hint: "Skriv bare sifre.", "Skriv berre siffer.", "Write digits only.";
    no_date: "Dette er ingen dato som finnes.", "Dette er ingen dato som finst.", "This is no date that exists.";
    no_date_hint: "Skriv år, måned og dag, for eksempel 2026-03-05.", "Skriv år, månad og dag, til dømes 2026-03-05.", "Write year, month and day, 2026-03-05 for example.";
    two_main: "Her er mer enn ett hoveddokument.", "Her er meir enn eitt hovuddokument.", "There is more than one main document.";
    two_main_hint: "La ett dokument være hoveddokument, og de andre vedlegg.", "La eitt dokument vere hovuddokument, og dei andre vedlegg.", "Let one document be the main one, and the others attachments.";
    identity: "Her står et fødselsnummer eller D-nummer.", "Her står eit fødselsnummer eller D-nummer.", "Here is a national identity number.";
    identity_hint: "Ta det bort. Det skal aldri publiseres, heller ikke fullt ut.", "Ta det bort. Det skal aldri publiserast, heller ikkje fullt ut.", "Take it away. It is never to be published, nor in full.";
    swapped: "De to tekstene er byttet om.", "Dei to tekstane er bytte om.", "The two texts are swapped.";
    swapped_hint: "Navnet hører til i teksten fullt ut, og ***** i den vaskede.", "Namnet høyrer til i teksten fullt ut, og ***** i den vaska.", "The name belongs in the text in full, and ***** in the washed one.";
    unwashed: "Den vaskede teksten ser ut til å ha et navn som den andre ikke har.", "Den vaska teksten ser ut til å ha eit namn som den andre ikkje har.", "The washed text seems to hold a name that the other lacks.";
    unwashed_hint: "Er det et personnavn, skriv ***** i stedet.", "Er det eit personnamn, skriv ***** i staden.", "If it is a person's, write ***** in its place.";
    no_law: "Unntatt offentlighet uten hjemmel.", "Unnateke offentlegheit utan heimel.", "Withheld without a legal basis.";
    complained: "eInnsyn har meldt feil her før: {ord}", "eInnsyn har meldt feil her før: {ord}", "eInnsyn has complained of this before: {ord}";
    level_error: "Feil", "Feil", "Error";
    level_warning: "Råd", "Råd", "Advice";
    checked_none: "Ingen feil funnet.", "Ingen feil funne.", "No errors found.";
    checked: "Feil: {n}", "Feil: {n}", "Errors: {n}";
    check_failed: "Kontrollen svarte ikke. Lagre utkastet, og last siden på nytt.", "Kontrollen svara ikkje. Lagre utkastet, og last sida på nytt.", "The check did not answer. Save the draft and load the page again.";

    // A form that is read.
    approve: "Godkjenn og send", "Godkjenn og send", "Approve and send";
    approve_lead: "Les gjennom. Det du godkjenner, blir sendt til eInnsyn med det samme.", "Les gjennom. Det du godkjenner, vert sendt til eInnsyn med det same.", "Read it through. What you approve is sent to eInnsyn at once.";
    seen: "Jeg har sett det som er merket, og det kan publiseres slik det står.", "Eg har sett det som er merkt, og det kan publiserast slik det står.", "I have seen what is marked, and it may be published as it stands.";
    hand_back: "Send tilbake", "Send tilbake", "Send back";
    note: "Hva må rettes?", "Kva må rettast?", "What must be mended?";
    take_back: "Hent tilbake til utkast", "Hent tilbake til utkast", "Take back to draft";
    correct: "Rett", "Rett", "Correct";
    correct_lead: "En rettelse erstatter hele det som er publisert, når en annen har godkjent den.", "Ei retting erstattar heile det som er publisert, når ein annan har godkjent ho.", "A correction replaces all that is published, when somebody else has approved it.";
    withdraw: "Trekk tilbake", "Trekk tilbake", "Withdraw";
    withdraw_lead: "Det som er publisert herfra, tas bort fra eInnsyn med det samme. Ingen andre trenger å godkjenne det.", "Det som er publisert herifrå, vert teke bort på eInnsyn med det same. Ingen andre treng å godkjenne det.", "What is published from here is taken away from eInnsyn at once. Nobody else need approve it.";
    why: "Hvorfor?", "Kvifor?", "Why?";
    messages: "Meldinger til eInnsyn", "Meldingar til eInnsyn", "Messages to eInnsyn";
    part_ready: "Skal sendes", "Skal sendast", "To be sent";
    part_sent: "Sendt", "Sendt", "Sent";
    part_received: "Kommet fram til eInnsyn", "Kome fram til eInnsyn", "Arrived at eInnsyn";
    part_delivered: "Tatt imot av eInnsyn", "Teke imot av eInnsyn", "Taken in by eInnsyn";
    part_published: "Publisert", "Publisert", "Published";
    part_withdrawn: "Trukket tilbake", "Trekt tilbake", "Withdrawn";
    part_refused: "Avvist", "Avvist", "Refused";
    history: "Hva som er gjort", "Kva som er gjort", "What was done";
    did_save: "skrev", "skreiv", "wrote";
    did_hand_in: "sendte til godkjenning", "sende til godkjenning", "sent it for approval";
    did_take_back: "hentet tilbake", "henta tilbake", "took it back";
    did_return: "sendte tilbake", "sende tilbake", "sent it back";
    did_approve: "godkjente", "godkjende", "approved";
    did_correct: "begynte å rette", "tok til å rette", "began to correct";
    did_withdraw: "trakk tilbake", "trekte tilbake", "withdrew";

    // What was not done.
    not_found: "Finnes ikke", "Finst ikkje", "Not found";
    not_found_lead: "Siden finnes ikke, eller skjemaet er slettet.", "Sida finst ikkje, eller skjemaet er sletta.", "There is no such page, or the form was deleted.";
    wrong_title: "Det gikk ikke", "Det gjekk ikkje", "It was not done";
    wrong_origin: "Skjemaet kom fra et annet nettsted, og er ikke tatt imot.", "Skjemaet kom frå ein annan nettstad, og er ikkje teke imot.", "The form came from another site and was not taken.";
    wrong_role: "Brukeren din kan ikke gjøre dette.", "Brukaren din kan ikkje gjere dette.", "Your user may not do this.";
    wrong_form: "Skjemaet kom ikke helt fram. Gå tilbake, og prøv en gang til.", "Skjemaet kom ikkje heilt fram. Gå tilbake, og prøv ein gong til.", "The form did not arrive whole. Go back and try once more.";
    wrong_ours: "Noe er galt hos oss. Ingenting er sendt. Prøv igjen om litt.", "Noko er gale hos oss. Ingenting er sendt. Prøv igjen om litt.", "Something is wrong on our side. Nothing was sent. Try again in a while.";
    wrong_state: "Noen andre har gjort noe med dette skjemaet siden du åpnet siden. Slik er det nå.", "Nokon andre har gjort noko med dette skjemaet sidan du opna sida. Slik er det no.", "Somebody else has done something with this form since you opened the page. This is how it is now.";
    conflict: "Noen andre har lagret dette utkastet siden du åpnet det. Det du skrev, står her, men er ikke lagret. Lagrer du nå, erstatter det deres.", "Nokon andre har lagra dette utkastet sidan du opna det. Det du skreiv, står her, men er ikkje lagra. Lagrar du no, erstattar det deira.", "Somebody else has saved this draft since you opened it. What you typed stands here but is not saved. If you save now, it replaces theirs.";
    conflict_see: "Se det som er lagret", "Sjå det som er lagra", "See what is saved";
    four_eyes: "Du har selv skrevet på dette. En annen må godkjenne det.", "Du har sjølv skrive på dette. Ein annan må godkjenne det.", "You have written on this yourself. Somebody else must approve it.";
    mend_first: "Noe må rettes før det kan godkjennes.", "Noko må rettast før det kan godkjennast.", "Something must be mended before it can be approved.";
    say_seen: "Kryss av for at du har sett det som er merket, eller send tilbake.", "Kryss av for at du har sett det som er merkt, eller send tilbake.", "Tick that you have seen what is marked, or send it back.";
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_language_says_all_and_nynorsk_is_nynorsk() {
        assert_eq!(pages::faults(super::ALL), [""; 0]);
    }
}
