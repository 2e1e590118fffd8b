//! How the program fails: one line that names the cause, one that says what to do, and an exit code.

use std::error::Error;
use std::fmt;

use base::error::Chain;

/// Exit codes, after `sysexits.h` where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Something outside went wrong: a port in use, a server that does not answer.
    Failed = 1,
    /// The command line makes no sense.
    Usage = 64,
    /// The configuration makes no sense.
    Config = 78,
}

/// A failure as its user sees it. The message is one line and holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Failure {
    pub(crate) fn failed(message: impl AsRef<str>) -> Self {
        Self::new(Exit::Failed, message.as_ref())
    }

    pub(crate) fn usage(message: impl AsRef<str>) -> Self {
        Self::new(Exit::Usage, message.as_ref())
    }

    pub(crate) fn config(message: impl AsRef<str>) -> Self {
        Self::new(Exit::Config, message.as_ref())
    }

    /// A failure whose message is `e` with all its causes.
    pub(crate) fn chain(e: &(dyn Error + 'static)) -> Self {
        Self::failed(Chain(e).to_string())
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl AsRef<str>) -> Self {
        self.hint = Some(one_line(hint.as_ref()));
        self
    }

    #[must_use]
    pub(crate) fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint.map(|h| one_line(&h));
        self
    }

    fn new(exit: Exit, message: &str) -> Self {
        Self {
            exit,
            message: one_line(message),
            hint: None,
        }
    }
}

/// `error: …`, then `hint: …` on the next line if there is one.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

/// Joins lines, so that a foreign message cannot spread over the terminal or forge a second log line.
pub(crate) fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control())
        .flat_map(str::split_whitespace)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_an_error_line_and_a_hint_line() {
        let f = Failure::config("a\n  b\u{1b}[31m").hint("do\nthis");
        assert_eq!(f.to_string(), "error: a b [31m\nhint: do this");
        assert_eq!(f.exit as u8, 78);
    }
}
