//! Units of systemd: who the service runs as, and which files and variables it is given.

use super::platforms::slot;
use crate::document::Document;
use crate::extract::ci::work::is_secret_name;
use crate::model::{Facts, Key, Kind};
use crate::relation::{CONSUMES, RUNS_AS};

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let text = document.text();
    if !text.lines().any(|l| l.trim() == "[Service]") {
        return;
    }
    let lines = text.lines().count() as u32;
    let key = Key::new(Kind::Consumer, "vm", format!("systemd:{}", document.file_id()));
    let name = document.name().trim_end_matches(".service");
    facts.declare(&key, name, document.place(1, 1, lines)).attr("platform", "systemd");
    let mut user: Option<(String, u32)> = None;
    for (i, line) in text.lines().enumerate() {
        let number = i as u32 + 1;
        let at = document.at_line(number);
        let Some((field, value)) = line.trim().split_once('=') else { continue };
        match field.trim() {
            "User" => user = Some((value.trim().to_owned(), number)),
            "EnvironmentFile" | "LoadCredential" | "LoadCredentialEncrypted" => {
                let path = value.trim_start_matches('-').rsplit(':').next().unwrap_or(value).trim();
                let slot = Key::new(Kind::Location, "file", format!("host-file:{path}"));
                facts.mention(&slot, path, at.clone()).attr("store", "file");
                facts.relate(&key, &CONSUMES, &slot, at);
            }
            "Environment" => {
                for (name, value) in value.split('"').flat_map(str::split_whitespace).filter_map(|w| w.split_once('=')) {
                    if is_secret_name(name) {
                        slot(document, &key, name, at.clone(), !value.is_empty(), facts);
                    }
                }
            }
            _ => {}
        }
    }
    let (user, line) = user.unwrap_or_else(|| ("root".to_owned(), 1));
    let identity = Key::new(Kind::Identity, "os-user", format!("os-user:{}#{user}", document.repository_body()));
    facts.mention(&identity, user.clone(), document.at_line(line)).attr("privileged", user == "root");
    facts.relate(&key, &RUNS_AS, &identity, document.at_line(line));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_without_a_user_is_root() {
        let mut facts = Facts::default();
        let text = "[Service]\nEnvironment=\"BOT_TOKEN=x\" A=1\nEnvironmentFile=-/etc/bot.env\n";
        read(&Document::new("repo:github.com/acme/web".into(), "bot.service", text.as_bytes().to_vec(), None), &mut facts);
        let edge = |relation: &str, to: &str| facts.edges.iter().any(|e| e.relation.name == relation && e.to.id.ends_with(to));
        assert!(edge("runs_as", "#root"));
        assert!(edge("consumes", "host-file:/etc/bot.env"));
        assert!(edge("consumes", "#BOT_TOKEN"));
    }
}
