"""Judges 0.der, 1.der, … of the working folder with pkilint: one JSON object a line, in their order."""

import json
import sys
from pathlib import Path

from pkilint import finding_filter, loader
from pkilint.cabf import serverauth, smime
from pkilint.pkix import certificate, extension, name


def pkix():
    return certificate.create_pkix_certificate_validator_container(
        certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
        [
            certificate.create_issuer_validator_container([]),
            certificate.create_validity_validator_container(),
            certificate.create_subject_validator_container([]),
            certificate.create_extensions_validator_container([]),
            certificate.create_spki_validator_container([]),
        ],
    )


class Tls:
    """The Baseline Requirements, by the kind of certificate that pkilint sees in it."""

    def __init__(self):
        self.by_kind = {}

    def validate(self, document):
        kind = serverauth.determine_certificate_type(document)
        if kind not in self.by_kind:
            self.by_kind[kind] = certificate.create_pkix_certificate_validator_container(
                serverauth.create_decoding_validators(), serverauth.create_validators(kind, None)
            )
        results = self.by_kind[kind].validate(document.root)
        return finding_filter.filter_results(serverauth.create_serverauth_finding_filters(kind), results)[0]


class Smime:
    """The S/MIME Baseline Requirements, by the policy that the certificate claims."""

    def __init__(self):
        self.by_kind = {}

    def validate(self, document):
        kind = smime.determine_validation_level_and_generation(document) or smime.guess_validation_level_and_generation(
            document
        )
        if kind not in self.by_kind:
            self.by_kind[kind] = certificate.create_pkix_certificate_validator_container(
                smime.create_decoding_validators(), smime.create_subscriber_validators(*kind)
            )
        return self.by_kind[kind].validate(document.root)


class Pkix:
    """RFC 5280."""

    def __init__(self):
        self.validator = pkix()

    def validate(self, document):
        return self.validator.validate(document.root)


linter = {"rfc5280": Pkix, "cabf-tls": Tls, "cabf-smime": Smime}[sys.argv[1]]()
for place in range(int(sys.argv[2])):
    path = f"{place}.der"
    verdict = {"findings": []}
    try:
        document = loader.load_der_certificate(Path(path).read_bytes(), path)
        for result in linter.validate(document):
            for description in result.finding_descriptions:
                # what the Forum's linters have beside their own is asked of RFC 5280's
                if sys.argv[1] != "rfc5280" and not description.finding.code.startswith("cabf."):
                    continue
                verdict["findings"].append([description.finding.severity.name, description.finding.code])
    except ValueError as error:
        verdict["unreadable"] = str(error)
    print(json.dumps(verdict))
