//! The languages that application code is read in, and what their lexers differ in.

/// A family of languages whose tokens look alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::extract) enum Language {
    Python,
    JavaScript,
    Go,
    Java,
    CSharp,
    Ruby,
    Php,
    Rust,
    Shell,
}

impl Language {
    /// The language of a path, by its ending. Declarations without code and bundles for browsers are nobody's source.
    pub(in crate::extract) fn of(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let (stem, extension) = name.rsplit_once('.')?;
        Some(match extension {
            "py" | "pyw" => Language::Python,
            "js" | "mjs" | "cjs" | "jsx" | "ts" | "mts" | "cts" | "tsx" | "vue" | "svelte" => {
                if stem.ends_with(".min") || stem.ends_with(".d") || stem.ends_with(".bundle") {
                    return None;
                }
                Language::JavaScript
            }
            "go" => Language::Go,
            "java" | "kt" | "kts" | "scala" | "groovy" => Language::Java,
            "cs" => Language::CSharp,
            "rb" | "rake" | "ex" | "exs" => Language::Ruby,
            "php" => Language::Php,
            "rs" => Language::Rust,
            "sh" | "bash" | "zsh" | "ksh" => Language::Shell,
            _ => return None,
        })
    }

    /// What begins a comment that ends with its line.
    pub(super) fn line_comments(self) -> &'static [&'static str] {
        match self {
            Language::Python | Language::Ruby | Language::Shell => &["#"],
            Language::Php => &["//", "#"],
            _ => &["//"],
        }
    }

    pub(super) fn has_block_comments(self) -> bool {
        !matches!(self, Language::Python | Language::Ruby | Language::Shell)
    }

    /// Quotes that may span lines when tripled.
    pub(super) fn triples(self) -> bool {
        matches!(self, Language::Python | Language::Java | Language::CSharp)
    }

    /// Whether a plain string may run over the end of its line.
    pub(super) fn multiline(self) -> bool {
        matches!(self, Language::Php | Language::Ruby | Language::Shell | Language::Rust)
    }

    /// What opens a hole in a string of this quote whose prefix is `prefix`, if it can have any: the text up to `}` is code.
    pub(super) fn hole(self, quote: u8, prefix: &str) -> Option<&'static str> {
        match (self, quote) {
            (Language::Python, _) => prefix.contains(['f', 'F']).then_some("{"),
            (Language::JavaScript, b'`') => Some("${"),
            (Language::Java, b'"') => Some("${"),
            (Language::CSharp, b'"') => prefix.contains('$').then_some("{"),
            (Language::Ruby, b'"') => Some("#{"),
            (Language::Php, b'"') => Some("{$"),
            _ => None,
        }
    }
}
