//! What numbers stand for, as far as it was asked for.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use model::Text;
use model::iptv::Programme;

use super::super::redis::Extras;
use super::super::wire;
use super::values;

/// Names and details of what is on the air; all of it may be missing. Each setter replaces what was known of its sort,
/// each `add_` adds to it.
#[derive(Debug, Default)]
pub(in crate::dispatcharr) struct Names {
    channels: HashMap<Text, Known>,
    groups: HashMap<i64, Text>,
    stream_profiles: HashMap<i64, Text>,
    streams: HashMap<i64, KnownStream>,
    users: HashMap<i64, Text>,
    programmes: HashMap<Text, Arc<Programme>>,
    details: HashMap<Text, Vec<wire::LiveClient>>,
    extras: Extras,
}

/// What is known of a channel.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub(super) id: Option<i64>,
    pub(super) name: Option<Text>,
    pub(super) number: Option<f64>,
    pub(super) group_id: Option<i64>,
    pub(super) logo_id: Option<i64>,
    /// In the order they are tried.
    pub(super) streams: Option<Vec<Option<i64>>>,
}

/// What is known of a stream.
#[derive(Clone, Debug)]
pub(super) struct KnownStream {
    pub(super) name: Option<Text>,
    pub(super) output_bitrate_bps: Option<u64>,
    /// When the bitrate was measured, by the manager's clock.
    pub(super) measured_at: Option<Timestamp>,
}

impl Names {
    /// Channels by what is asked for of those on the air (`by-uuids`), or rows of a page or of the summary.
    pub(in crate::dispatcharr) fn add_channels(&mut self, rows: impl IntoIterator<Item = wire::ChannelRow>) {
        for row in rows {
            let Some(uuid) = row.uuid else { continue };
            let known = Known {
                id: row.id,
                name: row.effective_name.or(row.name),
                number: row.effective_channel_number.or(row.channel_number),
                group_id: row.effective_group_id.or(row.group_id),
                logo_id: row.effective_logo_id.or(row.logo_id),
                streams: row.streams.0,
            };
            self.channels.insert(uuid, known);
        }
    }

    /// Forgets the channels that are not to be kept, so that they are asked for again.
    pub(in crate::dispatcharr) fn keep_channels(&mut self, keep: impl Fn(&str) -> bool) {
        self.channels.retain(|uuid, _| keep(uuid));
    }

    pub(in crate::dispatcharr) fn add_streams(&mut self, rows: impl IntoIterator<Item = wire::StreamRow>) {
        for row in rows {
            let Some(id) = row.id else { continue };
            let kbit_s = row.stats.and_then(|stats| stats.output_kbit_s);
            let known = KnownStream {
                name: row.name,
                output_bitrate_bps: kbit_s.and_then(values::kbit_s),
                measured_at: values::moment(row.stats_updated_at.as_deref()),
            };
            self.streams.insert(id, known);
        }
    }

    /// As [`Names::keep_channels`].
    pub(in crate::dispatcharr) fn keep_streams(&mut self, keep: impl Fn(i64) -> bool) {
        self.streams.retain(|id, _| keep(*id));
    }

    pub(in crate::dispatcharr) fn set_groups(&mut self, rows: &[wire::Group]) {
        self.groups = by_id(rows.iter().map(|row| (row.id, &row.name)));
    }

    pub(in crate::dispatcharr) fn set_stream_profiles(&mut self, rows: &[wire::StreamProfile]) {
        self.stream_profiles = by_id(rows.iter().map(|row| (row.id, &row.name)));
    }

    pub(in crate::dispatcharr) fn set_users(&mut self, rows: &[wire::User]) {
        self.users = by_id(rows.iter().map(|row| (row.id, &row.username)));
    }

    /// What is on now, of every channel.
    pub(in crate::dispatcharr) fn set_programmes(&mut self, rows: impl IntoIterator<Item = wire::Programme>) {
        self.programmes = rows
            .into_iter()
            .filter_map(|row| {
                let programme = Programme {
                    title: row.title,
                    subtitle: row.sub_title,
                    description: row.description,
                    starts_at: values::moment(row.start_time.as_deref()),
                    ends_at: values::moment(row.end_time.as_deref()),
                };
                Some((row.channel_uuid?, Arc::new(programme)))
            })
            .collect();
    }

    /// Details that belong to the very look that is to be mapped; older ones would bring viewers back.
    pub(in crate::dispatcharr) fn set_details(&mut self, details: impl IntoIterator<Item = wire::Detail>) {
        self.details = details
            .into_iter()
            .filter_map(|detail| Some((detail.channel_id?, detail.clients?)))
            .collect();
    }

    /// Likewise.
    pub(in crate::dispatcharr) fn set_extras(&mut self, extras: Extras) {
        self.extras = extras;
    }

    pub(super) fn channel(&self, uuid: &str) -> Option<&Known> {
        self.channels.get(uuid)
    }

    pub(super) fn group(&self, id: i64) -> Option<&Text> {
        self.groups.get(&id)
    }

    pub(super) fn stream_profile(&self, id: i64) -> Option<&Text> {
        self.stream_profiles.get(&id)
    }

    pub(super) fn stream(&self, id: i64) -> Option<&KnownStream> {
        self.streams.get(&id)
    }

    pub(super) fn user(&self, id: i64) -> Option<&Text> {
        self.users.get(&id)
    }

    pub(super) fn programme(&self, uuid: &str) -> Option<&Arc<Programme>> {
        self.programmes.get(uuid)
    }

    pub(super) fn detail(&self, id: &str) -> Option<&[wire::LiveClient]> {
        self.details.get(id).map(Vec::as_slice)
    }

    pub(super) fn extras(&self) -> &Extras {
        &self.extras
    }
}

fn by_id<'a>(rows: impl Iterator<Item = (Option<i64>, &'a Option<Text>)>) -> HashMap<i64, Text> {
    rows.filter_map(|(id, name)| Some((id?, name.clone()?))).collect()
}
