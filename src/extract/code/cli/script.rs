//! What the variables of a shell script stand for, as far as it says so itself.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::extract::code::inside::inside;
use crate::extract::commands::words;
use crate::model::Key;

/// Variables beyond which a script is a table.
const MAX_NAMES: usize = 500;
/// Values of one word at most: a list that a loop goes through.
const MAX_VALUES: usize = 32;
/// How far a variable may stand for another.
const MAX_DEPTH: usize = 6;
/// Bytes of a value at most, and of each when there are several.
const MAX_LENGTH: usize = 16 << 10;
const MAX_EACH: usize = 512;
/// Variables that are looked up in one script at most, so that lists of lists end.
const MAX_STEPS: u32 = 20_000;
/// Texts behind `<<EOF` that are kept for a variable.
const MAX_TEXTS: usize = 50;
/// Lines of a list or of a text in quotes at most.
const MAX_LINES: usize = 200;

/// The script's variables: constants, lists, and what commands gave.
pub(super) struct Script {
    values: BTreeMap<String, Vec<String>>,
    captured: BTreeMap<String, Key>,
    /// The project that `gcloud config set project` chose.
    pub project: Option<String>,
    steps: Cell<u32>,
}

impl Script {
    /// Reads the assignments of a script. One that is made twice may be either; what a command prints, or a caller hands in, is not known.
    pub(super) fn of(text: &str) -> Self {
        let mut script = Script { values: BTreeMap::new(), captured: BTreeMap::new(), project: None, steps: Cell::new(0) };
        let lines: Vec<&str> = text.lines().collect();
        let mut texts = 0;
        for (number, line) in lines.iter().enumerate() {
            let line = line.trim_start();
            if let Some((name, list)) = looped(line) {
                script.assign(name, words(list));
            } else if let Some((name, value)) = assigned(line) {
                let values = if value.contains("$(") && value.contains("<<") && texts < MAX_TEXTS {
                    texts += 1;
                    inside(text, number as u32).map(|(t, _)| vec![t]).unwrap_or_default()
                } else if let Some(list) = value.strip_prefix('(') {
                    listed(list, &lines[number + 1..])
                } else if value.contains("$(") || value.contains('`') {
                    Vec::new()
                } else {
                    vec![quoted(value, &lines[number + 1..])]
                };
                script.assign(name, values);
            } else if let Some(project) = line.strip_prefix("gcloud config set project ").and_then(|p| words(p).into_iter().next()) {
                script.project = script.one(&project);
            }
        }
        script
    }

    fn assign(&mut self, name: &str, values: Vec<String>) {
        if self.values.len() >= MAX_NAMES && !self.values.contains_key(name) {
            return;
        }
        let known = self.values.entry(name.to_owned()).or_default();
        for value in values.into_iter().filter(|v| !v.is_empty() && v.len() <= MAX_LENGTH) {
            // A value made of itself, or of what a caller hands in, says nothing new.
            let own = value.contains(&format!("${name}")) || value.contains(&format!("${{{name}")) && !value.contains(":-");
            // What a caller may hand in instead leaves the default as it is.
            let handed = value.trim_start_matches(['$', '{']).starts_with(|c: char| c.is_ascii_digit()) && value.starts_with('$') && !value.contains(":-");
            if !own && !handed && !known.contains(&value) && known.len() < MAX_VALUES {
                known.push(value);
            }
        }
    }

    /// A variable holds what a command printed of that identity.
    pub(super) fn capture(&mut self, name: &str, what: Key) {
        self.captured.insert(name.to_owned(), what);
    }

    /// What a word names that stands for what a command gave: `"$ROLE_ARN"`.
    pub(super) fn given(&self, word: &str) -> Option<&Key> {
        let name = word.trim_matches('"').strip_prefix('$')?;
        self.captured.get(name.strip_prefix('{').and_then(|n| n.strip_suffix('}')).unwrap_or(name))
    }

    /// Everything that a word may stand for; variables that are not known stay as `${NAME}`.
    pub(super) fn readings(&self, word: &str) -> Vec<String> {
        self.expand(word, 0)
    }

    /// What a word stands for, if it is one thing and known as a whole.
    pub(super) fn one(&self, word: &str) -> Option<String> {
        let mut readings = self.readings(word);
        (readings.len() == 1).then(|| readings.remove(0)).filter(|r| plain(r))
    }

    /// What a text stands for when each variable is one thing or not known.
    pub(super) fn text(&self, text: &str) -> String {
        let mut readings = self.readings(text);
        if readings.len() == 1 { readings.remove(0) } else { text.to_owned() }
    }

    fn expand(&self, word: &str, depth: usize) -> Vec<String> {
        let mut out = vec![String::new()];
        let mut rest = word;
        while let Some(at) = rest.find('$') {
            out.iter_mut().for_each(|o| o.push_str(&rest[..at]));
            let (name, default, after) = variable(&rest[at + 1..]);
            rest = after;
            let deeper = depth < MAX_DEPTH && self.steps.get() < MAX_STEPS;
            self.steps.set(self.steps.get() + 1);
            let known = self.values.get(name).filter(|v| !v.is_empty() && deeper);
            let values: Vec<String> = match (known, default) {
                (Some(values), _) => values.iter().flat_map(|v| self.expand(v, depth + 1)).collect(),
                (None, Some(default)) if !default.is_empty() && deeper => self.expand(default, depth + 1),
                _ => vec![format!("${{{name}}}")],
            };
            let longest = if out.len() * values.len() > 1 { MAX_EACH } else { MAX_LENGTH };
            out = out.iter().flat_map(|o| values.iter().map(move |v| format!("{o}{v}"))).filter(|o| o.len() <= longest).take(MAX_VALUES).collect();
            if out.is_empty() {
                break;
            }
        }
        out.iter_mut().for_each(|o| o.push_str(rest));
        out
    }
}

/// Whether a text stands for itself.
pub(super) fn plain(text: &str) -> bool {
    !text.is_empty() && text.len() <= 512 && !text.contains(['$', '<', '>', '*', '`', '"', '\'', '\n'])
}

/// Unknown parts of an id belong to the repository.
pub(super) fn partial(text: &str, repository: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, inner)) = rest.split_once("${") {
        out.push_str(before);
        out.push_str(&format!("{{{repository}}}"));
        rest = inner.split_once('}').map_or("", |(_, after)| after);
    }
    out + rest
}

/// The name behind a `$`, its default, and what follows.
fn variable(text: &str) -> (&str, Option<&str>, &str) {
    if let Some(inner) = text.strip_prefix('{') {
        let mut depth = 1;
        let end = inner
            .char_indices()
            .find(|(_, c)| {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                depth == 0
            })
            .map_or(inner.len(), |(i, _)| i);
        let (inside, after) = (&inner[..end], inner.get(end + 1..).unwrap_or_default());
        let (name, behind) = inside.split_at(inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inside.len()));
        let default = behind.strip_prefix(":-").or_else(|| behind.strip_prefix(":=")).or_else(|| behind.strip_prefix('-'));
        // What is cut from a value is another value.
        let name = if behind.is_empty() || default.is_some() || behind.starts_with("[@]") || behind.starts_with("[*]") || behind.starts_with(":?") {
            name
        } else {
            inside
        };
        return (name, default, after);
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    (&text[..end], None, &text[end..])
}

/// `for NAME in LIST; do`.
fn looped(line: &str) -> Option<(&str, &str)> {
    let (name, list) = line.strip_prefix("for ")?.split_once(" in ")?;
    Some((name.trim(), list))
}

/// `NAME=VALUE`, exported or local.
fn assigned(line: &str) -> Option<(&str, &str)> {
    let mut line = line;
    while let Some(rest) = ["export ", "local ", "readonly ", "declare ", "typeset ", "-r ", "-x ", "-g ", "-a "].iter().find_map(|w| line.strip_prefix(w)) {
        line = rest.trim_start();
    }
    // `: "${NAME:=value}"` sets what nobody has set.
    if let Some(rest) = line.strip_prefix(": ") {
        let (name, value) = rest.trim_matches(['"', ' ']).strip_prefix("${")?.split_once(":=")?;
        return Some((name, value.strip_suffix('}').unwrap_or(value)));
    }
    let (name, value) = line.split_once('=')?;
    (!name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit()))
        .then_some((name, value))
}

/// The entries of a list in parentheses.
fn listed(first: &str, below: &[&str]) -> Vec<String> {
    let mut out = Vec::new();
    for line in std::iter::once(&first).chain(below).take(MAX_LINES) {
        let line = line.trim();
        if line.starts_with('#') {
            continue;
        }
        out.extend(words(line.split(" #").next().unwrap_or(line)));
        if line.ends_with(')') {
            break;
        }
    }
    out
}

/// A value up to the end of its quotes, which may stand on a line below.
fn quoted(value: &str, below: &[&str]) -> String {
    let open = value.chars().next().filter(|q| matches!(q, '\'' | '"') && value.matches(*q).count() == 1);
    match open {
        Some(quote) => {
            let mut out = value[1..].to_owned();
            for line in below.iter().take(MAX_LINES) {
                out.push('\n');
                match line.split_once(quote) {
                    Some((last, _)) => {
                        out.push_str(last);
                        break;
                    }
                    None => out.push_str(line),
                }
            }
            out
        }
        None => words(value).into_iter().next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_stand_for_what_the_script_gives_them() {
        let script = Script::of(
            "NAME=deploy\nexport PROJECT=\"${1:-shop}\"\nEMAIL=\"${NAME}@${PROJECT}.example\"\nID=$(whoami)\nENV=dev\nENV=prod\nNAME=\"$2\"\nROLES=(\n  \"roles/a\" # one\n  roles/b\n)\n\
             for role in \"${ROLES[@]}\"; do\nSELF=$SELF:x\n: \"${REGION:=eu}\"\nPOLICY='{\n  \"a\": 1\n}'\nTEXT=$(cat <<EOF\n{\"b\": \"$NAME\"}\nEOF\n)\n",
        );
        assert_eq!(script.one("$EMAIL").as_deref(), Some("deploy@shop.example"));
        assert_eq!(script.readings("x-$ENV"), ["x-dev", "x-prod"]);
        assert_eq!(script.readings("$role"), ["roles/a", "roles/b"]);
        assert_eq!((script.one("$ID"), script.one("$ENV"), script.one("$SELF")), (None, None, None));
        assert_eq!(script.one("${REGION}-1").as_deref(), Some("eu-1"));
        assert_eq!(script.text("$POLICY"), "{\n  \"a\": 1\n}");
        assert_eq!(script.text("$TEXT"), "{\"b\": \"deploy\"}");
        assert_eq!(partial(&script.text("p/$ID/${NAME%%x}"), "r"), "p/{r}/{r}");
    }

    #[test]
    fn circles_and_lists_of_lists_end() {
        let script = Script::of("A=$B\nB=$A\nfor x in a b c d e f g h; do\nfor y in $x$x$x$x$x; do\n");
        assert!(script.one("$A").is_none());
        assert!(script.readings("$y").len() <= 32);
        // Each variable names the next one a thousand times.
        let deep: String = (0..6).map(|i| format!("V{i}=\"{}\"\n", format!("$V{} ", i + 1).repeat(1000))).collect();
        let script = Script::of(&deep);
        script.readings("$V0");
        assert!(script.steps.get() <= MAX_STEPS + 6_000);
    }
}
