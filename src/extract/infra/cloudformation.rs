//! CloudFormation and SAM templates: identities, trust, policies, what runs as whom, and the secrets that it is given.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::policy::{self, Statement};
use super::terraform::breadth;
use crate::document::{Document, Node, Value};
use crate::extract::note;
use crate::model::{Basis, Facts, Key, Kind, Level, Location};
use crate::relation::{AUTHENTICATES_AS, CAN_ACCESS, CAN_ASSUME, CAN_TRIGGER, CONSUMES, DEFINED_BY, GRANTED, PERMITS, RUNS_AS, SOURCED_FROM, TRUSTS};
use crate::tables;

/// Properties that name the role that a resource runs as.
const ROLES: &[&str] = &[
    "Role",
    "RoleArn",
    "RoleARN",
    "TaskRoleArn",
    "ExecutionRoleArn",
    "ServiceRole",
    "ServiceRoleArn",
    "JobRoleArn",
    "IamInstanceProfile",
    "InstanceRoleArn",
    "AgentResourceRoleArn",
];

/// Properties that hold a secret.
const SECRETS: &[&str] = &["SecretString", "MasterUserPassword", "Password", "AuthToken", "SecretKey", "ClientSecret", "OAuthToken", "AccessToken"];

/// Depth of functions inside functions that is evaluated.
const MAX_DEPTH: usize = 40;

/// Resources among which a literal ARN is looked for; CloudFormation takes 500.
const MAX_RESOURCES: usize = 2_000;

/// What the functions of a template are evaluated against.
pub(super) struct Template<'a> {
    document: &'a Document,
    /// Folder of the template, which stands for the account.
    pub(super) account: String,
    /// Parameters with their default, when they have one.
    parameters: BTreeMap<&'a str, Option<String>>,
    /// Parameters that are not echoed: their defaults are never read as text.
    hidden: BTreeSet<&'a str>,
    /// Logical id to the node that it makes, and its name.
    known: BTreeMap<&'a str, (Key, String)>,
}

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
        template.parameters.insert(name, body.get("Default").filter(|_| !hidden).and_then(Node::scalar));
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
    for (name, logical, kind, body) in blocks {
        resource(&template, name, logical, kind, body, public_api, facts);
    }
}

impl<'a> Template<'a> {
    /// A template that knows nothing yet but where it stands.
    pub(super) fn empty(document: &'a Document) -> Self {
        let account = format!("{{{}//{}}}", document.repository_body(), document.folder());
        Template { document, account, parameters: BTreeMap::new(), hidden: BTreeSet::new(), known: BTreeMap::new() }
    }

    /// The template itself, for what is one of its own.
    fn stack(&self) -> String {
        format!("{{{}//{}}}", self.document.repository_body(), self.document.path)
    }

    /// Slots that a text takes its value from: secrets of this template, its parameters that are not echoed, and dynamic references.
    fn slots(&self, text: &str) -> Vec<(Key, String)> {
        let mut out = dynamic(self, text);
        out.extend(self.named_in(text).into_iter().filter(|(k, _)| matches!(k.kind, Kind::Location | Kind::Credential)));
        let names = text.split("${").skip(1).filter_map(|r| r.split('}').next());
        out.extend(names.filter(|n| self.hidden.contains(n)).map(|n| (self.parameter(n), n.to_owned())));
        out
    }

    fn parameter(&self, name: &str) -> Key {
        Key::new(Kind::Location, "env", format!("cfn-param:{}//{}#{name}", self.document.repository_body(), self.document.path))
    }

    /// Statements that stand in a list of their own.
    pub(super) fn listed(&self, list: &Node) -> Vec<Statement> {
        policy::statements(&json!({ "Statement": self.value(list, 0) }))
    }

    /// The node that a resource makes.
    fn key(&self, logical: &str, kind: &str, body: &Node) -> Option<(Key, String)> {
        let property = |p: &str| body.path(&["Properties", p]).map(|n| self.text(n)).filter(|t| !t.is_empty() && !t.contains("${"));
        let named = |p: &str| property(p).unwrap_or_else(|| logical.to_owned());
        // A name is the account's; without one, the stack makes one up.
        let scope = |p: &str| if property(p).is_some() { self.account.clone() } else { self.stack() };
        let arn = |sort: &str, p: &str| format!("arn:aws:iam::{}:{sort}/{}", scope(p), named(p));
        let own = format!("cfn:{}//{}#{logical}", self.document.repository_body(), self.document.path);
        let (kind, subtype, id, name): (Kind, &'static str, String, String) = match kind {
            "AWS::IAM::Role" => (Kind::Identity, "aws-role", arn("role", "RoleName"), named("RoleName")),
            "AWS::IAM::User" => (Kind::Identity, "aws-user", arn("user", "UserName"), named("UserName")),
            "AWS::IAM::Group" => (Kind::Identity, "other:aws-group", arn("group", "GroupName"), named("GroupName")),
            "AWS::IAM::ManagedPolicy" => (Kind::Policy, "aws-policy", arn("policy", "ManagedPolicyName"), named("ManagedPolicyName")),
            "AWS::IAM::Policy" | "AWS::IAM::RolePolicy" | "AWS::IAM::UserPolicy" | "AWS::S3::BucketPolicy" | "AWS::SQS::QueuePolicy" => {
                (Kind::Policy, "aws-policy", format!("pol:{own}"), named("PolicyName"))
            }
            "AWS::IAM::AccessKey" => (Kind::Credential, "aws-access-key", format!("cred:aws-access-key/{own}"), logical.to_owned()),
            "AWS::IAM::OIDCProvider" => {
                let url = property("Url").unwrap_or_else(|| logical.to_owned());
                let host = url.trim_start_matches("https://").trim_end_matches('/').to_owned();
                (Kind::Issuer, "oidc-provider", format!("oidc-provider:{host}"), host)
            }
            "AWS::SecretsManager::Secret" => (Kind::Location, "cloud-secret", format!("asm:{}/{}", scope("Name"), named("Name")), named("Name")),
            "AWS::SSM::Parameter" => {
                (Kind::Location, "cloud-secret", format!("ssm:{}/?/{}", scope("Name"), named("Name").trim_start_matches('/')), named("Name"))
            }
            "AWS::Lambda::Function" | "AWS::Serverless::Function" => (Kind::Consumer, "function", own, named("FunctionName")),
            "AWS::ECS::TaskDefinition" => (Kind::Consumer, "container-service", own, named("Family")),
            "AWS::ECS::Service" => (Kind::Consumer, "container-service", own, named("ServiceName")),
            "AWS::AppRunner::Service" => (Kind::Consumer, "container-service", own, named("ServiceName")),
            "AWS::EC2::Instance" | "AWS::EC2::LaunchTemplate" | "AWS::AutoScaling::LaunchConfiguration" => (Kind::Consumer, "vm", own, logical.to_owned()),
            "AWS::CodeBuild::Project" => (Kind::Consumer, "ci-job", own, named("Name")),
            "AWS::CodePipeline::Pipeline" => (Kind::Consumer, "ci-workflow", own, named("Name")),
            "AWS::StepFunctions::StateMachine"
            | "AWS::Serverless::StateMachine"
            | "AWS::Batch::JobDefinition"
            | "AWS::Glue::Job"
            | "AWS::Scheduler::Schedule" => (Kind::Consumer, "scheduled-task", own, logical.to_owned()),
            "AWS::Bedrock::Agent" => (Kind::Agent, "hosted-agent", own, named("AgentName")),
            "AWS::S3::Bucket" => {
                let name = named("BucketName");
                (Kind::Resource, "object-store", property("BucketName").map_or(own, |n| format!("arn:aws:s3:::{n}")), name)
            }
            "AWS::RDS::DBInstance" | "AWS::RDS::DBCluster" => (Kind::Resource, "database", own, logical.to_owned()),
            "AWS::DynamoDB::Table" | "AWS::Serverless::SimpleTable" => (Kind::Resource, "database", own, named("TableName")),
            _ => {
                let mut parts = kind.split("::").skip(1);
                let service = parts.next().unwrap_or_default().to_ascii_lowercase();
                let thing = parts.next().unwrap_or_default();
                let main = matches!(
                    thing,
                    "Key"
                        | "Queue"
                        | "Topic"
                        | "Repository"
                        | "Cluster"
                        | "Stream"
                        | "LogGroup"
                        | "HostedZone"
                        | "CacheCluster"
                        | "ReplicationGroup"
                        | "Domain"
                );
                let subtype = tables::aws::resource(&service);
                if !main || subtype == "other:aws" {
                    return None;
                }
                (Kind::Resource, subtype, own, logical.to_owned())
            }
        };
        Some((Key::new(kind, subtype, id), name))
    }

    /// The value of a node, its functions evaluated; what a resource gives is left as `${Logical…}`.
    fn value(&self, node: &Node, depth: usize) -> Json {
        if depth > MAX_DEPTH {
            return Json::Null;
        }
        if let Some((function, argument)) = single(node)
            && let Some(text) = self.function(function, argument, depth + 1)
        {
            return text;
        }
        match &node.value {
            Value::Map(_) => Json::Object(node.entries().filter_map(|(k, v)| Some((k.scalar()?, self.value(v, depth + 1)))).collect::<Map<String, Json>>()),
            Value::List(items) => Json::Array(items.iter().map(|i| self.value(i, depth + 1)).collect()),
            _ => node.scalar().map_or(Json::Null, Json::from),
        }
    }

    fn function(&self, function: &str, argument: &Node, depth: usize) -> Option<Json> {
        Some(match function {
            "Ref" => Json::from(self.reference(argument.str()?)),
            "Fn::GetAtt" => match argument.str() {
                Some(text) => Json::from(format!("${{{text}}}")),
                None => Json::from(format!("${{{}}}", argument.items().iter().filter_map(Node::scalar).collect::<Vec<_>>().join("."))),
            },
            "Fn::Sub" => {
                let mut text = argument.str().or_else(|| argument.items().first().and_then(Node::str))?.to_owned();
                for (name, value) in argument.items().get(1).into_iter().flat_map(Node::entries) {
                    text = text.replace(&format!("${{{}}}", name.str()?), &as_text(&self.value(value, depth)));
                }
                let names: BTreeSet<String> = text.split("${").skip(1).filter_map(|r| r.split('}').next()).map(str::to_owned).collect();
                for name in names {
                    text = text.replace(&format!("${{{name}}}"), &self.reference(&name));
                }
                Json::from(text)
            }
            "Fn::Join" => {
                let (by, list) = (argument.items().first()?.str()?, argument.items().get(1)?);
                Json::from(list.items().iter().map(|i| as_text(&self.value(i, depth))).collect::<Vec<_>>().join(by))
            }
            "Fn::If" => self.value(argument.items().get(1)?, depth),
            "Fn::ImportValue" => Json::from(format!("${{import:{}}}", as_text(&self.value(argument, depth)))),
            "Fn::Select" | "Fn::FindInMap" | "Fn::Split" | "Fn::Base64" => Json::from("${?}"),
            _ => return None,
        })
    }

    fn reference(&self, name: &str) -> String {
        match name {
            "AWS::Partition" => "aws".to_owned(),
            "AWS::AccountId" => self.account.clone(),
            "AWS::NoValue" => String::new(),
            _ => self.parameters.get(name).cloned().flatten().unwrap_or_else(|| format!("${{{name}}}")),
        }
    }

    fn text(&self, node: &Node) -> String {
        as_text(&self.value(node, 0))
    }

    /// Nodes of this template that a text refers to.
    fn named_in(&self, text: &str) -> Vec<(Key, String)> {
        let mut out: Vec<(Key, String)> =
            text.split("${").skip(1).filter_map(|r| r.split(['}', '.']).next()).filter_map(|logical| self.known.get(logical)).cloned().collect();
        if out.is_empty() && text.starts_with("arn:") && self.known.len() <= MAX_RESOURCES {
            out.extend(self.known.values().filter(|(k, _)| *k.id == *text).cloned());
        }
        out
    }

    fn targets(&self, node: &Node) -> Vec<(Key, String)> {
        many(&self.value(node, 0)).iter().flat_map(|t| self.named_in(t)).collect()
    }

    fn statements(&self, node: &Node) -> Vec<Statement> {
        policy::statements(&self.value(node, 0))
    }
}

/// The one entry of a map, when its key is a function.
fn single(node: &Node) -> Option<(&str, &Node)> {
    let mut entries = node.entries();
    let (key, value) = entries.next()?;
    let name = key.str()?;
    (entries.next().is_none() && (name == "Ref" || name.starts_with("Fn::"))).then_some((name, value))
}

fn as_text(value: &Json) -> String {
    match value {
        Json::String(s) => s.clone(),
        Json::Null | Json::Array(_) | Json::Object(_) => String::new(),
        other => other.to_string(),
    }
}

fn many(value: &Json) -> Vec<String> {
    match value {
        Json::Array(items) => items.iter().map(as_text).collect(),
        other => vec![as_text(other)],
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
            grants(template, key, &template.statements(text), facts, &document.at(text));
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

fn tags(template: &Template<'_>, tags: Option<&Node>) -> Map<String, Json> {
    let Some(tags) = tags else { return Map::new() };
    let listed = tags.items().iter().filter_map(|t| Some((t.get_str("Key")?.to_owned(), Json::from(template.text(t.get("Value")?)))));
    listed.chain(tags.entries().filter_map(|(k, v)| Some((k.str()?.to_owned(), Json::from(template.text(v)))))).collect()
}

fn identity(template: &Template<'_>, key: &Key, properties: &Node, facts: &mut Facts) {
    let document = template.document;
    if let Some(trust) = properties.get("AssumeRolePolicyDocument") {
        for s in template.statements(trust) {
            trusts(template, key, &s, facts, &document.at(trust));
        }
    }
    for inline in properties.get("Policies").into_iter().flat_map(Node::items) {
        let Some(text) = inline.get("PolicyDocument") else { continue };
        let name = inline.get("PolicyName").map(|n| template.text(n)).filter(|n| !n.is_empty()).unwrap_or_else(|| "inline".into());
        inline_policy(template, key, &name, text, document.at(inline), facts);
    }
    for arn in properties.get("ManagedPolicyArns").into_iter().flat_map(Node::one_or_many) {
        attach(template, key, &template.text(arn), facts, &document.at(arn));
    }
    for (group, _) in properties.get("Groups").map(|g| template.targets(g)).unwrap_or_default() {
        facts.relate(key, &CAN_ASSUME, &group, document.at(properties)).attr("via", "membership");
    }
}

fn inline_policy(template: &Template<'_>, owner: &Key, name: &str, text: &Node, at: Location, facts: &mut Facts) {
    let policy = Key::new(Kind::Policy, "aws-policy", format!("pol:{}#{name}", owner.id));
    facts.declare(&policy, name, at.clone());
    facts.relate(owner, &GRANTED, &policy, at.clone());
    grants(template, &policy, &template.statements(text), facts, &at);
}

/// A policy of this template, or one by its ARN: what that allows is told where it is defined, or by the tables.
fn attach(template: &Template<'_>, owner: &Key, arn: &str, facts: &mut Facts, at: &Location) {
    if let Some((policy, _)) = template.named_in(arn).first() {
        facts.relate(owner, &GRANTED, policy, at.clone());
    } else if arn.starts_with("arn:") {
        let policy = Key::new(Kind::Policy, "aws-policy", arn);
        facts.mention(&policy, arn.rsplit('/').next().unwrap_or(arn), at.clone());
        facts.relate(owner, &GRANTED, &policy, at.clone());
    }
}

/// Everything of one service in the account, or the account.
fn whole(template: &Template<'_>, service: &str, facts: &mut Facts, at: &Location) -> Key {
    let (id, name) = if service == "*" {
        (format!("aws:{}", template.account), "AWS account".to_owned())
    } else {
        (format!("aws:{}/{service}/*", template.account), format!("every {service} resource"))
    };
    let key = Key::new(Kind::Resource, tables::aws::resource(service), id);
    facts.mention(&key, name, at.clone());
    key
}

pub(super) fn grants(template: &Template<'_>, policy: &Key, statements: &[Statement], facts: &mut Facts, at: &Location) {
    facts.mention(policy, String::new(), at.clone()).attr("statements", statements.iter().map(policy::attribute).collect::<Vec<_>>());
    for s in statements {
        let all = |list: &[String], not: &[String]| if list.is_empty() && !not.is_empty() { vec!["*".to_owned()] } else { list.to_vec() };
        let actions = all(&s.actions, &s.not_actions);
        for resource in all(&s.resources, &s.not_resources) {
            let mut targets: Vec<(Key, Vec<String>)> = template
                .named_in(&resource)
                .into_iter()
                .filter(|(k, _)| matches!(k.kind, Kind::Resource | Kind::Location | Kind::Identity))
                .map(|(k, _)| (k, actions.clone()))
                .collect();
            if targets.is_empty() && resource.starts_with("arn:") && !resource.contains("${") && !resource.ends_with(":*") {
                targets.push((by_arn(&resource, facts, at), actions.clone()));
            } else if targets.is_empty() {
                let mut services: BTreeMap<&str, Vec<String>> = BTreeMap::new();
                for action in &actions {
                    services.entry(action.split_once(':').map_or("*", |(service, _)| service)).or_default().push(action.clone());
                }
                targets.extend(services.into_iter().map(|(service, own)| (whole(template, service, facts, at), own)));
            }
            for (target, own) in targets {
                let level = own.iter().map(|a| policy::level(a)).max().unwrap_or(Level::None);
                let edge = facts.relate(policy, &PERMITS, &target, at.clone());
                edge.attr("effect", if s.allow { "allow" } else { "deny" }).attr("level", level.name()).attr("actions", own);
                if s.conditions.is_some() {
                    edge.conditional();
                }
            }
        }
    }
}

fn by_arn(arn: &str, facts: &mut Facts, at: &Location) -> Key {
    let service = arn.split(':').nth(2).unwrap_or_default();
    let bare = if service == "s3" { arn.split('/').next().unwrap_or(arn) } else { arn.trim_end_matches("/*") };
    let key = match service {
        "iam" if arn.contains(":role/") => Key::new(Kind::Identity, "aws-role", bare),
        "iam" if arn.contains(":user/") => Key::new(Kind::Identity, "aws-user", bare),
        "secretsmanager" | "ssm" => Key::new(Kind::Location, "cloud-secret", bare),
        _ => Key::new(Kind::Resource, tables::aws::resource(service), bare),
    };
    facts.mention(&key, bare.rsplit([':', '/']).next().unwrap_or(bare), at.clone());
    key
}

fn trusts(template: &Template<'_>, role: &Key, s: &Statement, facts: &mut Facts, at: &Location) {
    if !s.allow {
        return;
    }
    for (kind, who) in &s.principals {
        let named = template.named_in(who).into_iter().next();
        if kind == "Service" {
            let key = Key::new(Kind::Issuer, "other:aws-service", format!("aws-service:{who}"));
            facts.mention(&key, who.clone(), at.clone());
            facts.relate(role, &TRUSTS, &key, at.clone()).attr("breadth", "service");
        } else if kind == "Federated" {
            let host = who.split("oidc-provider/").nth(1).unwrap_or(who).to_owned();
            let (key, name) = named.unwrap_or_else(|| (Key::new(Kind::Issuer, "oidc-provider", format!("oidc-provider:{host}")), host));
            facts.mention(&key, name, at.clone());
            let edge = facts.relate(role, &TRUSTS, &key, at.clone());
            edge.attr("breadth", breadth(s.conditions.as_ref())).attr("conditions", s.conditions.clone().unwrap_or_else(|| json!({})));
        } else if who == "*" {
            let key = Key::new(Kind::Party, "class", "class:public");
            facts.mention(&key, "anyone", at.clone());
            facts.relate(role, &TRUSTS, &key, at.clone()).attr("breadth", if s.conditions.is_none() { "world" } else { "unknown" });
            if s.conditions.is_none() {
                facts.relate(&key, &CAN_ASSUME, role, at.clone());
            }
        } else if !who.is_empty() {
            let (key, name) = named.unwrap_or_else(|| {
                let subtype = if who.contains(":role/") {
                    "aws-role"
                } else if who.contains(":user/") {
                    "aws-user"
                } else {
                    "aws-root"
                };
                (Key::new(Kind::Identity, subtype, who.clone()), who.rsplit('/').next().unwrap_or(who).to_owned())
            });
            facts.mention(&key, name, at.clone());
            facts.relate(role, &TRUSTS, &key, at.clone()).attr("breadth", "principal");
            if key.kind == Kind::Identity {
                facts.relate(&key, &CAN_ASSUME, role, at.clone());
            }
        }
    }
}

/// A SAM function makes its own role, unless it names one, and says in short what the role may do.
fn serverless(template: &Template<'_>, key: &Key, logical: &str, properties: &Node, public_api: bool, at: &Location, facts: &mut Facts) {
    let document = template.document;
    if properties.get("Role").is_none() {
        let role = Key::new(Kind::Identity, "aws-role", format!("arn:aws:iam::{}:role/{logical}Role", template.stack()));
        facts.declare(&role, format!("{logical}Role"), at.clone()).attr("provider", "aws").attr("generated", true);
        facts.relate(key, &RUNS_AS, &role, at.clone());
        for policy in properties.get("Policies").into_iter().flat_map(Node::one_or_many) {
            let place = document.at(policy);
            if let Some(name) = policy.str() {
                let arn = if name.starts_with("arn:") || name.contains("${") { name.to_owned() } else { format!("arn:aws:iam::aws:policy/{name}") };
                attach(template, &role, &arn, facts, &place);
            } else if policy.get("Statement").is_some() {
                inline_policy(template, &role, "inline", policy, place, facts);
            } else if let Some((name, arguments)) = policy.entries().next().and_then(|(k, v)| Some((k.str()?, v))).filter(|(n, _)| n.ends_with("Policy")) {
                short_policy(template, &role, name, arguments, place, facts);
            } else {
                attach(template, &role, &template.text(policy), facts, &place);
            }
        }
    }
    for event in properties.get("Events").into_iter().flat_map(Node::entries).map(|(_, e)| e) {
        let api = matches!(event.get_str("Type"), Some("Api" | "HttpApi"));
        let authorizer = event.path(&["Properties", "Auth", "Authorizer"]).and_then(Node::str);
        if api
            && (authorizer == Some("NONE")
                || authorizer.is_none() && public_api && event.path(&["Properties", "RestApiId"]).is_none() && event.path(&["Properties", "ApiId"]).is_none())
        {
            public(key, document.at(event), facts);
        }
    }
    if properties.path(&["FunctionUrlConfig", "AuthType"]).and_then(Node::str) == Some("NONE") {
        public(key, at.clone(), facts);
    }
}

fn public(key: &Key, at: Location, facts: &mut Facts) {
    let party = Key::new(Kind::Party, "class", "class:public");
    facts.mention(&party, "anyone", at.clone());
    facts.relate(&party, &CAN_TRIGGER, key, at).attr("input", "data");
}

/// SAM's policy templates are named after what they give: `S3CrudPolicy`, `DynamoDBReadPolicy`.
fn short_policy(template: &Template<'_>, role: &Key, name: &str, arguments: &Node, at: Location, facts: &mut Facts) {
    let lower = name.to_ascii_lowercase();
    let service = ["dynamodb", "s3", "sqs", "sns", "kms", "ses", "ssm", "kinesis", "lambda", "ecs", "eks", "rekognition", "stepfunctions"]
        .into_iter()
        .find(|s| lower.starts_with(s));
    let service = if lower.contains("secretsmanager") { "secretsmanager" } else { service.unwrap_or("*") };
    let level = if matches!(service, "secretsmanager" | "ssm") {
        Level::SecretRead
    } else if lower.contains("read") {
        Level::ReadData
    } else {
        Level::Write
    };
    let policy = Key::new(Kind::Policy, "aws-policy", format!("pol:{}#{name}", role.id));
    facts.declare(&policy, name, at.clone());
    facts.relate(role, &GRANTED, &policy, at.clone());
    let argument = arguments.entries().next().map(|(_, v)| template.text(v)).unwrap_or_default();
    let target = match template.named_in(&argument).into_iter().next() {
        Some((key, _)) => key,
        None if argument.is_empty() || argument.contains("${") => whole(template, service, facts, &at),
        None => {
            let (kind, subtype, id) = match service {
                "s3" => (Kind::Resource, "object-store", format!("arn:aws:s3:::{argument}")),
                "secretsmanager" => (Kind::Location, "cloud-secret", argument.clone()),
                "ssm" => (Kind::Location, "cloud-secret", format!("ssm:{}/?/{argument}", template.account)),
                _ => (Kind::Resource, tables::aws::resource(service), format!("aws:{}/{service}/{argument}", template.account)),
            };
            let key = Key::new(kind, subtype, id);
            facts.mention(&key, argument.clone(), at.clone());
            key
        }
    };
    facts.relate(&policy, &PERMITS, &target, at).attr("effect", "allow").attr("level", level.name()).attr("actions", vec![format!("{service}:*")]);
}

/// Roles that a consumer is given anywhere in its properties.
fn runs(template: &Template<'_>, key: &Key, properties: &Node, facts: &mut Facts) {
    let mut found = Vec::new();
    properties.walk(&mut |_, node| found.extend(ROLES.iter().filter_map(|r| node.get(r))));
    for node in found {
        let at = template.document.at(node);
        let text = template.text(node);
        let mut roles: Vec<Key> = template.named_in(&text).into_iter().map(|(k, _)| k).filter(|k| k.kind == Kind::Identity).collect();
        if roles.is_empty() && text.starts_with("arn:") && text.contains(":role/") && !text.contains("${") {
            let role = Key::new(Kind::Identity, "aws-role", &text);
            facts.mention(&role, text.rsplit('/').next().unwrap_or(&text), at.clone());
            roles.push(role);
        }
        for role in roles {
            facts.relate(key, &RUNS_AS, &role, at.clone());
        }
    }
}

/// Secrets that a resource is given: as values, as variables, and by dynamic references.
fn given(template: &Template<'_>, key: &Key, properties: &Node, facts: &mut Facts) {
    let document = template.document;
    let mut variables: Vec<(String, &Node)> = Vec::new();
    let mut literals: Vec<(String, &Node)> = Vec::new();
    properties.walk(&mut |pointer, node| {
        let last = pointer.rsplit('/').next().unwrap_or_default();
        let parent = pointer.rsplit('/').nth(1).unwrap_or_default();
        if parent == "Variables" && pointer.contains("Environment/") {
            variables.push((last.to_owned(), node));
        }
        if let (Some(name), Some(value)) = (node.get_str("Name"), node.get("Value").or_else(|| node.get("ValueFrom")))
            && (pointer.contains("/Environment") || pointer.contains("/Secrets"))
        {
            variables.push((name.to_owned(), value));
        }
        if SECRETS.contains(&last) && key.kind == Kind::Resource {
            for (slot, label) in template.slots(&template.text(node)) {
                facts.mention(&slot, label, document.at(node));
                facts.relate(&slot, &CAN_ACCESS, key, document.at(node)).basis(Basis::Evaluated).attr("level", "write");
            }
        }
        if SECRETS.contains(&last) && node.str().is_some_and(|s| !s.is_empty() && !s.contains("{{resolve:")) {
            literals.push((pointer.to_owned(), node));
        }
    });
    for (pointer, node) in literals {
        let slot =
            if key.kind == Kind::Location { key.clone() } else { Key::new(Kind::Location, "file", format!("{}#/Resources{pointer}", document.file_id())) };
        facts.mention(&slot, pointer.rsplit('/').next().unwrap_or_default(), document.at(node)).attr("protection", "plaintext");
        if slot != *key && key.kind == Kind::Resource {
            facts.relate(&slot, &CAN_ACCESS, key, document.at(node)).basis(Basis::Evaluated).attr("level", "write");
        }
        facts.holds(&slot, document.at(node));
    }
    let mut covered: BTreeSet<u32> = BTreeSet::new();
    for (name, node) in variables.iter().filter(|_| matches!(key.kind, Kind::Consumer | Kind::Agent)) {
        let text = template.text(node);
        let mut sources = template.slots(&text);
        if sources.is_empty() && text.starts_with("arn:") && (text.contains(":secretsmanager:") || text.contains(":ssm:")) {
            sources.push((Key::new(Kind::Location, "cloud-secret", &text), text.rsplit([':', '/']).next().unwrap_or(&text).to_owned()));
        }
        let secret = crate::extract::ci::work::is_secret_name(name);
        if sources.is_empty() && !secret {
            continue;
        }
        let at = document.at(node);
        covered.insert(at.line);
        let slot = Key::new(Kind::Location, "env", format!("{}#{name}", key.id));
        facts.declare(&slot, name.clone(), at.clone()).attr("store", "env");
        facts.relate(key, &CONSUMES, &slot, at.clone());
        facts.holds(&slot, at.clone());
        for (source, label) in sources {
            facts.mention(&source, label, at.clone());
            facts.relate(&slot, &SOURCED_FROM, &source, at.clone());
        }
    }
    properties.walk(&mut |_, node| {
        let Some(text) = node.str().filter(|t| t.contains("{{resolve:") && !covered.contains(&node.line)) else { return };
        for (source, label) in dynamic(template, text) {
            facts.mention(&source, label, document.at(node));
            let relation = match key.kind {
                Kind::Location => &SOURCED_FROM,
                Kind::Consumer | Kind::Agent => &CONSUMES,
                _ => continue,
            };
            facts.relate(key, relation, &source, document.at(node));
        }
    });
}

/// `{{resolve:secretsmanager:id:SecretString:key}}`, `{{resolve:ssm-secure:name}}`.
fn dynamic(template: &Template<'_>, text: &str) -> Vec<(Key, String)> {
    text.split("{{resolve:")
        .skip(1)
        .filter_map(|r| r.split("}}").next())
        .filter_map(|inner| {
            let (service, rest) = inner.split_once(':')?;
            match service {
                "secretsmanager" => {
                    let (id, arn) = if rest.starts_with("arn:") {
                        (rest.splitn(8, ':').take(7).collect::<Vec<_>>().join(":"), true)
                    } else {
                        (rest.split(':').next()?.to_owned(), false)
                    };
                    if let Some(known) = template.named_in(&id).into_iter().next() {
                        return Some(known);
                    }
                    let key = Key::new(Kind::Location, "cloud-secret", if arn { id.clone() } else { format!("asm:{}/{id}", template.account) });
                    Some((key, id))
                }
                "ssm" | "ssm-secure" => {
                    // AWS keeps public parameters, such as the newest images, under a prefix of its own.
                    let name = rest.split(':').next().filter(|n| !n.starts_with("/aws/service/"))?;
                    Some((Key::new(Kind::Location, "cloud-secret", format!("ssm:{}/?/{}", template.account, name.trim_start_matches('/'))), name.to_owned()))
                }
                _ => None,
            }
        })
        .collect()
}
