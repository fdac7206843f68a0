"""Throw-away servers, each on a free port and in a folder of its own: databases, Redis, DNS, a PKCS#11 token."""

import glob
import json
import os
import pwd
import shutil
import signal
import sqlite3
import urllib.request
from pathlib import Path

from .ports import accepts, free_port
from .process import Server, run

SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"


def _service_user(name):
    """The user that a server insists on when the tests run as root; otherwise it runs as whoever runs them."""
    return pwd.getpwnam(name).pw_name if os.geteuid() == 0 else None


def _own_folder(folder, user):
    folder = Path(folder)
    folder.mkdir(parents=True)
    if user:
        shutil.chown(folder, user)
    return folder


class PostgreSql:
    """PostgreSQL; trusts everyone on this machine."""

    kind = "postgresql"

    def __init__(self, folder):
        self.user = _service_user("postgres")
        self.folder = _own_folder(folder, self.user)
        self.port = free_port()
        versions = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))
        assert versions, "PostgreSQL is not installed: scripts/setup.sh test"
        self.bin = Path(versions[-1]).parent

    def start(self):
        data = self.folder / "data"
        as_user = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"] if self.user else []
        run(*as_user, self.bin / "initdb", "-D", data, "-A", "trust", "-U", "ers", "--no-sync", "-E", "UTF8", "--locale=C", cwd="/")
        self.server = Server(
            "postgresql",
            [self.bin / "postgres", "-D", data, "-p", self.port, "-k", self.folder, "-c", "listen_addresses=127.0.0.1",
             "-c", "max_connections=300", "-c", "fsync=off", "-c", "full_page_writes=off"],
            self.folder,
            user=self.user,
            stop_signal=signal.SIGINT,
            cwd="/",
        ).start()
        self.server.until("answers", lambda: self._psql("postgres", "select 1").code == 0)
        return self

    def _psql(self, database, sql, check=False):
        return run(
            "psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1",
            "-h", "127.0.0.1", "-p", self.port, "-U", "ers", "-d", database, "-c", sql, check=check,
        )

    def create(self, name):
        """A new database; returns its URL."""
        self._psql("postgres", f'create database "{name}"', check=True)
        return f"postgres://ers@127.0.0.1:{self.port}/{name}"

    def rows(self, url, sql):
        return _rows(self._psql(url.rsplit("/", 1)[1], sql, check=True).stdout)

    hex = staticmethod(lambda column: f"encode({column}, 'hex')")

    server = None

    def stop(self):
        if self.server:
            self.server.stop()


class MariaDb:
    """MariaDB with the defaults that it has without any configuration (latin1 among them)."""

    kind = "mariadb"

    def __init__(self, folder):
        self.user = _service_user("mysql")
        self.folder = _own_folder(folder, self.user)
        self.port = free_port()
        self.socket = self.folder / "socket"

    def start(self):
        data = self.folder / "data"
        user = [f"--user={self.user}"] if self.user else []
        run("mariadb-install-db", "--no-defaults", *user, f"--datadir={data}",
            "--auth-root-authentication-method=normal", "--skip-test-db", cwd="/")
        self.server = Server(
            "mariadb",
            ["mariadbd", "--no-defaults", *user, f"--datadir={data}", f"--port={self.port}", "--bind-address=127.0.0.1",
             f"--socket={self.socket}", f"--pid-file={self.folder}/pid", "--innodb-flush-log-at-trx-commit=2",
             "--innodb-buffer-pool-size=64M", "--max-connections=300"],
            self.folder,
            cwd="/",
        ).start()
        self.server.until("answers", lambda: self._mariadb("", "select 1").code == 0)
        self._mariadb("", "create user ers@'%' identified by 'ers'; grant all on *.* to ers@'%'", check=True)
        return self

    def _mariadb(self, database, sql, check=False):
        return run("mariadb", "--no-defaults", "-u", "root", f"--socket={self.socket}", "--batch", "--skip-column-names",
                   *(["-D", database] if database else []), "-e", sql, check=check)

    def create(self, name):
        """A new database; returns its URL."""
        self._mariadb("", f"create database `{name}`", check=True)
        return f"mysql://ers:ers@127.0.0.1:{self.port}/{name}"

    def rows(self, url, sql):
        return _rows(self._mariadb(url.rsplit("/", 1)[1], sql, check=True).stdout)

    hex = staticmethod(lambda column: f"lower(hex({column}))")

    server = None

    def stop(self):
        if self.server:
            self.server.stop()


class Sqlite:
    """SQLite files; there is no server, but the stories read it like the others."""

    kind = "sqlite"

    def rows(self, url, sql):
        path = url.removeprefix("sqlite://").removeprefix("sqlite:").split("?")[0]
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10) as connection:
            return [tuple("" if value is None else str(value) for value in row) for row in connection.execute(sql)]

    hex = staticmethod(lambda column: f"lower(hex({column}))")

    def stop(self):
        pass


def _rows(text):
    return [tuple("" if cell == "NULL" else cell for cell in line.split("\t")) for line in text.splitlines()]


class Redis:
    """Redis that keeps nothing on disk."""

    def __init__(self, folder):
        self.folder = _own_folder(folder, None)
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        self.server = Server(
            "redis",
            ["redis-server", "--port", self.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
             "--dir", self.folder],
            self.folder,
        ).start()
        self.server.until("answers", lambda: run("redis-cli", "-p", self.port, "ping").stdout.strip() == "PONG")
        return self

    server = None

    def stop(self):
        if self.server:
            self.server.stop()


class Dns:
    """A DNS server whose answers the stories set (pebble-challtestsrv). Names without a record are 127.0.0.1."""

    def __init__(self, folder):
        self.folder = _own_folder(folder, None)
        self.port, self.management = free_port(), free_port()
        self.resolver = f"127.0.0.1:{self.port}"

    def start(self):
        self.server = Server(
            "dns",
            ["pebble-challtestsrv", "-dns01", self.resolver, "-http01", "", "-https01", "", "-tlsalpn01", "",
             "-management", f"127.0.0.1:{self.management}", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""],
            self.folder,
        ).start()
        self.server.until("listens", lambda: accepts(self.management) and accepts(self.port))
        return self

    def _tell(self, act, **what):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.management}/{act}", data=json.dumps(what).encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            assert response.status == 200

    def set_address(self, name, address):
        self._tell("add-a", host=f"{name}.", addresses=[address])

    def set_text(self, name, value):
        self._tell("set-txt", host=f"{name}.", value=value)

    def set_caa(self, name, issuer):
        """One CAA record: who may issue."""
        self._tell("clear-caa", host=f"{name}.")
        self._tell("add-caa", host=f"{name}.", policies=[{"tag": "issue", "value": issuer}])

    def clear_text(self, name):
        self._tell("clear-txt", host=f"{name}.")

    server = None

    def stop(self):
        if self.server:
            self.server.stop()


class SoftHsm:
    """A SoftHSM2 token in a folder of its own."""

    label, pin = "ers", "12345678"

    def __init__(self, folder):
        self.folder = _own_folder(folder, None)
        self.configuration = self.folder / "softhsm2.conf"
        self.environment = {"SOFTHSM2_CONF": str(self.configuration)}

    def start(self):
        assert os.path.exists(SOFTHSM), "SoftHSM2 is not installed: scripts/setup.sh test"
        (self.folder / "tokens").mkdir()
        self.configuration.write_text(
            f"directories.tokendir = {self.folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
        )
        run("softhsm2-util", "--init-token", "--free", "--label", self.label, "--pin", self.pin, "--so-pin", "87654321",
            environment=self.environment)
        return self

    def objects(self, kind="privkey"):
        """What pkcs11-tool sees on the token."""
        return run("pkcs11-tool", "--module", SOFTHSM, "--token-label", self.label, "--login", "--pin", self.pin,
                   "--list-objects", "--type", kind, environment=self.environment).stdout

    def stop(self):
        pass
