//! `nhi.lineage/1`: the machine contract, with structs of its own.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::Style;
use crate::graph::{Edge, GraphNode, Lineage};
use crate::model::{Deed, Finding, Framework, Hop, Location, Moment, Rank, Spec, rfc3339};

#[derive(Serialize, JsonSchema)]
struct Report {
    /// Always `nhi.lineage/1`.
    schema: &'static str,
    tool: Tool,
    sources: Vec<Source>,
    nodes: Vec<NodeOut>,
    edges: Vec<EdgeOut>,
    references: Vec<ReferenceOut>,
    unresolved: Vec<UnresolvedOut>,
    parties: Vec<PartyOut>,
    approvals: Vec<ApprovalOut>,
    ranking: Vec<RankOut>,
    findings: Vec<FindingOut>,
    /// Findings that somebody accepted; they do not count.
    accepted: Vec<AcceptedOut>,
    /// Entries of `.nhi-accepted` whose day is over, or that are about nothing that was found.
    accepted_expired: Vec<String>,
    accepted_stale: Vec<String>,
    coverage: Vec<NoteOut>,
    metrics: BTreeMap<String, f64>,
}

#[derive(Serialize, JsonSchema)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct Source {
    id: String,
    root: String,
    head: Option<String>,
    head_time: Option<String>,
    files: u64,
    commits: u64,
    blobs: u64,
    bytes: u64,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Place {
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<String>,
    path: String,
    line: u32,
    column: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Seen {
    revision: String,
    time: String,
    party: String,
}

#[derive(Serialize, JsonSchema)]
struct NodeOut {
    id: String,
    kind: &'static str,
    subtype: String,
    name: String,
    confidence: f64,
    env: Option<String>,
    declared: Vec<Place>,
    mentioned: Vec<Place>,
    attributes: BTreeMap<Cow<'static, str>, Value>,
    first_seen: Option<Seen>,
    last_seen: Option<Seen>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    hops: Vec<HopOut>,
}

/// What a commit did to the value of a credential.
#[derive(Serialize, JsonSchema)]
struct HopOut {
    deed: Deed,
    path: String,
    line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    revision: String,
    time: String,
    party: String,
}

#[derive(Serialize, JsonSchema)]
struct EdgeOut {
    id: String,
    derived: bool,
    relation: &'static str,
    from: String,
    to: String,
    basis: &'static str,
    confidence: f64,
    condition: &'static str,
    at: Vec<Place>,
    via: Vec<String>,
    attributes: BTreeMap<Cow<'static, str>, Value>,
}

#[derive(Serialize, JsonSchema)]
struct ReferenceOut {
    from: String,
    relation: &'static str,
    /// What is known of the other end: `name`, `partial` or `value_of`.
    spec: String,
    kind: &'static str,
    /// Subtypes that the other end may have; any, when there are none.
    subtypes: Vec<String>,
    target: String,
    scope: String,
    expression: String,
    attributes: BTreeMap<Cow<'static, str>, Value>,
    at: Place,
}

#[derive(Serialize, JsonSchema)]
struct UnresolvedOut {
    from: String,
    relation: String,
    expression: String,
    reason: String,
    at: Vec<Place>,
}

#[derive(Serialize, JsonSchema)]
struct SignalOut {
    signal: &'static str,
    weight: f64,
    at: Option<Place>,
}

#[derive(Serialize, JsonSchema)]
struct PartyOut {
    node: String,
    role: &'static str,
    party: String,
    confidence: f64,
    tier: u8,
    contested: bool,
    resolved: bool,
    /// `active`, `quiet`, `inactive`, `departed` or `unknown`.
    activity: &'static str,
    last_active: Option<String>,
    signals: Vec<SignalOut>,
}

/// Who must approve changes of the paths that a pattern fits.
#[derive(Serialize, JsonSchema)]
struct ApprovalOut {
    pattern: String,
    parties: Vec<String>,
    at: Place,
}

#[derive(Serialize, JsonSchema)]
struct Blast {
    score: u8,
    low: u8,
    high: u8,
}

#[derive(Serialize, JsonSchema)]
struct FactorOut {
    factor: &'static str,
    value: f64,
    because: String,
}

#[derive(Serialize, JsonSchema)]
struct ReachOut {
    resource: String,
    level: &'static str,
    confidence: f64,
    path: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct RankOut {
    node: String,
    blast: Blast,
    exposure: u8,
    risk: u8,
    trust_debt: u8,
    factors: Vec<FactorOut>,
    reach: Vec<ReachOut>,
}

#[derive(Serialize, JsonSchema)]
struct FrameworksOut {
    owasp_nhi: Vec<String>,
    nist_800_207: Vec<String>,
    nist_csf: Vec<String>,
    nist_csf_1_1: Vec<String>,
    /// OWASP agentic, LLM and MCP ids.
    agentic: Vec<String>,
    cwe: Vec<u16>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct FindingOut {
    check: &'static str,
    severity: &'static str,
    confidence: f64,
    subject: String,
    message: String,
    at: Option<Place>,
    path: Vec<String>,
    fingerprint: String,
    frameworks: FrameworksOut,
    fix: String,
}

#[derive(Serialize, JsonSchema)]
struct AcceptedOut {
    reason: String,
    finding: FindingOut,
}

#[derive(Serialize, JsonSchema)]
struct NoteOut {
    path: String,
    status: &'static str,
    reason: String,
}

/// The JSON Schema of the report, generated from the structs that write it.
pub fn schema() -> String {
    let schema = schemars::schema_for!(Report);
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}

/// Three decimals are what a confidence is worth.
pub(super) fn rounded(x: f64) -> f64 {
    (x * 1000.0).round() / 1000.0
}

/// 0 to 100, half up.
pub(super) fn score(x: f64) -> u8 {
    (x + 0.5).floor().clamp(0.0, 100.0) as u8
}

pub(super) fn write(lineage: &Lineage, _: &Style) -> String {
    let place = placing(lineage);
    let places = |set: &crate::graph::Places| set.iter().map(&place).collect::<Vec<_>>();
    let node = |n: &GraphNode| NodeOut {
        id: n.id().to_string(),
        kind: n.key.kind.name(),
        subtype: super::plain(&n.key.subtype),
        name: super::plain(n.name()),
        confidence: rounded(n.confidence),
        env: n.env.clone(),
        declared: places(&n.declared),
        mentioned: places(&n.mentioned),
        attributes: n.attributes.iter().map(|(k, v)| (k.clone(), clean(v))).collect(),
        first_seen: n.first_seen.as_ref().map(seen),
        last_seen: n.last_seen.as_ref().map(seen),
        hops: n.hops.iter().map(hop).collect(),
    };
    let edge = |e: &Edge| EdgeOut {
        id: e.id.to_string(),
        derived: e.derived,
        relation: e.relation.name,
        from: e.from.to_string(),
        to: e.to.to_string(),
        basis: e.basis.name(),
        confidence: rounded(e.confidence),
        condition: e.condition.name(),
        at: places(&e.at),
        via: e.via.iter().map(ToString::to_string).collect(),
        attributes: e.attributes.iter().map(|(k, v)| (k.clone(), clean(v))).collect(),
    };
    let report = Report {
        schema: "nhi.lineage/1",
        tool: Tool { name: "nhi", version: env!("CARGO_PKG_VERSION") },
        sources: lineage
            .sources
            .iter()
            .map(|s| Source {
                id: s.id.clone(),
                root: s.root.clone(),
                head: s.head.clone(),
                head_time: s.head_time.map(rfc3339),
                files: s.files,
                commits: s.commits,
                blobs: s.blobs,
                bytes: s.bytes,
            })
            .collect(),
        nodes: lineage.graph.nodes.values().map(node).collect(),
        edges: lineage.graph.edges.values().map(edge).collect(),
        references: lineage
            .graph
            .references
            .iter()
            .map(|r| {
                let (spec, kind, target, subtypes) = match &r.spec {
                    Spec::Name { kind, name, subtypes } => ("name", kind.name(), name.clone(), subtypes.clone()),
                    Spec::Partial { kind, id, subtype } => ("partial", kind.name(), id.clone(), vec![subtype.clone()]),
                    Spec::ValueOf { slot, kind } => ("value_of", kind.name(), slot.clone(), Vec::new()),
                };
                ReferenceOut {
                    from: r.from.id.to_string(),
                    relation: r.relation.name,
                    spec: spec.to_owned(),
                    kind,
                    subtypes,
                    target: super::plain(&target),
                    scope: r.scope.clone(),
                    expression: super::plain(&r.expression),
                    attributes: r.attributes.iter().map(|(k, v)| (k.clone(), clean(v))).collect(),
                    at: place(&r.at),
                }
            })
            .collect(),
        unresolved: lineage
            .unresolved
            .iter()
            .map(|u| UnresolvedOut {
                from: u.from.to_string(),
                relation: u.relation.to_owned(),
                expression: super::plain(&u.expression),
                reason: u.reason.clone(),
                at: vec![place(&u.at)],
            })
            .collect(),
        parties: lineage
            .parties
            .iter()
            .map(|p| PartyOut {
                node: p.node.to_string(),
                role: p.role.name(),
                party: super::plain(&p.party),
                confidence: rounded(p.confidence),
                tier: p.tier,
                contested: p.contested,
                resolved: p.resolved,
                activity: p.activity.name(),
                last_active: p.last_active.map(rfc3339),
                signals: p.signals.iter().map(|s| SignalOut { signal: s.signal, weight: rounded(s.weight), at: s.at.as_ref().map(&place) }).collect(),
            })
            .collect(),
        approvals: lineage
            .approvals
            .iter()
            .map(|a| ApprovalOut { pattern: super::plain(&a.pattern), parties: a.parties.iter().map(|p| super::plain(p)).collect(), at: place(&a.at) })
            .collect(),
        ranking: lineage.ranking.iter().map(rank).collect(),
        findings: lineage.findings.iter().map(|f| finding(f, &place)).collect(),
        accepted: lineage.accepted.findings.iter().map(|(f, reason)| AcceptedOut { reason: super::plain(reason), finding: finding(f, &place) }).collect(),
        accepted_expired: lineage.accepted.expired.iter().map(|e| super::plain(e)).collect(),
        accepted_stale: lineage.accepted.stale.iter().map(|e| super::plain(e)).collect(),
        coverage: lineage.coverage.iter().map(|n| NoteOut { path: super::plain(&n.path), status: n.status.name(), reason: super::plain(&n.reason) }).collect(),
        metrics: lineage.metrics.iter().map(|(k, v)| ((*k).to_owned(), rounded(*v))).collect(),
    };
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}

/// How places of this lineage are written: the repository is left out when there is one.
pub(super) fn placing(lineage: &Lineage) -> impl Fn(&Location) -> Place + use<> {
    let single = lineage.sources.len() <= 1;
    move |at| Place {
        repository: (!single).then(|| at.repository.to_string()),
        path: super::plain(&at.path),
        line: at.line,
        column: at.column,
        end_line: (at.end_line != at.line).then_some(at.end_line),
        revision: at.revision.as_ref().map(ToString::to_string),
    }
}

pub(super) fn finding(f: &Finding, place: &impl Fn(&Location) -> Place) -> FindingOut {
    FindingOut {
        check: f.check,
        severity: f.severity.name(),
        confidence: rounded(f.confidence),
        subject: f.subject.to_string(),
        message: super::plain(&f.message),
        at: f.at.as_ref().map(&place),
        path: f.path.iter().map(ToString::to_string).collect(),
        fingerprint: f.fingerprint.clone(),
        frameworks: FrameworksOut {
            owasp_nhi: f.frameworks.of(Framework::OwaspNhi),
            nist_800_207: f.frameworks.of(Framework::Nist800207),
            nist_csf: f.frameworks.of(Framework::Csf),
            nist_csf_1_1: f.frameworks.of(Framework::Csf11),
            agentic: [Framework::Agentic, Framework::Llm, Framework::Mcp].into_iter().flat_map(|of| f.frameworks.of(of)).collect(),
            cwe: f.frameworks.cwe.to_vec(),
        },
        fix: super::plain(&f.fix),
    }
}

/// Attribute texts come from files too.
fn clean(value: &Value) -> Value {
    match value {
        Value::String(s) => Value::String(super::plain(s)),
        Value::Array(items) => Value::Array(items.iter().map(clean).collect()),
        Value::Object(map) => Value::Object(map.iter().map(|(k, v)| (super::plain(k), clean(v))).collect()),
        other => other.clone(),
    }
}

fn seen(moment: &Moment) -> Seen {
    Seen { revision: moment.revision.to_string(), time: rfc3339(moment.time), party: super::plain(&moment.party) }
}

fn hop(hop: &Hop) -> HopOut {
    let Seen { revision, time, party } = seen(&hop.moment);
    HopOut { deed: hop.deed, path: super::plain(&hop.path), line: hop.line, from: hop.from.as_deref().map(super::plain), revision, time, party }
}

fn rank(r: &Rank) -> RankOut {
    RankOut {
        node: r.node.to_string(),
        blast: Blast { score: score(r.blast.score), low: score(r.blast.low), high: score(r.blast.high) },
        exposure: score(r.exposure),
        risk: score(r.risk),
        trust_debt: score(r.trust_debt),
        factors: r.factors.iter().map(|f| FactorOut { factor: f.factor, value: rounded(f.value), because: super::plain(&f.because) }).collect(),
        reach: r
            .reach
            .iter()
            .map(|x| ReachOut {
                resource: x.resource.to_string(),
                level: x.level.name(),
                confidence: rounded(x.confidence),
                path: x.path.iter().map(ToString::to_string).collect(),
            })
            .collect(),
    }
}
