//! The words that stand in the tables for closed sets, and back.

use model::{Decision, Origin, Reason, RecordKind};

/// Tautulli's words.
pub(super) fn decision(d: Decision) -> &'static str {
    match d {
        Decision::DirectPlay => "direct play",
        Decision::Copy => "copy",
        Decision::Transcode => "transcode",
    }
}

pub(super) fn to_decision(word: &str) -> Option<Decision> {
    [Decision::DirectPlay, Decision::Copy, Decision::Transcode]
        .into_iter()
        .find(|d| decision(*d) == word)
}

pub(super) fn to_kind(word: &str) -> Option<RecordKind> {
    RecordKind::ALL.into_iter().find(|kind| kind.as_str() == word)
}

/// Its place in [`Origin::ALL`].
pub(super) fn origin(o: Origin) -> i64 {
    match o {
        Origin::Recorded => 0,
        Origin::Tautulli => 1,
        Origin::PlexHistory => 2,
    }
}

pub(super) fn to_origin(place: i64) -> Option<Origin> {
    Origin::ALL.into_iter().find(|o| origin(*o) == place)
}

pub(super) fn reasons(reasons: &[Reason]) -> String {
    let words: Vec<_> = reasons.iter().map(|r| r.as_str()).collect();
    words.join(" ")
}

pub(super) fn to_reasons(words: &str) -> Vec<Reason> {
    words
        .split(' ')
        .filter_map(|word| Reason::ALL.into_iter().find(|r| r.as_str() == word))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_comes_back() {
        for d in [Decision::DirectPlay, Decision::Copy, Decision::Transcode] {
            assert_eq!(to_decision(decision(d)), Some(d));
        }
        for (place, o) in Origin::ALL.into_iter().enumerate() {
            assert_eq!(origin(o), i64::try_from(place).unwrap());
            assert_eq!(to_origin(origin(o)), Some(o));
        }
        assert_eq!(to_reasons(&reasons(&Reason::ALL)), Reason::ALL);
        assert_eq!(to_reasons(""), []);
    }
}
