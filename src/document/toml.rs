//! TOML with positions.

use toml_edit::{Document, Item, TableLike};

use super::json::LineIndex;
use super::tree::{Map, Node, Value};

pub(super) fn parse(text: &str) -> Result<Node, String> {
    let lines = LineIndex::new(text);
    let document = Document::parse(text).map_err(|e| match e.span() {
        Some(span) => format!("not valid TOML at line {}", lines.line(span.start)),
        None => "not valid TOML".to_owned(),
    })?;
    let mut root = table(document.as_table(), &lines);
    root.end_line = lines.line(text.len());
    Ok(root)
}

fn table(table: &dyn TableLike, lines: &LineIndex<'_>) -> Node {
    let entries: Vec<(Node, Node)> = table
        .iter()
        .map(|(name, value)| {
            let converted = item(value, lines);
            let span = table.key(name).and_then(|k| k.span());
            let key = match span {
                Some(span) => lines.node(Value::Text(name.to_owned()), span.start, span.end),
                None => Node::text_at(name, converted.line, 1),
            };
            (key, converted)
        })
        .collect();
    let line = entries.first().map_or(1, |(k, _)| k.line);
    let end_line = entries.iter().map(|(_, v)| v.end_line).max().unwrap_or(line);
    Node { value: Value::Map(Map(entries)), line, column: 1, end_line }
}

fn item(item: &Item, lines: &LineIndex<'_>) -> Node {
    match item {
        Item::None => Node { value: Value::Null, line: 1, column: 1, end_line: 1 },
        Item::Value(v) => value(v, lines),
        Item::Table(t) => spanned(table(t, lines), t.span(), lines),
        Item::ArrayOfTables(tables) => {
            let items: Vec<Node> = tables.iter().map(|t| spanned(table(t, lines), t.span(), lines)).collect();
            let (line, end_line) = (items.first().map_or(1, |n| n.line), items.last().map_or(1, |n| n.end_line));
            Node { value: Value::List(items), line, column: 1, end_line }
        }
    }
}

fn spanned(mut node: Node, span: Option<std::ops::Range<usize>>, lines: &LineIndex<'_>) -> Node {
    if let Some(span) = span {
        node.line = lines.line(span.start);
    }
    node
}

fn value(v: &toml_edit::Value, lines: &LineIndex<'_>) -> Node {
    let span = v.span().unwrap_or(0..0);
    let converted = match v {
        toml_edit::Value::String(s) => Value::Text(s.value().clone()),
        toml_edit::Value::Integer(i) => Value::Number(i.value().to_string()),
        toml_edit::Value::Float(f) => Value::Number(f.value().to_string()),
        toml_edit::Value::Boolean(b) => Value::Bool(*b.value()),
        toml_edit::Value::Datetime(d) => Value::Text(d.value().to_string()),
        toml_edit::Value::Array(array) => Value::List(array.iter().map(|v| value(v, lines)).collect()),
        toml_edit::Value::InlineTable(t) => table(t, lines).value,
    };
    lines.node(converted, span.start, span.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_places() {
        let tree = parse("x = 1\n[mcp_servers.db]\ncommand = \"uvx\"\nenv = { A = \"b\" }\n").expect("valid");
        let command = tree.path(&["mcp_servers", "db", "command"]).expect("there");
        assert_eq!((command.str(), command.line, command.column), (Some("uvx"), 3, 11));
        assert_eq!(tree.path(&["mcp_servers", "db", "env", "A"]).and_then(Node::str), Some("b"));
    }
}
