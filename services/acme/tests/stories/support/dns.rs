//! A DNS server of a few records over UDP: A, TXT, CNAME; everything else does not exist.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::net::UdpSocket;

const CNAME: u16 = 5;

/// By name and type.
type Records = HashMap<(String, u16), Vec<Vec<u8>>>;

/// The server.
#[derive(Clone)]
pub struct Dns {
    /// Where it listens.
    pub address: SocketAddr,
    records: Arc<Mutex<Records>>,
}

impl Dns {
    /// An empty one.
    pub async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let dns = Self {
            address: socket.local_addr().unwrap(),
            records: Arc::default(),
        };
        let server = dns.clone();
        tokio::spawn(async move {
            let mut buffer = [0; 1500];
            while let Ok((length, peer)) = socket.recv_from(&mut buffer).await {
                let answer = server.answer(&buffer[..length]);
                let _ = socket.send_to(&answer, peer).await;
            }
        });
        dns
    }

    /// Gives a host an address, and no other.
    pub fn address_of(&self, name: &str, address: &str) {
        let octets = address.parse::<Ipv4Addr>().unwrap().octets().to_vec();
        self.records
            .lock()
            .insert((name.to_owned(), 1), vec![octets]);
    }

    /// Gives a name one more text.
    pub fn add_text(&self, name: &str, text: &str) {
        let mut data = vec![u8::try_from(text.len()).unwrap()];
        data.extend(text.as_bytes());
        self.records
            .lock()
            .entry((name.to_owned(), 16))
            .or_default()
            .push(data);
    }

    /// Makes a name an alias.
    pub fn alias(&self, name: &str, target: &str) {
        let mut data = Vec::new();
        for label in target.split('.') {
            data.push(u8::try_from(label.len()).unwrap());
            data.extend(label.as_bytes());
        }
        data.push(0);
        self.records
            .lock()
            .insert((name.to_owned(), CNAME), vec![data]);
    }

    fn answer(&self, query: &[u8]) -> Vec<u8> {
        let mut labels = Vec::new();
        let mut at = 12;
        while query[at] != 0 {
            let end = at + 1 + usize::from(query[at]);
            labels.push(String::from_utf8_lossy(&query[at + 1..end]).to_lowercase());
            at = end;
        }
        let question_end = at + 5;
        let kind = u16::from_be_bytes([query[at + 1], query[at + 2]]);
        let name = labels.join(".");
        let records = self.records.lock();
        let found = [CNAME, kind]
            .into_iter()
            .find_map(|kind| Some((kind, records.get(&(name.clone(), kind))?)));
        let (kind, data) = found.map_or((kind, &[][..]), |(kind, data)| (kind, data.as_slice()));
        let code = if data.is_empty() { 3 } else { 0 };
        let mut answer = query[..2].to_vec();
        answer.extend([
            0x81,
            0x80 | code,
            0,
            1,
            0,
            u8::try_from(data.len()).unwrap(),
            0,
            0,
            0,
            0,
        ]);
        answer.extend(&query[12..question_end]);
        for data in data {
            answer.extend([0xc0, 12]);
            answer.extend(kind.to_be_bytes());
            answer.extend([0, 1, 0, 0, 0, 0]);
            answer.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
            answer.extend(data);
        }
        answer
    }
}
