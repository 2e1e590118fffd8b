//! The commands: their names, what each does in a sentence, and how it is answered.

use std::sync::Arc;
use std::sync::LazyLock;

use axum::response::Response;
use history::View;

use super::envelope::{Format, Reply, Written};
use super::params::{NotANumber, Params};
use super::value::Value;
use super::{quotes, server};
use crate::Context;

/// One question and all that is needed to answer it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) ctx: Arc<Context>,
    pub(super) params: Params,
    pub(super) now_s: i64,
}

impl Asked {
    pub(super) fn new(ctx: Arc<Context>, params: Params) -> Self {
        let now_s = ctx.clock.now().as_second();
        Self { ctx, params, now_s }
    }
}

/// Why a command has no answer.
#[derive(Debug)]
pub(super) enum Fault {
    /// A needed parameter is not there.
    Incomplete,
    /// Something was given that cannot be right; this says what.
    Refused(String),
    /// A number was needed: Tautulli stumbles over it, and so say we.
    NotANumber,
    History(history::Error),
}

impl From<history::Error> for Fault {
    fn from(e: history::Error) -> Self {
        match e {
            history::Error::Refused(why) => Self::Refused(why),
            other => Self::History(other),
        }
    }
}

impl From<NotANumber> for Fault {
    fn from(NotANumber: NotANumber) -> Self {
        Self::NotANumber
    }
}

impl Fault {
    fn into_reply(self, command: &'static str) -> Reply {
        match self {
            Self::Incomplete => Reply::incomplete(),
            Self::Refused(why) => Reply::refused(why),
            Self::NotANumber => Reply::failed(),
            Self::History(e) => {
                tracing::warn!(command, "answering {command}: {}", base::error::Chain(&e));
                Reply::failed()
            }
        }
    }
}

/// Where an answer comes from.
enum Run {
    /// From memory, at once.
    Now(fn(&Asked) -> Result<Reply, Fault>),
    /// From the history, on a thread that may wait.
    History(fn(&View<'_>, &Asked) -> Result<Value, Fault>),
}

/// A command.
pub(super) struct Command {
    name: &'static str,
    /// For `docs`.
    about: &'static str,
    run: Run,
}

/// In the order of their names.
static COMMANDS: &[Command] = &[
    now(
        "arnold",
        "A sentence, as a sign that the key is right.",
        |asked| Ok(Reply::success(quotes::quote(asked.now_s).into())),
    ),
    now("docs", "This list. Needs no key.", |_| Ok(Reply::success(docs()))),
    now(
        "get_server_identity",
        "Id and version of the server.",
        server::identity,
    ),
    now("get_server_info", "The server as it is configured.", server::info),
    now("get_servers_info", "All watched servers.", server::all),
    now(
        "get_tautulli_info",
        "The version of Tautulli that is spoken, and the machine.",
        server::about,
    ),
    now(
        "server_status",
        "Whether the server is connected.",
        server::connected,
    ),
    now("status", "That we answer.", |_| {
        Ok(Reply::success(Value::Null).with_message("Ok"))
    }),
];

const fn now(name: &'static str, about: &'static str, run: fn(&Asked) -> Result<Reply, Fault>) -> Command {
    Command {
        name,
        about,
        run: Run::Now(run),
    }
}

const fn history(
    name: &'static str,
    about: &'static str,
    run: fn(&View<'_>, &Asked) -> Result<Value, Fault>,
) -> Command {
    Command {
        name,
        about,
        run: Run::History(run),
    }
}

/// All names, as refusals list them.
pub(super) fn names() -> &'static str {
    static NAMES: LazyLock<String> = LazyLock::new(|| {
        let names: Vec<_> = COMMANDS.iter().map(|c| c.name).collect();
        names.join(", ")
    });
    &NAMES
}

fn docs() -> Value {
    Value::Object(COMMANDS.iter().map(|c| (c.name, Value::Word(c.about))).collect())
}

impl Command {
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        let at = COMMANDS.binary_search_by_key(&name, |c| c.name).ok()?;
        COMMANDS.get(at)
    }

    /// Needs no key.
    pub(super) fn is_open(&self) -> bool {
        self.name == "docs"
    }

    pub(super) async fn answer(&'static self, asked: Asked, format: Format) -> Response {
        let written = match self.run {
            Run::Now(run) => format.write(run(&asked).unwrap_or_else(|fault| fault.into_reply(self.name))),
            Run::History(run) => self.from_history(run, asked, format).await,
        };
        written.into_response()
    }

    /// Asks and writes on the same thread, so that the one that serves everybody does neither.
    async fn from_history(
        &'static self,
        run: fn(&View<'_>, &Asked) -> Result<Value, Fault>,
        asked: Asked,
        format: Format,
    ) -> Written {
        let Some(history) = asked.ctx.history.clone() else {
            return format.write(Reply::failed());
        };
        let refusal = format.clone();
        let written = history.ask(move |view| {
            let reply = match run(view, &asked) {
                Ok(data) => Reply::success(data),
                Err(fault) => fault.into_reply(self.name),
            };
            Ok(format.write(reply))
        });
        written
            .await
            .unwrap_or_else(|e| refusal.write(Fault::History(e).into_reply(self.name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_order_and_are_found() {
        assert!(COMMANDS.is_sorted_by(|a, b| a.name < b.name));
        for command in COMMANDS {
            assert!(Command::named(command.name).is_some_and(|c| c.name == command.name));
            assert!(command.about.ends_with('.'), "{}", command.name);
        }
        assert!(Command::named("get_settings").is_none());
    }
}
