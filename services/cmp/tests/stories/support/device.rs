//! A CMP client of our own, which also does what no client should.

use ers_pki::certificate::Certificate;
use ers_pki::cmp::{
    Body, BodyKind, CertStatus, Failure, Header, InfoTypeAndValue, Issued, Message, Party,
    PasswordMac, Status, Unprotected,
};
use ers_pki::crmf::{CertReqMsg, CertTemplate, Control, ProofOfPossession};
use ers_pki::general_name::GeneralName;
use ers_pki::key::{KeyAlgorithm, PrivateKey, SignatureAlgorithm};
use ers_runtime::clock::{Clock as _, SystemClock};

use super::secret_of;

/// How messages are protected.
pub enum Protection {
    /// By a shared secret.
    Mac(PasswordMac),
    /// By a key and its certificate, and those above it.
    Signature(PrivateKey, Vec<Certificate>),
    /// Not at all.
    None,
}

/// A client in one transaction.
pub struct Device {
    pub url: String,
    pub name: String,
    pub secret: Vec<u8>,
    pub protection: Protection,
    pub version: u64,
    pub transaction_id: Vec<u8>,
    pub implicit_confirm: bool,
    /// The nonce of the server's last message.
    pub server_nonce: Option<Vec<u8>>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub message: Message,
}

impl Answer {
    /// The failure of an error message.
    pub fn error(&self) -> Failure {
        match self.message.body() {
            Body::Error { status, .. } => status.failures[0],
            other => panic!("no error: {other:?}"),
        }
    }

    /// Why the first certificate was refused.
    pub fn rejection(&self) -> Failure {
        match self.message.body() {
            Body::Response(_, content) => content.responses[0].status.failures[0],
            other => panic!("no response: {other:?}"),
        }
    }

    /// What was issued first.
    pub fn issued(&self) -> Issued {
        match self.message.body() {
            Body::Response(_, content) => content.responses[0]
                .issued
                .clone()
                .unwrap_or_else(|| panic!("{content:?}")),
            other => panic!("no response: {other:?}"),
        }
    }

    /// The certificate that was issued first.
    pub fn certificate(&self) -> Certificate {
        let issued = self.issued();
        assert!(!issued.is_encrypted);
        Certificate::from_der(&issued.certificate).unwrap()
    }

    /// The status of the first response.
    pub fn status(&self) -> Status {
        match self.message.body() {
            Body::Response(_, content) => content.responses[0].status.status,
            Body::RevocationResponse(content) => content.statuses[0].status,
            other => panic!("no status: {other:?}"),
        }
    }
}

fn random() -> Vec<u8> {
    rand::random::<[u8; 16]>().to_vec()
}

impl Device {
    pub fn with_secret(url: &str, name: &str) -> Self {
        let mac = PasswordMac::pbmac1(&random(), 1000.try_into().unwrap());
        Self {
            url: url.to_owned(),
            name: name.to_owned(),
            secret: secret_of(name),
            protection: Protection::Mac(mac),
            version: 3,
            transaction_id: random(),
            implicit_confirm: false,
            server_nonce: None,
        }
    }

    /// One that signs its messages.
    pub fn with_certificate(url: &str, key: PrivateKey, chain: Vec<Certificate>) -> Self {
        let name = chain[0].subject().common_name().unwrap_or_default();
        Self {
            protection: Protection::Signature(key, chain),
            ..Self::with_secret(url, &name)
        }
    }

    /// A new transaction.
    pub fn begin(&mut self) {
        self.transaction_id = random();
        self.server_nonce = None;
    }

    fn header(&self) -> Header {
        let sender = match &self.protection {
            Protection::Signature(_, chain) => chain[0].subject().clone(),
            _ => format!("CN={}", self.name).parse().unwrap(),
        };
        Header {
            message_time: Some(SystemClock.now()),
            transaction_id: Some(self.transaction_id.clone()),
            sender_nonce: Some(random()),
            recipient_nonce: self.server_nonce.clone(),
            general_info: self
                .implicit_confirm
                .then(InfoTypeAndValue::implicit_confirm)
                .into_iter()
                .collect(),
            ..Header::new(self.version, Party::Directory(sender), Party::unnamed())
        }
    }

    /// A protected message.
    pub fn message(&self, body: &Body) -> Vec<u8> {
        self.message_with(self.header(), body)
    }

    /// A protected message with a header of one's own.
    pub fn message_with(&self, mut header: Header, body: &Body) -> Vec<u8> {
        match &self.protection {
            Protection::None => Unprotected::new(&header, body).leave_unprotected(&[]),
            Protection::Mac(mac) => {
                header.protection_algorithm = Some(mac.to_der());
                header.sender_kid = Some(self.name.clone().into_bytes());
                let message = Unprotected::new(&header, body);
                let code = match mac.iterations() {
                    // nobody computes these
                    1_000_000_000 => vec![7; 32],
                    _ => mac.compute(&self.secret, &message.protected_part()),
                };
                message.protect(&code, &[])
            }
            Protection::Signature(key, chain) => {
                let algorithm = SignatureAlgorithm::default_for(key.algorithm());
                header.protection_algorithm = Some(algorithm.to_der());
                header.sender_kid = chain[0].subject_key_identifier().map(<[u8]>::to_vec);
                let message = Unprotected::new(&header, body);
                let signature = key.sign(algorithm, &message.protected_part()).unwrap();
                let certificates: Vec<_> = chain.iter().map(|found| found.der().to_vec()).collect();
                message.protect(&signature, &certificates)
            }
        }
    }

    /// Sends octets; the answer's nonce is kept.
    pub async fn send_octets(&mut self, octets: Vec<u8>) -> Answer {
        let response = reqwest::Client::new()
            .post(&self.url)
            .header("content-type", "application/pkixcmp")
            .body(octets)
            .send()
            .await
            .unwrap();
        let status = response.status().as_u16();
        let body = response.bytes().await.unwrap();
        let message = Message::from_der(&body).unwrap_or_else(|error| {
            panic!("{status}: {error}: {}", String::from_utf8_lossy(&body))
        });
        self.server_nonce = message.header().sender_nonce.clone();
        Answer { status, message }
    }

    /// Sends a body; the protection of the answer is verified when it is a MAC.
    pub async fn send(&mut self, body: &Body) -> Answer {
        let answer = self.send_octets(self.message(body)).await;
        let header = answer.message.header();
        assert_eq!(header.transaction_id.as_ref(), Some(&self.transaction_id));
        let algorithm = header.protection_algorithm.clone().unwrap();
        if let Ok(mac) = PasswordMac::from_der(&algorithm) {
            let (part, code) = (
                answer.message.protected_part(),
                answer.message.protection().unwrap(),
            );
            assert!(
                mac.verify(&self.secret, &part, code),
                "the answer's MAC is wrong"
            );
        }
        answer
    }

    /// A template for a key.
    pub fn template(&self, key: &PrivateKey) -> CertTemplate {
        CertTemplate {
            subject: Some(format!("CN={}", self.name).parse().unwrap()),
            public_key: Some(key.public_key().spki_der().to_vec()),
            ..CertTemplate::default()
        }
        .with_names(&[GeneralName::dns(&format!("{}.test", self.name)).unwrap()])
    }

    /// Asks for a certificate of a key, possession proven by a signature.
    pub async fn ask(&mut self, kind: BodyKind, key: &PrivateKey) -> Answer {
        let request = signed(0, self.template(key), Vec::new(), key);
        self.send(&Body::Request(kind, vec![request])).await
    }

    /// Takes certificates.
    pub async fn confirm(&mut self, certificates: &[&Certificate]) -> Answer {
        let statuses = (0..)
            .zip(certificates)
            .map(|(id, found)| CertStatus::accepted(id, found));
        self.send(&Body::CertConfirm(statuses.collect())).await
    }

    /// A certificate, taken, and its key.
    pub async fn enrol(&mut self) -> (PrivateKey, Certificate) {
        let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
        let certificate = self.ask(BodyKind::Ir, &key).await.certificate();
        let answer = self.confirm(&[&certificate]).await;
        assert_eq!(answer.message.body(), &Body::Confirmation);
        (key, certificate)
    }
}

/// A request whose possession is proven by a signature over it.
pub fn signed(
    id: i64,
    template: CertTemplate,
    controls: Vec<Control>,
    key: &PrivateKey,
) -> CertReqMsg {
    let request = CertReqMsg::new(id, template, controls);
    let algorithm = SignatureAlgorithm::default_for(key.algorithm());
    let signature = key.sign(algorithm, request.request_der()).unwrap();
    request.with_proof(ProofOfPossession::Signature {
        input: None,
        algorithm: algorithm.to_der(),
        signature,
    })
}
