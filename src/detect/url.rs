//! Credentials in URLs: `scheme://user:password@host`.

use serde_json::Value;

use super::place::Place;
use super::{Detection, value};
use crate::model::{Attributes, Key, Kind, Secret};

/// Schemes whose URL names a database, with their default port.
const DATABASES: &[(&str, &str, u16)] = &[
    ("postgres", "postgres", 5432),
    ("postgresql", "postgres", 5432),
    ("mysql", "mysql", 3306),
    ("mariadb", "mysql", 3306),
    ("mongodb", "mongodb", 27017),
    ("mongodb+srv", "mongodb+srv", 0),
    ("redis", "redis", 6379),
    ("rediss", "redis", 6379),
    ("amqp", "amqp", 5672),
    ("amqps", "amqp", 5671),
    ("mssql", "mssql", 1433),
    ("sqlserver", "mssql", 1433),
    ("clickhouse", "clickhouse", 9000),
    ("cockroachdb", "postgres", 26257),
];

/// Ids of what is found: by a URL of a database, and by any other.
pub(super) const RULES: [&str; 2] = ["url-database", "url-basic-auth"];

/// Looks at the URL whose `://` stands at `at`.
pub(super) fn scan(text: &[u8], at: usize, _place: &Place, found: &mut Vec<Detection>) {
    let mut start = at;
    while start > 0 && at - start < 20 && (text[start - 1].is_ascii_alphanumeric() || matches!(text[start - 1], b'+' | b'-' | b'.')) {
        start -= 1;
    }
    let after = at + 3;
    let limit = (after + 400).min(text.len());
    let Some(length) =
        text[after..limit].iter().position(|b| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'<' | b'>' | b'`' | b'|')).or(Some(limit - after))
    else {
        return;
    };
    let rest = &text[after..after + length];
    // The user part ends at the last `@` before the path; a password may hold `/` only when encoded.
    let authority_end = rest.iter().position(|b| matches!(b, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let authority = &rest[..authority_end];
    let Some(split) = authority.iter().rposition(|b| *b == b'@') else { return };
    let Some(colon) = authority[..split].iter().position(|b| *b == b':') else { return };
    let (user, password, host) = (&authority[..colon], &authority[colon + 1..split], &authority[split + 1..]);
    let (Ok(scheme), Ok(user), Ok(shown), Ok(host)) =
        (std::str::from_utf8(&text[start..at]), std::str::from_utf8(user), std::str::from_utf8(password), std::str::from_utf8(host))
    else {
        return;
    };
    if shown.len() < 2 || host.is_empty() || value::is_reference(shown) || is_documentation(user, shown) || shown.contains(['{', '$', '<', '[', '(', '*']) {
        return;
    }
    let database = DATABASES.iter().find(|(s, ..)| scheme.eq_ignore_ascii_case(s));
    let weak = shown.len() < 8 || value::wordiness(password) > 0.6;
    if database.is_none() && value::is_placeholder(password) {
        return;
    }
    let begin = after + colon + 1;
    let mut attributes = Attributes::new();
    if weak {
        attributes.insert("weak".into(), true.into());
    }
    attributes.insert("host".into(), Value::from(host));
    let identity = database.map(|(_, kind, port)| {
        let host = host.to_ascii_lowercase();
        let host = if host.contains(':') || *port == 0 { host } else { format!("{host}:{port}") };
        let name = rest[authority_end..]
            .split(|b| matches!(b, b'?' | b'#'))
            .next()
            .map(|p| String::from_utf8_lossy(p).trim_start_matches('/').to_owned())
            .unwrap_or_default();
        Key::new(Kind::Identity, "db-user", format!("dbuser:{kind}://{host}/{name}#{user}"))
    });
    found.push(Detection {
        rule: RULES[usize::from(database.is_none())].into(),
        credential: if database.is_some() { "db-url".into() } else { "basic-auth".into() },
        range: begin..begin + password.len(),
        secret: Secret::new(password),
        public_id: None,
        part_of: None,
        identity,
        confidence: if weak && database.is_none() { 0.5 } else { 0.8 },
        reasons: vec!["a password in a URL".into()],
        strong: false,
        preview: format!("password of {user} in a {scheme} URL ({} characters)", shown.len()),
        attributes,
        decoded: Vec::new(),
    });
}

/// `user:pass@`, `username:password@`, and the like: how documentation writes the form itself.
fn is_documentation(user: &str, password: &str) -> bool {
    let (u, p) = (user.to_ascii_lowercase(), password.to_ascii_lowercase());
    (["user", "username", "usr", "name", "login", "myuser", "foo"].contains(&u.as_str())
        && ["pass", "password", "passwd", "pwd", "pw", "secret", "mypassword", "bar", "token"].contains(&p.as_str()))
        || p == "xxx"
        || p.starts_with("xxxx")
}
