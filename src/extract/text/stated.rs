//! Values that their format says are secret, whatever their own key is called: judged as if that key said so.

use super::secrets::sightings;
use crate::document::{Document, Node};
use crate::model::Facts;

/// Sights what `value` holds under the name of `kind` (`password`, `token`), at the place of the node.
pub(in crate::extract) fn sight(document: &Document, node: &Node, kind: &str, value: &str, facts: &mut Facts) {
    if value.is_empty() || value.len() > 4_096 || value.contains(['\n', '"', '\\']) {
        return;
    }
    let line = format!("{kind}: \"{value}\"\n").into_bytes();
    let as_if = Document::new(document.repository.clone(), document.path.clone(), line, document.revision.clone());
    for mut sighting in sightings(&as_if, crate::detect::engine()) {
        sighting.at = document.at(node);
        facts.sightings.push(sighting);
    }
}
