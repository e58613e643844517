//! Infrastructure code: identities, permissions and resources as they are declared.

mod ansible;
mod arm;
mod cloudformation;
mod policy;
mod serverless;
mod terraform;

use super::{Extractor, Read};

/// The extractors of this wing.
pub const EXTRACTORS: &[Extractor] = &[
    Extractor {
        name: "terraform",
        about: "Terraform and OpenTofu: identities, trust, policies, attachments, what runs as whom",
        // Policies in files of their own belong to it: `file()` reads them.
        matches: |path, head| {
            let has = |word: &[u8]| head.windows(word.len()).any(|w| w == word);
            let code = [".tf", ".tf.json", ".tofu", ".tfvars"].iter().any(|e| path.ends_with(e));
            (code || path.ends_with(".json") && has(b"\"Statement\"") && has(b"\"Effect\"")) && !path.contains(".terraform/")
        },
        read: Read::Unit(terraform::read),
    },
    Extractor {
        name: "cloudformation",
        about: "CloudFormation and SAM: identities, trust, policies, functions and what they are given",
        matches: |path, head| {
            let has = |word: &[u8]| head.windows(word.len()).any(|w| w == word);
            [".yaml", ".yml", ".json"].iter().any(|e| path.ends_with(e)) && (has(b"AWSTemplateFormatVersion") || has(b"AWS::") || has(b"Alexa::ASK"))
        },
        read: Read::Each(cloudformation::read),
    },
    Extractor {
        name: "ansible",
        about: "Ansible: plays, logins, inventories, sealed values, lookups of secrets",
        matches: ansible::wants,
        read: Read::Each(ansible::read),
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
