//! What one root or stack offers to others by a name, and what another means by it: outputs in a state, exports of a stack, parameters of a store.

use crate::model::{Key, Kind};

/// The attribute of a block that says under which names it can be read: `s3/bucket/key#name`, `cfn-export#name`, `ssm#/prod/role`.
pub(super) const OFFERED: &str = "outputs";

/// Words in a name, and what such a name means: for what nothing at hand offers.
const NAMED: &[(&str, Kind, &str)] = &[
    ("policy", Kind::Policy, "aws-policy"),
    ("role", Kind::Identity, "aws-role"),
    ("service_account", Kind::Identity, "gcp-service-account"),
    ("identity", Kind::Identity, "azure-mi-user"),
    ("secret", Kind::Location, "cloud-secret"),
    ("bucket", Kind::Resource, "object-store"),
    ("database", Kind::Resource, "database"),
    ("cluster", Kind::Resource, "cluster"),
    ("queue", Kind::Resource, "queue"),
    ("topic", Kind::Resource, "queue"),
    ("kms", Kind::Resource, "kms"),
];

/// What is read by a name from a place, when the name says of which kind it is.
pub(super) fn read(place: &str, name: &str) -> Option<Key> {
    let lower = name.to_ascii_lowercase();
    let (_, kind, subtype) = NAMED.iter().find(|(word, ..)| lower.contains(word))?;
    Some(Key::new(*kind, *subtype, format!("tf-output:{place}#{name}")))
}
