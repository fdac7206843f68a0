"""What the chart renders, running: the files, arguments and environment of its pods as processes on this machine, its init
job against a stand-in for the Secrets of Kubernetes, and nginx with the paths and annotations of its Ingresses."""

import base64
import re
import shutil
import tempfile
from pathlib import Path

import yaml

from . import chart
from .platform import Platform
from .ports import accepts, free_port
from .process import Server, run
from .secrets_api import SecretsApi
from .waiting import until

PROGRAMS = {"signer": "signer", "cara-ws-server": "cara-ws", "clm-server": "clm-api", "rev-info": "rev-info", "acme-server": "acme"}
EDGES = {"est-server": "est", "cmp-server": "cmp", "scep-server": "scep", "clm-ui": "clm-ui"}
NOTE = "nginx.ingress.kubernetes.io/"


class RenderedPlatform(Platform):
    """A release of the chart."""

    def __init__(self, folder, dns, database, redis, more=None, edges=(), given=None):
        """`more`: values beside the usual ones; `edges`: enrolment servers and the web app, which are left out otherwise;
        `given`: Secrets of the operator, text by key."""
        super().__init__("chart", folder, dns, database)
        self.more, self.edges, self.given = more or {}, edges, given or {}
        self.port, self.plain_port = free_port(), free_port()
        self.url = f"https://localhost:{self.port}"
        self.revocation_url = f"http://localhost:{self.plain_port}"
        self.redis = redis
        self.ports = {}  # (service, port of the chart): port here
        self.identities = {}  # what a story wants of them otherwise than the chart can say it
        self.mounted = {}  # pod or job: what it was mounted from
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
            "ingress": {**{host: {"host": "localhost"} for host in ("ers", "cara", "crl", "ocsp")},
                        "ports": {"https": self.port, "http": self.plain_port}},
            "ers": {
                "db": {"type": self.database.kind.removesuffix("ql"), "hosts": f"127.0.0.1:{self.database.port}", "caradb": own("cara"), "clmdb": own("clm"),
                       "acmedb": own("acme")},
                "redis": {"url": self.redis.url},
                "clmClients": {"estServer": on("est-server"), "cmpServer": on("cmp-server"), "scepServer": on("scep-server")},
                "config": {"acme-server": {"validation": {
                    "http_port": self.http_port, "resolvers": [self.dns.resolver], "denied_networks": []}}},
            },
            "clmUi": on("clm-ui"), "caraAdmin": off, "keycloak": off,
            "telemetry": {"logFormat": "text"},
        }

    def secret(self, name):
        """A Secret: the operator's, the init job's or the chart's."""
        if name in self.given:
            return {key: text.encode() for key, text in self.given[name].items()}
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
        self._start_others()
        for component, program in self.programs.items():
            self._start_pod(component, program)
        self._until_others()
        # begun again as the kubelet does, which its restartPolicy asks for
        until("the init job succeeds", lambda: self.job("init-1", check=False)[-1].code == 0, 120)
        self.root.write_bytes(self.secret(f"{chart.RELEASE}-default-cas")["default-root.pem"])
        self._start_nginx()
        self.until_ready()
        return self

    def _start_others(self):
        """What is not ours."""

    def _until_others(self):
        """Until that is there."""

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
            lay_out(folder / mount["mountPath"].lstrip("/"), sources[mount["name"]])
        self.mounted[name] = (spec, component)
        return folder

    def renew_mounts(self):
        """What the kubelet does now and then: mounts of all pods and jobs so far, as their Secrets are now."""
        for name, (spec, component) in list(self.mounted.items()):
            self._mount(name, spec, component)

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
        self.servers[program] = Server(program, [self.program(program), *arguments], self.folder, environment).start()

    @staticmethod
    def _arguments(container, environment, folder):
        arguments = [re.sub(r"\$\(([A-Z_]+)\)", lambda found: environment[found[1]], argument) for argument in container["args"]]
        return [argument.replace("/etc/ers/", f"{folder}/etc/ers/") for argument in arguments]

    def _api_of(self, account):
        """Where the API is, as a ServiceAccount reaches it."""
        return self.api.config

    def job(self, name, check=True):
        """Runs the steps of a job of the chart, up to one that fails; returns how each ended."""
        outcomes = []
        for arguments, environment in self.steps(name):
            outcomes.append(run(*arguments, environment=environment, check=check, seconds=180))
            if outcomes[-1].code != 0:
                break
        return outcomes

    def steps(self, name):
        """What a job of the chart runs, in this order: (program and arguments, environment)."""
        spec = self.objects["Job", f"{chart.RELEASE}-{name}"]["spec"]["template"]["spec"]
        folder = self._mount(f"{chart.RELEASE}-{name}", spec)
        config = folder / "etc/ers/init/init.yaml"
        if config.exists():
            content = yaml.safe_load(config.read_text())
            content["cluster"]["api"] = self._api_of(spec["serviceAccountName"])  # a pod finds it by itself
            if "identities" in content["cluster"]:
                content["cluster"]["identities"].update(self.identities)
            config.write_text(yaml.safe_dump(content))
        for container in [*spec.get("initContainers", []), *spec["containers"]]:
            environment = {key: value.replace("/etc/ers/", f"{folder}/etc/ers/") for key, value in self._environment(container, name).items()}
            yield [self.program("ers"), *self._arguments(container, environment, folder)], environment

    # -- nginx

    def _start_nginx(self):
        configuration = self.folder / "nginx.conf"
        configuration.write_text(self._nginx())
        nginx = Server("nginx", ["nginx", "-c", configuration, "-e", "stderr", "-p", self.folder], self.folder)
        self.servers["nginx"] = nginx.start()
        nginx.until("listens", lambda: accepts(self.port) and accepts(self.plain_port))

    def restart_nginx(self):
        """With the Ingresses as they are now."""
        self.servers.pop("nginx").stop()
        self._start_nginx()

    def _secret_files(self, reference):
        """Files of a Secret that an annotation or an Ingress names."""
        name = reference.rsplit("/", 1)[-1]
        folder = self.folder / "ingress" / name
        folder.mkdir(parents=True, exist_ok=True)
        for key, content in self.secret(name).items():
            (folder / key).write_bytes(content)
        return folder

    def _nginx(self):
        """What the controller makes of the Ingresses, as far as the chart uses it: a server for each host; of its paths an exact
        one wins, then the longest."""
        hosts = {}
        for (kind, _), found in self.objects.items():
            if kind == "Ingress":
                for rule in found["spec"]["rules"]:
                    hosts.setdefault(rule["host"], Host()).take(rule, found, self)
        temporary = "".join(f"{kind}_temp_path {self.folder}/nginx-{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return f"""
            daemon off;
            worker_processes 1;
            pid {self.folder}/nginx.pid;
            events {{ worker_connections 512; }}
            http {{
                access_log off;
                proxy_http_version 1.1;
                proxy_buffer_size 16k;
                proxy_buffers 8 16k;
                {temporary}
                {"".join(host.text(name, self.port, self.plain_port) for name, host in hosts.items())}
            }}
        """

    def _location(self, path, notes):
        backend = path["backend"]["service"]
        port = self.ports[backend["name"], backend["port"]["name"]]
        said = ("proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Host $http_host; proxy_set_header X-Forwarded-Proto $scheme; "
                "proxy_set_header Connection ''; proxy_set_header X-Real-IP $remote_addr; proxy_set_header X-Forwarded-For $remote_addr; ")
        if notes.get("backend-protocol") == "HTTPS":
            folder = self._secret_files(notes["proxy-ssl-secret"])
            said += (f"proxy_ssl_certificate {folder}/tls.crt; proxy_ssl_certificate_key {folder}/tls.key; "
                     f"proxy_ssl_trusted_certificate {folder}/ca.crt; proxy_ssl_verify {notes['proxy-ssl-verify']}; "
                     f"proxy_ssl_protocols {notes['proxy-ssl-protocols']}; proxy_ssl_name {notes['proxy-ssl-name']}; "
                     f"proxy_ssl_server_name {notes['proxy-ssl-server-name']}; ")
        scheme = "https" if notes.get("backend-protocol") == "HTTPS" else "http"
        return f"{said} proxy_pass {scheme}://127.0.0.1:{port};"


def lay_out(place, files):
    """Files of a volume as the kubelet writes them: links into a folder that is exchanged as a whole."""
    place.mkdir(parents=True, exist_ok=True)
    now = place / "..data"
    before = now.resolve() if now.is_symlink() else None
    if before and {file.name: file.read_bytes() for file in before.iterdir()} == files:
        return
    new = Path(tempfile.mkdtemp(prefix="..", dir=place))
    new.chmod(0o755)
    for key, content in files.items():
        (new / key).write_bytes(content)
    (place / "..new").symlink_to(new.name)
    (place / "..new").rename(now)
    for key in files:
        if not (place / key).is_symlink():
            (place / key).symlink_to(f"..data/{key}")
    if before:
        shutil.rmtree(before)


class Host:
    """A server of nginx, over TLS and without."""

    def __init__(self):
        self.over_tls, self.plain, self.tls, self.verify = {}, {}, "", ""

    def take(self, rule, ingress, platform):
        """A rule of an Ingress."""
        notes = {key.removeprefix(NOTE): value for key, value in ingress["metadata"].get("annotations", {}).items()}
        spec = ingress["spec"]
        offered = [entry for entry in spec.get("tls", []) if rule["host"] in entry["hosts"]]
        for entry in offered:
            folder = platform._secret_files(entry["secretName"])
            self.tls = f"ssl_certificate {folder}/tls.crt; ssl_certificate_key {folder}/tls.key;"
        if "auth-tls-secret" in notes:
            folder = platform._secret_files(notes["auth-tls-secret"])
            verify = (f"ssl_client_certificate {folder}/ca.crt; ssl_verify_client {notes['auth-tls-verify-client']}; "
                      f"ssl_verify_depth {notes['auth-tls-verify-depth']};")
            assert notes["auth-tls-pass-certificate-to-upstream"] == "true"
            assert self.verify in ("", verify), f"which Ingress decides over client certificates of {rule['host']} is chance"
            self.verify = verify
        for path in rule["http"]["paths"]:
            handed = platform._location(path, notes)
            redirected = offered and notes.get("ssl-redirect") != "false"
            away = "return 308 https://$host$request_uri;"
            for kept, act in ((self.over_tls, handed), (self.plain, away if redirected else handed)):
                if path["pathType"] == "Exact":
                    kept[f"= {path['path']}"] = act
                else:
                    kept.setdefault(f"= {path['path']}", act)
                    kept[f"{path['path']}/"] = act

    def text(self, name, port, plain_port):
        """For nginx."""
        # for every path of a host, over TLS or not: what a client says in these words itself is not handed on
        shown = "ssl-client-verify $ssl_client_verify; proxy_set_header ssl-client-cert $ssl_client_escaped_cert"
        more = f"proxy_set_header {shown};" if self.verify else ""
        locations = lambda kept: "".join(f"location {place} {{ {more} {act} }}\n" for place, act in kept.items())  # noqa: E731
        text = f"server {{ listen 127.0.0.1:{plain_port}; server_name {name}; {locations(self.plain)} }}\n"
        if self.tls:
            text += f"server {{ listen 127.0.0.1:{port} ssl http2; server_name {name}; {self.tls} {self.verify} {locations(self.over_tls)} }}\n"
        return text
