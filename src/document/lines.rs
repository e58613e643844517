//! INI, properties and dotenv files, read line by line.

use super::tree::{Map, Node, Value};

/// Sections of keys; keys before the first heading stand in the section `""`.
pub(super) fn parse_ini(text: &str) -> Node {
    let mut sections: Vec<(Node, Node)> = vec![(Node::text_at("", 1, 1), map_at(1))];
    for (i, line) in text.lines().enumerate() {
        let number = i as u32 + 1;
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';', '!']) {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            sections.push((Node::text_at(name.trim(), number, 1), map_at(number)));
            continue;
        }
        // A URL-like key (`//host/:_authToken=`) holds a colon, so `=` is looked for first.
        let Some(split) = trimmed.find('=').or_else(|| trimmed.find(':')) else { continue };
        push(&mut sections, line, number, &trimmed[..split], &trimmed[split + 1..]);
    }
    let end = text.lines().count().max(1) as u32;
    Node { value: Value::Map(Map(sections)), line: 1, column: 1, end_line: end }
}

/// One section `""` of keys. `export KEY=value`, quotes, and trailing comments after a space are understood.
pub(super) fn parse_dotenv(text: &str) -> Node {
    let mut sections = vec![(Node::text_at("", 1, 1), map_at(1))];
    for (i, line) in text.lines().enumerate() {
        let number = i as u32 + 1;
        let trimmed = line.trim();
        let assignment = trimmed.strip_prefix("export ").unwrap_or(trimmed).trim_start();
        let Some((key, value)) = assignment.split_once('=') else { continue };
        let key = key.trim();
        if key.is_empty() || key.starts_with('#') || !key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')) {
            continue;
        }
        push(&mut sections, line, number, key, value);
    }
    let end = text.lines().count().max(1) as u32;
    Node { value: Value::Map(Map(sections)), line: 1, column: 1, end_line: end }
}

fn map_at(line: u32) -> Node {
    Node { value: Value::Map(Map::default()), line, column: 1, end_line: line }
}

fn push(sections: &mut [(Node, Node)], line: &str, number: u32, key: &str, value: &str) {
    let value = unquote(value.trim());
    let column = line.rfind(value).map_or(1, |at| line[..at].chars().count() as u32 + 1);
    let key_column = line.len() - line.trim_start().len() + 1;
    if let Some((_, section)) = sections.last_mut() {
        section.end_line = number;
        if let Value::Map(map) = &mut section.value {
            map.0.push((Node::text_at(key.trim(), number, key_column as u32), Node::text_at(value, number, column)));
        }
    }
}

fn unquote(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote) {
            return rest.split(quote).next().unwrap_or(rest);
        }
    }
    value.split(" #").next().unwrap_or(value).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotenv_lines_keep_their_places() {
        let tree = parse_dotenv("# c\nexport A=\"x y\" # why\n\nB=1 # note\nnot a line\n");
        let section = tree.get("").expect("the unnamed section");
        assert_eq!(section.get("A").map(|n| (n.str(), n.line, n.column)), Some((Some("x y"), 2, 11)));
        assert_eq!(section.get("B").and_then(Node::str), Some("1"));
    }

    #[test]
    fn ini_sections_and_url_keys() {
        let tree = parse_ini("//r.example/:_authToken=abc\n[profile etl]\nrole_arn = arn:x\n; c\n");
        assert_eq!(tree.path(&["", "//r.example/:_authToken"]).and_then(Node::str), Some("abc"));
        assert_eq!(tree.path(&["profile etl", "role_arn"]).map(|n| n.line), Some(3));
    }
}
