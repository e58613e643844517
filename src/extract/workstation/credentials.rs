//! Credential files of command-line tools, as structure: profiles, logins and keys, and the identities and hosts that they belong to.

use super::{clouds, kubeconfig, registries};
use crate::document::{Document, Node, parse_json_inside};
use crate::extract::note;
use crate::model::{Facts, Key, Kind, Location};
use crate::relation::{AUTHENTICATES_AS, CAN_ACCESS, CONSUMES};

/// One file while it is read.
pub(super) struct File<'a> {
    pub(super) document: &'a Document,
    pub(super) facts: &'a mut Facts,
}

impl File<'_> {
    /// A tool's client or profile, which uses what the file holds.
    pub(super) fn client(&mut self, name: &str, platform: &str, at: Location) -> Key {
        let key = Key::new(Kind::Consumer, "dev-tool", format!("client:{}#{name}", self.document.file_id()));
        self.facts.declare(&key, name, at).attr("platform", platform);
        key
    }

    /// A field that holds, or refers to, a secret. The slot is that of the client.
    pub(super) fn slot(&mut self, client: &Key, name: &str, value: &Node) -> Key {
        self.kept(client, name, value, "plaintext")
    }

    /// The same, with what protects the value there.
    pub(super) fn kept(&mut self, client: &Key, name: &str, value: &Node, protection: &str) -> Key {
        let at = self.document.at(value);
        let pointer = client.id.rsplit_once('#').map_or("", |(_, p)| p);
        let slot = Key::new(Kind::Location, "file", format!("{}#{pointer}/{name}", self.document.file_id()));
        self.facts.declare(&slot, name, at.clone()).attr("store", "file").attr("protection", protection);
        self.facts.relate(client, &CONSUMES, &slot, at.clone());
        self.facts.holds(&slot, at.clone());
        for variable in value.str().map(references).unwrap_or_default() {
            let source = Key::new(Kind::Location, "env", format!("os-env:{}#{variable}", self.document.repository_body()));
            self.facts.mention(&source, variable, at.clone()).attr("store", "env");
            self.facts.relate(client, &CONSUMES, &source, at.clone());
        }
        slot
    }

    pub(super) fn opens(&mut self, from: &Key, subtype: &'static str, id: String, name: &str, level: &str, at: Location) {
        let key = Key::new(Kind::Resource, subtype, id);
        self.facts.mention(&key, name, at.clone());
        self.facts.relate(from, &CAN_ACCESS, &key, at).attr("level", level);
    }

    pub(super) fn identity(
        &mut self,
        from: &Key,
        relation: &'static crate::model::Relation,
        subtype: &'static str,
        id: String,
        name: &str,
        at: Location,
    ) -> Key {
        let key = Key::new(Kind::Identity, subtype, id);
        self.facts.mention(&key, name, at.clone());
        self.facts.relate(from, relation, &key, at);
        key
    }
}

/// Names in `${NAME}` and `%NAME%`.
fn references(text: &str) -> Vec<&str> {
    let dollar =
        text.split("${").skip(1).filter_map(|r| r.split(['}', ':']).next()).map(|n| n.trim_start_matches("env.").trim_end_matches('?').trim_end_matches('-'));
    let percent = (text.len() > 2 && text.starts_with('%') && text.ends_with('%')).then(|| text.trim_matches('%'));
    dollar.chain(percent).filter(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')).collect()
}

/// The host of a URL: without scheme, login, port and path.
pub(super) fn host(url: &str) -> &str {
    let authority = url.split("://").last().unwrap_or(url).trim_start_matches('/').split(['/', '?']).next().unwrap_or(url);
    authority.rsplit('@').next().unwrap_or(authority).split(':').next().unwrap_or(authority)
}

/// Whether the name, or the beginning, of a file is that of a credential file.
pub(super) fn wants(path: &str, head: &[u8]) -> bool {
    let name = super::name(path);
    let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    match name.as_str() {
        ".npmrc"
        | ".pypirc"
        | ".netrc"
        | "_netrc"
        | ".dockercfg"
        | ".git-credentials"
        | "settings.xml"
        | "settings-security.xml"
        | "nuget.config"
        | "kubeconfig" => true,
        "config" => path.contains(".aws/") || path.contains(".kube/"),
        "credentials" => path.contains(".aws/") || path.contains(".cargo/") || has(b"aws_access_key_id") || has(b"role_arn"),
        "credentials.toml" => path.contains("cargo"),
        "config.json" | ".dockerconfigjson" => has(b"\"auths\"") || has(b"\"credHelpers\""),
        _ if name.ends_with(".kubeconfig") => true,
        _ if name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".conf") => has(b"kind: Config") && has(b"clusters:"),
        _ if name.ends_with(".json") => {
            [
                &b"\"client_email\""[..],
                b"\"client_secret\"",
                b"\"clientSecret\"",
                b"\"authorized_user\"",
                b"\"external_account\"",
                b"\"impersonated_service_account\"",
            ]
            .iter()
            .any(|w| has(w))
                || has(b"\"appId\"") && has(b"\"password\"")
        }
        _ => false,
    }
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let name = document.name().to_ascii_lowercase();
    let mut file = File { document, facts };
    match name.as_str() {
        ".netrc" | "_netrc" => netrc(&mut file),
        ".git-credentials" => git_credentials(&mut file),
        "settings.xml" => registries::maven(&mut file),
        "settings-security.xml" => registries::master(&mut file),
        "nuget.config" => registries::nuget(&mut file),
        "kubeconfig" => kubeconfig::read(&mut file),
        "config" if document.path.contains(".kube/") => kubeconfig::read(&mut file),
        _ if name.ends_with(".kubeconfig") || name.ends_with(".conf") => kubeconfig::read(&mut file),
        ".dockerconfigjson" => {
            if let Ok(tree) = parse_json_inside(&document.text(), 1) {
                registries::docker(&mut file, &tree);
            }
        }
        _ => {
            let trees = match document.trees() {
                Ok(trees) => trees,
                Err(reason) => return note(document, file.facts, reason),
            };
            for tree in trees {
                match name.as_str() {
                    ".npmrc" => registries::npm(&mut file, tree),
                    ".pypirc" => registries::pypi(&mut file, tree),
                    "credentials" if document.path.contains(".cargo/") => registries::cargo(&mut file, tree),
                    "credentials" | "config" => clouds::profiles(&mut file, tree),
                    "credentials.toml" => registries::cargo(&mut file, tree),
                    "config.json" | ".dockercfg" => registries::docker(&mut file, tree),
                    _ if name.ends_with(".json") => clouds::json(&mut file, tree),
                    _ => kubeconfig::users(&mut file, tree),
                }
            }
        }
    }
}

/// `machine host login name password value`, on one line or on several.
fn netrc(file: &mut File<'_>) {
    let document = file.document;
    let text = document.text();
    let words: Vec<(u32, &str)> = text
        .lines()
        .enumerate()
        .filter(|(_, l)| !l.trim_start().starts_with('#'))
        .flat_map(|(i, l)| l.split_whitespace().map(move |w| (i as u32 + 1, w)))
        .collect();
    let mut current: Option<(u32, String, String)> = None;
    for pair in words.windows(2) {
        let ((line, word), (value_line, value)) = (pair[0], pair[1]);
        match word {
            "machine" => current = Some((line, value.to_owned(), String::new())),
            "login" => {
                if let Some((_, _, login)) = &mut current {
                    *login = value.to_owned();
                }
            }
            "password" => {
                let Some((first, machine, login)) = &current else { continue };
                let client = file.client(machine, "netrc", document.place(*first, 1, value_line));
                let node = Node { value: crate::document::Value::Text(value.to_owned()), line: value_line, column: 1, end_line: value_line };
                let slot = file.slot(&client, "password", &node);
                file.opens(&slot, "host", format!("host:{machine}"), machine, "write", document.at_line(value_line));
                // Some services take the token as the login.
                if !login.is_empty() && value != "x-oauth-basic" && (login.len() < 20 || login.contains('@')) {
                    file.identity(&slot, &AUTHENTICATES_AS, "saas-account", format!("account:{machine}/{login}"), login, document.at_line(*first));
                }
            }
            _ => {}
        }
    }
}

fn git_credentials(file: &mut File<'_>) {
    let document = file.document;
    for (i, line) in document.text().lines().enumerate() {
        // A password may hold any character: what follows the last sign is surely none of it.
        let Some((_, place)) = line.trim().rsplit_once('@') else { continue };
        let machine = host(place).to_owned();
        let line = i as u32 + 1;
        let client = file.client(&machine, "git", document.at_line(line));
        let slot = file.slot(&client, "password", &Node::text_at("", line, 1));
        file.opens(&slot, "host", format!("host:{machine}"), &machine, "write", document.at_line(line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(path: &str, text: &str) -> Facts {
        assert!(wants(path, text.as_bytes()), "{path}");
        let document = Document::new("repo:github.com/acme/web".into(), path, text.as_bytes().to_vec(), None);
        let mut facts = Facts::default();
        read(&document, &mut facts);
        facts
    }

    fn edge(facts: &Facts, from: &str, relation: &str, to: &str) -> bool {
        facts.edges.iter().any(|e| e.from.id.ends_with(from) && e.relation.name == relation && e.to.id.ends_with(to))
    }

    #[test]
    fn registries_and_logins_are_told_by_their_host() {
        let npm = facts(".npmrc", "//npm.acme.io/:_authToken=${NPM_TOKEN}\n");
        assert!(edge(&npm, ".npmrc#npm.acme.io/authToken", "can_access", "host:npm.acme.io"));
        assert!(edge(&npm, "#npm.acme.io", "consumes", "os-env:github.com/acme/web#NPM_TOKEN"));
        let netrc = facts(".netrc", "machine api.heroku.com\n  login bot\n  password x\n");
        assert!(edge(&netrc, "/password", "authenticates_as", "account:api.heroku.com/bot"));
        assert_eq!(netrc.slots[0].at.line, 3);
        let maven = facts("m2/settings.xml", "<settings><servers>\n<server>\n <id>nexus</id>\n <password>{x}</password>\n</server>\n");
        assert!(maven.nodes.iter().any(|n| n.name == "nexus" && n.at.as_ref().is_some_and(|l| (l.line, l.end_line) == (2, 5))));
        let docker = facts("config.json", "{ \"auths\": { \"https://ghcr.io/v1/\": { \"auth\": \"eDp5\" } } }");
        assert!(edge(&docker, "/auth", "can_access", "host:ghcr.io"));
        let nuget = facts(
            "NuGet.config",
            "<packageSources>\n<add key=\"acme\" value=\"https://nuget.acme.io/v3\" />\n</packageSources>\n<packageSourceCredentials>\n<acme>\n<add key=\"ClearTextPassword\" value=\"x\" />\n",
        );
        assert!(edge(&nuget, "/password", "can_access", "host:nuget.acme.io"));
    }

    #[test]
    fn a_user_of_a_cluster_and_how_it_proves_itself() {
        let text = "kind: Config\nclusters: [ { name: prod, cluster: { server: \"https://k8s.acme.io:6443\" } } ]\ncontexts: [ { name: c, context: { cluster: prod, user: ci } } ]\nusers:\n- name: ci\n  user: { token: abc }\n- name: dev\n  user: { exec: { command: aws } }\n";
        let facts = facts(".kube/config", text);
        assert!(edge(&facts, "#ci", "can_access", "k8s:k8s.acme.io"));
        assert!(facts.nodes.iter().any(|n| n.name == "dev" && n.attributes.get("auth_style").is_some_and(|s| s == "federated")));
    }

    #[test]
    fn files_of_the_clouds() {
        let external = facts(
            "wif.json",
            "{ \"type\": \"external_account\", \"audience\": \"//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/gh/providers/p\", \"service_account_impersonation_url\": \"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/ci@p.iam.gserviceaccount.com:generateAccessToken\" }",
        );
        assert!(edge(&external, "/providers/p", "can_assume", "gcp-sa:ci@p.iam.gserviceaccount.com"));
        assert!(external.slots.is_empty(), "a federated file holds no secret");
        let azure = facts("sp.json", "{ \"clientId\": \"AA-1\", \"clientSecret\": \"x\", \"tenantId\": \"t\", \"subscriptionId\": \"s\" }");
        assert!(edge(&azure, "entra-app:aa-1", "can_access", "azure:/subscriptions/s"));
        let oauth = facts("client.json", "{ \"web\": { \"client_id\": \"1.apps\", \"client_secret\": \"x\" } }");
        assert!(edge(&oauth, "#/client_secret", "authenticates_as", "oauth-client:google/1.apps"));
    }
}
