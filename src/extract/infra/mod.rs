//! Infrastructure code: identities, permissions and resources as they are declared.

mod ansible;
mod ansible_vault;
mod arm;
pub(super) mod azure;
mod azure_role;
mod breadth;
mod cdk;
mod cloudformation;
pub(super) mod google;
pub(super) mod google_deny;
pub(super) mod granting;
mod offered;
pub(super) mod policy;
mod pulumi;
mod serverless;
mod sql;
mod terraform;
mod vault;
pub(super) mod vault_agent;

pub(super) use sql::{level as sql_level, user_id as sql_user};
pub(super) use vault::{path_id as vault_path, policy_id as vault_policy, rules as vault_rules};

use super::{Extractor, Read};

/// The extractors of this wing.
pub const EXTRACTORS: &[Extractor] = &[
    Extractor {
        name: "terraform",
        about: "Terraform, OpenTofu and Terragrunt: identities, trust, policies, attachments, what runs as whom",
        // Policies in files of their own belong to it: `file()` reads them.
        matches: |path, head| {
            let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
            let code = path == "terragrunt.hcl" || [".tf", ".tf.json", ".tofu", ".tfvars", ".tfvars.json", "/terragrunt.hcl"].iter().any(|e| path.ends_with(e));
            // Whatever a unit of Terragrunt includes or reads is called as its author likes.
            let read = path.ends_with(".hcl") && !path.ends_with(".pkr.hcl") && (has(b"locals") || has(b"inputs"));
            (code || read || path.ends_with(".json") && has(b"\"Statement\"") && has(b"\"Effect\"")) && !path.contains(".terraform/")
        },
        read: Read::Unit(terraform::read),
    },
    Extractor {
        name: "terraform-state",
        about: "Terraform's state and plans in JSON: what was made, by the ids that the clouds gave",
        matches: terraform::is_state,
        read: Read::Each(terraform::read_state),
    },
    Extractor {
        name: "google-deny-policy",
        about: "files of policies of Google that deny: whom, and what",
        matches: google_deny::matches,
        read: Read::Each(google_deny::read),
    },
    Extractor {
        name: "sql",
        about: "users of databases and what statements grant them",
        matches: |path, _| path.ends_with(".sql"),
        read: Read::Each(sql::read),
    },
    Extractor {
        name: "vault-policy",
        about: "policies of Vault: the paths that they open, and how far",
        matches: vault::matches,
        read: Read::Each(vault::read),
    },
    Extractor {
        name: "vault-agent",
        about: "the agent of Vault: its login, the files that prove it, its templates and what they draw",
        matches: vault_agent::matches,
        read: Read::Each(vault_agent::read),
    },
    Extractor {
        name: "cloudformation",
        about: "CloudFormation and SAM: identities, trust, policies, functions and what they are given",
        matches: |path, head| {
            let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
            [".yaml", ".yml", ".json"].iter().any(|e| path.ends_with(e)) && (has(b"AWSTemplateFormatVersion") || has(b"AWS::") || has(b"Alexa::ASK"))
        },
        read: Read::Each(cloudformation::read),
    },
    Extractor {
        name: "pulumi",
        about: "Pulumi: the settings of stacks, which of them are encrypted, and by what",
        matches: |path, _| pulumi::matches(path),
        read: Read::Each(pulumi::read),
    },
    Extractor {
        name: "cdk",
        about: "programs of the AWS CDK, by what their calls usually mean: roles, managed policies, grants",
        matches: cdk::matches,
        read: Read::Each(cdk::read),
    },
    Extractor {
        name: "ansible",
        about: "Ansible: plays, logins, inventories, sealed values, lookups of secrets",
        matches: ansible::wants,
        read: Read::Each(ansible::read),
    },
    Extractor {
        name: "ansible-vault",
        about: "the file with the password of Ansible's vault, and the hosts that a group's variables log in to",
        matches: ansible_vault::wants,
        read: Read::Unit(ansible_vault::read),
    },
    Extractor {
        name: "serverless",
        about: "Serverless Framework: functions, their role, their variables, open endpoints",
        matches: |path, _| path.rsplit('/').next().is_some_and(|n| matches!(n, "serverless.yml" | "serverless.yaml")),
        read: Read::Each(serverless::read),
    },
    Extractor {
        name: "azure-resource-manager",
        about: "Bicep and Resource Manager templates: managed identities, role assignments, secure parameters",
        matches: |path, head| path.ends_with(".bicep") || path.ends_with(".json") && head.windows(18).any(|w| w.eq_ignore_ascii_case(b"deploymentTemplate")),
        read: Read::Each(arm::read),
    },
];
