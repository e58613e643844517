//! The frameworks that checks are mapped to; the shape of an id tells whose it is.

/// Whose ids they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Framework {
    OwaspNhi,
    Nist800207,
    Csf,
    Csf11,
    Agentic,
    Llm,
    Mcp,
    Cwe,
}

impl Framework {
    pub const ALL: [Framework; 8] =
        [Framework::OwaspNhi, Framework::Nist800207, Framework::Csf, Framework::Csf11, Framework::Agentic, Framework::Llm, Framework::Mcp, Framework::Cwe];

    /// As the command line calls it.
    pub fn name(self) -> &'static str {
        match self {
            Framework::OwaspNhi => "owasp-nhi",
            Framework::Nist800207 => "nist-800-207",
            Framework::Csf => "csf",
            Framework::Csf11 => "csf-1.1",
            Framework::Agentic => "agentic",
            Framework::Llm => "llm",
            Framework::Mcp => "mcp",
            Framework::Cwe => "cwe",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Framework::OwaspNhi => "OWASP Non-Human Identities Top 10 (2025)",
            Framework::Nist800207 => "NIST SP 800-207, tenets of zero trust (section 2.1)",
            Framework::Csf => "NIST Cybersecurity Framework 2.0",
            Framework::Csf11 => "NIST Cybersecurity Framework 1.1",
            Framework::Agentic => "OWASP Top 10 for Agentic Applications (2026)",
            Framework::Llm => "OWASP Top 10 for LLM Applications (2025)",
            Framework::Mcp => "OWASP MCP Top 10 (2025, beta)",
            Framework::Cwe => "Common Weakness Enumeration",
        }
    }

    /// Whose id that is, by its shape. Subcategories of the Cybersecurity Framework have two digits in 2.0 and one or two without a zero in 1.1.
    fn of(id: &str) -> Framework {
        let starts = |prefix: &str| id.starts_with(prefix);
        if starts("NHI") {
            Framework::OwaspNhi
        } else if starts("ZT") {
            Framework::Nist800207
        } else if starts("ASI") {
            Framework::Agentic
        } else if starts("LLM") {
            Framework::Llm
        } else if starts("MCP") {
            Framework::Mcp
        } else if id.rsplit('-').next().is_some_and(|n| n.len() == 2) {
            Framework::Csf
        } else {
            Framework::Csf11
        }
    }
}

/// Framework ids of a check, each in its framework's own form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frameworks {
    /// Separated by spaces: `NHI2:2025 ZT2 PR.AA-01 PR.AC-1 LLM02`.
    pub ids: &'static str,
    /// CWE numbers.
    pub cwe: &'static [u16],
}

impl Frameworks {
    /// The ids of one framework, in the order given.
    pub fn of(&self, framework: Framework) -> Vec<String> {
        match framework {
            Framework::Cwe => self.cwe.iter().map(|c| format!("CWE-{c}")).collect(),
            other => self.ids.split(' ').filter(|id| !id.is_empty() && Framework::of(id) == other).map(str::to_owned).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_tell_their_framework() {
        let frameworks = Frameworks { ids: "NHI2:2025 NHI10:2025 ZT2 PR.AA-01 ID.AM-08 PR.AC-1 ID.AM-6 ASI03 LLM02 MCP01", cwe: &[798] };
        let told: Vec<String> = Framework::ALL.into_iter().map(|f| frameworks.of(f).join(" ")).collect();
        assert_eq!(told, ["NHI2:2025 NHI10:2025", "ZT2", "PR.AA-01 ID.AM-08", "PR.AC-1 ID.AM-6", "ASI03", "LLM02", "MCP01", "CWE-798"]);
    }
}
