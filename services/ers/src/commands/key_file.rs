//! Keys that the platform made, fetched as PKCS#12 into a file that only its owner may read.

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::read_password;
use crate::{
    failure::{Attempt as _, Failure, Outcome},
    key_store, output,
    rest::Rest,
};

/// Fetches the key that is at a path, protected by the password of a file.
pub async fn fetch(rest: &Rest, path: &str, out: &Path, password_file: &Path) -> Outcome<()> {
    let password = read_password(password_file)?;
    if out.exists() {
        return Err(Failure::new(format!("{} is there already", out.display())));
    }
    // It may be handed out once only: a place where it cannot be written is found out before.
    key_store::write_private(out, &[])?;
    let fetched = hand_out(rest, path, &password).await;
    let Ok(file) = fetched else {
        let _ = std::fs::remove_file(out);
        return fetched.map(drop);
    };
    key_store::write_private(out, &file)?;
    output::line(&format!("key and certificate are in {}", out.display()))
}

async fn hand_out(rest: &Rest, path: &str, password: &str) -> Outcome<Zeroizing<Vec<u8>>> {
    let body = json!({"password": password});
    read(&rest.act(Method::POST, path, &body).await?)
}

/// The PKCS#12 file of an answer.
pub fn read(told: &Value) -> Outcome<Zeroizing<Vec<u8>>> {
    let text = told.get("pkcs12").and_then(Value::as_str);
    let text = text.ok_or_else(|| Failure::new("the platform gave no key"))?;
    STANDARD
        .decode(text)
        .map(Zeroizing::new)
        .attempt("read the key")
}
