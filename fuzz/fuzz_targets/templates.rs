//! Go templates on arbitrary text, with values from the same bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nhi::document::gotemplate::{Engine, Val, documents};

fuzz_target!(|text: &str| {
    let (template, values) = text.split_once('\0').unwrap_or((text, "a: { b: [1, 2, x] }"));
    let values = nhi::document::parse_yaml_inside(values, 1).ok().and_then(|t| t.into_iter().next());
    let values = values.map_or_else(|| Val::map([]), |tree| Val::of(&tree, 0));
    let mut engine = Engine::default();
    if let Ok(template) = engine.read(template, 1) {
        let shown = engine.show(&template, &Val::map([("Values".to_owned(), values)]));
        documents(&shown, engine.unknown());
    }
});
