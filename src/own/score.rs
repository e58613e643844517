//! From signals to a ranked list of candidates (domain specification, 4.1).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::activity::Activities;
use crate::model::{NodeId, Ownership, Role, Signal};

/// Candidates that are listed for each role.
const LISTED: usize = 5;

/// Party, score, best tier, signals.
type Scored = (String, f64, u8, Vec<Signal>);

/// Signals by role and party.
#[derive(Default)]
pub(super) struct Candidates {
    signals: BTreeMap<(Role, String), Vec<Signal>>,
}

impl Candidates {
    pub(super) fn add(&mut self, role: Role, party: &str, signal: Signal) {
        self.signals.entry((role, party.to_owned())).or_default().push(signal);
    }

    /// `1 − Π (1 − weight)`, precedence by the best tier, agreement between tiers; best first.
    pub(super) fn settle(self, node: &NodeId, activities: &Activities) -> Vec<Ownership> {
        let mut by_role: BTreeMap<Role, Vec<Scored>> = BTreeMap::new();
        for ((role, party), signals) in self.signals {
            // What somebody made is theirs whether or not they are still there; answering for it takes being there.
            let factor = if role == Role::Creator { 1.0 } else { activities.of(&party).0.factor() };
            let score = 1.0 - signals.iter().map(|s| 1.0 - (s.weight * factor).clamp(0.0, 1.0)).product::<f64>();
            let tier = signals.iter().map(|s| s.tier).min().unwrap_or(6);
            by_role.entry(role).or_default().push((party, score, tier, signals));
        }
        let mut out = Vec::new();
        for (role, mut candidates) in by_role {
            candidates.sort_by(|a, b| a.2.cmp(&b.2).then(b.1.total_cmp(&a.1)).then(a.0.cmp(&b.0)));
            let contested = candidates.len() > 1 && candidates[1..].iter().any(|c| c.2 <= 3) && candidates[0].2 <= 3 && candidates[1].2 != candidates[0].2;
            for (party, score, tier, signals) in candidates.into_iter().take(LISTED) {
                let tiers = signals.iter().map(|s| s.tier).collect::<std::collections::BTreeSet<_>>().len();
                let agreement = if contested {
                    0.6
                } else if tiers > 1 || role != Role::Owner {
                    1.0
                } else {
                    0.85
                };
                let confidence = score * agreement;
                let resolved = if tier <= 4 { confidence >= 0.5 } else { confidence >= 0.6 };
                let (activity, last_active) = activities.of(&party);
                out.push(Ownership {
                    node: node.clone(),
                    role,
                    party: Arc::from(party),
                    confidence,
                    tier,
                    contested,
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
