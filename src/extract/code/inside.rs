//! Texts that stand inside a script: behind `<<EOF`, in quotes before a pipe, written into a file by the script itself.

/// Lines of such a text.
const MAX_INSIDE: usize = 500;

/// Such texts of one script.
const MAX_TEXTS: usize = 200;

/// The word behind `<<` on a line, at which the text below ends.
pub(super) fn marker(line: &str) -> Option<String> {
    let marker = line.split_once("<<")?.1.trim_start_matches('-').trim_start();
    let marker: String = marker.chars().filter(|c| !matches!(c, '"' | '\'' | '\\')).take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    (!marker.is_empty()).then_some(marker)
}

/// The text behind `<<EOF` on a line, up to its end, and the line where it begins.
pub(super) fn inside(text: &str, line: u32) -> Option<(String, u32)> {
    let mut lines = text.lines().enumerate().skip(line as usize);
    let (start, marker) = lines.by_ref().take(MAX_INSIDE).find_map(|(n, l)| Some((n, marker(l)?)))?;
    let body: Vec<&str> = lines.map(|(_, l)| l).take(MAX_INSIDE).take_while(|l| l.trim() != marker).collect();
    Some((body.join("\n"), start as u32 + 2))
}

/// Every text behind `<<EOF` of a script: the line that opens it, the text, and the line where it begins.
pub(in crate::extract) fn texts(text: &str) -> Vec<(&str, String, u32)> {
    let mut out = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(marker) = marker(line).filter(|_| out.len() < MAX_TEXTS && !line.trim_start().starts_with('#')) else { continue };
        let body: Vec<&str> = lines.by_ref().map(|(_, l)| l).take(MAX_INSIDE).take_while(|l| l.trim() != marker).collect();
        out.push((line, body.join("\n"), number as u32 + 2));
    }
    out
}

/// The text that a command above is piped into this line: `echo '…' | vault policy write name -`, and the line where it begins.
pub(super) fn piped(text: &str, line: u32, program: &str) -> Option<(String, u32)> {
    let lines: Vec<&str> = text.lines().take(line as usize + 1).collect();
    let last = lines.last()?.split_once(&format!("| {program}"))?.0.trim_end();
    let quote = last.chars().next_back().filter(|c| matches!(c, '\'' | '"'))?;
    let before = &last[..last.len() - 1];
    let opened =
        |l: &str| ["echo ", "printf "].iter().find_map(|w| l.trim_start().strip_prefix(w)).and_then(|r| r.trim_start().strip_prefix(quote)).map(str::to_owned);
    if let Some(whole) = opened(before) {
        return Some((whole, line + 1));
    }
    let above = lines.len() - 1;
    let start = (0..above).rev().take(MAX_INSIDE).find(|i| opened(lines[*i]).is_some())?;
    let mut whole = opened(lines[start])?;
    for middle in lines[start + 1..above].iter().copied().chain([before]) {
        whole.push('\n');
        whole.push_str(middle);
    }
    Some((whole, start as u32 + 1))
}

/// The text that the same script writes into a file: `tee web.hcl <<EOF`, `cat > web.hcl <<EOF`.
pub(super) fn written(text: &str, file: &str) -> Option<(String, u32)> {
    let name = file.trim_start_matches("./");
    let line = text.lines().position(|l| {
        l.contains("<<") && l.split_once("<<").is_some_and(|(b, a)| b.contains(name) || a.contains(name)) && (l.contains("tee ") || l.contains('>'))
    })?;
    inside(text, u32::try_from(line).ok()?)
}
