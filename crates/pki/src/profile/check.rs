//! Whether a profile contradicts itself.

use super::{Profile, ProfileError, Surplus, ValueRule};
use crate::extension::{CertificatePolicy, KeyUsage};
use crate::name::AttributeType;

/// Field and fault.
type Fault = Option<(&'static str, &'static str)>;

impl Profile {
    /// Whether it contradicts itself; to be asked once, when a profile comes from outside.
    pub fn check(&self) -> Result<(), ProfileError> {
        let fault = self
            .basics_fault()
            .or_else(|| self.usage_fault())
            .or_else(|| self.subject_fault())
            .or_else(|| self.names_fault())
            .or_else(|| Some(("lint", self.lint.check().err()?)))
            .or_else(|| self.extensions.fault(self))
            .or_else(|| Some(("request.extensions", self.request.fault()?)));
        match fault {
            None => Ok(()),
            Some((field, fault)) => Err(ProfileError::Field {
                profile: self.name.clone(),
                field,
                fault,
            }),
        }
    }

    fn basics_fault(&self) -> Fault {
        let named = !self.name.is_empty()
            && self.name.len() <= 64
            && self
                .name
                .bytes()
                .all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == b'-');
        if !named {
            return Some(("name", "it must have 1 to 64 of a-z 0-9 -"));
        }
        if self.key_algorithms.is_empty() {
            return Some(("key_algorithms", "there must be at least one"));
        }
        let validity = &self.validity;
        if validity.default.is_zero() || validity.default > validity.longest {
            let fault = "default must be longer than nothing and at most longest";
            return Some(("validity", fault));
        }
        let policy = self.certificate_policies.iter();
        let fault = policy.clone().find_map(CertificatePolicy::fault);
        if let Some(fault) = fault {
            return Some(("certificate_policies", fault));
        }
        let twice = policy.enumerate().any(|(place, one)| {
            let mut before = self.certificate_policies.iter().take(place);
            before.any(|other| other.oid == one.oid)
        });
        twice.then_some(("certificate_policies", "a policy stands twice"))
    }

    /// RFC 5280 sections 4.2.1.3 and 4.2.1.9.
    fn usage_fault(&self) -> Fault {
        let signs_certificates = self.key_usage.contains(&KeyUsage::KeyCertSign);
        if signs_certificates != self.is_ca() {
            let fault = "keyCertSign belongs to CA certificates and to no others";
            return Some(("key_usage", fault));
        }
        let useless = |key| !self.key_usage.iter().any(|usage| usage.suits(key));
        if !self.key_usage.is_empty() && self.key_algorithms.iter().copied().any(useless) {
            let fault = "a kind of keys serves none of the key usages";
            return Some(("key_algorithms", fault));
        }
        let length_of_no_ca = self
            .basic_constraints
            .is_some_and(|constraints| !constraints.ca && constraints.path_length.is_some());
        length_of_no_ca.then_some((
            "basic_constraints",
            "path_length belongs to CA certificates only",
        ))
    }

    fn subject_fault(&self) -> Fault {
        let rule = &self.subject;
        let nothing_allowed = rule.allowed.is_empty() && rule.attributes.is_empty();
        if self.is_ca() && rule.others == Surplus::Drop && nothing_allowed {
            return Some(("subject", "a CA certificate must have a subject"));
        }
        let mut words = rule
            .allowed
            .iter()
            .chain(&rule.required)
            .chain(rule.attributes.keys());
        if words.any(|word| AttributeType::find(word).is_none()) {
            return Some(("subject", "an attribute type is unknown"));
        }
        let fault = rule.attributes.values().find_map(ValueRule::fault);
        Some(("subject.attributes", fault?))
    }

    fn names_fault(&self) -> Fault {
        let rule = &self.names;
        let nothing_allowed = rule.allowed.is_empty() && rule.kinds.is_empty();
        if rule.required && (nothing_allowed || rule.most == 0) {
            return Some(("names", "names are required and none is allowed"));
        }
        if let Some(fault) = rule.kinds.values().find_map(ValueRule::fault) {
            return Some(("names.kinds", fault));
        }
        let broken = rule.kinds.iter().any(|(kind, rule)| {
            rule.fixed.iter().any(|value| {
                format!("{kind}:{value}")
                    .parse::<crate::general_name::GeneralName>()
                    .map_or(true, |name| name.kind() != *kind)
            })
        });
        broken.then_some(("names.kinds", "a fixed value is no name of its kind"))
    }
}
