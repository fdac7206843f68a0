//! Promises: two replicas over one database and one Redis are one server: a nonce of one is good at the other, once;
//! without Redis nothing is forgotten that must not be.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ers_runtime::config::Secret;

use crate::support::World;

struct Redis {
    process: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Redis {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let process = Command::new("redis-server")
            .args([
                "--port",
                &port.to_string(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
            ])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::sleep(Duration::from_millis(10));
        }
        Self {
            process,
            url: format!("redis://127.0.0.1:{port}"),
            _folder: folder,
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Failure 38: a nonce of one front end at another.
#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_of_one_replica_counts_once_at_any() {
    let redis = Redis::start();
    let world = World::with(|config| config.redis = Some(Secret::literal(&redis.url))).await;
    let other = world.replica().await;
    let mut client = world.client().await;
    let kid = client.kid.clone().unwrap();
    let there = kid.replace(&world.base, &other);
    let header = client.header(&kid).await;
    let body = client.key.jws(&header, "").to_string();
    assert_eq!(client.send(&there, body.clone()).await.status, 200);
    assert_eq!(
        client.send(&kid, body.clone()).await.refusal(),
        (400, "badNonce".into())
    );
    assert_eq!(
        client.send(&there, body).await.refusal(),
        (400, "badNonce".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_count_over_all_replicas() {
    let redis = Redis::start();
    let world = World::with(|config| {
        config.redis = Some(Secret::literal(&redis.url));
        config.limits.new_orders_per_account = 2;
    })
    .await;
    let other = world.replica().await;
    let mut client = world.client().await;
    client.order(&["a.test"]).await;
    let url = client.url("new-order");
    let there = url.replace(&world.base, &other);
    let payload = r#"{"identifiers": [{"type": "dns", "value": "a.test"}]}"#;
    for (expected, to) in [(201, &there), (429, &there), (429, &url)] {
        let header = client.header(&url).await;
        let body = client.key.jws(&header, payload).to_string();
        assert_eq!(client.send(to, body).await.status, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_requests_wait_and_come_back() {
    let mut redis = Redis::start();
    let world = World::with(|config| config.redis = Some(Secret::literal(&redis.url))).await;
    let mut client = world.client().await;
    let kid = client.kid.clone().unwrap();
    let header = client.header(&kid).await;
    let body = client.key.jws(&header, "").to_string();
    redis.process.kill().unwrap();
    redis.process.wait().unwrap();
    let answer = client.send(&kid, body).await;
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert!(answer.header("retry-after").is_some());
    for _ in 0..3 {
        let asked = std::time::Instant::now();
        let answer = client.plain(&client.url("new-nonce")).await;
        assert_eq!(answer.status, 503, "{}", answer.text);
        assert!(asked.elapsed().as_secs() < 5, "{:?}", asked.elapsed());
    }
}

/// Failure 38: a nonce from before a restart.
#[tokio::test(flavor = "multi_thread")]
async fn accounts_and_orders_are_there_after_a_restart() {
    let mut world = World::new().await;
    let mut client = world.client().await;
    let order = world.ready_order(&mut client, &["a.test"]).await;
    let nonce = client.fresh_nonce().await;
    world.restart().await;
    let mut again = client.also(client.key.copy());
    let replayed = again
        .post_bent(&order.url, "", |header| header["nonce"] = nonce.into())
        .await;
    assert_eq!(replayed.refusal(), (400, "badNonce".into()));
    assert_eq!(again.get(&order.url).await.ok()["status"], "ready");
    assert_eq!(
        again
            .finalize(&order, &crate::support::csr(&["a.test"]))
            .await
            .ok()["status"],
        "valid"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn health_tells_what_is_out_of_reach() {
    let world = World::new().await;
    while !world.context.health.is_ready() {
        tokio::task::yield_now().await;
    }
    let names: Vec<_> = world
        .context
        .health
        .states()
        .into_iter()
        .map(|state| state.name)
        .collect();
    for name in ["acme.clm", "acme.database", "acme.shared-state"] {
        assert!(
            names.iter().any(|found| found == name),
            "{name} in {names:?}"
        );
    }
}
