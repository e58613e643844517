//! How long a value of a pattern is at least, before anything that ends most values.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::assigned::is_dense;

/// Bytes without white space and quotes that every match of the pattern begins with. Errors say why it cannot be read.
pub(super) fn run(pattern: &str) -> Result<usize, String> {
    let hir = ParserBuilder::new().utf8(false).unicode(false).build().parse(pattern).map_err(|e| e.to_string())?;
    Ok(leading(&hir).0)
}

/// That of a part, and whether the run goes on behind it.
fn leading(hir: &Hir) -> (usize, bool) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => (0, true),
        HirKind::Literal(literal) => {
            let run = literal.0.iter().take_while(|b| is_dense(**b)).count();
            (run, run == literal.0.len())
        }
        HirKind::Class(Class::Bytes(class)) if class.ranges().iter().all(|r| (r.start()..=r.end()).all(is_dense)) => (1, true),
        HirKind::Class(_) => (0, false),
        HirKind::Capture(capture) => leading(&capture.sub),
        HirKind::Repetition(repeated) => match leading(&repeated.sub) {
            (run, true) => (run * repeated.min as usize, true),
            (run, false) => (if repeated.min > 0 { run } else { 0 }, false),
        },
        HirKind::Alternation(ways) => {
            let ways: Vec<(usize, bool)> = ways.iter().map(leading).collect();
            (ways.iter().map(|w| w.0).min().unwrap_or_default(), ways.iter().all(|w| w.1))
        }
        HirKind::Concat(parts) => {
            let mut whole = 0;
            for (run, goes_on) in parts.iter().map(leading) {
                whole += run;
                if !goes_on {
                    return (whole, false);
                }
            }
            (whole, true)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::run;

    #[test]
    fn the_least_that_every_match_begins_with() {
        for (pattern, least) in [
            ("[0-9a-f]{32}", 32),
            ("ab(?:c|de)f?", 3),
            ("[a-z]{4} [a-z]{4}", 4),
            ("(?:[a-z]{4}\\s?){4}", 4),
            ("[^x]{9}", 0),
            ("key-[A-Z]+", 5),
            ("x*y", 1),
            ("(?:ab|c d)e", 1),
        ] {
            assert_eq!(run(pattern), Ok(least), "{pattern}");
        }
        assert!(run("[").is_err());
    }
}
