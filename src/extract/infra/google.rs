//! Members of Google's policies, levels of its roles, and what a binding says: one way for Terraform and scripts.

use crate::extract::kubernetes::account_key;
use crate::model::{EdgeFact, Facts, Key, Kind, Level, Location};
use crate::relation::{CAN_ASSUME, GRANTED, PERMITS};
use crate::tables;

/// Roles on a service account that let their holder act as it.
const ACTING: &[&str] = &["roles/iam.serviceAccountTokenCreator", "roles/iam.serviceAccountUser", "roles/iam.workloadIdentityUser"];

/// Level of a role: a predefined one by the tables, a custom one by its name.
pub(in crate::extract) fn level(role: &str) -> Level {
    if let Some(known) = tables::google::role(role) {
        return known.level;
    }
    let lower = role.rsplit('/').next().unwrap_or(role).to_ascii_lowercase();
    match lower.as_str() {
        _ if lower.contains("admin") => Level::Admin,
        _ if ["writer", "editor", "creator", "developer", "publisher", "deploy"].iter().any(|w| lower.contains(w)) => Level::Write,
        _ if lower.contains("viewer") || lower.contains("reader") => Level::ReadData,
        _ => Level::Unknown,
    }
}

/// The identity that a member of a policy names. Accounts of a cluster, `project.svc.id.goog[namespace/name]`, are looked for in the repository.
pub(in crate::extract) fn member(member: &str, repository: &str) -> Option<Key> {
    if matches!(member, "allUsers" | "allAuthenticatedUsers") {
        return Some(Key::new(Kind::Party, "class", "class:public"));
    }
    let (kind, who) = member.split_once(':')?;
    if let Some((_, account)) = who.split_once(".svc.id.goog[").filter(|_| kind == "serviceAccount") {
        let (namespace, name) = account.strip_suffix(']')?.split_once('/')?;
        let plain = |text: &str| !text.is_empty() && !text.contains(['$', '{', '*']);
        return (plain(namespace) && plain(name)).then(|| account_key(repository, namespace, name));
    }
    Some(match kind {
        "serviceAccount" => Key::new(Kind::Identity, "gcp-service-account", format!("gcp-sa:{who}")),
        "user" => Key::new(Kind::Party, "person", format!("person:{who}")),
        "group" => Key::new(Kind::Party, "team", format!("team:{who}")),
        "principal" | "principalSet" => Key::new(Kind::Identity, "gcp-wif-principal", member),
        _ => return None,
    })
}

/// What a person calls a member: without its kind, and of an account of a cluster its own name.
pub(in crate::extract) fn name(member: &str) -> &str {
    let who = member.rsplit(':').next().unwrap_or(member);
    who.strip_suffix(']').and_then(|w| w.rsplit('/').next()).unwrap_or(who)
}

/// A role on something.
pub(in crate::extract) struct Binding<'a> {
    pub policy: &'a Key,
    pub role: &'a str,
    pub target: &'a Key,
    pub level: Level,
    /// Whether it is given only when a condition holds.
    pub conditional: bool,
}

impl Binding<'_> {
    /// Says that a member has the role there.
    pub(in crate::extract) fn say(&self, identity: &Key, facts: &mut Facts, at: &Location) {
        let Binding { policy, role, target, level, conditional } = *self;
        let limit = |edge: &mut EdgeFact| {
            if conditional {
                edge.conditional();
            }
        };
        limit(facts.relate(identity, &GRANTED, policy, at.clone()).attr("scope", &*target.id));
        if target.kind == Kind::Identity && ACTING.contains(&role) {
            limit(facts.relate(identity, &CAN_ASSUME, target, at.clone()).attr("via", role.to_owned()));
        } else if matches!(target.kind, Kind::Resource | Kind::Location) {
            // That it has access follows: a policy may deny it.
            facts.relate(policy, &PERMITS, target, at.clone()).attr("level", level.name());
        }
    }
}

/// A rule of a policy that denies, whichever language states it.
#[derive(Default)]
pub(in crate::extract) struct Denial {
    pub principals: Vec<String>,
    pub but_principals: Vec<String>,
    pub permissions: Vec<String>,
    pub but_permissions: Vec<String>,
    pub conditional: bool,
}

impl Denial {
    /// As an attribute of the policy.
    pub(in crate::extract) fn attribute(self) -> serde_json::Value {
        serde_json::json!({
            "principals": self.principals,
            "but_principals": self.but_principals,
            "permissions": self.permissions,
            "but_permissions": self.but_permissions,
            "conditional": self.conditional,
        })
    }
}

/// Subtype of the policies that deny.
pub(in crate::extract) const DENIES: &str = "other:gcp-deny-policy";

/// What a policy is attached to, `cloudresourcemanager.googleapis.com/projects/shop`, with its slashes written out or not.
pub(in crate::extract) fn attachment(text: &str) -> Option<Key> {
    let text = text.replace("%2F", "/").replace("%2f", "/");
    let (_, path) = text.split_once(".googleapis.com/")?;
    let (kind, name) = path.split_once('/')?;
    let scheme = match kind {
        "projects" => "gcp-project",
        "folders" => "gcp-folder",
        "organizations" => "gcp-org",
        _ => return None,
    };
    let plain = !name.is_empty() && !name.contains(['$', '{', '/']);
    plain.then(|| Key::new(Kind::Resource, "cloud-account", format!("{scheme}:{name}")))
}
