//! What tells that a file was not changed, as git's index does: its size, and the dates and the number that the file system gives it.

use std::fs::Metadata;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::cache::{Reader, Writer};

/// Dates of files change no more often than this: the clock's tick, or two seconds where only whole seconds are written (FAT).
const TICK: Duration = Duration::from_millis(50);
const COARSE_TICK: Duration = Duration::from_secs(3);
const SECOND: u64 = 1_000_000_000;

/// Equal stamps are those of one file that nobody changed, unless the stamp was fresh when it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    size: u64,
    /// Nanoseconds since the epoch.
    modified: u64,
    /// The same of the last change of its name, owner or bits: nobody can set that one back.
    changed: u64,
    /// Its number, and that of the file system.
    number: u64,
    device: u64,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().map(nanoseconds).unwrap_or_default();
        #[cfg(unix)]
        let (changed, number, device) = {
            use std::os::unix::fs::MetadataExt;
            let changed = (metadata.ctime().unsigned_abs()).wrapping_mul(SECOND).wrapping_add(metadata.ctime_nsec().unsigned_abs());
            (changed, metadata.ino(), metadata.dev())
        };
        #[cfg(not(unix))]
        let (changed, number, device) = (0, 0, 0);
        Stamp { size: metadata.len(), modified, changed, number, device }
    }

    /// Whether the file may have changed after that time and have this stamp all the same: only its content tells.
    pub(super) fn is_fresh(&self, time: SystemTime) -> bool {
        let newest = self.modified.max(self.changed);
        let tick = if self.modified.is_multiple_of(SECOND) { COARSE_TICK } else { TICK };
        newest >= nanoseconds(time.checked_sub(tick).unwrap_or(UNIX_EPOCH))
    }

    pub(super) fn keep(&self, row: &mut Writer) {
        [self.size, self.modified, self.changed, self.number, self.device].into_iter().for_each(|n| row.number(n));
    }

    /// Reads it back.
    pub(super) fn kept(row: &mut Reader<'_>) -> Option<Self> {
        Some(Stamp { size: row.number()?, modified: row.number()?, changed: row.number()?, number: row.number()?, device: row.number()? })
    }
}

fn nanoseconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).ok().and_then(|d| u64::try_from(d.as_nanos()).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_tells_only_what_was_changed_a_tick_before() {
        let at = |nanoseconds: u64| UNIX_EPOCH + Duration::from_nanos(nanoseconds);
        let stamp = |modified, changed| Stamp { size: 1, modified, changed, number: 1, device: 1 };
        let fine = 1_000 * SECOND + 5;
        assert!(stamp(fine, fine).is_fresh(at(fine)));
        assert!(stamp(fine, fine).is_fresh(at(fine + 40_000_000)));
        assert!(!stamp(fine, fine).is_fresh(at(fine + 60_000_000)));
        assert!(stamp(5, fine).is_fresh(at(fine)), "its bits were changed");
        let whole = 1_000 * SECOND;
        assert!(stamp(whole, whole).is_fresh(at(whole + 2 * SECOND)));
        assert!(!stamp(whole, whole).is_fresh(at(whole + 4 * SECOND)));
        assert!(stamp(whole * 2, whole).is_fresh(at(whole)), "a date that is still to come");
    }
}
