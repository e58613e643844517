//! Functions with what stands over them: decorators, attributes, annotations.

use super::language::Language;
use super::source::{Source, Span};

/// A function, and what it is marked with.
pub(in crate::extract) struct Function {
    pub name: String,
    /// Index of the token that names it.
    pub at: usize,
    /// Paths of its decorators, joined by dots.
    pub marks: Vec<String>,
    /// Arguments of the decorators.
    pub given: Vec<Span>,
    /// What it does.
    pub body: Span,
}

/// Tokens between a mark and the name of the function under it.
const MAX_HEADER: usize = 120;

/// Every function that is marked with something.
pub(in crate::extract) fn marked(source: &Source<'_>) -> Vec<Function> {
    let mut out = Vec::new();
    let (mut marks, mut given): (Vec<String>, Vec<Span>) = (Vec::new(), Vec::new());
    let mut i = 0;
    while i < source.tokens.len() {
        if let Some((path, arguments, end)) = mark(source, i) {
            marks.push(path);
            given.extend(arguments);
            i = end;
            continue;
        }
        if !marks.is_empty() {
            if let Some((name, body)) = header(source, i) {
                let name_text = source.word(name).unwrap_or_default().to_owned();
                out.push(Function { name: name_text, at: name, marks: std::mem::take(&mut marks), given: std::mem::take(&mut given), body });
                i = name;
            }
            marks.clear();
            given.clear();
        }
        i += 1;
    }
    out
}

/// The path and arguments of the mark that begins here, and the token after it.
fn mark(source: &Source<'_>, at: usize) -> Option<(String, Option<Span>, usize)> {
    let (first, close) = match source.language {
        Language::Python | Language::JavaScript | Language::Java if source.is(at, "@") => (at + 1, None),
        Language::Rust if source.is(at, "#") && source.is(at + 1, "[") => (at + 2, Some(source.partner(at + 1))),
        // An attribute opens a line; an index does not.
        Language::CSharp if source.is(at, "[") && at > 0 && source.tokens[at - 1].line < source.tokens[at].line => (at + 1, Some(source.partner(at))),
        _ => return None,
    };
    let mut path = source.word(first)?.to_owned();
    let mut i = first + 1;
    while source.is(i, ".") && source.word(i + 1).is_some() {
        path.push('.');
        path.push_str(source.word(i + 1).unwrap_or_default());
        i += 2;
    }
    let arguments = source.is(i, "(").then(|| i + 1..source.partner(i)).filter(|a| a.end > i);
    let end = close.unwrap_or_else(|| arguments.as_ref().map_or(i - 1, |a| a.end));
    (end >= at).then_some((path, arguments, end + 1))
}

/// The name and the body of the function whose header begins here.
fn header(source: &Source<'_>, at: usize) -> Option<(usize, Span)> {
    let open = (at..(at + MAX_HEADER).min(source.tokens.len())).find(|i| source.is(*i, "(") && *i > at && source.word(i - 1).is_some())?;
    let name = open - 1;
    let close = source.partner(open);
    if close <= open {
        return None;
    }
    if source.language == Language::Python {
        let keyword = (at..name).find(|i| source.word(*i) == Some("def"))?;
        return Some((name, close + 1..indented(source, keyword, close + 1)));
    }
    let brace = (close..(close + MAX_HEADER).min(source.tokens.len())).find(|i| source.is(*i, "{") || source.is(*i, ";"))?;
    Some((name, brace..source.partner(brace)))
}

/// The end of what is indented deeper than a token.
fn indented(source: &Source<'_>, keyword: usize, from: usize) -> usize {
    let column = |i: usize| {
        let offset = source.tokens[i].offset as usize;
        source.text[..offset].bytes().rev().take_while(|b| *b != b'\n').count()
    };
    let own =
        column((keyword.saturating_sub(MAX_HEADER)..=keyword).rev().find(|i| *i == 0 || source.tokens[i - 1].line < source.tokens[*i].line).unwrap_or(keyword));
    let mut i = from;
    while i < source.tokens.len() {
        let begins = i > 0 && source.tokens[i - 1].line < source.tokens[i].line && source.tokens[i].line > source.tokens[keyword].line;
        if begins && column(i) <= own {
            return i;
        }
        i = i.max(source.partner(i)) + 1;
    }
    source.tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    #[test]
    fn a_function_ends_where_it_is_no_longer_indented() {
        for (path, text, expected) in [
            ("a.py", "@mcp.tool()\nasync def a(x: int) -> str:\n    b = [\n1]\n    return run(x)\n\nc()\n@x\ndef d(): e()\n", "a:mcp.tool:run d:x:e"),
            ("a.rs", "#[tool(description = \"x\")]\nasync fn a(&self) -> R { run() }\nfn b() { c() }", "a:tool:run"),
            ("a.cs", "class T {\n  [McpServerTool, Description(\"x\")]\n  public static string A(string x) { return Run(x); }\n}", "A:McpServerTool:Run"),
            ("A.java", "class T { @Tool(name = \"x\") public String a(String x) { return run(x); } }", "a:Tool:run"),
        ] {
            let document = Document::new("repo:r".into(), path, Vec::new(), None);
            let source = Source::read(&document, Language::of(path).expect("known"), text);
            let calls = &source.calls;
            let told: Vec<String> = marked(&source)
                .iter()
                .map(|f| {
                    let called: Vec<&str> = calls.iter().filter(|c| f.body.contains(&c.first)).map(|c| c.name()).collect();
                    format!("{}:{}:{}", f.name, f.marks.join(","), called.join(","))
                })
                .collect();
            assert_eq!(told.join(" "), expected, "{text}");
        }
    }
}
