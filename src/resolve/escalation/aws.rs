//! Permissions in AWS with which an identity can give itself more (domain specification, 6.5): each rule is a set of actions and what they lead to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use serde_json::Value;

use super::{Drawn, draw};
use crate::graph::{Edge, Graph, GraphNode};
use crate::model::{Basis, Condition, Kind, NodeId};
use crate::relation::PERMITS;
use crate::resolve::access::{Access, is_foreign, over_identities};
use crate::resolve::managed::account;
use crate::resolve::patterns::meet;

/// What a rule leads to.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Gives {
    /// The identities that the permission names; the power over all of them when it names none.
    Named,
    /// A role that may be passed, and that lets this service act as it.
    Passed(&'static str),
    /// What existing work of this service runs as.
    Runs(&'static str),
}

/// A rule: its name, its actions (all are needed; `|` parts those of which one is enough), and what they lead to.
pub(super) struct Rule(pub(super) &'static str, pub(super) &'static [&'static str], pub(super) Gives);

use Gives::{Named, Passed, Runs};

pub(super) const RULES: &[Rule] = &[
    Rule("iam:CreatePolicyVersion", &["iam:createpolicyversion"], Named),
    Rule("iam:SetDefaultPolicyVersion", &["iam:setdefaultpolicyversion"], Named),
    Rule("iam:AttachUserPolicy", &["iam:attachuserpolicy"], Named),
    Rule("iam:AttachRolePolicy", &["iam:attachrolepolicy"], Named),
    Rule("iam:AttachGroupPolicy", &["iam:attachgrouppolicy"], Named),
    Rule("iam:PutUserPolicy", &["iam:putuserpolicy"], Named),
    Rule("iam:PutRolePolicy", &["iam:putrolepolicy"], Named),
    Rule("iam:PutGroupPolicy", &["iam:putgrouppolicy"], Named),
    Rule("iam:AddUserToGroup", &["iam:addusertogroup"], Named),
    Rule("iam:CreateAccessKey", &["iam:createaccesskey"], Named),
    Rule("iam:CreateLoginProfile", &["iam:createloginprofile"], Named),
    Rule("iam:UpdateLoginProfile", &["iam:updateloginprofile"], Named),
    Rule("iam:CreateServiceSpecificCredential", &["iam:createservicespecificcredential"], Named),
    Rule("iam:UpdateAssumeRolePolicy", &["iam:updateassumerolepolicy"], Named),
    Rule("iam:DeleteRolePermissionsBoundary", &["iam:deleterolepermissionsboundary|iam:putrolepermissionsboundary"], Named),
    Rule("iam:DeleteUserPermissionsBoundary", &["iam:deleteuserpermissionsboundary|iam:putuserpermissionsboundary"], Named),
    Rule("eks:CreateAccessEntry with eks:AssociateAccessPolicy", &["eks:createaccessentry", "eks:associateaccesspolicy"], Named),
    Rule("organizations:AttachPolicy", &["organizations:attachpolicy|organizations:updatepolicy|organizations:detachpolicy"], Named),
    Rule("sso:CreateAccountAssignment", &["sso:createaccountassignment"], Named),
    Rule("sso:AttachManagedPolicyToPermissionSet", &["sso:attachmanagedpolicytopermissionset"], Named),
    Rule("iam:PassRole with lambda:CreateFunction", &["iam:passrole", "lambda:createfunction"], Passed("lambda")),
    Rule("iam:PassRole with ec2:RunInstances", &["iam:passrole", "ec2:runinstances|ec2:requestspotinstances"], Passed("ec2")),
    Rule("iam:PassRole with glue:CreateDevEndpoint", &["iam:passrole", "glue:createdevendpoint"], Passed("glue")),
    Rule("iam:PassRole with a Glue job", &["iam:passrole", "glue:createjob|glue:updatejob", "glue:startjobrun|glue:createtrigger"], Passed("glue")),
    Rule("iam:PassRole with cloudformation:CreateStack", &["iam:passrole", "cloudformation:createstack"], Passed("cloudformation")),
    Rule(
        "iam:PassRole with a stack set",
        &["iam:passrole", "cloudformation:createstackset|cloudformation:updatestackset", "cloudformation:createstackinstances|cloudformation:updatestackset"],
        Passed("cloudformation"),
    ),
    Rule("iam:PassRole with ecs:RunTask", &["iam:passrole", "ecs:registertaskdefinition", "ecs:runtask|ecs:createservice|ecs:starttask"], Passed("ecs-tasks")),
    Rule(
        "iam:PassRole with codebuild:CreateProject",
        &["iam:passrole", "codebuild:createproject", "codebuild:startbuild|codebuild:startbuildbatch"],
        Passed("codebuild"),
    ),
    Rule("iam:PassRole with a data pipeline", &["iam:passrole", "datapipeline:createpipeline", "datapipeline:putpipelinedefinition"], Passed("datapipeline")),
    Rule(
        "iam:PassRole with SageMaker",
        &["iam:passrole", "sagemaker:createnotebookinstance|sagemaker:createtrainingjob|sagemaker:createprocessingjob"],
        Passed("sagemaker"),
    ),
    Rule("iam:PassRole with apprunner:CreateService", &["iam:passrole", "apprunner:createservice"], Passed("tasks.apprunner")),
    Rule(
        "iam:PassRole with a code interpreter",
        &[
            "iam:passrole",
            "bedrock-agentcore:createcodeinterpreter",
            "bedrock-agentcore:startcodeinterpretersession",
            "bedrock-agentcore:invokecodeinterpreter",
        ],
        Passed("bedrock-agentcore"),
    ),
    Rule("lambda:UpdateFunctionCode", &["lambda:updatefunctioncode"], Runs("lambda")),
    Rule("ssm:SendCommand", &["ssm:sendcommand|ssm:startsession"], Runs("ec2")),
    Rule("ec2-instance-connect:SendSSHPublicKey", &["ec2-instance-connect:sendsshpublickey"], Runs("ec2")),
    Rule("ec2:ModifyInstanceAttribute", &["ec2:modifyinstanceattribute", "ec2:stopinstances", "ec2:startinstances"], Runs("ec2")),
    Rule("ec2:ModifyLaunchTemplate", &["ec2:createlaunchtemplateversion", "ec2:modifylaunchtemplate"], Runs("ec2")),
    Rule("ecs:ExecuteCommand", &["ecs:executecommand"], Runs("ecs-tasks")),
    Rule("glue:UpdateDevEndpoint", &["glue:updatedevendpoint"], Runs("glue")),
    Rule("cloudformation:UpdateStack", &["cloudformation:updatestack"], Runs("cloudformation")),
    Rule("cloudformation:ExecuteChangeSet", &["cloudformation:createchangeset", "cloudformation:executechangeset"], Runs("cloudformation")),
    // Who starts a build may give it other commands.
    Rule("codebuild:StartBuild", &["codebuild:startbuild|codebuild:startbuildbatch"], Runs("codebuild")),
    Rule("apprunner:UpdateService", &["apprunner:updateservice"], Runs("tasks.apprunner")),
    Rule("sagemaker:CreatePresignedNotebookInstanceUrl", &["sagemaker:createpresignednotebookinstanceurl"], Runs("sagemaker")),
    Rule(
        "sagemaker:CreateNotebookInstanceLifecycleConfig",
        &["sagemaker:createnotebookinstancelifecycleconfig", "sagemaker:updatenotebookinstance"],
        Runs("sagemaker"),
    ),
    Rule(
        "bedrock-agentcore:InvokeCodeInterpreter",
        &["bedrock-agentcore:startcodeinterpretersession", "bedrock-agentcore:invokecodeinterpreter"],
        Runs("bedrock-agentcore"),
    ),
];

/// Beginnings of the subtypes of other platforms' identities, whose actions have rules of their own.
const ELSEWHERE: &[&str] = &["k8s-", "gcp-", "azure-", "entra-", "vault-"];

pub(super) fn apply(graph: &mut Graph) -> bool {
    let trusting = trusting(graph);
    let identities: Vec<&GraphNode> = graph.of_kind(Kind::Identity).filter(|i| !ELSEWHERE.iter().any(|e| i.key.subtype.starts_with(e))).collect();
    let drawn: Vec<Drawn> = identities.into_par_iter().flat_map_iter(|identity| of(graph, &trusting, identity)).collect();
    draw(graph, drawn)
}

/// What one identity can raise itself to.
fn of(graph: &Graph, trusting: &Trusting, identity: &GraphNode) -> Vec<Drawn> {
    let mut drawn = Vec::new();
    let grants: Vec<&Edge> = graph
        .out(identity.id())
        .filter(|e| {
            matches!(e.relation.name, "can_access" | "can_control") && e.derived && e.condition == Condition::True && e.attributes.contains_key("actions")
        })
        .collect();
    // Who administers the account already has nothing to raise.
    if grants.iter().any(|e| e.text("level") == Some("admin") && graph.node(&e.to).is_some_and(|n| n.key.subtype == "cloud-account")) {
        return drawn;
    }
    // A right over another identity is no access, so no edge says it.
    let over: Vec<Edge> = over_identities(graph, identity).into_iter().filter_map(|(to, access)| right(identity.id(), to, access)).collect();
    let grants: Vec<Grant> = grants.into_iter().chain(&over).map(Grant::of).collect();
    for Rule(name, needed, gives) in RULES {
        let held: Vec<Vec<&Edge>> = needed.iter().map(|n| grants.iter().filter(|g| g.holds(n)).map(|g| g.edge).collect()).collect();
        if held.iter().any(Vec::is_empty) {
            continue;
        }
        let via: BTreeSet<Arc<str>> =
            held.iter().filter_map(|h| h.first()).flat_map(|e| if e.via.is_empty() { vec![e.id.clone()] } else { e.via.clone() }).collect();
        let via: Vec<Arc<str>> = via.into_iter().collect();
        for target in targets(graph, trusting, identity.id(), &held, *gives) {
            drawn.push((identity.id().clone(), target, (*name).to_owned(), via.clone()));
        }
    }
    drawn
}

/// What may be done to another identity, when it is certain.
fn right(identity: &NodeId, to: NodeId, (confidence, condition, via, actions): Access) -> Option<Edge> {
    let mut edge = Edge::derived(identity.clone(), &PERMITS, to, (Basis::Evaluated, confidence), condition, via);
    edge.attributes.insert("actions".into(), Value::from(actions));
    (condition == Condition::True).then_some(edge)
}

/// What a rule leads to, by the permissions that it found for each of its actions.
fn targets(graph: &Graph, trusting: &Trusting, identity: &NodeId, held: &[Vec<&Edge>], gives: Gives) -> BTreeSet<NodeId> {
    let is_other = |id: &NodeId| id != identity && graph.node(id).is_some_and(|n| n.key.kind == Kind::Identity);
    let named: BTreeSet<NodeId> = held.iter().flatten().map(|e| &e.to).filter(|id| is_other(id)).cloned().collect();
    // A permission on everything is one whether or not another names somebody, too.
    let everything = held.iter().all(|h| h.iter().any(|e| !is_other(&e.to)));
    let mut out = match gives {
        Named => named,
        // The first action is the passing: on named roles it leads to those that the service may be given, on every role to all such.
        Passed(service) => {
            let of_pass: BTreeSet<NodeId> = held[0].iter().map(|e| &e.to).filter(|id| is_other(id)).cloned().collect();
            if of_pass.is_empty() { passable(trusting, identity, service) } else { return of_pass.into_iter().filter(|r| admits(graph, r, service)).collect() }
        }
        Runs(service) => {
            let controlled = held.iter().flatten().filter(|e| e.relation.name == "can_control").map(|e| &e.to);
            let runs: BTreeSet<NodeId> = controlled.flat_map(|c| graph.out(c)).filter(|e| e.relation.name == "runs_as").map(|e| e.to.clone()).collect();
            if runs.is_empty() && held.iter().flatten().all(|e| e.relation.name != "can_control") { passable(trusting, identity, service) } else { runs }
        }
    };
    if out.is_empty() || gives == Named && everything {
        // Over everything there is: the power over identities, else the thing itself.
        let plane = held.iter().flatten().map(|e| &e.to).find(|id| graph.node(id).is_some_and(|n| n.key.subtype == "iam-plane"));
        let itself = held.iter().flatten().map(|e| &e.to).find(|id| graph.node(id).is_some_and(|n| n.key.kind == Kind::Resource));
        out.extend(plane.or(itself).cloned());
    }
    out
}

/// Roles that let a service act as them, by the service and their account.
type Trusting = BTreeMap<(String, String), BTreeSet<NodeId>>;

fn trusting(graph: &Graph) -> Trusting {
    let mut out = Trusting::new();
    for issuer in graph.nodes.with_prefix("aws-service:") {
        let service = issuer.id()["aws-service:".len()..].trim_end_matches(".amazonaws.com");
        for trust in graph.ending_at(issuer.id()).filter(|e| e.relation.name == "trusts") {
            if let Some(account) = account(&trust.from) {
                out.entry((service.to_owned(), account.to_owned())).or_default().insert(trust.from.clone());
            }
        }
    }
    out
}

/// Roles of the same account that a service may be given.
fn passable(trusting: &Trusting, identity: &NodeId, service: &str) -> BTreeSet<NodeId> {
    let Some(account) = account(identity) else { return BTreeSet::new() };
    trusting.get(&(service.to_owned(), account.to_owned())).into_iter().flatten().filter(|r| *r != identity).cloned().collect()
}

/// Whether a role lets a service act as it; one whose trust no file states may.
fn admits(graph: &Graph, role: &NodeId, service: &str) -> bool {
    let mut trusts = graph.out(role).filter(|e| e.relation.name == "trusts").peekable();
    trusts.peek().is_none() || trusts.any(|e| e.to.strip_prefix("aws-service:").and_then(|s| s.strip_suffix(".amazonaws.com")) == Some(service))
}

/// A permission, and its actions in small letters: every rule asks for them.
struct Grant<'a> {
    edge: &'a Edge,
    actions: Vec<String>,
}

impl<'a> Grant<'a> {
    fn of(edge: &'a Edge) -> Self {
        let actions = edge.attributes.get("actions").and_then(Value::as_array);
        let actions = actions.into_iter().flatten().filter_map(Value::as_str).map(str::to_ascii_lowercase).collect();
        Grant { edge, actions }
    }

    /// Whether it covers one of the actions that are enough.
    fn holds(&self, enough: &str) -> bool {
        // A statement of everything on one thing means what can be done with that thing.
        let about = |needed: &str| !is_foreign(needed, &self.edge.to);
        self.actions.iter().any(|granted| enough.split('|').any(|needed| covers(granted, needed) && about(needed)))
    }
}

/// Whether a granted action covers a needed one; millions are asked, and few have a star in their middle.
fn covers(granted: &str, needed: &str) -> bool {
    match granted.find(['*', '?']) {
        None => granted == needed,
        Some(at) if at + 1 == granted.len() && granted.ends_with('*') => needed.starts_with(&granted[..at]),
        Some(_) => meet(granted, needed),
    }
}
