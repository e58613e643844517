//! Go templates as charts use them: evaluated with values, where every part of the result knows where it was stated.

mod eval;
mod functions;
mod syntax;
mod text;
mod tokens;
mod value;

use super::tree::{Map, Node, Value};
use super::yaml;
use eval::{CLOSE, OPEN};

pub use eval::{Engine, Template};
pub use functions::CLUSTER_VERSION;
pub use text::Text;
pub use value::Val;

/// The YAML documents of a shown text, each with the positions of what states its values; and the reasons why some are missing, with
/// the line of the template. An expression without a value stands in braces.
pub fn documents(shown: &Text, unknown: &[String]) -> (Vec<Node>, Vec<(u32, String)>) {
    let mut trees = Vec::new();
    let mut wrong = Vec::new();
    let mut from = 0;
    for part in parts(shown.as_str()) {
        let piece = shown.slice(from, from + part.len());
        from += part.len();
        if piece.as_str().trim().is_empty() {
            continue;
        }
        // A whole block that is not known leaves a line that may stand where no scalar can.
        let read = yaml::parse(piece.as_str()).or_else(|reason| yaml::parse(&without_open_lines(piece.as_str())).map_err(|_| reason));
        match read {
            Ok(read) => {
                let places = Places::of(&piece);
                trees.extend(read.into_iter().map(|mut tree| {
                    places.restore(&mut tree, unknown);
                    tree
                }));
            }
            Err(reason) => {
                let line = reason.rsplit(' ').next().and_then(|n| n.parse().ok()).unwrap_or(1);
                let place = piece.place(Places::of(&piece).offset(line, 1)).map_or(1, |(line, _)| line);
                wrong.push((place, "what the template makes of its values is not valid YAML".to_owned()));
            }
        }
    }
    (trees, wrong)
}

/// A stream, cut before each line that starts a document, so that a broken one loses no other.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("---") && offset > start {
            parts.push(&text[start..offset]);
            start = offset;
        }
        offset += line.len();
    }
    parts.push(&text[start..]);
    parts
}

fn without_open_lines(text: &str) -> String {
    let open = |line: &str| {
        let bare = line.trim();
        bare.starts_with(OPEN) && bare.ends_with(CLOSE) && !bare[OPEN.len_utf8()..].contains(OPEN)
    };
    text.split('\n').map(|line| if open(line) { "" } else { line }).collect::<Vec<_>>().join("\n")
}

/// From positions in a shown text to those in the files.
struct Places<'a> {
    text: &'a Text,
    lines: Vec<usize>,
}

impl<'a> Places<'a> {
    fn of(text: &'a Text) -> Self {
        let starts = text.as_str().bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1);
        Places { text, lines: std::iter::once(0).chain(starts).collect() }
    }

    fn offset(&self, line: u32, column: u32) -> usize {
        let start = self.lines.get(line.saturating_sub(1) as usize).copied().unwrap_or(self.text.as_str().len());
        let rest = &self.text.as_str()[start..];
        start + rest.char_indices().nth(column.saturating_sub(1) as usize).map_or(rest.len(), |(i, _)| i)
    }

    fn restore(&self, node: &mut Node, unknown: &[String]) {
        let offset = self.offset(node.line, node.column);
        let place = match &node.value {
            Value::Map(_) | Value::List(_) => self.text.place(offset),
            Value::Text(text) => self.text.place_of_scalar(offset, text.len() + 1),
            _ => self.text.place_of_scalar(offset, 1),
        };
        let end = self.lines.get(node.end_line as usize).map_or(self.text.as_str().len(), |next| next.saturating_sub(1));
        let (line, column) = place.unwrap_or((1, 1));
        (node.end_line, node.line, node.column) = (self.text.written_before(end).filter(|e| *e > line).unwrap_or(line), line, column);
        match &mut node.value {
            Value::Text(text) if text.contains(OPEN) => *text = named(text, unknown),
            Value::List(items) => items.iter_mut().for_each(|i| self.restore(i, unknown)),
            Value::Map(Map(entries)) => entries.iter_mut().for_each(|(k, v)| {
                self.restore(k, unknown);
                self.restore(v, unknown);
            }),
            _ => {}
        }
    }
}

/// Marks become the expressions that they stand for, in braces.
fn named(text: &str, unknown: &[String]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        out.push_str(before);
        let Some((index, after)) = after.split_once(CLOSE) else {
            rest = after;
            continue;
        };
        let expression = index.parse::<usize>().ok().and_then(|i| unknown.get(i)).map_or("?", String::as_str);
        out.push('{');
        out.extend(expression.chars().filter(|c| !matches!(c, '{' | '}')).take(60));
        out.push('}');
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(template: &str, values: &str) -> (Vec<Node>, Vec<String>) {
        let mut engine = Engine::default();
        let values = yaml::parse(values).expect("values");
        let root = Val::map([("Values".to_owned(), Val::of(&values[0], 1000)), ("Release".to_owned(), Val::map([("Name".to_owned(), Val::text("web"))]))]);
        let template = engine.read(template, 1).expect("a template");
        let text = engine.show(&template, &root);
        let (trees, wrong) = documents(&text, engine.unknown());
        assert!(wrong.is_empty(), "{wrong:?} in {}", text.as_str());
        (trees, engine.unknown().to_vec())
    }

    #[test]
    fn values_keep_their_place_through_functions() {
        let template = r#"{{- define "full" -}}
{{- printf "%s-%s" .Release.Name .Values.name | trunc 63 | trimSuffix "-" }}
{{- end }}
metadata:
  name: {{ include "full" . }}
  annotations:
    {{- toYaml .Values.annotations | nindent 4 }}
  secret: {{ .Values.secret | b64enc | quote }}
  {{- with .Values.extra }}
  extra: {{ .deep | default "none" }}
  {{- end }}
  list:
  {{- range $i, $e := .Values.items }}
  - {{ $i }}-{{ $e }}
  {{- end }}
"#;
        let (trees, _) = shown(template, "name: api\nannotations:\n  role: arn:x\nsecret: hidden\nextra: { deep: 0 }\nitems: [a, b]\n");
        let tree = &trees[0];
        assert_eq!(tree.path(&["metadata", "name"]).and_then(Node::str), Some("web-api"));
        let role = tree.path(&["metadata", "annotations", "role"]).expect("there");
        assert_eq!((role.str(), role.line, role.column), (Some("arn:x"), 1003, 9));
        let secret = tree.path(&["metadata", "secret"]).expect("there");
        assert_eq!((secret.str(), secret.line), (Some("aGlkZGVu"), 1004));
        assert_eq!(tree.path(&["metadata", "extra"]).and_then(Node::str), Some("none"));
        assert_eq!(tree.path(&["metadata", "list", "1"]).and_then(Node::str), Some("1-b"));
        assert_eq!(tree.get("metadata").map(|m| m.line), Some(5));
    }

    #[test]
    fn what_is_not_known_is_named() {
        let (trees, unknown) =
            shown("a: {{ .Values.known }}\nb: {{ (lookup \"v1\" \"Secret\" \"x\" \"y\").data.k }}\nc: x-{{ randAlphaNum 10 }}\n", "known: 1\n");
        assert_eq!(trees[0].get_str("c"), Some("x-{randAlphaNum 10}"));
        assert_eq!(unknown.len(), 2);
    }

    #[test]
    fn conditions_and_scopes() {
        let template = "{{- $x := 1 }}{{ if .Values.on }}{{ $x = 2 }}a: {{ $x }}{{ else if eq .Values.mode \"b\" }}a: b{{ else }}a: c{{ end }}\n";
        assert_eq!(shown(template, "on: true").0[0].get("a").and_then(Node::scalar).as_deref(), Some("2"));
        assert_eq!(shown(template, "mode: b").0[0].get_str("a"), Some("b"));
        assert_eq!(shown(template, "mode: c").0[0].get_str("a"), Some("c"));
    }

    #[test]
    fn an_endless_template_ends() {
        let mut engine = Engine::default();
        let template = engine.read("{{ define \"a\" }}{{ include \"a\" . }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}", 1).expect("reads");
        engine.show(&template, &Val::map([]));
        assert!(!engine.complaints().is_empty());
        let template = engine.read("{{ range until 10000 }}{{ range until 10000 }}{{ range until 10000 }}x{{ end }}{{ end }}{{ end }}", 1).expect("reads");
        assert!(engine.show(&template, &Val::map([])).as_str().len() <= 2 << 22);
    }
}
