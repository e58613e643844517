//! A document: a path, its bytes and, on demand, a parsed tree with positions.

pub mod gotemplate;
mod hcl;
mod json;
mod lines;
mod toml;
mod tree;
mod yaml;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::model::{FileRole, Location};

pub use hcl::{Expr, Part};
pub use tree::{Map, Node, Value};

/// Depth of nesting beyond which a tree is not read.
pub(crate) const MAX_DEPTH: usize = 128;

/// The syntax of a file, told from its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    Yaml,
    Json,
    Toml,
    Hcl,
    /// `[section]` and `key = value`.
    Ini,
    /// `KEY=value`, `export KEY=value`.
    Dotenv,
    Other,
}

/// Where a part of a file begins in it, and which of its bytes no other part answers for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    pub line: u32,
    pub column: u32,
    pub own: Range<usize>,
}

/// One file (or one version of it) while it is being read.
pub struct Document {
    /// Id of the source, `repo:github.com/acme/web`.
    pub repository: Arc<str>,
    /// Relative to the source's root, with `/`.
    pub path: Arc<str>,
    pub bytes: Vec<u8>,
    /// The commit, when this is not the work tree's version.
    pub revision: Option<Arc<str>>,
    /// Set when the bytes are a part of a file that is too large to be held.
    pub window: Option<Window>,
    trees: OnceLock<Result<Parsed, String>>,
}

/// What a parser made of a text.
#[derive(Default)]
struct Parsed {
    trees: Vec<Node>,
    /// What had to be left out, or guessed at, so that the rest could be read.
    left_out: Option<String>,
}

impl From<Vec<Node>> for Parsed {
    fn from(trees: Vec<Node>) -> Self {
        Parsed { trees, left_out: None }
    }
}

impl Document {
    pub fn new(repository: Arc<str>, path: impl Into<Arc<str>>, bytes: Vec<u8>, revision: Option<Arc<str>>) -> Self {
        Document { repository, path: path.into(), bytes, revision, window: None, trees: OnceLock::new() }
    }

    /// What stands for a document once it was evaluated: its trees, wherever their positions point.
    pub fn evaluated(repository: Arc<str>, path: Arc<str>, trees: Vec<Node>) -> Self {
        Document { repository, path, bytes: Vec::new(), revision: None, window: None, trees: OnceLock::from(Ok(trees.into())) }
    }

    /// The same as a part of a larger file.
    pub fn window(self, window: Window) -> Self {
        Document { window: Some(window), ..self }
    }

    /// The last segment of the path.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// The folder, without a trailing `/`; empty at the root.
    pub fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// The source's id without its scheme: `github.com/acme/web`.
    pub fn repository_body(&self) -> &str {
        self.repository.split_once(':').map_or(&self.repository, |(_, body)| body)
    }

    /// The id of this file as a node: `file:github.com/acme/web//infra/main.tf`.
    pub fn file_id(&self) -> String {
        format!("file:{}//{}", self.repository_body(), self.path)
    }

    /// The bytes as text, with what is not UTF-8 replaced.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        let bytes = self.bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&self.bytes);
        // What is UTF-8 is told much faster than what of it is not.
        std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), std::borrow::Cow::Borrowed)
    }

    pub fn syntax(&self) -> Syntax {
        syntax_of(&self.path)
    }

    /// The parsed trees: one for most syntaxes, one for each document of a YAML stream. The error says what could not be read, with
    /// its line, and quotes nothing of the file. For an INI or dotenv file, a map of sections (the unnamed one is `""`) of keys.
    pub fn trees(&self) -> Result<&[Node], &str> {
        let parsed = self.trees.get_or_init(|| {
            let text = self.text();
            match self.syntax() {
                Syntax::Yaml => yaml::parse_mended(&text),
                Syntax::Json => json::parse(&text).map(|n| vec![n].into()),
                Syntax::Toml => toml::parse(&text).map(|n| vec![n].into()),
                Syntax::Hcl => hcl::parse_blocks(&text),
                Syntax::Ini => Ok(vec![lines::parse_ini(&text)].into()),
                Syntax::Dotenv => Ok(vec![lines::parse_dotenv(&text)].into()),
                Syntax::Other => Err("no structured syntax".to_owned()),
            }
        });
        match parsed {
            Ok(parsed) => Ok(&parsed.trees),
            Err(reason) => Err(reason),
        }
    }

    /// Why a part of the text is not in the trees, once they were asked for.
    pub fn left_out(&self) -> Option<&str> {
        self.trees.get()?.as_ref().ok()?.left_out.as_deref()
    }

    /// The place of a node of one of this document's trees.
    pub fn at(&self, node: &Node) -> Location {
        self.place(node.line, node.column, node.end_line)
    }

    /// A place given by its lines.
    pub fn at_line(&self, line: u32) -> Location {
        self.place(line, 1, line)
    }

    /// A place given by line, column and last line; in a part of a file they count from where that begins.
    pub fn place(&self, line: u32, column: u32, end_line: u32) -> Location {
        let (lines, columns) = self.window.as_ref().map_or((0, 0), |w| (w.line - 1, w.column - 1));
        let column = if line <= 1 { column.max(1).saturating_add(columns) } else { column };
        let (line, end_line) = (line.max(1).saturating_add(lines), end_line.max(1).saturating_add(lines));
        Location {
            repository: self.repository.clone(),
            path: self.path.clone(),
            line: line.max(1),
            column: column.max(1),
            end_line: end_line.max(line).max(1),
            revision: self.revision.clone(),
        }
    }

    /// What part the file plays, told from its path.
    pub fn role(&self) -> FileRole {
        role_of(&self.path)
    }
}

/// Parses YAML text found inside another document (a block scalar, front matter); lines count from `first_line`.
pub fn parse_yaml_inside(text: &str, first_line: u32) -> Result<Vec<Node>, String> {
    let mut trees = yaml::parse(text)?;
    for tree in &mut trees {
        tree.shift(first_line.saturating_sub(1));
    }
    Ok(trees)
}

/// Parses JSON (comments and trailing commas allowed) found inside another document; lines count from `first_line`.
pub fn parse_json_inside(text: &str, first_line: u32) -> Result<Node, String> {
    let mut tree = json::parse(text)?;
    tree.shift(first_line.saturating_sub(1));
    Ok(tree)
}

/// Parses HCL found inside another document; lines count from `first_line`.
pub fn parse_hcl_inside(text: &str, first_line: u32) -> Result<Node, String> {
    let mut tree = hcl::parse(text)?;
    tree.shift(first_line.saturating_sub(1));
    Ok(tree)
}

/// The syntax that a path stands for.
pub fn syntax_of(path: &str) -> Syntax {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    // A template of a file is read as the file.
    let name = [".tpl", ".tmpl", ".gotmpl", ".j2"].iter().find_map(|t| name.strip_suffix(t)).map_or(name.clone(), str::to_owned);
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e);
    match extension {
        "yml" | "yaml" => return Syntax::Yaml,
        "json" | "jsonc" | "json5" | "ipynb" | "tfstate" | "webmanifest" | "har" => return Syntax::Json,
        "toml" => return Syntax::Toml,
        "tf" | "hcl" | "tfvars" | "tofu" | "nomad" => return Syntax::Hcl,
        "ini" | "cfg" | "conf" | "properties" => return Syntax::Ini,
        "env" | "envrc" => return Syntax::Dotenv,
        _ => {}
    }
    match name.as_str() {
        ".npmrc" | ".pypirc" | "credentials" | ".s3cfg" | ".boto" | ".my.cnf" | "pip.conf" | ".gitconfig" => Syntax::Ini,
        "config" if path.contains(".aws/") => Syntax::Ini,
        "config.json" | ".dockercfg" | ".mcp.json" => Syntax::Json,
        _ if name.starts_with(".env") || name.starts_with("dotenv") || name == ".flaskenv" || name == ".dev.vars" || name.starts_with("env.") => Syntax::Dotenv,
        _ if name.ends_with(".tfstate.backup") => Syntax::Json,
        _ => Syntax::Other,
    }
}

/// The role that a path gives its file (domain specification, 2.0 *Context*).
pub fn role_of(path: &str) -> FileRole {
    let mut role = FileRole::Normal;
    for segment in path.split('/') {
        let stem = segment.to_ascii_lowercase();
        let word = |w: &str| stem.split(['.', '_', '-']).any(|s| s == w);
        let found = if ["test", "tests", "spec", "fixtures", "fixture", "testdata", "__tests__", "mock", "mocks"].iter().any(|w| word(w)) || stem == "__tests__"
        {
            FileRole::Test
        } else if ["example", "examples", "sample", "samples", "demo", "template"].iter().any(|w| word(w)) {
            FileRole::Example
        } else if ["doc", "docs", "vendor", "node_modules", "third_party"].iter().any(|w| word(w))
            || stem == "third_party"
            || stem.ends_with(".md")
            || stem.ends_with(".rst")
        {
            FileRole::Doc
        } else {
            FileRole::Normal
        };
        role = role.max(found);
    }
    role
}
