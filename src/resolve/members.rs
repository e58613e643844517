//! A permission on everything of one service is a permission on each thing of that service that is known in the account.

use std::collections::BTreeMap;

use crate::graph::{Edge, Graph, GraphNode, edge_id};
use crate::model::{Basis, Kind, NodeId};
use crate::relation::PERMITS;

/// Services, and how the types of their resources begin in Terraform and CloudFormation. What configures a service and holds nothing is left out.
const SERVICES: &[(&str, &[&str])] = &[
    ("lambda", &["aws_lambda_function", "AWS::Lambda::Function", "AWS::Serverless::Function"]),
    ("s3", &["aws_s3_bucket", "AWS::S3::Bucket"]),
    ("rds", &["aws_db_instance", "aws_rds_cluster", "AWS::RDS::DB"]),
    ("dynamodb", &["aws_dynamodb_table", "AWS::DynamoDB::Table"]),
    ("secretsmanager", &["aws_secretsmanager_secret", "AWS::SecretsManager::Secret"]),
    ("ssm", &["aws_ssm_parameter", "AWS::SSM::Parameter"]),
    ("sqs", &["aws_sqs_queue", "AWS::SQS::Queue"]),
    ("sns", &["aws_sns_topic", "AWS::SNS::Topic"]),
    ("kms", &["aws_kms_key", "AWS::KMS::Key"]),
    ("ecr", &["aws_ecr_repository", "AWS::ECR::Repository"]),
    ("bedrock", &["aws_bedrockagent_agent", "AWS::Bedrock::Agent"]),
];

/// Things of one service beyond which they are not told one by one.
const MAX_MEMBERS: usize = 100;

/// `aws:{account}/lambda/*` to the account and the service.
fn whole(id: &str) -> Option<(&str, &str)> {
    let (account, service) = id.strip_prefix("aws:")?.strip_suffix("/*")?.rsplit_once('/')?;
    Some((account.trim_matches(['{', '}']), service))
}

/// Accounts in which a node stands: what its id names as one; for an id that names none, as that of a bucket, the folders above its declaration.
fn accounts(node: &GraphNode) -> Vec<String> {
    let id: &str = node.id();
    if id.starts_with("arn:aws:s3:::") {
        let of_place = |l: &crate::model::Location| {
            let body = l.repository.split_once(':').map_or(&*l.repository, |(_, body)| body).to_owned();
            let folders: Vec<&str> = l.path.match_indices('/').map(|(i, _)| &l.path[..i]).chain([""]).collect();
            folders.into_iter().map(|f| format!("{body}//{f}")).collect::<Vec<_>>()
        };
        return node.declared.iter().flat_map(of_place).collect();
    }
    let braced = id.split_once('{').and_then(|(_, r)| r.split_once('}')).map(|(inside, _)| inside);
    let defined = id.split_once("def:").and_then(|(_, r)| r.split_once('#')).map(|(body, _)| body);
    let fielded = id.strip_prefix("arn:").and_then(|r| r.split(':').nth(3)).filter(|a| !a.is_empty() && !a.starts_with('{'));
    let named = ["asm:", "ssm:"].iter().find_map(|p| id.strip_prefix(p)).and_then(|r| r.split('/').next()).filter(|a| !a.contains('{'));
    braced.into_iter().chain(defined).chain(fielded).chain(named).map(str::to_owned).collect()
}

/// Things of each service in each account.
fn things(graph: &Graph) -> BTreeMap<(&'static str, String), Vec<NodeId>> {
    let mut out: BTreeMap<(&'static str, String), Vec<NodeId>> = BTreeMap::new();
    let kinds = [Kind::Resource, Kind::Location, Kind::Consumer, Kind::Agent];
    for node in kinds.into_iter().flat_map(|k| graph.of_kind(k)) {
        let Some(kind) = node.text("type").filter(|t| !t.ends_with("_policy")) else { continue };
        for (service, _) in SERVICES.iter().filter(|(_, types)| types.iter().any(|x| kind.starts_with(x))) {
            for account in accounts(node) {
                out.entry((service, account)).or_default().push(node.id().clone());
            }
        }
    }
    out
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let wholes: Vec<(NodeId, &'static str, String)> = graph
        .nodes
        .with_prefix("aws:")
        .filter_map(|n| {
            let (account, service) = whole(n.id())?;
            let (service, _) = SERVICES.iter().find(|(s, _)| *s == service)?;
            Some((n.id().clone(), *service, account.to_owned()))
        })
        .collect();
    if wholes.is_empty() {
        return false;
    }
    let things = things(graph);
    let mut members: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
    for (id, service, account) in wholes {
        let found = things.get(&(service, account)).filter(|f| f.len() <= MAX_MEMBERS);
        members.insert(id, found.cloned().unwrap_or_default());
    }
    let mut drawn = Vec::new();
    for (whole, members) in &members {
        for permit in graph.ending_at(whole).filter(|e| e.relation.name == "permits") {
            for member in members {
                let mut edge = Edge::derived(
                    permit.from.clone(),
                    &PERMITS,
                    member.clone(),
                    (Basis::Evaluated, permit.confidence),
                    permit.condition,
                    vec![permit.id.clone()],
                );
                edge.id = edge_id(&PERMITS, &edge.from, &edge.to, &permit.id);
                edge.attributes = permit.attributes.clone();
                drawn.push(edge);
            }
        }
    }
    drawn.into_iter().fold(false, |changed, edge| changed | graph.add_edge(edge))
}
