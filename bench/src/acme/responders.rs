//! What a validation finds: a DNS that says 127.0.0.1 of every name, and the port where challenges are answered.

use std::{collections::HashMap, net::SocketAddr, sync::Arc};

use anyhow::Result;
use parking_lot::RwLock;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UdpSocket},
    task::JoinHandle,
};

use crate::http::find;

const CHALLENGE_PATH: &str = "/.well-known/acme-challenge/";
/// Header of a DNS message, RFC 1035 section 4.1.1.
const HEADER: usize = 12;
/// Response, recursion desired and available, no error.
const FLAGS: [u8; 2] = [0x81, 0x80];
/// A name as at octet 12, type A, class IN, one minute, four octets, 127.0.0.1.
const ADDRESS: [u8; 16] = [0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1];

/// Key authorizations by token.
#[derive(Clone, Default)]
pub struct Challenges(Arc<RwLock<HashMap<String, String>>>);

impl Challenges {
    /// Answers that token from now on.
    pub fn set(&self, token: &str, key_authorization: String) {
        self.0.write().insert(token.to_owned(), key_authorization);
    }

    /// Does not any more.
    pub fn clear(&self, token: &str) {
        self.0.write().remove(token);
    }

    fn find(&self, token: &str) -> Option<String> {
        self.0.read().get(token).cloned()
    }
}

/// Both responders; they end when dropped.
pub struct Responders {
    /// Where challenges are answered.
    pub http_port: u16,
    /// Who answers DNS.
    pub resolver: SocketAddr,
    /// What is answered.
    pub challenges: Challenges,
    tasks: [JoinHandle<()>; 2],
}

impl Responders {
    /// Listening on free ports.
    pub async fn start() -> Result<Self> {
        let challenges = Challenges::default();
        let http = TcpListener::bind("127.0.0.1:0").await?;
        let dns = UdpSocket::bind("127.0.0.1:0").await?;
        Ok(Self {
            http_port: http.local_addr()?.port(),
            resolver: dns.local_addr()?,
            challenges: challenges.clone(),
            tasks: [
                tokio::spawn(answer_challenges(http, challenges)),
                tokio::spawn(answer_dns(dns)),
            ],
        })
    }
}

impl Drop for Responders {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn answer_dns(socket: UdpSocket) {
    let mut buffer = [0; 1500];
    loop {
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else {
            continue;
        };
        if let Some(answer) = buffer.get(..length).and_then(dns_answer) {
            // who asked and does not listen any more asks again
            let _ = socket.send_to(&answer, from).await;
        }
    }
}

/// The question with 127.0.0.1 behind it, or with nothing when it is not about an address of IPv4.
fn dns_answer(query: &[u8]) -> Option<Vec<u8>> {
    let end_of_name = query.iter().skip(HEADER).position(|octet| *octet == 0)? + HEADER + 1;
    let question = query.get(HEADER..end_of_name + 4)?;
    let wants_address = query.get(end_of_name..end_of_name + 2)? == [0, 1];
    let mut answer = query.get(..2)?.to_vec();
    answer.extend_from_slice(&FLAGS);
    answer.extend_from_slice(&[0, 1, 0, u8::from(wants_address), 0, 0, 0, 0]);
    answer.extend_from_slice(question);
    if wants_address {
        answer.extend_from_slice(&ADDRESS);
    }
    Some(answer)
}

async fn answer_challenges(listener: TcpListener, challenges: Challenges) {
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            // a validation that finds nothing says so itself
            tokio::spawn(answer_challenge(stream, challenges.clone()));
        }
    }
}

async fn answer_challenge(mut stream: TcpStream, challenges: Challenges) -> Option<()> {
    let mut request = Vec::with_capacity(1024);
    while find(&request, b"\r\n\r\n").is_none() {
        if stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
    }
    let line = String::from_utf8_lossy(request.split(|octet| *octet == b'\r').next()?).into_owned();
    let found = line
        .split(' ')
        .nth(1)
        .and_then(|path| path.strip_prefix(CHALLENGE_PATH))
        .and_then(|token| challenges.find(token));
    let (status, body) = match found {
        Some(body) => ("200 OK", body),
        None => ("404 Not Found", String::new()),
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await.ok()?;
    stream.shutdown().await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(kind: u8) -> Vec<u8> {
        let mut query = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1];
        query.extend_from_slice(b"\x01a\x04test\x00");
        query.extend_from_slice(&[0, kind, 0, 1]);
        query
    }

    #[test]
    fn every_name_has_the_loopback_address() {
        let answer = dns_answer(&query(1)).unwrap();
        assert_eq!(answer[..8], [0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1]);
        assert_eq!(answer[answer.len() - 4..], [127, 0, 0, 1]);
    }

    #[test]
    fn other_questions_have_no_answer() {
        let answer = dns_answer(&query(28)).unwrap();
        assert_eq!(answer[6..8], [0, 0]);
        assert_eq!(answer.len(), query(28).len());
    }

    #[test]
    fn half_a_question_is_not_answered() {
        assert_eq!(dns_answer(&query(1)[..14]), None);
    }
}
