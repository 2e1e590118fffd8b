//! Load, traffic, transcodes and background work of a server.

use std::collections::HashSet;

use model::{Activity, HostLoad, TranscodeCounts, UpdateStatus};

use super::super::decode::{Answer, DecodeError, Decoded};
use super::super::wire::{item, server};
use super::text;

/// Bytes sent to one device of one account within one second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plex) struct BandwidthRow {
    pub(in crate::plex) account: i64,
    pub(in crate::plex) device: i64,
    /// Seconds since 1970.
    pub(in crate::plex) at_s: i64,
    pub(in crate::plex) lan: bool,
    pub(in crate::plex) bytes: u64,
}

/// `/statistics/resources`: the newest sample, as ratios. None just after the server's start.
pub(in crate::plex) fn resources(body: &[u8]) -> Result<Decoded<Option<HostLoad>>, DecodeError> {
    let answer = Answer::new(body)?;
    let (resources, cx) = answer.container::<server::Resources>()?;
    let ratio = |percent: Option<f64>| percent.filter(|p| *p >= 0.0).map(|p| p / 100.0);
    // Listed oldest first; of equals the later one counts.
    let newest = resources.samples.iter().max_by_key(|s| s.at_s);
    let load = newest.map(|s| HostLoad {
        host_cpu_ratio: ratio(s.host_cpu_percent),
        host_memory_ratio: ratio(s.host_memory_percent),
        process_cpu_ratio: ratio(s.process_cpu_percent),
        process_memory_ratio: ratio(s.process_memory_percent),
    });
    Ok(Decoded::new(load, cx))
}

/// `/statistics/bandwidth`, in the order of the answer, which is no order. A row that does not tell when, where
/// to or how much is left out.
pub(in crate::plex) fn bandwidth(body: &[u8]) -> Result<Decoded<Vec<BandwidthRow>>, DecodeError> {
    let answer = Answer::new(body)?;
    let (bandwidth, mut cx) = answer.container::<server::Bandwidth>()?;
    let mut rows = Vec::with_capacity(bandwidth.rows.len());
    for (index, row) in bandwidth.rows.iter().enumerate() {
        let (Some(at_s), Some(lan), Some(bytes)) = (row.at_s, row.lan, row.bytes) else {
            cx.note_at("StatisticsBandwidth", index, "a row without at, lan or bytes");
            continue;
        };
        // Account and device 0 are the server's own placeholders for nobody.
        let (account, device) = (row.account_id.unwrap_or(0), row.device_id.unwrap_or(0));
        rows.push(BandwidthRow {
            account,
            device,
            at_s,
            lan,
            bytes,
        });
    }
    Ok(Decoded::new(rows, cx))
}

/// `/transcode/sessions`, each key once.
pub(in crate::plex) fn transcodes(body: &[u8]) -> Result<Decoded<TranscodeCounts>, DecodeError> {
    let answer = Answer::new(body)?;
    let (list, cx) = answer.container::<item::Transcodes<'_>>()?;
    let mut counts = TranscodeCounts::default();
    let mut seen = HashSet::new();
    for transcode in &list.sessions {
        let key = transcode
            .key
            .as_deref()
            .map(|k| k.rsplit('/').next().unwrap_or(k));
        if key.is_some_and(|k| !seen.insert(k)) {
            continue;
        }
        if is_offline(transcode) {
            counts.offline += 1;
        } else {
            counts.streaming += 1;
        }
    }
    Ok(Decoded::new(counts, cx))
}

/// Downloads say so; older servers only call them `static`. A tuner's rolling recording is `static` too, but
/// has no progress (−1), since it has no end.
fn is_offline(t: &item::Transcode<'_>) -> bool {
    t.offline.unwrap_or_else(|| {
        t.context.as_deref() == Some("static") && t.progress_percent.is_none_or(|p| p >= 0.0)
    })
}

/// `/activities`. One without uuid or type cannot be told from others and is left out.
pub(in crate::plex) fn activities(body: &[u8]) -> Result<Decoded<Vec<Activity>>, DecodeError> {
    let answer = Answer::new(body)?;
    let (list, mut cx) = answer.container::<server::Activities<'_>>()?;
    let mut activities = Vec::with_capacity(list.activities.len());
    for (index, a) in list.activities.iter().enumerate() {
        let (Some(uuid), Some(kind)) = (text(&a.uuid), text(&a.kind)) else {
            cx.note_at("Activity", index, "an activity without uuid or type");
            continue;
        };
        activities.push(Activity {
            uuid,
            kind,
            title: text(&a.title),
            subtitle: text(&a.subtitle),
            progress_percent: a.progress_percent.filter(|p| *p >= 0.0).map(|p| p.min(100.0)),
        });
    }
    Ok(Decoded::new(activities, cx))
}

/// `/updater/status`. No release means up to date.
pub(in crate::plex) fn update(body: &[u8]) -> Result<Decoded<UpdateStatus>, DecodeError> {
    let answer = Answer::new(body)?;
    let (update, cx) = answer.container::<server::Update<'_>>()?;
    let available_version = update.releases.iter().find_map(|r| text(&r.version));
    Ok(Decoded::new(
        UpdateStatus {
            available_version,
            can_install: update.can_install,
        },
        cx,
    ))
}
