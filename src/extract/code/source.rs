//! A file of code as its readers see it: tokens, brackets that belong together, calls, and what a name was bound to.

use std::collections::HashMap;
use std::ops::Range;

use super::env::{self, EnvRead};
use super::language::Language;
use super::lexer::{Kind, Token, lex};
use crate::document::Document;
use crate::model::Location;

/// Segments of a call's path that are looked at.
const MAX_PATH: usize = 8;
/// Names that are followed from one to the next.
const MAX_HOPS: usize = 4;
/// Tokens of a call's arguments among which a name is looked for.
const MAX_SPAN: usize = 2000;
/// Tokens of a value that are looked at.
const MAX_VALUE: usize = 48;

/// Tokens by their index in [`Source::tokens`].
pub(in crate::extract) type Span = Range<usize>;

/// A file of code.
pub(in crate::extract) struct Source<'a> {
    pub document: &'a Document,
    pub language: Language,
    pub text: &'a str,
    pub tokens: Vec<Token<'a>>,
    /// For each bracket the index of its partner; for anything else, and a bracket without one, its own.
    partner: Vec<u32>,
    /// Where each name is first given a value; nothing for names that are given several.
    bindings: HashMap<&'a str, Option<Span>>,
    /// Every call, in the order of its opening bracket.
    pub calls: Vec<Call>,
    /// Environment variables that the file reads, in order.
    pub env: Vec<EnvRead>,
}

/// `path(arguments)`.
#[derive(Clone, Debug)]
pub(in crate::extract) struct Call {
    /// Segments joined by dots, whatever the language joins them with; `()` stands for arguments before.
    pub path: String,
    /// Index of the first token of the path.
    pub first: usize,
    /// Tokens between the brackets.
    pub arguments: Span,
}

impl Call {
    /// The last segment.
    pub(in crate::extract) fn name(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or(&self.path)
    }

    /// Whether the path ends with these segments.
    pub(in crate::extract) fn ends(&self, with: &str) -> bool {
        self.path.strip_suffix(with).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

/// What a piece of code is worth, as far as one file tells.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::extract) enum Worth {
    /// A literal, and the index of its token.
    Literal(String, usize),
    /// The content of an environment variable, and the index of the token that names it.
    Env(String, usize),
}

impl<'a> Source<'a> {
    pub(in crate::extract) fn read(document: &'a Document, language: Language, text: &'a str) -> Self {
        let tokens = lex(text, language);
        let partner = partners(&tokens);
        let mut source = Source { document, language, text, tokens, partner, bindings: HashMap::new(), calls: Vec::new(), env: Vec::new() };
        source.bindings = source.bound();
        source.calls = source.called();
        source.env = env::reads(&source);
        source
    }

    /// The place of a token.
    pub(in crate::extract) fn at(&self, index: usize) -> Location {
        let Some(token) = self.tokens.get(index).or(self.tokens.last()) else { return self.document.at_line(1) };
        let offset = (token.offset as usize).min(self.text.len());
        let start = self.text[..offset].rfind('\n').map_or(0, |i| i + 1);
        self.document.place(token.line, self.text[start..offset].chars().count() as u32 + 1, token.line)
    }

    /// First and last line of a span.
    pub(in crate::extract) fn lines(&self, span: &Span) -> Option<(u32, u32)> {
        Some((self.tokens.get(span.start)?.line, self.tokens.get(span.end.checked_sub(1)?)?.line))
    }

    pub(in crate::extract) fn word(&self, index: usize) -> Option<&'a str> {
        self.tokens.get(index).filter(|t| t.kind == Kind::Word).map(|t| t.text)
    }

    pub(in crate::extract) fn is(&self, index: usize, mark: &str) -> bool {
        self.tokens.get(index).is_some_and(|t| t.is(mark))
    }

    /// The string at an index; one with holes is no value.
    pub(in crate::extract) fn literal(&self, index: usize) -> Option<&'a str> {
        self.tokens.get(index).filter(|t| t.kind == Kind::Text { holes: false }).map(|t| t.text)
    }

    /// The partner of a bracket.
    pub(in crate::extract) fn partner(&self, index: usize) -> usize {
        self.partner.get(index).map_or(index, |p| *p as usize)
    }

    /// Every call, in the order of its opening bracket. The structure of a request counts as one where such are handed to calls.
    fn called(&self) -> Vec<Call> {
        let requests = self.language == Language::Go;
        let opens = |i: &usize| {
            self.is(*i, "(") || (requests && self.is(*i, "{") && *i > 0 && self.word(i - 1).is_some_and(|w| w.ends_with("Input") || w.ends_with("Request")))
        };
        (0..self.tokens.len()).filter(opens).filter_map(|i| self.call(i)).collect()
    }

    /// The call whose arguments open here.
    fn call(&self, open: usize) -> Option<Call> {
        let close = self.partner(open);
        if close <= open {
            return None;
        }
        let mut i = open.checked_sub(1)?;
        // `env!(…)`, `f<T>(…)`.
        if self.is(i, "!") {
            i = i.checked_sub(1)?;
        } else if self.is(i, ">") {
            i = (i.saturating_sub(12)..i).rev().find(|j| self.is(*j, "<"))?.checked_sub(1)?;
        }
        let mut segments: Vec<String> = vec![self.word(i)?.to_owned()];
        let mut first = i;
        while segments.len() < MAX_PATH {
            let Some(before) = self.joined(first) else { break };
            if let Some(word) = self.word(before) {
                segments.push(word.to_owned());
                first = before;
            } else if self.is(before, ")") || self.is(before, "]") || self.is(before, "}") {
                let opening = self.partner(before);
                let Some(word) = opening.checked_sub(1).and_then(|b| Some((b, self.word(b)?))).filter(|_| opening < before) else { break };
                let brackets = if self.is(before, ")") {
                    "()"
                } else if self.is(before, "]") {
                    "[]"
                } else {
                    "{}"
                };
                segments.push(format!("{}{brackets}", word.1));
                first = word.0;
            } else {
                break;
            }
        }
        segments.reverse();
        Some(Call { path: segments.join("."), first, arguments: open + 1..close })
    }

    /// The token before `.`, `?.`, `::`, `->` in front of an index, if something is joined to it.
    fn joined(&self, index: usize) -> Option<usize> {
        let one = index.checked_sub(1)?;
        let two = index.checked_sub(2)?;
        if self.is(one, ".") {
            return if self.is(two, "?") || self.is(two, "!") { index.checked_sub(3) } else { Some(two) };
        }
        let pair = (self.is(two, ":") && self.is(one, ":")) || (self.is(two, "-") && self.is(one, ">"));
        pair.then(|| index.checked_sub(3)).flatten()
    }

    /// Splits at the commas that stand in no brackets of their own.
    pub(in crate::extract) fn split(&self, span: Span) -> Vec<Span> {
        let (mut out, mut start, mut i) = (Vec::new(), span.start, span.start);
        while i < span.end {
            if self.is(i, ",") {
                out.push(start..i);
                start = i + 1;
            } else {
                i = i.max(self.partner(i));
            }
            i += 1;
        }
        if start < span.end {
            out.push(start..span.end);
        }
        out
    }

    /// Whether an argument is given by its name, or is a structure of several.
    pub(in crate::extract) fn is_named(&self, argument: &Span) -> bool {
        let first = argument.start;
        self.is(first, "{") || (self.word(first).is_some() && (self.is(first + 1, "=") || (self.is(first + 1, ":") && !self.is(first + 2, ":"))))
    }

    /// What stands for `names` in a span, at any depth: `name = …`, `name: …`, `"name": …`, `name => …`, `.name(…)`. Case does not count.
    pub(in crate::extract) fn keyed(&self, span: Span, names: &[&str]) -> Option<Span> {
        (span.start..span.end.min(span.start + MAX_SPAN)).find_map(|i| {
            let token = &self.tokens[i];
            let named = (token.kind == Kind::Word || token.is_text()) && names.iter().any(|n| token.text.eq_ignore_ascii_case(n));
            if !named {
                return None;
            }
            let next = i + 1;
            if self.is(next, "(") && self.partner(next) > next {
                return Some(next + 1..self.partner(next));
            }
            let value = if self.is(next, "=") && self.is(next + 1, ">") {
                next + 2
            } else if (self.is(next, "=") && !self.is(next + 1, "=")) || self.is(next, ":") {
                next + 1
            } else {
                return None;
            };
            Some(value..self.value_end(value, span.end))
        })
    }

    /// The end of the value that begins here: a comma, a semicolon, a bracket that was open before it, or a line that does not go on.
    fn value_end(&self, start: usize, end: usize) -> usize {
        let mut i = start;
        while i < end.min(start + MAX_VALUE) {
            let token = &self.tokens[i];
            if token.kind == Kind::Mark && matches!(token.text, "," | ";" | ")" | "]" | "}") {
                return i;
            }
            let over = self.partner(i);
            if over > i {
                i = over;
            }
            let ended = |next: &Token<'_>| {
                next.line > self.tokens[i].line && !(next.kind == Kind::Mark && matches!(next.text, "." | "?" | "|" | "&" | "+" | ":" | "-"))
            };
            let open = |t: &Token<'_>| t.kind == Kind::Mark && matches!(t.text, "=" | "+" | "|" | "&" | "?" | ":" | "." | "(");
            if i > start && !open(&self.tokens[i]) && self.tokens.get(i + 1).is_some_and(ended) {
                return i + 1;
            }
            i += 1;
        }
        i.min(end)
    }

    /// What a piece of code is worth: an environment variable read in it, a literal, or what a name in it was bound to.
    pub(in crate::extract) fn worth(&self, span: Span) -> Option<Worth> {
        self.worth_of(span, 0)
    }

    fn worth_of(&self, span: Span, hops: usize) -> Option<Worth> {
        if hops > MAX_HOPS || span.is_empty() {
            return None;
        }
        let first = self.env.partition_point(|e| e.first < span.start);
        if let Some(read) = self.env.get(first).filter(|e| e.first < span.end) {
            return Some(Worth::Env(read.name.clone(), read.at));
        }
        let span = span.start..span.end.min(span.start + MAX_VALUE);
        if let Some((i, token)) = span.clone().map(|i| (i, &self.tokens[i])).find(|(_, t)| t.is_text()) {
            return match token.kind {
                Kind::Text { holes: false } => Some(Worth::Literal(token.text.to_owned(), i)),
                // What fills the hole decides: `Bearer ${token}`.
                _ => self.worth_of(i + 1..span.end, hops + 1),
            };
        }
        // The last word of a path: `self.url`, `settings.DB_URL`, `*flag`.
        let words: Vec<usize> = span.clone().filter(|i| self.word(*i).is_some()).collect();
        words.iter().rev().take(3).find_map(|i| {
            let bound = self.bindings.get(self.word(*i)?)?.clone()?;
            // A value that names itself says nothing.
            (!bound.contains(i)).then(|| self.worth_of(bound, hops + 1)).flatten()
        })
    }

    fn beside(&self, a: usize, b: usize) -> bool {
        self.tokens[a].line == self.tokens[b].line
    }

    /// Names that the file gives a value once.
    fn bound(&self) -> HashMap<&'a str, Option<Span>> {
        let mut out: HashMap<&'a str, Option<Span>> = HashMap::new();
        for i in 0..self.tokens.len() {
            let Some(name) = self.word(i) else { continue };
            let value = if self.is(i + 1, "=") && !self.is(i + 2, "=") && !self.is(i + 2, ">") {
                i + 2
            } else if self.is(i + 1, ":") && self.is(i + 2, "=") {
                i + 3
            } else if self.is(i + 1, ":") && self.word(i + 2).is_some() && self.is(i + 3, "=") && !self.is(i + 4, "=") && self.beside(i, i + 2) {
                // A type stands beside its name; below `case x:` stands a statement.
                i + 4
            } else {
                // `a, err := f()`.
                let several = self.is(i + 1, ",") && self.word(i + 2).is_some() && self.is(i + 3, ":") && self.is(i + 4, "=");
                if !several {
                    continue;
                }
                i + 5
            };
            let span = value..self.value_end(value, self.tokens.len());
            out.entry(name).and_modify(|known| *known = None).or_insert(Some(span));
        }
        out
    }
}

fn partners(tokens: &[Token<'_>]) -> Vec<u32> {
    let mut out: Vec<u32> = (0..tokens.len() as u32).collect();
    let mut open: Vec<usize> = Vec::new();
    for (i, token) in tokens.iter().enumerate().filter(|(_, t)| t.kind == Kind::Mark) {
        let opening = match token.text {
            "(" | "[" | "{" => {
                open.push(i);
                continue;
            }
            ")" => "(",
            "]" => "[",
            "}" => "{",
            _ => continue,
        };
        // A bracket that closes nothing, or something else, is passed over, so that one slip does not shift all that follows.
        if let Some(depth) = open.iter().rposition(|o| tokens[*o].text == opening).filter(|d| open.len() - d <= 3) {
            out[open[depth]] = i as u32;
            out[i] = open[depth] as u32;
            open.truncate(depth);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worth(path: &str, text: &str, call: &str, key: &str) -> Option<String> {
        let document = Document::new("repo:github.com/acme/web".into(), path, text.as_bytes().to_vec(), None);
        let source = Source::read(&document, Language::of(path).expect("known"), text);
        let call = source.calls.iter().find(|c| c.ends(call)).cloned().expect("there");
        let span = if key.is_empty() { call.arguments } else { source.keyed(call.arguments, &[key])? };
        source.worth(span).map(|w| match w {
            Worth::Literal(text, _) => format!("'{text}"),
            Worth::Env(name, _) => format!("${name}"),
        })
    }

    #[test]
    fn a_value_is_followed_to_a_literal_or_a_variable() {
        for (path, text, call, key, expected) in [
            ("a.py", "R = os.environ['ROLE']\nx = sts.assume_role(A=1, RoleArn=R)", "sts.assume_role", "RoleArn", "$ROLE"),
            ("a.ts", "const role = process.env.ROLE ?? ''\nnew AssumeRoleCommand({ RoleArn: role, B: 1 })", "AssumeRoleCommand", "RoleArn", "$ROLE"),
            ("a.go", "role := os.Getenv(\"ROLE\")\nstscreds.NewAssumeRoleProvider(c, role)", "NewAssumeRoleProvider", "", "$ROLE"),
            ("A.java", "AssumeRoleRequest.builder().roleArn(System.getenv(\"ROLE\")).build()", "builder().roleArn", "", "$ROLE"),
            ("a.py", "u = f\"postgres://{os.getenv('DB')}/x\"\nconnect(u)", "connect", "", "$DB"),
            ("a.rb", "connect(url: ENV.fetch('DB_URL'), x: 1)", "connect", "url", "$DB_URL"),
            ("a.py", "connect(host='db.example.org')", "connect", "host", "'db.example.org"),
            (
                "a.py",
                "class T(str, Enum):\n    LOG = 'git_log'\n    ADD = 'git_add'\nTool(name=T.LOG.value)\nmatch n:\n    case T.LOG.value:\n        x = a.get('x')",
                "Tool",
                "name",
                "'git_log",
            ),
            (
                "a.py",
                "class T(str, Enum):\n    LOG = 'git_log'\n    ADD = 'git_add'\nTool(name=T.LOG)\nmatch n:\n    case T.LOG:\n        x = a.get('x')",
                "Tool",
                "name",
                "'git_log",
            ),
        ] {
            assert_eq!(worth(path, text, call, key).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(worth("a.py", "x = 'a'\nx = 'b'\nconnect(x)", "connect", ""), None, "a name with two values has none");
    }

    #[test]
    fn paths_go_through_calls_and_joints() {
        let document = Document::new("repo:r".into(), "a.ts", Vec::new(), None);
        let text = "a?.b!.c(1); x::y(2); boto3.client('s3').get(3); new Foo<Bar>(4)";
        let source = Source::read(&document, Language::JavaScript, text);
        let paths: Vec<String> = source.calls.iter().map(|c| c.path.clone()).collect();
        assert_eq!(paths, ["a.b.c", "x.y", "boto3.client", "boto3.client().get", "Foo"]);
    }
}
