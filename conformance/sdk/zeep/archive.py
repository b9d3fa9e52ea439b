"""An archive in zeep: reads the served WSDL and drives the SOAP door with it.

usage: archive.py WSDL EINNSYN SAMPLE... — prints a line of JSON for each call: what was
asked, the AppReceipt's type (or the truth that was answered), and what it says.
"""

import io
import json
import sys

import lxml.etree as etree
import requests
from zeep import Client, xsd
from zeep.exceptions import Fault

TYPES = "{http://www.arkivverket.no/Noark/Exchange/types}"
NOARK = "{http://www.arkivverket.no/Noark4-1-WS-WD/types}"
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"


def tell(what, answer, said=()):
    print(json.dumps({"what": what, "answer": answer, "said": list(said)}), flush=True)


def melding(client, number, title):
    """A Melding as the served schema describes it."""
    make = client.get_element(NOARK + "Melding")
    return make, make(
        journpost={
            "jpJaar": "2026",
            "jpSeknr": str(number),
            "jpJpostnr": "7",
            "jpJdato": "2026-11-24",
            "jpNdoktype": "U",
            "jpInnhold": title,
            "avsmot": [{"amIhtype": "1", "amNavn": "Nabolaget AS"}],
            "dokument": [
                {
                    "dbTittel": title,
                    "fil": {"base64": b"Innhold"},
                    "veFilnavn": "brev.pdf",
                    "veMimeType": "application/pdf",
                }
            ],
        },
        noarksak={"saSaar": "2026", "saSeknr": "417", "saTittel": "Skjenkebevilling"},
    )


def envelope(client, conversation, einnsyn):
    make = client.get_type(TYPES + "EnvelopeType")
    return make(
        sender={"orgnr": ""},
        receiver={"orgnr": einnsyn, "ref": "2026/417"},
        conversationId=conversation,
        contentNamespace=NOARK.strip("{}"),
    )


def put(client, what, envelope, payload):
    try:
        result = client.service.PutMessage(envelope=envelope, payload=payload)
    except Fault as fault:
        tell(what, fault.code, [fault.message])
        return
    tell(what, result.type, [message.text for message in result.message])


def text(make, value):
    """The document as a text."""
    parent = etree.Element("payload")
    make.render(parent, value)
    return xsd.AnyObject(xsd.String(), etree.tostring(parent[0], encoding="unicode"))


def raw(schema, address, sample):
    """A call as an archive wrote it; the answer is held against the served schema."""
    with open(sample, "rb") as file:
        body = file.read()
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
    answer = requests.post(address, body, headers=headers, timeout=60)
    root = etree.fromstring(answer.content)
    response = root.find(f"{SOAP}Body/*")
    schema.assertValid(etree.ElementTree(etree.fromstring(etree.tostring(response))))
    result = response.find("result")
    tell(sample.split("/")[-1], result.get("type"), result.itertext())


def main(wsdl, einnsyn, *samples):
    client = Client(wsdl)
    for orgnr in (einnsyn, "974764687", "", "17858830001"):
        can = client.service.GetCanReceiveMessage(receiver={"orgnr": orgnr})
        tell("can receive " + orgnr, can)
    address = client.service._binding_options["address"]
    schema = requests.get(address + "?xsd=exchange", timeout=60).content
    schema = etree.XMLSchema(etree.parse(io.BytesIO(schema)))
    for sample in samples:
        raw(schema, address, sample)
    make, value = melding(client, 90120, "Brev om skjenketid")
    typed = envelope(client, "zeep-typed", einnsyn)
    put(client, "typed", typed, xsd.AnyObject(make.type, value))
    make, value = melding(client, 90121, "Brev om uteservering")
    as_text = envelope(client, "zeep-text", einnsyn)
    put(client, "text", as_text, text(make, value))
    put(client, "text again", as_text, text(make, value))
    make, other = melding(client, 90122, "Et annet brev")
    put(client, "other content", as_text, text(make, other))
    other.journpost.jpJdato = "i går"
    other.journpost.avsmot[0].amIhtype = "mottaker"
    wrong = envelope(client, "zeep-wrong", einnsyn)
    put(client, "wrong", wrong, text(make, other))
    put(client, "elsewhere", envelope(client, "zeep-x", "974764687"), text(make, value))
    nothing = xsd.AnyObject(xsd.String(), "")
    put(client, "empty", envelope(client, "zeep-empty", einnsyn), nothing)
    receipt = "<AppReceipt type='OK' xmlns='%s'/>" % TYPES.strip("{}")
    receipt = xsd.AnyObject(xsd.String(), receipt)
    put(client, "receipt", envelope(client, "zeep-receipt", einnsyn), receipt)


main(*sys.argv[1:])
