//! Promises:
//! - with Redis a session outlives the process that began it, counts at every replica, and ends at all of them at once

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use actix_web::test;
use ers_test_support::databases::{Kind, fresh};

use super::{
    clm::World,
    rest::{get, log_in, send, with},
};

/// A Redis of the story's own.
struct Redis {
    process: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Redis {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no"])
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

async fn status(world: &World, token: &str) -> u16 {
    get(world, token, "session").await.status.as_u16()
}

async fn log_out(world: &World, token: &str) -> u16 {
    let request = test::TestRequest::delete().uri("/clm-api/v1/session");
    send(world, with(token, request)).await.status.as_u16()
}

#[actix_web::test]
async fn a_session_in_redis_outlives_its_process_and_ends_at_every_replica() {
    let redis = Redis::start();
    let world = World::with_redis(fresh(Kind::Sqlite).await.unwrap(), &redis.url).await;
    let other = world.replica().await;
    let token = log_in(&world).await;
    assert_eq!(
        (status(&world, &token).await, status(&other, &token).await),
        (200, 200)
    );
    let second = log_in(&world).await;

    // What one replica ends is over at the other; another session of the same person is not.
    assert!(log_out(&other, &token).await < 300);
    assert_eq!(
        (status(&world, &token).await, status(&other, &token).await),
        (401, 401)
    );
    assert_eq!(status(&world, &second).await, 200);

    // Both processes end; one that starts later knows the session.
    for old in [&world, &other] {
        old.context.shutdown.stop();
        let patience = Duration::from_secs(10);
        assert!(old.context.shutdown.drained(patience).await);
    }
    let later = world.replica().await;
    assert_eq!(status(&later, &second).await, 200);
    assert_eq!(status(&later, &token).await, 401);
    later.stop().await;
}
