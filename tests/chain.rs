//! The chain of an agent, walked whole: sponsor, agent, subagent, tool, credential, identity, resource.

use std::sync::Arc;

use nhi::config::Config;
use nhi::document::Document;
use nhi::graph::Lineage;
use nhi::model::Level;
use nhi::{pipeline, query, rank};

const NOW: i64 = 1_767_225_600;

fn scan(tools: &str, settings: &str) -> Lineage {
    let password: String = (0..18).map(|i| char::from(b"Qa7Zx2Wc9Er4Vt1Yb8Nu5M"[(i * 7 + 3) % 22])).collect();
    let files = [
        (".mcp.json", "{ \"mcpServers\": { \"pay\": { \"command\": \"npx\", \"args\": [\"-y\", \"@acme/pay-mcp@1.0.0\"], \"env\": { \"DATABASE_URL\": \"${DATABASE_URL}\" } } } }\n".to_owned()),
        (".env", format!("DATABASE_URL=postgres://app:{password}@db.prod.example.org:5432/shop\n")),
        (".claude/settings.json", settings.to_owned()),
        (".claude/agents/reader.md", format!("---\nname: reader\n{tools}---\nRead it.\n")),
    ];
    let repository: Arc<str> = "repo:github.com/acme/web".into();
    let documents = files.into_iter().map(|(path, text)| Document::new(repository.clone(), path, text.into_bytes(), None)).collect();
    let config = Config::parse("version: 1\ninventory:\n  agents:\n    - { match: \"agent:*\", owner: \"team:gh/acme/pay\", sponsor: \"person:carol@example.org\", review_by: 2027-03-31 }\n")
        .expect("a configuration");
    pipeline::scan_documents(documents, &config, NOW)
}

const MAIN: &str = "agent:github.com/acme/web//#claude-code";
const READER: &str = "agent:file:github.com/acme/web//.claude/agents/reader.md#reader";
const ASKS: &str = "{ \"permissions\": { \"deny\": [\"Bash\"], \"allow\": [\"Read\"] } }\n";

fn database(lineage: &Lineage) -> Arc<str> {
    lineage.graph.nodes.keys().find(|id| id.starts_with("db:postgres://db.prod.example.org")).expect("the database").clone()
}

/// Kinds along the surest way from one thing to another, and the level at its end.
fn way(lineage: &Lineage, from: &str, to: &Arc<str>) -> Option<(Vec<&'static str>, Level)> {
    let reached = rank::Paths::new(&lineage.graph).between(&from.into(), to)?;
    let mut kinds = vec![lineage.graph.node(from)?.key.kind.name()];
    let mut at: Arc<str> = from.into();
    for edge in &reached.path {
        let edge = lineage.graph.edges.get(edge)?;
        at = if edge.from == at { edge.to.clone() } else { edge.from.clone() };
        kinds.push(lineage.graph.node(&at)?.key.kind.name());
    }
    Some((kinds, reached.level))
}

#[test]
fn the_chain_is_walked_from_the_agent_to_the_resource() {
    let lineage = scan("tools: Read, mcp__pay__get_order\n", ASKS);
    let sponsor = lineage.parties.iter().find(|p| &*p.node == MAIN && p.role == nhi::model::Role::Sponsor).expect("a sponsor");
    assert_eq!(&*sponsor.party, "person:carol@example.org");
    let database = database(&lineage);
    let (kinds, _) = way(&lineage, READER, &database).expect("the subagent gets there");
    for kind in ["agent", "tool", "location", "identity", "resource"] {
        assert!(kinds.contains(&kind), "{kind} is on the way: {kinds:?}");
    }
    let (kinds, _) = way(&lineage, MAIN, &database).expect("the agent gets there");
    assert_eq!((kinds.first(), kinds.last()), (Some(&"agent"), Some(&"resource")));
    assert!(lineage.graph.edges.values().any(|e| &*e.from == MAIN && e.relation.name == "delegates_to" && &*e.to == READER));
}

#[test]
fn a_list_of_functions_narrows_what_is_behind_the_tool_unless_commands_can_be_run() {
    let narrow = scan("tools: Read, mcp__pay__get_order\n", ASKS);
    let wide = scan("tools: Read, mcp__pay__get_order, mcp__pay__refund\n", ASKS);
    let shell = scan("tools: Read, Bash, mcp__pay__get_order\n", ASKS);
    let level = |l: &Lineage| way(l, READER, &database(l)).expect("it gets there").1;
    assert_eq!(level(&narrow), Level::ReadData);
    assert!(level(&wide) >= Level::Write && level(&shell) >= Level::Write);
    let blast = |l: &Lineage| l.ranking.iter().find(|r| &*r.node == READER).map(|r| r.blast.score).expect("ranked");
    assert!(blast(&narrow) < blast(&wide) && blast(&wide) <= blast(&shell) + 1e-9);
}

#[test]
fn what_is_told_of_an_agent_names_every_part_of_the_chain() {
    let lineage = scan("tools: Read, mcp__pay__get_order\n", ASKS);
    let told: Vec<String> = query::agents(&lineage)
        .iter()
        .flat_map(|r| r.sections().flat_map(|(l, lines)| lines.iter().map(move |x| format!("{l}: {x}"))).collect::<Vec<_>>())
        .collect();
    let has = |label: &str, text: &str| told.iter().any(|t| t.starts_with(label) && t.contains(text));
    assert!(has("sponsor", "person:carol@example.org"), "{told:#?}");
    assert!(has("tools", "reader") && has("tools", "pay"), "{told:#?}");
    assert!(has("reaches", "shop"), "{told:#?}");
}
