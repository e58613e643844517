//! One manifest file: its documents, by kind.

use serde_json::{Map, Value as Json};

use super::helm::{Release, values};
use super::{mounted, rbac, secrets, workload};
use crate::document::{Document, Node, parse_yaml_inside};
use crate::extract::note;
use crate::model::{Basis, Facts, Key, Kind, Spec};
use crate::relation::{CAN_ASSUME, CAN_CONTROL, CONSUMES, DEPLOYS, SAME_AS};

/// Items of one list, and lists inside lists, that are read.
const MAX_ITEMS: usize = 5_000;

/// One object, with what every kind has.
pub(super) struct Object<'a> {
    pub document: &'a Document,
    pub body: &'a Node,
    pub kind: &'a str,
    pub name: &'a str,
    pub namespace: &'a str,
}

impl Object<'_> {
    /// Id of an object of the same namespace. The cluster is not known; one repository's manifests stand for one cluster, so that they meet.
    pub(super) fn id(&self, kind: &str, name: &str) -> String {
        self.id_in(self.namespace, kind, name)
    }

    pub(super) fn id_in(&self, namespace: &str, kind: &str, name: &str) -> String {
        format!("k8s:{{{}}}/{namespace}/{kind}/{name}", self.document.repository_body())
    }

    pub(super) fn cluster(&self) -> Key {
        Key::new(Kind::Resource, "cluster", format!("k8s:{{{}}}", self.document.repository_body()))
    }

    pub(super) fn account(&self, namespace: &str, name: &str) -> Key {
        super::account_key(self.document.repository_body(), namespace, name)
    }

    /// Labels and annotations: they hold owners and environments.
    pub(super) fn tags(&self) -> Json {
        let metadata = self.body.get("metadata");
        let pairs = ["labels", "annotations"].into_iter().filter_map(|k| metadata.and_then(|m| m.get(k))).flat_map(Node::entries);
        let mut map: Map<String, Json> = pairs.filter_map(|(k, v)| Some((k.str()?.to_owned(), Json::from(v.scalar()?)))).collect();
        map.retain(|_, v| v.as_str().is_some_and(|s| s.len() < 200));
        Json::Object(map)
    }
}

pub(super) fn read(document: &Document, facts: &mut Facts) {
    let trees = match document.trees() {
        Ok(trees) => trees,
        Err(reason) => return note(document, facts, reason),
    };
    let mut todo: Vec<&Node> = trees.iter().rev().collect();
    let mut count = 0;
    while let Some(body) = todo.pop() {
        count += 1;
        if count > MAX_ITEMS {
            return note(document, facts, format!("more than {MAX_ITEMS} objects; the rest was not read"));
        }
        let Some(kind) = body.get_str("kind").filter(|_| body.get("apiVersion").is_some()) else { continue };
        if kind == "List" {
            todo.extend(body.get("items").map(Node::items).unwrap_or_default().iter().rev());
            continue;
        }
        let name = body.path(&["metadata", "name"]).and_then(Node::str).unwrap_or("{name}");
        let namespace = body.path(&["metadata", "namespace"]).and_then(Node::str).unwrap_or("default");
        object(&Object { document, body, kind, name, namespace }, facts);
    }
}

fn object(o: &Object<'_>, facts: &mut Facts) {
    match o.kind {
        _ if o.body.get_str("apiVersion").is_some_and(super::cloud::matches) => super::cloud::read(o, facts),
        // Other groups have kinds of that name, too.
        "ServiceAccount" if o.body.get_str("apiVersion") == Some("v1") => service_account(o, facts),
        "Role" | "ClusterRole" => rbac::role(o, facts),
        "RoleBinding" | "ClusterRoleBinding" => rbac::binding(o, facts),
        "Secret" => secrets::secret(o, facts),
        "ConfigMap" => secrets::config_map(o, facts),
        "ExternalSecret" | "ClusterExternalSecret" => secrets::external(o, facts),
        "SecretStore" | "ClusterSecretStore" => secrets::store(o, facts),
        "SealedSecret" => secrets::sealed(o, facts),
        "SecretProviderClass" => mounted::provider_class(o, facts),
        "Namespace" => {
            let key = Key::new(Kind::Resource, "namespace", format!("k8s:{{{}}}/{}", o.document.repository_body(), o.name));
            let node = facts.declare(&key, o.name, o.document.at(o.body)).attr("tags", o.tags());
            if let Some(level) = o.body.path(&["metadata", "labels"]).and_then(|l| l.get_str("pod-security.kubernetes.io/enforce")) {
                node.attr("pod_security", level);
            }
        }
        "NetworkPolicy" => {
            // Policies of a namespace add up: what one of them opens, no other closes.
            let Some(said) = on_metadata(o.body) else { return };
            let key = Key::new(Kind::Resource, "namespace", format!("k8s:{{{}}}/{}", o.document.repository_body(), o.namespace));
            facts.mention(&key, o.namespace, o.document.at(o.body)).attr(said, true);
        }
        "AzureIdentity" | "AzureIdentityBinding" => {
            let key = Key::new(Kind::Identity, "azure-mi-user", o.id(o.kind, o.name));
            facts.declare(&key, o.name, o.document.at(o.body)).attr("tags", o.tags());
            // The identity in the cloud that the object stands for: by the id of its client, by that of its resource.
            for (field, prefix, subtype) in [("clientID", "entra-app:", "azure-mi-user"), ("resourceID", "azure:", "azure-mi-user")] {
                let Some((node, id)) = o.body.path(&["spec", field]).and_then(|n| Some((n, n.str()?))) else { continue };
                if id.is_empty() || super::is_placeholder(id) {
                    continue;
                }
                let meant = Key::new(Kind::Identity, subtype, format!("{prefix}{}", id.to_ascii_lowercase()));
                facts.mention(&meant, id.rsplit('/').next().unwrap_or(id), o.document.at(node));
                facts.relate(&key, &SAME_AS, &meant, o.document.at(node));
            }
            if let Some(identity) = o.body.path(&["spec", "azureIdentity"]).and_then(Node::str) {
                let target = Key::new(Kind::Identity, "azure-mi-user", o.id("AzureIdentity", identity));
                facts.relate(&key, &CAN_ASSUME, &target, o.document.at(o.body));
            }
        }
        _ if o.body.get_str("apiVersion").is_some_and(super::spiffe::matches) => super::spiffe::read(o, facts),
        _ if o.body.get_str("apiVersion").is_some_and(super::mesh::matches) => super::mesh::read(o, facts),
        "Application" if o.body.path(&["spec", "destination"]).is_some() => application(o, facts),
        _ => workload::read(o, facts),
    }
}

/// Where clouds answer a machine that asks who it is.
const METADATA: &str = "169.254.169.254";

/// What a policy makes of the address at which a machine is told who it is: closed to every pod of its namespace, or open to some.
fn on_metadata(policy: &Node) -> Option<&'static str> {
    let spec = policy.get("spec")?;
    let every = spec.get("podSelector").is_none_or(|s| s.entries().all(|(_, v)| v.entries().next().is_none() && v.items().is_empty()));
    let rules: Vec<&Node> = spec.get("egress").into_iter().flat_map(Node::items).collect();
    let governs = !rules.is_empty() || spec.get("policyTypes").into_iter().flat_map(Node::items).any(|t| t.str() == Some("Egress"));
    if governs && rules.iter().any(|r| reaches_metadata(r)) {
        return Some("metadata_open");
    }
    (every && governs).then_some("metadata_fenced")
}

/// Whether a rule lets pods reach that address: one that names nobody names everyone, and one that names pods does not name it.
fn reaches_metadata(rule: &Node) -> bool {
    let Some(peers) = rule.get("to").map(Node::items).filter(|p| !p.is_empty()) else { return true };
    peers.iter().filter_map(|p| p.get("ipBlock")).any(|block| {
        let cidr = block.get_str("cidr").unwrap_or_default();
        let wide = cidr.ends_with("/0") && !cidr.contains(':') || cidr.starts_with("169.254.");
        let left_out = block.get("except").into_iter().flat_map(Node::items).filter_map(Node::str);
        wide && !left_out.into_iter().any(|e| e.starts_with(METADATA) || e == "169.254.0.0/16")
    })
}

fn service_account(o: &Object<'_>, facts: &mut Facts) {
    let key = o.account(o.namespace, o.name);
    facts.declare(&key, o.name, o.document.at(o.body)).attr("tags", o.tags()).attr("auth_style", "workload");
    for (annotation, node) in o.body.path(&["metadata", "annotations"]).into_iter().flat_map(Node::entries) {
        let stated = node.str().filter(|v| !super::is_placeholder(v));
        let Some((value, (subtype, prefix, via))) = stated.zip(annotation.str().and_then(super::cloud_identity)) else { continue };
        let target = Key::new(Kind::Identity, subtype, format!("{prefix}{value}"));
        facts.mention(&target, value.rsplit('/').next().unwrap_or(value), o.document.at(node));
        let place = o.document.at(node);
        if place.path != o.document.at(o.body).path {
            // A patch of an overlay says it of the account.
            facts.mention(&key, String::new(), place.clone());
        }
        facts.relate(&key, &CAN_ASSUME, &target, place).basis(Basis::UniqueName).conditional().attr("via", via);
    }
    for list in ["imagePullSecrets", "secrets"] {
        for name in o.body.get(list).into_iter().flat_map(Node::items).filter_map(|s| s.get_str("name")) {
            let secret = Key::new(Kind::Location, "k8s-secret", o.id("Secret", name));
            facts.mention(&secret, name, o.document.at(o.body));
            facts.relate(&key, &CONSUMES, &secret, o.document.at(o.body));
        }
    }
}

/// An Argo CD application: who can write its source controls what it deploys.
fn application(o: &Object<'_>, facts: &mut Facts) {
    let key = Key::new(Kind::Consumer, "iac-runner", o.id(o.kind, o.name));
    let at = o.document.at(o.body);
    facts.declare(&key, o.name, at.clone()).attr("platform", "argocd").attr("tags", o.tags());
    let server = o.body.path(&["spec", "destination", "server"]).or_else(|| o.body.path(&["spec", "destination", "name"])).and_then(Node::str).unwrap_or("?");
    let namespace = o.body.path(&["spec", "destination", "namespace"]).and_then(Node::str).unwrap_or("default");
    let target = Key::new(Kind::Resource, "namespace", format!("k8s:{}/{namespace}", server.trim_start_matches("https://")));
    facts.mention(&target, namespace, at.clone());
    facts.relate(&key, &DEPLOYS, &target, at.clone());
    helm_values(o, &key, namespace, facts);
    let sources = o.body.path(&["spec", "source"]).into_iter().chain(o.body.path(&["spec", "sources"]).into_iter().flat_map(Node::items));
    for (source, node, url) in sources.filter_map(|s| Some((s, s.get("repoURL")?))).filter_map(|(s, n)| Some((s, n, n.str()?))) {
        let body = url.trim_start_matches("https://").trim_end_matches(".git").to_ascii_lowercase();
        let writers = Key::new(Kind::Party, "class", format!("class:repo-writer@repo:{body}"));
        facts.mention(&writers, "repository writers", o.document.at(node));
        facts.relate(&writers, &CAN_CONTROL, &key, o.document.at(node));
        if let Some((place, path)) = source.get("path").and_then(|p| Some((p, p.str()?))) {
            let overlay = super::kustomize::key(&body, path);
            facts.mention(&overlay, path.trim_end_matches('/').rsplit('/').next().unwrap_or(path), o.document.at(place));
            facts.relate(&key, &DEPLOYS, &overlay, o.document.at(place));
            if body != o.document.repository_body() {
                // Mirrors have other names: the same path in what is scanned may be what is meant.
                let spec = Spec::Partial { kind: overlay.kind, subtype: overlay.subtype.to_string(), id: overlay.id.to_string() };
                facts.refer(&key, &DEPLOYS, spec, path, o.document.at(place));
            }
        }
    }
}

/// Values that an Argo CD application hands to a chart, as text in a string or as a map.
fn helm_values(o: &Object<'_>, installer: &Key, namespace: &str, facts: &mut Facts) {
    let sources = o.body.path(&["spec", "source"]).into_iter().chain(o.body.path(&["spec", "sources"]).into_iter().flat_map(Node::items));
    for helm in sources.filter_map(|s| s.get("helm")) {
        let release = Release { document: o.document, name: o.name, namespace, installer: Some(installer) };
        if let Some(tree) = helm.get("valuesObject") {
            values(&release, tree, facts);
        }
        let Some((node, text)) = helm.get("values").and_then(|v| Some((v, v.str()?))) else { continue };
        match parse_yaml_inside(text, node.line + 1) {
            Ok(trees) => trees.iter().for_each(|tree| values(&release, tree, facts)),
            Err(reason) => note(o.document, facts, format!("the Helm values of {} cannot be read: {reason}", o.name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_reaches_its_role_and_its_secret() {
        let text = "apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: api, namespace: pay, annotations: { eks.amazonaws.com/role-arn: \"arn:aws:iam::111122223333:role/pay-api\" } }\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: { name: api, namespace: pay, labels: { team: payments } }\nspec: { template: { spec: { serviceAccountName: api, containers: [ { name: c, image: \"ghcr.io/acme/api:1\", env: [ { name: DB_URL, valueFrom: { secretKeyRef: { name: db, key: url } } } ] } ] } } }\n";
        let document = Document::new("repo:github.com/acme/web".into(), "deploy/api.yaml", text.as_bytes().to_vec(), None);
        let mut facts = Facts::default();
        read(&document, &mut facts);
        let edge = |from: &str, relation: &str, to: &str| {
            facts.edges.iter().any(|e| e.from.id.ends_with(from) && e.relation.name == relation && e.to.id.ends_with(to))
        };
        assert!(edge("pay/ServiceAccount/api", "can_assume", "role/pay-api"));
        assert!(edge("pay/Deployment/api", "runs_as", "pay/ServiceAccount/api"));
        assert!(edge("pay/Deployment/api", "consumes", "#DB_URL"));
        assert!(edge("#DB_URL", "sourced_from", "pay/Secret/db#url"));
        let deployment = facts.nodes.iter().find(|n| n.key.kind == Kind::Consumer).expect("there");
        assert_eq!(deployment.attributes[&"tags".into()]["team"], "payments");
    }
}
