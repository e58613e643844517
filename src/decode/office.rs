//! Documents of office programs: the text of their paragraphs, and the cells of their sheets as `heading = value`.

use super::container::Member;

/// What of a document a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Running text.
    Document,
    /// The texts of all sheets, which cells name by number.
    SharedStrings,
    Sheet,
}

/// Columns of a sheet that are read.
const MAX_COLUMNS: usize = 200;
/// Bytes that the lines of a sheet may take.
const MAX_SHEET: usize = 10 << 20;

pub(super) fn part(name: &str) -> Option<Part> {
    let name = name.strip_suffix(".xml")?;
    if name == "xl/sharedStrings" {
        Some(Part::SharedStrings)
    } else if name.starts_with("xl/worksheets/") {
        Some(Part::Sheet)
    } else {
        (name == "content" || ["word/", "ppt/slides/", "ppt/notesSlides/", "xl/comments"].iter().any(|p| name.starts_with(p))).then_some(Part::Document)
    }
}

/// One tag, or the text in front of it.
enum Piece<'a> {
    Text(&'a [u8]),
    /// What stands between `<` and `>`.
    Tag(&'a [u8]),
}

fn pieces(xml: &[u8]) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = xml;
    std::iter::from_fn(move || {
        let (sign, at) = match rest.first()? {
            b'<' => (b'>', 1),
            _ => (b'<', 0),
        };
        let end = memchr::memchr(sign, &rest[at..]).map_or(rest.len(), |i| at + i);
        let piece = if at == 1 { Piece::Tag(&rest[1..end]) } else { Piece::Text(&rest[..end]) };
        rest = rest.get(end + at..).unwrap_or_default();
        Some(piece)
    })
}

/// The name of a tag without its namespace; whether it closes.
fn name(tag: &[u8]) -> (&[u8], bool) {
    let (closes, tag) = tag.strip_prefix(b"/").map_or((false, tag), |t| (true, t));
    let name = tag.split(|b| b.is_ascii_whitespace() || *b == b'/').next().unwrap_or_default();
    (name.rsplit(|b| *b == b':').next().unwrap_or_default(), closes)
}

fn attribute<'a>(tag: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let pattern = format!(" {name}=\"");
    let start = memchr::memmem::find(tag, pattern.as_bytes())? + pattern.len();
    let end = memchr::memchr(b'"', &tag[start..])?;
    Some(&tag[start..start + end])
}

/// Appends text with its five entities read.
fn unescape(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let known: [(&[u8], u8); 5] = [(b"&amp;", b'&'), (b"&lt;", b'<'), (b"&gt;", b'>'), (b"&quot;", b'"'), (b"&apos;", b'\'')];
        let (written, meant) = known.into_iter().find(|(e, _)| rest.starts_with(e)).unwrap_or((b"&", b'&'));
        out.push(meant);
        rest = &rest[written.len()..];
    }
    out.extend_from_slice(rest);
}

/// The text, one line a paragraph: programs cut words into pieces with tags between them.
pub(super) fn text(xml: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in pieces(xml) {
        match piece {
            Piece::Text(text) => unescape(text, &mut out),
            Piece::Tag(tag) => match name(tag) {
                (b"p" | b"h" | b"table-row" | b"tr", true) | (b"br" | b"line-break", _) => out.push(b'\n'),
                (b"tab" | b"s", false) | (b"tc" | b"table-cell", true) => out.push(b'\t'),
                _ => {}
            },
        }
    }
    out
}

pub(super) fn shared_strings(xml: &[u8]) -> Vec<Vec<u8>> {
    let mut strings = Vec::new();
    let mut open = Vec::new();
    for piece in pieces(xml) {
        match piece {
            Piece::Text(text) => unescape(text, &mut open),
            Piece::Tag(tag) => match name(tag) {
                (b"si", true) => strings.push(std::mem::take(&mut open)),
                (b"si", false) => open.clear(),
                _ => {}
            },
        }
    }
    strings
}

/// The sheets of one file, which are read when all their texts are known.
#[derive(Default)]
pub(super) struct Workbook {
    pub(super) strings: Vec<Vec<u8>>,
    pub(super) sheets: Vec<(String, Vec<u8>)>,
}

impl Workbook {
    pub(super) fn sheets(self) -> impl Iterator<Item = Member> {
        let strings = self.strings;
        self.sheets.into_iter().map(move |(name, xml)| Member { name, bytes: sheet(&xml, &strings) })
    }
}

/// Every row behind the first as `heading = value` lines; a row of two cells says a name and a value by itself.
fn sheet(xml: &[u8], strings: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut headings: Option<Vec<Vec<u8>>> = None;
    let mut row: Vec<Vec<u8>> = Vec::new();
    let (mut value, mut shared) = (Vec::new(), false);
    for piece in pieces(xml) {
        match piece {
            Piece::Text(text) => unescape(text, &mut value),
            Piece::Tag(tag) => match name(tag) {
                (b"c", false) => {
                    value.clear();
                    shared = attribute(tag, "t") == Some(b"s");
                    // Empty cells are left out: the place says the column.
                    let column = attribute(tag, "r").map_or(row.len(), column);
                    row.resize(column.clamp(row.len(), MAX_COLUMNS), Vec::new());
                    if tag.ends_with(b"/") {
                        row.push(Vec::new());
                    }
                }
                (b"c", true) if row.len() < MAX_COLUMNS => {
                    let number = std::str::from_utf8(&value).ok().and_then(|v| v.trim().parse::<usize>().ok());
                    let text = number.filter(|_| shared).and_then(|n| strings.get(n)).unwrap_or(&value);
                    row.push(text.clone());
                }
                (b"row", true) => {
                    let cells = std::mem::take(&mut row);
                    write_row(headings.as_deref().unwrap_or_default(), &cells, &mut out);
                    headings.get_or_insert(cells);
                    if out.len() > MAX_SHEET {
                        break;
                    }
                }
                _ => {}
            },
        }
    }
    out
}

fn write_row(headings: &[Vec<u8>], cells: &[Vec<u8>], out: &mut Vec<u8>) {
    let mut pair = |key: &[u8], value: &[u8]| {
        out.extend_from_slice(key);
        out.extend_from_slice(b" = ");
        out.extend_from_slice(value);
        out.push(b'\n');
    };
    for (i, cell) in cells.iter().enumerate().filter(|(_, c)| !c.is_empty()) {
        pair(headings.get(i).map_or(b"", Vec::as_slice), cell);
    }
    if let [key, value] = cells {
        pair(key, value);
    }
}

/// `B7` is the second column.
fn column(place: &[u8]) -> usize {
    let letters = place.iter().take_while(|b| b.is_ascii_uppercase()).take(3);
    letters.fold(0usize, |n, b| n * 26 + usize::from(b - b'A') + 1).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_tags_cut_are_whole_again() {
        let xml = b"<w:p><w:r><w:t>pass</w:t></w:r><w:r><w:t>word: a&amp;b</w:t></w:r></w:p><w:p><w:r><w:t>next</w:t></w:r></w:p>";
        assert_eq!(text(xml), b"password: a&b\nnext\n");
    }

    #[test]
    fn cells_stand_beside_their_headings() {
        let strings = shared_strings(b"<sst><si><t>user</t></si><si><t>password</t></si><si><r><t>made</t></r><r><t>-up</t></r></si></sst>");
        let xml = b"<row><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"C1\" t=\"s\"><v>1</v></c></row><row r=\"2\"><c r=\"C2\" t=\"s\"><v>2</v></c></row>";
        assert_eq!(String::from_utf8_lossy(&sheet(xml, &strings)), " = user\n = password\npassword = made-up\n");
    }
}
