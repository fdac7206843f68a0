//! What a profile would have certificates say, before anybody asks for one: an example is prepared and linted under a CA that
//! exists for that moment.

use time::OffsetDateTime;

use super::{
    AssembleError, EndEntity, Issuer, IssuerError, PrepareError, Request, prepare, signed, write,
};
use crate::general_name::{GeneralName, NameKind};
use crate::key::{KeyAlgorithm, PrivateKey, PrivateKeyError, SignatureAlgorithm};
use crate::lint::{Finding, Verdict, judge_tbs};
use crate::name::{Name, NameError};
use crate::profile::Profile;
use crate::serial::{SerialError, SerialNumber};

const ALGORITHM: SignatureAlgorithm = SignatureAlgorithm::Sha256WithEcdsa;
const CA: &str = "CN=Example Root,O=Example,C=DE";
/// The cheapest kinds of keys first: those of RSA take their time.
const KEYS: [KeyAlgorithm; 6] = [
    KeyAlgorithm::P256,
    KeyAlgorithm::P384,
    KeyAlgorithm::Ed25519,
    KeyAlgorithm::X25519,
    KeyAlgorithm::Rsa2048,
    KeyAlgorithm::Rsa3072,
];

/// Who the example is about; what is absent is made up, which cannot be done where patterns must be met.
#[derive(Debug, Clone, Default)]
pub struct Example {
    /// The subject.
    pub subject: Option<Name>,
    /// Its names.
    pub names: Vec<GeneralName>,
}

/// Why there is no example.
#[derive(Debug, thiserror::Error)]
pub enum RehearseError {
    /// The key or the CA for it cannot be made.
    #[error("make example of a certificate: its CA")]
    Ca(#[source] IssuerError),
    /// There is no ready profile for it.
    #[error("make example of a certificate: there is no profile root-ca")]
    NoRoot,
    /// The CA's signature does not fit.
    #[error("make example of a certificate: its CA")]
    Assemble(#[source] AssembleError),
    /// The random numbers are no serial number.
    #[error("make example of a certificate: its serial number")]
    Serial(#[source] SerialError),
    /// No key of these kinds can be made.
    #[error("make example of a certificate: its key")]
    Key(#[source] PrivateKeyError),
    /// A value that was made up is none.
    #[error("make example of a certificate: its subject")]
    Name(#[source] NameError),
    /// The profile does not admit the example, or the linter has something against what it says.
    #[error("make example of a certificate")]
    Prepare(#[source] PrepareError),
}

/// An example of what a profile has certificates say.
#[derive(Debug, Clone)]
pub struct Rehearsal {
    /// The certificate, DER; of a CA that is no more, and perhaps one that the linter would have stopped.
    pub certificate: Vec<u8>,
    /// The same for people, as `openssl x509 -text` tells it; empty: it cannot be read.
    pub text: String,
    /// What the linter says.
    pub verdict: Verdict,
}

impl Rehearsal {
    /// What the linter has against it that would not stop the issue; refused when something would.
    pub fn passed(self) -> Result<Vec<Finding>, RehearseError> {
        if self.verdict.blocking.is_empty() {
            return Ok(self.verdict.reported);
        }
        Err(RehearseError::Prepare(PrepareError::Lint {
            findings: self.verdict.blocking,
        }))
    }
}

/// Makes an example of what the profile would have certificates say, whatever the linter thinks of it. `random` becomes serial numbers.
pub fn rehearse(
    profile: &Profile,
    example: &Example,
    random: [u8; 20],
    now: OffsetDateTime,
) -> Result<Rehearsal, RehearseError> {
    let kinds = &profile.key_algorithms;
    let kind = KEYS.iter().find(|kind| kinds.contains(kind));
    let kind = kind.or(kinds.first()).unwrap_or(&KeyAlgorithm::P256);
    let key = PrivateKey::generate(*kind).map_err(RehearseError::Key)?;
    let subject = match &example.subject {
        Some(subject) => subject.clone(),
        None => made_up_subject(profile)?,
    };
    let names = match example.names.as_slice() {
        [] => made_up_names(profile),
        names => names.to_vec(),
    };
    let end_entity = EndEntity {
        subject: subject.clone(),
        names: names.clone(),
        security_identifier: Some("S-1-5-21-1004336348-1177238915-682003330-512".to_owned()),
    };
    let request = Request {
        subject,
        names,
        end_entity,
        ..Request::new(key.public_key().clone())
    };
    let serial = SerialNumber::from_random(random).map_err(RehearseError::Serial)?;
    let (issuer, key) = issuer(serial, now)?;
    let (to_be_signed, _) =
        write(profile, &issuer, &request, serial, now).map_err(RehearseError::Prepare)?;
    let verdict = judge_tbs(&to_be_signed, &profile.lint);
    let signature = key
        .sign(ALGORITHM, &to_be_signed)
        .map_err(RehearseError::Key)?;
    let certificate = signed(to_be_signed, ALGORITHM, &signature);
    Ok(Rehearsal {
        text: text(&certificate).unwrap_or_default(),
        certificate,
        verdict,
    })
}

/// OpenSSL's words are those that operators know.
fn text(certificate: &[u8]) -> Option<String> {
    let certificate = openssl::x509::X509::from_der(certificate).ok()?;
    String::from_utf8(certificate.to_text().ok()?).ok()
}

/// A root that never ends, and its key.
fn issuer(
    serial: SerialNumber,
    now: OffsetDateTime,
) -> Result<(Issuer, PrivateKey), RehearseError> {
    let key = PrivateKey::generate(KeyAlgorithm::P256).map_err(RehearseError::Key)?;
    let name: Name = CA.parse().map_err(RehearseError::Name)?;
    let own = Issuer::self_signed(name.clone(), key.public_key().clone(), ALGORITHM)
        .map_err(RehearseError::Ca)?;
    let mut profile = Profile::find_ready("root-ca")
        .cloned()
        .ok_or(RehearseError::NoRoot)?;
    profile.validity.no_expiry = true;
    let request = Request {
        subject: name,
        ..Request::new(key.public_key().clone())
    };
    let prepared =
        prepare(&profile, &own, &request, serial, now).map_err(RehearseError::Prepare)?;
    let signature = key
        .sign(ALGORITHM, prepared.to_be_signed())
        .map_err(RehearseError::Key)?;
    let certificate = prepared
        .assemble(&signature)
        .map_err(RehearseError::Assemble)?;
    Issuer::new(certificate, ALGORITHM)
        .and_then(|issuer| issuer.with_ocsp_urls(["http://ocsp.example.com"]))
        .and_then(|issuer| issuer.with_crl_urls(["http://crl.example.com/ca.crl"]))
        .and_then(|issuer| issuer.with_ca_issuer_urls(["http://ca.example.com/ca.cer"]))
        .map(|issuer| (issuer, key))
        .map_err(RehearseError::Ca)
}

fn made_up_subject(profile: &Profile) -> Result<Name, RehearseError> {
    let rule = &profile.subject;
    let by_rule = rule.attributes.iter();
    let required = by_rule.filter(|(_, rule)| rule.required && rule.fixed.is_empty());
    let mut keywords: Vec<&str> = required.map(|(keyword, _)| keyword.as_str()).collect();
    keywords.extend(rule.required.iter().map(String::as_str));
    let common = ["CN", "commonName", "2.5.4.3"];
    let may_have_common = common
        .iter()
        .find(|name| rule.allowed.iter().any(|allowed| allowed == *name));
    // a certificate that names nobody is an example of nothing
    if keywords.is_empty() && made_up_names(profile).is_empty() {
        keywords.extend(may_have_common);
    }
    keywords.sort_unstable();
    keywords.dedup();
    let text: Vec<String> = keywords
        .into_iter()
        .map(|keyword| {
            format!(
                "{keyword}={}",
                made_up_value(keyword, rule.common_name_from_names)
            )
        })
        .collect();
    text.join(",").parse().map_err(RehearseError::Name)
}

fn made_up_value(keyword: &str, common_name_from_names: bool) -> &'static str {
    match keyword {
        "C" | "countryName" | "2.5.4.6" => "DE",
        "CN" | "commonName" | "2.5.4.3" if common_name_from_names => "www.example.com",
        "emailAddress" | "1.2.840.113549.1.9.1" => "somebody@example.com",
        "serialNumber" | "2.5.4.5" => "12345",
        "organizationIdentifier" | "2.5.4.97" => "NTRDE-HRB12345",
        _ => "Example",
    }
}

/// One of each kind that must be there; one of some kind when any must.
fn made_up_names(profile: &Profile) -> Vec<GeneralName> {
    let rule = &profile.names;
    let mut kinds: Vec<NameKind> = rule
        .kinds
        .iter()
        .filter(|(_, rule)| rule.required && rule.fixed.is_empty())
        .map(|(kind, _)| *kind)
        .collect();
    if kinds.is_empty() && (rule.required || profile.subject.common_name_from_names) {
        let may_be =
            |kind: &&NameKind| rule.allowed.contains(kind) || rule.kinds.contains_key(kind);
        kinds.extend(NameKind::ALL.iter().find(may_be));
    }
    kinds
        .into_iter()
        .filter_map(|kind| {
            let pattern = rule.kinds.get(&kind).and_then(|rule| rule.pattern.as_ref());
            let fits =
                |name: &GeneralName| pattern.is_none_or(|pattern| pattern.matches(&name.value()));
            let mut known = examples(kind)
                .iter()
                .filter_map(|text| text.parse::<GeneralName>().ok());
            known.find(fits)
        })
        .collect()
}

/// The usual one first.
fn examples(kind: NameKind) -> &'static [&'static str] {
    match kind {
        NameKind::Dns => &["dns:www.example.com"],
        NameKind::Email => &["email:somebody@example.com"],
        NameKind::Uri => &[
            "uri:https://www.example.com/",
            "uri:spiffe://example.com/workload",
        ],
        NameKind::Ip => &["ip:93.184.215.14"],
        NameKind::Upn => &["upn:somebody@example.com"],
        NameKind::SmtpUtf8 => &["smtputf8:josé@example.com"],
        NameKind::Dir => &["dir:CN=Example"],
        NameKind::Rid => &["rid:1.3.6.1.4.1.99999.1"],
        NameKind::Other => &["other:1.3.6.1.4.1.99999.1;utf8:example"],
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-22 12:00:00 UTC);
    const RANDOM: [u8; 20] = [
        0x5a, 0x13, 0x9e, 0x77, 0x40, 0xc1, 0x0f, 0x2b, 0x88, 0x31, 0xd4, 0x6a, 0x95, 0x3c, 0xe8,
        0x02, 0xb7, 0x59, 0xa0, 0x1d,
    ];

    #[test]
    fn every_ready_profile_has_an_example() {
        for profile in Profile::ready() {
            let rehearsed = rehearse(profile, &Example::default(), RANDOM, NOW);
            let rehearsed = rehearsed.unwrap();
            assert!(rehearsed.text.contains("Version: 3"), "{}", profile.name);
            let passed = rehearsed.passed();
            assert!(passed.is_ok(), "{}: {passed:?}", profile.name);
        }
    }

    #[test]
    fn what_the_linter_would_stop_is_told_and_patterns_need_an_example_of_their_own() {
        let mut profile = Profile::find_ready("tls-server").unwrap().clone();
        profile.extended_key_usage.clear();
        profile.lint = serde_json::from_str(r#"{ "sets": { "cabf-tls": "block" } }"#).unwrap();
        let rehearsed = rehearse(&profile, &Example::default(), RANDOM, NOW).unwrap();
        assert!(rehearsed.text.contains("DNS:www.example.com"));
        let told = rehearsed.passed().unwrap_err();
        assert!(
            matches!(told, RehearseError::Prepare(PrepareError::Lint { .. })),
            "{told:?}"
        );

        let mut profile = Profile::find_ready("tls-client").unwrap().clone();
        let rule = serde_json::from_str(r#"{ "required": true, "pattern": "printer-[0-9]{3}" }"#);
        profile
            .subject
            .attributes
            .insert("CN".to_owned(), rule.unwrap());
        assert!(rehearse(&profile, &Example::default(), RANDOM, NOW).is_err());
        let example = Example {
            subject: Some("CN=printer-007".parse().unwrap()),
            names: Vec::new(),
        };
        let rehearsed = rehearse(&profile, &example, RANDOM, NOW).unwrap();
        rehearsed.passed().unwrap();
    }
}
