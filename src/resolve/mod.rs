//! What follows from the facts of several units: one small rule a file, applied in order until nothing changes.

mod access;
mod aggregation;
mod assume;
mod calls;
mod cel;
mod claims;
mod clouds;
mod conditions;
mod configured;
mod controls;
mod databases;
mod deployables;
mod effective;
#[cfg(test)]
mod effective_cases;
mod entries;
mod environment;
mod escalation;
mod functions;
mod google;
mod inherit;
mod inside;
mod issuers;
mod managed;
mod members;
mod names;
mod namespaces;
mod only;
mod opens;
mod outputs;
mod patterns;
mod proofs;
mod provider;
mod recipients;
mod reviews;
mod servers;
mod settings;
mod slots;
mod subjects;
mod terraform_variables;
mod trust;
#[cfg(test)]
mod trust_cases;
#[cfg(test)]
mod trust_issuers;
mod values;
mod vaults;
mod writers;

use crate::graph::{Graph, Unresolved};

/// One rule: draws edges that follow from others, and says whether it drew any.
pub struct ResolveRule {
    pub name: &'static str,
    /// What it concludes from what, in one clause.
    pub why: &'static str,
    apply: fn(&mut Graph) -> bool,
}

/// Rounds after which resolving stops, whatever still changes.
const MAX_ROUNDS: usize = 10;

/// Every rule, in the order of the domain specification (3.1).
pub const RULES: &[ResolveRule] = &[
    ResolveRule { name: "names", why: "a reference by name or partial id means the one node that fits it in its scope", apply: names::apply },
    ResolveRule { name: "vaults", why: "one repository stands for one Vault, whichever of its files names a thing of it", apply: vaults::apply },
    ResolveRule { name: "namespaces", why: "an account without a namespace is the one of its name that a trust names", apply: namespaces::apply },
    ResolveRule { name: "values", why: "a reference to the value of a variable means what the variable holds", apply: values::apply },
    ResolveRule {
        name: "only",
        why: "a variable that nothing defines and names a pipeline's role means the only role that trusts such pipelines",
        apply: only::apply,
    },
    ResolveRule { name: "outputs", why: "what is read by a name from a state, an export or a parameter is what was put there", apply: outputs::apply },
    ResolveRule { name: "slots", why: "a slot of the same name in the same repository, or a whole that holds a part, feeds it", apply: slots::apply },
    ResolveRule { name: "databases", why: "a database that an address names is the one that runs under that name", apply: databases::apply },
    ResolveRule { name: "environment", why: "a variable of a tool is the key of that name in the repository's environment file", apply: environment::apply },
    ResolveRule { name: "settings", why: "what Java code asks for by the name of a setting is that setting of its module", apply: settings::apply },
    ResolveRule { name: "entries", why: "the code of an action reads what the action is handed under the name that it asks for", apply: entries::apply },
    ResolveRule {
        name: "terraform-variables",
        why: "what is set as TF_VAR_name in a repository feeds the variable of that name in its Terraform",
        apply: terraform_variables::apply,
    },
    ResolveRule {
        name: "deployables",
        why: "code runs where its image is built from its folder, and a job that pushes an image deploys what runs it",
        apply: deployables::apply,
    },
    ResolveRule { name: "configured", why: "a workload that is given the configuration of an agent runs it", apply: configured::apply },
    ResolveRule { name: "proofs", why: "a value kept where a login keeps its proof lets its holder act as that login", apply: proofs::apply },
    ResolveRule { name: "opens", why: "a slot opens what the slots open that are fed from it", apply: opens::apply },
    ResolveRule { name: "trust", why: "a subject that meets every condition of a trust can act as the identity", apply: trust::apply },
    ResolveRule { name: "reviews", why: "a login that takes every account of a cluster whose name fits takes those that are known", apply: reviews::apply },
    ResolveRule { name: "managed", why: "a policy that AWS manages permits, in the account of whoever holds it, what AWS says", apply: managed::apply },
    ResolveRule { name: "members", why: "a permission on everything of a service is one on each thing of it that is known", apply: members::apply },
    ResolveRule { name: "controls", why: "a policy of an organisation fences in the accounts that it is attached to", apply: controls::apply },
    ResolveRule { name: "aggregation", why: "a cluster role that gathers others by their labels has the rules of all of them", apply: aggregation::apply },
    ResolveRule { name: "access", why: "an identity may do what its policies permit, less what they deny", apply: access::apply },
    ResolveRule { name: "inherit", why: "what is granted on a container is granted on what is in it", apply: inherit::apply },
    ResolveRule { name: "inside", why: "a namespace, cluster or organisation that somebody administers holds what its id begins", apply: inside::apply },
    ResolveRule { name: "writers", why: "whoever writes a repository or a registry decides what runs from it", apply: writers::apply },
    ResolveRule { name: "clouds", why: "what a job or workload fetches from the store of a cloud, it fetches as whom it is there", apply: clouds::apply },
    ResolveRule { name: "recipients", why: "whoever may decrypt with a key opens the files that are encrypted for it", apply: recipients::apply },
    ResolveRule { name: "assume", why: "a permission to assume a role that trusts the whole account lets its holder act as it", apply: assume::apply },
    escalation::AWS,
    escalation::KUBERNETES,
    escalation::NODES,
    escalation::RUNNERS,
    escalation::GOOGLE,
    escalation::GITHUB,
    ResolveRule { name: "functions", why: "a list of functions of a server is a way to it, as far as they go", apply: functions::apply },
    ResolveRule { name: "servers", why: "a server that a client starts by the path of its code does what that code does", apply: servers::apply },
    escalation::AZURE,
    escalation::ENTRA,
    escalation::GITLAB,
    escalation::VAULT,
    ResolveRule { name: "issuers", why: "whoever holds the key of an authority is everyone whom it vouches for", apply: issuers::apply },
    ResolveRule { name: "calls", why: "who starts a job starts the workflow that it calls, and the agents inside", apply: calls::apply },
    ResolveRule { name: "provider", why: "a vendor's credential opens something at that vendor, even when nothing says what", apply: provider::apply },
];

/// Applies every rule until nothing changes; gives back what stays open, with its reason.
pub fn resolve(graph: &mut Graph) -> Vec<Unresolved> {
    // How often the graph changed, and what that was when each rule last began: a rule that has seen the graph as it is has nothing to add.
    let mut changes = 1;
    let mut seen = vec![0; RULES.len()];
    for _ in 0..MAX_ROUNDS {
        let before = changes;
        for (rule, seen) in RULES.iter().zip(&mut seen) {
            if *seen != changes {
                *seen = changes;
                changes += usize::from((rule.apply)(graph));
            }
        }
        if changes == before {
            break;
        }
    }
    names::unresolved(graph)
}
