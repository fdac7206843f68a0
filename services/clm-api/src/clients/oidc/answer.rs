//! Answers of the provider, read within limits.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::OidcError;

const LARGEST_ANSWER: usize = 1 << 20;

pub(super) async fn read<T: DeserializeOwned>(
    what: &'static str,
    request: reqwest::RequestBuilder,
) -> Result<T, OidcError> {
    let unreachable = |source: reqwest::Error| OidcError::Unreachable {
        what,
        source: source.without_url(),
    };
    let mut response = request
        .header("Accept", "application/json")
        .send()
        .await
        .map_err(unreachable)?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(unreachable)? {
        body.extend_from_slice(&part);
        if body.len() > LARGEST_ANSWER {
            let detail = "too long".to_owned();
            return Err(OidcError::Answer { what, detail });
        }
    }
    if !status.is_success() {
        let code = serde_json::from_slice::<Value>(&body)
            .ok()
            .and_then(|body| body.get("error")?.as_str().map(str::to_owned))
            .unwrap_or_default()
            .chars()
            .filter(char::is_ascii_graphic)
            .take(64)
            .collect();
        return Err(OidcError::Refused { what, status, code });
    }
    serde_json::from_slice(&body).map_err(|error| OidcError::Answer {
        what,
        detail: error.to_string(),
    })
}
