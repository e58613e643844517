//! Who brought each line of a file, as an earlier run found it: it counts while neither the file nor any of its versions is another one.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cache::{Cache, Reader, Writer};
use crate::own::Repository;

/// The kind of the entry; a change of its form is a new kind.
const LINES: &str = "lines/2";

/// Everything that decides who brought the lines of a file, hashed.
pub(super) type Proof = [u8; 32];

/// For each line of a file the version that brought it, by its place among the versions that were looked at.
pub(super) type Versions = Vec<Option<u32>>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) proof: Proof,
    /// On HEAD's line, and on any; nothing where there is no other.
    pub(super) landed: Versions,
    pub(super) first: Option<Versions>,
}

fn parts(repository: &Repository) -> [&[u8]; 2] {
    [repository.git_dir.as_os_str().as_encoded_bytes(), repository.id.as_bytes()]
}

/// What an earlier run found, by path.
pub(super) fn lines(repository: &Repository, cache: &Cache) -> BTreeMap<Arc<str>, Known> {
    cache.get(LINES, &parts(repository)).and_then(|row| read(&mut Reader::new(&row))).unwrap_or_default()
}

fn read(row: &mut Reader<'_>) -> Option<BTreeMap<Arc<str>, Known>> {
    let mut files = BTreeMap::new();
    for _ in 0..row.count()? {
        let (path, proof) = (row.text()?, row.bytes()?.try_into().ok()?);
        let landed = read_versions(row)?;
        let first = if row.number()? == 1 { Some(read_versions(row)?) } else { None };
        files.insert(path, Known { proof, landed, first });
    }
    Some(files)
}

fn read_versions(row: &mut Reader<'_>) -> Option<Versions> {
    (0..row.count()?).map(|_| Some(row.small()?.checked_sub(1))).collect()
}

fn keep_versions(versions: &Versions, row: &mut Writer) {
    row.number(versions.len() as u64);
    versions.iter().for_each(|v| row.number(v.map_or(0, |v| u64::from(v) + 1)));
}

pub(super) fn keep_lines(repository: &Repository, cache: &Cache, files: &BTreeMap<Arc<str>, Known>) {
    let mut row = Writer::default();
    row.number(files.len() as u64);
    for (path, known) in files {
        row.bytes(path.as_bytes());
        row.bytes(&known.proof);
        keep_versions(&known.landed, &mut row);
        row.number(u64::from(known.first.is_some()));
        known.first.iter().for_each(|first| keep_versions(first, &mut row));
    }
    cache.put(LINES, &parts(repository), &row.finish());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_and_what_is_cut_is_nothing() {
        let folder = tempfile::tempdir().expect("temp");
        let cache = Cache::open(folder.path(), "one".to_owned());
        let repository = Repository { id: "repo:x".into(), git_dir: "/x/.git".into(), ..Repository::default() };
        let files = BTreeMap::from([
            ("a.tf".into(), Known { proof: [7; 32], landed: vec![None, Some(0), Some(300)], first: None }),
            ("b.tf".into(), Known { proof: [8; 32], landed: vec![Some(2)], first: Some(vec![Some(1)]) }),
        ]);
        keep_lines(&repository, &cache, &files);
        assert_eq!(lines(&repository, &cache), files);
        assert_eq!(lines(&Repository { id: "repo:y".into(), ..repository }, &cache), BTreeMap::new());
        assert_eq!(read(&mut Reader::new(&[1, 4])), None);
    }
}
