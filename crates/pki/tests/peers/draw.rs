//! Certificates that we issue: every ready profile, every kind of key that it allows, subjects and names drawn by
//! proptest.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ers_pki::general_name::{GeneralName, NameKind};
use ers_pki::issuance::{Issuer, PrepareError, Request, prepare};
use ers_pki::key::{KeyAlgorithm, PrivateKey, SignatureAlgorithm};
use ers_pki::name::{AttributeType, Name};
use ers_pki::profile::Profile;
use ers_pki::serial::SerialNumber;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use time::OffsetDateTime;
use time::macros::datetime;

use super::Specimen;

pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-22 12:00:00 UTC);

/// One key of each kind; certificates of one run share them.
static KEYS: LazyLock<BTreeMap<KeyAlgorithm, PrivateKey>> = LazyLock::new(|| {
    KeyAlgorithm::ALL
        .into_iter()
        // takes half a minute to make, and says nothing that 4096 bits do not say
        .filter(|algorithm| algorithm.modulus_bits().is_none_or(|bits| bits <= 4096))
        .filter_map(|algorithm| Some((algorithm, PrivateKey::generate(algorithm).ok()?)))
        .collect()
});

/// Draws from a seed.
pub(crate) struct Drawer(TestRunner);

impl Drawer {
    pub(crate) fn new(seed: u64) -> Self {
        let mut octets = [0; 32];
        octets[..8].copy_from_slice(&seed.to_be_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &octets);
        Self(TestRunner::new_with_rng(Config::default(), rng))
    }

    pub(crate) fn draw<S: Strategy>(&mut self, strategy: S) -> S::Value {
        strategy.new_tree(&mut self.0).unwrap().current()
    }

    pub(crate) fn serial(&mut self) -> SerialNumber {
        serial(&self.draw(any::<[u8; 20]>()))
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.draw(0..end)
    }

    pub(crate) fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }
}

pub(crate) struct Ca {
    pub(crate) key: PrivateKey,
    pub(crate) issuer: Issuer,
}

impl Ca {
    pub(crate) fn new() -> Self {
        let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
        let algorithm = SignatureAlgorithm::Sha256WithEcdsa;
        let name: Name = "CN=Peers Root CA,O=Example AG,C=DE".parse().unwrap();
        let issuer =
            Issuer::self_signed(name.clone(), key.public_key().clone(), algorithm).unwrap();
        let request = Request {
            subject: name,
            ..Request::new(key.public_key().clone())
        };
        let profile = Profile::find_ready("root-ca").unwrap();
        let prepared = prepare(
            profile,
            &issuer,
            &request,
            serial(&std::array::from_fn(|place| place as u8 + 1)),
            NOW,
        )
        .unwrap();
        let signature = key.sign(algorithm, prepared.to_be_signed()).unwrap();
        let certificate = prepared.assemble(&signature).unwrap();
        let issuer = Issuer::new(certificate, algorithm).unwrap();
        let issuer = issuer
            .with_ocsp_urls(["http://ocsp.example-pki.com/"])
            .unwrap();
        let issuer = issuer
            .with_crl_urls(["http://crl.example-pki.com/ca.crl"])
            .unwrap();
        Self {
            key,
            issuer: issuer
                .with_ca_issuer_urls(["http://crl.example-pki.com/ca.cer"])
                .unwrap(),
        }
    }

    fn issue(
        &self,
        profile: &Profile,
        request: &Request,
        random: &[u8; 20],
    ) -> Result<Vec<u8>, PrepareError> {
        let prepared = prepare(profile, &self.issuer, request, serial(random), NOW)?;
        let algorithm = prepared.signature_algorithm();
        let signature = self.key.sign(algorithm, prepared.to_be_signed()).unwrap();
        Ok(prepared.assemble(&signature).unwrap().der().to_vec())
    }
}

fn serial(random: &[u8; 20]) -> SerialNumber {
    SerialNumber::from_random(*random).unwrap()
}

/// So many certificates, the ready profiles in turn.
pub(crate) fn issued(seed: u64, count: usize) -> Vec<Specimen> {
    let ca = Ca::new();
    let mut drawer = Drawer::new(seed);
    let profiles: Vec<&Profile> = Profile::ready()
        .iter()
        // one signs itself, which `Ca::new` does; the other never ends, which wants a CA that does not either
        .filter(|profile| !["root-ca", "ieee-802-1ar-idevid"].contains(&profile.name.as_str()))
        .collect();
    (0..count)
        .map(|place| specimen(&ca, profiles[place % profiles.len()], &mut drawer))
        .collect()
}

/// Certificates of servers as the Forum wants them: domain or organization validated.
pub(crate) fn servers(seed: u64, count: usize) -> Vec<Specimen> {
    let ca = Ca::new();
    let mut drawer = Drawer::new(seed);
    let mut profile = Profile::find_ready("tls-server").unwrap().clone();
    profile.name = "forum-server".to_owned();
    profile.key_algorithms = vec![
        KeyAlgorithm::Rsa2048,
        KeyAlgorithm::Rsa3072,
        KeyAlgorithm::P256,
        KeyAlgorithm::P384,
    ];
    profile.names.allowed = [NameKind::Dns].into();
    profile.certificate_policies = vec!["2.23.140.1.2.1".parse().unwrap()];
    (0..count)
        .map(|_| specimen(&ca, &profile, &mut drawer))
        .collect()
}

/// Certificates of mailboxes as the Forum wants them, of each validation and of the generations that are still issued.
pub(crate) fn mailboxes(seed: u64, count: usize) -> Vec<Specimen> {
    let ca = Ca::new();
    let mut drawer = Drawer::new(seed);
    (0..count)
        .map(|place| {
            let mut profile = Profile::find_ready("s-mime").unwrap().clone();
            profile.key_algorithms = vec![
                KeyAlgorithm::Rsa2048,
                KeyAlgorithm::Rsa3072,
                KeyAlgorithm::P256,
                KeyAlgorithm::P384,
            ];
            profile.names.allowed = [NameKind::Email].into();
            let validation = place % 4 + 1;
            let generation = 2 + place / 4 % 2;
            let policy = format!("2.23.140.1.5.{validation}.{generation}");
            profile.certificate_policies = vec![policy.parse().unwrap()];
            let (allowed, required): (&[&str], &[&str]) = match validation {
                1 => (&["serialNumber"], &[]),
                2 => (
                    &["OU", "L", "serialNumber"],
                    &["O", "organizationIdentifier", "C"],
                ),
                3 => (
                    &["OU", "title", "L"],
                    &["O", "organizationIdentifier", "GN", "SN", "C"],
                ),
                _ => (&["title", "L", "serialNumber"], &["GN", "SN", "C"]),
            };
            let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
            profile.subject.allowed = words(&[allowed, required].concat());
            profile.subject.required = words(required);
            specimen(&ca, &profile, &mut drawer)
        })
        .collect()
}

/// Draws until the profile's rules on subject and names are kept; the linter must have nothing against what comes out.
fn specimen(ca: &Ca, profile: &Profile, drawer: &mut Drawer) -> Specimen {
    let kinds: Vec<_> = profile
        .key_algorithms
        .iter()
        .filter(|kind| KEYS.contains_key(kind))
        .collect();
    let mut last = None;
    for _ in 0..200 {
        let algorithm: KeyAlgorithm = *drawer.one_of(&kinds);
        let names = names(profile, drawer);
        let subject = subject(profile, &names, drawer);
        let request = Request {
            subject,
            names,
            ..Request::new(KEYS[&algorithm].public_key().clone())
        };
        let random = drawer.draw(any::<[u8; 20]>());
        match ca.issue(profile, &request, &random) {
            Ok(der) => {
                let names: Vec<_> = request.names.iter().map(ToString::to_string).collect();
                let told = format!(
                    "{} {algorithm} \"{}\" {}",
                    profile.name,
                    request.subject,
                    names.join(" ")
                );
                return Specimen { told, der };
            }
            Err(error @ PrepareError::Lint { .. }) => panic!("{}: {error}", profile.name),
            Err(error) => last = Some((error, request)),
        }
    }
    panic!("{} is never content: {last:?}", profile.name)
}

fn names(profile: &Profile, drawer: &mut Drawer) -> Vec<GeneralName> {
    let rule = &profile.names;
    let kinds: Vec<NameKind> = rule
        .allowed
        .iter()
        .chain(rule.kinds.keys())
        .copied()
        .collect();
    if kinds.is_empty() {
        return Vec::new();
    }
    let least = usize::from(profile.names.required);
    let count = drawer.draw(least..least + 4);
    let mut names = Vec::new();
    for _ in 0..count {
        let kind = drawer.one_of(&kinds);
        if let Some(name) = name(kind, profile.names.wildcards, drawer)
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    if names.is_empty() && profile.names.required {
        names.extend(name(kinds[0], false, drawer));
    }
    names
}

const LABEL: &str = "[a-z0-9]([a-z0-9]{0,10}[a-z0-9])?";

fn host(drawer: &mut Drawer) -> String {
    let labels = drawer.draw(vec(LABEL, 1..4)).join(".");
    let top = drawer.one_of(&["com", "org", "de", "net"]);
    format!("{labels}.{top}")
}

fn name(kind: NameKind, wildcards: bool, drawer: &mut Drawer) -> Option<GeneralName> {
    let text = match kind {
        NameKind::Dns if wildcards && drawer.below(4) == 0 => format!("dns:*.{}", host(drawer)),
        NameKind::Dns => format!("dns:{}", host(drawer)),
        NameKind::Ip if drawer.below(2) == 0 => {
            format!(
                "ip:{}",
                std::net::Ipv4Addr::from(drawer.draw(any::<[u8; 4]>()))
            )
        }
        NameKind::Ip => format!(
            "ip:{}",
            std::net::Ipv6Addr::from(drawer.draw(any::<[u8; 16]>()))
        ),
        NameKind::Email => {
            format!(
                "email:{}@{}",
                drawer.draw("[a-z]{1,8}([.+-][a-z]{1,8})?"),
                host(drawer)
            )
        }
        NameKind::Uri => {
            let scheme = drawer.one_of(&["https", "spiffe", "ldap"]);
            format!(
                "uri:{scheme}://{}/{}",
                host(drawer),
                drawer.draw("[a-z0-9/._~-]{0,20}")
            )
        }
        NameKind::Upn => format!("upn:{}@{}", drawer.draw("[a-zäöü]{1,8}"), host(drawer)),
        NameKind::SmtpUtf8 => format!("smtputf8:{}ü@{}", drawer.draw("[a-z]{1,8}"), host(drawer)),
        NameKind::Dir => format!("dir:CN={},C=DE", drawer.draw("[A-Za-z]{1,20}")),
        NameKind::Rid => format!("rid:1.3.6.1.4.1.{}", drawer.below(100_000)),
        _ => return None,
    };
    Some(
        text.parse()
            .unwrap_or_else(|error| panic!("{text}: {error}")),
    )
}

/// Attributes that may be drawn, in the order in which they stand, with the form of their values.
const ATTRIBUTES: [(&str, &str); 13] = [
    ("C", "DE|FR|US|JP"),
    ("ST", "[A-ZÄÖÜ][a-zäöü ]{0,20}[a-z]"),
    ("L", "[A-ZÄÖÜ][a-zäöü ]{0,30}[a-z]"),
    ("STREET", "[A-Z][a-z]{1,20} [0-9]{1,3}"),
    ("O", "[A-Z][A-Za-zäöü&. ]{0,40}[a-z]"),
    ("organizationIdentifier", "LEIXG-[0-9A-Z]{18}[0-9]{2}"),
    ("OU", "[A-Z][A-Za-zäöü0-9 ]{0,40}[a-z]"),
    ("SN", "[A-ZÄÖÜ][a-zäöüé]{1,20}"),
    ("GN", "[A-ZÄÖÜ][a-zäöüé]{1,14}"),
    ("title", "[A-Z][a-z]{1,20}"),
    ("serialNumber", "[0-9]{1,20}"),
    ("UID", "[a-z]{1,12}"),
    ("CN", "[A-ZÄÖÜ][A-Za-zäöü0-9 ._-]{0,40}[a-z]"),
];

fn subject(profile: &Profile, names: &[GeneralName], drawer: &mut Drawer) -> Name {
    let rule = &profile.subject;
    let mut values: Vec<(&str, String)> = Vec::new();
    for (keyword, form) in ATTRIBUTES {
        let mut words = rule.allowed.iter().chain(rule.attributes.keys());
        let allowed = words.any(|word| word == keyword);
        let required = rule.required.iter().any(|word| word == keyword);
        let must = required || keyword == "CN" && names.is_empty();
        if !(must || allowed && drawer.below(3) == 0) {
            continue;
        }
        if keyword == "CN" && rule.common_name_from_names {
            let short = names
                .iter()
                .map(GeneralName::value)
                .find(|name| name.len() <= 64);
            values.extend(short.map(|name| (keyword, name)));
        } else {
            values.push((keyword, drawer.draw(form)));
        }
    }
    let values: Vec<_> = values
        .iter()
        .map(|(keyword, value)| (AttributeType::find(keyword).unwrap(), value.as_str()))
        .collect();
    Name::from_attributes(values).unwrap()
}
