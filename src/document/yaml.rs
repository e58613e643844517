//! YAML with positions: streams, anchors, merge keys, tags; template expressions become opaque text.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::tree::{Map, Node, Value};
use super::{MAX_DEPTH, Parsed};

/// Nodes that aliases may add to one stream before it is refused.
const MAX_NODES: usize = 1_000_000;

/// Texts above this many bytes are not mended.
const MAX_MENDED: usize = 256 << 10;

/// Lines of one text that are mended at most.
const MAX_MENDS: usize = 16;

/// Every document of the stream. When the text cannot be parsed as it is and holds `{{ … }}`, it is read again with each expression as
/// opaque text and each line that is only template control left out.
pub(super) fn parse(text: &str) -> Result<Vec<Node>, String> {
    let text = &*without_definitions(text);
    match parse_stream(text) {
        Ok(trees) => Ok(trees),
        Err(broken) if is_template(text) => parse_stream(&without_templates(text)).map_err(|_| broken.reason),
        // The documents before the broken one are still facts.
        Err(broken) if broken.trees.is_empty() => Err(broken.reason),
        Err(broken) => Ok(broken.trees),
    }
}

/// Leaves out definitions of types of Kubernetes, and keeps the count of lines: they are the largest documents that there are, and state nothing of
/// any object.
fn without_definitions(text: &str) -> Cow<'_, str> {
    const DEFINITION: &str = "kind: CustomResourceDefinition";
    if memchr::memmem::find(text.as_bytes(), DEFINITION.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut start = 0;
    while start < text.len() {
        let end = memchr::memmem::find(&text.as_bytes()[start..], b"\n---").map_or(text.len(), |i| start + i + 1);
        let one = &text[start..end];
        if one.lines().any(|line| line.trim_end() == DEFINITION) {
            out.extend(std::iter::repeat_n('\n', memchr::memchr_iter(b'\n', one.as_bytes()).count()));
        } else {
            out.push_str(one);
        }
        start = end;
    }
    Cow::Owned(out)
}

/// The same of a file: line by line what breaks it is quoted, or left out.
pub(super) fn parse_mended(text: &str) -> Result<Parsed, String> {
    let text = &*without_definitions(text);
    let broken = match parse_stream(text) {
        Ok(trees) => return Ok(trees.into()),
        Err(_) if is_template(text) => return parse(text).map(Parsed::from),
        Err(broken) => broken,
    };
    match mend(text) {
        Some(trees) => Ok(Parsed { trees, left_out: Some(broken.reason) }),
        None if broken.trees.is_empty() => Err(broken.reason),
        None => Ok(Parsed { trees: broken.trees, left_out: Some(broken.reason) }),
    }
}

fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

/// The stream without what breaks it: a value that only lacks its quotes gets them, any other line of the kind is left empty.
fn mend(text: &str) -> Option<Vec<Node>> {
    if text.len() > MAX_MENDED {
        return None;
    }
    let mut lines: Vec<Cow<'_, str>> = text.lines().map(Into::into).collect();
    let mut quoted = std::collections::BTreeSet::new();
    for _ in 0..MAX_MENDS {
        let broken = match parse_stream(&lines.join("\n")) {
            Ok(trees) => return Some(trees).filter(|t| t.iter().any(|n| n.is_map() || !n.items().is_empty())),
            Err(broken) => broken,
        };
        let at = broken.line?.checked_sub(1)?;
        // Some faults are told where the next line begins.
        let at = if lines.get(at).is_none_or(|l| l.trim().is_empty()) { at.checked_sub(1)? } else { at };
        let line = lines.get_mut(at)?;
        *line = match in_quotes(line).filter(|_| quoted.insert(at)) {
            Some(mended) => mended.into(),
            None if line.is_empty() => return None,
            None => "".into(),
        };
    }
    None
}

/// `key: some: text` with the text in quotes, in the same columns but for the closing one.
fn in_quotes(line: &str) -> Option<String> {
    let mut start = line.len() - line.trim_start().len();
    while line[start..].starts_with("- ") {
        start += 2 + (line[start + 2..].len() - line[start + 2..].trim_start().len());
    }
    let key = line[start..].find(": ").filter(|k| !line[start..start + k].contains(['"', '\'', '{', '[', ' ']));
    let value = key.map_or(start, |k| start + k + 2 + (line[start + k + 2..].len() - line[start + k + 2..].trim_start().len()));
    let (head, text) = (&line[..value], line[value..].trim_end());
    let plain = text.len() > 1 && !text.starts_with(['\'', '"', '|', '>', '[', '{', '&', '*', '!', '#']);
    plain.then(|| format!("{head}'{}'", text.replace('\'', "''")))
}

/// Replaces template expressions by words of the same line, so that lines stay where they are.
fn without_templates(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let bare = line.trim();
        let control = (bare.starts_with("{{") && bare.ends_with("}}") && !bare.contains("}}:")) || (bare.starts_with("{%") && bare.ends_with("%}"));
        if !control {
            let mut rest = line;
            while let Some(open) = rest.find("{{") {
                let Some(close) = rest[open..].find("}}") else { break };
                out.push_str(&rest[..open]);
                out.push_str("__template__");
                // The expression is kept in the text when it is harmless as a plain scalar.
                rest = &rest[open + close + 2..];
            }
            out.push_str(rest);
        }
        out.push('\n');
    }
    out
}

/// Why a stream ended early.
struct Broken {
    /// The documents before.
    trees: Vec<Node>,
    reason: String,
    /// From 1, for faults of the text.
    line: Option<usize>,
}

struct Open {
    node: Node,
    anchor: usize,
    key: Option<Node>,
    function: Option<String>,
}

/// Short forms of CloudFormation's functions, besides `!Ref` and `!Condition`, whose long form begins with `Fn::`.
const FUNCTIONS: &[&str] = &[
    "GetAtt",
    "Sub",
    "Join",
    "ImportValue",
    "FindInMap",
    "Select",
    "Split",
    "If",
    "Equals",
    "Not",
    "And",
    "Or",
    "Base64",
    "Cidr",
    "GetAZs",
    "Transform",
    "Length",
    "ToJsonString",
];

/// The long form of the function that a tag stands for; other tags say nothing.
fn function(tag: Option<&Tag>) -> Option<String> {
    let tag = tag.filter(|t| t.handle == "!")?;
    match tag.suffix.as_str() {
        name @ ("Ref" | "Condition") => Some(name.to_owned()),
        name if FUNCTIONS.contains(&name) => Some(format!("Fn::{name}")),
        _ => None,
    }
}

/// `!Sub x` is read as `Fn::Sub: x`, so that both forms, and JSON, are one.
fn long_form(function: Option<String>, node: Node) -> Node {
    let Some(name) = function else { return node };
    let (line, column, end_line) = (node.line, node.column, node.end_line);
    Node { value: Value::Map(Map(vec![(Node::text_at(name, line, column), node)])), line, column, end_line }
}

fn parse_stream(text: &str) -> Result<Vec<Node>, Broken> {
    let mut trees = Vec::new();
    let mut stack: Vec<Open> = Vec::new();
    let mut anchors: HashMap<usize, Node> = HashMap::new();
    let mut nodes = 0usize;
    for event in Parser::new_from_str(text) {
        let (event, span) = match event {
            Ok(pair) => pair,
            Err(error) => {
                let line = error.marker().line();
                return Err(Broken { trees, reason: format!("not valid YAML at line {line}"), line: Some(line) });
            }
        };
        let finished = match event {
            Event::Scalar(value, style, anchor, tag) => {
                let typed = if tag.is_some() || style != ScalarStyle::Plain { Value::Text(value.into_owned()) } else { plain(&value) };
                // A block scalar's text starts on the line below its indicator, where its span starts already or not.
                let node = long_form(function(tag.as_deref()), at(typed, span));
                if anchor > 0 {
                    anchors.insert(anchor, node.clone());
                }
                Some(node)
            }
            Event::SequenceStart(anchor, tag) => {
                stack.push(Open { node: at(Value::List(Vec::new()), span), anchor, key: None, function: function(tag.as_deref()) });
                None
            }
            Event::MappingStart(anchor, tag) => {
                stack.push(Open { node: at(Value::Map(Map::default()), span), anchor, key: None, function: function(tag.as_deref()) });
                None
            }
            Event::SequenceEnd | Event::MappingEnd => stack.pop().map(|mut open| {
                let last = match &open.node.value {
                    Value::List(items) => items.last().map(|n| n.end_line),
                    Value::Map(map) => map.0.last().map(|(_, n)| n.end_line),
                    _ => None,
                };
                open.node.end_line = last.unwrap_or(open.node.line).max(open.node.line);
                open.node = long_form(open.function.take(), open.node);
                if open.anchor > 0 {
                    anchors.insert(open.anchor, open.node.clone());
                }
                open.node
            }),
            Event::Alias(anchor) => {
                let node = anchors.get(&anchor).cloned();
                nodes += node.as_ref().map_or(0, size);
                Some(node.unwrap_or_else(|| at(Value::Null, span)))
            }
            _ => None,
        };
        nodes += 1;
        if nodes > MAX_NODES || stack.len() > MAX_DEPTH {
            return Err(Broken { trees, reason: "nested or repeated too deeply to be read".to_owned(), line: None });
        }
        let Some(node) = finished else { continue };
        match stack.last_mut() {
            None => trees.push(node),
            Some(open) => match &mut open.node.value {
                Value::List(items) => items.push(node),
                Value::Map(map) => match open.key.take() {
                    None => open.key = Some(as_key(node)),
                    Some(key) if key.str() == Some("<<") => merge(map, node),
                    Some(key) => map.0.push((key, node)),
                },
                _ => {}
            },
        }
    }
    Ok(trees)
}

fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::List(items) => items.iter().map(size).sum(),
        Value::Map(map) => map.0.iter().map(|(_, v)| 1 + size(v)).sum::<usize>(),
        _ => 0,
    }
}

/// `on:` is a boolean to YAML 1.1 readers and a word to everyone who writes it.
fn as_key(mut node: Node) -> Node {
    if let Some(text) = node.scalar() {
        node.value = Value::Text(text);
    }
    node
}

/// Merge keys: what the map states itself wins over what it merges, so merged entries go in front.
fn merge(map: &mut Map, node: Node) {
    let merged: Vec<(Node, Node)> = match node.value {
        Value::Map(m) => m.0,
        Value::List(items) => items.into_iter().rev().flat_map(|n| if let Value::Map(m) = n.value { m.0 } else { Vec::new() }).collect(),
        _ => Vec::new(),
    };
    map.0.splice(0..0, merged);
}

fn at(value: Value, span: Span) -> Node {
    let line = span.start.line().max(1) as u32;
    let mut end_line = span.end.line().max(1) as u32;
    if end_line > line && span.end.col() == 0 {
        end_line -= 1;
    }
    Node { value, line, column: span.start.col() as u32 + 1, end_line }
}

/// Plain scalars by the YAML 1.2 core schema.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if text.parse::<f64>().is_ok() && text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) => Value::Number(text.to_owned()),
        _ => Value::Text(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_anchors_merges_and_streams() {
        let text = "a: &x\n  k: v\nb:\n  <<: *x\n  k2: |\n    one\n    two\non: push\n---\nc: 2\n";
        let trees = parse(text).expect("valid");
        assert_eq!(trees.len(), 2);
        assert_eq!(trees[0].path(&["b", "k"]).and_then(Node::str), Some("v"));
        let k = trees[0].path(&["a", "k"]).expect("there");
        assert_eq!((k.line, k.column), (2, 6));
        assert_eq!(trees[0].get_str("on"), Some("push"));
        assert_eq!(trees[0].get("b").map(|n| n.end_line), Some(7));
        assert_eq!(trees[1].get("c").map(|n| n.line), Some(10));
    }

    #[test]
    fn a_template_does_not_lose_the_file() {
        let trees = parse("{{- if .Values.x }}\nname: {{ .Values.name }}\nkind: X\n{{- end }}\n").expect("read without its templates");
        assert_eq!(trees[0].get_str("kind"), Some("X"));
        assert_eq!(trees[0].get("kind").map(|n| n.line), Some(3));
    }

    #[test]
    fn definitions_of_types_are_left_out_and_lines_stay() {
        let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {names: {kind: X}}\n";
        let text = format!("a: 1\n---\n{definition}---\nb: 2\n---\n{definition}");
        let trees = parse(&text).expect("valid");
        assert_eq!(trees.len(), 2);
        assert_eq!(trees[1].get("b").map(|n| n.line), Some(7));
        assert!(parse(definition).expect("valid").iter().all(|t| t.get("kind").is_none()));
        let inside = parse("spec:\n  kind: CustomResourceDefinition\n").expect("valid");
        assert_eq!(inside[0].path(&["spec", "kind"]).and_then(Node::str), Some("CustomResourceDefinition"));
    }

    #[test]
    fn a_function_in_short_form_is_the_long_one() {
        let trees = parse("a: !Sub \"${X}-1\"\nb: !Join [ \"\", [ !Ref Y ] ]\nc: !vault |\n  sealed\n").expect("valid");
        assert_eq!(trees[0].path(&["a", "Fn::Sub"]).and_then(Node::str), Some("${X}-1"));
        assert_eq!(trees[0].path(&["b", "Fn::Join", "1", "0", "Ref"]).and_then(Node::str), Some("Y"));
        assert_eq!(trees[0].get_str("c"), Some("sealed\n"));
    }

    #[test]
    fn one_bad_line_does_not_lose_the_file() {
        let parsed = parse_mended("a: 1\nsteps:\n- bash: curl -H \"X: y\" z\n- run: b\nc: [\"x\"\n").expect("read in part");
        assert!(parsed.left_out.is_some());
        assert_eq!(parsed.trees[0].path(&["steps", "0", "bash"]).and_then(Node::str), Some("curl -H \"X: y\" z"));
        assert_eq!(parsed.trees[0].path(&["steps", "0", "bash"]).map(|n| (n.line, n.column)), Some((3, 9)));
        assert_eq!(parsed.trees[0].path(&["steps", "1", "run"]).and_then(Node::str), Some("b"));
    }

    #[test]
    fn a_bomb_is_refused() {
        let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for i in 1..12 {
            let alias = format!("*a{}", i - 1);
            text.push_str(&format!("a{i}: &a{i} [{}]\n", [alias.as_str(); 10].join(",")));
        }
        assert!(parse(&text).is_err());
    }
}
