//! PGP keys (RFC 4880 and 9580): their fingerprint and whom they name.

use sha1::Digest;

use super::{hex, sha256};

/// Packets of one block that are read.
const MAX_PACKETS: usize = 200;

/// A key with what it says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct PgpKey {
    /// In hex, as `gpg` prints it.
    pub fingerprint: String,
    /// `Deploy <deploy@acme.io>`.
    pub user: Option<String>,
    pub algorithm: &'static str,
    /// Seconds since 1970.
    pub created: i64,
    /// Whether a pass phrase protects the private half; none for a public key.
    pub encrypted: Option<bool>,
}

/// The first key of a block.
pub fn pgp_key(bytes: &[u8]) -> Option<PgpKey> {
    let mut key: Option<PgpKey> = None;
    let mut rest = bytes;
    for _ in 0..MAX_PACKETS {
        let Some((tag, body, after)) = packet(rest) else { break };
        rest = after;
        match (tag, &mut key) {
            (5 | 6, None) => key = Some(primary(tag == 5, body)?),
            (13, Some(key)) if key.user.is_none() => {
                key.user = Some(String::from_utf8_lossy(body).chars().filter(|c| !c.is_control()).take(120).collect());
            }
            _ => {}
        }
    }
    key
}

/// Tag, body, and what follows.
fn packet(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    if first & 0x80 == 0 {
        return None;
    }
    let number = |bytes: &[u8]| bytes.iter().fold(0usize, |n, b| n << 8 | *b as usize);
    let (tag, length, rest) = if first & 0x40 == 0 {
        let count = match first & 3 {
            0 => 1,
            1 => 2,
            2 => 4,
            _ => return None,
        };
        let (length, rest) = rest.split_at_checked(count)?;
        ((first >> 2) & 0x0f, number(length), rest)
    } else {
        match *rest.first()? {
            n @ 0..=191 => (first & 0x3f, n as usize, &rest[1..]),
            n @ 192..=223 => (first & 0x3f, ((n as usize - 192) << 8) + *rest.get(1)? as usize + 192, &rest[2..]),
            255 => (first & 0x3f, number(rest.get(1..5)?), &rest[5..]),
            _ => return None,
        }
    };
    let (body, after) = rest.split_at_checked(length)?;
    Some((tag, body, after))
}

fn primary(secret: bool, body: &[u8]) -> Option<PgpKey> {
    let version = *body.first()?;
    let created = i64::from(u32::from_be_bytes([*body.get(1)?, *body.get(2)?, *body.get(3)?, *body.get(4)?]));
    let code = *body.get(5)?;
    let (algorithm, numbers) = match code {
        1..=3 => ("rsa", 2),
        16 => ("elgamal", 3),
        17 => ("dsa", 4),
        18 | 19 | 22 => ("ec", 1),
        25 | 27 => ("ed25519", 0),
        _ => return None,
    };
    // Where the public half ends: version 6 says so, before it numbers with their sizes follow each other.
    let mut end = 6;
    if version == 6 {
        end = 10 + u32::from_be_bytes([*body.get(6)?, *body.get(7)?, *body.get(8)?, *body.get(9)?]) as usize;
    } else {
        if matches!(code, 18 | 19 | 22) {
            end += 1 + *body.get(end)? as usize;
        }
        for _ in 0..numbers {
            let bits = u16::from_be_bytes([*body.get(end)?, *body.get(end + 1)?]) as usize;
            end += 2 + bits.div_ceil(8);
        }
    }
    let public = body.get(..end)?;
    let fingerprint = match version {
        4 => hex(&sha1::Sha1::digest([&[0x99], &(end as u16).to_be_bytes()[..], public].concat())),
        6 => hex(&sha256(&[&[0x9b], &(end as u32).to_be_bytes()[..], public].concat())),
        _ => return None,
    };
    let encrypted = secret.then(|| body.get(end).is_some_and(|usage| *usage != 0));
    Some(PgpKey { fingerprint, user: None, algorithm, created, encrypted })
}
