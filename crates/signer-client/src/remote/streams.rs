//! How calls travel: many over one stream where that is possible, so that what is asked at the same time goes together;
//! else each by itself; and what is long in pieces.

use ers_proto::signer::v1 as wire;
use futures::{SinkExt as _, channel::mpsc};
use tonic::{Code, Status};

use super::SignerClient;
use crate::SignerError;

/// Longer bytes (CRLs) go by a call of their own: they would hold up the stream.
const MAX_STREAMED: usize = 128 * 1024;
const PIECE: usize = 256 * 1024;

impl SignerClient {
    /// In pieces; none when the signer is of a release before that.
    pub(super) async fn sign_long(
        &self,
        head: wire::SignLongHead,
        to_be_signed: &[u8],
    ) -> Result<Option<wire::SignResponse>, SignerError> {
        use wire::sign_long_request::Part;
        let message = |part| wire::SignLongRequest { part: Some(part) };
        let (mut sender, receiver) = mpsc::channel(2);
        let send = async move {
            let pieces = to_be_signed
                .chunks(PIECE)
                .map(|piece| Part::Piece(piece.to_vec()));
            for part in std::iter::once(Part::Head(head)).chain(pieces) {
                // a signer that has heard enough has answered
                if sender.send(message(part)).await.is_err() {
                    break;
                }
            }
        };
        let mut signing = self.signing.clone();
        let (answer, ()) = futures::join!(signing.sign_long(receiver), send);
        match answer {
            Ok(signed) => Ok(Some(signed.into_inner())),
            Err(status) if status.code() == Code::Unimplemented => Ok(None),
            Err(status) => Err(status.into()),
        }
    }

    /// By the stream where that is possible, so that signatures asked for at the same time travel together.
    pub(super) async fn sign_somehow(
        &self,
        request: wire::SignRequest,
    ) -> Result<wire::SignResponse, SignerError> {
        use wire::sign_answer::Outcome;
        if request.to_be_signed.len() > MAX_STREAMED {
            return Ok(self.signing.clone().sign(request).await?.into_inner());
        }
        let answer = self
            .signatures
            .ask(|number| wire::SignQuestion {
                number,
                request: Some(request.clone()),
                traceparent: ers_calls::trace::current(),
            })
            .await?;
        match answer.map(|answer| answer.outcome) {
            Some(Some(Outcome::Signed(signed))) => Ok(signed),
            Some(Some(Outcome::Failure(failure))) => Err(failed(failure)),
            Some(None) => Err(SignerError::Malformed { field: "outcome" }),
            None => Ok(self.signing.clone().sign(request).await?.into_inner()),
        }
    }

    pub(super) async fn verify_somehow(
        &self,
        request: wire::VerifyPasswordMacRequest,
    ) -> Result<wire::VerifyPasswordMacResponse, SignerError> {
        use wire::verify_password_mac_answer::Outcome;
        let mut sealing = self.sealing.clone();
        if request.data.len() > MAX_STREAMED {
            return Ok(sealing.verify_password_mac(request).await?.into_inner());
        }
        let answer = self
            .password_macs
            .ask(|number| wire::VerifyPasswordMacQuestion {
                number,
                request: Some(request.clone()),
                traceparent: ers_calls::trace::current(),
            })
            .await?;
        match answer.map(|answer| answer.outcome) {
            Some(Some(Outcome::Verified(verified))) => Ok(verified),
            Some(Some(Outcome::Failure(failure))) => Err(failed(failure)),
            Some(None) => Err(SignerError::Malformed { field: "outcome" }),
            None => Ok(sealing.verify_password_mac(request).await?.into_inner()),
        }
    }

    pub(super) async fn decrypt_somehow(
        &self,
        request: wire::DecryptRequest,
    ) -> Result<wire::DecryptResponse, SignerError> {
        use wire::decrypt_answer::Outcome;
        let answer = self
            .decryptions
            .ask(|number| wire::DecryptQuestion {
                number,
                request: Some(request.clone()),
                traceparent: ers_calls::trace::current(),
            })
            .await?;
        match answer.map(|answer| answer.outcome) {
            Some(Some(Outcome::Decrypted(decrypted))) => Ok(decrypted),
            Some(Some(Outcome::Failure(failure))) => Err(failed(failure)),
            Some(None) => Err(SignerError::Malformed { field: "outcome" }),
            None => Ok(self.decryption.clone().decrypt(request).await?.into_inner()),
        }
    }
}

fn failed(failure: wire::CallFailure) -> SignerError {
    Status::new(failure.code.into(), failure.message).into()
}
