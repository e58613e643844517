//! The part of the Common Expression Language that conditions of workload identity providers use, in three values.

use super::claims::Claims;
use super::conditions::{Tri, exact};
use super::patterns::meet;

/// Nesting beyond which an expression says nothing.
const MAX_DEPTH: usize = 40;

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Text(String),
    Word(String),
    Sign(&'static str),
}

enum Term {
    Text(String),
    List(Vec<String>),
    Known(Tri),
    Open,
}

/// Whether the condition holds for a token with these claims; what is not understood is unknown.
pub(super) fn holds(expression: &str, claims: &Claims) -> Tri {
    let Some(tokens) = tokens(expression) else { return Tri::Unknown };
    let mut parser = Parser { tokens: &tokens, at: 0, claims, depth: 0 };
    let known = parser.any();
    if parser.at == tokens.len() { known.unwrap_or(Tri::Unknown) } else { Tri::Unknown }
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    const SIGNS: &[&str] = &["&&", "||", "==", "!=", "!", "(", ")", "[", "]", ",", "."];
    let (mut out, mut rest) = (Vec::new(), text.trim_start());
    while let Some(first) = rest.chars().next() {
        if first == '\'' || first == '"' {
            let end = rest[1..].find(first)?;
            out.push(Token::Text(rest[1..=end].to_owned()));
            rest = &rest[end + 2..];
        } else if let Some(sign) = SIGNS.iter().find(|s| rest.starts_with(**s)) {
            out.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
            if end == 0 {
                return None;
            }
            out.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Some(out)
}

/// Bytes that an expression may come to.
const MAX_EXPRESSION: usize = 1 << 18;

/// Whether a claim fits a regular expression anywhere, as RE2 says it; of one that is itself a pattern that is not known.
fn matches(expression: &str, value: &str) -> Tri {
    // A text that stands for itself has its stars and question marks marked.
    let expression = expression.replace('\u{1}', "*").replace('\u{2}', "?");
    if value.contains(['*', '?']) {
        return Tri::Unknown;
    }
    let built = regex::RegexBuilder::new(&expression).size_limit(MAX_EXPRESSION).build();
    built.map_or(Tri::Unknown, |r| Tri::from(r.is_match(value)))
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    claims: &'a Claims,
    depth: usize,
}

impl Parser<'_> {
    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Sign(s)) if *s == sign);
        self.at += usize::from(found);
        found
    }

    fn any(&mut self) -> Option<Tri> {
        let mut known = self.all()?;
        while self.sign("||") {
            known = known.max(self.all()?);
        }
        Some(known)
    }

    fn all(&mut self) -> Option<Tri> {
        let mut known = self.one()?;
        while self.sign("&&") {
            known = known.min(self.one()?);
        }
        Some(known)
    }

    fn one(&mut self) -> Option<Tri> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let known = if self.sign("!") {
            self.one()?.not()
        } else if self.sign("(") {
            let inside = self.any()?;
            if !self.sign(")") {
                return None;
            }
            inside
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Some(known)
    }

    fn comparison(&mut self) -> Option<Tri> {
        let left = self.term()?;
        let negated = self.sign("!=");
        if negated || self.sign("==") {
            let right = self.term()?;
            let known = match (left, right) {
                // Either side may be the claim, and a claim may be a pattern.
                (Term::Text(a), Term::Text(b)) if negated && meet(&a, &b) && (a.contains('*') || b.contains('*')) => Tri::Unknown,
                (Term::Text(a), Term::Text(b)) => Tri::from(meet(&a, &b) != negated),
                _ => Tri::Unknown,
            };
            return Some(known);
        }
        if matches!(self.tokens.get(self.at), Some(Token::Word(w)) if w == "in") {
            self.at += 1;
            return Some(match (left, self.term()?) {
                (Term::Text(a), Term::List(items)) => Tri::from(items.iter().any(|i| meet(&a, i))),
                _ => Tri::Unknown,
            });
        }
        match left {
            Term::Known(known) => Some(known),
            _ => Some(Tri::Unknown),
        }
    }

    fn term(&mut self) -> Option<Term> {
        let mut term = match self.tokens.get(self.at)?.clone() {
            Token::Text(text) => {
                self.at += 1;
                Term::Text(exact(&text))
            }
            Token::Sign("[") => {
                self.at += 1;
                let mut items = Vec::new();
                while let Some(Token::Text(text)) = self.tokens.get(self.at) {
                    items.push(exact(text));
                    self.at += 1;
                    self.sign(",");
                }
                if !self.sign("]") {
                    return None;
                }
                Term::List(items)
            }
            Token::Word(word) if word == "true" || word == "false" => {
                self.at += 1;
                Term::Known(Tri::from(word == "true"))
            }
            Token::Word(word) => {
                self.at += 1;
                self.claim(&word)
            }
            Token::Sign(_) => return None,
        };
        while self.sign(".") {
            let Some(Token::Word(method)) = self.tokens.get(self.at).cloned() else { return None };
            self.at += 1;
            if !self.sign("(") {
                return Some(Term::Open);
            }
            let argument = if matches!(self.tokens.get(self.at), Some(Token::Sign(")"))) { None } else { Some(self.term()?) };
            if !self.sign(")") {
                return None;
            }
            let pattern = match (&argument, method.as_str()) {
                (Some(Term::Text(a)), "startsWith") => Some(format!("{a}*")),
                (Some(Term::Text(a)), "endsWith") => Some(format!("*{a}")),
                (Some(Term::Text(a)), "contains") => Some(format!("*{a}*")),
                _ => None,
            };
            term = match (term, pattern) {
                (Term::Text(value), Some(pattern)) => Term::Known(Tri::from(meet(&pattern, &value))),
                (Term::Text(value), None) if method == "matches" => match &argument {
                    Some(Term::Text(expression)) => Term::Known(matches(expression, &value)),
                    _ => Term::Open,
                },
                _ => Term::Open,
            };
        }
        Some(term)
    }

    /// `assertion.x`, `assertion['x']`, `attribute.x`, `google.subject`.
    fn claim(&mut self, root: &str) -> Term {
        if !matches!(root, "assertion" | "attribute" | "google") {
            return Term::Open;
        }
        let name = if self.sign("[") {
            let Some(Token::Text(name)) = self.tokens.get(self.at).cloned() else { return Term::Open };
            self.at += 1;
            self.sign("]");
            name
        } else if self.sign(".") {
            let Some(Token::Word(name)) = self.tokens.get(self.at).cloned() else { return Term::Open };
            self.at += 1;
            name
        } else {
            return Term::Open;
        };
        let name = if root == "google" && name == "subject" { "sub" } else { name.as_str() };
        self.claims.get(name).map_or(Term::Open, |c| Term::Text(c.to_owned()))
    }
}
