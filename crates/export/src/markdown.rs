//! The reference page of the native schema, printed from the catalogue.

use std::fmt::Write as _;

use crate::{Family, catalogue};

/// `docs/reference/metrics.md`.
pub fn metrics_markdown() -> String {
    let mut page = String::from(INTRODUCTION);
    for (prefix, title) in SECTIONS {
        let _ = write!(
            page,
            "\n## {title}\n\n| series | type | labels | meaning |\n|---|---|---|---|\n"
        );
        for family in catalogue().iter().filter(|f| section_of(f) == *prefix) {
            let labels: Vec<_> = family.labels().iter().map(|l| format!("`{l}`")).collect();
            let _ = writeln!(
                page,
                "| `{}` | {} | {} | {} |",
                family.name(),
                family.kind().as_str(),
                labels.join(" "),
                family.help()
            );
        }
    }
    page.push_str("\n## Labels\n\n| label | values |\n|---|---|\n");
    for (name, values) in LABELS {
        let _ = writeln!(page, "| {name} | {values} |");
    }
    page
}

/// Longest prefixes first.
const SECTIONS: &[(&str, &str)] = &[
    ("media_server_", "Servers"),
    ("media_library_", "Libraries"),
    ("media_session_", "Single sessions"),
    (
        "media_channel",
        "Channels, previews, films on demand and catch-up of stream managers",
    ),
    ("media_provider_", "Providers of stream managers"),
    ("media_epg_", "Guides of stream managers"),
    ("media_", "Sessions together, plays and bytes"),
    ("projectionist_", "Projectionist itself"),
    ("process_", "The process"),
];

fn section_of(family: &Family) -> &'static str {
    SECTIONS
        .iter()
        .find(|(prefix, _)| family.name().starts_with(prefix))
        .map_or("", |(prefix, _)| prefix)
}

const INTRODUCTION: &str = "\
# Metrics

The native schema, served at `/metrics` and `/metrics/native`. This page is printed from the catalogue in
`crates/export` (`projectionist docs metrics`); do not edit it.

- Units are base units: seconds, bytes, ratios from 0 to 1. To show Mbps, multiply bytes per second by 8e-6.
- What is not known is absent: the series, or the label. A 0 is a known 0.
- Counters (`_total`) belong to servers: they keep counting when a session ends, so `rate()` and `increase()` over them
  are right. Those of plays and bytes go on across restarts and crashes where a history is kept: they are shown as they
  are on disk, at most 5 s later. All others begin at 0 when the process starts. The two that name a session end with it.
- Type `info` means: the value is 1 and the labels are the message. The classic text form, which has no such type, says
  `gauge`.
- Single sessions have their texts in `media_session_info` and `media_session_stream_info`; every other series of a
  session has only `server` and `session`. They exist exactly as long as the session. Join them:
  `media_session_bytes_per_second * on(server, session) group_left(user, title) media_session_info`.
- Stream managers (Dispatcharr) have feeds instead of sessions; behind a viewer of a feed may be a media server whose
  session is counted already. `media_channel_client_*` is there by `include_client_stats` only, `media_epg_*` by
  `include_epg_stats`, `media_provider_*` unless `include_m3u_stats` is off; user names and URLs of providers by
  `include_source_urls`. While the manager is down, what it carries is absent, never 0.
- There is never an IP address of a player in a label but in `media_channel_client_info`, by its switch. User names (with
  the names users gave their players) and titles can be hashed or dropped. Hashed: twelve hex digits of SipHash-2-4, keyed with a salt of this installation. Dropped: no label.
  Counters of dropped users are summed.
- Classic text 0.0.4 and OpenMetrics 1.0 are chosen by the `Accept` header; the samples are the same.
";

const LABELS: &[(&str, &str)] = &[
    (
        "server, source",
        "our id of the server, from the configuration; stable, unlike the server's own name, which is in `media_server_info`",
    ),
    (
        "session",
        "the server's key of the session; Plex counts from 1 again after a restart",
    ),
    ("cause, kind (of an error)", KINDS),
    ("kind (of a source or server)", "`plex` `dispatcharr`"),
    ("kind (of a feed)", "`live` `preview` `vod` `timeshift`"),
    (
        "feed",
        "the manager's key: a channel's UUID, a stream's hash for a preview, a session for what is played on demand",
    ),
    (
        "state (of a feed)",
        "`initializing` `connecting` `waiting_for_clients` `active` `paused` `buffering` `error` `stopping` `stopped` `unknown`",
    ),
    (
        "account, profile, source (of a guide), client",
        "the manager's own number or name of it",
    ),
    (
        "state (of an account or guide)",
        "in the manager's word: `idle` `fetching` `parsing` `error` `success` `pending_setup` `disabled`",
    ),
    (
        "feature",
        "`resources` `bandwidth` `transcodes` `activities` `update`",
    ),
    (
        "endpoint",
        "`identity` `root` `sessions` `metadata` `libraries` `counts` `resources` `bandwidth` `transcodes` `activities` `update` `notifications` `discovery` `login` `version` `stats` `detail` `channels` `streams` `programmes` `accounts` `groups` `epg` `users` `plugins` `redis`",
    ),
    ("link", "`none` `websocket` `eventsource`"),
    (
        "type",
        "of a library: `movie` `show` `artist` `photo` `homevideo` `other`",
    ),
    (
        "content",
        "`movies` `shows` `seasons` `episodes` `artists` `albums` `tracks` `photos` `photo_albums` `videos`",
    ),
    (
        "media_type",
        "`movie` `episode` `track` `clip` `photo` `other`, and `live` for live television whatever is on",
    ),
    (
        "decision, video_decision, audio_decision",
        "`directplay` `copy` (direct stream) `transcode` `unknown`",
    ),
    ("subtitle_action", "`none` `copy` `transcode` `burn`"),
    (
        "state",
        "`playing` `paused` `buffering` `stopped` (told by a notification, not yet confirmed) `unknown`",
    ),
    ("network", "`lan` `wan` `relay` `cellular` `unknown`"),
    (
        "streams",
        "what is converted: `video` `audio` `both`; `other` or `none` if neither is",
    ),
    (
        "hardware",
        "what hardware does of a transcode: `none` `decode` `encode` `both`",
    ),
    (
        "reason (of a transcode)",
        "`subtitle_burn` `video_codec` `audio_codec` `container` `quality` `unknown`",
    ),
    (
        "activity",
        "the server's own word for a background task, such as `library.update.section`",
    ),
    ("origin", "of a play in the history: `recorded` `plex_history`"),
    ("from", "what is imported: `tautulli`"),
    (
        "library_id, library",
        "the server's id and title of the library; absent if the item belongs to none",
    ),
];

/// `base::Kind`; a test keeps it whole.
const KINDS: &str = "`unreachable` `starting` `timeout` `tls` `unauthorized` `forbidden` `not_found` `rate_limited` \
                     `server_error` `bad_payload` `wrong_target` `unsupported` `storage` `config` `internal`";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_and_every_family_is_on_the_page() {
        let page = metrics_markdown();
        for kind in base::Kind::ALL {
            assert!(KINDS.contains(&format!("`{kind}`")), "{kind}");
        }
        for family in catalogue() {
            assert_eq!(
                page.matches(&format!("| `{}` |", family.name())).count(),
                1,
                "{}",
                family.name()
            );
        }
        for feature in model::Feature::ALL {
            assert!(page.contains(&format!("`{}`", feature.as_str())));
        }
        for endpoint in model::Endpoint::ALL {
            assert!(page.contains(&format!("`{}`", endpoint.as_str())));
        }
        for content in model::ContentKind::ALL {
            assert!(page.contains(&format!("`{}`", content.as_str())));
        }
    }
}
