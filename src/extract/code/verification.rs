//! Checks that code switches off: certificates that are not verified, tokens that are not checked, keys of hosts that anyone may change.

use super::language::Language;
use super::source::{Call, Source};
use super::unit::Unit;

/// A switch: language, the word, what stands for off, and what is off then.
const SWITCHES: &[(Language, &str, &[&str], &str)] = &[
    (Language::Python, "verify", &["False"], "tls"),
    (Language::Python, "verify_ssl", &["False"], "tls"),
    (Language::Python, "ssl_verify", &["False"], "tls"),
    (Language::Python, "check_hostname", &["False"], "tls"),
    (Language::Python, "verify_signature", &["False"], "token"),
    (Language::Python, "verify_mode", &["ssl"], "tls"),
    (Language::JavaScript, "rejectUnauthorized", &["false"], "tls"),
    (Language::JavaScript, "NODE_TLS_REJECT_UNAUTHORIZED", &["0"], "tls"),
    (Language::JavaScript, "strictSSL", &["false"], "tls"),
    (Language::JavaScript, "ignoreExpiration", &["true"], "token"),
    (Language::Go, "InsecureSkipVerify", &["true"], "tls"),
    (Language::Ruby, "verify_ssl", &["false"], "tls"),
    (Language::Ruby, "verify_mode", &["OpenSSL"], "tls"),
    (Language::Php, "CURLOPT_SSL_VERIFYPEER", &["false", "0"], "tls"),
    (Language::Php, "verify_peer", &["false"], "tls"),
];

/// Calls that switch a check off by being made.
const CALLS: &[(&str, &str)] = &[
    ("ssl._create_unverified_context", "tls"),
    ("_create_unverified_context", "tls"),
    ("urllib3.disable_warnings", "tls-warnings"),
    ("danger_accept_invalid_certs", "tls"),
    ("danger_accept_invalid_hostnames", "tls"),
    ("ssh.InsecureIgnoreHostKey", "host-key"),
    ("AutoAddPolicy", "host-key"),
    ("WarningPolicy", "host-key"),
    ("insecure_disable_signature_validation", "token"),
    ("DangerousAcceptAnyServerCertificateValidator", "tls"),
    ("TrustAllStrategy", "tls"),
    ("NoopHostnameVerifier", "tls"),
];

/// Lines above a line, and tokens before a token, among which its blocks are looked for.
const MAX_ABOVE: usize = 200;
const MAX_BEFORE: usize = 2000;

/// Says what the unit does not check, where the code says so.
pub(super) fn read(unit: &mut Unit<'_, '_>, calls: &[Call]) {
    let source = unit.source;
    let switches: Vec<_> = SWITCHES.iter().filter(|(language, word, ..)| *language == source.language && source.text.contains(word)).collect();
    for (i, token) in source.tokens.iter().enumerate().filter(|(_, t)| !t.is(".")) {
        for (_, word, off, what) in &switches {
            if token.text == *word && is_off(source, i, word, off) {
                say(unit, what, i);
            }
        }
        if token.text == "StrictHostKeyChecking" || token.text.contains("StrictHostKeyChecking=no") || token.text.contains("StrictHostKeyChecking no") {
            let off = token.text.len() > 21 || (i + 1..i + 3).any(|j| source.tokens.get(j).is_some_and(|t| t.text.trim() == "no"));
            if off {
                say(unit, "host-key", i);
            }
        }
    }
    for call in calls {
        if let Some((_, what)) = CALLS.iter().find(|(name, _)| call.ends(name)) {
            // `danger_accept_invalid_certs(false)` keeps the check.
            if source.word(call.arguments.start) != Some("false") && *what != "tls-warnings" {
                say(unit, what, call.first);
            }
        }
        tokens(unit, call);
    }
}

/// A check that is always off, or one that something else in the program can switch off: whoever runs it decides.
fn say(unit: &mut Unit<'_, '_>, what: &'static str, index: usize) {
    let list = if is_conditional(unit.source, index) { "verification_optional" } else { "verification_off" };
    let at = unit.source.at(index);
    unit.note(list, what, &at);
    unit.note("verification_lines", format!("{what} {}", at.line), &at);
}

/// Whether a token stands in the body of an `if`, within its function.
fn is_conditional(source: &Source<'_>, index: usize) -> bool {
    match source.language {
        Language::Python => by_indentation(source.text, source.tokens[index].offset as usize),
        _ => by_brackets(source, index),
    }
}

/// Lines above that are indented less open the blocks that a line stands in.
fn by_indentation(text: &str, offset: usize) -> bool {
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let mut lines = text[..offset].lines().rev();
    let Some(mut own) = lines.next().map(indentation) else { return false };
    for line in lines.filter(|l| !l.trim().is_empty()).take(MAX_ABOVE) {
        let (depth, line) = (indentation(line), line.trim());
        if depth >= own {
            continue;
        }
        if line.starts_with("def ") || line.starts_with("async def ") || line.starts_with("class ") {
            return false;
        }
        if ["if ", "if(", "elif ", "else:"].iter().any(|word| line.starts_with(word)) {
            return true;
        }
        own = depth;
    }
    false
}

/// Brackets that open before a token and close behind it are the blocks that it stands in; what leads to each stands on its line.
fn by_brackets(source: &Source<'_>, index: usize) -> bool {
    let mut i = index;
    let first = index.saturating_sub(MAX_BEFORE);
    while i > first {
        i -= 1;
        let partner = source.partner(i);
        if partner < i {
            // A block that ended before.
            i = partner;
        } else if partner > index && source.is(i, "{") {
            let line = source.tokens[i].line;
            let head = source.tokens[..i].iter().rev().take_while(|t| t.line == line);
            let mut words = head.map(|t| t.text);
            if words.clone().any(|w| matches!(w, "func" | "function" | "fn" | "def")) {
                return false;
            }
            if words.any(|w| matches!(w, "if" | "else" | "unless" | "case" | "when" | "match" | "switch")) {
                return true;
            }
        }
    }
    false
}

fn is_off(source: &Source<'_>, index: usize, word: &str, off: &[&str]) -> bool {
    let mut i = index + 1;
    // `"verify": False`, `verify=False`, `process.env["X"] = "0"`, `CURLOPT_SSL_VERIFYPEER, false`.
    while i < index + 4 && (source.is(i, "=") || source.is(i, ":") || source.is(i, "]") || source.is(i, ",") || source.is(i, ">")) {
        i += 1;
    }
    if i == index + 1 {
        return false;
    }
    let Some(value) = source.tokens.get(i) else { return false };
    match word {
        // `ssl.CERT_NONE`, `OpenSSL::SSL::VERIFY_NONE`.
        "verify_mode" => off.contains(&value.text) && (i..i + 8).any(|j| source.word(j).is_some_and(|w| w.ends_with("_NONE"))),
        _ => off.contains(&value.text),
    }
}

/// `jwt.verify` with an algorithm that signs nothing.
fn tokens(unit: &mut Unit<'_, '_>, call: &Call) {
    let verifies = matches!(call.name(), "verify" | "decode" | "jwtVerify" | "Parse")
        && (call.path.contains("jwt") || call.path.contains("jose") || call.path.contains("JWT"));
    if verifies
        && let Some(span) = unit.source.keyed(call.arguments.clone(), &["algorithms", "algorithm"])
        && let Some(index) = span.clone().find(|i| unit.source.literal(*i).is_some_and(|t| t.eq_ignore_ascii_case("none")))
    {
        say(unit, "token", index);
    }
}

#[cfg(test)]
mod tests {
    use crate::document::Document;
    use crate::model::Facts;

    /// What the unit of a file does not verify.
    fn off(path: &str, text: &str) -> Vec<String> {
        listed(path, text, "verification_off")
    }

    fn listed(path: &str, text: &str, list: &str) -> Vec<String> {
        let document = Document::new("repo:github.com/acme/web".into(), path, text.as_bytes().to_vec(), None);
        let mut facts = Facts::default();
        super::super::read(&document, &mut facts);
        let lists = facts.nodes.iter().filter_map(|n| n.attributes.get(list)?.as_array().cloned());
        lists.flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
    }

    #[test]
    fn a_check_that_is_switched_off_is_told_from_one_that_is_not() {
        for (path, text, expected) in [
            ("a.py", "requests.get(url, verify=False)\njwt.decode(t, options={'verify_signature': False})", &["tls", "token"][..]),
            ("a.py", "requests.get(url, verify=True)\ndef verify(): return False", &[]),
            ("a.py", "ctx.verify_mode = ssl.CERT_NONE", &["tls"]),
            ("a.py", "ctx.verify_mode = ssl.CERT_REQUIRED", &[]),
            ("a.py", "client.set_missing_host_key_policy(paramiko.AutoAddPolicy())", &["host-key"]),
            ("a.ts", "process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'", &["tls"]),
            ("a.ts", "jwt.verify(token, key, { algorithms: ['none'] }) // rejectUnauthorized: false", &["token"]),
            ("a.go", "&tls.Config{InsecureSkipVerify: true}", &["tls"]),
            ("a.go", "&tls.Config{InsecureSkipVerify: insecure}", &[]),
            ("a.rs", "b.danger_accept_invalid_certs(false)", &[]),
            ("a.php", "<?php curl_setopt($c, CURLOPT_SSL_VERIFYPEER, 0);", &["tls"]),
            ("a.sh", "ssh -o StrictHostKeyChecking=no h\n# curl -k https://x", &["host-key"]),
        ] {
            assert_eq!(off(path, text), expected, "{text}");
        }
    }

    #[test]
    fn what_a_caller_may_switch_off_is_not_off() {
        for (path, text) in [
            ("a.go", "func f(insecure bool) {\n\tc := g()\n\tif insecure {\n\t\tc.TLS = &tls.Config{\n\t\t\tInsecureSkipVerify: true,\n\t\t}\n\t}\n}"),
            ("a.py", "def f(insecure):\n    if insecure:\n        requests.get(url, verify=False)"),
            ("a.ts", "if (options.insecure) {\n  agent = new https.Agent({ rejectUnauthorized: false });\n}"),
        ] {
            assert_eq!(off(path, text), Vec::<String>::new(), "{text}");
            assert_eq!(listed(path, text, "verification_optional"), ["tls"], "{text}");
        }
        for (path, text) in [
            ("a.go", "if x {\n\ty()\n}\nc := &tls.Config{InsecureSkipVerify: true}"),
            ("a.py", "if x:\n    y()\nrequests.get(url, verify=False)"),
            ("a.py", "if x:\n    def f():\n        requests.get(url, verify=False)"),
        ] {
            assert_eq!(off(path, text), ["tls"], "{text}");
        }
    }
}
