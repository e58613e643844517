//! What role assignments and federated credentials of Azure say: one way for Terraform and scripts.

use crate::extract::kubernetes::account_key;
use crate::model::{Facts, Key, Kind, Level, Location};
use crate::relation::{CAN_ACCESS, CAN_ASSUME, GRANTED, TRUSTS};
use crate::tables;

/// The node of a role that no file of the repository defines.
pub(in crate::extract) fn role(name: &str) -> Key {
    Key::new(Kind::Policy, "azure-role", format!("azure-role:{}", name.to_ascii_lowercase()))
}

/// A role, on something if that is known.
pub(in crate::extract) struct Assignment<'a> {
    pub policy: &'a Key,
    pub role: &'a str,
    pub target: Option<&'a Key>,
    /// The level of a role that the repository defines itself; the others have theirs from the tables.
    pub level: Option<Level>,
    pub conditional: bool,
}

impl Assignment<'_> {
    /// Says that an identity has the role there.
    pub(in crate::extract) fn say(&self, identity: &Key, facts: &mut Facts, at: &Location) {
        let known = tables::azure::role(self.role);
        let level = self.level.or(known.as_ref().map(|r| r.level)).unwrap_or(Level::Unknown);
        facts.relate(identity, &GRANTED, self.policy, at.clone());
        if let Some(target) = self.target {
            let edge = facts.relate(identity, &CAN_ACCESS, target, at.clone()).attr("level", level.name()).attr("via_role", self.role.to_owned());
            if self.conditional || known.is_some_and(|r| r.conditional) {
                edge.conditional();
            }
        }
    }
}

/// Tokens of another issuer that an application or managed identity takes for its own.
pub(in crate::extract) struct Federated<'a> {
    pub issuer: &'a str,
    pub subject: Option<&'a str>,
    pub expression: Option<&'a str>,
}

impl Federated<'_> {
    /// Says whom the identity trusts; `repository` is where accounts of a cluster are looked for that the subject names.
    pub(in crate::extract) fn say(&self, identity: &Key, repository: &str, facts: &mut Facts, at: &Location) {
        let host = self.issuer.split("://").nth(1).unwrap_or(self.issuer).trim_end_matches('/').to_owned();
        let issuer = Key::new(Kind::Issuer, "oidc-provider", format!("oidc-provider:{host}"));
        facts.mention(&issuer, host, at.clone());
        let edge = facts.relate(identity, &TRUSTS, &issuer, at.clone());
        if let Some(expression) = self.expression {
            edge.attr("claims_expression", expression.to_owned());
        } else if let Some(subject) = self.subject {
            let breadth = if subject.contains(":environment:") { "environment" } else { "branch" };
            edge.attr("subject", subject.to_owned()).attr("breadth", breadth);
            // An account of a cluster, named in full.
            if let Some((namespace, name)) = subject.strip_prefix("system:serviceaccount:").and_then(|s| s.split_once(':')).filter(|_| !subject.contains("${"))
            {
                let account = account_key(repository, namespace, name);
                facts.mention(&account, name, at.clone());
                facts.relate(&account, &CAN_ASSUME, identity, at.clone()).attr("via", "workload-identity");
            }
        }
    }
}
