//! SCEP over plain HTTP: devices with an RSA key, as most have, and a challenge for each request.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use ers_pki::{
    ObjectIdentifier,
    certificate::Certificate,
    cms::{
        Attribute, ContentCipher, KeyHolder, KeyTransport, NewRecipient, NewSignature, SignedData,
        content_type, prepare, seal,
    },
    key::{KeyAlgorithm, PrivateKey, SignatureAlgorithm},
    name::Name,
};
use ers_proto::clm::v1::{CreateChallengeRequest, administration_client::AdministrationClient};
use ers_runtime::grpc::Channel;
use openssl::{
    asn1::Asn1Time,
    bn::BigNum,
    hash::MessageDigest,
    nid::Nid,
    pkey::PKey,
    x509::{X509Builder, X509NameBuilder},
};
use tokio::net::TcpStream;

use super::authority;
use crate::{
    http::{self, Connection},
    load::{Prepared, Work},
    platform::Platform,
};

const TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.113733.1.9.2");
const STATUS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.113733.1.9.3");
const SENDER_NONCE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.113733.1.9.5");
const TRANSACTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.113733.1.9.7");
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const UTF8_STRING: u8 = 0x0C;
const BIT_STRING: u8 = 0x03;
const ATTRIBUTES: u8 = 0xA0;
/// 1.2.840.113549.1.9.7
const CHALLENGE_PASSWORD: [u8; 11] = [
    0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x07,
];
const PKCS_REQ: &str = "19";
const SUCCESS: &str = "0";
const NONCE: [u8; 16] = [9; 16];
const POLICY: &str = "scep";
/// Challenges asked for at a time.
const AT_ONCE: usize = 32;
const MAKERS: usize = 2;

/// A device with its connection.
pub struct Device {
    connection: Connection<TcpStream>,
    requests: Arc<Prepared<Vec<u8>>>,
}

impl Work for Device {
    async fn once(&mut self) -> Result<()> {
        let request = self.requests.take()?;
        let answer = self.connection.call(&request).await?;
        ensure!(
            answer.status == 200,
            "ask by SCEP: {} {}",
            answer.status,
            answer.text()
        );
        let signed = SignedData::from_ber(&answer.body)?;
        let signer = signed.signers().first().context("ask by SCEP: no signer")?;
        let status = signer
            .attribute(STATUS)
            .and_then(|status| Some(status.as_text()?.to_owned()));
        ensure!(
            status.as_deref() == Some(SUCCESS),
            "ask by SCEP: {status:?}"
        );
        Ok(())
    }
}

/// So many devices for so many requests.
pub async fn devices(platform: &Platform, count: usize, wanted: usize) -> Result<Vec<Device>> {
    let address = authority(&platform.run.revocation_url).to_owned();
    let maker = Arc::new(Maker {
        recipient: recipient(&address).await?,
        owner: Owner::new()?,
        address: address.clone(),
    });
    let challenges = challenges(platform, wanted).await?;
    let tasks: Vec<_> = challenges
        .chunks(wanted.div_ceil(MAKERS))
        .map(|some| {
            let (maker, some) = (Arc::clone(&maker), some.to_vec());
            tokio::task::spawn_blocking(move || {
                let made = some.iter().map(|challenge| maker.request(challenge));
                made.collect::<Result<Vec<_>>>()
            })
        })
        .collect();
    let mut all = Vec::with_capacity(wanted);
    for task in tasks {
        all.extend(task.await??);
    }
    let all = Prepared::new(all);
    let mut devices = Vec::with_capacity(count);
    for _ in 0..count {
        devices.push(Device {
            connection: http::connect(&address).await?,
            requests: Arc::clone(&all),
        });
    }
    Ok(devices)
}

async fn challenges(platform: &Platform, wanted: usize) -> Result<Vec<String>> {
    let clm = platform.administration()?;
    let tasks: Vec<_> = (0..AT_ONCE)
        .map(|_| tokio::spawn(some_challenges(clm.clone(), wanted.div_ceil(AT_ONCE))))
        .collect();
    let mut all = Vec::with_capacity(wanted);
    for task in tasks {
        all.extend(task.await??);
    }
    all.truncate(wanted);
    Ok(all)
}

async fn some_challenges(
    mut clm: AdministrationClient<Channel>,
    count: usize,
) -> Result<Vec<String>> {
    let mut made = Vec::with_capacity(count);
    for _ in 0..count {
        let request = CreateChallengeRequest {
            policy: POLICY.to_owned(),
            ..CreateChallengeRequest::default()
        };
        let answer = clm.create_challenge(request).await?;
        made.push(answer.into_inner().challenge);
    }
    Ok(made)
}

/// The certificate that devices encrypt to: the first of GetCACert that is no CA's.
async fn recipient(address: &str) -> Result<Certificate> {
    let answer = http::get(address, "/scep?operation=GetCACert&message=x").await?;
    let signed = SignedData::from_ber(&answer.body)
        .with_context(|| format!("ask for CA certificates: {}", answer.text()))?;
    for embedded in signed.certificates() {
        let certificate = Certificate::from_der(embedded.der())?;
        if !certificate.is_ca() {
            return Ok(certificate);
        }
    }
    bail!("ask for CA certificates: there is none to encrypt to")
}

/// A key with a certificate that it has made for itself.
struct Owner {
    signing: PrivateKey,
    certificate: Certificate,
}

struct Maker {
    recipient: Certificate,
    owner: Owner,
    address: String,
}

impl Owner {
    fn new() -> Result<Self> {
        let signing = PrivateKey::generate(KeyAlgorithm::Rsa2048)?;
        let key = PKey::private_key_from_pkcs8(&signing.to_pkcs8_der()?)?;
        let mut name = X509NameBuilder::new()?;
        name.append_entry_by_nid(Nid::COMMONNAME, "device")?;
        let name = name.build();
        let mut builder = X509Builder::new()?;
        builder.set_version(2)?;
        let serial = BigNum::from_u32(1)?.to_asn1_integer()?;
        builder.set_serial_number(&serial)?;
        builder.set_subject_name(&name)?;
        builder.set_issuer_name(&name)?;
        let (begin, end) = (Asn1Time::days_from_now(0)?, Asn1Time::days_from_now(2)?);
        builder.set_not_before(&begin)?;
        builder.set_not_after(&end)?;
        builder.set_pubkey(&key)?;
        builder.sign(&key, MessageDigest::sha256())?;
        let certificate = Certificate::from_der(&builder.build().to_der()?)?;
        Ok(Self {
            signing,
            certificate,
        })
    }
}

impl Maker {
    /// A PKCSReq as it goes over the wire.
    fn request(&self, challenge: &str) -> Result<Vec<u8>> {
        let csr = self.csr(challenge)?;
        let recipient = NewRecipient::Key {
            holder: KeyHolder::of(&self.recipient),
            key: self.recipient.public_key(),
            transport: KeyTransport::Pkcs1,
        };
        let sealed = seal(
            content_type::DATA,
            &csr,
            ContentCipher::Aes128Cbc,
            &[recipient],
        )?;
        let algorithm = SignatureAlgorithm::default_for(self.owner.signing.algorithm());
        let transaction = uuid::Uuid::new_v4().simple().to_string();
        let prepared = prepare(NewSignature {
            signer: &self.owner.certificate,
            algorithm,
            content_type: content_type::DATA,
            content: Some(&sealed),
            attributes: vec![
                Attribute::printable_string(TYPE, PKCS_REQ),
                Attribute::printable_string(TRANSACTION, &transaction),
                Attribute::octet_string(SENDER_NONCE, &NONCE),
            ],
            certificates: vec![self.owner.certificate.der()],
        });
        let signature = self
            .owner
            .signing
            .sign(algorithm, prepared.to_be_signed())?;
        let message = prepared.assemble(&signature)?;
        Ok(http::post(
            "/scep?operation=PKIOperation",
            &self.address,
            "application/x-pki-message",
            &message,
        ))
    }

    /// RFC 2986, with a challengePassword (RFC 2985 section 5.4.1), which openssl's crate cannot add.
    fn csr(&self, challenge: &str) -> Result<Vec<u8>> {
        let Owner { signing, .. } = &self.owner;
        let subject: Name = format!("CN=device-{challenge}").parse()?;
        let value = tlv(SET, &tlv(UTF8_STRING, challenge.as_bytes()));
        let attribute = tlv(SEQUENCE, &[&CHALLENGE_PASSWORD[..], &value].concat());
        let info = [
            &[0x02, 0x01, 0x00],
            subject.to_der(),
            signing.public_key().spki_der(),
            &tlv(ATTRIBUTES, &attribute),
        ];
        let info = tlv(SEQUENCE, &info.concat());
        let algorithm = SignatureAlgorithm::default_for(signing.algorithm());
        let signature = signing.sign(algorithm, &info)?;
        let signature = tlv(BIT_STRING, &[&[0][..], &signature].concat());
        let request = [&info[..], &algorithm.to_der(), &signature];
        Ok(tlv(SEQUENCE, &request.concat()))
    }
}

/// DER of a value of up to 65,535 octets.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut der = vec![tag];
    let [.., high, low] = content.len().to_be_bytes();
    match content.len() {
        0..0x80 => der.push(low),
        0x80..0x100 => der.extend([0x81, low]),
        _ => der.extend([0x82, high, low]),
    }
    der.extend_from_slice(content);
    der
}
