//! Mail by SMTP submission.

use std::{path::Path, time::Duration};

use ers_runtime::{config::ConfigError, error::chain};
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, CertificateStore, Tls, TlsParameters},
    },
};
use secrecy::ExposeSecret as _;

use crate::config::{MailConfig, MailSecurity};

const TIMEOUT: Duration = Duration::from_secs(30);

/// A mail server that takes our mails.
pub struct Mail {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// The configuration of mail makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// A setting.
    #[error("configure mail: {0}")]
    Setting(String),
    /// The password cannot be had.
    #[error("read the password of the mail server")]
    Password(#[source] ConfigError),
}

impl Mail {
    /// As configured; `authorities` vouch for the server, PEM.
    pub fn new(config: &MailConfig, authorities: &Path) -> Result<Self, MailError> {
        let wrong = |problem: String| MailError::Setting(problem);
        let from = config
            .from
            .parse()
            .map_err(|error| wrong(format!("from: {error}")))?;
        let mut server = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
            .port(config.port)
            .timeout(Some(TIMEOUT));
        server = match config.security {
            MailSecurity::Starttls => server.tls(Tls::Required(tls(&config.host, authorities)?)),
            MailSecurity::Tls => server.tls(Tls::Wrapper(tls(&config.host, authorities)?)),
            MailSecurity::None if is_here(&config.host) => server.tls(Tls::None),
            MailSecurity::None => {
                return Err(wrong(
                    "security: none is for servers on this machine only".to_owned(),
                ));
            }
        };
        match (&config.username, &config.password) {
            (None, None) => {}
            (Some(username), Some(password)) => {
                let password = password.resolve().map_err(MailError::Password)?;
                server = server.credentials(Credentials::new(
                    username.clone(),
                    password.expose_secret().to_owned(),
                ));
            }
            _ => return Err(wrong("username and password: both, or none".to_owned())),
        }
        Ok(Self {
            server: server.build(),
            from,
        })
    }

    /// Sends a text; the server has it when this returns.
    ///
    /// # Errors
    /// Why not, in words.
    pub async fn send(&self, to: &str, subject: &str, text: String) -> Result<(), String> {
        let to: Mailbox = to.parse().map_err(|error| format!("recipient: {error}"))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            // RFC 3834: nobody's absence is to answer this
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .body(text)
            .map_err(|error| chain(&error))?;
        self.server
            .send(message)
            .await
            .map(drop)
            .map_err(|error| chain(&error))
    }
}

fn is_here(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn tls(host: &str, authorities: &Path) -> Result<TlsParameters, MailError> {
    let wrong = |problem: String| MailError::Setting(problem);
    let pem = std::fs::read(authorities)
        .map_err(|error| wrong(format!("authorities: {}: {error}", authorities.display())))?;
    let roots =
        Certificate::from_pem(&pem).map_err(|error| wrong(format!("authorities: {error}")))?;
    TlsParameters::builder(host.to_owned())
        .certificate_store(CertificateStore::None)
        .add_root_certificate(roots)
        .build()
        .map_err(|error| wrong(chain(&error)))
}
