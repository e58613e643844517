//! Jenkinsfiles: `credentials('id')`, `credentialsId: 'id'`, and the variables that they are bound to.

use crate::document::Document;
use crate::model::{Facts, Key, Kind};
use crate::relation::CONSUMES;

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let text = document.text();
    let lines = text.lines().count().max(1) as u32;
    let job = Key::new(Kind::Consumer, "ci-job", format!("jenkins-job:{}//{}", document.repository_body(), document.path));
    let name = document.folder().rsplit('/').next().filter(|n| !n.is_empty()).unwrap_or(document.name());
    facts.declare(&job, name, document.place(1, 1, lines)).attr("platform", "jenkins");
    for (i, line) in text.lines().enumerate() {
        let mut rest = line;
        for marker in ["credentials(", "credentialsId:", "credentialsId =", "sshagent(["] {
            while let Some(at) = rest.find(marker) {
                rest = &rest[at + marker.len()..];
                let Some(id) = quoted(rest) else { break };
                let slot = Key::new(Kind::Location, "ci-secret", format!("jenkins-cred:{}/{id}", document.repository_body()));
                let place = document.at_line(i as u32 + 1);
                facts.mention(&slot, id, place.clone()).attr("store", "jenkins");
                facts.mention(&job, name, place.clone());
                facts.relate(&job, &CONSUMES, &slot, place);
            }
            rest = line;
        }
    }
}

/// The first quoted word, if it comes before anything else.
fn quoted(text: &str) -> Option<&str> {
    let text = text.trim_start().trim_start_matches('[');
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    text[1..].split(quote).next().filter(|id| !id.is_empty() && id.len() < 120 && !id.contains('$'))
}
