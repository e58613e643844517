//! Azure Resource Manager templates, in JSON and in Bicep: managed identities, role assignments, vault secrets, secure parameters.

use std::collections::{BTreeMap, BTreeSet};

use super::azure_role::Permissions;
use crate::document::{Document, Node};
use crate::extract::note;
use crate::model::{Facts, Key, Kind, Level, Location};
use crate::relation::{CAN_ACCESS, DEFINED_BY, GRANTED, PART_OF, RUNS_AS};
use crate::tables;

/// Resources of one template that are read; Resource Manager takes 800.
const MAX_RESOURCES: usize = 800;

/// Bytes of one resource in which references are looked for.
const MAX_TEXT: usize = 20_000;

/// Lines of one block that are read.
const MAX_LINES: usize = 400;

/// One resource, whichever language states it.
struct Resource {
    symbol: String,
    kind: String,
    /// As stated, without quotes; an expression stays one.
    name: String,
    at: Location,
    /// The text of the block, for what refers to other resources.
    body: String,
    /// Text of a property, by its name, the first wherever it stands.
    properties: BTreeMap<String, String>,
    /// What a definition of a role allows.
    permissions: Vec<Permissions>,
}

/// Names of the lists of a role's permissions: what is allowed, what is left out of it, and the same of data.
const LISTS: [&str; 4] = ["actions", "notActions", "dataActions", "notDataActions"];

pub(super) fn read(document: &Document, facts: &mut Facts) {
    if document.path.ends_with(".bicep") {
        return emit(document, &bicep(document, facts), facts);
    }
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    for root in trees.iter().filter(|r| r.get_str("$schema").is_some_and(|s| s.contains("deploymentTemplate") || s.contains("DeploymentTemplate"))) {
        for (name, body) in root.get("parameters").into_iter().flat_map(Node::entries) {
            let secure = body.get_str("type").is_some_and(|t| t.to_ascii_lowercase().starts_with("secure"));
            if let Some(name) = name.str().filter(|_| secure) {
                parameter(
                    document,
                    name,
                    document.at(body),
                    body.get("defaultValue").filter(|d| d.str().is_some_and(|s| !s.is_empty())).map(|d| document.at(d)),
                    facts,
                );
            }
        }
        let mut resources = Vec::new();
        if let Some(list) = root.get("resources") {
            collect(document, list, "", &mut resources, 0);
        }
        emit(document, &resources, facts);
    }
}

/// Resources may stand inside resources, and then leave out the type of what holds them.
fn collect(document: &Document, list: &Node, outer: &str, out: &mut Vec<Resource>, depth: usize) {
    if depth > 16 {
        return;
    }
    let items = list.items().iter().map(|i| (None, i)).chain(list.entries().map(|(k, v)| (k.str(), v)));
    for (symbol, body) in items {
        let (Some(kind), Some(name)) = (body.get_str("type"), body.get_str("name")) else { continue };
        let kind = if outer.is_empty() || kind.matches('/').count() > 0 && kind.contains('.') { kind.to_owned() } else { format!("{outer}/{kind}") };
        let (mut properties, mut text) = (BTreeMap::new(), String::new());
        body.walk(&mut |pointer, node| {
            if let (Some(value), false) = (node.scalar(), pointer.contains("/resources/")) {
                let field = pointer.rsplit('/').next().unwrap_or_default();
                if text.len() < MAX_TEXT {
                    text.push_str(&value);
                    text.push('\n');
                }
                properties.entry(field.to_owned()).or_insert(value);
            }
            // Identities that are assigned stand as keys.
            if pointer.ends_with("userAssignedIdentities") {
                for (key, _) in node.entries() {
                    text.push_str(key.str().unwrap_or_default());
                    text.push('\n');
                }
            }
        });
        out.push(Resource {
            symbol: symbol.unwrap_or(name).to_owned(),
            kind: kind.clone(),
            name: name.to_owned(),
            at: document.at(body),
            body: text,
            properties,
            permissions: body.path(&["properties", "permissions"]).into_iter().flat_map(Node::items).map(permissions).collect(),
        });
        if let Some(inner) = body.get("resources") {
            collect(document, inner, &kind, out, depth + 1);
        }
    }
}

fn permissions(node: &Node) -> Permissions {
    Permissions::new(LISTS.map(|name| node.get(name).into_iter().flat_map(Node::items).filter_map(Node::scalar).collect()))
}

/// The same in Bicep: the texts in quotes of each list, however its lines are broken.
fn bicep_permissions(block: &str) -> Permissions {
    Permissions::new(LISTS.map(|name| {
        let begins = |(at, _): &(usize, &str)| !block[..*at].ends_with(|c: char| c.is_alphanumeric());
        let stated = block.match_indices(name).filter(begins).filter_map(|(at, _)| block[at + name.len()..].trim_start().strip_prefix(':'));
        let lists = stated.filter_map(|rest| rest.trim_start().strip_prefix('[')?.split_once(']'));
        lists.flat_map(|(list, _)| list.split('\'').skip(1).step_by(2).map(str::to_owned)).collect()
    }))
}

/// Blocks and parameters of a Bicep file, told by their lines: blocks end with the brace that closes them.
fn bicep(document: &Document, facts: &mut Facts) -> Vec<Resource> {
    let text = document.text();
    let lines: Vec<&str> = text.lines().collect();
    let mut out = Vec::new();
    let mut secure = false;
    for (i, line) in lines.iter().enumerate() {
        let number = i as u32 + 1;
        let trimmed = line.trim();
        let mut words = trimmed.split_whitespace();
        match words.next() {
            Some("@secure()") => secure = true,
            Some("param") => {
                if let Some(name) = words.next().filter(|_| secure) {
                    let at = document.at_line(number);
                    let literal = trimmed.split_once('=').is_some_and(|(_, v)| v.trim().starts_with('\'') && v.trim().len() > 2 && !v.contains("${"));
                    parameter(document, name, at.clone(), literal.then_some(at), facts);
                }
                secure = false;
            }
            Some("resource") if !trimmed.contains(" existing ") && out.len() < MAX_RESOURCES => {
                let (Some(symbol), Some(kind)) = (words.next(), trimmed.split('\'').nth(1)) else { continue };
                let end = block_end(&lines, i);
                let block = &lines[i..=end];
                let mut properties: BTreeMap<String, String> = BTreeMap::new();
                for (field, value) in block.iter().skip(1).filter_map(|l| l.trim().split_once(':')) {
                    properties.entry(field.trim().trim_matches('\'').to_owned()).or_insert_with(|| value.trim().trim_matches('\'').to_owned());
                }
                out.push(Resource {
                    symbol: symbol.to_owned(),
                    kind: kind.split('@').next().unwrap_or(kind).to_owned(),
                    name: properties.get("name").cloned().unwrap_or_else(|| symbol.to_owned()),
                    at: document.place(number, 1, end as u32 + 1),
                    body: block.join("\n"),
                    properties,
                    permissions: if kind.to_ascii_lowercase().contains("roledefinitions") { vec![bicep_permissions(&block.join("\n"))] } else { Vec::new() },
                });
            }
            Some(word) if word.starts_with('@') => {}
            _ => secure = false,
        }
    }
    out
}

/// Index of the line that closes the block, or of the last that is read of it.
fn block_end(lines: &[&str], start: usize) -> usize {
    let mut depth = 0i64;
    for (i, line) in lines.iter().enumerate().skip(start).take(MAX_LINES) {
        for c in line.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
        }
        if depth <= 0 && (i > start || line.contains('}')) {
            return i;
        }
    }
    (start + MAX_LINES).min(lines.len()) - 1
}

fn parameter(document: &Document, name: &str, at: Location, literal: Option<Location>, facts: &mut Facts) {
    let slot = Key::new(Kind::Location, "env", format!("arm-param:{}//{}#{name}", document.repository_body(), document.path));
    facts.declare(&slot, name, at).attr("store", "parameter");
    if let Some(value) = literal {
        facts.holds(&slot, value);
    }
}

/// The node that a resource makes.
fn key(document: &Document, r: &Resource) -> Option<Key> {
    let kind = r.kind.to_ascii_lowercase();
    let id = format!("arm:{}//{}#{}", document.repository_body(), document.path, r.symbol);
    let known = |kind: Kind, subtype: &'static str| Some(Key::new(kind, subtype, &id));
    match kind.as_str() {
        "microsoft.managedidentity/userassignedidentities" => known(Kind::Identity, "azure-mi-user"),
        "microsoft.authorization/roledefinitions" => known(Kind::Policy, "azure-role"),
        "microsoft.keyvault/vaults" => known(Kind::Resource, "secret-store"),
        "microsoft.keyvault/vaults/secrets" => known(Kind::Location, "cloud-secret"),
        "microsoft.storage/storageaccounts" => known(Kind::Resource, "object-store"),
        "microsoft.containerregistry/registries" => known(Kind::Resource, "container-registry"),
        "microsoft.containerservice/managedclusters" => known(Kind::Resource, "cluster"),
        "microsoft.cognitiveservices/accounts" => known(Kind::Resource, "llm-api"),
        "microsoft.documentdb/databaseaccounts"
        | "microsoft.sql/servers"
        | "microsoft.dbforpostgresql/flexibleservers"
        | "microsoft.dbformysql/flexibleservers" => known(Kind::Resource, "database"),
        "microsoft.servicebus/namespaces" | "microsoft.eventhub/namespaces" => known(Kind::Resource, "queue"),
        "microsoft.web/sites" => known(Kind::Consumer, "function"),
        "microsoft.app/containerapps" | "microsoft.app/jobs" | "microsoft.containerinstance/containergroups" => known(Kind::Consumer, "container-service"),
        "microsoft.compute/virtualmachines" | "microsoft.compute/virtualmachinescalesets" => known(Kind::Consumer, "vm"),
        "microsoft.automation/automationaccounts" | "microsoft.logic/workflows" | "microsoft.datafactory/factories" => known(Kind::Consumer, "scheduled-task"),
        _ => None,
    }
}

fn emit(document: &Document, resources: &[Resource], facts: &mut Facts) {
    let resources = &resources[..resources.len().min(MAX_RESOURCES)];
    let known: Vec<(&Resource, Key)> = resources.iter().filter_map(|r| Some((r, key(document, r)?))).collect();
    // In Bicep by its symbol, in JSON by its name inside `resourceId(…)`.
    let refers = |text: &str, r: &Resource| {
        let bare = r.name.trim_matches(['[', ']']);
        [r.symbol.as_str(), bare].iter().any(|n| n.len() > 1 && mentions(text, n))
    };
    for (r, key) in &known {
        let at = r.at.clone();
        let node = facts.declare(key, r.name.clone(), at.clone()).attr("provider", "azure").attr("type", r.kind.clone());
        let powers: BTreeSet<&str> = r.permissions.iter().flat_map(Permissions::powers).collect();
        if !powers.is_empty() {
            node.attr("powers", powers.into_iter().collect::<Vec<_>>());
        }
        let origin = Key::new(Kind::Origin, "definition", format!("def:{}//{}#{}", document.repository_body(), document.path, r.symbol));
        facts.declare(&origin, r.symbol.clone(), at.clone());
        facts.relate(key, &DEFINED_BY, &origin, at.clone());
        if r.body.contains("SystemAssigned") {
            let own = Key::new(Kind::Identity, "azure-mi-system", format!("{}/identity", key.id));
            facts.declare(&own, format!("identity of {}", r.name), at.clone()).attr("provider", "azure").attr("auth_style", "workload");
            if key.kind == Kind::Consumer {
                facts.relate(key, &RUNS_AS, &own, at.clone());
            }
        }
        for (other, target) in known.iter().filter(|(o, _)| !std::ptr::eq(*o, *r) && refers(&r.body, o)) {
            if key.kind == Kind::Consumer && target.kind == Kind::Identity {
                facts.relate(key, &RUNS_AS, target, at.clone());
            } else if key.kind == Kind::Location && target.kind == Kind::Resource && other.kind.eq_ignore_ascii_case("Microsoft.KeyVault/vaults") {
                facts.relate(key, &PART_OF, target, at.clone());
            }
        }
    }
    for r in resources.iter().filter(|r| r.kind.eq_ignore_ascii_case("Microsoft.Authorization/roleAssignments")) {
        assignment(r, &known, &refers, facts);
    }
}

/// Whether a text holds a name as a whole word.
fn mentions(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        !text[..at].chars().next_back().is_some_and(word) && !text[at + name.len()..].chars().next().is_some_and(word)
    })
}

fn assignment(r: &Resource, known: &[(&Resource, Key)], refers: &dyn Fn(&str, &Resource) -> bool, facts: &mut Facts) {
    let at = r.at.clone();
    let empty = String::new();
    let property = |name: &str| r.properties.get(name).unwrap_or(&empty);
    let own = known.iter().find(|(o, k)| k.kind == Kind::Policy && refers(property("roleDefinitionId"), o));
    let (role, name, level) = match (own, tables::azure::mentioned(&r.body)) {
        (Some((made, key)), _) => (key.clone(), made.name.clone(), made.permissions.iter().map(Permissions::level).max().unwrap_or(Level::Unknown)),
        (None, Some((id, name))) => {
            let level = tables::azure::role(id).map_or(Level::Unknown, |r| r.level);
            (Key::new(Kind::Policy, "azure-role", format!("azure-role:{id}")), name.to_owned(), level)
        }
        (None, None) => {
            let stated = property("roleDefinitionId").clone();
            (Key::new(Kind::Policy, "azure-role", format!("azure-role:{stated}")), stated, Level::Unknown)
        }
    };
    facts.mention(&role, name.clone(), at.clone());
    let principal = property("principalId");
    let target = known.iter().find(|(o, k)| k.kind == Kind::Resource && refers(property("scope"), o)).map(|(_, k)| k.clone()).unwrap_or_else(|| {
        let key = Key::new(Kind::Resource, "cloud-account", format!("azure:{{{}}}/resourcegroup", at.repository.trim_start_matches("repo:")));
        facts.mention(&key, "resource group", at.clone());
        key
    });
    for (other, key) in known.iter().filter(|(o, _)| refers(principal, o)) {
        let identity = match key.kind {
            Kind::Identity => key.clone(),
            _ if other.body.contains("SystemAssigned") => Key::new(Kind::Identity, "azure-mi-system", format!("{}/identity", key.id)),
            _ => continue,
        };
        facts.relate(&identity, &GRANTED, &role, at.clone()).attr("scope", &*target.id);
        facts.relate(&identity, &CAN_ACCESS, &target, at.clone()).attr("level", level.name()).attr("via_role", name.clone());
    }
}
