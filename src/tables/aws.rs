//! Actions of AWS with the level of each, and what the policies that AWS manages allow.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::letter;
use crate::model::Level;

/// `@service`, then lines of a level and the actions that have it.
static ACTIONS: &str = include_str!("../../tables/aws_actions.txt");
/// A policy a line: its name, then columns of a level and the services where it reaches that level (`?` before the level: only on some resources
/// or under a condition; `*` before a service: every action of it), and after `!` those actions by which one becomes more.
static POLICIES: &str = include_str!("../../tables/aws_managed_policies.txt");

type Service = Vec<(Level, Vec<String>)>;

/// Actions by service, in lower case.
fn actions() -> &'static HashMap<&'static str, Service> {
    static TABLE: OnceLock<HashMap<&'static str, Service>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table: HashMap<&'static str, Service> = HashMap::new();
        let mut service = "";
        for line in ACTIONS.lines() {
            if let Some(name) = line.strip_prefix('@') {
                service = name;
            } else if let Some((level, names)) = line.split_once(' ') {
                table.entry(service).or_default().push((letter(level), names.split(' ').map(str::to_ascii_lowercase).collect()));
            }
        }
        table
    })
}

/// Whether a pattern with `*` and `?` covers a name.
fn glob(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == b'?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                p = at + 1;
                n = taken + 1;
            }
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

/// The highest level among the actions that a pattern like `s3:Get*` covers; nothing when the table knows none of them.
pub fn level(pattern: &str) -> Option<Level> {
    let pattern = pattern.to_ascii_lowercase();
    let (service, name) = pattern.split_once(':')?;
    let of_service = |service: &Service| {
        let covered = service.iter().filter(|(_, names)| names.iter().any(|n| glob(name.as_bytes(), n.as_bytes())));
        covered.map(|(level, _)| *level).max()
    };
    if service.contains(['*', '?']) {
        let mut services: Vec<&&str> = actions().keys().filter(|s| glob(service.as_bytes(), s.as_bytes())).collect();
        services.sort_unstable();
        services.into_iter().filter_map(|s| of_service(&actions()[*s])).max()
    } else {
        actions().get(service).and_then(of_service)
    }
}

/// What a policy that AWS manages allows in one service.
#[derive(Clone, Debug, PartialEq)]
pub struct Allowed {
    pub service: &'static str,
    pub level: Level,
    /// Every action of the service.
    pub whole: bool,
    /// On every resource and without a condition.
    pub sure: bool,
}

/// A policy that AWS manages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Managed {
    /// Everything, everywhere.
    pub all: bool,
    pub allowed: Vec<Allowed>,
    /// Actions by which one becomes more, such as `iam:passrole`.
    pub notable: Vec<&'static str>,
}

/// The policy of that name, without its path.
pub fn managed(name: &str) -> Option<Managed> {
    static TABLE: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    let table = TABLE.get_or_init(|| POLICIES.lines().filter_map(|l| l.split_once('\t')).collect());
    let row = table.get(name)?;
    if *row == "*" {
        return Some(Managed { all: true, ..Managed::default() });
    }
    let mut policy = Managed::default();
    for (kind, names) in row.split('\t').filter_map(|c| c.split_once(' ')) {
        if kind == "!" {
            policy.notable = names.split(' ').collect();
            continue;
        }
        let level = letter(kind.trim_start_matches('?'));
        policy.allowed.extend(names.split(' ').map(|n| Allowed {
            service: n.trim_start_matches('*'),
            level,
            whole: n.starts_with('*'),
            sure: !kind.starts_with('?'),
        }));
    }
    Some(policy)
}

/// Resource subtype of an AWS service.
pub fn resource(service: &str) -> &'static str {
    match service {
        "s3" => "object-store",
        "dynamodb" | "rds" | "rds-data" | "rds-db" | "redshift" | "neptune" => "database",
        "secretsmanager" | "ssm" => "secret-store",
        "kms" => "kms",
        "iam" | "sts" | "sso" | "organizations" => "iam-plane",
        "ec2" | "ecs" | "batch" | "autoscaling" => "compute",
        "lambda" => "function",
        "eks" => "cluster",
        "ecr" => "container-registry",
        "sqs" | "sns" => "queue",
        "kinesis" | "firehose" => "stream",
        "logs" | "cloudwatch" | "cloudtrail" => "logs",
        "route53" => "dns",
        "bedrock" | "sagemaker" => "llm-api",
        "elasticache" => "cache",
        "ses" => "email-sending",
        "*" => "cloud-account",
        _ => "other:aws",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_has_the_highest_level_of_what_it_covers() {
        for (pattern, expected) in [
            ("s3:GetObject", Some(Level::ReadData)),
            ("S3:get*", Some(Level::ReadData)),
            ("s3:*", Some(Level::Admin)),
            ("s3:PutObject", Some(Level::Write)),
            ("s3:PutBucketPolicy", Some(Level::Admin)),
            ("s3:ListBucket", Some(Level::List)),
            ("secretsmanager:Get*", Some(Level::SecretRead)),
            ("kms:Decrypt", Some(Level::SecretRead)),
            ("iam:PassRole", Some(Level::Admin)),
            ("ec2:Describe*", Some(Level::List)),
            ("ec2:Create?ags", Some(Level::Tag)),
            ("nosuch:Thing", None),
            ("s3:NoSuchThing", None),
        ] {
            assert_eq!(level(pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn managed_policies_say_what_they_allow() {
        assert!(managed("AdministratorAccess").is_some_and(|p| p.all));
        let s3 = managed("AmazonS3FullAccess").expect("known");
        assert_eq!(s3.allowed.iter().find(|a| a.service == "s3"), Some(&Allowed { service: "s3", level: Level::Admin, whole: true, sure: true }));
        assert!(managed("IAMFullAccess").is_some_and(|p| p.notable.contains(&"iam:passrole")));
        assert!(managed("ReadOnlyAccess").is_some_and(|p| p.notable.is_empty() && p.allowed.iter().any(|a| a.service == "s3" && a.level == Level::ReadData)));
        assert_eq!(managed("web-deploy"), None);
    }
}
