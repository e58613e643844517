//! CSV (RFC 4180): one row a ranked identity or agent, for a spreadsheet.

use super::text::place;
use super::{Style, plain};
use crate::graph::Lineage;
use crate::model::{Ownership, Role};

/// A quoted cell that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    let text = plain(text);
    let guard = if text.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

pub(super) fn write(lineage: &Lineage, _: &Style) -> String {
    let mut out =
        String::from("id,kind,subtype,name,environment,blast,blast_low,blast_high,exposure,risk,trust_debt,owner,creator,sponsor,reach,findings,location\r\n");
    for r in &lineage.ranking {
        let Some(node) = lineage.graph.node(&r.node) else { continue };
        let party = |role| lineage.party(&r.node, role).map_or(String::new(), Ownership::told);
        let reach: Vec<String> = r.reach.iter().map(|x| format!("{} {}", x.level.name(), x.resource)).collect();
        let mut findings: Vec<&str> = lineage.findings.iter().filter(|f| f.subject == r.node).map(|f| f.check).collect();
        findings.dedup();
        let texts = [node.id(), node.key.kind.name(), &node.key.subtype, node.name(), node.env.as_deref().unwrap_or("")].map(cell);
        let numbers = [r.blast.score, r.blast.low, r.blast.high, r.exposure, r.risk, r.trust_debt].map(|n| format!("{n:.0}"));
        let rest =
            [party(Role::Owner), party(Role::Creator), party(Role::Sponsor), reach.join("; "), findings.join(" "), node.primary().map_or(String::new(), place)]
                .map(|t| cell(&t));
        out.push_str(&format!("{},{},{}\r\n", texts.join(","), numbers.join(","), rest.join(",")));
    }
    out
}
