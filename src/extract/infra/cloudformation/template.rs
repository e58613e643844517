//! A template while it is read: what its functions, parameters and references come to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::given::dynamic;
use crate::document::{Document, Node, Value};
use crate::extract::infra::granting::Names;
use crate::extract::infra::offered;
use crate::extract::infra::policy::{self, Statement};
use crate::model::{Key, Kind};
use crate::tables;

/// Depth of functions inside functions that is evaluated.
const MAX_DEPTH: usize = 40;

/// Resources among which a literal ARN is looked for; CloudFormation takes 500.
const MAX_RESOURCES: usize = 2_000;

/// What the functions of a template are evaluated against.
pub(in crate::extract::infra) struct Template<'a> {
    pub(super) document: &'a Document,
    /// Folder of the template, which stands for the account.
    pub(in crate::extract::infra) account: String,
    /// Parameters with their default, when they have one.
    pub(super) parameters: BTreeMap<&'a str, Option<String>>,
    /// Parameters that are not echoed: their defaults are never read as text.
    pub(super) hidden: BTreeSet<&'a str>,
    /// Logical id to the node that it makes, and its name.
    pub(super) known: BTreeMap<&'a str, (Key, String)>,
}

impl Names for Template<'_> {
    fn account(&self) -> &str {
        &self.account
    }

    fn named(&self, text: &str) -> Vec<(Key, String)> {
        self.named_in(text)
    }
}

impl<'a> Template<'a> {
    /// A template that knows nothing yet but where it stands.
    pub(in crate::extract::infra) fn empty(document: &'a Document) -> Self {
        let account = format!("{{{}//{}}}", document.repository_body(), document.folder());
        Template { document, account, parameters: BTreeMap::new(), hidden: BTreeSet::new(), known: BTreeMap::new() }
    }

    /// The template itself, for what is one of its own.
    pub(super) fn stack(&self) -> String {
        format!("{{{}//{}}}", self.document.repository_body(), self.document.path)
    }

    /// Slots that a text takes its value from: secrets of this template, its parameters that are not echoed, and dynamic references.
    pub(super) fn slots(&self, text: &str) -> Vec<(Key, String)> {
        let mut out = dynamic(self, text);
        out.extend(self.named_in(text).into_iter().filter(|(k, _)| matches!(k.kind, Kind::Location | Kind::Credential)));
        let names = text.split("${").skip(1).filter_map(|r| r.split('}').next());
        out.extend(names.filter(|n| self.hidden.contains(n)).map(|n| (self.parameter(n), n.to_owned())));
        out
    }

    pub(super) fn parameter(&self, name: &str) -> Key {
        Key::new(Kind::Location, "env", format!("cfn-param:{}//{}#{name}", self.document.repository_body(), self.document.path))
    }

    /// Statements that stand in a list of their own.
    pub(in crate::extract::infra) fn listed(&self, list: &Node) -> Vec<Statement> {
        policy::statements(&json!({ "Statement": self.value(list, 0) }))
    }

    /// The node that a resource makes.
    pub(super) fn key(&self, logical: &str, kind: &str, body: &Node) -> Option<(Key, String)> {
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
            "AWS::ECS::Service" | "AWS::ECS::ExpressGatewayService" => (Kind::Consumer, "container-service", own, named("ServiceName")),
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
    pub(super) fn value(&self, node: &Node, depth: usize) -> Json {
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

    pub(super) fn text(&self, node: &Node) -> String {
        as_text(&self.value(node, 0))
    }

    /// Nodes of this template that a text refers to.
    pub(super) fn named_in(&self, text: &str) -> Vec<(Key, String)> {
        let mut out: Vec<(Key, String)> =
            text.split("${").skip(1).filter_map(|r| r.split(['}', '.']).next()).filter_map(|logical| self.known.get(logical)).cloned().collect();
        // What another stack exports, or somebody keeps in a parameter, by its name.
        let imported = text.split("${import:").skip(1).filter_map(|r| r.split('}').next()).map(|n| ("cfn-export", n));
        let kept = text.split("{{resolve:ssm:").skip(1).filter_map(|r| r.split("}}").next()).map(|n| ("ssm", n.split(':').next().unwrap_or(n)));
        for (place, name) in imported.chain(kept).filter(|(_, n)| !n.is_empty() && !n.contains('$')) {
            out.extend(offered::read(place, name).filter(|k| k.kind != Kind::Location).map(|key| (key, name.to_owned())));
        }
        if out.is_empty() && text.starts_with("arn:") && self.known.len() <= MAX_RESOURCES {
            out.extend(self.known.values().filter(|(k, _)| *k.id == *text).cloned());
        }
        out
    }

    pub(super) fn targets(&self, node: &Node) -> Vec<(Key, String)> {
        many(&self.value(node, 0)).iter().flat_map(|t| self.named_in(t)).collect()
    }

    pub(super) fn statements(&self, node: &Node) -> Vec<Statement> {
        policy::statements(&self.value(node, 0))
    }
}

/// The one entry of a map, when its key is a function.
pub(super) fn single(node: &Node) -> Option<(&str, &Node)> {
    let mut entries = node.entries();
    let (key, value) = entries.next()?;
    let name = key.str()?;
    (entries.next().is_none() && (name == "Ref" || name.starts_with("Fn::"))).then_some((name, value))
}

pub(super) fn as_text(value: &Json) -> String {
    match value {
        Json::String(s) => s.clone(),
        Json::Null | Json::Array(_) | Json::Object(_) => String::new(),
        other => other.to_string(),
    }
}

pub(super) fn many(value: &Json) -> Vec<String> {
    match value {
        Json::Array(items) => items.iter().map(as_text).collect(),
        other => vec![as_text(other)],
    }
}
