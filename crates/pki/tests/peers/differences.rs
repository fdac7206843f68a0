//! What corresponds to what, and where we differ and why. An id of theirs that is in no table fails the test.

/// How an id of a peer stands to us.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Difference {
    /// We find the same by one of these rules.
    Same(&'static [&'static str]),
    /// We find some of it by these rules, but not all that they say, for this reason.
    Part(
        &'static [&'static str],
        #[expect(dead_code, reason = "the reason is for whoever reads the table")] &'static str,
    ),
    /// We do not find it, for this reason.
    Theirs(#[expect(dead_code, reason = "the reason is for whoever reads the table")] &'static str),
}

use Difference::{Part, Same, Theirs};

/// What a peer says when it cannot read a certificate that is sound, and why that is no fault.
pub(crate) const UNREADABLE: &[(&str, &str)] = &[(
    "unsupported elliptic curve",
    "zlint reads the curves of NIST only, not brainpool",
)];

/// Errors of ours that neither peer has, and why.
pub(crate) const OURS_ALONE: &[(&str, &str)] = &[
    (
        "rfc5280-key-usage-purpose",
        "documentSigning, RFC 9336, which zlint does not know",
    ),
    (
        "rfc5280-rsa-even",
        "zlint has it from the Forum and looks at primes, not at evenness",
    ),
    (
        "rfc5280-serial-entropy",
        "a rule of our own for every certificate",
    ),
    (
        "rfc5280-signature-algorithm",
        "what we sign with; SHA-1 is an error of the Forum's to them",
    ),
    (
        "rfc5280-signature-parameters",
        "zlint has RSA only here, ECDSA from Mozilla",
    ),
    (
        "rfc5280-country",
        "capital letters: ISO 3166-1 has no others",
    ),
    (
        "rfc5280-encipher-only",
        "undefined without keyAgreement, RFC 5280 §4.2.1.3",
    ),
    ("cabf-smime-iso-country", "it is RFC 5280's to pkilint"),
    (
        "cabf-smime-aia-places",
        "zlint asks strict certificates only, pkilint for one place by http",
    ),
    (
        "cabf-smime-aki",
        "zlint asks certificates with one of the Forum's policies only",
    ),
    (
        "cabf-smime-common-name",
        "also in a string type that pkilint does not read there",
    ),
    ("cabf-smime-metadata", "a single space or hyphen too"),
    (
        "cabf-smime-san",
        "a list without names, which RFC 5280 does not have",
    ),
    (
        "cabf-tls-policy-oid",
        "they take a certificate without such a policy for one of another kind",
    ),
    (
        "cabf-tls-aki",
        "without a key identifier it is RFC 5280's fault to them",
    ),
    (
        "cabf-tls-common-name-from-san",
        "also when there are no alternative names that could be read",
    ),
    (
        "cabf-tls-internal-name",
        "a name right below the root; they have lists",
    ),
    (
        "cabf-tls-wildcard",
        "a wildcard right below the root; they have lists",
    ),
    (
        "rfc5280-time-stamping",
        "no purpose beside it, RFC 3161 §2.3",
    ),
    (
        "rfc5280-ocsp-signer",
        "zlint's lint on consistency is silent where the key usage does not suit the key",
    ),
];

pub(crate) const ZLINT: &[(&str, Difference)] = &[
    (
        "e_basic_constraints_not_critical",
        Same(&["rfc5280-basic-constraints-critical"]),
    ),
    (
        "e_ca_subject_field_empty",
        Same(&["rfc5280-ca-subject-empty"]),
    ),
    (
        "e_cert_contains_unique_identifier",
        Same(&["rfc5280-unique-identifiers"]),
    ),
    (
        "e_cert_extensions_version_not_3",
        Same(&["rfc5280-version-3"]),
    ),
    (
        "e_cert_unique_identifier_version_not_2_or_3",
        Same(&["rfc5280-version-3"]),
    ),
    (
        "e_distribution_point_incomplete",
        Same(&["rfc5280-crl-dp-empty", "rfc5280-extension-encoding"]),
    ),
    ("e_ecdsa_allowed_ku", Same(&["rfc5280-key-usage-suits-key"])),
    ("e_ext_aia_marked_critical", Same(&["rfc5280-aia-critical"])),
    (
        "e_ext_authority_key_identifier_critical",
        Same(&["rfc5280-aki-critical"]),
    ),
    (
        "e_ext_authority_key_identifier_no_key_identifier",
        Same(&["rfc5280-aki"]),
    ),
    (
        "e_ext_cert_policy_disallowed_any_policy_qualifier",
        Same(&["rfc5280-any-policy-qualifier"]),
    ),
    (
        "e_ext_cert_policy_duplicate",
        Same(&["rfc5280-policy-duplicate"]),
    ),
    (
        "e_ext_cert_policy_explicit_text_ia5_string",
        Same(&["rfc5280-explicit-text-type"]),
    ),
    (
        "e_ext_cert_policy_explicit_text_too_long",
        Same(&["rfc5280-explicit-text-length"]),
    ),
    (
        "e_ext_duplicate_extension",
        Same(&["rfc5280-extension-duplicate"]),
    ),
    (
        "e_ext_freshest_crl_marked_critical",
        Same(&["rfc5280-freshest-crl-critical"]),
    ),
    ("e_ext_ian_dns_not_ia5_string", Same(&["rfc5280-san-dns"])),
    ("e_ext_ian_empty_name", Same(&["rfc5280-san-dns"])),
    (
        "e_ext_ian_no_entries",
        Same(&["rfc5280-extension-encoding"]),
    ),
    (
        "e_ext_ian_rfc822_format_invalid",
        Same(&["rfc5280-san-email"]),
    ),
    ("e_ext_ian_space_dns_name", Same(&["rfc5280-san-dns"])),
    ("e_ext_ian_uri_format_invalid", Same(&["rfc5280-san-uri"])),
    (
        "e_ext_ian_uri_host_not_fqdn_or_ip",
        Part(&["rfc5280-san-uri"], "as for the subject alternative name"),
    ),
    ("e_ext_ian_uri_not_ia5", Same(&["rfc5280-san-uri"])),
    ("e_ext_ian_uri_relative", Same(&["rfc5280-san-uri"])),
    (
        "e_ext_key_usage_cert_sign_without_ca",
        Same(&["rfc5280-key-cert-sign-without-ca"]),
    ),
    (
        "e_ext_key_usage_without_bits",
        Same(&["rfc5280-extension-encoding"]),
    ),
    (
        "e_ext_name_constraints_not_critical",
        Same(&["rfc5280-name-constraints-critical"]),
    ),
    (
        "e_ext_name_constraints_not_in_ca",
        Same(&["rfc5280-name-constraints-without-ca"]),
    ),
    (
        "e_ext_policy_constraints_empty",
        Same(&["rfc5280-policy-constraints-empty"]),
    ),
    (
        "e_ext_policy_constraints_not_critical",
        Same(&["rfc5280-policy-constraints-critical"]),
    ),
    (
        "e_ext_policy_map_any_policy",
        Same(&["rfc5280-mapping-any-policy"]),
    ),
    ("e_ext_san_dns_name_too_long", Same(&["rfc5280-san-dns"])),
    ("e_ext_san_dns_not_ia5_string", Same(&["rfc5280-san-dns"])),
    (
        "e_ext_san_empty_name",
        Same(&["rfc5280-san-dns", "rfc5280-san-email", "rfc5280-san-uri"]),
    ),
    (
        "e_ext_san_no_entries",
        Same(&["rfc5280-extension-encoding"]),
    ),
    (
        "e_ext_san_not_critical_without_subject",
        Same(&["rfc5280-san-critical-empty-subject"]),
    ),
    (
        "e_ext_san_rfc822_format_invalid",
        Same(&["rfc5280-san-email"]),
    ),
    ("e_ext_san_space_dns_name", Same(&["rfc5280-san-dns"])),
    ("e_ext_san_uri_format_invalid", Same(&["rfc5280-san-uri"])),
    (
        "e_ext_san_uri_host_not_fqdn_or_ip",
        Part(
            &["rfc5280-san-uri"],
            "its pattern knows no labels of one sign; and hosts of one label are trust domains of SPIFFE",
        ),
    ),
    ("e_ext_san_uri_not_ia5", Same(&["rfc5280-san-uri"])),
    ("e_ext_san_uri_relative", Same(&["rfc5280-san-uri"])),
    (
        "e_ext_subject_directory_attr_critical",
        Same(&["rfc5280-sda-critical"]),
    ),
    (
        "e_ext_subject_key_identifier_critical",
        Same(&["rfc5280-ski-critical"]),
    ),
    (
        "e_ext_subject_key_identifier_missing_ca",
        Same(&["rfc5280-ca-ski"]),
    ),
    (
        "e_generalized_time_does_not_include_seconds",
        Same(&["rfc5280-time-syntax"]),
    ),
    (
        "e_generalized_time_includes_fraction_seconds",
        Same(&["rfc5280-time-syntax"]),
    ),
    (
        "e_generalized_time_not_in_zulu",
        Same(&["rfc5280-time-syntax"]),
    ),
    ("e_ian_bare_wildcard", Same(&["rfc5280-san-dns"])),
    (
        "e_ian_dns_name_includes_null_char",
        Same(&["rfc5280-san-dns"]),
    ),
    (
        "e_ian_dns_name_starts_with_period",
        Same(&["rfc5280-san-dns"]),
    ),
    ("e_ian_wildcard_not_first", Same(&["rfc5280-san-dns"])),
    (
        "e_incorrect_ku_encoding",
        Same(&["rfc5280-extension-encoding"]),
    ),
    (
        "e_inhibit_any_policy_not_critical",
        Same(&["rfc5280-inhibit-any-policy-critical"]),
    ),
    (
        "e_international_dns_name_not_unicode",
        Same(&["rfc5280-san-dns"]),
    ),
    (
        "e_issuer_dn_country_not_printable_string",
        Same(&["rfc5280-country"]),
    ),
    ("e_issuer_field_empty", Same(&["rfc5280-issuer-empty"])),
    (
        "e_key_usage_and_extended_key_usage_inconsistent",
        Same(&[
            "rfc5280-key-usage-purpose",
            "rfc5280-key-usage-suits-key",
            "rfc5280-extension-encoding",
        ]),
    ),
    (
        "e_key_usage_incorrect_length",
        Same(&["rfc5280-extension-encoding"]),
    ),
    (
        "e_name_constraint_empty",
        Same(&["rfc5280-name-constraints-empty"]),
    ),
    (
        "e_name_constraint_maximum_not_absent",
        Same(&["rfc5280-name-constraints-minimum"]),
    ),
    (
        "e_name_constraint_minimum_non_zero",
        Same(&["rfc5280-name-constraints-minimum"]),
    ),
    (
        "e_name_constraint_not_fqdn",
        Same(&["rfc5280-name-constraints-host"]),
    ),
    (
        "e_path_len_constraint_improperly_included",
        Same(&["rfc5280-path-length-without-ca"]),
    ),
    (
        "e_path_len_constraint_zero_or_less",
        Same(&["rfc5280-extension-encoding"]),
    ),
    ("e_rfc_dnsname_empty_label", Same(&["rfc5280-san-dns"])),
    ("e_rfc_dnsname_hyphen_in_sld", Same(&["rfc5280-san-dns"])),
    ("e_rfc_dnsname_label_too_long", Same(&["rfc5280-san-dns"])),
    (
        "e_rfc_dnsname_underscore_in_sld",
        Same(&["rfc5280-san-dns-underscore"]),
    ),
    (
        "e_rsa_allowed_ku_ca",
        Same(&["rfc5280-key-usage-suits-key"]),
    ),
    (
        "e_rsa_allowed_ku_ee",
        Same(&[
            "rfc5280-key-usage-suits-key",
            "rfc5280-key-cert-sign-without-ca",
        ]),
    ),
    (
        "e_rsa_allowed_ku_no_encipherment_ca",
        Same(&["rfc5280-key-usage-suits-key"]),
    ),
    ("e_rsa_exp_negative", Same(&["rfc5280-rsa-key"])),
    ("e_rsa_no_public_key", Same(&["rfc5280-rsa-key"])),
    ("e_san_bare_wildcard", Same(&["rfc5280-san-dns"])),
    (
        "e_san_dns_name_includes_null_char",
        Same(&["rfc5280-san-dns"]),
    ),
    (
        "e_san_dns_name_starts_with_period",
        Same(&["rfc5280-san-dns"]),
    ),
    ("e_san_wildcard_not_first", Same(&["rfc5280-san-dns"])),
    (
        "e_serial_number_longer_than_20_octets",
        Same(&["rfc5280-serial-length"]),
    ),
    (
        "e_serial_number_not_positive",
        Same(&["rfc5280-serial-positive"]),
    ),
    (
        "e_spki_rsa_encryption_parameter_not_null",
        Same(&["rfc5280-rsa-key-parameters"]),
    ),
    (
        "e_subject_common_name_max_length",
        Same(&["rfc5280-attribute-length"]),
    ),
    (
        "e_subject_dn_country_not_printable_string",
        Same(&["rfc5280-country"]),
    ),
    (
        "e_subject_dn_not_printable_characters",
        Same(&[
            "rfc5280-control-character",
            "rfc5280-string-content",
            "rfc5280-country",
        ]),
    ),
    (
        "e_subject_dn_serial_number_max_length",
        Same(&["rfc5280-attribute-length"]),
    ),
    (
        "e_subject_dn_serial_number_not_printable_string",
        Same(&["rfc5280-string-type"]),
    ),
    (
        "e_subject_email_max_length",
        Same(&["rfc5280-attribute-length"]),
    ),
    ("e_subject_empty_without_san", Same(&["rfc5280-nameless"])),
    (
        "e_subject_info_access_marked_critical",
        Same(&["rfc5280-sia-critical"]),
    ),
    (
        "e_subject_locality_name_max_length",
        Same(&["rfc5280-attribute-length"]),
    ),
    (
        "e_subject_organization_name_max_length",
        Same(&["rfc5280-attribute-length"]),
    ),
    (
        "e_subject_organizational_unit_name_max_length",
        Same(&["rfc5280-attribute-length"]),
    ),
    (
        "e_subject_postal_code_max_length",
        Same(&["rfc5280-attribute-length"]),
    ),
    (
        "e_subject_printable_string_badalpha",
        Same(&["rfc5280-string-content"]),
    ),
    (
        "e_subject_state_name_max_length",
        Same(&["rfc5280-attribute-length"]),
    ),
    (
        "e_subject_street_address_max_length",
        Same(&["rfc5280-attribute-length"]),
    ),
    (
        "e_superfluous_ku_encoding",
        Same(&["rfc5280-extension-encoding"]),
    ),
    (
        "e_tbs_signature_rsa_encryption_parameter_not_null",
        Same(&[
            "rfc5280-signature-parameters",
            "rfc5280-signature-algorithm",
        ]),
    ),
    (
        "e_utc_time_does_not_include_seconds",
        Same(&["rfc5280-time-syntax"]),
    ),
    ("e_utc_time_not_in_zulu", Same(&["rfc5280-time-syntax"])),
    (
        "e_validity_time_not_positive",
        Same(&["rfc5280-validity-order"]),
    ),
    ("e_wrong_time_format_pre2050", Same(&["rfc5280-time-type"])),
    (
        "w_name_constraint_on_registered_id",
        Same(&["rfc5280-name-constraints-kind"]),
    ),
];

pub(crate) const PKILINT: &[(&str, Difference)] = &[
    (
        "pkix.aki_with_cert_issuer_but_serial_number_absent",
        Same(&["rfc5280-aki-issuer-and-serial"]),
    ),
    (
        "pkix.aki_with_serial_number_but_cert_issuer_absent",
        Same(&["rfc5280-aki-issuer-and-serial"]),
    ),
    (
        "pkix.authority_information_access_extension_critical",
        Same(&["rfc5280-aia-critical"]),
    ),
    (
        "pkix.authority_key_identifier_critical",
        Same(&["rfc5280-aki-critical"]),
    ),
    (
        "pkix.authority_key_identifier_extension_absent",
        Same(&["rfc5280-aki"]),
    ),
    (
        "pkix.authority_key_identifier_keyid_missing",
        Same(&["rfc5280-aki"]),
    ),
    (
        "pkix.basic_constraints_extension_not_critical",
        Same(&["rfc5280-basic-constraints-critical"]),
    ),
    (
        "pkix.basic_constraints_has_pathlen_for_non_ca",
        Same(&["rfc5280-path-length-without-ca"]),
    ),
    (
        "pkix.both_encipheronly_and_decipheronly_ku_set",
        Same(&["rfc5280-encipher-and-decipher-only"]),
    ),
    (
        "pkix.ca_certificate_keycertsign_keyusage_not_set",
        Same(&["rfc5280-ca-key-cert-sign"]),
    ),
    (
        "pkix.ca_certificate_no_ku_extension",
        Same(&["rfc5280-ca-key-cert-sign"]),
    ),
    (
        "pkix.certificate_name_constraints_extension_not_critical",
        Same(&["rfc5280-name-constraints-critical"]),
    ),
    (
        "pkix.certificate_negative_validity_period",
        Same(&["rfc5280-validity-order"]),
    ),
    (
        "pkix.certificate_policies_anypolicy_has_prohibited_qualifier",
        Same(&["rfc5280-any-policy-qualifier"]),
    ),
    (
        "pkix.certificate_serial_number_out_of_range",
        Same(&["rfc5280-serial-positive", "rfc5280-serial-length"]),
    ),
    (
        "pkix.certificate_skid_ca_missing",
        Same(&["rfc5280-ca-ski"]),
    ),
    (
        "pkix.certificate_skid_extension_critical",
        Same(&["rfc5280-ski-critical"]),
    ),
    (
        "pkix.certificate_version_is_not_v3",
        Same(&["rfc5280-version-3"]),
    ),
    (
        "pkix.distribution_point_does_not_contain_name_or_issuer",
        Same(&["rfc5280-crl-dp-empty"]),
    ),
    (
        "pkix.dnsname_domain_name_too_long",
        Same(&["rfc5280-san-dns"]),
    ),
    (
        "pkix.duplicate_certificate_policy_oids",
        Same(&["rfc5280-policy-duplicate"]),
    ),
    (
        "pkix.duplicate_extension",
        Same(&["rfc5280-extension-duplicate"]),
    ),
    (
        "pkix.ee_certificate_keycertsign_keyusage_set",
        Same(&["rfc5280-key-cert-sign-without-ca"]),
    ),
    (
        "pkix.end_entity_inhibit_anypolicy_extension_present",
        Same(&["rfc5280-policy-extension-without-ca"]),
    ),
    (
        "pkix.end_entity_policy_constraints_extension_present",
        Same(&["rfc5280-policy-extension-without-ca"]),
    ),
    (
        "pkix.end_entity_policy_mappings_extension_present",
        Same(&["rfc5280-policy-extension-without-ca"]),
    ),
    (
        "pkix.extended_key_usage_extension_with_timestamping_not_critical",
        Same(&["rfc5280-time-stamping"]),
    ),
    (
        "pkix.generalizedtime_incorrect_syntax",
        Same(&["rfc5280-time-syntax"]),
    ),
    (
        "pkix.invalid_domain_name_syntax",
        Part(
            &[
                "rfc5280-san-dns",
                "rfc5280-san-dns-underscore",
                "rfc5280-san-uri",
                "rfc5280-name-constraints-host",
            ],
            "RFC 5280 has no wildcards, RFC 9525 §6.3 gives them a meaning; labels and top-level domains of one sign",
        ),
    ),
    (
        "pkix.invalid_email_address_syntax",
        Same(&["rfc5280-san-email"]),
    ),
    ("pkix.invalid_time_syntax", Same(&["rfc5280-time-syntax"])),
    (
        "pkix.invalid_uri_syntax",
        Part(
            &[
                "rfc5280-san-uri",
                "rfc5280-crl-dp-uri-syntax",
                "rfc5280-aia-uri-syntax",
            ],
            "its pattern has a few schemes only, not spiffe, and no tilde in paths",
        ),
    ),
    (
        "pkix.ip_address_name_constraint_invalid_cidr",
        Same(&["rfc5280-name-constraints-ip"]),
    ),
    (
        "pkix.ip_address_name_constraint_wrong_length",
        Same(&["rfc5280-name-constraints-ip"]),
    ),
    ("pkix.ip_address_wrong_length", Same(&["rfc5280-san-ip"])),
    (
        "pkix.issuer_unique_id_present",
        Same(&["rfc5280-unique-identifiers"]),
    ),
    (
        "pkix.key_usage_value_prohibited_for_ec",
        Same(&["rfc5280-key-usage-suits-key"]),
    ),
    (
        "pkix.key_usage_value_prohibited_for_edwards_curve",
        Same(&["rfc5280-key-usage-suits-key"]),
    ),
    (
        "pkix.key_usage_value_prohibited_for_rsa",
        Same(&["rfc5280-key-usage-suits-key"]),
    ),
    (
        "pkix.key_usage_value_required_but_missing_for_ec",
        Same(&["rfc5280-key-usage-suits-key"]),
    ),
    (
        "pkix.name_constraints_in_ee_certificate",
        Same(&["rfc5280-name-constraints-without-ca"]),
    ),
    (
        "pkix.name_constraints_maximum_specified",
        Same(&["rfc5280-name-constraints-minimum"]),
    ),
    (
        "pkix.name_constraints_no_subtrees",
        Same(&["rfc5280-name-constraints-empty"]),
    ),
    (
        "pkix.name_constraints_non_default_minimum",
        Same(&["rfc5280-name-constraints-minimum"]),
    ),
    (
        "pkix.name_domain_components_invalid_domain_name",
        Same(&["rfc5280-attribute-length"]),
    ),
    (
        "pkix.name_empty",
        Same(&[
            "rfc5280-issuer-empty",
            "rfc5280-ca-subject-empty",
            "rfc5280-nameless",
        ]),
    ),
    ("pkix.no_ku_bits_set", Same(&["rfc5280-extension-encoding"])),
    (
        "pkix.rdn_contains_duplicate_attribute_types",
        Same(&["rfc5280-rdn-duplicate-type"]),
    ),
    (
        "pkix.rfc5280_certificate_policies_invalid_explicit_text_encoding",
        Same(&["rfc5280-explicit-text-type", "rfc5280-explicit-text-utf8"]),
    ),
    (
        "pkix.rfc6818_certificate_policies_invalid_explicit_text_encoding",
        Same(&["rfc5280-explicit-text-type"]),
    ),
    (
        "pkix.rfc822name_domain_part_too_long",
        Same(&["rfc5280-san-email"]),
    ),
    (
        "pkix.san_extension_not_critical_empty_subject",
        Same(&["rfc5280-san-critical-empty-subject"]),
    ),
    (
        "pkix.smime_capabilities_extension_critical",
        Same(&["rfc5280-smime-capabilities-critical"]),
    ),
    (
        "pkix.smtp_utf8_mailbox_domain_part_invalid_syntax",
        Same(&["rfc5280-san-utf8-mailbox"]),
    ),
    (
        "pkix.smtp_utf8_mailbox_has_bom",
        Same(&["rfc5280-san-utf8-mailbox"]),
    ),
    (
        "pkix.smtp_utf8_mailbox_has_uppercase",
        Same(&["rfc5280-san-utf8-mailbox"]),
    ),
    (
        "pkix.smtp_utf8_mailbox_invalid_syntax",
        Same(&["rfc5280-san-utf8-mailbox"]),
    ),
    (
        "pkix.smtp_utf8_mailbox_is_ascii_only",
        Same(&["rfc5280-san-utf8-mailbox"]),
    ),
    (
        "pkix.subject_directory_attributes_extension_critical",
        Same(&["rfc5280-sda-critical"]),
    ),
    (
        "pkix.subject_information_access_extension_critical",
        Same(&["rfc5280-sia-critical"]),
    ),
    (
        "pkix.subject_unique_id_present",
        Same(&["rfc5280-unique-identifiers"]),
    ),
    ("pkix.uri_domain_name_too_long", Same(&["rfc5280-san-uri"])),
    (
        "pkix.utctime_incorrect_syntax",
        Same(&["rfc5280-time-syntax"]),
    ),
    ("pkix.wrong_time_useful_type", Same(&["rfc5280-time-type"])),
];

pub(crate) const ZLINT_TLS: &[(&str, Difference)] = &[
    ("e_ca_is_ca", Same(&["rfc5280-key-cert-sign-without-ca"])),
    (
        "e_algorithm_identifier_improper_encoding",
        Same(&["rfc5280-rsa-key-parameters", "cabf-tls-key-algorithm"]),
    ),
    (
        "e_cab_dv_conflicts_with_locality",
        Same(&["cabf-tls-dv-subject"]),
    ),
    (
        "e_cab_dv_conflicts_with_org",
        Same(&["cabf-tls-dv-subject"]),
    ),
    (
        "e_cab_dv_conflicts_with_postal",
        Same(&["cabf-tls-dv-subject"]),
    ),
    (
        "e_cab_dv_conflicts_with_province",
        Same(&["cabf-tls-dv-subject"]),
    ),
    (
        "e_cab_dv_conflicts_with_street",
        Same(&["cabf-tls-dv-subject"]),
    ),
    (
        "e_cab_dv_subject_invalid_values",
        Same(&["cabf-tls-dv-subject"]),
    ),
    (
        "e_cab_iv_requires_personal_name",
        Same(&["cabf-tls-person"]),
    ),
    ("e_cab_ov_requires_org", Same(&["cabf-tls-organization"])),
    (
        "e_cert_policy_iv_requires_country",
        Same(&["cabf-tls-country"]),
    ),
    (
        "e_cert_policy_iv_requires_province_or_locality",
        Same(&["cabf-tls-place"]),
    ),
    (
        "e_cert_policy_ov_requires_country",
        Same(&["cabf-tls-country"]),
    ),
    (
        "e_cert_policy_ov_requires_province_or_locality",
        Same(&["cabf-tls-place"]),
    ),
    (
        "e_crlissuer_must_not_be_present_in_cdp",
        Same(&["cabf-tls-crl-dp-form"]),
    ),
    (
        "e_dnsname_bad_character_in_label",
        Same(&[
            "rfc5280-san-dns",
            "rfc5280-san-dns-underscore",
            "cabf-tls-common-name-from-san",
        ]),
    ),
    (
        "e_dnsname_contains_prohibited_reserved_label",
        Same(&["cabf-tls-reserved-label"]),
    ),
    ("e_dnsname_empty_label", Same(&["rfc5280-san-dns"])),
    (
        "e_dnsname_hyphen_in_sld",
        Same(&["rfc5280-san-dns", "cabf-tls-common-name-from-san"]),
    ),
    (
        "e_dnsname_label_too_long",
        Same(&["rfc5280-san-dns", "cabf-tls-common-name-from-san"]),
    ),
    (
        "e_dnsname_left_label_wildcard_correct",
        Same(&["rfc5280-san-dns", "cabf-tls-wildcard"]),
    ),
    (
        "e_dnsname_underscore_in_sld",
        Same(&["cabf-tls-underscore", "cabf-tls-common-name-from-san"]),
    ),
    (
        "e_dnsname_wildcard_only_in_left_label",
        Same(&["rfc5280-san-dns", "cabf-tls-wildcard"]),
    ),
    ("e_ec_improper_curves", Same(&["cabf-tls-key-algorithm"])),
    ("e_eku_critical", Same(&["cabf-tls-eku-critical"])),
    (
        "e_ext_san_contains_reserved_ip",
        Same(&["cabf-tls-reserved-ip"]),
    ),
    (
        "e_ext_san_directory_name_present",
        Same(&["cabf-tls-san-kind"]),
    ),
    (
        "e_ext_san_edi_party_name_present",
        Same(&["cabf-tls-san-kind"]),
    ),
    ("e_ext_san_missing", Same(&["cabf-tls-san"])),
    ("e_ext_san_other_name_present", Same(&["cabf-tls-san-kind"])),
    (
        "e_ext_san_registered_id_present",
        Same(&["cabf-tls-san-kind"]),
    ),
    (
        "e_ext_san_rfc822_name_present",
        Same(&["cabf-tls-san-kind"]),
    ),
    (
        "e_ext_san_uniform_resource_identifier_present",
        Same(&["cabf-tls-san-kind"]),
    ),
    (
        "e_invalid_certificate_version",
        Same(&["rfc5280-version-3"]),
    ),
    ("e_invalid_subject_rdn_order", Same(&["cabf-tls-rdn-order"])),
    (
        "e_no_underscores_before_1_6_2",
        Same(&["cabf-tls-underscore"]),
    ),
    (
        "e_organizational_unit_name_prohibited",
        Same(&["cabf-tls-organizational-unit"]),
    ),
    (
        "e_policy_qualifiers_other_than_cps_not_permitted",
        Same(&["cabf-tls-policy-qualifier"]),
    ),
    (
        "e_public_key_type_not_allowed",
        Same(&["cabf-tls-key-algorithm"]),
    ),
    (
        "e_rsa_mod_less_than_2048_bits",
        Same(&["cabf-tls-rsa-modulus"]),
    ),
    ("e_rsa_public_exponent_not_odd", Same(&["rfc5280-rsa-even"])),
    (
        "e_rsa_public_exponent_too_small",
        Same(&["rfc5280-rsa-even"]),
    ),
    (
        "e_signature_algorithm_not_supported",
        Same(&["cabf-tls-signature-algorithm"]),
    ),
    (
        "e_sub_cert_aia_marked_critical",
        Same(&["rfc5280-aia-critical"]),
    ),
    ("e_sub_cert_aia_missing", Same(&["cabf-tls-aia"])),
    (
        "e_sub_cert_basic_constraints_not_critical",
        Same(&["cabf-tls-basic-constraints-critical"]),
    ),
    (
        "e_sub_cert_cert_policy_empty",
        Same(&["cabf-tls-policies", "rfc5280-extension-encoding"]),
    ),
    (
        "e_sub_cert_certificate_policies_missing",
        Same(&["cabf-tls-policies"]),
    ),
    (
        "e_sub_cert_country_name_must_appear",
        Same(&[
            "cabf-tls-policy-oid",
            "cabf-tls-country",
            "cabf-tls-dv-subject",
        ]),
    ),
    (
        "e_sub_cert_crl_distribution_points_does_not_contain_url",
        Same(&["cabf-tls-crl-dp-form"]),
    ),
    (
        "e_sub_cert_crl_distribution_points_marked_critical",
        Same(&["cabf-tls-crl-dp-critical"]),
    ),
    ("e_sub_cert_eku_missing", Same(&["cabf-tls-server-auth"])),
    (
        "e_sub_cert_eku_server_auth_client_auth_missing",
        Same(&["cabf-tls-server-auth"]),
    ),
    (
        "e_sub_cert_given_name_surname_contains_correct_policy",
        Same(&["cabf-tls-person-policy"]),
    ),
    (
        "e_sub_cert_key_usage_cert_sign_bit_set",
        Same(&["cabf-tls-key-usage-ec", "cabf-tls-key-usage-rsa"]),
    ),
    (
        "e_sub_cert_key_usage_crl_sign_bit_set",
        Same(&["cabf-tls-key-usage-ec", "cabf-tls-key-usage-rsa"]),
    ),
    (
        "e_sub_cert_locality_name_must_appear",
        Same(&[
            "cabf-tls-policy-oid",
            "cabf-tls-place",
            "cabf-tls-dv-subject",
        ]),
    ),
    (
        "e_sub_cert_locality_name_must_not_appear",
        Same(&["cabf-tls-policy-oid", "cabf-tls-dv-subject"]),
    ),
    (
        "e_sub_cert_not_is_ca",
        Same(&["rfc5280-basic-constraints-critical"]),
    ),
    (
        "e_sub_cert_or_sub_ca_using_sha1",
        Same(&["cabf-tls-signature-algorithm"]),
    ),
    (
        "e_sub_cert_postal_code_must_not_appear",
        Same(&["cabf-tls-policy-oid", "cabf-tls-dv-subject"]),
    ),
    (
        "e_sub_cert_province_must_appear",
        Same(&[
            "cabf-tls-policy-oid",
            "cabf-tls-place",
            "cabf-tls-dv-subject",
        ]),
    ),
    (
        "e_sub_cert_province_must_not_appear",
        Same(&["cabf-tls-policy-oid", "cabf-tls-dv-subject"]),
    ),
    (
        "e_sub_cert_street_address_should_not_exist",
        Same(&["cabf-tls-policy-oid", "cabf-tls-dv-subject"]),
    ),
    (
        "e_sub_cert_valid_time_longer_than_39_months",
        Same(&["cabf-tls-validity-200-days", "cabf-tls-validity-398-days"]),
    ),
    (
        "e_sub_cert_valid_time_longer_than_825_days",
        Same(&["cabf-tls-validity-200-days", "cabf-tls-validity-398-days"]),
    ),
    (
        "e_subject_common_name_not_exactly_from_san",
        Same(&["cabf-tls-common-name-from-san"]),
    ),
    (
        "e_subject_common_name_not_from_san",
        Same(&["cabf-tls-common-name-from-san"]),
    ),
    (
        "e_subject_contains_noninformational_value",
        Same(&["cabf-tls-metadata"]),
    ),
    (
        "e_subject_contains_organizational_unit_name_and_no_organization_name",
        Same(&["cabf-tls-policy-oid", "cabf-tls-organizational-unit"]),
    ),
    (
        "e_subject_contains_reserved_ip",
        Same(&["cabf-tls-reserved-ip", "cabf-tls-common-name-from-san"]),
    ),
    ("e_subject_country_not_iso", Same(&["cabf-tls-iso-country"])),
    (
        "e_underscore_not_permissible_in_dnsname",
        Same(&["cabf-tls-underscore"]),
    ),
    (
        "w_extra_subject_common_names",
        Same(&["cabf-tls-rdn-single"]),
    ),
    (
        "w_sub_cert_certificate_policies_marked_critical",
        Same(&["cabf-tls-policies-critical"]),
    ),
    (
        "e_dnsname_not_valid_tld",
        Part(
            &["cabf-tls-internal-name", "cabf-tls-common-name-from-san"],
            "we have no list of the top-level domains that exist",
        ),
    ),
    (
        "e_dnsname_contains_bare_iana_suffix",
        Part(
            &["cabf-tls-wildcard", "cabf-tls-internal-name"],
            "we have no list of public suffixes",
        ),
    ),
    (
        "e_sub_cert_aia_does_not_contain_ocsp_url",
        Theirs("since version 2.0.1 of the Baseline Requirements an OCSP location may be left out"),
    ),
    (
        "e_ext_nc_intersects_reserved_ip",
        Theirs("name constraints of a CA; in a server's certificate they are an error as such"),
    ),
    (
        "w_rsa_mod_factors_smaller_than_752",
        Theirs("keys are searched for weak primes where they are read"),
    ),
];

pub(crate) const PKILINT_TLS: &[(&str, Difference)] = &[
    (
        "cabf.authority_key_identifier_has_issuer_cert",
        Same(&["cabf-tls-aki"]),
    ),
    (
        "cabf.insignificant_attribute_value_present",
        Same(&["cabf-tls-metadata"]),
    ),
    ("cabf.internal_ip_address", Same(&["cabf-tls-reserved-ip"])),
    ("cabf.invalid_country_code", Same(&["cabf-tls-iso-country"])),
    (
        "cabf.rsa_exponent_prohibited_value",
        Same(&["cabf-tls-rsa-exponent", "rfc5280-rsa-even"]),
    ),
    (
        "cabf.rsa_modulus_invalid_length",
        Same(&["cabf-tls-rsa-modulus"]),
    ),
    (
        "cabf.serverauth.aia_location_not_uri",
        Same(&["cabf-tls-aia-http"]),
    ),
    (
        "cabf.serverauth.aia_location_uri_not_http",
        Same(&["cabf-tls-aia-http"]),
    ),
    (
        "cabf.serverauth.certificate_validity_period_exceeds_100_days",
        Same(&["cabf-tls-validity-100-days"]),
    ),
    (
        "cabf.serverauth.certificate_validity_period_exceeds_200_days",
        Same(&["cabf-tls-validity-200-days"]),
    ),
    (
        "cabf.serverauth.certificate_validity_period_exceeds_398_days",
        Same(&["cabf-tls-validity-398-days"]),
    ),
    (
        "cabf.serverauth.certificate_validity_period_exceeds_47_days",
        Same(&["cabf-tls-validity-47-days"]),
    ),
    (
        "cabf.serverauth.crldp_dp_prohibited_field_present",
        Same(&["cabf-tls-crl-dp-form"]),
    ),
    (
        "cabf.serverauth.crldp_dpname_prohibited_field_present",
        Same(&["cabf-tls-crl-dp-form"]),
    ),
    (
        "cabf.serverauth.crldp_dpname_prohibited_generalname_type",
        Same(&["cabf-tls-crl-dp-form"]),
    ),
    (
        "cabf.serverauth.crldp_dpname_prohibited_uri_scheme",
        Same(&["cabf-tls-crl-dp-form"]),
    ),
    (
        "cabf.serverauth.dnsname_contains_prohibited_reserved_label",
        Same(&["cabf-tls-reserved-label"]),
    ),
    (
        "cabf.serverauth.dv.unknown_attribute_present",
        Same(&["cabf-tls-policy-oid", "cabf-tls-dv-subject"]),
    ),
    (
        "cabf.serverauth.invalid_dnsname_syntax",
        Same(&[
            "cabf-tls-wildcard",
            "cabf-tls-underscore",
            "cabf-tls-internal-name",
            "rfc5280-san-dns",
        ]),
    ),
    (
        "cabf.serverauth.invalid_rdn_order",
        Same(&["cabf-tls-rdn-order"]),
    ),
    (
        "cabf.serverauth.name_attribute_value_too_long",
        Same(&["rfc5280-attribute-length"]),
    ),
    (
        "cabf.serverauth.prohibited_certificate_policy_qualifier_type",
        Same(&["cabf-tls-policy-qualifier"]),
    ),
    (
        "cabf.serverauth.prohibited_duplicate_attribute_type",
        Same(&["cabf-tls-rdn-single"]),
    ),
    (
        "cabf.serverauth.prohibited_san_type",
        Same(&["cabf-tls-san-kind"]),
    ),
    (
        "cabf.serverauth.prohibited_signature_algorithm_encoding",
        Same(&["cabf-tls-signature-algorithm"]),
    ),
    (
        "cabf.serverauth.prohibited_subject_public_key_algorithm_encoding",
        Same(&["cabf-tls-key-algorithm", "rfc5280-rsa-key-parameters"]),
    ),
    (
        "cabf.serverauth.rdn_contains_multiple_atvs",
        Same(&["cabf-tls-rdn-single"]),
    ),
    (
        "cabf.serverauth.subscriber.anyeku_eku_present",
        Same(&["cabf-tls-eku-forbidden"]),
    ),
    (
        "cabf.serverauth.subscriber.authority_info_access_extension_absent",
        Same(&["cabf-tls-aia"]),
    ),
    (
        "cabf.serverauth.subscriber.authority_key_identifier_extension_absent",
        Same(&["rfc5280-aki"]),
    ),
    (
        "cabf.serverauth.subscriber.certificate_policies_extension_absent",
        Same(&["cabf-tls-policies"]),
    ),
    (
        "cabf.serverauth.subscriber.codesigning_eku_present",
        Same(&["cabf-tls-eku-forbidden"]),
    ),
    (
        "cabf.serverauth.subscriber.critical_authority_info_access_extension",
        Same(&["rfc5280-aia-critical"]),
    ),
    (
        "cabf.serverauth.subscriber.critical_authority_key_identifier_extension",
        Same(&["rfc5280-aki-critical"]),
    ),
    (
        "cabf.serverauth.subscriber.critical_certificate_policies_extension",
        Same(&["cabf-tls-policies-critical"]),
    ),
    (
        "cabf.serverauth.subscriber.critical_crl_distribution_points_extension",
        Same(&["cabf-tls-crl-dp-critical"]),
    ),
    (
        "cabf.serverauth.subscriber.critical_extended_key_usage_extension",
        Same(&["cabf-tls-eku-critical"]),
    ),
    (
        "cabf.serverauth.subscriber.critical_subject_key_identifier_extension",
        Same(&["rfc5280-ski-critical"]),
    ),
    (
        "cabf.serverauth.subscriber.emailprotection_eku_present",
        Same(&["cabf-tls-eku-forbidden"]),
    ),
    (
        "cabf.serverauth.subscriber.extended_key_usage_extension_absent",
        Same(&["cabf-tls-server-auth"]),
    ),
    (
        "cabf.serverauth.subscriber.name_constraints_extension_present",
        Same(&["rfc5280-name-constraints-without-ca"]),
    ),
    (
        "cabf.serverauth.subscriber.non_critical_basic_constraints_extension",
        Same(&["cabf-tls-basic-constraints-critical"]),
    ),
    (
        "cabf.serverauth.subscriber.non_critical_key_usage_extension",
        Same(&["cabf-tls-key-usage-critical"]),
    ),
    (
        "cabf.serverauth.subscriber.ocspsigning_eku_present",
        Same(&["cabf-tls-eku-forbidden"]),
    ),
    (
        "cabf.serverauth.subscriber.revocation_information_absent",
        Same(&["cabf-tls-crl-dp"]),
    ),
    (
        "cabf.serverauth.subscriber.serverauth_eku_absent",
        Same(&["cabf-tls-server-auth"]),
    ),
    (
        "cabf.serverauth.subscriber.subject_altname_extension_absent",
        Same(&["cabf-tls-san"]),
    ),
    (
        "cabf.serverauth.subscriber.timestamping_eku_present",
        Same(&["cabf-tls-eku-forbidden"]),
    ),
    (
        "cabf.serverauth.subscriber.unknown_aia_access_method_present",
        Same(&["cabf-tls-aia-method"]),
    ),
    (
        "cabf.serverauth.subscriber_anypolicy_oid_present",
        Same(&["cabf-tls-any-policy"]),
    ),
    (
        "cabf.serverauth.subscriber_common_name_unknown_source",
        Same(&["cabf-tls-common-name-from-san"]),
    ),
    (
        "cabf.serverauth.subscriber_missing_reserved_policy_oid",
        Same(&["cabf-tls-policy-oid", "cabf-tls-policies"]),
    ),
    (
        "cabf.serverauth.subscriber_multiple_reserved_policy_oids",
        Same(&["cabf-tls-policy-oid"]),
    ),
    (
        "cabf.serverauth.subscriber_prohibited_ku_present",
        Same(&["cabf-tls-key-usage-ec", "cabf-tls-key-usage-rsa"]),
    ),
    (
        "cabf.serverauth.subscriber_required_ku_missing",
        Same(&[
            "cabf-tls-key-usage-ec",
            "cabf-tls-key-usage-rsa",
            "rfc5280-extension-encoding",
        ]),
    ),
    (
        "cabf.internal_domain_name",
        Part(
            &[
                "cabf-tls-internal-name",
                "cabf-tls-wildcard",
                "rfc5280-san-dns",
            ],
            "it has the list of public suffixes",
        ),
    ),
];

pub(crate) const ZLINT_SMIME: &[(&str, Difference)] = &[
    (
        "e_authority_key_identifier_correct",
        Same(&["cabf-smime-aki"]),
    ),
    (
        "e_commonname_mailbox_validated",
        Part(
            &["cabf-smime-common-name", "cabf-smime-subject-mailbox"],
            "it demands a common name, which the document does not",
        ),
    ),
    (
        "e_ec_other_key_usages",
        Same(&["cabf-smime-key-usage-bits"]),
    ),
    (
        "e_ecpublickey_key_usages",
        Same(&["cabf-smime-key-usage-bits"]),
    ),
    (
        "e_edwardspublickey_key_usages",
        Same(&["cabf-smime-key-usage-bits"]),
    ),
    ("e_key_usage_presence", Same(&["cabf-smime-key-usage"])),
    ("e_legal_entity_identifier", Same(&["cabf-smime-lei"])),
    (
        "e_mailbox_address_shall_contain_an_rfc822_name",
        Same(&["cabf-smime-subject-mailbox"]),
    ),
    (
        "e_mailbox_validated_enforce_subject_field_restrictions",
        Same(&["cabf-smime-mailbox-validated"]),
    ),
    (
        "e_registration_scheme_id_matches_subject_country",
        Same(&[
            "cabf-smime-organization-identifier-country",
            "cabf-smime-organization-identifier",
        ]),
    ),
    (
        "e_rsa_key_usage_legacy_multipurpose",
        Same(&["cabf-smime-key-usage-bits"]),
    ),
    (
        "e_rsa_key_usage_strict",
        Same(&["cabf-smime-key-usage-bits"]),
    ),
    (
        "e_rsa_other_key_usages",
        Same(&["cabf-smime-key-usage-bits"]),
    ),
    ("e_san_shall_be_present", Same(&["cabf-smime-san"])),
    (
        "e_single_email_if_present",
        Same(&["cabf-smime-subject-mailbox", "rfc5280-san-email"]),
    ),
    (
        "e_single_email_subject_if_present",
        Same(&["cabf-smime-subject-mailbox"]),
    ),
    (
        "e_smime_legacy_aia_shall_have_one_http",
        Same(&["cabf-smime-aia-places"]),
    ),
    (
        "e_smime_legacy_multipurpose_eku_check",
        Same(&["cabf-smime-eku", "cabf-smime-eku-forbidden"]),
    ),
    (
        "e_smime_qc_statements_must_not_be_critical",
        Same(&["cabf-smime-qc-statements-critical"]),
    ),
    (
        "e_smime_strict_aia_shall_have_http_only",
        Same(&["cabf-smime-aia-places"]),
    ),
    (
        "e_smime_strict_eku_check",
        Same(&["cabf-smime-eku", "cabf-smime-eku-forbidden"]),
    ),
    (
        "e_strict_multipurpose_smime_ext_subject_directory_attr",
        Same(&["cabf-smime-subject-directory-attributes"]),
    ),
    ("e_subject_country_name", Same(&["cabf-smime-iso-country"])),
    (
        "e_subscribers_crl_distribution_points_are_http",
        Same(&["cabf-smime-crl-dp", "cabf-smime-crl-dp-places"]),
    ),
    (
        "e_subscribers_shall_have_crl_distribution_points",
        Same(&["cabf-smime-crl-dp"]),
    ),
];

pub(crate) const PKILINT_SMIME: &[(&str, Difference)] = &[
    (
        "cabf.aia_ca_issuers_has_no_http_uri",
        Same(&["cabf-smime-aia-places"]),
    ),
    (
        "cabf.aia_ocsp_has_no_http_uri",
        Same(&["cabf-smime-aia-places"]),
    ),
    (
        "cabf.authority_key_identifier_has_issuer_cert",
        Same(&["cabf-smime-aki"]),
    ),
    (
        "cabf.certificate_extensions_missing",
        Same(&["cabf-smime-key-usage"]),
    ),
    (
        "cabf.critical_crldp_extension",
        Same(&["cabf-smime-crl-dp-critical"]),
    ),
    (
        "cabf.insignificant_attribute_value_present",
        Same(&["cabf-smime-metadata"]),
    ),
    (
        "cabf.internal_domain_name",
        Part(
            &["cabf-smime-san-kind"],
            "names of servers must not be there at all",
        ),
    ),
    (
        "cabf.internal_ip_address",
        Part(
            &["cabf-smime-san-kind"],
            "addresses must not be there at all",
        ),
    ),
    (
        "cabf.invalid_country_code",
        Same(&["cabf-smime-iso-country"]),
    ),
    (
        "cabf.invalid_organization_identifier_country",
        Same(&["cabf-smime-organization-identifier"]),
    ),
    (
        "cabf.invalid_organization_identifier_registration_scheme",
        Same(&["cabf-smime-organization-identifier"]),
    ),
    (
        "cabf.invalid_subject_organization_identifier_format",
        Same(&["cabf-smime-organization-identifier"]),
    ),
    (
        "cabf.name.attribute_value_contains_html_entity",
        Theirs("a name may hold an ampersand"),
    ),
    ("cabf.no_http_crldp_uri", Same(&["cabf-smime-crl-dp"])),
    (
        "cabf.organization_identifier_reference_missing_for_scheme",
        Same(&["cabf-smime-organization-identifier"]),
    ),
    (
        "cabf.rsa_exponent_prohibited_value",
        Same(&["cabf-smime-rsa-exponent"]),
    ),
    ("cabf.rsa_modulus_invalid_length", Same(&["cabf-smime-key"])),
    (
        "cabf.smime.aia_prohibited_generalname_type",
        Same(&["cabf-smime-aia-places"]),
    ),
    (
        "cabf.smime.aia_prohibited_uri_scheme",
        Same(&["cabf-smime-aia-places"]),
    ),
    (
        "cabf.smime.anypolicy_present",
        Same(&["cabf-smime-any-policy"]),
    ),
    (
        "cabf.smime.certificate_policies_extension_missing",
        Same(&["cabf-smime-policy-oid"]),
    ),
    (
        "cabf.smime.certificate_validity_period_exceeds_1185_days",
        Same(&["cabf-smime-validity"]),
    ),
    (
        "cabf.smime.certificate_validity_period_exceeds_825_days",
        Same(&["cabf-smime-validity"]),
    ),
    (
        "cabf.smime.common_name_value_unknown_source",
        Part(
            &["cabf-smime-common-name"],
            "without such a policy it guesses which common name is meant",
        ),
    ),
    (
        "cabf.smime.crldp_extension_missing",
        Same(&["cabf-smime-crl-dp"]),
    ),
    (
        "cabf.smime.crldp_fullname_prohibited_generalname_type",
        Same(&["cabf-smime-crl-dp-places"]),
    ),
    (
        "cabf.smime.crldp_fullname_prohibited_uri_scheme",
        Same(&["cabf-smime-crl-dp-places"]),
    ),
    (
        "cabf.smime.email_address_in_attribute_not_in_san",
        Same(&["cabf-smime-subject-mailbox"]),
    ),
    (
        "cabf.smime.emailprotection_eku_missing",
        Same(&["cabf-smime-eku"]),
    ),
    (
        "cabf.smime.extended_key_usage_extension_missing",
        Same(&["cabf-smime-eku"]),
    ),
    (
        "cabf.smime.key_usage_extension_missing",
        Same(&["cabf-smime-key-usage"]),
    ),
    (
        "cabf.smime.legacy_generation_certificate_issued_after_prohibition",
        Part(
            &["cabf-smime-legacy"],
            "it takes a certificate without such a policy for one of the legacy generation",
        ),
    ),
    (
        "cabf.smime.lei_extension_critical",
        Same(&["cabf-smime-lei"]),
    ),
    (
        "cabf.smime.lei_extension_prohibited",
        Same(&["cabf-smime-lei"]),
    ),
    (
        "cabf.smime.lei_role_extension_critical",
        Same(&["cabf-smime-lei"]),
    ),
    (
        "cabf.smime.lei_role_extension_prohibited",
        Same(&["cabf-smime-lei"]),
    ),
    (
        "cabf.smime.missing_required_attribute",
        Part(
            &["cabf-smime-organization", "cabf-smime-person"],
            "without such a policy it guesses whom the subject names",
        ),
    ),
    (
        "cabf.smime.mixed_name_and_pseudonym_attributes",
        Same(&["cabf-smime-pseudonym"]),
    ),
    (
        "cabf.smime.multiple_reserved_policy_oids",
        Same(&["cabf-smime-policy-oid"]),
    ),
    (
        "cabf.smime.no_required_reserved_policy_oid",
        Same(&["cabf-smime-policy-oid"]),
    ),
    (
        "cabf.smime.org_identifier_and_country_name_attribute_inconsistent",
        Same(&["cabf-smime-organization-identifier-country"]),
    ),
    (
        "cabf.smime.prohibited_attribute",
        Part(
            &[
                "cabf-smime-mailbox-validated",
                "cabf-smime-attribute-forbidden",
            ],
            "without such a policy it guesses whom the subject names",
        ),
    ),
    (
        "cabf.smime.prohibited_eku_present",
        Same(&["cabf-smime-eku-forbidden"]),
    ),
    (
        "cabf.smime.prohibited_generalname_type_present",
        Same(&["cabf-smime-san-kind"]),
    ),
    (
        "cabf.smime.prohibited_ku_present",
        Same(&["cabf-smime-key-usage-bits"]),
    ),
    (
        "cabf.smime.prohibited_organization_identifier_reference_present_for_scheme",
        Same(&["cabf-smime-organization-identifier"]),
    ),
    (
        "cabf.smime.prohibited_othername_type_present",
        Same(&["cabf-smime-san-kind"]),
    ),
    (
        "cabf.smime.prohibited_signature_algorithm_encoding",
        Same(&["cabf-smime-signature-algorithm"]),
    ),
    (
        "cabf.smime.prohibited_spki_algorithm_encoding",
        Part(
            &["cabf-smime-key", "rfc5280-rsa-key-parameters"],
            "it has no P-521, which section 6.1.5 has",
        ),
    ),
    (
        "cabf.smime.qc_statements_extension_critical",
        Same(&["cabf-smime-qc-statements-critical"]),
    ),
    (
        "cabf.smime.required_attribute_missing_for_dependent_attribute",
        Same(&["cabf-smime-place"]),
    ),
    (
        "cabf.smime.san_does_not_contain_email_address",
        Same(&["cabf-smime-san"]),
    ),
    (
        "cabf.smime.san_extension_missing",
        Same(&["cabf-smime-san"]),
    ),
    (
        "cabf.smime.subject_directory_attributes_extension_prohibited",
        Same(&["cabf-smime-subject-directory-attributes"]),
    ),
    (
        "cabf.smime.unknown_certificate_key_usage_type",
        Same(&["cabf-smime-key-usage-bits", "rfc5280-extension-encoding"]),
    ),
    (
        "cabf.smime.unsupported_public_key_type",
        Same(&["cabf-smime-key"]),
    ),
    (
        "cabf.smime.usernotice_has_noticeref",
        Same(&["cabf-smime-notice-reference"]),
    ),
];
