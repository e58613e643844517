//! People that manifests name: authors and maintainers of a package, a chart, an image, a project.

use std::collections::BTreeMap;

use super::charter::Charter;
use super::party::{is_address, of_text};
use crate::document::{Document, Node};
use crate::model::Location;

/// Files that name more people than this name a crowd, and nobody who answers.
const MAX_NAMED: usize = 6;

/// Whether a path is that of a manifest that may name people.
pub(super) fn is_place(path: &str) -> bool {
    reader(path).is_some()
}

type Reader = fn(&Document) -> Vec<String>;

fn reader(path: &str) -> Option<Reader> {
    let name = path.rsplit('/').next()?;
    let upper = name.to_ascii_uppercase();
    Some(match name {
        "package.json" | "composer.json" | "plugin.json" | "server.json" | "manifest.json" => json,
        "pyproject.toml" | "Cargo.toml" => toml,
        "Chart.yaml" | "Chart.yml" => chart,
        "pom.xml" => pom,
        "Dockerfile" | "Containerfile" => image,
        _ if name.ends_with(".gemspec") => gemspec,
        _ if matches!(upper.as_str(), "MAINTAINERS" | "MAINTAINERS.MD" | "MAINTAINERS.TXT" | "GOVERNANCE.MD") => list,
        _ => return None,
    })
}

/// The people that manifests name, by the folder that each stands in.
#[derive(Default)]
pub(super) struct Manifests {
    by_folder: BTreeMap<String, Vec<(String, Location)>>,
}

impl Manifests {
    pub(super) fn of<'a>(charters: impl Iterator<Item = &'a Charter>) -> Self {
        let mut manifests = Manifests::default();
        for charter in charters {
            let Some(read) = reader(&charter.path) else { continue };
            let document = Document::new(charter.repository.clone(), charter.path.clone(), charter.text.as_bytes().to_vec(), None);
            let mut named: Vec<String> = read(&document).iter().filter_map(|t| of_text(t, false)).collect();
            named.sort();
            named.dedup();
            if named.len() <= MAX_NAMED {
                let at = document.at_line(1);
                manifests.by_folder.entry(document.folder().to_owned()).or_default().extend(named.into_iter().map(|n| (n, at.clone())));
            }
        }
        manifests
    }

    /// Those whom the manifests nearest above a path name.
    pub(super) fn named_for(&self, path: &str) -> &[(String, Location)] {
        let mut folder = path.rsplit_once('/').map_or("", |(f, _)| f);
        loop {
            if let Some(found) = self.by_folder.get(folder).filter(|f| !f.is_empty()) {
                return found;
            }
            match folder.rsplit_once('/') {
                Some((up, _)) => folder = up,
                None if folder.is_empty() => return &[],
                None => folder = "",
            }
        }
    }
}

/// A person as text, or as an object with an address or a name.
fn person(node: &Node) -> Option<String> {
    node.str().or_else(|| node.get_str("email")).or_else(|| node.get_str("name")).map(str::to_owned)
}

fn people(node: Option<&Node>) -> impl Iterator<Item = String> + '_ {
    node.into_iter().flat_map(|n| n.one_or_many()).filter_map(person)
}

fn json(document: &Document) -> Vec<String> {
    let Some(root) = document.trees().ok().and_then(|t| t.first()) else { return Vec::new() };
    ["author", "maintainers", "authors", "contributors"].iter().flat_map(|k| people(root.get(k))).collect()
}

fn toml(document: &Document) -> Vec<String> {
    let Some(root) = document.trees().ok().and_then(|t| t.first()) else { return Vec::new() };
    let tables = [root.get("project"), root.get("package"), root.path(&["tool", "poetry"]), root.path(&["workspace", "package"])];
    tables.into_iter().flatten().flat_map(|t| ["authors", "maintainers"].into_iter().flat_map(|k| people(t.get(k)))).collect()
}

fn chart(document: &Document) -> Vec<String> {
    document.trees().ok().and_then(|t| t.first()).map(|root| people(root.get("maintainers")).collect()).unwrap_or_default()
}

fn pom(document: &Document) -> Vec<String> {
    let text = document.text();
    let between = |text: &str, tag: &str| {
        text.split(&format!("<{tag}>")).skip(1).filter_map(|rest| rest.split_once(&format!("</{tag}>")).map(|(inner, _)| inner.to_owned())).collect::<Vec<_>>()
    };
    between(&text, "developers").iter().flat_map(|d| between(d, "email")).collect()
}

fn gemspec(document: &Document) -> Vec<String> {
    let text = document.text();
    let lines = text.lines().filter(|l| l.split_once('=').is_some_and(|(name, _)| name.trim_end().ends_with(".email")));
    lines.flat_map(|l| l.split(['"', '\'']).filter(|w| is_address(w)).map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// `LABEL org.opencontainers.image.authors=…`, `LABEL maintainer=…`, `MAINTAINER …`.
fn image(document: &Document) -> Vec<String> {
    let text = document.text();
    let mut out = Vec::new();
    for line in text.lines().map(str::trim) {
        let word = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        let rest = line.get(word.len()..).unwrap_or_default().trim();
        match word.as_str() {
            "MAINTAINER" => out.push(rest.to_owned()),
            "LABEL" => {
                for key in ["org.opencontainers.image.authors", "maintainer"] {
                    let value = rest.split_once(&format!("{key}=")).map(|(_, v)| v).or_else(|| rest.strip_prefix(key).filter(|r| r.starts_with(' ')));
                    out.extend(value.map(|v| match v.trim().strip_prefix('"') {
                        Some(quoted) => quoted.split('"').next().unwrap_or_default().to_owned(),
                        None => v.split_whitespace().next().unwrap_or_default().to_owned(),
                    }));
                }
            }
            _ => {}
        }
    }
    out.retain(|t| !t.contains('$'));
    out
}

/// Addresses and handles of a text for people.
fn list(document: &Document) -> Vec<String> {
    let text = document.text();
    let words = text.split(|c: char| c.is_whitespace() || "()[]<>|,;\"'`".contains(c)).map(|w| w.trim_end_matches(['.', ':']));
    let wanted = |w: &&str| is_address(w) || (w.starts_with('@') && w.len() > 2 && w[1..].chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
    words.filter(wanted).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_manifest_names_its_people() {
        let named = |path: &str, text: &str| {
            let charter = Charter { repository: "repo:x".into(), path: path.into(), text: text.into() };
            Manifests::of([&charter].into_iter()).named_for(path).iter().map(|(p, _)| p.clone()).collect::<Vec<_>>().join(" ")
        };
        for (path, text, expected) in [
            (
                "package.json",
                r#"{"author": "Carol <carol@example.org>", "contributors": [{"name": "Dave Example"}]}"#,
                "person:carol@example.org person:name/dave-example",
            ),
            ("pyproject.toml", "[project]\nauthors = [{name = \"C\", email = \"c@example.org\"}]\n", "person:c@example.org"),
            ("a/Cargo.toml", "[package]\nauthors = [\"D <d@example.org>\"]\n", "person:d@example.org"),
            ("c/Chart.yaml", "name: x\nmaintainers:\n  - name: erin\n    email: erin@example.org\n", "person:erin@example.org"),
            ("pom.xml", "<project><developers><developer><email>f@example.org</email></developer></developers></project>", "person:f@example.org"),
            ("x.gemspec", "s.email = ['g@example.org']\n", "person:g@example.org"),
            (
                "Dockerfile",
                "FROM x\nLABEL org.opencontainers.image.authors=\"h@example.org\"\nMAINTAINER i@example.org\n",
                "person:h@example.org person:i@example.org",
            ),
            ("MAINTAINERS.md", "| Carol | @carol |\n* Dave <dave@example.org>.\n", "person:dave@example.org person:gh/carol"),
            ("package.json", "{", ""),
        ] {
            assert_eq!(named(path, text), expected, "{path}");
        }
    }
}
