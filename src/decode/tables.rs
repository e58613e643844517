//! Values that stand under the name of their column: CSV, rows of SQL dumps, password files. Each row becomes lines of `column = value`.

use std::collections::HashMap;
use std::ops::Range;

use super::{Places, Stretch, Way};

/// Longest heading, in bytes, and columns at most.
const MAX_HEAD: usize = 8 * 1024;
const MAX_COLUMNS: usize = 200;
/// How far in front of a zone the statement may begin that its rows belong to.
const BACK: usize = 64 << 10;
/// Tables of one dump whose columns are kept.
const MAX_TABLES: usize = 2_000;

pub(super) fn find(path: &str, text: &[u8], zone: Range<usize>, take: &mut dyn FnMut(Stretch)) {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e);
    match extension {
        "csv" => separated(text, zone, None, take),
        "tsv" => separated(text, zone, Some(b'\t'), take),
        "sql" => statements(text, zone, take),
        _ if name == ".pgpass" || name == "pgpass.conf" => pgpass(text, zone, take),
        _ => {}
    }
}

/// Lines that are written as they are read.
#[derive(Default)]
struct Lines {
    bytes: Vec<u8>,
    places: Places,
}

impl Lines {
    fn push(&mut self, column: &[u8], text: &[u8], value: Range<usize>) {
        if value.is_empty() {
            return;
        }
        // The name is not where the value is, but the line is.
        self.places.push(self.bytes.len(), value.start, 0, 1);
        self.bytes.extend_from_slice(column);
        self.bytes.extend_from_slice(b" = ");
        self.places.push(self.bytes.len(), value.start, 1, 1);
        self.bytes.extend_from_slice(&text[value]);
        self.bytes.push(b'\n');
    }

    fn give(self, take: &mut dyn FnMut(Stretch)) {
        if !self.bytes.is_empty() {
            take(Stretch { way: Way::Table, bytes: self.bytes, places: self.places });
        }
    }
}

/// Names of columns that may hold something that must not be told.
fn is_of_interest(column: &[u8]) -> bool {
    let lower = column.to_ascii_lowercase();
    ["pass", "pwd", "secret", "token", "key", "auth", "cred"].iter().any(|w| memchr::memmem::find(&lower, w.as_bytes()).is_some())
}

/// The lines of the zone, whole, behind the first `from` bytes.
fn lines(text: &[u8], zone: &Range<usize>, from: usize) -> impl Iterator<Item = Range<usize>> {
    let start = memchr::memrchr(b'\n', &text[..zone.start]).map_or(0, |i| i + 1).max(from);
    let mut at = start;
    let end = zone.end;
    std::iter::from_fn(move || {
        if at >= end || at >= text.len() {
            return None;
        }
        let stop = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |i| at + i);
        let line = at..stop - usize::from(stop > at && text[stop - 1] == b'\r');
        at = stop + 1;
        Some(line)
    })
}

fn separated(text: &[u8], zone: Range<usize>, separator: Option<u8>, take: &mut dyn FnMut(Stretch)) {
    let head = memchr::memchr(b'\n', &text[..text.len().min(MAX_HEAD)]).unwrap_or(0);
    let count = |b: u8| memchr::memchr_iter(b, &text[..head]).count();
    let separator = separator.unwrap_or_else(|| [b',', b';', b'\t', b'|'].into_iter().max_by_key(|b| count(*b)).unwrap_or(b','));
    let columns: Vec<&[u8]> = fields(text, 0..head, separator).map(|f| text[f].trim_ascii()).collect();
    if !columns.iter().any(|c| is_of_interest(c)) {
        return;
    }
    let mut out = Lines::default();
    for line in lines(text, &zone, head + 1) {
        for (field, column) in fields(text, line, separator).zip(&columns).filter(|(_, c)| is_of_interest(c)) {
            out.push(column, text, field);
        }
    }
    out.give(take);
}

/// The fields of a line, without their quotes.
fn fields(text: &[u8], line: Range<usize>, separator: u8) -> impl Iterator<Item = Range<usize>> {
    let mut at = Some(line.start);
    std::iter::from_fn(move || {
        let from = at?;
        let rest = text.get(from..line.end)?;
        if rest.first() == Some(&b'"') {
            let close = memchr::memchr(b'"', &rest[1..]).map_or(line.end, |i| from + 1 + i);
            at = memchr::memchr(separator, &text[close..line.end]).map(|i| close + i + 1);
            return Some(from + 1..close);
        }
        let stop = memchr::memchr(separator, rest).map(|i| from + i);
        at = stop.map(|s| s + 1);
        Some(from..stop.unwrap_or(line.end))
    })
    .take(MAX_COLUMNS)
}

/// `host:port:database:user:password`, where `\:` is no end (libpq, "The Password File").
fn pgpass(text: &[u8], zone: Range<usize>, take: &mut dyn FnMut(Stretch)) {
    let mut out = Lines::default();
    for line in lines(text, &zone, 0).filter(|l| text.get(l.start) != Some(&b'#')) {
        let ends = line.clone().filter(|i| text[*i] == b':' && (*i == line.start || text[*i - 1] != b'\\'));
        if let Some(last) = ends.take(4).nth(3) {
            out.push(b"password", text, last + 1..line.end);
        }
    }
    out.give(take);
}

/// `INSERT INTO t (a, b) VALUES (1, 'x'), …`, without the columns when `CREATE TABLE t` names them, and `COPY t (a, b) FROM stdin`.
fn statements(text: &[u8], zone: Range<usize>, take: &mut dyn FnMut(Stretch)) {
    let mut out = Lines::default();
    let from = zone.start.saturating_sub(BACK);
    let mut tables = None;
    for statement in [&b"INSERT INTO"[..], b"insert into", b"COPY "] {
        for at in memchr::memmem::find_iter(&text[from..zone.end], statement).map(|i| from + i) {
            if at > 0 && !text[at - 1].is_ascii_whitespace() && text[at - 1] != b';' {
                continue;
            }
            let Some((table, next)) = name(text, at + statement.len()) else { continue };
            let list = skip(text, next);
            let (columns, mut p) = match text.get(list) {
                Some(b'(') => list_of_names(text, list),
                _ => (tables.get_or_insert_with(|| created(&text[from..zone.end])).get(table).cloned().unwrap_or_default(), list),
            };
            if !columns.iter().any(|c| is_of_interest(c)) {
                continue;
            }
            p = skip(text, p);
            if text[p..].len() >= 6 && text[p..p + 6].eq_ignore_ascii_case(b"values") {
                rows(text, skip(text, p + 6), zone.end, &columns, &mut out);
            } else if text[p..].starts_with(b"FROM stdin") {
                let body = memchr::memchr(b'\n', &text[p..]).map_or(text.len(), |i| p + i + 1);
                for line in lines(text, &zone, body).take_while(|l| !text[l.clone()].starts_with(b"\\.")) {
                    for (field, column) in fields(text, line, b'\t').zip(&columns).filter(|(_, c)| is_of_interest(c)) {
                        out.push(column, text, field);
                    }
                }
            }
        }
    }
    out.give(take);
}

fn skip(text: &[u8], at: usize) -> usize {
    at + text.get(at..).unwrap_or_default().iter().take_while(|b| b.is_ascii_whitespace()).count()
}

/// A name in any quotes, and where it ends.
fn name(text: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let start = skip(text, at);
    let length = text.get(start..)?.iter().take(128).take_while(|b| b.is_ascii_alphanumeric() || b"_.`\"[]".contains(b)).count();
    (length > 0).then(|| (bare(&text[start..start + length]), start + length))
}

/// A name without schema and quotes.
fn bare(name: &[u8]) -> &[u8] {
    let last = name.rsplit(|b| *b == b'.').next().unwrap_or(name);
    let first = last.iter().position(|b| b.is_ascii_alphanumeric() || *b == b'_').unwrap_or(0);
    let end = last.iter().rposition(|b| b.is_ascii_alphanumeric() || *b == b'_').map_or(0, |i| i + 1);
    last.get(first..end).unwrap_or_default()
}

/// The names in the brackets that open at `open`, and where those end: the first word of each part, at the first depth.
fn list_of_names(text: &[u8], open: usize) -> (Vec<&[u8]>, usize) {
    let (mut names, mut depth, mut start) = (Vec::new(), 0, open + 1);
    for (i, byte) in text[open..].iter().enumerate().take(MAX_HEAD).map(|(i, b)| (open + i, *b)) {
        match byte {
            b'(' => depth += 1,
            b',' | b')' if depth == 1 => {
                names.push(name(text, start).map_or(&b""[..], |(n, _)| n));
                start = i + 1;
            }
            _ => {}
        }
        if byte == b')' {
            depth -= 1;
            if depth == 0 || names.len() >= MAX_COLUMNS {
                return (names, i + 1);
            }
        }
    }
    (Vec::new(), open + 1)
}

/// The columns of the tables that are made in the text.
fn created(text: &[u8]) -> HashMap<&[u8], Vec<&[u8]>> {
    let made = memchr::memmem::find_iter(text, b"CREATE TABLE").take(MAX_TABLES).filter_map(|found| {
        let at = skip(text, found + 12);
        let at = if text[at..].starts_with(b"IF NOT EXISTS") { at + 13 } else { at };
        let (table, next) = name(text, at)?;
        let open = skip(text, next);
        (text.get(open) == Some(&b'(')).then(|| (table, list_of_names(text, open).0))
    });
    made.collect()
}

/// Lists of values in brackets, up to the end of the statement.
fn rows(text: &[u8], from: usize, end: usize, columns: &[&[u8]], out: &mut Lines) {
    let mut p = from;
    while p < end && text.get(p) == Some(&b'(') {
        p += 1;
        let mut column = 0;
        loop {
            p = skip(text, p);
            let quoted = text.get(p) == Some(&b'\'');
            let start = p + usize::from(quoted);
            let Some(length) = text.get(start..).and_then(|rest| value_length(rest, quoted)) else { return };
            if let Some(name) = columns.get(column).filter(|c| quoted && is_of_interest(c)) {
                out.push(name, text, start..start + length);
            }
            column += 1;
            p = skip(text, start + length + usize::from(quoted));
            match text.get(p) {
                Some(b',') => p += 1,
                Some(b')') => break,
                _ => return,
            }
        }
        p = skip(text, p + 1);
        if text.get(p) != Some(&b',') {
            return;
        }
        p = skip(text, p + 1);
    }
}

fn value_length(rest: &[u8], quoted: bool) -> Option<usize> {
    let mut at = 0;
    loop {
        match (*rest.get(at)?, quoted) {
            (b'\\', true) => at += 2,
            (b'\'', true) if rest.get(at + 1) == Some(&b'\'') => at += 2,
            (b'\'', true) | (b',' | b')', false) => return Some(at),
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(path: &str, text: &str) -> String {
        let mut found = String::new();
        find(path, text.as_bytes(), 0..text.len(), &mut |s| {
            for (line, at) in String::from_utf8_lossy(&s.bytes).lines().map(|l| (l.to_owned(), l)).collect::<Vec<_>>() {
                found.push_str(&line);
                found.push('\n');
                let value = at.split_once(" = ").map_or("", |(_, v)| v);
                let start = memchr::memmem::find(&s.bytes, value.as_bytes()).expect("there");
                assert_eq!(&text[s.places.outer(&(start..start + value.len()))], value);
            }
        });
        found
    }

    #[test]
    fn rows_become_lines() {
        assert_eq!(all("a.csv", "user,password,age\nbob,v4lue,7\n\"al\",\"w4lue\",8\n"), "password = v4lue\npassword = w4lue\n");
        assert_eq!(all("a.csv", "user;api_token\r\nbob;v4lue\r\n"), "api_token = v4lue\n");
        assert_eq!(all("x/.pgpass", "# h\ndb:5432:a\\:b:app:v4lue\n"), "password = v4lue\n");
        assert_eq!(all("d.sql", "INSERT INTO users (login, `password`) VALUES ('bob', 'v4lue'), ('al', 'it''s');\n"), "password = v4lue\npassword = it''s\n");
        let dump = "CREATE TABLE `users` (\n  `id` int(11) NOT NULL,\n  `secret` varchar(9)\n);\nINSERT INTO `users` VALUES (1,'v4lue'),(2,'w4lue');\n";
        assert_eq!(all("d.sql", dump), "secret = v4lue\nsecret = w4lue\n");
        assert_eq!(all("d.sql", "COPY public.users (id, token) FROM stdin;\n1\tv4lue\n\\.\nSELECT 1;\n"), "token = v4lue\n");
    }

    #[test]
    fn tables_of_something_else_are_left_alone() {
        for (path, text) in
            [("a.csv", "user,age\nbob,7\n"), ("a.txt", "user,password\nbob,x\n"), ("d.sql", "INSERT INTO t (a) VALUES ('x');"), ("d.sql", "INSERT INTO t")]
        {
            assert_eq!(all(path, text), "", "{text}");
        }
    }
}
