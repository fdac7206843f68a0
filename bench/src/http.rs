//! HTTP/1.1 over one connection that stays: as little of it as a load generator needs, so that the generator costs
//! little.

use anyhow::{Context as _, Result, ensure};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
};

/// A connection.
pub struct Connection<S> {
    stream: S,
    buffer: Vec<u8>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    head: String,
}

impl Answer {
    /// The value of a header, named in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The body as text.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

/// A plain connection to `host:port`.
pub async fn connect(address: &str) -> Result<Connection<TcpStream>> {
    let stream = TcpStream::connect(address)
        .await
        .with_context(|| format!("connect to {address}"))?;
    stream.set_nodelay(true)?;
    Ok(Connection::new(stream))
}

/// A POST as octets.
pub fn post(path: &str, authority: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

/// One GET over a connection of its own.
pub async fn get(address: &str, path: &str) -> Result<Answer> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    connect(address).await?.call(request.as_bytes()).await
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Over that stream.
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            buffer: Vec::with_capacity(16 * 1024),
        }
    }

    /// Sends a whole request and reads its answer.
    pub async fn call(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request).await?;
        self.stream.flush().await?;
        self.buffer.clear();
        let end_of_head = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end;
            }
            self.read_more().await?;
        };
        let head = String::from_utf8(self.buffer.drain(..end_of_head + 4).collect())?;
        let status = head
            .get(9..12)
            .and_then(|code| code.parse().ok())
            .with_context(|| format!("read status of {head:?}"))?;
        let mut answer = Answer {
            status,
            body: Vec::new(),
            head,
        };
        let length: usize = match answer.header("content-length") {
            Some(length) => length.parse()?,
            None => 0,
        };
        if answer.header("transfer-encoding").is_some() {
            answer.body = self.chunks().await?;
            return Ok(answer);
        }
        while self.buffer.len() < length {
            self.read_more().await?;
        }
        answer.body = self.buffer.drain(..length).collect();
        Ok(answer)
    }

    /// A body whose length nobody knew: RFC 9112 section 7.1, without trailers.
    async fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = loop {
                if let Some(end) = find(&self.buffer, b"\r\n") {
                    break end;
                }
                self.read_more().await?;
            };
            let line = String::from_utf8(self.buffer.drain(..end + 2).collect())?;
            let length =
                usize::from_str_radix(line.trim(), 16).context("read chunk: its length")?;
            while self.buffer.len() < length + 2 {
                self.read_more().await?;
            }
            body.extend(self.buffer.drain(..length));
            self.buffer.drain(..2);
            if length == 0 {
                return Ok(body);
            }
        }
    }

    async fn read_more(&mut self) -> Result<()> {
        let read = self.stream.read_buf(&mut self.buffer).await?;
        ensure!(read > 0, "read answer: the connection was closed");
        Ok(())
    }
}

/// Where one piece of bytes stands in another.
pub fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_in_two_parts_is_read_whole() {
        let (ours, mut theirs) = tokio::io::duplex(16);
        let server = tokio::spawn(async move {
            let mut request = [0; 5];
            theirs.read_exact(&mut request).await.unwrap();
            theirs
                .write_all(
                    b"HTTP/1.1 201 Created\r\nReplay-Nonce: n1\r\nContent-Length: 4\r\n\r\nbody",
                )
                .await
                .unwrap();
            theirs
        });
        let mut connection = Connection::new(ours);
        let answer = connection.call(b"POST\n").await.unwrap();
        drop(server.await.unwrap());
        assert_eq!(answer.status, 201);
        assert_eq!(answer.header("replay-nonce"), Some("n1"));
        assert_eq!(answer.body, b"body");
    }

    #[tokio::test]
    async fn an_answer_in_chunks_is_read_whole() {
        let (ours, mut theirs) = tokio::io::duplex(4096);
        let told = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\nb\r\n and a tail\r\n0\r\n\r\n";
        theirs.write_all(told).await.unwrap();
        let answer = Connection::new(ours).call(b"").await.unwrap();
        assert_eq!(answer.body, b"body and a tail");
    }

    #[tokio::test]
    async fn a_closed_connection_is_an_error() {
        let (ours, theirs) = tokio::io::duplex(16);
        drop(theirs);
        assert!(Connection::new(ours).call(b"").await.is_err());
    }
}
