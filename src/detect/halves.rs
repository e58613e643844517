//! Two secret values that are one credential: the key and its secret, in any order, on lines of one block or in one object. The secret names the
//! credential, or the key where the vendor made it a public id.

use std::ops::Range;

use super::Detection;
use super::assignment::words;
use super::parts::{self, LINES};
use crate::model::Half;

/// Last words of the key in front of the secret half, and those of its other half.
const PAIRS: &[(&[&str], &[&[&str]])] = &[
    (&["secret", "access", "key"], &[&["access", "key", "id"], &["access", "key"], &["key", "id"]]),
    (&["access", "key", "secret"], &[&["access", "key", "id"], &["access", "key"]]),
    (&["access", "token", "secret"], &[&["access", "token"], &["access", "token", "key"]]),
    (&["access", "secret"], &[&["access", "key"], &["access", "token"], &["access", "key", "id"]]),
    (&["api", "secret", "key"], &[&["api", "key"]]),
    (&["api", "key", "secret"], &[&["api", "key"], &["api", "key", "id"], &["api", "key", "sid"]]),
    (&["api", "secret"], &[&["api", "key"], &["api", "key", "id"], &["api", "token"]]),
    (&["app", "secret"], &[&["app", "key"]]),
    (&["application", "key"], &[&["application", "key", "id"]]),
    (&["application", "secret"], &[&["application", "key"]]),
    (&["client", "secret"], &[&["client", "key"], &["client", "id"]]),
    (&["consumer", "secret"], &[&["consumer", "key"]]),
    (&["secret", "key"], &[&["access", "key"], &["access", "key", "id"], &["key", "id"], &["secret", "id"], &["public", "key"], &["api", "key"]]),
    (&["key", "secret"], &[&["key", "id"], &["key"]]),
    (&["secret", "id"], &[&["role", "id"]]),
    (&["token", "secret"], &[&["token", "id"], &["token"]]),
    (&["secret"], &[&["key"], &["key", "id"]]),
];

/// Last words of keys whose values belong to a key id of the vendor, whatever stands in front of them: the secret, and what makes it temporary.
const OF_A_KEY_ID: &[&[&str]] = &[&["secret", "access", "key"], &["access", "key", "secret"], &["session", "token"], &["security", "token"]];

/// Last words that say less: in front of them must stand what stands in front of the key id's.
const OF_ITS_KEY_ID: &[&[&str]] = &[&["access", "secret"], &["secret", "key"], &["secret"]];
const KEY_IDS: &[&[&str]] = &[&["access", "key", "id"], &["access", "key"], &["secret", "id"], &["key", "id"], &["access", "id"], &["id"]];

/// Characters of an AWS secret access key.
const AWS_SECRET: usize = 40;
/// Confidence of a secret that stands with its key id.
const PAIRED: f64 = 0.95;

/// Makes one credential of the halves that belong together.
pub(super) fn join(text: &[u8], detections: &mut [Detection]) {
    if detections.len() < 2 {
        return;
    }
    let keys: Vec<Vec<String>> = detections.iter().map(|d| parts::key_of(text, d.range.start).map(|key| words(&text[key])).unwrap_or_default()).collect();
    with_key_ids(text, &keys, detections);
    with_keys(text, &keys, detections);
}

/// A secret or a session token belongs to the nearest key id of its vendor, before or behind it.
fn with_key_ids(text: &[u8], keys: &[Vec<String>], detections: &mut [Detection]) {
    let ids: Vec<usize> = (0..detections.len()).filter(|i| detections[*i].public_id.is_some()).collect();
    for i in 0..detections.len() {
        let near = ids.iter().copied().filter(|id| belongs(&detections[i], &keys[i], &detections[*id], &keys[*id]));
        let near = near.filter(|id| lines_between(text, &detections[i], &detections[*id]) <= LINES);
        let Some(id) = near.min_by_key(|id| distance(&detections[i], &detections[*id])) else { continue };
        let (credential, public) = (detections[id].credential.clone(), detections[id].public_id.clone());
        let secret = &mut detections[i];
        secret.credential = credential;
        secret.public_id = public;
        secret.confidence = PAIRED;
        secret.reasons.push("stands with its key id".into());
        if secret.strong && !keys[i].ends_with(&["token".to_owned()]) {
            detections[id].part_of = Some(half_of(text, &detections[i], &detections[id]));
        }
    }
}

/// Whether a value is the secret, or the session token, of a key id, by its vendor and by the keys in front of both.
fn belongs(secret: &Detection, key: &[String], id: &Detection, key_of_id: &[String]) -> bool {
    let ends = |last: &&[&str]| parts::in_front(key, last).is_some();
    let front = |key, lasts: &[&[&str]]| lasts.iter().find_map(|last| parts::in_front(key, last).map(<[String]>::to_vec));
    let alike = || front(key, OF_ITS_KEY_ID).is_some_and(|own| front(key_of_id, KEY_IDS) == Some(own));
    if secret.public_id.is_some() || !(secret.rule == "aws-secret-access-key" || OF_A_KEY_ID.iter().any(ends) || alike()) {
        return false;
    }
    match secret.attributes.get("provider") {
        Some(own) => id.attributes.get("provider") == Some(own),
        // `secretAccessKey` without the vendor's name: beside a key id it is that one's.
        None => id.credential != "aws-access-key" || key.last().is_some_and(|word| word == "token") || secret.range.len() == AWS_SECRET,
    }
}

/// A secret whose other half is no public id: both are kept secret, and both are needed.
fn with_keys(text: &[u8], keys: &[Vec<String>], detections: &mut [Detection]) {
    // What names one credential is no part of another.
    let mut names: Vec<usize> = Vec::new();
    for i in 0..detections.len() {
        let Some((front, halves)) = PAIRS.iter().find_map(|(last, halves)| Some((parts::in_front(&keys[i], last)?, *halves))) else { continue };
        if detections[i].public_id.is_some() || detections[i].part_of.is_some() {
            continue;
        }
        let other = (0..detections.len()).filter(|o| *o != i && !names.contains(o)).filter(|o| {
            let (secret, other) = (&detections[i], &detections[*o]);
            other.public_id.is_none()
                && other.part_of.is_none()
                && (other.rule.starts_with("generic") || other.attributes.get("provider").is_some_and(|p| secret.attributes.get("provider") == Some(p)))
                && halves.iter().any(|last| parts::in_front(&keys[*o], last) == Some(front))
                && lines_between(text, secret, other) <= LINES
                && parts::same_object(text, &secret.range, &other.range)
        });
        let Some(o) = other.min_by_key(|o| distance(&detections[i], &detections[*o])) else { continue };
        let credential = detections[i].credential.clone();
        detections[o].credential = credential;
        // Whichever cannot be guessed may name both.
        let (name, half) = if detections[o].strong && !detections[i].strong { (o, i) } else { (i, o) };
        names.push(name);
        detections[name].reasons.push("stands with its other half".into());
        detections[half].part_of = Some(half_of(text, &detections[name], &detections[half]));
    }
}

/// How the half says which other one names both.
fn half_of(text: &[u8], name: &Detection, half: &Detection) -> Half {
    if name.strong {
        return Half::Of(name.secret.fingerprint(None));
    }
    let (at, from) = (name.range.start, half.range.start);
    let lines = memchr::memchr_iter(b'\n', &text[at.min(from)..at.max(from)]).count() as i32;
    let line = memchr::memrchr(b'\n', &text[..at]).map_or(0, |end| end + 1);
    Half::At { lines: if at < from { -lines } else { lines }, column: String::from_utf8_lossy(&text[line..at]).chars().count() as u32 + 1 }
}

fn distance(a: &Detection, b: &Detection) -> usize {
    a.range.start.abs_diff(b.range.start)
}

fn lines_between(text: &[u8], a: &Detection, b: &Detection) -> usize {
    let between: Range<usize> = a.range.start.min(b.range.start)..a.range.start.max(b.range.start);
    memchr::memchr_iter(b'\n', &text[between]).take(LINES + 1).count()
}

#[cfg(test)]
mod tests {
    use crate::detect::{Detection, engine};
    use crate::model::Half;

    /// Looks drawn at random, and is the same every time.
    fn made_up(length: usize, from: usize) -> String {
        let letters: Vec<char> = "q7Zt2LmX9bRv4KwN8pYc3JhD6sFg5TkW".chars().collect();
        (from..from + length).map(|i| letters[(i * 11 + i * i * 7 + i / 32) % letters.len()]).collect()
    }

    fn found(path: &str, text: &str) -> Vec<Detection> {
        engine().scan(path, text.as_bytes())
    }

    #[test]
    fn four_lines_of_aws_are_one_credential() {
        let id = format!("ASIA{}", "Q7ZT2LMX5BRV4KWN");
        let text =
            format!("aws_session_token = {}\naws_secret_access_key = {}\nregion = eu-west-1\naws_access_key_id = {id}\n", made_up(220, 0), made_up(40, 0));
        let all = found("credentials", &text);
        assert_eq!(all.len(), 3, "{all:?}");
        assert!(all.iter().all(|d| d.credential == "aws-access-key" && d.public_id.as_ref() == Some(&id)), "{all:?}");
        let text = format!("{{\"secretAccessKey\": \"{}\",\n \"region\": \"eu-west-1\", \"accessKeyId\": \"{id}\"}}\n", made_up(40, 0));
        let all = found("a.json", &text);
        assert_eq!(all.len(), 2, "{all:?}");
        assert!(all.iter().all(|d| d.credential == "aws-access-key" && d.public_id.as_ref() == Some(&id)), "{all:?}");
        assert_eq!(all[1].part_of, Some(Half::Of(all[0].secret.fingerprint(None))));
    }

    #[test]
    fn a_key_and_its_secret_are_one_whatever_the_order() {
        for (key, secret) in [("consumer_key", "consumer_secret"), ("SHOP_API_KEY", "SHOP_API_SECRET"), ("accessToken", "accessTokenSecret")] {
            let lines = [format!("{key}={}", made_up(26, 0)), format!("{secret}={}", made_up(44, 50))];
            for order in [[0, 1], [1, 0]] {
                let all = found("a.env", &format!("{}\nPORT=80\n{}\n", lines[order[0]], lines[order[1]]));
                assert_eq!(all.len(), 2, "{key} {all:?}");
                let (of_key, of_secret) = (&all[order[0]], &all[order[1]]);
                assert_eq!(of_key.part_of, Some(Half::Of(of_secret.secret.fingerprint(None))), "{key}");
                assert_eq!((&of_secret.part_of, &of_secret.credential), (&None, &of_key.credential), "{key}");
            }
        }
    }

    #[test]
    fn halves_that_may_both_be_guessed_are_one_by_their_place() {
        let all = found("a.env", "MAIL_API_KEY=qx7Zt2Lm\nPORT=80\n  MAIL_API_SECRET=bRv4KwN8pY\n");
        assert_eq!(all.len(), 2, "{all:?}");
        assert_eq!(all[0].part_of, Some(Half::At { lines: 2, column: 19 }));
    }

    #[test]
    fn keys_of_others_are_not_joined() {
        let (one, two) = (made_up(26, 0), made_up(44, 50));
        for text in [
            format!("A_API_KEY={one}\nB_API_SECRET={two}\n"),
            format!("api_key={one}\n{}api_secret={two}\n", "x: 1\n".repeat(12)),
            format!("[{{\"api_key\": \"{one}\"}}, {{\"api_secret\": \"{two}\"}}]"),
            format!("SHOP_SECRET={}\nAWS_ACCESS_KEY_ID=AKIA{}\n", made_up(40, 9), "Q7ZT2LMX5BRV4KWN"),
        ] {
            let all = found("a.yml", &text);
            assert!(all.len() == 2 && all.iter().all(|d| d.part_of.is_none()), "{text} {all:?}");
        }
    }
}
