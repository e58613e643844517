//! `.nhi-accepted`: what somebody looked at and accepted, by value and identity, never by line.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;

use super::{ConfigError, Day};

/// The file's name.
pub const FILE_NAME: &str = ".nhi-accepted";

/// Larger files are an error: a run would spend its time on them.
const MAX_SIZE: u64 = 8 << 20;

/// Memory in KiB and passes of the hash of a weak value: some milliseconds for whoever has the value, and years for whoever guesses.
const COST: (u32, u32) = (8 * 1024, 1);

/// The head of every written file.
const HEADER: &str = "# What was looked at and accepted: kind, key, check, and why. One entry a line, sorted; `nhi baseline` writes it.\n";

/// What an entry is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A finding, by its fingerprint.
    Finding(String),
    /// A credential whose value is strong, by the fingerprint of the value.
    Value(String),
    /// A credential whose value could be guessed, by a salted, memory-hard hash of it.
    Weak(WeakHash),
}

/// A salted, memory-hard hash.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WeakHash {
    memory: u32,
    passes: u32,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

/// One accepted thing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub subject: Subject,
    /// Id of the check that it is accepted for, or `*`.
    pub check: String,
    pub owner: Option<String>,
    /// The last day on which it holds.
    pub expires: Option<Day>,
    pub reason: String,
}

/// All entries, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    pub entries: BTreeSet<Entry>,
}

impl WeakHash {
    /// Hashes what tells a value from others inside a run, with a new salt, or with that of `like`, so that one computation compares with both.
    pub fn new(value: u128, like: Option<&WeakHash>) -> Option<Self> {
        let (memory, passes) = COST;
        let salt = match like.filter(|l| (l.memory, l.passes) == COST) {
            Some(like) => like.salt.clone(),
            None => {
                let mut salt = vec![0; 16];
                getrandom::fill(&mut salt).ok()?;
                salt
            }
        };
        let hash = derive(value, memory, passes, &salt)?;
        Some(WeakHash { memory, passes, salt, hash })
    }

    /// Whether the other hash was made with the same salt at the same cost.
    pub fn is_like(&self, other: &WeakHash) -> bool {
        (self.memory, self.passes, &self.salt) == (other.memory, other.passes, &other.salt)
    }

    /// The hash of another value, made like this one.
    pub fn of(&self, value: u128) -> Option<Self> {
        Some(WeakHash { hash: derive(value, self.memory, self.passes, &self.salt)?, ..self.clone() })
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("argon2id:")?.split(':');
        let (cost, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
        let (memory, passes) = cost.strip_prefix("m=")?.split_once(",t=")?;
        let (memory, passes) = (memory.parse().ok()?, passes.parse().ok()?);
        // Whoever can write the file must not be able to make a run take for ever.
        ((8..=64 * 1024).contains(&memory) && (1..=8).contains(&passes)).then_some(())?;
        let (salt, hash) = (BASE64.decode(salt).ok()?, BASE64.decode(hash).ok()?);
        (parts.next().is_none() && (8..=64).contains(&salt.len()) && hash.len() == 32).then_some(WeakHash { memory, passes, salt, hash })
    }
}

fn derive(value: u128, memory: u32, passes: u32, salt: &[u8]) -> Option<Vec<u8>> {
    let mut out = vec![0; 32];
    let parameters = Params::new(memory, passes, 1, Some(out.len())).ok()?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters).hash_password_into(&value.to_be_bytes(), salt, &mut out).ok()?;
    Some(out)
}

impl fmt::Display for WeakHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "argon2id:m={},t={}:{}:{}", self.memory, self.passes, BASE64.encode(&self.salt), BASE64.encode(&self.hash))
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Finding(fingerprint) => write!(f, "finding {fingerprint}"),
            Subject::Value(fingerprint) => write!(f, "value {fingerprint}"),
            Subject::Weak(hash) => write!(f, "weak {hash}"),
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.subject, self.check)?;
        if let Some(owner) = &self.owner {
            write!(f, " owner={owner}")?;
        }
        if let Some(expires) = &self.expires {
            write!(f, " expires={expires}")?;
        }
        write!(f, " # {}", self.reason)
    }
}

impl Entry {
    /// Reads `value <fingerprint> LEAK-01 owner=… expires=… # reason`. The error says what is wrong.
    pub fn parse(line: &str) -> Result<Self, String> {
        let (head, reason) = line.split_once(" # ").ok_or("it gives no reason; end it with ` # why`")?;
        let mut words = head.split_whitespace();
        let (kind, key, check) = (words.next(), words.next(), words.next());
        let (Some(kind), Some(key), Some(check)) = (kind, key, check) else {
            return Err("it needs a kind, a key and a check, as in `value 4f… LEAK-01 # why`".into());
        };
        let hex = || key.len() == 32 && key.bytes().all(|b| b.is_ascii_hexdigit());
        let subject = match kind {
            "finding" if hex() => Subject::Finding(key.to_owned()),
            "value" if hex() => Subject::Value(key.to_owned()),
            "weak" => Subject::Weak(WeakHash::parse(key).ok_or("its hash is no argon2id hash as `nhi baseline` writes it")?),
            "finding" | "value" => return Err("its key is no fingerprint of 32 hexadecimal digits".into()),
            _ => return Err("its kind is none of finding, value and weak".into()),
        };
        let mut entry = Entry { subject, check: check.to_owned(), owner: None, expires: None, reason: reason.trim().to_owned() };
        if entry.reason.is_empty() {
            return Err("it gives no reason; end it with ` # why`".into());
        }
        for word in words {
            match word.split_once('=') {
                Some(("owner", owner)) => entry.owner = Some(owner.to_owned()),
                Some(("expires", day)) => entry.expires = Some(Day::parse(day).ok_or("it expires on no day; write expires=2026-12-31")?),
                _ => return Err("only owner= and expires= may stand between the check and the reason".into()),
            }
        }
        Ok(entry)
    }

    /// Whether it holds at that time, in seconds since the epoch.
    pub fn holds(&self, now: i64) -> bool {
        self.expires.is_none_or(|day| !day.is_past(now))
    }

    /// Whether it is about that check.
    pub fn is_for(&self, check: &str) -> bool {
        self.check == "*" || self.check.eq_ignore_ascii_case(check)
    }
}

impl Accepted {
    /// The file nearest above `start`, if there is one.
    pub fn find(start: &Path) -> Option<PathBuf> {
        let start = start.canonicalize().ok()?;
        start.ancestors().map(|folder| folder.join(FILE_NAME)).find(|p| p.is_file())
    }

    /// Reads one file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let shown = path.display().to_string();
        let unreadable = |source| ConfigError::Unreadable { path: shown.clone(), source };
        if std::fs::metadata(path).map_err(unreadable)?.len() > MAX_SIZE {
            return Err(ConfigError::Invalid { path: shown, reason: "larger than 8 MiB; accept by value and check, not one by one".into() });
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        Accepted::parse(&text).map_err(|reason| ConfigError::Invalid { path: shown, reason })
    }

    /// Reads the text of one file; the error says the line. Order and repetition mean nothing, so that two sides of a merge can both be kept.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut entries = BTreeSet::new();
        for (number, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#')) {
            entries.insert(Entry::parse(line.trim()).map_err(|e| format!("line {}: {e}", number + 1))?);
        }
        Ok(Accepted { entries })
    }

    /// The text of the file.
    pub fn write(&self) -> String {
        let mut lines: Vec<String> = self.entries.iter().map(Entry::to_string).collect();
        lines.sort();
        HEADER.to_owned() + &lines.iter().map(|l| format!("{l}\n")).collect::<String>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_lines_may_be_repeated_and_moved() {
        let weak = WeakHash::new(7, None).expect("a hash");
        let text = format!(
            "weak {weak} LEAK-01 owner=team:gh/acme/web expires=2026-12-31 # a local database\nvalue {} * # rotated\n\n# words\nfinding {} FED-02 # by design\n",
            "a1".repeat(16),
            "0f".repeat(16)
        );
        let accepted = Accepted::parse(&text).expect("entries");
        assert_eq!(accepted.entries.len(), 3);
        assert_eq!(Accepted::parse(&accepted.write()), Ok(accepted.clone()));
        assert_eq!(Accepted::parse(&(accepted.write() + &text)), Ok(accepted));
    }

    #[test]
    fn a_slip_names_its_line() {
        for (text, said) in [
            ("\nvalue abc LEAK-01 # x\n", "line 2"),
            ("value aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa LEAK-01\n", "reason"),
            ("value aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa LEAK-01 expires=soon # x\n", "2026-12-31"),
            ("value aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa LEAK-01 line=4 # x\n", "owner="),
            ("weak argon2id:m=99999999,t=1:AAAAAAAAAAAAAAAAAAAAAA:AAAA LEAK-01 # x\n", "argon2id"),
            ("file x LEAK-01 # x\n", "finding, value and weak"),
        ] {
            let error = Accepted::parse(text).expect_err(text);
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_weak_hash_is_of_one_value_and_salted() {
        let one = WeakHash::new(7, None).expect("a hash");
        assert_eq!(one.of(7), Some(one.clone()));
        assert_ne!(one.of(8), Some(one.clone()));
        assert_ne!(WeakHash::new(7, None), Some(one.clone()));
        assert!(WeakHash::new(8, Some(&one)).is_some_and(|other| other.is_like(&one)));
    }
}
