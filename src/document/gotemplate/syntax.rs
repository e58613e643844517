//! The syntax of Go templates: text, actions, blocks, pipelines.

use std::rc::Rc;

use super::tokens::{Tokens, pipeline};

/// Blocks inside blocks, and parentheses inside parentheses, that are read.
pub(super) const MAX_NESTING: usize = 60;

/// A place in the template.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct At {
    pub line: u32,
    pub column: u32,
}

pub(super) type Body = Rc<Vec<Piece>>;

/// A piece of a template.
#[derive(Debug)]
pub(super) enum Piece {
    Text(String, At),
    Action(Pipeline),
    /// Condition and body, one after the other, and what stands when none holds.
    If(Vec<(Pipeline, Body)>, Body),
    With(Pipeline, Body, Body),
    Range(Pipeline, Body, Body),
    Template(Term, Option<Pipeline>, At),
    Break,
    Continue,
}

/// Commands joined by `|`, with the variables that take the result.
#[derive(Clone, Debug)]
pub(super) struct Pipeline {
    pub variables: Vec<String>,
    /// `:=` in place of `=`.
    pub declares: bool,
    pub commands: Vec<Vec<Term>>,
    /// As written, for what must be said of it.
    pub source: String,
    pub at: At,
}

/// An operand.
#[derive(Clone, Debug)]
pub(super) enum Term {
    /// `.`, `.a.b`.
    Dot(Vec<String>),
    /// `$`, `$x.a`.
    Variable(String, Vec<String>),
    Function(String),
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    Nil,
    /// `(…)`, `(…).a`.
    Group(Box<Pipeline>, Vec<String>),
}

/// A template file: what it shows, and the templates that it names.
#[derive(Debug, Default)]
pub(super) struct File {
    pub body: Body,
    pub defined: Vec<(String, Body)>,
}

/// What is wrong, with its line.
pub(super) type Wrong = (u32, &'static str);

/// Reads a template whose first line is counted as `first`.
pub(super) fn parse(text: &str, first: u32) -> Result<File, Wrong> {
    let mut parser = Parser { pieces: pieces(text, first)?, next: 0, defined: Vec::new() };
    let (body, end) = parser.body(0)?;
    match end {
        None => Ok(File { body, defined: parser.defined }),
        Some((_, at)) => Err((at.line, "an end of no block")),
    }
}

enum Raw {
    Text(String, At),
    Action(String, At),
}

fn advance(at: At, text: &str) -> At {
    match text.rfind('\n') {
        Some(last) => At { line: at.line + text.matches('\n').count() as u32, column: text[last + 1..].chars().count() as u32 + 1 },
        None => At { line: at.line, column: at.column + text.chars().count() as u32 },
    }
}

/// Text and actions in turn, with the white space that dashes take away taken away.
fn pieces(text: &str, first: u32) -> Result<Vec<Raw>, Wrong> {
    let mut out = Vec::new();
    let mut rest = text;
    let mut at = At { line: first, column: 1 };
    let mut trim = false;
    loop {
        let open = rest.find("{{").unwrap_or(rest.len());
        let (before, from) = rest.split_at(open);
        let mut shown = before;
        let mut start = at;
        if trim {
            shown = before.trim_start();
            start = advance(at, &before[..before.len() - shown.len()]);
        }
        at = advance(at, before);
        if from.is_empty() {
            if !shown.is_empty() {
                out.push(Raw::Text(shown.to_owned(), start));
            }
            return Ok(out);
        }
        let dashed = from[2..].starts_with('-') && from[3..].starts_with(char::is_whitespace);
        if dashed {
            shown = shown.trim_end();
        }
        if !shown.is_empty() {
            out.push(Raw::Text(shown.to_owned(), start));
        }
        let inner = &from[if dashed { 3 } else { 2 }..];
        let length = action_length(inner).ok_or((at.line, "an action that does not end"))?;
        let action = &inner[..length];
        trim = action.ends_with('-') && action[..action.len() - 1].ends_with(char::is_whitespace) || action.ends_with("*/ -");
        let action = if trim { &action[..action.len() - 1] } else { action };
        let place = advance(at, &from[..if dashed { 3 } else { 2 }]);
        let bare = action.trim();
        if !bare.starts_with("/*") {
            let lead = &action[..action.len() - action.trim_start().len()];
            out.push(Raw::Action(bare.to_owned(), advance(place, lead)));
        }
        let whole = from.len() - inner.len() + length + 2;
        at = advance(at, &from[..whole]);
        rest = &from[whole..];
    }
}

/// Bytes up to the `}}` that ends the action: one inside a string or a comment does not.
fn action_length(inner: &str) -> Option<usize> {
    if inner.trim_start().starts_with("/*") {
        let close = inner.find("*/")?;
        return inner[close..].find("}}").map(|end| close + end);
    }
    let bytes = inner.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        match bytes[i] {
            b'}' if bytes.get(i + 1) == Some(&b'}') => return Some(i),
            b'`' => i += 1 + inner[i + 1..].find('`')?,
            quote @ (b'"' | b'\'') => {
                i += 1;
                while *bytes.get(i)? != quote {
                    i += if bytes[i] == b'\\' { 2 } else { 1 };
                }
            }
            _ => {}
        }
        i += 1;
    }
    None
}

/// What ended a body: `end`, or `else` with what follows it.
type End = Option<(String, At)>;

struct Parser {
    pieces: Vec<Raw>,
    next: usize,
    defined: Vec<(String, Body)>,
}

impl Parser {
    fn body(&mut self, depth: usize) -> Result<(Body, End), Wrong> {
        let mut body = Vec::new();
        while let Some(raw) = self.pieces.get_mut(self.next) {
            self.next += 1;
            let (source, at) = match raw {
                Raw::Text(text, at) => {
                    body.push(Piece::Text(std::mem::take(text), *at));
                    continue;
                }
                Raw::Action(source, at) => (std::mem::take(source), *at),
            };
            if depth > MAX_NESTING {
                return Err((at.line, "blocks nested too deeply"));
            }
            let (word, rest) = source.split_once(|c: char| c.is_whitespace() || c == '(').map_or((source.as_str(), ""), |(w, _)| (w, &source[w.len()..]));
            match word {
                "end" | "else" => return Ok((Rc::new(body), Some((source, at)))),
                "if" => body.push(self.branches(rest, at, depth)?),
                "with" | "range" => {
                    let pipeline = pipeline(rest, at)?;
                    let (then, end) = self.body(depth + 1)?;
                    let otherwise = self.rest_of(end, at, depth)?;
                    body.push(if word == "with" { Piece::With(pipeline, then, otherwise) } else { Piece::Range(pipeline, then, otherwise) });
                }
                "define" | "block" => {
                    let mut tokens = Tokens::of(rest, at)?;
                    let Term::Text(name) = tokens.term(0)? else { return Err((at.line, "a template without a name")) };
                    let (inner, end) = self.body(depth + 1)?;
                    end.filter(|(word, _)| word == "end").ok_or((at.line, "a block that does not end"))?;
                    self.defined.push((name.clone(), inner));
                    if word == "block" {
                        body.push(Piece::Template(Term::Text(name), tokens.rest(at)?, at));
                    }
                }
                "template" => {
                    let mut tokens = Tokens::of(rest, at)?;
                    let name = tokens.term(0)?;
                    body.push(Piece::Template(name, tokens.rest(at)?, at));
                }
                "break" => body.push(Piece::Break),
                "continue" => body.push(Piece::Continue),
                "" if source.is_empty() => return Err((at.line, "an empty action")),
                _ => body.push(Piece::Action(pipeline(&source, at)?)),
            }
        }
        if depth > 0 {
            return Err((0, "a block that does not end"));
        }
        Ok((Rc::new(body), None))
    }

    fn branches(&mut self, condition: &str, at: At, depth: usize) -> Result<Piece, Wrong> {
        let mut branches = Vec::new();
        let mut condition = pipeline(condition, at)?;
        loop {
            let (then, end) = self.body(depth + 1)?;
            branches.push((condition, then));
            let (source, place) = end.ok_or((at.line, "a block that does not end"))?;
            match source.strip_prefix("else").map(str::trim) {
                None => return Ok(Piece::If(branches, Body::default())),
                Some("") => {
                    let (otherwise, end) = self.body(depth + 1)?;
                    end.filter(|(word, _)| word == "end").ok_or((place.line, "an else that does not end"))?;
                    return Ok(Piece::If(branches, otherwise));
                }
                Some(again) => {
                    let again = again.strip_prefix("if").ok_or((place.line, "an else of no if"))?;
                    condition = pipeline(again, place)?;
                }
            }
        }
    }

    /// What stands between `else` and `end`; `else with …` is a block of its own.
    fn rest_of(&mut self, end: End, at: At, depth: usize) -> Result<Body, Wrong> {
        let (source, place) = end.ok_or((at.line, "a block that does not end"))?;
        match source.strip_prefix("else").map(str::trim) {
            None => Ok(Body::default()),
            Some("") => {
                let (otherwise, end) = self.body(depth + 1)?;
                end.filter(|(word, _)| word == "end").ok_or((place.line, "an else that does not end"))?;
                Ok(otherwise)
            }
            Some(again) if depth < MAX_NESTING => match again.split_once(' ') {
                Some(("with", rest)) => {
                    let pipeline = pipeline(rest, place)?;
                    let (then, end) = self.body(depth + 1)?;
                    let otherwise = self.rest_of(end, place, depth + 1)?;
                    Ok(Rc::new(vec![Piece::With(pipeline, then, otherwise)]))
                }
                Some(("if", rest)) => Ok(Rc::new(vec![self.branches(rest, place, depth + 1)?])),
                _ => Err((place.line, "an else of no block")),
            },
            Some(_) => Err((place.line, "blocks nested too deeply")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_pipelines_and_white_space() {
        let file = parse("a\n{{- if and .x (eq .y \"}}\") }}\n  b {{ $i.z | quote }}\n{{- else if not .q }}c{{ else }}d{{ end -}}\n\n e{{/* no {{ */}}", 1)
            .expect("reads");
        let [Piece::Text(a, _), Piece::If(branches, otherwise), Piece::Text(e, at)] = file.body.as_slice() else { panic!("{file:?}") };
        assert_eq!((a.as_str(), e.as_str(), at.line), ("a", "e", 6));
        assert_eq!((branches.len(), otherwise.len()), (2, 1));
    }

    #[test]
    fn what_is_no_template_is_refused_with_its_line() {
        assert_eq!(parse("a\n{{ if x }}", 1).expect_err("refused").1, "a block that does not end");
        assert_eq!(parse("a\n{{ end }}", 1).expect_err("refused"), (2, "an end of no block"));
        assert!(parse(&"{{ if x }}".repeat(500), 1).is_err());
        assert!(parse(&format!("{{{{ {} }}}}", "(".repeat(500)), 1).is_err());
    }
}
