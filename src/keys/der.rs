//! DER: nested values with tags and lengths (X.690).

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BITS: u8 = 0x03;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// One value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'a> {
    pub tag: u8,
    pub content: &'a [u8],
    /// Tag, length and content.
    pub whole: &'a [u8],
}

impl<'a> Item<'a> {
    /// The first value of these bytes, and what follows it.
    pub(super) fn first(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (&tag, rest) = bytes.split_first()?;
        // Tags of more than one byte stand in nothing that is read here.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = if first < 0x80 {
            (first as usize, rest)
        } else {
            let count = (first & 0x7f) as usize;
            if count == 0 || count > 4 || rest.len() < count {
                return None;
            }
            let (length, rest) = rest.split_at(count);
            (length.iter().fold(0usize, |n, b| n << 8 | *b as usize), rest)
        };
        if rest.len() < length {
            return None;
        }
        let (content, after) = rest.split_at(length);
        Some((Item { tag, content, whole: &bytes[..bytes.len() - after.len()] }, after))
    }

    /// The value of these bytes, if its tag is this one.
    pub(super) fn only(bytes: &'a [u8], tag: u8) -> Option<Self> {
        Item::first(bytes).map(|(item, _)| item).filter(|i| i.tag == tag)
    }

    /// The values inside.
    pub(super) fn items(&self) -> Items<'a> {
        Items(self.content)
    }

    /// The content of a bit string without the count of unused bits.
    pub(super) fn bits(&self) -> Option<&'a [u8]> {
        if self.tag == BITS { self.content.get(1..) } else { None }
    }

    /// An unsigned integer without leading zeros.
    pub(super) fn integer(&self) -> Option<&'a [u8]> {
        let zeros = self.content.iter().take_while(|b| **b == 0).count();
        if self.tag == INTEGER { self.content.get(zeros..) } else { None }
    }
}

/// Values one behind the other; what cannot be read ends them.
pub(super) struct Items<'a>(&'a [u8]);

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        let (item, rest) = Item::first(self.0)?;
        self.0 = rest;
        Some(item)
    }
}

/// Size in bits of an unsigned integer.
pub(super) fn bit_length(integer: &[u8]) -> u32 {
    integer.first().map_or(0, |first| integer.len() as u32 * 8 - first.leading_zeros())
}

/// Writes a value.
pub(super) fn write(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match content.len() {
        n if n < 0x80 => out.push(n as u8),
        n => {
            let bytes = n.to_be_bytes();
            let bytes: Vec<u8> = bytes.iter().copied().skip_while(|b| *b == 0).collect();
            out.push(0x80 | bytes.len() as u8);
            out.extend(bytes);
        }
    }
    out.extend(content);
    out
}

/// An object identifier in its dotted form.
pub(super) fn dotted(oid: &[u8]) -> String {
    let mut numbers: Vec<u64> = Vec::new();
    let mut value = 0u64;
    for byte in oid.iter().take(64) {
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if numbers.is_empty() {
                let first = (value / 40).min(2);
                numbers.extend([first, value - first * 40]);
            } else {
                numbers.push(value);
            }
            value = 0;
        }
    }
    numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}
