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
}

impl Selection {
    /// `A..B`: what B has and A has not; an empty side is HEAD.
    pub fn range(text: &str) -> Option<Self> {
        let (without, from) = text.split_once("..")?;
        let side = |s: &str| if s.is_empty() { "HEAD".to_owned() } else { s.to_owned() };
        // Three dots mean another set, which nobody means here.
        (!from.starts_with('.')).then(|| Selection { from: vec![side(from)], without: vec![side(without)], max_depth: None })
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
}
