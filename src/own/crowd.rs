//! Who is who and who is still there: people by all their ids, teams by their members.

use std::collections::{BTreeMap, BTreeSet};

use super::Repository;
use super::party::{is_address, team_name};
use crate::config::People;
use crate::git::{Person, is_bot, party_id};
use crate::model::Activity;

const DAY: i64 = 86_400;
/// Silence that is nothing special, in days.
const QUIET: i64 = 90;
/// Silence that means something, in days, where people commit often.
const INACTIVE: i64 = 180;

/// What is known of parties.
#[derive(Default)]
pub(super) struct Crowd {
    /// Any id of a person to the first one of the people file.
    canonical: BTreeMap<String, String>,
    /// Ids that share a full name in the history.
    same_name: BTreeMap<String, BTreeSet<String>>,
    /// The newest commit of each id.
    last: BTreeMap<String, i64>,
    departed: BTreeSet<String>,
    /// People who have stepped back from a list of owners.
    pub(super) emeritus: BTreeSet<String>,
    /// Members of teams, by the name of the team.
    members: BTreeMap<String, BTreeSet<String>>,
    list_domains: Vec<String>,
    /// When silence is measured from: the newest HEAD.
    now: i64,
    /// Seconds of silence after which a party counts as inactive.
    limit: i64,
}

impl Crowd {
    /// `now` decides who has left by the people file; silence is measured from the newest HEAD.
    pub(super) fn new(repositories: &[Repository], people: &People, now: i64) -> Self {
        let mut crowd = Crowd { list_domains: people.list_domains.iter().map(|d| d.to_lowercase()).collect(), ..Crowd::default() };
        for person in &people.people {
            let ids: Vec<String> = person.ids().collect();
            let Some(first) = ids.first().cloned() else { continue };
            // Two entries that share an id are one person.
            let first = ids.iter().find_map(|id| crowd.canonical.get(id)).cloned().unwrap_or(first);
            if person.left().is_some_and(|left| left <= now) {
                crowd.departed.insert(first.clone());
            }
            crowd.canonical.extend(ids.into_iter().map(|id| (id, first.clone())));
        }
        for (team, members) in people.members() {
            crowd.learn(&team, &members);
        }
        let mut events: Vec<(i64, u32)> = Vec::new();
        let mut ids: BTreeMap<&Person, u32> = BTreeMap::new();
        let mut parties: Vec<String> = Vec::new();
        let mut by_name: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
        for commit in repositories.iter().flat_map(|r| &r.history.commits) {
            let number = *ids.entry(&commit.author).or_insert_with(|| {
                parties.push(party_id(&commit.author));
                let number = parties.len() as u32 - 1;
                // One word may be anybody's name.
                if commit.author.name.trim().contains(' ') && !is_bot(&commit.author) {
                    by_name.entry(commit.author.name.trim()).or_default().insert(number);
                }
                number
            });
            events.push((commit.time, number));
        }
        for numbers in by_name.into_values().filter(|n| n.len() > 1) {
            let same: BTreeSet<String> = numbers.into_iter().map(|n| parties[n as usize].clone()).collect();
            same.iter().for_each(|id| drop(crowd.same_name.insert(id.clone(), same.clone())));
        }
        crowd.now = repositories.iter().filter_map(|r| r.head_time).max().or_else(|| events.iter().map(|e| e.0).max()).unwrap_or(0);
        crowd.limit = limit(&mut events);
        for (time, number) in events {
            // A clock that runs ahead makes nobody more active than now.
            crowd.saw(parties[number as usize].clone(), time);
        }
        crowd
    }

    /// Takes in the members of a team.
    pub(super) fn learn(&mut self, team: &str, members: &[String]) {
        if let Some(name) = team_name(team) {
            self.members.entry(name).or_default().extend(members.iter().cloned());
        }
    }

    /// The id by which a party goes: that of the people file, where it knows the party; a list of mail is a team.
    pub(super) fn canonical(&self, party: &str) -> String {
        if let Some(first) = self.canonical.get(party) {
            return first.clone();
        }
        if let Some(address) = party.strip_prefix("person:").filter(|a| is_address(a))
            && let Some((_, domain)) = address.split_once('@')
            && self.list_domains.iter().any(|d| d == domain)
        {
            return format!("team:{address}");
        }
        party.to_owned()
    }

    /// Every id that is known to be the same person's.
    fn ids(&self, party: &str) -> BTreeSet<String> {
        let first = self.canonical(party);
        let mut all: BTreeSet<String> = self.canonical.iter().filter(|(_, f)| **f == first).map(|(id, _)| id.clone()).collect();
        all.insert(first);
        all.insert(party.to_owned());
        let named: Vec<String> = all.iter().filter_map(|id| self.same_name.get(id)).flatten().cloned().collect();
        all.extend(named);
        all
    }

    /// Whether two ids mean the same party, or one a member of the other.
    pub(super) fn alike(&self, a: &str, b: &str) -> bool {
        if a == b || self.ids(a).contains(b) {
            return true;
        }
        let (name_a, name_b) = (team_name(a), team_name(b));
        if name_a.is_some() && name_a == name_b {
            return true;
        }
        let member = |team: &Option<String>, person: &str| {
            team.as_ref().and_then(|t| self.members.get(t)).is_some_and(|m| m.iter().any(|m| m == person || self.ids(person).contains(m)))
        };
        (name_a.is_some() && name_b.is_none() && member(&name_a, b)) || (name_b.is_some() && name_a.is_none() && member(&name_b, a))
    }

    /// Whether a party is still there, and when it last did something.
    pub(super) fn activity(&self, party: &str) -> (Activity, Option<i64>) {
        if let Some(members) = team_name(party).and_then(|t| self.members.get(&t)).filter(|m| !m.is_empty()) {
            let all: Vec<(Activity, Option<i64>)> = members.iter().map(|m| self.of_person(m)).collect();
            let last = all.iter().filter_map(|(_, t)| *t).max();
            // One member who may be there is enough.
            return (all.iter().map(|(a, _)| *a).min_by_key(|a| presence(*a)).unwrap_or_default(), last);
        }
        self.of_person(party)
    }

    fn of_person(&self, party: &str) -> (Activity, Option<i64>) {
        let ids = self.ids(party);
        let last = ids.iter().filter_map(|id| self.last.get(id)).max().copied();
        if ids.iter().any(|id| self.departed.contains(id)) {
            return (Activity::Departed, last);
        }
        let Some(time) = last else { return (Activity::Unknown, None) };
        let silence = self.now - time;
        let activity = match () {
            () if silence > self.limit && ids.iter().any(|id| self.emeritus.contains(id)) => Activity::Departed,
            () if silence > self.limit => Activity::Inactive,
            () if silence > QUIET * DAY => Activity::Quiet,
            () => Activity::Active,
        };
        (activity, last)
    }

    /// Takes down that a party did something.
    pub(super) fn saw(&mut self, party: String, time: i64) {
        let last = self.last.entry(party).or_insert(i64::MIN);
        *last = (*last).max(time.min(self.now));
    }

    /// Seconds before now that something was done.
    pub(super) fn age(&self, time: i64) -> i64 {
        (self.now - time).max(0)
    }
}

/// Whom to take for a whole team: the one most surely there.
fn presence(activity: Activity) -> u8 {
    match activity {
        Activity::Active => 0,
        Activity::Quiet => 1,
        Activity::Unknown => 2,
        Activity::Inactive => 3,
        Activity::Departed => 4,
    }
}

/// How long a silence means something: half a year, or three times what usually lies between commits of different people.
fn limit(events: &mut [(i64, u32)]) -> i64 {
    events.sort_unstable();
    let mut gaps: Vec<i64> = events.windows(2).filter(|w| w[0].1 != w[1].1).map(|w| w[1].0 - w[0].0).collect();
    gaps.sort_unstable();
    (INACTIVE * DAY).max(3 * gaps.get(gaps.len() / 2).copied().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_measured_by_what_is_usual() {
        let busy: Vec<(i64, u32)> = [(0, 0), (200, 1), (300, 2), (301, 3), (302, 2), (303, 3)].iter().map(|(d, p)| (d * DAY, *p)).collect();
        assert_eq!(limit(&mut busy.clone()), INACTIVE * DAY);
        // Where somebody comes by every two hundred days, four hundred are no sign.
        let mut slow: Vec<(i64, u32)> = [(0, 0), (200, 1), (400, 2)].iter().map(|(d, p)| (d * DAY, *p)).collect();
        assert_eq!(limit(&mut slow), 600 * DAY);
    }

    #[test]
    fn people_are_one_by_all_their_ids_and_teams_by_their_members() {
        let people = People::parse(
            "people:\n  - emails: [alice@example.org]\n    logins: [alice]\n    status: left\n  - emails: [bob@example.org]\n    logins: [bob]\nteams:\n  - id: team:gh/acme/platform\n    members: [alice, bob]\n  - id: team:gh/acme/gone\n    members: [alice]\nlist_domains: [lists.example.org]\n",
        )
        .expect("valid");
        let mut crowd = Crowd::new(&[], &people, 0);
        crowd.now = 100 * DAY;
        crowd.limit = INACTIVE * DAY;
        crowd.last.insert("person:bob@example.org".into(), 95 * DAY);
        assert_eq!(crowd.canonical("person:gh/alice"), "person:alice@example.org");
        assert_eq!(crowd.canonical("person:infra@lists.example.org"), "team:infra@lists.example.org");
        assert_eq!(crowd.activity("person:gh/alice").0, Activity::Departed);
        assert_eq!(crowd.activity("team:name/platform-team").0, Activity::Active);
        assert_eq!(crowd.activity("team:gh/acme/gone").0, Activity::Departed);
        assert_eq!(crowd.activity("team:gh/acme/other").0, Activity::Unknown);
        assert!(crowd.alike("team:gh/acme/platform", "team:name/platform"));
        assert!(crowd.alike("person:bob@example.org", "team:name/platform"));
        assert!(!crowd.alike("person:carol@example.org", "team:name/platform"));
    }
}
