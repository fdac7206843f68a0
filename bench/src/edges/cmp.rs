//! CMP over plain HTTP: messages under a shared secret, as `openssl cmp -ref -secret` protects them. The request is made
//! beforehand; its confirmation cannot be, it is over the certificate.

use std::{num::NonZeroU32, sync::Arc};

use anyhow::{Context as _, Result, bail, ensure};
use aws_lc_rs::rand;
use ers_pki::{
    certificate::Certificate,
    cmp::{Body, BodyKind, CertStatus, Header, Message, Party, PasswordMac, Unprotected},
    crmf::{CertReqMsg, CertTemplate, ProofOfPossession},
    general_name::GeneralName,
    key::{KeyAlgorithm, PrivateKey, SignatureAlgorithm},
};
use tokio::net::TcpStream;

use super::{SECRET, authority, name_of};
use crate::{
    http::{self, Answer, Connection},
    load::{Prepared, Work},
    platform::Platform,
    requests,
};

/// What `openssl cmp` takes when nobody says.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(500).unwrap();
/// Bodies that are made; each is used in several transactions.
const BODIES: usize = 500;
const ID: [u8; 16] = [0; 16];

/// A device in one transaction after the other.
pub struct Device {
    name: String,
    address: String,
    connection: Connection<TcpStream>,
    mac: PasswordMac,
    requests: Arc<Prepared<Request>>,
}

/// The first message of a transaction.
struct Request {
    transaction_id: [u8; 16],
    octets: Vec<u8>,
}

impl Device {
    async fn send(&mut self, octets: &[u8]) -> Result<Message> {
        let answer: Answer = self.connection.call(octets).await?;
        ensure!(
            answer.status == 200,
            "ask by CMP: {} {}",
            answer.status,
            answer.text()
        );
        if answer.header("connection") == Some("close") {
            self.connection = http::connect(&self.address).await?;
        }
        Ok(Message::from_der(&answer.body)?)
    }
}

impl Work for Device {
    async fn once(&mut self) -> Result<()> {
        let request = self.requests.take()?;
        let answer = self.send(&request.octets).await?;
        let Body::Response(_, content) = answer.body() else {
            bail!("ask by CMP: {:?}", answer.body());
        };
        let response = content.responses.first().context("ask by CMP: nothing")?;
        let issued = response.issued.as_ref();
        let issued = issued.with_context(|| format!("ask by CMP: {:?}", response.status))?;
        let certificate = Certificate::from_der(&issued.certificate)?;
        let status = CertStatus::accepted(response.cert_req_id, &certificate);
        let header = Header {
            recipient_nonce: answer.header().sender_nonce.clone(),
            ..header(&self.name, request.transaction_id)?
        };
        let octets = protect(&self.mac, header, &Body::CertConfirm(vec![status]));
        let octets = post(&self.address, &octets);
        let answer = self.send(&octets).await?;
        ensure!(
            *answer.body() == Body::Confirmation,
            "confirm by CMP: {:?}",
            answer.body()
        );
        Ok(())
    }
}

/// So many devices for so many transactions.
pub async fn devices(
    platform: &Platform,
    ir: bool,
    count: usize,
    wanted: usize,
) -> Result<Vec<Device>> {
    let address = authority(&platform.run.revocation_url);
    let mac = PasswordMac::password_based(&random()?, ITERATIONS);
    let bodies = (0..BODIES)
        .map(|number| body(ir, &format!("cmp-{number}.bench.test")))
        .collect::<Result<Vec<_>>>()?;
    let mut bodies = bodies.iter().cycle();
    let mut devices = Vec::with_capacity(count);
    for number in 0..count {
        let name = name_of(number);
        let its = bodies.by_ref().take(wanted.div_ceil(count)).map(|body| {
            let transaction_id = random()?;
            let octets = protect(&mac, header(&name, transaction_id)?, body);
            Ok(Request {
                transaction_id,
                octets: post(address, &octets),
            })
        });
        devices.push(Device {
            requests: Prepared::new(its.collect::<Result<Vec<_>>>()?),
            address: address.to_owned(),
            connection: http::connect(address).await?,
            mac: mac.clone(),
            name,
        });
    }
    Ok(devices)
}

fn body(ir: bool, name: &str) -> Result<Body> {
    if !ir {
        return Ok(Body::Pkcs10(requests::csr(name)?));
    }
    let key = PrivateKey::generate(KeyAlgorithm::P256)?;
    let template = CertTemplate {
        subject: Some(format!("CN={name}").parse()?),
        public_key: Some(key.public_key().spki_der().to_vec()),
        ..CertTemplate::default()
    };
    let request = CertReqMsg::new(
        0,
        template.with_names(&[GeneralName::dns(name)?]),
        Vec::new(),
    );
    let algorithm = SignatureAlgorithm::default_for(key.algorithm());
    let signature = key.sign(algorithm, request.request_der())?;
    let request = request.with_proof(ProofOfPossession::Signature {
        input: None,
        algorithm: algorithm.to_der(),
        signature,
    });
    Ok(Body::Request(BodyKind::Ir, vec![request]))
}

fn header(name: &str, transaction_id: [u8; 16]) -> Result<Header> {
    let sender = Party::Directory(format!("CN={name}").parse()?);
    Ok(Header {
        sender_kid: Some(name.as_bytes().to_vec()),
        transaction_id: Some(transaction_id.to_vec()),
        sender_nonce: Some(random()?.to_vec()),
        ..Header::new(2, sender, Party::unnamed())
    })
}

fn protect(mac: &PasswordMac, mut header: Header, body: &Body) -> Vec<u8> {
    header.protection_algorithm = Some(mac.to_der());
    let message = Unprotected::new(&header, body);
    let code = mac.compute(SECRET.as_bytes(), &message.protected_part());
    message.protect(&code, &[])
}

fn post(address: &str, octets: &[u8]) -> Vec<u8> {
    http::post("/cmp", address, "application/pkixcmp", octets)
}

fn random() -> Result<[u8; 16]> {
    let mut octets = ID;
    rand::fill(&mut octets).map_err(|_| anyhow::anyhow!("make random octets"))?;
    Ok(octets)
}
