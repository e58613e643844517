//! Clients of databases and of services: which of them a unit opens, and with which credential.

use std::collections::HashSet;
use std::sync::OnceLock;

use super::cloud::last;
use super::source::{Call, Worth};
use super::unit::Unit;
use crate::model::{Basis, Key, Kind};

/// Calls that open a database: endings of the path, a word that the file must hold, position of the address, engine.
const DATABASES: &[(&[&str], &str, usize, &str)] = &[
    (&["create_engine", "create_async_engine"], "sqlalchemy", 0, "sql"),
    (
        &[
            "psycopg.connect",
            "psycopg2.connect",
            "asyncpg.connect",
            "asyncpg.create_pool",
            "PG.connect",
            "pg_connect",
            "pgx.Connect",
            "pgxpool.New",
            "pgxpool.Connect",
            "PgPool.connect",
            "UseNpgsql",
            "NpgsqlConnection",
        ],
        "",
        0,
        "postgres",
    ),
    (
        &["pymysql.connect", "MySQLdb.connect", "mysql.connector.connect", "mysql.createConnection", "mysql.createPool", "mysqli_connect", "mysqli"],
        "",
        0,
        "mysql",
    ),
    (&["MongoClient", "mongoose.connect", "MongoClients.create", "ApplyURI", "MongoClient.connect", "AsyncIOMotorClient"], "", 0, "mongodb"),
    (
        &[
            "redis.Redis",
            "redis.StrictRedis",
            "redis.from_url",
            "Redis.from_url",
            "redis.NewClient",
            "redis.ParseURL",
            "redis.createClient",
            "ConnectionMultiplexer.Connect",
        ],
        "",
        0,
        "redis",
    ),
    (&["Redis", "createClient", "Redis.new"], "redis", 0, "redis"),
    (&["Pool", "Client"], "'pg'", 0, "postgres"),
    (&["Pool", "Client"], "\"pg\"", 0, "postgres"),
    (&["sql.Open", "sqlx.Connect", "sqlx.Open", "gorm.Open", "sqlx.MustConnect"], "", 1, "sql"),
    (&["DriverManager.getConnection", "setJdbcUrl", "UseSqlServer", "SqlConnection", "PDO", "Sequelize", "knex"], "", 0, "sql"),
    (&["amqp.Dial", "amqplib.connect", "amqp.connect", "pika.URLParameters"], "", 0, "amqp"),
    (&["Kafka", "KafkaProducer", "KafkaConsumer"], "afka", 0, "kafka"),
    (&["snowflake.connector.connect", "snowflake.createConnection"], "", 0, "snowflake"),
];

/// Names of what opens a database, when it stands in an argument of its own.
const ADDRESSES: &[&str] = &["connectionString", "connection_string", "dsn", "url", "uri", "conninfo", "DSN", "Addr"];
/// Names of arguments that hold a password.
const PASSWORDS: &[&str] = &["password", "passwd", "pass", "Password", "sasl_plain_password", "token"];

/// A constructor of a vendor's library.
struct Vendor {
    /// Endings of the path.
    calls: &'static [&'static str],
    /// A word that the file must hold.
    with: &'static str,
    /// What it opens.
    subtype: &'static str,
    id: &'static str,
    /// Which argument is the credential, when it has no name.
    position: usize,
    /// The variable that the library reads by itself.
    variable: &'static str,
}

const fn vendor(calls: &'static [&'static str], with: &'static str, subtype: &'static str, id: &'static str, variable: &'static str) -> Vendor {
    Vendor { calls, with, subtype, id, position: 0, variable }
}

const VENDORS: &[Vendor] = &[
    vendor(&["AzureOpenAI", "AsyncAzureOpenAI", "AzureChatOpenAI"], "", "llm-api", "llm:azure-openai", "AZURE_OPENAI_API_KEY"),
    vendor(
        &["OpenAI", "AsyncOpenAI", "ChatOpenAI", "OpenAIEmbeddings", "createOpenAI", "openai.NewClient"],
        "penai",
        "llm-api",
        "llm:api.openai.com",
        "OPENAI_API_KEY",
    ),
    vendor(
        &["Anthropic", "AsyncAnthropic", "ChatAnthropic", "createAnthropic", "anthropic.NewClient"],
        "nthropic",
        "llm-api",
        "llm:api.anthropic.com",
        "ANTHROPIC_API_KEY",
    ),
    vendor(
        &["GoogleGenerativeAI", "ChatGoogleGenerativeAI", "genai.Client", "genai.configure", "GoogleGenAI", "genai.NewClient"],
        "gen",
        "llm-api",
        "llm:generativelanguage.googleapis.com",
        "GOOGLE_API_KEY",
    ),
    vendor(&["Groq", "AsyncGroq", "ChatGroq"], "roq", "llm-api", "llm:api.groq.com", "GROQ_API_KEY"),
    vendor(&["Mistral", "MistralClient", "ChatMistralAI"], "istral", "llm-api", "llm:api.mistral.ai", "MISTRAL_API_KEY"),
    vendor(&["cohere.Client", "cohere.ClientV2", "CohereClient", "ChatCohere"], "cohere", "llm-api", "llm:api.cohere.com", "CO_API_KEY"),
    vendor(&["Replicate", "replicate.Client"], "eplicate", "llm-api", "llm:api.replicate.com", "REPLICATE_API_TOKEN"),
    vendor(&["ChatBedrock", "BedrockChat"], "edrock", "llm-api", "llm:bedrock", ""),
    vendor(&["HfApi", "InferenceClient", "HfInference"], "ugging", "llm-api", "llm:huggingface.co", "HF_TOKEN"),
    vendor(&["Stripe", "stripe.NewClient", "loadStripe"], "tripe", "payments", "saas:stripe", ""),
    vendor(&["WebClient", "AsyncWebClient", "slack.New", "AsyncApp", "App"], "lack", "messaging", "saas:slack/?", ""),
    vendor(&["IncomingWebhook"], "lack", "messaging", "saas:slack/?", ""),
    vendor(&["Octokit", "Github", "github.NewClient", "GithubIntegration", "getOctokit", "NewTokenClient"], "it", "repo", "saas:github.com", ""),
    vendor(&["Gitlab", "gitlab.Gitlab", "gitlab.NewClient"], "itlab", "repo", "saas:gitlab.com", ""),
    vendor(&["twilio.rest.Client", "Twilio", "twilio", "TwilioRestClient"], "wilio", "messaging", "saas:twilio", "TWILIO_AUTH_TOKEN"),
    vendor(&["SendGridAPIClient", "sgMail.setApiKey", "sendgrid.NewSendClient"], "", "email-sending", "saas:sendgrid", "SENDGRID_API_KEY"),
    vendor(&["Resend", "resend.NewClient"], "esend", "email-sending", "saas:resend", "RESEND_API_KEY"),
    vendor(&["Pinecone", "pinecone.init"], "inecone", "vector-store", "saas:pinecone", "PINECONE_API_KEY"),
    vendor(&["WeaviateClient", "weaviate.connect_to_wcs", "weaviate.connect_to_weaviate_cloud"], "", "vector-store", "saas:weaviate", ""),
    vendor(&["QdrantClient"], "", "vector-store", "saas:qdrant", ""),
    vendor(&["algoliasearch", "SearchClient.create"], "lgolia", "saas-tenant", "saas:algolia", ""),
    vendor(&["TavilyClient", "TavilySearchResults", "TavilySearch"], "avily", "internet", "saas:tavily", "TAVILY_API_KEY"),
    vendor(&["SerperDevTool", "SerpAPIWrapper", "GoogleSerperAPIWrapper"], "", "internet", "saas:serper", "SERPER_API_KEY"),
    Vendor { calls: &["createClient", "create_client"], with: "supabase", subtype: "database", id: "saas:supabase", position: 1, variable: "" },
    vendor(&["discord.Client", "commands.Bot"], "discord", "messaging", "saas:discord", ""),
    vendor(&["Sentry.init", "sentry_sdk.init"], "", "monitoring", "saas:sentry", "SENTRY_DSN"),
    vendor(&["Linear", "LinearClient"], "inear", "saas-tenant", "saas:linear", ""),
    vendor(&["notion_client.Client", "NotionClient"], "otion", "saas-tenant", "saas:notion", ""),
    vendor(&["JIRA", "Confluence", "Jira"], "tlassian", "saas-tenant", "saas:atlassian", ""),
    vendor(&["Cloudflare"], "loudflare", "dns", "saas:cloudflare", "CLOUDFLARE_API_TOKEN"),
    vendor(&["WebhookClient"], "discord", "messaging", "saas:discord", ""),
];

/// Arguments by which a constructor is given its credential.
const KEYS: &[&str] = &[
    "api_key",
    "apiKey",
    "auth",
    "token",
    "authToken",
    "auth_token",
    "access_token",
    "accessToken",
    "openai_api_key",
    "anthropic_api_key",
    "google_api_key",
    "bearer_token",
    "dsn",
    "basic_auth",
    "private_token",
];

/// Calls over HTTP.
const REQUESTS: &[&str] = &[
    "fetch",
    "axios",
    "got",
    "requests.get",
    "requests.post",
    "requests.put",
    "requests.patch",
    "requests.delete",
    "requests.request",
    "httpx.get",
    "httpx.post",
    "httpx.AsyncClient",
    "httpx.Client",
    "axios.get",
    "axios.post",
    "axios.put",
    "axios.delete",
    "axios.create",
    "http.NewRequest",
    "http.NewRequestWithContext",
    "session.get",
    "session.post",
    "client.get",
    "client.post",
    "HTTParty.get",
    "HTTParty.post",
    "Faraday.new",
];

/// Headers that prove who calls.
const HEADERS: &[&str] = &["Authorization", "X-Api-Key", "x-api-key", "api-key", "PRIVATE-TOKEN", "X-Auth-Token", "auth"];

/// Reads the calls of a file.
pub(super) fn read(unit: &mut Unit<'_, '_>, calls: &[Call]) {
    static NAMES: OnceLock<HashSet<&'static str>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let databases = DATABASES.iter().flat_map(|(names, ..)| *names);
        databases.chain(VENDORS.iter().flat_map(|v| v.calls)).chain(REQUESTS).map(|n| last(n)).collect()
    });
    for call in calls.iter().filter(|c| names.contains(c.name())) {
        if let Some((_, _, position, engine)) = DATABASES.iter().find(|(names, with, ..)| names.iter().any(|n| call.ends(n)) && unit.source.text.contains(with))
        {
            database(unit, call, *position, engine);
        }
        if let Some(vendor) = VENDORS.iter().find(|v| v.calls.iter().any(|n| call.ends(n)) && unit.source.text.contains(v.with)) {
            self::service(unit, call, vendor);
        }
        if REQUESTS.iter().any(|n| call.path == *n || (n.contains('.') && call.ends(n))) {
            request(unit, call);
        }
    }
}

fn database(unit: &mut Unit<'_, '_>, call: &Call, position: usize, engine: &str) {
    let source = unit.source;
    let arguments = source.split(call.arguments.clone());
    let whole = call.arguments.clone();
    let address = source
        .keyed(whole.clone(), ADDRESSES)
        .or_else(|| arguments.get(position.min(arguments.len().saturating_sub(1))).cloned().filter(|a| !source.is_named(a)));
    match address.and_then(|span| source.worth(span)) {
        Some(Worth::Env(name, index)) => {
            let at = source.at(index);
            let slot = unit.variable(&name, &at, Basis::Evaluated);
            unit.facts.mention(&slot, name, at).attr("opens", engine);
        }
        Some(Worth::Literal(text, index)) => {
            if let Some((id, name)) = database_id(&text, false) {
                unit.opens(&Key::new(Kind::Resource, "database", id), &name, "write", Basis::Evaluated, &source.at(index));
            }
        }
        None => {}
    }
    if let Some(span) = source.keyed(whole.clone(), PASSWORDS) {
        unit.credential(span, &format!("{engine}-password"));
    }
    if let Some(Worth::Literal(host, index)) =
        source.keyed(whole, &["host", "hostname", "server"]).and_then(|s| source.worth(s)).filter(|w| matches!(w, Worth::Literal(h, _) if is_host(h)))
    {
        let port = match engine {
            "postgres" => ":5432",
            "mysql" => ":3306",
            "mongodb" => ":27017",
            "redis" => ":6379",
            _ => "",
        };
        let name = source_name(source, call);
        let host = host.to_ascii_lowercase();
        unit.opens(&Key::new(Kind::Resource, "database", format!("db:{engine}://{host}{port}/{name}")), &host, "write", Basis::Evaluated, &source.at(index));
    }
}

fn source_name(source: &super::source::Source<'_>, call: &Call) -> String {
    match source.keyed(call.arguments.clone(), &["database", "dbname", "db"]).and_then(|s| source.worth(s)) {
        Some(Worth::Literal(name, _)) if name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) => name,
        _ => String::new(),
    }
}

/// A host with a dot that is not this machine.
fn is_host(text: &str) -> bool {
    text.contains('.') && text.len() <= 253 && !text.starts_with("127.") && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
}

/// The id of the database behind an address, and its name; an address on this machine is nobody's. A host without a dot is told where the network
/// that it is known in is that of the file (`near`).
pub(super) fn database_id(url: &str, near: bool) -> Option<(String, String)> {
    const SCHEMES: &[(&str, &str, &str)] = &[
        ("postgresql", "postgres", "5432"),
        ("postgres", "postgres", "5432"),
        ("mysql", "mysql", "3306"),
        ("mariadb", "mysql", "3306"),
        ("mongodb+srv", "mongodb+srv", ""),
        ("mongodb", "mongodb", "27017"),
        ("redis", "redis", "6379"),
        ("rediss", "redis", "6379"),
        ("amqp", "amqp", "5672"),
        ("sqlserver", "mssql", "1433"),
    ];
    let url = url.strip_prefix("jdbc:").unwrap_or(url);
    let (scheme, rest) = url.split_once("://")?;
    // `postgresql+asyncpg` is Postgres by another driver.
    let scheme = if scheme == "mongodb+srv" { scheme } else { scheme.split('+').next().unwrap_or(scheme) };
    let (_, engine, port) = SCHEMES.iter().find(|(s, ..)| *s == scheme)?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.rsplit('@').next().unwrap_or(authority).to_ascii_lowercase();
    let (name, given) = host.split_once(':').unwrap_or((&host, port));
    let database = path.split(['?', ';']).next().unwrap_or_default();
    let plain = || near && name != "localhost" && !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if !is_host(name) && !plain() || database.contains(['{', '$', '<', '%']) {
        return None;
    }
    let port = if given.is_empty() { String::new() } else { format!(":{given}") };
    Some((format!("db:{engine}://{name}{port}/{database}"), if database.is_empty() { name.to_owned() } else { database.to_owned() }))
}

fn service(unit: &mut Unit<'_, '_>, call: &Call, vendor: &Vendor) {
    let source = unit.source;
    let at = source.at(call.first);
    unit.opens(&Key::new(Kind::Resource, vendor.subtype, vendor.id), vendor.id.split_once(':').map_or(vendor.id, |(_, n)| n), "write", Basis::Convention, &at);
    let whole = call.arguments.clone();
    let last = vendor.id.rsplit([':', '/']).find(|s| *s != "?").unwrap_or(vendor.id);
    let keyed = source.keyed(whole.clone(), KEYS);
    let given = keyed.or_else(|| source.split(whole).get(vendor.position).cloned().filter(|a| a.len() <= 8 && !source.is_named(a)));
    let said = given.is_some_and(|span| unit.credential(span, &format!("{last}-credential")));
    if !said && !vendor.variable.is_empty() && !source.env.iter().any(|e| e.name == vendor.variable) {
        // The library looks for it by itself.
        unit.variable(vendor.variable, &at, Basis::Convention);
    }
}

fn request(unit: &mut Unit<'_, '_>, call: &Call) {
    let source = unit.source;
    let Some(header) = source.keyed(call.arguments.clone(), HEADERS) else { return };
    let arguments = source.split(call.arguments.clone());
    let address = source.keyed(call.arguments.clone(), &["base_url", "baseURL", "url"]).into_iter().chain(arguments).find_map(|span| {
        let index = span.take(24).find(|i| source.tokens[*i].is_text() && source.tokens[*i].text.contains("://"))?;
        let host = source.tokens[index].text.split_once("://")?.1.split(['/', '?', ':', '{', '$']).next()?.to_ascii_lowercase();
        is_host(&host).then_some((host, index))
    });
    unit.credential(header, "authorization");
    if let Some((host, index)) = address {
        unit.opens(&Key::new(Kind::Resource, "other:service", format!("host:{host}")), &host, "write", Basis::Convention, &source.at(index));
    }
}

#[cfg(test)]
mod tests {
    use super::database_id;

    #[test]
    fn an_address_names_its_database() {
        for (url, id) in [
            ("postgresql+asyncpg://u:p@DB.example.org/orders?x=1", Some("db:postgres://db.example.org:5432/orders")),
            ("jdbc:mysql://m.example.org:3307/a", Some("db:mysql://m.example.org:3307/a")),
            ("mongodb+srv://u@c.example.net", Some("db:mongodb+srv://c.example.net/")),
            ("postgres://localhost/x", None),
            ("postgres://db/x", None),
            ("sqlite:///x.db", None),
        ] {
            assert_eq!(database_id(url, false).map(|(id, _)| id).as_deref(), id, "{url}");
        }
        assert_eq!(database_id("jdbc:postgresql://db:5432/shop", true).map(|(id, _)| id).as_deref(), Some("db:postgres://db:5432/shop"));
        assert_eq!(database_id("jdbc:postgresql://localhost:5432/shop", true), None);
    }
}
