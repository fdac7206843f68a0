"""CLM's REST interface, by curl."""

import json

from .process import run


class Rest:
    """curl, with the token of a login."""

    def __init__(self, platform):
        self.platform, self.token = platform, None

    def __call__(self, method, path, body=None):
        """Returns (status, content type, parsed body)."""
        header = ["-H", f"authorization: Bearer {self.token}"] if self.token else []
        data = ["-H", "content-type: application/json", "--data-binary", "@-"] if body is not None else []
        outcome = run("curl", "--silent", "--show-error", "--cacert", self.platform.root, "-X", method, *header, *data,
                      "-w", "\n%{http_code} %{content_type}", f"{self.platform.url}/clm-api{path}",
                      stdin=json.dumps(body) if body is not None else None)
        text, _, status = outcome.stdout.rpartition("\n")
        code, _, kind = status.partition(" ")
        return int(code), kind, json.loads(text) if text.strip() else None

    def log_in(self, password, username="administrator"):
        status, kind, body = self("POST", "/v1/session", {"username": username, "password": password})
        if status == 200:
            self.token = body["token"]
        return status, kind, body
