//! Libraries of clouds and secret stores: the role that a unit assumes, the secret that it fetches, the key file that it opens, the buckets that it names.

use std::collections::HashSet;
use std::sync::OnceLock;

use super::source::{Call, Span, Worth};
use super::unit::Unit;
use crate::model::{Basis, Key, Kind};

/// What a call says of the value that it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    AwsRole,
    AwsSecret,
    AwsParameter,
    GcpSecret,
    GcpAccount,
    GcpKeyFile,
    AzureSecret,
    AzureIdentity,
    VaultPath,
    AwsProfile,
}

/// A call: endings of its path, a word that the file must hold, names of the argument, and its position when it has no name.
struct Sdk {
    calls: &'static [&'static str],
    with: &'static str,
    keys: &'static [&'static str],
    position: Option<usize>,
    what: What,
}

const SDKS: &[Sdk] = &[
    Sdk {
        calls: &[
            "assume_role",
            "assume_role_with_web_identity",
            "assume_role_with_saml",
            "assumeRole",
            "AssumeRole",
            "AssumeRoleCommand",
            "AssumeRoleWithWebIdentityCommand",
            "AssumeRoleInput",
            "AssumeRoleWithWebIdentityInput",
            "fromTemporaryCredentials",
            "fromWebToken",
            "fromTokenFile",
        ],
        with: "",
        keys: &["RoleArn", "role_arn"],
        position: None,
        what: What::AwsRole,
    },
    Sdk {
        calls: &["NewAssumeRoleProvider", "NewWebIdentityRoleProvider", "stscreds.NewCredentials"],
        with: "",
        keys: &[],
        position: Some(1),
        what: What::AwsRole,
    },
    Sdk { calls: &["builder().roleArn", "AssumeRoleRequest().withRoleArn", "role_arn"], with: "ssume", keys: &[], position: Some(0), what: What::AwsRole },
    Sdk {
        calls: &[
            "get_secret_value",
            "getSecretValue",
            "GetSecretValue",
            "GetSecretValueAsync",
            "GetSecretValueCommand",
            "GetSecretValueInput",
            "GetSecretValueRequest",
        ],
        with: "",
        keys: &["SecretId", "secret_id"],
        position: None,
        what: What::AwsSecret,
    },
    Sdk { calls: &["builder().secretId", "withSecretId", "get_secret_value().secret_id"], with: "ecret", keys: &[], position: Some(0), what: What::AwsSecret },
    Sdk {
        calls: &["get_parameter", "getParameter", "GetParameter", "GetParameterCommand", "GetParameterInput", "get_parameters_by_path"],
        with: "ssm",
        keys: &["Name", "Path"],
        position: None,
        what: What::AwsParameter,
    },
    Sdk {
        calls: &["access_secret_version", "accessSecretVersion", "AccessSecretVersion", "AccessSecretVersionRequest"],
        with: "",
        keys: &["name"],
        position: Some(0),
        what: What::GcpSecret,
    },
    Sdk {
        calls: &[
            "impersonated_credentials.Credentials",
            "impersonate.CredentialsTokenSource",
            "impersonate.CredentialsConfig",
            "new Impersonated",
            "Impersonated",
            "ImpersonatedCredentials.create",
        ],
        with: "",
        keys: &["target_principal", "TargetPrincipal", "targetPrincipal"],
        position: Some(1),
        what: What::GcpAccount,
    },
    Sdk {
        calls: &[
            "from_service_account_file",
            "from_service_account_json",
            "WithCredentialsFile",
            "service_account.Credentials.from_service_account_file",
            "load_credentials_from_file",
        ],
        with: "",
        keys: &["filename"],
        position: Some(0),
        what: What::GcpKeyFile,
    },
    Sdk { calls: &["credentials.Certificate", "credential.cert"], with: "firebase", keys: &[], position: Some(0), what: What::GcpKeyFile },
    Sdk {
        calls: &["GoogleAuth", "Storage", "PubSub", "BigQuery", "Firestore", "SecretManagerServiceClient", "KeyManagementServiceClient"],
        with: "google",
        keys: &["keyFilename", "keyFile"],
        position: None,
        what: What::GcpKeyFile,
    },
    Sdk {
        calls: &["get_secret", "getSecret", "GetSecret", "GetSecretAsync"],
        with: "SecretClient",
        keys: &["name"],
        position: Some(0),
        what: What::AzureSecret,
    },
    Sdk {
        calls: &[
            "ManagedIdentityCredential",
            "ClientSecretCredential",
            "WorkloadIdentityCredential",
            "ClientCertificateCredential",
            "ClientAssertionCredential",
        ],
        with: "",
        keys: &["client_id", "clientId", "managedIdentityClientId", "ManagedIdentityClientId"],
        position: None,
        what: What::AzureIdentity,
    },
    Sdk { calls: &["ClientSecretCredential", "NewClientSecretCredential"], with: "", keys: &[], position: Some(1), what: What::AzureIdentity },
    Sdk {
        calls: &["read_secret", "read_secret_version", "v2.read_secret_version", "v1.read_secret"],
        with: "hvac",
        keys: &["path"],
        position: Some(0),
        what: What::VaultPath,
    },
    Sdk {
        calls: &["Logical().Read", "Logical().ReadWithContext", "KVv2().Get", "KVv1().Get", "vault.read", "Vault.logical.read", "logical().read"],
        with: "ault",
        keys: &[],
        position: None,
        what: What::VaultPath,
    },
    Sdk { calls: &["VaultPropertySource", "VaultPropertySources"], with: "vault", keys: &["value"], position: Some(0), what: What::VaultPath },
    Sdk { calls: &["vaultTemplate.read", "vaultOperations.read", "VaultTemplate.read"], with: "vault", keys: &[], position: Some(0), what: What::VaultPath },
    Sdk {
        calls: &["boto3.Session", "session.Session", "fromIni", "fromSSO", "WithSharedConfigProfile"],
        with: "",
        keys: &["profile_name", "profile"],
        position: None,
        what: What::AwsProfile,
    },
];

/// Arguments that name a thing of AWS, and what its id looks like.
const NAMED: &[(&str, &str, &str)] = &[
    ("Bucket", "object-store", "arn:aws:s3:::"),
    ("TableName", "database", "arn:aws:dynamodb:{region}:{account}:table/"),
    ("QueueName", "queue", "arn:aws:sqs:{region}:{account}:"),
    ("StreamName", "stream", "arn:aws:kinesis:{region}:{account}:stream/"),
];

/// Arguments that hold the whole name of a thing of AWS.
const BY_ARN: &[(&str, &str)] =
    &[("TopicArn", "queue"), ("TargetArn", "queue"), ("FunctionName", "function"), ("KeyId", "kms"), ("StateMachineArn", "function")];

/// Which libraries a file names.
struct Hints {
    boto: bool,
    aws: bool,
}

/// The last segment of a path.
pub(super) fn last(path: &'static str) -> &'static str {
    path.rsplit('.').next().unwrap_or(path)
}

/// Reads the calls of a file.
pub(super) fn read(unit: &mut Unit<'_, '_>, calls: &[Call]) {
    static NAMES: OnceLock<HashSet<&'static str>> = OnceLock::new();
    let names = NAMES.get_or_init(|| SDKS.iter().flat_map(|s| s.calls).map(|c| last(c)).collect());
    let text = unit.source.text;
    let hints = Hints { boto: text.contains("boto3"), aws: text.contains("aws-sdk") || text.contains("amazonaws") };
    for call in calls {
        service(unit, call, &hints);
        if !names.contains(call.name()) {
            continue;
        }
        for sdk in SDKS.iter().filter(|s| s.calls.iter().any(|c| call.ends(c)) && unit.source.text.contains(s.with)) {
            said(unit, call, sdk);
        }
    }
    if ["boto3", "aws-sdk", "amazonaws", "Amazon."].iter().any(|w| unit.source.text.contains(w)) {
        calls.iter().for_each(|c| aws_things(unit, c));
    }
    if unit.source.text.contains("storage") && ["google", "gcs", "Google"].iter().any(|w| unit.source.text.contains(w)) {
        calls.iter().for_each(|c| google_bucket(unit, c));
    }
}

fn said(unit: &mut Unit<'_, '_>, call: &Call, sdk: &Sdk) {
    let source = unit.source;
    let keyed = source.keyed(call.arguments.clone(), sdk.keys);
    let span = keyed.or_else(|| source.split(call.arguments.clone()).get(sdk.position?).cloned().filter(|a| !source.is_named(a)));
    // Vault's readers take a context before the path, or not.
    let span = span.or_else(|| (sdk.what == What::VaultPath).then(|| source.split(call.arguments.clone()).pop()).flatten());
    let Some(span) = span else { return };
    if let Some((text, index)) = shape(unit, &span) {
        literal(unit, sdk.what, &text, index);
        return;
    }
    match source.worth(span) {
        Some(Worth::Literal(text, index)) => literal(unit, sdk.what, &text, index),
        Some(Worth::Env(name, index)) => {
            let at = source.at(index);
            let slot = unit.variable(&name, &at, Basis::Evaluated);
            if matches!(sdk.what, What::AwsRole | What::GcpAccount | What::AzureIdentity) {
                unit.becomes_value_of(&slot, &name, &at);
            }
        }
        None => {}
    }
}

/// A text with holes, with `{?}` for each: the rest of a name says enough.
fn shape(unit: &Unit<'_, '_>, span: &Span) -> Option<(String, usize)> {
    let index = span.clone().take(3).find(|i| unit.source.tokens.get(*i).is_some_and(|t| t.is_text()))?;
    let text = unit.source.tokens[index].text;
    if unit.source.literal(index).is_some() || !text.contains("secrets/") {
        return None;
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        out.push_str(rest[..open].trim_end_matches(['$', '#']));
        out.push_str("{?}");
        rest = rest[open..].split_once('}').map_or("", |(_, r)| r);
    }
    out.push_str(rest);
    Some((out, index))
}

fn literal(unit: &mut Unit<'_, '_>, what: What, text: &str, index: usize) {
    let source = unit.source;
    let at = source.at(index);
    let body = source.document.repository_body().to_owned();
    let last = text.rsplit('/').next().unwrap_or(text).to_owned();
    if text.is_empty() || text.len() > 400 || text.contains(char::is_whitespace) {
        return;
    }
    let mut store = |id: String, name: &str, store: &str, subtype: &'static str| {
        unit.reads(&Key::new(Kind::Location, subtype, id), name, store, &at);
    };
    match what {
        What::AwsRole if text.starts_with("arn:") && text.contains(":role/") => unit.becomes(&Key::new(Kind::Identity, "aws-role", text), &last, &at),
        What::AwsSecret if text.starts_with("arn:") => store(text.to_owned(), &last, "aws-secrets-manager", "cloud-secret"),
        What::AwsSecret => store(format!("asm:{{{body}}}/{text}"), text, "aws-secrets-manager", "cloud-secret"),
        What::AwsParameter if !text.starts_with("arn:") => store(format!("ssm:{{{body}}}/?/{}", text.trim_start_matches('/')), text, "aws-ssm", "cloud-secret"),
        What::GcpSecret => {
            if let Some((project, secret)) = text.split_once("/secrets/") {
                let project = project.rsplit('/').next().filter(|p| !p.contains(['{', '%'])).map_or_else(|| format!("{{{body}}}"), str::to_owned);
                let name = secret.split('/').next().unwrap_or(secret);
                if !name.contains(['{', '%']) && !name.is_empty() {
                    store(format!("//secretmanager.googleapis.com/projects/{project}/secrets/{name}"), name, "gcp-secret-manager", "cloud-secret");
                }
            }
        }
        What::GcpAccount if text.contains('@') => unit.becomes(&Key::new(Kind::Identity, "gcp-service-account", format!("gcp-sa:{text}")), text, &at),
        What::GcpKeyFile if text.ends_with(".json") => {
            let path = beside(source.document.folder(), text);
            store(format!("file:{body}//{path}"), &last, "file", "file");
        }
        What::AzureSecret => {
            if let Some(vault) = vault_of(source.text) {
                store(format!("azkv:{vault}/{text}"), text, "azure-key-vault", "cloud-secret");
            }
        }
        What::AzureIdentity if text.len() == 36 => {
            unit.becomes(&Key::new(Kind::Identity, "entra-app", format!("entra-app:{}", text.to_ascii_lowercase())), text, &at)
        }
        What::VaultPath => {
            let path = text.trim_start_matches('/').replacen("/data/", "/", 1);
            let path = if path.contains('/') || path.starts_with("secret") { path } else { format!("secret/{path}") };
            store(format!("vault:{{{body}}}/{path}"), text, "vault", "vault-path");
        }
        What::AwsProfile => unit.note("profiles", text, &at),
        _ => {}
    }
}

/// A path as a file beside this one names it.
fn beside(folder: &str, path: &str) -> String {
    if path.starts_with('/') || folder.is_empty() {
        return path.trim_start_matches("./").trim_start_matches('/').to_owned();
    }
    let mut segments: Vec<&str> = folder.split('/').collect();
    for segment in path.split('/') {
        match segment {
            "." | "" => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    segments.join("/")
}

/// The vault whose address the file names, when it is one.
fn vault_of(text: &str) -> Option<String> {
    let host = text.split(".vault.azure.net").next().filter(|before| before.len() < text.len())?;
    let name = host.rsplit("://").next()?;
    (!name.is_empty() && name.len() <= 24 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')).then(|| name.to_ascii_lowercase())
}

/// Which services of a cloud the unit calls.
fn service(unit: &mut Unit<'_, '_>, call: &Call, hints: &Hints) {
    let source = unit.source;
    let at = || source.at(call.first);
    let name = call.name();
    if matches!(name, "client" | "resource") && hints.boto {
        if let Some(service) = source.literal(call.arguments.start).filter(|s| s.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')) {
            unit.note("cloud_services", format!("aws:{service}"), &at());
        }
    } else if hints.aws && name == "NewFromConfig" {
        if let Some(service) = source.word(call.first) {
            unit.note("cloud_services", format!("aws:{}", service.to_ascii_lowercase()), &at());
        }
    } else if hints.aws && call.first > 0 && source.word(call.first - 1) == Some("new") {
        if let Some(service) = name.strip_suffix("Client").filter(|s| s.starts_with(|c: char| c.is_ascii_uppercase())) {
            unit.note("cloud_services", format!("aws:{}", service.to_ascii_lowercase()), &at());
        }
    } else if matches!(name, "DefaultAzureCredential" | "NewDefaultAzureCredential" | "EnvironmentCredential" | "AzureCliCredential") {
        unit.note("ambient_identity", "azure", &at());
    } else if call.ends("google.auth.default") || call.ends("google.FindDefaultCredentials") || call.ends("GoogleCredentials.getApplicationDefault") {
        unit.note("ambient_identity", "gcp", &at());
    }
}

fn is_plain(name: &str) -> bool {
    (3..=255).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// What a method does to what it is given.
fn level(method: &str) -> &'static str {
    let lower = method.to_ascii_lowercase();
    let writes = ["put", "delete", "upload", "copy", "create", "update", "send", "publish", "batch_write", "write", "invoke"];
    if writes.iter().any(|w| lower.starts_with(w)) { "write" } else { "read-data" }
}

fn aws_things(unit: &mut Unit<'_, '_>, call: &Call) {
    let source = unit.source;
    for (argument, subtype, prefix) in NAMED {
        let method = call.ends(argument.trim_end_matches("Name")) && call.path.contains('.');
        let span = source.split(call.arguments.clone()).into_iter().find_map(|a| source.keyed(a.start..a.end.min(a.start + 8), &[argument]));
        let span = span.or_else(|| method.then(|| call.arguments.clone()));
        if let Some(Worth::Literal(name, index)) = span.and_then(|s| source.worth(s)).filter(|w| matches!(w, Worth::Literal(n, _) if is_plain(n))) {
            unit.opens(&Key::new(Kind::Resource, *subtype, format!("{prefix}{name}")), &name, level(call.name()), Basis::Convention, &source.at(index));
        }
    }
    for (argument, subtype) in BY_ARN {
        if let Some(Worth::Literal(arn, index)) = source
            .keyed(call.arguments.clone(), &[argument])
            .and_then(|s| source.worth(s))
            .filter(|w| matches!(w, Worth::Literal(n, _) if n.starts_with("arn:") && n.matches(':').count() >= 5))
        {
            let name = arn.rsplit([':', '/']).next().unwrap_or(&arn).to_owned();
            unit.opens(&Key::new(Kind::Resource, *subtype, arn), &name, level(call.name()), Basis::Convention, &source.at(index));
        }
    }
}

fn google_bucket(unit: &mut Unit<'_, '_>, call: &Call) {
    if matches!(call.name(), "bucket" | "get_bucket" | "Bucket") && call.path.contains('.') {
        let source = unit.source;
        if let Some(Worth::Literal(name, index)) = source.worth(call.arguments.clone()).filter(|w| matches!(w, Worth::Literal(n, _) if is_plain(n))) {
            let key = Key::new(Kind::Resource, "object-store", format!("//storage.googleapis.com/projects/_/buckets/{name}"));
            unit.opens(&key, &name, "write", Basis::Convention, &source.at(index));
        }
    }
}
