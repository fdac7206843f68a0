//! Promise: what keeps the signer from starting is told in one line with the way out, and never with a secret.

#[cfg(test)]
mod common;

use std::sync::Arc;

use common::{Signing, config};
use ers_runtime::Context;
use ers_runtime::clock::SystemClock;
use ers_runtime::error::chain;

#[tokio::test]
async fn a_taken_port_is_named() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let context = Context::for_test("signer", SystemClock::shared()).unwrap();
    let config = config(folder.path(), &format!("listen: {address}\n"));
    let error = signer::serve(context, config).await.unwrap_err();
    assert!(
        chain(&error).starts_with(&format!("listen on {address}: Address")),
        "{}",
        chain(&error)
    );
}

#[tokio::test]
async fn without_an_address_nothing_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let context = Context::for_test("signer", SystemClock::shared()).unwrap();
    let error = signer::serve(context, config(folder.path(), ""))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "read configuration: listen is missing");
}

#[tokio::test]
async fn a_missing_password_and_a_missing_folder_are_named() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let missing = "master_password: 'file:/nowhere/password'\n";
    let error = Signing::try_with(Arc::clone(&folder), missing)
        .await
        .err()
        .unwrap();
    assert!(
        chain(&error).contains("master_password") && chain(&error).contains("/nowhere/password"),
        "{}",
        chain(&error)
    );
    let context = Context::for_test("signer", SystemClock::shared()).unwrap();
    let error = signer::start(context, config(&folder.path().join("none"), ""))
        .await
        .err()
        .unwrap();
    assert!(
        chain(&error).contains("database") && !chain(&error).contains("open sesame"),
        "{}",
        chain(&error)
    );
}
