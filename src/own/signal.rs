//! The signals of ownership: one ordered list, from what the object itself states down to what its name suggests.

use super::Subject;
use super::score::Said;
use super::{behaviour, catalogued, named, ruled, stated};

/// One kind of reason to think that a party answers for something.
pub struct OwnerSignal {
    /// Short, kebab-case; shown in reports.
    pub name: &'static str,
    /// 1 (stated on the object) to 6 (naming).
    pub tier: u8,
    /// 0 to 1, before recency and activity.
    pub weight: f64,
    /// One line for people.
    pub about: &'static str,
    pub(super) run: fn(&Subject<'_>, &mut Said<'_>),
}

/// Every signal, strongest tier first.
pub static SIGNALS: &[&OwnerSignal] = &[
    &stated::DECLARED,
    &stated::TAG,
    &stated::NAMESPACE,
    &stated::COMPONENT,
    &catalogued::CONFIGURED,
    &catalogued::CATALOGUE,
    &ruled::CODEOWNERS,
    &ruled::OWNERS,
    &ruled::USED_THERE,
    &catalogued::MANIFEST,
    &stated::TRACE_TAG,
    &behaviour::INTRODUCER,
    &behaviour::BLAME_MAJORITY,
    &behaviour::FREQUENT_MODIFIER,
    &behaviour::FILE_CREATOR,
    &behaviour::LAST_MODIFIER,
    &behaviour::CONSUMER_AUTHOR,
    &behaviour::APPROVER,
    &behaviour::COMMITTER,
    &named::NAME,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_in_the_order_of_their_tiers_and_have_names_of_their_own() {
        assert!(SIGNALS.windows(2).all(|w| w[0].tier <= w[1].tier));
        let mut names: Vec<&str> = SIGNALS.iter().map(|s| s.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), SIGNALS.len());
    }
}
