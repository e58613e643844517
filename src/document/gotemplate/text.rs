//! Text that knows where each part of it was written, through every function that joins, indents or trims it.

/// From this offset on, the text stands at this place; columns advance with it when it was written there, and do not when it is a value.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Mark {
    at: usize,
    line: u32,
    column: u32,
    written: bool,
}

/// A string with the places of its parts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    string: String,
    marks: Vec<Mark>,
}

impl Text {
    /// Text of no known place.
    pub fn new(string: impl Into<String>) -> Self {
        Text { string: string.into(), marks: Vec::new() }
    }

    /// A value that is stated at this line and column.
    pub fn stated(string: impl Into<String>, line: u32, column: u32) -> Self {
        let string = string.into();
        let marks = if string.is_empty() { Vec::new() } else { vec![Mark { at: 0, line, column, written: false }] };
        Text { string, marks }
    }

    pub fn as_str(&self) -> &str {
        &self.string
    }

    /// Line and column of the first part that has a place.
    pub fn first_place(&self) -> Option<(u32, u32)> {
        self.marks.first().map(|m| (m.line, m.column))
    }

    pub fn push(&mut self, other: &Text) {
        let shift = self.string.len();
        self.marks.extend(other.marks.iter().map(|m| Mark { at: m.at + shift, ..*m }));
        self.string.push_str(&other.string);
    }

    pub fn push_str(&mut self, text: &str) {
        self.string.push_str(text);
    }

    /// Adds text as it is written in a template: each of its lines gets its own place.
    pub fn push_written(&mut self, text: &str, line: u32, column: u32) {
        let (mut line, mut column) = (line, column);
        for part in text.split_inclusive('\n') {
            self.marks.push(Mark { at: self.string.len(), line, column, written: true });
            self.string.push_str(part);
            line += 1;
            column = 1;
        }
    }

    /// Adds a result that has no place of its own at the place of the action that made it.
    pub fn push_at(&mut self, other: &Text, line: u32, column: u32) {
        if other.marks.first().is_none_or(|m| m.at > 0) && !other.string.is_empty() {
            self.marks.push(Mark { at: self.string.len(), line, column, written: true });
        }
        self.push(other);
    }

    /// The same place with another text: what a function made of this one.
    pub fn with(&self, string: impl Into<String>) -> Self {
        match self.first_place() {
            Some((line, column)) => Text::stated(string, line, column),
            None => Text::new(string),
        }
    }

    /// A part of the text, by bytes; both ends must be boundaries of characters.
    pub fn slice(&self, from: usize, to: usize) -> Self {
        let first = self.marks.partition_point(|m| m.at <= from).saturating_sub(1);
        let marks = self.marks[first..].iter().filter(|m| m.at < to).map(|m| {
            let skipped = from.saturating_sub(m.at);
            let column = if m.written { m.column + skipped as u32 } else { m.column };
            Mark { at: m.at.saturating_sub(from), column, ..*m }
        });
        let marks = if from < to { marks.collect() } else { Vec::new() };
        Text { string: self.string[from..to].to_owned(), marks }
    }

    /// Puts spaces before each line.
    pub fn indent(&self, spaces: usize) -> Self {
        let pad = " ".repeat(spaces);
        let mut out = Text::default();
        let mut from = 0;
        for line in self.string.split('\n') {
            if from > 0 {
                out.push_str("\n");
            }
            out.push_str(&pad);
            out.push(&self.slice(from, from + line.len()));
            from += line.len() + 1;
        }
        out
    }

    /// Cuts white space, or what `cut` names, off both ends.
    pub fn trim(&self, cut: impl Fn(char) -> bool) -> Self {
        let end = self.string.trim_end_matches(&cut).len();
        let start = self.string[..end].len() - self.string[..end].trim_start_matches(&cut).len();
        self.slice(start, end)
    }

    /// Where the scalar that begins at this offset is stated: inside quotes that a template writes stands a value of another place.
    pub(super) fn place_of_scalar(&self, offset: usize, length: usize) -> Option<(u32, u32)> {
        let next = self.marks.partition_point(|m| m.at < offset);
        let value = self.marks[next..].iter().take_while(|m| m.at <= offset + length).find(|m| !m.written);
        value.map(|m| (m.line, m.column)).or_else(|| self.place(offset))
    }

    /// Where the text at this offset was written.
    pub(super) fn place(&self, offset: usize) -> Option<(u32, u32)> {
        let mark = self.marks[..self.marks.partition_point(|m| m.at <= offset)].last()?;
        let advance = if mark.written { self.string.get(mark.at..offset).map_or(0, |s| s.chars().count()) as u32 } else { 0 };
        Some((mark.line, mark.column + advance))
    }

    /// The last line of the template that is written before this offset.
    pub(super) fn written_before(&self, offset: usize) -> Option<u32> {
        self.marks[..self.marks.partition_point(|m| m.at <= offset)].iter().rev().find(|m| m.written).map(|m| m.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_survive_joining_indenting_and_trimming() {
        let mut text = Text::default();
        text.push_written("a: ", 10, 1);
        text.push(&Text::stated("v", 99, 7));
        text.push_written("\nb: c\n", 10, 20);
        let indented = text.indent(2);
        assert_eq!(indented.as_str(), "  a: v\n  b: c\n  ");
        assert_eq!(indented.place(5), Some((99, 7)));
        assert_eq!(indented.place(9), Some((11, 1)));
        assert_eq!(indented.place(12), Some((11, 4)));
        assert_eq!(indented.trim(char::is_whitespace).place(10), Some((11, 4)));
    }
}
