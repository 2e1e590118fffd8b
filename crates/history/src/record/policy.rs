//! Which plays are worth keeping (Tautulli's rules, and its defaults).

use model::{Fields, Origin, Person, Record, RecordKind, Scalar, Section};

/// A track shorter than this is kept however little of it was played.
const LONG_TRACK_MS: i64 = 30_000;

/// What is left out of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Movies, episodes and live television played for less than this are not kept.
    pub ignore_below_s: u32,
    /// Tracks of 30 s and more that were played for less than this are not kept.
    pub ignore_music_below_s: u32,
    /// Names (of the account or the friendly one, whatever their case) or ids of people whose plays are not kept. Nor
    /// are viewings of a stream manager's users of these names; its own numbers mean other people.
    pub ignore_users: Vec<String>,
    /// Names (whatever their case) of libraries whose plays are not kept, or `server/section id`.
    pub ignore_libraries: Vec<String>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            ignore_below_s: 120,
            ignore_music_below_s: 15,
            ignore_users: Vec::new(),
            ignore_libraries: Vec::new(),
        }
    }
}

/// Why a play is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    TooShort,
    User,
    Library,
}

impl Policy {
    /// Whether `record` is left out. `person` and `section`: as history knows them, with their own `keep_history`.
    pub fn ignores(
        &self,
        record: &Record,
        person: Option<&Person>,
        section: Option<&Section>,
    ) -> Option<Ignored> {
        if self.is_too_short(record) {
            return Some(Ignored::TooShort);
        }
        if self.ignores_user(record, person) {
            return Some(Ignored::User);
        }
        self.ignores_library(record, section).then_some(Ignored::Library)
    }

    /// A play that only the server saw has no length; that the server counted it is enough.
    fn is_too_short(&self, record: &Record) -> bool {
        if record.origin == Origin::PlexHistory {
            return false;
        }
        let stopped_ms = record.stopped_ms.unwrap_or(record.started_ms);
        let played_ms = stopped_ms - record.started_ms - record.paused_ms.unwrap_or(0);
        if record.item.kind == RecordKind::Track {
            let is_long = record.item.duration_ms.is_some_and(|d| d >= LONG_TRACK_MS);
            return is_long && played_ms < i64::from(self.ignore_music_below_s) * 1000;
        }
        played_ms < i64::from(self.ignore_below_s) * 1000
    }

    fn ignores_user(&self, record: &Record, person: Option<&Person>) -> bool {
        let id = record.user_id.map(|id| id.to_string());
        let names = [
            record.user.as_deref(),
            person.and_then(|p| p.username.as_deref()),
            person.and_then(|p| p.friendly_name.as_deref()),
            id.as_deref(),
        ];
        listed(&self.ignore_users, &names) || person.is_some_and(|p| is_off(&p.fields))
    }

    /// Whether viewings of this user of a stream manager are left out. Who did not sign in is nobody.
    pub fn ignores_viewer(&self, user: Option<&str>) -> bool {
        listed(&self.ignore_users, &[user])
    }

    fn ignores_library(&self, record: &Record, section: Option<&Section>) -> bool {
        let id = record.section_id.map(|id| format!("{}/{id}", record.server));
        let names = [section.and_then(|s| s.name.as_deref()), id.as_deref()];
        listed(&self.ignore_libraries, &names) || section.is_some_and(|s| is_off(&s.fields))
    }
}

fn listed(list: &[String], names: &[Option<&str>]) -> bool {
    let is_named = |wanted: &String| {
        let wanted = wanted.trim().to_lowercase();
        names.iter().flatten().any(|name| name.to_lowercase() == wanted)
    };
    list.iter().any(is_named)
}

/// `keep_history` switched off.
fn is_off(fields: &Fields) -> bool {
    match fields.get("keep_history") {
        Some(Scalar::Int(n)) => *n == 0,
        Some(Scalar::Text(text)) => &**text == "0",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::record::build;

    fn record(kind: RecordKind, length_s: Option<i64>, span_s: i64, paused_s: Option<i64>) -> Record {
        let mut record = build::record();
        let mut item = (*record.item).clone();
        (item.kind, item.duration_ms) = (kind, length_s.map(|s| s * 1000));
        record.item = Arc::new(item);
        record.stopped_ms = Some(record.started_ms + span_s * 1000);
        record.paused_ms = paused_s.map(|s| s * 1000);
        record
    }

    #[test]
    fn glimpses_are_not_kept() {
        use RecordKind::{Episode, Movie, Track};
        let policy = Policy::default();
        for (kind, length_s, span_s, paused_s, kept) in [
            (Movie, Some(6000), 119, None, false),
            (Movie, Some(6000), 120, None, true),
            (Movie, Some(6000), 200, Some(81), false),
            (Movie, Some(6000), 200, Some(80), true),
            (Episode, None, 119, None, false),
            (Episode, Some(60), 60, None, false),
            (Movie, Some(6000), -5, None, false),
            (Track, Some(200), 14, None, false),
            (Track, Some(200), 15, None, true),
            (Track, Some(29), 3, None, true),
            (Track, Some(30), 3, None, false),
            (Track, None, 3, None, true),
        ] {
            let got = policy.ignores(&record(kind, length_s, span_s, paused_s), None, None);
            let expected = (!kept).then_some(Ignored::TooShort);
            assert_eq!(
                got, expected,
                "{kind:?} of {length_s:?} s, {span_s} s, {paused_s:?} s paused"
            );
        }
        // Thresholds are configurable.
        let all = Policy {
            ignore_below_s: 0,
            ignore_music_below_s: 0,
            ..Policy::default()
        };
        assert_eq!(all.ignores(&record(Movie, None, 0, None), None, None), None);
    }

    #[test]
    fn people_and_libraries_can_be_left_out() {
        let record = record(RecordKind::Movie, None, 500, None);
        let person = |keep: Option<Scalar>| Person {
            user_id: 5,
            username: Some("ada".into()),
            friendly_name: Some("Ada L.".into()),
            fields: keep.into_iter().map(|k| ("keep_history".into(), k)).collect(),
            ..Person::default()
        };
        let section = |keep: Option<Scalar>| Section {
            section_id: 1,
            name: Some("Movies".into()),
            fields: keep.into_iter().map(|k| ("keep_history".into(), k)).collect(),
            ..Section::default()
        };
        let (on, off) = (Some(Scalar::Int(1)), Some(Scalar::Int(0)));
        let cases = [
            ("", "", None, None, None),
            ("", "", on.clone(), on, None),
            ("", "", off.clone(), None, Some(Ignored::User)),
            ("", "", Some(Scalar::Text("0".into())), None, Some(Ignored::User)),
            ("", "", None, off, Some(Ignored::Library)),
            ("ADA", "", None, None, Some(Ignored::User)),
            ("ada l.", "", None, None, Some(Ignored::User)),
            ("5", "", None, None, Some(Ignored::User)),
            ("55", "", None, None, None),
            ("bob", "movies", None, None, Some(Ignored::Library)),
            ("", "attic/1", None, None, Some(Ignored::Library)),
            ("", "cellar/1", None, None, None),
            ("", "1", None, None, None),
        ];
        for (user, library, keep_person, keep_section, expected) in cases {
            let list = |word: &str| {
                if word.is_empty() {
                    Vec::new()
                } else {
                    vec![word.to_owned()]
                }
            };
            let policy = Policy {
                ignore_users: list(user),
                ignore_libraries: list(library),
                ..Policy::default()
            };
            let (person, section) = (person(keep_person), section(keep_section));
            let got = policy.ignores(&record, Some(&person), Some(&section));
            assert_eq!(got, expected, "{user:?} {library:?} {person:?} {section:?}");
        }
    }

    #[test]
    fn viewers_are_left_out_by_name() {
        let policy = Policy {
            ignore_users: vec![" ADA".to_owned(), "5".to_owned()],
            ..Policy::default()
        };
        for (user, expected) in [
            (Some("ada"), true),
            (Some("Ada"), true),
            (Some("adam"), false),
            (None, false),
        ] {
            assert_eq!(policy.ignores_viewer(user), expected, "{user:?}");
        }
        assert!(!Policy::default().ignores_viewer(Some("ada")));
    }

    proptest! {
        /// Longer never turns into too short, and the limit is the one that was set.
        #[test]
        fn the_threshold_is_where_it_was_put(limit_s in 0_u32..1_000, span_s in -100_i64..2_000, paused_s in 0_i64..500) {
            let policy = Policy { ignore_below_s: limit_s, ..Policy::default() };
            let got = policy.ignores(&record(RecordKind::Episode, None, span_s, Some(paused_s)), None, None);
            prop_assert_eq!(got.is_some(), span_s - paused_s < i64::from(limit_s));
        }
    }
}
