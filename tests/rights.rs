//! Laws of permissions and trusts, over made-up policies that go the way of real ones (domain specification, 6.7).

use std::collections::BTreeSet;

use nhi::config::Config;
use nhi::document::Document;
use nhi::graph::Lineage;
use nhi::model::Rank;
use nhi::pipeline::scan_documents;

use crate::invariants::{Random, assert_not_lower};

const NOW: i64 = 1_767_225_600;

/// Policies that each law is tried on.
const CASES: u64 = 150;

const ACTIONS: &[&str] = &[
    "s3:GetObject",
    "s3:*",
    "iam:CreateAccessKey",
    "iam:PassRole",
    "lambda:CreateFunction",
    "lambda:UpdateFunctionCode",
    "iam:PutUserPolicy",
    "secretsmanager:GetSecretValue",
    "sts:AssumeRole",
    "iam:*",
    "*",
];

const RESOURCES: &[&str] = &[
    "*",
    "arn:aws:s3:::data/*",
    "arn:aws:s3:::logs",
    "arn:aws:iam::111122223333:user/boss",
    "arn:aws:iam::111122223333:role/job",
    "arn:aws:iam::111122223333:role/*",
];

/// One statement, allowing; a few by what they leave out.
fn statement(random: &mut Random) -> (String, String) {
    let actions: Vec<String> = (0..1 + random.below(3)).map(|_| format!("\"{}\"", ACTIONS[random.below(ACTIONS.len())])).collect();
    let actions = format!("{} = [{}]", if random.below(6) == 0 { "NotAction" } else { "Action" }, actions.join(", "));
    let resource = format!("{} = \"{}\"", if random.below(8) == 0 { "NotResource" } else { "Resource" }, RESOURCES[random.below(RESOURCES.len())]);
    (actions, resource)
}

fn written(effect: &str, (actions, resource): &(String, String)) -> String {
    format!("{{ Effect = \"{effect}\", {actions}, {resource} }}")
}

/// An account with somebody powerful, a function's role, and one user whose policy is at stake.
fn account(statements: &[String], boundary: &[String]) -> Lineage {
    let bounded = if boundary.is_empty() { "" } else { "permissions_boundary = aws_iam_policy.fence.arn" };
    let fence = if boundary.is_empty() {
        String::new()
    } else {
        format!("resource \"aws_iam_policy\" \"fence\" {{\n  name = \"fence\"\n  policy = jsonencode({{ Statement = [{}] }})\n}}\n", boundary.join(", "))
    };
    let text = format!(
        r#"
resource "aws_iam_user" "boss" {{ name = "boss" }}
resource "aws_iam_user_policy_attachment" "boss" {{
  user       = aws_iam_user.boss.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}}
resource "aws_iam_role" "job" {{
  name = "job"
  assume_role_policy = jsonencode({{ Statement = [{{ Effect = "Allow", Action = "sts:AssumeRole", Principal = {{ Service = "lambda.amazonaws.com" }} }}] }})
}}
resource "aws_iam_role_policy" "job" {{
  role   = aws_iam_role.job.id
  policy = jsonencode({{ Statement = [{{ Effect = "Allow", Action = "dynamodb:*", Resource = "*" }}] }})
}}
resource "aws_s3_bucket" "data" {{ bucket = "data" }}
resource "aws_s3_bucket" "logs" {{ bucket = "logs" }}
resource "aws_iam_user" "ci" {{
  name = "ci"
  {bounded}
}}
resource "aws_iam_user_policy" "ci" {{
  name   = "ci"
  user   = aws_iam_user.ci.name
  policy = jsonencode({{ Statement = [{}] }})
}}
{fence}"#,
        statements.join(", ")
    );
    let document = Document::new("repo:github.com/acme/web".into(), "main.tf", text.into_bytes(), None);
    let mut config = Config::default();
    config.accounts.insert("111122223333".into(), Default::default());
    scan_documents(vec![document], &config, NOW)
}

fn allowed(random: &mut Random) -> Vec<(String, String)> {
    (0..1 + random.below(3)).map(|_| statement(random)).collect()
}

fn escalations(lineage: &Lineage) -> BTreeSet<(String, String, String)> {
    let drawn = lineage.graph.edges.values().filter(|e| e.relation.name == "can_escalate_to");
    drawn.map(|e| (e.from.to_string(), e.to.to_string(), e.text("rule").unwrap_or_default().to_owned())).collect()
}

/// Of a ranking what another knows, too: a statement may be the first to name something.
fn common(ranks: &[Rank], other: &[Rank]) -> Vec<Rank> {
    ranks.iter().filter(|r| other.iter().any(|o| o.node == r.node)).cloned().collect()
}

fn score(ranks: &[Rank], name: &str) -> f64 {
    ranks.iter().find(|r| r.node.ends_with(name)).map_or(0.0, |r| r.blast.score)
}

#[test]
fn a_grant_more_never_takes_reach_or_an_escalation_away() {
    let mut fired = 0;
    for seed in 1..=CASES {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mut statements: Vec<String> = allowed(&mut random).iter().map(|s| written("Allow", s)).collect();
        let before = account(&statements, &[]);
        statements.push(written("Allow", &statement(&mut random)));
        let after = account(&statements, &[]);
        assert_not_lower(&before.ranking, &after.ranking, &format!("a grant: {statements:?}"), seed);
        let (was, is) = (escalations(&before), escalations(&after));
        fired += was.len();
        // Who administers the account has nothing to raise.
        let whole = score(&after.ranking, "user/ci") >= 66.0;
        assert!(whole || was.is_subset(&is), "case {seed}: {:?} is gone by {statements:?}", was.difference(&is).collect::<Vec<_>>());
    }
    assert!(fired > 20, "the policies lead nowhere: {fired}");
}

#[test]
fn a_deny_or_a_boundary_never_gives_anything() {
    let mut fell = 0;
    for seed in 1..=CASES {
        let mut random = Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) | 1);
        let mut statements: Vec<String> = allowed(&mut random).iter().map(|s| written("Allow", s)).collect();
        let before = account(&statements, &[]);
        // What the administrator of an account has is the account, and not told thing by thing.
        if score(&before.ranking, "user/ci") >= 66.0 {
            continue;
        }
        let fence: Vec<String> = allowed(&mut random).iter().map(|s| written("Allow", s)).collect();
        let bounded = account(&statements, &fence);
        assert_not_lower(&common(&bounded.ranking, &before.ranking), &before.ranking, &format!("a boundary {fence:?} around {statements:?}"), seed);
        statements.push(written("Deny", &statement(&mut random)));
        let denied = account(&statements, &[]);
        assert_not_lower(&common(&denied.ranking, &before.ranking), &before.ranking, &format!("a deny: {statements:?}"), seed);
        fell += usize::from(score(&denied.ranking, "user/ci") < score(&before.ranking, "user/ci") - 1e-9);
    }
    assert!(fell > 10, "no deny takes anything away: {fell}");
}

#[test]
fn a_wider_trust_never_takes_a_subject_away() {
    let patterns = ["repo:acme/web:environment:prod", "repo:acme/web:environment:*", "repo:acme/web:*", "repo:acme/*", "repo:*", "*"];
    let with = |pattern: &str, job: &str| {
        let trust = format!(
            r#"
resource "aws_iam_role" "ship" {{
  name = "ship"
  assume_role_policy = jsonencode({{ Statement = [{{
    Effect = "Allow", Action = "sts:AssumeRoleWithWebIdentity",
    Principal = {{ Federated = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" }},
    Condition = {{ StringLike = {{ "token.actions.githubusercontent.com:sub" = "{pattern}" }} }}
  }}] }})
}}
resource "aws_iam_role_policy_attachment" "ship" {{
  role       = aws_iam_role.ship.name
  policy_arn = "arn:aws:iam::aws:policy/PowerUserAccess"
}}
"#
        );
        let workflow = format!(
            "on: {{ push: {{ branches: [main] }} }}\npermissions: {{ id-token: write }}\njobs:\n  ship:\n    runs-on: ubuntu-latest\n{job}    steps: [ {{ run: ./ship }} ]\n"
        );
        let document = |path: &str, text: String| Document::new("repo:github.com/acme/web".into(), path, text.into_bytes(), None);
        scan_documents(vec![document("main.tf", trust), document(".github/workflows/ship.yml", workflow)], &Config::default(), NOW).ranking
    };
    for job in ["", "    environment: prod\n", "    environment: dev\n"] {
        let steps: Vec<Vec<Rank>> = patterns.iter().map(|p| with(p, job)).collect();
        for (n, pair) in steps.windows(2).enumerate() {
            assert_not_lower(&pair[0], &pair[1], &format!("from {} to {} for a job with {job:?}", patterns[n], patterns[n + 1]), 0);
            for old in &pair[0] {
                let new = pair[1].iter().find(|r| r.node == old.node).expect("the same node");
                assert!(new.exposure >= old.exposure - 1e-9, "from {} to {}: exposure of {} fell", patterns[n], patterns[n + 1], old.node);
            }
        }
        let (narrow, wide) = (&steps[0], &steps[5]);
        assert!(wide.iter().map(|r| r.blast.score).sum::<f64>() >= narrow.iter().map(|r| r.blast.score).sum::<f64>());
    }
}
