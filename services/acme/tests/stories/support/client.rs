//! A small ACME client that can also do everything wrong.

use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaEncoding, RsaKeyPair,
};
use aws_lc_rs::{digest, hmac, rsa};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::Order;

/// base64url without padding.
pub fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A key that signs requests.
pub enum Key {
    /// ECDSA with the algorithm's name, curve and length of a coordinate.
    Ec(EcdsaKeyPair, &'static str, &'static str, usize),
    /// RSA with the algorithm's name and encoding.
    Rsa(RsaKeyPair, &'static str, &'static dyn RsaEncoding),
    /// Ed25519.
    Ed25519(Ed25519KeyPair),
}

impl Key {
    /// P-256.
    pub fn es256() -> Self {
        let key = EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self::Ec(key, "ES256", "P-256", 32)
    }

    /// P-384.
    pub fn es384() -> Self {
        let key = EcdsaKeyPair::generate(&signature::ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
        Self::Ec(key, "ES384", "P-384", 48)
    }

    /// P-521.
    pub fn es512() -> Self {
        let key = EcdsaKeyPair::generate(&signature::ECDSA_P521_SHA512_FIXED_SIGNING).unwrap();
        Self::Ec(key, "ES512", "P-521", 66)
    }

    /// RSA-2048.
    pub fn rs256() -> Self {
        Self::rsa("RS256", &signature::RSA_PKCS1_SHA256)
    }

    /// RSA-2048 with another hash or padding.
    pub fn rsa(algorithm: &'static str, encoding: &'static dyn RsaEncoding) -> Self {
        let key = RsaKeyPair::generate(rsa::KeySize::Rsa2048).unwrap();
        Self::Rsa(key, algorithm, encoding)
    }

    /// Ed25519.
    pub fn ed25519() -> Self {
        Self::Ed25519(Ed25519KeyPair::generate().unwrap())
    }

    /// The same key once more; P-256 only.
    pub fn copy(&self) -> Self {
        Self::from_pkcs8(&self.pkcs8())
    }

    /// PKCS#8; P-256 only.
    pub fn pkcs8(&self) -> Vec<u8> {
        let Self::Ec(key, "ES256", ..) = self else {
            panic!("only P-256 keys are copied")
        };
        key.to_pkcs8v1().unwrap().as_ref().to_vec()
    }

    /// The P-256 key of a PKCS#8.
    pub fn from_pkcs8(der: &[u8]) -> Self {
        let key =
            EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, der).unwrap();
        Self::Ec(key, "ES256", "P-256", 32)
    }

    /// Its algorithm.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Ec(_, algorithm, ..) => algorithm,
            Self::Rsa(_, algorithm, _) => algorithm,
            Self::Ed25519(_) => "EdDSA",
        }
    }

    /// Its public half.
    pub fn jwk(&self) -> Value {
        match self {
            Self::Ec(key, _, curve, length) => {
                let (x, y) = key.public_key().as_ref()[1..].split_at(*length);
                json!({"crv": curve, "kty": "EC", "x": b64(x), "y": b64(y)})
            }
            Self::Rsa(key, ..) => {
                let public = rsa::PublicKeyComponents::<Vec<u8>>::from(key.public_key());
                json!({"e": b64(public.e), "kty": "RSA", "n": b64(public.n)})
            }
            Self::Ed25519(key) => {
                json!({"crv": "Ed25519", "kty": "OKP", "x": b64(key.public_key())})
            }
        }
    }

    /// RFC 7638; serde_json writes members in lexicographic order.
    pub fn thumbprint(&self) -> String {
        b64(digest::digest(
            &digest::SHA256,
            self.jwk().to_string().as_bytes(),
        ))
    }

    /// A JWS signature.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Ec(key, ..) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Rsa(key, _, encoding) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(*encoding, &random, message, &mut signature)
                    .unwrap();
                signature
            }
            Self::Ed25519(key) => key.sign(message).as_ref().to_vec(),
        }
    }

    /// A JWS with this header and payload.
    pub fn jws(&self, header: &Value, payload: &str) -> Value {
        let (protected, payload) = (b64(header.to_string()), b64(payload));
        let signature = self.sign(format!("{protected}.{payload}").as_bytes());
        json!({"protected": protected, "payload": payload, "signature": b64(signature)})
    }
}

/// A JWS with a MAC.
pub fn mac_jws(secret: &[u8], header: &Value, payload: &str) -> Value {
    let (protected, payload) = (b64(header.to_string()), b64(payload));
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let mac = hmac::sign(&key, format!("{protected}.{payload}").as_bytes());
    json!({"protected": protected, "payload": payload, "signature": b64(mac)})
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body of a success.
    pub fn ok(&self) -> Value {
        assert!(self.status < 300, "{} {}", self.status, self.text);
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// The problem of a failure: its type without the prefix and its document. Checks what RFC 8555 asks of all.
    pub fn problem(&self) -> (u16, String, Value) {
        assert!(self.status >= 400, "{} {}", self.status, self.text);
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        assert!(self.header("replay-nonce").is_some());
        let document: Value = serde_json::from_str(&self.text).unwrap();
        assert_eq!(document["status"], self.status);
        assert!(!document["detail"].as_str().unwrap().is_empty());
        let kind = document["type"]
            .as_str()
            .unwrap()
            .strip_prefix("urn:ietf:params:acme:error:")
            .unwrap()
            .to_owned();
        (self.status, kind, document)
    }

    /// Status and type of a failure.
    pub fn refusal(&self) -> (u16, String) {
        let (status, kind, _) = self.problem();
        (status, kind)
    }
}

/// The client.
pub struct Client {
    /// Its key.
    pub key: Key,
    /// URL of its account.
    pub kid: Option<String>,
    base: String,
    directory: String,
    http: reqwest::Client,
    nonce: Option<String>,
}

impl Client {
    /// A client of the directory at `{base}{directory}`.
    pub fn new(base: &str, directory: &str, key: Key) -> Self {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(20))
            .build()
            .unwrap();
        Self {
            key,
            kid: None,
            base: base.into(),
            directory: directory.into(),
            http,
            nonce: None,
        }
    }

    /// A second client of the same account.
    pub fn also(&self, key: Key) -> Self {
        Self {
            kid: self.kid.clone(),
            ..Self::new(&self.base, &self.directory, key)
        }
    }

    /// URL of a resource of the directory.
    pub fn url(&self, name: &str) -> String {
        format!("{}{}/{name}", self.base, self.directory)
    }

    /// A plain GET.
    pub async fn plain(&self, url: &str) -> Answer {
        read(self.http.get(url).send().await.unwrap()).await
    }

    /// A fresh nonce.
    pub async fn fresh_nonce(&self) -> String {
        let answer = self.http.head(self.url("new-nonce")).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.headers()["replay-nonce"]
            .to_str()
            .unwrap()
            .to_owned()
    }

    async fn nonce(&mut self) -> String {
        match self.nonce.take() {
            Some(nonce) => nonce,
            None => self.fresh_nonce().await,
        }
    }

    /// A body as it is, to a URL.
    pub async fn send(&mut self, url: &str, body: String) -> Answer {
        let request = self
            .http
            .post(url)
            .header("content-type", "application/jose+json")
            .body(body);
        let answer = read(request.send().await.unwrap()).await;
        self.nonce = answer.header("replay-nonce").map(str::to_owned);
        answer
    }

    /// The protected header of a proper request.
    pub async fn header(&mut self, url: &str) -> Value {
        let mut header =
            json!({"alg": self.key.algorithm(), "url": url, "nonce": self.nonce().await});
        match &self.kid {
            Some(kid) => header["kid"] = json!(kid),
            None => header["jwk"] = self.key.jwk(),
        }
        header
    }

    /// A request with a header that the story has bent.
    pub async fn post_bent(
        &mut self,
        url: &str,
        payload: &str,
        bend: impl FnOnce(&mut Value),
    ) -> Answer {
        let mut header = self.header(url).await;
        bend(&mut header);
        let body = self.key.jws(&header, payload);
        self.send(url, body.to_string()).await
    }

    /// A proper request.
    pub async fn post(&mut self, url: &str, payload: &str) -> Answer {
        self.post_bent(url, payload, |_| {}).await
    }

    /// POST-as-GET.
    pub async fn get(&mut self, url: &str) -> Answer {
        self.post(url, "").await
    }

    /// newAccount.
    pub async fn new_account(&mut self, payload: Value) -> Answer {
        let answer = self
            .post(&self.url("new-account"), &payload.to_string())
            .await;
        if answer.status < 300 {
            self.kid = answer.header("location").map(str::to_owned);
        }
        answer
    }

    /// newAccount that must work.
    pub async fn register(&mut self) {
        let answer = self
            .new_account(
                json!({"contact": ["mailto:a@example.test"], "termsOfServiceAgreed": true}),
            )
            .await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }

    /// newOrder.
    pub async fn new_order(&mut self, names: &[&str]) -> Answer {
        let identifiers: Vec<Value> = names
            .iter()
            .map(|name| {
                let kind = if name.parse::<std::net::IpAddr>().is_ok() {
                    "ip"
                } else {
                    "dns"
                };
                json!({"type": kind, "value": name})
            })
            .collect();
        self.post(
            &self.url("new-order"),
            &json!({ "identifiers": identifiers }).to_string(),
        )
        .await
    }

    /// newOrder that must work.
    pub async fn order(&mut self, names: &[&str]) -> Order {
        let answer = self.new_order(names).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        Order {
            url: answer.header("location").unwrap().to_owned(),
            body: answer.ok(),
        }
    }

    /// finalize.
    pub async fn finalize(&mut self, order: &Order, csr: &[u8]) -> Answer {
        let url = order.body["finalize"].as_str().unwrap().to_owned();
        self.post(&url, &json!({ "csr": b64(csr) }).to_string())
            .await
    }

    /// Polls an authorization until it is decided.
    pub async fn decided(&mut self, url: &str) -> Value {
        for _ in 0..400 {
            let body = self.get(url).await.ok();
            if body["status"] != "pending" {
                return body;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{url} stays pending");
    }

    /// What the acmeIdentifier extension of RFC 8737 §3 holds.
    pub fn digest(&self, token: &str) -> Vec<u8> {
        let key_authorization = self.key_authorization(token);
        let digest = digest::digest(&digest::SHA256, key_authorization.as_bytes());
        digest.as_ref().to_vec()
    }

    /// A new order with members of one's own.
    pub async fn new_order_with(&mut self, name: &str, more: Value) -> Answer {
        let mut order = json!({"identifiers": [{"type": "dns", "value": name}]});
        for (member, value) in more.as_object().unwrap() {
            order[member] = value.clone();
        }
        let url = self.url("new-order");
        self.post(&url, &order.to_string()).await
    }

    /// RFC 8555 §8.1.
    pub fn key_authorization(&self, token: &str) -> String {
        format!("{token}.{}", self.key.thumbprint())
    }

    /// RFC 8555 §8.4.
    pub fn dns_record(&self, token: &str) -> String {
        b64(digest::digest(
            &digest::SHA256,
            self.key_authorization(token).as_bytes(),
        ))
    }
}

async fn read(response: reqwest::Response) -> Answer {
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await.unwrap(),
    }
}
