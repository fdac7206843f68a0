"""Judges 0.der, 1.der, … of the working folder with pkilint: one JSON object a line, in their order."""

import json
import sys
from pathlib import Path

from pkilint import finding_filter, loader, pkix as pkix_decoding
from pkilint.cabf import cabf_crl, serverauth, smime
from pkilint.pkix import certificate, crl, extension, name, ocsp


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


class Lists:
    """CRLs by RFC 5280."""

    load = staticmethod(loader.load_der_crl)
    validity, others = [], []

    def __init__(self):
        self.validator = crl.create_pkix_crl_validator_container(
            [
                pkix_decoding.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
                pkix_decoding.create_extension_decoder(extension.EXTENSION_MAPPINGS),
            ],
            [
                crl.create_issuer_validator_container([]),
                crl.create_validity_validator_container(self.validity),
                crl.create_extensions_validator_container([]),
                *self.others,
            ],
        )

    def validate(self, document):
        return self.validator.validate(document.root)


class ForumLists(Lists):
    """CRLs of servers' certificates by the Baseline Requirements."""

    validity = [cabf_crl.create_validity_period_validator(crl.CertificateRevocationListType.CRL)]
    others = [cabf_crl.CabfCrlReasonCodeAllowlistValidator(crl.CertificateRevocationListType.CRL)]


class Responses:
    """OCSP responses by RFC 6960."""

    load = staticmethod(loader.load_der_ocsp_response)

    def __init__(self):
        self.validator = ocsp.create_pkix_ocsp_response_validator_container(
            [
                ocsp.create_response_decoder(),
                pkix_decoding.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
                pkix_decoding.create_extension_decoder(extension.EXTENSION_MAPPINGS),
            ],
            [],
        )

    def validate(self, document):
        return self.validator.validate(document.root)


linter = {
    "rfc5280": Pkix,
    "cabf-tls": Tls,
    "cabf-smime": Smime,
    "crl": Lists,
    "crl-br": ForumLists,
    "ocsp": Responses,
}[sys.argv[1]]()
load = getattr(linter, "load", loader.load_der_certificate)
for place in range(int(sys.argv[2])):
    path = f"{place}.der"
    verdict = {"findings": []}
    try:
        document = load(Path(path).read_bytes(), path)
        for result in linter.validate(document):
            for description in result.finding_descriptions:
                # what the Forum's linters have beside their own is asked of RFC 5280's
                if sys.argv[1] in ("cabf-tls", "cabf-smime", "crl-br") and not description.finding.code.startswith("cabf."):
                    continue
                verdict["findings"].append([description.finding.severity.name, description.finding.code])
    except ValueError as error:
        verdict["unreadable"] = str(error)
    print(json.dumps(verdict))
