//! A web server that answers what it was told, without any cleverness that could hide a fault.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The server.
#[derive(Clone)]
pub struct Web {
    /// Where it listens.
    pub address: SocketAddr,
    answers: Arc<Mutex<HashMap<String, String>>>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Web {
    /// An empty one: 404 for everything.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let web = Self {
            address: listener.local_addr().unwrap(),
            answers: Arc::default(),
            seen: Arc::default(),
        };
        let server = web.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = server.clone();
                tokio::spawn(async move { server.answer(stream).await });
            }
        });
        web
    }

    /// Answers a path with a body.
    pub fn put(&self, path: &str, body: &str) {
        self.raw(
            path,
            format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            ),
        );
    }

    /// Redirects a path.
    pub fn redirect(&self, path: &str, to: &str) {
        self.raw(
            path,
            format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"),
        );
    }

    /// Answers a path with these bytes.
    pub fn raw(&self, path: &str, answer: String) {
        self.answers.lock().insert(path.to_owned(), answer);
    }

    /// First lines and hosts of all requests.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().clone()
    }

    async fn answer(&self, mut stream: TcpStream) {
        let mut request = Vec::new();
        let mut buffer = [0; 1024];
        while !request.windows(4).any(|window| window == b"\r\n\r\n") {
            match stream.read(&mut buffer).await {
                Ok(length) if length > 0 => request.extend(&buffer[..length]),
                _ => return,
            }
        }
        let request = String::from_utf8_lossy(&request).into_owned();
        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
        self.seen.lock().push(request);
        let answer = self.answers.lock().get(&path).cloned();
        let answer =
            answer.unwrap_or_else(|| "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".into());
        let _ = stream.write_all(answer.as_bytes()).await;
    }
}
