//! Loose objects: one compressed file each, `<kind> <size>\0<bytes>`.

use std::fs;
use std::path::{Path, PathBuf};

use libdeflater::DecompressionError;
use rayon::prelude::*;

use super::{Kind, MAX_OBJECT, Tools, sorted};

/// Longest `<kind> <size>\0`.
const MAX_HEADER: usize = 32;

pub(super) struct Loose {
    path: PathBuf,
    pub(super) kind: Kind,
}

/// Every loose object of one folder with its id, by id.
pub(super) fn list(folder: &Path, width: usize) -> Vec<(Vec<u8>, Loose)> {
    let fans = sorted(folder).into_iter().filter(|p| p.file_name().is_some_and(|n| n.len() == 2));
    let paths: Vec<(Vec<u8>, PathBuf)> = fans
        .flat_map(|fan| sorted(&fan))
        .filter_map(|path| {
            let name = format!("{}{}", path.parent()?.file_name()?.to_str()?, path.file_name()?.to_str()?);
            Some((hex(&name).filter(|id| id.len() == width)?, path))
        })
        .collect();
    let read = |(id, path): (Vec<u8>, PathBuf)| {
        let mut loose = Loose { path, kind: Kind::Unknown };
        if let Some((kind, ..)) = loose.inflate(&mut Tools::default()) {
            loose.kind = kind;
        }
        (id, loose)
    };
    paths.into_par_iter().map(read).collect()
}

impl Loose {
    pub(super) fn unpack(&self, tools: &mut Tools, out: &mut Vec<u8>) -> Option<()> {
        let (_, header, mut bytes) = self.inflate(tools)?;
        bytes.drain(..header);
        *out = bytes;
        Some(())
    }

    /// Kind, length of the header, and everything; nothing when it is broken or too large.
    fn inflate(&self, tools: &mut Tools) -> Option<(Kind, usize, Vec<u8>)> {
        let size = fs::symlink_metadata(&self.path).ok().filter(|m| m.is_file())?.len() as usize;
        if size > MAX_OBJECT {
            return None;
        }
        let stored = fs::read(&self.path).ok()?;
        let mut bytes = vec![0; (stored.len() * 4).max(4096)];
        let made = loop {
            match tools.inflater.zlib_decompress(&stored, &mut bytes) {
                Ok(made) => break made,
                Err(DecompressionError::InsufficientSpace) if bytes.len() < MAX_OBJECT + MAX_HEADER => {
                    bytes.resize((bytes.len() * 4).min(MAX_OBJECT + MAX_HEADER), 0);
                }
                Err(_) => return None,
            }
        };
        bytes.truncate(made);
        let header = bytes.iter().take(MAX_HEADER).position(|b| *b == 0)? + 1;
        let kind = match bytes[..header].split(|b| *b == b' ').next()? {
            b"commit" => Kind::Commit,
            b"tree" => Kind::Tree,
            b"blob" => Kind::Blob,
            b"tag" => Kind::Tag,
            _ => return None,
        };
        Some((kind, header, bytes))
    }
}

/// Bytes of a hexadecimal text.
pub(in crate::git) fn hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |b: u8| char::from(b).to_digit(16).map(|d| d as u8);
    digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}
