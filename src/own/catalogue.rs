//! Service catalogues: Backstage, OpsLevel, Cortex, Datadog, Compass. The entry nearest above a file says who owns it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::charter::Charter;
use super::party::{of_text, slug};
use crate::document::{Document, Node};
use crate::model::Location;

/// Owner in one document of a file, and the line that names it.
type Reader = fn(&Node) -> Option<(String, u32)>;

/// Names of the files, and how each is read.
const FILES: &[(&[&str], Reader)] = &[
    (&["catalog-info.yaml", "catalog-info.yml"], backstage),
    (&["opslevel.yml", "opslevel.yaml"], opslevel),
    (&["cortex.yaml", "cortex.yml"], cortex),
    (&["service.datadog.yaml", "service.datadog.yml"], datadog),
    (&[".compass.yml", ".compass.yaml", "compass.yml", "compass.yaml"], compass),
];

/// Whether a path is that of a catalogue's entry.
pub(super) fn is_place(path: &str) -> bool {
    reader(path).is_some()
}

fn reader(path: &str) -> Option<Reader> {
    let name = path.rsplit('/').next()?;
    FILES.iter().find(|(names, _)| names.contains(&name)).map(|(_, read)| *read)
}

/// The entries of one repository.
#[derive(Default)]
pub(super) struct Catalogue {
    /// Owner of everything below a folder, and where that is said.
    by_folder: BTreeMap<String, (String, Location)>,
    /// Owner of a component by its name.
    by_name: BTreeMap<String, (String, Location)>,
    /// Members of teams, by the team's id.
    pub(super) members: BTreeMap<String, Vec<String>>,
}

impl Catalogue {
    pub(super) fn of<'a>(repository: &Arc<str>, charters: impl Iterator<Item = &'a Charter>) -> Self {
        let mut catalogue = Catalogue::default();
        for charter in charters {
            let Some(read) = reader(&charter.path) else { continue };
            let document = Document::new(charter.repository.clone(), charter.path.clone(), charter.text.as_bytes().to_vec(), None);
            let Ok(trees) = document.trees() else { continue };
            for tree in trees {
                catalogue.learn_members(tree);
                let Some((owner, line)) = read(tree) else { continue };
                let told = (owner, document.at_line(line));
                if let Some(name) = tree.path(&["metadata", "name"]).and_then(Node::str) {
                    catalogue.by_name.entry(name.to_owned()).or_insert_with(|| told.clone());
                }
                // An entry that names another repository says nothing of the files beside it.
                let slug = tree.path(&["metadata", "annotations", "github.com/project-slug"]).and_then(Node::str);
                let elsewhere = slug.is_some_and(|s| !repository.ends_with(&format!("/{}", s.to_lowercase())));
                if !elsewhere {
                    let folder = if slug.is_some() && !charter.path.contains('/') { "" } else { document.folder() };
                    catalogue.by_folder.entry(folder.to_owned()).or_insert(told);
                }
            }
        }
        catalogue
    }

    fn learn_members(&mut self, tree: &Node) {
        let (Some(kind), Some(name)) = (tree.get_str("kind"), tree.path(&["metadata", "name"]).and_then(Node::str)) else { return };
        let namespace = tree.path(&["metadata", "namespace"]).and_then(Node::str).unwrap_or("default");
        match kind {
            "Group" => {
                let members = tree.path(&["spec", "members"]).into_iter().flat_map(Node::items).filter_map(Node::str);
                let members: Vec<String> = members.filter_map(|m| entity(m, "user")).collect();
                self.members.entry(format!("team:backstage/{namespace}/{}", slug(name))).or_default().extend(members);
            }
            "User" => {
                for group in tree.path(&["spec", "memberOf"]).into_iter().flat_map(Node::items).filter_map(Node::str) {
                    if let Some(team) = entity(group, "group") {
                        self.members.entry(team).or_default().push(format!("person:backstage/{namespace}/{}", slug(name)));
                    }
                }
            }
            _ => {}
        }
    }

    /// Owner by the entry nearest above a path.
    pub(super) fn owner_of(&self, path: &str) -> Option<&(String, Location)> {
        let mut folder = path.rsplit_once('/').map_or("", |(f, _)| f);
        loop {
            if let Some(found) = self.by_folder.get(folder) {
                return Some(found);
            }
            match folder.rsplit_once('/') {
                Some((up, _)) => folder = up,
                None if folder.is_empty() => return None,
                None => folder = "",
            }
        }
    }

    /// Owner of the component of that name.
    pub(super) fn owner_of_component(&self, name: &str) -> Option<&(String, Location)> {
        self.by_name.get(name)
    }
}

/// A reference to an entity: `[kind:][namespace/]name`.
fn entity(text: &str, default_kind: &str) -> Option<String> {
    let (kind, rest) = text.split_once(':').map_or((default_kind.to_owned(), text), |(k, r)| (k.to_lowercase(), r));
    let (namespace, name) = rest.split_once('/').unwrap_or(("default", rest));
    let scheme = if kind == "user" { "person" } else { "team" };
    let name = slug(name);
    (!name.is_empty()).then(|| format!("{scheme}:backstage/{}/{name}", slug(namespace)))
}

fn backstage(tree: &Node) -> Option<(String, u32)> {
    let kinds = ["Component", "Resource", "API", "System", "Domain", "Template"];
    let owner = tree.get("spec")?.get("owner").filter(|_| tree.get_str("kind").is_some_and(|k| kinds.contains(&k)))?;
    // An address or a login in place of a reference is taken for what it is.
    let text = owner.str()?;
    let party = if text.contains('@') { of_text(text, true)? } else { entity(text, "group")? };
    Some((party, owner.line))
}

fn opslevel(tree: &Node) -> Option<(String, u32)> {
    let owner = ["component", "service", "repository"].iter().find_map(|k| tree.get(k)?.get("owner"))?;
    Some((of_text(owner.str()?, true)?, owner.line))
}

fn cortex(tree: &Node) -> Option<(String, u32)> {
    let owner = tree.path(&["info", "x-cortex-owners"])?.items().first()?;
    let name = owner.get_str("email").or_else(|| owner.get_str("name"))?;
    Some((of_text(name, owner.get_str("type") != Some("email"))?, owner.line))
}

fn datadog(tree: &Node) -> Option<(String, u32)> {
    let owner = tree.get("team").or_else(|| tree.path(&["metadata", "owner"]))?;
    Some((of_text(owner.str()?, true)?, owner.line))
}

fn compass(tree: &Node) -> Option<(String, u32)> {
    let owner = tree.get("ownerId").or_else(|| tree.get("ownerName"))?;
    // The last part of the resource name is the team's.
    let text = owner.str()?;
    Some((of_text(text.rsplit('/').next().unwrap_or(text), true)?, owner.line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_entry_says_who_owns() {
        let repository: Arc<str> = "repo:github.com/acme/web".into();
        let charter = |path: &str, text: &str| Charter { repository: repository.clone(), path: path.into(), text: text.into() };
        let charters = [
            charter(
                "catalog-info.yaml",
                "kind: Component\nmetadata: {name: web}\nspec: {owner: platform}\n---\nkind: Group\nmetadata: {name: platform}\nspec: {members: [carol]}\n",
            ),
            charter("pay/catalog-info.yaml", "kind: Component\nmetadata:\n  name: pay\nspec:\n  owner: group:finance/payments\n"),
            charter("ops/opslevel.yml", "component:\n  owner: sre\n"),
            charter("dd/service.datadog.yaml", "schema-version: v2.2\nteam: Observability\n"),
            charter("cx/cortex.yaml", "info:\n  x-cortex-owners:\n    - type: email\n      email: a@example.org\n"),
            charter(
                "x/catalog-info.yaml",
                "kind: Component\nmetadata:\n  name: x\n  annotations: {github.com/project-slug: acme/other}\nspec: {owner: others}\n",
            ),
            charter("bad/catalog-info.yaml", "kind: [\n"),
        ];
        let catalogue = Catalogue::of(&repository, charters.iter());
        for (path, owner) in [
            ("infra/main.tf", Some("team:backstage/default/platform")),
            ("pay/k8s/a.yaml", Some("team:backstage/finance/payments")),
            ("ops/a", Some("team:name/sre")),
            ("dd/a", Some("team:name/observability")),
            ("cx/a", Some("person:a@example.org")),
            ("x/a", Some("team:backstage/default/platform")),
        ] {
            assert_eq!(catalogue.owner_of(path).map(|(o, _)| o.as_str()), owner, "{path}");
        }
        assert_eq!(catalogue.owner_of("pay/a").map(|(_, at)| at.line), Some(5));
        assert_eq!(catalogue.members["team:backstage/default/platform"], ["person:backstage/default/carol"]);
        assert!(catalogue.owner_of_component("pay").is_some());
    }
}
