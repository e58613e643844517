//! What a file is to who looks for values in it: how it writes them, and whether people wrote it.

use super::assignment::Style;

/// Lines longer than this, in bytes, are made by programs.
const LONG_LINE: usize = 20_000;

/// What the file is, told once.
pub(super) struct Place {
    pub(super) style: Style,
    /// Lock files, minified and generated files: only vendor formats count there.
    pub(super) silent: bool,
}

impl Place {
    pub(super) fn new(path: &str, text: &[u8]) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        let extension = name.rsplit_once('.').map_or("", |(_, e)| e);
        let style = match extension {
            "env" | "envrc" | "properties" | "ini" | "cfg" | "conf" | "cnf" | "yml" | "yaml" | "sh" | "bash" | "zsh" | "tfvars" | "npmrc" | "pypirc"
            | "netrc" | "toml" | "config" | "credentials" | "pgpass" | "service" | "ps1" | "bat" | "cmd" | "rc" | "dockerfile" | "j2" | "tmpl" | "tpl"
            | "example" | "sample" | "template" | "dist" | "local" | "prod" | "dev" | "htpasswd" => Style::Config,
            "md" | "rst" | "txt" | "log" | "adoc" | "html" | "htm" | "csv" | "xml" | "" | "pem" | "sql" => Style::Text,
            "markdown" | "tex" => Style::Text,
            _ => Style::Source,
        };
        let style = if name.starts_with(".env") || name.starts_with("dockerfile") || name.starts_with("makefile") || name == "credentials" || name == ".netrc" {
            Style::Config
        } else {
            style
        };
        let lock = name.ends_with(".lock")
            || name.ends_with("-lock.json")
            || name.ends_with("-lock.yaml")
            || name == "go.sum"
            || name.ends_with(".min.js")
            || name.ends_with(".min.css")
            || name.ends_with(".map")
            || name.ends_with(".svg")
            || name.ends_with(".css");
        Place { style, silent: lock || has_long_line(text) }
    }
}

/// Whether a line near the start is longer than people write. Looks only for the last line end of each stretch that may hold none.
fn has_long_line(text: &[u8]) -> bool {
    let text = &text[..text.len().min(64 * 1024)];
    let mut start = 0;
    while text.len() - start > LONG_LINE {
        match memchr::memrchr(b'\n', &text[start..start + LONG_LINE]) {
            Some(end) => start += end + 1,
            None => return true,
        }
    }
    false
}
