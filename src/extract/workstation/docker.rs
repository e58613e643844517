//! Dockerfiles: secrets that become part of the image.

use super::dotenv::is_secret_name;
use crate::document::Document;
use crate::model::{Facts, Key, Kind};
use crate::relation::CONSUMES;

/// Files whose copy into an image is a leak.
const CREDENTIAL_FILES: &[&str] = &[".env", "id_rsa", "id_ed25519", ".pem", ".npmrc", ".aws", "kubeconfig", "credentials", ".netrc", ".pypirc"];

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let text = document.text();
    let image = Key::new(Kind::Consumer, "container-service", format!("image:{}", document.file_id()));
    let name = document.folder().rsplit('/').next().filter(|f| !f.is_empty()).unwrap_or("image");
    facts.declare(&image, name, document.place(1, 1, text.lines().count().max(1) as u32)).attr("platform", "container");
    for (number, line) in instructions(&text) {
        let Some((instruction, rest)) = line.trim().split_once(char::is_whitespace) else { continue };
        let instruction = instruction.to_ascii_uppercase();
        let at = document.at_line(number);
        match instruction.as_str() {
            "ENV" | "ARG" => {
                for variable in variables(rest).filter(|v| is_secret_name(v)) {
                    let subtype = if instruction == "ENV" { "image-layer" } else { "build-arg" };
                    let slot = Key::new(Kind::Location, subtype, format!("{subtype}:{}#{variable}", document.file_id()));
                    facts.declare(&slot, variable, at.clone()).attr("store", subtype).attr("protection", "plaintext");
                    facts.relate(&image, &CONSUMES, &slot, at.clone());
                    facts.holds(&slot, at.clone());
                }
            }
            "COPY" | "ADD" => {
                // The last word is where they go.
                let words: Vec<&str> = rest.split_whitespace().filter(|w| !w.starts_with("--")).collect();
                for source in words.iter().take(words.len().saturating_sub(1)) {
                    let base = source.trim_end_matches('/').rsplit('/').next().unwrap_or(source);
                    if CREDENTIAL_FILES.iter().any(|f| base == *f || base.ends_with(f)) && !base.ends_with(".pub") {
                        let slot = Key::new(Kind::Location, "image-layer", format!("image-layer:{}#{base}", document.file_id()));
                        facts.declare(&slot, base, at.clone()).attr("store", "image-layer").attr("protection", "plaintext");
                        facts.relate(&image, &CONSUMES, &slot, at.clone());
                        break;
                    }
                }
            }
            _ => {}
        }
    }
}

/// Instructions, each line of one that is continued by itself and under the same word, with its line number.
fn instructions(text: &str) -> impl Iterator<Item = (u32, String)> {
    let mut word: Option<String> = None;
    text.lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with('#')).map(move |(i, line)| {
        let trimmed = line.trim();
        let continues = trimmed.ends_with('\\');
        let body = trimmed.trim_end_matches('\\').trim_end();
        let whole = match &word {
            Some(word) => format!("{word} {body}"),
            None => body.to_owned(),
        };
        word = continues.then(|| whole.split_whitespace().next().unwrap_or_default().to_owned());
        (i as u32 + 1, whole)
    })
}

/// Names in `A=1 B="2 3"`, and the one of the old form `A 1`.
fn variables(rest: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let words = rest.split(move |c: char| {
        if c == '"' {
            quoted = !quoted;
        }
        c.is_whitespace() && !quoted
    });
    let old = !rest.split_whitespace().next().unwrap_or_default().contains('=');
    words.filter(|w| !w.is_empty()).enumerate().filter_map(move |(i, w)| if old { (i == 0).then_some(w) } else { w.split_once('=').map(|(name, _)| name) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_of_an_instruction_counts_and_what_is_copied_in() {
        let text = "FROM x\nENV LANG=C API_TOKEN=\"made up\" \\\n    DB_PASSWORD=made-up\nARG NPM_TOKEN\nCOPY app /root/.aws\nCOPY .env /app/\n";
        let document = Document::new("repo:github.com/acme/web".into(), "Dockerfile", text.as_bytes().to_vec(), None);
        let mut facts = Facts::default();
        read(&document, &mut facts);
        let slots: Vec<(&str, u32)> =
            facts.nodes.iter().filter(|n| n.key.kind == Kind::Location).map(|n| (n.name.as_str(), n.at.as_ref().map_or(0, |l| l.line))).collect();
        assert_eq!(slots, [("API_TOKEN", 2), ("DB_PASSWORD", 3), ("NPM_TOKEN", 4), (".env", 6)]);
    }
}
