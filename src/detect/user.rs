//! Rules of a user beside ours: a folder of files in the same form.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::rule::{self, Rule};
use super::{ENGINE, Engine, built_in};

/// Adds the rules of a folder. Once only, and before anything is scanned: every thread shares one engine.
///
/// Errors name the file and the entry.
pub fn add(folder: &Path) -> Result<(), String> {
    let rules = read(folder)?;
    ENGINE.set(Engine::new(rules)).map_err(|_| "rules can be added once only, before anything is scanned".to_owned())
}

fn read(folder: &Path) -> Result<Vec<Rule>, String> {
    let entries = fs::read_dir(folder).map_err(|e| format!("cannot read the rules in {}: {e}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).filter(|p| p.extension().is_some_and(|e| e == "yml" || e == "yaml")).collect();
    files.sort();
    if files.is_empty() {
        return Err(format!("{} holds no rules: put .yml files there", folder.display()));
    }
    let mut known: BTreeMap<String, String> = built_in::RULES.iter().map(|rule| (rule.id.to_string(), "the built-in rules".to_owned())).collect();
    let mut all = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        for rule in rule::read(&text).map_err(|e| format!("{}: {e}", file.display()))? {
            if let Some(other) = known.insert(rule.id.to_string(), file.display().to_string()) {
                return Err(format!(
                    "{}: rule {}: the id is used by {other} too; give it another, or switch that one off with rules.disable",
                    file.display(),
                    rule.id
                ));
            }
            all.push(rule);
        }
    }
    Ok(all)
}
