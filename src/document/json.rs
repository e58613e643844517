//! JSON, with comments and trailing commas, with positions.

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::MAX_DEPTH;
use super::tree::{Map, Node, Value};

pub(super) fn parse(text: &str) -> Result<Node, String> {
    // The parser is recursive: refuse what would overflow its stack before it starts.
    if nesting(text) > MAX_DEPTH {
        return Err("nested too deeply to be read".to_owned());
    }
    let options = ParseOptions { allow_comments: true, allow_loose_object_property_names: true, allow_trailing_commas: true };
    let lines = LineIndex::new(text);
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options).map_err(|e| format!("not valid JSON at line {}", lines.line(e.range().start)))?;
    match parsed.value {
        Some(value) => Ok(convert(&value, &lines)),
        None => Err("empty".to_owned()),
    }
}

fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0usize, 0usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Byte offsets to lines and columns.
pub(super) struct LineIndex<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> LineIndex<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut starts = vec![0];
        starts.extend(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1));
        LineIndex { text, starts }
    }

    /// 1-based line of a byte offset.
    pub(super) fn line(&self, offset: usize) -> u32 {
        self.starts.partition_point(|s| *s <= offset) as u32
    }

    /// 1-based column, in characters.
    pub(super) fn column(&self, offset: usize) -> u32 {
        let start = self.starts[self.line(offset).max(1) as usize - 1];
        self.text.get(start..offset).map_or(1, |s| s.chars().count() as u32 + 1)
    }

    pub(super) fn node(&self, value: Value, start: usize, end: usize) -> Node {
        Node { value, line: self.line(start), column: self.column(start), end_line: self.line(end.saturating_sub(1).max(start)) }
    }
}

fn convert(value: &ast::Value<'_>, lines: &LineIndex<'_>) -> Node {
    let range = value.range();
    let converted = match value {
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::BooleanLit(b) => Value::Bool(b.value),
        ast::Value::NumberLit(n) => Value::Number(n.value.to_owned()),
        ast::Value::StringLit(s) => Value::Text(s.value.to_string()),
        ast::Value::Array(array) => Value::List(array.elements.iter().map(|e| convert(e, lines)).collect()),
        ast::Value::Object(object) => Value::Map(Map(object
            .properties
            .iter()
            .map(|p| {
                let key = p.name.range();
                (lines.node(Value::Text(p.name.as_str().to_owned()), key.start, key.end), convert(&p.value, lines))
            })
            .collect())),
    };
    lines.node(converted, range.start, range.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_trailing_commas_and_places() {
        let tree = parse("{\n  // why\n  \"a\": [1, \"x\",],\n}\n").expect("valid");
        assert_eq!(tree.path(&["a", "1"]).map(|n| (n.str(), n.line, n.column)), Some((Some("x"), 3, 12)));
    }

    #[test]
    fn depth_is_bounded() {
        assert!(parse(&"[".repeat(100_000)).is_err());
    }
}
