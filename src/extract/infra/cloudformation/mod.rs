//! CloudFormation and SAM templates: identities, trust, policies, what runs as whom, and the secrets that it is given.

mod given;
mod serverless;
mod template;

use serde_json::{Map, Value as Json};

use super::granting::{self, attach, grants};
use super::offered::OFFERED;
use crate::document::{Document, Node, Value};
use crate::extract::note;
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{AUTHENTICATES_AS, CAN_ASSUME, DEFINED_BY, GRANTED};

use given::{given, runs};
use serverless::{public, serverless};
pub(super) use template::Template;

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    for root in trees {
        template(document, root, facts);
    }
}

/// One template, which may stand inside a file of another kind.
pub(super) fn template(document: &Document, root: &Node, facts: &mut Facts) {
    let Some(resources) = root.get("Resources").filter(|r| r.entries().any(|(_, b)| b.get_str("Type").is_some_and(|t| t.contains("::")))) else { return };
    let mut template = Template::empty(document);
    for (name, body) in root.get("Parameters").into_iter().flat_map(Node::entries) {
        let Some(name) = name.str() else { continue };
        let hidden = body.get("NoEcho").is_some_and(|n| n.scalar().is_some_and(|t| t.eq_ignore_ascii_case("true")));
        let default = body.get("Default").filter(|_| !hidden).and_then(Node::scalar);
        // The default of a parameter of this type is the name of one in the store.
        let kept = body.get_str("Type").is_some_and(|t| t.starts_with("AWS::SSM::Parameter::Value<"));
        template.parameters.insert(name, default.map(|d| if kept { format!("{{{{resolve:ssm:{d}}}}}") } else { d }));
        if hidden {
            template.hidden.insert(name);
        }
    }
    let blocks: Vec<(&Node, &str, &str, &Node)> = resources.entries().filter_map(|(k, v)| Some((k, k.str()?, v.get_str("Type")?, v))).collect();
    for (_, logical, kind, body) in &blocks {
        if let Some(known) = template.key(logical, kind, body) {
            template.known.insert(logical, known);
        }
    }
    // A profile is the role that it holds.
    for (_, logical, _, body) in blocks.iter().filter(|b| b.2 == "AWS::IAM::InstanceProfile") {
        let role = body.path(&["Properties", "Roles"]).map(|r| template.targets(r)).and_then(|t| t.into_iter().next());
        if let Some(role) = role {
            template.known.insert(logical, role);
        }
    }
    parameters(&template, root, facts);
    let public_api = root.path(&["Globals", "Api", "Auth"]).or_else(|| root.path(&["Globals", "HttpApi", "Auth"])).is_none();
    offers(&template, root, &blocks, facts);
    for (name, logical, kind, body) in blocks {
        resource(&template, name, logical, kind, body, public_api, facts);
    }
}

/// Parameters that are not echoed are slots; a default is a value in the file.
fn parameters(template: &Template<'_>, root: &Node, facts: &mut Facts) {
    let document = template.document;
    for (name, body) in root.get("Parameters").into_iter().flat_map(Node::entries) {
        let Some(logical) = name.str().filter(|n| template.hidden.contains(n)) else { continue };
        let slot = template.parameter(logical);
        facts.declare(&slot, logical, document.place(name.line, name.column, body.end_line)).attr("store", "parameter");
        if let Some(default) = body.get("Default").filter(|d| d.str().is_some_and(|s| !s.is_empty())) {
            facts.holds(&slot, document.at(default));
        }
    }
}

fn resource(template: &Template<'_>, name: &Node, logical: &str, kind: &str, body: &Node, public_api: bool, facts: &mut Facts) {
    let document = template.document;
    let at = document.place(name.line, name.column, body.end_line);
    let empty = Node { value: Value::Null, line: body.line, column: body.column, end_line: body.end_line };
    let properties = body.get("Properties").unwrap_or(&empty);
    if kind == "AWS::IAM::UserToGroupAddition" {
        let targets = |p: &str| properties.get(p).map(|n| template.targets(n)).unwrap_or_default();
        for (user, _) in targets("Users") {
            for (group, _) in targets("GroupName") {
                facts.relate(&user, &CAN_ASSUME, &group, at.clone()).attr("via", "membership");
            }
        }
    }
    if kind == "AWS::Lambda::Url" && properties.get_str("AuthType") == Some("NONE")
        || kind == "AWS::Lambda::Permission" && properties.get_str("Principal") == Some("*")
    {
        for (function, _) in ["TargetFunctionArn", "FunctionName"].iter().filter_map(|p| properties.get(p)).flat_map(|n| template.targets(n)) {
            public(&function, at.clone(), facts);
        }
    }
    if kind == "AWS::IAM::InstanceProfile" {
        return;
    }
    let Some((key, name)) = template.known.get(logical) else { return };
    let node = facts.declare(key, name.clone(), at.clone());
    node.attr("provider", "aws").attr("type", kind);
    let tags = tags(template, properties.get("Tags"));
    if !tags.is_empty() {
        node.attr("tags", Json::Object(tags));
    }
    if key.kind == Kind::Credential {
        node.attr("state", "referenced").attr("lifetime_class", "static");
    }
    let origin = Key::new(Kind::Origin, "definition", format!("def:{}//{}#{logical}", document.repository_body(), document.path));
    facts.declare(&origin, logical, at.clone());
    facts.relate(key, &DEFINED_BY, &origin, at.clone());
    match kind {
        "AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group" => identity(template, key, properties, facts),
        "AWS::IAM::AccessKey" => {
            for (user, _) in properties.get("UserName").map(|u| template.targets(u)).unwrap_or_default() {
                facts.relate(key, &AUTHENTICATES_AS, &user, at.clone());
            }
        }
        "AWS::Serverless::Function" => serverless(template, key, logical, properties, public_api, &at, facts),
        _ => {}
    }
    if key.kind == Kind::Policy {
        if let Some(text) = properties.get("PolicyDocument") {
            grants(key, &template.statements(text), template, facts, &document.at(text));
        }
        for list in ["Roles", "Users", "Groups", "RoleName", "UserName"] {
            for (who, _) in properties.get(list).map(|n| template.targets(n)).unwrap_or_default() {
                facts.relate(&who, &GRANTED, key, at.clone());
            }
        }
        return;
    }
    if matches!(key.kind, Kind::Consumer | Kind::Agent) {
        runs(template, key, properties, facts);
    }
    given(template, key, properties, facts);
}

/// What a stack offers to others: its exports, and what it keeps in parameters.
fn offers(template: &Template<'_>, root: &Node, blocks: &[(&Node, &str, &str, &Node)], facts: &mut Facts) {
    let mut offered: Vec<(String, &Node)> = Vec::new();
    for (_, output) in root.get("Outputs").into_iter().flat_map(Node::entries) {
        let name = output.path(&["Export", "Name"]).map(|n| template.text(n));
        offered.extend(name.zip(output.get("Value")).map(|(n, value)| (format!("cfn-export#{n}"), value)));
    }
    for (.., body) in blocks.iter().filter(|b| b.2 == "AWS::SSM::Parameter") {
        let name = body.path(&["Properties", "Name"]).map(|n| template.text(n));
        offered.extend(name.zip(body.path(&["Properties", "Value"])).map(|(n, value)| (format!("ssm#{n}"), value)));
    }
    for (name, value) in offered.into_iter().filter(|(n, _)| !n.contains("${") && !n.ends_with('#')) {
        for (target, _) in template.targets(value).into_iter().filter(|(k, _)| !matches!(k.kind, Kind::Location | Kind::Credential)) {
            facts.mention(&target, String::new(), template.document.at(value)).attr(OFFERED, vec![name.clone()]);
        }
    }
}

fn tags(template: &Template<'_>, tags: Option<&Node>) -> Map<String, Json> {
    let Some(tags) = tags else { return Map::new() };
    let listed = tags.items().iter().filter_map(|t| Some((t.get_str("Key")?.to_owned(), Json::from(template.text(t.get("Value")?)))));
    listed.chain(tags.entries().filter_map(|(k, v)| Some((k.str()?.to_owned(), Json::from(template.text(v)))))).collect()
}

fn identity(template: &Template<'_>, key: &Key, properties: &Node, facts: &mut Facts) {
    let document = template.document;
    if let Some(trust) = properties.get("AssumeRolePolicyDocument") {
        for s in template.statements(trust) {
            granting::trust(key, &s, template, facts, &document.at(trust));
        }
    }
    for inline in properties.get("Policies").into_iter().flat_map(Node::items) {
        let Some(text) = inline.get("PolicyDocument") else { continue };
        let name = inline.get("PolicyName").map(|n| template.text(n)).filter(|n| !n.is_empty()).unwrap_or_else(|| "inline".into());
        inline_policy(template, key, &name, text, document.at(inline), facts);
    }
    for arn in properties.get("ManagedPolicyArns").into_iter().flat_map(Node::one_or_many) {
        attach(key, &template.text(arn), template, facts, &document.at(arn));
    }
    for (group, _) in properties.get("Groups").map(|g| template.targets(g)).unwrap_or_default() {
        facts.relate(key, &CAN_ASSUME, &group, document.at(properties)).attr("via", "membership");
    }
}

fn inline_policy(template: &Template<'_>, owner: &Key, name: &str, text: &Node, at: Location, facts: &mut Facts) {
    let policy = Key::new(Kind::Policy, "aws-policy", format!("pol:{}#{name}", owner.id));
    facts.declare(&policy, name, at.clone());
    facts.relate(owner, &GRANTED, &policy, at.clone());
    grants(&policy, &template.statements(text), template, facts, &at);
}
