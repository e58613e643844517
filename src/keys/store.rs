//! Stores of keys: PKCS#12 (RFC 7292) and Java's own. None is decrypted; whether a well-known password opens one is told by its checksum.

use hmac::{Hmac, Mac};
use sha1::{Digest, Sha1};
use sha2::Sha256;

use super::certificate::{Certificate, certificate};
use super::der::{Item, OCTETS, OID, SEQUENCE};

/// Passwords that are no secret. The first is none at all.
const WELL_KNOWN: &[&str] = &["", "changeit", "changeme", "password", "secret", "notasecret"];

/// Rounds of the derivation that are worth the time.
const MAX_ROUNDS: usize = 10_000;

/// Entries of one store that are read.
const MAX_ENTRIES: usize = 2_000;

/// Endings of names under which stores and certificates in binary form are kept.
const NAMES: &[&str] = &[".p12", ".pfx", ".jks", ".jceks", ".keystore", ".truststore", ".bcfks", ".der", ".cer", ".crt"];

/// Whether the name is that of a store or certificate, which is read though it is no text.
pub fn is_store_name(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    NAMES.iter().any(|e| path.ends_with(e))
}

/// What a store shows without its password.
#[derive(Clone, Debug)]
pub struct Store {
    /// `pkcs12`, `jks`, `jceks`, `bcfks`.
    pub format: &'static str,
    /// Names of entries, where they stand in clear.
    pub aliases: Vec<String>,
    pub certificates: Vec<Certificate>,
    /// Private or secret keys, where they can be counted.
    pub keys: usize,
    /// A well-known password opens it.
    pub weak: bool,
}

/// Reads a store by what its bytes begin with.
pub fn store(bytes: &[u8]) -> Option<Store> {
    match bytes {
        [0xfe, 0xed, 0xfe, 0xed, ..] => java(bytes, "jks"),
        [0xce, 0xce, 0xce, 0xce, ..] => java(bytes, "jceks"),
        [0x30, ..] => pkcs12(bytes),
        _ => None,
    }
}

/// Reads numbers and strings from the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(front)
    }

    fn number(&mut self, count: usize) -> Option<usize> {
        Some(self.take(count)?.iter().fold(0usize, |n, b| n << 8 | *b as usize))
    }

    fn text(&mut self) -> Option<String> {
        let length = self.number(2)?;
        Some(String::from_utf8_lossy(self.take(length)?).chars().filter(|c| !c.is_control()).take(100).collect())
    }

    fn certificate(&mut self) -> Option<Option<Certificate>> {
        self.text()?;
        let length = self.number(4)?;
        Some(certificate(self.take(length)?))
    }
}

fn java(bytes: &[u8], format: &'static str) -> Option<Store> {
    let (content, checksum) = bytes.split_at_checked(bytes.len().checked_sub(20)?)?;
    let mut reader = Reader(content.get(4..)?);
    let version = reader.number(4)?;
    let count = reader.number(4)?;
    if !(1..=2).contains(&version) {
        return None;
    }
    // The checksum is over the password in two bytes a character, a phrase, and the content.
    let weak = WELL_KNOWN.iter().any(|password| {
        let wide: Vec<u8> = password.encode_utf16().flat_map(u16::to_be_bytes).collect();
        Sha1::new().chain_update(wide).chain_update(b"Mighty Aphrodite").chain_update(content).finalize().as_slice() == checksum
    });
    let mut store = Store { format, aliases: Vec::new(), certificates: Vec::new(), keys: 0, weak };
    for _ in 0..count.min(MAX_ENTRIES) {
        if entry(&mut reader, &mut store).is_none() {
            break;
        }
    }
    Some(store)
}

fn entry(reader: &mut Reader<'_>, store: &mut Store) -> Option<()> {
    let kind = reader.number(4)?;
    store.aliases.push(reader.text()?);
    reader.take(8)?;
    match kind {
        1 => {
            store.keys += 1;
            let length = reader.number(4)?;
            reader.take(length)?;
            for _ in 0..reader.number(4)?.min(20) {
                store.certificates.extend(reader.certificate()?);
            }
        }
        2 => store.certificates.extend(reader.certificate()?),
        // A secret key is a serialised object of unknown length.
        _ => {
            store.keys += 1;
            return None;
        }
    }
    Some(())
}

fn pkcs12(bytes: &[u8]) -> Option<Store> {
    let mut fields = Item::only(bytes, SEQUENCE)?.items();
    let version = fields.next()?.integer()?;
    let safe = fields.next().filter(|s| s.tag == SEQUENCE)?;
    if version != [3] {
        return None;
    }
    let mut content = safe.items();
    let data: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
    content.next().filter(|o| o.tag == OID && o.content == data)?;
    let authenticated = Item::only(content.next()?.content, OCTETS)?.content;
    let weak = fields.next().is_some_and(|mac| WELL_KNOWN.iter().any(|password| verifies(&mac, authenticated, password) == Some(true)));
    Some(Store { format: "pkcs12", aliases: Vec::new(), certificates: Vec::new(), keys: 0, weak })
}

/// Whether a password yields the store's checksum.
fn verifies(mac: &Item<'_>, content: &[u8], password: &str) -> Option<bool> {
    let mut fields = mac.items();
    let mut digest = fields.next()?.items();
    let salt = fields.next().filter(|s| s.tag == OCTETS)?.content;
    let rounds = fields.next().and_then(|r| r.integer()).map_or(1, |r| r.iter().take(4).fold(0usize, |n, b| n << 8 | *b as usize));
    if rounds == 0 || rounds > MAX_ROUNDS || salt.len() > 1024 {
        return None;
    }
    let algorithm = digest.next()?.items().next()?;
    let expected = digest.next()?.content;
    // Two bytes a character, with a zero at the end, also for the empty one.
    let wide: Vec<u8> = password.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect();
    match algorithm.content {
        [0x2b, 0x0e, 0x03, 0x02, 0x1a] => {
            let key = derive::<Sha1>(&wide, salt, rounds);
            let mut mac = Hmac::<Sha1>::new_from_slice(&key).ok()?;
            mac.update(content);
            Some(mac.finalize().into_bytes().as_slice() == expected)
        }
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01] => {
            let key = derive::<Sha256>(&wide, salt, rounds);
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
            mac.update(content);
            Some(mac.finalize().into_bytes().as_slice() == expected)
        }
        _ => None,
    }
}

/// The key of a checksum (RFC 7292, appendix B.2), which is as long as one digest.
fn derive<D: Digest>(password: &[u8], salt: &[u8], rounds: usize) -> Vec<u8> {
    const BLOCK: usize = 64;
    let filled = |bytes: &[u8]| -> Vec<u8> {
        let length = bytes.len().div_ceil(BLOCK) * BLOCK;
        bytes.iter().copied().cycle().take(if bytes.is_empty() { 0 } else { length }).collect()
    };
    let mut key = D::new().chain_update([3u8; BLOCK]).chain_update(filled(salt)).chain_update(filled(password)).finalize().to_vec();
    for _ in 1..rounds {
        key = D::digest(&key).to_vec();
    }
    key
}
