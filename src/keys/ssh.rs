//! Public keys of SSH, one a line: `*.pub`, `authorized_keys`, `known_hosts`, and wherever else such a line stands.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::PublicKey;
use super::private::of_blob;

/// What kinds of keys begin with.
const KINDS: &[&str] = &["ssh-rsa ", "ssh-ed25519 ", "ssh-dss ", "ecdsa-sha2-nistp", "sk-ssh-ed25519@", "sk-ecdsa-sha2-"];

/// A line with a public key.
#[derive(Clone, Debug)]
pub struct SshLine {
    pub key: PublicKey,
    /// Usually who made it, `deploy@acme`.
    pub comment: String,
    /// What stands before the key: options of an authorised key, hosts of a known one.
    pub before: String,
    /// Where the key begins, in bytes.
    pub column: usize,
}

/// The public key of a line, if it holds one.
pub fn ssh_line(line: &str) -> Option<SshLine> {
    let column = KINDS.iter().filter_map(|k| line.find(k)).min()?;
    let (_, rest) = line[column..].split_once(' ')?;
    let rest = rest.trim_start();
    let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '/' | '=')).unwrap_or(rest.len());
    let key = of_blob(&STANDARD.decode(&rest[..length]).ok()?)?;
    let comment = rest[length..].trim_start_matches(' ').split(['"', '\'', '\\', '\n', '<', ',']).next().unwrap_or_default().trim();
    let comment = comment.chars().filter(|c| !c.is_control()).take(100).collect();
    Some(SshLine { key, comment, before: line[..column].trim().to_owned(), column })
}
