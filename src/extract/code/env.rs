//! Reads of environment variables, as each language writes them.

use std::collections::BTreeSet;

use super::language::Language;
use super::source::Source;

/// One read.
#[derive(Clone, Debug)]
pub(in crate::extract) struct EnvRead {
    pub name: String,
    /// Index of the first token of the expression.
    pub first: usize,
    /// Index of the token that names the variable.
    pub at: usize,
}

/// Calls whose first argument names a variable.
const CALLS: &[(Language, &[&str])] = &[
    (Language::Python, &["os.getenv", "os.environ.get", "environ.get", "getenv", "os.environ.setdefault", "os.environ.pop"]),
    (Language::JavaScript, &["Deno.env.get", "process.env.hasOwnProperty"]),
    (Language::Go, &["os.Getenv", "os.LookupEnv", "viper.BindEnv", "env.Get", "syscall.Getenv"]),
    (Language::Java, &["System.getenv", "getenv", "System.getenv().get", "sys.env.get", "sys.env", "sys.env.getOrElse", "dotenv.get"]),
    (Language::CSharp, &["Environment.GetEnvironmentVariable", "GetEnvironmentVariable"]),
    (Language::Ruby, &["ENV.fetch", "ENV.key", "System.get_env", "System.fetch_env!", "System.fetch_env", "ENV.dig"]),
    (Language::Php, &["getenv", "env", "Env.get"]),
    (Language::Rust, &["env.var", "env.var_os", "std.env.var", "std.env.var_os", "env", "option_env", "dotenvy.var", "dotenv.var"]),
];

/// Tables of variables that are indexed.
const TABLES: &[(Language, &[&str])] = &[
    (Language::Python, &["environ"]),
    (Language::JavaScript, &["env"]),
    (Language::Java, &["env"]),
    (Language::CSharp, &["Configuration", "_configuration", "configuration", "_config", "config"]),
    (Language::Ruby, &["ENV"]),
    (Language::Php, &["$_ENV", "$_SERVER"]),
];

/// Every read of the file, by the place of its expression.
pub(super) fn reads(source: &Source<'_>) -> Vec<EnvRead> {
    let mut out = Vec::new();
    let mut given: BTreeSet<String> = BTreeSet::new();
    let calls = &source.calls;
    let known = CALLS.iter().find(|(l, _)| *l == source.language).map_or(&[][..], |(_, c)| c);
    let django = source.language == Language::Python && (source.text.contains("environ.Env(") || source.text.contains("from decouple"));
    for call in calls {
        let named = known.iter().any(|k| call.path == *k || (k.contains('.') && call.ends(k)));
        let wrapped = django && (call.path == "config" || call.path == "env" || call.path.starts_with("env."));
        if !named && !wrapped {
            continue;
        }
        match source.split(call.arguments.clone()).first() {
            Some(first) if first.len() == 1 => match source.literal(first.start) {
                Some(name) => push(&mut out, name, call.first, first.start),
                // A function around the read: its callers name the variable.
                None => given.extend(source.word(first.start).and_then(|p| around(source, call.first, p))),
            },
            Some(first) if first.len() <= 3 && call.name() == "BindEnv" => {
                if let Some(name) = source.literal(first.start) {
                    push(&mut out, name, call.first, first.start);
                }
            }
            _ => {}
        }
    }
    inputs(source, &mut out);
    tables(source, &mut out, &mut given);
    attributes(source, &mut out);
    for call in calls.iter().filter(|c| given.contains(c.name())) {
        if let Some(at) = call.arguments.clone().find(|i| source.literal(*i).is_some_and(is_name)) {
            push(&mut out, source.literal(at).unwrap_or_default(), call.first, at);
        }
    }
    out.sort_by_key(|e| (e.first, e.at));
    out.dedup_by_key(|e| e.at);
    out
}

/// `core.getInput("api-key")` of an action is the variable `INPUT_API_KEY`.
fn inputs(source: &Source<'_>, out: &mut Vec<EnvRead>) {
    if source.language != Language::JavaScript || !source.text.contains("@actions/core") {
        return;
    }
    for call in source.calls.iter().filter(|c| matches!(c.name(), "getInput" | "getMultilineInput")) {
        let first = source.split(call.arguments.clone()).first().filter(|f| f.len() == 1).map(|f| f.start);
        if let Some((at, name)) = first.and_then(|at| Some((at, source.literal(at)?))) {
            push(out, &format!("INPUT_{}", name.to_ascii_uppercase().replace(['-', ' '], "_")), call.first, at);
        }
    }
}

/// Whether a text looks like the name of a variable.
pub(super) fn is_name(text: &str) -> bool {
    text.len() >= 2
        && text.len() <= 128
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

fn push(out: &mut Vec<EnvRead>, name: &str, first: usize, at: usize) {
    let plain = !name.is_empty() && name.len() <= 128 && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | ':'));
    if plain {
        // `A:B` of .NET is the variable `A__B`; a property of Spring is the variable in capitals.
        let name = if name.contains(':') {
            name.replace(':', "__")
        } else if name.contains('.') {
            name.replace(['.', '-'], "_").to_ascii_uppercase()
        } else {
            name.to_owned()
        };
        out.push(EnvRead { name, first, at });
    }
}

/// The function in which a read by a parameter stands.
fn around(source: &Source<'_>, from: usize, parameter: &str) -> Option<String> {
    (from.saturating_sub(400)..from).rev().find_map(|i| {
        if !source.is(i, "(") {
            return None;
        }
        let close = source.partner(i);
        if close <= i || close > from || !(i + 1..close).any(|j| source.word(j) == Some(parameter)) {
            return None;
        }
        let name = i.checked_sub(1)?;
        let before = name.checked_sub(1)?;
        match source.word(name) {
            // `const read = (name) => …` and `func (s *S) read(name string)`.
            _ if source.is(name, "=") => source.word(before).map(str::to_owned),
            Some("function" | "async") => None,
            Some(word) => {
                let header =
                    matches!(source.word(before), Some("def" | "function" | "func" | "fn" | "fun" | "String" | "string" | "static" | "public" | "private"))
                        || source.is(before, ")");
                header.then(|| word.to_owned())
            }
            None => None,
        }
    })
}

/// `os.environ["X"]`, `process.env.X`, `import.meta.env.X`, `const { A, B } = process.env`.
fn tables(source: &Source<'_>, out: &mut Vec<EnvRead>, given: &mut BTreeSet<String>) {
    let Some((_, names)) = TABLES.iter().find(|(l, _)| *l == source.language) else { return };
    for i in 0..source.tokens.len() {
        if !source.word(i).is_some_and(|w| names.contains(&w)) {
            continue;
        }
        let mut first = i;
        if source.language == Language::JavaScript {
            let owner = i.checked_sub(2).filter(|_| source.is(i - 1, ".")).and_then(|o| source.word(o));
            match owner {
                Some("process" | "meta" | "Bun") => first = i - 2,
                // What a Worker is handed.
                None if source.is(i + 1, ".") && source.text.contains("ExecutionContext") => {}
                _ => continue,
            }
            if source.is(i + 1, ".") {
                // What is assigned to is not read.
                let written = source.is(i + 3, "=") && !source.is(i + 4, "=") || first > 0 && source.word(first - 1) == Some("delete");
                if let Some(name) = source.word(i + 2).filter(|n| is_name(n) && !written) {
                    push(out, name, first, i + 2);
                }
                continue;
            }
            destructured(source, first, out);
        }
        let open = if source.is(i + 1, "?") && source.is(i + 2, ".") { i + 3 } else { i + 1 };
        let written = source.is(open + 3, "=") && !source.is(open + 4, "=");
        if source.is(open, "[") && source.partner(open) == open + 2 && !written {
            match source.literal(open + 1) {
                // An index of configuration that is no section is anything.
                Some(name) if source.language != Language::CSharp || name.contains(':') || is_name(name) => push(out, name, first, open + 1),
                Some(_) => {}
                None => given.extend(source.word(open + 1).and_then(|p| around(source, first, p))),
            }
        }
    }
}

/// The names before `= process.env`.
fn destructured(source: &Source<'_>, first: usize, out: &mut Vec<EnvRead>) {
    let Some(close) = first.checked_sub(2).filter(|c| source.is(first - 1, "=") && source.is(*c, "}")) else { return };
    for i in source.partner(close) + 1..close {
        if let Some(name) = source.word(i).filter(|n| is_name(n)) {
            push(out, name, i, i);
        }
    }
}

/// What declarations name: tags of Go, attributes of Rust, annotations of Java.
fn attributes(source: &Source<'_>, out: &mut Vec<EnvRead>) {
    for (i, token) in source.tokens.iter().enumerate() {
        match source.language {
            Language::Go if token.is_text() => {
                for tag in ["env:\"", "envconfig:\""] {
                    if let Some(name) = token.text.split_once(tag).and_then(|(_, r)| r.split(['"', ',']).next()).filter(|n| is_name(n)) {
                        push(out, name, i, i);
                    }
                }
            }
            Language::Rust if token.text == "env" && source.is(i + 1, "=") => {
                if let Some(name) = source.literal(i + 2).filter(|n| is_name(n)) {
                    push(out, name, i, i + 2);
                }
            }
            Language::Java if token.text == "Value" && i > 0 && source.is(i - 1, "@") && source.is(i + 1, "(") => {
                // The text has a hole, so its name is inside.
                let inside = source.tokens.get(i + 2).filter(|t| t.is_text()).map_or("", |t| t.text);
                if let Some(name) = inside.split_once("${").and_then(|(_, r)| r.split(['}', ':']).next()) {
                    push(out, name.trim(), i + 2, i + 2);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    #[test]
    fn each_language_reads_its_environment() {
        for (path, text, expected) in [
            ("a.py", "os.getenv('A_A'); os.environ[\"B_B\"]; environ.get('C_C', 1); # os.getenv('NO')", "A_A B_B C_C"),
            ("a.ts", "process.env.A_A; process.env['B_B']; import.meta.env.VITE_C; const { D_D, E: f } = process.env; other.env.NO", "A_A B_B VITE_C D_D"),
            ("a.ts", "import * as core from '@actions/core'; core.getInput('api-key', { required: true }); form.getInput(name)", "INPUT_API_KEY"),
            ("a.go", "os.Getenv(\"A_A\")\ntype C struct { P string `env:\"B_B,required\"` }\nviper.BindEnv(\"x\")", "A_A B_B x"),
            ("A.java", "System.getenv(\"A_A\"); @Value(\"${db.password:none}\") String p;", "A_A DB_PASSWORD"),
            ("a.cs", "Environment.GetEnvironmentVariable(\"A_A\"); builder.Configuration[\"Db:Password\"]; config[\"x\"]", "A_A Db__Password"),
            ("a.rb", "ENV['A_A']; ENV.fetch(\"B_B\") { 1 }", "A_A B_B"),
            ("a.php", "getenv('A_A'); $_ENV['B_B']; env('C_C', null);", "A_A B_B C_C"),
            ("a.rs", "std::env::var(\"A_A\")?; env!(\"B_B\"); #[arg(long, env = \"C_C\")] x: u8", "A_A B_B C_C"),
            ("a.go", "func must(t *string, key string) { v := os.Getenv(key) }\nmust(&svc.addr, \"CART_ADDR\")", "CART_ADDR"),
            ("a.ts", "const get = (name: string) => process.env[name]\nget('API_KEY')", "API_KEY"),
            ("a.kt", "System.getenv(\"A_A\") ?: error(\"x\")", "A_A"),
        ] {
            let document = Document::new("repo:r".into(), path, Vec::new(), None);
            let source = Source::read(&document, Language::of(path).expect("known"), text);
            let names: Vec<&str> = source.env.iter().map(|e| e.name.as_str()).collect();
            assert_eq!(names.join(" "), expected, "{text}");
        }
    }
}
