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

/// Whether the node stands in that account: the account is a component of its id, and no mere beginning of another; or the id names no account,
/// as that of a bucket, and the folder of the account declares it.
fn inside(node: &GraphNode, account: &str) -> bool {
    let id: &str = node.id();
    if id.starts_with("arn:aws:s3:::") {
        let Some((repository, folder)) = account.split_once("//") else { return false };
        let here = |path: &str| folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        return node.declared.iter().any(|l| l.repository.split_once(':').is_some_and(|(_, body)| body == repository) && here(&l.path));
    }
    id.match_indices(account).any(|(i, _)| !id[i + account.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.')))
}

pub(super) fn apply(graph: &mut Graph) -> bool {
    let mut members: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
    for node in graph.of_kind(Kind::Resource) {
        let Some((account, service)) = whole(node.id()) else { continue };
        let Some((_, types)) = SERVICES.iter().find(|(s, _)| *s == service) else { continue };
        let of_service =
            |n: &&GraphNode| n.text("type").is_some_and(|t| types.iter().any(|x| t.starts_with(x)) && !t.ends_with("_policy")) && inside(n, account);
        let kinds = [Kind::Resource, Kind::Location, Kind::Consumer, Kind::Agent];
        let found: Vec<NodeId> = kinds.into_iter().flat_map(|k| graph.of_kind(k)).filter(of_service).map(|n| n.id().clone()).collect();
        if found.len() <= MAX_MEMBERS {
            members.insert(node.id().clone(), found);
        }
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
