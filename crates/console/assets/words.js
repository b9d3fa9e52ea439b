// What the statuses mean, in plain words. Pure: no page, no network.

const STATES = {
  OPPRETTET: ["underway", "Opprettet"],
  SENDT: ["underway", "Sendt"],
  MOTTATT: ["underway", "Mottatt av den andre siden"],
  LEVERT: ["good", "Levert"],
  LEST: ["good", "Lest"],
  FEIL: ["bad", "Feilet"],
  ANNET: ["underway", "Annet"],
  INNKOMMENDE_MOTTATT: ["underway", "Venter på fagsystemet"],
  INNKOMMENDE_LEVERT: ["good", "Hentet av fagsystemet"],
  LEVETID_UTLOPT: ["bad", "Levetiden gikk ut"],
};

const TYPES = {
  innsynskrav: "Innsynskrav",
  publisering: "Publisering",
  einnsyn_kvittering: "Kvittering fra eInnsyn",
  status: "Statusmelding",
};

/** Colour and name of a status. One that we do not know keeps its own name. */
export function state(status) {
  return STATES[status] ?? ["underway", status];
}

/** The kind of message, from its document type. */
export function type(documentIdentifier) {
  const last = (documentIdentifier ?? "").split("::").pop();
  return TYPES[last] ?? (last || "Melding");
}

/** The newest status line, or none. */
export function latest(conversation) {
  return conversation.messageStatuses.reduce(
    (newest, line) => (newest && newest.id > line.id ? newest : line), undefined);
}

/** One or two sentences on where the message is, and who must do what. */
export function explain(conversation) {
  const seen = new Map(conversation.messageStatuses.map((line) => [line.status, line]));
  const incoming = conversation.direction === "INCOMING";
  const reason = (line) => (line.description ? ` Årsak: ${line.description}` : "");
  if (seen.has("LEVERT") || seen.has("LEST")) {
    return "Mottakerens fagsystem har hentet meldingen.";
  }
  if (seen.has("INNKOMMENDE_LEVERT")) return "Fagsystemet har hentet meldingen.";
  if (seen.has("FEIL")) {
    return (incoming
      ? "Meldingen kom fram, men pakken kunne ikke åpnes. Avsenderen må sende på nytt, eller nøkkelen den ble kryptert til må legges inn."
      : "Meldingen kom ikke fram. Rett årsaken og send den på nytt.") + reason(seen.get("FEIL"));
  }
  if (seen.has("LEVETID_UTLOPT")) {
    return incoming
      ? "Fristen som avsenderen satte, gikk ut før fagsystemet hentet meldingen."
      : "Fristen gikk ut før mottakeren hentet meldingen. Den må sendes på nytt.";
  }
  if (seen.has("INNKOMMENDE_MOTTATT")) {
    return "Meldingen er lagret her og venter på at fagsystemet henter den.";
  }
  if (seen.has("MOTTATT")) {
    return "Mottakerens aksesspunkt har meldingen. Fagsystemet der har ikke hentet den ennå.";
  }
  if (seen.has("SENDT")) {
    return "Meldingstjenesten har meldingen. Mottakerens aksesspunkt har ikke hentet den ennå.";
  }
  return "Meldingen er opprettet, men ikke sendt. Enten er den ikke sendt inn av fagsystemet, eller så prøver vi ennå.";
}

/** Where to look for what was typed, when the caller has not said. */
export function fields(text) {
  if (/^\d{9}$/.test(text)) return ["senderIdentifier", "receiverIdentifier"];
  if (/^0192:/.test(text)) return ["sender", "receiver"];
  return ["messageId", "conversationId"];
}

/** What whoever looks after the keys must know of our certificate, from /manage/health. */
export function certificate({ status, details = {} } = {}) {
  if (!details.warning) return "";
  const number = `Sertifikatet vårt (serienummer ${details.serial})`;
  const renew = "Legg inn et nytt med «sendebud keys renew».";
  if (details.days < 0) return `${number} har gått ut. Ingenting blir sendt. ${renew}`;
  if (status === "DOWN") return `${number} gjelder ikke ennå. Ingenting blir sendt.`;
  const days = details.days === 1 ? "1 dag" : `${details.days} dager`;
  return `${number} går ut om ${days}. ${renew}`;
}

/** Whether older answers of the address register are used, from /manage/health. */
export function register({ details = {} } = {}) {
  return details.stale
    ? "Adresseregisteret svarer ikke. Det som det har svart før, brukes så lenge."
    : "";
}
