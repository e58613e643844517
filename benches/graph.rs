//! A made graph of many repositories: joined, resolved, ranked; the time of each, and the memory at the end.
//!
//!     cargo bench --bench graph -- 10000 100000 1000000
//!
//! Each number is a count of nodes; there are five edges to a node. A repository has workflows with their tokens, subjects and secrets, roles with
//! trusts and policies, workloads with their accounts, agents with tools, credentials with their places, buckets and databases; accounts, hosts and
//! vendors are shared.
#![allow(clippy::print_stdout)]

use std::collections::HashSet;
use std::time::Instant;

use nhi::graph::Graph;
use nhi::model::{Facts, Key, Kind, Location};
use nhi::relation::{
    AUTHENTICATES_AS, CAN_ACCESS, CAN_TRIGGER, CONSUMES, DEPLOYS, GRANTED, INVOKES, PART_OF, PERMITS, RUNS_AS, SOURCED_FROM, STORED_IN, TRUSTS,
};
use nhi::{rank, resolve};
use serde_json::json;

/// Nodes and edges that one repository adds.
const NODES: usize = 100;
const EDGES: usize = 500;

/// Repositories whose facts are joined at once, as a report would be.
const CHUNK: usize = 100;

struct Maker {
    facts: Facts,
    repository: std::sync::Arc<str>,
    path: std::sync::Arc<str>,
    line: u32,
    state: u64,
    /// Edges said so far: a report says each once.
    edges: HashSet<(Key, &'static str, Key)>,
    /// What was said before: dropped.
    again: Facts,
}

impl Maker {
    fn at(&mut self) -> Location {
        self.line += 1;
        Location { repository: self.repository.clone(), path: self.path.clone(), line: self.line, column: 1, end_line: self.line + 3, revision: None }
    }

    fn below(&mut self, n: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state % n as u64) as usize
    }

    fn node(&mut self, kind: Kind, subtype: &'static str, id: String) -> Key {
        let key = Key::new(kind, subtype, id);
        let at = self.at();
        let name = key.id.rsplit(['/', ':', '#']).next().unwrap_or_default().to_owned();
        self.facts.declare(&key, name, at).attr("provider", "made");
        key
    }

    fn nodes(&mut self, n: usize, kind: Kind, subtype: &'static str, id: &dyn Fn(usize) -> String) -> Vec<Key> {
        (0..n).map(|i| self.node(kind, subtype, id(i))).collect()
    }

    fn edge(&mut self, from: &Key, relation: &'static nhi::model::Relation, to: &Key) -> &mut nhi::model::EdgeFact {
        let at = self.at();
        if !self.edges.insert((from.clone(), relation.name, to.clone())) {
            self.again.edges.clear();
            return self.again.relate(from, relation, to, at);
        }
        self.facts.relate(from, relation, to, at)
    }
}

/// The facts of one repository.
fn repository(r: usize, facts: Facts) -> Facts {
    let name = format!("acme-{}/app-{r}", r % 97);
    let mut m = Maker {
        facts,
        repository: format!("repo:github.com/{name}").into(),
        path: "infra/main.tf".into(),
        line: 0,
        state: (r as u64 + 1) * 0x9E37_79B9_7F4A_7C15,
        edges: HashSet::new(),
        again: Facts::default(),
    };
    let account = format!("{:012}", 100_000_000_000usize + r / 50);
    let jobs = m.nodes(12, Kind::Consumer, "ci-job", &|i| format!("gh-workflow:{name}/.github/workflows/w{i}.yml#job"));
    let tokens = m.nodes(6, Kind::Identity, "ci-job-token", &|i| format!("gh-token:{name}/.github/workflows/w{i}.yml#job"));
    let subjects = m.nodes(4, Kind::Identity, "oidc-subject", &|i| format!("oidc:token.actions.githubusercontent.com::repo:{name}:environment:e{i}"));
    let secrets = m.nodes(14, Kind::Location, "ci-secret", &|i| format!("gh-secret:{name}/SECRET_{i}"));
    let files = m.nodes(10, Kind::Location, "file", &|i| format!("file:github.com/{name}//config/c{i}.env#L{i}"));
    let keys = m.nodes(10, Kind::Credential, "api-key", &|i| format!("cred:api-key/{r:08x}{i:024x}"));
    let roles = m.nodes(8, Kind::Identity, "aws-role", &|i| format!("arn:aws:iam::{account}:role/app-{r}-{i}"));
    let policies = m.nodes(8, Kind::Policy, "aws-policy", &|i| format!("arn:aws:iam::{account}:policy/app-{r}-{i}"));
    let buckets = m.nodes(6, Kind::Resource, "object-store", &|i| format!("arn:aws:s3:::app-{r}-{i}"));
    let databases = m.nodes(4, Kind::Resource, "database", &|i| format!("db:postgres://db{i}.app-{r}.example.org:5432/prod"));
    let workloads = m.nodes(8, Kind::Consumer, "k8s-workload", &|i| format!("k8s:prod-{}/app-{r}/Deployment/w{i}", r / 100));
    let accounts = m.nodes(4, Kind::Identity, "k8s-service-account", &|i| format!("k8s:prod-{}/app-{r}/ServiceAccount/s{i}", r / 100));
    let agents = m.nodes(2, Kind::Agent, "ci-agent", &|i| format!("agent:gh-workflow:{name}/.github/workflows/w{i}.yml#job/step-1"));
    let tools = m.nodes(4, Kind::Tool, "mcp-server", &|i| format!("tool:file:github.com/{name}//.mcp.json#t{i}"));
    let vendor = Key::new(Kind::Resource, "saas-tenant", format!("saas:vendor-{}/acme", r % 300));
    let cloud = Key::new(Kind::Resource, "cloud-account", format!("aws:{account}"));
    let issuer = Key::new(Kind::Issuer, "oidc-provider", "oidc-provider:token.actions.githubusercontent.com");
    let writers = Key::new(Kind::Party, "class", format!("class:repo-writer@repo:github.com/{name}"));
    for (i, job) in jobs.iter().enumerate() {
        m.edge(&writers, &CAN_TRIGGER, job);
        m.edge(job, &RUNS_AS, &tokens[i % 6]);
        m.edge(job, &RUNS_AS, &subjects[i % 4]);
        m.edge(job, &DEPLOYS, &workloads[i % 8]);
    }
    for (i, role) in roles.iter().enumerate() {
        let pattern = format!("repo:{name}:environment:e{}", i % 4);
        m.edge(role, &TRUSTS, &issuer).attr("conditions", json!({"StringEquals": {"token.actions.githubusercontent.com:sub": pattern}}));
        m.edge(role, &GRANTED, &policies[i]);
        m.edge(&policies[i], &PERMITS, &cloud).attr("effect", "allow").attr("level", "read-meta").attr("actions", vec!["ec2:DescribeInstances"]);
    }
    for (i, key) in keys.iter().enumerate() {
        m.edge(key, &STORED_IN, &files[i]);
        m.edge(key, &CAN_ACCESS, &vendor).attr("level", "write");
        m.edge(&secrets[i], &SOURCED_FROM, &files[i]);
    }
    for (i, tool) in tools.iter().enumerate() {
        m.edge(&agents[i % 2], &INVOKES, tool);
        m.edge(tool, &CONSUMES, &secrets[i]);
    }
    for bucket in &buckets {
        m.edge(bucket, &PART_OF, &cloud);
    }
    while m.edges.len() < EDGES {
        let (a, b) = (m.below(1 << 20), m.below(1 << 20));
        match m.below(9) {
            0 => m.edge(&jobs[a % 12], &CONSUMES, &secrets[b % 14]),
            1 => m.edge(&policies[a % 8], &PERMITS, &buckets[b % 6]).attr("effect", "allow").attr("level", "write").attr("actions", vec!["s3:PutObject"]),
            2 => m.edge(&workloads[a % 8], &CONSUMES, &secrets[b % 14]),
            3 => m.edge(&workloads[a % 8], &RUNS_AS, &accounts[b % 4]),
            4 => m.edge(&accounts[a % 4], &CAN_ACCESS, &databases[b % 4]).attr("level", "read-data"),
            5 => m.edge(&keys[a % 10], &AUTHENTICATES_AS, &roles[b % 8]),
            6 => m.edge(&jobs[a % 12], &INVOKES, &tools[b % 4]),
            7 => m.edge(&agents[a % 2], &RUNS_AS, &tokens[b % 6]),
            _ => m.edge(&jobs[a % 12], &DEPLOYS, &workloads[b % 8]),
        };
    }
    m.facts
}

/// Peak memory of this process, in MB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap_or_default() / 1024
}

fn main() {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    println!("{:>9} {:>9} {:>8} {:>8} {:>8} {:>8} {:>9} {:>9}", "nodes", "facts", "join s", "resolve", "rank", "sum s", "edges", "peak MB");
    for size in if sizes.is_empty() { vec![10_000, 100_000] } else { sizes } {
        let repositories: Vec<usize> = (0..size / NODES).collect();
        let (mut graph, mut join, mut facts) = (Graph::default(), 0.0, 0);
        for chunk in repositories.chunks(CHUNK) {
            let made = chunk.iter().fold(Facts::default(), |facts, r| repository(*r, facts));
            facts += made.edges.len();
            let start = Instant::now();
            graph.join(made);
            join += start.elapsed().as_secs_f64();
        }
        let start = Instant::now();
        let open = resolve::resolve(&mut graph);
        let resolved = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let ranks = rank::rank(&graph, &rank::Settings::default());
        let ranked = start.elapsed().as_secs_f64();
        assert!(!ranks.is_empty() && open.is_empty(), "a made graph has what to rank, and nothing open");
        println!(
            "{:>9} {:>9} {join:>8.2} {resolved:>8.2} {ranked:>8.2} {:>8.2} {:>9} {:>9}",
            graph.nodes.len(),
            facts,
            join + resolved + ranked,
            graph.edges.len(),
            memory()
        );
    }
}
