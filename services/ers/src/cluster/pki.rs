//! What the ingress, Keycloak and the administrator need of the PKI.

use std::collections::BTreeMap;

use ers_pki::certificate::Certificate;
use ers_proto::cara::v1::{
    AddAdministratorCertificateRequest, Administrator, Authority, ListAdministratorsRequest,
    ListAuthoritiesRequest, PutAdministratorRequest,
};
use ers_runtime::config::Secret as ConfigSecret;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use time::OffsetDateTime;

use super::{
    ClusterConfig, Secrets,
    secret::{Secret, SecretKind},
    state::State,
};
use crate::{
    failure::{Attempt as _, Failure, Outcome, answered},
    key_store::{key_pem, pem, pem_chain, pkcs12},
    own_certificates::{self, AdministratorWish, is_due},
    pki_defaults::PkiConfig,
    remote::Remote,
};

/// Key of the administrator's PKCS#12 in its Secret.
const PKCS12: &str = "management-user";
/// Its certificate, PEM: tells whether it is an administrator's of this platform, or of one that was here before.
const CERTIFICATE: &str = "management-user.pem";
/// What nginx reads from a Secret whom to believe from.
const BELIEVED: &str = "ca.crt";

/// The Secrets that are made of the PKI.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PkiSecrets {
    /// Certificates of the default CAs, PEM, each under `NAME.pem`.
    default_cas_secret: String,
    /// All CAs, PEM, under `ca.crt`: whom the ingress trusts for client certificates.
    trusted_cas_secret: String,
    /// Certificate of the administrators' root, PEM, under `ca.crt`.
    management_root_secret: String,
    /// The first administrator of CARA.
    management_user: ManagementUser,
    /// The certificate of the ingress; absent: the operator has their own.
    ingress: Option<Ingress>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ManagementUser {
    /// Holds the PKCS#12 under `management-user`.
    secret: String,
    /// Name of the administrator: 1 to 64 of a-z 0-9 -
    name: String,
    /// Subject of the certificate, RFC 4514.
    subject: String,
    /// E-mail address, also in the certificate.
    email: Option<String>,
    /// Password of the PKCS#12.
    password: ConfigSecret,
    #[serde(default = "user_validity")]
    validity: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ingress {
    /// `tls.crt` and `tls.key`.
    secret: String,
    /// `dns:…` and `ip:…`.
    names: Vec<String>,
}

fn user_validity() -> String {
    "1y".to_owned()
}

/// The administrators' roles: all.
const ROLES: [&str; 4] = ["ca-administrator", "ra", "auditor", "operator"];

/// Makes what is not there or due. The CAs are there.
pub async fn keep_pki(
    remote: &Remote,
    config: &ClusterConfig,
    pki: &PkiConfig,
    now: OffsetDateTime,
    tell: impl Fn(&str),
) -> Outcome<()> {
    let work = Work {
        secrets: config.secrets()?,
        remote,
        config,
        pki,
    };
    let authorities = remote
        .authorities()
        .list(ListAuthoritiesRequest::default())
        .await
        .map_err(answered)?
        .into_inner()
        .authorities;
    let wanted = &config.pki;
    work.publish_authorities(wanted, &authorities).await?;
    tell("secrets of the CAs");
    work.keep_user(&wanted.management_user, &tell).await?;
    if let Some(ingress) = &wanted.ingress {
        work.keep_ingress(ingress, &authorities, now, &tell).await?;
    }
    Ok(())
}

struct Work<'a> {
    secrets: Secrets,
    remote: &'a Remote,
    config: &'a ClusterConfig,
    pki: &'a PkiConfig,
}

impl Work<'_> {
    fn state(&self) -> State<'_> {
        self.config.state(&self.secrets)
    }

    async fn publish_authorities(
        &self,
        wanted: &PkiSecrets,
        authorities: &[Authority],
    ) -> Outcome<()> {
        let defaults = [&self.pki.root, &self.pki.sub, &self.pki.management];
        let named: BTreeMap<_, _> = authorities
            .iter()
            .map(|ca| (ca.name.as_str(), pem("CERTIFICATE", &ca.certificate)))
            .collect();
        let of = |name: &str| {
            named
                .get(name)
                .ok_or_else(|| Failure::new(format!("there is no CA {name}")))
        };
        let mut default_cas = Secret::new(&wanted.default_cas_secret, SecretKind::Opaque);
        for ca in defaults {
            default_cas = default_cas.with(&format!("{}.pem", ca.name), of(&ca.name)?);
        }
        let all: String = named.values().map(String::as_str).collect();
        let trusted = Secret::new(&wanted.trusted_cas_secret, SecretKind::Opaque);
        let management = Secret::new(&wanted.management_root_secret, SecretKind::Opaque);
        let management = management.with(BELIEVED, of(&self.pki.management.name)?);
        for secret in [default_cas, trusted.with(BELIEVED, all), management] {
            self.secrets.keep(&secret).await?;
        }
        Ok(())
    }

    /// The administrator's PKCS#12. Once it is there it stays: it may have been loaded into a browser.
    async fn keep_user(&self, user: &ManagementUser, tell: &impl Fn(&str)) -> Outcome<()> {
        const PURPOSE: &str = "management-user";
        let known = self.administrator(&user.name).await?;
        let there = self.secrets.load(&user.secret).await?;
        if there.is_some_and(|there| shows(&there, known.as_ref())) {
            tell(&format!("administrator {} stays", user.name));
            return self.state().made(PURPOSE).await;
        }
        let making = self.state().key_for(PURPOSE).await?;
        let wish = AdministratorWish {
            issuer: &self.pki.management.name,
            subject: &user.subject,
            names: user
                .email
                .iter()
                .map(|mail| format!("email:{mail}"))
                .collect(),
            validity: &user.validity,
        };
        let chain =
            own_certificates::for_administrator(self.remote, making.request_id, &making.key, wish)
                .await?;
        let certificate = chain.first().cloned().unwrap_or_default();
        let in_pem = pem("CERTIFICATE", &certificate);
        self.make_administrator(user, known.is_some(), certificate)
            .await?;
        let key = making
            .key
            .to_pkcs8_der()
            .attempt("write the administrator's key")?;
        let password = user
            .password
            .resolve()
            .attempt("read cluster.pki.management_user.password")?;
        let file = pkcs12(&key, &chain, password.expose_secret())?;
        let secret = Secret::new(&user.secret, SecretKind::Opaque)
            .with(PKCS12, &*file)
            .with(CERTIFICATE, in_pem);
        self.secrets.apply(&secret).await?;
        self.state().made(PURPOSE).await?;
        tell(&format!(
            "administrator {} (secret {})",
            user.name, user.secret
        ));
        Ok(())
    }

    async fn administrator(&self, name: &str) -> Outcome<Option<Administrator>> {
        let all = self
            .remote
            .administrators()
            .list(ListAdministratorsRequest {})
            .await
            .map_err(answered)?
            .into_inner()
            .administrators;
        Ok(all.into_iter().find(|one| one.name == name))
    }

    async fn make_administrator(
        &self,
        user: &ManagementUser,
        is_known: bool,
        certificate: Vec<u8>,
    ) -> Outcome<()> {
        let mut administrators = self.remote.administrators();
        if !is_known {
            let new = PutAdministratorRequest {
                name: user.name.clone(),
                roles: ROLES.map(str::to_owned).to_vec(),
                ..PutAdministratorRequest::default()
            };
            administrators.put(new).await.map_err(answered)?;
        }
        let shown = AddAdministratorCertificateRequest {
            name: user.name.clone(),
            certificate,
        };
        administrators
            .add_certificate(shown)
            .await
            .map_err(answered)
            .map(drop)
    }

    async fn keep_ingress(
        &self,
        ingress: &Ingress,
        authorities: &[Authority],
        now: OffsetDateTime,
        tell: &impl Fn(&str),
    ) -> Outcome<()> {
        const PURPOSE: &str = "ingress";
        let there = self.secrets.load(&ingress.secret).await?;
        if there.is_some_and(|there| serves(&there, ingress, authorities, now)) {
            tell(&format!(
                "certificate of the ingress (secret {}) stays",
                ingress.secret
            ));
            return self.state().made(PURPOSE).await;
        }
        let making = self.state().key_for(PURPOSE).await?;
        let chain =
            own_certificates::for_port(self.remote, making.request_id, &making.key, &ingress.names)
                .await?;
        let secret = Secret::new(&ingress.secret, SecretKind::Tls)
            .with("tls.crt", pem_chain(&chain))
            .with("tls.key", key_pem(&making.key)?.as_bytes());
        self.secrets.apply(&secret).await?;
        self.state().made(PURPOSE).await?;
        tell(&format!(
            "certificate of the ingress (secret {})",
            ingress.secret
        ));
        Ok(())
    }
}

/// Whether the PKCS#12 of a Secret shows that administrator.
fn shows(there: &Secret, known: Option<&Administrator>) -> bool {
    let certificate = there
        .text(CERTIFICATE)
        .and_then(|text| Certificate::from_pem(text).ok());
    let (Some(certificate), Some(known)) = (certificate, known) else {
        return false;
    };
    there.data.contains_key(PKCS12)
        && known
            .certificates
            .iter()
            .any(|shown| shown.fingerprint == certificate.fingerprint())
}

/// Whether a certificate of the ingress may be used on: in time, for all names, from a CA of ours.
fn serves(
    there: &Secret,
    ingress: &Ingress,
    authorities: &[Authority],
    now: OffsetDateTime,
) -> bool {
    let chain = there
        .text("tls.crt")
        .and_then(|text| Certificate::all_from_pem(text).ok());
    let Some(leaf) = chain.as_ref().and_then(|chain| chain.first()) else {
        return false;
    };
    let has = |wanted: &String| leaf.names().iter().any(|name| name.to_string() == *wanted);
    let is_ours = |ca: &Authority| {
        Certificate::from_der(&ca.certificate)
            .is_ok_and(|issuer| leaf.verify_signed_by(&issuer).is_ok())
    };
    !is_due(leaf, now) && ingress.names.iter().all(has) && authorities.iter().any(is_ours)
}
