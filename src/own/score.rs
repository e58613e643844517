//! From signals to a ranked list of candidates (domain specification, 4.1).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::crowd::Crowd;
use super::signal::OwnerSignal;
use crate::model::{Activity, Location, NodeId, Ownership, Role, Signal};

/// Candidates that are listed for each role.
const LISTED: usize = 5;

/// Signals by role and party.
pub(super) struct Candidates<'a> {
    crowd: &'a Crowd,
    signals: BTreeMap<(Role, String), Vec<Given>>,
}

struct Given {
    signal: Signal,
    /// What it says is for this thing alone: others that disagree contest it.
    pointed: bool,
}

/// What one signal says of one node.
pub(super) struct Said<'a> {
    signal: &'static OwnerSignal,
    into: &'a mut BTreeMap<(Role, String), Vec<Given>>,
    crowd: &'a Crowd,
}

impl Said<'_> {
    /// A candidate for owner; `factor` is how much less than its whole weight the signal counts here.
    pub(super) fn owner(&mut self, party: &str, factor: f64, at: Option<&Location>) {
        self.give(Role::Owner, party, self.signal.weight * factor, at, true);
    }

    /// The same by a rule that is for everything.
    pub(super) fn owner_of_everything(&mut self, party: &str, factor: f64, at: Option<&Location>) {
        self.give(Role::Owner, party, self.signal.weight * factor, at, false);
    }

    /// A candidate for another role, with a weight of its own.
    pub(super) fn role(&mut self, role: Role, party: &str, weight: f64, at: Option<&Location>) {
        self.give(role, party, weight, at, true);
    }

    fn give(&mut self, role: Role, party: &str, weight: f64, at: Option<&Location>, pointed: bool) {
        // Automation makes things, and answers for none.
        if role != Role::Creator && party.starts_with("bot:") {
            return;
        }
        let party = if role == Role::Creator { party.to_owned() } else { self.crowd.canonical(party) };
        let signal = Signal { signal: self.signal.name, tier: self.signal.tier, weight: weight.clamp(0.0, 1.0), at: at.cloned() };
        let known = self.into.entry((role, party)).or_default();
        // The same signal from two places counts once, by its better one.
        match known.iter_mut().find(|g| g.signal.signal == signal.signal) {
            Some(before) if before.signal.weight < signal.weight => *before = Given { signal, pointed },
            Some(_) => {}
            None => known.push(Given { signal, pointed }),
        }
    }
}

/// One party with everything that speaks for it.
struct Scored {
    party: String,
    activity: (Activity, Option<i64>),
    score: f64,
    tier: u8,
    given: Vec<Given>,
}

impl<'a> Candidates<'a> {
    pub(super) fn new(crowd: &'a Crowd) -> Self {
        Candidates { crowd, signals: BTreeMap::new() }
    }

    /// Takes down what a signal says.
    pub(super) fn hear(&mut self, signal: &'static OwnerSignal) -> Said<'_> {
        Said { signal, into: &mut self.signals, crowd: self.crowd }
    }

    /// Ranks the candidates of each role; best first.
    pub(super) fn settle(self, node: &NodeId) -> Vec<Ownership> {
        let crowd = self.crowd;
        let mut by_role: BTreeMap<Role, Vec<Scored>> = BTreeMap::new();
        for ((role, party), given) in self.signals {
            let activity = crowd.activity(&party);
            // What somebody made stays made by them, whether or not they are still there.
            let factor = if role == Role::Creator { 1.0 } else { activity.0.factor() };
            let score = 1.0 - given.iter().map(|g| 1.0 - g.signal.weight * factor).product::<f64>();
            let tier = given.iter().map(|g| g.signal.tier).min().unwrap_or(6);
            by_role.entry(role).or_default().push(Scored { party, activity, score, tier, given });
        }
        let mut out = Vec::new();
        for (role, mut candidates) in by_role {
            // Those who have left come last, whatever speaks for them.
            let left = |c: &Scored| role != Role::Creator && c.activity.0 == Activity::Departed;
            candidates.sort_by(|a, b| (left(a), a.tier).cmp(&(left(b), b.tier)).then(b.score.total_cmp(&a.score)).then(a.party.cmp(&b.party)));
            let contested = role == Role::Owner && contested(&candidates, crowd);
            let agreements: Vec<f64> =
                candidates.iter().take(LISTED).map(|c| if role == Role::Owner { agreement(c, &candidates, crowd) } else { 1.0 }).collect();
            for (place, (candidate, agreement)) in candidates.into_iter().zip(agreements).enumerate() {
                let Scored { party, activity: (activity, last_active), score, tier, mut given } = candidate;
                let agreement = if contested && place == 0 { 0.6 } else { agreement };
                let confidence = score * agreement;
                let resolved = if tier <= 4 { confidence >= 0.5 } else { confidence >= 0.6 };
                given.sort_by(|a, b| (a.signal.tier, a.signal.signal).cmp(&(b.signal.tier, b.signal.signal)));
                let signals = given.into_iter().map(|g| g.signal).collect();
                out.push(Ownership {
                    node: node.clone(),
                    role,
                    party: Arc::from(party),
                    confidence,
                    tier,
                    contested: contested && place == 0,
                    resolved,
                    activity,
                    last_active,
                    signals,
                });
            }
        }
        out
    }
}

/// 1 when another tier speaks for the party, or for its team, or for a member of it; 0.85 alone.
fn agreement(candidate: &Scored, all: &[Scored], crowd: &Crowd) -> f64 {
    let elsewhere = |c: &&Scored| c.given.iter().any(|g| g.signal.tier != candidate.tier);
    let supported = all.iter().filter(elsewhere).any(|c| crowd.alike(&c.party, &candidate.party));
    if supported { 1.0 } else { 0.85 }
}

/// Whether something else that is stated, catalogued or ruled for this very thing names other parties only.
fn contested(candidates: &[Scored], crowd: &Crowd) -> bool {
    let Some(winner) = candidates.first().filter(|w| w.tier <= 3) else { return false };
    let mut voices: BTreeMap<(&str, Option<&Location>), Vec<&str>> = BTreeMap::new();
    for candidate in candidates {
        for given in candidate.given.iter().filter(|g| g.signal.tier <= 3 && g.pointed) {
            voices.entry((given.signal.signal, given.signal.at.as_ref())).or_default().push(&candidate.party);
        }
    }
    voices.values().any(|parties| !parties.iter().any(|p| crowd.alike(p, &winner.party)))
}
