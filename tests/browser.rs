//! The HTML report in a real browser: content, search, a click through to a lineage and its picture; no error, nothing loaded, hostile names inert.
//!
//! Runs where Chromium is installed; `NHI_BROWSER=required` (as in `.ci/run`) makes its absence a failure.

use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use sha2::{Digest, Sha256};

/// What a person does, done by a script, and what is seen then.
const STEPS: &str = r##"
"use strict";
const seen = { errors: [] };
addEventListener("error", e => seen.errors.push("" + e.message));
document.addEventListener("securitypolicyviolation", e => seen.errors.push(e.violatedDirective));
const visible = () => Array.from(document.querySelectorAll("#ranked tbody tr")).filter(r => !r.hidden).length;
const tick = () => new Promise(done => setTimeout(done, 100));
(async () => {
  const started = performance.now();
  seen.rows = visible();
  const search = document.getElementById("search");
  search.value = "web-deploy";
  search.dispatchEvent(new Event("input"));
  seen.found = visible();
  search.value = "";
  search.dispatchEvent(new Event("input"));
  seen.milliseconds = performance.now() - started;
  const link = Array.from(document.querySelectorAll("#ranked a")).find(a => a.textContent === "web-deploy");
  link.click();
  await tick();
  const article = document.querySelector("article:target");
  seen.target = article && article.querySelector("summary").textContent;
  seen.open = article && article.querySelector("details").open;
  await tick();
  seen.boxes = article ? article.querySelectorAll("svg rect").length : 0;
  seen.lines = article ? article.querySelectorAll("svg path").length : 0;
  seen.injected = document.querySelectorAll("main img, main script, svg script").length + (window.hit ? 1 : 0);
  seen.unnamed = Array.from(document.querySelectorAll("input, select")).filter(c => !c.labels.length).length;
  const result = document.createElement("pre");
  result.id = "result";
  result.textContent = JSON.stringify(seen);
  document.body.append(result);
})();
"##;

fn browser() -> Option<&'static str> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success()))
}

/// Opens the page with the script behind it and gives what the script saw.
fn visit(folder: &Path, page: &str) -> Option<serde_json::Value> {
    let Some(browser) = browser() else {
        assert!(std::env::var_os("NHI_BROWSER").is_none_or(|v| v != "required"), "no Chromium is installed; apt-get install chromium");
        return None;
    };
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STEPS.as_bytes()));
    let page = page.replacen("script-src ", &format!("script-src 'sha256-{hash}' "), 1).replacen("</body>", &format!("<script>{STEPS}</script></body>"), 1);
    let file = folder.join("page.html");
    fs::write(&file, page).expect("written");
    let done = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"])
        .args(["--disable-component-update", "--disable-sync", "--virtual-time-budget=20000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}", file.display()))
        .output()
        .expect("the browser starts");
    let dom = String::from_utf8_lossy(&done.stdout).into_owned();
    let text = dom
        .split("<pre id=\"result\">")
        .nth(1)
        .and_then(|r| r.split("</pre>").next())
        .unwrap_or_else(|| panic!("no result: {}", String::from_utf8_lossy(&done.stderr)));
    Some(serde_json::from_str(&text.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")).expect("JSON"))
}

#[test]
fn the_page_is_searched_and_a_click_shows_a_lineage() {
    let folder = tempfile::tempdir().expect("temp");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/acme");
    let done = Command::new(env!("CARGO_BIN_EXE_nhi"))
        .current_dir(root)
        .args(["scan", "--no-history", "--format", "html", "--fail-on", "never", "."])
        .output()
        .expect("starts");
    let page = String::from_utf8(done.stdout).expect("UTF-8");
    assert!(page.contains("default-src 'none'") && !page.contains("src=") && !page.contains("href=\"http") && page.contains("id=\"graph\""), "self-contained");
    let Some(seen) = visit(folder.path(), &page) else { return };
    assert_eq!(seen["errors"], serde_json::json!([]), "{seen}");
    assert!(seen["rows"].as_u64() > seen["found"].as_u64() && seen["found"].as_u64() >= Some(1), "{seen}");
    assert!(seen["target"].as_str().is_some_and(|t| t.contains("web-deploy")) && seen["open"] == true, "{seen}");
    assert!(seen["boxes"].as_u64() >= Some(3) && seen["lines"].as_u64() >= Some(2), "the picture is drawn: {seen}");
    assert_eq!((seen["injected"].as_u64(), seen["unnamed"].as_u64()), (Some(0), Some(0)), "{seen}");
}

#[test]
fn hostile_names_are_inert_and_five_thousand_rows_are_fluent() {
    let folder = tempfile::tempdir().expect("temp");
    let tree = folder.path().join("tree");
    fs::create_dir_all(tree.join(".cursor")).expect("made");
    fs::write(
        tree.join(".cursor/mcp.json"),
        r#"{"mcpServers": {"</script><img src=x onerror=hit=1>": {"command": "npx", "args": ["a"], "env": {"TOKEN": "${TOKEN}"}}}}"#,
    )
    .expect("written");
    let role =
        |i: usize| format!("resource \"aws_iam_role\" \"r{i}\" {{\n  name = \"{}\"\n}}\n", if i == 0 { "web-deploy".to_owned() } else { format!("role-{i}") });
    fs::write(tree.join("main.tf"), (0..5_000).map(role).collect::<String>()).expect("written");
    let done = Command::new(env!("CARGO_BIN_EXE_nhi")).current_dir(&tree).args(["scan", "--format", "html", "--fail-on", "never"]).output().expect("starts");
    let page = String::from_utf8(done.stdout).expect("UTF-8");
    assert!(!page.contains("<img"));
    let Some(seen) = visit(folder.path(), &page) else { return };
    assert_eq!((seen["errors"].clone(), seen["injected"].as_u64()), (serde_json::json!([]), Some(0)), "{seen}");
    assert!(seen["rows"].as_u64() >= Some(5_000) && seen["open"] == true, "{seen}");
}
