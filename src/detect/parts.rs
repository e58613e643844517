//! The parts of one credential: key id, secret, session token and region; client id and secret; user, password and host. They stand near each
//! other, in any order, on lines of one block or in one object, under keys that differ in their last words only.

use std::ops::Range;

use serde_json::Value;

use super::assignment::words;
use super::{Detection, halves, value};
use crate::keys;
use crate::model::{Key, Kind};

/// How many lines apart the parts may stand.
pub(super) const LINES: usize = 10;
/// How far that is looked at, in bytes.
const REACH: usize = 2_000;
/// Confidence of a private key that decodes.
const DECODED: f64 = 0.98;
/// Longest part that is told, in bytes.
const LONGEST: usize = 200;

/// Last words of keys whose values are the public parts, and the attribute that tells them.
const PUBLIC: &[(&[&str], &str)] = &[
    (&["client", "id"], "client_id"),
    (&["app", "id"], "client_id"),
    (&["application", "id"], "client_id"),
    (&["clientid"], "client_id"),
    (&["appid"], "client_id"),
    (&["account", "sid"], "account"),
    (&["tenant", "id"], "tenant"),
    (&["tenant"], "tenant"),
    (&["tenantid"], "tenant"),
    (&["user"], "user"),
    (&["username"], "user"),
    (&["user", "name"], "user"),
    (&["user", "id"], "user"),
    (&["uid"], "user"),
    (&["login"], "user"),
    (&["host"], "host"),
    (&["hostname"], "host"),
    (&["host", "name"], "host"),
    (&["server"], "host"),
    (&["port"], "port"),
    (&["database"], "database"),
    (&["dbname"], "database"),
    (&["db"], "database"),
    (&["default", "region"], "region"),
    (&["region"], "region"),
];

/// Last words of keys whose values are the secret part, and the public parts that belong to it.
const SECRET: &[(&[&str], &[&str])] = &[
    (&["client", "secret"], &["client_id", "tenant"]),
    (&["app", "secret"], &["client_id", "tenant"]),
    (&["clientsecret"], &["client_id", "tenant"]),
    (&["appsecret"], &["client_id", "tenant"]),
    (&["auth", "token"], &["account"]),
    (&["password"], &["user", "host", "port", "database"]),
    (&["passwd"], &["user", "host", "port", "database"]),
    (&["pass"], &["user", "host", "port", "database"]),
    (&["pwd"], &["user", "host", "port", "database"]),
    (&["secret", "access", "key"], &["region"]),
    (&["secret", "key"], &["region"]),
];

/// Engines by the words of the key in front, with their scheme and port.
const ENGINES: &[(&str, &str, u16)] = &[
    ("postgres", "postgres", 5432),
    ("postgresql", "postgres", 5432),
    ("pg", "postgres", 5432),
    ("mysql", "mysql", 3306),
    ("mariadb", "mysql", 3306),
    ("mongo", "mongodb", 27017),
    ("mongodb", "mongodb", 27017),
    ("redis", "redis", 6379),
    ("mssql", "mssql", 1433),
    ("rabbitmq", "amqp", 5672),
    ("clickhouse", "clickhouse", 9000),
];

/// Joins the parts of every credential of a text.
pub(super) fn join(text: &[u8], detections: &mut Vec<Detection>) {
    public_halves(text, detections);
    halves::join(text, detections);
    users_of_hashes(text, detections);
    google(text, detections);
    for i in 0..detections.len() {
        let parts = public_parts(text, detections, i);
        let detection = &mut detections[i];
        if parts.found.is_empty() {
            continue;
        }
        let names: Vec<&str> = parts.found.iter().map(|(name, _)| *name).collect();
        detection.reasons.push(format!("stands with its {}", names.join(", ").replace('_', " ")));
        if detection.identity.is_none() {
            detection.identity = parts.identity();
        }
        for (name, part) in parts.found {
            detection.attributes.entry(name.into()).or_insert_with(|| Value::from(part));
        }
    }
}

/// What stands beside a secret and says whose it is.
struct Parts {
    found: Vec<(&'static str, String)>,
    /// The words of the key in front of those that say what it holds.
    about: Vec<String>,
}

impl Parts {
    fn get(&self, name: &str) -> Option<&str> {
        self.found.iter().find(|(n, _)| *n == name).map(|(_, part)| part.as_str())
    }

    /// The user of a database on a host, or the application of a tenant.
    fn identity(&self) -> Option<Key> {
        if let (Some(user), Some(host)) = (self.get("user"), self.get("host")) {
            let (_, scheme, port) = ENGINES.iter().find(|(word, ..)| self.about.iter().any(|w| w == word))?;
            let port = self.get("port").map_or_else(|| port.to_string(), str::to_owned);
            let database = self.get("database").unwrap_or_default();
            return Some(Key::new(Kind::Identity, "db-user", format!("dbuser:{scheme}://{}:{port}/{database}#{user}", host.to_ascii_lowercase())));
        }
        let id = self.get("client_id").filter(|id| value::uuid_version(id.as_bytes()).is_some())?;
        let microsoft = self.get("tenant").is_some() || self.about.iter().any(|w| matches!(w.as_str(), "azure" | "entra" | "arm" | "aad" | "microsoft"));
        microsoft.then(|| Key::new(Kind::Identity, "entra-app", format!("entra-app:{}", id.to_ascii_lowercase())))
    }
}

/// The public parts near one detection, nearest first of each kind.
fn public_parts(text: &[u8], detections: &[Detection], i: usize) -> Parts {
    let mut parts = Parts { found: Vec::new(), about: Vec::new() };
    let place = &detections[i].range;
    let Some(key) = key_of(text, place.start) else { return parts };
    let key_words = words(&text[key.clone()]);
    let Some((about, wanted)) = SECRET.iter().find_map(|(last, wanted)| Some((in_front(&key_words, last)?, *wanted))) else { return parts };
    parts.about = about.to_vec();
    let window = window(text, place);
    let mut near: Vec<(usize, &'static str, String)> = Vec::new();
    for (other, held) in assignments(text, window) {
        let other_words = words(&text[other.clone()]);
        let Some(name) =
            PUBLIC.iter().find(|(last, _)| in_front(&other_words, last).is_some_and(|front| front == about || *last == ["region"])).map(|(_, name)| *name)
        else {
            continue;
        };
        let shown = String::from_utf8_lossy(&text[held.clone()]).into_owned();
        let literal = shown.bytes().all(|b| b.is_ascii_graphic()) && !value::is_reference(&shown) && !shown.contains(['<', '{', '(', '*', '@', '/']);
        let secret = detections.iter().any(|d| d.range.start < held.end && held.start < d.range.end);
        if wanted.contains(&name) && literal && !secret && same_object(text, place, &other) {
            near.push((other.start.abs_diff(place.start), name, shown));
        }
    }
    near.sort();
    for (_, name, part) in near {
        if parts.get(name).is_none() {
            parts.found.push((name, part));
        }
    }
    parts.found.sort();
    parts
}

/// The words in front of the last ones; nothing when the last are others.
pub(super) fn in_front<'a>(words: &'a [String], last: &[&str]) -> Option<&'a [String]> {
    let at = words.len().checked_sub(last.len())?;
    words[at..].iter().zip(last).all(|(a, b)| a == b).then_some(&words[..at])
}

/// The key that a value at `start` is assigned to, on the same line.
pub(super) fn key_of(text: &[u8], start: usize) -> Option<Range<usize>> {
    let low = start.saturating_sub(160);
    let line = text[low..start].iter().rposition(|b| *b == b'\n').map_or(low, |i| low + i + 1);
    let closes = |b: &u8| matches!(b, b' ' | b'\t' | b'"' | b'\'' | b'`' | b'=' | b':' | b'>' | b'\\' | b'(' | b',');
    let end = start - text[line..start].iter().rev().take_while(|b| closes(b)).count();
    let begin = end - text[line..end].iter().rev().take_while(|b| is_key(**b)).count();
    (begin < end && end < start).then_some(begin..end)
}

fn is_key(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')
}

/// The lines around a place that its parts may stand on.
fn window(text: &[u8], place: &Range<usize>) -> Range<usize> {
    let low = place.start.saturating_sub(REACH);
    let high = (place.end + REACH).min(text.len());
    let from = text[low..place.start].iter().enumerate().rev().filter(|(_, b)| **b == b'\n').nth(LINES).map_or(low, |(i, _)| low + i + 1);
    let to = text[place.end..high].iter().enumerate().filter(|(_, b)| **b == b'\n').nth(LINES).map_or(high, |(i, _)| place.end + i);
    from..to
}

/// Every `key = value` of a stretch, in the notation of configuration, JSON and source code.
fn assignments(text: &[u8], window: Range<usize>) -> Vec<(Range<usize>, Range<usize>)> {
    let mut all = Vec::new();
    let mut p = window.start;
    while p < window.end {
        let begin = p;
        p += text[p..window.end].iter().take_while(|b| is_key(**b)).count();
        let key = begin..p;
        if key.is_empty() {
            p += 1;
            continue;
        }
        let skip = |p: usize, these: &[u8]| p + text[p..window.end].iter().take(4).take_while(|b| these.contains(b)).count();
        let mut q = skip(p, b"\"'`] \t");
        let operator = skip(q, b"=:>");
        if operator == q {
            continue;
        }
        q = skip(operator, b" \t\"'`\\");
        let length = text[q..window.end]
            .iter()
            .take(LONGEST + 1)
            .take_while(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b'`' | b',' | b';' | b'}' | b'\\'))
            .count();
        if (1..=LONGEST).contains(&length) {
            all.push((key, q..q + length));
        }
        p = q + length;
    }
    all
}

/// Whether two places belong to one object: no brace is opened or closed for good between them, and no section begins.
pub(super) fn same_object(text: &[u8], a: &Range<usize>, b: &Range<usize>) -> bool {
    let between = &text[a.end.min(b.end)..a.start.max(b.start)];
    let mut depth = 0i32;
    for byte in between {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0 && !between.windows(2).any(|w| w == b"\n[") && !between.windows(4).any(|w| w == b"\n---")
}

/// A private key proves whoever its public half belongs to, by the same id that certificates and lines of authorised keys have.
fn public_halves(text: &[u8], detections: &mut [Detection]) {
    for detection in detections.iter_mut().filter(|d| matches!(d.credential.as_str(), "private-key" | "ssh-private-key" | "pgp-private-key")) {
        // The value ends before the dashes that end its block.
        let value = String::from_utf8_lossy(&text[detection.range.clone()]);
        let value = if value.ends_with("-----END") { format!("{value} -----") } else { value.into_owned() };
        let Some(block) = keys::blocks(&value).pop().or_else(|| keys::encoded(&value).pop().and_then(|(_, inner)| keys::blocks(&inner).pop())) else {
            continue;
        };
        let attributes = &mut detection.attributes;
        if detection.credential == "pgp-private-key" {
            let Some(key) = keys::pgp_key(&block.content) else { continue };
            attributes.insert("algorithm".into(), key.algorithm.into());
            attributes.insert("encrypted".into(), key.encrypted.unwrap_or(false).into());
            detection.identity = Some(Key::new(Kind::Identity, "x509-subject", format!("pgp:{}", key.fingerprint)));
            continue;
        }
        attributes.insert("encrypted".into(), (block.encrypted || block.label.starts_with("ENCRYPTED")).into());
        let Some(key) = keys::public_of(&block.label, &block.content) else { continue };
        detection.confidence = detection.confidence.max(DECODED);
        detection.reasons.push("it decodes to a key".into());
        attributes.insert("algorithm".into(), key.algorithm.into());
        attributes.insert("public_key".into(), key.id.as_str().into());
        if let Some(bits) = key.bits {
            attributes.insert("key_bits".into(), bits.into());
        }
        let subtype = if key.id.starts_with("ssh:") { "ssh-principal" } else { "x509-subject" };
        detection.identity = Some(Key::new(Kind::Identity, subtype, key.id));
    }
}

/// In a list of users the name stands right in front of the hash.
fn users_of_hashes(text: &[u8], detections: &mut [Detection]) {
    for detection in detections.iter_mut().filter(|d| d.attributes.contains_key("hash") && d.decoded.is_empty()) {
        let before = &text[..detection.range.start];
        // `user:$…`, or `user:{SHA}…`.
        let Some(end) = before.iter().rev().take(8).position(|b| *b == b':').map(|back| before.len() - 1 - back) else { continue };
        let begin = end - text[..end].iter().rev().take(LONGEST).take_while(|b| is_key(**b) || **b == b'@').count();
        let user = String::from_utf8_lossy(&text[begin..end]).into_owned();
        detection.preview = format!("hash of the password of {user}");
        detection.attributes.insert("user".into(), user.into());
    }
}

/// A Google service-account key names its identity beside itself.
fn google(text: &[u8], detections: &mut Vec<Detection>) {
    if !detections.iter().any(|d| d.credential == "private-key") {
        return;
    }
    let Some(email) = after(text, b"\"client_email\"").filter(|email| email.ends_with("gserviceaccount.com")) else { return };
    let id = after(text, b"\"private_key_id\"");
    let project = after(text, b"\"project_id\"");
    for detection in detections.iter_mut().filter(|d| d.credential == "private-key") {
        detection.credential = "gcp-sa-key".into();
        detection.identity = Some(Key::new(Kind::Identity, "gcp-service-account", format!("gcp-sa:{email}")));
        detection.public_id.clone_from(&id);
        detection.reasons.push("stands in a service-account file".into());
        if let Some(project) = &project {
            detection.attributes.insert("project".into(), Value::from(project.as_str()));
        }
    }
    // The key's id is no secret of its own.
    if let Some(id) = id {
        detections.retain(|d| d.credential == "gcp-sa-key" || text[d.range.clone()] != *id.as_bytes());
    }
}

/// The quoted value of a JSON key, wherever it stands.
fn after(text: &[u8], key: &[u8]) -> Option<String> {
    let at = text.windows(key.len()).position(|w| w == key)? + key.len();
    let rest = &text[at..(at + 300).min(text.len())];
    let open = rest.iter().position(|b| *b == b'"')?;
    let close = rest[open + 1..].iter().position(|b| *b == b'"')?;
    Some(String::from_utf8_lossy(&rest[open + 1..open + 1 + close]).into_owned())
}

#[cfg(test)]
mod tests {
    use crate::detect::{Detection, engine};

    /// Looks drawn at random, and is the same every time.
    fn made_up(length: usize) -> String {
        let letters: Vec<char> = "q7Zt2LmX9bRv4KwN8pYc3JhD6sFg5TkW".chars().collect();
        (0..length).map(|i| letters[(i * 11 + i * i * 7) % letters.len()]).collect()
    }

    fn found(path: &str, text: &str) -> Vec<Detection> {
        engine().scan(path, text.as_bytes())
    }

    #[test]
    fn a_password_says_its_user_and_host_whatever_the_order() {
        let password = made_up(14);
        let lines =
            ["POSTGRES_HOST=db.internal".to_owned(), format!("POSTGRES_PASSWORD={password}"), "POSTGRES_USER=app".to_owned(), "REDIS_USER=other".to_owned()];
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
            let text: String = order.iter().map(|i| format!("{}\n", lines[*i])).collect();
            let all = found("a.env", &text);
            assert_eq!(all.len(), 1, "{text}");
            assert_eq!((&all[0].attributes[&"user".into()], &all[0].attributes[&"host".into()]), (&"app".into(), &"db.internal".into()), "{text}");
            assert_eq!(all[0].identity.as_ref().map(|k| k.id.as_ref()), Some("dbuser:postgres://db.internal:5432/#app"));
        }
    }

    #[test]
    fn parts_of_another_object_are_not_its_own() {
        let password = made_up(14);
        let all = found("a.json", &format!(r#"[{{"user": "one", "host": "a.internal"}}, {{"password": "{password}", "user": "two"}}]"#));
        assert_eq!(all[0].attributes[&"user".into()], "two");
        assert!(!all[0].attributes.contains_key("host"));
    }

    #[test]
    fn a_client_secret_of_a_tenant_is_an_application() {
        let id = "0f8fad5b-d9cb-469f-a165-70867728950e";
        let all = found("a.env", &format!("AZURE_CLIENT_SECRET={}\nAZURE_TENANT_ID={id}\nAZURE_CLIENT_ID={id}\n", made_up(40)));
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].identity.as_ref().map(|k| k.id.to_string()), Some(format!("entra-app:{id}")));
    }
}
