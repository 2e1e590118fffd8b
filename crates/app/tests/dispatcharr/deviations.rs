//! Where we differ from the plugin, and why. A deviation that is not here fails the test, and so does one that is here
//! and is none any more.

use crate::plugin::Sample;

/// One difference between their sample and ours.
#[derive(Debug)]
pub(crate) struct Difference<'a> {
    pub(crate) folder: &'a str,
    pub(crate) redis: bool,
    /// Without `dispatcharr_`.
    pub(crate) name: &'a str,
    /// Theirs, or ours if they have none.
    pub(crate) sample: &'a Sample,
    pub(crate) what: What<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum What<'a> {
    /// We have none.
    Missing,
    /// They have none.
    Extra,
    /// Label, ours, theirs.
    Label(&'a str, Option<&'a str>, Option<&'a str>),
    /// Ours, theirs.
    Value(f64, f64),
}

pub(crate) struct Rule {
    pub(crate) what: &'static str,
    is: fn(&Difference<'_>) -> bool,
}

/// The first rule that allows it.
pub(crate) fn rule_for(difference: &Difference<'_>) -> Option<usize> {
    RULES.iter().position(|rule| (rule.is)(difference))
}

impl Difference<'_> {
    fn label(&self, name: &str) -> &str {
        self.sample.labels.get(name).map_or("", String::as_str)
    }

    fn is_of(&self, kind: &str) -> bool {
        self.label("type") == kind
    }

    fn is_missing(&self) -> bool {
        self.what == What::Missing
    }

    fn is_extra(&self) -> bool {
        self.what == What::Extra
    }

    /// True for a value that is off by no more than that.
    fn is_near(&self, by: f64) -> bool {
        matches!(self.what, What::Value(ours, theirs) if (ours - theirs).abs() <= by)
    }

    /// True for a value whose quotient, ours by theirs, is in between.
    fn is_times(&self, from: f64, to: f64) -> bool {
        matches!(self.what, What::Value(ours, theirs) if (from..to).contains(&(ours / theirs)))
    }

    fn is_label(&self, names: &[&str]) -> bool {
        matches!(self.what, What::Label(name, ..) if names.contains(&name))
    }
}

pub(crate) const RULES: &[Rule] = &[
    Rule {
        what: "exporter_info has our version, not the plugin's",
        is: |d| d.name == "exporter_info" && d.is_label(&["version"]),
    },
    Rule {
        what: "settings_info has the two switches of version 3.1",
        is: |d| {
            d.name == "exporter_settings_info"
                && d.is_label(&["include_plugin_stats", "include_channel_info"])
        },
    },
    Rule {
        what: "active_streams counts catch-up (version 3.1) and previews as types of their own",
        is: |d| d.name == "active_streams" && d.is_extra() && (d.is_of("timeshift") || d.is_of("preview")),
    },
    Rule {
        what: "the plugin was asked within a second of the statistics: seconds are off by no more than two",
        is: |d| {
            let seconds = ["stream_uptime_seconds", "client_connection_duration_seconds"];
            seconds.contains(&d.name) && d.is_near(2.0)
        },
    },
    Rule {
        what: "a mean over the exact uptime, not over whole seconds",
        is: |d| {
            let means = [
                "stream_avg_bitrate_bps",
                "client_avg_transfer_rate_bps",
                "client_current_transfer_rate_bps",
            ];
            let is_mean = d.name == means[0] || d.is_of("vod") && means.contains(&d.name);
            is_mean && d.is_times(0.85, 1.15)
        },
    },
    Rule {
        what: "rates to viewers are KiB, not kB: 2.4 % more than the plugin says, at another moment of the same second",
        is: |d| {
            let rates = [
                "stream_current_bitrate_bps",
                "client_avg_transfer_rate_bps",
                "client_current_transfer_rate_bps",
            ];
            rates.contains(&d.name) && d.is_of("live") && d.is_times(0.6, 1.7)
        },
    },
    Rule {
        what: "without redis_url the counter of connections is absent",
        is: |d| d.name == "stream_profile_connections" && !d.redis && d.is_missing(),
    },
    Rule {
        what: "without redis_url the output bit rate is a mean of this run",
        is: |d| d.name == "stream_transcode_bitrate_bps" && !d.redis && d.is_times(0.97, 1.03),
    },
    Rule {
        what: "with redis_url it is that of another moment of the same second",
        is: |d| d.name == "stream_transcode_bitrate_bps" && d.redis && d.is_times(0.99, 1.01),
    },
    Rule {
        what: "without redis_url a film's worker is not known",
        is: |d| d.name == "client_info" && !d.redis && d.is_of("vod") && d.is_label(&["worker_id"]),
    },
    Rule {
        what: "of programmes only the current one is asked for",
        is: |d| match d.what {
            What::Label(label, ours, _) => {
                let other = label.starts_with("previous_") || label.starts_with("next_");
                d.name == "stream_programming" && other && ours == Some("")
            }
            _ => false,
        },
    },
    Rule {
        what: "moments of films have milliseconds",
        is: |d| match d.what {
            What::Label("current_start_time" | "current_end_time", Some(ours), Some(theirs)) => {
                let at = |text: &str| text.parse().map(jiff::Timestamp::as_millisecond);
                let pair = (at(ours), at(theirs));
                d.is_of("vod") && matches!(pair, (Ok(o), Ok(t)) if (o - t).abs() <= 1)
            }
            _ => false,
        },
    },
    Rule {
        what: "progress at the moment of the statistics",
        is: |d| d.name == "stream_programming" && d.is_near(0.02),
    },
    Rule {
        what: "of a film neither genre nor plot is kept",
        is: |d| {
            d.name == "stream_programming"
                && d.is_of("vod")
                && d.is_label(&["current_subtitle", "current_description"])
        },
    },
    Rule {
        what: "a film has no stream id: the plugin says 0",
        is: |d| d.name == "stream_id" && d.is_of("vod") && d.is_missing() && d.sample.value == 0.0,
    },
    Rule {
        what: "the API does not tell a film's category, nor its logo but by an address of the provider",
        is: |d| d.name == "stream_metadata" && d.is_of("vod") && d.is_label(&["channel_group", "logo_url"]),
    },
    Rule {
        what: "a preview is not charged to the channel that has the stream's number",
        is: |d| {
            let of_a_channel = d.is_of("live") && d.is_missing();
            d.folder == "preview" && (of_a_channel || d.name == "active_streams" && d.is_of("live"))
        },
    },
    Rule {
        what: "a preview is a stream of its own",
        is: |d| d.folder == "preview" && d.is_of("preview") && d.is_extra(),
    },
    Rule {
        what: "a preview takes a connection of its login, and has a viewer",
        is: |d| {
            let counts = [
                "profile_connections",
                "profile_connection_usage",
                "active_clients",
            ];
            let is_more = matches!(d.what, What::Value(ours, theirs) if ours > theirs);
            d.folder == "preview" && counts.contains(&d.name) && is_more
        },
    },
];
