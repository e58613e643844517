//! Bakes `rules/*.yml` into the binary: every file is read and checked here, so that a run starts with nothing to parse but one table.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

#[path = "src/detect/form.rs"]
#[allow(unreachable_pub, reason = "the library shares the file")]
mod form;

fn main() {
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=src/detect/form.rs");
    let mut files: Vec<_> = fs::read_dir("rules").expect("the folder rules/").map(|e| e.expect("an entry of rules/").path()).collect();
    files.sort();
    let mut rules = Vec::new();
    let mut ids = BTreeSet::new();
    let compiles = |pattern: &str| regex_syntax::ParserBuilder::new().utf8(false).unicode(false).build().parse(pattern).map(|_| ()).map_err(|e| e.to_string());
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "yml")) {
        let text = fs::read_to_string(file).expect("a rules file is UTF-8");
        for rule in form::read(&text, compiles).unwrap_or_else(|e| panic!("{}: {e}", file.display())) {
            assert!(ids.insert(rule.id.clone()), "{}: the id {} is used twice", file.display(), rule.id);
            rules.push(rule);
        }
    }
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let table = serde_json::to_string(&rules).expect("rules can be written");
    fs::write(Path::new(&out).join("rules.json"), table).expect("OUT_DIR can be written");
}
