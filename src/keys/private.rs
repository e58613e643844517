//! Private keys: only their public half is taken out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::der::{self, BITS, INTEGER, Item, OCTETS, OID, SEQUENCE};
use super::{PublicKey, hex, sha256};

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];

/// The public half of a private key, by the label of its PEM block. An encrypted key does not show it, except in OpenSSH's own format;
/// nor do keys that hold a seed alone.
pub fn public_of(label: &str, content: &[u8]) -> Option<PublicKey> {
    match label {
        "OPENSSH PRIVATE KEY" => openssh(content),
        "RSA PRIVATE KEY" => rsa(Item::only(content, SEQUENCE)?),
        "EC PRIVATE KEY" => ec(Item::only(content, SEQUENCE)?, None),
        "PRIVATE KEY" | "ANY PRIVATE KEY" => pkcs8(content),
        _ => None,
    }
}

/// RFC 5208 and 5958.
fn pkcs8(content: &[u8]) -> Option<PublicKey> {
    let mut fields = Item::only(content, SEQUENCE)?.items();
    fields.next().filter(|v| v.tag == INTEGER)?;
    let mut algorithm = fields.next()?.items();
    let oid = algorithm.next().filter(|o| o.tag == OID)?;
    let inner = fields.next().filter(|o| o.tag == OCTETS)?.content;
    match oid.content {
        RSA => rsa(Item::only(inner, SEQUENCE)?),
        EC => ec(Item::only(inner, SEQUENCE)?, algorithm.next().map(|p| p.whole)),
        // The second version may hold the public half in a tag of its own.
        _ => {
            let public = fields.find(|f| f.tag == 0x81 || f.tag == 0xa1)?.content;
            let public = if public.first() == Some(&0) { &public[1..] } else { public };
            let spki = der::write(SEQUENCE, &[der::write(SEQUENCE, oid.whole), der::write(BITS, &[&[0], public].concat())].concat());
            of_spki(&spki)
        }
    }
}

/// RFC 8017: version, modulus, public exponent, and what is none of our business.
fn rsa(key: Item<'_>) -> Option<PublicKey> {
    let mut fields = key.items();
    fields.next()?;
    let (modulus, exponent) = (fields.next().filter(|m| m.tag == INTEGER)?, fields.next().filter(|e| e.tag == INTEGER)?);
    let public = der::write(SEQUENCE, &[modulus.whole, exponent.whole].concat());
    let algorithm = der::write(SEQUENCE, &[der::write(OID, RSA), vec![0x05, 0x00]].concat());
    of_spki(&der::write(SEQUENCE, &[algorithm, der::write(BITS, &[vec![0], public].concat())].concat()))
}

/// RFC 5915: version, private key, curve, public key.
fn ec(key: Item<'_>, curve: Option<&[u8]>) -> Option<PublicKey> {
    let mut fields = key.items().peekable();
    fields.next()?;
    fields.next()?;
    let stated = fields.next_if(|f| f.tag == 0xa0).map(|f| f.content);
    let public = Item::only(fields.next().filter(|f| f.tag == 0xa1)?.content, BITS)?;
    let algorithm = der::write(SEQUENCE, &[&der::write(OID, EC), curve.or(stated)?].concat());
    of_spki(&der::write(SEQUENCE, &[algorithm.as_slice(), public.whole].concat()))
}

/// A SubjectPublicKeyInfo.
pub(super) fn of_spki(spki: &[u8]) -> Option<PublicKey> {
    let mut fields = Item::only(spki, SEQUENCE)?.items();
    let mut algorithm = fields.next()?.items();
    let oid = algorithm.next().filter(|o| o.tag == OID)?.content;
    let curve = algorithm.next().map(|c| c.content);
    let bits = fields.next()?.bits()?;
    let id = format!("spki:sha256/{}", hex(&sha256(spki)));
    let key = |algorithm, bits, also| Some(PublicKey { id: id.clone(), also, algorithm, bits });
    match oid {
        RSA => {
            let mut numbers = Item::only(bits, SEQUENCE)?.items();
            let (modulus, exponent) = (numbers.next()?, numbers.next()?);
            let blob = [blob(b"ssh-rsa"), blob(exponent.content), blob(modulus.content)].concat();
            key("rsa", Some(der::bit_length(modulus.integer()?)), Some(ssh_id(&blob)))
        }
        EC => {
            let (name, size) = match curve {
                Some(P256) => ("nistp256", 256),
                Some(P384) => ("nistp384", 384),
                Some(P521) => ("nistp521", 521),
                _ => return key("ec", None, None),
            };
            let blob = [blob(format!("ecdsa-sha2-{name}").as_bytes()), blob(name.as_bytes()), blob(bits)].concat();
            key("ec", Some(size), Some(ssh_id(&blob)))
        }
        ED25519 => key("ed25519", Some(256), Some(ssh_id(&[blob(b"ssh-ed25519"), blob(bits)].concat()))),
        _ => key("other", None, None),
    }
}

/// OpenSSH keeps the public half in clear, also when the private one is encrypted.
fn openssh(content: &[u8]) -> Option<PublicKey> {
    let mut rest = content.strip_prefix(b"openssh-key-v1\0")?;
    for _ in 0..3 {
        (_, rest) = string(rest)?;
    }
    let (count, rest) = rest.split_at_checked(4)?;
    if count != [0, 0, 0, 1] {
        return None;
    }
    of_blob(string(rest)?.0)
}

/// A public key as SSH sends it.
pub(super) fn of_blob(bytes: &[u8]) -> Option<PublicKey> {
    let (kind, rest) = string(bytes)?;
    let key = |algorithm, bits, also| Some(PublicKey { id: ssh_id(bytes), also, algorithm, bits });
    let spki = |algorithm: Vec<u8>, public: &[u8]| {
        let whole = der::write(SEQUENCE, &[der::write(SEQUENCE, &algorithm), der::write(BITS, &[&[0], public].concat())].concat());
        Some(format!("spki:sha256/{}", hex(&sha256(&whole))))
    };
    match kind {
        b"ssh-rsa" => {
            let (exponent, rest) = string(rest)?;
            let (modulus, _) = string(rest)?;
            let public = der::write(SEQUENCE, &[der::write(INTEGER, modulus), der::write(INTEGER, exponent)].concat());
            let zeros = modulus.iter().take_while(|b| **b == 0).count();
            key("rsa", Some(der::bit_length(&modulus[zeros..])), spki([der::write(OID, RSA), vec![0x05, 0x00]].concat(), &public))
        }
        b"ssh-ed25519" => key("ed25519", Some(256), spki(der::write(OID, ED25519), string(rest)?.0)),
        b"ssh-dss" => key("dsa", Some(1024), None),
        b"ecdsa-sha2-nistp256" | b"ecdsa-sha2-nistp384" | b"ecdsa-sha2-nistp521" => {
            let (curve, size) = match kind {
                b"ecdsa-sha2-nistp256" => (P256, 256),
                b"ecdsa-sha2-nistp384" => (P384, 384),
                _ => (P521, 521),
            };
            let (_, rest) = string(rest)?;
            key("ec", Some(size), spki([der::write(OID, EC), der::write(OID, curve)].concat(), string(rest)?.0))
        }
        b"sk-ssh-ed25519@openssh.com" | b"sk-ecdsa-sha2-nistp256@openssh.com" => key("hardware", None, None),
        _ => None,
    }
}

/// A string with its length before it, and what follows.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_at_checked(4)?;
    rest.split_at_checked(u32::from_be_bytes([length[0], length[1], length[2], length[3]]) as usize)
}

fn blob(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes(), bytes].concat()
}

fn ssh_id(blob: &[u8]) -> String {
    format!("ssh:SHA256:{}", STANDARD_NO_PAD.encode(sha256(blob)))
}
