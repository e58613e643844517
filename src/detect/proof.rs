//! What a value proves without the network: checksums, structure, and what it says of itself.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;

use super::rule::Rule;
use super::value;
use crate::model::{Attributes, rfc3339};

/// What a check says.
pub(super) enum Verdict {
    Proved,
    Refuted,
    Open,
}

/// Runs the rule's check on a value; what the value tells of itself goes into `attributes`.
pub(super) fn check(rule: &Rule, bytes: &[u8], attributes: &mut Attributes, reasons: &mut Vec<String>) -> Verdict {
    match &*rule.check {
        "github" => {
            // github.blog, "Behind GitHub's new authentication token formats": the last six characters are a CRC-32 in base 62.
            let Some((body, sum)) = bytes.split_last_chunk::<6>() else { return Verdict::Refuted };
            let random = body.iter().position(|b| *b == b'_').map_or(body, |i| &body[i + 1..]);
            if base62(crc32(random)).as_bytes() == sum {
                reasons.push("its checksum is right".into());
                Verdict::Proved
            } else {
                Verdict::Refuted
            }
        }
        "jwt" => jwt(bytes, attributes, reasons),
        // Atlassian's tokens end in the CRC-32, in hexadecimal, of what stands in front.
        "crc32-hex" if bytes.len() > 8 && format!("{:08X}", crc32(&bytes[..bytes.len() - 8])).as_bytes().eq_ignore_ascii_case(&bytes[bytes.len() - 8..]) => {
            reasons.push("its checksum is right".into());
            Verdict::Proved
        }
        // Grafana, `pkg/components/satokengen`: the same, its lowest byte first, behind an underscore.
        "grafana" if bytes.rsplitn(2, |b| *b == b'_').nth(1).is_some_and(|body| bytes.ends_with(lowest_first(crc32(body)).as_bytes())) => {
            reasons.push("its checksum is right".into());
            Verdict::Proved
        }
        "gitlab" => routable(bytes, attributes, reasons),
        "json" => payload(bytes, attributes, reasons),
        "crypt" => {
            let scheme = hash_scheme(bytes);
            attributes.insert("hash".into(), scheme.into());
            reasons.push(format!("a {scheme} hash, against which passwords can be tried offline"));
            Verdict::Open
        }
        "login" => login(bytes, attributes, reasons),
        "slack" if !slack(bytes) => Verdict::Refuted,
        // A registry token is drawn at random; other versions of the form hold a time or a name.
        "uuid4" if value::uuid_version(bytes).is_some_and(|version| version != b'4') => Verdict::Refuted,
        "pem" => {
            if bytes.windows(9).any(|w| w == b"ENCRYPTED") {
                attributes.insert("encrypted".into(), true.into());
            }
            // A key that is cut short by dots or words is a picture of one.
            let shortened = bytes.windows(3).any(|w| w == b"...") || bytes.windows(8).any(|w| w.eq_ignore_ascii_case(b"redacted"));
            if shortened {
                return Verdict::Refuted;
            }
            Verdict::Open
        }
        _ => {
            if let Some(account) = aws_account(rule, bytes) {
                attributes.insert("account".into(), Value::from(account));
            }
            Verdict::Open
        }
    }
}

/// The account id that a key id of the current format holds: bits 1–40 of the base 32 text behind the prefix.
fn aws_account(rule: &Rule, bytes: &[u8]) -> Option<String> {
    if rule.id != "aws-access-key-id" {
        return None;
    }
    let mut bits: u64 = 0;
    for b in bytes.iter().skip(4).take(10) {
        let digit = match b {
            b'A'..=b'Z' => b - b'A',
            b'2'..=b'7' => b - b'2' + 26,
            _ => return None,
        };
        bits = (bits << 5) | u64::from(digit);
    }
    // 50 bits read; the top 48 are the first six bytes, of which bits 46..7 are the account.
    let six = bits >> 2;
    let account = (six & 0x7fff_ffff_ff80) >> 7;
    (account < 1_000_000_000_000).then(|| format!("{account:012}"))
}

/// A token that is JSON in base64 behind a prefix says whose it is. Values of other makes keep their form without proof.
fn payload(bytes: &[u8], attributes: &mut Attributes, reasons: &mut Vec<String>) -> Verdict {
    let text = String::from_utf8_lossy(bytes);
    let start = text.find("eyJ").or_else(|| text.find('_').map(|i| i + 1)).unwrap_or(0);
    // A secret may follow behind an underscore.
    let whole = text[start..].split('.').next().unwrap_or_default();
    let decode = |body: &str| {
        let body = body.trim_end_matches('=');
        URL_SAFE_NO_PAD.decode(body).or_else(|_| STANDARD_NO_PAD.decode(body)).ok().and_then(|d| serde_json::from_slice::<Value>(&d).ok())
    };
    let told = decode(whole).or_else(|| whole.rsplit_once('_').and_then(|(body, _)| decode(body)));
    let Some(Value::Object(told)) = told else { return Verdict::Open };
    // Of the fields, only those that name things: the others may be the secret itself.
    for (field, name) in
        [("org", "organisation"), ("o", "organisation"), ("url", "url"), ("region_url", "region"), ("email", "user"), ("signInAddress", "url"), ("n", "name")]
    {
        if let Some(told) = told.get(field).and_then(Value::as_str) {
            attributes.insert(name.into(), Value::from(told));
        }
    }
    reasons.push("its payload decodes".into());
    Verdict::Proved
}

/// GitLab, "Routable tokens": whom it belongs to, in base 64 with the random part behind; the length of that, and the CRC-32 of all in front, in base 36.
fn routable(bytes: &[u8], attributes: &mut Attributes, reasons: &mut Vec<String>) -> Verdict {
    let Some((body, sum)) = bytes.split_last_chunk::<7>() else { return Verdict::Open };
    let sum = std::str::from_utf8(sum).ok().and_then(|s| u32::from_str_radix(s, 36).ok());
    if sum != Some(crc32(body)) {
        return Verdict::Open;
    }
    reasons.push("its checksum is right".into());
    let payload = body.split(|b| *b == b'.').next().and_then(|b| b.splitn(2, |b| *b == b'-').nth(1)).unwrap_or_default();
    let Ok(decoded) = URL_SAFE_NO_PAD.decode(payload) else { return Verdict::Proved };
    let random = decoded.last().map_or(0, |n| usize::from(*n) + 1);
    let told = String::from_utf8_lossy(&decoded[..decoded.len().saturating_sub(random)]).into_owned();
    for (key, name) in [("o", "organisation"), ("g", "group"), ("p", "project"), ("u", "user")] {
        let id = told.lines().find_map(|l| l.split_once(':').filter(|(k, _)| *k == key));
        if let Some(id) = id.and_then(|(_, id)| u64::from_str_radix(id, 36).ok()) {
            attributes.insert(name.into(), Value::from(id.to_string()));
        }
    }
    Verdict::Proved
}

/// Eight hexadecimal digits, the lowest byte first.
fn lowest_first(number: u32) -> String {
    number.to_le_bytes().iter().map(|b| format!("{b:02x}")).collect()
}

/// crypt(5) names the function in front of the hash, between dollars; what Apache's `htpasswd` marks by a word in braces is SHA-1.
fn hash_scheme(bytes: &[u8]) -> &'static str {
    let name = bytes.strip_prefix(b"$").map(|rest| rest.split(|b| *b == b'$').find(|part| !part.is_empty()).unwrap_or_default());
    match name {
        None => "sha1",
        Some(b"2a" | b"2b" | b"2y") => "bcrypt",
        Some(b"y") => "yescrypt",
        Some(b"5") => "sha256-crypt",
        Some(b"6") => "sha512-crypt",
        Some(b"apr1" | b"1") => "md5-crypt",
        Some(_) => "argon2",
    }
}

/// User and password, joined by a colon, in base 64.
fn login(bytes: &[u8], attributes: &mut Attributes, reasons: &mut Vec<String>) -> Verdict {
    let text = String::from_utf8_lossy(bytes);
    let Ok(decoded) = STANDARD_NO_PAD.decode(text.trim_end_matches('=')) else { return Verdict::Open };
    let Some(colon) = decoded.iter().position(|b| *b == b':').filter(|i| *i > 0 && i + 1 < decoded.len()) else { return Verdict::Open };
    let user = &decoded[..colon];
    if !user.iter().all(|b| b.is_ascii_graphic()) {
        return Verdict::Open;
    }
    attributes.insert("user".into(), Value::from(String::from_utf8_lossy(user)));
    reasons.push("holds a user and a password".into());
    Verdict::Proved
}

/// Slack's tokens are made of the numbers of a workspace and of a user, eight digits or more, and a random end.
fn slack(bytes: &[u8]) -> bool {
    let parts: Vec<&[u8]> = bytes.split(|b| *b == b'-').skip(1).collect();
    let number = |part: &&&[u8]| part.iter().all(u8::is_ascii_digit);
    parts.last().is_some_and(|end| end.len() >= 6) && parts.iter().filter(number).all(|part| part.len() == 1 || part.len() >= 8)
}

fn jwt(bytes: &[u8], attributes: &mut Attributes, reasons: &mut Vec<String>) -> Verdict {
    let mut parts = bytes.split(|b| *b == b'.');
    let decode = |part: Option<&[u8]>| part.and_then(|p| URL_SAFE_NO_PAD.decode(p).ok()).and_then(|d| serde_json::from_slice::<Value>(&d).ok());
    let (Some(header), Some(claims)) = (decode(parts.next()), decode(parts.next())) else { return Verdict::Refuted };
    if header.get("alg").is_none() || !claims.is_object() {
        return Verdict::Refuted;
    }
    for (claim, name) in [("iss", "issuer"), ("sub", "subject"), ("aud", "audience"), ("role", "role")] {
        if let Some(text) = claims.get(claim).and_then(Value::as_str) {
            attributes.insert(name.into(), Value::from(text));
        }
    }
    for (names, name) in [(&["exp"][..], "expires"), (&["iat", "nbf"], "created")] {
        if let Some(time) = names.iter().find_map(|n| claims.get(*n)?.as_f64()) {
            attributes.insert(name.into(), Value::from(rfc3339(time as i64)));
        }
    }
    reasons.push("its header and claims decode".into());
    Verdict::Proved
}

/// CRC-32 (IEEE 802.3).
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xEDB8_8320 } else { c >> 1 }))
}

/// Six digits of base 62, as GitHub and npm write their checksums.
pub(super) fn base62(mut number: u32) -> String {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut out = vec![b'0'; 6];
    for place in out.iter_mut().rev() {
        *place = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(check: fn(&[u8], &mut Attributes, &mut Vec<String>) -> Verdict, text: &str) -> Option<Attributes> {
        let mut attributes = Attributes::new();
        matches!(check(text.as_bytes(), &mut attributes, &mut Vec::new()), Verdict::Proved).then_some(attributes)
    }

    #[test]
    fn a_routable_token_proves_itself_and_says_whose_it_is() {
        let payload = [&b"o:1\np:z\nu:10"[..], &[7; 16], &[16]].concat();
        let body = format!("glpat-{}.01.16", URL_SAFE_NO_PAD.encode(payload));
        let base36 = |mut n: u32| {
            let mut out = [b'0'; 7];
            for place in out.iter_mut().rev() {
                *place = b"0123456789abcdefghijklmnopqrstuvwxyz"[(n % 36) as usize];
                n /= 36;
            }
            String::from_utf8_lossy(&out).into_owned()
        };
        let told = read(routable, &format!("{body}{}", base36(crc32(body.as_bytes())))).expect("proved");
        assert_eq!(
            (told[&"organisation".into()].as_str(), told[&"project".into()].as_str(), told[&"user".into()].as_str()),
            (Some("1"), Some("35"), Some("36"))
        );
        assert!(read(routable, &format!("{body}0000000")).is_none() && read(routable, "glpat-x").is_none());
    }

    #[test]
    fn a_checksum_may_begin_with_its_lowest_byte() {
        // The CRC-32 of "123456789" is cbf43926.
        assert_eq!(lowest_first(crc32(b"123456789")), "2639f4cb");
        let token = |sum: &str| format!("k=glsa_{}_{sum}", "q7Zt2LmX9bRv4KwN8pYc3JhD6sFg5TkW");
        let right = lowest_first(crc32(format!("glsa_{}", "q7Zt2LmX9bRv4KwN8pYc3JhD6sFg5TkW").as_bytes()));
        let confidence = |text: String| crate::detect::engine().scan("a.txt", text.as_bytes())[0].confidence;
        assert!(confidence(token(&right)) > 0.95 && confidence(token("00000000")) < 0.95);
    }

    #[test]
    fn a_payload_says_whose_it_is() {
        let body = URL_SAFE_NO_PAD.encode(r#"{"iat":1,"url":"https://sentry.example.org","org":"acme"}"#);
        let told = read(payload, &format!("sntrys_{body}_{}", "x7Kq2mZp9Lw4Rt8v")).expect("it decodes");
        assert_eq!((&told[&"organisation".into()], &told[&"url".into()]), (&"acme".into(), &"https://sentry.example.org".into()));
        let body = URL_SAFE_NO_PAD.encode(r#"{"email":"bot@example.org","secretKey":"made up"}"#);
        let told = read(payload, &format!("ops_{body}")).expect("it decodes");
        assert_eq!(told.len(), 1, "the secret key is not told: {told:?}");
        assert!(read(payload, "glc_x7Kq2mZp9Lw4Rt8vx7Kq2mZp9Lw4Rt8v").is_none());
    }

    #[test]
    fn a_login_in_base_64_says_its_user() {
        let text = base64::engine::general_purpose::STANDARD.encode("ci:made up");
        assert_eq!(read(login, &text).expect("it decodes")[&"user".into()], "ci");
        assert!(read(login, "AAAA").is_none());
    }

    #[test]
    fn slack_tokens_are_made_of_numbers() {
        assert!(slack(b"xoxb-123456789012-123456789012-x7Kq2mZp9Lw4Rt8vx7Kq2mZp"));
        assert!(!slack(b"xoxp-1234-1234-1234-x7Kq2mZp9Lw4Rt8v") && !slack(b"xoxp-123456789012-"));
    }
}
