//! Policies that stand ready after the first start. From then on they belong to the administrators: a later release
//! never changes them.

use crate::domain::id::IssuerName;

/// A policy that stands ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyPolicy {
    /// Its name.
    pub name: &'static str,
    /// Its YAML.
    pub definition: String,
}

const SERVER: &str = "\
name: server
realm: default
description: Server certificates that an administrator asks for
issuer: {issuer}
profile: tls-server
protocols: [rest, cli]
validity: {default: 90d, longest: 1y}
names:
  dns: ['*']
  wildcards: true
  ip: ['0.0.0.0/0', '::/0']
  required: true
";

const CLIENT: &str = "\
name: client
realm: default
description: Client certificates for people, devices and services
issuer: {issuer}
profile: tls-client
protocols: [rest, cli]
validity: {default: 90d, longest: 1y}
subject: {attributes: [CN, O, OU, L, ST, C, UID, serialNumber], common_name: free}
names:
  dns: ['*']
  ip: ['0.0.0.0/0', '::/0']
  email: ['*']
  uri: ['*']
  upn: ['*']
";

const ACME: &str = "\
name: acme
realm: default
description: Server certificates by ACME, for names whose control was proven
issuer: {issuer}
profile: tls-server
protocols: [acme]
validity: {default: 90d, longest: 90d}
names:
  dns: ['*']
  wildcards: true
  ip: ['0.0.0.0/0', '::/0']
  must_be_proven: true
  required: true
";

const ACME_EAB: &str = "\
name: acme-eab
realm: default
description: As acme, for accounts with an external account key
issuer: {issuer}
profile: tls-server
protocols: [acme]
validity: {default: 90d, longest: 90d}
names:
  dns: ['*']
  wildcards: true
  ip: ['0.0.0.0/0', '::/0']
  must_be_proven: true
  required: true
acme: {external_account_required: true}
";

const EST: &str = "\
name: est
realm: default
description: Certificates for devices by EST
issuer: {issuer}
profile: ieee-802-1ar-ldevid
protocols: [est]
validity: {default: 90d, longest: 1y}
subject: {attributes: [CN, O, OU, L, ST, C, UID, serialNumber], common_name: free}
names:
  dns: ['*']
  ip: ['0.0.0.0/0', '::/0']
  uri: ['*']
est: {server_keys: true}
";

const SCEP: &str = "\
name: scep
realm: default
description: Certificates for devices by SCEP
issuer: {issuer}
profile: ieee-802-1ar-ldevid
protocols: [scep]
validity: {default: 90d, longest: 1y}
subject: {attributes: [CN, O, OU, L, ST, C, UID, serialNumber], common_name: free}
names:
  dns: ['*']
  ip: ['0.0.0.0/0', '::/0']
  uri: ['*']
";

const CMP: &str = "\
name: cmp
realm: default
description: Certificates for devices by CMP
issuer: {issuer}
profile: ieee-802-1ar-ldevid
protocols: [cmp]
validity: {default: 90d, longest: 1y}
subject: {attributes: [CN, O, OU, L, ST, C, UID, serialNumber], common_name: free}
names:
  dns: ['*']
  ip: ['0.0.0.0/0', '::/0']
  uri: ['*']
";

const SCEP_RA: &str = "\
name: scep-ra
realm: system
description: What the SCEP server decrypts and signs with
issuer: {issuer}
profile: scep-ra
protocols: [system]
callers: [scep]
validity: {default: 90d, longest: 1y}
subject: {attributes: [CN, O], common_name: free}
";

const CMP_SIGNER: &str = "\
name: cmp-signer
realm: system
description: What the CMP server signs its answers with
issuer: {issuer}
profile: cmp-ra
protocols: [system]
callers: [cmp]
validity: {default: 90d, longest: 1y}
subject: {attributes: [CN, O], common_name: free}
";

const PLATFORM_TLS: &str = "\
name: platform-tls
realm: system
description: The certificates that the platform's own ports show
issuer: {issuer}
profile: tls-server
protocols: [system]
validity: {default: 30d, longest: 90d}
names:
  dns: ['*']
  wildcards: true
  ip: ['0.0.0.0/0', '::/0']
  required: true
";

/// The policies that stand ready, issuing from the CAs given.
pub fn ready(issuer: &IssuerName, platform_issuer: &IssuerName) -> Vec<ReadyPolicy> {
    let of = |name, text: &str, issuer: &IssuerName| ReadyPolicy {
        name,
        definition: text.replace("{issuer}", issuer.as_str()),
    };
    vec![
        of("server", SERVER, issuer),
        of("client", CLIENT, issuer),
        of("acme", ACME, issuer),
        of("acme-eab", ACME_EAB, issuer),
        of("est", EST, issuer),
        of("scep", SCEP, issuer),
        of("cmp", CMP, issuer),
        // They answer for the CA whose certificates the clients ask for.
        of("scep-ra", SCEP_RA, issuer),
        of("cmp-signer", CMP_SIGNER, issuer),
        of("platform-tls", PLATFORM_TLS, platform_issuer),
    ]
}

/// What a calling service works under when it names no policy.
pub const CLIENT_DEFAULTS: [(&str, &str); 5] = [
    ("acme", "acme"),
    ("administrator", "server"),
    ("cmp", "cmp"),
    ("est", "est"),
    ("scep", "scep"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::PolicyDefinition;

    #[test]
    fn every_ready_policy_reads_and_has_the_issuer() {
        let (issuer, platform) = (
            "default-sub".parse().unwrap(),
            "management".parse().unwrap(),
        );
        let all = ready(&issuer, &platform);
        assert_eq!(all.len(), 10);
        for one in &all {
            let definition = PolicyDefinition::parse(&one.definition).unwrap();
            let rules = definition.rules();
            assert_eq!(rules.name.as_str(), one.name);
            let expected = if rules.name.as_str() == "platform-tls" {
                &platform
            } else {
                &issuer
            };
            assert_eq!(&rules.issuer, expected, "{}", one.name);
            assert_eq!(rules.acme.external_account_required, one.name == "acme-eab");
            assert!(!rules.manual_approval);
        }
    }

    #[test]
    fn every_default_stands_ready() {
        let issuer = "sub".parse().unwrap();
        for (_, policy) in CLIENT_DEFAULTS {
            assert!(
                ready(&issuer, &issuer).iter().any(|one| one.name == policy),
                "{policy}"
            );
        }
    }
}
