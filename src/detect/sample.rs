//! Sample values that vendors publish in their documentation: everybody has them, they open nothing.

use sha2::{Digest, Sha256};

/// Sample values of vendors' documentation and of RFCs, by a part that is enough to know them.
const PARTS: &[&str] = &[
    "EXAMPLEKEY",
    "7EXAMPLE",
    "4eC39HqLyjWDarj",
    "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
    "AKIAI44QH8DHBEXAMPLE",
    "XXXXXXXX",
    "xxxxxxxx",
    "00000000000000",
];

/// First eight bytes of the SHA-256 of Google keys that stand in Google's own documentation, samples and tests.
const GOOGLE_KEYS: &[u64] = &[
    0x2037_abca_ffb2_b777,
    0x27a9_a429_31df_f7eb,
    0x37f8_f09b_df12_c2f2,
    0x3a8b_61d0_f636_b007,
    0x3f37_0c9d_d822_5c63,
    0x49f7_77db_995e_8260,
    0x4c98_242d_cadc_8b29,
    0x8731_261c_b72d_8626,
    0xa19f_89ab_3555_eac1,
    0xa6c8_14bc_555a_e62c,
    0xdc0f_cf04_6c61_640c,
    0xe4a5_542b_b7fd_7b67,
    0xea9b_b108_2cf9_5663,
    0xeb54_0d2b_6ee2_a0a4,
    0xf56e_3234_94a6_ffc2,
];

/// Whether a value is one that documentation shows.
pub(super) fn is_sample(value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value);
    PARTS.iter().any(|part| text.contains(part)) || (text.starts_with("AIza") && GOOGLE_KEYS.binary_search(&digest(value)).is_ok())
}

fn digest(value: &[u8]) -> u64 {
    Sha256::digest(value).iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_known_by_a_part_or_by_their_digest() {
        assert!(is_sample(b"AKIAIOSFODNN7EXAMPLE"));
        let whole = ["AIzaSyD3asb", "2pEZVqMkmL6M9N6nHZRR_znhrh0"].join("-");
        assert!(is_sample(whole.as_bytes()) && !is_sample(&whole.as_bytes()[..38]));
        assert!(GOOGLE_KEYS.is_sorted());
    }
}
