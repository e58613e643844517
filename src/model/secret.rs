//! A secret value that no report, log or panic can print, and its fingerprint.

use std::fmt;

use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroize;

/// Public key of fingerprints of values that are strong by construction: guessing them is infeasible, so the key need not be
/// secret, and equal values meet across machines.
const PUBLIC_KEY: &[u8] = b"nhi.fingerprint/1";

/// Bytes of a secret. There is no `Display` or `Serialize`, `Debug` shows the length only, and the memory is zeroed on drop.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

/// First 128 bits of a keyed hash, lower-case hex.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fingerprint(String);

impl Fingerprint {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Secret {
    /// Takes the value after normalising it: surrounding white space, quotes and a `Bearer ` prefix are no part of it.
    pub fn new(value: &[u8]) -> Self {
        let mut v = value.trim_ascii();
        if v.len() > 7 && v[..7].eq_ignore_ascii_case(b"bearer ") {
            v = v[7..].trim_ascii();
        }
        for quote in [b'"', b'\'', b'`'] {
            if v.len() >= 2 && v[0] == quote && v[v.len() - 1] == quote {
                v = &v[1..v.len() - 1];
            }
        }
        Secret(v.to_vec())
    }

    /// Whether the value is that public text.
    pub fn is(&self, public: &str) -> bool {
        self.0 == public.as_bytes()
    }

    /// Whether the text has the value anywhere.
    pub fn occurs_in(&self, text: &[u8]) -> bool {
        !self.0.is_empty() && memchr::memmem::find(text, &self.0).is_some()
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Fingerprint under the user's key, or under the built-in public key. Give no key only for values that are strong by
    /// construction (at least 96 bits): a reader of the report could guess others.
    pub fn fingerprint(&self, key: Option<&[u8]>) -> Fingerprint {
        let bytes = self.mac(key.unwrap_or(PUBLIC_KEY));
        Fingerprint(bytes[..16].iter().map(|b| format!("{b:02x}")).collect())
    }

    /// Equality inside one run. Never written anywhere.
    pub fn identity(&self) -> u128 {
        let bytes = self.mac(b"nhi.equality/1");
        let mut first = [0; 16];
        first.copy_from_slice(&bytes[..16]);
        u128::from_be_bytes(first)
    }

    fn mac(&self, key: &[u8]) -> [u8; 32] {
        let mut mac = match Hmac::<Sha256>::new_from_slice(key) {
            Ok(mac) => mac,
            Err(_) => unreachable!("HMAC takes keys of any length"),
        };
        mac.update(&self.0);
        mac.finalize().into_bytes().into()
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints_the_value_and_dress_does_not_matter() {
        let plain = Secret::new(b"made-up-value-1");
        assert_eq!(format!("{plain:?}"), "Secret(15 bytes)");
        for dressed in ["  \"made-up-value-1\" ", "Bearer made-up-value-1", "'made-up-value-1'"] {
            assert_eq!(Secret::new(dressed.as_bytes()).fingerprint(None), plain.fingerprint(None));
        }
        assert_ne!(plain.fingerprint(Some(b"k")), plain.fingerprint(None));
        assert_eq!(plain.fingerprint(None).as_str().len(), 32);
    }
}
