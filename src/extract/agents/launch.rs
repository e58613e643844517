//! How a server is started or reached: its product, how firmly that is pinned, and what a container lets out.

use crate::document::{Document, Node};

/// Keys that hold the address of a remote server.
pub(super) const ADDRESSES: &[&str] = &["url", "httpUrl", "serverUrl", "uri", "sseUrl"];

/// Flags of container programs that take a value.
const VALUED: &[&str] = &[
    "-e",
    "--env",
    "-v",
    "--volume",
    "--network",
    "--net",
    "--name",
    "-p",
    "--publish",
    "--mount",
    "-w",
    "--workdir",
    "--env-file",
    "-u",
    "--user",
    "--entrypoint",
    "--platform",
    "--pull",
];

/// What a server's entry says of its start.
pub(super) struct Launch<'a> {
    /// `mcp:npm/@scope/pkg`, `mcp:url/host/path`, …
    pub product: String,
    /// `digest`, `version`, `floating`, `local` or `remote`.
    pub pin: &'static str,
    pub transport: &'static str,
    /// Arguments, with the node of each.
    pub arguments: Vec<(&'a str, &'a Node)>,
    /// The address, when it is remote.
    pub url: Option<&'a str>,
    /// Variables that a container is handed: the name, its value when one is given, and where.
    pub handed: Vec<(&'a str, Option<&'a str>, &'a Node)>,
    /// What lets a container, or a runtime, out of its box.
    pub escape: Vec<String>,
}

/// Reads an entry.
pub(super) fn read<'a>(document: &Document, body: &'a Node) -> Launch<'a> {
    let url = ADDRESSES.iter().find_map(|k| body.get_str(k));
    let command = body.get("command").or_else(|| body.get("cmd"));
    let program = command.and_then(|c| c.str().or_else(|| c.get_str("path")).or_else(|| c.items().first().and_then(Node::str))).unwrap_or_default();
    let inner = command.filter(|c| c.is_map()).and_then(|c| c.get("args"));
    let listed = command.map(Node::items).unwrap_or_default().iter().skip(1);
    let arguments: Vec<(&str, &Node)> =
        listed.chain(body.get("args").or(inner).into_iter().flat_map(Node::items)).filter_map(|n| Some((n.str()?, n))).collect();
    let mut launch = Launch { product: String::new(), pin: "local", transport: "stdio", arguments, url, handed: Vec::new(), escape: Vec::new() };
    if let Some(url) = url {
        let sse = body.get_str("type").or_else(|| body.get_str("transport")) == Some("sse") || url.trim_end_matches('/').ends_with("/sse");
        (launch.product, launch.pin, launch.transport) = (format!("mcp:url/{}", address(url)), "remote", if sse { "sse" } else { "http" });
        return launch;
    }
    let (program, rest) = unwrapped(program, &launch.arguments);
    let words: Vec<&str> = rest.iter().map(|(a, _)| *a).collect();
    // A bridge to a remote server is that server.
    let bridged = words.iter().any(|a| a.contains("mcp-remote") || a.contains("supergateway") || a.contains("mcp-proxy"));
    if let Some(url) = words.iter().copied().find(|a| a.starts_with("https://") || a.starts_with("http://")).filter(|_| bridged) {
        launch.url = Some(url);
        (launch.product, launch.pin, launch.transport) = (format!("mcp:url/{}", address(url)), "remote", "http");
        return launch;
    }
    let package = words.iter().copied().find(|a| !a.starts_with('-') && !matches!(*a, "dlx" | "run" | "tool" | "exec" | "x")).unwrap_or_default();
    let from = words.iter().position(|a| matches!(*a, "--from" | "--with" | "-p" | "--package")).and_then(|i| words.get(i + 1).copied());
    let base = program.rsplit(['/', '\\']).next().unwrap_or(program).trim_end_matches(".exe").trim_end_matches(".cmd");
    match base {
        "npx" | "bunx" | "pnpm" | "yarn" | "pnpx" | "bun" if !is_script(package) => {
            let package = from.filter(|_| base == "npx").unwrap_or(package);
            let (name, version) = package.rfind('@').filter(|i| *i > 0).map_or((package, ""), |at| (&package[..at], &package[at + 1..]));
            (launch.product, launch.pin) = (format!("mcp:npm/{name}"), pinned(version));
        }
        "uvx" | "pipx" | "uv" if !is_script(package) => {
            let package = from.unwrap_or(package);
            let (name, version) = package.split_once("==").or_else(|| package.split_once('@')).unwrap_or((package, ""));
            // A source of its own is pinned by its revision, which is none of a registry's.
            let pin = if name.starts_with("git+") { if version.len() >= 40 { "digest" } else { "floating" } } else { pinned(version) };
            (launch.product, launch.pin) = (format!("mcp:pypi/{}", name.split('[').next().unwrap_or(name)), pin);
        }
        "python" | "python3" if words.first() == Some(&"-m") => {
            (launch.product, launch.pin) = (format!("mcp:pypi/{}", words.get(1).copied().unwrap_or_default()), "floating");
        }
        "go" if words.first() == Some(&"run") && package.contains('.') && !package.starts_with('.') => {
            let (name, version) = package.split_once('@').unwrap_or((package, ""));
            (launch.product, launch.pin) = (format!("mcp:go/{name}"), pinned(version.trim_start_matches('v')));
        }
        "docker" | "podman" | "nerdctl" => container(&rest, &mut launch),
        _ => {
            let script = words.iter().copied().find(|a| is_script(a)).unwrap_or(if package.is_empty() || package.contains("://") { program } else { package });
            if words.iter().any(|a| matches!(*a, "-A" | "--allow-all")) && base == "deno" {
                launch.escape.push("--allow-all".into());
            }
            // The workspace is the repository.
            let script = ["${workspaceFolder}/", "${CLAUDE_PROJECT_DIR}/", "./"].iter().find_map(|p| script.strip_prefix(p)).unwrap_or(script);
            launch.product = format!("mcp:cmd/{}//{script}", document.repository_body());
        }
    }
    launch
}

/// `cmd /c npx …` and `env A=b npx …` start what stands behind them.
fn unwrapped<'a>(program: &'a str, arguments: &[(&'a str, &'a Node)]) -> (&'a str, Vec<(&'a str, &'a Node)>) {
    let skip = match program.trim_end_matches(".exe") {
        "cmd" => arguments.iter().take_while(|(a, _)| a.eq_ignore_ascii_case("/c")).count(),
        "env" => arguments.iter().take_while(|(a, _)| a.contains('=') || a.starts_with('-')).count(),
        "mise" | "rtx" if arguments.iter().any(|(a, _)| *a == "--") => arguments.iter().take_while(|(a, _)| *a != "--").count() + 1,
        _ => return (program, arguments.to_vec()),
    };
    match arguments.get(skip) {
        Some((program, _)) => (program, arguments[skip + 1..].to_vec()),
        None => (program, arguments.to_vec()),
    }
}

fn is_script(argument: &str) -> bool {
    [".py", ".js", ".mjs", ".cjs", ".ts", ".rb", ".sh", ".jar"].iter().any(|e| argument.ends_with(e))
}

fn pinned(version: &str) -> &'static str {
    if version.starts_with(|c: char| c.is_ascii_digit()) { "version" } else { "floating" }
}

/// Host and path of an address; what a query holds may be a secret.
fn address(url: &str) -> &str {
    let rest = url.split("://").nth(1).unwrap_or(url);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let host = rest.split('/').next().unwrap_or_default();
    rest[host.rfind('@').map_or(0, |i| i + 1)..].trim_end_matches('/')
}

fn container<'a>(arguments: &[(&'a str, &'a Node)], launch: &mut Launch<'a>) {
    let mut image = "";
    let mut words = arguments.iter().skip_while(|(a, _)| *a != "run").skip(1);
    while let Some((argument, node)) = words.next() {
        if !argument.starts_with('-') {
            image = argument;
            break;
        }
        let (flag, value) = match argument.split_once('=').filter(|_| argument.starts_with("--")) {
            Some((flag, value)) => (flag, Some((value, *node))),
            None if VALUED.contains(argument) => (*argument, words.next().map(|(v, n)| (*v, *n))),
            None => (*argument, None),
        };
        match (flag, value) {
            ("-e" | "--env", Some((value, node))) => {
                let (name, given) = value.split_once('=').map_or((value, None), |(n, v)| (n, Some(v)));
                launch.handed.push((name, given, node));
            }
            ("-v" | "--volume" | "--mount", Some((value, _))) => {
                let source = value
                    .split(',')
                    .find_map(|p| p.strip_prefix("source=").or_else(|| p.strip_prefix("src=")))
                    .unwrap_or_else(|| value.split(':').next().unwrap_or(value));
                if source == "/" || source.contains("docker.sock") || source == "~" || source.ends_with("HOME}") || source.ends_with("$HOME") {
                    launch.escape.push(format!("mounts {source}"));
                }
            }
            ("--network" | "--net", Some(("host", _))) => launch.escape.push("host network".into()),
            ("--privileged", _) => launch.escape.push("privileged".into()),
            _ => {}
        }
    }
    launch.pin = if image.contains("@sha256:") {
        "digest"
    } else if image.rsplit('/').next().is_some_and(|l| l.contains(':') && !l.ends_with(":latest")) {
        "version"
    } else {
        "floating"
    };
    let name = image.split('@').next().unwrap_or(image);
    let tag = name.rfind(':').filter(|i| !name[*i..].contains('/'));
    launch.product = format!("mcp:oci/{}", &name[..tag.unwrap_or(name.len())]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::parse_json_inside;

    #[test]
    fn products_and_pins() {
        let document = Document::new("repo:github.com/acme/web".into(), ".mcp.json", Vec::new(), None);
        for (entry, product, pin) in [
            (r#"{"command": "npx", "args": ["-y", "@acme/pg-mcp@1.2.3"]}"#, "mcp:npm/@acme/pg-mcp", "version"),
            (r#"{"command": "cmd", "args": ["/c", "npx", "-y", "a@latest"]}"#, "mcp:npm/a", "floating"),
            (r#"{"command": "uvx", "args": ["--from", "git+https://x.example.org/y", "y"]}"#, "mcp:pypi/git+https://x.example.org/y", "floating"),
            (r#"{"command": "uv", "args": ["run", "--directory", "x", "server.py"]}"#, "mcp:cmd/github.com/acme/web//server.py", "local"),
            (r#"{"command": "python", "args": ["-m", "srv"]}"#, "mcp:pypi/srv", "floating"),
            (r#"{"command": "docker", "args": ["run", "-i", "--rm", "-e", "T", "ghcr.io/x/y:1.0"]}"#, "mcp:oci/ghcr.io/x/y", "version"),
            (r#"{"command": "node", "args": ["${workspaceFolder}/s.js"]}"#, "mcp:cmd/github.com/acme/web//s.js", "local"),
            (r#"{"command": "npx", "args": ["mcp-remote", "https://h.example.org/mcp?k=1"]}"#, "mcp:url/h.example.org/mcp", "remote"),
            (r#"{"url": "https://u:p@h.example.org/sse/"}"#, "mcp:url/h.example.org/sse", "remote"),
            (r#"{"command": ["bun", "x", "srv"]}"#, "mcp:npm/srv", "floating"),
            (r#"{"command": {"path": "npx", "args": ["srv@2"]}}"#, "mcp:npm/srv", "version"),
        ] {
            let body = parse_json_inside(entry, 1).expect("JSON");
            let launch = read(&document, &body);
            assert_eq!((launch.product.as_str(), launch.pin), (product, pin), "{entry}");
        }
    }

    #[test]
    fn a_container_says_what_it_is_handed_and_what_lets_it_out() {
        let document = Document::new("repo:r".into(), ".mcp.json", Vec::new(), None);
        let text = r#"{"command": "docker", "args": ["run", "--rm", "-e", "A", "--env=B=1", "-v", "/:/host", "--network", "host", "--privileged", "x/y"]}"#;
        let body = parse_json_inside(text, 1).expect("JSON");
        let launch = read(&document, &body);
        assert_eq!(launch.handed.iter().map(|(n, v, _)| (*n, *v)).collect::<Vec<_>>(), [("A", None), ("B", Some("1"))]);
        assert_eq!(launch.escape, ["mounts /", "host network", "privileged"]);
    }
}
