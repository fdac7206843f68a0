"""A second opinion on an exported journal, written from docs/journal-export.md alone."""

import base64
import hashlib
import json
import struct

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def number(value):
    return struct.pack(">q", value)


def entry_hash(chain, entry, previous):
    """Section "The hash of an entry"."""
    fields = [
        b"ers-journal-entry-v1",
        previous,
        chain.encode(),
        number(entry["sequence"]),
        number(entry["at_ms"]),
        entry["caller"].encode(),
        entry["request_id"].encode(),
        entry["key_id"].encode(),
        struct.pack(">i", entry["purpose"]),
        entry["signature_algorithm"].encode(),
        bytes.fromhex(entry["digest"]),
        b"\0" if entry["to_be_signed"] is None else b"\1",
        base64.b64decode(entry["context"]),
    ]
    return hashlib.sha256(b"".join(number(len(field)) + field for field in fields)).digest()


def check(path, pinned_pem):
    """Entries by chain; an assertion fails where the file is not what it should be."""
    pinned = serialization.load_pem_public_key(pinned_pem)
    pinned = pinned.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    lines = [json.loads(line) for line in open(path)]
    assert lines[0]["kind"] == "journal" and lines[0]["format"] == 1
    keys, before = [], b""
    chain = previous = None
    entries, checkpoints = {}, 0
    for line in lines[1:-1]:
        kind = line["kind"]
        if kind == "checkpoint-key":
            der = base64.b64decode(line["public_key"])
            signed = b"ers-journal-key-v1\0" + number(line["number"]) + number(line["made_at_ms"])
            signed += number(len(before)) + before + number(len(der)) + der
            key = serialization.load_der_public_key(der)
            key.verify(base64.b64decode(line["acknowledgement"]), signed, ec.ECDSA(hashes.SHA256()))
            if keys:
                keys[-1][1].verify(base64.b64decode(line["endorsement"]), signed, ec.ECDSA(hashes.SHA256()))
            keys.append((der, key))
            before = der
        elif kind == "chain":
            chain, previous, sequence = line["chain"], bytes.fromhex(line["previous_hash"]), line["from"] - 1
            if sequence == 0:
                assert previous == hashlib.sha256(b"ers-journal-chain-v1\0" + chain.encode()).digest()
            entries[chain] = []
        elif kind == "entry":
            sequence += 1
            assert line["sequence"] == sequence
            previous = entry_hash(chain, line, previous)
            assert previous.hex() == line["entry_hash"], line
            if line["to_be_signed"] is not None:
                assert hashlib.sha256(base64.b64decode(line["to_be_signed"])).hexdigest() == line["digest"]
            entries[chain].append(line)
        elif kind == "checkpoint":
            assert line["sequence"] == sequence and line["entry_hash"] == previous.hex()
            signed = b"ers-journal-checkpoint-v1\0" + number(len(chain)) + chain.encode()
            signed += number(sequence) + previous + number(line["at_ms"])
            assert any(verifies(key, base64.b64decode(line["signature"]), signed) for _, key in keys)
            checkpoints += 1
        else:
            raise AssertionError(line)
    assert pinned in [der for der, _ in keys]
    assert lines[-1] == {"kind": "end", "entries": sum(map(len, entries.values()))}
    return entries, checkpoints


def verifies(key, signature, signed):
    try:
        key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
        return True
    except Exception:
        return False
