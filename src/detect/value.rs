//! What a value looks like: placeholder, reference, word, identifier, path, hash, or random.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Words that stand for a value which is not there.
const PLACEHOLDERS: &[&str] = &[
    "changeme",
    "change_me",
    "change-me",
    "changeit",
    "todo",
    "tbd",
    "none",
    "null",
    "nil",
    "undefined",
    "example",
    "dummy",
    "redacted",
    "hidden",
    "masked",
    "removed",
    "placeholder",
    "true",
    "false",
    "string",
    "required",
    "optional",
    "empty",
    "default",
    "n/a",
    "na",
    "unset",
    "yes",
    "no",
    "on",
    "off",
    "enabled",
    "disabled",
    "foo",
    "bar",
    "baz",
    "foobar",
    "secret",
    "token",
    "password",
    "passwd",
    "pass",
    "pwd",
    "key",
    "apikey",
    "api_key",
    "api-key",
    "value",
    "val",
    "text",
    "str",
    "int",
    "bytes",
    "object",
    "any",
    "self",
    "this",
    "username",
    "user",
    "bearer",
    "basic",
    "hash",
    "https",
    "http",
];

/// Beginnings of a value that stands for something else.
const STANDINS: &[&str] = &[
    "your",
    "my_",
    "my-",
    "<",
    "[",
    "{",
    "insert",
    "replace",
    "enter",
    "fixme",
    "xxx",
    "***",
    "...",
    "some-",
    "some_",
    "sample",
    "example",
    "fake",
    "dummy",
    "placeholder",
    "put-",
    "put_",
    "here",
    "add_",
    "add-",
    "##",
    "-----",
];

/// One to three characters over and over, or every other one like the one before.
pub(super) fn is_uniform(value: &[u8]) -> bool {
    let mut seen = [false; 256];
    value.iter().for_each(|b| seen[*b as usize] = true);
    let same = value.windows(2).filter(|w| w[0] == w[1]).count();
    value.len() >= 6 && (seen.iter().filter(|s| **s).count() <= 3 || same * 2 > value.len())
}

/// One to three characters over and over, or a run of neighbours (`12345678`).
pub(super) fn is_monotonous(value: &[u8]) -> bool {
    is_uniform(value) || value.len() >= 10 && value.windows(2).filter(|w| w[1] == w[0].wrapping_add(1) || w[1] == w[0]).count() * 10 >= (value.len() - 1) * 8
}

/// A word that stands for a value which is not there.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    // A whole-line pattern says what a value has to look like.
    if value.len() > 2 && value.starts_with(b"^") && value.ends_with(b"$") {
        return true;
    }
    let text = String::from_utf8_lossy(value).to_ascii_lowercase();
    let text = text.trim();
    text.is_empty()
        || PLACEHOLDERS.contains(&text)
        || text.trim_end_matches(|c: char| c.is_ascii_digit()) == "value"
        || STANDINS.iter().any(|s| text.starts_with(s))
        || [
            "_here",
            "-here",
            "example",
            "placeholder",
            "changeme",
            "change_me",
            "your_",
            "your-",
            "yourpass",
            "yourkey",
            "yoursecret",
            "yourtoken",
            "redacted",
            "xxxx",
            "****",
            "....",
            "dummy",
        ]
        .iter()
        .any(|s| text.contains(s))
        || (text.starts_with('%') && text.ends_with('%'))
        || (text.starts_with('@') && text.ends_with('@') && text.len() > 2)
        || (text.starts_with("__") && text.ends_with("__"))
}

/// A reference to a value that is kept elsewhere.
pub(super) fn is_reference(value: &str) -> bool {
    let v = value.trim();
    v.trim_start_matches(['\\', '.', '"', '\'', '+', ' ']).starts_with('$')
        || v.contains("${")
        || v.contains("$(")
        || v.contains("{{")
        || v.contains("<%")
        || v.contains("#{")
        || v.contains("%(")
        || v.contains("{%")
        || (v.starts_with('{') && v.ends_with('}'))
        || (v.starts_with('%') && v.len() < 4)
        || [
            "op://",
            "vault:",
            "secret://",
            "ref+",
            "ref://",
            "awssm:",
            "arn:",
            "ssm:",
            "env:",
            "file:",
            "!vault",
            "enc[",
            "enc(",
            "@microsoft.keyvault",
            "keyvault:",
            "secretref:",
            "process.env",
            "os.environ",
            "os.getenv",
            "getenv(",
            "env(",
            "env.",
            "env[",
            "secrets.",
            "var.",
            "local.",
            "data.",
            "vars.",
            "settings.",
            "config.",
            "config(",
            "config[",
            "self.",
            "this.",
            "request.",
            "params",
            "args.",
            "opts.",
            "options.",
            "$ansible_vault",
            "sops:",
        ]
        .iter()
        .any(|p| v.len() >= p.len() && v.is_char_boundary(p.len()) && v[..p.len()].eq_ignore_ascii_case(p))
}

/// Letters (or digits, where there are too few) that follow the alphabet, whatever stands between them: `a1b2c3d4e5f6`, `abc123def456`.
pub(super) fn is_sequence(value: &[u8]) -> bool {
    let run = |keep: fn(&u8) -> bool, modulus: u8, base: u8| {
        let kept: Vec<u8> = value.iter().filter(|b| keep(b)).map(|b| b.to_ascii_lowercase() - base).collect();
        let steps = kept.windows(2).filter(|w| (w[0] + 1) % modulus == w[1]).count();
        kept.len() >= 8 && steps * 100 >= (kept.len() - 1) * 85
    };
    run(u8::is_ascii_alphabetic, 26, b'a') || (value.iter().filter(|b| b.is_ascii_alphabetic()).count() * 3 < value.len() && run(u8::is_ascii_digit, 10, b'0'))
}

/// Whether a value follows the alphabet or counts, as a whole or over a long stretch: typed by a person who needed something of the right shape.
pub(super) fn is_made_up(value: &[u8]) -> bool {
    let steps = |w: &[u8]| w[1] == w[0].wrapping_add(1) || w[0] == b'9' && w[1] == b'0';
    let mut run = 0;
    let long = value.windows(2).any(|w| {
        run = if steps(w) { run + 1 } else { 0 };
        run >= 8
    });
    let periodic = (4..=16).any(|p| value.len() * 2 >= 5 * p && value.iter().zip(&value[p..]).filter(|(a, b)| a == b).count() * 10 >= (value.len() - p) * 9);
    long || periodic || is_monotonous(value) || is_sequence(value)
}

/// Letters of both cases, long and no words: random without a digit, as one in some dozens is.
pub(super) fn is_mixed(value: &[u8]) -> bool {
    value.len() >= 20
        && value.iter().any(u8::is_ascii_lowercase)
        && value.iter().any(u8::is_ascii_uppercase)
        && entropy(value) >= 3.8
        && wordiness(value) < 0.35
}

/// Bits a character, by the frequencies in the value itself.
pub(super) fn entropy(value: &[u8]) -> f64 {
    let mut counts = [0u32; 256];
    value.iter().for_each(|b| counts[*b as usize] += 1);
    let n = value.len().max(1) as f64;
    counts.iter().filter(|c| **c > 0).map(|c| f64::from(*c) / n).map(|p| -p * p.log2()).sum()
}

/// How many of the four classes (lower, upper, digit, other) the value uses.
pub(super) fn classes(value: &[u8]) -> usize {
    let has = |f: fn(&u8) -> bool| usize::from(value.iter().any(f));
    has(u8::is_ascii_lowercase) + has(u8::is_ascii_uppercase) + has(u8::is_ascii_digit) + has(|b| b.is_ascii_punctuation())
}

/// Bits that have to be guessed before a fingerprint under a key that everybody knows gives nothing away.
const UNGUESSABLE: f64 = 96.0;

/// Whether nobody finds a value by trying: drawn, not typed, from so many that all of them cannot be tried.
pub(super) fn is_unguessable(value: &[u8]) -> bool {
    let has = |f: fn(&u8) -> bool| value.iter().any(f);
    let letters: u32 = if has(|b| b.is_ascii_lowercase() && *b > b'f') || has(|b| b.is_ascii_uppercase() && *b > b'F') { 26 } else { 6 };
    let cases = u32::from(has(u8::is_ascii_lowercase)) + u32::from(has(u8::is_ascii_uppercase));
    let alphabet = letters * cases + 10 * u32::from(has(u8::is_ascii_digit));
    let drawn = value.iter().filter(|b| b.is_ascii_alphanumeric()).count() as f64;
    !is_made_up(value) && drawn * f64::from(alphabet.max(1)).log2() >= UNGUESSABLE
}

/// Whether a value of a vendor's bare format (hex, alphanumeric) looks drawn at random.
pub(super) fn is_random_enough(value: &[u8]) -> bool {
    let needed: f64 = if value.iter().all(u8::is_ascii_hexdigit) { 2.8 } else { 3.2 };
    value.iter().any(u8::is_ascii_digit) && entropy(value) >= needed.min((value.len() as f64).log2() * 0.75)
}

/// Share of the letters that stand in plausible English-like alternation: high for words and identifiers, low for random text.
pub(super) fn wordiness(value: &[u8]) -> f64 {
    let mut in_words = 0;
    let mut run: Vec<u8> = Vec::new();
    let mut letters = 0;
    let mut flush = |run: &mut Vec<u8>| {
        if run.len() >= 4 && looks_like_a_word(run) {
            in_words += run.len();
        }
        run.clear();
    };
    let mut previous = 0u8;
    for &b in value {
        if b.is_ascii_alphabetic() {
            letters += 1;
            if b.is_ascii_uppercase() && previous.is_ascii_lowercase() {
                flush(&mut run);
            }
            run.push(b.to_ascii_lowercase());
        } else {
            flush(&mut run);
        }
        previous = b;
    }
    flush(&mut run);
    if letters == 0 { 0.0 } else { in_words as f64 / value.len() as f64 }
}

/// Words joined by dashes, as addresses of pages are: `how-to-use-the-secrets-manager-1c94`.
pub(super) fn is_slug(value: &[u8]) -> bool {
    let parts = || value.split(|b| *b == b'-');
    let word = |part: &&[u8]| part.len() >= 2 && part.iter().all(u8::is_ascii_lowercase) && (part.len() < 4 || looks_like_a_word(part));
    let words = || parts().filter(word);
    words().count() >= 4 && words().map(<[u8]>::len).sum::<usize>() * 2 > value.len()
}

/// What a value in base 64 says, when that is a text: a credential that was drawn at random is none.
pub(super) fn as_text(value: &[u8]) -> Option<Vec<u8>> {
    if value.len() < 8 || !value.len().is_multiple_of(4) {
        return None;
    }
    STANDARD.decode(value).ok().filter(|text| text.iter().all(|b| matches!(b, b' '..=b'~' | b'\n' | b'\r' | b'\t')))
}

fn looks_like_a_word(run: &[u8]) -> bool {
    let vowel = |b: &u8| matches!(b, b'a' | b'e' | b'i' | b'o' | b'u' | b'y');
    let vowels = run.iter().filter(|b| vowel(b)).count();
    let share = vowels as f64 / run.len() as f64;
    let longest_consonants = run.split(vowel).map(<[u8]>::len).max().unwrap_or(0);
    let rare = run.iter().filter(|b| matches!(b, b'q' | b'x' | b'z' | b'j')).count();
    (0.22..=0.67).contains(&share) && longest_consonants <= 4 && rare * 4 <= run.len()
}

/// Words joined by dashes or underscores of which one says what belongs there: `grpc_pass`, `default-k8s-sa-token`, `source-key1`.
pub(super) fn names_a_role(value: &str, password: bool) -> bool {
    let parts: Vec<&str> = value.split(['-', '_']).collect();
    let lower = value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'));
    let says = |part: &&str| {
        let word = part.trim_end_matches(|c: char| c.is_ascii_digit());
        matches!(word, "pass" | "password" | "passwd" | "passcode" | "pwd")
            || !password && matches!(word, "key" | "token" | "secret" | "secrets" | "tag" | "cert" | "invalid" | "mock" | "fake")
    };
    // A random value may hold a word; it does not consist of short ones.
    parts.len() >= 2 && lower && parts.iter().all(|part| part.len() <= 12) && (if password { parts.last().is_some_and(says) } else { parts.iter().any(says) })
}

/// Hexadecimal of the length of a digest, or a UUID.
pub(super) fn is_hash_or_uuid(value: &str) -> bool {
    let hex = !value.is_empty() && value.bytes().all(|b| b.is_ascii_hexdigit());
    uuid_version(value.as_bytes()).is_some()
        || (hex && matches!(value.len(), 32 | 40 | 56 | 64 | 96 | 128))
        || value.starts_with("sha256:")
        || value.starts_with("sha512-")
        || value.starts_with("$2a$")
        || value.starts_with("$2b$")
        || value.starts_with("$2y$")
}

/// `name-1.2.3`: a package with its version.
pub(super) fn ends_with_version(value: &[u8]) -> bool {
    let Some(dash) = value.iter().rposition(|b| *b == b'-') else { return false };
    let version = &value[dash + 1..];
    version.iter().filter(|b| **b == b'.').count() >= 1
        && version.split(|b| *b == b'.').all(|part| !part.is_empty() && part.len() <= 4 && part.iter().all(u8::is_ascii_digit))
}

/// The version digit of a UUID; nothing when it is none.
pub(super) fn uuid_version(value: &[u8]) -> Option<u8> {
    let dash = |i: usize| matches!(i, 8 | 13 | 18 | 23);
    let uuid = value.len() == 36 && value.iter().enumerate().all(|(i, b)| if dash(i) { *b == b'-' } else { b.is_ascii_hexdigit() });
    uuid.then(|| value[14])
}

/// A path, a URL without user, a file name, a dotted name, or a date.
pub(super) fn is_path_or_name(value: &str) -> bool {
    let v = value;
    let host = v.split_once('/').is_some_and(|(host, path)| {
        host.contains('.') && !path.is_empty() && host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'))
    });
    host || v.starts_with('/') && v[1..].contains('/')
        || v.starts_with("./")
        || v.starts_with("../")
        || v.starts_with("~/")
        || v.contains("://")
        || v.contains(":\\")
        || [
            ".json", ".pem", ".key", ".txt", ".yml", ".yaml", ".crt", ".py", ".js", ".ts", ".go", ".java", ".php", ".html", ".xml", ".com", ".org", ".net",
            ".io", ".conf", ".env", ".p12", ".pfx", ".jks", ".md", ".pub", ".cer", ".sh", ".rb", ".cs",
        ]
        .iter()
        .any(|e| v.len() > e.len() && v.ends_with(e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standins_and_references_are_known() {
        for v in ["changeme", "<your-password>", "YOUR_API_KEY", "xxxxxxxx", "placeholder", "%PASSWORD%", "dummy-token"] {
            assert!(is_placeholder(v.as_bytes()), "{v}");
        }
        for v in ["${X}", "$X", "{{ .Values.x }}", "os.environ['X']", "op://v/i/f", "process.env.X", "var.password"] {
            assert!(is_reference(v), "{v}");
        }
        for v in ["default-k8s-sa-token", "source-key1", "secret-2-tag-1"] {
            assert!(names_a_role(v, false), "{v}");
        }
        assert!(names_a_role("grpc_pass", true) && !names_a_role("pass-9q7x", true) && !names_a_role("x7kq2m-p9lw4rt8vbn3c", false));
        assert!(is_path_or_name("github.com/acme/web/password") && !is_path_or_name("h7/kq2m.zp"));
        assert!(!is_placeholder(b"hq7-Zt!w2") && !is_reference("hq7-Zt!w2"));
    }

    #[test]
    fn sequences_are_known() {
        for v in ["a1b2c3d4e5f6g7h8", "abc123def456ghi789", "aB1cD2eF3gH4iJ5kL6", "1234-5678-9012"] {
            assert!(is_sequence(v.as_bytes()), "{v}");
        }
        assert!(!is_sequence(b"x7Kq2mZp9Lw4Rt8vBn3c") && !is_sequence(b"hq7-Zt!w2"));
    }

    #[test]
    fn words_stand_joined_or_encoded() {
        for v in ["and-the-manager-of-secrets-1c94234993b6", "how-to-use-the-secrets-manager"] {
            assert!(is_slug(v.as_bytes()), "{v}");
        }
        assert!(!is_slug(b"x7kq-2mzp-9lw4-rt8v-bn3c") && !is_slug(b"gateway-key"));
        assert_eq!(as_text(STANDARD.encode("great-name").as_bytes()).as_deref(), Some(&b"great-name"[..]));
        assert_eq!(as_text(b"x7Kq2mZp9Lw4Rt8vBn3cx7Kq2mZp9Lw4"), None);
    }

    #[test]
    fn few_or_typed_characters_can_be_guessed() {
        for v in ["x7Kq2mZp9Lw4Rt8vBn3c", "9f3c1e77a0b24d5886fe0c3d"] {
            assert!(is_unguessable(v.as_bytes()), "{v}");
        }
        for v in ["x7Kq2mZp9Lw4", "9f3c1e77a0b24d58", "482915730264", "abcdef0123456789abcdef0123456789", "1234-5678-9012-3456-7890-1234-5678", ""] {
            assert!(!is_unguessable(v.as_bytes()), "{v}");
        }
    }

    #[test]
    fn words_are_told_from_random_text() {
        assert!(wordiness(b"authorization_token_provider") > 0.7);
        assert!(wordiness(b"x7Kq2mZp9Lw4Rt8vBn3c") < 0.4);
        assert!(is_monotonous(b"aaaaaaaa") && is_monotonous(b"1234567890") && !is_monotonous(b"x7Kq2mZp"));
    }
}
