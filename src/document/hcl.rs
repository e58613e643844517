//! HCL (Terraform, Packer, Vault policies) as a tree: a block becomes the map entry of its type, then of its labels, as in `.tf.json`.

use hcl_edit::Span;
use hcl_edit::expr::{self, Expression, ObjectKey, TraversalOperator};
use hcl_edit::structure::{Body, Structure};
use hcl_edit::template::{Element, Template};

use super::json::LineIndex;
use super::tree::{Map, Node, Value};
use super::{MAX_DEPTH, Parsed};

/// Question marks in one file beyond which it is refused: each may be a conditional inside the one before.
const MAX_CONDITIONALS: usize = 5_000;

/// Texts above this many bytes, or in more pieces, are not read piece by piece.
const MAX_MENDED: usize = 1 << 20;
const MAX_PIECES: usize = 1_000;

/// An HCL expression that is no literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// `aws_iam_role.deploy.arn`, `var.name`, `each.key`: the segments; an index by a literal is a segment, a splat is `*`.
    Reference(Vec<String>),
    /// `base[expr]` or `(expr).name`: what the reference form cannot say.
    Traversal(Node, Vec<String>),
    /// A string with interpolations.
    Template(Vec<Part>),
    Call(String, Vec<Node>),
    /// Condition, then, else.
    Conditional(Node, Node, Node),
    /// Operator as written, left, right (unary operators have no left).
    Operation(String, Option<Node>, Node),
    /// `for` expression: variable names, collection, key (for objects), value.
    For {
        names: Vec<String>,
        over: Node,
        key: Option<Node>,
        value: Node,
        condition: Option<Node>,
    },
    /// Anything else, by its text.
    Opaque(String),
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    Literal(String),
    Value(Node),
}

pub(super) fn parse(text: &str) -> Result<Node, String> {
    // The parser is recursive: refuse what would overflow its stack before it starts.
    if nesting(text) > MAX_DEPTH {
        return Err("nested too deeply to be read".to_owned());
    }
    let lines = LineIndex::new(text);
    let body: Body = hcl_edit::parser::parse_body(text).map_err(|e| format!("not valid HCL at line {}", e.location().line()))?;
    let mut root = body_node(&body, 0..text.len(), &lines);
    root.line = 1;
    root.column = 1;
    Ok(root)
}

/// The same, block by block when the whole cannot be read: a broken block is left out, and the others stay.
pub(super) fn parse_blocks(text: &str) -> Result<Parsed, String> {
    let reason = match parse(text) {
        Ok(root) => return Ok(vec![root].into()),
        Err(reason) => reason,
    };
    let pieces = chunks(text);
    if text.len() > MAX_MENDED || pieces.len() > MAX_PIECES {
        return Err(reason);
    }
    let mut entries = Vec::new();
    for (first, piece) in pieces {
        // Lines before it keep everything where it is.
        if let Ok(Node { value: Value::Map(map), .. }) = parse(&("\n".repeat(first) + piece)) {
            entries.extend(map.0);
        }
    }
    if entries.is_empty() {
        return Err(reason);
    }
    let root = Node { value: Value::Map(Map(entries)), line: 1, column: 1, end_line: text.lines().count().max(1) as u32 };
    Ok(Parsed { trees: vec![root], left_out: Some(reason) })
}

/// Pieces that begin where a block or an attribute of the file begins, each with the number of lines before it.
fn chunks(text: &str) -> Vec<(usize, &str)> {
    let (mut out, mut start, mut first, mut line, mut at, mut ended) = (Vec::new(), 0, 0, 0, 0, true);
    for piece in text.split_inclusive('\n') {
        if ended && piece.starts_with(|c: char| c.is_ascii_alphabetic()) && at > start {
            out.push((first, &text[start..at]));
            (start, first) = (at, line);
        }
        ended = piece.trim().is_empty() || piece.starts_with(['}', '#', ']']) || piece.starts_with("//");
        at += piece.len();
        line += 1;
    }
    out.push((first, &text[start..]));
    out
}

/// An upper bound on how deep the parser would recurse: brackets, and runs of operators that nest to the right.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest, mut run, mut conditionals) = (0usize, 0usize, 0usize, 0usize);
    for byte in text.bytes() {
        run = if matches!(byte, b'!' | b' ') { run + usize::from(byte == b'!') } else { 0 };
        deepest = deepest.max(run);
        match byte {
            b'{' | b'[' | b'(' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            b'?' => conditionals += 1,
            _ => {}
        }
    }
    if conditionals > MAX_CONDITIONALS { usize::MAX } else { deepest }
}

fn body_node(body: &Body, range: std::ops::Range<usize>, lines: &LineIndex<'_>) -> Node {
    let mut entries = Vec::new();
    for structure in body.iter() {
        match structure {
            Structure::Attribute(attribute) => {
                let key = attribute.key.span().unwrap_or(0..0);
                entries.push((lines.node(Value::Text(attribute.key.to_string()), key.start, key.end), expression(&attribute.value, lines)));
            }
            Structure::Block(block) => {
                let span = block.span().unwrap_or(0..0);
                let ident = block.ident.span().unwrap_or(span.clone());
                let mut node = body_node(&block.body, span.clone(), lines);
                for label in block.labels.iter().rev() {
                    let at = label.span().unwrap_or(ident.clone());
                    let key = lines.node(Value::Text(label.as_str().to_owned()), at.start, at.end);
                    node = lines.node(Value::Map(Map(vec![(key, node)])), span.start, span.end);
                }
                entries.push((lines.node(Value::Text(block.ident.to_string()), ident.start, ident.end), node));
            }
        }
    }
    lines.node(Value::Map(Map(entries)), range.start, range.end)
}

fn expression(e: &Expression, lines: &LineIndex<'_>) -> Node {
    let span = e.span().unwrap_or(0..0);
    let value = match e {
        Expression::Null(_) => Value::Null,
        Expression::Bool(b) => Value::Bool(*b.value()),
        Expression::Number(n) => Value::Number(n.value().to_string()),
        Expression::String(s) => Value::Text(s.value().clone()),
        Expression::Array(items) => Value::List(items.iter().map(|i| expression(i, lines)).collect()),
        Expression::Object(object) => Value::Map(Map(object
            .iter()
            .map(|(key, value)| {
                let key = match key {
                    ObjectKey::Ident(ident) => {
                        let at = ident.span().unwrap_or(span.clone());
                        lines.node(Value::Text(ident.to_string()), at.start, at.end)
                    }
                    ObjectKey::Expression(e) => expression(e, lines),
                };
                (key, expression(value.expr(), lines))
            })
            .collect())),
        Expression::StringTemplate(template) => parts(template.iter(), lines),
        Expression::HeredocTemplate(heredoc) => heredoc_parts(&heredoc.template, lines),
        Expression::Parenthesis(inner) => return expression(inner.inner(), lines),
        Expression::Variable(name) => Value::Expr(Box::new(Expr::Reference(vec![name.to_string()]))),
        Expression::Conditional(c) => {
            Value::Expr(Box::new(Expr::Conditional(expression(&c.cond_expr, lines), expression(&c.true_expr, lines), expression(&c.false_expr, lines))))
        }
        Expression::FuncCall(call) => Value::Expr(Box::new(Expr::Call(call.name.name.to_string(), call.args.iter().map(|a| expression(a, lines)).collect()))),
        Expression::Traversal(traversal) => Value::Expr(Box::new(reference(traversal, lines))),
        Expression::UnaryOp(op) => Value::Expr(Box::new(Expr::Operation(op.operator.value().as_str().to_owned(), None, expression(&op.expr, lines)))),
        Expression::BinaryOp(op) => Value::Expr(Box::new(Expr::Operation(
            op.operator.value().as_str().to_owned(),
            Some(expression(&op.lhs_expr, lines)),
            expression(&op.rhs_expr, lines),
        ))),
        Expression::ForExpr(f) => {
            let mut names = Vec::new();
            names.extend(f.intro.key_var.as_ref().map(|k| k.to_string()));
            names.push(f.intro.value_var.to_string());
            Value::Expr(Box::new(Expr::For {
                names,
                over: expression(&f.intro.collection_expr, lines),
                key: f.key_expr.as_ref().map(|k| expression(k, lines)),
                value: expression(&f.value_expr, lines),
                condition: f.cond.as_ref().map(|c| expression(&c.expr, lines)),
            }))
        }
    };
    lines.node(value, span.start, span.end)
}

fn reference(traversal: &expr::Traversal, lines: &LineIndex<'_>) -> Expr {
    let mut segments = Vec::new();
    for operator in &traversal.operators {
        segments.push(match operator.value() {
            TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => "*".to_owned(),
            TraversalOperator::GetAttr(name) => name.to_string(),
            TraversalOperator::LegacyIndex(i) => i.value().to_string(),
            TraversalOperator::Index(index) => match index {
                Expression::String(s) => s.value().clone(),
                Expression::Number(n) => n.value().to_string(),
                Expression::Variable(name) => format!("[{}]", name.as_str()),
                Expression::Traversal(_) => match expression(index, lines).value {
                    Value::Expr(e) => match *e {
                        Expr::Reference(segments) => format!("[{}]", segments.join(".")),
                        _ => "[?]".to_owned(),
                    },
                    _ => "[?]".to_owned(),
                },
                _ => "[?]".to_owned(),
            },
        });
    }
    match &traversal.expr {
        Expression::Variable(name) => {
            segments.insert(0, name.to_string());
            Expr::Reference(segments)
        }
        other => Expr::Traversal(expression(other, lines), segments),
    }
}

fn parts<'a>(elements: impl Iterator<Item = &'a Element>, lines: &LineIndex<'_>) -> Value {
    let mut parts = Vec::new();
    for element in elements {
        parts.push(match element {
            Element::Literal(text) => Part::Literal(text.to_string()),
            Element::Interpolation(i) => Part::Value(expression(&i.expr, lines)),
            Element::Directive(d) => {
                let span = d.span().unwrap_or(0..0);
                Part::Value(lines.node(Value::Expr(Box::new(Expr::Opaque("template directive".to_owned()))), span.start, span.end))
            }
        });
    }
    if let [Part::Literal(text)] = parts.as_slice() {
        return Value::Text(text.clone());
    }
    Value::Expr(Box::new(Expr::Template(parts)))
}

fn heredoc_parts(template: &Template, lines: &LineIndex<'_>) -> Value {
    match parts(template.iter(), lines) {
        Value::Expr(e) if matches!(&*e, Expr::Template(parts) if parts.is_empty()) => Value::Text(String::new()),
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_labels_references_and_places() {
        let tree =
            parse("resource \"aws_iam_role\" \"r\" {\n  name = \"${var.n}-x\"\n  arn  = aws_iam_user.u.arn\n  p {\n  }\n  p {\n  }\n}\n").expect("valid");
        let role = tree.path(&["resource", "aws_iam_role", "r"]).expect("the block");
        assert_eq!((role.line, role.end_line), (1, 8));
        assert_eq!(role.all("p").count(), 2);
        let arn = role.get("arn").expect("there");
        assert_eq!(arn.value, Value::Expr(Box::new(Expr::Reference(vec!["aws_iam_user".into(), "u".into(), "arn".into()]))));
        assert_eq!((arn.line, arn.column), (3, 10));
    }

    #[test]
    fn a_broken_block_does_not_lose_the_others() {
        let parsed = parse_blocks("a \"x\" {\n  n = 1\n}\n\nb \"y\" {\n  n = = 2\n}\nc \"z\" {\n  n = var.m\n}\n").expect("read in part");
        assert_eq!(parsed.left_out.as_deref(), Some("not valid HCL at line 6"));
        let tree = &parsed.trees[0];
        assert!(tree.get("b").is_none());
        assert_eq!(tree.path(&["a", "x", "n"]).map(|n| n.line), Some(2));
        assert_eq!(tree.path(&["c", "z", "n"]).map(|n| (n.line, n.column)), Some((9, 7)));
    }

    #[test]
    fn a_heredoc_is_text() {
        let tree = parse("policy = <<EOF\n{\"a\": 1}\nEOF\n").expect("valid");
        assert_eq!(tree.get_str("policy").map(str::trim), Some("{\"a\": 1}"));
    }
}
