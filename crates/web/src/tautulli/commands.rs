//! The commands: their names, what each does in a sentence, and how it is answered.

use std::sync::Arc;
use std::sync::LazyLock;

use axum::response::Response;
use futures_util::future::BoxFuture;
use history::View;

use super::envelope::{Format, Reply, Written};
use super::list::COMMANDS;
use super::params::{NotANumber, Params};
use super::value::Value;
use super::{Settings, catalog, long};
use crate::{CatalogError, Context};

/// One question and all that is needed to answer it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) ctx: Arc<Context>,
    pub(super) params: Params,
    pub(super) now_s: i64,
    /// What is in the collection or playlist that a command is about, if it is about one.
    pub(super) members: Option<Vec<i64>>,
}

impl Asked {
    pub(super) fn new(ctx: Arc<Context>, params: Params) -> Self {
        let now_s = ctx.clock.now().as_second();
        Self {
            ctx,
            params,
            now_s,
            members: None,
        }
    }

    pub(super) fn settings(&self) -> &Settings {
        let settings = self.ctx.tautulli.as_ref();
        settings.expect("no question is admitted without settings")
    }

    /// Whether plays that continue each other count as one.
    pub(super) fn grouping(&self) -> bool {
        let given = self.params.switch("grouping");
        given.unwrap_or_else(|| self.settings().group_history)
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
    /// The server did not tell.
    Catalog(CatalogError),
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
            Self::Catalog(e) => {
                tracing::warn!(command, "answering {command}: {e}");
                Reply::failed()
            }
        }
    }
}

type FromHistory = fn(&View<'_>, &Asked) -> Result<Value, Fault>;
type FromServer = fn(Arc<Asked>) -> BoxFuture<'static, Result<Value, Fault>>;

/// Where an answer comes from.
enum Run {
    /// From memory, at once.
    Now(fn(&Asked) -> Result<Reply, Fault>),
    /// From the history, on a thread that may wait.
    History(FromHistory),
    /// From the history, once the server has told what is in a collection.
    Members(FromHistory),
    /// From the server itself.
    Server(FromServer),
}

/// A command.
pub(super) struct Command {
    pub(super) name: &'static str,
    /// For `docs`.
    pub(super) about: &'static str,
    run: Run,
}

pub(super) const fn from_memory(
    name: &'static str,
    about: &'static str,
    run: fn(&Asked) -> Result<Reply, Fault>,
) -> Command {
    let run = Run::Now(run);
    Command { name, about, run }
}

pub(super) const fn from_history(name: &'static str, about: &'static str, run: FromHistory) -> Command {
    let run = Run::History(run);
    Command { name, about, run }
}

pub(super) const fn with_members(name: &'static str, about: &'static str, run: FromHistory) -> Command {
    let run = Run::Members(run);
    Command { name, about, run }
}

pub(super) const fn from_server(name: &'static str, about: &'static str, run: FromServer) -> Command {
    let run = Run::Server(run);
    Command { name, about, run }
}

/// All names, as refusals list them.
pub(super) fn names() -> &'static str {
    static NAMES: LazyLock<String> = LazyLock::new(|| {
        let names: Vec<_> = COMMANDS.iter().map(|c| c.name).collect();
        names.join(", ")
    });
    &NAMES
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
            Run::History(run) => self.of_history(run, asked, format).await,
            Run::Members(run) => match catalog::members(&asked).await {
                Ok(members) => {
                    let asked = Asked { members, ..asked };
                    if self.name == "get_history" && format.is_plain() && long::is_long(&asked.params) {
                        let failed = |fault: Fault| fault.into_reply("get_history");
                        return long::response(Arc::new(asked), format, failed).await;
                    }
                    self.of_history(run, asked, format).await
                }
                Err(fault) => format.write(fault.into_reply(self.name)),
            },
            Run::Server(run) => format.write(match run(Arc::new(asked)).await {
                Ok(data) => Reply::success(data),
                Err(fault) => fault.into_reply(self.name),
            }),
        };
        written.into_response()
    }

    /// Asks and writes on the same thread, so that the one that serves everybody does neither.
    async fn of_history(&'static self, run: FromHistory, asked: Asked, format: Format) -> Written {
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
