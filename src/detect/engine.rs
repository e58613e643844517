//! One pass over the text for the keywords of all rules; a rule's pattern runs only around its own.

use std::ops::{ControlFlow, Range};

use super::place::Place;
use super::rule::Rule;
use super::wanted::{Want, Wanted};
use super::{Detection, built_in, generic, parts, suppression, url, validity, vendor};

/// Findings of one file beyond which it is a list of look-alikes, not a leak.
const MAX_DETECTIONS: usize = 2_000;

/// Keywords of at most this many letters are looked at only where they are words: longer ones are not part of other words.
const SHORT: usize = 4;

/// How far behind the vendor's name the word may stand that says that a secret follows, in bytes.
const LONGEST_KEY: usize = 60;

/// How many values behind one keyword are judged.
const TRIES: usize = 3;

/// Bytes that are decoded of one text at most: so many for each of its own, and so many besides.
const DECODED: (usize, usize) = (8, 1 << 20);

/// How deep in encodings a scan is, and how many bytes it may still decode.
pub(super) struct Scanning {
    pub(super) depth: usize,
    pub(super) left: usize,
}

/// The rules, ready to run. Share one between threads.
pub struct Engine {
    rules: Vec<&'static Rule>,
    wanted: &'static Wanted,
    /// How the values of some formats begin, sorted: what begins so and has not the format is cut short or made up, whatever key it is given.
    beginnings: Vec<&'static str>,
}

impl Engine {
    /// Every built-in rule, and `more`, which live as long as the program does.
    pub(super) fn new(more: Vec<Rule>) -> Self {
        let mut wanted = &built_in::WANTED;
        let mut rules: Vec<&'static Rule> = built_in::RULES.iter().collect();
        if !more.is_empty() {
            rules.extend(more.leak().iter());
            wanted = Box::leak(Box::new(Wanted::new(rules.iter().map(|rule| &***rule))));
        }
        let mut beginnings: Vec<&'static str> = rules.iter().flat_map(|rule| rule.beginnings()).collect();
        beginnings.sort_unstable();
        Engine { rules, wanted, beginnings }
    }

    /// Every rule that runs.
    pub fn rules(&self) -> &[&'static Rule] {
        &self.rules
    }

    /// Every credential in the text, by place. Where two rules see one value, the more specific one has it.
    pub fn scan(&self, path: &str, text: &[u8]) -> Vec<Detection> {
        settle(text, self.candidates(path, text, std::slice::from_ref(&(0..text.len()))))
    }

    /// Everything that looks like a credential around the keywords inside `zones`, which are apart and in order, as it is written or encoded. `settle`
    /// decides between them.
    pub fn candidates(&self, path: &str, text: &[u8], zones: &[Range<usize>]) -> Vec<Detection> {
        self.look(path, text, zones, &mut Scanning { depth: 0, left: text.len().saturating_mul(DECODED.0) + DECODED.1 })
    }

    pub(super) fn look(&self, path: &str, text: &[u8], zones: &[Range<usize>], scanning: &mut Scanning) -> Vec<Detection> {
        let mut found = Vec::new();
        let mut done = vec![0usize; self.rules.len()];
        let mut generic_done = 0;
        let mut place = Place::new(path, text);
        for zone in zones {
            let stopped = self.wanted.keywords.find(text, zone.clone(), |word, at| {
                for want in &*self.wanted.by_keyword[word as usize] {
                    match *want {
                        Want::Rule(i) => self.run_rule(i as usize, text, at.start, at.end, &mut done, &mut found),
                        Want::Url => url::scan(text, at.start, &place, &mut found),
                        Want::Generic if at.end > generic_done => {
                            let before = found.len();
                            generic_done = generic::scan(text, at.start, at.end, &mut place, &mut found);
                            if found.get(before).is_some_and(|d| self.is_malformed(&text[d.range.clone()])) {
                                found.truncate(before);
                            }
                        }
                        Want::Generic => {}
                    }
                }
                if found.len() >= MAX_DETECTIONS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            if stopped.is_break() {
                break;
            }
            self.look_inside(path, text, zone.clone(), scanning, &mut found);
        }
        found
    }

    /// Whether a value begins as a vendor's do. Those that have the whole format, its rule finds by itself.
    fn is_malformed(&self, value: &[u8]) -> bool {
        self.beginnings.iter().any(|b| value.starts_with(b.as_bytes()))
    }

    fn run_rule(&self, i: usize, text: &[u8], start: usize, end: usize, done: &mut [usize], found: &mut Vec<Detection>) {
        let rule = self.rules[i];
        if end <= done[i] || (rule.needs_key() && end - start <= SHORT && !is_word(text, start, end)) {
            return;
        }
        let (before, after) = rule.window();
        // What is assigned to a key stands behind it.
        let from = if rule.needs_key() {
            end
        } else if is_coloured(&text[..start]) {
            start
        } else {
            start.saturating_sub(before).max(done[i].min(start))
        };
        let to = (end + after).min(text.len());
        // What stands between key and value may itself look like a value: a few more places are tried.
        let mut from = from;
        for _ in 0..TRIES {
            let Some(range) = rule.find(&text[from..to]).map(|r| from + r.start..from + r.end) else { return };
            let named = if rule.needs_key() { &text[start..range.start] } else { &[][..] };
            done[i] = range.end;
            if let Some(mut detection) = vendor::judge(rule, named, &text[range.clone()]) {
                if rule.any_shape() {
                    let name = String::from_utf8_lossy(&text[start..end]).to_ascii_lowercase();
                    detection.attributes.insert("provider".into(), name.trim_matches(|c: char| !c.is_ascii_alphanumeric()).into());
                }
                validity::state(&rule.credential, text, &range, &mut detection.attributes);
                found.push(Detection { range, ..detection });
                return;
            }
            if !rule.needs_key() || range.start > end + LONGEST_KEY {
                return;
            }
            from = range.start + text[range.clone()].iter().position(|b| matches!(b, b'-' | b'=')).unwrap_or(range.len());
        }
    }
}

/// Whether a colour of a terminal stands right before: its last letter is no part of what follows.
fn is_coloured(before: &[u8]) -> bool {
    before.strip_suffix(b"m").is_some_and(|b| {
        b.trim_ascii_end().len() == b.len() && b[..b.len() - b.iter().rev().take_while(|b| b.is_ascii_digit() || **b == b';').count()].ends_with(b"[")
    })
}

/// Whether the letters at a place are a word of a name: `FAL_KEY` and `myFalKey`, not `false`.
fn is_word(text: &[u8], start: usize, end: usize) -> bool {
    let starts = start == 0 || !text[start - 1].is_ascii_alphabetic() || (text[start].is_ascii_uppercase() && text[start - 1].is_ascii_lowercase());
    let ends =
        !text.get(end).is_some_and(u8::is_ascii_lowercase) || (text[end - 1].is_ascii_uppercase() && end - start > 1 && text[start + 1].is_ascii_uppercase());
    starts && (ends || !text[end - 1].is_ascii_alphabetic())
}

/// Sorts by place and drops what a better detection of the same bytes covers, and what the line itself suppresses.
pub fn settle(text: &[u8], mut found: Vec<Detection>) -> Vec<Detection> {
    found.sort_by(|a, b| {
        let place = |d: &Detection| (d.range.start, d.range.end);
        place(a).cmp(&place(b)).then(b.confidence.total_cmp(&a.confidence)).then(a.rule.cmp(&b.rule)).then(a.decoded.len().cmp(&b.decoded.len()))
    });
    let mut kept: Vec<Detection> = Vec::new();
    for detection in found {
        if suppression::covers(text, &detection.range, &detection.rule, &detection.credential) {
            continue;
        }
        match kept.last_mut() {
            // What is packed together has one place together.
            Some(last) if detection.range == last.range && !last.decoded.is_empty() && !detection.decoded.is_empty() => {
                let together = kept.iter().rev().take_while(|k| k.range == detection.range);
                if !together.into_iter().any(|k| k.secret.identity() == detection.secret.identity()) {
                    kept.push(detection);
                }
            }
            Some(last) if detection.range.start < last.range.end => {
                let better = (detection.rule.starts_with("generic"), -detection.confidence) < (last.rule.starts_with("generic"), -last.confidence);
                if better {
                    *last = detection;
                }
            }
            _ => kept.push(detection),
        }
    }
    parts::join(text, &mut kept);
    kept
}
