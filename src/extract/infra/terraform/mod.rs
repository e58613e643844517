//! Terraform, OpenTofu and Terragrunt, evaluated by folder: variables, locals, references, policy documents; what stays open stays `${…}`.

mod arguments;
mod bindings;
mod cluster;
mod custom_roles;
mod databases;
mod documents;
mod emit;
mod entra;
mod entries;
mod eval;
mod functions;
mod gitlab;
mod google;
mod google_deny;
mod hierarchy;
mod hosted_agents;
mod instance;
mod key_vault;
mod kinds;
mod lifetime;
mod modules;
mod providers;
mod references;
mod remote;
mod resource_policy;
mod settings;
mod state;
mod terragrunt;
mod variants;
mod vault;

pub(super) use state::{matches as is_state, read as read_state};

use std::collections::BTreeMap;

use crate::document::{Document, Node};
use crate::extract::joined as join;
use crate::extract::note;
use crate::model::Facts;

use eval::Files;

/// A block with its address, in its document.
pub(super) struct Block<'a> {
    pub document: &'a Document,
    pub data: bool,
    pub resource_type: &'a str,
    pub name: &'a str,
    pub body: &'a Node,
}

impl Block<'_> {
    /// `aws_iam_role.deploy`, `data.aws_iam_policy_document.trust`.
    pub(super) fn address(&self) -> String {
        let prefix = if self.data { "data." } else { "" };
        format!("{prefix}{}.{}", self.resource_type, self.name)
    }
}

/// Values of variables by name, with the documents that give them.
type Values<'a> = BTreeMap<&'a str, (&'a Document, &'a Node)>;

/// One folder: a module.
#[derive(Default)]
struct Folder<'a> {
    blocks: Vec<Block<'a>>,
    variables: BTreeMap<&'a str, (&'a Document, &'a Node)>,
    locals: BTreeMap<&'a str, &'a Node>,
    values: Values<'a>,
    modules: Vec<(&'a Document, &'a str, &'a Node)>,
    outputs: Vec<(&'a Document, &'a str, &'a Node)>,
    /// Blocks `provider`, by their names.
    providers: Vec<(&'a Document, &'a str, &'a Node)>,
    /// Blocks `terraform`, which say where the state is kept.
    settings: Vec<&'a Node>,
}

fn is_values(path: &str) -> bool {
    path.ends_with(".tfvars") || path.ends_with(".tfvars.json")
}

pub(super) fn read(documents: &[&Document], facts: &mut Facts) {
    let mut folders: BTreeMap<&str, Folder<'_>> = BTreeMap::new();
    let mut files = Files::new();
    let mut configs: BTreeMap<&str, (&Document, &Node)> = BTreeMap::new();
    let mut values: Vec<variants::Loose<'_>> = Vec::new();
    for document in documents {
        if document.path.ends_with(".json") && !document.path.ends_with(".tf.json") && !is_values(&document.path) {
            files.insert(&document.path, document);
            continue;
        }
        let tree = match document.trees() {
            Ok(trees) => trees.first(),
            Err(reason) => {
                note(document, facts, reason);
                continue;
            }
        };
        let Some(tree) = tree else { continue };
        if document.path.ends_with(".hcl") {
            configs.insert(&document.path, (*document, tree));
            continue;
        }
        if is_values(&document.path) {
            values.push((document, tree));
            continue;
        }
        let folder = folders.entry(document.folder()).or_default();
        for (keyword, body) in tree.entries() {
            match keyword.str() {
                Some(kind @ ("resource" | "data")) => {
                    for (resource_type, named) in body.entries() {
                        for (name, block) in named.entries() {
                            if let (Some(resource_type), Some(name)) = (resource_type.str(), name.str()) {
                                folder.blocks.push(Block { document, data: kind == "data", resource_type, name, body: block });
                            }
                        }
                    }
                }
                Some("variable") => folder.variables.extend(body.entries().filter_map(|(n, b)| Some((n.str()?, (*document, b))))),
                Some("locals") => folder.locals.extend(body.entries().filter_map(|(n, b)| Some((n.str()?, b)))),
                Some("provider") => {
                    let bodies = body.entries().flat_map(|(n, b)| b.one_or_many().iter().map(move |b| (n, b)));
                    folder.providers.extend(bodies.filter_map(|(n, b)| Some((*document, n.str()?, b))));
                }
                Some("terraform") => folder.settings.push(body),
                Some("output") => folder.outputs.extend(body.entries().filter_map(|(n, b)| Some((*document, n.str()?, b)))),
                Some("module") => folder.modules.extend(body.entries().filter_map(|(n, b)| Some((*document, n.str()?, b)))),
                _ => {}
            }
        }
    }
    // Only what Terraform loads by itself is of a folder; other values belong to one of several environments.
    values.retain(|(document, tree)| match folders.get_mut(document.folder()).filter(|_| variants::is_loaded(document)) {
        Some(folder) => {
            folder.values.extend(tree.entries().filter_map(|(k, v)| Some((k.str()?, (*document, v)))));
            false
        }
        None => true,
    });
    let variants = variants::of(&folders, &values, facts);
    let Some(first) = documents.first() else { return };
    let repository = first.repository_body();
    for document in files.values() {
        documents::policy_file(document, &files, facts);
    }
    instance::Walk::new(&folders, repository, &files, &terragrunt::Configs::new(configs, &files), &variants).run(facts);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(text: &str) -> Facts {
        let document = Document::new("repo:github.com/acme/web".into(), "infra/main.tf", text.as_bytes().to_vec(), None);
        let mut facts = Facts::default();
        read(&[&document], &mut facts);
        facts
    }

    #[test]
    fn nothing_to_read_says_nothing() {
        let mut facts = Facts::default();
        read(&[], &mut facts);
        assert!(facts.nodes.is_empty() && facts.edges.is_empty());
    }

    const ROLE: &str = r#"
variable "n" { default = "web" }
locals { full = "${var.n}-deploy" }
resource "aws_iam_openid_connect_provider" "gh" { url = "https://token.actions.githubusercontent.com" }
resource "aws_iam_role" "r" {
  name = local.full
  assume_role_policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "sts:AssumeRoleWithWebIdentity",
    Principal = { Federated = aws_iam_openid_connect_provider.gh.arn },
    Condition = { StringLike = { "token.actions.githubusercontent.com:sub" = "repo:acme/web:*" } } }] })
  tags = { team = "platform" }
}
resource "aws_iam_role_policy_attachment" "a" {
  role = aws_iam_role.r.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
"#;

    #[test]
    fn a_role_with_its_trust_and_its_policy() {
        let facts = facts(ROLE);
        let id = "arn:aws:iam::{github.com/acme/web//infra}:role/web-deploy";
        let role = facts.nodes.iter().find(|n| &*n.key.id == id).expect("the role by its evaluated name");
        assert_eq!((role.name.as_str(), role.at.as_ref().map(|l| (l.line, l.end_line))), ("web-deploy", Some((5, 11))));
        assert_eq!(role.attributes[&"tags".into()]["team"], "platform");
        let trust = facts.edges.iter().find(|e| e.relation.name == "trusts").expect("a trust");
        assert_eq!((&*trust.to.id, trust.attributes[&"breadth".into()].as_str()), ("oidc-provider:token.actions.githubusercontent.com", Some("repo")));
        assert!(facts.edges.iter().any(|e| &*e.from.id == id && e.relation.name == "granted" && &*e.to.id == "arn:aws:iam::aws:policy/AdministratorAccess"));
    }

    #[test]
    fn a_module_called_twice_makes_two_roles_and_hands_one_back() {
        let new = |path: &str, text: &str| Document::new("repo:github.com/acme/web".into(), path, text.as_bytes().to_vec(), None);
        let module = new(
            "infra/modules/role/main.tf",
            "variable \"n\" {}\nvariable \"policy\" {}\nresource \"aws_iam_role\" \"r\" { name = var.n }\nresource \"aws_iam_role_policy\" \"p\" {\n  name = \"inline\"\n  role = aws_iam_role.r.id\n  policy = var.policy\n}\noutput \"arn\" { value = aws_iam_role.r.arn }\n",
        );
        let root = new(
            "infra/main.tf",
            "resource \"aws_s3_bucket\" \"b\" { bucket = \"acme-invoices\" }\nmodule \"one\" {\n  source = \"./modules/role\"\n  n = \"one\"\n  policy = jsonencode({ Statement = [{ Effect = \"Allow\", Action = \"s3:GetObject\", Resource = \"${aws_s3_bucket.b.arn}/*\" }] })\n}\nmodule \"two\" {\n  source = \"./modules/role\"\n  n = \"two\"\n  policy = file(\"policies/two.json\")\n}\nresource \"aws_lambda_function\" \"f\" {\n  function_name = \"f\"\n  role = module.two.arn\n}\n",
        );
        let policy = new(
            "infra/policies/two.json",
            "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"sqs:*\", \"Resource\": \"arn:aws:sqs:eu-west-1:111122223333:orders\"}]}",
        );
        let mut facts = Facts::default();
        read(&[&root, &module, &policy], &mut facts);
        let role = |n: &str| format!("arn:aws:iam::{{github.com/acme/web//infra}}:role/{n}");
        for (n, line) in [("one", 4), ("two", 9)] {
            assert!(facts.nodes.iter().any(|x| *x.key.id == role(n) && x.at.as_ref().is_some_and(|l| &*l.path == "infra/main.tf" && l.line == line)), "{n}");
        }
        let edge =
            |from: &str, relation: &str, to: &str| facts.edges.iter().any(|e| e.from.id.contains(from) && e.relation.name == relation && e.to.id.contains(to));
        assert!(edge("module.one.aws_iam_role_policy.p", "permits", "acme-invoices"), "the bucket of the caller");
        assert!(edge("module.two.aws_iam_role_policy.p", "permits", ":orders"), "the policy of a file");
        assert!(edge("f", "runs_as", ":role/two"), "the role by the output");
        assert!(!edge("f", "runs_as", ":role/one"));
    }

    #[test]
    fn of_very_many_files_of_values_some_are_read_and_the_rest_is_noted() {
        let new = |path: &str, text: &str| Document::new("repo:github.com/acme/web".into(), path, text.as_bytes().to_vec(), None);
        let mut all = vec![new("infra/main.tf", "variable \"n\" {}\nresource \"aws_iam_role\" \"r\" { name = var.n }\n")];
        all.extend((0..12).map(|i| new(&format!("infra/e{i:02}.tfvars"), &format!("n = \"role-{i:02}\"\n"))));
        let mut facts = Facts::default();
        read(&all.iter().collect::<Vec<_>>(), &mut facts);
        let made = |name: &str| facts.nodes.iter().any(|n| n.key.id.ends_with(name));
        assert!(made(":role/role-00") && made(":role/role-07") && !made(":role/role-08"));
        let noted: Vec<&str> = facts.notes.iter().map(|n| &*n.path).collect();
        assert_eq!(noted, ["infra/e08.tfvars", "infra/e09.tfvars", "infra/e10.tfvars", "infra/e11.tfvars"]);
    }

    #[test]
    fn a_policy_document_reaches_what_it_names() {
        let facts = facts(
            r#"
data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.b.arn}/*"]
  }
}
resource "aws_s3_bucket" "b" { bucket = "acme-invoices" }
resource "aws_iam_user" "u" { name = "ci" }
resource "aws_iam_user_policy" "p" {
  name = "read"
  user = aws_iam_user.u.name
  policy = data.aws_iam_policy_document.d.json
}
resource "aws_iam_access_key" "k" { user = aws_iam_user.u.name }
"#,
        );
        let permits = facts.edges.iter().find(|e| e.relation.name == "permits" && &*e.to.id == "arn:aws:s3:::acme-invoices").expect("permits the bucket");
        assert_eq!(permits.attributes[&"level".into()], "read-data");
        assert!(facts.edges.iter().any(|e| e.relation.name == "authenticates_as" && e.to.id.ends_with(":user/ci")));
        assert!(facts.edges.iter().any(|e| e.relation.name == "granted" && e.from.id.ends_with(":user/ci")));
    }
}
