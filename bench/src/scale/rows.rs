//! Rows as the platform writes them, made by PostgreSQL: one real certificate of each row's own serial number, name, key
//! identifier and key, patched into the DER of one that was issued. Only the signatures are not theirs.

use anyhow::{Context as _, Result, ensure};
use ers_pki::certificate::Certificate;
use ers_proto::cara::v1::IssueRequest;
use openssl::pkey::PKey;

use crate::{database::PostgreSql, platform::Platform};

/// Digits of the number in a row's name.
const DIGITS: usize = 10;
const SERIAL: usize = 20;
const KEY: usize = 32;
const IDENTIFIER: usize = 20;
/// Rows of one statement.
const STEP: u64 = 250_000;
/// One in so many is revoked.
const REVOKED: u64 = 1000;

/// A certificate with the places of what differs from row to row.
pub struct Template {
    /// The certificate.
    pub certificate: Certificate,
    /// Profile.
    pub profile: String,
    serial_at: usize,
    digits_at: usize,
    key_at: usize,
    identifier_at: usize,
    spki_at: usize,
    spki_length: usize,
}

impl Template {
    /// Issues it. A serial number that begins with zeros would be shorter than the others: another is issued.
    pub async fn issue(platform: &Platform) -> Result<Self> {
        for attempt in 0..20 {
            let key = PKey::generate_ed25519()?;
            let request = IssueRequest {
                request_id: format!("template-{attempt}"),
                issuer: "default-sub".into(),
                profile: "tls-server".into(),
                public_key: key.public_key_to_der()?,
                subject_alternative_names: vec![format!("dns:{}", name(0))],
                ..IssueRequest::default()
            };
            let issued = platform.issuance()?.issue(request).await?.into_inner();
            let certificate = issued.certificate.context("no certificate was issued")?;
            let read = Certificate::from_der(&certificate.der)?;
            if read.serial().as_bytes().len() == SERIAL {
                return Self::of(read, certificate.profile);
            }
        }
        anyhow::bail!("issue template: no serial number of {SERIAL} octets")
    }

    fn of(certificate: Certificate, profile: String) -> Result<Self> {
        let der = certificate.der();
        let serial = certificate.serial();
        let spki = certificate.public_key().spki_der();
        ensure!(spki.len() > KEY, "the template's key is not an Ed25519 key");
        let identifier = certificate
            .subject_key_identifier()
            .context("the template has no key identifier")?;
        let digits = "0".repeat(DIGITS);
        let spki_at = place(der, spki)?;
        Ok(Self {
            serial_at: place(der, serial.as_bytes())?,
            digits_at: place(der, digits.as_bytes())?,
            key_at: spki_at + spki.len() - KEY,
            identifier_at: place(der, identifier)?,
            spki_at,
            spki_length: spki.len(),
            profile,
            certificate,
        })
    }

    /// The subject key identifier of a row, as the SQL makes it.
    pub fn identifier(number: u64) -> Result<Vec<u8>> {
        hash("identifier", number).map(|hash| hash[..IDENTIFIER].to_vec())
    }

    /// The serial number of a row, hex.
    pub fn serial(number: u64) -> Result<String> {
        let mut serial = hash("serial", number)?[..SERIAL].to_vec();
        if let Some(first) = serial.first_mut() {
            *first = 0x40 | (*first & 0x3f);
        }
        Ok(serial.iter().map(|octet| format!("{octet:02x}")).collect())
    }

    /// The DER of a row.
    pub fn der(&self, number: u64) -> Result<Vec<u8>> {
        let mut der = self.certificate.der().to_vec();
        let mut put = |at: usize, octets: &[u8]| {
            if let Some(place) = der.get_mut(at..at + octets.len()) {
                place.copy_from_slice(octets);
            }
        };
        let mut serial = hash("serial", number)?[..SERIAL].to_vec();
        if let Some(first) = serial.first_mut() {
            *first = 0x40 | (*first & 0x3f);
        }
        put(self.serial_at, &serial);
        put(self.digits_at, format!("{number:0DIGITS$}").as_bytes());
        put(self.key_at, &hash("key", number)?);
        put(self.identifier_at, &Self::identifier(number)?);
        Ok(der)
    }

    /// The SubjectPublicKeyInfo of a row.
    pub fn public_key(&self, number: u64) -> Result<Vec<u8>> {
        let der = self.der(number)?;
        let spki = der.get(self.spki_at..self.spki_at + self.spki_length);
        Ok(spki.unwrap_or_default().to_vec())
    }
}

/// The name of a row: a hundred to a domain.
pub fn name(number: u64) -> String {
    format!("host-{number:0DIGITS$}.scale.test")
}

fn hash(what: &str, number: u64) -> Result<[u8; 32]> {
    Ok(openssl::sha::sha256(format!("{what}-{number}").as_bytes()))
}

fn place(der: &[u8], part: &[u8]) -> Result<usize> {
    der.windows(part.len())
        .position(|window| window == part)
        .context("the template lacks what is to be patched")
}

/// What the server does without while rows are made, and has again before anything is measured.
const HASTE: [&str; 4] = [
    "fsync = off",
    "full_page_writes = off",
    "autovacuum = off",
    "max_wal_size = '4GB'",
];
/// Tables that grow with the certificates.
const TABLES: &str = "'certificate', 'event', 'certificate_name', 'revocation'";

/// Makes the rows from one number to another, excluded, and lets the statistics know.
pub async fn fill(database: &PostgreSql, template: &Template, from: u64, to: u64) -> Result<()> {
    for setting in HASTE {
        let set = format!("alter system set {setting}");
        database.sql_in("cara", &set).await?;
    }
    database.sql_in("cara", "select pg_reload_conf()").await?;
    // Made once over all rows, an index costs a tenth of what it costs row by row.
    let indexes = if to - from > from {
        take_indexes(database).await?
    } else {
        Vec::new()
    };
    let mut next = from;
    while next < to {
        let until = (next + STEP).min(to);
        database
            .sql_in("cara", &step(template, next, until))
            .await?;
        next = until;
    }
    for made in indexes {
        let sql = format!("set maintenance_work_mem = '1GB'; {made}");
        database.sql_in("cara", &sql).await?;
    }
    // What follows the events is told that it has followed them.
    database
        .sql_in(
            "clm",
            &format!(
                "update feed set position = {}",
                database
                    .sql_in("cara", "select sequence from event_counter")
                    .await?
                    .trim()
            ),
        )
        .await?;
    database.sql_in("cara", "alter system reset all").await?;
    database.sql_in("cara", "select pg_reload_conf()").await?;
    for name in ["cara", "clm", "signer"] {
        database.sql_in(name, "vacuum (analyze)").await?;
        database.sql_in(name, "checkpoint").await?;
    }
    Ok(())
}

/// Drops the indexes of the tables that grow; the statements that make them again.
async fn take_indexes(database: &PostgreSql) -> Result<Vec<String>> {
    let keys = format!(
        "select format('alter table %I drop constraint %I', t.relname, c.conname), \
           format('alter table %I add constraint %I %s', t.relname, c.conname, pg_get_constraintdef(c.oid)) \
         from pg_constraint c join pg_class t on t.oid = c.conrelid \
         where c.contype in ('p', 'u') and t.relname in ({TABLES})"
    );
    let others = format!(
        "select format('drop index %I', i.indexname), i.indexdef from pg_indexes i \
         where i.tablename in ({TABLES}) and i.schemaname = 'public' \
           and not exists (select 1 from pg_constraint c where c.conname = i.indexname)"
    );
    let mut makers = Vec::new();
    for list in [keys, others] {
        for line in database.sql_in("cara", &list).await?.lines() {
            let (drop, make) = line.split_once('|').context("read the list of indexes")?;
            database.sql_in("cara", drop).await?;
            makers.push(make.to_owned());
        }
    }
    Ok(makers)
}

/// Megabytes of CARA's database.
pub async fn megabytes(database: &PostgreSql) -> Result<u64> {
    let octets = database
        .sql_in("cara", "select pg_database_size('cara') / 1000000")
        .await?;
    Ok(octets.trim().parse()?)
}

fn step(template: &Template, from: u64, until: u64) -> String {
    let Template {
        serial_at,
        digits_at,
        key_at,
        identifier_at,
        spki_at,
        spki_length,
        profile,
        certificate,
    } = template;
    let der: String = certificate
        .der()
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect();
    let (issued, count) = (until, until - from);
    let not_before = certificate.not_before().unix_timestamp() * 1000;
    let not_after = certificate.not_after().unix_timestamp() * 1000;
    // SQL counts octets from 1
    let at = |place: &usize| place + 1;
    let (serial_at, digits_at, key_at, identifier_at, spki_at) = (
        at(serial_at),
        at(digits_at),
        at(key_at),
        at(identifier_at),
        at(spki_at),
    );
    format!(
        "begin; set local synchronous_commit = off; set local work_mem = '256MB'; set local temp_buffers = '512MB'; \
         create temporary table made on commit drop as select n, serial, identifier, der, encode(sha256(substring(der from {spki_at} for {spki_length})), 'hex') as key, \
           (select sequence from event_counter) + n - {from} + 1 as sequence from ( \
           select n, serial, identifier, overlay(overlay(overlay(overlay(decode('{der}', 'hex') placing serial from {serial_at}) \
             placing convert_to(lpad(n::text, {DIGITS}, '0'), 'UTF8') from {digits_at}) \
             placing sha256(convert_to('key-' || n, 'UTF8')) from {key_at}) placing identifier from {identifier_at}) as der from ( \
             select n, set_byte(s, 0, 64 | (get_byte(s, 0) & 63)) as serial, substring(sha256(convert_to('identifier-' || n, 'UTF8')) from 1 for {IDENTIFIER}) as identifier from ( \
               select n, substring(sha256(convert_to('serial-' || n, 'UTF8')) from 1 for {SERIAL}) as s from generate_series({from}, {until} - 1) n) a) b) c; \
         insert into certificate (issuer, serial, request_id, request_digest, profile, der, fingerprint, origin, issued_at, not_before, not_after, adopted, revoked_at, revocation_reason, revocation_requester) \
           select 'default-sub', encode(serial, 'hex'), 'scale-' || n, encode(identifier, 'hex'), '{profile}', der, encode(sha256(der), 'hex'), '{{}}', \
             {not_before} + n, {not_before}, {not_after} + n, false, \
             case when n % {REVOKED} = 0 then {not_before} + n + 1 end, case when n % {REVOKED} = 0 then 4 end, case when n % {REVOKED} = 0 then 'scale' end from made; \
         insert into revocation (issuer, serial, generation, crl_partition, not_after, revoked_at, reason, changed) \
           select 'default-sub', encode(serial, 'hex'), 1, 0, {not_after} + n, {not_before} + n + 1, 4, sequence from made where n % {REVOKED} = 0; \
         insert into event (sequence, at, kind, issuer, serial, number) select sequence, {not_before}, 1, 'default-sub', encode(serial, 'hex'), 0 from made; \
         insert into certificate_name (kind, value, place) select * from ( \
           select 3::smallint, 'test.scale.host-' || lpad(n::text, {DIGITS}, '0'), -sequence from made \
           union all select 8::smallint, encode(identifier, 'hex'), -sequence from made \
           union all select 9::smallint, left(key, 40), -sequence from made) names order by 1, 2; \
         update event_counter set sequence = sequence + {count}; update name_position set sequence = (select sequence from event_counter); \
         insert into certificate_count (issuer, issued) values ('default-sub', {count}) on conflict (issuer) do update set issued = certificate_count.issued + {count}; \
         commit; select {issued}"
    )
}
