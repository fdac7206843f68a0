"""ERS, running. `OneProcess` is `ers up`; `many.ManyProcesses` is every service for itself. Stories see no difference."""

import itertools
import json
import os
import urllib.error
import urllib.request
from pathlib import Path

import yaml

from .ports import free_port
from .process import Server, run
from .servers import Sqlite
from .waiting import until

DATABASES = ("signer", "cara", "clm", "acme", "scep", "cmp")


def binary(name):
    """A binary of this workspace, as built by `make test`."""
    target = os.environ.get("CARGO_TARGET_DIR", os.path.expanduser("~/.cache/ers/target"))
    path = Path(os.environ.get("ERS_BINARIES", f"{target}/debug")) / name
    assert path.exists(), f"{path} is not there: run the stories with `make test-stories`"
    return path


class Host:
    """A name in the stories' DNS, and the address where its owner answers http-01 and tls-alpn-01."""

    def __init__(self, name, address, http_port, tls_alpn_port):
        self.name, self.address, self.http_port, self.tls_alpn_port = name, address, http_port, tls_alpn_port


class Platform:
    """What stories may ask of a running platform."""

    _numbers = itertools.count(1)

    def __init__(self, form, folder, dns, database=None):
        self.form = form
        self.folder = Path(folder)
        self.folder.mkdir(parents=True)
        self.data = self.folder / "data"
        self.dns = dns
        self.http_port, self.tls_alpn_port = free_port(), free_port()
        self.database = database or Sqlite()
        number = next(self._numbers)
        self.databases = (
            {name: database.create(f"{name}_{os.getpid()}_{number}") for name in DATABASES} if database else {}
        )
        self.telemetry = {"log": "info", "log_format": "text"}
        self._hosts = itertools.count(2)
        self.servers = {}
        self.binaries = None  # folder of the programs; none: those of this workspace

    # -- what each form provides: url, revocation_url, health_urls, root, start, stop

    @property
    def root(self):
        """File of the root certificate, PEM."""
        return self.data / "root.pem"

    def directory(self, policy=None):
        """URL of an ACME directory."""
        return f"{self.url}/acme/{policy + '/' if policy else ''}directory"

    def host(self, label="host"):
        """A new name of its own address."""
        number = next(self._hosts)
        name = f"{label}-{number}.{os.getpid()}.example.test"
        address = f"127.1.{number // 250}.{number % 250 + 1}"
        self.dns.set_address(name, address)
        return Host(name, address, self.http_port, self.tls_alpn_port)

    def program(self, name):
        """A program of the release that runs."""
        return self.binaries / name if self.binaries else binary(name)

    def ers(self, *arguments, check=True, seconds=60, stdin=None):
        """The command line."""
        return run(self.program("ers"), *self.where, *arguments, check=check, seconds=seconds, stdin=stdin)

    @property
    def where(self):
        """How the command line is told which platform is meant."""
        return ["--data", self.data]

    def issue(self, folder, name, *more, check=True):
        """Has a certificate made on the command line; returns its file (the leaf first, then its chain), or None."""
        out = Path(folder) / name
        out.parent.mkdir(parents=True, exist_ok=True)
        outcome = self.ers("cert", "issue", "--policy", "server", "--name", f"dns:{name}", *more, "--out", out, check=check)
        return Path(f"{out}.pem") if outcome.code == 0 else None

    def ers_json(self, *arguments, **options):
        """The command line's answer for machines."""
        return json.loads(self.ers("--output", "json", *arguments, **options).stdout)

    def rows(self, database, sql):
        """Reads a database with its own client."""
        return self.database.rows(self.databases[database], sql)

    def ready(self):
        """Whether every process says that it is ready."""
        for url in self.health_urls:
            try:
                with urllib.request.urlopen(f"{url}/health/ready", timeout=5) as response:
                    assert response.status == 200
            except urllib.error.HTTPError as error:
                raise AssertionError(f"{url} is not ready: {error.read().decode(errors='replace')}") from None
        return True

    def until_ready(self, seconds=60):
        until(f"{self.form}: every process is ready", self.ready, seconds)

    def kill(self, name):
        self.servers[name].kill()

    def restart(self, name):
        """Starts a process that was killed."""
        self.servers[name].start()

    def stop(self):
        """Asks every process to end, in the order opposite to their start; returns their exit codes."""
        return {name: server.stop() for name, server in reversed(self.servers.items())}


class OneProcess(Platform):
    """`ers up`."""

    def __init__(self, form, folder, dns, database=None, **more):
        super().__init__(form, folder, dns, database)
        self.port, self.revocation_port, self.health_port = free_port(), free_port(), free_port()
        self.url = f"https://localhost:{self.port}"
        self.revocation_url = f"http://localhost:{self.revocation_port}"
        self.health_urls = [f"http://127.0.0.1:{self.health_port}"]
        if not self.databases:
            self.databases = {name: f"sqlite:{self.data}/{name}.db" for name in DATABASES}
        self.config_file = self.folder / "ers.yaml"
        self.told_before = 0
        self.config = {
            "data": str(self.data),
            "listen": f"127.0.0.1:{self.port}",
            "http_listen": f"127.0.0.1:{self.revocation_port}",
            "health_listen": f"127.0.0.1:{self.health_port}",
            "databases": self.databases if database else {},
            "acme": {
                "validation": {
                    "http_port": self.http_port,
                    "tls_alpn_port": self.tls_alpn_port,
                    "resolvers": [self.dns.resolver],
                    "denied_networks": [],  # the stories' names lie on the loopback interface
                }
            },
            "telemetry": self.telemetry,
            **more,
        }
        self.servers["ers"] = Server("ers", [binary("ers"), "up", "--config", self.config_file], self.folder)

    def start(self):
        self.config_file.write_text(yaml.safe_dump(self.config))
        self.restart("ers")
        self.servers["ers"].until("ready", self.ready, 120)
        return self

    def ready(self):
        """It says so, and it is not the one of before (kill -9 leaves the run file behind)."""
        running = json.loads((self.data / "run/platform.json").read_text())
        return running["pid"] == self.servers["ers"].pid and super().ready()
