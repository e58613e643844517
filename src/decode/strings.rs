//! Text inside compiled files: the constants of Java classes and of Python, and runs of printable letters anywhere else.

/// Shorter runs are chance.
const SHORTEST: usize = 8;

/// Runs of printable letters, one a line.
pub(super) fn of_executable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for run in bytes.split(|b| !matches!(b, b' '..=b'~' | b'\t')) {
        line(run, &mut out);
    }
    out
}

fn line(text: &[u8], out: &mut Vec<u8>) {
    if text.len() >= SHORTEST {
        out.extend_from_slice(text);
        out.push(b'\n');
    }
}

/// The texts of a class's constant pool, one a line (The Java Virtual Machine Specification, 4.4).
pub(super) fn of_class(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let number = |at: usize| Some(usize::from(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?])));
    let (mut at, mut left) = (10, number(8).unwrap_or(0));
    while left > 1 {
        let (length, slots) = match bytes.get(at) {
            Some(1) => {
                let Some(length) = number(at + 1) else { break };
                let Some(text) = bytes.get(at + 3..at + 3 + length) else { break };
                line(text, &mut out);
                (3 + length, 1)
            }
            Some(7 | 8 | 16 | 19 | 20) => (3, 1),
            Some(15) => (4, 1),
            Some(3 | 4 | 9..=12 | 17 | 18) => (5, 1),
            // Eight bytes take two places.
            Some(5 | 6) => (9, 2),
            _ => break,
        };
        at += length;
        left = left.saturating_sub(slots);
    }
    out
}

/// The text constants of compiled Python, one a line: each has a letter for its type and its length in front of it.
pub(super) fn of_pyc(bytes: &[u8]) -> Vec<u8> {
    /// The type's highest bit says that it may be named again.
    const AGAIN: u8 = 0x80;
    let mut out = Vec::new();
    let mut at = 16.min(bytes.len());
    while at < bytes.len() {
        let length = match bytes[at] & !AGAIN {
            b'z' | b'Z' => bytes.get(at + 1).map(|n| (2, usize::from(*n))),
            b's' | b'u' | b'a' | b'A' | b't' => bytes.get(at + 1..at + 5).map(|n| (5, n.iter().rev().fold(0, |n, b| n << 8 | usize::from(*b)))),
            _ => None,
        };
        let constant = length.and_then(|(head, length)| bytes.get(at + head..(at + head).checked_add(length)?).map(|text| (head, text)));
        match constant {
            Some((head, text)) if text.len() >= SHORTEST && text.iter().all(|b| !b.is_ascii_control() || b.is_ascii_whitespace()) => {
                line(text, &mut out);
                at += head + text.len();
            }
            _ => at += 1,
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_stand_alone() {
        assert_eq!(of_executable(b"\x7fELF\0\0made-up-one\0\x01short\0made-up-two\xff"), b"made-up-one\nmade-up-two\n");
        let mut class = b"\xca\xfe\xba\xbe\0\0\0\x3d\0\x05".to_vec();
        class.extend(b"\x01\0\x0bmade-up-one\x05\0\0\0\0\0\0\0\0\x01\0\x0bmade-up-two");
        assert_eq!(of_class(&class), b"made-up-one\nmade-up-two\n");
        let mut pyc = vec![0; 16];
        pyc.extend(b"\xe3\0\0\xda\x0bmade-up-oneu\x0b\0\0\0made-up-two");
        assert_eq!(of_pyc(&pyc), b"made-up-one\nmade-up-two\n");
    }

    #[test]
    fn nonsense_ends() {
        assert!(of_class(b"\xca\xfe\xba\xbe\0\0\0\x3d\xff\xff\x01\xff\xff").is_empty());
        assert!(of_pyc(&[b'u', 255, 255, 255, 255].repeat(30)).is_empty());
    }
}
