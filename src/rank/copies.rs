//! How easily a copy of a credential is come by, and how wide a trust is that stands in for one (domain specification, 6.6).

use std::collections::BTreeSet;

use super::Settings;
use crate::graph::{Graph, GraphNode};
use crate::model::Kind;

/// The window factor that a lifetime of at most an hour would have.
const SHORTEST_WINDOW: f64 = 0.35;

/// The copy that is come by most easily.
pub(super) struct Copy {
    /// 0 to 1.
    pub value: f64,
    /// With every window factor at most that of an hour.
    pub without_windows: f64,
    pub because: String,
}

impl Copy {
    fn add(&mut self, access: f64, window: f64, because: impl FnOnce() -> String) {
        if access * window > self.value {
            self.value = access * window;
            self.because = because();
        }
        self.without_windows = self.without_windows.max(access * window.min(SHORTEST_WINDOW));
    }
}

/// What opens encrypted files, as it stands in the files that were read: `sops in repo:github.com/acme/web`.
pub(super) struct Keys(BTreeSet<(String, String)>);

impl Keys {
    pub(super) fn of(graph: &Graph) -> Self {
        let found = graph.of_kind(Kind::Credential).filter(|c| !is_locked(c) && !c.flag("placeholder")).filter_map(|c| {
            let place = graph.out(c.id()).filter(|e| e.relation.name == "stored_in").find_map(|e| e.at.iter().next().cloned())?;
            Some((opens(c, &place.path)?.to_owned(), place.repository.to_string()))
        });
        Keys(found.collect())
    }

    /// Whether a key stands beside what is encrypted.
    fn open(&self, credential: &GraphNode) -> bool {
        let by = credential.text("encryption").or_else(|| credential.text("rule"));
        let at = credential.places().next();
        by.zip(at).is_some_and(|(by, at)| self.0.contains(&(by.to_owned(), at.repository.to_string())))
    }
}

/// What a credential in the clear opens that is encrypted: by what it is, or by the name of its file.
pub fn opens<'a>(credential: &'a GraphNode, path: &str) -> Option<&'a str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if credential.text("rule").is_some_and(|r| r.starts_with("age-")) || credential.key.subtype == "pgp-private-key" {
        return Some("sops");
    }
    let password = ["vault_pass", "vault-pass", "vaultpass"].iter().any(|w| name.contains(w));
    credential.text("opens").or_else(|| password.then_some("ansible-vault"))
}

/// Whether an encrypted container keeps the value from whoever reads the file.
pub fn is_locked(credential: &GraphNode) -> bool {
    credential.flag("encrypted") || matches!(&*credential.key.subtype, "sealed-blob" | "ci-secure-blob")
}

/// Copies of a credential; of an identity those of its credentials, and its trusts.
pub(super) fn of(graph: &Graph, node: &GraphNode, settings: &Settings, keys: &Keys) -> Copy {
    let mut copy = Copy { value: 0.0, without_windows: 0.0, because: "no copy is known".into() };
    let proofs: Vec<&GraphNode> = if node.key.kind == Kind::Credential {
        vec![node]
    } else {
        graph.ending_at(node.id()).filter(|e| e.relation.name == "authenticates_as").filter_map(|e| graph.node(&e.from)).collect()
    };
    for proof in proofs {
        // A slot that lets its holder act as someone is a copy of a value that nobody has shown.
        let slot = (proof.key.kind == Kind::Location).then_some(proof);
        // It lives as long as what it lets its holder be.
        let window = if slot.is_some() { by_class(node) } else { window(proof, settings.now) };
        let stored = graph.out(proof.id()).filter(|e| e.relation.name == "stored_in").filter_map(|e| graph.node(&e.to));
        for place in slot.into_iter().chain(stored) {
            let access = access(graph, place, proof, settings.public, keys);
            copy.add(access, window, || format!("a copy in {}", place.name()));
        }
    }
    for trust in graph.out(node.id()).filter(|e| e.relation.name == "trusts") {
        let Some(breadth) = trust.text("breadth") else { continue };
        // Trust is there for whoever asks, whenever that is: no window.
        let width = width(graph, breadth, trust);
        if width > copy.value {
            copy.value = width;
            copy.because = format!("its trust is open to {breadth}");
        }
        copy.without_windows = copy.without_windows.max(width);
    }
    copy.without_windows = copy.without_windows.min(copy.value);
    copy
}

/// How many a trust admits.
fn width(graph: &Graph, breadth: &str, trust: &crate::graph::Edge) -> f64 {
    match breadth {
        "world" => 1.0,
        "org" => 0.6,
        // Whatever a repository runs, its pull requests among it, where the issuer has a subject for those.
        "repo" if trust.to.starts_with("oidc-provider:token.actions.githubusercontent.com") => 0.45,
        "pull_request" => 0.45,
        "repo" => 0.4,
        "branch" | "tag" | "workflow" => 0.15,
        "environment" if reviewed_subject(graph, trust) => 0.05,
        "environment" => 0.1,
        _ => 0.0,
    }
}

/// Whether every environment that the trust names waits for a reviewer.
fn reviewed_subject(graph: &Graph, trust: &crate::graph::Edge) -> bool {
    let text = trust.attributes.get("conditions").or_else(|| trust.attributes.get("subject")).map(ToString::to_string).unwrap_or_default();
    let mut named = text.split("repo:").skip(1).filter_map(|rest| rest.split('"').next()?.split_once(":environment:")).peekable();
    named.peek().is_some() && named.all(|(repository, name)| graph.node(&format!("gh-env:{repository}/{name}")).is_some_and(|n| n.flag("reviewed")))
}

/// How easily a credential is come by in a place.
fn access(graph: &Graph, place: &GraphNode, credential: &GraphNode, public: bool, keys: &Keys) -> f64 {
    let stored = match &*place.key.subtype {
        "file" if place.id().starts_with("host-file:") => 0.45,
        "file" | "tf-state" | "history" if is_locked(credential) || credential.text("state") == Some("encrypted") => {
            if keys.open(credential) {
                0.4
            } else {
                0.12
            }
        }
        "file" if public => 1.0,
        "history" if public => 0.95,
        "client-bundle" => 0.95,
        "image-layer" | "build-arg" if public => 0.95,
        "log" | "artifact" if public => 0.9,
        // A state in a repository is a file of it.
        "tf-state" if !place.declared.is_empty() => {
            if public {
                1.0
            } else {
                0.6
            }
        }
        "file" | "log" | "artifact" => 0.6,
        "history" => 0.55,
        "tf-state" | "image-layer" | "build-arg" => 0.5,
        "env" => 0.45,
        "ci-secret" | "ci-variable" => of_pipeline(graph, place),
        "k8s-secret" | "k8s-configmap" => 0.3,
        "cloud-secret" | "vault-path" | "op-item" | "doppler" | "infisical" | "bw-item" | "conjur" | "os-keychain" => 0.1,
        "kms-key" | "metadata-service" | "prompt" => 0.02,
        _ => 0.4,
    };
    if controlled_by_outsiders(graph, place) { stored.max(0.9) } else { stored }
}

/// A secret of a pipeline: any job has it, or those of an environment that not every branch, or nobody without a review, gets into.
fn of_pipeline(graph: &Graph, slot: &GraphNode) -> f64 {
    let scoped = slot.id().split_once(':').and_then(|(_, rest)| rest.split_once("@env="));
    let environment = scoped.and_then(|(repository, rest)| {
        let name = rest.rsplit_once('/').map_or(rest, |(name, _)| name);
        graph.node(&format!("gh-env:{repository}/{name}"))
    });
    match environment {
        Some(e) if e.flag("reviewed") => 0.15,
        Some(e) if e.flag("protected") => 0.25,
        _ if slot.flag("protected") => 0.25,
        _ => 0.35,
    }
}

/// Whether outsiders decide what a job does that reads the place.
fn controlled_by_outsiders(graph: &Graph, place: &GraphNode) -> bool {
    let outsider = |id: &str| id.starts_with("class:fork-contributor") || id.starts_with("class:public");
    graph
        .ending_at(place.id())
        .filter(|e| e.relation.name == "consumes")
        .any(|reads| graph.ending_at(&reads.from).any(|e| e.relation.name == "can_control" && outsider(&e.from) && e.certainty() >= 0.6))
}

/// The window factor of a kind of lifetime.
fn by_class(node: &GraphNode) -> f64 {
    match node.text("lifetime_class") {
        Some("short") => 0.45,
        Some("medium") => 0.8,
        Some("long") => 0.95,
        _ => 1.0,
    }
}

/// The window factor of a credential's lifetime: until it expires, or by what kind of lifetime such a one has.
fn window(credential: &GraphNode, now: i64) -> f64 {
    const HOUR: i64 = 3600;
    let Some(expires) = credential.time("expires") else { return by_class(credential) };
    match expires - now {
        ..=0 => 0.0,
        left if left <= HOUR => 0.35,
        left if left <= 24 * HOUR => 0.45,
        left if left <= 7 * 24 * HOUR => 0.6,
        left if left <= 90 * 24 * HOUR => 0.8,
        _ => 0.95,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Facts, Key, Location};
    use crate::relation::{AUTHENTICATES_AS, CAN_CONTROL, CONSUMES, STORED_IN, TRUSTS};

    const NOW: i64 = 1_767_225_600;

    fn at() -> Location {
        Location { repository: "repo:github.com/acme/web".into(), path: "f".into(), line: 1, column: 1, end_line: 1, revision: None }
    }

    fn measured(facts: Facts, id: &str, public: bool) -> Copy {
        let graph = Graph::from_facts(facts);
        let settings = Settings { public, now: NOW };
        of(&graph, graph.node(id).expect("there"), &settings, &Keys::of(&graph))
    }

    /// A static key in one place.
    fn kept(subtype: &'static str, id: &str, public: bool, more: &dyn Fn(&mut Facts, &Key)) -> f64 {
        let mut facts = Facts::default();
        let (key, place) = (Key::new(Kind::Credential, "api-key", "cred:x"), Key::new(Kind::Location, subtype, id));
        facts.declare(&key, "x", at());
        facts.mention(&place, "p", at());
        facts.relate(&key, &STORED_IN, &place, at());
        more(&mut facts, &place);
        measured(facts, "cred:x", public).value
    }

    #[test]
    fn every_place_has_the_weight_that_the_model_gives_it() {
        let nothing = |_: &mut Facts, _: &Key| {};
        for (subtype, id, public, weight) in [
            ("file", "file:r//f", true, 1.0),
            ("history", "history:r//f", true, 0.95),
            ("client-bundle", "b", false, 0.95),
            ("image-layer", "i", true, 0.95),
            ("log", "l", true, 0.9),
            ("artifact", "l", true, 0.9),
            ("file", "file:r//f", false, 0.6),
            ("history", "history:r//f", false, 0.55),
            ("tf-state", "tf-state:r", false, 0.5),
            ("file", "host-file:r#/etc/x", false, 0.45),
            ("env", "env:x", false, 0.45),
            ("ci-secret", "gh-secret:acme/web/X", false, 0.35),
            ("k8s-secret", "k8s:r/n/Secret/x", false, 0.3),
            ("vault-path", "vault:r/x", false, 0.1),
            ("cloud-secret", "asm:x", false, 0.1),
            ("kms-key", "kms:x", false, 0.02),
        ] {
            assert_eq!(kept(subtype, id, public, &nothing), weight, "{subtype} {id} {public}");
        }
        let declared = |facts: &mut Facts, place: &Key| {
            facts.declare(place, "p", at());
        };
        assert_eq!((kept("tf-state", "file:r//s", false, &declared), kept("tf-state", "file:r//s", true, &declared)), (0.6, 1.0), "a state that is committed");
        let forked = |facts: &mut Facts, place: &Key| {
            let job = Key::new(Kind::Consumer, "ci-job", "job");
            facts.relate(&job, &CONSUMES, place, at());
            facts.relate(&Key::new(Kind::Party, "class", "class:fork-contributor@repo:r"), &CAN_CONTROL, &job, at());
        };
        assert_eq!(kept("ci-secret", "gh-secret:acme/web/X", false, &forked), 0.9, "what a job of a fork reads");
    }

    #[test]
    fn a_secret_of_an_environment_is_as_open_as_the_environment() {
        let guarded = |attribute: &'static str| {
            move |facts: &mut Facts, _: &Key| {
                facts.declare(&Key::new(Kind::Resource, "ci-environment", "gh-env:acme/web/prod"), "prod", at()).attr(attribute, true);
            }
        };
        let of = |attribute| kept("ci-secret", "gh-secret:acme/web@env=prod/X", false, &guarded(attribute));
        assert_eq!((of("reviewed"), of("protected"), of("other")), (0.15, 0.25, 0.35));
    }

    #[test]
    fn what_is_encrypted_is_as_open_as_its_key() {
        let blob = |with_key: bool| {
            let mut facts = Facts::default();
            let (blob, place) = (Key::new(Kind::Credential, "sealed-blob", "cred:b"), Key::new(Kind::Location, "file", "file:r//secrets.yaml"));
            facts.declare(&blob, "b", at()).attr("rule", "sops");
            facts.relate(&blob, &STORED_IN, &place, at());
            if with_key {
                let key = Key::new(Kind::Credential, "encryption-key", "cred:k");
                facts.declare(&key, "k", at()).attr("rule", "age-secret-key");
                facts.relate(&key, &STORED_IN, &Key::new(Kind::Location, "file", "file:r//keys.txt"), at());
            }
            measured(facts, "cred:b", false).value
        };
        assert_eq!((blob(false), blob(true)), (0.12, 0.4));
    }

    #[test]
    fn a_window_narrows_a_copy_and_no_trust() {
        let until = |seconds: i64| {
            let mut facts = Facts::default();
            let key = Key::new(Kind::Credential, "api-key", "cred:x");
            facts.declare(&key, "x", at()).attr("expires", crate::model::rfc3339(NOW + seconds));
            facts.relate(&key, &STORED_IN, &Key::new(Kind::Location, "file", "file:r//f"), at());
            let copy = measured(facts, "cred:x", true);
            (copy.value, copy.without_windows)
        };
        const DAY: i64 = 86_400;
        for (seconds, window) in [(-1, 0.0), (3600, 0.35), (3601, 0.45), (DAY, 0.45), (7 * DAY, 0.6), (90 * DAY, 0.8), (91 * DAY, 0.95)] {
            assert_eq!(until(seconds), (window, if window == 0.0 { 0.0 } else { 0.35 }), "{seconds}");
        }
    }

    #[test]
    fn a_trust_counts_by_how_many_it_admits() {
        let width = |breadth: &str, reviewed: bool| {
            let mut facts = Facts::default();
            let role = Key::new(Kind::Identity, "aws-role", "arn:aws:iam::111122223333:role/ship");
            let github = "token.actions.githubusercontent.com";
            let subject = serde_json::json!({"StringEquals": {format!("{github}:sub"): "repo:acme/web:environment:prod"}});
            let issuer = Key::new(Kind::Issuer, "oidc-provider", format!("oidc-provider:{github}"));
            facts.declare(&role, "ship", at());
            facts.relate(&role, &TRUSTS, &issuer, at()).attr("breadth", breadth).attr("conditions", subject);
            facts.declare(&Key::new(Kind::Resource, "ci-environment", "gh-env:acme/web/prod"), "prod", at()).attr("reviewed", reviewed);
            measured(facts, &role.id, false).value
        };
        for (breadth, weight) in
            [("world", 1.0), ("org", 0.6), ("repo", 0.45), ("pull_request", 0.45), ("branch", 0.15), ("tag", 0.15), ("environment", 0.1), ("principal", 0.0)]
        {
            assert_eq!(width(breadth, false), weight, "{breadth}");
        }
        assert_eq!(width("environment", true), 0.05);
    }

    #[test]
    fn a_slot_that_lets_its_holder_act_as_someone_is_a_copy() {
        let mut facts = Facts::default();
        let slot = Key::new(Kind::Location, "ci-secret", "gh-secret:acme/web/X");
        let (user, token) = (Key::new(Kind::Identity, "aws-user", "u"), Key::new(Kind::Identity, "ci-job-token", "t"));
        facts.declare(&user, "u", at());
        facts.declare(&token, "t", at()).attr("lifetime_class", "short");
        facts.relate(&slot, &AUTHENTICATES_AS, &user, at());
        facts.relate(&slot, &AUTHENTICATES_AS, &token, at());
        let of = |id: &str| measured(facts.clone(), id, false).value;
        assert_eq!((of("u"), of("t")), (0.35, 0.35 * 0.45));
    }
}
