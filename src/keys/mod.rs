//! Keys and certificates, read without being used: who they are for, who vouches, how long, how large, and which public key they share.

mod certificate;
mod der;
mod pem;
mod pgp;
mod private;
#[cfg(test)]
pub(crate) mod samples;
mod ssh;
mod store;

pub use certificate::{Certificate, certificate};
pub use pem::{Block, blocks, encoded};
pub use pgp::{PgpKey, pgp_key};
pub use private::public_of;
pub use ssh::{SshLine, ssh_line};
pub use store::{Store, is_store_name, store};

/// The public half of a key: two files that hold it are about the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// `spki:sha256/…`, the SHA-256 of the key's SubjectPublicKeyInfo, or `ssh:SHA256:…` as `ssh-keygen -l` prints it.
    pub id: String,
    /// The same key by the other form of id, where both can be told.
    pub also: Option<String>,
    /// `rsa`, `ec`, `ed25519`, …
    pub algorithm: &'static str,
    /// Size of the key in bits, where it has one.
    pub bits: Option<u32>,
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::der::{INTEGER, OCTETS, OID, SEQUENCE, write};
    use super::samples::{RSA_OID, modulus, private, signed, spki};
    use super::*;

    #[test]
    fn a_certificate_and_its_private_key_share_a_public_key() {
        let certificate = certificate(&signed()).expect("reads");
        assert_eq!((certificate.subject.as_str(), certificate.issuer.as_str()), ("CN=api.acme.io", "CN=Acme CA"));
        assert_eq!(certificate.not_after - certificate.not_before, 12 * 86_400);
        assert_eq!(certificate.names, ["api.acme.io", "spiffe://acme/pay/api"]);
        assert_eq!((certificate.serial.as_str(), certificate.signature.as_str(), certificate.authority), ("1234", "sha256-rsa", false));
        let key = certificate.key.expect("an RSA key");
        assert_eq!((key.algorithm, key.bits), ("rsa", Some(2048)));
        assert_eq!(public_of("RSA PRIVATE KEY", &private()).as_ref(), Some(&key));
        let wrapped =
            write(SEQUENCE, &[write(INTEGER, &[0]), write(SEQUENCE, &[write(OID, RSA_OID), vec![5, 0]].concat()), write(OCTETS, &private())].concat());
        assert_eq!(public_of("PRIVATE KEY", &wrapped).as_ref(), Some(&key));
        // The same key in the form of SSH has the other id.
        let blob = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes(), bytes].concat();
        let modulus = der::Item::first(&modulus()).map(|(m, _)| m.content.to_vec()).expect("an integer");
        let line = [blob(b"ssh-rsa"), blob(&[1, 0, 1]), blob(&modulus)].concat();
        use base64::Engine as _;
        let line = format!("no-pty ssh-rsa {} deploy@acme", base64::engine::general_purpose::STANDARD.encode(line));
        let line = ssh_line(&line).expect("a line");
        assert_eq!((Some(&line.key.id), line.key.also.as_deref()), (key.also.as_ref(), Some(key.id.as_str())));
        assert_eq!((line.comment.as_str(), line.before.as_str(), line.key.bits), ("deploy@acme", "no-pty", Some(2048)));
    }

    #[test]
    fn a_java_store_that_a_well_known_password_opens() {
        use sha1::Digest;
        let text = |s: &str| [&(s.len() as u16).to_be_bytes(), s.as_bytes()].concat();
        let number = |n: usize| (n as u32).to_be_bytes().to_vec();
        let certificate = signed();
        let content =
            [vec![0xfe, 0xed, 0xfe, 0xed], number(2), number(1), number(2), text("acme"), vec![0; 8], text("X.509"), number(certificate.len()), certificate]
                .concat();
        let sealed = |password: &str| {
            let wide: Vec<u8> = password.encode_utf16().flat_map(u16::to_be_bytes).collect();
            let sum = sha1::Sha1::new().chain_update(wide).chain_update(b"Mighty Aphrodite").chain_update(&content).finalize();
            [content.as_slice(), &sum[..]].concat()
        };
        let weak = store(&sealed("changeit")).expect("a store");
        assert_eq!((weak.format, weak.aliases.as_slice(), weak.certificates.len(), weak.weak), ("jks", &["acme".to_owned()][..], 1, true));
        assert!(!store(&sealed("something else")).expect("a store").weak);
    }

    #[test]
    fn whatever_the_bytes_nothing_fails() {
        let samples = [signed(), private(), spki()];
        for sample in &samples {
            for cut in 0..sample.len() {
                let mut broken = sample.clone();
                broken[cut] = broken[cut].wrapping_add(0x7b);
                for bytes in [&sample[..cut], &broken] {
                    certificate(bytes);
                    store(bytes);
                    pgp_key(bytes);
                    for label in ["RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY"] {
                        public_of(label, bytes);
                    }
                }
            }
        }
    }
}
