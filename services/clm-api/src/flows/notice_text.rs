//! What mails say, in English and German: a subject, and a text of short blocks, one for each thing that happened.

use time::macros::format_description;

use crate::domain::{
    notice::{CertificateFacts, Content, EventType, RecoveryFacts, RequestFacts},
    subscription::Language,
};

/// So many are told one by one; of further ones, how many they are.
const LISTED: usize = 50;
const LONGEST_SUBJECT: usize = 160;

/// Subject and text of a mail about things of one kind.
pub fn compose(
    event: EventType,
    contents: &[&Content],
    language: Language,
    link: Option<&str>,
) -> (String, String) {
    let say = |english: &str, german: &str| match language {
        Language::English => english.to_owned(),
        Language::German => german.to_owned(),
    };
    let headline = on_one_line(&headline(event, contents, language));
    let mut text = format!("{headline}\n");
    for content in contents.iter().take(LISTED) {
        text.push('\n');
        for (label, value) in lines(content, language) {
            text.push_str(&format!("  {label}: {}\n", on_one_line(&value)));
        }
        if let Some(link) = link.and_then(|link| page_of(link, content)) {
            text.push_str(&format!("  {link}\n"));
        }
    }
    if let Some(more @ 1..) = contents.len().checked_sub(LISTED) {
        text.push_str(&format!("\n{} {more}\n", say("Further ones:", "Weitere:")));
    }
    text.push_str(&format!(
        "\n-- \n{}\n",
        say(
            "Sent by ERS because somebody has subscribed to it for this address.",
            "Von ERS gesendet, weil es für diese Adresse abonniert ist."
        )
    ));
    let subject = format!("[ERS] {headline}")
        .chars()
        .take(LONGEST_SUBJECT)
        .collect();
    (subject, text)
}

/// What others have chosen, names above all, must not look like lines of ours.
fn on_one_line(text: &str) -> String {
    text.chars()
        .map(|sign| if sign.is_control() { ' ' } else { sign })
        .collect()
}

/// What a headline is made of.
struct Headline {
    /// The one, or how many.
    of: String,
    one: bool,
    days: u32,
    approved: bool,
    /// Of one of the signer's tokens.
    token: Option<String>,
}

fn headline(event: EventType, contents: &[&Content], language: Language) -> String {
    let first = contents.first();
    let request = first.and_then(|content| content.request.as_ref());
    let recovery = first.and_then(|content| content.recovery.as_ref());
    let headline = Headline {
        of: match contents {
            [one] => about(one),
            many => many.len().to_string(),
        },
        one: contents.len() == 1,
        days: first.and_then(|content| content.days).unwrap_or_default(),
        approved: request
            .and_then(|request| request.approved)
            .or(recovery.and_then(|recovery| recovery.approved))
            .unwrap_or_default(),
        token: first
            .map(|content| content.token.clone())
            .filter(|token| !token.is_empty()),
    };
    match language {
        Language::English => headline.english(event),
        Language::German => headline.german(event),
    }
}

impl Headline {
    fn english(&self, event: EventType) -> String {
        let (of, days) = (&self.of, self.days);
        match event {
            EventType::CertificateIssued if self.one => format!("Certificate issued: {of}"),
            EventType::CertificateIssued => format!("{of} certificates issued"),
            EventType::CertificateRevoked if self.one => format!("Certificate revoked: {of}"),
            EventType::CertificateRevoked => format!("{of} certificates revoked"),
            EventType::CertificateExpiring if self.one => {
                format!("Certificate ends within {days} days: {of}")
            }
            EventType::CertificateExpiring => format!("{of} certificates end within {days} days"),
            EventType::RequestWaiting if self.one => format!("Request waits for approval: {of}"),
            EventType::RequestWaiting => format!("{of} requests wait for approval"),
            EventType::RequestDecided if self.one && self.approved => {
                format!("Request approved: {of}")
            }
            EventType::RequestDecided if self.one => format!("Request declined: {of}"),
            EventType::RequestDecided => format!("{of} requests decided"),
            EventType::RecoveryAsked => format!("Private key wanted back: {of}"),
            EventType::RecoveryDecided if self.approved => {
                format!("Recovery of a private key approved: {of}")
            }
            EventType::RecoveryDecided => format!("Recovery of a private key declined: {of}"),
            EventType::RecoveryReleased => format!("Private key handed out: {of}"),
            EventType::AuthorityExpiring => format!("CA ends within {days} days: {of}"),
            EventType::CrlExpiring => format!("CRL is not made anew in time: {of}"),
            EventType::SignerUnreachable => match &self.token {
                Some(token) => format!("The signer's token {token} does not answer"),
                None => "The signer does not answer".to_owned(),
            },
            EventType::SignerReachable => match &self.token {
                Some(token) => format!("The signer's token {token} answers again"),
                None => "The signer answers again".to_owned(),
            },
            EventType::Test => "This subscription works".to_owned(),
        }
    }

    fn german(&self, event: EventType) -> String {
        let (of, days) = (&self.of, self.days);
        match event {
            EventType::CertificateIssued if self.one => format!("Zertifikat ausgestellt: {of}"),
            EventType::CertificateIssued => format!("{of} Zertifikate ausgestellt"),
            EventType::CertificateRevoked if self.one => format!("Zertifikat gesperrt: {of}"),
            EventType::CertificateRevoked => format!("{of} Zertifikate gesperrt"),
            EventType::CertificateExpiring if self.one => {
                format!("Zertifikat endet innerhalb von {days} Tagen: {of}")
            }
            EventType::CertificateExpiring => {
                format!("{of} Zertifikate enden innerhalb von {days} Tagen")
            }
            EventType::RequestWaiting if self.one => format!("Antrag wartet auf Freigabe: {of}"),
            EventType::RequestWaiting => format!("{of} Anträge warten auf Freigabe"),
            EventType::RequestDecided if self.one && self.approved => {
                format!("Antrag freigegeben: {of}")
            }
            EventType::RequestDecided if self.one => format!("Antrag abgelehnt: {of}"),
            EventType::RequestDecided => format!("{of} Anträge entschieden"),
            EventType::RecoveryAsked => {
                format!("Wiederherstellung eines privaten Schlüssels beantragt: {of}")
            }
            EventType::RecoveryDecided if self.approved => {
                format!("Wiederherstellung eines privaten Schlüssels freigegeben: {of}")
            }
            EventType::RecoveryDecided => {
                format!("Wiederherstellung eines privaten Schlüssels abgelehnt: {of}")
            }
            EventType::RecoveryReleased => format!("Privater Schlüssel ausgehändigt: {of}"),
            EventType::AuthorityExpiring => format!("CA endet innerhalb von {days} Tagen: {of}"),
            EventType::CrlExpiring => format!("Sperrliste wird nicht rechtzeitig erneuert: {of}"),
            EventType::SignerUnreachable => match &self.token {
                Some(token) => format!("Token {token} des Signers antwortet nicht"),
                None => "Der Signer antwortet nicht".to_owned(),
            },
            EventType::SignerReachable => match &self.token {
                Some(token) => format!("Token {token} des Signers antwortet wieder"),
                None => "Der Signer antwortet wieder".to_owned(),
            },
            EventType::Test => "Dieses Abonnement funktioniert".to_owned(),
        }
    }
}

/// What people call it.
fn about(content: &Content) -> String {
    let named = |subject: &str, names: &[String]| match names.first() {
        Some(name) => name
            .split_once(':')
            .map_or(name.as_str(), |(_, name)| name)
            .to_owned(),
        None => subject.to_owned(),
    };
    match (&content.certificate, &content.request) {
        (Some(certificate), _) => {
            named(&certificate.subject, &certificate.subject_alternative_names)
        }
        (None, Some(request)) => named(&request.subject, &request.subject_alternative_names),
        (None, None) if content.detail.is_empty() => content.authority.clone(),
        (None, None) => content.detail.clone(),
    }
}

fn lines(content: &Content, language: Language) -> Vec<(&'static str, String)> {
    let say = |english, german| match language {
        Language::English => english,
        Language::German => german,
    };
    let mut lines = Vec::new();
    if let Some(certificate) = &content.certificate {
        certificate_lines(certificate, say, &mut lines);
    }
    if let Some(request) = &content.request {
        request_lines(request, say, &mut lines);
    }
    if let Some(recovery) = &content.recovery {
        recovery_lines(recovery, say, &mut lines);
    }
    lines.push((say("CA", "CA"), content.authority.clone()));
    lines.push((say("token", "Token"), content.token.clone()));
    if let Some(ends_at_ms) = content.ends_at_ms {
        lines.push((say("ends", "endet"), day(ends_at_ms)));
    }
    lines.push((say("detail", "Einzelheit"), content.detail.clone()));
    lines.push((say("at", "am"), day(content.at_ms)));
    lines.retain(|(_, value)| !value.is_empty());
    lines
}

fn certificate_lines(
    certificate: &CertificateFacts,
    say: impl Fn(&'static str, &'static str) -> &'static str,
    lines: &mut Vec<(&'static str, String)>,
) {
    lines.extend([
        (say("subject", "Inhaber"), certificate.subject.clone()),
        (
            say("names", "Namen"),
            certificate.subject_alternative_names.join(", "),
        ),
        (
            say("serial number", "Seriennummer"),
            certificate.serial.clone(),
        ),
        (say("issuer", "Aussteller"), certificate.issuer.clone()),
        (say("ends", "endet"), day(certificate.not_after_ms)),
        (
            say("end entity", "Endinstanz"),
            certificate.end_entity.clone(),
        ),
        (
            say("requested by", "beantragt von"),
            certificate.requester.clone(),
        ),
        (
            say("reason", "Grund"),
            certificate.revocation_reason.clone().unwrap_or_default(),
        ),
    ]);
}

fn request_lines(
    request: &RequestFacts,
    say: impl Fn(&'static str, &'static str) -> &'static str,
    lines: &mut Vec<(&'static str, String)>,
) {
    lines.extend([
        (say("request", "Antrag"), request.id.clone()),
        (say("subject", "Inhaber"), request.subject.clone()),
        (
            say("names", "Namen"),
            request.subject_alternative_names.join(", "),
        ),
        (
            say("requested by", "beantragt von"),
            request.requester.clone(),
        ),
        (
            say("decided by", "entschieden von"),
            request.decided_by.clone().unwrap_or_default(),
        ),
        (say("comment", "Bemerkung"), request.comment.clone()),
    ]);
}

fn recovery_lines(
    recovery: &RecoveryFacts,
    say: impl Fn(&'static str, &'static str) -> &'static str,
    lines: &mut Vec<(&'static str, String)>,
) {
    lines.extend([
        (
            say("key wanted by", "Schlüssel beantragt von"),
            recovery.asked_by.clone(),
        ),
        (
            say("decided by", "entschieden von"),
            recovery.decided_by.clone().unwrap_or_default(),
        ),
        (say("comment", "Bemerkung"), recovery.comment.clone()),
    ]);
}

/// Where the web app shows it.
fn page_of(link: &str, content: &Content) -> Option<String> {
    let link = link.trim_end_matches('/');
    match (&content.certificate, &content.request) {
        (Some(certificate), _) => Some(format!("{link}/certificates/{}", certificate.fingerprint)),
        (None, Some(_)) => Some(format!("{link}/requests")),
        (None, None) => None,
    }
}

fn day(at_ms: i64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    ers_runtime::clock::from_ms(at_ms)
        .format(format)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expiring(name: &str) -> Content {
        Content {
            certificate: Some(CertificateFacts {
                fingerprint: "ab".repeat(32),
                serial: "1234".to_owned(),
                issuer: "default-sub-ca".to_owned(),
                subject: format!("CN={name}"),
                subject_alternative_names: vec![format!("dns:{name}")],
                not_after_ms: 1_800_000_000_000,
                end_entity: String::new(),
                requester: "account:1".to_owned(),
                revocation_reason: None,
            }),
            days: Some(7),
            ..Content::default()
        }
    }

    #[test]
    fn one_is_called_by_its_name_and_many_are_counted() {
        let one = expiring("shop.example");
        let link = Some("https://ers.example/clm-ui/");
        let (subject, text) = compose(
            EventType::CertificateExpiring,
            &[&one],
            Language::English,
            link,
        );
        assert_eq!(
            subject,
            "[ERS] Certificate ends within 7 days: shop.example"
        );
        assert!(text.contains("ends: 2027-01-15 08:00 UTC"), "{text}");
        assert!(text.contains("https://ers.example/clm-ui/certificates/abab"));
        let many: Vec<Content> = (0..60)
            .map(|n| expiring(&format!("h{n}.example")))
            .collect();
        let many: Vec<&Content> = many.iter().collect();
        let (subject, text) = compose(
            EventType::CertificateExpiring,
            &many,
            Language::German,
            None,
        );
        assert_eq!(subject, "[ERS] 60 Zertifikate enden innerhalb von 7 Tagen");
        assert!(text.contains("Weitere: 10") && !text.contains("h59.example"));
    }

    #[test]
    fn a_name_with_line_breaks_makes_no_lines() {
        let broken = expiring("a\r\nBcc: x");
        let (subject, text) = compose(
            EventType::CertificateIssued,
            &[&broken],
            Language::English,
            None,
        );
        assert!(!subject.contains(['\r', '\n']));
        assert!(!text.lines().any(|line| line.starts_with("Bcc")), "{text}");
    }
}
