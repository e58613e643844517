//! Writes the formats in which values hide, for the tests that find them again.

use std::io::Write;

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(bytes).and_then(|()| writer.finish()).expect("memory")
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn crc32(bytes: &[u8]) -> [u8; 4] {
    let mut sum = flate2::Crc::new();
    sum.update(bytes);
    sum.sum().to_le_bytes()
}

pub(crate) fn bz2(bytes: &[u8]) -> Vec<u8> {
    let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    writer.write_all(bytes).and_then(|()| writer.finish()).expect("memory")
}

/// One block of one stored chunk, without a check.
pub(crate) fn xz(bytes: &[u8]) -> Vec<u8> {
    let padded = |mut v: Vec<u8>| {
        v.resize(v.len().div_ceil(4) * 4, 0);
        v
    };
    let with_sum = |v: Vec<u8>| [v.clone(), crc32(&v).to_vec()].concat();
    let chunk = [&[1][..], &(bytes.len() as u16 - 1).to_be_bytes(), bytes, &[0]].concat();
    let header = with_sum(vec![2, 0, 0x21, 1, 8, 0, 0, 0]);
    let varint = |mut n: usize| {
        let mut out = Vec::new();
        while n > 127 {
            out.push(n as u8 | 0x80);
            n >>= 7;
        }
        out.push(n as u8);
        out
    };
    let index = with_sum(padded([vec![0, 1], varint(header.len() + chunk.len()), varint(bytes.len())].concat()));
    let back = [&(index.len() as u32 / 4 - 1).to_le_bytes()[..], &[0, 0]].concat();
    [b"\xfd7zXZ\0\0\0".to_vec(), crc32(&[0, 0]).to_vec(), header, padded(chunk), index, crc32(&back).to_vec(), back, b"YZ".to_vec()].concat()
}

pub(crate) fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, bytes) in members {
        let mut block = [0u8; 512];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
        block[156] = b'0';
        block[257..265].copy_from_slice(b"ustar\x0000");
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        out.extend_from_slice(&block);
        out.extend_from_slice(bytes);
        out.resize(out.len().div_ceil(512) * 512, 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

/// Members that are deflated; `flags` is 1 for those that say that they are encrypted.
pub(crate) fn zip(members: &[(&str, &[u8])], flags: u16) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in members {
        let mut writer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        let packed = writer.write_all(bytes).and_then(|()| writer.finish()).expect("memory");
        let mut common = [20u16, flags, 8, 0, 0].iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
        common.extend(crc32(bytes));
        common.extend([packed.len() as u32, bytes.len() as u32].iter().flat_map(|n| n.to_le_bytes()));
        common.extend((name.len() as u16).to_le_bytes());
        let place = out.len() as u32;
        out.extend([b"PK\x03\x04", &common[..], &[0, 0], name.as_bytes(), &packed].concat());
        directory.extend([b"PK\x01\x02\x14\0", &common[..], &[0; 12], &place.to_le_bytes(), name.as_bytes()].concat());
    }
    let (start, size, count) = (out.len() as u32, directory.len() as u32, members.len() as u16);
    out.extend(directory);
    out.extend([b"PK\x05\x06\0\0\0\0", &count.to_le_bytes()[..], &count.to_le_bytes(), &size.to_le_bytes(), &start.to_le_bytes(), &[0, 0]].concat());
    out
}

/// A database with one table of two columns of text, and one row.
pub(crate) fn sqlite(columns: [&str; 2], row: [&str; 2]) -> Vec<u8> {
    const PAGE: usize = 512;
    fn leaf(page: &mut [u8], head: usize, values: &[&str], root: Option<u8>) {
        let text_type = |v: &str| u8::try_from(13 + 2 * v.len()).ok();
        // Types of two bytes where the text is long.
        let mut types = Vec::new();
        for (i, v) in values.iter().enumerate() {
            if i == 3 && root.is_some() {
                types.push(1);
            }
            match text_type(v).filter(|t| *t < 128) {
                Some(t) => types.push(t),
                None => types.extend([0x80 | ((13 + 2 * v.len()) >> 7) as u8, (13 + 2 * v.len()) as u8 & 0x7f]),
            }
        }
        let mut payload = vec![types.len() as u8 + 1];
        payload.extend(types);
        for (i, v) in values.iter().enumerate() {
            if i == 3 {
                payload.extend(root);
            }
            payload.extend(v.as_bytes());
        }
        let mut cell = if payload.len() < 128 { vec![payload.len() as u8] } else { vec![0x80 | (payload.len() >> 7) as u8, payload.len() as u8 & 0x7f] };
        cell.push(1);
        cell.extend(payload);
        let place = PAGE - cell.len();
        page[place..].copy_from_slice(&cell);
        page[head] = 13;
        page[head + 4] = 1;
        page[head + 8..head + 10].copy_from_slice(&(place as u16).to_be_bytes());
    }
    let mut file = vec![0; 2 * PAGE];
    file[..16].copy_from_slice(b"SQLite format 3\0");
    file[16..18].copy_from_slice(&(PAGE as u16).to_be_bytes());
    let sql = format!("CREATE TABLE logins({} TEXT, {} TEXT)", columns[0], columns[1]);
    let (first, second) = file.split_at_mut(PAGE);
    leaf(first, 100, &["table", "logins", "logins", &sql], Some(2));
    leaf(second, 0, &row, None);
    file
}

/// The head and the constant pool of a class, with one text.
pub(crate) fn class(text: &str) -> Vec<u8> {
    [b"\xca\xfe\xba\xbe\0\0\0\x3d\0\x02\x01", &(text.len() as u16).to_be_bytes()[..], text.as_bytes(), &[0; 40]].concat()
}

/// Compiled Python with one short text.
pub(crate) fn pyc(text: &str) -> Vec<u8> {
    [b"\xa7\x0d\r\n\0\0\0\0\0\0\0\0\0\0\0\0\xe3\0\xda", &[text.len() as u8][..], text.as_bytes(), b"N\0\0"].concat()
}

pub(crate) fn elf(text: &str) -> Vec<u8> {
    [b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", text.as_bytes(), b"\0\0\x01"].concat()
}
