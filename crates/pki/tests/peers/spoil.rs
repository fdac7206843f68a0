//! Certificates that we would never issue: sound ones taken apart, one or two things spoilt, put together again. Their
//! signatures do not fit, which no linter asks.

use super::Specimen;
use super::der::{self, sequence, tlv};
use super::draw::Drawer;

/// The fields of a TBSCertificate, each whole.
struct Draft {
    version: Vec<u8>,
    serial: Vec<u8>,
    algorithm: Vec<u8>,
    issuer: Vec<u8>,
    validity: Vec<u8>,
    subject: Vec<u8>,
    public_key: Vec<u8>,
    unique: Vec<u8>,
    extensions: Vec<Vec<u8>>,
}

impl Draft {
    fn read(certificate: &[u8]) -> Self {
        let tbs = der::first(der::content(certificate));
        let fields = der::all(der::content(tbs));
        let list = der::content(der::content(fields[7]));
        Self {
            version: fields[0].to_vec(),
            serial: fields[1].to_vec(),
            algorithm: fields[2].to_vec(),
            issuer: fields[3].to_vec(),
            validity: fields[4].to_vec(),
            subject: fields[5].to_vec(),
            public_key: fields[6].to_vec(),
            unique: Vec::new(),
            extensions: der::all(list).into_iter().map(<[u8]>::to_vec).collect(),
        }
    }

    fn write(&self) -> Vec<u8> {
        let extensions = tlv(0xa3, &tlv(0x30, &self.extensions.concat()));
        let tbs = sequence(&[
            &self.version,
            &self.serial,
            &self.algorithm,
            &self.issuer,
            &self.validity,
            &self.subject,
            &self.public_key,
            &self.unique,
            &extensions,
        ]);
        // r and s of 1: a signature in form
        let signature = tlv(3, &[0, 0x30, 6, 2, 1, 1, 2, 1, 1]);
        sequence(&[&tbs, &self.algorithm, &signature])
    }

    /// Where the extension stands.
    fn place(&self, dotted: &str) -> Option<usize> {
        let wanted = der::oid(dotted);
        self.extensions
            .iter()
            .position(|extension| der::first(der::content(extension)) == wanted)
    }

    fn put(&mut self, dotted: &str, critical: bool, value: &[u8]) {
        let flag: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
        let extension = sequence(&[&der::oid(dotted), flag, &tlv(4, value)]);
        match self.place(dotted) {
            Some(place) => self.extensions[place] = extension,
            None => self.extensions.push(extension),
        }
    }
}

type Spoil = (&'static str, fn(&mut Draft, &mut Drawer));

/// Each certificate spoilt once or twice.
pub(crate) fn all(sound: &[Specimen], seed: u64) -> Vec<Specimen> {
    let mut drawer = Drawer::new(seed);
    sound
        .iter()
        .enumerate()
        .map(|(place, specimen)| {
            let mut draft = Draft::read(&specimen.der);
            // every one in turn, then any
            let mut told = vec![spoil(
                &mut draft,
                &SPOILS[place % SPOILS.len()],
                &mut drawer,
            )];
            if drawer.below(3) == 0 {
                let another = drawer.one_of(&SPOILS);
                told.push(spoil(&mut draft, &another, &mut drawer));
            }
            Specimen {
                told: format!("{}: {}", told.join(", "), specimen.told),
                der: draft.write(),
            }
        })
        .collect()
}

fn spoil(draft: &mut Draft, spoil: &Spoil, drawer: &mut Drawer) -> &'static str {
    (spoil.1)(draft, drawer);
    spoil.0
}

const SPOILS: [Spoil; 27] = [
    ("serial", |draft, drawer| {
        let serials: [&[u8]; 4] = [&[0], &[0x80, 1, 2, 3, 4, 5, 6, 7, 8], &[0x11; 21], &[7]];
        draft.serial = tlv(2, drawer.one_of(&serials));
    }),
    ("version", |draft, drawer| {
        let versions: [&[u8]; 2] = [&[], &[0xa0, 3, 2, 1, 1]];
        draft.version = drawer.one_of(&versions).to_vec();
    }),
    ("validity", |draft, drawer| {
        let times = [
            ((0x17, "261122120000Z"), (0x17, "251122120000Z")),
            ((0x18, "20261122120000Z"), (0x17, "271122120000Z")),
            ((0x17, "261122120000Z"), (0x18, "20270101000000Z")),
            ((0x17, "261122120000Z"), (0x17, "371122120000Z")),
            ((0x17, "260101000000Z"), (0x17, "270126000000Z")),
        ];
        let (from, to) = drawer.one_of(&times);
        draft.validity = sequence(&[&tlv(from.0, from.1.as_bytes()), &tlv(to.0, to.1.as_bytes())]);
    }),
    ("attribute", |draft, drawer| {
        let types = [
            "2.5.4.3", "2.5.4.5", "2.5.4.6", "2.5.4.7", "2.5.4.8", "2.5.4.9", "2.5.4.10",
            "2.5.4.11", "2.5.4.17",
        ];
        let strings: [(u8, &[u8]); 10] = [
            (0x0c, b"a"),
            (0x13, b"a@b*"),
            (0x13, b"plain"),
            (0x0c, &[b'x'; 65]),
            (0x0c, &[b'x'; 129]),
            (0x0c, b" a"),
            (0x0c, b"a\0b"),
            (0x13, b"de"),
            (0x0c, b"DE"),
            (0x0c, b"-"),
        ];
        let (tag, value) = drawer.one_of(&strings);
        let attribute = sequence(&[&der::oid(drawer.one_of(&types[..])), &tlv(tag, value)]);
        let names = [der::content(&draft.subject), &tlv(0x31, &attribute)].concat();
        draft.subject = tlv(0x30, &names);
    }),
    ("two attributes in one", |draft, drawer| {
        let second: [&[u8]; 2] = [b"a", b"b"];
        let pairs = [
            sequence(&[&der::oid("2.5.4.3"), &tlv(0x0c, b"A")]),
            sequence(&[&der::oid("2.5.4.3"), &tlv(0x0c, drawer.one_of(&second))]),
        ];
        draft.subject = tlv(
            0x30,
            &[der::content(&draft.subject), &tlv(0x31, &pairs.concat())].concat(),
        );
    }),
    ("no subject", |draft, _| draft.subject = vec![0x30, 0]),
    ("no issuer", |draft, _| draft.issuer = vec![0x30, 0]),
    ("unique identifier", |draft, _| {
        draft.unique = tlv(0x81, &[0, 1])
    }),
    ("criticality", |draft, drawer| {
        let place = drawer.below(draft.extensions.len());
        let parts = der::all(der::content(&draft.extensions[place]));
        let turned = if parts.len() == 3 {
            sequence(&[parts[0], parts[2]])
        } else {
            sequence(&[parts[0], &[1, 1, 0xff], parts[1]])
        };
        draft.extensions[place] = turned;
    }),
    ("extension gone", |draft, drawer| {
        let place = drawer.below(draft.extensions.len());
        draft.extensions.remove(place);
    }),
    ("extension twice", |draft, drawer| {
        let place = drawer.below(draft.extensions.len());
        draft.extensions.push(draft.extensions[place].clone());
    }),
    ("name", |draft, drawer| {
        let names: [(u8, &[u8]); 22] = [
            (0x82, b"a..example.com"),
            (0x82, b""),
            (0x82, b" "),
            (0x82, b".example.com"),
            (0x82, b"a_b.example.com"),
            (0x82, b"-a.example.com"),
            (0x82, b"a b.example.com"),
            (0x82, b"a.*.example.com"),
            (0x82, b"a\0.example.com"),
            (0x82, b"*.com"),
            (0x82, b"mail"),
            (0x82, b"a@example.com"),
            (0x82, b"192.0.2.1"),
            (0x82, b"a.internal"),
            (0x81, b"nobody"),
            (0x81, b"A <a@example.com>"),
            (0x86, b"/relative"),
            (0x86, b"http://a b/"),
            (0x86, b"http:///x"),
            (0x87, &[1, 2, 3]),
            (0x87, &[10, 0, 0, 1]),
            (0x82, b"example.com."),
        ];
        let (tag, content) = drawer.one_of(&names);
        let critical = draft.subject == [0x30, 0];
        draft.put("2.5.29.17", critical, &tlv(0x30, &tlv(tag, content)));
    }),
    ("no names in SAN", |draft, _| {
        draft.put("2.5.29.17", false, &[0x30, 0])
    }),
    ("key usage", |draft, drawer| {
        let values: [&[u8]; 9] = [
            &[7, 0x80],
            &[1, 6],
            &[2, 4],
            &[6, 0x40],
            &[3, 8],
            &[0, 1],
            &[0, 9],
            &[7, 0, 0x80],
            &[5, 0xa0],
        ];
        draft.put("2.5.29.15", true, &tlv(3, drawer.one_of(&values)));
    }),
    ("key usage that is not DER", |draft, drawer| {
        let values: [&[u8]; 3] = [&[0], &[0, 0x80], &[7, 0x80, 0x00]];
        draft.put("2.5.29.15", true, &tlv(3, drawer.one_of(&values)));
    }),
    ("basic constraints", |draft, drawer| {
        let values: [(bool, &[u8]); 5] = [
            (true, &[1, 1, 0xff]),
            (false, &[1, 1, 0xff]),
            (true, &[2, 1, 0]),
            (true, &[1, 1, 0xff, 2, 1, 3]),
            (true, &[]),
        ];
        let (critical, value) = drawer.one_of(&values);
        draft.put("2.5.29.19", critical, &tlv(0x30, value));
    }),
    ("purposes", |draft, drawer| {
        let purposes = ["3.1", "3.2", "3.3", "3.4", "3.8", "3.9"];
        let first = der::oid(&format!("1.3.6.1.5.5.7.{}", drawer.one_of(&purposes)));
        let second = der::oid(&format!("1.3.6.1.5.5.7.{}", drawer.one_of(&purposes)));
        let any = der::oid("2.5.29.37.0");
        let sets = [
            first.clone(),
            [first.clone(), any].concat(),
            [first, second].concat(),
        ];
        let critical = drawer.below(4) == 0;
        draft.put("2.5.29.37", critical, &tlv(0x30, &drawer.one_of(&sets)));
    }),
    ("policies", |draft, drawer| {
        let one = der::oid("1.2.3.4");
        let notice = |value: &[u8]| {
            let qualifier = sequence(&[&der::oid("1.3.6.1.5.5.7.2.2"), &tlv(0x30, value)]);
            sequence(&[&sequence(&[&one, &sequence(&[&qualifier])])])
        };
        let any = sequence(&[
            &der::oid("2.5.29.32.0"),
            &sequence(&[&sequence(&[&der::oid("1.2.3.9"), &tlv(5, &[])])]),
        ]);
        let values = [
            sequence(&[&sequence(&[&one]), &sequence(&[&one])]),
            notice(&tlv(0x16, b"IA5")),
            notice(&tlv(0x1a, b"visible")),
            notice(&tlv(0x0c, &[b'x'; 201])),
            notice(&tlv(0x0c, b"a\x07b")),
            notice(&sequence(&[&tlv(0x0c, b"org"), &sequence(&[&[2, 1, 1]])])),
            sequence(&[&any]),
        ];
        draft.put("2.5.29.32", false, &drawer.one_of(&values));
    }),
    ("name constraints", |draft, drawer| {
        let subtree = |base: &[u8]| sequence(&[&tlv(0xa0, &sequence(&[base]))]);
        let values = [
            subtree(&tlv(0x82, b"example.com")),
            subtree(&tlv(0x87, &[10, 0, 0, 0, 255, 0, 0, 0])),
            subtree(&tlv(0x87, &[10, 0, 0, 0, 255, 0, 255, 0])),
            subtree(&[tlv(0x82, b"example.com"), vec![0x80, 1, 1]].concat()),
            subtree(&[tlv(0x82, b"example.com"), vec![0x81, 1, 1]].concat()),
            vec![0x30, 0],
        ];
        let critical = drawer.below(2) == 0;
        draft.put("2.5.29.30", critical, &drawer.one_of(&values));
    }),
    ("policy extensions", |draft, drawer| {
        let pair = |from: &str, to: &str| sequence(&[&sequence(&[&der::oid(from), &der::oid(to)])]);
        let values = [
            ("2.5.29.33", pair("2.5.29.32.0", "1.2.3.4")),
            ("2.5.29.33", pair("1.2.3.4", "1.2.3.5")),
            ("2.5.29.36", vec![0x30, 0]),
            ("2.5.29.36", vec![0x30, 3, 0x80, 1, 0]),
            ("2.5.29.54", vec![2, 1, 0]),
        ];
        let critical = drawer.below(2) == 0;
        let (dotted, value) = drawer.one_of(&values);
        draft.put(dotted, critical, &value);
    }),
    ("distribution points", |draft, drawer| {
        let full = |uri: &[u8]| tlv(0xa0, &tlv(0xa0, &tlv(0x86, uri)));
        let values = [
            vec![],
            tlv(0x81, &[1, 6]),
            full(b"ldap://a.example.com/x"),
            full(b"https://a.example.com/x"),
            [full(b"http://a.example.com/x"), tlv(0x81, &[1, 6])].concat(),
        ];
        draft.put(
            "2.5.29.31",
            false,
            &sequence(&[&sequence(&[&drawer.one_of(&values)])]),
        );
    }),
    ("information access", |draft, drawer| {
        let locations: [(u8, &[u8]); 4] = [
            (0x86, b"http://a.example.com/x"),
            (0x86, b"ftp://a.example.com/"),
            (0x86, b"x/y"),
            (0x82, b"a.example.com"),
        ];
        let methods = [
            "1.3.6.1.5.5.7.48.1",
            "1.3.6.1.5.5.7.48.2",
            "1.3.6.1.5.5.7.48.3",
        ];
        let (tag, content) = drawer.one_of(&locations);
        let description = sequence(&[&der::oid(drawer.one_of(&methods)), &tlv(tag, content)]);
        let critical = drawer.below(3) == 0;
        draft.put("1.3.6.1.5.5.7.1.1", critical, &sequence(&[&description]));
    }),
    ("authority key", |draft, drawer| {
        let issuer = tlv(0xa1, &tlv(0x82, b"a.example.com"));
        let values = [
            vec![0x30, 0],
            sequence(&[&issuer]),
            sequence(&[&[0x80, 1, 1], &issuer]),
            sequence(&[&issuer, &[0x82, 1, 1]]),
        ];
        draft.put("2.5.29.35", false, &drawer.one_of(&values));
    }),
    ("other extensions", |draft, drawer| {
        let point = sequence(&[&sequence(&[&tlv(
            0xa0,
            &tlv(0xa0, &tlv(0x86, b"http://a.example.com/d")),
        )])]);
        let access = sequence(&[&sequence(&[
            &der::oid("1.3.6.1.5.5.7.48.5"),
            &tlv(0x86, b"http://a.example.com/"),
        ])]);
        let attributes = sequence(&[&sequence(&[
            &der::oid("2.5.4.3"),
            &tlv(0x31, &tlv(0x0c, b"a")),
        ])]);
        let values = [
            ("2.5.29.46", point),
            ("1.3.6.1.5.5.7.1.11", access),
            ("2.5.29.9", attributes),
            ("2.5.29.18", sequence(&[&tlv(0x82, b"a..b")])),
            ("2.5.29.18", sequence(&[&tlv(0x86, b"relative")])),
            ("2.5.29.18", vec![0x30, 0]),
            ("1.3.6.1.5.5.7.1.24", sequence(&[&[2, 1, 5]])),
        ];
        let critical = drawer.below(2) == 0;
        let (dotted, value) = drawer.one_of(&values);
        draft.put(dotted, critical, &value);
    }),
    ("RSA key", |draft, drawer| {
        let identifier = [der::oid("1.2.840.113549.1.1.1"), vec![5, 0]].concat();
        let mut modulus = [0xc5; 257];
        modulus[0] = 0;
        let exponents: [&[u8]; 3] = [&[1, 0, 1], &[3], &[4]];
        if drawer.below(2) == 0 {
            modulus[256] = 0xc4;
        }
        let key = sequence(&[&tlv(2, &modulus), &tlv(2, drawer.one_of(&exponents))]);
        draft.public_key =
            sequence(&[&tlv(0x30, &identifier), &tlv(3, &[&[0], &key[..]].concat())]);
    }),
    ("RSA key without NULL", |draft, _| {
        let mut modulus = [0xc5; 257];
        modulus[0] = 0;
        let key = sequence(&[&tlv(2, &modulus), &[2, 3, 1, 0, 1]]);
        draft.public_key = sequence(&[
            &sequence(&[&der::oid("1.2.840.113549.1.1.1")]),
            &tlv(3, &[&[0], &key[..]].concat()),
        ]);
    }),
    ("signature algorithm", |draft, drawer| {
        let identifiers = [
            sequence(&[&der::oid("1.2.840.113549.1.1.5"), &[5, 0]]),
            sequence(&[&der::oid("1.2.840.113549.1.1.11")]),
            sequence(&[&der::oid("1.2.840.10045.4.3.2"), &[5, 0]]),
        ];
        draft.algorithm = drawer.one_of(&identifiers);
    }),
];
