//! `openssl cmp` as people use it.

use std::path::{Path, PathBuf};

use tokio::process::Command;

/// The client.
pub struct OpenSsl {
    server: String,
    folder: PathBuf,
}

/// What became of a call.
#[derive(Debug)]
pub struct Said {
    /// Whether it ended well.
    pub succeeded: bool,
    /// What it wrote.
    pub text: String,
}

impl Said {
    /// It must have ended well.
    pub fn ok(self) -> String {
        assert!(self.succeeded, "{}", self.text);
        self.text
    }

    /// It must have ended badly, with these words.
    pub fn refused(self, words: &str) {
        assert!(
            !self.succeeded && self.text.contains(words),
            "{words}? {}",
            self.text
        );
    }
}

impl OpenSsl {
    pub fn new(base: &str, folder: &Path) -> Self {
        Self {
            server: base.strip_prefix("http://").unwrap().to_owned(),
            folder: folder.to_owned(),
        }
    }

    /// `openssl` with arguments.
    pub async fn run(&self, arguments: &str) -> Said {
        let output = Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(&self.folder)
            .output()
            .await
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        Said {
            succeeded: output.status.success(),
            text: String::from_utf8_lossy(&text).into_owned(),
        }
    }

    /// `openssl cmp` with arguments, at a path.
    pub async fn cmp_at(&self, path: &str, arguments: &str) -> Said {
        let server = &self.server;
        self.run(&format!(
            "cmp -config /dev/null -server {server} -path {path} -recipient /CN=ca -total_timeout 60 {arguments}"
        ))
        .await
    }

    /// `openssl cmp` with arguments, under the policy `cmp`.
    pub async fn cmp(&self, arguments: &str) -> Said {
        self.cmp_at("cmp/cmp", arguments).await
    }

    /// A new key in a file.
    pub async fn key(&self, file: &str) {
        self.run(&format!(
            "ecparam -name prime256v1 -genkey -noout -out {file}"
        ))
        .await
        .ok();
    }

    /// A new certificate, for the device with that name and its shared secret, in `<name>.pem` with its key in `<name>.key`.
    pub async fn enrol(&self, name: &str) {
        self.key(&format!("{name}.key")).await;
        self.cmp(&format!(
            "-cmd ir -ref {name} -secret file:{name}.secret -newkey {name}.key -subject /CN={name} -sans {name}.test \
             -certout {name}.pem -chainout {name}.chain -cacertsout {name}.ca"
        ))
        .await
        .ok();
    }

    /// What a certificate says.
    pub async fn show(&self, file: &str) -> String {
        self.run(&format!("x509 -in {file} -noout -text"))
            .await
            .ok()
    }

    /// The DER of a certificate.
    pub fn der(&self, file: &str) -> Vec<u8> {
        let pem = std::fs::read_to_string(self.folder.join(file)).unwrap();
        ers_pki::certificate::Certificate::from_pem(&pem)
            .unwrap()
            .der()
            .to_vec()
    }

    /// A file of its folder.
    pub fn read(&self, file: &str) -> Vec<u8> {
        std::fs::read(self.folder.join(file)).unwrap()
    }

    /// Writes a file to its folder.
    pub fn write(&self, file: &str, octets: &[u8]) {
        std::fs::write(self.folder.join(file), octets).unwrap();
    }

    /// Writes the secret of a device to `<name>.secret`.
    pub fn write_secret(&self, name: &str, secret: &[u8]) {
        std::fs::write(self.folder.join(format!("{name}.secret")), secret).unwrap();
    }
}
