//! What was asked for, field by field, for the one who is to approve it.

use ers_pki::{certificate::Certificate, csr::Csr, name::Name};
use ers_proto::cara::v1 as wire;
use prost::{DecodeError, Message};

use crate::domain::{GuardedAct, PendingAct};

/// Fields that were given; what is absent is left out.
#[derive(Default)]
struct Details(Vec<wire::ActDetail>);

impl Details {
    fn text(mut self, name: &str, value: impl ToString) -> Self {
        let value = value.to_string();
        if !value.is_empty() {
            let name = name.to_owned();
            self.0.push(wire::ActDetail { name, value });
        }
        self
    }

    fn optional(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    fn flag(self, name: &str, value: bool) -> Self {
        if value { self.text(name, "true") } else { self }
    }

    fn duration(self, name: &str, value: Option<prost_types::Duration>) -> Self {
        let days = |value: prost_types::Duration| match value.seconds % 86_400 {
            0 => format!("{}d", value.seconds / 86_400),
            _ => format!("{}s", value.seconds),
        };
        self.optional(name, value.map(days))
    }

    /// Subject and fingerprint, which can be compared with what was sent by another way.
    fn certificate(self, der: &[u8]) -> Self {
        match Certificate::from_der(der) {
            Ok(read) => self
                .text("certificate.subject", read.subject())
                .text("certificate.issuer", read.issuer())
                .text("certificate.sha256", hex::encode(read.fingerprint())),
            Err(_) => self.text("certificate", hex::encode(der)),
        }
    }

    /// A PKCS#10 request or a self-signed certificate.
    fn request(self, der: &[u8]) -> Self {
        match Csr::from_der(der) {
            Ok(csr) => self
                .text("request.subject", csr.subject())
                .text("request.key", csr.public_key().algorithm()),
            Err(_) => self.certificate(der),
        }
    }
}

/// What the request says.
pub(super) fn details(pending: &PendingAct) -> Result<Vec<wire::ActDetail>, DecodeError> {
    use GuardedAct as A;
    let content = pending.content.as_slice();
    let told = match pending.act {
        A::CreateAuthority => create(wire::CreateAuthorityRequest::decode(content)?),
        A::PutSettings => {
            let request = wire::UpdateAuthorityRequest::decode(content)?;
            Details::default()
                .text("settings", request.settings)
                .optional("version", request.version)
        }
        A::RenewAuthority => {
            let request = wire::RenewAuthorityRequest::decode(content)?;
            Details::default()
                .duration("validity", request.validity)
                .optional("path_length", request.path_length)
                .text("profile", request.profile)
        }
        A::RollOverAuthority => roll_over(wire::RollOverRequest::decode(content)?),
        A::SwitchAuthority => {
            let request = wire::SwitchGenerationRequest::decode(content)?;
            Details::default().text("generation", request.generation)
        }
        A::PutState => {
            let request = wire::ChangeAuthorityStateRequest::decode(content)?;
            let state = request.state().as_str_name();
            let state = state.strip_prefix("AUTHORITY_STATE_").unwrap_or(state);
            Details::default()
                .text("state", state.to_ascii_lowercase())
                .text("reason", request.reason)
                .flag("last_crl", request.last_crl)
        }
        A::ImportCertificate | A::ImportCrossCertificate => {
            let request = wire::ImportCertificateRequest::decode(content)?;
            Details::default()
                .certificate(&request.certificate)
                .flag("prepare_only", request.prepare_only)
        }
        A::AddExternal => {
            let request = wire::AddExternalRequest::decode(content)?;
            Details::default().certificate(&request.certificate)
        }
        A::CrossSign => {
            let request = wire::CrossSignRequest::decode(content)?;
            Details::default()
                .request(&request.request)
                .text("profile", request.profile)
                .duration("validity", request.validity)
                .optional("path_length", request.path_length)
        }
        A::PutProfile => {
            let request = wire::PutProfileRequest::decode(content)?;
            let subject = Name::from_der(&request.example_subject).ok();
            Details::default()
                .text("definition", request.definition)
                .optional("example_subject", subject)
                .text("example_names", request.example_names.join(" "))
                .optional("version", request.version)
        }
        A::DeleteProfile => {
            let request = wire::DeleteProfileRequest::decode(content)?;
            Details::default().flag("sure", request.sure)
        }
        A::PutAdministrator => {
            let request = wire::PutAdministratorRequest::decode(content)?;
            Details::default()
                .text("roles", request.roles.join(" "))
                .text("authorities", request.authorities.join(" "))
                .flag("disabled", request.disabled)
        }
        A::DeleteAdministrator => Details::default(),
        A::AddAdministratorCertificate => {
            let request = wire::AddAdministratorCertificateRequest::decode(content)?;
            Details::default().certificate(&request.certificate)
        }
        A::RemoveAdministratorCertificate => {
            let request = wire::RemoveAdministratorCertificateRequest::decode(content)?;
            Details::default().text("fingerprint", hex::encode(request.fingerprint))
        }
    };
    Ok(told.0)
}

fn create(request: wire::CreateAuthorityRequest) -> Details {
    Details::default()
        .text("subject", request.subject)
        .text("key_algorithm", request.key_algorithm)
        .text("signature_algorithm", request.signature_algorithm)
        .text("issuer", request.issuer)
        .duration("validity", request.validity)
        .optional("path_length", request.path_length)
        .text("token", request.token)
        .flag("external", request.external)
        .text("profile", request.profile)
        .text("settings", request.settings)
}

fn roll_over(request: wire::RollOverRequest) -> Details {
    let switch_at = request.switch_at.map(|at| at.to_string());
    Details::default()
        .text("key_algorithm", request.key_algorithm)
        .text("signature_algorithm", request.signature_algorithm)
        .duration("validity", request.validity)
        .optional("path_length", request.path_length)
        .text("profile", request.profile)
        .text("token", request.token)
        .optional("switch_at", switch_at)
        .flag("prepare_only", request.prepare_only)
}
