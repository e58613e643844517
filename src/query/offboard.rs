//! Somebody leaves: what they own, sponsor, know and approve, what would stand alone, and who could take it over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::config::{People, person_id};
use crate::graph::{Approval, GraphNode, Lineage};
use crate::life::{fill, revocation};
use crate::model::{Kind, NodeId, Ownership, Role};

/// Kinds of credentials that are a person's own: what uses one acts as that person.
const PERSONAL: &[&str] = &["pat", "oauth-refresh-token", "ssh-private-key", "kubeconfig-user", "session-token", "cookie"];

/// Something that the person answers for.
pub struct Held<'a> {
    pub node: &'a GraphNode,
    pub blast: f64,
    pub risk: f64,
    /// Whether nobody else answers for it.
    pub orphaned: bool,
    pub successor: Option<Successor>,
}

/// Who could take over, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Successor {
    pub party: Arc<str>,
    pub because: String,
}

/// A path rule that names the person.
pub struct Approves<'a> {
    pub rule: &'a Approval,
    /// Nobody else is named.
    pub alone: bool,
}

/// Everything that hangs on one person.
pub struct Offboarding<'a> {
    /// Every id by which the person goes.
    pub ids: BTreeSet<String>,
    pub last_active: Option<i64>,
    /// The highest blast radius first, in every list.
    pub owns: Vec<Held<'a>>,
    pub sponsors: Vec<Held<'a>>,
    /// Credentials whose value the person brought, changed or took away.
    pub knows: Vec<&'a GraphNode>,
    /// Credentials and accounts of the person that automation uses.
    pub lends: Vec<&'a GraphNode>,
    pub approves: Vec<Approves<'a>>,
}

impl Offboarding<'_> {
    /// Things that nobody would answer for, of at least this risk.
    pub fn orphaned(&self, risk: f64) -> impl Iterator<Item = &Held<'_>> {
        self.owns.iter().chain(&self.sponsors).filter(move |h| h.orphaned && h.risk >= risk)
    }
}

/// One step of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub action: &'static str,
    pub subject: String,
    pub detail: String,
}

/// What hangs on the person whom `who` names: an address, a login, or an id of a party. Nothing when nothing does.
pub fn offboard<'a>(lineage: &'a Lineage, people: &People, who: &str) -> Option<Offboarding<'a>> {
    let ids = ids(people, who);
    let is_theirs = |party: &str| ids.contains(&party.to_lowercase());
    let mine: Vec<&Ownership> = lineage.parties.iter().filter(|p| is_theirs(&p.party)).collect();
    let successors = Successors { lineage, people, ids: &ids };
    let held = |role: Role| -> Vec<Held<'a>> {
        let nodes: BTreeSet<&NodeId> = mine.iter().filter(|p| p.role == role && p.resolved).map(|p| &p.node).collect();
        sorted(nodes.into_iter().filter_map(|id| successors.held(id, role)).collect())
    };
    let mut sponsors = held(Role::Sponsor);
    // Whoever hands authority over sponsors, whether or not a file calls it so.
    for edge in lineage.graph.edges.values().filter(|e| e.relation.name == "delegates_to" && is_theirs(&e.from)) {
        if !sponsors.iter().any(|h| h.node.id() == &edge.to) {
            sponsors.extend(successors.held(&edge.to, Role::Sponsor));
        }
    }
    let made: BTreeSet<&NodeId> = mine.iter().filter(|p| p.role == Role::Creator).map(|p| &p.node).collect();
    let touched = |n: &GraphNode| {
        let removed = n.attributes.get("removed").and_then(|r| r.get("party")).and_then(|p| p.as_str());
        made.contains(n.id()) || n.first_seen.as_ref().is_some_and(|m| is_theirs(&m.party)) || removed.is_some_and(&is_theirs)
    };
    let credentials = || lineage.graph.of_kind(Kind::Credential).filter(|n| !n.flag("placeholder"));
    let knows: Vec<&GraphNode> = credentials().filter(|n| touched(n)).collect();
    let mut lends: Vec<&GraphNode> = credentials().filter(|n| PERSONAL.contains(&&*n.key.subtype) && touched(n) && is_used(lineage, n)).collect();
    lends.extend(lineage.graph.of_kind(Kind::Identity).filter(|n| n.flag("human_like") && bears_name(n, &ids)));
    let approves: Vec<Approves<'a>> = lineage
        .approvals
        .iter()
        .filter(|a| a.parties.iter().any(|p| is_theirs(p)))
        .map(|rule| Approves { rule, alone: rule.parties.iter().all(|p| is_theirs(p)) })
        .collect();
    let found = Offboarding {
        last_active: mine.iter().filter_map(|p| p.last_active).max(),
        owns: held(Role::Owner),
        sponsors: sorted(sponsors),
        knows,
        lends,
        approves,
        ids,
    };
    let nothing = found.owns.is_empty() && found.sponsors.is_empty() && found.knows.is_empty() && found.lends.is_empty() && found.approves.is_empty();
    (!nothing).then_some(found)
}

/// Every id of the person: what the people file adds to the one that was given.
fn ids(people: &People, who: &str) -> BTreeSet<String> {
    let mut ids = BTreeSet::from([person_id(who)]);
    // Entries may share an id with the next one.
    for _ in 0..people.people.len() {
        let before = ids.len();
        for person in &people.people {
            let theirs: BTreeSet<String> = person.ids().collect();
            if !theirs.is_disjoint(&ids) || person.name.eq_ignore_ascii_case(who) && !who.is_empty() {
                ids.extend(theirs);
            }
        }
        if ids.len() == before {
            break;
        }
    }
    ids
}

fn sorted(mut held: Vec<Held<'_>>) -> Vec<Held<'_>> {
    held.sort_by(|a, b| b.blast.total_cmp(&a.blast).then(a.node.id().cmp(b.node.id())));
    held
}

/// Whether something automatic reads the credential: where it is kept, or as the account that it stands for.
fn is_used(lineage: &Lineage, node: &GraphNode) -> bool {
    let graph = &lineage.graph;
    let slots = graph.out(node.id()).filter(|e| e.relation.name == "stored_in").map(|e| &e.to);
    let read = |id: &NodeId| graph.ending_at(id).any(|e| matches!(e.relation.name, "consumes" | "sourced_from"));
    slots.into_iter().any(read) || read(node.id())
}

/// Whether a word of the name is what the person is called before the `@`, or at a forge.
fn bears_name(node: &GraphNode, ids: &BTreeSet<String>) -> bool {
    let called = ids.iter().filter_map(|id| id.strip_prefix("person:")).map(|id| id.rsplit('/').next().unwrap_or(id).split('@').next().unwrap_or(id));
    let name = node.name().to_lowercase();
    let words: BTreeSet<&str> = name.split(|c: char| !c.is_alphanumeric()).collect();
    called.into_iter().any(|c| c.len() >= 4 && words.contains(c))
}

/// Looks for those who could take over.
struct Successors<'a, 'b> {
    lineage: &'a Lineage,
    people: &'b People,
    ids: &'b BTreeSet<String>,
}

impl<'a> Successors<'a, '_> {
    fn held(&self, id: &NodeId, role: Role) -> Option<Held<'a>> {
        let node = self.lineage.graph.node(id)?;
        let rank = self.lineage.rank(id);
        let others = self.lineage.parties.iter().filter(|p| p.node == *id && p.role == role && p.resolved && !self.is_theirs(&p.party));
        Some(Held {
            node,
            blast: rank.map_or(0.0, |r| r.blast.score),
            risk: rank.map_or(0.0, |r| r.risk),
            orphaned: others.clone().all(|p| p.activity.is_gone()),
            successor: self.successor(node),
        })
    }

    fn is_theirs(&self, party: &str) -> bool {
        self.ids.contains(&party.to_lowercase())
    }

    /// The one whom the people file names; else the next candidate; else who owns most beside it.
    fn successor(&self, node: &GraphNode) -> Option<Successor> {
        let named = self.people.people.iter().filter(|p| p.ids().any(|id| self.ids.contains(&id))).find_map(|p| p.successor.clone());
        if let Some(party) = named {
            return Some(Successor { party: party.into(), because: "the people file names them as successor".into() });
        }
        let is_free = |p: &&Ownership| p.role == Role::Owner && !self.is_theirs(&p.party) && !p.activity.is_gone();
        if let Some(next) = self.lineage.parties.iter().filter(|p| p.node == *node.id()).find(is_free) {
            let signals: Vec<&str> = next.signals.iter().map(|s| s.signal).collect();
            return Some(Successor { party: next.party.clone(), because: format!("next candidate: {}", signals.join(", ")) });
        }
        let folder = |n: &GraphNode| n.primary().map(|l| (l.repository.clone(), l.path.rsplit_once('/').map_or("", |(f, _)| f).to_owned()));
        let here = folder(node)?;
        let mut counts: BTreeMap<&Arc<str>, usize> = BTreeMap::new();
        for party in self.lineage.parties.iter().filter(|p| p.resolved).filter(is_free) {
            if self.lineage.graph.node(&party.node).and_then(folder).as_ref() == Some(&here) {
                *counts.entry(&party.party).or_default() += 1;
            }
        }
        let (party, n) = counts.into_iter().max_by(|(a, x), (b, y)| x.cmp(y).then(b.cmp(a)))?;
        Some(Successor { party: party.clone(), because: format!("answers for {n} other things in the same folder") })
    }
}

/// What to do, in order: owners first, so that nothing stands alone; then agents, values, and what is the person's own; rules last.
pub fn plan(found: &Offboarding<'_>) -> Vec<Step> {
    let whom = |h: &Held<'_>| h.successor.as_ref().map_or("<new owner>".to_owned(), |s| format!("{} ({})", s.party, s.because));
    let mut steps = Vec::new();
    for held in &found.owns {
        steps.push(Step { action: "reassign", subject: held.node.id().to_string(), detail: format!("to {}", whom(held)) });
    }
    for held in &found.sponsors {
        let detail = if held.orphaned {
            format!("to {}, or disable it: {}", whom(held), fill(revocation(held.node).contain, held.node))
        } else {
            "another sponsor is there: strike the name".to_owned()
        };
        steps.push(Step { action: "sponsor", subject: held.node.id().to_string(), detail });
    }
    for node in &found.lends {
        steps.push(Step { action: "replace", subject: node.id().to_string(), detail: fill(revocation(node).rotate, node) });
    }
    for node in &found.knows {
        steps.push(Step { action: "rotate", subject: node.id().to_string(), detail: fill(revocation(node).rotate, node) });
    }
    for node in found.lends.iter().chain(found.knows.iter().filter(|k| !found.lends.iter().any(|l| l.id() == k.id()))) {
        steps.push(Step { action: "revoke", subject: node.id().to_string(), detail: fill(revocation(node).contain, node) });
    }
    for approves in &found.approves {
        let detail = if approves.alone { "nobody else is named: name someone, then strike the name" } else { "strike the name" };
        steps.push(Step {
            action: "codeowners",
            subject: format!("{}:{} {}", approves.rule.at.path, approves.rule.at.line, approves.rule.pattern),
            detail: detail.to_owned(),
        });
    }
    steps
}
