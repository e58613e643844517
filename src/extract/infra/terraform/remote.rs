//! Outputs that another root keeps in its state: which state a root writes, which it reads, and what stands behind a name in it.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Folder;
use super::eval::Scope;
use super::join;
use super::references::references;
use crate::document::Node;
use crate::extract::infra::offered;
use crate::model::Key;

/// What tells one state from another, by backend: the arguments that its place is made of, the last of which may be left out.
const PLACES: &[(&str, &[&str])] = &[
    ("s3", &["bucket", "key"]),
    ("gcs", &["bucket", "prefix"]),
    ("azurerm", &["storage_account_name", "container_name", "key"]),
    ("oss", &["bucket", "prefix", "key"]),
    ("cos", &["bucket", "prefix"]),
    ("consul", &["path"]),
    ("http", &["address"]),
    ("pg", &["conn_str", "schema_name"]),
    ("kubernetes", &["namespace", "secret_suffix"]),
];

pub(super) use crate::extract::infra::offered::OFFERED;

/// What the outputs of one root are: the blocks that they name, and plain values.
#[derive(Default)]
pub(super) struct Outputs {
    pub(super) named: BTreeMap<String, (Key, String)>,
    pub(super) plain: BTreeMap<String, Json>,
}

/// Where a root keeps its state, as `s3/bucket/key`; one that says nothing keeps it beside itself.
pub(super) fn written(folder: &Folder<'_>, scope: &Scope<'_>) -> String {
    let cloud = folder.settings.iter().flat_map(|s| s.all("cloud")).find_map(|c| workspace(c, scope));
    let backends = folder.settings.iter().flat_map(|s| s.all("backend")).flat_map(Node::entries);
    let placed = cloud.or_else(|| backends.filter_map(|(kind, body)| place(kind.str()?, body, scope)).next());
    placed.unwrap_or_else(|| local("", scope))
}

/// The states that a root reads, by the address of the block that does.
pub(super) fn read(folder: &Folder<'_>, scope: &Scope<'_>) -> BTreeMap<String, String> {
    let of = |block: &super::Block<'_>| -> Option<String> {
        match block.resource_type {
            "terraform_remote_state" => {
                let config = block.body.get("config").or_else(|| block.body.all("config").next());
                place(&scope.attribute(block.body, "backend")?, config?, scope)
            }
            "tfe_outputs" => workspace(block.body, scope),
            _ => None,
        }
    };
    folder.blocks.iter().filter(|b| b.data).filter_map(|b| Some((b.address(), of(b)?))).collect()
}

fn place(backend: &str, body: &Node, scope: &Scope<'_>) -> Option<String> {
    match backend {
        "remote" => return workspace(body, scope),
        "local" => return Some(local(&scope.attribute(body, "path").unwrap_or_default(), scope)),
        _ => {}
    }
    let (_, arguments) = PLACES.iter().find(|(name, _)| *name == backend)?;
    let given: Vec<String> = arguments.iter().filter_map(|a| scope.attribute(body, a)).collect();
    (!given.is_empty() && given.len() + 1 >= arguments.len()).then(|| format!("{backend}/{}", given.join("/")))
}

/// `remote/organisation/workspace` of Terraform Cloud and Enterprise.
fn workspace(body: &Node, scope: &Scope<'_>) -> Option<String> {
    let named = |node: &Node| scope.attribute(node, "name").or_else(|| scope.attribute(node, "prefix"));
    let name = scope.attribute(body, "workspace").or_else(|| body.all("workspaces").find_map(named))?;
    Some(format!("remote/{}/{name}", scope.attribute(body, "organization")?))
}

fn local(path: &str, scope: &Scope<'_>) -> String {
    let path = path.strip_prefix("${path.module}/").unwrap_or(path);
    let path = if path.is_empty() { "terraform.tfstate" } else { path };
    format!("local/{}", join(&scope.folder, path))
}

/// Whether a state is one wherever it is named: nothing in its place is left open, and it is on no disk.
pub(super) fn is_known(state: &str) -> bool {
    !state.contains("${") && !state.starts_with("local/")
}

/// Makes known what the outputs of other states stand for: the block of the other root; where no root at hand writes the state, whatever its name says.
pub(super) fn make_known(folder: &Folder<'_>, states: &BTreeMap<String, String>, written: &BTreeMap<String, Outputs>, scope: &mut Scope<'_>) {
    for (address, state) in states {
        if let Some(outputs) = written.get(state) {
            scope.known.extend(outputs.named.iter().map(|(name, target)| (format!("{address}.outputs.{name}"), target.clone())));
            scope.remote.extend(outputs.plain.iter().map(|(name, value)| (format!("{address}.outputs.{name}"), value.clone())));
        }
    }
    let mut asked: Vec<Vec<String>> = Vec::new();
    let bodies = folder.blocks.iter().map(|b| b.body).chain(folder.locals.values().copied()).chain(folder.modules.iter().map(|(_, _, b)| *b));
    bodies.for_each(|body| asked.extend(references(body)));
    for segments in asked {
        let Some((address, name)) = output(&segments) else { continue };
        let full = format!("{address}.outputs.{name}");
        if scope.known.contains_key(&full) || scope.remote.contains_key(&full) {
            continue;
        }
        if let Some(key) = states.get(&address).filter(|s| is_known(s)).and_then(|state| offered::read(state, &name)) {
            scope.known.insert(full, (key, name));
        }
    }
}

/// Address of the reading block and name of the output, in `data.terraform_remote_state.net.outputs.role_arn`.
pub(super) fn output(segments: &[String]) -> Option<(String, String)> {
    match segments {
        [data, kind, name, outputs, output, ..]
            if data == "data"
                && (kind == "terraform_remote_state" && outputs == "outputs"
                    || kind == "tfe_outputs" && matches!(outputs.as_str(), "values" | "nonsensitive_values")) =>
        {
            Some((format!("data.{kind}.{name}"), output.clone()))
        }
        _ => None,
    }
}

/// Makes known what the parameters that a folder reads by their names stand for: what another root, or a stack, keeps there.
pub(super) fn parameters(folder: &Folder<'_>, scope: &mut Scope<'_>) {
    for block in folder.blocks.iter().filter(|b| b.data && b.resource_type == "aws_ssm_parameter") {
        let Some(name) = scope.attribute(block.body, "name").filter(|n| !n.contains("${")) else { continue };
        if let Some(key) = offered::read("ssm", &name) {
            scope.known.insert(format!("{}.value", block.address()), (key, name));
        }
    }
}
