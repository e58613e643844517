//! The Cloud Development Kit, by what its calls usually mean: programs are not run, so each fact is a guess and says so.

use std::sync::LazyLock;

use regex::Regex;

use crate::document::Document;
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{CAN_ACCESS, GRANTED, RUNS_AS, TRUSTS};

/// How sure a guess about a program is.
const GUESS: f64 = 0.5;

/// Calls of one file that are read.
const MAX_CALLS: usize = 2_000;

static GRANT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b(?:this\.|self\.)?(\w+)\.grant_?(\w+)\(\s*(?:this\.|self\.)?(\w+)").ok());
static ROLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"\b(?:const|let|var|final)?\s*(?:this\.|self\.)?(\w+)\s*=\s*(?:new\s+)?iam\.Role\(\s*(?:this|self)\s*,\s*["']([\w-]+)["']"#).ok()
});
static MANAGED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?:fromAwsManagedPolicyName|from_aws_managed_policy_name)\(\s*["']([\w/-]+)["']"#).ok());
static SERVICE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"ServicePrincipal\(\s*["']([\w.-]+)["']"#).ok());

/// Whether the file is a program of the kit, told by what it imports.
pub(super) fn matches(path: &str, head: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    [".ts", ".js", ".py", ".java", ".cs", ".go"].iter().any(|e| path.ends_with(e)) && (has(b"aws-cdk") || has(b"aws_cdk") || has(b"awscdk"))
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let text = document.text();
    let mut last: Option<Key> = None;
    let mut calls = 0;
    for (number, line) in text.lines().enumerate().filter(|(_, l)| l.len() < 2_000) {
        let at = document.place(number as u32 + 1, 1, number as u32 + 1);
        let found = |regex: &'static LazyLock<Option<Regex>>| regex.as_ref().and_then(|r| r.captures(line));
        if calls > MAX_CALLS {
            return;
        }
        if let Some(role) = found(&ROLE) {
            let key = Key::new(Kind::Identity, "aws-role", format!("cdk:{}#{}", document.file_id(), &role[1]));
            facts.declare(&key, &role[2], at.clone()).confidence(GUESS).attr("guessed", "cdk").attr("provider", "aws");
            last = Some(key);
            calls += 1;
        }
        // Properties stand on the lines below the call that they belong to.
        if let (Some(role), Some(policy)) = (&last, found(&MANAGED)) {
            let name = policy[1].to_owned();
            let policy = Key::new(Kind::Policy, "aws-policy", format!("arn:aws:iam::aws:policy/{name}"));
            facts.mention(&policy, name.rsplit('/').next().unwrap_or(&name).to_owned(), at.clone());
            facts.relate(role, &GRANTED, &policy, at.clone()).confidence(GUESS);
            calls += 1;
        }
        if let (Some(role), Some(service)) = (&last, found(&SERVICE)) {
            let issuer = Key::new(Kind::Issuer, "other:aws-service", format!("aws-service:{}", &service[1]));
            facts.mention(&issuer, &service[1], at.clone());
            facts.relate(role, &TRUSTS, &issuer, at.clone()).confidence(GUESS).attr("breadth", "service");
            calls += 1;
        }
        if let Some(grant) = found(&GRANT) {
            granted(document, &grant[1], &grant[2], &grant[3], at, facts);
            calls += 1;
        }
    }
}

/// `bucket.grantReadWrite(fn)`: the role of the function reaches the bucket.
fn granted(document: &Document, thing: &str, verb: &str, who: &str, at: Location, facts: &mut Facts) {
    let verb = verb.to_ascii_lowercase().replace('_', "");
    let level = match verb.as_str() {
        "read" if thing.to_ascii_lowercase().contains("secret") => "secret-read",
        "readwrite" | "readwritedata" | "write" | "writedata" | "put" | "delete" | "publish" | "sendmessages" | "invoke" | "encryptdecrypt" | "pullpush" => {
            "write"
        }
        "read" | "readdata" | "pull" | "consumemessages" | "decrypt" | "streamread" => "read-data",
        "fullaccess" | "admin" => "admin",
        _ => return,
    };
    let make = |kind, subtype: &'static str, name: &str| Key::new(kind, subtype, format!("cdk:{}#{name}", document.file_id()));
    let (resource, runner, role) =
        (make(Kind::Resource, "other:cloud", thing), make(Kind::Consumer, "function", who), make(Kind::Identity, "aws-role", &format!("{who}/role")));
    facts.mention(&resource, thing, at.clone()).confidence(GUESS).attr("guessed", "cdk");
    facts.mention(&runner, who, at.clone()).confidence(GUESS).attr("guessed", "cdk");
    facts.mention(&role, format!("role of {who}"), at.clone()).confidence(GUESS).attr("guessed", "cdk");
    facts.relate(&runner, &RUNS_AS, &role, at.clone()).confidence(GUESS);
    facts.relate(&role, &CAN_ACCESS, &resource, at).confidence(GUESS).attr("level", level);
}
