//! When certificates are to be renewed (RFC 9773), sooner when somebody says so; and whether a request may follow the
//! certificate that it renews.

use ers_runtime::error::{Fault, Kind};
use time::Duration;

use super::{
    Actor, Flows,
    enroll::{Enroll, EnrollError},
    known_certificate::{KnownCertificateError, Naming},
};
use crate::{
    domain::{
        access::Reach,
        decide::Plan,
        id::{CertificateId, EndEntityName, IssuerName, PolicyName, RealmName},
        inventory::{CertificateState, InventoryCertificate},
        inventory_filter::{Filter, Source},
        page::PageRequest,
        policy::Policy,
        refusal::{Refusal, RefusalReason},
        renewal::{
            Advice, Window, check_same, check_window, maintained_window, usual_window, window_from,
        },
    },
    flows::show::ShowCertificateError,
    store::{StoreError, cursor_of},
};

const USUAL_WITHIN: Duration = Duration::hours(24);
const LONGEST_WITHIN: Duration = Duration::days(365);
const AT_A_TIME: u32 = 500;
const LONGEST_URL: usize = 1000;

/// When a certificate should be renewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// When.
    pub window: Window,
    /// Where people can read why.
    pub explanation_url: Option<String>,
    /// Whether somebody wants it sooner than usual.
    pub pulled_forward: bool,
}

/// Certificates that are to be renewed now.
#[derive(Debug, Clone, Default)]
pub struct RenewNow {
    /// These; none: those that are found.
    pub ids: Vec<CertificateId>,
    /// Part of subject, name or serial.
    pub search: String,
    /// Of this realm.
    pub realm: Option<RealmName>,
    /// Under this policy.
    pub policy: Option<PolicyName>,
    /// Of this CA.
    pub issuer: Option<IssuerName>,
    /// Where people can read why.
    pub explanation_url: Option<String>,
    /// The time over which clients spread themselves.
    pub within: Option<Duration>,
}

/// Why nobody was told.
#[derive(Debug, thiserror::Error)]
pub enum RenewNowError {
    /// Neither ids nor anything to look for.
    #[error("renew now: ids, or something to look for")]
    Nothing,
    /// No https URL, or too long.
    #[error("renew now: an https URL of at most {LONGEST_URL} characters")]
    Url,
    /// Too long.
    #[error("renew now: more than nothing and at most {} days", LONGEST_WITHIN.whole_days())]
    Within,
    /// One of them is not there.
    #[error(transparent)]
    Certificate(#[from] ShowCertificateError),
    /// The database.
    #[error("renew now: database")]
    Store(#[from] StoreError),
}

impl Flows {
    /// When a certificate should be renewed.
    #[tracing::instrument(name = "clm.suggest_renewal", skip_all)]
    pub async fn suggest_renewal(
        &self,
        naming: &Naming,
    ) -> Result<Suggestion, KnownCertificateError> {
        let certificate = self.find_named(naming).await?;
        Ok(self.suggestion_for(&certificate).await?)
    }

    /// The same for a certificate at hand. What somebody wants sooner does not wait for maintenance.
    pub async fn suggestion_for(
        &self,
        certificate: &InventoryCertificate,
    ) -> Result<Suggestion, StoreError> {
        let policy = certificate
            .origin
            .policy
            .parse()
            .ok()
            .and_then(|name| self.policies.find(&name));
        let rules = policy
            .as_ref()
            .map(|policy| &policy.definition.rules().authentication.renewal);
        let usual = usual_window(certificate, rules);
        let maintenance = policy
            .as_ref()
            .map(|policy| &policy.definition.rules().maintenance);
        let usual = maintenance.map_or(usual, |rules| {
            maintained_window(usual, certificate, rules, self.clock.now_ms())
        });
        let advice = self
            .store
            .find_renewal_advice(&certificate.fingerprint)
            .await?;
        Ok(match advice {
            Some(advice) if advice.window.start_ms < usual.start_ms => Suggestion {
                window: advice.window,
                explanation_url: advice.explanation_url,
                pulled_forward: true,
            },
            _ => Suggestion {
                window: usual,
                explanation_url: None,
                pulled_forward: certificate.revocation.is_some(),
            },
        })
    }

    /// Has clients told to renew certificates now; gives how many.
    #[tracing::instrument(name = "clm.renew_now", skip_all)]
    pub async fn renew_now(
        &self,
        asked: &RenewNow,
        reach: &Reach,
        actor: &Actor,
    ) -> Result<u64, RenewNowError> {
        let selects = !asked.search.is_empty()
            || asked.realm.is_some()
            || asked.policy.is_some()
            || asked.issuer.is_some();
        if asked.ids.is_empty() && !selects {
            return Err(RenewNowError::Nothing);
        }
        let within = asked.within.unwrap_or(USUAL_WITHIN);
        check_renewal_wish(asked.explanation_url.as_deref(), within)?;
        let advice = advice_within(self.clock.now(), within, asked.explanation_url.clone());
        let detail = format!("{} ids, search \"{}\"", asked.ids.len(), asked.search);
        self.note(actor, "certificate.renew_now", "", detail)
            .await?;
        if asked.ids.is_empty() {
            return self.advise_found(asked, &advice, reach, actor).await;
        }
        let mut fingerprints = Vec::new();
        for id in &asked.ids {
            fingerprints.push(
                self.find_certificate(id, reach)
                    .await?
                    .certificate
                    .fingerprint,
            );
        }
        self.advise(&fingerprints, &advice, actor).await?;
        Ok(u64::try_from(fingerprints.len()).unwrap_or(u64::MAX))
    }

    async fn advise_found(
        &self,
        asked: &RenewNow,
        advice: &Advice,
        reach: &Reach,
        actor: &Actor,
    ) -> Result<u64, RenewNowError> {
        let filter = Filter {
            realm: asked.realm.clone(),
            policy: asked.policy.clone(),
            issuer: asked.issuer.clone(),
            search: Some(asked.search.clone()).filter(|text| !text.is_empty()),
            state: Some(CertificateState::Valid),
            source: Some(Source::Issued),
            ..Filter::default()
        };
        let mut page = PageRequest {
            size: AT_A_TIME,
            after: None,
        };
        let mut count = 0_u64;
        loop {
            let mut found = self
                .store
                .read_certificates(&filter, reach, &page, &*self.clock)
                .await?;
            let size = usize::try_from(page.size).unwrap_or(usize::MAX);
            let more = found.len() > size;
            found.truncate(size);
            page.after = found.last().map(|entry| cursor_of(entry, filter.order));
            let fingerprints: Vec<String> = found
                .into_iter()
                .map(|entry| entry.certificate.fingerprint)
                .collect();
            self.advise(&fingerprints, advice, actor).await?;
            count = count.saturating_add(u64::try_from(fingerprints.len()).unwrap_or(u64::MAX));
            if !more {
                return Ok(count);
            }
        }
    }

    pub(super) async fn advise(
        &self,
        fingerprints: &[String],
        advice: &Advice,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        self.store
            .advise_renewals(fingerprints, advice, &actor.name, self.clock.now_ms())
            .await
    }

    /// The certificate that a request renews, if it may: known, active, of the same realm and end entity, in its time.
    pub(super) async fn find_renewed(
        &self,
        call: &Enroll,
        policy: &Policy,
    ) -> Result<Result<Option<InventoryCertificate>, Refusal>, EnrollError> {
        let Some(der) = &call.renews else {
            return Ok(Ok(None));
        };
        let refuse = |detail: &str| {
            Ok(Err(
                RefusalReason::NotAllowed.because(format!("renews: {detail}"))
            ))
        };
        let renewed = match self.find_named(&Naming::Certificate(der.clone())).await {
            Ok(renewed) => renewed,
            Err(KnownCertificateError::Unknown) => {
                return refuse("the certificate is not one of ours");
            }
            Err(KnownCertificateError::Unreadable(problem)) => {
                return Ok(Err(
                    RefusalReason::BadRequest.because(format!("renews: {problem}"))
                ));
            }
            Err(KnownCertificateError::Cara(error)) => return Err(EnrollError::Cara(error)),
            Err(KnownCertificateError::Store(error)) => return Err(error.into()),
        };
        let rules = policy.definition.rules();
        let origin = &renewed.origin;
        let same_policy = origin.policy == rules.name.as_str()
            || rules
                .authentication
                .trusted_policies
                .iter()
                .any(|name| name.as_str() == origin.policy);
        if origin.realm != rules.realm.as_str() || !same_policy {
            return refuse("the certificate was issued under another policy");
        }
        match renewed.state(self.clock.now_ms()) {
            CertificateState::Valid => {}
            CertificateState::Revoked => return refuse("the certificate is revoked"),
            CertificateState::Expired => return refuse("the certificate has expired"),
        }
        let asked = call.end_entity.as_ref().map(EndEntityName::as_str);
        if asked.is_some_and(|name| name != origin.end_entity) {
            return refuse("the certificate is another end entity's");
        }
        let advice = self.store.find_renewal_advice(&renewed.fingerprint).await?;
        let renewal = &rules.authentication.renewal;
        Ok(
            check_window(&renewed, advice.as_ref(), renewal, self.clock.now_ms())
                .map(|()| Some(renewed)),
        )
    }

    /// Whether what is planned may follow the certificate that it renews.
    pub(super) fn check_renewal(
        policy: &Policy,
        renewed: &InventoryCertificate,
        plan: &Plan,
        public_key: &[u8],
    ) -> Result<(), Refusal> {
        let rules = &policy.definition.rules().authentication.renewal;
        check_same(renewed, public_key, &plan.subject, &plan.names, rules)
    }
}

/// Whether clients can be told so.
pub(super) fn check_renewal_wish(url: Option<&str>, within: Duration) -> Result<(), RenewNowError> {
    if url.is_some_and(|url| !url.starts_with("https://") || url.len() > LONGEST_URL) {
        return Err(RenewNowError::Url);
    }
    if within <= Duration::ZERO || within > LONGEST_WITHIN {
        return Err(RenewNowError::Within);
    }
    Ok(())
}

/// What clients are told.
pub(super) fn advice_within(
    now: time::OffsetDateTime,
    within: Duration,
    explanation_url: Option<String>,
) -> Advice {
    Advice {
        window: window_from(now, within),
        explanation_url,
    }
}

impl Fault for RenewNowError {
    fn kind(&self) -> Kind {
        match self {
            Self::Nothing | Self::Url | Self::Within => Kind::InvalidArgument,
            Self::Certificate(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Nothing => Some("ids"),
            Self::Url => Some("explanation_url"),
            Self::Within => Some("within"),
            Self::Certificate(error) => error.field(),
            Self::Store(_) => None,
        }
    }
}
