//! How many signatures a second a token gives, bare and by way of the signer: threads, processes, both. Two cores are
//! enough to see what a library's own locks do. `cargo bench -p signer --bench tokens`, with SoftHSM2 installed.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a program for people at a terminal"
)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ers_pki::key::{KeyAlgorithm, SignatureAlgorithm};
use ers_runtime::Context;
use ers_runtime::clock::SystemClock;
use ers_runtime::grpc::Caller;
use ers_signer_client::{KeyLimits, NewKey, Purpose, SignCall, Signer as _, SignerClient};
use ers_test_support::softhsm::{self, SoftHsmToken};
use pkcs11::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use pkcs11::mechanism::Mechanism;
use pkcs11::object::{Attribute, ObjectClass};
use pkcs11::session::UserType;
use tower::ServiceExt as _;

const SECONDS: u64 = 4;
const KINDS: [KeyAlgorithm; 3] = [
    KeyAlgorithm::P256,
    KeyAlgorithm::P384,
    KeyAlgorithm::Rsa2048,
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    // children of this very program
    if arguments.get(1).is_some_and(|word| word == "token-worker") {
        assert_eq!(signer::token_worker(), std::process::ExitCode::SUCCESS);
        return;
    }
    if arguments.get(1).is_some_and(|word| word == "bare") {
        let threads = arguments[5].parse().unwrap();
        let count = bare(&arguments[2], &arguments[3], &arguments[4], threads);
        println!("{count}");
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("{:10} {:24} {:>9} {:>9}", "key", "way", "1/s", "of best");
    for kind in KINDS {
        runtime.block_on(measure(kind));
    }
}

async fn measure(kind: KeyAlgorithm) {
    let token = softhsm::token().unwrap();
    // the key is made by the signer, as keys are
    drop(signer(&token, kind, "sessions: 1").await);
    let mut rates = Vec::new();
    for (processes, threads) in [(1, 1), (1, 2), (2, 1), (3, 1), (2, 2)] {
        let way = format!("bare, {processes} x {threads} threads");
        rates.push((way, bare_processes(&token, kind, processes, threads)));
    }
    let best = rates.iter().map(|(_, rate)| *rate).max().unwrap_or(1);
    for way in [
        "sessions: 1",
        "sessions: 2",
        "sessions: 4",
        "workers: 1",
        "workers: 2",
        "workers: 3",
        "workers: 4",
        "workers: 2, verify_signatures: false",
    ] {
        let client = signer(&token, kind, way).await;
        rates.push((way.to_owned(), by_signer(&client, kind).await));
    }
    for (way, rate) in rates {
        println!(
            "{:10} {way:38} {rate:>9} {:>8.0} %",
            kind.to_string(),
            rate as f64 * 100.0 / best as f64
        );
    }
}

/// As many processes as that, each with as many sessions: signatures a second, all together.
fn bare_processes(
    token: &SoftHsmToken,
    kind: KeyAlgorithm,
    processes: usize,
    threads: usize,
) -> u64 {
    let own = std::env::current_exe().unwrap();
    let children: Vec<_> = (0..processes)
        .map(|_| {
            Command::new(&own)
                .args(["bare", &token.label, &token.pin, &kind.to_string()])
                .arg(threads.to_string())
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    children
        .into_iter()
        .map(|child| {
            let output = child.wait_with_output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            text.trim().parse::<u64>().unwrap()
        })
        .sum()
}

fn bare(label: &str, pin: &str, kind: &str, threads: usize) -> u64 {
    let library = Pkcs11::new(softhsm::LIBRARY).unwrap();
    library
        .initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))
        .unwrap();
    let slots = library.get_slots_with_initialized_token().unwrap();
    let slot = slots
        .into_iter()
        .find(|slot| library.get_token_info(*slot).unwrap().label() == label)
        .unwrap();
    let guard = library.open_ro_session(slot).unwrap();
    guard
        .login(UserType::User, Some(&pin.to_owned().into()))
        .unwrap();
    let (count, ending) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let session = library.open_ro_session(slot).unwrap();
                let template = [Attribute::Class(ObjectClass::PRIVATE_KEY)];
                let key = session.find_objects(&template).unwrap()[0];
                while !ending.load(Ordering::Relaxed) {
                    let signed = if kind.starts_with("RSA") {
                        session.sign(&Mechanism::RsaPkcs, key, &[7; 51])
                    } else {
                        session.sign(&Mechanism::Ecdsa, key, &[7; 32])
                    };
                    signed.unwrap();
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        std::thread::sleep(Duration::from_secs(SECONDS));
        ending.store(true, Ordering::Relaxed);
    });
    count.load(Ordering::Relaxed) / SECONDS
}

/// A signer over the token, with a key of the kind.
async fn signer(token: &SoftHsmToken, kind: KeyAlgorithm, way: &str) -> SignerClient {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap().keep();
    let text = format!(
        "database: {{ url: 'sqlite:{}/signer.db' }}\nmaster_password: x\ntokens: [{{ name: hsm, pkcs11: {{ library: {}, \
         slot: {{ label: {} }}, pin: '{}', {way} }} }}]\n",
        folder.display(),
        softhsm::LIBRARY,
        token.label,
        token.pin
    );
    let config = ers_runtime::config::parse(&text, Path::new("signer.yaml")).unwrap();
    let context = Context::for_test("signer", SystemClock::shared()).unwrap();
    let signer = signer::start(context, config).await.unwrap();
    let caller = Caller::named("clm-api");
    let channel =
        signer
            .routes()
            .map_request(move |mut request: tonic::codegen::http::Request<_>| {
                request.extensions_mut().insert(caller.clone());
                request
            });
    let client = SignerClient::new(channel);
    let wish = NewKey {
        request_id: "request".to_owned(),
        label: format!("clm:{kind}"),
        algorithm: kind,
        purposes: vec![Purpose::Token],
        token: None,
        limits: KeyLimits::default(),
    };
    client.create_key(wish).await.unwrap();
    client
}

/// Signatures a second for 64 callers, journal in memory included.
async fn by_signer(client: &SignerClient, kind: KeyAlgorithm) -> u64 {
    let keys = client.list_keys().await.unwrap();
    let key = Arc::new(keys.into_iter().next().unwrap());
    // {"alg":"ES256"} and its like, with an empty object
    let header = match kind {
        KeyAlgorithm::P256 => "eyJhbGciOiJFUzI1NiJ9",
        KeyAlgorithm::P384 => "eyJhbGciOiJFUzM4NCJ9",
        _ => "eyJhbGciOiJSUzI1NiJ9",
    };
    let message = format!("{header}.e30").into_bytes();
    let (count, until) = (
        Arc::new(AtomicU64::new(0)),
        Instant::now() + Duration::from_secs(SECONDS),
    );
    let callers = (0..64).map(|_| {
        let (client, key, message, count) = (
            client.clone(),
            Arc::clone(&key),
            message.clone(),
            Arc::clone(&count),
        );
        tokio::spawn(async move {
            while Instant::now() < until {
                let call = SignCall {
                    request_id: "request",
                    key_id: &key.id,
                    purpose: Purpose::Token,
                    signature_algorithm: SignatureAlgorithm::default_for(kind),
                    to_be_signed: &message,
                    context: Vec::new(),
                    public_key: None,
                };
                client.sign(call).await.unwrap();
                count.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    futures::future::join_all(callers).await;
    count.load(Ordering::Relaxed) / SECONDS
}
