//! A file of code as a consumer: declared at its first fact, with what it reads, whom it becomes and what it opens.

use std::collections::BTreeSet;

use super::env::is_name;
use super::language::Language;
use super::source::{Source, Span, Worth};
use crate::extract::ci::work::is_secret_name;
use crate::model::{Basis, EdgeFact, Facts, FileRole, Key, Kind, Location, Spec};
use crate::relation::{CAN_ACCESS, CAN_ASSUME, CONSUMES};

/// Beginnings of names whose values are shipped to whoever opens the page or the application.
const SHIPPED: &[&str] = &["NEXT_PUBLIC_", "VITE_", "REACT_APP_", "EXPO_PUBLIC_", "NUXT_PUBLIC_", "GATSBY_", "PUBLIC_", "VUE_APP_", "NG_APP_"];

/// Endings of names that say as whom to go somewhere, or to which store.
const TELLING: &[&str] = &["_DSN", "_ARN", "_ROLE", "_BUCKET", "_QUEUE", "_TABLE", "_TOPIC", "_CONNECTION", "_CONNECTION_STRING", "_CLIENT_ID", "_ACCOUNT"];

/// Endings of names that say where something is: they tell when a segment before says that it is a store.
const PLACES: &[&str] = &["_URL", "_URI", "_ADDR", "_HOST", "_ENDPOINT", "_USER", "_USERNAME"];

/// Segments of names of stores.
const STORES: &[&str] = &[
    "DB",
    "DATABASE",
    "REDIS",
    "MONGO",
    "MONGODB",
    "POSTGRES",
    "POSTGRESQL",
    "PG",
    "MYSQL",
    "SQL",
    "AMQP",
    "RABBITMQ",
    "KAFKA",
    "VAULT",
    "LDAP",
    "SMTP",
    "S3",
    "WEBHOOK",
];

/// Beginnings of names by which libraries of clouds are told who they are, and the segments that do.
const CLOUDS: &[&str] = &["AWS_", "GOOGLE_", "AZURE_", "ARM_", "VAULT_", "GCP_"];
const WHO: &[&str] = &["ROLE", "PROFILE", "CREDENTIALS", "CLIENT", "TENANT", "ACCOUNT", "IDENTITY"];

/// Whether a variable says who the unit is, where it keeps things or what it keeps secret; the others are settings.
pub(super) fn tells(name: &str) -> bool {
    // What a prefix for browsers says is who may see the value, not what it is.
    let bare = SHIPPED.iter().find_map(|p| name.strip_prefix(p)).unwrap_or(name);
    let segment = |words: &[&str]| name.split('_').any(|s| words.contains(&s));
    is_secret_name(bare)
        || TELLING.iter().any(|e| name.ends_with(e))
        || (PLACES.iter().any(|e| name.ends_with(e)) && segment(STORES))
        || (CLOUDS.iter().any(|c| name.starts_with(c)) && segment(WHO))
}

/// The line on which the class of a file begins, in languages that give each a file.
pub(in crate::extract) fn class_line(language: Language, text: &str) -> Option<u32> {
    if !matches!(language, Language::Java | Language::CSharp) {
        return None;
    }
    let begins = |line: &str| {
        let mut words = line.split_whitespace();
        let kind = words.find(|w| !matches!(*w, "public" | "final" | "abstract" | "open" | "data" | "sealed" | "internal" | "static" | "partial"));
        matches!(kind, Some("class" | "record" | "interface" | "object" | "enum")) && words.next().is_some_and(|n| n.starts_with(char::is_alphabetic))
    };
    text.lines().position(begins).and_then(|n| u32::try_from(n + 1).ok())
}

/// The file while its facts are said.
pub(in crate::extract) struct Unit<'a, 'f> {
    pub source: &'a Source<'a>,
    pub facts: &'f mut Facts,
    pub key: Key,
    declared: bool,
    /// What each list of the unit holds, said once at the end.
    lists: Vec<(&'static str, BTreeSet<String>)>,
    /// Tools and agents that the file makes, with the lines of what they do.
    actors: Vec<(Key, Option<(u32, u32)>)>,
}

impl<'a, 'f> Unit<'a, 'f> {
    pub(super) fn new(source: &'a Source<'a>, facts: &'f mut Facts) -> Self {
        let subtype = if source.language == Language::Shell { "script" } else { "code-unit" };
        let document = source.document;
        let key = Key::new(Kind::Consumer, subtype, format!("code:{}//{}", document.repository_body(), document.path));
        Unit { source, facts, key, declared: false, lists: Vec::new(), actors: Vec::new() }
    }

    /// The unit, declared where its first fact stands.
    pub(in crate::extract) fn here(&mut self, at: &Location) -> Key {
        if !self.declared {
            self.declared = true;
            let platform = if self.source.language == Language::Shell { "shell" } else { "code" };
            let document = self.source.document;
            self.facts.declare(&self.key, document.name(), at.clone()).attr("platform", platform);
            // A file of Java is its class, which begins where that does.
            if let Some(line) = class_line(self.source.language, self.source.text).filter(|l| *l != at.line) {
                self.facts.declare(&self.key, document.name(), document.at_line(line));
            }
        }
        self.key.clone()
    }

    /// How sure a statement of code is: tests and examples are run by somebody else than what is deployed.
    fn sure(&self, basis: Basis) -> f64 {
        if self.source.document.role() == FileRole::Test { basis.confidence() * 0.5 } else { basis.confidence() }
    }

    /// Adds to a list of the unit.
    pub(in crate::extract) fn note(&mut self, list: &'static str, entry: impl Into<String>, at: &Location) {
        self.here(at);
        match self.lists.iter_mut().find(|(l, _)| *l == list) {
            Some((_, entries)) => {
                entries.insert(entry.into());
            }
            None => self.lists.push((list, BTreeSet::from([entry.into()]))),
        }
    }

    /// A tool or an agent that the file makes does what the file does: all of it, or what stands between two lines.
    pub(in crate::extract) fn acts(&mut self, who: &Key, lines: Option<(u32, u32)>) {
        self.actors.push((who.clone(), lines));
    }

    /// Says the lists.
    pub(super) fn finish(self) {
        let own: Vec<EdgeFact> = self.facts.edges.iter().filter(|e| e.from == self.key).cloned().collect();
        for (who, lines) in &self.actors {
            let within = |e: &&EdgeFact| lines.is_none_or(|(first, last)| e.at.as_ref().is_some_and(|l| (first..=last).contains(&l.line)));
            let edges = own.iter().filter(within).filter(|e| e.relation.from.contains(&who.kind) && e.to != *who && e.to.kind != Kind::Agent);
            self.facts.edges.extend(edges.cloned().map(|edge| EdgeFact { from: who.clone(), ..edge }));
        }
        if !self.lists.is_empty() {
            // The node has its places already.
            let fact = self.facts.mention(&self.key, String::new(), self.source.document.at_line(1));
            fact.at = None;
            for (name, entries) in self.lists {
                fact.attr(name, entries.into_iter().collect::<Vec<_>>());
            }
        }
    }

    /// The slot of an environment variable of this unit.
    pub(in crate::extract) fn variable(&mut self, name: &str, at: &Location, basis: Basis) -> Key {
        let unit = self.here(at);
        let shipped = self.source.language == Language::JavaScript && SHIPPED.iter().any(|p| name.starts_with(p));
        let subtype = if shipped { "client-bundle" } else { "env" };
        let slot = Key::new(Kind::Location, subtype, format!("{subtype}:{}#{name}", unit.id));
        let node = self.facts.mention(&slot, name, at.clone());
        node.attr("store", subtype);
        if shipped {
            node.attr("audience", vec!["public"]);
        }
        let confidence = self.sure(basis);
        self.facts.relate(&unit, &CONSUMES, &slot, at.clone()).basis(basis).confidence(confidence);
        slot
    }

    /// The unit reads a slot that another file fills.
    pub(in crate::extract) fn reads(&mut self, slot: &Key, name: &str, store: &str, at: &Location) {
        let unit = self.here(at);
        self.facts.mention(slot, name, at.clone()).attr("store", store);
        let confidence = self.sure(Basis::Evaluated);
        self.facts.relate(&unit, &CONSUMES, slot, at.clone()).basis(Basis::Evaluated).confidence(confidence);
    }

    /// The unit asks to become an identity; whether that one agrees is for its trust to say.
    pub(in crate::extract) fn becomes(&mut self, identity: &Key, name: &str, at: &Location) {
        let unit = self.here(at);
        self.facts.mention(identity, name, at.clone());
        let confidence = self.sure(Basis::Evaluated);
        self.facts.relate(&unit, &CAN_ASSUME, identity, at.clone()).basis(Basis::Evaluated).confidence(confidence).conditional();
    }

    /// The unit asks to become whatever a slot names.
    pub(super) fn becomes_value_of(&mut self, slot: &Key, expression: &str, at: &Location) {
        let unit = self.here(at);
        self.facts.refer(&unit, &CAN_ASSUME, Spec::ValueOf { slot: slot.id.to_string(), kind: Kind::Identity }, expression, at.clone());
    }

    /// The unit uses something; what its identity may do there is for policies to say.
    pub(in crate::extract) fn opens(&mut self, resource: &Key, name: &str, level: &str, basis: Basis, at: &Location) {
        let unit = self.here(at);
        self.facts.mention(resource, name, at.clone());
        let confidence = self.sure(basis);
        self.facts.relate(&unit, &CAN_ACCESS, resource, at.clone()).basis(basis).confidence(confidence).attr("level", level);
    }

    /// What proves to a service who calls it: a variable, or a literal that stands here.
    pub(in crate::extract) fn credential(&mut self, span: Span, what: &str) -> bool {
        match self.source.worth(span) {
            Some(Worth::Env(name, index)) => {
                let at = self.source.at(index);
                self.variable(&name, &at, Basis::Evaluated);
                true
            }
            Some(Worth::Literal(text, index)) if text.len() >= 6 => {
                let at = self.source.at(index);
                let unit = self.here(&at);
                let slot = Key::new(Kind::Location, "file", format!("{}#{what}", self.source.document.file_id()));
                self.facts.mention(&slot, what, at.clone()).attr("store", "file").attr("protection", "plaintext");
                self.facts.relate(&unit, &CONSUMES, &slot, at.clone());
                self.facts.holds(&slot, at);
                true
            }
            _ => false,
        }
    }

    /// Says those variables that tell something.
    pub(super) fn environment(&mut self) {
        for read in &self.source.env {
            let name = read.name.to_ascii_uppercase();
            if tells(&name) && (is_name(&name) || name.contains("__")) {
                let at = self.source.at(read.at);
                self.variable(&read.name, &at, Basis::Evaluated);
            }
        }
    }
}
