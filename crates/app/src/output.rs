//! Standard output and error, for people and pipes. A reader that went away is no error: `… | head` is fine.

use std::io::Write as _;

use crate::logging;

/// Writes to standard output as it is.
pub(crate) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes a line to standard output.
pub(crate) fn line(text: impl AsRef<str>) {
    print(&format!("{}\n", text.as_ref()));
}

/// Writes a line to standard error, without what the log hides: where a service runs the two end up together.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", logging::censor().apply(text));
}
