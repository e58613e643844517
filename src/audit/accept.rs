//! What somebody accepted does not count, but is not hidden.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::config::{Config, Entry, Subject, WeakHash};
use crate::graph::{Accepted, Lineage};
use crate::model::{Finding, glob};

/// Takes the accepted ones out of the findings. `whole` says that everything was read that an entry may be about, so that those which meet nothing are stale.
pub fn accept(lineage: &mut Lineage, config: &Config, whole: bool) {
    let entries: Vec<&Entry> = config.accepted.entries.iter().collect();
    let hashes = hashes(lineage, &entries);
    let mut used: BTreeSet<usize> = BTreeSet::new();
    let mut accepted = Accepted::default();
    for finding in std::mem::take(&mut lineage.findings) {
        let meant = entries.iter().enumerate().filter(|(_, e)| e.is_for(finding.check) && means(lineage, &hashes, e, &finding)).collect::<Vec<_>>();
        used.extend(meant.iter().map(|(i, _)| *i));
        let by_entry = meant.iter().find(|(_, e)| e.holds(lineage.now)).map(|(_, e)| e.reason.clone());
        let by_exception = || {
            let path = finding.at.as_ref().map(|l| &*l.path);
            config
                .exceptions
                .iter()
                .filter(|e| e.check.eq_ignore_ascii_case(finding.check) && !e.expires.is_past(lineage.now))
                .find(|e| glob(&e.matches, &finding.subject) || path.is_some_and(|p| glob(&e.matches, p)))
                .map(|e| format!("{} ({})", e.reason, e.approved_by))
        };
        match by_entry.or_else(by_exception) {
            Some(reason) => accepted.findings.push((finding, reason)),
            None => lineage.findings.push(finding),
        }
    }
    accepted.expired = entries.iter().filter(|e| !e.holds(lineage.now)).map(|e| e.to_string()).collect();
    let stale = entries.iter().enumerate().filter(|(i, e)| whole && !used.contains(i) && e.holds(lineage.now));
    accepted.stale = stale.map(|(_, e)| e.to_string()).collect();
    lineage.accepted = accepted;
}

/// The entry that accepts a finding: by the value where there is one, else by the finding itself. `like` is a hash whose salt may be used again.
pub fn entry(lineage: &Lineage, finding: &Finding, like: Option<&WeakHash>) -> Option<Subject> {
    let fingerprint = lineage.graph.node(&finding.subject).and_then(|n| n.text("fingerprint"));
    match (fingerprint, lineage.values.0.get(&finding.subject)) {
        (Some(fingerprint), _) => Some(Subject::Value(fingerprint.to_owned())),
        (None, Some(value)) => WeakHash::new(*value, like).map(Subject::Weak),
        (None, None) => Some(Subject::Finding(finding.fingerprint.clone())),
    }
}

/// Weak values of findings, hashed once for each salt that the entries have.
fn hashes(lineage: &Lineage, entries: &[&Entry]) -> BTreeMap<u128, Vec<WeakHash>> {
    let mut salts: Vec<&WeakHash> = Vec::new();
    for entry in entries {
        if let Subject::Weak(hash) = &entry.subject
            && !salts.iter().any(|s| s.is_like(hash))
        {
            salts.push(hash);
        }
    }
    if salts.is_empty() {
        return BTreeMap::new();
    }
    let weak = |f: &Finding| lineage.graph.node(&f.subject).is_some_and(|n| n.text("fingerprint").is_none());
    let values: BTreeSet<u128> = lineage.findings.iter().filter(|f| weak(f)).filter_map(|f| lineage.values.0.get(&f.subject)).copied().collect();
    values.into_par_iter().map(|value| (value, salts.iter().filter_map(|salt| salt.of(value)).collect())).collect()
}

fn means(lineage: &Lineage, hashes: &BTreeMap<u128, Vec<WeakHash>>, entry: &Entry, finding: &Finding) -> bool {
    match &entry.subject {
        Subject::Finding(fingerprint) => *fingerprint == finding.fingerprint,
        Subject::Value(fingerprint) => lineage.graph.node(&finding.subject).and_then(|n| n.text("fingerprint")) == Some(fingerprint),
        Subject::Weak(hash) => lineage.values.0.get(&finding.subject).and_then(|v| hashes.get(v)).is_some_and(|all| all.contains(hash)),
    }
}
