//! Made-up keys and certificates of the right form, for tests: their numbers are no key.

use super::der::{BITS, INTEGER, OCTETS, OID, SEQUENCE, SET, write};

pub(super) const RSA_OID: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// Numbers of the right size that are no key.
pub(super) fn modulus() -> Vec<u8> {
    write(INTEGER, &[vec![0, 0xc1], (0..255u32).map(|i| (i * 7 % 251) as u8).collect()].concat())
}

pub(super) fn spki() -> Vec<u8> {
    let public = write(SEQUENCE, &[modulus(), write(INTEGER, &[1, 0, 1])].concat());
    let algorithm = write(SEQUENCE, &[write(OID, RSA_OID), vec![5, 0]].concat());
    write(SEQUENCE, &[algorithm, write(BITS, &[vec![0], public].concat())].concat())
}

pub(super) fn private() -> Vec<u8> {
    write(SEQUENCE, &[write(INTEGER, &[0]), modulus(), write(INTEGER, &[1, 0, 1]), write(INTEGER, &[9; 256])].concat())
}

fn named(common: &str) -> Vec<u8> {
    write(SEQUENCE, &write(SET, &write(SEQUENCE, &[write(OID, &[0x55, 4, 3]), write(0x0c, common.as_bytes())].concat())))
}

pub(super) fn signed() -> Vec<u8> {
    let validity = write(SEQUENCE, &[write(0x17, b"260101000000Z"), write(0x18, b"20260113000000Z")].concat());
    let names = write(SEQUENCE, &[write(0x82, b"api.acme.io"), write(0x86, b"spiffe://acme/pay/api")].concat());
    let extension = write(SEQUENCE, &[write(OID, &[0x55, 0x1d, 0x11]), write(OCTETS, &names)].concat());
    let algorithm = write(SEQUENCE, &write(OID, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11]));
    let tbs = write(
        SEQUENCE,
        &[
            write(0xa0, &write(INTEGER, &[2])),
            write(INTEGER, &[0x12, 0x34]),
            algorithm.clone(),
            named("Acme CA"),
            validity,
            named("api.acme.io"),
            spki(),
            write(0xa3, &write(SEQUENCE, &extension)),
        ]
        .concat(),
    );
    write(SEQUENCE, &[tbs, algorithm, write(BITS, &[0, 1])].concat())
}

/// As PEM.
fn pem(label: &str, content: &[u8]) -> String {
    use base64::Engine as _;
    let coded = base64::engine::general_purpose::STANDARD.encode(content);
    let lines: Vec<&str> = (0..coded.len()).step_by(64).map(|i| &coded[i..(i + 64).min(coded.len())]).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// A private key, and a certificate of its public half, in PEM.
pub(crate) fn pair() -> (String, String) {
    (pem("RSA PRIVATE KEY", &private()), pem("CERTIFICATE", &signed()))
}
