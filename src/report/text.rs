//! Text from scanned files, made harmless for a medium.

use crate::model::Location;

/// For a terminal: control characters, invisible and bidirectional ones become visible escapes.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            c if c.is_control() => format!("\\u{{{:x}}}", c as u32),
            '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}' => {
                format!("\\u{{{:x}}}", c as u32)
            }
            c => c.to_string(),
        })
        .collect()
}

/// At most so many characters, the end given up.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// At most so many characters, the beginning given up: the end of a path says most.
pub(super) fn cut_start(text: &str, width: usize) -> String {
    let count = text.chars().count();
    if count <= width {
        return text.to_owned();
    }
    std::iter::once('…').chain(text.chars().skip(count - width.saturating_sub(1))).collect()
}

/// `path:line`.
pub(super) fn place(at: &Location) -> String {
    let revision = at.revision.as_ref().map_or(String::new(), |r| format!(" ({})", &r[..r.len().min(8)]));
    format!("{}:{}{revision}", plain(&at.path), at.line)
}
