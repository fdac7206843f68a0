"""ERS as on a cluster: each service a process of its own with its own YAML file, Redis, keys on a SoftHSM2 token, and
nginx in front with TLS and the paths of the ingress."""

import secrets
import signal

import yaml

from .platform import Platform, binary
from .ports import accepts, free_port
from .process import Server, run
from .servers import SOFTHSM, SoftHsm

SERVICES = ("signer", "cara-ws", "clm-api", "rev-info", "acme", "scep", "est", "cmp", "clm-ui", "cara-admin")


class ManyProcesses(Platform):
    """Signer, CARA, CLM, rev-info, ACME, SCEP, EST, CMP, the web app and nginx."""

    def __init__(self, form, folder, dns, database, redis):
        super().__init__(form, folder, dns, database)
        self.redis = redis
        self.token = SoftHsm(self.folder / "token")
        self.identities = self.folder / "identities"
        self.grpc = {name: free_port() for name in ("signer", "cara-ws", "clm-api")}
        self.http = {name: free_port() for name in ("cara-ws", "clm-api", "rev-info", "acme", "scep", "est", "cmp", "clm-ui",
                                                   "cara-admin")}
        self.health = {name: free_port() for name in SERVICES}
        self.port, self.revocation_port = free_port(), free_port()
        self.url = f"https://localhost:{self.port}"
        self.revocation_url = f"http://localhost:{self.revocation_port}"
        self.health_urls = [f"http://127.0.0.1:{port}" for port in self.health.values()]
        self.platform_file = self.folder / "platform.yaml"

    @property
    def root(self):
        return self.folder / "root.pem"

    @property
    def client_authorities(self):
        """The CAs whose client certificates nginx believes."""
        return self.folder / "client-authorities.pem"

    @property
    def where(self):
        return ["--platform", self.platform_file]

    def start(self):
        self.token.start()
        run(binary("ers"), "identity", "init", "--dir", self.identities)
        run(binary("ers"), "identity", "issue", "--dir", self.identities, *SERVICES, "administrator", "ingress")
        for name, service in self._services().items():
            self._start_service(name, service)
        self.platform_file.write_text(yaml.safe_dump({
            "endpoints": {name: self._grpc(name) for name in self.grpc},
            "identity": self._identity("administrator"),
        }))
        for server in self.servers.values():
            port = self.grpc.get(server.name) or self.http[server.name]
            server.until("listens", lambda port=port: accepts(port))
        self._init()
        self._start_nginx()
        self.until_ready()
        return self

    def _init(self):
        """What `ers up` does by itself at its first start."""
        run(binary("ers"), *self.where, "init", seconds=120)
        listed = self.ers_json("ca", "list")
        certificate = {ca["name"]: ca["certificate"] for ca in listed}
        self.root.write_text(certificate["default-root"])
        self.client_authorities.write_text(
            certificate["management-root"] + certificate["default-root"] + certificate["default-sub"])

    def _start_service(self, name, service):
        file = self.folder / f"{name}.yaml"
        file.write_text(yaml.safe_dump({
            "telemetry": self.telemetry,
            "health_listen": f"127.0.0.1:{self.health[name]}",
            "identity": self._identity(name),
            "service": service,
        }))
        environment = self.token.environment if name == "signer" else {}
        self.servers[name] = Server(name, [binary(name), "--config", file], self.folder, environment).start()

    def _identity(self, name):
        file = lambda suffix: str(self.identities / f"{name}.{suffix}")  # noqa: E731
        return {"certificate": file("crt"), "key": file("key"), "authorities": str(self.identities / "authorities.crt")}

    def _grpc(self, name):
        return f"127.0.0.1:{self.grpc[name]}"

    def _database(self, name):
        return {"url": self.databases[name]}

    def _services(self):
        listen = lambda port: f"127.0.0.1:{port}"  # noqa: E731
        pin = self.folder / "pin"
        pin.write_text(f"{self.token.pin}\n")
        return {
            "signer": {
                "listen": self._grpc("signer"),
                "database": self._database("signer"),
                "master_password": secrets.token_hex(16),
                "tokens": [{
                    "name": "hsm",
                    "pkcs11": {"library": SOFTHSM, "slot": {"label": self.token.label}, "pin": f"file:{pin}"},
                }],
            },
            "cara-ws": {
                "listen": self._grpc("cara-ws"),
                "http_listen": listen(self.http["cara-ws"]),
                "signer": self._grpc("signer"),
                "database": self._database("cara"),
                "issuing": {"revocation_url": f"{self.revocation_url}/rev-info"},
            },
            "clm-api": {
                "database": self._database("clm"),
                "alone": {
                    "listen": self._grpc("clm-api"),
                    "http_listen": listen(self.http["clm-api"]),
                    "cara": self._grpc("cara-ws"),
                    "signer": self._grpc("signer"),
                    "default_issuer": "default-sub",
                },
            },
            "rev-info": {
                "listen": listen(self.http["rev-info"]),
                "cara": self._grpc("cara-ws"),
                "signer": self._grpc("signer"),
            },
            "est": {
                "listen": listen(self.http["est"]),
                "clm": self._grpc("clm-api"),
                "signer": self._grpc("signer"),
            },
            "clm-ui": {"listen": listen(self.http["clm-ui"])},
            "cara-admin": {"listen": listen(self.http["cara-admin"])},
            "cmp": {
                "listen": listen(self.http["cmp"]),
                "database": self._database("cmp"),
                "clm": self._grpc("clm-api"),
                "signer": self._grpc("signer"),
                "trusted_proxies": ["127.0.0.1/32"],
                "sweep_seconds": 1,
            },
            "acme": {
                "external_url": self.url,
                "listen": listen(self.http["acme"]),
                "database": self._database("acme"),
                "clm": self._grpc("clm-api"),
                "signer": self._grpc("signer"),
                "redis": self.redis.url,
                "trusted_proxies": ["127.0.0.1/32"],
                "validation": {
                    "http_port": self.http_port,
                    "tls_alpn_port": self.tls_alpn_port,
                    "resolvers": [self.dns.resolver],
                    "denied_networks": [],  # the stories' names lie on the loopback interface
                },
            },
            "scep": {
                "listen": listen(self.http["scep"]),
                "database": self._database("scep"),
                "clm": self._grpc("clm-api"),
                "signer": self._grpc("signer"),
                "trusted_proxies": ["127.0.0.1/32"],
            },
        }

    def _start_nginx(self):
        certificate = self.issue(self.folder, "localhost")
        configuration = self.folder / "nginx.conf"
        configuration.write_text(self._nginx(certificate, certificate.with_suffix(".key")))
        nginx = Server("nginx", ["nginx", "-c", configuration, "-e", "stderr", "-p", self.folder], self.folder,
                       stop_signal=signal.SIGTERM)
        self.servers["nginx"] = nginx.start()
        nginx.until("listens", lambda: accepts(self.port) and accepts(self.revocation_port))

    def _nginx(self, certificate, key):
        to = lambda name: (  # noqa: E731
            f"proxy_pass http://127.0.0.1:{self.http[name]}; proxy_set_header Host $http_host; "
            "proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme;"
        )
        identity = self._identity("ingress")
        with_client = lambda name: (  # noqa: E731
            f"proxy_pass https://127.0.0.1:{self.http[name]}; proxy_set_header Host $http_host; "
            f"proxy_ssl_protocols TLSv1.3; proxy_ssl_verify on; proxy_ssl_name {name}.ers.internal; "
            f"proxy_ssl_trusted_certificate {identity['authorities']}; "
            f"proxy_ssl_certificate {identity['certificate']}; proxy_ssl_certificate_key {identity['key']}; "
            "proxy_set_header ssl-client-verify $ssl_client_verify; "
            "proxy_set_header ssl-client-cert $ssl_client_escaped_cert; proxy_set_header X-Real-IP $remote_addr;"
        )
        temporary = "".join(f"{kind}_temp_path {self.folder}/nginx-{kind};\n" for kind in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return f"""
            daemon off;
            worker_processes 1;
            pid {self.folder}/nginx.pid;
            events {{ worker_connections 512; }}
            http {{
                access_log off;
                {temporary}
                server {{
                    listen 127.0.0.1:{self.port} ssl http2;
                    ssl_certificate {certificate};
                    ssl_certificate_key {key};
                    ssl_client_certificate {self.client_authorities};
                    ssl_verify_client optional;
                    ssl_verify_depth 3;
                    location /acme {{ {to("acme")} }}
                    location /scep {{ {to("scep")} }}
                    location /clm-api {{ {to("clm-api")} }}
                    location /clm-ui {{ {to("clm-ui")} }}
                    location /cara-admin {{ {to("cara-admin")} }}
                    location /cara-ws-server {{ {with_client("cara-ws")} }}
                    location /est {{ {with_client("est")} }}
                    location /.well-known/est {{ {with_client("est")} }}
                    location /rev-info {{ {to("rev-info")} }}
                    location /cmp {{ {to("cmp")} }}
                    location /.well-known/cmp {{ {to("cmp")} }}
                }}
                server {{
                    listen 127.0.0.1:{self.revocation_port};
                    location /scep {{ {to("scep")} }}
                    location /cmp {{ {to("cmp")} }}
                    location /.well-known/cmp {{ {to("cmp")} }}
                    location /rev-info {{ {to("rev-info")} }}
                }}
            }}
        """
