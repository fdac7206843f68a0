//! The signer over gRPC. How calls travel is in `streams`.

mod streams;

use std::{fmt, sync::Arc};

use ers_calls::Calls;
use ers_pki::key::KeyAlgorithm;
use ers_proto::signer::v1 as wire;
use futures::{StreamExt, TryStreamExt};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{Body as HttpBody, Bytes, Service, StdError, http};
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;
use wire::decryption_client::DecryptionClient;
use wire::journal_client::JournalClient;
use wire::keys_client::KeysClient;
use wire::sealing_client::SealingClient;
use wire::signing_client::SigningClient;
use zeroize::Zeroizing;

use crate::{
    ChainHead, ClientKey, DecryptCall, JournalEntry, JournalStream, Key, KeyId, MacCheck, NewKey,
    PasswordKeyCall, PasswordMacCall, Purpose, SignCall, Signed, Signer, SignerError,
    VerifyProgress, VerifyStream,
};

/// Longest answer that is read: the list of some ten thousand keys.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// Longer ones go in pieces, so that neither side needs to hold them in a message as well.
const MAX_WHOLE: usize = 1024 * 1024;

/// Whatever carries the calls. Its error is a `Status`: with a boxed error the compiler loses track of lifetimes in the
/// trait's futures.
type AnyChannel = BoxCloneSyncService<http::Request<Body>, http::Response<Body>, Status>;

/// Asks the signer at the other end of a channel.
#[derive(Clone)]
pub struct SignerClient {
    signing: SigningClient<AnyChannel>,
    signatures: Arc<Calls<wire::SignQuestion, wire::SignAnswer>>,
    pub(crate) keys: KeysClient<AnyChannel>,
    sealing: SealingClient<AnyChannel>,
    password_macs: Arc<Calls<wire::VerifyPasswordMacQuestion, wire::VerifyPasswordMacAnswer>>,
    decryption: DecryptionClient<AnyChannel>,
    decryptions: Arc<Calls<wire::DecryptQuestion, wire::DecryptAnswer>>,
    journal: JournalClient<AnyChannel>,
}

impl SignerClient {
    /// A client over a channel: whatever a generated client takes.
    pub fn new<C, B>(channel: C) -> Self
    where
        C: Service<http::Request<Body>, Response = http::Response<B>>
            + Clone
            + Send
            + Sync
            + 'static,
        C::Error: Into<StdError>,
        C::Future: Send + 'static,
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<StdError>,
    {
        let channel = BoxCloneSyncService::new(
            channel
                .map_response(|response: http::Response<B>| response.map(Body::new))
                .map_err(|error: C::Error| Status::from_error(error.into())),
        );
        let signing = SigningClient::new(channel.clone());
        let streams = signing.clone();
        let open = move |questions| {
            let mut streams = streams.clone();
            async move { Ok(streams.sign_each(questions).await?.into_inner()) }
        };
        let sealing = SealingClient::new(channel.clone());
        let streams = sealing.clone();
        let open_sealing = move |questions| {
            let mut streams = streams.clone();
            async move {
                Ok(streams
                    .verify_password_mac_each(questions)
                    .await?
                    .into_inner())
            }
        };
        let decryption = DecryptionClient::new(channel.clone());
        let streams = decryption.clone();
        let open_decryption = move |questions| {
            let mut streams = streams.clone();
            async move { Ok(streams.decrypt_each(questions).await?.into_inner()) }
        };
        Self {
            signing,
            signatures: Arc::new(Calls::new(open, |answer| answer.number)),
            keys: KeysClient::new(channel.clone()).max_decoding_message_size(MAX_ANSWER_BYTES),
            password_macs: Arc::new(Calls::new(open_sealing, |answer| answer.number)),
            sealing,
            decryptions: Arc::new(Calls::new(open_decryption, |answer| answer.number)),
            decryption,
            journal: JournalClient::new(channel),
        }
    }
}

impl fmt::Debug for SignerClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignerClient")
    }
}

#[async_trait::async_trait]
impl Signer for SignerClient {
    async fn sign(&self, call: SignCall<'_>) -> Result<Signed, SignerError> {
        let is_long = call.purpose == Purpose::Crl && call.to_be_signed.len() > MAX_WHOLE;
        let long = if is_long {
            let head = wire::SignLongHead {
                request_id: call.request_id.to_owned(),
                key_id: call.key_id.to_string(),
                purpose: call.purpose.to_wire(),
                signature_algorithm: call.signature_algorithm.to_string(),
                context: call.context.clone(),
            };
            self.sign_long(head, call.to_be_signed).await?
        } else {
            None
        };
        let answer = match long {
            Some(answer) => answer,
            None => {
                let request = wire::SignRequest {
                    request_id: call.request_id.to_owned(),
                    key_id: call.key_id.to_string(),
                    purpose: call.purpose.to_wire(),
                    signature_algorithm: call.signature_algorithm.to_string(),
                    to_be_signed: call.to_be_signed.to_vec(),
                    context: call.context,
                };
                self.sign_somehow(request).await?
            }
        };
        if let Some(public_key) = call.public_key {
            public_key
                .verify(
                    call.signature_algorithm,
                    call.to_be_signed,
                    &answer.signature,
                )
                .map_err(|_| SignerError::BadSignature {
                    key_id: call.key_id.to_string(),
                    signature_algorithm: call.signature_algorithm,
                })?;
        }
        Ok(Signed {
            signature: answer.signature,
            chain: answer.chain,
            sequence: answer.sequence,
        })
    }

    async fn decrypt(&self, call: DecryptCall<'_>) -> Result<Zeroizing<Vec<u8>>, SignerError> {
        let request = wire::DecryptRequest {
            request_id: call.request_id.to_owned(),
            key_id: call.key_id.to_string(),
            algorithm: call.transport.identifier_der(),
            ciphertext: call.ciphertext.to_vec(),
            expected_length: u32::try_from(call.expected_length).unwrap_or(u32::MAX),
        };
        let answer = self.decrypt_somehow(request).await?;
        Ok(Zeroizing::new(answer.plaintext))
    }

    async fn create_key(&self, new: NewKey) -> Result<Key, SignerError> {
        let request = wire::CreateKeyRequest::from(new);
        self.keys
            .clone()
            .create_key(request)
            .await?
            .into_inner()
            .try_into()
    }

    async fn load_key(&self, id: &KeyId) -> Result<Key, SignerError> {
        let request = wire::LoadKeyRequest {
            key_id: id.to_string(),
        };
        self.keys
            .clone()
            .load_key(request)
            .await?
            .into_inner()
            .try_into()
    }

    async fn list_keys(&self) -> Result<Vec<Key>, SignerError> {
        let answer = self
            .keys
            .clone()
            .list_keys(wire::ListKeysRequest {})
            .await?
            .into_inner();
        answer.keys.into_iter().map(Key::try_from).collect()
    }

    async fn tokens(&self) -> Result<Vec<wire::Token>, SignerError> {
        self.list_tokens().await
    }

    async fn destroy_key(&self, id: &KeyId) -> Result<(), SignerError> {
        self.keys
            .clone()
            .destroy_key(wire::DestroyKeyRequest {
                key_id: id.to_string(),
            })
            .await?;
        Ok(())
    }

    async fn make_client_key(
        &self,
        request_id: &str,
        algorithm: KeyAlgorithm,
    ) -> Result<ClientKey, SignerError> {
        let request = wire::MakeClientKeyRequest {
            request_id: request_id.to_owned(),
            key_algorithm: algorithm.to_string(),
        };
        let made = self
            .keys
            .clone()
            .make_client_key(request)
            .await?
            .into_inner();
        Ok(ClientKey {
            public_key: made.public_key,
            private_key: Zeroizing::new(made.private_key),
        })
    }

    async fn seal(&self, context: &str, secret: &[u8]) -> Result<Vec<u8>, SignerError> {
        let request = wire::SealRequest {
            context: context.to_owned(),
            secret: secret.to_vec(),
        };
        Ok(self
            .sealing
            .clone()
            .seal(request)
            .await?
            .into_inner()
            .sealed)
    }

    async fn unseal(
        &self,
        context: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SignerError> {
        let request = wire::UnsealRequest {
            context: context.to_owned(),
            sealed: sealed.to_vec(),
        };
        Ok(Zeroizing::new(
            self.sealing
                .clone()
                .unseal(request)
                .await?
                .into_inner()
                .secret,
        ))
    }

    async fn verify_mac(&self, check: MacCheck<'_>) -> Result<bool, SignerError> {
        let request = wire::VerifyMacRequest {
            context: check.context.to_owned(),
            sealed_key: check.sealed_key.to_vec(),
            mac_algorithm: check.algorithm.as_str().to_owned(),
            data: check.data.to_vec(),
            mac: check.mac.to_vec(),
        };
        Ok(self
            .sealing
            .clone()
            .verify_mac(request)
            .await?
            .into_inner()
            .valid)
    }

    async fn compute_password_mac(
        &self,
        call: PasswordMacCall<'_>,
    ) -> Result<Vec<u8>, SignerError> {
        let request = wire::ComputePasswordMacRequest {
            context: call.context.to_owned(),
            sealed_secret: call.sealed_secret.to_vec(),
            algorithm: call.algorithm.to_vec(),
            data: call.data.to_vec(),
        };
        let answer = self.sealing.clone().compute_password_mac(request).await?;
        Ok(answer.into_inner().mac)
    }

    async fn derive_password_key(
        &self,
        call: PasswordKeyCall<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, SignerError> {
        let request = wire::DerivePasswordKeyRequest {
            context: call.context.to_owned(),
            sealed_secret: call.sealed_secret.to_vec(),
            salt: call.salt.to_vec(),
            iterations: call.iterations.get(),
        };
        let answer = self.sealing.clone().derive_password_key(request).await?;
        Ok(Zeroizing::new(answer.into_inner().key))
    }

    async fn verify_password_mac(
        &self,
        call: PasswordMacCall<'_>,
        mac: &[u8],
    ) -> Result<bool, SignerError> {
        let opened = self.open_password_mac(call, mac, &[]).await?;
        Ok(opened.is_some())
    }

    async fn open_password_mac(
        &self,
        call: PasswordMacCall<'_>,
        mac: &[u8],
        answer_algorithm: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, SignerError> {
        let request = wire::VerifyPasswordMacRequest {
            context: call.context.to_owned(),
            sealed_secret: call.sealed_secret.to_vec(),
            algorithm: call.algorithm.to_vec(),
            data: call.data.to_vec(),
            mac: mac.to_vec(),
            answer_algorithm: answer_algorithm.to_vec(),
        };
        let answer = self.verify_somehow(request).await?;
        let key = Zeroizing::new(answer.answer_key);
        Ok(answer.valid.then_some(key))
    }

    async fn list_chains(&self) -> Result<Vec<ChainHead>, SignerError> {
        let answer = self
            .journal
            .clone()
            .list_chains(wire::ListChainsRequest {})
            .await?
            .into_inner();
        Ok(answer.chains.into_iter().map(ChainHead::from).collect())
    }

    async fn read_journal(
        &self,
        chain: &str,
        from_sequence: u64,
        purposes: &[Purpose],
    ) -> Result<JournalStream, SignerError> {
        let request = wire::ReadJournalRequest {
            chain: chain.to_owned(),
            from_sequence,
            purposes: purposes.iter().map(|purpose| purpose.to_wire()).collect(),
        };
        let answer = self.journal.clone().read(request).await?.into_inner();
        Ok(answer
            .map_err(SignerError::from)
            .and_then(|entry| std::future::ready(JournalEntry::try_from(entry)))
            .boxed())
    }

    async fn verify_journal(&self, chain: Option<&str>) -> Result<VerifyStream, SignerError> {
        let request = wire::VerifyJournalRequest {
            chain: chain.unwrap_or_default().to_owned(),
        };
        let answer = self.journal.clone().verify(request).await?.into_inner();
        Ok(answer
            .map_ok(VerifyProgress::from)
            .map_err(SignerError::from)
            .boxed())
    }
}
