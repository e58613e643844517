//! Verifications that the steps of a job switch off.

use super::github::Job;
use crate::document::Node;
use crate::model::{Facts, Kind, Location};

/// Words by which a command line switches a verification off, and what is not verified then.
const UNVERIFIED: &[(&str, &str)] = &[
    ("curl -k ", "tls"),
    ("curl --insecure", "tls"),
    ("wget --no-check-certificate", "tls"),
    ("--no-verify-ssl", "tls"),
    ("--insecure-skip-tls-verify", "tls"),
    ("http.sslVerify false", "tls"),
    ("http.sslVerify=false", "tls"),
    ("GIT_SSL_NO_VERIFY=", "tls"),
    ("NODE_TLS_REJECT_UNAUTHORIZED=0", "tls"),
    ("StrictHostKeyChecking=no", "host-key"),
    ("StrictHostKeyChecking no", "host-key"),
];

/// Variables that do the same, with the value that does.
const SWITCHES: &[(&str, &[&str])] = &[("NODE_TLS_REJECT_UNAUTHORIZED", &["0"]), ("GIT_SSL_NO_VERIFY", &["1", "true"]), ("PYTHONHTTPSVERIFY", &["0"])];

/// The switches that one line of a script or one variable throws.
fn unverified(line: &str) -> Option<&'static str> {
    if line.trim_start().starts_with('#') {
        return None;
    }
    let local = ["localhost", "127.0.0.1", "[::1]"].iter().any(|h| line.contains(h));
    UNVERIFIED.iter().find(|(word, what)| line.contains(word) && !(local && *what == "tls")).map(|(_, what)| *what)
}

/// Says of the job what a step of it does not verify.
pub(super) fn step(job: &Job<'_>, step: &Node, facts: &mut Facts) {
    if job.key.kind != Kind::Consumer {
        return;
    }
    for (name, value) in step.get("env").into_iter().flat_map(Node::entries) {
        let (Some(name), Some(text)) = (name.str(), value.scalar()) else { continue };
        if SWITCHES.iter().any(|(n, off)| *n == name && off.contains(&text.as_str())) {
            say(job, "tls", job.document.at(value), facts);
        }
    }
    let Some((run, text)) = step.get("run").and_then(|n| Some((n, n.str()?))) else { return };
    for (offset, line) in text.lines().enumerate() {
        if let Some(what) = unverified(line) {
            say(job, what, job.document.at_line(run.line + offset as u32), facts);
        }
    }
}

fn say(job: &Job<'_>, what: &str, at: Location, facts: &mut Facts) {
    let line = format!("{what} {}", at.line);
    facts.mention(&job.key, String::new(), at).attr("verification_off", vec![what]).attr("verification_lines", vec![line]);
}

#[cfg(test)]
mod tests {
    use super::unverified;

    #[test]
    fn a_switch_is_told_from_what_looks_like_one() {
        assert_eq!(unverified("ssh -o StrictHostKeyChecking=no h"), Some("host-key"));
        assert_eq!(unverified("curl -k https://example.org"), Some("tls"));
        assert_eq!(unverified("curl -k https://localhost:8080"), None);
        assert_eq!(unverified("# curl -k https://example.org"), None);
        assert_eq!(unverified("curl -fsS https://example.org"), None);
    }
}
