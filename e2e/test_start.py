"""Starting and ending `ers up`.

Promises:
- The first start makes everything and tells the URL, the root certificate, the login and three commands; the port carries a
  certificate of the platform's own that curl accepts with the root.
- The second start finds its data again: the same root, no new login, earlier certificates still there.
- SIGTERM and Ctrl-C end it cleanly.
- A taken port, a folder that cannot be written, a wrong master password, an unknown key in the configuration: each is one
  clear line on standard error that names the thing and the way out.
- Health and metrics are told on a port of their own.
"""

import os
import re
import signal
import socket
import stat

import pytest
import yaml

from harness.platform import OneProcess, binary
from harness.process import run
from harness.rest import Rest

pytestmark = pytest.mark.forms("sqlite")


def told(platform):
    """What it tells once it is ready, a moment after its health port says so."""
    server = platform.servers["ers"]
    server.until("tells how to go on", lambda: "Ctrl-C stops it" in server.text()[platform.told_before:], 10)
    return server.text()[platform.told_before:]


@pytest.fixture
def fresh(form, folder, dns):
    """A platform that has never been started."""
    platform = OneProcess(form, folder / "platform", dns)
    yield platform
    platform.stop()


def fails(platform, environment=None):
    """Starts in the foreground, which must fail soon; returns the one line that says why."""
    platform.config_file.write_text(yaml.safe_dump(platform.config))
    outcome = run(binary("ers"), "up", "--config", platform.config_file, check=False, seconds=30, environment=environment)
    assert outcome.code != 0, str(outcome)
    _, error, line = outcome.stderr.rpartition("error: ")
    assert error and "panicked" not in outcome.stderr, str(outcome)
    _, *way_out = line.splitlines()
    assert len(way_out) <= 1, f"more than what is wrong and the way out\n{outcome}"
    return line


def test_the_first_start_tells_how_to_go_on(fresh):
    fresh.start()
    text = told(fresh)
    commands = [line.strip() for line in text.splitlines() if " --data " in line or "REQUESTS_CA_BUNDLE=" in line]
    for promised in (f"open    {fresh.url}", f"root    {fresh.root}", "login   "):
        assert promised in text, f"{promised!r} is not told:\n{text}"
    assert len(commands) == 3, text
    status = run(*commands[0].split())  # as it is told, wherever the binary lies
    assert "signer" in status.stdout
    page = run("curl", "--silent", "--show-error", "--fail", "--cacert", fresh.root, f"{fresh.url}/acme/directory")
    assert "newNonce" in page.stdout


def test_what_is_secret_is_readable_by_its_owner_only(fresh):
    fresh.start()
    secrets = [fresh.data, fresh.data / "master-password", *fresh.data.glob("**/*.key")]
    assert len(secrets) >= 4
    loose = [path for path in secrets if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert not loose


def test_the_login_that_is_told_works(fresh):
    fresh.start()
    login = re.search(r"^  login   (\S+) / (\S+)", told(fresh), re.MULTILINE)
    assert login, told(fresh)
    status, _, body = Rest(fresh).log_in(login[2], username=login[1])
    assert status == 200, body


def test_the_second_start_finds_its_data_again(fresh, folder):
    fresh.start()
    root = fresh.root.read_bytes()
    fresh.issue(folder, "kept.example.test")
    assert fresh.servers["ers"].stop() == 0
    fresh.told_before = len(fresh.servers["ers"].text())
    assert not (fresh.data / "run/platform.json").exists(), "who is gone is not told of"

    fresh.start()
    assert fresh.root.read_bytes() == root
    assert fresh.url in told(fresh) and not re.search(r"login   \S+ / ", told(fresh)), told(fresh)
    listed = fresh.ers_json("cert", "list", "--search", "kept.example.test")
    assert listed["total"] == 1


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(fresh, kind):
    fresh.start()
    server = fresh.servers["ers"]
    server.process.send_signal(kind)
    assert server.process.wait(timeout=20) == 0, server.tail()
    fresh.start()


def test_a_taken_port_is_one_clear_line(fresh):
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", fresh.port))
        taken.listen()
        line = fails(fresh)
    assert str(fresh.port) in line and "listen" in line, line


def test_a_data_folder_in_use_is_one_clear_line(fresh):
    fresh.start()
    second = OneProcess(fresh.form, fresh.folder / "second", fresh.dns)
    second.config["data"] = str(fresh.data)
    line = fails(second)
    assert str(fresh.data) in line, line


def test_a_folder_that_cannot_be_written_is_one_clear_line(fresh):
    blocked = fresh.folder / "file"
    blocked.write_text("in the way")  # root may write anywhere, but not below a file
    fresh.config["data"] = str(blocked / "data")
    line = fails(fresh)
    assert str(blocked) in line, line


def test_a_wrong_master_password_is_one_clear_line(fresh):
    fresh.start()
    fresh.stop()
    fresh.config["master_password"] = "env:ERS_STORY_PASSWORD"
    line = fails(fresh, {"ERS_STORY_PASSWORD": "not the one of before"})
    assert "master password" in line, line
    del fresh.config["master_password"]
    fresh.start()


def test_an_unknown_key_is_one_clear_line(fresh):
    fresh.config["lisen"] = "127.0.0.1:1"
    line = fails(fresh)
    assert "lisen" in line and str(fresh.config_file) in line, line


def test_health_and_metrics_have_a_port_of_their_own(fresh):
    fresh.start()
    health = fresh.health_urls[0]
    assert run("curl", "-sSf", f"{health}/health/live").stdout.strip() == "live"
    assert '"up":true' in run("curl", "-sSf", f"{health}/health/ready").stdout
    metrics = run("curl", "-sSf", f"{health}/metrics").stdout
    assert "# TYPE ers_" in metrics, metrics[:2000]
    public = run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", fresh.root, f"{fresh.url}/metrics")
    assert public.stdout == "404"


def test_names_and_algorithms_of_the_first_pki_are_configurable(fresh):
    fresh.config["pki"] = {"root": {"name": "own-root", "subject": "CN=Own Root,O=Example AG", "key_algorithm": "P-384", "validity": "26y"}}
    fresh.start()
    text = run("openssl", "x509", "-in", fresh.root, "-noout", "-subject", "-text").stdout
    assert "Own Root" in text and "P-384" in text, text
    assert "own-root" in [row["name"] for row in fresh.ers_json("ca", "list")]


def test_nothing_secret_is_logged(fresh):
    fresh.start()
    log = fresh.servers["ers"].text()
    assert (fresh.data / "master-password").read_text().strip() not in log
    assert "PRIVATE KEY" not in log
    assert os.path.getsize(fresh.data / "master-password") >= 16
