"""Stand-in for the one part of the Kubernetes API that the init job uses: the Secrets of a namespace, read and applied
(server-side apply with field managers), over TLS with a service account's token."""

import base64
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from .process import run

TOKEN = "token-of-the-service-account"


class SecretsApi:
    """Runs from its making until `stop`."""

    def __init__(self, folder, namespace="ers"):
        self.folder, self.namespace = folder, namespace
        self.secrets, self.writes = {}, 0
        self.writes_allowed = None  # after so many it refuses all others, like a role that does not suffice
        self.certificate, key = folder / "api.crt", folder / "api.key"
        form = folder / "api.cnf"
        form.write_text("[req]\ndistinguished_name=name\nx509_extensions=server\n[name]\n"
                        "[server]\nbasicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:localhost\n")
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj",
            "/CN=localhost", "-config", form, "-keyout", key, "-out", self.certificate)
        self.token = folder / "token"
        self.token.write_text(TOKEN)
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self._answer(*api.get(self))

            def do_PATCH(self):
                self._answer(*api.patch(self))

            def _answer(self, status, body):
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def config(self):
        """For `cluster.api`."""
        return {
            "server": f"https://localhost:{self.server.server_port}",
            "namespace": self.namespace,
            "token_file": str(self.token),
            "authorities_file": str(self.certificate),
        }

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def value(self, secret, key):
        """Octets."""
        return base64.b64decode(self.secrets[secret]["data"][key])

    def get(self, request):
        name, refusal = self._name(request)
        if refusal:
            return refusal
        secret = self.secrets.get(name)
        return (200, self._shown(secret)) if secret else _status(404, f'secrets "{name}" not found')

    def patch(self, request):
        body = json.loads(request.rfile.read(int(request.headers["content-length"])))
        name, refusal = self._name(request)
        if refusal:
            return refusal
        if request.headers["content-type"] != "application/apply-patch+yaml":
            return _status(415, "only server-side apply")
        if self.writes_allowed is not None and self.writes >= self.writes_allowed:
            return _status(403, f'secrets "{name}" is forbidden')
        query = parse_qs(urlsplit(request.path).query)
        manager, force = query["fieldManager"][0], query["force"][0] == "true"
        if body["metadata"]["name"] != name or body["kind"] != "Secret":
            return _status(400, "the name in the path is another")
        if body["type"] == "kubernetes.io/tls" and not {"tls.crt", "tls.key"} <= body["data"].keys():
            return _status(422, "tls.crt and tls.key are required")
        return self._apply(name, body, manager, force)

    def _apply(self, name, body, manager, force):
        there = self.secrets.setdefault(name, {"type": body["type"], "data": {}, "managers": {}})
        if there["type"] != body["type"]:
            return _status(422, "type: field is immutable")
        for key, value in body["data"].items():
            others = there["managers"].get(key, set()) - {manager}
            if others and there["data"][key] != value:
                if not force:
                    return _status(409, f"conflict with {others} in data.{key}")
                there["managers"][key] = set()
        for key in list(there["data"]):
            managers = there["managers"][key]
            if key not in body["data"] and manager in managers:
                managers.discard(manager)
                if not managers:
                    del there["data"][key], there["managers"][key]
        for key, value in body["data"].items():
            there["data"][key] = value
            there["managers"].setdefault(key, set()).add(manager)
        there["metadata"] = {"name": name, "labels": body["metadata"]["labels"]}
        self.writes += 1
        return 200, self._shown(there)

    def _name(self, request):
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return None, _status(401, "Unauthorized")
        prefix = f"/api/v1/namespaces/{self.namespace}/secrets/"
        path = urlsplit(request.path).path
        return (path[len(prefix):], None) if path.startswith(prefix) else (None, _status(404, "no such resource"))

    @staticmethod
    def _shown(secret):
        return {key: value for key, value in secret.items() if key != "managers"}


def _status(code, message):
    return code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}
