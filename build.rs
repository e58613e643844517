//! Bakes `rules/*.yml` into the binary: every file is read and checked here, so that a run starts with nothing to parse and no table to build.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

#[path = "src/detect/assigned.rs"]
#[allow(unreachable_pub, dead_code, reason = "the library shares the file")]
mod assigned;
#[path = "src/detect/form.rs"]
#[allow(unreachable_pub, dead_code, reason = "the library shares the file")]
mod form;
#[path = "src/detect/keywords.rs"]
#[allow(unreachable_pub, dead_code, reason = "the library shares the file")]
mod keywords;
#[path = "src/detect/shape.rs"]
#[allow(unreachable_pub, dead_code, reason = "the library shares the file")]
mod shape;
#[path = "src/detect/wanted.rs"]
#[allow(unreachable_pub, dead_code, reason = "the library shares the file")]
mod wanted;

fn main() {
    println!("cargo::rerun-if-changed=rules");
    for shared in ["assigned", "form", "keywords", "shape", "wanted"] {
        println!("cargo::rerun-if-changed=src/detect/{shared}.rs");
    }
    let mut files: Vec<_> = fs::read_dir("rules").expect("the folder rules/").map(|e| e.expect("an entry of rules/").path()).collect();
    files.sort();
    let mut forms = Vec::new();
    let mut ids = BTreeSet::new();
    let compiles = |pattern: &str| regex_syntax::ParserBuilder::new().utf8(false).unicode(false).build().parse(pattern).map(|_| ()).map_err(|e| e.to_string());
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "yml")) {
        let text = fs::read_to_string(file).expect("a rules file is UTF-8");
        for form in form::read(&text, compiles).unwrap_or_else(|e| panic!("{}: {e}", file.display())) {
            assert!(ids.insert(form.id.clone()), "{}: the id {} is used twice", file.display(), form.id);
            forms.push(form);
        }
    }
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("rules.rs"), source(&forms)).expect("OUT_DIR can be written");
}

/// The rules and the tables of their keywords as items of Rust.
fn source(forms: &[form::Form]) -> String {
    let mut out = format!("pub(super) static RULES: [Rule; {}] = [\n", forms.len());
    for f in forms {
        let _ = write!(out, "Rule::new(Form {{ id: {}, name: {}, credential: {}, ", text(&f.id), text(&f.name), text(&f.credential));
        let _ = write!(out, "provider: {}, keywords: {}, ", text(&f.provider), slice(f.keywords.iter().map(|k| text(k))));
        let _ = write!(out, "pattern: {}, value: {}, run: {}, check: {}, public: {}, ", text(&f.pattern), text(&f.value), f.run, text(&f.check), f.public);
        let _ = writeln!(out, "matches: {}, ignores: {} }}),", slice(f.matches.iter().map(|m| text(m))), slice(f.ignores.iter().map(|i| text(i))));
    }
    let wanted = wanted::Wanted::new(forms.iter());
    let k = &wanted.keywords;
    let words = k.words.iter().map(|w| format!("Word {{ text: {}, exact: {} }}", text(&w.text), w.exact));
    out.push_str("];\n\npub(super) static WANTED: Wanted = Wanted {\nkeywords: Keywords {\n");
    let _ = writeln!(out, "filter: {},", slice(k.filter.iter().map(u64::to_string)));
    let _ = writeln!(out, "second: {},", slice(k.second.iter().map(|[fifth, sixth]| format!("[{fifth}, {sixth}]"))));
    let _ = writeln!(out, "table: {},", slice(k.table.iter().map(|(gram, from, to)| format!("({gram}, {from}, {to})"))));
    let _ = writeln!(out, "by_start: {},", slice(k.by_start.iter().map(|(number, rest, counts)| format!("({number}, {rest}, {counts})"))));
    let _ = writeln!(out, "words: {},\n}},", slice(words));
    let wants = wanted.by_keyword.iter().map(|wants| slice(wants.iter().map(|want| format!("Want::{want:?}"))));
    let _ = writeln!(out, "by_keyword: {},\n}};", slice(wants));
    out
}

fn text(text: &str) -> String {
    format!("Cow::Borrowed({text:?})")
}

fn slice(items: impl Iterator<Item = String>) -> String {
    format!("Cow::Borrowed(&[{}])", items.collect::<Vec<_>>().join(", "))
}
