//! Bakes `rules/*.yml` into the binary: every file is read and checked here, so that a run starts with nothing to parse but one table.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Provider {
    provider: String,
    rules: Vec<Rule>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    id: String,
    name: String,
    credential: String,
    #[serde(default)]
    provider: String,
    keywords: Vec<String>,
    #[serde(default)]
    pattern: String,
    #[serde(default)]
    value: String,
    #[serde(default)]
    check: String,
    #[serde(default)]
    public: bool,
    matches: Vec<String>,
    ignores: Vec<String>,
}

fn main() {
    println!("cargo::rerun-if-changed=rules");
    let mut files: Vec<_> = fs::read_dir("rules").expect("the folder rules/").map(|e| e.expect("an entry of rules/").path()).collect();
    files.sort();
    let mut rules = Vec::new();
    let mut ids = BTreeSet::new();
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "yml")) {
        let text = fs::read_to_string(file).expect("a rules file is UTF-8");
        let provider: Provider = serde_yaml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        for mut rule in provider.rules {
            assert!(ids.insert(rule.id.clone()), "{}: the id {} is used twice", file.display(), rule.id);
            assert!(!rule.keywords.is_empty(), "{}: {} has no keywords", file.display(), rule.id);
            assert!(rule.keywords.iter().all(|k| k.len() >= 3), "{}: a keyword of {} is too short to look for", file.display(), rule.id);
            assert!(rule.pattern.is_empty() != rule.value.is_empty(), "{}: {} needs either a pattern or a value", file.display(), rule.id);
            assert!(!rule.matches.is_empty() && !rule.ignores.is_empty(), "{}: {} has no examples", file.display(), rule.id);
            let pattern = if rule.pattern.is_empty() { &rule.value } else { &rule.pattern };
            if let Err(e) = regex_syntax::ParserBuilder::new().utf8(false).unicode(false).build().parse(pattern) {
                panic!("{}: {}: {e}", file.display(), rule.id);
            }
            rule.provider = provider.provider.clone();
            rules.push(rule);
        }
    }
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let table = serde_json::to_string(&rules).expect("rules can be written");
    fs::write(Path::new(&out).join("rules.json"), table).expect("OUT_DIR can be written");
}
