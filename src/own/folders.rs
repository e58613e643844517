//! OWNERS files folder by folder: Prow's, with aliases, filters and inheritance, and Chromium's plain lines.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use super::charter::Charter;
use super::party::{Forge, is_address, slug};
use super::rules::glob;
use crate::document::{Document, Node};
use crate::model::Location;

/// Compiled size of one filter: what is scanned is hostile.
const MAX_EXPRESSION: usize = 128 << 10;
/// How much less a file counts with each folder that it is further up.
const PER_LEVEL: f64 = 0.8;
/// Filters of one file that are read.
const MAX_FILTERS: usize = 200;

/// What one file says.
#[derive(Default)]
struct Folder {
    /// Filter on the path below the folder, and who approves what fits.
    approvers: Vec<(Option<Filter>, Vec<String>)>,
    /// Other files whose owners count here too, by path.
    includes: Vec<String>,
    ends_here: bool,
}

enum Filter {
    Expression(Regex),
    /// Name of a file, with stars.
    Name(String),
}

/// The files of one repository.
#[derive(Default)]
pub(super) struct Folders {
    by_path: BTreeMap<String, Folder>,
    /// Members of each alias, by its id as a team.
    pub(super) aliases: BTreeMap<String, Vec<String>>,
    /// People who have stepped back.
    pub(super) emeritus: BTreeSet<String>,
    repository: Arc<str>,
}

impl Folders {
    pub(super) fn of<'a>(repository: &Arc<str>, charters: impl Iterator<Item = &'a Charter> + Clone) -> Self {
        let mut folders = Folders { repository: repository.clone(), ..Folders::default() };
        let forge = Forge::of_repository(repository).unwrap_or(Forge::GitHub);
        for charter in charters.clone().filter(|c| &*c.path == "OWNERS_ALIASES") {
            let root = yaml(charter);
            for (name, members) in root.as_ref().and_then(|r| r.get("aliases")).into_iter().flat_map(Node::entries) {
                let members = members.items().iter().filter_map(Node::str).filter_map(|m| person(m, forge)).collect();
                folders.aliases.extend(name.str().map(|n| (alias(n), members)));
            }
        }
        for charter in charters.filter(|c| c.path.rsplit('/').next() == Some("OWNERS")) {
            let said = match yaml(charter).filter(Node::is_map) {
                Some(root) => folders.prow(&root, forge),
                None => chromium(&charter.text),
            };
            folders.by_path.insert(charter.path.to_string(), said);
        }
        folders
    }

    fn prow(&mut self, root: &Node, forge: Forge) -> Folder {
        let mut folder = Folder::default();
        let list = |node: &Node, key: &str| -> Vec<String> { node.get(key).into_iter().flat_map(Node::items).filter_map(Node::scalar).collect() };
        // An alias is a team; names are compared in small letters.
        let expand = |names: Vec<String>, aliases: &BTreeMap<String, Vec<String>>| -> Vec<String> {
            names.iter().filter_map(|n| if aliases.contains_key(&alias(n)) { Some(alias(n)) } else { person(n, forge) }).collect()
        };
        folder.ends_here = root.path(&["options", "no_parent_owners"]).and_then(Node::bool).unwrap_or(false);
        self.emeritus.extend(list(root, "emeritus_approvers").iter().filter_map(|n| person(n, forge)));
        match root.get("filters") {
            // With filters, lists at the top do not count.
            Some(filters) => {
                for (expression, said) in filters.entries().take(MAX_FILTERS) {
                    let Some(text) = expression.str() else { continue };
                    let everything = text == ".*";
                    let Some(filter) = RegexBuilder::new(text).size_limit(MAX_EXPRESSION).build().ok() else { continue };
                    let approvers = expand(list(said, "approvers"), &self.aliases);
                    folder.approvers.push(((!everything).then_some(Filter::Expression(filter)), approvers));
                }
            }
            None => folder.approvers.push((None, expand(list(root, "approvers"), &self.aliases))),
        }
        folder
    }

    /// Who approves a file: the nearest folder's owners first, each with what they count there.
    pub(super) fn owners_of(&self, path: &str) -> Vec<(String, f64, Location)> {
        let mut out: BTreeMap<String, (f64, Location)> = BTreeMap::new();
        let mut weight = 1.0;
        let mut folder = path.rsplit_once('/').map_or("", |(f, _)| f);
        loop {
            let file = if folder.is_empty() { "OWNERS".to_owned() } else { format!("{folder}/OWNERS") };
            if let Some(said) = self.by_path.get(&file) {
                let below = path.strip_prefix(folder).unwrap_or(path).trim_start_matches('/');
                let mut found = Vec::new();
                self.collect(&file, below, &mut BTreeSet::new(), &mut found);
                for (party, source) in found {
                    out.entry(party).or_insert_with(|| (weight, self.at(&source)));
                }
                if said.ends_here {
                    break;
                }
                weight *= PER_LEVEL;
            }
            match folder.rsplit_once('/') {
                Some((up, _)) => folder = up,
                None if folder.is_empty() => break,
                None => folder = "",
            }
        }
        out.into_iter().map(|(party, (weight, at))| (party, weight, at)).collect()
    }

    /// Owners of a file and of those that it includes: each once, however they include each other.
    fn collect<'a>(&'a self, file: &'a str, below: &str, seen: &mut BTreeSet<&'a str>, out: &mut Vec<(String, String)>) {
        let mut open = vec![file];
        while let Some((file, said)) = open.pop().and_then(|f| self.by_path.get_key_value(f)) {
            if !seen.insert(file) {
                continue;
            }
            for (filter, parties) in &said.approvers {
                let fits = match filter {
                    None => true,
                    Some(Filter::Expression(expression)) => expression.is_match(below),
                    // A name is one of this very folder.
                    Some(Filter::Name(name)) => glob(name, below) && !below.contains('/'),
                };
                if fits {
                    out.extend(parties.iter().map(|p| (p.clone(), file.clone())));
                }
            }
            open.extend(said.includes.iter().filter(|i| self.by_path.contains_key(*i)).map(String::as_str));
        }
    }

    fn at(&self, path: &str) -> Location {
        Location { repository: self.repository.clone(), path: path.into(), line: 1, column: 1, end_line: 1, revision: None }
    }
}

fn yaml(charter: &Charter) -> Option<Node> {
    let document = Document::new(charter.repository.clone(), format!("{}.yaml", charter.path), charter.text.as_bytes().to_vec(), None);
    document.trees().ok()?.first().cloned()
}

fn alias(name: &str) -> String {
    format!("team:name/{}", slug(name))
}

fn person(name: &str, forge: Forge) -> Option<String> {
    let name = name.trim().trim_start_matches('@');
    if is_address(name) { forge.party(name) } else { forge.party(&format!("@{name}")) }
}

/// One address a line; `set noparent`, `per-file name=address`, `file://path`.
fn chromium(text: &str) -> Folder {
    let mut folder = Folder::default();
    let mut all = Vec::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line == "set noparent" {
            folder.ends_here = true;
        } else if let Some(path) = line.strip_prefix("file://") {
            folder.includes.push(path.trim_start_matches('/').to_owned());
        } else if let Some((names, who)) = line.strip_prefix("per-file ").and_then(|rest| rest.split_once('=')) {
            let who: Vec<String> = who.split(',').map(str::trim).filter(|w| is_address(w)).map(|w| format!("person:{}", w.to_ascii_lowercase())).collect();
            for name in names.split(',').map(str::trim) {
                folder.approvers.push((Some(Filter::Name(name.to_owned())), who.clone()));
            }
        } else if is_address(line) {
            all.push(format!("person:{}", line.to_ascii_lowercase()));
        }
    }
    folder.approvers.push((None, all));
    folder
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(files: &[(&str, &str)]) -> Folders {
        let repository: Arc<str> = "repo:github.com/acme/web".into();
        let charters: Vec<Charter> =
            files.iter().map(|(path, text)| Charter { repository: repository.clone(), path: (*path).into(), text: (*text).into() }).collect();
        Folders::of(&repository, charters.iter())
    }

    #[test]
    fn approvers_add_up_towards_the_root_until_a_folder_ends_it() {
        let found = folders(&[
            ("OWNERS_ALIASES", "aliases:\n  Network-Leads: [carol, Dave]\n"),
            ("OWNERS", "approvers: [root-person]\nreviewers: [nobody]\n"),
            ("a/OWNERS", "approvers: [network-leads, Erin]\nemeritus_approvers: [old]\n"),
            ("a/b/OWNERS", "options: {no_parent_owners: true}\nfilters:\n  '\\.go$': {approvers: [gopher]}\n  '.*': {approvers: [all]}\n"),
        ]);
        let who = |path: &str| found.owners_of(path).into_iter().map(|(p, w, _)| format!("{p} {w:.2}")).collect::<Vec<_>>();
        assert_eq!(who("a/x.yaml"), ["person:gh/erin 1.00", "person:gh/root-person 0.80", "team:name/network-leads 1.00"]);
        assert_eq!(who("a/b/x.go"), ["person:gh/all 1.00", "person:gh/gopher 1.00"]);
        assert_eq!(who("a/b/c/x.yaml"), ["person:gh/all 1.00"]);
        assert_eq!(found.aliases["team:name/network-leads"], ["person:gh/carol", "person:gh/dave"]);
        assert!(found.emeritus.contains("person:gh/old"));
    }

    #[test]
    fn plain_lines_are_read_too() {
        let found = folders(&[
            ("OWNERS", "top@example.org\n"),
            ("net/OWNERS", "set noparent\n# why\nfile://common/OWNERS\nper-file *.tf=infra@example.org, x@example.org\n"),
            ("common/OWNERS", "shared@example.org\nfile://common/OWNERS\n"),
        ]);
        let who = |path: &str| found.owners_of(path).into_iter().map(|(p, ..)| p).collect::<Vec<_>>();
        assert_eq!(who("net/main.tf"), ["person:infra@example.org", "person:shared@example.org", "person:x@example.org"]);
        assert_eq!(who("net/deep/main.tf"), ["person:shared@example.org"]);
        assert_eq!(who("x"), ["person:top@example.org"]);
    }
}
