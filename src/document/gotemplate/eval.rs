//! Shows templates with values: blocks, variables, pipelines, named templates. What cannot be known stays a mark in the text.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::functions;
use super::syntax::{self, At, Body, Piece, Pipeline, Term};
use super::text::Text;
use super::value::{Val, parsed};

/// Steps of one evaluation.
const MAX_STEPS: usize = 2_000_000;

/// Bytes of one text.
pub(super) const MAX_TEXT: usize = 4 << 20;

/// Blocks, templates and pipelines that may be open at once: each is a frame of the stack.
const MAX_DEPTH: usize = 120;

/// Expressions that one evaluation leaves open.
const MAX_UNKNOWN: usize = 10_000;

/// First and last character of the mark that stands for an expression whose value is not known: private use, so no file means them.
pub(super) const OPEN: char = '\u{E000}';
pub(super) const CLOSE: char = '\u{E001}';

/// Evaluates templates that share their named templates.
#[derive(Default)]
pub struct Engine {
    defined: BTreeMap<String, Body>,
    /// Expressions without a value, as they are written.
    unknown: Vec<String>,
    /// Reasons for which something was left out, with the line.
    complaints: Vec<(u32, String)>,
    steps: usize,
    bytes: usize,
    depth: usize,
}

/// How a body was left.
#[derive(Clone, Copy, PartialEq)]
enum Flow {
    On,
    Break,
    Continue,
}

struct Scope {
    root: Val,
    variables: Vec<(String, Val)>,
}

/// A template that was read.
pub struct Template {
    body: Body,
}

impl Engine {
    /// Reads a template whose first line is counted as `first`, and takes over the templates that it names. The error has its line.
    pub fn read(&mut self, text: &str, first: u32) -> Result<Template, (u32, &'static str)> {
        let file = syntax::parse(text, first)?;
        self.defined.extend(file.defined);
        Ok(Template { body: file.body })
    }

    /// Shows a template. Marks stand for what is not known.
    pub fn show(&mut self, template: &Template, dot: &Val) -> Text {
        (self.steps, self.bytes) = (0, 0);
        let mut out = Text::default();
        let mut scope = Scope { root: dot.clone(), variables: Vec::new() };
        self.body(&template.body, dot, &mut scope, &mut out);
        out
    }

    /// Expressions that had no value so far, in order of their marks.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// What was left out since the last call.
    pub fn complaints(&mut self) -> Vec<(u32, String)> {
        std::mem::take(&mut self.complaints)
    }

    fn complain(&mut self, at: At, reason: impl Into<String>) {
        if self.complaints.len() < 20 {
            self.complaints.push((at.line, reason.into()));
        }
    }

    /// Whether there is room for one more step, so many bytes and one more frame.
    fn may(&mut self, bytes: usize) -> bool {
        self.steps += 1;
        self.bytes += bytes;
        self.steps < MAX_STEPS && self.bytes < 2 * MAX_TEXT && self.depth < MAX_DEPTH
    }

    fn mark(&mut self, expression: &str) -> Text {
        let known = self.unknown.iter().rposition(|e| e == expression);
        let index = known.unwrap_or_else(|| {
            if self.unknown.len() < MAX_UNKNOWN {
                self.unknown.push(expression.to_owned());
            }
            self.unknown.len() - 1
        });
        Text::new(format!("{OPEN}{index}{CLOSE}"))
    }

    fn body(&mut self, body: &Body, dot: &Val, scope: &mut Scope, out: &mut Text) -> Flow {
        self.depth += 1;
        let outer = scope.variables.len();
        let mut flow = Flow::On;
        for piece in body.iter() {
            if !self.may(0) || out.as_str().len() > MAX_TEXT {
                self.complain(At::default(), "the template is too large or too deep to be shown whole");
                break;
            }
            flow = self.piece(piece, dot, scope, out);
            if flow != Flow::On {
                break;
            }
        }
        scope.variables.truncate(outer);
        self.depth -= 1;
        flow
    }

    fn piece(&mut self, piece: &Piece, dot: &Val, scope: &mut Scope, out: &mut Text) -> Flow {
        match piece {
            Piece::Text(text, at) => {
                self.bytes += text.len();
                out.push_written(text, at.line, at.column);
            }
            Piece::Action(pipeline) => {
                let value = self.pipeline(pipeline, dot, scope);
                if pipeline.variables.is_empty() {
                    let text = self.text(&value);
                    self.bytes += text.as_str().len();
                    out.push_at(&text, pipeline.at.line, pipeline.at.column);
                }
            }
            Piece::If(branches, otherwise) => {
                let outer = scope.variables.len();
                for (condition, then) in branches {
                    // What is not known may hold: the facts of the first branch are worth more than none.
                    let holds = self.pipeline(condition, dot, scope).truth();
                    if holds != Some(false) {
                        let flow = self.body(then, dot, scope, out);
                        scope.variables.truncate(outer);
                        return flow;
                    }
                }
                let flow = self.body(otherwise, dot, scope, out);
                scope.variables.truncate(outer);
                return flow;
            }
            Piece::With(pipeline, then, otherwise) => {
                let outer = scope.variables.len();
                let value = self.pipeline(pipeline, dot, scope);
                let flow = if value.truth() == Some(false) { self.body(otherwise, dot, scope, out) } else { self.body(then, &value, scope, out) };
                scope.variables.truncate(outer);
                return flow;
            }
            Piece::Range(pipeline, then, otherwise) => self.range(pipeline, then, otherwise, dot, scope, out),
            Piece::Template(name, pipeline, at) => {
                let name = self.term(name, dot, scope);
                let name = self.text(&name);
                let with = pipeline.as_ref().map_or(Val::Null, |p| self.pipeline(p, dot, scope));
                let shown = self.include(name.as_str(), &with, *at);
                out.push(&shown);
            }
            Piece::Break => return Flow::Break,
            Piece::Continue => return Flow::Continue,
        }
        Flow::On
    }

    fn range(&mut self, pipeline: &Pipeline, then: &Body, otherwise: &Body, dot: &Val, scope: &mut Scope, out: &mut Text) {
        let outer = scope.variables.len();
        let plain = Pipeline { variables: Vec::new(), ..pipeline.clone() };
        let over = self.pipeline(&plain, dot, scope);
        let items: Vec<(Val, Val)> = match &over {
            Val::List(items) => items.iter().enumerate().map(|(i, v)| (Val::Int(i as i64), v.clone())).collect(),
            Val::Map(map) => map.borrow().iter().map(|(k, v)| (Val::text(k.as_str()), v.clone())).collect(),
            Val::Int(n) => (0..(*n).clamp(0, 10_000)).map(|i| (Val::Int(i), Val::Int(i))).collect(),
            Val::Unknown(expression) => {
                let expression = expression.to_string();
                self.mark(&expression);
                Vec::new()
            }
            _ => Vec::new(),
        };
        if items.is_empty() && !over.is_unknown() {
            self.body(otherwise, dot, scope, out);
        }
        for (key, value) in items {
            if !self.may(0) {
                break;
            }
            match pipeline.variables.as_slice() {
                [one] => scope.variables.push((one.clone(), value.clone())),
                [first, second] => scope.variables.extend([(first.clone(), key), (second.clone(), value.clone())]),
                _ => {}
            }
            let flow = self.body(then, &value, scope, out);
            scope.variables.truncate(outer);
            if flow == Flow::Break {
                break;
            }
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline, dot: &Val, scope: &mut Scope) -> Val {
        let mut value: Option<Val> = None;
        self.depth += 1;
        for command in &pipeline.commands {
            value = Some(if self.may(0) { self.command(command, value, dot, scope, pipeline) } else { Val::Null });
        }
        self.depth -= 1;
        let value = value.unwrap_or(Val::Null);
        for name in &pipeline.variables {
            match scope.variables.iter_mut().rev().find(|(n, _)| n == name).filter(|_| !pipeline.declares) {
                Some((_, slot)) => *slot = value.clone(),
                None => scope.variables.push((name.clone(), value.clone())),
            }
        }
        value
    }

    fn command(&mut self, command: &[Term], piped: Option<Val>, dot: &Val, scope: &mut Scope, pipeline: &Pipeline) -> Val {
        let Some((first, rest)) = command.split_first() else { return Val::Null };
        let Term::Function(name) = first else {
            // A value with arguments is a method of something that only runs in the platform.
            let value = self.term(first, dot, scope);
            return if rest.is_empty() && piped.is_none() { value } else { Val::unknown(&pipeline.source) };
        };
        if name == "and" || name == "or" {
            return self.logic(name == "and", rest, piped, dot, scope);
        }
        let mut arguments: Vec<Val> = rest.iter().map(|t| self.term(t, dot, scope)).collect();
        arguments.extend(piped);
        self.call(name, arguments, pipeline)
    }

    /// `and` and `or` give the operand that decides, and evaluate none behind it.
    fn logic(&mut self, and: bool, terms: &[Term], piped: Option<Val>, dot: &Val, scope: &mut Scope) -> Val {
        let mut last = Val::Null;
        let mut open = None;
        for term in terms.iter().map(Some).chain(piped.is_some().then_some(None)) {
            last = match term {
                Some(term) => self.term(term, dot, scope),
                None => piped.clone().unwrap_or(Val::Null),
            };
            match last.truth() {
                Some(truth) if truth != and => return last,
                None => open = Some(last.clone()),
                _ => {}
            }
        }
        open.unwrap_or(last)
    }

    fn term(&mut self, term: &Term, dot: &Val, scope: &mut Scope) -> Val {
        let (value, fields): (Val, &[String]) = match term {
            Term::Dot(fields) => (dot.clone(), fields),
            Term::Variable(name, fields) if name.is_empty() => (scope.root.clone(), fields),
            Term::Variable(name, fields) => (scope.variables.iter().rev().find(|(n, _)| n == name).map_or(Val::Null, |(_, v)| v.clone()), fields),
            Term::Group(pipeline, fields) => (self.pipeline(pipeline, dot, scope), fields),
            Term::Text(text) => return Val::text(text.as_str()),
            Term::Int(n) => return Val::Int(*n),
            Term::Float(n) => return Val::Float(*n),
            Term::Bool(b) => return Val::Bool(*b),
            Term::Nil => return Val::Null,
            Term::Function(name) => {
                let nothing = Pipeline { variables: Vec::new(), declares: false, commands: Vec::new(), source: name.clone(), at: At::default() };
                return self.call(name, Vec::new(), &nothing);
            }
        };
        fields.iter().fold(value, |value, field| value.get(field))
    }

    fn call(&mut self, name: &str, arguments: Vec<Val>, pipeline: &Pipeline) -> Val {
        let argument = |i: usize| arguments.get(i).cloned().unwrap_or(Val::Null);
        match name {
            "include" => {
                let name = self.text(&argument(0));
                Val::Text(Rc::new(self.include(name.as_str(), &argument(1), pipeline.at)))
            }
            "tpl" => {
                let Val::Text(text) = argument(0) else { return argument(0) };
                if !text.as_str().contains("{{") {
                    return Val::Text(text);
                }
                self.inner(&text, &argument(1), pipeline.at)
            }
            "required" => match argument(1) {
                Val::Null => Val::unknown(&pipeline.source),
                Val::Text(text) if text.as_str().is_empty() => Val::unknown(&pipeline.source),
                value => value,
            },
            "fail" => {
                self.complain(pipeline.at, "the chart refuses these values");
                Val::Null
            }
            "toYaml" | "mustToYaml" => Val::Text(Rc::new(self.yaml(&argument(0)))),
            "fromYaml" | "fromJson" | "fromYamlArray" | "fromJsonArray" | "mustFromJson" => match argument(0) {
                Val::Text(text) if text.as_str().len() < MAX_TEXT => {
                    self.bytes += text.as_str().len() * 4;
                    parsed(&text)
                }
                other => other,
            },
            "print" | "println" | "toString" | "quote" | "squote" | "join" | "cat" | "printf" => {
                let shown: Vec<Text> = arguments.iter().map(|a| if matches!(a, Val::List(_)) { Text::default() } else { self.text(a) }).collect();
                let lists: Vec<Text> = match arguments.iter().find(|a| matches!(a, Val::List(_))) {
                    Some(Val::List(items)) => items.iter().map(|i| self.text(i)).collect(),
                    _ => Vec::new(),
                };
                let text = functions::joined(name, &arguments, &shown, &lists);
                self.bytes += text.as_str().len();
                Val::Text(Rc::new(text))
            }
            _ => match functions::call(name, &arguments) {
                Some(Val::Text(text)) if text.as_str().len() > MAX_TEXT => Val::Null,
                Some(value) => {
                    if let Val::Text(text) = &value {
                        self.bytes += text.as_str().len();
                    }
                    value
                }
                None => Val::unknown(if pipeline.source.is_empty() { name } else { &pipeline.source }),
            },
        }
    }

    fn include(&mut self, name: &str, dot: &Val, at: At) -> Text {
        let Some(body) = self.defined.get(name).cloned() else {
            self.complain(at, "it includes a template that no file defines");
            return self.mark(&format!("include {name}"));
        };
        let mut out = Text::default();
        if self.may(0) {
            let mut scope = Scope { root: dot.clone(), variables: Vec::new() };
            self.body(&body, dot, &mut scope, &mut out);
        }
        out
    }

    /// A value that is itself a template.
    fn inner(&mut self, text: &Rc<Text>, dot: &Val, at: At) -> Val {
        let (line, _) = text.first_place().unwrap_or((at.line, at.column));
        match syntax::parse(text.as_str(), line) {
            Ok(file) if self.may(text.as_str().len()) => {
                self.defined.extend(file.defined);
                let mut out = Text::default();
                let mut scope = Scope { root: dot.clone(), variables: Vec::new() };
                self.body(&file.body, dot, &mut scope, &mut out);
                Val::Text(Rc::new(out))
            }
            _ => Val::unknown("tpl"),
        }
    }

    /// A value as an action shows it.
    fn text(&mut self, value: &Val) -> Text {
        match value {
            Val::Null => Text::default(),
            Val::Bool(b) => Text::new(b.to_string()),
            Val::Int(n) => Text::new(n.to_string()),
            Val::Float(n) => Text::new(n.to_string()),
            Val::Text(text) => text.as_ref().clone(),
            Val::List(_) | Val::Map(_) => self.yaml(value),
            Val::Unknown(expression) => {
                let expression = expression.to_string();
                self.mark(&expression)
            }
        }
    }

    /// As YAML, where marks stand for what is not known.
    fn yaml(&mut self, value: &Val) -> Text {
        let text = self.marked(value, 0).yaml();
        self.bytes += text.as_str().len();
        text
    }

    fn marked(&mut self, value: &Val, depth: usize) -> Val {
        match value {
            _ if depth > 40 || !self.may(0) => Val::Null,
            Val::Unknown(expression) => {
                let expression = expression.to_string();
                Val::Text(Rc::new(self.mark(&expression)))
            }
            Val::List(items) => Val::List(Rc::new(items.iter().map(|i| self.marked(i, depth + 1)).collect())),
            Val::Map(map) => {
                let entries: Vec<(String, Val)> = map.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
                Val::map(entries.into_iter().map(|(k, v)| (k, self.marked(&v, depth + 1))))
            }
            other => other.clone(),
        }
    }
}
