//! Signing a CRL that comes in pieces: checked and hashed as it comes, then journalled and signed as any other.

use aws_lc_rs::digest::{Context, SHA256};
use ers_pki::inspect::CrlPieces;
use ers_pki::key::Digesting;
use ers_signer_client::Purpose;
use futures::{Stream, StreamExt as _};

use super::places;
use super::sign::{Admitted, Ask, Checked, SignError, Signature, admit, complete, tell};
use crate::backend::Message;
use crate::domain::{self, Beyond};
use crate::state::State;

/// Longest piece.
const MOST_PIECE: usize = 1024 * 1024;

/// Signs; an error of the pieces is one of the caller's connection.
#[tracing::instrument(
    name = "signer.sign_long", skip_all,
    fields(request_id = ask.request_id, key_id = %ask.key_id, purpose = ask.purpose, requester = caller)
)]
pub(crate) async fn run(
    state: &State,
    caller: &str,
    ask: Ask,
    pieces: impl Stream<Item = Result<Vec<u8>, SignError>> + Unpin,
) -> Result<Signature, SignError> {
    let purpose = Purpose::from_wire(ask.purpose).ok_or(SignError::Purpose(ask.purpose))?;
    let (request_id, key_id) = (ask.request_id.clone(), ask.key_id.clone());
    let outcome = sign(state, caller, purpose, ask, pieces).await;
    tell(state, caller, purpose, (&request_id, &key_id), &outcome);
    outcome
}

async fn sign(
    state: &State,
    caller: &str,
    purpose: Purpose,
    ask: Ask,
    pieces: impl Stream<Item = Result<Vec<u8>, SignError>> + Unpin,
) -> Result<Signature, SignError> {
    if purpose != Purpose::Crl {
        return Err(SignError::NotLong);
    }
    // before anything is read
    let admitted = admit(state, caller, purpose, &ask).await?;
    let beyond = |source| SignError::Beyond { purpose, source };
    domain::check_algorithm(&admitted.key.key, admitted.algorithm).map_err(beyond)?;
    let checked = read(state, &admitted, pieces).await?;
    complete(state, caller, purpose, ask, admitted, checked).await
}

/// The digests of what comes, or all of it where they are not enough.
async fn read(
    state: &State,
    Admitted { key, algorithm }: &Admitted,
    mut pieces: impl Stream<Item = Result<Vec<u8>, SignError>> + Unpin,
) -> Result<Checked, SignError> {
    let purpose = Purpose::Crl;
    let beyond = |source| SignError::Beyond { purpose, source };
    let unlike = |source| {
        beyond(Beyond::Unlike {
            purpose,
            source: Some(source),
        })
    };
    let mut digesting =
        Digesting::new(*algorithm).filter(|_| places::sign_digests(state, key, *algorithm));
    let (mut whole, mut octets) = (Vec::new(), 0_usize);
    let (mut list, mut sha256) = (CrlPieces::new(), Context::new(&SHA256));
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        if piece.len() > MOST_PIECE {
            return Err(SignError::Pieces("a piece is longer than 1 MiB"));
        }
        octets = octets.saturating_add(piece.len());
        domain::check_length(purpose, octets).map_err(beyond)?;
        list.push(&piece).map_err(unlike)?;
        sha256.update(&piece);
        match &mut digesting {
            Some(digesting) => digesting.update(&piece),
            None => whole.extend_from_slice(&piece),
        }
        // entries are many: others have their turn
        tokio::task::yield_now().await;
    }
    domain::check_crl(&key.key, *algorithm, list.finish()).map_err(beyond)?;
    let mut digest = [0; 32];
    digest.copy_from_slice(sha256.finish().as_ref());
    let message = match digesting {
        Some(digesting) => Message::Digest(digesting.finish()),
        None => Message::Whole(whole),
    };
    Ok(Checked { message, digest })
}
