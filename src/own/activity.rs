//! Who is still there: by the newest commit of each party, measured at the newest commit of all.

use std::collections::BTreeMap;

use crate::git::{History, party_id};
use crate::model::Activity;

const DAY: i64 = 86_400;
/// Silence that is nothing special, in days.
const QUIET: i64 = 90;
/// Silence that means something, in days, where people commit often.
const INACTIVE: i64 = 180;

/// The newest commit of each party, and what counts as silence.
#[derive(Default)]
pub(super) struct Activities {
    last: BTreeMap<String, i64>,
    now: i64,
    /// Seconds of silence after which a party counts as inactive.
    limit: i64,
}

impl Activities {
    pub(super) fn of_commits<'a>(histories: impl Iterator<Item = &'a History>) -> Self {
        let mut times: Vec<(i64, String)> = Vec::new();
        for history in histories {
            times.extend(history.commits.iter().map(|c| (c.time, party_id(&c.author))));
        }
        Activities::of_events(times)
    }

    fn of_events(mut times: Vec<(i64, String)>) -> Self {
        times.sort();
        let mut gaps: Vec<i64> = times.windows(2).filter(|w| w[0].1 != w[1].1).map(|w| w[1].0 - w[0].0).collect();
        gaps.sort_unstable();
        let median = gaps.get(gaps.len() / 2).copied().unwrap_or(0);
        let now = times.last().map_or(0, |t| t.0);
        Activities { now, limit: (INACTIVE * DAY).max(3 * median), last: times.into_iter().map(|(time, party)| (party, time)).collect() }
    }

    /// Whether a party is still there, and when it last did something.
    pub(super) fn of(&self, party: &str) -> (Activity, Option<i64>) {
        let Some(last) = self.last.get(party) else { return (Activity::Unknown, None) };
        let silence = self.now - last;
        let activity = match silence {
            _ if silence > self.limit => Activity::Inactive,
            _ if silence > QUIET * DAY => Activity::Quiet,
            _ => Activity::Active,
        };
        (activity, Some(*last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_measured_by_what_is_usual() {
        let at = |day: i64, party: &str| (day * DAY, party.to_owned());
        let busy = Activities::of_events(vec![at(0, "a"), at(200, "b"), at(300, "c"), at(301, "d"), at(302, "c"), at(400, "d")]);
        assert_eq!(
            ["a", "b", "c", "d", "e"].map(|p| busy.of(p).0),
            [Activity::Inactive, Activity::Quiet, Activity::Quiet, Activity::Active, Activity::Unknown]
        );
        // Where somebody comes by every two hundred days, four hundred are no sign.
        let slow = Activities::of_events(vec![at(0, "a"), at(200, "b"), at(400, "c")]);
        assert_eq!(slow.of("a").0, Activity::Quiet);
        assert_eq!(slow.of("a").1, Some(0));
    }
}
