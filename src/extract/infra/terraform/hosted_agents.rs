//! Agents that a cloud hosts: Bedrock and AgentCore, Vertex, Dialogflow, Foundry; their tools, gateways, knowledge and token vaults.

use super::Block;
use super::eval::Scope;
use super::references::targets;
use crate::document::Node;
use crate::model::{Basis, Facts, Key, Kind, Location};
use crate::relation::{CAN_ACCESS, CAN_CONTROL, CONSUMES, DELEGATES_TO, INVOKES, PART_OF, RUNS_AS, SAME_AS};

/// Types, and the node that each stands for.
const TYPES: &[(&str, Kind, &str)] = &[
    ("aws_bedrockagent_agent", Kind::Agent, "hosted-agent"),
    // Whoever is sent to an alias is sent to the agent.
    ("aws_bedrockagent_agent_alias", Kind::Agent, "hosted-agent"),
    ("aws_bedrockagent_flow", Kind::Agent, "hosted-agent"),
    ("aws_bedrockagent_agent_action_group", Kind::Tool, "function-tool"),
    ("aws_bedrockagent_knowledge_base", Kind::Tool, "function-tool"),
    ("aws_bedrockagent_data_source", Kind::Tool, "function-tool"),
    ("aws_bedrockagentcore_agent_runtime", Kind::Agent, "hosted-agent"),
    ("aws_bedrockagentcore_harness", Kind::Agent, "hosted-agent"),
    ("aws_bedrockagentcore_gateway", Kind::Tool, "mcp-server"),
    ("aws_bedrockagentcore_gateway_target", Kind::Tool, "function-tool"),
    ("aws_bedrockagentcore_browser", Kind::Tool, "builtin"),
    ("aws_bedrockagentcore_code_interpreter", Kind::Tool, "builtin"),
    ("aws_bedrockagentcore_memory", Kind::Resource, "vector-store"),
    ("aws_bedrockagentcore_workload_identity", Kind::Identity, "agent-principal"),
    ("aws_bedrockagentcore_api_key_credential_provider", Kind::Location, "cloud-secret"),
    ("aws_bedrockagentcore_oauth2_credential_provider", Kind::Location, "cloud-secret"),
    ("google_vertex_ai_reasoning_engine", Kind::Agent, "hosted-agent"),
    ("google_dialogflow_agent", Kind::Agent, "hosted-agent"),
    ("google_dialogflow_cx_agent", Kind::Agent, "hosted-agent"),
    ("google_dialogflow_cx_webhook", Kind::Tool, "http-tool"),
    ("google_dialogflow_cx_tool", Kind::Tool, "http-tool"),
    ("google_discovery_engine_chat_engine", Kind::Agent, "hosted-agent"),
    ("google_discovery_engine_search_engine", Kind::Agent, "hosted-agent"),
    ("google_discovery_engine_data_store", Kind::Resource, "vector-store"),
    ("azurerm_ai_foundry_project", Kind::Agent, "hosted-agent"),
    ("azurerm_cognitive_account_project", Kind::Agent, "hosted-agent"),
    ("azurerm_bot_service_azure_bot", Kind::Agent, "hosted-agent"),
    ("azurerm_ai_foundry", Kind::Resource, "llm-api"),
    ("azurerm_ai_services", Kind::Resource, "llm-api"),
    ("azurerm_cognitive_account", Kind::Resource, "llm-api"),
    ("azurerm_cognitive_deployment", Kind::Resource, "model"),
    ("google_vertex_ai_endpoint", Kind::Resource, "model"),
];

/// Arguments that name such a thing.
const NAMES: &[&str] =
    &["agent_name", "agent_runtime_name", "agent_alias_name", "action_group_name", "collaborator_name", "display_name", "engine_id", "data_store_id", "name"];

pub(super) fn key(block: &Block<'_>, scope: &Scope<'_>, definition: &str) -> Option<(Key, String)> {
    let (_, kind, subtype) = TYPES.iter().find(|(t, ..)| *t == block.resource_type).filter(|_| !block.data)?;
    let name = NAMES.iter().find_map(|n| scope.attribute(block.body, n)).filter(|n| !n.is_empty()).unwrap_or_else(|| block.name.to_owned());
    let scheme = match kind {
        Kind::Location => "agentcore-vault:",
        Kind::Resource | Kind::Identity => "tf:",
        _ => "",
    };
    Some((Key::new(*kind, *subtype, format!("{scheme}{definition}")), name))
}

/// Blocks that only relate others: who works with whom, and which knowledge an agent is given.
pub(super) fn relate_only(block: &Block<'_>, scope: &Scope<'_>, facts: &mut Facts, at: &Location) -> bool {
    let of = |name: &str| block.body.get(name).map(|n| targets(scope, n)).unwrap_or_default();
    match block.resource_type {
        "aws_bedrockagent_agent_knowledge_base_association" => {
            for (agent, _) in of("agent_id") {
                for (base, _) in of("knowledge_base_id") {
                    facts.relate(&agent, &INVOKES, &base, at.clone()).attr("approval", "auto");
                }
            }
        }
        "aws_bedrockagent_agent_collaborator" => {
            let all = block.body.all("agent_descriptor").filter_map(|d| d.get("alias_arn")).flat_map(|n| targets(scope, n)).collect::<Vec<_>>();
            for (agent, _) in of("agent_id") {
                for (other, _) in &all {
                    facts.relate(&agent, &DELEGATES_TO, other, at.clone()).attr("mode", "standing").attr("scope", "all");
                }
            }
        }
        _ => return false,
    }
    true
}

/// What a block says of its own node.
pub(super) fn relate(block: &Block<'_>, key: &Key, scope: &Scope<'_>, facts: &mut Facts, at: &Location) {
    let body = block.body;
    match block.resource_type {
        "aws_bedrockagent_agent" => {
            let model = scope.attribute(body, "foundation_model");
            hosted(key, "bedrock", model, facts, at);
            let guarded = body.all("guardrail_configuration").next().is_some();
            facts.mention(key, String::new(), at.clone()).attr("guards", if guarded { vec!["guardrail"] } else { Vec::new() });
        }
        "aws_bedrockagent_agent_alias" => {
            for (agent, _) in body.get("agent_id").map(|n| targets(scope, n)).unwrap_or_default() {
                facts.relate(key, &SAME_AS, &agent, at.clone()).attr("because", "an alias of the agent");
            }
        }
        "aws_bedrockagent_agent_action_group" => action_group(block, key, scope, facts, at),
        "aws_bedrockagentcore_agent_runtime" | "aws_bedrockagentcore_harness" => {
            hosted(key, "agentcore", None, facts, at);
            let open = body.all("network_configuration").find_map(|n| scope.attribute(n, "network_mode"));
            let node = facts.mention(key, String::new(), at.clone());
            node.attr("egress", if open.as_deref() == Some("PUBLIC") { "open" } else { "unknown" }).attr("sandbox", "vm");
            // Without an authorizer the caller signs with a role of AWS.
            let token = body.all("authorizer_configuration").next().is_some();
            node.attr("inbound_auth", if token { "oauth-user" } else { "workload" });
        }
        "aws_bedrockagentcore_gateway" => gateway(block, key, scope, facts, at),
        "aws_bedrockagentcore_gateway_target" => gateway_target(block, key, scope, facts, at),
        "aws_bedrockagentcore_api_key_credential_provider" | "aws_bedrockagentcore_oauth2_credential_provider" => {
            facts.mention(key, String::new(), at.clone()).attr("store", "token-vault").attr("protection", "managed-store");
        }
        "google_vertex_ai_reasoning_engine" => reasoning_engine(block, key, scope, facts, at),
        "google_dialogflow_agent" | "google_dialogflow_cx_agent" => hosted(key, "dialogflow", None, facts, at),
        "google_dialogflow_cx_webhook" | "google_dialogflow_cx_tool" => {
            for (agent, _) in body.get("parent").map(|n| targets(scope, n)).unwrap_or_default() {
                facts.relate(&agent, &INVOKES, key, at.clone());
            }
            if let Some(url) = body.all("generic_web_service").find_map(|w| scope.attribute(w, "uri")) {
                product(key, &url, facts, at);
            }
        }
        "google_discovery_engine_chat_engine" | "google_discovery_engine_search_engine" => {
            hosted(key, "discovery-engine", None, facts, at);
            for (store, _) in body.get("data_store_ids").map(|n| targets(scope, n)).unwrap_or_default() {
                let tool = store_tool(&store, facts, at);
                facts.relate(key, &INVOKES, &tool, at.clone());
            }
        }
        "azurerm_ai_foundry_project" | "azurerm_cognitive_account_project" => hosted(key, "foundry", None, facts, at),
        "azurerm_cognitive_account" | "azurerm_ai_services" => {
            let keys = scope.attribute(body, "local_auth_enabled").or_else(|| scope.attribute(body, "local_authentication_enabled"));
            if keys.as_deref() == Some("true") {
                facts.mention(key, String::new(), at.clone()).attr("legacy_auth", vec!["keys of the whole account, where Entra ID can grant single rights"]);
            }
        }
        _ => {}
    }
}

fn hosted(key: &Key, client: &str, model: Option<String>, facts: &mut Facts, at: &Location) {
    let node = facts.mention(key, String::new(), at.clone());
    node.attr("client", client).attr("autonomy", 3);
    if let Some(model) = model.filter(|m| !m.contains("${")) {
        node.attr("model", model);
    }
}

/// What an agent of Bedrock may call: a function of Lambda, code that it writes itself, or its caller.
fn action_group(block: &Block<'_>, key: &Key, scope: &Scope<'_>, facts: &mut Facts, at: &Location) {
    let body = block.body;
    let signature = scope.attribute(body, "parent_action_group_signature").unwrap_or_default();
    let executor = body.all("action_group_executor").next();
    let returned = executor.is_some_and(|e| scope.attribute(e, "custom_control").as_deref() == Some("RETURN_CONTROL"));
    let asks = body.all("function_schema").flat_map(|s| all_below(s, "require_confirmation")).any(|n| n.str() == Some("ENABLED"));
    let mut capabilities = Vec::new();
    if signature == "AMAZON.CodeInterpreter" {
        capabilities.push("exec");
    }
    facts.mention(key, String::new(), at.clone()).attr("transport", "inproc").attr("capabilities", capabilities);
    let agents: Vec<Key> = body.get("agent_id").map(|n| targets(scope, n)).unwrap_or_default().into_iter().map(|(k, _)| k).collect();
    for agent in &agents {
        // Control that is returned leaves the decision with the caller.
        facts.relate(agent, &INVOKES, key, at.clone()).attr("approval", if returned || asks { "ask" } else { "auto" });
        for (function, _) in executor.and_then(|e| e.get("lambda")).map(|n| targets(scope, n)).unwrap_or_default() {
            facts.relate(agent, &INVOKES, &function, at.clone()).attr("through", &*key.id);
        }
    }
}

fn gateway(block: &Block<'_>, key: &Key, scope: &Scope<'_>, facts: &mut Facts, at: &Location) {
    let authorizer = scope.attribute(block.body, "authorizer_type");
    let auth = match authorizer.as_deref() {
        Some("CUSTOM_JWT") => "oauth-user",
        Some("AWS_IAM") => "workload",
        _ => "unknown",
    };
    let node = facts.mention(key, String::new(), at.clone());
    node.attr("transport", "http").attr("pin", "remote").attr("auth", auth);
    if let Some(authorizer) = &authorizer {
        node.attr("authorizer", authorizer.as_str());
    }
    if ["interceptor_configuration", "interceptor_configurations", "interceptor"].iter().any(|n| block.body.get(n).is_some()) {
        node.attr("runtime_checks", vec!["hook:pre-call"]);
    }
    if let Some(said) = authorizer.filter(|a| a == "NONE") {
        // Whoever knows the address is let in.
        let public = Key::new(Kind::Party, "class", "class:public");
        facts.mention(&public, "anyone", at.clone());
        facts.relate(&public, &CAN_CONTROL, key, at.clone()).attr("because", format!("authorizer {said}"));
    }
}

/// Where a target's calls go, and on whose authority: its own, standing, or that of the person who calls.
fn gateway_target(block: &Block<'_>, key: &Key, scope: &Scope<'_>, facts: &mut Facts, at: &Location) {
    let body = block.body;
    let gateways: Vec<Key> = body.get("gateway_identifier").map(|n| targets(scope, n)).unwrap_or_default().into_iter().map(|(k, _)| k).collect();
    for gateway in &gateways {
        facts.relate(key, &PART_OF, gateway, at.clone());
    }
    for provider in body.all("credential_provider_configuration") {
        let how = ["oauth", "api_key", "gateway_iam_role"].into_iter().find_map(|n| Some((n, provider.all(n).next().or_else(|| provider.get(n))?)));
        let Some((how, inner)) = how else { continue };
        let place = block.document.at(inner);
        let grant = scope.attribute(inner, "grant_type").unwrap_or_default();
        let (auth, delegation) = match (how, grant.as_str()) {
            ("oauth", "AUTHORIZATION_CODE") => ("oauth-user", "per-session"),
            ("oauth", _) | ("api_key", _) => ("static-secret", "standing"),
            _ => ("workload", "standing"),
        };
        let node = facts.mention(key, String::new(), place.clone());
        node.attr("auth", auth).attr("delegation", delegation);
        if !grant.is_empty() {
            node.attr("grant_type", grant);
        }
        let scopes: Vec<String> = inner.get("scopes").into_iter().flat_map(Node::items).filter_map(Node::scalar).collect();
        if !scopes.is_empty() {
            node.attr("scopes", scopes);
        }
        for (slot, _) in inner.get("provider_arn").map(|n| targets(scope, n)).unwrap_or_default() {
            facts.relate(key, &CONSUMES, &slot, place.clone());
            if delegation == "standing" {
                // The gateway hands it to whoever calls.
                for gateway in &gateways {
                    facts.mention(gateway, String::new(), place.clone()).attr("delegation", "standing");
                    facts.relate(gateway, &CONSUMES, &slot, place.clone()).attr("through", &*key.id);
                }
            }
        }
    }
    let configured = || body.all("target_configuration").flat_map(|t| t.all("mcp"));
    if let Some(url) = configured().flat_map(|m| m.all("mcp_server")).find_map(|s| scope.attribute(s, "endpoint")) {
        product(key, &url, facts, at);
    }
    for lambda in configured().flat_map(|m| m.all("lambda")).filter_map(|l| l.get("lambda_arn")) {
        let place = block.document.at(lambda);
        let known = targets(scope, lambda);
        for (function, _) in &known {
            facts.relate(key, &INVOKES, function, place.clone());
        }
        if let Some(arn) = lambda.str().filter(|_| known.is_empty()) {
            let function = Key::new(Kind::Consumer, "function", arn);
            facts.mention(&function, arn.rsplit(':').next().unwrap_or(arn), place.clone());
            facts.relate(key, &INVOKES, &function, place);
        }
    }
}

fn reasoning_engine(block: &Block<'_>, key: &Key, scope: &Scope<'_>, facts: &mut Facts, at: &Location) {
    hosted(key, "vertex", None, facts, at);
    let spec = || block.body.all("spec");
    let own = scope.attribute(block.body, "identity_type").or_else(|| spec().find_map(|s| scope.attribute(s, "identity_type")));
    let project = scope.attribute(block.body, "project").unwrap_or_else(|| scope.account.clone());
    if own.as_deref() == Some("AGENT_IDENTITY") {
        let identity = Key::new(Kind::Identity, "gcp-agent-identity", format!("{}/identity", key.id));
        facts.declare(&identity, "agent identity", at.clone()).attr("provider", "google").attr("auth_style", "workload");
        facts.relate(key, &RUNS_AS, &identity, at.clone());
    } else if spec().all(|s| s.get("service_account").is_none()) {
        // Without an account of its own it acts as the agent of the service, which every engine of the project shares.
        let agent = Key::new(Kind::Identity, "gcp-service-agent", format!("gcp-sa:service-{{{project}}}@gcp-sa-aiplatform-re.iam.gserviceaccount.com"));
        facts.mention(&agent, "service agent of the reasoning engines", at.clone()).attr("provider", "google").attr("shared", true);
        facts.relate(key, &RUNS_AS, &agent, at.clone()).basis(Basis::Evaluated);
    }
}

fn product(tool: &Key, url: &str, facts: &mut Facts, at: &Location) {
    let rest = url.split("://").nth(1).unwrap_or(url).trim_end_matches('/');
    if rest.is_empty() || rest.contains("${") {
        return;
    }
    let product = Key::new(Kind::Tool, "mcp-product", format!("mcp:url/{rest}"));
    facts.mention(&product, rest.split('/').next().unwrap_or(rest), at.clone());
    facts.relate(tool, &PART_OF, &product, at.clone());
    let node = facts.mention(tool, String::new(), at.clone());
    node.attr("transport", "http").attr("pin", "remote");
    if url.starts_with("http://") {
        node.attr("cleartext", true);
    }
}

/// A store of knowledge as the tool by which an agent asks it.
fn store_tool(store: &Key, facts: &mut Facts, at: &Location) -> Key {
    let tool = Key::new(Kind::Tool, "function-tool", format!("{}/search", store.id));
    facts.mention(&tool, "search", at.clone()).attr("transport", "inproc");
    facts.relate(&tool, &CAN_ACCESS, store, at.clone()).attr("level", "read-data");
    tool
}

fn all_below<'a>(node: &'a Node, name: &str) -> Vec<&'a Node> {
    let mut out = Vec::new();
    node.walk(&mut |pointer, n| {
        if pointer.rsplit('/').next() == Some(name) {
            out.push(n);
        }
    });
    out
}
