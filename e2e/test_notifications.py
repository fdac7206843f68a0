"""People and other systems are told: by a mail server and a webhook that are not ours.

Promises:
- A mail comes through STARTTLS and a login, in the language of the subscription, and leads to the web app.
- A webhook's message is what the reference library of Standard Webhooks takes for genuine, with the secret that was shown.
- What was taken stands in the log; the log tells why something was not.
"""

import email
import email.policy
import http.server
import json
import os
import pathlib
import queue
import ssl
import threading

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from conftest import OneProcess
from harness.ports import free_port
from harness.process import run
from harness.servers import Dns
from harness.waiting import until

TOOLS = pathlib.Path(os.environ.get("ERS_TOOLS", pathlib.Path.home() / ".cache/ers/tools"))
LOGIN = ("ers", "a password that the mail server knows")
VERIFY = """
import json, sys
from standardwebhooks.webhooks import Webhook
told = json.load(sys.stdin)
print(json.dumps(Webhook(told["secret"]).verify(told["body"], told["headers"])))
"""


class Mailbox:
    """A mail server for this machine, with TLS and a login."""

    def __init__(self, context):
        self.mails, self.port = queue.Queue(), free_port()
        self.controller = Controller(
            self, hostname="127.0.0.1", port=self.port, tls_context=context, require_starttls=True,
            auth_required=True, authenticator=self.let_in,
        )
        self.controller.start()

    @staticmethod
    def let_in(server, session, envelope, mechanism, data):
        return AuthResult(success=(data.login.decode(), data.password.decode()) == LOGIN)

    async def handle_DATA(self, server, session, envelope):
        self.mails.put((envelope, email.message_from_bytes(envelope.content, policy=email.policy.default)))
        return "250 taken"

    def stop(self):
        self.controller.stop()


class Hook:
    """A webhook that keeps what it is told."""

    def __init__(self, context):
        told = self.told = queue.Queue()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                told.put((dict(self.headers.items()), body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()


@pytest.fixture
def outside(folder):
    """The certificate of who is outside, and a TLS context with it."""
    certificate, key, form = folder / "outside.pem", folder / "outside.key", folder / "outside.cnf"
    form.write_text("[req]\ndistinguished_name=name\nx509_extensions=server\n[name]\n[server]\n"
                    "basicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n")
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
        "-days", "30", "-config", form, "-keyout", key, "-out", certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context


@pytest.fixture
def mailbox(outside):
    box = Mailbox(outside[1])
    yield box
    box.stop()


@pytest.fixture
def hook(outside):
    hook = Hook(outside[1])
    yield hook
    hook.stop()


@pytest.fixture
def telling(folder, world, outside, mailbox):
    """A platform that has a mail server."""
    password = folder / "mail-password"
    password.write_text(LOGIN[1])
    mail = {"host": "localhost", "port": mailbox.port, "username": LOGIN[0], "password": f"file:{password}",
            "from": "ERS <ers@example.org>"}
    notifications = {"mail": mail, "authorities": str(outside[0]), "link": "https://ers.example/clm-ui", "look_seconds": 1}
    running = OneProcess("sqlite", folder / "platform", world.server(Dns), clm={"notifications": notifications})
    try:
        yield running.start()
    finally:
        running.stop()


def test_a_mail_tells_of_a_certificate_in_german(telling, mailbox, folder):
    telling.ers("notify", "subscribe", "team", "--mail", "anna@example.org", "--event", "certificate.issued", "--language", "de")
    telling.issue(folder, "shop.example")
    envelope, mail = mailbox.mails.get(timeout=60)
    assert envelope.rcpt_tos == ["anna@example.org"]
    assert mail["subject"] == "[ERS] Zertifikat ausgestellt: shop.example"
    assert mail["from"] == "ERS <ers@example.org>" and mail["auto-submitted"] == "auto-generated"
    text = mail.get_content()
    assert "Aussteller: default-sub" in text and "https://ers.example/clm-ui/certificates/" in text, text
    telling.ers("notify", "test", "team")
    assert mailbox.mails.get(timeout=60)[1]["subject"] == "[ERS] Dieses Abonnement funktioniert"


def test_a_webhook_is_told_what_a_foreign_library_believes(telling, hook, folder):
    url = f"https://localhost:{hook.port}/ers"
    made = telling.ers_json("notify", "subscribe", "pager", "--webhook", url, "--event", "certificate.issued")
    telling.issue(folder, "hook.example")
    headers, body = hook.told.get(timeout=60)
    python = TOOLS / "standardwebhooks/bin/python"
    message = json.dumps({"secret": made["secret"], "body": body, "headers": headers})
    believed = json.loads(run(python, "-c", VERIFY, stdin=message).stdout)
    assert believed["type"] == "certificate.issued"
    assert believed["data"]["certificate"]["subject_alternative_names"] == ["dns:hook.example"]
    forged = json.dumps({"secret": made["secret"], "body": body.replace("hook.example", "evil.example"), "headers": headers})
    assert run(python, "-c", VERIFY, stdin=forged, check=False).code != 0

    def log():
        listed = telling.ers_json("notify", "deliveries", "--subscription", "pager")
        return [one["state"] for one in listed["deliveries"]]

    until("the delivery is in the log", lambda: log() == ["delivered"])


def test_the_log_says_why_nobody_was_reached(telling, hook):
    url = f"https://localhost:{hook.port}/ers"
    hook.stop()
    hook.server.server_close()
    telling.ers("notify", "subscribe", "gone", "--webhook", url, "--event", "certificate.issued")
    telling.ers("notify", "test", "gone")

    def error():
        listed = telling.ers_json("notify", "deliveries", "--state", "pending")
        return [one["last_error"] for one in listed["deliveries"] if one["last_error"]]

    assert "refused" in until("the attempt stands in the log", error)[0]
