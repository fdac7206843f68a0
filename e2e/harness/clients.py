"""Foreign clients, as a user would call them."""

import os
import stat
import textwrap
from pathlib import Path

from cryptography import x509

from .process import run
from .waiting import until


TOOLS = Path(os.environ.get("ERS_TOOLS", Path.home() / ".cache/ers/tools"))


class Certbot:
    """certbot with folders of its own."""

    program = "certbot"

    def __init__(self, platform, folder, policy=None, external_account=None):
        self.platform = platform
        self.folder = Path(folder) / "certbot"
        self.common = [
            "--non-interactive",
            "--config-dir", self.folder / "config", "--work-dir", self.folder / "work", "--logs-dir", self.folder / "logs",
            "--server", platform.directory(policy),
        ]
        self.account = ["--agree-tos", "--email", "operator@example.test", "--no-eff-email"]
        if external_account:
            self.account += ["--eab-kid", external_account["key_id"], "--eab-hmac-key", external_account["mac_key"]]

    def __call__(self, *arguments, check=True):
        return run(self.program, *arguments, *self.common, check=check, seconds=120,
                   environment={"REQUESTS_CA_BUNDLE": str(self.platform.root)})

    def obtain_by_http(self, host, *more, check=True):
        return self("certonly", "--standalone", "--http-01-address", host.address, "--http-01-port", host.http_port,
                    "-d", host.name, *self.account, *more, check=check)

    def obtain_by_dns(self, *names, check=True):
        hooks = DnsHooks(self.platform.dns, self.folder.parent)
        domains = [word for name in names for word in ("-d", name)]
        return self("certonly", "--manual", "--preferred-challenges", "dns", "--manual-auth-hook", hooks.certbot_set,
                    "--manual-cleanup-hook", hooks.certbot_clear, *domains, *self.account, check=check)

    def live(self, name):
        """The folder with the certificate of that name: cert.pem, chain.pem, fullchain.pem, privkey.pem."""
        return self.folder / "config/live" / name


class NewCertbot(Certbot):
    """The certbot of PyPI, which knows renewal information, profiles and addresses."""

    program = TOOLS / "certbot/bin/certbot"

    def _standalone(self, host):
        return ["certonly", "--standalone", "--http-01-address", host.address, "--http-01-port", host.http_port]

    def obtain_for_address(self, host):
        # a certificate that cannot be installed by name: certbot keeps it under the name it is told
        return self(*self._standalone(host), "--ip-address", host.address, "--cert-name", host.name, *self.account)


class Lego:
    """lego with a folder of its own."""

    def __init__(self, platform, folder, policy=None, external_account=None):
        self.platform = platform
        self.folder = Path(folder) / "lego"
        self.common = ["--path", self.folder, "--server", platform.directory(policy), "--accept-tos",
                       "--email", "operator@example.test"]
        if external_account:
            self.common += ["--eab", "--kid", external_account["key_id"], "--hmac", external_account["mac_key"]]

    def _http(self, host):
        return ["--http", "--http.port", f"{host.address}:{host.http_port}", "--domains", host.name]

    def _dns(self, *names):
        return ["--dns", "exec", "--dns.disable-cp", "--dns.resolvers", self.platform.dns.resolver,
                *[word for name in names for word in ("--domains", name)]]

    def __call__(self, *arguments, check=True, seconds=90):
        hooks = DnsHooks(self.platform.dns, self.folder.parent)
        return run("lego", *self.common, *arguments, check=check, seconds=seconds,
                   environment={"LEGO_CA_CERTIFICATES": str(self.platform.root), "EXEC_PATH": str(hooks.lego),
                                "EXEC_POLLING_INTERVAL": "1", "EXEC_SEQUENCE_INTERVAL": "1", "EXEC_PROPAGATION_TIMEOUT": "10"})

    def obtain_by_http(self, host, *more, **options):
        return self(*self._http(host), *more, "run", **options)

    def obtain_by_dns(self, *names, **options):
        return self(*self._dns(*names), "run", **options)

    def obtain_by_tls(self, host, *names):
        return self("--tls", "--tls.port", f"{host.address}:{host.tls_alpn_port}",
                    *[word for name in names for word in ("--domains", name)], "run")

    def renew_by_http(self, host):
        return self(*self._http(host), "renew", "--days", "10000", "--no-random-sleep")

    def revoke(self, host, reason=0):
        return self("--domains", host.name, "revoke", "--keep", "--reason", reason)

    def certificate(self, name):
        return self.folder / "certificates" / f"{name.replace('*', '_')}.crt"

    def issuer(self, name):
        return self.folder / "certificates" / f"{name.replace('*', '_')}.issuer.crt"


class DnsHooks:
    """Scripts that certbot and lego call to set and clear TXT records."""

    def __init__(self, dns, folder):
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        tell = f"curl --silent --fail --output /dev/null http://127.0.0.1:{dns.management}"
        self.certbot_set = self._script(
            folder / "certbot-set",
            f'{tell}/set-txt -d "{{\\"host\\":\\"_acme-challenge.$CERTBOT_DOMAIN.\\",\\"value\\":\\"$CERTBOT_VALIDATION\\"}}"',
        )
        # certbot clears one after the other; another name's value under the same record must stay until the end
        self.certbot_clear = self._script(
            folder / "certbot-clear",
            f'[ "$CERTBOT_REMAINING_CHALLENGES" = 0 ] || exit 0\n'
            f'{tell}/clear-txt -d "{{\\"host\\":\\"_acme-challenge.$CERTBOT_DOMAIN.\\"}}"',
        )
        self.lego = self._script(
            folder / "lego-dns",
            f"""\
            case $1 in
              present) {tell}/set-txt -d "{{\\"host\\":\\"$2\\",\\"value\\":\\"$3\\"}}" ;;
              cleanup) {tell}/clear-txt -d "{{\\"host\\":\\"$2\\"}}" ;;
            esac""",
        )

    @staticmethod
    def _script(path, body):
        if not path.exists():
            draft = path.with_suffix(f".{os.getpid()}")
            draft.write_text(f"#!/bin/sh\nset -eu\n{textwrap.dedent(body)}\n")
            draft.chmod(draft.stat().st_mode | stat.S_IXUSR)
            draft.rename(path)
        return path


def read(path):
    """The first certificate of a PEM file."""
    return x509.load_pem_x509_certificate(Path(path).read_bytes())


def serial(path):
    """Its serial number as ERS writes it: lower-case hex without leading zeros."""
    return f"{read(path).serial_number:x}"


def names(path):
    """Its DNS names."""
    extension = read(path).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return sorted(extension.value.get_values_for_type(x509.DNSName))


def addresses(path):
    """Its IP addresses."""
    extension = read(path).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return sorted(str(address) for address in extension.value.get_values_for_type(x509.IPAddress))


def fetch_issuer(platform, leaf, folder):
    """The issuer's certificate from where the certificate says it lies; a PEM file."""
    access = read(leaf).extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    url = next(entry.access_location.value for entry in access
               if entry.access_method == x509.oid.AuthorityInformationAccessOID.CA_ISSUERS)
    assert url.startswith(platform.revocation_url), f"{leaf} names its issuer's certificate at {url!r}"
    der, pem = Path(folder) / "issuer.der", Path(folder) / "issuer.pem"
    run("curl", "--silent", "--show-error", "--fail", "--output", der, url)
    run("openssl", "x509", "-inform", "DER", "-in", der, "-out", pem)
    return pem


def verify(platform, leaf, chain, *more):
    """`openssl verify` from the root over the chain; fails when openssl does not like it."""
    outcome = run("openssl", "verify", "-x509_strict", "-CAfile", platform.root, "-untrusted", chain, *more, leaf)
    assert f"{leaf}: OK" in outcome.stdout, str(outcome)


def ocsp(platform, leaf, issuer, serial_number=None):
    """What `openssl ocsp` learns from the responder that the certificate names: "good", "revoked", "unknown"."""
    url = run("openssl", "x509", "-noout", "-ocsp_uri", "-in", leaf).stdout.strip()
    assert url.startswith(platform.revocation_url), f"{leaf} names the responder {url!r}"
    subject = ["-serial", f"0x{serial_number}"] if serial_number else ["-cert", leaf]
    outcome = run("openssl", "ocsp", "-issuer", issuer, *subject, "-url", url, "-CAfile", platform.root,
                  "-verify_other", issuer, "-timeout", "5")
    assert "Response verify OK" in outcome.stderr, str(outcome)
    return outcome.stdout.split("\n")[0].rsplit(": ", 1)[1]


def until_ocsp_says(status, platform, leaf, issuer, seconds):
    def says():
        told = ocsp(platform, leaf, issuer)
        assert told == status, f"the responder says {told}"
        return True

    until(f"OCSP says {status}", says, seconds, every=0.02)


def crl(platform, leaf, issuer, folder):
    """The CRL that the certificate names, checked against its issuer by openssl; the parsed CRL."""
    points = read(leaf).extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    url = points[0].full_name[0].value
    assert url.startswith(platform.revocation_url), f"{leaf} names the CRL {url!r}"
    file = Path(folder) / "issuer.crl"
    run("curl", "--silent", "--show-error", "--fail", "--output", file, url)
    outcome = run("openssl", "crl", "-inform", "DER", "-in", file, "-CAfile", issuer, "-noout")
    assert "verify OK" in outcome.stderr, str(outcome)
    return x509.load_der_x509_crl(file.read_bytes())
