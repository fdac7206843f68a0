//! A device: a key, its own certificate, and messages, made with what openssl makes of keys and requests.

use std::process::Command;

use ers_pki::ObjectIdentifier;
use ers_pki::certificate::Certificate;
use ers_pki::cms::{
    Attribute, ContentCipher, EmbeddedCertificate, EnvelopedData, KeyHolder, KeyTransport,
    NewRecipient, NewSignature, Recipient, SignedData, content_type, prepare, seal,
};
use ers_pki::key::{PrivateKey, SignatureAlgorithm};

const TYPE: &str = "2.16.840.1.113733.1.9.2";
const STATUS: &str = "2.16.840.1.113733.1.9.3";
const FAIL_INFO: &str = "2.16.840.1.113733.1.9.4";
const SENDER_NONCE: &str = "2.16.840.1.113733.1.9.5";
const RECIPIENT_NONCE: &str = "2.16.840.1.113733.1.9.6";
const TRANSACTION: &str = "2.16.840.1.113733.1.9.7";
const TEXT: &str = "1.3.6.1.5.5.7.24.1";

pub const NONCE: [u8; 16] = [9; 16];

pub fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new(dotted).unwrap()
}

/// A device.
pub struct Device {
    folder: tempfile::TempDir,
    pub key: PrivateKey,
    pub certificate: Certificate,
    pub cipher: ContentCipher,
    pub transport: KeyTransport,
    /// How it signs.
    pub algorithm: SignatureAlgorithm,
}

/// What the server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: String,
    pub fail_info: Option<String>,
    pub text: Option<String>,
    /// The inside, opened.
    pub content: Option<Vec<u8>>,
}

impl Answer {
    /// The certificates that came.
    pub fn certificates(&self) -> Vec<EmbeddedCertificate> {
        assert_eq!(self.status, "0", "{self:?}");
        super::certificates(self.content.as_deref().unwrap())
    }

    /// The failInfo of a failure.
    pub fn failure(&self) -> &str {
        assert_eq!(self.status, "2", "{self:?}");
        assert!(self.content.is_none());
        self.fail_info.as_deref().unwrap()
    }
}

impl Device {
    /// With an RSA key.
    pub fn new(name: &str) -> Self {
        Self::with(name, "rsa:2048")
    }

    /// With a key as openssl calls it.
    pub fn with(name: &str, kind: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = format!(
            "req -x509 -nodes -newkey {kind} -keyout key.pem -out own.pem -days 30 -subj /CN={name}"
        );
        openssl(&folder, &made);
        openssl(&folder, "pkcs8 -topk8 -nocrypt -in key.pem -out key8.pem");
        let read = |file: &str| std::fs::read_to_string(folder.path().join(file)).unwrap();
        let key = PrivateKey::from_pkcs8_pem(&read("key8.pem")).unwrap();
        let certificate = Certificate::from_pem(&read("own.pem")).unwrap();
        Self {
            algorithm: SignatureAlgorithm::default_for(key.algorithm()),
            folder,
            key,
            certificate,
            cipher: ContentCipher::Aes128Cbc,
            transport: KeyTransport::Pkcs1,
        }
    }

    /// A request with a challenge, DER; `more` are lines of an openssl configuration for the section of the request.
    pub fn csr(&self, name: &str, challenge: &str) -> Vec<u8> {
        self.csr_with(name, challenge, "sha256")
    }

    pub fn csr_with(&self, name: &str, challenge: &str, digest: &str) -> Vec<u8> {
        let attributes = if challenge.is_empty() {
            String::new()
        } else {
            format!("challengePassword = {challenge}\n")
        };
        let config = format!(
            "[req]\nprompt = no\ndistinguished_name = name\nattributes = attributes\nreq_extensions = extensions\n\
             [name]\nCN = {name}\n[attributes]\n{attributes}\n[extensions]\nsubjectAltName = DNS:{name}\n"
        );
        std::fs::write(self.folder.path().join("req.cnf"), config).unwrap();
        let made =
            format!("req -new -key key.pem -config req.cnf -outform DER -out csr.der -{digest}");
        openssl(&self.folder, &made);
        std::fs::read(self.folder.path().join("csr.der")).unwrap()
    }

    /// A message for the server.
    pub fn message(
        &self,
        to: &Certificate,
        kind: &str,
        transaction: &str,
        inside: &[u8],
    ) -> Vec<u8> {
        self.signed(kind, transaction, &self.sealed(to, inside))
    }

    /// The inside, encrypted.
    pub fn sealed(&self, to: &Certificate, inside: &[u8]) -> Vec<u8> {
        let recipient = NewRecipient::Key {
            holder: KeyHolder::of(to),
            key: to.public_key(),
            transport: self.transport,
        };
        seal(content_type::DATA, inside, self.cipher, &[recipient]).unwrap()
    }

    /// The outside.
    pub fn signed(&self, kind: &str, transaction: &str, content: &[u8]) -> Vec<u8> {
        let attributes = vec![
            Attribute::printable_string(oid(TYPE), kind),
            Attribute::printable_string(oid(TRANSACTION), transaction),
            Attribute::octet_string(oid(SENDER_NONCE), &NONCE),
        ];
        self.signed_with(attributes, content)
    }

    /// The outside with attributes of one's own.
    pub fn signed_with(&self, attributes: Vec<Attribute>, content: &[u8]) -> Vec<u8> {
        let prepared = prepare(NewSignature {
            signer: &self.certificate,
            algorithm: self.algorithm,
            content_type: content_type::DATA,
            content: Some(content),
            attributes,
            certificates: vec![self.certificate.der()],
        });
        let signature = self
            .key
            .sign(self.algorithm, prepared.to_be_signed())
            .unwrap();
        prepared.assemble(&signature).unwrap()
    }

    /// Reads an answer: signed by that RA, to our nonce, encrypted for us.
    pub fn read(&self, authority: &Certificate, transaction: &str, answer: &[u8]) -> Answer {
        let signed = SignedData::from_ber(answer).unwrap();
        let [signer] = signed.signers() else {
            panic!("{} signers", signed.signers().len());
        };
        signed.verify(signer, authority.public_key()).unwrap();
        let text = |dotted| {
            let found = signer.attribute(oid(dotted));
            found.map(|found| found.as_text().unwrap().to_owned())
        };
        assert_eq!(text(TYPE).unwrap(), "3");
        assert_eq!(text(TRANSACTION).unwrap(), transaction);
        let nonce = signer.attribute(oid(RECIPIENT_NONCE));
        if let Some(nonce) = nonce {
            assert_eq!(nonce.as_octets(), Some(&NONCE[..]));
        }
        let own = signer.attribute(oid(SENDER_NONCE)).unwrap();
        assert_eq!(own.as_octets().unwrap().len(), 16);
        Answer {
            status: text(STATUS).unwrap(),
            fail_info: text(FAIL_INFO),
            text: text(TEXT),
            content: signed.content().map(|content| self.open(content)),
        }
    }

    fn open(&self, content: &[u8]) -> Vec<u8> {
        let sealed = EnvelopedData::from_ber(content).unwrap();
        assert_eq!(sealed.cipher(), self.cipher);
        let key = match &sealed.recipients()[0] {
            Recipient::KeyTransport {
                algorithm,
                encrypted_key,
                holder,
            } => {
                assert_eq!(*holder, KeyHolder::of(&self.certificate));
                let transport = KeyTransport::from_identifier_der(algorithm).unwrap();
                assert_eq!(transport, self.transport);
                let octets = sealed.cipher().key_octets();
                transport.open(&self.key, encrypted_key, octets).unwrap()
            }
            Recipient::KeyAgreement(agreement) => agreement.open(&self.key).unwrap(),
            other => panic!("{other:?}"),
        };
        sealed.decrypt(&key).unwrap().to_vec()
    }

    /// Sends a message, and reads the answer.
    pub async fn ask(
        &self,
        url: &str,
        authority: &Certificate,
        kind: &str,
        transaction: &str,
        inside: &[u8],
    ) -> Answer {
        let message = self.message(authority, kind, transaction, inside);
        self.post(url, authority, transaction, message).await
    }

    /// Sends a message as it is, and reads the answer.
    pub async fn post(
        &self,
        url: &str,
        authority: &Certificate,
        transaction: &str,
        message: Vec<u8>,
    ) -> Answer {
        let (status, body) = post(url, message).await;
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        self.read(authority, transaction, &body)
    }

    /// Goes on with the certificate that it got.
    pub fn renewed(self, certificate: &EmbeddedCertificate) -> Self {
        Self {
            certificate: Certificate::from_der(certificate.der()).unwrap(),
            ..self
        }
    }

    /// The same device with another certificate.
    pub fn showing(mut self, certificate: Certificate) -> Self {
        self.certificate = certificate;
        self
    }
}

/// Posts a message.
pub async fn post(url: &str, message: Vec<u8>) -> (u16, Vec<u8>) {
    let answer = reqwest::Client::new()
        .post(format!("{url}?operation=PKIOperation"))
        .header("content-type", "application/x-pki-message")
        .body(message)
        .send()
        .await
        .unwrap();
    let status = answer.status().as_u16();
    if status == 200 {
        assert_eq!(
            answer.headers()["content-type"],
            "application/x-pki-message"
        );
    }
    (status, answer.bytes().await.unwrap().to_vec())
}

fn openssl(folder: &tempfile::TempDir, command: &str) {
    let output = Command::new("openssl")
        .args(command.split(' '))
        .current_dir(folder.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {command}: {told}");
}
