//! Whether what a vendor's pattern matched is a credential: samples of documentation, placeholders and made-up values are told apart.

use serde_json::Value;

use super::rule::Rule;
use super::{Detection, proof, sample, value};
use crate::model::{Attributes, Secret};

/// Judges a match: `named` is the key that it is assigned to, where the rule needs one. The place of the value is the caller's to say.
pub(super) fn judge(rule: &Rule, named: &[u8], bytes: &[u8]) -> Option<Detection> {
    if sample::is_sample(bytes) || (rule.check != "pem" && (value::is_uniform(bytes) || value::is_placeholder(bytes))) {
        return None;
    }
    // `PASSWORD EXPIRE`, `PASSWORD DEFAULT`: a word of the language.
    if rule.credential == "password" && bytes.iter().all(|b| b.is_ascii_uppercase() || *b == b'_') {
        return None;
    }
    let made_up = value::is_made_up(bytes);
    let shown = String::from_utf8_lossy(bytes);
    if rule.needs_key() {
        let joined = bytes.iter().any(|b| matches!(b, b'-' | b'_'));
        let wordy = if rule.any_shape() { 0.4 } else { 0.6 };
        let words = !made_up && (rule.any_shape() || joined) && value::wordiness(bytes) > wordy;
        if words
            || value::is_slug(bytes)
            || shown.contains("...")
            || rule.any_shape() && !adjacent(named)
            || value::is_reference(&shown)
            || value::is_path_or_name(&shown)
        {
            return None;
        }
        let random = value::is_random_enough(bytes) || !rule.any_shape() && value::is_mixed(bytes);
        let named = names_a_secret(named) || (random || made_up) && !rule.any_shape() && !value::is_hash_or_uuid(&shown) && is_bare(named);
        if !named || !(made_up || random) {
            return None;
        }
    }
    let mut attributes = Attributes::new();
    let mut reasons = vec![format!("has the format of: {}", rule.name)];
    let mut confidence = match (rule.needs_key(), rule.any_shape()) {
        (_, true) => 0.6,
        (true, false) => 0.75,
        (false, false) => 0.9,
    };
    match proof::check(rule, bytes, &mut attributes, &mut reasons) {
        proof::Verdict::Refuted => return None,
        proof::Verdict::Proved => confidence = 0.98,
        proof::Verdict::Open => {
            if made_up && rule.check != "pem" {
                confidence = MADE_UP;
                reasons.push("looks typed by hand, not drawn at random".into());
            }
        }
    }
    attributes.insert("provider".into(), Value::from(&*rule.provider));
    Some(Detection {
        rule: rule.id.to_string(),
        credential: rule.credential.to_string(),
        range: 0..bytes.len(),
        preview: format!("{} ({} characters)", rule.name, bytes.len()),
        public_id: rule.public.then(|| shown.into_owned()),
        part_of: None,
        identity: None,
        confidence,
        reasons,
        // A password that a command line gives may be guessed, and so may what somebody typed, or what is short.
        strong: rule.check == "pem" || !matches!(&*rule.credential, "password" | "basic-auth") && value::is_unguessable(bytes),
        secret: Secret::new(bytes),
        attributes,
        decoded: Vec::new(),
    })
}

/// Confidence of a value that has the vendor's shape but follows the alphabet or the keyboard: somebody may use it all the same.
const MADE_UP: f64 = 0.4;

/// Whether the last word of what stands in front of a value names a secret: `api key of pinata: gateway-…` does not.
fn adjacent(named: &[u8]) -> bool {
    let end = named.iter().rposition(u8::is_ascii_alphanumeric).map_or(0, |i| i + 1);
    let from = named[..end].iter().rposition(u8::is_ascii_whitespace).map_or(0, |i| i + 1);
    names_a_secret(&named[from..end])
}

/// Whether a key is the vendor's name and nothing else, and something is assigned to it.
fn is_bare(named: &[u8]) -> bool {
    let end = named.iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(named.len());
    is_assigned(&named[end..]) && !named[end..].iter().any(u8::is_ascii_alphanumeric)
}

/// Whether what follows a name assigns something to it.
pub(super) fn is_assigned(behind: &[u8]) -> bool {
    behind.iter().take(4).find(|b| !matches!(b, b' ' | b'"' | b'\'')).is_some_and(|b| matches!(b, b'=' | b':'))
}

/// Whether a key says that it holds a secret: the vendor's name alone (`box_id`, `front page: …`) does not.
pub(super) fn names_a_secret(key: &[u8]) -> bool {
    const WORDS: &[&[u8]] = &[
        b"key", b"token", b"secret", b"pass", b"pwd", b"auth", b"api", b"pat", b"cred", b"hook", b"bearer", b"access", b"private", b"license", b"sid",
        b".login", b"_login",
    ];
    // Few letters begin one of the words: most places are done with at a glance.
    (0..key.len()).any(|at| {
        let first = key[at].to_ascii_lowercase();
        matches!(first, b'k' | b't' | b's' | b'p' | b'a' | b'c' | b'h' | b'b' | b'l' | b'.' | b'_')
            && WORDS.iter().any(|word| word[0] == first && key.get(at..at + word.len()).is_some_and(|w| w.eq_ignore_ascii_case(word)))
    })
}

#[cfg(test)]
mod tests {
    use crate::detect::{Detection, engine};

    fn found(text: &str) -> Vec<Detection> {
        engine().scan("a.txt", text.as_bytes())
    }

    /// Looks drawn at random, and is the same every time.
    fn random(length: usize) -> String {
        let letters: Vec<char> = "q7Zt2LmX9bRv4KwN8pYc3JhD6sFg5TkW".chars().collect();
        (0..length).map(|i| letters[(i * 11 + i * i * 7) % letters.len()]).collect()
    }

    #[test]
    fn a_key_names_a_secret_by_any_of_its_words() {
        for key in ["apiKey", "x_TOKEN", "Secret", "mypass", "pwd", "OAuth", "API", "pat", "creds", "webHook", "Bearer", "access", "private", "license", "SID"]
        {
            assert!(super::names_a_secret(key.as_bytes()) && super::names_a_secret(format!("x{key}y").as_bytes()), "{key}");
        }
        for key in ["box_id", "front page", "login", "ke", ""] {
            assert!(!super::names_a_secret(key.as_bytes()), "{key}");
        }
        assert!(super::names_a_secret(b"box.login") && super::names_a_secret(b"BOX_LOGIN"));
    }

    #[test]
    fn a_value_that_was_typed_by_hand_is_believed_less() {
        let typed = "abcdef0123456789".repeat(2);
        let made_up = found(&format!("DEEPL_KEY={typed}:fx\ntomtom_key={typed}"));
        assert!(made_up.iter().any(|d| d.rule.starts_with("tomtom") && d.confidence < 0.5), "{made_up:?}");
        let drawn = found(&format!("tomtom_key={}", random(32)));
        assert!(drawn.iter().any(|d| d.rule.starts_with("tomtom") && d.confidence > 0.7), "{drawn:?}");
    }

    #[test]
    fn what_can_be_guessed_is_not_strong() {
        let one = |value: &str| found(&format!("tomtom_key={value}")).into_iter().find(|d| d.rule.starts_with("tomtom")).expect("found").strong;
        assert!(one(&random(32)));
        assert!(!one(&"abcdef0123456789".repeat(2)), "typed by hand");
    }

    #[test]
    fn the_name_of_a_service_beside_a_random_value_says_whose_it_is() {
        let d = found(&format!("pinataSECRET {}", random(40)));
        assert_eq!(d[0].attributes[&"provider".into()], "pinata");
        assert_eq!(d[0].rule, "service-credential");
        for other in
            ["pinata secret see-the-documentation-of-2024", "pinata_secret = config.PINATA_SECRET_V2", "pinata_url = https://gateway/9f8e7d6c5b4a39281706"]
        {
            assert!(found(other).is_empty(), "{other}");
        }
    }

    #[test]
    fn what_begins_as_a_vendors_value_and_is_none_is_not_reported_under_another_name() {
        assert!(found(&format!("TAILSCALE_AUTH_KEY=tskey-auth-{}", random(9))).is_empty());
        assert!(found(&format!("token = \"ghp_{}\"", random(36))).is_empty(), "its checksum is wrong");
        assert!(found(&format!("token = \"{}\"", random(36))).len() == 1);
    }
}
