"""A kept key asked back by one person and agreed to by another, over REST."""

import base64

from cryptography.hazmat.primitives.serialization import pkcs12

from .rest import Rest
from .waiting import until

ADMINISTRATOR = "correct horse battery"
FILE = "a password for the file"


def policy_that_keeps(platform, of, name):
    """Another policy like the one, that has keys kept, and one person agree to hand them out."""
    lines = platform.ers("policy", "show", of).stdout.splitlines()
    lines = [line for line in lines if not line.startswith(("cmp:", "est:", "server_keys:"))]
    text = "\n".join(lines).replace(f"name: {of}", f"name: {name}", 1)
    kept = "server_keys: {allowed: true, kept: true, approvals: 1}\ncmp: {central_keys: true}\nest: {server_keys: true}\n"
    platform.ers("policy", "apply", "-", stdin=f"{text}\n{kept}")


def recovered(platform, folder, serial, name):
    """The private key that is kept of a certificate; a person of that name agrees to it."""
    (folder / "administrator").write_text(ADMINISTRATOR)
    platform.ers("password", "administrator", "--password-file", folder / "administrator")
    administrator, other = Rest(platform), Rest(platform)
    status, _, told = administrator.log_in(ADMINISTRATOR)
    assert status == 200, told
    made = platform.ers_json("user", "add", name)
    platform.ers("role", "give", "approver", "--person", name, "--realm", "default")
    status, _, told = other.log_in(made["password"], name)
    assert status == 200, told

    until("the certificate is in the inventory", lambda: administrator("GET", f"/v1/certificates/{serial}")[0] == 200)
    status, _, shown = administrator("GET", f"/v1/certificates/{serial}")
    assert shown["server_key"]["kept"] is True, shown
    status, _, asked = administrator("POST", "/v1/key-recoveries", {"certificate": serial, "comment": "the device burnt down"})
    assert status == 201, asked
    fetch = f"/v1/key-recoveries/{asked['id']}/key"
    assert administrator("POST", fetch, {"password": FILE})[0] == 409, "alone"
    decision = f"/v1/key-recoveries/{asked['id']}/decision"
    status, _, told = other("POST", decision, {"approve": True, "comment": "seen it"})
    assert status == 200, told
    status, _, told = administrator("POST", fetch, {"password": FILE})
    assert status == 200, told
    return pkcs12.load_pkcs12(base64.b64decode(told["pkcs12"]), FILE.encode()).key
