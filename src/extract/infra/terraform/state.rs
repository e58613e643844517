//! Terraform's state (version 4) and plans in JSON: what was made, or is to be, with the ids that the clouds gave.

use std::collections::BTreeMap;

use super::eval::{Files, Scope};
use super::{Block, emit, kinds};
use crate::document::{Document, Expr, Map, Node, Value};
use crate::extract::note;
use crate::model::{Facts, Key, Kind};
use crate::relation::STORED_IN;

/// Resources of one file that are read.
const MAX_RESOURCES: usize = 20_000;

/// Modules inside modules that are followed.
const MAX_DEPTH: usize = 20;

/// One thing of a state or plan.
struct Resource {
    /// Address of the module, with a dot behind it.
    module: String,
    managed: bool,
    kind: String,
    name: String,
    body: Node,
}

/// Whether the file is a state or a plan.
pub(in crate::extract::infra) fn matches(path: &str, head: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    path.contains(".tfstate") || path.ends_with(".json") && has(b"\"terraform_version\"") && (has(b"\"format_version\"") || has(b"\"lineage\""))
}

pub(in crate::extract::infra) fn read(document: &Document, facts: &mut Facts) {
    let tree = match document.trees() {
        Ok(trees) => trees.first(),
        Err(reason) => return note(document, facts, reason),
    };
    let Some(tree) = tree else { return };
    let mut resources = Vec::new();
    if let Some(planned) = tree.path(&["planned_values", "root_module"]).or_else(|| tree.path(&["values", "root_module"])) {
        let configured = tree.path(&["configuration", "root_module"]);
        of_plan(planned, configured, String::new(), 0, &mut resources);
    } else if tree.get("resources").is_some_and(|r| matches!(r.value, Value::List(_))) {
        of_state(tree, &mut resources);
        let state = Key::new(Kind::Location, "tf-state", document.file_id());
        facts.declare(&state, document.name(), document.at(tree)).attr("store", "tf-state").attr("protection", "plaintext");
    } else if tree.get("modules").is_some() {
        return note(document, facts, "a state of a version before 4 is not read");
    }
    if resources.len() >= MAX_RESOURCES {
        note(document, facts, format!("more than {MAX_RESOURCES} resources; the rest was not read"));
    }
    let mut modules: BTreeMap<&str, Vec<&Resource>> = BTreeMap::new();
    for resource in &resources {
        modules.entry(&resource.module).or_default().push(resource);
    }
    let account = account(&resources).unwrap_or_else(|| format!("{{{}//{}}}", document.repository_body(), document.folder()));
    for (module, resources) in modules {
        emitted(document, module, &account, &resources, facts);
    }
}

/// The AWS account that the ids name, if they name one only.
fn account(resources: &[Resource]) -> Option<String> {
    let mut accounts: Vec<&str> = resources
        .iter()
        .filter(|r| r.managed)
        .filter_map(|r| r.body.get_str("arn")?.split(':').nth(4))
        .filter(|a| a.len() == 12 && a.bytes().all(|b| b.is_ascii_digit()))
        .collect();
    accounts.sort_unstable();
    accounts.dedup();
    if let [one] = accounts.as_slice() { Some((*one).to_owned()) } else { None }
}

fn of_state(tree: &Node, out: &mut Vec<Resource>) {
    for resource in tree.get("resources").into_iter().flat_map(Node::items) {
        let (Some(kind), Some(name)) = (resource.get_str("type"), resource.get_str("name")) else { continue };
        for instance in resource.get("instances").into_iter().flat_map(Node::items) {
            let Some(body) = instance.get("attributes").filter(|a| a.is_map()) else { continue };
            if out.len() >= MAX_RESOURCES {
                return;
            }
            let index = instance.get("index_key").and_then(Node::scalar).map_or(String::new(), |i| format!("[{i}]"));
            out.push(Resource {
                module: resource.get_str("module").map_or(String::new(), |m| format!("{m}.")),
                managed: resource.get_str("mode") != Some("data"),
                kind: kind.to_owned(),
                name: format!("{name}{index}"),
                body: blocks_repeated(body),
            });
        }
    }
}

/// What is planned; where a value is not known yet, the configuration says what it will come from.
fn of_plan(module: &Node, configured: Option<&Node>, prefix: String, depth: usize, out: &mut Vec<Resource>) {
    if depth > MAX_DEPTH {
        return;
    }
    let expressions = |kind: &str, name: &str| {
        let all = configured.and_then(|c| c.get("resources")).map(Node::items).unwrap_or_default();
        all.iter().find(|r| r.get_str("type") == Some(kind) && r.get_str("name") == Some(name)).and_then(|r| r.get("expressions"))
    };
    for resource in module.get("resources").into_iter().flat_map(Node::items) {
        let (Some(kind), Some(name), Some(values)) = (resource.get_str("type"), resource.get_str("name"), resource.get("values")) else { continue };
        if out.len() >= MAX_RESOURCES {
            return;
        }
        let mut body = blocks_repeated(values);
        if let Value::Map(Map(entries)) = &mut body.value {
            for (key, expression) in expressions(kind, name).into_iter().flat_map(Node::entries) {
                let Some(argument) = key.str().filter(|k| values.get(k).is_none()) else { continue };
                let Some(first) = expression.get("references").map(Node::items).and_then(|r| r.first()).and_then(Node::str) else { continue };
                let reference = Expr::Reference(first.split('.').map(str::to_owned).collect());
                let node = Node { value: Value::Expr(Box::new(reference)), ..expression.clone() };
                entries.push((Node::text_at(argument, expression.line, expression.column), node));
            }
        }
        let index = resource.get("index").and_then(Node::scalar).map_or(String::new(), |i| format!("[{i}]"));
        out.push(Resource {
            module: prefix.clone(),
            managed: resource.get_str("mode") != Some("data"),
            kind: kind.to_owned(),
            name: format!("{name}{index}"),
            body,
        });
    }
    for child in module.get("child_modules").into_iter().flat_map(Node::items) {
        let Some(address) = child.get_str("address") else { continue };
        let call = address.rsplit_once("module.").map_or(address, |(_, name)| name).split('[').next().unwrap_or(address);
        let inside = configured.and_then(|c| c.path(&["module_calls", call, "module"]));
        of_plan(child, inside, format!("{address}."), depth + 1, out);
    }
}

/// A block that may repeat is a list here, and several entries in code.
fn blocks_repeated(body: &Node) -> Node {
    let mut entries = Vec::new();
    for (key, value) in body.entries() {
        match &value.value {
            Value::Null => {}
            Value::List(items) if !items.is_empty() && items.iter().all(Node::is_map) => entries.extend(items.iter().map(|i| (key.clone(), i.clone()))),
            _ => entries.push((key.clone(), value.clone())),
        }
    }
    Node { value: Value::Map(Map(entries)), ..body.clone() }
}

/// The id that the cloud gave, in place of the one that code can only guess at.
fn real(kind: &str, key: Key, body: &Node) -> Key {
    let text = |field: &str| body.get_str(field).filter(|t| !t.is_empty());
    let id = match kind {
        "aws_iam_access_key" => text("id").map(|id| format!("cred:aws-access-key/{id}")),
        "google_service_account" => text("email").map(|e| format!("gcp-sa:{e}")),
        "google_service_account_key" => text("name").and_then(|n| n.rsplit('/').next()).map(|id| format!("cred:gcp-sa-key/{id}")),
        "azuread_application" | "azuread_application_registration" => text("client_id").or_else(|| text("application_id")).map(|id| format!("entra-app:{id}")),
        "azuread_service_principal" => text("object_id").map(|id| format!("entra-sp:{id}")),
        "azurerm_user_assigned_identity" => text("id").map(|id| format!("azure:{}", id.to_ascii_lowercase())),
        // The six characters that a store puts behind the name are no part of it.
        "aws_secretsmanager_secret" => text("arn").map(|arn| arn.rsplit_once('-').filter(|(_, tail)| tail.len() == 6).map_or(arn, |(head, _)| head).to_owned()),
        _ if kind.starts_with("azurerm_") => None,
        _ => text("arn").map(str::to_owned),
    };
    match id {
        Some(id) => Key::new(key.kind, key.subtype, id),
        None => key,
    }
}

fn emitted(document: &Document, module: &str, account: &str, resources: &[&Resource], facts: &mut Facts) {
    let (variables, locals, values, files) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new(), Files::new());
    let mut scope = Scope::new(document.folder(), account.to_owned(), &variables, &locals, &values, &files);
    scope.instance = module.to_owned();
    let blocks: Vec<Block<'_>> = resources.iter().map(|r| Block { document, data: !r.managed, resource_type: &r.kind, name: &r.name, body: &r.body }).collect();
    for block in &blocks {
        let Some((key, name)) = kinds::key(block, &scope) else { continue };
        let key = real(block.resource_type, key, block.body);
        // Whatever else names it does so by one of these.
        for field in ["arn", "id", "email", "unique_id", "object_id", "principal_id", "client_id", "self_link"] {
            if let Some(text) = block.body.get_str(field).filter(|t| t.len() > 3) {
                scope.literals.entry(text.to_owned()).or_insert_with(|| (key.clone(), name.clone()));
            }
        }
        scope.known.insert(block.address(), (key, name));
    }
    let is_state = !document.path.ends_with(".json");
    let state = Key::new(Kind::Location, "tf-state", document.file_id());
    for block in &blocks {
        emit::block(block, &scope, facts);
        let Some((key, _)) = scope.known.get(&block.address()) else { continue };
        if key.kind == Kind::Credential && is_state {
            facts.relate(key, &STORED_IN, &state, document.at(block.body));
        }
    }
}
