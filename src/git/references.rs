//! References as they lie in files (git's `repository-layout`): loose ones, packed ones, and HEAD. Ids may have any length.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use super::objects::hex;

/// A reference of a reference of a reference: git follows five.
const MAX_STEPS: usize = 5;
/// A loose reference is an id or a name; what is longer is none.
const MAX_LOOSE: u64 = 4096;
const MAX_PACKED: u64 = 256 << 20;
/// Folders of references nested deeper than this are not followed.
const MAX_DEPTH: usize = 32;

/// What a reference says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    Id(Vec<u8>),
    Name(String),
}

/// References of a repository, by name.
#[derive(Debug, Default)]
pub(super) struct References {
    named: BTreeMap<String, Target>,
}

impl References {
    /// Reads the references of a work tree: `git_dir` is its own folder, `common` that of the repository.
    pub(super) fn read(git_dir: &Path, common: &Path) -> Self {
        let mut named = BTreeMap::new();
        if let Some(packed) = small(&common.join("packed-refs"), MAX_PACKED) {
            for line in packed.split(|b| *b == b'\n').filter(|l| !l.starts_with(b"#") && !l.starts_with(b"^")) {
                let line = String::from_utf8_lossy(line);
                if let Some((id, name)) = line.trim_end().split_once(' ')
                    && let Some(id) = hex(id)
                {
                    named.insert(name.to_owned(), Target::Id(id));
                }
            }
        }
        loose(&common.join("refs"), "refs", 0, &mut named);
        if git_dir != common {
            loose(&git_dir.join("refs"), "refs", 0, &mut named);
        }
        // Where a work tree stands, and what it is in the middle of.
        named.extend(target(&git_dir.join("HEAD")).map(|t| ("HEAD".to_owned(), t)));
        References { named }
    }

    /// The id that a reference leads to.
    pub(super) fn id(&self, name: &str) -> Option<&[u8]> {
        let mut name = name;
        for _ in 0..MAX_STEPS {
            match self.named.get(name)? {
                Target::Id(id) => return Some(id),
                Target::Name(next) => name = next,
            }
        }
        None
    }

    /// Every reference but HEAD with the id that it leads to, by name.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.named.keys().filter(|n| *n != "HEAD").filter_map(|n| Some((n.as_str(), self.id(n)?)))
    }
}

fn loose(folder: &Path, name: &str, depth: usize, named: &mut BTreeMap<String, Target>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        match entry.file_type() {
            Ok(t) if t.is_dir() && depth < MAX_DEPTH => loose(&entry.path(), &name, depth + 1, named),
            Ok(t) if !t.is_dir() && !name.ends_with(".lock") => named.extend(target(&entry.path()).map(|t| (name, t))),
            _ => {}
        }
    }
}

/// `ref: <name>`, an id, or (as git once wrote them) a link to another reference.
fn target(file: &Path) -> Option<Target> {
    if let Ok(link) = fs::read_link(file) {
        return Some(Target::Name(link.to_str().filter(|l| l.starts_with("refs/"))?.to_owned()));
    }
    let bytes = small(file, MAX_LOOSE)?;
    let text = std::str::from_utf8(&bytes).ok()?.trim();
    match text.strip_prefix("ref:") {
        Some(name) => Some(Target::Name(name.trim().to_owned())),
        None => hex(text.split_whitespace().next()?).map(Target::Id),
    }
}

/// A plain file of at most so many bytes.
pub(super) fn small(file: &Path, limit: u64) -> Option<Vec<u8>> {
    fs::symlink_metadata(file).ok().filter(|m| m.is_file() && m.len() <= limit)?;
    let mut bytes = Vec::new();
    fs::File::open(file).ok()?.take(limit).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loose_ones_win_over_packed_ones_and_names_are_followed() {
        let folder = tempfile::tempdir().expect("temp");
        let at = folder.path();
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        fs::create_dir_all(at.join("refs/heads")).expect("made");
        fs::create_dir_all(at.join("refs/remotes/origin")).expect("made");
        fs::write(at.join("packed-refs"), format!("# pack-refs with: peeled\n{one} refs/heads/main\n{one} refs/tags/v1\n^{two}\n")).expect("written");
        fs::write(at.join("refs/heads/main"), format!("{two}\n")).expect("written");
        fs::write(at.join("refs/heads/broken"), "not an id").expect("written");
        fs::write(at.join("refs/heads/circle"), "ref: refs/heads/circle\n").expect("written");
        fs::write(at.join("refs/remotes/origin/HEAD"), "ref: refs/heads/main\n").expect("written");
        fs::write(at.join("HEAD"), "ref: refs/heads/main\n").expect("written");
        let references = References::read(at, at);
        let all: Vec<(&str, String)> = references.all().map(|(n, id)| (n, format!("{:02x}", id[0]))).collect();
        assert_eq!(all, [("refs/heads/main", "22".into()), ("refs/remotes/origin/HEAD", "22".into()), ("refs/tags/v1", "11".into())]);
        assert_eq!(references.id("HEAD").map(|id| id[0]), Some(0x22));
    }
}
