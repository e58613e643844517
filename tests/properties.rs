//! Laws: the order of what is read does not matter, and no input makes a reader panic.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nhi::config::Config;
use nhi::document::Document;
use nhi::pipeline;
use nhi::report::{self, Style};

const NOW: i64 = 1_767_225_600;

/// A small deterministic generator (xorshift), so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).expect("readable").map(|e| e.expect("entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, out);
        } else {
            out.push(path);
        }
    }
}

fn example() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/acme");
    let mut paths = Vec::new();
    files(&root, &mut paths);
    paths.into_iter().map(|p| (p.strip_prefix(&root).expect("below").to_string_lossy().into_owned(), fs::read(&p).expect("readable"))).collect()
}

fn report(files: &[(String, Vec<u8>)]) -> String {
    let repository: Arc<str> = "repo:github.com/acme/web".into();
    let documents = files.iter().map(|(path, bytes)| Document::new(repository.clone(), path.as_str(), bytes.clone(), None)).collect();
    let lineage = pipeline::scan_documents(documents, &Config::default(), NOW);
    let json = report::FORMATS.iter().find(|f| f.name == "json").expect("json");
    (json.write)(&lineage, &Style { width: 100, color: false })
}

#[test]
fn the_order_of_documents_does_not_matter() {
    let mut files = example();
    let straight = report(&files);
    let mut random = Random(7);
    for _ in 0..5 {
        for i in (1..files.len()).rev() {
            files.swap(i, random.below(i + 1));
        }
        assert!(report(&files) == straight);
    }
}

#[test]
fn mutilated_files_never_panic() {
    let mut random = Random(11);
    let files: Vec<_> = example().into_iter().chain(planted("made-up")).collect();
    for _ in 0..150 {
        let mutilated: Vec<(String, Vec<u8>)> = files
            .iter()
            .map(|(path, bytes)| {
                let mut bytes = bytes.clone();
                for _ in 0..random.below(12) {
                    let at = random.below(bytes.len());
                    match random.below(4) {
                        0 => bytes.truncate(at),
                        1 => bytes.insert(at, b"{}[]\"'$&*!|>:-#\n\\\xff\x00"[random.below(19)]),
                        2 => {
                            let piece = bytes[at..(at + random.below(40)).min(bytes.len())].to_vec();
                            bytes.splice(at..at, piece);
                        }
                        _ => {
                            if at < bytes.len() {
                                bytes[at] = random.next() as u8;
                            }
                        }
                    }
                }
                (path.clone(), bytes)
            })
            .collect();
        assert!(report(&mutilated).contains("nhi.lineage/1"));
    }
}

/// Files of many formats, each with a value (at `¤`) where that format keeps secrets.
fn planted(value: &str) -> Vec<(String, Vec<u8>)> {
    let files: &[(&str, &str)] = &[
        (".netrc", "machine api.acme.io login bot password ¤\nmachine git.acme.io login ¤ password x-oauth-basic\n"),
        (".git-credentials", "https://bot:¤@git.acme.io\n"),
        (".npmrc", "//npm.acme.io/:_authToken=¤\n"),
        (".pypirc", "[acme]\nrepository = https://bot:¤@pypi.acme.io/\npassword = ¤\n"),
        (".aws/credentials", "[base]\naws_access_key_id = AKIA\naws_secret_access_key = ¤\n"),
        (".kube/config", "kind: Config\nclusters: []\nusers: [ { name: ci, user: { token: ¤ } } ]\n"),
        ("settings.xml", "<server>\n<id>x</id>\n<password>¤</password>\n</server>\n"),
        ("nuget.config", "<packageSourceCredentials>\n<acme>\n<add key=\"ClearTextPassword\" value=\"¤\" />\n"),
        ("sp.json", "{ \"clientId\": \"a\", \"clientSecret\": \"¤\", \"tenantId\": \"t\" }"),
        ("sa.json", "{ \"type\": \"service_account\", \"client_email\": \"a@b\", \"private_key\": \"¤\" }"),
        ("inventory/hosts", "web1 ansible_user=root ansible_password=¤\n[web:vars]\nansible_become_pass=¤\n"),
        ("group_vars/all.yml", "db_password: \"¤\"\n"),
        ("site.yml", "- hosts: web\n  vars: { p: \"{{ lookup('hashi_vault', 'token=¤ secret=a/b:c') }}\" }\n"),
        (".travis.yml", "env: { global: [ \"API_TOKEN=¤\", \"URL=https://u:¤@prod.acme.io\" ] }\ndeploy: { api_key: \"¤\" }\n"),
        (".circleci/config.yml", "jobs: { a: { environment: { API_TOKEN: \"¤\" }, steps: [] } }\n"),
        ("azure-pipelines.yml", "variables: [ { name: apiKey, value: '¤' } ]\nsteps: [ { script: 'curl -u x:¤ y' } ]\n"),
        (".drone.yml", "kind: pipeline\nsteps: [ { name: a, environment: { API_TOKEN: \"¤\" } } ]\n"),
        (
            "template.yaml",
            "AWSTemplateFormatVersion: 1\nParameters: { P: { NoEcho: true, Default: \"¤\" } }\nResources: { R: { Type: AWS::IAM::Role, Properties: { RoleName: !Ref P } }, F: { Type: AWS::Lambda::Function, Properties: { Environment: { Variables: { API_KEY: \"¤\" } } } }, D: { Type: AWS::RDS::DBInstance, Properties: { MasterUserPassword: \"¤\" } } }\n",
        ),
        ("serverless.yml", "provider: { environment: { API_KEY: \"¤\" } }\nfunctions: { f: { handler: x } }\n"),
        ("main.bicep", "@secure()\nparam p string = '¤'\n"),
        ("wrangler.toml", "name = \"a\"\n[vars]\nAPI_TOKEN = \"¤\"\n"),
        ("bot.service", "[Service]\nEnvironment=BOT_TOKEN=¤\n"),
        ("bot.yml", "kind: app\napp: { name: a }\nworkflow: { environment_variables: [ { name: K, value_type: secret, value: \"¤\" } ] }\n"),
    ];
    files.iter().map(|(path, text)| ((*path).to_owned(), text.replace('¤', value).into_bytes())).collect()
}

#[test]
fn no_report_contains_a_planted_value() {
    let value = format!("{}{}", "Zq7pLant", "edVal9xK4mW2tR8sB5n");
    let files = planted(&value);
    assert!(files.iter().all(|(_, b)| String::from_utf8_lossy(b).contains(&value)), "every file has the value");
    assert!(!report(&files).contains(&value));
}

#[test]
fn deep_and_repeated_input_is_bounded() {
    let deep = |open: &str, n: usize| open.repeat(n).into_bytes();
    let mut aliases = String::from("a0: &a0 [x]\n");
    for i in 1..3000 {
        aliases.push_str(&format!("a{i}: &a{i} [*a{}]\n", i - 1));
    }
    let files = vec![
        ("a.json".to_owned(), deep("[", 200_000)),
        ("b.yaml".to_owned(), deep("- ", 200_000)),
        ("c.tf".to_owned(), [b"x = ".to_vec(), deep("!", 200_000), b"true\n".to_vec()].concat()),
        ("d.tf".to_owned(), [b"x = ".to_vec(), deep("a ? b : ", 50_000), b"c\n".to_vec()].concat()),
        ("e.yaml".to_owned(), aliases.into_bytes()),
        ("f.toml".to_owned(), [b"x = ".to_vec(), deep("[", 100_000)].concat()),
        ("g.tf".to_owned(), [b"x = ".to_vec(), deep("a.b[", 100_000)].concat()),
        (".env".to_owned(), [b"PASSWORD=".to_vec(), deep("ab", 2_000_000)].concat()),
    ];
    assert!(report(&files).contains("nhi.lineage/1"));
}
