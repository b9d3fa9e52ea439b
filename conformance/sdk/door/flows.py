"""What known case systems do with an access point, done over HTTP.

usage: flows.py --body URL --portal URL [--user NAME --password WORD]

Each function is one caller as it is documented or as it is programmed (rest-api §14): the
requests are built as they build them. The first that is not answered as they expect ends
the run with an AssertionError.
"""
import argparse
import datetime as dt
import io
import json
import time
import uuid
import zipfile

import requests

INNSYNSKRAV = "urn:no:difi:profile:einnsyn:innsynskrav:ver1.0"
JOURNALPOST = "urn:no:difi:profile:einnsyn:journalpost:ver1.0"
MEETING = "urn:no:difi:profile:einnsyn:meeting:ver1.0"
RESPONSE = "urn:no:difi:profile:einnsyn:response:ver1.0"
BODY, PORTAL = "910076787", "910077473"
PATIENCE = 60


class Caller:
    """A case system and its access point."""

    def __init__(self, base, auth):
        self.base = base.rstrip("/")
        self.session = requests.Session()
        self.session.auth = auth
        self.session.headers["User-Agent"] = "fagsystem/7.1"

    def ask(self, method, path, expected=200, **how):
        answer = self.session.request(method, self.base + path, timeout=30, **how)
        assert answer.status_code == expected, (method, path, answer.status_code, answer.text)
        return answer

    def until(self, path, enough):
        """Ask until the answer satisfies."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            answer = self.session.get(self.base + path, timeout=30)
            if enough(answer):
                return answer
        raise AssertionError(f"it does not come: {path}: {answer.status_code} {answer.text}")

    def peek(self, **filters):
        query = "&".join(f"{name}={value}" for name, value in filters.items())
        return self.until(f"/api/messages/in/peek?{query}", lambda a: a.status_code == 200).json()

    def statuses(self, message, last):
        def ends(answer):
            lines = answer.json()["content"]
            return bool(lines) and lines[-1]["status"] == last
        lines = self.until(f"/api/statuses/{message}", ends).json()["content"]
        return [line["status"] for line in lines]


def party(orgnr):
    return [{"identifier": {"authority": "iso6523-actorid-upis", "value": f"0192:{orgnr}"}}]


def sbd(kind, process, receiver, content, sender=None, message=None, **header):
    """An SBD as the documentation writes it: no sender and no messageId unless given."""
    what = {
        "standard": f"urn:no:difi:einnsyn:xsd::{kind}",
        "typeVersion": "1.0",
        "type": kind,
    }
    if message:
        what["instanceIdentifier"] = message
    head = {
        "businessScope": {"scope": [{
            "type": "ConversationId",
            "instanceIdentifier": str(uuid.uuid4()),
            "identifier": process,
            "scopeInformation": header.pop("scopeInformation", []),
        }]},
        "documentIdentification": what,
        "headerVersion": "1.0",
        "receiver": party(receiver),
        **header,
    }
    if sender:
        head["sender"] = party(sender)
    return {"standardBusinessDocumentHeader": head, kind: content}


def id_of(document):
    head = document["standardBusinessDocumentHeader"]
    return head["documentIdentification"]["instanceIdentifier"]


def names(package):
    return zipfile.ZipFile(io.BytesIO(package)).namelist()


def einnsyn_backend(body, portal):
    """einnsyn-backend orders: one multipart call with the SBD as a text field."""
    message = str(uuid.uuid4())
    expires = (dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=30)).isoformat()
    document = sbd(
        "innsynskrav", INNSYNSKRAV, BODY,
        {"orgnr": BODY, "epost": "innsyn@lillevik.example"},
        sender=PORTAL, message=message,
        scopeInformation=[{"expectedResponseDateTime": expires}],
    )
    parts = {
        "sbd": (None, json.dumps(document)),
        "order.xml": ("order.xml", "<bestilling/>", "application/xml"),
        "emailtext": ("emailtext", "Tekst til innsyn", "application/octet-stream"),
    }
    prepared = requests.Request("POST", portal.base, files=parts).prepare()
    kind = prepared.headers["Content-Type"]
    # Some clients put a charset before the boundary.
    for said in (kind, kind.replace("; boundary", ";charset=UTF-8; boundary")):
        again = prepared.body.replace(message.encode(), (message := str(uuid.uuid4())).encode())
        prepared.body = again
        made = portal.ask("POST", "/api/messages/out/multipart", data=again,
                          headers={"Content-Type": said}).json()
        assert id_of(made) == message
        seen = body.peek(process=INNSYNSKRAV, messageId=message)
        assert id_of(seen) == message and seen["innsynskrav"]["orgnr"] == BODY
        package = body.ask("GET", f"/api/messages/in/pop/{message}")
        assert package.headers["Content-Type"] == "application/vnd.etsi.asic-e+zip"
        assert {"order.xml", "emailtext"} <= set(names(package.content))
        gone = body.ask("DELETE", f"/api/messages/in/{message}")
        assert id_of(gone.json()) == message
        assert portal.statuses(message, "LEVERT") == ["OPPRETTET", "SENDT", "MOTTATT", "LEVERT"]
    body.ask("GET", f"/api/messages/in/peek?messageId={message}", expected=204)


def publish(body, portal, process, name):
    """The documented flow of a journalpost and a møte: create, upload, send, follow."""
    document = sbd("publisering", process, PORTAL, {"orgnr": BODY})
    made = body.ask("POST", "/api/messages/out", json=document).json()
    message = id_of(made)
    assert made["standardBusinessDocumentHeader"]["sender"] == party(BODY)
    body.ask("PUT", f"/api/messages/out/{message}", data=b'{"@graph": []}', headers={
        "Content-Type": "application/json",
        "Content-Disposition": f"attachment; name={name}; filename={name.lower()}.json",
    })
    body.ask("POST", f"/api/messages/out/{message}")
    if process == MEETING:
        # The recorded portal reads the queue for journalposter alone.
        assert body.statuses(message, "SENDT") == ["OPPRETTET", "SENDT"]
        return
    seen = portal.peek(messageId=message)
    assert seen["publisering"]["orgnr"] == BODY
    package = portal.ask("GET", f"/api/messages/in/pop/{message}")
    assert f"{name.lower()}.json" in names(package.content)
    portal.ask("DELETE", f"/api/messages/in/{message}")
    assert body.statuses(message, "LEVERT")[-1] == "LEVERT"


def kvittering(body, portal):
    """eInnsyn answers a publication; the body reads the kvittering, which has no files."""
    status = '{"status":"OK",\n"feil":"ingen"}'
    document = sbd(
        "einnsyn_kvittering", RESPONSE, BODY,
        {"dokumentId": "https://x.example/1", "status": status, "referanseType": "publisering"},
    )
    # Older senders leave control characters in JSON strings as they are.
    text = json.dumps(document).replace("\\n", "\n")
    made = portal.ask("POST", "/api/messages/out", data=text.encode(), headers={
        "Content-Type": "application/json;charset=UTF-8",
    }).json()
    message = id_of(made)
    portal.ask("POST", f"/api/messages/out/{message}")
    seen = body.peek(process=RESPONSE, messageId=message)
    assert seen["einnsyn_kvittering"]["status"] == status, seen
    nothing = body.ask("GET", f"/api/messages/in/pop/{message}", expected=204)
    assert nothing.content == b""
    body.ask("DELETE", f"/api/messages/in/{message}")


def efm_mocks(body, portal):
    """efm-mocks: empty contactInformation, a streamed upload with ?title=, a slash."""
    document = sbd("innsynskrav", INNSYNSKRAV, BODY, {"orgnr": BODY, "epost": "a@b.example"})
    for one in document["standardBusinessDocumentHeader"]["receiver"]:
        one["contactInformation"] = []
    message = id_of(portal.ask("POST", "/api/messages/out", json=document).json())
    portal.ask("PUT", f"/api/messages/out/{message}?title=En%20tittel",
               data=iter([b"<bestil", b"ling/>"]), headers={
                   "Content-Type": "application/xml",
                   "Content-Disposition": "attachment; filename=order.xml",
               })
    twice = portal.ask("PUT", f"/api/messages/out/{message}", expected=400, data=b"x", headers={
        "Content-Type": "application/xml",
        "Content-Disposition": "attachment; filename=order.xml",
    })
    assert twice.json()["exception"].endswith("DuplicateFilenameException")
    portal.ask("POST", f"/api/messages/out/{message}")
    body.until(f"/api/messages/in/peek/?messageId={message}", lambda a: a.status_code == 200)
    body.ask("DELETE", f"/api/messages/in/{message}")
    body.ask("GET", "/api/messages/in/peek/?serviceIdentifier=DPO", expected=204)
    missing = body.ask("GET", f"/api/messages/in/pop/{message}", expected=404)
    assert missing.json()["exception"].endswith("MessageNotFoundException")


def watchers(body, portal):
    """KOSMOS and monitors: version, health, probes; Docker's check asks with HEAD."""
    for caller in (body, portal):
        assert caller.ask("GET", "/manage/info").json()["build"]["version"]
        assert caller.ask("GET", "/manage/health").json()["status"] == "UP"
        for probe in ("liveness", "readiness"):
            assert caller.ask("GET", f"/manage/health/{probe}").json()["status"] == "UP"
        caller.ask("HEAD", "/manage/health")
        assert "http_server_requests_seconds_count" in caller.ask("GET", "/manage/prometheus").text


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for name in ("body", "portal", "user", "password"):
        parser.add_argument(f"--{name}")
    given = parser.parse_args()
    auth = (given.user.encode(), given.password.encode()) if given.user else None
    body, portal = Caller(given.body, auth), Caller(given.portal, auth)
    einnsyn_backend(body, portal)
    publish(body, portal, JOURNALPOST, "Journalpost")
    publish(body, portal, MEETING, "Moete")
    kvittering(body, portal)
    efm_mocks(body, portal)
    watchers(body, portal)
    print("all flows are answered as callers expect")


if __name__ == "__main__":
    main()
