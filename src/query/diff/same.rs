//! What is the same thing before and after a change, although its id is another.

use std::borrow::Cow;

use crate::graph::{Edge, Lineage};
use crate::model::without_line;

pub(super) type EdgeName = (&'static str, String, String, String);

/// Names that do not change when lines move, files are renamed, or a value moves from one place to another.
pub(super) struct Names<'a> {
    lineage: &'a Lineage,
    /// Old path to new path; of the side after the change, empty.
    renames: &'a [(String, String)],
}

impl<'a> Names<'a> {
    pub(super) fn new(lineage: &'a Lineage, renames: &'a [(String, String)]) -> Self {
        Names { lineage, renames }
    }

    /// The lasting name of a node.
    pub(super) fn of(&self, id: &str) -> String {
        // A credential that only its place tells apart is the same wherever its value goes.
        if id.contains("/@")
            && let Some(value) = self.lineage.values.0.get(id)
        {
            return format!("value:{value:032x}");
        }
        let mut name = Cow::Borrowed(without_line(id));
        for (old, new) in self.renames {
            if let Some(renamed) = renamed(&name, old, new) {
                name = Cow::Owned(renamed);
            }
        }
        name.into_owned()
    }

    /// The lasting name of an edge: relation, ends, and the level that it gives.
    pub(super) fn edge(&self, edge: &Edge) -> EdgeName {
        (edge.relation.name, self.of(&edge.from), self.of(&edge.to), edge.text("level").unwrap_or_default().to_owned())
    }

    /// The lasting name of a finding, from the ids that make it.
    pub(super) fn finding(&self, check: &'static str, subject: &str, key: &[String]) -> (&'static str, Vec<String>) {
        (check, std::iter::once(self.of(subject)).chain(key.iter().skip(1).map(|id| self.of(id))).collect())
    }
}

/// The id with one path in place of another, where it holds that path whole.
fn renamed(id: &str, old: &str, new: &str) -> Option<String> {
    let at = id.find(old)?;
    let (before, after) = (&id[..at], &id[at + old.len()..]);
    let whole = before.is_empty() || before.ends_with(['/', ':', '@', '#']);
    (whole && (after.is_empty() || after.starts_with(['#', ':', '@', '/', '}']))).then(|| format!("{before}{new}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_paths_may_change() {
        assert_eq!(without_line("file:github.com/a/b//x.yml#L12:4"), "file:github.com/a/b//x.yml");
        assert_eq!(without_line("job:x#Lint"), "job:x#Lint");
        assert_eq!(
            renamed("job:github.com/a/b/.github/workflows/x.yml#build", ".github/workflows/x.yml", "ci/y.yml").as_deref(),
            Some("job:github.com/a/b/ci/y.yml#build")
        );
        assert_eq!(renamed("job:my.github/workflows/x.yml", "github/workflows/x.yml", "y"), None);
        assert_eq!(renamed("arn:aws:iam::{r//infra}:role/x", "infra", "terraform").as_deref(), Some("arn:aws:iam::{r//terraform}:role/x"));
        assert_eq!(renamed("file:a//x.yml2", "x.yml", "y"), None);
    }
}
