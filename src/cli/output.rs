//! Where bytes go: standard output, a file written in one step, standard error.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anyhow::{Context, Result};

use crate::report::Style;

/// Writes to standard output. A reader that went away (`nhi scan | head`) is no error.
pub(crate) fn print(text: &str) -> Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write to standard output"),
    }
}

/// One line on standard error, prefixed with the program's name.
pub(crate) fn complain(message: &str) {
    let _ = writeln!(io::stderr().lock(), "nhi: {message}");
}

/// Writes a file so that a reader sees either the old content or all of the new one. A device or a pipe (`/dev/null`, `/dev/stdout`) is written
/// to: put in one step, a file would take its place.
pub(crate) fn write_file(path: &Path, text: &str) -> Result<()> {
    let shown = path.display();
    if std::fs::metadata(path).is_ok_and(|known| !known.is_file() && !known.is_dir()) {
        return std::fs::write(path, text).with_context(|| format!("cannot write {shown}"));
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(|| format!("cannot write {shown}: its folder cannot be written"))?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write {shown}"))?;
    file.persist(path).with_context(|| format!("cannot write {shown}"))?;
    Ok(())
}

/// The same for a script that is to be run.
pub(crate) fn write_executable(path: &Path, text: &str) -> Result<()> {
    write_file(path, text)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).with_context(|| format!("cannot make {} executable", path.display()))?;
    }
    Ok(())
}

/// Width and colours of standard output: those of the terminal; plain and 100 wide when it is none.
pub(crate) fn style(to_terminal: bool) -> Style {
    let terminal = to_terminal && io::stdout().is_terminal();
    let width = terminal_size::terminal_size().filter(|_| terminal).map_or(100, |(width, _)| usize::from(width.0).max(60));
    let color = terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()) && std::env::var("TERM").map_or(true, |t| t != "dumb");
    Style { width, color }
}
