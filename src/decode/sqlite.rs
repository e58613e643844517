//! SQLite databases: every row of every table as `column = value` lines (The SQLite Database File Format, sections 1.5 and 2).

use super::container::{Budget, Member};

/// Depth of a tree of pages at most.
const MAX_DEPTH: usize = 12;
/// Bytes of one value that are read.
const MAX_VALUE: usize = 1 << 20;
/// Bytes of lines that are made of one table.
const MAX_TABLE: usize = 10 << 20;

pub(super) fn tables(bytes: &[u8], budget: &Budget, take: &mut dyn FnMut(Member)) {
    let Some(file) = File::open(bytes) else { return budget.leave_out("is damaged") };
    let mut schema: Vec<(String, usize, Vec<String>)> = Vec::new();
    file.rows(1, &mut |row| {
        let text = |i: usize| row.get(i).and_then(|v| v.text()).map(|t| String::from_utf8_lossy(t).into_owned());
        let root = row.get(3).and_then(Value::number);
        if let (Some("table"), Some(name), Some(root), Some(sql)) = (text(0).as_deref(), text(1), root, text(4)) {
            schema.push((name, root, columns(&sql)));
        }
        true
    });
    for (name, root, columns) in schema {
        if !budget.next_member() {
            return;
        }
        let mut lines = Vec::new();
        file.rows(root, &mut |row| {
            for (i, value) in row.iter().enumerate() {
                let Some(text) = value.text().filter(|t| !t.is_empty()) else { continue };
                lines.extend_from_slice(columns.get(i).map_or(&b""[..], |c| c.as_bytes()));
                lines.extend_from_slice(b" = ");
                lines.extend_from_slice(text);
                lines.push(b'\n');
            }
            lines.len() < MAX_TABLE
        });
        if lines.len() >= MAX_TABLE {
            budget.leave_out("has a table that is longer than is read");
        }
        if !budget.spend(lines.len() as u64) {
            return;
        }
        take(Member { name, bytes: lines });
    }
}

struct File<'a> {
    bytes: &'a [u8],
    page: usize,
    /// Bytes of a page that rows may use.
    usable: usize,
}

/// One value of a row.
enum Value {
    Text(Vec<u8>),
    Number(i64),
    Other,
}

impl Value {
    fn text(&self) -> Option<&[u8]> {
        if let Value::Text(text) = self { Some(text) } else { None }
    }

    fn number(&self) -> Option<usize> {
        if let Value::Number(n) = self { usize::try_from(*n).ok() } else { None }
    }
}

impl<'a> File<'a> {
    fn open(bytes: &'a [u8]) -> Option<Self> {
        let page = match number(bytes, 16, 2)? {
            1 => 65_536,
            n @ 512..=32_768 => n,
            _ => return None,
        };
        let usable = page - usize::from(*bytes.get(20)?);
        (usable >= 480).then_some(File { bytes, page, usable })
    }

    fn page(&self, number: usize) -> Option<&'a [u8]> {
        let start = number.checked_sub(1)?.checked_mul(self.page)?;
        self.bytes.get(start..start + self.page)
    }

    /// Calls `take` with each row of the tree whose root is that page, until it says no. No page is read twice.
    fn rows(&self, root: usize, take: &mut dyn FnMut(&[Value]) -> bool) {
        let mut seen = vec![false; self.bytes.len() / self.page + 1];
        let mut open = vec![(root, 0)];
        while let Some((number, depth)) = open.pop() {
            let Some(page) = self.page(number).filter(|_| depth < MAX_DEPTH && !std::mem::replace(&mut seen[number], true)) else { continue };
            // The first page begins with the header of the file.
            let head = if number == 1 { 100 } else { 0 };
            let cells = |first: usize| {
                let count = self::number(page, head + 3, 2).unwrap_or(0);
                (0..count).filter_map(move |i| self::number(page, head + first + 2 * i, 2))
            };
            match page[head] {
                13 => {
                    for cell in cells(8) {
                        let Some(row) = self.row(page, cell) else { continue };
                        if !take(&row) {
                            return;
                        }
                    }
                }
                5 => {
                    let last = self::number(page, head + 8, 4);
                    let children: Vec<usize> = cells(12).filter_map(|c| self::number(page, c, 4)).chain(last).collect();
                    open.extend(children.into_iter().rev().map(|c| (c, depth + 1)));
                }
                _ => {}
            }
        }
    }

    fn row(&self, page: &[u8], cell: usize) -> Option<Vec<Value>> {
        let (length, at) = varint(page, cell)?;
        let (_, at) = varint(page, at)?;
        let payload = self.payload(page, at, usize::try_from(length).ok()?)?;
        let (head, mut at) = varint(&payload, 0)?;
        let mut value = usize::try_from(head).ok()?;
        let mut row = Vec::new();
        while at < usize::try_from(head).ok()? {
            let (kind, next) = varint(&payload, at)?;
            at = next;
            let length = match kind {
                0 | 8 | 9 => 0,
                1..=4 => kind as usize,
                5 => 6,
                6 | 7 => 8,
                n => usize::try_from(n.checked_sub(12)? / 2).ok()?,
            };
            let bytes = payload.get(value..value.checked_add(length)?);
            row.push(match (kind, bytes) {
                (8 | 9, _) => Value::Number(kind as i64 - 8),
                (1..=6, Some(bytes)) => Value::Number(bytes.iter().fold(0, |n, b| n << 8 | i64::from(*b))),
                // Text has odd types; bytes are looked at when they are text.
                (13.., Some(bytes)) if kind % 2 == 1 || std::str::from_utf8(bytes).is_ok() => Value::Text(bytes.to_vec()),
                _ => Value::Other,
            });
            value += length;
        }
        Some(row)
    }

    /// The bytes of a row: what does not fit into its page goes on in a chain of others.
    fn payload(&self, page: &[u8], at: usize, length: usize) -> Option<Vec<u8>> {
        let (most, least) = (self.usable - 35, (self.usable - 12) * 32 / 255 - 23);
        if length <= most {
            return page.get(at..at + length).map(<[u8]>::to_vec);
        }
        let fits = least + (length - least) % (self.usable - 4);
        let here = if fits <= most { fits } else { least };
        let mut bytes = page.get(at..at + here)?.to_vec();
        let mut next = number(page, at + here, 4)?;
        let wanted = length.min(MAX_VALUE);
        while next != 0 && bytes.len() < wanted {
            let page = self.page(next)?;
            bytes.extend_from_slice(&page[4..self.usable.min(4 + wanted - bytes.len())]);
            next = number(page, 0, 4)?;
        }
        Some(bytes)
    }
}

fn number(bytes: &[u8], at: usize, length: usize) -> Option<usize> {
    Some(bytes.get(at..at + length)?.iter().fold(0, |n, b| n << 8 | usize::from(*b)))
}

/// Seven bits a byte, the highest says that more follow; the ninth has eight.
fn varint(bytes: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let mut value = 0;
    for i in 0..9 {
        let byte = *bytes.get(at)?;
        at += 1;
        if i == 8 {
            return Some((value << 8 | u64::from(byte), at));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some((value, at))
}

/// The names of the columns in a `CREATE TABLE` statement.
fn columns(sql: &str) -> Vec<String> {
    let Some((_, body)) = sql.split_once('(') else { return Vec::new() };
    let mut depth = 0;
    let parts = body.split(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    });
    parts.map(|p| p.trim_start().split(|c: char| c.is_whitespace()).next().unwrap_or_default().trim_matches(['"', '`', '[', ']', '\'']).to_owned()).collect()
}
