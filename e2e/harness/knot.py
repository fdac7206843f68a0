"""A DNS server that takes updates signed with a key (RFC 2136, RFC 8945): Knot DNS, for the names of the stories."""

import base64
import secrets

from .ports import free_port
from .process import Server, run
from .servers import _own_folder

ZONE, KEY = "example.test", "acme"
RECORDS = """\
@ 60 SOA ns hostmaster 1 3600 600 86400 1
@ 60 NS ns
ns 60 A 127.0.0.1
"""


class Knot:
    """Authoritative for `test` and `example.test`, and for nothing else; whoever has `secret` may update the latter."""

    management = 0  # the stories' other DNS server is told what to say; this one is updated

    def __init__(self, folder):
        self.folder = _own_folder(folder, None)
        self.port = free_port()
        self.resolver = f"127.0.0.1:{self.port}"
        self.secret = base64.b64encode(secrets.token_bytes(32)).decode()

    def start(self):
        for zone in ("test", ZONE):
            (self.folder / f"{zone}.zone").write_text(f"$ORIGIN {zone}.\n{RECORDS}")
        (self.folder / "knot.conf").write_text(f"""
server:
    rundir: "{self.folder}"
    listen: 127.0.0.1@{self.port}
database:
    storage: "{self.folder}"
key:
  - id: {KEY}
    algorithm: hmac-sha256
    secret: {self.secret}
acl:
  - id: update
    key: {KEY}
    action: update
template:
  - id: default
    storage: "{self.folder}"
    file: "%s.zone"
    zonefile-sync: -1
    zonefile-load: difference-no-serial
    journal-content: all
zone:
  - domain: test
  - domain: {ZONE}
    acl: update
""")
        self.server = Server("knot", ["knotd", "-c", self.folder / "knot.conf"], self.folder).start()
        self.server.until("answers", lambda: self._tell("zone-status", ZONE).code == 0)
        return self

    def _tell(self, *command, check=False):
        return run("knotc", "-c", self.folder / "knot.conf", *command, check=check)

    def set_address(self, name, address):
        for command in (["zone-begin", ZONE], ["zone-set", ZONE, f"{name}.", "60", "A", address], ["zone-commit", ZONE]):
            self._tell(*command, check=True)

    def texts(self):
        """Owners of all TXT records that there are."""
        return {line.split()[1].rstrip(".") for line in self._tell("zone-read", ZONE, check=True).stdout.splitlines() if " TXT " in line}

    server = None

    def stop(self):
        if self.server:
            self.server.stop()
