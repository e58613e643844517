//! Every rule proves itself by its own examples, through the engine that users run.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Engine;
use super::proof::{base62, crc32};

/// An example that did not come out as its rule says.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    pub rule: String,
    /// The shape, not the value made of it.
    pub example: String,
    /// Whether the rule should have found something.
    pub expected: bool,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.expected { "is not found in" } else { "must not be found in" };
        write!(f, "{} {what} {}", self.rule, self.example)
    }
}

/// Runs the examples of every rule that the engine has.
pub fn prove(engine: &Engine) -> Vec<Failure> {
    let mut failures = Vec::new();
    for rule in engine.rules() {
        let examples = rule.matches.iter().map(|e| (e, true)).chain(rule.ignores.iter().map(|e| (e, false)));
        for (example, expected) in examples {
            let text = expand(example);
            let found = engine.scan("example.conf", text.as_bytes()).iter().any(|d| d.rule == rule.id);
            if found != expected {
                failures.push(Failure { rule: rule.id.to_string(), example: example.to_string(), expected });
            }
        }
    }
    failures
}

/// Fills a shape with made-up characters: `{alnum:36}`, `{hex:40}`, `{crc:ghp_}`. The same shape gives the same text.
fn expand(shape: &str) -> String {
    let mut out = String::new();
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut rest = shape;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let Some(close) = rest[open..].find('}') else { break };
        let inside = &rest[open + 1..open + close];
        match inside.split_once(':') {
            Some(("crc", prefix)) => {
                let body = out.rfind(prefix).map_or("", |i| &out[i + prefix.len()..]);
                let sum = base62(crc32(body.as_bytes()));
                out.push_str(&sum);
            }
            Some(("pem", label)) => {
                let body = random(&mut state, ALNUM, 300);
                out.push_str(&format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----"));
            }
            Some((class, count)) => match (alphabet(class), count.parse()) {
                (Some(letters), Ok(count)) => out.push_str(&random(&mut state, letters, count)),
                // A brace of the text itself.
                _ => {
                    out.push('{');
                    rest = &rest[open + 1..];
                    continue;
                }
            },
            None if inside == "jwt" => {
                let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
                let signature = random(&mut state, ALNUM, 43);
                out.push_str(&format!("{}.{}.{signature}", part("{\"alg\":\"HS256\"}"), part("{\"sub\":\"made-up\",\"iss\":\"https://example.org\"}")));
            }
            None if inside == "ppk" => {
                let body = random(&mut state, ALNUM, 300);
                out.push_str(&format!("PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 4\n{body}\nPrivate-MAC: 0"));
            }
            None => {
                out.push('{');
                rest = &rest[open + 1..];
                continue;
            }
        }
        rest = &rest[open + close + 1..];
    }
    out.push_str(rest);
    out
}

const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

fn alphabet(class: &str) -> Option<&'static str> {
    Some(match class {
        "alnum" => ALNUM,
        "b64" => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "hex" => "0123456789abcdef",
        "digit" => "0123456789",
        "alpha" => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        "lownum" => "abcdefghijklmnopqrstuvwxyz0123456789",
        "UPNUM" => "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "b32" => "abcdefghijklmnopqrstuvwxyz234567",
        "B32" => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        "BECH" => "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
        _ => return None,
    })
}

fn random(state: &mut u64, letters: &str, count: usize) -> String {
    let letters = letters.as_bytes();
    (0..count)
        .map(|_| {
            *state ^= *state << 13;
            *state ^= *state >> 7;
            *state ^= *state << 17;
            letters[(*state % letters.len() as u64) as usize] as char
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_rule_proves_itself() {
        let failures = super::prove(crate::detect::engine());
        assert!(failures.is_empty(), "{}", failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
        assert!(crate::detect::engine().rules().len() >= 400);
    }
}
