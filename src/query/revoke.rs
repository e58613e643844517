//! How each kind of credential or identity is contained and replaced (domain specification, 5.4).

use crate::graph::GraphNode;

/// What to do, in the order of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    pub contain: &'static str,
    pub rotate: &'static str,
}

const TABLE: &[(&str, &str, &str)] = &[
    (
        "aws-access-key",
        "aws iam update-access-key --user-name <user> --access-key-id <key-id> --status Inactive, then delete-access-key",
        "aws iam create-access-key, update every slot, or federate instead",
    ),
    (
        "aws-role",
        "attach an inline policy that denies * where aws:TokenIssueTime is before now; then narrow the trust policy",
        "sessions expire by themselves once the trust is fixed",
    ),
    ("aws-user", "aws iam update-access-key --status Inactive for every key; attach AWSDenyAll", "replace by a role that workloads assume"),
    ("aws-bedrock-api-key", "aws iam update-service-specific-credential --status Inactive", "aws iam reset-service-specific-credential"),
    ("gcp-sa-key", "gcloud iam service-accounts keys disable <key-id> --iam-account <account>, then delete", "workload identity federation instead of a key"),
    ("gcp-service-account", "gcloud iam service-accounts disable <account>", "access tokens live for up to an hour"),
    ("gcp-api-key", "gcloud services api-keys delete <key>", "create a new one, restricted by API and by caller"),
    ("oauth-refresh-token", "revoke the grant at the vendor (RFC 7009 revocation endpoint)", "new consent"),
    ("oauth-client-secret", "delete the secret at the identity provider", "private_key_jwt, or a new secret"),
    ("entra-client-secret", "az ad app credential delete --id <app> --key-id <key-id>", "a federated credential, or az ad app credential reset --append"),
    ("azure-storage-key", "az storage account keys renew --account-name <account> --key primary", "roll both keys in turn; every SAS signed by the key dies"),
    ("azure-sas", "rotate the key that signed it, or alter the stored policy", "user-delegation SAS"),
    ("azure-connection-string", "renew the key of the resource (az … keys renew)", "managed identity instead of a key"),
    ("azure-mi-user", "remove its role assignments", "nothing is stored"),
    (
        "pat",
        "revoke it at the forge (GitHub: POST /credentials/revoke; GitLab: DELETE /personal_access_tokens/self)",
        "an app installation or a fine-grained token with an expiry",
    ),
    ("package-token", "revoke it at the registry (npm token revoke <id>; PyPI: account, API tokens)", "trusted publishing; check the releases made since"),
    ("bot-token", "revoke it at the vendor (Slack: auth.revoke; Telegram: BotFather /revoke)", "reinstall the app"),
    ("webhook-url", "delete the webhook at the vendor", "create a new one"),
    ("vault-token", "vault token revoke -accessor <accessor>", "shorter TTL, bound to an address range"),
    ("k8s-service-account", "delete its bindings and long-lived token Secrets", "bound tokens by TokenRequest"),
    ("k8s-sa-token", "delete the Secret of type kubernetes.io/service-account-token", "bound tokens by TokenRequest"),
    ("password", "lock the account (ALTER ROLE <user> NOLOGIN) and end its sessions", "a generated password from a secret store"),
    ("db-url", "lock the user (ALTER ROLE <user> NOLOGIN) and end its sessions", "a second user while clients move over"),
    ("db-user", "ALTER ROLE <user> NOLOGIN, then end its sessions", "a second user while clients move over"),
    ("basic-auth", "change the password at the host", "a token with a scope and an expiry"),
    ("ssh-private-key", "remove its public half from authorized_keys, deploy keys and cloud metadata", "a new ed25519 key with from= and command="),
    (
        "private-key",
        "revoke the certificate that goes with it, if there is one; replace the key wherever its public half is trusted",
        "a new key that never leaves its store",
    ),
    ("pgp-private-key", "publish a revocation certificate", "sign artifacts again"),
    ("jwt", "rotate the signing key, or deny its jti", "all tokens of that key die"),
    ("ci-job-token", "cancel the run; the token dies with the job", "nothing is stored"),
    ("encryption-key", "encrypt again with a new key", "retire the old one"),
    ("api-key", "revoke it at the vendor's console", "a restricted key, one for each consumer"),
    ("bearer-token", "revoke it at the issuer", "a token with a scope and an expiry"),
    ("mcp-server", "remove it from the configuration on the base branch and revoke its tokens", "a pinned version with a scoped token"),
    ("ci-agent", "disable its trigger, then revoke the tokens that it is given", "a scoped token and an actor check"),
    ("coding-agent", "take its tools and tokens away in its settings", "an identity of its own"),
];

/// The row for a node, by its subtype.
pub fn revocation(node: &GraphNode) -> Revocation {
    TABLE
        .iter()
        .find(|(subtype, ..)| *subtype == node.key.subtype)
        .map_or(Revocation { contain: "unknown kind: rotate it at its issuer, and treat it as live until then", rotate: "–" }, |(_, contain, rotate)| {
            Revocation { contain, rotate }
        })
}
