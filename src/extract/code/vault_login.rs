//! Logins to Vault: the role that code asks to become, by its name or as the one that its login method knows.

use super::source::{Call, Worth};
use super::unit::Unit;
use crate::model::{Basis, Key, Kind, Location};

/// Calls that log in, and the method by which they do.
const LOGINS: &[(&[&str], &str)] = &[
    (&["AppRoleAuthentication", "approle.login", "auth_approle", "NewAppRoleAuth", "approleLogin", "AppRoleAuthMethodInfo"], "approle"),
    (&["KubernetesAuthentication", "kubernetes.login", "auth_kubernetes", "NewKubernetesAuth", "kubernetesLogin", "KubernetesAuthMethodInfo"], "kubernetes"),
    (&["AwsIamAuthentication", "aws.iam_login", "NewAWSAuth", "awsIamLogin"], "aws"),
    (&["GcpIamCredentialsAuthentication", "gcp.login", "NewGCPAuth", "gcpLogin"], "gcp"),
    (&["AzureMsiAuthentication", "azure.login", "NewAzureAuth"], "azure"),
    (&["jwt.jwt_login", "JwtAuthentication", "NewJWTAuth"], "jwt"),
];

/// Reads the calls of a file that names Vault.
pub(super) fn read(unit: &mut Unit<'_, '_>, calls: &[Call]) {
    if !["vault", "Vault", "hvac"].iter().any(|w| unit.source.text.contains(w)) {
        return;
    }
    for call in calls {
        let Some((_, method)) = LOGINS.iter().find(|(names, _)| names.iter().any(|n| call.ends(n))) else { continue };
        let source = unit.source;
        let at = source.at(call.first);
        let keyed = source.keyed(call.arguments.clone(), &["role", "role_name", "roleName"]);
        let first = || source.split(call.arguments.clone()).into_iter().next().filter(|a| *method == "kubernetes" && !source.is_named(a));
        match keyed.or_else(first).and_then(|span| source.worth(span)) {
            Some(Worth::Literal(role, index)) if is_name(&role) => login(unit, method, Some(&role), &source.at(index)),
            Some(Worth::Env(name, index)) => {
                let at = source.at(index);
                unit.variable(&name, &at, Basis::Evaluated);
                login(unit, method, None, &at);
            }
            _ => login(unit, method, None, &at),
        }
    }
}

fn is_name(role: &str) -> bool {
    !role.is_empty() && role.len() <= 128 && role.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// The unit asks to become a role of a login method; one that the file does not name is left to what the repository's Vault has.
pub(super) fn login(unit: &mut Unit<'_, '_>, method: &str, role: Option<&str>, at: &Location) {
    let document = unit.source.document;
    let body = document.repository_body();
    let named = role.map_or_else(|| format!("?{}", document.path.replace('/', ".")), str::to_owned);
    let key = Key::new(Kind::Identity, "vault-role", format!("vault-role:{{{body}}}/{method}/{named}"));
    unit.becomes(&key, role.map_or_else(|| format!("{method} login"), str::to_owned).as_str(), at);
    if role.is_none() {
        unit.facts.mention(&key, String::new(), at.clone()).attr("symbolic", true);
    }
}
