//! Promises:
//! - a file is sent in the coding that the browser takes, with a tag by which it need not be sent again
//! - files whose names change with their content may be kept for ever, the page is asked for anew
//! - every path of the app's own begins with its page; a file that is not there is a problem document
//! - every answer carries the content security policy
#![cfg(test)]

use actix_web::{
    App,
    http::{StatusCode, header::HeaderMap},
    test,
};
use ers_web_app::{Packed, WebApp};

const APP: Packed = Packed {
    path: "/clm-ui",
    files: &[],
};
const PAGE: &str = "<!doctype html><title>app</title>";

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

async fn ask(path: &str, headers: &[(&str, &str)]) -> Answer {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir(folder.path().join("assets")).unwrap();
    write("index.html", PAGE);
    write("assets/main-1a2b.js", "plain");
    write("assets/main-1a2b.js.gz", "by gzip");
    write("assets/main-1a2b.js.br", "by brotli");
    let ui = WebApp::new(&APP, Some(folder.path())).unwrap();
    assert!(ui.is_built());
    let app = test::init_service(App::new().configure(ui.configure())).await;
    let mut request = test::TestRequest::get().uri(path);
    for header in headers {
        request = request.insert_header(*header);
    }
    let response = test::call_service(&app, request.to_request()).await;
    Answer {
        status: response.status(),
        headers: response.headers().clone(),
        body: test::read_body(response).await.to_vec(),
    }
}

#[actix_web::test]
async fn a_file_comes_in_the_coding_that_the_browser_takes() {
    for (takes, coding, body) in [
        ("gzip, deflate, br, zstd", "br", "by brotli"),
        ("gzip", "gzip", "by gzip"),
        ("br;q=0, gzip;q=0.5", "gzip", "by gzip"),
        ("identity", "identity", "plain"),
    ] {
        let answer = ask("/clm-ui/assets/main-1a2b.js", &[("Accept-Encoding", takes)]).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("content-encoding"), coding, "{takes}");
        assert_eq!(answer.body, body.as_bytes(), "{takes}");
        assert_eq!(answer.header("vary"), "Accept-Encoding");
        assert_eq!(
            answer.header("content-type"),
            "text/javascript; charset=utf-8"
        );
        assert!(answer.header("cache-control").contains("immutable"));
    }
}

#[actix_web::test]
async fn a_known_file_is_not_sent_again() {
    let path = "/clm-ui/assets/main-1a2b.js";
    let gzip = ("Accept-Encoding", "gzip");
    let first = ask(path, &[gzip]).await;
    let tag = first.header("etag");
    let again = ask(path, &[gzip, ("If-None-Match", tag)]).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert!(again.body.is_empty());
    let other_coding = ask(path, &[("Accept-Encoding", "br"), ("If-None-Match", tag)]).await;
    assert_eq!(other_coding.status, StatusCode::OK);
}

#[actix_web::test]
async fn every_path_of_the_app_begins_with_its_page() {
    for path in [
        "/clm-ui/",
        "/clm-ui/certificates",
        "/clm-ui/certificates/0a1b?tab=chain",
    ] {
        let answer = ask(path, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.body, PAGE.as_bytes());
        assert_eq!(answer.header("cache-control"), "no-cache");
    }
    let without_slash = ask("/clm-ui", &[]).await;
    assert_eq!(without_slash.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(without_slash.header("location"), "/clm-ui/");
}

#[actix_web::test]
async fn a_file_that_is_not_there_is_a_problem() {
    for path in [
        "/clm-ui/assets/old-0000.js",
        "/clm-ui/assets/no-ending",
        "/clm-ui/missing.png",
        "/clm-ui/../etc/passwd.txt",
        "/clm-ui/%2e%2e/%2e%2e/etc/shadow.txt",
    ] {
        let answer = ask(path, &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    let answer = ask("/clm-ui/missing.png", &[]).await;
    assert_eq!(answer.header("content-type"), "application/problem+json");
}

#[actix_web::test]
async fn every_page_carries_its_protection() {
    let answer = ask("/clm-ui/", &[]).await;
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(
        !policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
}
