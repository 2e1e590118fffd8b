//! One watched server: asks it, reads its answers, reports how each request went, and makes sure it stays the same.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use base::Kind;
use bytes::BytesMut;
use model::Text;
use tokio::time::Instant;

use super::ask::{self, Ask};
use super::client::Client;
use super::decode::{DecodeError, Decoded, Issue};
use super::error::Error;
use super::map::{self, Identity};
use super::words;
pub(super) use crate::outbox::{Outbox, one_line};

/// Odd fields remembered so that each is logged once; further ones are not logged.
const ODDITIES_MAX: usize = 200;

#[derive(Debug)]
pub(super) struct Server {
    pub(super) client: Client,
    /// Absent when the server is asked once, for a check.
    outbox: Option<Outbox>,
    /// The one machine whose figures we tell: the configured one, else the first seen.
    pinned: Mutex<Option<Text>>,
    oddities: Mutex<HashSet<String>>,
}

impl Server {
    pub(super) fn new(client: Client, machine_id: Option<&str>, outbox: Option<Outbox>) -> Self {
        Self {
            client,
            outbox,
            pinned: Mutex::new(machine_id.map(|id| id.trim().into())),
            oddities: Mutex::default(),
        }
    }

    /// Asks, reports, and reads the answer with `read`.
    pub(super) async fn fetch<T>(
        &self,
        ask: &Ask,
        read: impl FnOnce(BytesMut) -> Result<T, DecodeError>,
    ) -> Result<T, Error> {
        let started = Instant::now();
        let (body, retries) = self.client.get(ask).await;
        let value = body.and_then(|body| read(body).map_err(|e| self.client.undecodable(ask, e)));
        if let Some(outbox) = &self.outbox {
            outbox
                .report(
                    ask.endpoint,
                    started,
                    value.as_ref().err().map(Error::kind),
                    retries,
                )
                .await;
        }
        value
    }

    /// Like [`Server::fetch`], for answers whose odd fields are left out; each such field is logged once.
    pub(super) async fn fetch_leniently<T>(
        &self,
        ask: &Ask,
        read: impl FnOnce(&[u8]) -> Result<Decoded<T>, DecodeError>,
    ) -> Result<T, Error> {
        let decoded = self.fetch(ask, |body| read(&body)).await?;
        self.note(ask, &decoded.issues);
        Ok(decoded.value)
    }

    /// Logs fields that had to be left out, each once.
    pub(super) fn note(&self, ask: &Ask, issues: &[Issue]) {
        for issue in issues {
            let field = format!("{} {}", ask.place(), without_numbers(&issue.path));
            let mut known = self.oddities.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() < ODDITIES_MAX && known.insert(field) {
                tracing::debug!(path = issue.path, "{}: left out {issue}", ask.place());
            }
        }
    }

    /// Asks who is there; an error if it is not Plex, or another server than before.
    pub(super) async fn identify(&self) -> Result<Identity, Error> {
        let identity = self
            .fetch(&ask::IDENTITY, |body| map::identity(&body))
            .await
            .map_err(|e| {
                match e.kind() {
                    // Every Plex server has this page and gives it to anyone.
                    Kind::BadPayload | Kind::NotFound => {
                        self.client.error(words::not_plex(&self.client.shown()), None)
                    }
                    _ => e,
                }
            })?;
        self.verify(&identity.machine_id)?;
        Ok(identity)
    }

    /// Compares with the server we watch; the first one seen becomes that.
    pub(super) fn verify(&self, machine_id: &Text) -> Result<(), Error> {
        let mut pinned = self.pinned.lock().unwrap_or_else(PoisonError::into_inner);
        let expected = pinned.get_or_insert_with(|| machine_id.clone());
        if expected == machine_id {
            return Ok(());
        }
        Err(self.client.error(
            words::other_server(&self.client.shown(), machine_id, expected),
            None,
        ))
    }
}

/// `Metadata[3].Media[0].bitrate` → `Metadata[].Media[].bitrate`.
fn without_numbers(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    let mut within = false;
    for c in path.chars() {
        within = (within || c == '[') && c != ']';
        if !within || c == '[' {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_field_of_another_item_is_the_same_oddity() {
        assert_eq!(
            without_numbers("Metadata[13].Media[0].bitrate"),
            "Metadata[].Media[].bitrate"
        );
        assert_eq!(without_numbers("size"), "size");
    }
}
