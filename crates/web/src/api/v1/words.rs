//! The closed sets of words in answers: the domain's enums, mirrored so that each word is documented and a new
//! variant does not compile until it has one.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A twin of a domain enum that can be serialised, with the words its `as_str` uses.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident = $model:path as $case:tt { $($variant:ident),+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = $case)]
        pub(crate) enum $name { $($variant),+ }

        impl From<$model> for $name {
            fn from(value: $model) -> Self {
                use $model as Model;
                match value { $(Model::$variant => Self::$variant),+ }
            }
        }

        #[cfg(test)]
        impl $name {
            fn pairs() -> Vec<(serde_json::Value, &'static str)> {
                use $model as Model;
                vec![$((serde_json::json!(Self::$variant), Model::$variant.as_str())),+]
            }
        }
    };
}

words!(
    /// What the player is doing.
    State = model::State as "lowercase" { Playing, Paused, Buffering, Stopped, Unknown }
);
words!(
    /// What is played.
    MediaKind = model::MediaKind as "lowercase" { Movie, Episode, Track, Clip, Photo, Other }
);
words!(
    /// How a stream, or the whole, reaches the player; `copy` is what Plex shows as "direct stream".
    Decision = model::Decision as "lowercase" { DirectPlay, Copy, Transcode }
);
words!(
    /// What happens to the chosen subtitle; `burn` paints it into the picture.
    SubtitleAction = model::SubtitleAction as "lowercase" { Copy, Transcode, Burn }
);
words!(
    /// Where the player is, as the server judged it.
    Network = model::Network as "lowercase" { Lan, Wan, Relay, Cellular }
);
words!(
    /// Why the server transcodes.
    Reason = model::Reason as "snake_case" { SubtitleBurn, VideoCodec, AudioCodec, Container, Quality, Unknown }
);
words!(
    /// What a library is for.
    LibraryKind = model::LibraryKind as "lowercase" { Movie, Show, Artist, Photo, HomeVideo, Other }
);
words!(
    /// How notifications reach us; `none` means polling alone.
    Link = model::Link as "lowercase" { None, WebSocket, EventSource }
);
words!(
    /// What sort of thing a feed carries; `preview` is one stream tried out by itself, `timeshift` a programme of the
    /// past.
    FeedKind = model::iptv::FeedKind as "lowercase" { Live, Preview, Vod, Timeshift }
);
words!(
    /// What a stream manager says of a feed; `unknown` is a word of its that we do not know.
    FeedState = model::iptv::FeedState as "snake_case" {
        Initializing, Connecting, WaitingForClients, Active, Paused, Buffering, Error, Stopping, Stopped, Unknown
    }
);
words!(
    /// How sure a match is.
    Confidence = live::path::Confidence as "lowercase" { Possible, Likely, Certain }
);
words!(
    /// What speaks for a match: the same channel number, the same channel name, the media server's address, the time of
    /// the start, the name of the user, a tuner's user agent, or that nobody else watches.
    PathReason = live::path::Reason as "snake_case" { Number, Name, Address, Time, User, UserAgent, OnlyViewer }
);

/// Whether the server answers; `unknown` before it was first asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ServerState {
    Unknown,
    Up,
    Starting,
    Down,
}

impl ServerState {
    pub(crate) fn of(health: &model::Health) -> Self {
        match health {
            model::Health::Unknown => Self::Unknown,
            model::Health::Up => Self::Up,
            model::Health::Down { kind, .. } if *kind == base::Kind::Starting.as_str() => Self::Starting,
            model::Health::Down { .. } => Self::Down,
        }
    }
}

/// Whether the server lets us use a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Availability {
    Available,
    /// No Plex Pass, no right to it, or too old a server.
    Unavailable,
}

impl From<model::Availability> for Availability {
    fn from(value: model::Availability) -> Self {
        match value {
            model::Availability::Available => Self::Available,
            model::Availability::Unavailable => Self::Unavailable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_says_the_same_words_as_the_metrics() {
        let all = [
            State::pairs(),
            MediaKind::pairs(),
            Decision::pairs(),
            SubtitleAction::pairs(),
            Network::pairs(),
            Reason::pairs(),
            LibraryKind::pairs(),
            Link::pairs(),
            FeedKind::pairs(),
            FeedState::pairs(),
            Confidence::pairs(),
            PathReason::pairs(),
        ];
        for (word, expected) in all.into_iter().flatten() {
            assert_eq!(word, expected);
        }
    }

    #[test]
    fn server_states_match_the_domain() {
        let down = |kind| model::Health::Down {
            kind,
            message: "m".into(),
            since: jiff::Timestamp::UNIX_EPOCH,
        };
        for health in [
            model::Health::Unknown,
            model::Health::Up,
            down("starting"),
            down("timeout"),
        ] {
            assert_eq!(serde_json::json!(ServerState::of(&health)), health.as_str());
        }
    }
}
