//! Infrastructure code: identities, permissions and resources as they are declared.

mod policy;
mod terraform;

use super::{Extractor, Read};

/// The extractors of this wing.
pub const EXTRACTORS: &[Extractor] = &[Extractor {
    name: "terraform",
    about: "Terraform and OpenTofu: identities, trust, policies, attachments, what runs as whom",
    matches: |path, _| [".tf", ".tf.json", ".tofu", ".tfvars"].iter().any(|e| path.ends_with(e)) && !path.contains(".terraform/"),
    read: Read::Unit(terraform::read),
}];
