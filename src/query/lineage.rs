//! The record of one node: origin, owner, storage, consumers, reach, and how to revoke.

use crate::graph::{GraphNode, Lineage};
use crate::life::{fill, revocation};
use crate::model::{Kind, Role};

use super::select::select;

/// Lines of one section that are shown.
const SHOWN: usize = 12;

/// A record, as labelled lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    sections: Vec<(&'static str, Vec<String>)>,
}

impl Record {
    /// Label and lines of each section, in order; no section is empty.
    pub fn sections(&self) -> impl Iterator<Item = (&'static str, &[String])> {
        self.sections.iter().map(|(label, lines)| (*label, lines.as_slice()))
    }

    pub(super) fn push(&mut self, label: &'static str, lines: Vec<String>) {
        self.push_or(label, lines, "unknown");
    }

    /// Adds a section; one without lines says `otherwise`.
    pub(super) fn push_or(&mut self, label: &'static str, mut lines: Vec<String>, otherwise: &str) {
        if lines.is_empty() {
            lines.push(otherwise.to_owned());
        }
        self.sections.push((label, lines));
    }
}

/// The records of every node that the pattern names: an exact id or name, else a part of one; `*` matches anything. Ranked nodes come first.
pub fn lineage(lineage: &Lineage, pattern: &str) -> Vec<Record> {
    select(lineage, pattern).into_iter().map(|n| record(lineage, n)).collect()
}

/// The record of one node.
pub fn record(lineage: &Lineage, node: &GraphNode) -> Record {
    let graph = &lineage.graph;
    let name = |id: &str| graph.node(id).map_or(id.to_owned(), |n| if n.name() == id { id.to_owned() } else { format!("{} ({})", n.name(), n.key.subtype) });
    let place = |n: &GraphNode| n.primary().map_or(String::new(), |l| format!("  [{}:{}]", l.path, l.line));
    let mut sections: Vec<(&'static str, Vec<String>)> = Vec::new();
    let mut push = |label: &'static str, mut lines: Vec<String>, otherwise: &str| {
        if lines.is_empty() {
            lines.push(otherwise.to_owned());
        }
        if lines.len() > SHOWN {
            let more = lines.len() - SHOWN;
            lines.truncate(SHOWN);
            lines.push(format!("… and {more} more"));
        }
        sections.push((label, lines));
    };
    let score = lineage.rank(node.id()).map_or(String::new(), |r| {
        format!("   B {:.0} ({:.0}–{:.0})  E {:.0}  R {:.0}  TD {:.0}", r.blast.score, r.blast.low, r.blast.high, r.exposure, r.risk, r.trust_debt)
    });
    push(node.key.kind.name(), vec![format!("{} {}{score}", node.key.subtype, node.name()), node.id().to_string()], "");
    let mut origin: Vec<String> = node
        .declared
        .iter()
        .map(|l| format!("{}:{}{}", l.path, l.line, l.revision.as_ref().map_or(String::new(), |r| format!(" in {}", &r[..r.len().min(8)]))))
        .collect();
    if let Some(first) = &node.first_seen {
        origin.push(format!("introduced {} by {}", &first.revision[..first.revision.len().min(8)], first.party));
    }
    push("origin", origin, "only ever referred to: it is made somewhere else");
    if !node.hops.is_empty() {
        push("history", super::hops::way(node), "");
    }
    let told = ["lifetime_class", "created", "rotated", "expires", "presence", "presence_because", "replaced_by", "zombie", "revocation_path"];
    let life: Vec<String> = told.iter().filter_map(|a| Some(format!("{} {}", a.replace('_', " "), node.text(a)?))).collect();
    if !life.is_empty() {
        push("lifetime", life, "");
    }
    for (role, label) in [(Role::Owner, "owner"), (Role::Creator, "creator"), (Role::Sponsor, "sponsor")] {
        let lines: Vec<String> = lineage
            .parties
            .iter()
            .filter(|p| p.node == *node.id() && p.role == role)
            .map(|p| {
                let signals: Vec<String> = p.signals.iter().map(|s| format!("{} .{:02.0}", s.signal, s.weight * 100.0)).collect();
                format!("{}  {:.2}{}  [{}]", p.party, p.confidence, if p.resolved { "" } else { " (not settled)" }, signals.join(", "))
            })
            .collect();
        if role != Role::Sponsor || node.key.kind == Kind::Agent {
            push(label, lines, "unknown");
        }
    }
    let stored: Vec<String> = match node.key.kind {
        Kind::Credential => graph.out(node.id()).filter(|e| e.relation.name == "stored_in").map(|e| name(&e.to)).collect(),
        _ => graph
            .ending_at(node.id())
            .filter(|e| e.relation.name == "authenticates_as")
            .map(|e| format!("{}{}", name(&e.from), graph.node(&e.from).map_or(String::new(), place)))
            .chain(
                graph
                    .out(node.id())
                    .filter(|e| e.relation.name == "trusts")
                    .map(|e| format!("none stored: trusts {}{}", name(&e.to), e.text("breadth").map_or(String::new(), |b| format!(", breadth {b}")))),
            )
            .collect(),
    };
    push("storage", stored, "unknown");
    let used: Vec<String> = graph
        .ending_at(node.id())
        .filter(|e| matches!(e.relation.name, "runs_as" | "can_assume" | "consumes" | "invokes" | "delegates_to" | "can_trigger"))
        .map(|e| format!("{} {} it{}", name(&e.from), e.relation.name.replace('_', " "), graph.node(&e.from).map_or(String::new(), place)))
        .collect();
    push("consumers", used, "unknown");
    let uses: Vec<String> = graph
        .out(node.id())
        .filter(|e| matches!(e.relation.name, "invokes" | "consumes" | "runs_as" | "granted" | "authenticates_as"))
        .map(|e| format!("{} {}", e.relation.name.replace('_', " "), name(&e.to)))
        .collect();
    if !uses.is_empty() {
        push("has", uses, "");
    }
    let reach: Vec<String> = lineage.rank(node.id()).map_or(Vec::new(), |r| {
        r.reach
            .iter()
            .map(|x| {
                let hops: Vec<String> = x
                    .path
                    .iter()
                    .filter_map(|e| graph.edges.get(e))
                    .map(|e| format!("{} {}", e.relation.name.replace('_', " "), graph.node(&e.to).map_or(&*e.to, |n| n.name())))
                    .collect();
                format!("{} {}  ({:.2})  {}", x.level.name(), name(&x.resource), x.confidence, hops.join(" → "))
            })
            .collect()
    });
    push("reach", reach, "nothing that the files name; what it opens is unknown");
    let r = revocation(node);
    push("revoke", vec![fill(r.contain, node)], "");
    push("rotate", vec![fill(r.rotate, node)], "");
    if !r.note.is_empty() {
        push("note", vec![r.note.to_owned()], "");
    }
    let findings: Vec<String> =
        lineage.findings.iter().filter(|f| f.subject == *node.id()).map(|f| format!("{} {}  {}", f.check, f.severity.name(), f.message)).collect();
    if !findings.is_empty() {
        push("findings", findings, "");
    }
    Record { sections }
}
