//! A DNS server of a few records over UDP; everything else does not exist. It can also fail, and say something else each
//! time.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::net::UdpSocket;

const A: u16 = 1;
const CNAME: u16 = 5;
const TXT: u16 = 16;
const AAAA: u16 = 28;
const CAA: u16 = 257;

/// What it knows, by name and type.
#[derive(Default)]
struct Records {
    data: HashMap<(String, u16), Vec<Vec<u8>>>,
    failing: HashMap<(String, u16), Failing>,
    /// Asked for an address, one after the other; the last one stays.
    changing: HashMap<String, Vec<Vec<u8>>>,
    asked: Vec<(String, u16)>,
}

/// How it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failing {
    /// SERVFAIL.
    Servfail,
    /// No answer.
    Silent,
}

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
                if let Some(answer) = server.answer(&buffer[..length]) {
                    let _ = socket.send_to(&answer, peer).await;
                }
            }
        });
        dns
    }

    /// Gives a host an address, and no other.
    pub fn address_of(&self, name: &str, address: &str) {
        let (kind, octets) = address_record(address);
        let mut records = self.records.lock();
        records.data.insert((name.to_owned(), kind), vec![octets]);
    }

    /// Takes all addresses of a host away.
    pub fn forget(&self, name: &str) {
        let mut records = self.records.lock();
        for kind in [A, AAAA] {
            records.data.remove(&(name.to_owned(), kind));
        }
    }

    /// Gives a host another IPv4 address each time that it is asked for; the last one stays.
    pub fn addresses_in_turn(&self, name: &str, addresses: &[&str]) {
        let octets = addresses.iter().rev().map(|text| address_record(text).1);
        let mut records = self.records.lock();
        records.changing.insert(name.to_owned(), octets.collect());
    }

    /// Gives a name one more text.
    pub fn add_text(&self, name: &str, text: &str) {
        let mut data = vec![u8::try_from(text.len()).unwrap()];
        data.extend(text.as_bytes());
        self.add(name, TXT, data);
    }

    /// Gives a name one more CAA record; the critical flag is 128.
    pub fn add_caa(&self, name: &str, flags: u8, tag: &str, value: &str) {
        let mut data = vec![flags, u8::try_from(tag.len()).unwrap()];
        data.extend(tag.as_bytes());
        data.extend(value.as_bytes());
        self.add(name, CAA, data);
    }

    /// Takes the CAA records of a name away.
    pub fn remove_caa(&self, name: &str) {
        self.records.lock().data.remove(&(name.to_owned(), CAA));
    }

    /// Fails when CAA records of a name are asked for.
    pub fn fail_caa(&self, name: &str, failing: Failing) {
        let mut records = self.records.lock();
        records.failing.insert((name.to_owned(), CAA), failing);
    }

    /// How often CAA records of a name were asked for.
    pub fn asked_caa(&self, name: &str) -> usize {
        let records = self.records.lock();
        let asked = records.asked.iter();
        asked
            .filter(|asked| **asked == (name.to_owned(), CAA))
            .count()
    }

    /// Makes a name an alias.
    pub fn alias(&self, name: &str, target: &str) {
        let mut data = Vec::new();
        for label in target.split('.') {
            data.push(u8::try_from(label.len()).unwrap());
            data.extend(label.as_bytes());
        }
        data.push(0);
        let mut records = self.records.lock();
        records.data.insert((name.to_owned(), CNAME), vec![data]);
    }

    fn add(&self, name: &str, kind: u16, data: Vec<u8>) {
        let mut records = self.records.lock();
        let key = (name.to_owned(), kind);
        records.data.entry(key).or_default().push(data);
    }

    fn answer(&self, query: &[u8]) -> Option<Vec<u8>> {
        let mut labels = Vec::new();
        let mut at = 12;
        while query[at] != 0 {
            let end = at + 1 + usize::from(query[at]);
            labels.push(String::from_utf8_lossy(&query[at + 1..end]).to_lowercase());
            at = end;
        }
        let question = &query[12..at + 5];
        let kind = u16::from_be_bytes([query[at + 1], query[at + 2]]);
        let name = labels.join(".");
        let mut records = self.records.lock();
        records.asked.push((name.clone(), kind));
        let failing = records.failing.get(&(name.clone(), kind)).copied();
        let (kind, data) = records.find(&name, kind);
        let code = match failing {
            Some(Failing::Silent) => return None,
            Some(Failing::Servfail) => 2,
            None if data.is_empty() => 3,
            None => 0,
        };
        let count = u8::try_from(data.len()).unwrap();
        let mut answer = query[..2].to_vec();
        answer.extend([0x81, 0x80 | code, 0, 1, 0, count, 0, 0, 0, 0]);
        answer.extend(question);
        for data in data {
            answer.extend([0xc0, 12]);
            answer.extend(kind.to_be_bytes());
            answer.extend([0, 1, 0, 0, 0, 0]);
            answer.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
            answer.extend(data);
        }
        Some(answer)
    }
}

impl Records {
    fn find(&mut self, name: &str, kind: u16) -> (u16, Vec<Vec<u8>>) {
        if let Some(changing) = self.changing.get_mut(name).filter(|_| kind == A) {
            let next = match changing.len() {
                1 => changing[0].clone(),
                _ => changing.pop().unwrap(),
            };
            return (A, vec![next]);
        }
        let known = [CNAME, kind]
            .into_iter()
            .find_map(|kind| Some((kind, self.data.get(&(name.to_owned(), kind))?.clone())));
        known.unwrap_or((kind, Vec::new()))
    }
}

fn address_record(address: &str) -> (u16, Vec<u8>) {
    match address.parse().unwrap() {
        IpAddr::V4(address) => (A, address.octets().to_vec()),
        IpAddr::V6(address) => (AAAA, address.octets().to_vec()),
    }
}
