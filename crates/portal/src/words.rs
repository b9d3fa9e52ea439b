//! Table: all that the pages and mails say: bokmål, nynorsk, English.

pages::words! {
    // The frame.
    site: "Innsynsportalen", "Innsynsportalen", "Innsynsportalen";
    site_note: "Stedfortreder for einnsyn.no, til prøver og opplæring", "Stadfortredar for einnsyn.no, til prøvar og opplæring", "A stand-in for einnsyn.no, for tests and training";
    skip: "Hopp til innholdet", "Hopp til innhaldet", "Skip to content";
    menu: "Hovedmeny", "Hovudmeny", "Main menu";
    languages: "Språk", "Språk", "Language";
    nav_search: "Søk", "Søk", "Search";
    nav_calendar: "Møtekalender", "Møtekalender", "Meeting calendar";
    nav_bodies: "Virksomheter", "Verksemder", "Public bodies";
    nav_basket: "Innsynskurv", "Innsynskorg", "Request basket";
    nav_test: "Prøvebenk", "Prøvebenk", "Test console";
    foot_law: "Offentleglova gir alle rett til å be om innsyn i saksdokumentene til det offentlige. Du trenger ikke si hvem du er, eller hvorfor du spør.", "Offentleglova gir alle rett til å be om innsyn i saksdokumenta til det offentlege. Du treng ikkje seie kven du er, eller kvifor du spør.", "The Freedom of Information Act gives everyone the right to ask for the documents of public bodies. You need not say who you are, or why you ask.";
    breadcrumbs: "Du er her", "Du er her", "You are here";
    front: "Forsiden", "Framsida", "Front page";

    // Search.
    search_title: "Søk i offentlige journaler og møter", "Søk i offentlege journalar og møte", "Search public journals and meetings";
    search_lead: "Finn brev, saker og møter hos offentlige virksomheter, og be om innsyn i dokumentene.", "Finn brev, saker og møte hos offentlege verksemder, og be om innsyn i dokumenta.", "Find letters, cases and meetings of public bodies, and ask to see the documents.";
    search_label: "Hva leter du etter?", "Kva leitar du etter?", "What are you looking for?";
    search_hint: "Alle ordene må være med, i en eller annen form. Sett «anførselstegn» rundt ord som hører sammen, og * etter starten på et ord.", "Alle orda må vere med, i ei eller anna form. Set «hermeteikn» rundt ord som høyrer saman, og * etter starten på eit ord.", "All the words must be there, in any form. Put \"quotation marks\" around words that belong together, and * after the beginning of a word.";
    search_button: "Søk", "Søk", "Search";
    filters: "Avgrens søket", "Avgrens søket", "Narrow the search";
    filter_body: "Virksomhet", "Verksemd", "Public body";
    filter_all_bodies: "Alle virksomheter", "Alle verksemder", "All public bodies";
    filter_kind: "Type", "Type", "Type";
    filter_all_kinds: "Alle typer", "Alle typar", "All types";
    filter_from: "Fra og med", "Frå og med", "From";
    filter_to: "Til og med", "Til og med", "To";
    filter_bad_date: "Datoen {dato} kan ikke leses. Skriv år, måned og dag, for eksempel 2026-03-05.", "Datoen {dato} kan ikkje lesast. Skriv år, månad og dag, til dømes 2026-03-05.", "The date {dato} cannot be read. Write year, month and day, 2026-03-05 for example.";
    hits_none: "Ingen treff", "Ingen treff", "Nothing was found";
    hits_none_help: "Prøv færre ord, en annen form av ordet, eller en * etter starten på det. Fjern avgrensninger som ikke trengs.", "Prøv færre ord, ei anna form av ordet, eller ei * etter starten på det. Fjern avgrensingar som ikkje trengst.", "Try fewer words, another form of the word, or a * after its beginning. Remove filters that you do not need.";
    hits_one: "1 treff", "1 treff", "1 hit";
    hits: "{n} treff", "{n} treff", "{n} hits";
    hits_more: "Mer enn {n} treff", "Meir enn {n} treff", "More than {n} hits";
    hits_more_help: "Du kan bla i de {n} nyeste. Avgrens søket for å finne eldre.", "Du kan bla i dei {n} nyaste. Avgrens søket for å finne eldre.", "You can page through the newest {n}. Narrow the search to find older ones.";
    newest: "Nyeste dokumenter", "Nyaste dokument", "Newest documents";
    nothing_yet: "Ingenting er publisert her ennå.", "Ingenting er publisert her enno.", "Nothing has been published here yet.";
    pages: "Sider med treff", "Sider med treff", "Pages of hits";
    page_previous: "Forrige side", "Førre side", "Previous page";
    page_next: "Neste side", "Neste side", "Next page";
    page_of: "Side {n} av {av}", "Side {n} av {av}", "Page {n} of {av}";
    feeds: "Følg dette søket:", "Følg dette søket:", "Follow this search:";
    withheld: "Unntatt offentlighet", "Unnateke offentlegheit", "Exempt from public access";
    full_text: "Fulltekst", "Fulltekst", "Full text";

    // A document, a case, a meeting, a body.
    in_case: "I saken", "I saka", "In the case";
    in_meeting: "I møtet", "I møtet", "In the meeting";
    case: "Sak", "Sak", "Case";
    case_number: "Saksnummer", "Saksnummer", "Case number";
    case_date: "Saksdato", "Saksdato", "Case date";
    case_responsible: "Saksansvarlig", "Saksansvarleg", "Case officer";
    case_documents: "Dokumenter i saken", "Dokument i saka", "Documents in the case";
    document_number: "Dokumentnummer", "Dokumentnummer", "Document number";
    journal_number: "Journalnummer", "Journalnummer", "Journal number";
    journal_date: "Journalført", "Journalført", "Entered in the journal";
    document_date: "Dokumentets dato", "Datoen på dokumentet", "Date of the document";
    unit: "Enhet", "Eining", "Unit";
    handler: "Saksbehandler", "Saksbehandlar", "Case worker";
    published: "Publisert", "Publisert", "Published";
    changed: "Sist endret", "Sist endra", "Last changed";
    law: "Hjemmel", "Heimel", "Legal basis";
    law_missing: "Hjemmelen er ikke oppgitt", "Heimelen er ikkje oppgitt", "No legal basis is given";
    parties: "Avsendere og mottakere", "Avsendarar og mottakarar", "Senders and receivers";
    documents: "Dokumenter", "Dokument", "Documents";
    documents_none: "Ingen dokumenter er beskrevet.", "Ingen dokument er skildra.", "No documents are described.";
    facts: "Opplysninger", "Opplysningar", "Details";
    open_file: "Åpne dokumentet", "Opne dokumentet", "Open the document";
    ask_title: "Be om innsyn", "Be om innsyn", "Ask for access";
    ask_lead: "Legg dokumentet i innsynskurven. Når du har funnet alt du vil se, sender du ett innsynskrav.", "Legg dokumentet i innsynskorga. Når du har funne alt du vil sjå, sender du eitt innsynskrav.", "Put the document in the basket. When you have found all that you want to see, send one request.";
    ask_add: "Legg i innsynskurven", "Legg i innsynskorga", "Add to the basket";
    ask_there: "Dokumentet ligger i innsynskurven.", "Dokumentet ligg i innsynskorga.", "The document is in the basket.";
    ask_go: "Gå til innsynskurven", "Gå til innsynskorga", "Go to the basket";
    meeting: "Møte", "Møte", "Meeting";
    meeting_when: "Tid", "Tid", "Time";
    meeting_clock: "kl. {n}", "kl. {n}", "at {n}";
    meeting_undated: "Ikke tidfestet", "Ikkje tidfesta", "Not dated";
    meeting_where: "Sted", "Stad", "Place";
    meeting_number: "Møtenummer", "Møtenummer", "Meeting number";
    meeting_body: "Utvalg", "Utval", "Committee";
    meeting_video: "Se møtet på video", "Sjå møtet på video", "Watch the meeting";
    agenda: "Saksliste", "Sakliste", "Agenda";
    agenda_empty: "Ingen saker er publisert ennå.", "Ingen saker er publiserte enno.", "No matters have been published yet.";
    agenda_documents: "Møtedokumenter", "Møtedokument", "Meeting documents";
    matter_number: "Sak {n}", "Sak {n}", "Matter {n}";
    matters: "{n} saker", "{n} saker", "{n} matters";
    matters_one: "1 sak", "1 sak", "1 matter";
    calendar_title: "Møtekalender", "Møtekalender", "Meeting calendar";
    calendar_month: "Møter i {n}", "Møte i {n}", "Meetings in {n}";
    calendar_none: "Ingen møter er publisert for denne måneden.", "Ingen møte er publiserte for denne månaden.", "No meetings have been published for this month.";
    calendar_previous: "Forrige måned", "Førre månad", "Previous month";
    calendar_next: "Neste måned", "Neste månad", "Next month";
    calendar_pick: "Måned", "Månad", "Month";
    calendar_show: "Vis", "Vis", "Show";
    bodies_title: "Virksomheter", "Verksemder", "Public bodies";
    bodies_lead: "Disse virksomhetene publiserer her og tar imot innsynskrav.", "Desse verksemdene publiserer her og tek imot innsynskrav.", "These bodies publish here and take requests for access.";
    body_number: "Organisasjonsnummer", "Organisasjonsnummer", "Organisation number";
    body_mail: "E-post", "E-post", "E-mail";
    body_handled: "Innsynskrav blir håndtert av", "Innsynskrav vert handterte av", "Requests are handled by";
    body_published: "Publisert her", "Publisert her", "Published here";
    body_meetings: "Kommende møter", "Kommande møte", "Coming meetings";
    body_search: "Søk hos virksomheten", "Søk hos verksemda", "Search this body";

    // Basket and order.
    basket_title: "Innsynskurven", "Innsynskorga", "Request basket";
    basket_empty: "Innsynskurven er tom. Søk etter dokumenter og legg dem her.", "Innsynskorga er tom. Søk etter dokument og legg dei her.", "The basket is empty. Search for documents and put them here.";
    basket_lead: "Innsynskravet går til hver virksomhet som har dokumenter i kurven.", "Innsynskravet går til kvar verksemd som har dokument i korga.", "The request goes to each body that has documents in the basket.";
    basket_full: "Kurven har plass til {n} dokumenter. Send dette innsynskravet først.", "Korga har plass til {n} dokument. Send dette innsynskravet først.", "The basket has room for {n} documents. Send this request first.";
    basket_remove: "Fjern", "Fjern", "Remove";
    basket_clear: "Tøm kurven", "Tøm korga", "Empty the basket";
    order_title: "Send innsynskrav", "Send innsynskrav", "Send the request";
    order_epost: "E-postadressen du vil ha svaret til", "E-postadressa du vil ha svaret til", "The e-mail address for the answer";
    order_epost_hint: "Virksomhetene svarer til denne adressen. Vi sender den en lenke som du må følge før kravet går videre.", "Verksemdene svarar til denne adressa. Vi sender henne ei lenkje som du må følgje før kravet går vidare.", "The bodies answer to this address. We send it a link that you must follow before the request goes on.";
    order_button: "Send innsynskravet", "Send innsynskravet", "Send the request";
    order_off: "Denne portalen er ikke satt opp til å sende e-post, og kan ikke ta imot innsynskrav.", "Denne portalen er ikkje sett opp til å sende e-post, og kan ikkje ta imot innsynskrav.", "This portal is not set up to send e-mail, and cannot take requests.";
    refusal_documents: "Velg mellom ett og femti dokumenter.", "Vel mellom eitt og femti dokument.", "Choose between one and fifty documents.";
    refusal_gone: "Et av dokumentene er ikke publisert lenger. Fjern det fra kurven.", "Eitt av dokumenta er ikkje publisert lenger. Fjern det frå korga.", "One of the documents is no longer published. Remove it from the basket.";
    refusal_address: "E-postadressen må se ut som navn@eksempel.no.", "E-postadressa må sjå ut som namn@eksempel.no.", "The e-mail address must look like name@example.com.";
    refusal_body: "En av virksomhetene tar ikke imot innsynskrav her.", "Ei av verksemdene tek ikkje imot innsynskrav her.", "One of the bodies takes no requests here.";
    refusal_unverified: "Et innsynskrav fra denne adressen venter på å bli bekreftet. Følg lenken i e-posten, eller prøv igjen om en time.", "Eit innsynskrav frå denne adressa ventar på å bli stadfesta. Følg lenkja i e-posten, eller prøv igjen om éin time.", "A request from this address waits to be confirmed. Follow the link in the e-mail, or try again in an hour.";
    refusal_too_many: "Det kommer for mange innsynskrav akkurat nå. Prøv igjen om litt.", "Det kjem for mange innsynskrav akkurat no. Prøv igjen om litt.", "Too many requests are coming in just now. Try again in a while.";
    verify_title: "Bekreft innsynskravet", "Stadfest innsynskravet", "Confirm the request";
    verify_lead: "Trykk på knappen for å sende innsynskravet til virksomhetene.", "Trykk på knappen for å sende innsynskravet til verksemdene.", "Press the button to send the request to the bodies.";
    verify_button: "Bekreft og send", "Stadfest og send", "Confirm and send";
    verify_gone: "Lenken gjelder ikke. Den er brukt, for gammel eller skrevet feil.", "Lenkja gjeld ikkje. Ho er brukt, for gammal eller skriven feil.", "The link is not valid. It has been used, is too old, or was written wrongly.";
    status_title: "Innsynskravet ditt", "Innsynskravet ditt", "Your request";
    status_wait: "Innsynskravet må bekreftes", "Innsynskravet må stadfestast", "The request must be confirmed";
    status_wait_lead: "Vi har sendt en e-post til {epost}. Følg lenken i den innen sju dager; da går innsynskravet videre.", "Vi har sendt ein e-post til {epost}. Følg lenkja i han innan sju dagar; då går innsynskravet vidare.", "We have sent an e-mail to {epost}. Follow the link in it within seven days, and the request goes on.";
    status_wait_test: "Portalen er i prøvedrift. I stedet for en e-post er lenken her:", "Portalen er i prøvedrift. I staden for ein e-post er lenkja her:", "The portal is on trial. Instead of an e-mail, here is the link:";
    status_sent_lead: "Svaret kommer på e-post til {epost}. Ta vare på adressen til denne siden; her ser du hvor langt kravet er kommet.", "Svaret kjem på e-post til {epost}. Ta vare på adressa til denne sida; her ser du kor langt kravet er kome.", "The answer comes by e-mail to {epost}. Keep the address of this page; here you see how far the request has come.";
    status_ordered: "Bestilt", "Bestilt", "Ordered";
    status_id: "Bestillingsnummer", "Bestillingsnummer", "Order number";
    status_steps: "Hendelser", "Hendingar", "Events";
    state_waiting: "Venter på å bli sendt", "Ventar på å bli sendt", "Waits to be sent";
    state_sent: "Sendt, ikke kommet fram ennå", "Sendt, ikkje kome fram enno", "Sent, not arrived yet";
    state_arrived: "Kommet fram til virksomheten", "Kome fram til verksemda", "Arrived at the body";
    state_delivered: "Mottatt av virksomheten", "Motteke av verksemda", "Received by the body";
    state_stuck: "Har stoppet", "Har stoppa", "Has stopped";
    why_sending: "Vi får ikke sendt det akkurat nå, og prøver igjen.", "Vi får ikkje sendt det akkurat no, og prøver igjen.", "We cannot send it just now, and try again.";
    why_not_fetched: "Virksomheten har ikke hentet det på over et døgn. Det ligger trygt og venter. Haster det, kan du ringe dem.", "Verksemda har ikkje henta det på over eitt døgn. Det ligg trygt og ventar. Hastar det, kan du ringje dei.", "The body has not fetched it for more than a day. It waits in safety. If it is urgent, call them.";
    why_not_taken: "Det er kommet fram, men ingen har tatt det inn i saksbehandlingen på over et døgn.", "Det er kome fram, men ingen har teke det inn i saksbehandlinga på over eitt døgn.", "It has arrived, but nobody has taken it in for more than a day.";
    why_expired: "Virksomheten hentet det ikke innen fristen. Send innsynskravet på nytt, eller ta kontakt med virksomheten.", "Verksemda henta det ikkje innan fristen. Send innsynskravet på nytt, eller ta kontakt med verksemda.", "The body did not fetch it in time. Send the request again, or contact the body.";
    why_failed: "Det kunne ikke leveres. Send innsynskravet på nytt, eller ta kontakt med virksomheten.", "Det kunne ikkje leverast. Send innsynskravet på nytt, eller ta kontakt med verksemda.", "It could not be delivered. Send the request again, or contact the body.";
    why_delivered: "Virksomheten skal svare uten ugrunnet opphold, som regel innen tre virkedager.", "Verksemda skal svare utan ugrunna opphald, som regel innan tre yrkedagar.", "The body must answer without undue delay, as a rule within three working days.";
    asked_for: "Dokumenter det er bedt om", "Dokument det er bede om", "Documents asked for";

    // Mails.
    mail_verify_subject: "Bekreft innsynskravet ditt", "Stadfest innsynskravet ditt", "Confirm your request for access";
    mail_verify: "Hei,\n\nnoen har bedt om innsyn i {n} dokumenter på {site} og oppgitt denne adressen.\n\nVar det deg? Åpne lenken og trykk på knappen, så går innsynskravet videre:\n\n{link}\n\nLenken gjelder i sju dager. Var det ikke deg, trenger du ikke gjøre noe.\n", "Hei,\n\nnokon har bede om innsyn i {n} dokument på {site} og oppgitt denne adressa.\n\nVar det deg? Opne lenkja og trykk på knappen, så går innsynskravet vidare:\n\n{link}\n\nLenkja gjeld i sju dagar. Var det ikkje deg, treng du ikkje gjere noko.\n", "Hello,\n\nsomebody has asked for access to {n} documents on {site} and given this address.\n\nWas it you? Open the link and press the button, and the request goes on:\n\n{link}\n\nThe link is valid for seven days. If it was not you, you need not do anything.\n";
    mail_sent_subject: "Innsynskravet ditt er på vei", "Innsynskravet ditt er på veg", "Your request is on its way";
    mail_sent: "Hei,\n\ninnsynskravet ditt går nå til:\n\n{til}\n\nVirksomhetene svarer deg direkte. Her ser du hvor langt kravet er kommet:\n\n{link}\n", "Hei,\n\ninnsynskravet ditt går no til:\n\n{til}\n\nVerksemdene svarar deg direkte. Her ser du kor langt kravet er kome:\n\n{link}\n", "Hello,\n\nyour request now goes to:\n\n{til}\n\nThe bodies answer you directly. Here you see how far the request has come:\n\n{link}\n";

    // When something is wrong.
    wrong_title: "Det gikk ikke", "Det gjekk ikkje", "That did not work";
    wrong_ours: "Noe gikk galt hos oss. Prøv igjen om litt.", "Noko gjekk gale hos oss. Prøv igjen om litt.", "Something went wrong on our side. Try again in a while.";
    wrong_form: "Skjemaet kan ikke leses. Gå tilbake og prøv igjen.", "Skjemaet kan ikkje lesast. Gå tilbake og prøv igjen.", "The form cannot be read. Go back and try again.";
    wrong_origin: "Skjemaet kom fra et annet nettsted. Gå til siden hos oss og prøv igjen.", "Skjemaet kom frå ein annan nettstad. Gå til sida hos oss og prøv igjen.", "The form came from another site. Go to the page here and try again.";
    not_found: "Siden finnes ikke", "Sida finst ikkje", "There is no such page";
    not_found_lead: "Kanskje er dokumentet trukket tilbake, eller adressen skrevet feil.", "Kanskje er dokumentet trekt tilbake, eller adressa skriven feil.", "Perhaps the document has been withdrawn, or the address is wrong.";
    withdrawn_title: "Trukket tilbake", "Trekt tilbake", "Withdrawn";
    withdrawn_lead: "Virksomheten trakk dokumentet tilbake {n}. Det er ikke publisert lenger.", "Verksemda trekte dokumentet tilbake {n}. Det er ikkje publisert lenger.", "The body withdrew the document on {n}. It is no longer published.";
    to_search: "Til søket", "Til søket", "To the search";

    // The test console.
    test_title: "Prøvebenk for integratorer", "Prøvebenk for integratorar", "Test console for integrators";
    test_lead: "Send hva som helst av det eInnsyn kan finne på å sende, og se hva som kom inn og hva som var galt med det.", "Send kva som helst av det eInnsyn kan finne på å sende, og sjå kva som kom inn og kva som var gale med det.", "Send anything that eInnsyn may send, and see what came in and what was wrong with it.";
    test_krav: "Send et innsynskrav", "Send eit innsynskrav", "Send an innsynskrav";
    test_receiver: "Mottaker", "Mottakar", "Receiver";
    test_owner: "Eier av dataene", "Eigar av dataa", "Owner of the data";
    test_owner_hint: "Forskjellig fra mottakeren når en annen håndterer innsynskravene (handteresAv).", "Ulik mottakaren når nokon andre handterer innsynskrava (handteresAv).", "Other than the receiver when somebody else handles the requests (handteresAv).";
    test_form: "Variant", "Variant", "Variant";
    test_iri: "IRI til et dokument", "IRI til eit dokument", "IRI of a document";
    test_iri_hint: "Tomt: oppdiktede dokumenter, eller det siste som ble publisert.", "Tomt: oppdikta dokument, eller det siste som vart publisert.", "Empty: invented documents, or the last that was published.";
    test_kvittering: "Send en kvittering", "Send ei kvittering", "Send a kvittering";
    test_imports: "Kommet inn", "Kome inn", "Came in";
    test_imports_none: "Ingenting er kommet inn ennå.", "Ingenting er kome inn enno.", "Nothing has come in yet.";
    test_sent: "Sendt herfra", "Sendt herifrå", "Sent from here";
    test_sent_none: "Ingenting er sendt herfra ennå.", "Ingenting er sendt herifrå enno.", "Nothing has been sent from here yet.";
    test_when: "Tid", "Tid", "Time";
    test_sender: "Avsender", "Avsendar", "Sender";
    test_content: "Innhold", "Innhald", "Content";
    test_verdict: "Dom", "Dom", "Verdict";
    test_outcome: "Hva som ble gjort", "Kva som vart gjort", "What was done";
    test_findings: "Funn", "Funn", "Findings";
    test_findings_none: "Ingen feil ble funnet.", "Ingen feil vart funne.", "No faults were found.";
    test_advice: "Råd", "Råd", "Advice";
    test_place: "Linje {n}, tegn {m}", "Linje {n}, teikn {m}", "Line {n}, column {m}";
    test_file: "Filen", "Fila", "The file";
    test_file_gone: "Filen er ikke tatt vare på så lenge.", "Fila er ikkje teken vare på så lenge.", "The file is not kept for so long.";
    test_message: "Melding", "Melding", "Message";
    test_order_xml: "order.xml", "order.xml", "order.xml";
    test_emailtext: "emailtext", "emailtext", "emailtext";
    test_done: "Sendt. Det står i listen nedenfor.", "Sendt. Det står i lista nedanfor.", "Sent. It is in the list below.";
    test_bad: "Organisasjonsnummeret kan ikke leses. Skriv ni siffer.", "Organisasjonsnummeret kan ikkje lesast. Skriv ni siffer.", "The organisation number cannot be read. Write nine digits.";
    v_v1: "order.xml versjon 1", "order.xml versjon 1", "order.xml version 1";
    v_v2: "order.xml versjon 2", "order.xml versjon 2", "order.xml version 2";
    v_old: "order.xml versjon 1 på gammel form (2017)", "order.xml versjon 1 på gammal form (2017)", "order.xml version 1 in the old form (2017)";
    v_duplicate: "Det samme kravet to ganger, med nye meldings-id-er", "Det same kravet to gonger, med nye meldings-id-ar", "The same request twice, with new message ids";
    v_expired: "Fristen går ut før noen kan hente det", "Fristen går ut før nokon kan hente det", "Expires before anybody can fetch it";
    v_escaped: "HTML-koder i emailtext og &nbsp; i order.xml", "HTML-kodar i emailtext og &nbsp; i order.xml", "HTML entities in emailtext and &nbsp; in order.xml";
    v_fifty: "Femti dokumenter", "Femti dokument", "Fifty documents";
    k_published: "A: publisert", "A: publisert", "A: published";
    k_refused: "A: ikke publisert", "A: ikkje publisert", "A: not published";
    k_warning: "B: advarsel med valideringsfeil", "B: åtvaring med valideringsfeil", "B: warning with valideringsfeil";
    k_other: "C: ren tekst", "C: rein tekst", "C: plain text";
    k_broken: "JSON som ikke er JSON (som i dokumentasjonen)", "JSON som ikkje er JSON (som i dokumentasjonen)", "JSON that is not JSON (as in the documentation)";
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_language_says_all_and_nynorsk_is_nynorsk() {
        assert_eq!(pages::faults(super::ALL), [""; 0]);
    }
}
