//! What encoded stretches of a text hold, and containers: decoded, judged by the same rules, and placed where it stands in the outer text.

use std::borrow::Cow;
use std::ops::Range;

use super::engine::Scanning;
use super::{Detection, Engine, settle};
use crate::decode::{self, Budget, Container, Stretch, Way};
use crate::model::Half;

/// Encodings inside each other that are followed.
const MAX_DEPTH: usize = 5;
/// A value in a compiled file must be believed at least so much: nothing around it says what it is for.
const LOOSE: f64 = 0.8;
/// Characters of a member's name that are shown.
const MAX_NAME: usize = 200;

/// What a container holds, and what of it was not read.
#[derive(Default)]
pub struct Unpacked {
    pub found: Vec<Detection>,
    pub left_out: Vec<&'static str>,
}

impl Engine {
    /// Every credential in the members of a container. They all stand in the whole of it.
    pub fn unpack(&self, path: &str, kind: Container, bytes: &[u8]) -> Unpacked {
        let budget = Budget::new(bytes.len());
        let mut found = Vec::new();
        self.members(path, kind, bytes, &budget, &[], &mut found);
        Unpacked { found, left_out: budget.left_out() }
    }

    /// Looks at what stands encoded in `zone`, and adds what it finds with its place in `text`.
    pub(super) fn look_inside(&self, path: &str, text: &[u8], zone: Range<usize>, scanning: &mut Scanning, found: &mut Vec<Detection>) {
        if scanning.depth >= MAX_DEPTH {
            return;
        }
        decode::stretches(path, text, zone, is_program(path), &mut |stretch| {
            if stretch.bytes.len() <= scanning.left {
                scanning.left -= stretch.bytes.len();
                scanning.depth += 1;
                self.stretch(path, &stretch, scanning, found);
                scanning.depth -= 1;
            }
        });
    }

    fn stretch(&self, path: &str, stretch: &Stretch, scanning: &mut Scanning, found: &mut Vec<Detection>) {
        let whole = 0..stretch.bytes.len();
        let mut inner = Vec::new();
        if let Some(kind) = decode::container(&stretch.bytes) {
            // Many stretches may each unpack to much.
            let budget = Budget::within(stretch.bytes.len(), scanning.left);
            let before = budget.left();
            self.members("", kind, &stretch.bytes, &budget, &[], &mut inner);
            scanning.left -= before - budget.left();
            inner.iter_mut().for_each(|d| d.range = whole.clone());
        } else {
            let text = decode::utf8(&stretch.bytes);
            inner = settle(&text, self.look(inner_path(path, stretch.way, &text), &text, std::slice::from_ref(&(0..text.len())), scanning));
            if let Cow::Owned(_) = text {
                for d in &mut inner {
                    d.range = whole.clone();
                    d.decoded.insert(0, "utf-16".into());
                }
            }
        }
        for mut d in inner {
            // What does not stand on both sides of a joint was found without joining.
            if stretch.way == Way::Joined && !stretch.places.seams().any(|s| d.range.start < s && s < d.range.end) {
                continue;
            }
            d.range = stretch.places.outer(&d.range);
            d.part_of = d.part_of.take().filter(is_lasting);
            if stretch.way != Way::Table {
                d.decoded.insert(0, stretch.way.name().into());
            }
            found.push(d);
        }
    }

    fn members(&self, path: &str, kind: Container, bytes: &[u8], budget: &Budget, steps: &[String], found: &mut Vec<Detection>) {
        if steps.len() >= MAX_DEPTH {
            return budget.leave_out("is nested deeper than is read");
        }
        decode::members(kind, bytes, budget, &mut |member| {
            let inner = if member.name.is_empty() { unpacked_name(path) } else { &member.name };
            let step = |line: Option<usize>| {
                let name = self.shown(&member.name);
                let blank = if name.is_empty() { "" } else { " " };
                format!("{}{blank}{name}{}", kind.name(), line.map(|l| format!(":{l}")).unwrap_or_default())
            };
            if let Some(next) = decode::container(&member.bytes) {
                self.members(inner, next, &member.bytes, budget, &[steps, &[step(None)]].concat(), found);
                return;
            }
            if !decode::is_readable(&member.bytes) {
                return;
            }
            let text = decode::utf8(&member.bytes);
            for mut d in self.scan(inner, &text) {
                if kind.is_loose() && (d.rule.starts_with("generic") || d.confidence < LOOSE) {
                    continue;
                }
                let line = 1 + memchr::memchr_iter(b'\n', &text[..d.range.start]).count();
                d.decoded = [steps, &[step((!kind.is_loose()).then_some(line))], &d.decoded].concat();
                d.range = 0..0;
                d.part_of = d.part_of.take().filter(is_lasting);
                found.push(d);
            }
        });
    }

    /// A member's name as it may be shown: whoever made the archive chose it.
    fn shown(&self, name: &str) -> String {
        if !self.scan("", name.as_bytes()).is_empty() {
            return "(a name that holds a secret)".into();
        }
        name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect()
    }
}

/// Whether a half still says of which it is one when its place is another.
fn is_lasting(half: &Half) -> bool {
    matches!(half, Half::Of(_))
}

/// Whether the file is a program, in which strings can be joined.
fn is_program(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e);
    const OTHERS: &[&str] = &["", "md", "rst", "txt", "log", "html", "htm", "xml", "json", "yml", "yaml", "csv", "lock", "toml", "env", "svg", "css", "map"];
    !OTHERS.iter().any(|o| extension.eq_ignore_ascii_case(o))
}

/// The name of a packed file without the ending that says so.
fn unpacked_name(path: &str) -> &str {
    [".gz", ".bz2", ".xz", ".zst", ".zstd"].iter().find_map(|e| path.strip_suffix(e)).unwrap_or(path)
}

/// As what a decoded text is read: a list of variables, or the text that its kind suggests.
fn inner_path<'a>(path: &'a str, way: Way, text: &[u8]) -> &'a str {
    let variables = text.split(|b| *b == b'\n').take(50).filter(|l| is_variable(l)).count();
    match way {
        Way::Table => "decoded.env",
        Way::Base64 | Way::Hex if variables > 0 => "decoded.env",
        Way::Base64 | Way::Hex if text.trim_ascii_start().starts_with(b"{") => "decoded.json",
        Way::Base64 | Way::Hex => "decoded.txt",
        Way::Backslash if variables > 1 => "decoded.env",
        _ => path,
    }
}

/// `NAME=…`.
fn is_variable(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    let line = line.strip_prefix(b"export ").unwrap_or(line);
    let name = line.iter().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || **b == b'_').count();
    name > 2 && line.get(name) == Some(&b'=')
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use crate::detect;

    #[test]
    fn encodings_inside_each_other_are_followed_so_far_and_no_further() {
        let mut text = "API_TOKEN=Zq7pLantEdVal9xK4mW2tR8sB5n\n".repeat(2);
        let mut depths = Vec::new();
        for depth in 1..9 {
            text = STANDARD.encode(&text);
            if detect::engine().scan("a.txt", text.as_bytes()).iter().any(|d| d.decoded == vec!["base64"; depth]) {
                depths.push(depth);
            }
        }
        assert_eq!(depths, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_value_that_is_joined_has_the_place_of_all_its_parts() {
        let text = "const token = \"Zq7pLantEdVal9\" +\n    \"xK4mW2tR8sB5n\";\n";
        let found = detect::engine().scan("a.js", text.as_bytes());
        assert_eq!(found.len(), 1);
        assert_eq!(&text[found[0].range.clone()], "Zq7pLantEdVal9\" +\n    \"xK4mW2tR8sB5n");
        assert!(found[0].secret.is("Zq7pLantEdVal9xK4mW2tR8sB5n"));
    }
}
