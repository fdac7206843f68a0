//! Bodies of requests as they come.

use actix_web::{http::StatusCode, web};
use ers_runtime::http::Problem;
use futures::StreamExt as _;

/// Largest body that any operation takes, in bytes: some hundred certificates with their chains.
const LARGEST: usize = 2 << 20;

/// The body, as far as it may be long.
pub(super) async fn whole(mut body: web::Payload) -> Result<web::Bytes, Problem> {
    let mut octets = web::BytesMut::new();
    while let Some(piece) = body.next().await {
        let piece =
            piece.map_err(|error| Problem::of(StatusCode::BAD_REQUEST, error.to_string()))?;
        if octets.len().saturating_add(piece.len()) > LARGEST {
            let detail = format!("at most {LARGEST} bytes");
            return Err(Problem::of(StatusCode::PAYLOAD_TOO_LARGE, detail));
        }
        octets.extend_from_slice(&piece);
    }
    Ok(octets.freeze())
}
