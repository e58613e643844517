//! Which commits are looked at.

use git2::Oid;

use super::{GitError, Repo};

/// A choice of commits, as people name them; the default is all that any reference reaches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only what these reach.
    pub from: Vec<String>,
    /// Not what these reach.
    pub without: Vec<String>,
    /// Only commits that are so many generations away from where the walk begins, at most.
    pub max_depth: Option<u32>,
    /// Not what any reference reaches: all that a push brings.
    pub unreferenced: bool,
    /// Also what no reference reaches any more: the stash, what the reflogs remember, dangling commits and files.
    pub unreachable: bool,
}

impl Selection {
    /// `A..B`: what B has and A has not; an empty side is HEAD.
    pub fn range(text: &str) -> Option<Self> {
        let (without, from) = text.split_once("..")?;
        let side = |s: &str| if s.is_empty() { "HEAD".to_owned() } else { s.to_owned() };
        // Three dots mean another set, which nobody means here.
        (!from.starts_with('.')).then(|| Selection { from: vec![side(from)], without: vec![side(without)], ..Selection::default() })
    }
}

/// A line that git gives to its hooks on the receiving side: the old id of a reference, the new one, and its name. Zeros stand for none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    pub old: Option<String>,
    pub new: Option<String>,
}

impl Update {
    /// Reads a line; nothing when it is none.
    pub fn read(line: &str) -> Option<Self> {
        let mut words = line.splitn(3, ' ');
        let mut id = || {
            let id = words.next().filter(|w| matches!(w.len(), 40 | 64) && w.bytes().all(|b| b.is_ascii_hexdigit()))?;
            Some(Some(id.to_owned()).filter(|id| id.bytes().any(|b| b != b'0')))
        };
        let (old, new) = (id()?, id()?);
        words.next()?;
        Some(Update { old, new })
    }
}

impl Selection {
    /// The commits that a push brings.
    pub fn pushed(updates: &[Update]) -> Self {
        let ids = |side: fn(&Update) -> &Option<String>| updates.iter().filter_map(|u| side(u).clone()).collect();
        Selection { from: ids(|u| &u.new), without: ids(|u| &u.old), unreferenced: true, ..Selection::default() }
    }
}

impl Repo {
    /// The commits that revisions name. An error names the first that names none.
    pub(super) fn commits(&self, revisions: &[String]) -> Result<Vec<Oid>, GitError> {
        let one = |revision: &String| {
            let commit = self.inner.revparse_single(revision).and_then(|o| o.peel_to_commit());
            commit.map(|c| c.id()).map_err(|_| GitError::NoSuchRevision { revision: revision.clone() })
        };
        revisions.iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let read = |text| Selection::range(text).map(|s| (s.without.concat(), s.from.concat()));
        assert_eq!(read("main..topic"), Some(("main".into(), "topic".into())));
        assert_eq!(read("v1.."), Some(("v1".into(), "HEAD".into())));
        assert_eq!(read("main...topic"), None);
        assert_eq!(read("main"), None);
    }

    #[test]
    fn lines_of_a_hook() {
        let (zero, one, two) = ("0".repeat(40), "1".repeat(40), "2".repeat(40));
        let pushed = [format!("{one} {two} refs/heads/main"), format!("{zero} {two} refs/heads/a b"), format!("{one} {zero} refs/tags/gone")];
        let updates: Vec<Update> = pushed.iter().filter_map(|line| Update::read(line)).collect();
        let selection = Selection::pushed(&updates);
        assert_eq!((selection.from, selection.without), (vec![two.clone(), two.clone()], vec![one.clone(), one.clone()]));
        for wrong in ["", "main", &format!("{one} {two}"), &format!("{one} HEAD refs/heads/main")] {
            assert_eq!(Update::read(wrong), None, "{wrong}");
        }
    }
}
