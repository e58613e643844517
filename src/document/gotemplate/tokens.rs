//! What stands inside an action: operands, pipelines.

use super::syntax::{At, MAX_NESTING, Pipeline, Term, Wrong};

pub(super) fn pipeline(source: &str, at: At) -> Result<Pipeline, Wrong> {
    let mut tokens = Tokens::of(source, at)?;
    tokens.pipeline(source.trim(), at, 0)
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Dot(Vec<String>),
    Variable(String, Vec<String>),
    Name(String),
    Text(String),
    Number(String),
    Open,
    Close(Vec<String>),
    Pipe,
    Comma,
    Declare,
    Assign,
}

pub(super) struct Tokens {
    tokens: Vec<Token>,
    next: usize,
    line: u32,
}

/// A chain of fields at the start of the text, and its length.
fn chain(text: &str) -> (Vec<String>, usize) {
    let mut fields = Vec::new();
    let mut length = 0;
    while let Some(rest) = text[length..].strip_prefix('.') {
        let name = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        if name == 0 {
            break;
        }
        fields.push(rest[..name].to_owned());
        length += 1 + name;
    }
    (fields, length)
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some(other) => other,
                None => '\\',
            },
            c => c,
        });
    }
    out
}

impl Tokens {
    pub(super) fn of(source: &str, at: At) -> Result<Self, Wrong> {
        let mut tokens = Vec::new();
        let mut rest = source;
        while let Some(c) = rest.chars().next() {
            let length = match c {
                c if c.is_whitespace() => c.len_utf8(),
                '(' => {
                    tokens.push(Token::Open);
                    1
                }
                ')' => {
                    let (fields, length) = chain(&rest[1..]);
                    tokens.push(Token::Close(fields));
                    1 + length
                }
                '|' => {
                    tokens.push(Token::Pipe);
                    1
                }
                ',' => {
                    tokens.push(Token::Comma);
                    1
                }
                ':' if rest.starts_with(":=") => {
                    tokens.push(Token::Declare);
                    2
                }
                '=' => {
                    tokens.push(Token::Assign);
                    1
                }
                '.' if !rest[1..].starts_with(|c: char| c.is_ascii_digit()) => {
                    let (fields, length) = chain(rest);
                    tokens.push(Token::Dot(fields));
                    length.max(1)
                }
                '$' => {
                    let name = rest[1..].find(|c: char| !c.is_alphanumeric() && c != '_').map_or(rest.len(), |n| n + 1);
                    let (fields, length) = chain(&rest[name..]);
                    tokens.push(Token::Variable(rest[1..name].to_owned(), fields));
                    name + length
                }
                '`' => {
                    let end = rest[1..].find('`').ok_or((at.line, "a string that does not end"))?;
                    tokens.push(Token::Text(rest[1..=end].to_owned()));
                    end + 2
                }
                '"' | '\'' => {
                    let mut escaped = false;
                    let end = rest[1..].find(|x: char| {
                        let ends = x == c && !escaped;
                        escaped = x == '\\' && !escaped;
                        ends
                    });
                    let end = end.ok_or((at.line, "a string that does not end"))?;
                    tokens.push(Token::Text(unescaped(&rest[1..=end])));
                    end + 2
                }
                c if c.is_ascii_digit() || matches!(c, '-' | '+' | '.') => {
                    let length = rest[1..].find(|c: char| !c.is_ascii_alphanumeric() && c != '.').map_or(rest.len(), |n| n + 1);
                    tokens.push(Token::Number(rest[..length].to_owned()));
                    length
                }
                c if c.is_alphabetic() || c == '_' => {
                    let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                    tokens.push(Token::Name(rest[..length].to_owned()));
                    length
                }
                _ => return Err((at.line, "a character of no meaning")),
            };
            rest = &rest[length..];
        }
        Ok(Tokens { tokens, next: 0, line: at.line })
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.next).cloned();
        self.next += 1;
        token
    }

    /// The pipeline that is left, if anything is.
    pub(super) fn rest(&mut self, at: At) -> Result<Option<Pipeline>, Wrong> {
        if self.next >= self.tokens.len() { Ok(None) } else { self.pipeline("", at, 0).map(Some) }
    }

    fn pipeline(&mut self, source: &str, at: At, depth: usize) -> Result<Pipeline, Wrong> {
        let mut pipeline = Pipeline { variables: Vec::new(), declares: false, commands: Vec::new(), source: source.to_owned(), at };
        let lead: Vec<&Token> = self.tokens[self.next..].iter().take(4).collect();
        let names = match lead.as_slice() {
            [Token::Variable(a, _), Token::Declare | Token::Assign, ..] => vec![a.clone()],
            [Token::Variable(a, _), Token::Comma, Token::Variable(b, _), Token::Declare | Token::Assign] => vec![a.clone(), b.clone()],
            _ => Vec::new(),
        };
        if !names.is_empty() {
            self.next += names.len() * 2;
            pipeline.declares = self.tokens[self.next - 1] == Token::Declare;
            pipeline.variables = names;
        }
        let mut command = Vec::new();
        loop {
            match self.tokens.get(self.next) {
                None | Some(Token::Close(_)) => break,
                Some(Token::Pipe) => {
                    self.next += 1;
                    pipeline.commands.push(std::mem::take(&mut command));
                }
                Some(_) => command.push(self.term(depth)?),
            }
        }
        pipeline.commands.push(command);
        if pipeline.commands.iter().any(Vec::is_empty) {
            return Err((self.line, "an empty command"));
        }
        if depth == 0 && self.next < self.tokens.len() {
            return Err((self.line, "a parenthesis that closes nothing"));
        }
        Ok(pipeline)
    }

    pub(super) fn term(&mut self, depth: usize) -> Result<Term, Wrong> {
        match self.take() {
            Some(Token::Dot(fields)) => Ok(Term::Dot(fields)),
            Some(Token::Variable(name, fields)) => Ok(Term::Variable(name, fields)),
            Some(Token::Text(text)) => Ok(Term::Text(text)),
            Some(Token::Number(text)) => match (text.parse::<i64>(), text.parse::<f64>()) {
                (Ok(n), _) => Ok(Term::Int(n)),
                (_, Ok(n)) => Ok(Term::Float(n)),
                _ => text.strip_prefix("0x").and_then(|h| i64::from_str_radix(h, 16).ok()).map(Term::Int).ok_or((self.line, "a number that is none")),
            },
            Some(Token::Name(name)) => Ok(match name.as_str() {
                "true" => Term::Bool(true),
                "false" => Term::Bool(false),
                "nil" => Term::Nil,
                _ => Term::Function(name),
            }),
            Some(Token::Open) if depth < MAX_NESTING => {
                let inner = self.pipeline("", At { line: self.line, column: 1 }, depth + 1)?;
                match self.take() {
                    Some(Token::Close(fields)) => Ok(Term::Group(Box::new(inner), fields)),
                    _ => Err((self.line, "a parenthesis that is not closed")),
                }
            }
            Some(Token::Open) => Err((self.line, "parentheses nested too deeply")),
            _ => Err((self.line, "an operand is missing")),
        }
    }
}
