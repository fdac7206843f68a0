//! What is asked, each time of another certificate.

use anyhow::{Context as _, Result, ensure};
use ers_proto::cara::v1::{
    FindStatusRequest, IssueRequest, IssuerAndSerial, ListCertificatesRequest,
    LoadCertificateRequest, LoadCrlRequest, SearchCertificatesRequest, SearchState, TimeRange,
    certificates_client::CertificatesClient, issuance_client::IssuanceClient,
    load_certificate_request::By, status_client::StatusClient,
};
use ers_runtime::grpc::Channel;
use openssl::{ec::EcGroup, ec::EcKey, nid::Nid, pkey::PKey, sha::sha256};
use prost_types::Timestamp;

use super::rows::{self, Template};
use crate::{load::Work, platform::Platform};

const ISSUER: &str = "default-sub";

/// A kind of question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    Issue,
    Load,
    Status,
    UnknownStatus,
    CrlHead,
    List,
    DeepPage,
    Serial,
    Fingerprint,
    Dns,
    Below,
    KeyIdentifier,
    PublicKey,
    Revoked,
    Expiring,
    Missing,
}

/// All of them, in the order of the table.
pub const KINDS: [Ask; 16] = [
    Ask::Issue,
    Ask::Load,
    Ask::Status,
    Ask::UnknownStatus,
    Ask::CrlHead,
    Ask::List,
    Ask::DeepPage,
    Ask::Serial,
    Ask::Fingerprint,
    Ask::Dns,
    Ask::Below,
    Ask::KeyIdentifier,
    Ask::PublicKey,
    Ask::Revoked,
    Ask::Expiring,
    Ask::Missing,
];

/// One who asks.
pub struct Asker {
    kind: Ask,
    size: u64,
    number: u64,
    not_after: i64,
    subject_key: Vec<u8>,
    questions: Vec<(u64, SearchCertificatesRequest)>,
    issuance: IssuanceClient<Channel>,
    certificates: CertificatesClient<Channel>,
    status: StatusClient<Channel>,
}

impl Asker {
    /// One for that kind, over so many certificates.
    pub fn new(platform: &Platform, template: &Template, kind: Ask, size: u64) -> Result<Self> {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
        let key = PKey::from_ec_key(EcKey::generate(&group)?)?;
        let mut asker = Self {
            kind,
            size,
            number: 1,
            not_after: template.certificate.not_after().unix_timestamp(),
            subject_key: key.public_key_to_der()?,
            questions: Vec::new(),
            issuance: platform.issuance()?,
            certificates: platform.certificates()?,
            status: platform.status()?,
        };
        // What needs hashing is made beforehand.
        for _ in 0..2_000 {
            let number = asker.another();
            let question = asker.search(template, number)?;
            asker.questions.push((number, question));
        }
        Ok(asker)
    }

    /// Another certificate's number, here and there.
    fn another(&mut self) -> u64 {
        self.number =
            self.number.wrapping_mul(6_364_136_223_846_793_005) + 1_442_695_040_888_963_407;
        (self.number >> 24) % self.size
    }

    fn search(&self, template: &Template, number: u64) -> Result<SearchCertificatesRequest> {
        let mut search = SearchCertificatesRequest::default();
        let range = |from: i64, until: i64| TimeRange {
            from: Some(Timestamp {
                seconds: from,
                nanos: 0,
            }),
            until: Some(Timestamp {
                seconds: until,
                nanos: 0,
            }),
        };
        match self.kind {
            Ask::Serial | Ask::Load | Ask::Status => search.serial = Template::serial(number)?,
            Ask::Fingerprint => search.fingerprint = sha256(&template.der(number)?).to_vec(),
            Ask::Dns => search.names = vec![format!("dns:{}", rows::name(number))],
            Ask::Below => search.names = vec!["dns:.scale.test".into()],
            Ask::KeyIdentifier => search.subject_key_identifier = Template::identifier(number)?,
            Ask::PublicKey => {
                search.public_key_fingerprint = sha256(&template.public_key(number)?).to_vec();
            }
            Ask::Revoked => search.state = SearchState::Revoked.into(),
            Ask::Expiring | Ask::DeepPage => {
                let from = self.not_after + i64::try_from(number / 1000)?;
                search.not_after = Some(range(from, from + 1));
            }
            Ask::Missing => search.names = vec![format!("dns:nobody-{number}.scale.test")],
            Ask::Issue | Ask::UnknownStatus | Ask::CrlHead | Ask::List => {}
        }
        if self.kind == Ask::DeepPage {
            search.not_after = Some(TimeRange::default());
            let ms = self.not_after * 1000 + i64::try_from(number)?;
            search.page_token = format!("e.{ms}.{}", Template::serial(number)?);
        }
        Ok(search)
    }

    async fn issue(&mut self) -> Result<()> {
        let request = IssueRequest {
            request_id: uuid::Uuid::new_v4().to_string(),
            issuer: ISSUER.into(),
            profile: "tls-server".into(),
            public_key: self.subject_key.clone(),
            subject_alternative_names: vec!["dns:issued.scale.test".into()],
            ..IssueRequest::default()
        };
        self.issuance.issue(request).await.map(drop)?;
        Ok(())
    }

    async fn find_status(&mut self, serial: String) -> Result<bool> {
        let request = FindStatusRequest {
            issuer: ISSUER.into(),
            serial,
        };
        Ok(self.status.find(request).await?.into_inner().issued)
    }
}

impl Work for Asker {
    async fn once(&mut self) -> Result<()> {
        let next = usize::try_from(self.another())? % self.questions.len();
        let (_, question) = self.questions.get(next).context("no question")?.clone();
        match self.kind {
            Ask::Issue => self.issue().await,
            Ask::Load => {
                let key = IssuerAndSerial {
                    issuer: ISSUER.into(),
                    serial: question.serial,
                };
                let by = Some(By::IssuerAndSerial(key));
                self.certificates
                    .load(LoadCertificateRequest { by })
                    .await?;
                Ok(())
            }
            Ask::Status => {
                let issued = self.find_status(question.serial).await?;
                ensure!(issued, "a certificate is not known");
                Ok(())
            }
            Ask::UnknownStatus => {
                let issued = self.find_status(format!("7f{:030x}", self.number)).await?;
                ensure!(!issued, "a serial number is known that was never issued");
                Ok(())
            }
            Ask::CrlHead => {
                let issuer = ISSUER.into();
                self.status
                    .load_crl(LoadCrlRequest {
                        issuer,
                        ..LoadCrlRequest::default()
                    })
                    .await?;
                Ok(())
            }
            Ask::List => {
                let list = ListCertificatesRequest::default();
                let listed = self.certificates.list(list).await?.into_inner();
                ensure!(listed.certificates.len() == 100, "a page is short");
                Ok(())
            }
            kind => {
                let found = self.certificates.search(question).await?.into_inner();
                let count = found.certificates.len();
                let right = match kind {
                    Ask::Missing => count == 0,
                    Ask::Below | Ask::Expiring | Ask::Revoked => count > 0,
                    // those at the very end have fewer behind them
                    Ask::DeepPage => true,
                    _ => count == 1,
                };
                ensure!(right, "{kind:?} found {count}");
                Ok(())
            }
        }
    }
}
