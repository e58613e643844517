//! A progress line on standard error, when that is a terminal and a scan takes more than a moment.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::pipeline::Progress;

/// How long a scan stays silent.
const MOMENT: Duration = Duration::from_millis(700);

/// Shows stages and counts; draws nothing before `MOMENT` has passed or when standard error is no terminal.
pub(crate) struct Line {
    started: Instant,
    bar: Mutex<Option<ProgressBar>>,
    on: bool,
}

impl Line {
    pub(crate) fn new() -> Self {
        Line { started: Instant::now(), bar: Mutex::new(None), on: std::io::stderr().is_terminal() }
    }

    pub(crate) fn update(&self, progress: &Progress) {
        if !self.on || self.started.elapsed() < MOMENT {
            return;
        }
        let Ok(mut slot) = self.bar.lock() else { return };
        let bar = slot.get_or_insert_with(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
                bar.set_style(style);
            }
            bar
        });
        bar.set_message(progress.to_string());
        bar.tick();
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Ok(slot) = self.bar.get_mut()
            && let Some(bar) = slot.take()
        {
            bar.finish_and_clear();
        }
    }
}
