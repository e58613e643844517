//! The architecture holds: a module names only lower floors, every file is named in its `mod.rs`, and heavy crates stay behind their fences.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).expect("readable").map(|e| e.expect("entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

fn all_files() -> Vec<(String, String)> {
    let root = source();
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    files
        .into_iter()
        .map(|p| {
            let name = p.strip_prefix(&root).expect("below src").to_string_lossy().replace('\\', "/");
            (name, fs::read_to_string(&p).expect("UTF-8"))
        })
        .collect()
}

/// Module to floor, 0 on top, as the groups of `lib.rs` state.
fn floors() -> BTreeMap<String, usize> {
    let text = fs::read_to_string(source().join("lib.rs")).expect("lib.rs");
    let mut floors = BTreeMap::new();
    let mut floor = 0;
    let mut seen = false;
    for line in text.lines() {
        match line.strip_prefix("pub mod ").and_then(|l| l.strip_suffix(';')) {
            Some(module) => {
                floors.insert(module.to_owned(), floor);
                seen = true;
            }
            None if line.trim().is_empty() && seen => {
                floor += 1;
                seen = false;
            }
            None => {}
        }
    }
    floors
}

fn code_only(text: &str) -> String {
    text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_module_names_only_lower_floors() {
    let floors = floors();
    assert!(floors.len() >= 10, "the floor plan was read: {floors:?}");
    let mut wrong = Vec::new();
    for (name, text) in all_files() {
        let module = name.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
        let Some(own) = floors.get(&module) else { continue };
        for (other, floor) in &floors {
            // The one exception that ARCHITECTURE makes: graph draws with the constants of relation, on its own floor.
            let allowed = module == "graph" && other == "relation";
            if *other != module && floor <= own && !allowed && code_only(&text).contains(&format!("crate::{other}::")) {
                wrong.push(format!("{name} names {other}, which is not below it"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_is_named_in_its_folder() {
    let mut orphans = Vec::new();
    for (name, _) in all_files() {
        let path = Path::new(&name);
        let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
        let folder = path.parent().unwrap_or(Path::new(""));
        if folder.as_os_str().is_empty() || stem == "mod" {
            continue;
        }
        let parent = source().join(folder);
        let candidates = [parent.join("mod.rs"), parent.with_extension("rs")];
        let named = candidates.iter().any(|m| fs::read_to_string(m).is_ok_and(|t| t.contains(&format!("mod {stem};"))));
        if !named {
            orphans.push(name);
        }
    }
    assert!(orphans.is_empty(), "not named in their mod.rs: {orphans:?}");
}

#[test]
fn every_file_opens_with_a_line_for_its_reader() {
    let bare: Vec<String> = all_files().into_iter().filter(|(_, t)| !t.starts_with("//! ")).map(|(n, _)| n).collect();
    assert!(bare.is_empty(), "no `//!` line: {bare:?}");
}

#[test]
fn heavy_crates_stay_behind_their_fences() {
    let fences: [(&str, &[&str]); 10] = [
        ("git2", &["git/"]),
        ("clap", &["cli/"]),
        ("comfy_table", &["report/table.rs"]),
        ("indicatif", &["cli/"]),
        ("saphyr_parser", &["document/yaml.rs"]),
        ("hcl_edit", &["document/hcl.rs"]),
        ("flate2", &["decode/"]),
        ("lzma_rust2", &["decode/"]),
        ("bzip2", &["decode/"]),
        ("ruzstd", &["decode/"]),
    ];
    let mut wrong = Vec::new();
    for (name, text) in all_files() {
        for (krate, homes) in fences {
            if code_only(&text).contains(&format!("{krate}::")) && !homes.iter().any(|h| name.starts_with(h)) {
                wrong.push(format!("{name} uses {krate}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
