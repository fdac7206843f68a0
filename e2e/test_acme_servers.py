"""Web servers that get their certificates themselves: Caddy as Debian 12 ships it and as it is now, Traefik, and nginx with
certbot's plugin. Each is configured as docs/acme.md shows.

Promises:
- Each obtains a certificate and serves it; a client that trusts the root reaches the site by its name.
- Each renews it: another serial, the same name, served without a change of configuration.
- Caddy replaces a certificate that was revoked; those of Traefik and nginx are revoked, and OCSP says so.
"""

import json
import shutil

import pytest
import yaml

from harness.clients import TOOLS, Certbot, fetch_issuer, names, read, until_ocsp_says, verify
from harness.docs import filled, shown
from harness.ports import accepts, free_port
from harness.process import Server, run

DIRECTORY = "https://localhost:8443/acme/directory"


class Site:
    """What a client sees of a site."""

    def __init__(self, platform, host, port, folder):
        self.platform, self.host, self.port, self.folder = platform, host, port, folder

    def leaf(self):
        """The file of the certificate that is served, which the root vouches for."""
        shown = run("openssl", "s_client", "-connect", f"{self.host.address}:{self.port}", "-servername", self.host.name,
                    "-CAfile", self.platform.root, "-verify_return_error", "-verify_hostname", self.host.name, "-showcerts")
        first, *rest = [f"-----BEGIN{part.split('-----END')[0]}-----END CERTIFICATE-----\n"
                        for part in shown.stdout.split("-----BEGIN")[1:] if "CERTIFICATE" in part.split("\n")[0]]
        leaf, chain = self.folder / "served.pem", self.folder / "served-chain.pem"
        leaf.write_text(first)
        chain.write_text("".join(rest))
        verify(self.platform, leaf, chain, "-purpose", "sslserver", "-verify_hostname", self.host.name)
        assert names(leaf) == [self.host.name]
        return leaf

    def serial(self):
        """The serial number of the certificate that is served."""
        return f"{read(self.leaf()).serial_number:x}"

    def other_than(self, before):
        """The serial number of a certificate that is not the one before; nothing while it is."""
        now = self.serial()
        return now if now != before else None

    def body(self, path=""):
        """What the site says."""
        return run("curl", "--silent", "--show-error", "--fail", "--cacert", self.platform.root, "--resolve",
                   f"{self.host.name}:{self.port}:{self.host.address}", f"https://{self.host.name}:{self.port}/{path}").stdout

    def revoke(self):
        """Revokes what is served; OCSP says so."""
        leaf = self.leaf()
        self.platform.ers("cert", "revoke", f"{read(leaf).serial_number:x}", "--reason", "cessationOfOperation")
        until_ocsp_says("revoked", self.platform, leaf, fetch_issuer(self.platform, leaf, self.folder), seconds=5)


class Running:
    """A web server for as long as a `with` block lasts."""

    def __init__(self, name, arguments, folder):
        self.server = Server(name, arguments, folder)

    def __enter__(self):
        return self.server.start()

    def __exit__(self, *_):
        self.server.stop()


@pytest.mark.forms("sqlite", "many-postgresql")
@pytest.mark.parametrize("program", ["caddy", TOOLS / "caddy/bin/caddy"], ids=["debian-12", "now"])
def test_caddy_obtains_renews_and_replaces_what_was_revoked(platform, host, folder, program):
    site = Site(platform, host, host.tls_alpn_port, folder)
    file, early = folder / "Caddyfile", folder / "early.json"
    # beside what the documentation shows only ports, an address and a folder of this story
    own = (f"http_port {host.http_port}\n  https_port {site.port}\n  default_bind {host.address}\n  admin off\n"
           f"  storage file_system {folder}/caddy\n  email operator@example.test\n  acme_ca ")
    file.write_text(filled(shown("acme.md", "Caddy"), **{
        "acme_ca ": own, DIRECTORY: platform.directory(), "/etc/ers/root.pem": platform.root, "www.example.com": host.name}))

    with Running("caddy", [program, "run", "--config", file, "--adapter", "caddyfile"], folder) as server:
        first = server.until("serves", site.serial)
        assert site.body() == "hello"
    adapted = json.loads(run(program, "adapt", "--config", file, "--adapter", "caddyfile").stdout)
    for policy in adapted["apps"]["tls"]["automation"]["policies"]:
        policy["renewal_window_ratio"] = 0.9999999
    early.write_text(json.dumps(adapted))
    with Running("caddy", [program, "run", "--config", early], folder) as server:
        second = server.until("renews", lambda: site.other_than(first))
        site.revoke()
    # it asks OCSP again once what it knows is old
    shutil.rmtree(folder / "caddy/ocsp")
    with Running("caddy", [program, "run", "--config", file, "--adapter", "caddyfile"], folder) as server:
        server.until("replaces", lambda: site.other_than(second))
        assert site.body() == "hello"


@pytest.mark.forms("sqlite")
def test_traefik_obtains_and_renews(platform, host, folder):
    site = Site(platform, host, host.tls_alpn_port, folder)
    resolvers = filled(shown("acme.md", "Traefik"), **{
        DIRECTORY: platform.directory(), "/etc/ers/root.pem": platform.root, "/var/lib/traefik/acme.json": folder / "acme.json"})
    routes = folder / "routes.yaml"
    routes.write_text(filled(shown("acme.md", "Traefik", 1), **{"www.example.com": host.name, "service: site": "service: ping@internal"}))
    settings = {
        "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
        "ping": {"manualRouting": True},
        "entryPoints": {"web": {"address": f"{host.address}:{host.http_port}"},
                        "websecure": {"address": f"{host.address}:{site.port}"}},
        "providers": {"file": {"filename": str(routes)}},
        **yaml.safe_load(resolvers),
    }
    file = folder / "traefik.yaml"

    def traefik():
        file.write_text(json.dumps(settings))
        return Running("traefik", [TOOLS / "traefik/bin/traefik", f"--configFile={file}"], folder)

    with traefik() as server:
        first = server.until("serves", site.serial)
        assert site.body("ping") == "OK"
    # to who thinks that certificates live for a year, one of a quarter has not long to go
    settings["certificatesResolvers"]["ers"]["acme"]["certificatesDuration"] = 8760
    with traefik() as server:
        server.until("renews", lambda: site.other_than(first))
        site.revoke()


@pytest.mark.forms("many-postgresql")
def test_nginx_with_certbot_obtains_renews_and_revokes(platform, host, folder):
    site = Site(platform, host, free_port(), folder)
    root = folder / "nginx"
    root.mkdir()
    kept = "".join(f"  {kind}_temp_path {root}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    # certbot's plugin reloads nginx by this file and its process by the pid in it
    (root / "nginx.conf").write_text(
        f"daemon off;\npid {root}/pid;\nerror_log {root}/error.log;\nevents {{}}\nhttp {{\n  access_log off;\n{kept}"
        f"  server {{\n    listen {host.address}:{host.http_port};\n    server_name {host.name};\n"
        '    location / { return 200 "hello"; }\n  }\n}\n')
    certbot = Certbot(platform, folder)
    plugin = ["--nginx", "--nginx-server-root", root, "--nginx-sleep-seconds", "0", "--http-01-port", host.http_port,
              "--https-port", site.port]
    with Running("nginx", ["nginx", "-e", root / "error.log", "-p", root, "-c", root / "nginx.conf"], folder) as server:
        server.until("listens", lambda: (root / "pid").exists() and accepts(host.http_port, host.address))
        certbot(*plugin, "--no-redirect", "-d", host.name, *certbot.account)
        first = server.until("serves", site.serial)
        assert site.body() == "hello"
        certbot("renew", "--force-renewal", "--no-random-sleep-on-renew")
        server.until("renews", lambda: site.other_than(first))
        leaf = site.leaf()
        certbot("revoke", "--cert-name", host.name, "--no-delete-after-revoke", "--reason", "superseded")
        until_ocsp_says("revoked", platform, leaf, fetch_issuer(platform, leaf, folder), seconds=5)
