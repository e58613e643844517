//! X.509 certificates (RFC 5280): the parts that say who, by whom, for how long and with which key.

use super::der::{self, Item, OID, SEQUENCE, SET};
use super::private::of_spki;
use super::{PublicKey, hex, sha256};

/// Names of one certificate that are kept.
const MAX_NAMES: usize = 50;

/// What a certificate says.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// SHA-256 of the whole, in hex.
    pub sha256: String,
    /// `CN=…,O=…`, in the order of the certificate.
    pub subject: String,
    pub issuer: String,
    /// Common name of the subject.
    pub common_name: Option<String>,
    /// Organisations of the subject: groups, to Kubernetes.
    pub organisations: Vec<String>,
    /// Other names: hosts, addresses of mail, URIs such as those of SPIFFE.
    pub names: Vec<String>,
    pub serial: String,
    /// Seconds since 1970.
    pub not_before: i64,
    pub not_after: i64,
    pub signature: String,
    pub key: Option<PublicKey>,
    /// Whether it may vouch for others.
    pub authority: bool,
    /// `server`, `client`, `code`, `email`, …
    pub usages: Vec<&'static str>,
}

impl Certificate {
    pub fn is_self_signed(&self) -> bool {
        self.subject == self.issuer
    }
}

/// Reads a certificate in DER.
pub fn certificate(bytes: &[u8]) -> Option<Certificate> {
    let outer = Item::only(bytes, SEQUENCE)?;
    let mut parts = outer.items();
    let tbs = parts.next().filter(|t| t.tag == SEQUENCE)?;
    let algorithm = parts.next()?;
    let mut fields = tbs.items().peekable();
    // The version stands in a tag of its own, and is left out for the first.
    fields.next_if(|f| f.tag == 0xa0);
    let serial = fields.next().and_then(|f| f.integer())?;
    fields.next()?;
    let issuer = fields.next().filter(|f| f.tag == SEQUENCE)?;
    let validity = fields.next().filter(|f| f.tag == SEQUENCE)?;
    let subject = fields.next().filter(|f| f.tag == SEQUENCE)?;
    let spki = fields.next().filter(|f| f.tag == SEQUENCE)?;
    let mut times = validity.items().map(|t| time(&t));
    let (not_before, not_after) = (times.next()??, times.next()??);
    let subject = name(&subject);
    let mut certificate = Certificate {
        sha256: hex(&sha256(outer.whole)),
        common_name: subject.iter().find(|(k, _)| *k == "CN").map(|(_, v)| v.clone()),
        organisations: subject.iter().filter(|(k, _)| *k == "O").map(|(_, v)| v.clone()).collect(),
        subject: shown(&subject),
        issuer: shown(&name(&issuer)),
        names: Vec::new(),
        serial: hex(&serial[..serial.len().min(20)]),
        not_before,
        not_after,
        signature: signature(&algorithm),
        key: of_spki(spki.whole),
        authority: false,
        usages: Vec::new(),
    };
    if let Some(extensions) = fields.find(|f| f.tag == 0xa3).and_then(|f| Item::only(f.content, SEQUENCE)) {
        extensions.items().for_each(|extension| extend(&mut certificate, &extension));
    }
    Some(certificate)
}

fn text(item: &Item<'_>) -> String {
    let text = match item.tag {
        // Two bytes a character.
        0x1e => char::decode_utf16(item.content.chunks_exact(2).map(|c| u16::from_be_bytes([c[0], c[1]]))).map(|c| c.unwrap_or('?')).collect(),
        _ => String::from_utf8_lossy(item.content).into_owned(),
    };
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// The attributes of a name, by their short names.
fn name(sequence: &Item<'_>) -> Vec<(&'static str, String)> {
    let sets = sequence.items().filter(|s| s.tag == SET).take(MAX_NAMES);
    sets.flat_map(|set| set.items())
        .filter_map(|pair| {
            let mut parts = pair.items();
            let oid = parts.next().filter(|o| o.tag == OID)?;
            let short = match oid.content {
                [0x55, 0x04, 0x03] => "CN",
                [0x55, 0x04, 0x06] => "C",
                [0x55, 0x04, 0x07] => "L",
                [0x55, 0x04, 0x08] => "ST",
                [0x55, 0x04, 0x0a] => "O",
                [0x55, 0x04, 0x0b] => "OU",
                [0x55, 0x04, 0x05] => "serialNumber",
                _ => match der::dotted(oid.content).as_str() {
                    "0.9.2342.19200300.100.1.25" => "DC",
                    "0.9.2342.19200300.100.1.1" => "UID",
                    "1.2.840.113549.1.9.1" => "emailAddress",
                    _ => return None,
                },
            };
            Some((short, text(&parts.next()?)))
        })
        .collect()
}

fn shown(name: &[(&'static str, String)]) -> String {
    name.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",")
}

/// UTCTime or GeneralizedTime, as seconds since 1970.
fn time(item: &Item<'_>) -> Option<i64> {
    let text = std::str::from_utf8(item.content).ok()?;
    let number = |from: usize, length: usize| text.get(from..from + length)?.parse::<i64>().ok();
    let (year, rest) = match item.tag {
        0x17 => (number(0, 2).map(|y| if y < 50 { 2000 + y } else { 1900 + y })?, 2),
        0x18 => (number(0, 4)?, 4),
        _ => return None,
    };
    let month = time::Month::try_from(u8::try_from(number(rest, 2)?).ok()?).ok()?;
    let date = time::Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(number(rest + 2, 2)?).ok()?).ok()?;
    let seconds = number(rest + 4, 2)? * 3600 + number(rest + 6, 2)? * 60 + number(rest + 8, 2).unwrap_or(0);
    Some(date.midnight().assume_utc().unix_timestamp() + seconds)
}

fn signature(algorithm: &Item<'_>) -> String {
    let oid = algorithm.items().next().filter(|o| o.tag == OID).map(|o| der::dotted(o.content)).unwrap_or_default();
    match oid.as_str() {
        "1.2.840.113549.1.1.4" => "md5-rsa".to_owned(),
        "1.2.840.113549.1.1.5" => "sha1-rsa".to_owned(),
        "1.2.840.113549.1.1.10" => "rsa-pss".to_owned(),
        "1.2.840.113549.1.1.11" => "sha256-rsa".to_owned(),
        "1.2.840.113549.1.1.12" => "sha384-rsa".to_owned(),
        "1.2.840.113549.1.1.13" => "sha512-rsa".to_owned(),
        "1.2.840.10045.4.1" => "sha1-ecdsa".to_owned(),
        "1.2.840.10045.4.3.2" => "sha256-ecdsa".to_owned(),
        "1.2.840.10045.4.3.3" => "sha384-ecdsa".to_owned(),
        "1.2.840.10045.4.3.4" => "sha512-ecdsa".to_owned(),
        "1.3.101.112" => "ed25519".to_owned(),
        _ => oid,
    }
}

fn extend(certificate: &mut Certificate, extension: &Item<'_>) {
    let mut parts = extension.items();
    let Some(oid) = parts.next().filter(|o| o.tag == OID) else { return };
    let Some(value) = parts.find(|p| p.tag == der::OCTETS) else { return };
    match oid.content {
        // subjectAltName
        [0x55, 0x1d, 0x11] => {
            let Some(names) = Item::only(value.content, SEQUENCE) else { return };
            certificate.names = names
                .items()
                .filter_map(|n| match (n.tag, n.content) {
                    (0x81 | 0x82 | 0x86, _) => Some(text(&n)),
                    (0x87, [a, b, c, d]) => Some(format!("{a}.{b}.{c}.{d}")),
                    _ => None,
                })
                .take(MAX_NAMES)
                .collect();
        }
        // basicConstraints
        [0x55, 0x1d, 0x13] => {
            let stated = Item::only(value.content, SEQUENCE).and_then(|s| s.items().next());
            certificate.authority = stated.is_some_and(|c| c.tag == 0x01 && c.content != [0]);
        }
        // extKeyUsage
        [0x55, 0x1d, 0x25] => {
            let Some(usages) = Item::only(value.content, SEQUENCE) else { return };
            certificate.usages = usages
                .items()
                .filter_map(|u| match u.content {
                    [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, n] => Some(match n {
                        1 => "server",
                        2 => "client",
                        3 => "code",
                        4 => "email",
                        8 => "timestamp",
                        9 => "ocsp",
                        _ => return None,
                    }),
                    _ => None,
                })
                .collect();
        }
        _ => {}
    }
}
