//! The guide: every channel that has one shows its programmes round and round, an hour each.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::iso_seconds;
use crate::dispatcharr::seed::ChannelSeed;
use crate::dispatcharr::world::State;

const HOUR_MS: i64 = 3_600_000;

/// Hours the guide reaches back and ahead.
const PAST_H: i64 = 4;
const FUTURE_H: i64 = 30;

/// The programme of a channel in an hour counted from 1970.
struct Programme<'a> {
    channel: &'a ChannelSeed,
    hour: i64,
}

impl Programme<'_> {
    fn id(&self) -> i64 {
        self.channel.id * 10_000 + self.hour.rem_euclid(10_000)
    }

    fn title(&self) -> Option<&str> {
        let count = i64::try_from(self.channel.shows.len()).ok()?;
        let at = usize::try_from(self.hour.checked_rem_euclid(count)?).ok()?;
        self.channel.shows.get(at).map(String::as_str)
    }

    fn starts_ms(&self) -> i64 {
        self.hour * HOUR_MS
    }
}

/// `POST /api/epg/current-programs/`: of these channels, or of all.
pub(crate) fn current_programs(state: &State, uuids: Option<&[String]>, now_ms: i64) -> Value {
    let wanted = |c: &&ChannelSeed| uuids.is_none_or(|list| list.contains(&c.uuid));
    let now = |channel| Programme {
        channel,
        hour: now_ms.div_euclid(HOUR_MS),
    };
    let on = state.have.channels.iter().filter(wanted).map(now);
    on.filter(|p| p.title().is_some()).map(|p| row(&p)).collect()
}

fn row(p: &Programme<'_>) -> Value {
    json!({
        "id": p.id(), "start_time": iso_seconds(p.starts_ms()), "end_time": iso_seconds(p.starts_ms() + HOUR_MS),
        "title": p.title(), "sub_title": format!("Part \"{}\"", p.hour.rem_euclid(24)),
        "description": "One line,\nand another \\ one", "tvg_id": p.channel.tvg_id, "season": null, "episode": null,
        "is_new": false, "is_live": false, "is_premiere": false, "is_finale": false,
        "channel_uuid": p.channel.uuid,
    })
}

/// `GET /api/epg/programs/search/`: rows in order of time, for the pages.
pub(crate) fn search(
    state: &State,
    channel: Option<i64>,
    start_after: Option<&str>,
    end_before: Option<&str>,
    now_ms: i64,
) -> Vec<Value> {
    let ms = |text: Option<&str>| text?.parse::<Timestamp>().ok().map(Timestamp::as_millisecond);
    let (after, before) = (ms(start_after), ms(end_before));
    let hour = now_ms.div_euclid(HOUR_MS);
    let asked = |c: &&ChannelSeed| channel.is_none_or(|id| c.id == id);
    let mut rows = Vec::new();
    for hour in hour - PAST_H..hour + FUTURE_H {
        for channel in state.have.channels.iter().filter(asked) {
            let p = Programme { channel, hour };
            let fits = after.is_none_or(|a| p.starts_ms() >= a)
                && before.is_none_or(|b| p.starts_ms() + HOUR_MS <= b);
            if fits && p.title().is_some() {
                rows.push(found(state, &p));
            }
        }
    }
    rows
}

fn found(state: &State, p: &Programme<'_>) -> Value {
    let group = |id: i64| state.have.groups.iter().find(|g| g.0 == id).map(|g| g.1.clone());
    let channel = p.channel;
    let streams: Vec<Value> = channel
        .streams
        .iter()
        .filter_map(|id| state.stream(*id))
        .map(|s| {
            json!({
                "id": s.id, "name": s.name, "channel_group": group(s.group), "tvg_id": s.tvg_id,
                "m3u_account": state.account(s.account).map(|a| &a.name),
            })
        })
        .collect();
    json!({
        "id": p.id(), "title": p.title(), "sub_title": format!("Part \"{}\"", p.hour.rem_euclid(24)),
        "description": "One line,\nand another \\ one", "start_time": iso_seconds(p.starts_ms()),
        "end_time": iso_seconds(p.starts_ms() + HOUR_MS), "tvg_id": channel.tvg_id, "custom_properties": null,
        "epg_source": state.have.epg_sources.first().map(|s| &s.name), "epg_name": channel.name,
        "epg_icon_url": null,
        "channels": [{
            "id": channel.id, "name": channel.name, "channel_number": channel.number,
            "channel_group": group(channel.group), "tvg_id": channel.tvg_id,
        }],
        "streams": streams,
    })
}
