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
    for (i, line) in text.lines().enumerate() {
        let number = i as u32 + 1;
        let trimmed = line.trim();
        let Some((instruction, rest)) = trimmed.split_once(char::is_whitespace) else { continue };
        let instruction = instruction.to_ascii_uppercase();
        let at = document.at_line(number);
        match instruction.as_str() {
            "ENV" | "ARG" => {
                let variable = rest.split(['=', ' ']).next().unwrap_or_default();
                if is_secret_name(variable) {
                    let subtype = if instruction == "ENV" { "image-layer" } else { "build-arg" };
                    let slot = Key::new(Kind::Location, subtype, format!("{subtype}:{}#{variable}", document.file_id()));
                    facts.declare(&slot, variable, at.clone()).attr("store", subtype).attr("protection", "plaintext");
                    facts.relate(&image, &CONSUMES, &slot, at.clone());
                    facts.holds(&slot, at);
                }
            }
            "COPY" | "ADD" => {
                for source in rest.split_whitespace().filter(|w| !w.starts_with("--")) {
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
