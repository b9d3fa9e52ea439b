"""A mail server with STARTTLS and log-in, which keeps what it takes in a maildir.

Arguments: port, maildir, certificate, key, name, password. It says `ready` when it takes
connections, and ends when its standard input does.
"""

import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import AuthResult, LoginPassword

port, maildir, certificate, key, name, password = sys.argv[1:]


def known(server, session, envelope, mechanism, given):
    right = LoginPassword(name.encode(), password.encode())
    return AuthResult(success=given == right)


context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(certificate, key)
controller = Controller(
    Mailbox(maildir),
    hostname="127.0.0.1",
    port=int(port),
    tls_context=context,
    require_starttls=True,
    auth_required=True,
    authenticator=known,
)
controller.start()
print("ready", flush=True)
sys.stdin.read()
controller.stop()
