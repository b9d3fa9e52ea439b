"""An archive's SOAP service that asks by NTLM who calls; pyspnego judges the answer.

usage: archive.py USERS — USERS is a file of DOMAIN:USER:PASSWORD. Prints its port, then a
line of JSON for each request: the scheme that came, who it was found to be, and which
AppReceipt it brought.
"""

import base64
import json
import os
import sys
import xml.etree.ElementTree as etree
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

os.environ["NTLM_USER_FILE"] = sys.argv[1]

import spnego  # noqa: E402

TYPES = "{http://www.arkivverket.no/Noark/Exchange/types}"
ANSWER = """<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
<t:PutMessageResponse xmlns:t="http://www.arkivverket.no/Noark/Exchange/types">
<result type="OK"/></t:PutMessageResponse></s:Body></s:Envelope>"""


def receipts(body):
    """Codes of the AppReceipt in a PutMessage, wherever it stands."""
    payload = etree.fromstring(body).find(".//payload")
    inside = payload.find(".//{*}AppReceipt")
    if inside is None:
        inside = etree.fromstring(payload.text)
    return [inside.get("type")] + [m.get("code") for m in inside.iter("message")]


class Archive(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    context = None

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        scheme, _, text = self.headers.get("Authorization", "").partition(" ")
        if scheme != "NTLM":
            tell(scheme=scheme)
            return self.ask("Negotiate", "NTLM")
        token = base64.b64decode(text)
        if self.context is None or token[8] == 1:
            options = spnego.NegotiateOptions.use_ntlm
            self.context = spnego.server(protocol="ntlm", options=options)
        try:
            answer = self.context.step(token)
        except spnego.exceptions.SpnegoError as error:
            tell(scheme=scheme, refused=str(error))
            self.context = None
            return self.ask("NTLM")
        if not self.context.complete:
            return self.ask("NTLM " + base64.b64encode(answer).decode())
        who = self.context.client_principal
        self.context = None
        tell(scheme=scheme, who=who, receipt=receipts(body))
        self.say(200, ANSWER.encode(), [("Content-Type", "text/xml; charset=utf-8")])

    def ask(self, *schemes):
        self.say(401, b"no", [("WWW-Authenticate", scheme) for scheme in schemes])

    def say(self, status, body, headers):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def tell(**facts):
    # Written at once: another thread may tell something, too.
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


server = ThreadingHTTPServer(("127.0.0.1", 0), Archive)
print(server.server_port, flush=True)
server.serve_forever()
