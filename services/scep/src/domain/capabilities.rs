//! What the server can do, RFC 8894 section 3.5.2: one word a line.

/// The answer to GetCACaps.
pub fn capabilities(legacy_algorithms: bool, renewal_allowed: bool) -> String {
    let mut words = vec![
        "AES",
        "GetNextCACert",
        "POSTPKIOperation",
        "SCEPStandard",
        "SHA-256",
        // strongSwan 5.9 takes this word for SHA-256
        "SHA-384",
        "SHA-512",
    ];
    if renewal_allowed {
        words.push("Renewal");
    }
    if legacy_algorithms {
        words.extend(["DES3", "SHA-1"]);
    }
    words.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_algorithms_are_told_where_they_are_taken_only() {
        let modern = capabilities(false, true);
        assert!(modern.contains("SCEPStandard\n") && modern.contains("Renewal\n"));
        assert!(!modern.contains("DES3") && !modern.contains("SHA-1\n"));
        let old = capabilities(true, false);
        assert!(old.contains("DES3\nSHA-1\n") && !old.contains("Renewal"));
    }
}
