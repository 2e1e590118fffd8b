//! Shapes of what is told about collections.

use base::Kind;
use history::collections::{Detail, RotationSpan, Snapshot, Watched};
use jiff::Timestamp;
use jiff::civil::Date;
use model::SourceId;
use model::catalog::{Collection, Visibility};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::super::types::Time;
use crate::collections::{Found, Missed};

/// About a list.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct ListMeta {
    /// Members of the list.
    pub(crate) count: usize,
    /// Our clock when the answer was made.
    pub(crate) answered_at: Time,
}

/// Collections of the watched servers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CollectionList<'a> {
    /// By server, library and title.
    pub(crate) collections: Vec<CollectionRow<'a>>,
    /// What could not be asked. Collections of such a server are told as last counted, without where they are shown.
    pub(crate) failed: Vec<CollectionFailure<'a>>,
    pub(crate) meta: ListMeta,
}

/// One collection.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CollectionRow<'a> {
    /// The server's name in our configuration.
    pub(crate) server: &'a str,
    /// The name of its library.
    pub(crate) library: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) section_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rating_key: Option<i64>,
    pub(crate) title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) summary: Option<&'a str>,
    /// What is in it: `movie`, `show`, `episode`, `artist`, `album`…
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) media_type: Option<&'a str>,
    /// Filled by a filter instead of by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) smart: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) items: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) added_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) updated_at: Option<Time>,
    /// Absent where the server would not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) visibility: Option<CollectionVisibility>,
    /// The newest counting; absent if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) latest: Option<CollectionSnapshot<'a>>,
}

/// Where a collection is promoted to.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct CollectionVisibility {
    /// The page of its library.
    pub(crate) recommended: bool,
    /// The home screen of the owner.
    pub(crate) own_home: bool,
    /// The home screens of those the library is shared with.
    pub(crate) shared_home: bool,
}

/// Something that could not be told or counted, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CollectionFailure<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) library: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) collection: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rating_key: Option<i64>,
    /// A word of a closed set: `not_found`, `unreachable`, `timeout`, `forbidden`…
    #[schema(value_type = String)]
    pub(crate) kind: &'static str,
    /// One sentence for people.
    pub(crate) reason: &'a str,
}

/// What was watched of a collection in the days before a moment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CollectionSnapshot<'a> {
    /// Ascends in the order of counting.
    pub(crate) id: i64,
    pub(crate) collection: &'a str,
    pub(crate) server: &'a str,
    pub(crate) library: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) section_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rating_key: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) media_type: Option<&'a str>,
    /// Days before `collected_at` that were counted; 0 is all time.
    pub(crate) window_days: i64,
    pub(crate) plays: i64,
    /// Wall-clock time without pauses.
    pub(crate) duration_s: i64,
    pub(crate) unique_users: i64,
    /// Things in the collection at that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) items: Option<i64>,
    /// How many of them had a play.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) items_watched: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) first_play_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_play_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rotation_id: Option<&'a str>,
    pub(crate) collected_at: Time,
    /// What was to be kept with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(crate) extra: Option<&'a RawValue>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CollectionSnapshots<'a> {
    pub(crate) snapshots: Vec<CollectionSnapshot<'a>>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
    pub(crate) meta: ListMeta,
}

/// What was watched.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct CollectionNumbers {
    /// Plays that continue one another count once, also where they touch several things in the collection.
    pub(crate) plays: u64,
    /// Wall-clock time without pauses.
    pub(crate) duration_s: i64,
    /// Accounts.
    pub(crate) unique_users: u64,
    /// Things in the collection with at least one play.
    pub(crate) items_watched: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) first_play_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_play_at: Option<Time>,
}

/// A stretch of time; plays belong to it by when they ended.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct CollectionWindow {
    /// Absent: from the first play on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<Time>,
    /// Not in it. Absent: until now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<Time>,
}

/// One collection in full.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OneCollection<'a> {
    pub(crate) collection: CollectionRow<'a>,
    pub(crate) window: CollectionWindow,
    pub(crate) total: CollectionNumbers,
    /// What was watched of it, most plays first.
    pub(crate) items: Vec<CollectionItem<'a>>,
    /// Most plays first.
    pub(crate) users: Vec<CollectionUser<'a>>,
    /// Every day of the window in its time zone, by when plays began.
    pub(crate) days: Vec<CollectionDay>,
    pub(crate) answered_at: Time,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CollectionItem<'a> {
    pub(crate) rating_key: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<&'a str>,
    pub(crate) plays: u64,
    pub(crate) duration_s: i64,
    pub(crate) unique_users: u64,
    pub(crate) last_play_at: Time,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CollectionUser<'a> {
    pub(crate) user_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<&'a str>,
    pub(crate) plays: u64,
    pub(crate) duration_s: i64,
    pub(crate) last_play_at: Time,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct CollectionDay {
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, format = Date, example = "2026-11-21")]
    pub(crate) date: Date,
    pub(crate) plays: u64,
    pub(crate) duration_s: i64,
}

/// What was counted for a rotation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OneRotation<'a> {
    pub(crate) rotation_id: &'a str,
    /// Its first counting.
    pub(crate) started_at: Time,
    /// The first counting of the next rotation; absent while it is the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended_at: Option<Time>,
    /// The newest snapshot of each of its collections.
    pub(crate) collections: Vec<CollectionSnapshot<'a>>,
}

/// Before and after a rotation began, over stretches of the same length.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RotationComparison<'a> {
    pub(crate) rotation_id: &'a str,
    pub(crate) started_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended_at: Option<Time>,
    /// Length of each stretch: as asked for, or less if the rotation has not lasted that long.
    pub(crate) length_s: i64,
    pub(crate) before: CollectionWindow,
    pub(crate) after: CollectionWindow,
    pub(crate) collections: Vec<ComparedCollection<'a>>,
    pub(crate) failed: Vec<CollectionFailure<'a>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComparedCollection<'a> {
    pub(crate) server: &'a str,
    pub(crate) library: &'a str,
    pub(crate) collection: &'a str,
    pub(crate) rating_key: i64,
    pub(crate) before: CollectionNumbers,
    pub(crate) after: CollectionNumbers,
}

/// What came of a counting.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CollectAnswer<'a> {
    pub(crate) status: CollectStatus,
    pub(crate) collected: Vec<CollectedSnapshot<'a>>,
    pub(crate) failed: Vec<CollectionFailure<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CollectStatus {
    /// All of it was counted.
    Success,
    /// Some of it was not.
    Partial,
    /// Nothing was.
    Error,
    /// There was nothing to count.
    Skipped,
}

/// A snapshot just kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CollectedSnapshot<'a> {
    pub(crate) snapshot: CollectionSnapshot<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) visibility: Option<CollectionVisibility>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn as_text<S: serde::Serializer>(date: &Date, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(date)
}

pub(super) fn time_s(s: i64) -> Option<Time> {
    Timestamp::from_second(s).ok().map(Time)
}

pub(super) fn time_ms(ms: i64) -> Time {
    Time(Timestamp::from_millisecond(ms).unwrap_or_default())
}

impl From<Visibility> for CollectionVisibility {
    fn from(v: Visibility) -> Self {
        Self {
            recommended: v.recommended,
            own_home: v.own_home,
            shared_home: v.shared_home,
        }
    }
}

impl<'a> CollectionRow<'a> {
    pub(super) fn of(found: &'a Found, latest: Option<&'a Snapshot>) -> Self {
        Self::told(&found.server, &found.library, &found.collection, latest)
    }

    pub(super) fn told(
        server: &'a SourceId,
        library: &'a str,
        collection: &'a Collection,
        latest: Option<&'a Snapshot>,
    ) -> Self {
        Self {
            server: server.as_str(),
            library,
            section_id: Some(collection.section_id),
            rating_key: Some(collection.rating_key),
            title: &collection.title,
            summary: collection.summary.as_deref(),
            media_type: collection.subtype.as_deref(),
            smart: collection.smart,
            items: collection.child_count,
            added_at: collection.added_at_s.and_then(time_s),
            updated_at: collection.updated_at_s.and_then(time_s),
            visibility: collection.visibility.map(Into::into),
            latest: latest.map(CollectionSnapshot::of),
        }
    }

    /// All that is known while its server does not answer.
    pub(super) fn remembered(snapshot: &'a Snapshot) -> Self {
        Self {
            server: snapshot.server.as_str(),
            library: &snapshot.library,
            section_id: snapshot.section_id,
            rating_key: snapshot.rating_key,
            title: &snapshot.collection_name,
            summary: None,
            media_type: snapshot.media_type.as_deref(),
            smart: None,
            items: snapshot.items,
            added_at: None,
            updated_at: None,
            visibility: None,
            latest: Some(CollectionSnapshot::of(snapshot)),
        }
    }
}

impl<'a> CollectionSnapshot<'a> {
    pub(super) fn of(s: &'a Snapshot) -> Self {
        // What is kept is JSON already; an empty object says nothing.
        let extra = (s.extra != "{}")
            .then(|| serde_json::from_str(&s.extra).ok())
            .flatten();
        Self {
            id: s.id,
            collection: &s.collection_name,
            server: s.server.as_str(),
            library: &s.library,
            section_id: s.section_id,
            rating_key: s.rating_key,
            media_type: s.media_type.as_deref(),
            window_days: s.window_days,
            plays: s.total_plays,
            duration_s: s.total_duration_s,
            unique_users: s.unique_users,
            items: s.items,
            items_watched: s.items_watched,
            first_play_at: s.first_play_s.and_then(time_s),
            last_play_at: s.last_play_s.and_then(time_s),
            rotation_id: s.rotation_id.as_deref(),
            collected_at: time_ms(s.collected_ms),
            extra,
        }
    }
}

impl<'a> CollectionFailure<'a> {
    pub(super) fn of(missed: &'a Missed) -> Self {
        Self {
            server: missed.server.as_ref().map(SourceId::as_str),
            library: missed.library.as_deref(),
            collection: missed.collection.as_deref(),
            rating_key: missed.rating_key,
            kind: Kind::as_str(missed.kind),
            reason: &missed.reason,
        }
    }

    pub(super) fn all(missed: &'a [Missed]) -> Vec<Self> {
        missed.iter().map(Self::of).collect()
    }
}

impl From<&Watched> for CollectionNumbers {
    fn from(w: &Watched) -> Self {
        Self {
            plays: w.plays,
            duration_s: w.duration_s,
            unique_users: w.unique_users,
            items_watched: w.items_watched,
            first_play_at: w.first_play_s.and_then(time_s),
            last_play_at: w.last_play_s.and_then(time_s),
        }
    }
}

impl<'a> OneCollection<'a> {
    pub(super) fn of(
        collection: CollectionRow<'a>,
        window: CollectionWindow,
        detail: &'a Detail,
        answered_at: Timestamp,
    ) -> Self {
        let moment = |s: i64| time_s(s).unwrap_or(Time(Timestamp::UNIX_EPOCH));
        let items = detail.members.iter().map(|m| CollectionItem {
            rating_key: m.rating_key,
            title: m.title.as_deref(),
            plays: m.plays,
            duration_s: m.duration_s,
            unique_users: m.unique_users,
            last_play_at: moment(m.last_play_s),
        });
        let users = detail.users.iter().map(|u| CollectionUser {
            user_id: u.user_id,
            name: u.name.as_deref(),
            plays: u.plays,
            duration_s: u.duration_s,
            last_play_at: moment(u.last_play_s),
        });
        let days = detail.days.iter().map(|d| CollectionDay {
            date: d.date,
            plays: d.plays,
            duration_s: d.duration_s,
        });
        Self {
            collection,
            window,
            total: (&detail.total).into(),
            items: items.collect(),
            users: users.collect(),
            days: days.collect(),
            answered_at: Time(answered_at),
        }
    }
}

impl<'a> OneRotation<'a> {
    pub(super) fn of(span: &'a RotationSpan) -> Self {
        Self {
            rotation_id: &span.rotation_id,
            started_at: time_ms(span.from_ms),
            ended_at: span.until_ms.map(time_ms),
            collections: span.collections.iter().map(CollectionSnapshot::of).collect(),
        }
    }
}
