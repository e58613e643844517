//! Elements of XML as they come, with their places: what settings of package managers need, and no more.

/// The start, or the end, of an element.
pub(super) struct Tag<'a> {
    pub(super) name: &'a str,
    pub(super) closes: bool,
    /// `<add … />`: nothing follows inside.
    pub(super) empty: bool,
    /// What stands behind the name, as written.
    attributes: &'a str,
    attributes_line: u32,
    attributes_column: u32,
    /// Text up to the next element, trimmed, with its place.
    pub(super) text: &'a str,
    pub(super) text_line: u32,
    pub(super) text_column: u32,
    pub(super) line: u32,
    pub(super) column: u32,
}

impl<'a> Tag<'a> {
    /// The value of an attribute, and its line and column.
    pub(super) fn attribute(&self, name: &str) -> Option<(&'a str, u32, u32)> {
        let mut from = 0;
        while let Some(found) = self.attributes[from..].find(name) {
            let start = from + found;
            let rest = self.attributes[start + name.len()..].trim_start();
            let before = self.attributes[..start].chars().next_back().is_none_or(char::is_whitespace);
            let quoted = rest.strip_prefix('=').map(str::trim_start).filter(|_| before);
            if let Some((quote, value)) = quoted.and_then(|q| Some((q.chars().next().filter(|c| matches!(c, '"' | '\''))?, &q[1..]))) {
                let value = value.split(quote).next()?;
                let at = value.as_ptr() as usize - self.attributes.as_ptr() as usize;
                let (line, column) = moved(&self.attributes[..at], self.attributes_line, self.attributes_column);
                return Some((value, line, column));
            }
            from = start + name.len();
        }
        None
    }
}

/// Line and column behind `text`, which begins at `line` and `column`.
fn moved(text: &str, line: u32, column: u32) -> (u32, u32) {
    match text.rsplit_once('\n') {
        Some((before, last)) => (line + 1 + before.matches('\n').count() as u32, last.chars().count() as u32 + 1),
        None => (line, column + text.chars().count() as u32),
    }
}

/// Every element of the text. Comments, declarations and what is not closed are passed over.
pub(super) fn tags(text: &str) -> Vec<Tag<'_>> {
    let (mut out, mut rest, mut line, mut column) = (Vec::new(), text, 1, 1);
    while let Some(open) = rest.find('<') {
        (line, column) = moved(&rest[..open], line, column);
        rest = &rest[open..];
        let ends = |end: &str| rest.find(end).map(|i| i + end.len());
        let skipped = if rest.starts_with("<!--") {
            Some(ends("-->"))
        } else if rest.starts_with("<![CDATA[") {
            Some(ends("]]>"))
        } else if rest.starts_with("<?") || rest.starts_with("<!") {
            Some(ends(">"))
        } else {
            None
        };
        let Some(end) = skipped.unwrap_or_else(|| ends(">")) else { break };
        if skipped.is_none() {
            out.push(tag(&rest[..end], &rest[end..], line, column));
        }
        (line, column) = moved(&rest[..end], line, column);
        rest = &rest[end..];
    }
    out
}

fn tag<'a>(whole: &'a str, behind: &'a str, line: u32, column: u32) -> Tag<'a> {
    let inner = whole[1..].trim_end_matches('>');
    let (closes, empty) = (inner.starts_with('/'), inner.ends_with('/'));
    let inner = inner.trim_matches('/');
    let name = inner.split(|c: char| c.is_whitespace()).next().unwrap_or_default();
    let attributes = &inner[name.len()..];
    let start = whole.len() - whole[1..].trim_start_matches('/').len();
    let (attributes_line, attributes_column) = moved(&whole[..start + name.len()], line, column);
    let raw = behind.split('<').next().unwrap_or_default();
    let text = raw.trim();
    let blank = raw.len() - raw.trim_start().len();
    let (text_line, text_column) = moved(whole, line, column);
    let (text_line, text_column) = moved(&raw[..blank], text_line, text_column);
    Tag { name, closes, empty, attributes, attributes_line, attributes_column, text, text_line, text_column, line, column }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_have_their_places() {
        let text = "<?xml version=\"1.0\"?>\n<!-- <a> -->\n<s><id>nexus</id>\n  <add key=\"é\" value = 'x y' /></s>";
        let tags = tags(text);
        let names: Vec<(&str, bool)> = tags.iter().map(|t| (t.name, t.closes)).collect();
        assert_eq!(names, [("s", false), ("id", false), ("id", true), ("add", false), ("s", true)]);
        assert_eq!((tags[1].text, tags[1].text_line, tags[1].text_column), ("nexus", 3, 8));
        assert!(tags[3].empty && !tags[1].empty);
        assert_eq!(tags[3].attribute("value"), Some(("x y", 4, 25)));
        assert_eq!(tags[3].attribute("alu"), None);
        assert!(super::tags("<a <b").iter().all(|t| t.name != "b"));
    }
}
