//! Application code: which file reads which variable, opens which client, becomes which identity, and switches off which check.
//!
//! Read at the level of tokens, one file at a time. A file with facts is `consumer code-unit code:<repository>//<path>` (`script` for a shell
//! script); its manifest is the unit of the folder, `code:<repository>//<folder>` with `package`. A variable is `env:<unit>#NAME`
//! (`client-bundle:<unit>#NAME` when its name says that it is shipped to browsers). Attributes of a unit:
//!
//! | attribute | says |
//! |---|---|
//! | `cloud_services` | services of a cloud whose clients are made, `aws:s3` |
//! | `ambient_identity` | clouds whose default credentials are asked for |
//! | `profiles` | profiles of a command line's configuration that are used |
//! | `verification_off` | what is not verified: `tls`, `token`, `host-key` |
//! | `verification_optional` | what is not verified when something in the program says so |
//! | `verification_lines` | the line that says either: `tls 12` |
//! | `opens` (of a variable) | the kind of database that its value is the address of |

mod cli;
mod clients;
mod cloud;
mod env;
pub(super) mod functions;
pub(super) mod inside;
pub(super) mod language;
mod lexer;
mod packages;
mod resources;
mod shell;
pub(super) mod source;
mod spring;
mod spring_opens;
pub(super) mod unit;
mod vault_cli;
mod vault_login;
mod verification;

use std::ops::ControlFlow;
use std::sync::OnceLock;

use self::language::Language;
use self::source::Source;
use self::unit::Unit;
use super::agents::{frameworks, servers};
use super::{Extractor, Read};
use crate::detect::{Keywords, Word};
use crate::document::Document;
use crate::model::{Facts, FileRole};

/// The extractors of this wing.
pub const EXTRACTORS: &[Extractor] = &[
    Extractor {
        name: "code",
        about: "application code and scripts: variables of the environment, clients of clouds, databases and services, roles, checks that are switched off, what command lines of clouds and clusters set up",
        matches: |path, _| Language::of(path).is_some(),
        read: Read::Each(read),
    },
    Extractor {
        name: "spring",
        about: "settings of Spring applications: variables that they read, what a secret beside an address opens, clients of OAuth, secrets of Vault and of clouds",
        matches: spring::matches,
        read: Read::Each(spring::read),
    },
    Extractor {
        name: "packages",
        about: "manifests of packages, and libraries that read credentials by themselves",
        matches: packages::wants,
        read: Read::Each(packages::read),
    },
];

/// Files larger than this are generated, or bundles.
const MAX_SIZE: usize = 1 << 20;
/// A file whose lines are longer than this on average is a bundle.
const MAX_WIDTH: usize = 400;

/// Words one of which every file that says something holds: most files are put aside without being read. What each reader looks for begins with, or
/// stands beside, one of these.
const GATE: &[&str] = &[
    // Variables of the environment.
    "os.environ",
    "environ[",
    "environ.",
    "getenv",
    "Getenv",
    "get_env",
    "LookupEnv",
    "BindEnv",
    "process.env",
    "meta.env",
    "Deno.env",
    "Bun.env",
    "getInput(",
    "getMultilineInput(",
    "ENV[",
    "ENV.fetch",
    "$_ENV",
    "GetEnvironmentVariable",
    "onfiguration[",
    "env::var",
    "env!(",
    "env = \"",
    "@Value(",
    // Files that are packed with the program.
    "getResource",
    "ClassPathResource",
    "KeyStore",
    "env:\"",
    "envconfig:\"",
    "decouple",
    // Clouds and stores.
    "boto3",
    "aws-sdk",
    "amazonaws",
    "ssume_role",
    "ssumeRole",
    "TemporaryCredentials",
    "ecretId",
    "ecret_id",
    "ecretsManager",
    "ecretmanager",
    "secret_manager",
    "get_secret",
    "getSecret",
    "GetSecret",
    "SecretClient",
    "ccessSecretVersion",
    "impersonat",
    "service_account",
    "CredentialsFile",
    "keyFilename",
    "keyFile",
    "firebase",
    "azure.identity",
    "azidentity",
    "@azure/identity",
    "Azure.Identity",
    "ClientSecretCredential",
    "ManagedIdentityCredential",
    "hvac",
    "VaultPropertySource",
    "VaultTemplate",
    "VaultOperations",
    "Logical()",
    "google.auth",
    "cloud.google.com/go/storage",
    "google-cloud/storage",
    "google.cloud import storage",
    // Databases.
    "create_engine",
    "create_async_engine",
    "connect(",
    "Connect(",
    "createPool",
    "createConnection",
    "MongoClient",
    "redis",
    "Redis(",
    "sql.Open",
    "sqlx.",
    "gorm.Open",
    "getConnection",
    "JdbcUrl",
    "amqp",
    "Kafka",
    "UseSqlServer",
    "SqlConnection",
    "new PDO",
    "Sequelize",
    "PgPool",
    "pgxpool",
    // Services.
    "apikey",
    "apiKey",
    "api_key",
    "api_Key",
    "Apikey",
    "ApiKey",
    "Api_key",
    "Api_Key",
    "Authorization\":",
    "Authorization':",
    "Authorization:",
    "x-api-key",
    "x-api-Key",
    "x-Api-key",
    "x-Api-Key",
    "X-api-key",
    "X-api-Key",
    "X-Api-key",
    "X-Api-Key",
    "openai",
    "OpenAI",
    "nthropic",
    "slack",
    "tripe",
    "ctokit",
    "wilio",
    "endgrid",
    "inecone",
    "upabase",
    "genai",
    "cohere",
    "lgolia",
    "entry_sdk",
    "Sentry.init",
    "discord",
    // Checks.
    "verify=",
    "verify_",
    "verify\"",
    "jwt.",
    "rejectUnauthorized",
    "REJECT_UNAUTHORIZED",
    "InsecureSkipVerify",
    "VERIFYPEER",
    "_unverified",
    "danger_accept",
    "StrictHostKey",
    "InsecureIgnoreHostKey",
    "AutoAddPolicy",
    // Agents and servers.
    "FastMCP",
    "McpServer",
    "MCPServer",
    "modelcontextprotocol",
    "mcp.server",
    "rmcp",
    "Agent(",
    "_agent(",
    "createReactAgent",
    "createAgent",
    "AgentOptions",
    "generateText",
    "streamText",
    "A2A",
];

/// Whether a text holds one of the words.
fn passes(text: &[u8]) -> bool {
    static WORDS: OnceLock<Keywords> = OnceLock::new();
    let words = WORDS.get_or_init(|| Keywords::new(GATE.iter().map(|w| Word { text: (*w).into(), exact: true }).collect()));
    words.find(text, 0..text.len(), |_, _| ControlFlow::Break(())).is_break()
}

fn read(document: &Document, facts: &mut Facts) {
    let Some(language) = Language::of(&document.path) else { return };
    // What tests read and open, they read and open where they are run; nobody deploys them.
    if document.role() == FileRole::Test && !matches!(language, Language::Shell) {
        return;
    }
    let bytes = &document.bytes;
    if bytes.len() > MAX_SIZE || bytes.contains(&0) || (language != Language::Shell && !passes(bytes)) {
        return;
    }
    let lines = memchr::memchr_iter(b'\n', bytes).count() + 1;
    if bytes.len() / lines > MAX_WIDTH {
        return;
    }
    let text = document.text();
    let source = Source::read(document, language, &text);
    let mut unit = Unit::new(&source, facts);
    if language == Language::Shell {
        shell::read(&mut unit);
    } else {
        let calls = &source.calls;
        unit.environment();
        cloud::read(&mut unit, calls);
        vault_login::read(&mut unit, calls);
        clients::read(&mut unit, calls);
        verification::read(&mut unit, calls);
        resources::read(&mut unit);
        servers::read(&mut unit, calls);
        frameworks::read(&mut unit, calls);
    }
    unit.finish();
}
