#!/usr/bin/python3
"""Signed requests of ACME by python3-cryptography, whose keys are thrown away: `corpus/jws`."""

import base64
import hashlib
import hmac
import json
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

CORPUS = Path(__file__).parent / "corpus/jws"
HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
CURVES = {"256": (ec.SECP256R1(), "P-256", 32), "384": (ec.SECP384R1(), "P-384", 48), "512": (ec.SECP521R1(), "P-521", 66)}
URL = "https://ca.example/acme/new-account"


def b64(octets):
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def number(value, length=None):
    return b64(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))


class Key:
    """A key of an algorithm."""

    def __init__(self, algorithm):
        self.algorithm, self.size = algorithm, algorithm[2:]
        if algorithm == "EdDSA":
            self.private = ed25519.Ed25519PrivateKey.generate()
            raw = self.private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            self.jwk = {"kty": "OKP", "crv": "Ed25519", "x": b64(raw)}
        elif algorithm.startswith("ES"):
            curve, name, self.length = CURVES[self.size]
            self.private = ec.generate_private_key(curve)
            point = self.private.public_key().public_numbers()
            self.jwk = {"kty": "EC", "crv": name, "x": number(point.x, self.length), "y": number(point.y, self.length)}
        else:
            self.private = rsa.generate_private_key(65537, 2048)
            public = self.private.public_key().public_numbers()
            self.jwk = {"kty": "RSA", "n": number(public.n), "e": number(public.e)}

    def sign(self, octets):
        if self.algorithm == "EdDSA":
            return self.private.sign(octets)
        hashing = HASHES[self.size]
        if self.algorithm.startswith("ES"):
            r, s = utils.decode_dss_signature(self.private.sign(octets, ec.ECDSA(hashing)))
            return r.to_bytes(self.length, "big") + s.to_bytes(self.length, "big")
        pss = padding.PSS(padding.MGF1(hashing), hashing.digest_size)
        return self.private.sign(octets, pss if self.algorithm.startswith("PS") else padding.PKCS1v15(), hashing)

    def jws(self, payload, **header):
        if "kid" not in header:
            header["jwk"] = self.jwk
        return flattened({"alg": self.algorithm, "url": URL, **header}, payload, self.sign)


def flattened(header, payload, sign):
    protected = b64(json.dumps(header).encode())
    payload = b64(json.dumps(payload).encode()) if payload is not None else ""
    return {"protected": protected, "payload": payload, "signature": b64(sign(f"{protected}.{payload}".encode()))}


def write(name, jws):
    (CORPUS / f"{name}.json").write_text(json.dumps(jws))


CORPUS.mkdir(exist_ok=True)
NONCE = b64(b"a nonce of the server")
ACCOUNT = {"termsOfServiceAgreed": True, "contact": ["mailto:anna@example.com"]}
for algorithm in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"):
    write(algorithm.lower(), Key(algorithm).jws(ACCOUNT, nonce=NONCE))
account, new = Key("ES256"), Key("ES256")
KID = "https://ca.example/acme/acct/1"
write("post-as-get", account.jws(None, nonce=NONCE, kid=KID))
order = {"identifiers": [{"type": "dns", "value": "www.example.com"}], "notAfter": "2030-01-01T00:00:00Z", "profile": "short"}
write("order", account.jws(order, nonce=NONCE, kid=KID))
write("key-change", account.jws(new.jws({"account": KID, "oldKey": account.jwk}), nonce=NONCE, kid=KID))
binding = flattened({"alg": "HS256", "kid": "key-1", "url": URL}, account.jwk,
                    lambda octets: hmac.digest(b"a key of an external account", octets, hashlib.sha256))
write("binding", account.jws({**ACCOUNT, "externalAccountBinding": binding}, nonce=NONCE))
