//! Tokens of any of the languages: words, texts, numbers and marks, each with its place. Comments are gone; nothing is ever an error.

use super::language::Language;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::extract) enum Kind {
    /// A name or a keyword.
    Word,
    /// A string; `holes` when code is filled into it. The code of each hole follows, in braces.
    Text {
        holes: bool,
    },
    Number,
    /// One character of punctuation.
    Mark,
}

/// A token and where it begins.
#[derive(Clone, Copy, Debug)]
pub(in crate::extract) struct Token<'a> {
    pub kind: Kind,
    /// As written; of a string what stands between its quotes.
    pub text: &'a str,
    /// 1-based.
    pub line: u32,
    /// Byte offset in the file.
    pub offset: u32,
}

impl Token<'_> {
    pub(in crate::extract) fn is(&self, mark: &str) -> bool {
        self.kind == Kind::Mark && self.text == mark
    }

    pub(in crate::extract) fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text { .. })
    }
}

/// Holes inside holes beyond which the rest is text.
const MAX_NESTING: usize = 6;
/// Tokens after which a file is no longer read: generated tables say nothing of identities.
const MAX_TOKENS: usize = 1 << 20;

/// Bytes of the longest pattern: one that does not end is a division.
const MAX_REGEX: usize = 512;

/// All tokens of a text.
pub(in crate::extract) fn lex(text: &str, language: Language) -> Vec<Token<'_>> {
    let mut lexer = Lexer { text, bytes: text.as_bytes(), language, line: 1, out: Vec::with_capacity(text.len() / 6) };
    lexer.run(0, text.len(), 0);
    lexer.out
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    language: Language,
    line: u32,
    out: Vec<Token<'a>>,
}

impl<'a> Lexer<'a> {
    fn run(&mut self, mut at: usize, end: usize, nesting: usize) {
        while at < end && self.out.len() < MAX_TOKENS {
            let byte = self.bytes[at];
            at = match byte {
                b'\n' => {
                    self.line += 1;
                    at + 1
                }
                b if b.is_ascii_whitespace() => at + 1,
                _ if self.comment(at).is_some() => self.skip(at, self.comment(at).unwrap_or(end).min(end)),
                b'"' | b'\'' | b'`' => self.string(at, at, end, nesting),
                b'/' if self.language == Language::JavaScript && self.regex_may_begin() => self.regex(at, end),
                b if b.is_ascii_alphabetic() || b == b'_' || b >= 0x80 || (b == b'$' && self.dollar_is_letter(at)) => self.word(at, end, nesting),
                b'@' | b'$' if self.language == Language::CSharp && self.bytes.get(at + 1).is_some_and(|b| matches!(b, b'"' | b'@' | b'$')) => {
                    let quote = (at + 1..end.min(at + 3)).find(|i| self.bytes[*i] == b'"');
                    match quote {
                        Some(quote) => self.string(at, quote, end, nesting),
                        None => self.mark(at),
                    }
                }
                b if b.is_ascii_digit() => {
                    let stop = (at..end).find(|i| !(self.bytes[*i].is_ascii_alphanumeric() || matches!(self.bytes[*i], b'_' | b'.'))).unwrap_or(end);
                    self.push(Kind::Number, at, stop);
                    stop
                }
                _ => self.mark(at),
            };
        }
    }

    fn push(&mut self, kind: Kind, from: usize, to: usize) {
        // Bounds fall on characters: every stop is before or after an ASCII byte, or at the end.
        if let Some(text) = self.text.get(from..to) {
            self.out.push(Token { kind, text, line: self.line, offset: from as u32 });
        }
    }

    fn mark(&mut self, at: usize) -> usize {
        self.push(Kind::Mark, at, at + 1);
        at + 1
    }

    fn dollar_is_letter(&self, at: usize) -> bool {
        matches!(self.language, Language::Php | Language::JavaScript) && self.bytes.get(at + 1).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
    }

    fn skip(&mut self, from: usize, to: usize) -> usize {
        self.line += memchr::memchr_iter(b'\n', &self.bytes[from..to]).count() as u32;
        to
    }

    /// The end of the comment that begins here, if one does.
    fn comment(&self, at: usize) -> Option<usize> {
        let rest = &self.bytes[at..];
        if self.language.has_block_comments() && rest.starts_with(b"/*") {
            return Some(memchr::memmem::find(&rest[2..], b"*/").map_or(self.bytes.len(), |i| at + i + 4));
        }
        // An attribute of PHP 8 begins like a comment.
        let begins =
            self.language.line_comments().iter().any(|c| rest.starts_with(c.as_bytes())) && !(self.language == Language::Php && rest.starts_with(b"#["));
        begins.then(|| memchr::memchr(b'\n', rest).map_or(self.bytes.len(), |i| at + i))
    }

    /// A slash is a division after a value, and opens a pattern after anything else.
    fn regex_may_begin(&self) -> bool {
        match self.out.last() {
            None => true,
            Some(last) => match last.kind {
                Kind::Word => matches!(last.text, "return" | "case" | "typeof" | "in" | "of"),
                Kind::Text { .. } | Kind::Number => false,
                Kind::Mark => !matches!(last.text, ")" | "]" | "}" | "<" | ">"),
            },
        }
    }

    fn regex(&mut self, at: usize, end: usize) -> usize {
        let (mut i, mut class) = (at + 1, false);
        while i < end.min(at + MAX_REGEX) {
            match self.bytes[i] {
                b'\\' => i += 1,
                b'[' => class = true,
                b']' => class = false,
                b'/' if !class => return i + 1,
                b'\n' => return self.mark(at),
                _ => {}
            }
            i += 1;
        }
        self.mark(at)
    }

    fn word(&mut self, at: usize, end: usize, nesting: usize) -> usize {
        let stop =
            (at + 1..end).find(|i| !(self.bytes[*i].is_ascii_alphanumeric() || matches!(self.bytes[*i], b'_' | b'$') || self.bytes[*i] >= 0x80)).unwrap_or(end);
        let quote = self.bytes.get(stop).copied().filter(|_| stop < end);
        let prefix = &self.bytes[at..stop];
        let prefixes = match self.language {
            Language::Python => prefix.len() <= 2 && prefix.iter().all(|b| b"fFrRbBuU".contains(b)) && matches!(quote, Some(b'"' | b'\'')),
            Language::Rust => matches!(prefix, b"b" | b"r" | b"br" | b"c") && matches!(quote, Some(b'"' | b'#')),
            _ => false,
        };
        if prefixes {
            if self.language == Language::Rust && prefix.ends_with(b"r") {
                return self.raw(stop, end);
            }
            if quote != Some(b'#') {
                return self.string(at, stop, end, nesting);
            }
        }
        self.push(Kind::Word, at, stop);
        stop
    }

    /// `r#"…"#`, from its first `#` or quote.
    fn raw(&mut self, at: usize, end: usize) -> usize {
        let hashes = self.bytes[at..end].iter().take_while(|b| **b == b'#').count();
        let open = at + hashes;
        if self.bytes.get(open) != Some(&b'"') {
            return self.mark(at);
        }
        let closing: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
        let stop = memchr::memmem::find(&self.bytes[open + 1..end], &closing).map_or(end, |i| open + 1 + i);
        self.push(Kind::Text { holes: false }, open + 1, stop);
        self.skip(open, stop);
        (stop + closing.len()).min(end)
    }

    /// A string whose prefix begins at `from` and whose quote stands at `open`.
    fn string(&mut self, from: usize, open: usize, end: usize, nesting: usize) -> usize {
        let quote = self.bytes[open];
        if self.language == Language::Rust && quote == b'\'' {
            return self.character(open, end);
        }
        let prefix = self.text.get(from..open).unwrap_or_default();
        let triple = self.language.triples() && self.bytes[open..end].starts_with(&[quote; 3]);
        let raw = prefix.contains(['r', 'R', '@']) || (self.language == Language::Go && quote == b'`');
        let over_lines = triple || quote == b'`' || prefix.contains('@') || self.language.multiline();
        let width = if triple { 3 } else { 1 };
        let first = open + width;
        let hole = self.language.hole(quote, prefix).filter(|_| nesting < MAX_NESTING);
        let mut holes: Vec<(usize, usize, u32)> = Vec::new();
        let (mut i, mut line) = (first, self.line);
        let mut closed = false;
        while i < end {
            let byte = self.bytes[i];
            if byte == b'\\' && !raw {
                line += u32::from(self.bytes.get(i + 1) == Some(&b'\n'));
                i += 2;
            } else if byte == quote && (!triple || self.bytes[i..end].starts_with(&[quote; 3])) {
                closed = true;
                break;
            } else if byte == b'\n' {
                if !over_lines {
                    break;
                }
                line += 1;
                i += 1;
            } else if let Some(hole) = hole.filter(|h| self.bytes[i..end].starts_with(h.as_bytes())) {
                if hole == "{" && self.bytes.get(i + 1) == Some(&b'{') {
                    i += 2;
                    continue;
                }
                // The dollar of PHP belongs to the name behind it.
                let inside = if hole == "{$" { i + 1 } else { i + hole.len() };
                let close = self.closing(inside, end);
                holes.push((inside, close, line));
                line += memchr::memchr_iter(b'\n', &self.bytes[inside..close]).count() as u32;
                i = (close + 1).min(end);
            } else {
                i += 1;
            }
        }
        let stop = i.min(end);
        self.push(Kind::Text { holes: !holes.is_empty() }, first.min(stop), stop);
        for (inside, close, at_line) in holes {
            self.line = at_line;
            self.push_brace(inside, "{");
            self.run(inside, close, nesting + 1);
            self.push_brace(close, "}");
        }
        self.line = line;
        if closed { (stop + width).min(end) } else { stop.max(open + 1) }
    }

    fn push_brace(&mut self, at: usize, text: &'static str) {
        self.out.push(Token { kind: Kind::Mark, text, line: self.line, offset: at as u32 });
    }

    /// The brace that closes the one before `from`, or the end.
    fn closing(&self, from: usize, end: usize) -> usize {
        let mut depth = 0usize;
        for i in from..end {
            match self.bytes[i] {
                b'{' => depth += 1,
                b'}' if depth == 0 => return i,
                b'}' => depth -= 1,
                _ => {}
            }
        }
        end
    }

    /// `'x'` is a character, `'a` the name of a lifetime.
    fn character(&mut self, at: usize, end: usize) -> usize {
        let escaped = self.bytes.get(at + 1) == Some(&b'\\');
        let stop = (at + 1 + usize::from(escaped) * 2..end.min(at + 12)).find(|i| self.bytes[*i] == b'\'');
        match stop.filter(|s| escaped || self.text.get(at + 1..*s).is_some_and(|t| t.chars().count() == 1)) {
            Some(stop) => {
                self.push(Kind::Text { holes: false }, at + 1, stop);
                stop + 1
            }
            None => self.mark(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str, language: Language) -> Vec<String> {
        lex(text, language).iter().map(|t| format!("{}{}@{}", if t.is_text() { "'" } else { "" }, t.text, t.line)).collect()
    }

    #[test]
    fn each_language_has_its_comments_and_strings() {
        assert_eq!(texts("a # b\n'c' \"\"\"d\ne\"\"\" f", Language::Python), ["a@1", "'c@2", "'d\ne@2", "f@3"]);
        assert_eq!(texts("f\"x {os.environ['A']} y\" z", Language::Python)[1..5], ["{@1", "os@1", ".@1", "environ@1"]);
        assert_eq!(
            texts("a /* b\n */ `c ${d.e} ${`f`}` = /[\"/]/ g", Language::JavaScript),
            ["a@1", "'c ${d.e} ${`f`}@2", "{@2", "d@2", ".@2", "e@2", "}@2", "{@2", "'f@2", "}@2", "=@2", "g@2"]
        );
        assert_eq!(texts("x / y // z\n`a\n\"b` c", Language::Go), ["x@1", "/@1", "y@1", "'a\n\"b@2", "c@3"]);
        assert_eq!(texts("fn f<'a>(x: &'a str) { r#\"q\"q\"#; 'x'; '\\n' }", Language::Rust).iter().filter(|t| t.starts_with('\'')).count(), 5);
        assert_eq!(texts("$x = \"a {$b} c\"; # d\n# e", Language::Php), ["$x@1", "=@1", "'a {$b} c@1", "{@1", "$b@1", "}@1", ";@1"]);
        assert_eq!(texts("@\"a\\\" $\"b{c}\"", Language::CSharp), ["'a\\@1", "'b{c}@1", "{@1", "c@1", "}@1"]);
    }

    #[test]
    fn what_is_broken_costs_a_line_at_most() {
        assert_eq!(texts("x = \"open\ny = 'é' + \u{7f}", Language::JavaScript), ["x@1", "=@1", "'open@1", "y@2", "=@2", "'é@2", "+@2", "\u{7f}@2"]);
        for language in [Language::Python, Language::JavaScript, Language::Go, Language::Java, Language::CSharp, Language::Ruby, Language::Php, Language::Rust]
        {
            for text in ["`${`${`${", "\"\"\"", "f'{", "r#", "'\\", "/*", "/", "@\"", "$\"{", "\"#{\"#{\"#{", "é'é", "'é"] {
                lex(text, language);
            }
        }
    }
}
