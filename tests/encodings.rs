//! Values that stand encoded or packed are found, their place and the way to them is told, and they are printed nowhere.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use nhi::config::Config;
use nhi::document::Document;
use nhi::graph::Lineage;
use nhi::pipeline;
use nhi::report::{FORMATS, Style};

use crate::packing::{bz2, class, elf, gzip, pyc, sqlite, tar, xz, zip, zstd};

fn scan(path: &str, bytes: Vec<u8>) -> Lineage {
    let repository: Arc<str> = "repo:github.com/acme/web".into();
    pipeline::scan_documents(vec![Document::new(repository, path, bytes, None)], &Config::default(), 1_767_225_600)
}

/// Where each credential is, and how it is written.
fn credentials(lineage: &Lineage) -> Vec<(u32, String)> {
    let nodes = lineage.graph.nodes.values().filter(|n| n.id().starts_with("cred:"));
    nodes
        .map(|n| {
            let steps = n.attributes.get("decoded").and_then(|d| d.as_array()).into_iter().flatten();
            let steps: Vec<&str> = steps.filter_map(|s| s.as_str()).collect();
            (n.declared.first().or(n.mentioned.first()).map_or(0, |at| at.line), steps.join(" > "))
        })
        .collect()
}

/// A made-up token that proves itself by its checksum.
fn token() -> String {
    let body = "Zq7pLantEdVal9xK4mW2tR8sB5nYcG";
    let mut sum = flate2::Crc::new();
    sum.update(body.as_bytes());
    let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let check: String = (0..6).rev().map(|i| digits[(sum.sum() / 62u32.pow(i) % 62) as usize] as char).collect();
    format!("{}{body}{check}", ["ghp", "_"].concat())
}

/// Every way of writing a token, with the way that a report tells.
fn written(token: &str) -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let line = format!("first line\nAPI_TOKEN={token}\n");
    let text = line.as_bytes();
    let each = |write: &dyn Fn(u32) -> String| token.chars().map(|c| write(c as u32)).collect::<String>();
    let (head, tail) = token.split_at(17);
    let wide = |little: bool, width: usize| -> Vec<u8> {
        let units = ['\u{FEFF}'].into_iter().chain(line.chars()).map(u32::from);
        units.flat_map(|u| if little { u.to_le_bytes()[..width].to_vec() } else { u.to_be_bytes()[4 - width..].to_vec() }).collect()
    };
    let wrapped = |text: &str| text.as_bytes().chunks(40).map(|c| format!("    {}\n", String::from_utf8_lossy(c))).collect::<String>();
    let paragraph = format!("<w:p><w:r><w:t>key: {head}</w:t></w:r><w:r><w:t>{tail}</w:t></w:r></w:p>");
    let strings = format!("<sst><si><t>token</t></si><si><t>{token}</t></si></sst>");
    let sheet = "<sheetData><row><c r=\"A1\" t=\"s\"><v>0</v></c></row><row><c r=\"A2\" t=\"s\"><v>1</v></c></row></sheetData>";
    vec![
        ("a.env", text.to_vec(), ""),
        ("a.txt", wide(true, 2), ""),
        ("a.txt", wide(false, 2), ""),
        ("a.txt", wide(true, 4), ""),
        ("a.txt", wide(false, 4), ""),
        ("a.yml", format!("\ndata: {}\n", STANDARD.encode(text)).into_bytes(), "base64"),
        ("a.yml", format!("\ndata: {}\n", URL_SAFE_NO_PAD.encode(text)).into_bytes(), "base64"),
        ("a.yml", format!("\ndata: {}\n", STANDARD.encode(STANDARD.encode(text))).into_bytes(), "base64 > base64"),
        ("a.yml", format!("data: |\n{}", wrapped(&STANDARD.encode(text))).into_bytes(), "base64"),
        ("a.yml", format!("\ndata: {}\n", STANDARD.encode(gzip(text))).into_bytes(), "base64 > gzip:2"),
        ("a.txt", format!("\n{}\n", each(&|c| format!("{c:02x}"))).into_bytes(), "hex"),
        ("a.js", format!("\nx = '{}'", each(&|c| format!("\\x{c:02x}"))).into_bytes(), "backslash escapes"),
        ("a.json", format!("\n\"{}\"", each(&|c| format!("\\u{c:04x}"))).into_bytes(), "backslash escapes"),
        ("a.json", format!("\n{{\"a\": \"x\\n{token}\"}}").into_bytes(), "backslash escapes"),
        ("a.txt", format!("\n/?t={}", each(&|c| format!("%{c:02x}"))).into_bytes(), "percent"),
        ("a.html", format!("\n<p>{}</p>", each(&|c| format!("&#{c};"))).into_bytes(), "html entities"),
        ("a.go", format!("\nx := \"{head}\" +\n\t\"{tail}\"\n").into_bytes(), "joined strings"),
        ("a.go", format!("\nvar token = []byte{{{}}}\n", token.bytes().map(|b| format!("{b:#04x}, ")).collect::<String>()).into_bytes(), "byte array"),
        ("a.env.gz", gzip(text), "gzip:2"),
        ("a.env.bz2", bz2(text), "bzip2:2"),
        ("a.tar.bz2", bz2(&tar(&[("b/a.env", text)])), "bzip2 b/a.env:2"),
        ("a.env.xz", xz(text), "xz:2"),
        ("a.env.zst", zstd(text), "zstd:2"),
        ("a.tar", tar(&[("b/c.txt", b"nothing"), ("b/a.env", text)]), "tar b/a.env:2"),
        ("a.tgz", gzip(&tar(&[("b/a.env", text)])), "gzip b/a.env:2"),
        ("a.zip", zip(&[("b/a.env", text)], 0), "zip b/a.env:2"),
        ("a.jar", zip(&[("b.zip", &zip(&[("A.class", &class(token))], 0))], 0), "zip b.zip > zip A.class > class"),
        ("a.docx", zip(&[("word/document.xml", paragraph.as_bytes())], 0), "zip word/document.xml:1"),
        ("a.odt", zip(&[("content.xml", format!("<text:p>{token}</text:p>").as_bytes())], 0), "zip content.xml:1"),
        ("a.xlsx", zip(&[("xl/worksheets/sheet1.xml", sheet.as_bytes()), ("xl/sharedStrings.xml", strings.as_bytes())], 0), "zip xl/worksheets/sheet1.xml:2"),
        ("a.db", sqlite(["name", "token"], ["bot", token]), "sqlite logins:2"),
        ("A.class", class(token), "class"),
        ("a.pyc", pyc(token), "pyc"),
        ("a.so", elf(token), "strings"),
        ("a.txt", format!("\n{}\n", STANDARD.encode(zip(&[("a.env", text)], 0))).into_bytes(), "base64 > zip a.env:2"),
    ]
}

#[test]
fn every_way_of_writing_a_value_is_read_and_told() {
    for (path, bytes, way) in written(&token()) {
        let found = credentials(&scan(path, bytes.clone()));
        let line = if way.is_empty() || path == "a.yml" && bytes.starts_with(b"data: |") { 2 } else { 1 + u32::from(bytes.starts_with(b"\n")) };
        assert_eq!(found, [(line, way.to_owned())], "{path} {way}");
    }
}

#[test]
fn no_report_contains_a_value_that_was_encoded_or_packed() {
    let token = token();
    for (path, bytes, way) in written(&token) {
        let mut lineage = scan(path, bytes);
        lineage.now = 1_767_225_600;
        for format in FORMATS {
            let report = (format.write)(&lineage, &Style { width: 200, color: false });
            let forms = [token.clone(), STANDARD.encode(&token), token[4..24].to_owned(), STANDARD.encode(format!("first line\nAPI_TOKEN={token}\n"))];
            assert!(forms.iter().all(|f| !report.contains(f.as_str())), "{path} {way} in {}", format.name);
        }
    }
}

#[test]
fn a_name_of_a_member_is_shown_unless_it_is_a_secret_itself() {
    let token = token();
    let lineage = scan("a.zip", zip(&[(&format!("{token}.env"), format!("API_TOKEN={token}\n").as_bytes())], 0));
    assert_eq!(credentials(&lineage), [(1, "zip (a name that holds a secret):1".to_owned())]);
}

#[test]
fn what_is_not_read_of_an_archive_is_said() {
    let coverage = |path: &str, bytes: Vec<u8>| scan(path, bytes).coverage.into_iter().map(|n| n.reason).collect::<Vec<_>>();
    let large = vec![b'a'; 11 << 20];
    assert_eq!(coverage("a.zip", zip(&[("a", b"x")], 1)), ["the archive has a member that is encrypted"]);
    assert_eq!(coverage("a.zip", zip(&[("a", &large)], 0)), ["the archive has a member that is larger than is read"]);
    assert_eq!(coverage("a.zip", b"PK\x03\x04 and nothing more".to_vec()), ["the archive is damaged"]);
    let mut nested = b"x".to_vec();
    for _ in 0..8 {
        nested = gzip(&nested);
    }
    assert_eq!(coverage("a.gz", nested), ["the archive is nested deeper than is read"]);
    // Forty times ten mebibytes of zeros in four hundred kilobytes.
    let zeros = vec![0; 10 << 20];
    let members: Vec<(String, &[u8])> = (0..40).map(|i| (format!("{i}"), zeros.as_slice())).collect();
    let members: Vec<(&str, &[u8])> = members.iter().map(|(n, b)| (n.as_str(), *b)).collect();
    assert_eq!(coverage("a.tgz", gzip(&tar(&members))), ["the archive is damaged", "the archive unpacks to more than is read"]);
    assert!(coverage("a.zip", zip(&[("a.env", b"x")], 0)).is_empty());
}

#[test]
fn a_file_that_is_too_large_to_be_parsed_is_still_looked_at() {
    let folder = tempfile::tempdir().expect("a folder");
    let token = token();
    let filler = "nothing to see in this line of text\n".repeat(330_000);
    let one_line = "nothing to see in this text ".repeat(420_000);
    std::fs::write(folder.path().join("lines.log"), format!("API_TOKEN={token}\n{filler}API_TOKEN={token}\n")).expect("written");
    std::fs::write(folder.path().join("line.log"), format!("{one_line}{token} {one_line}")).expect("written");
    let request = pipeline::Request {
        paths: &[folder.path().to_path_buf()],
        mode: pipeline::Mode::Full { history: None },
        config: &Config::default(),
        submodules: false,
        cache: &nhi::cache::Cache::none(),
        now: 1_767_225_600,
        progress: &|_| {},
    };
    let lineage = pipeline::scan(&request).expect("read");
    let places: Vec<(String, u32, u32)> = lineage
        .graph
        .nodes
        .values()
        .filter(|n| n.id().starts_with("cred:"))
        .flat_map(|n| n.declared.iter().map(|at| (at.path.to_string(), at.line, at.column)))
        .collect();
    assert_eq!(places, [("line.log".into(), 1, one_line.len() as u32 + 1), ("lines.log".into(), 1, 11), ("lines.log".into(), 330_002, 11)]);
    let notes: Vec<(String, String)> = lineage.coverage.iter().map(|n| (n.path.to_string(), n.reason.clone())).collect();
    let reason = "larger than 10 MiB: only secret values were looked for";
    assert_eq!(notes, [("line.log".into(), reason.into()), ("lines.log".into(), reason.into())]);
}

#[test]
fn mutilated_containers_never_panic() {
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    for (path, bytes, way) in written(&token()).into_iter().filter(|w| !w.2.is_empty()) {
        for _ in 0..60 {
            let mut bytes = bytes.clone();
            for _ in 0..1 + random(6) {
                let at = random(bytes.len());
                match random(3) {
                    0 => bytes.truncate(at.max(8)),
                    1 => bytes.insert(at, random(256) as u8),
                    _ => bytes[at] = random(256) as u8,
                }
            }
            let failed = scan(path, bytes).coverage.into_iter().any(|n| n.reason.contains("failed"));
            assert!(!failed, "{path} {way}");
        }
    }
}
