//! Which rows are about the same channel or film.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use model::Text;
use model::iptv::FeedKind;

use super::rows::Names;
use crate::Error;

/// A place for each channel: by its UUID where it is known, since what a film or a programme of the past is fed by has
/// another key each time; else by the feed's key.
#[derive(Default)]
pub(super) struct ChannelKeys {
    /// What was met already: server, kind, channel, feed.
    met: HashMap<(i64, FeedKind, i64, i64), usize>,
    places: HashMap<(i64, FeedKind, Text), usize>,
}

impl ChannelKeys {
    /// The place, and the key if the place is new: places are given without gaps.
    pub(super) fn place(
        &mut self,
        names: &mut Names<'_>,
        server: i64,
        kind: FeedKind,
        channel: i64,
        feed: i64,
    ) -> Result<(usize, Option<Text>), Error> {
        if let Some(place) = self.met.get(&(server, kind, channel, feed)) {
            return Ok((*place, None));
        }
        let key = match &names.channel(channel)?.uuid {
            Some(uuid) => uuid.clone(),
            None => names.text(feed)?,
        };
        let next = self.places.len();
        let (place, key) = match self.places.entry((server, kind, key.clone())) {
            Entry::Occupied(known) => (*known.get(), None),
            Entry::Vacant(new) => (*new.insert(next), Some(key)),
        };
        self.met.insert((server, kind, channel, feed), place);
        Ok((place, key))
    }
}
