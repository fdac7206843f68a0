//! A CA with its OCSP signer, and a rev-info on a port that speaks for it.

use std::{path::PathBuf, process::Command, sync::Arc, time::Duration};

use ers_pki::{
    certificate::Certificate,
    crl::{self, RevokedEntry},
    issuance::{Issuer, Request, prepare},
    key::{KeyAlgorithm, PrivateKey, PublicKey, SignatureAlgorithm},
    profile::Profile,
    serial::SerialNumber,
};
use ers_proto::cara::v1::{self as wire, events_server::EventsServer, status_server::StatusServer};
use ers_runtime::{
    Context,
    clock::{Clock as _, ManualClock, SystemClock},
    grpc::Propagate,
    http::Listener,
};
use ers_signer_client::{KeyLimits, NewKey, Purpose, Signer, fake::FakeSigner};
use rev_info::config::Answers;
use tempfile::TempDir;
use time::OffsetDateTime;
use tonic::{service::interceptor::InterceptedService, transport::Endpoint};

use crate::cara::FakeCara;

const ALGORITHM: SignatureAlgorithm = SignatureAlgorithm::Sha256WithEcdsa;

pub struct World {
    pub cara: FakeCara,
    pub signer: Arc<FakeSigner>,
    pub clock: Arc<ManualClock>,
    pub url: String,
    context: Context,
    ca_key: PrivateKey,
    ca: Certificate,
    folder: TempDir,
}

impl World {
    pub async fn start() -> Self {
        // openssl checks times against the machine's clock
        let clock = ManualClock::at(SystemClock.now());
        let ca_key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
        let name = "CN=Test CA".parse().unwrap();
        let own = Issuer::self_signed(name, ca_key.public_key().clone(), ALGORITHM).unwrap();
        let ca = certify(
            &ca_key,
            &own,
            "root-ca",
            ca_key.public_key(),
            "CN=Test CA",
            clock.now(),
        );
        let signer = Arc::new(FakeSigner::new());
        let new = NewKey {
            request_id: "ocsp".into(),
            label: "ocsp".into(),
            algorithm: KeyAlgorithm::P256,
            purposes: vec![Purpose::Ocsp],
            token: None,
            limits: KeyLimits::default(),
        };
        let key = signer.create_key(new).await.unwrap();
        let issuer = Issuer::new(ca.clone(), ALGORITHM).unwrap();
        let responder = certify(
            &ca_key,
            &issuer,
            "ocsp-signer",
            &key.public_key,
            "CN=OCSP",
            clock.now(),
        );
        let responder = wire::Responder {
            issuer: "sub".into(),
            issuer_certificate: ca.der().to_vec(),
            key_id: key.id.to_string(),
            certificate: responder.der().to_vec(),
            signature_algorithm: ALGORITHM.to_string(),
            answer_validity: Some(prost_types::Duration {
                seconds: 3600,
                nanos: 0,
            }),
            generation: 1,
            lint: String::new(),
        };
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), ca.pem()).unwrap();
        let context = Context::for_test("rev-info", Arc::<ManualClock>::clone(&clock)).unwrap();
        let cara = FakeCara::new(responder, wire::Crl::default());
        let mut world = Self {
            cara,
            signer,
            clock,
            url: String::new(),
            context,
            ca_key,
            ca,
            folder,
        };
        *world.cara.crl.lock() = world.crl(1, &[]);
        world.url = world.serve().await;
        world
    }

    async fn serve(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = tonic::service::Routes::new(StatusServer::new(self.cara.clone()))
            .add_service(EventsServer::new(self.cara.clone()));
        let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
        tokio::spawn(
            tonic::transport::Server::builder()
                .add_routes(routes)
                .serve_with_incoming(incoming),
        );
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let channel = InterceptedService::new(endpoint.connect_lazy().into(), Propagate);

        let signer: Arc<dyn Signer> = Arc::<FakeSigner>::clone(&self.signer);
        let rev_info = rev_info::start(&self.context, &channel, signer, Answers::default());
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), None).unwrap();
        let url = format!("http://{}", listener.address().unwrap());
        let (context, mount) = (self.context.clone(), rev_info.configure());
        tokio::spawn(async move {
            ers_runtime::http::serve_with_lean(&context, listener, mount, |_| {})
                .await
                .unwrap()
        });
        while !self.context.health.is_ready() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        url
    }

    /// Whether events of CARA arrive.
    pub fn is_ready(&self) -> bool {
        self.context.health.is_ready()
    }

    /// A CRL of the CA.
    pub fn crl(&self, number: u64, revoked: &[&str]) -> wire::Crl {
        let now = self.clock.now();
        let entries = revoked.iter().map(|serial| RevokedEntry {
            serial: SerialNumber::from_hex(serial).unwrap(),
            at: now,
            reason: ers_pki::revocation::Reason::Superseded,
            invalidity_date: None,
        });
        let issuer = Issuer::new(self.ca.clone(), ALGORITHM).unwrap();
        let prepared =
            crl::prepare(&issuer, number, now, now + time::Duration::days(7), entries).unwrap();
        let signature = self
            .ca_key
            .sign(ALGORITHM, prepared.to_be_signed())
            .unwrap();
        let timestamp = |time: OffsetDateTime| {
            Some(prost_types::Timestamp {
                seconds: time.unix_timestamp(),
                nanos: 0,
            })
        };
        wire::Crl {
            issuer: "sub".into(),
            number,
            der: prepared.assemble(&signature).unwrap().der().to_vec(),
            this_update: timestamp(now),
            next_update: timestamp(now + time::Duration::days(7)),
        }
    }

    /// A root with a key of its own; its certificate is in `<name>.pem`.
    pub fn authority(&self, name: &str) -> (PrivateKey, Certificate) {
        let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
        let subject = format!("CN={name}");
        let own = Issuer::self_signed(
            subject.parse().unwrap(),
            key.public_key().clone(),
            ALGORITHM,
        )
        .unwrap();
        let now = self.clock.now();
        let certificate = certify(&key, &own, "root-ca", key.public_key(), &subject, now);
        std::fs::write(self.file(&format!("{name}.pem")), certificate.pem()).unwrap();
        (key, certificate)
    }

    /// The CA that the world begins with.
    pub fn first_authority(&self) -> (&PrivateKey, &Certificate) {
        (&self.ca_key, &self.ca)
    }

    /// An OCSP signer with a new key, certified by a CA with a profile.
    pub async fn responder(
        &self,
        issuer: &str,
        (ca_key, ca): (&PrivateKey, &Certificate),
        profile: &str,
        validity: time::Duration,
    ) -> wire::Responder {
        let new = NewKey {
            request_id: "ocsp".into(),
            label: uuid::Uuid::new_v4().to_string(),
            algorithm: KeyAlgorithm::P256,
            purposes: vec![Purpose::Ocsp],
            token: None,
            limits: KeyLimits::default(),
        };
        let key = self.signer.create_key(new).await.unwrap();
        let request = Request {
            subject: "CN=OCSP".parse().unwrap(),
            validity: Some(validity),
            ..Request::new(key.public_key.clone())
        };
        let own = Issuer::new(ca.clone(), ALGORITHM).unwrap();
        let certificate = sign(ca_key, &own, profile, &request, self.clock.now());
        wire::Responder {
            issuer: issuer.into(),
            issuer_certificate: ca.der().to_vec(),
            key_id: key.id.to_string(),
            certificate: certificate.der().to_vec(),
            ..self.cara.responder.clone()
        }
    }

    /// A certificate of the CA for a subscriber, with these places of CRLs and delta CRLs; in `leaf.pem`.
    pub fn leaf(&self, crl: &str, delta: &str) -> Certificate {
        let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
        let issuer = Issuer::new(self.ca.clone(), ALGORITHM)
            .unwrap()
            .with_crl_urls([crl])
            .unwrap()
            .with_delta_crl_urls([delta])
            .unwrap();
        let request = Request {
            subject: "CN=Leaf".parse().unwrap(),
            ..Request::new(key.public_key().clone())
        };
        let leaf = sign(
            &self.ca_key,
            &issuer,
            "tls-client",
            &request,
            self.clock.now(),
        );
        std::fs::write(self.file("leaf.pem"), leaf.pem()).unwrap();
        leaf
    }

    /// Has CARA give a CRL under a name.
    pub fn publish(&self, name: &str, number: u64, scope: crl::Scope, revoked: &[SerialNumber]) {
        let now = self.clock.now();
        let issuer = Issuer::new(self.ca.clone(), ALGORITHM).unwrap();
        let later = now + time::Duration::days(7);
        let info = wire::CrlInfo {
            name: name.into(),
            issuer: "sub".into(),
            number,
            generation: 1,
            base_number: scope.base,
            partition: u32::from(!scope.distribution_points.is_empty()),
            ..wire::CrlInfo::default()
        };
        let mut builder = crl::CrlBuilder::new(&issuer, number, now, later, scope, 1).unwrap();
        for serial in revoked {
            builder
                .push(&RevokedEntry {
                    serial: *serial,
                    at: now,
                    reason: ers_pki::revocation::Reason::Superseded,
                    invalidity_date: None,
                })
                .unwrap();
        }
        let prepared = builder.finish().unwrap();
        let signature = self.ca_key.sign(ALGORITHM, prepared.to_be_signed());
        let list = prepared.assemble(&signature.unwrap()).unwrap();
        let mut others = self.cara.others.lock();
        others.insert(name.to_owned(), (info, list.der().to_vec()));
    }

    /// The checks of health that are up with a reason: warnings.
    pub fn warnings(&self) -> Vec<String> {
        let states = self.context.health.states();
        let warned = states.into_iter().filter(|state| state.up);
        warned.filter_map(|state| state.reason).collect()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What `openssl ocsp` says of a serial number.
    pub async fn ocsp(&self, serial: &str, options: &[&str]) -> String {
        self.ocsp_of("ca", serial, options).await
    }

    /// The same of another CA, by its file.
    pub async fn ocsp_of(&self, ca: &str, serial: &str, options: &[&str]) -> String {
        let ca = self.file(&format!("{ca}.pem")).display().to_string();
        let (serial, url) = (format!("0x{serial}"), format!("{}/rev-info/ocsp", self.url));
        // a digest must stand before the serial number that it is for
        let mut arguments = vec!["ocsp", "-issuer", &ca, "-CAfile", &ca, "-url", &url];
        arguments.extend(options);
        arguments.extend(["-serial", &serial]);
        openssl(&arguments).await
    }
}

/// Runs openssl beside the runtime; gives what it said on both channels.
pub async fn openssl(arguments: &[&str]) -> String {
    let arguments: Vec<String> = arguments.iter().map(|a| (*a).to_owned()).collect();
    let output = tokio::task::spawn_blocking(move || {
        Command::new("openssl").args(arguments).output().unwrap()
    })
    .await
    .unwrap();
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn certify(
    key: &PrivateKey,
    issuer: &Issuer,
    profile: &str,
    public_key: &PublicKey,
    subject: &str,
    now: OffsetDateTime,
) -> Certificate {
    let request = Request {
        subject: subject.parse().unwrap(),
        ..Request::new(public_key.clone())
    };
    sign(key, issuer, profile, &request, now)
}

fn sign(
    key: &PrivateKey,
    issuer: &Issuer,
    profile: &str,
    request: &Request,
    now: OffsetDateTime,
) -> Certificate {
    let mut random = [0; 20];
    aws_lc_rs::rand::fill(&mut random).unwrap();
    let serial = SerialNumber::from_random(random).unwrap();
    let prepared = prepare(
        Profile::find_ready(profile).unwrap(),
        issuer,
        request,
        serial,
        now,
    )
    .unwrap();
    let signature = key.sign(ALGORITHM, prepared.to_be_signed()).unwrap();
    prepared.assemble(&signature).unwrap()
}
