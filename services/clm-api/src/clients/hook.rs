//! Webhooks that are told of events, in the form of <https://www.standardwebhooks.com>: a message with an id that stays
//! the same when it is sent again, a time, and an HMAC-SHA256 over both and the body.

use std::{path::Path, time::Duration};

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ers_runtime::error::chain;

use super::https::Https;
use crate::domain::https_url::HttpsUrl;

const TIMEOUT: Duration = Duration::from_secs(15);

/// The way to all webhooks.
pub struct Hooks(Option<Https>);

impl Hooks {
    /// `authorities` vouch for the other side, PEM. Without that file there are no webhooks: a machine without any
    /// public CA may have no use of them.
    ///
    /// # Errors
    /// What is wrong with the file, in words.
    pub fn new(authorities: &Path) -> Result<Self, String> {
        if !authorities.exists() {
            return Ok(Self(None));
        }
        Https::trusting(authorities, TIMEOUT).map(Some).map(Self)
    }

    /// Tells one; it has taken the message when this returns.
    ///
    /// # Errors
    /// Why not, in words.
    pub async fn tell(
        &self,
        url: &HttpsUrl,
        secret: &[u8],
        id: &str,
        seconds: i64,
        body: &serde_json::Value,
    ) -> Result<(), String> {
        let https = self
            .0
            .as_ref()
            .ok_or("the configuration's notifications.authorities is not there")?;
        let body = serde_json::to_vec(body).map_err(|error| chain(&error))?;
        let seconds = seconds.to_string();
        let signature = sign(secret, id, &seconds, &body);
        let headers = [
            ("webhook-id", id),
            ("webhook-timestamp", seconds.as_str()),
            ("webhook-signature", signature.as_str()),
        ];
        let answer = https.post(url, &headers, body).await?;
        match answer.status {
            200..=299 => Ok(()),
            status => Err(format!("it answered {status}")),
        }
    }
}

fn sign(secret: &[u8], id: &str, seconds: &str, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret));
    for part in [id.as_bytes(), b".", seconds.as_bytes(), b".", body] {
        context.update(part);
    }
    format!("v1,{}", STANDARD.encode(context.sign()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example in the specification's reference implementations.
    #[test]
    fn the_signature_is_that_of_the_specification() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = sign(
            &secret,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
