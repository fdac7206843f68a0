//! Who asks: by a password (HTTP Basic), by the certificate of the TLS session, or by both where the policy wants that.
//! CLM judges; this only reads what was shown.

use ers_enrollment::{Credential, Question};
use ers_pki::certificate::Certificate;
use ers_proto::clm::v1 as wire;
use zeroize::Zeroizing;

use super::Flows;
use crate::failure::Failure;

/// What a request shows of who sent it.
#[derive(Default)]
pub(crate) struct Shown {
    /// Name and password of HTTP Basic.
    pub(crate) password: Option<(String, Zeroizing<String>)>,
    /// The certificate of the TLS session first, then what came along; DER.
    pub(crate) certificates: Vec<Vec<u8>>,
    /// Address of the client; empty when not known.
    pub(crate) address: String,
    /// Of the TLS session, when it ended here (RFC 9266).
    pub(crate) exporter: Option<[u8; 32]>,
}

/// Who asks.
pub(crate) struct Known {
    pub(crate) end_entity: String,
    pub(crate) requester: String,
    pub(crate) method: String,
    /// May ask for others.
    pub(crate) authority: bool,
    /// Speaks for the names in its certificate alone.
    pub(crate) renewal_only: bool,
    /// The certificate that let in, or came with the password.
    pub(crate) certificate: Option<Certificate>,
}

impl Flows {
    /// Lets in or not.
    pub(crate) async fn authenticate(
        &self,
        policy: &wire::EdgePolicy,
        shown: &Shown,
    ) -> Result<Known, Failure> {
        let settings = policy.est.unwrap_or_default();
        let denied = |detail: &str| Failure::NotLetIn {
            detail: detail.to_owned(),
            retry_after: None,
            password: settings.password_allowed,
        };
        let by_password = shown
            .password
            .as_ref()
            .filter(|_| settings.password_allowed);
        let by_certificate = shown
            .certificates
            .split_first()
            .filter(|_| settings.certificate_allowed);
        if settings.both_required && (by_password.is_none() || by_certificate.is_none()) {
            return Err(denied("show a password and a client certificate"));
        }
        let mut known = None;
        if let Some((leaf, chain)) = by_certificate {
            let question = Question {
                chain: chain.to_vec(),
                ..question(policy, shown, Credential::Certificate(leaf.clone()))
            };
            match self.ask(question, settings.password_allowed).await {
                Ok(by_it) => {
                    known = Some(Known {
                        certificate: Certificate::from_der(leaf).ok(),
                        ..by_it
                    });
                }
                // A browser shows whatever it has: the password may still do.
                Err(failure) if by_password.is_none() || settings.both_required => {
                    return Err(failure);
                }
                Err(_) => {}
            }
        }
        if let Some((name, password)) =
            by_password.filter(|_| known.is_none() || settings.both_required)
        {
            let credential = Credential::Password(wire::Password {
                end_entity: name.clone(),
                password: password.to_string(),
            });
            let by_it = self.ask(question(policy, shown, credential), true).await?;
            if let Some(certificate) = &known
                && !certificate.end_entity.is_empty()
                && certificate.end_entity != by_it.end_entity
            {
                return Err(denied(
                    "password and certificate are not of the same end entity",
                ));
            }
            let certificate = known.and_then(|known| known.certificate);
            known = Some(Known {
                certificate,
                ..by_it
            });
        }
        known.ok_or_else(|| denied("show who you are"))
    }

    async fn ask(&self, question: Question<'_>, password: bool) -> Result<Known, Failure> {
        match self.clm.authenticate(question).await? {
            Ok(told) => Ok(Known {
                authority: told.is_registration_authority,
                end_entity: told.end_entity,
                requester: told.requester,
                method: told.method,
                renewal_only: told.renewal_only,
                certificate: None,
            }),
            Err(denied) => Err(Failure::NotLetIn {
                detail: denied.detail,
                retry_after: denied.retry_after.map(|after| after.as_secs().max(1)),
                password,
            }),
        }
    }
}

fn question<'a>(
    policy: &'a wire::EdgePolicy,
    shown: &Shown,
    credential: Credential,
) -> Question<'a> {
    Question {
        policy: &policy.name,
        address: shown.address.clone(),
        credential,
        chain: Vec::new(),
        csr: Vec::new(),
        transaction_id: "",
    }
}
