"""What the chart renders, running: the files, arguments and environment of its pods as processes on this machine, its init
job against a stand-in for the Secrets of Kubernetes, and nginx with the paths and annotations of its Ingresses."""

import base64
import re

import yaml

from . import chart
from .platform import Platform, binary
from .ports import accepts, free_port
from .process import Server, run
from .secrets_api import SecretsApi
from .waiting import until

PROGRAMS = {"signer": "signer", "cara-ws-server": "cara-ws", "clm-server": "clm-api", "rev-info": "rev-info", "acme-server": "acme"}
EDGES = {"est-server": "est", "cmp-server": "cmp", "scep-server": "scep", "clm-ui": "clm-ui"}
NOTE = "nginx.ingress.kubernetes.io/"


class RenderedPlatform(Platform):
    """A release of the chart."""

    def __init__(self, folder, dns, database, redis, more=None, edges=()):
        """`more`: values beside the usual ones; `edges`: enrolment servers and the web app, which are left out otherwise."""
        super().__init__("chart", folder, dns, database)
        self.more, self.edges = more or {}, edges
        self.port, self.plain_port = free_port(), free_port()
        self.url = f"https://localhost:{self.port}"
        self.revocation_url = f"http://localhost:{self.plain_port}"
        self.redis = redis
        self.ports = {}  # (service, port of the chart): port here
        self._install()

    def _install(self):
        (self.folder / "api").mkdir()
        self.api = SecretsApi(self.folder / "api", chart.NAMESPACE)
        self._take(chart.render(chart.QUICKSTART, self.values()))

    def _take(self, objects):
        """From now on these are the release."""
        self.objects = objects
        for (kind, name), found in objects.items():
            for port in found["spec"]["ports"] if kind == "Service" else []:
                if (name, port["name"]) not in self.ports:
                    self.ports[name, port["name"]] = self.ports[name, port["port"]] = free_port()
        self.health_urls = [f"http://127.0.0.1:{self.ports[f'{chart.RELEASE}-{component}', 'health']}" for component in self.programs]

    @property
    def programs(self):
        """Program of each component that runs."""
        return {**PROGRAMS, **{component: EDGES[component] for component in self.edges}}

    def values(self):
        """What this machine's addresses make of the quickstart."""
        return chart.merged(self._values(), self.more)

    def _values(self):
        name = lambda url: url.rsplit("/", 1)[1]  # noqa: E731
        own = lambda key: {"name": name(self.databases[key]), "username": "ers", "password": "ers"}  # noqa: E731
        off = {"enabled": False}
        on = lambda component: {"enabled": component in self.edges}  # noqa: E731
        return {
            "ingress": {host: {"host": "localhost"} for host in ("ers", "cara", "crl", "ocsp")},
            "ers": {
                "db": {"type": self.database.kind.removesuffix("ql"), "hosts": f"127.0.0.1:{self.database.port}", "caradb": own("cara"), "clmdb": own("clm"),
                       "acmedb": own("acme")},
                "redis": {"url": self.redis.url},
                "clmClients": {"estServer": on("est-server"), "cmpServer": on("cmp-server"), "scepServer": on("scep-server")},
                "config": {
                    "cara-ws-server": {"issuing": {"revocation_url": f"{self.revocation_url}/rev-info"}},
                    "acme-server": {"external_url": self.url, "validation": {
                        "http_port": self.http_port, "resolvers": [self.dns.resolver], "denied_networks": []}},
                },
            },
            "clmUi": on("clm-ui"), "caraAdmin": off, "keycloak": off,
            "telemetry": {"logFormat": "text"},
        }

    def secret(self, name):
        """A Secret: the chart's or the init job's."""
        if name in self.api.secrets:
            return {key: base64.b64decode(value) for key, value in self.api.secrets[name]["data"].items()}
        return {key: text.encode() for key, text in chart.secret(self.objects, name).items()}

    @property
    def root(self):
        return self.folder / "root.pem"

    @property
    def where(self):
        return ["--platform", self.folder / f"{chart.RELEASE}-init-1/etc/ers/init/platform.yaml"]

    def start(self):
        self.job("identities")
        for component, program in self.programs.items():
            self._start_pod(component, program)
        # begun again as the kubelet does, which its restartPolicy asks for
        until("the init job succeeds", lambda: self.job("init-1", check=False)[-1].code == 0, 120)
        self.root.write_bytes(self.secret(f"{chart.RELEASE}-default-cas")["default-root.pem"])
        self._start_nginx()
        self.until_ready()
        return self

    # -- pods

    def _local(self, text, folder, component=None):
        """Text of a pod with the addresses and folders of this machine."""
        for (service, port), here in self.ports.items():
            text = text.replace(f"{service}:{port}", f"127.0.0.1:{here}")
            if service == f"{chart.RELEASE}-{component}":
                text = text.replace(f"0.0.0.0:{port}", f"127.0.0.1:{here}")
        return text.replace("/etc/ers/", f"{folder}/etc/ers/")

    def _mount(self, name, spec, component=None):
        """Lays out what the containers of a pod mount; returns the folder that stands for its root."""
        folder = self.folder / name
        sources = {}
        for volume in spec["volumes"]:
            files = {}
            for source in [volume, *volume.get("projected", {}).get("sources", [])]:
                if "configMap" in source:
                    content = self.objects["ConfigMap", source["configMap"]["name"]]["data"]
                    files |= {key: self._local(text, folder, component).encode() for key, text in content.items()}
                if "secret" in source:
                    files |= self.secret(source["secret"]["secretName"])
            sources[volume["name"]] = files
        mounts = {mount["mountPath"]: mount for container in [*spec["containers"], *spec.get("initContainers", [])]
                  for mount in container["volumeMounts"]}
        for mount in mounts.values():
            place = folder / mount["mountPath"].lstrip("/")
            place.mkdir(parents=True, exist_ok=True)
            for key, content in sources[mount["name"]].items():
                (place / key).write_bytes(content)
        return folder

    def _environment(self, container, pod):
        """Environment of a container, with references followed as the kubelet does."""
        given = {}
        for entry in container.get("env", []):
            source = entry.get("valueFrom")
            if source is None:
                given[entry["name"]] = re.sub(r"\$\(([A-Z_]+)\)", lambda found: given.get(found[1], found[0]), entry["value"])
            elif "secretKeyRef" in source:
                given[entry["name"]] = self.secret(source["secretKeyRef"]["name"])[source["secretKeyRef"]["key"]].decode()
            elif "configMapKeyRef" in source:
                given[entry["name"]] = self.objects["ConfigMap", source["configMapKeyRef"]["name"]]["data"][source["configMapKeyRef"]["key"]]
            else:
                assert source["fieldRef"]["fieldPath"] == "metadata.name"
                given[entry["name"]] = pod
        return given

    def _start_pod(self, component, program):
        spec = chart.pod(self.objects, component)
        container = spec["containers"][0]
        pod = f"{chart.RELEASE}-{component}-0"
        folder = self._mount(pod, spec, component)
        environment = self._environment(container, pod)
        arguments = self._arguments(container, environment, folder)
        self.servers[program] = Server(program, [binary(program), *arguments], self.folder, environment).start()

    @staticmethod
    def _arguments(container, environment, folder):
        arguments = [re.sub(r"\$\(([A-Z_]+)\)", lambda found: environment[found[1]], argument) for argument in container["args"]]
        return [argument.replace("/etc/ers/", f"{folder}/etc/ers/") for argument in arguments]

    def _api_of(self, account):
        """Where the API is, as a ServiceAccount reaches it."""
        return self.api.config

    def job(self, name, check=True):
        """Runs the steps of a job of the chart, up to one that fails; returns how each ended."""
        spec = self.objects["Job", f"{chart.RELEASE}-{name}"]["spec"]["template"]["spec"]
        folder = self._mount(f"{chart.RELEASE}-{name}", spec)
        config = folder / "etc/ers/init/init.yaml"
        if config.exists():
            content = yaml.safe_load(config.read_text())
            content["cluster"]["api"] = self._api_of(spec["serviceAccountName"])  # a pod finds it by itself
            config.write_text(yaml.safe_dump(content))
        outcomes = []
        for container in [*spec.get("initContainers", []), *spec["containers"]]:
            environment = {key: value.replace("/etc/ers/", f"{folder}/etc/ers/") for key, value in self._environment(container, name).items()}
            outcomes.append(run(binary("ers"), *self._arguments(container, environment, folder), environment=environment, check=check,
                                seconds=180))
            if outcomes[-1].code != 0:
                break
        return outcomes

    # -- nginx

    def _start_nginx(self):
        configuration = self.folder / "nginx.conf"
        configuration.write_text(self._nginx())
        nginx = Server("nginx", ["nginx", "-c", configuration, "-e", "stderr", "-p", self.folder], self.folder)
        self.servers["nginx"] = nginx.start()
        nginx.until("listens", lambda: accepts(self.port) and accepts(self.plain_port))

    def _secret_files(self, reference):
        """Files of a Secret that an annotation or an Ingress names."""
        name = reference.rsplit("/", 1)[-1]
        folder = self.folder / "ingress" / name
        folder.mkdir(parents=True, exist_ok=True)
        for key, content in self.secret(name).items():
            (folder / key).write_bytes(content)
        return folder

    def _nginx(self):
        """What the controller makes of the Ingresses, as far as the chart uses it: the longest path of a host wins."""
        over_tls, plain, verify, tls = {}, {}, "", ""  # by path: hosts differ by name only
        for (kind, _), found in self.objects.items():
            if kind != "Ingress":
                continue
            notes = {key.removeprefix(NOTE): value for key, value in found["metadata"].get("annotations", {}).items()}
            spec = found["spec"]
            for entry in spec.get("tls", []):
                folder = self._secret_files(entry["secretName"])
                tls = f"ssl_certificate {folder}/tls.crt; ssl_certificate_key {folder}/tls.key;"
            if "auth-tls-secret" in notes:
                folder = self._secret_files(notes["auth-tls-secret"])
                verify = (f"ssl_client_certificate {folder}/ca.crt; ssl_verify_client {notes['auth-tls-verify-client']}; "
                          f"ssl_verify_depth {notes['auth-tls-verify-depth']};")
            for rule in spec["rules"]:
                for path in rule["http"]["paths"]:
                    handed = self._location(path, notes)
                    over_tls[path["path"]] = handed
                    redirected = "tls" in spec and notes.get("ssl-redirect") != "false"
                    away = self._locations(path["path"], "return 308 https://$host$request_uri;")
                    plain[path["path"]] = away if redirected else handed
        temporary = "".join(f"{kind}_temp_path {self.folder}/nginx-{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return f"""
            daemon off;
            worker_processes 1;
            pid {self.folder}/nginx.pid;
            events {{ worker_connections 512; }}
            http {{
                access_log off;
                {temporary}
                server {{ listen 127.0.0.1:{self.port} ssl http2; {tls} {verify} {"".join(over_tls.values())} }}
                server {{ listen 127.0.0.1:{self.plain_port}; {"".join(plain.values())} }}
            }}
        """

    def _location(self, path, notes):
        backend = path["backend"]["service"]
        port = self.ports[backend["name"], backend["port"]["name"]]
        said = "proxy_set_header Host $http_host; proxy_set_header X-Real-IP $remote_addr; proxy_set_header X-Forwarded-For $remote_addr; "
        if notes.get("auth-tls-pass-certificate-to-upstream") == "true":
            said += "proxy_set_header ssl-client-verify $ssl_client_verify; proxy_set_header ssl-client-cert $ssl_client_escaped_cert; "
        if notes.get("backend-protocol") == "HTTPS":
            folder = self._secret_files(notes["proxy-ssl-secret"])
            said += (f"proxy_ssl_certificate {folder}/tls.crt; proxy_ssl_certificate_key {folder}/tls.key; "
                     f"proxy_ssl_trusted_certificate {folder}/ca.crt; proxy_ssl_verify {notes['proxy-ssl-verify']}; "
                     f"proxy_ssl_protocols {notes['proxy-ssl-protocols']}; proxy_ssl_name {notes['proxy-ssl-name']}; "
                     f"proxy_ssl_server_name {notes['proxy-ssl-server-name']}; ")
        scheme = "https" if notes.get("backend-protocol") == "HTTPS" else "http"
        return self._locations(path["path"], f"{said} proxy_pass {scheme}://127.0.0.1:{port};")

    @staticmethod
    def _locations(path, act):
        return f"location = {path} {{ {act} }}\n location {path}/ {{ {act} }}\n"

