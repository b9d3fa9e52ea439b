"""Open a package with asn1crypto and cryptography, and verify its signature.

usage: opener.py PACKAGE KEY.pem — prints a line for each file: its SHA-256 and its name.
"""

import base64
import hashlib
import io
import sys
import zipfile
from xml.etree import ElementTree

from asn1crypto import cms
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.x509 import load_der_x509_certificate

LIST = "META-INF/ASiCManifest.xml"
ASIC = "{http://uri.etsi.org/02918/v1.2.1#}"
DSIG = "{http://www.w3.org/2000/09/xmldsig#}"


def decrypt(package, key):
    content = cms.ContentInfo.load(package)
    assert content["content_type"].native == "enveloped_data"
    enveloped = content["content"]
    recipient = enveloped["recipient_infos"][0].chosen
    scheme = recipient["key_encryption_algorithm"]["algorithm"].native
    if scheme == "rsaes_oaep":
        how = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    else:
        how = padding.PKCS1v15()
    content_key = key.decrypt(recipient["encrypted_key"].native, how)
    encrypted = enveloped["encrypted_content_info"]
    algorithm = encrypted["content_encryption_algorithm"]
    assert algorithm["algorithm"].native == "aes256_cbc"
    iv = algorithm["parameters"].native
    decryptor = Cipher(algorithms.AES(content_key), modes.CBC(iv)).decryptor()
    clear = decryptor.update(encrypted["encrypted_content"].native) + decryptor.finalize()
    assert 1 <= clear[-1] <= 16 and clear.endswith(bytes([clear[-1]]) * clear[-1])
    return clear[: -clear[-1]]


def verify(signature, content):
    signed = cms.ContentInfo.load(signature)["content"]
    signer = signed["signer_infos"][0]
    attributes = {a["type"].native: a["values"] for a in signer["signed_attrs"]}
    assert attributes["message_digest"][0].native == hashlib.sha256(content).digest()
    assert attributes["content_type"][0].native == "data"
    serial = signer["sid"].chosen["serial_number"].native
    found = [
        c.chosen
        for c in signed["certificates"]
        if c.chosen.serial_number == serial
    ]
    certificate = load_der_x509_certificate(found[0].dump())
    certificate.public_key().verify(
        signer["signature"].native,
        signer["signed_attrs"].untag().dump(),
        padding.PKCS1v15(),
        hashes.SHA256(),
    )


def main():
    with open(sys.argv[2], "rb") as file:
        key = serialization.load_pem_private_key(file.read(), None)
    with open(sys.argv[1], "rb") as file:
        container = decrypt(file.read(), key)
    archive = zipfile.ZipFile(io.BytesIO(container))
    assert archive.testzip() is None
    first = archive.infolist()[0]
    assert first.filename == "mimetype" and first.compress_type == zipfile.ZIP_STORED
    names = [n for n in archive.namelist() if not n.startswith("META-INF/")]
    root = ElementTree.fromstring(archive.read(LIST))
    digests = {}
    for reference in root.iter(ASIC + "DataObjectReference"):
        digests[reference.get("URI")] = reference.findtext(DSIG + "DigestValue")
    verify(archive.read(root.find(ASIC + "SigReference").get("URI")), archive.read(LIST))
    for name in names:
        if name == "mimetype":
            continue
        digest = hashlib.sha256(archive.read(name)).digest()
        assert base64.b64decode(digests.pop(name)) == digest, name
        sys.stdout.buffer.write(f"{digest.hex()} {name}\n".encode())
    assert not digests


main()
