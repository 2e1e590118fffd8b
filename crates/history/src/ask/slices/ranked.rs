//! Rankings, and how the ranked were delivered.

use crate::columns::{Columns, Row, Way};

use super::calendar::way_name;
use super::keys::Keys;
use super::{Bits, Measure, Of, Selection, Series, Subject, Sum, Table};
use crate::rules::Class;

/// One place of a ranking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopEntry {
    pub subject: Subject,
    pub sum: Sum,
    /// Different users among its plays, as far as they are known.
    pub users: usize,
    /// Newest start.
    pub last_started_s: i64,
    /// The row that started last: it tells the ids and the picture.
    pub newest: Row,
}

/// The best of a ranking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RankedPage {
    pub entries: Vec<TopEntry>,
    /// Places there are.
    pub count: usize,
}

#[derive(Clone, Copy)]
struct Tally {
    sum: Sum,
    newest: Option<Row>,
}

/// The `limit` most played or longest played. A play counts for the subject of its lowest row, with the seconds of
/// all its rows. Ties: by the other measure, then the newer, then by name.
pub fn top(selection: &Selection<'_>, of: Of, measure: Measure, limit: usize) -> RankedPage {
    let columns = selection.columns;
    let keys = Keys::new(columns, of);
    let empty = Tally {
        sum: Sum::default(),
        newest: None,
    };
    let mut tallies = vec![empty; keys.subjects.len()];
    selection.each(|rows| {
        let tally = &mut tallies[keys.place(columns, rows[0])];
        tally.sum.add(Sum::of(columns, rows));
        tally.newest = later(columns, tally.newest, rows);
    });
    let mut places: Vec<_> = tallies
        .iter()
        .enumerate()
        .filter_map(|(place, tally)| tally.newest.map(|newest| (place, tally.sum, newest)))
        .collect();
    let count = places.len();
    let other = match measure {
        Measure::Plays => Measure::Seconds,
        Measure::Seconds => Measure::Plays,
    };
    places.sort_by(|(a_place, a, a_row), (b_place, b, b_row)| {
        let name = |place: &usize| keys.subjects[*place].name.as_deref();
        b.get(measure)
            .cmp(&a.get(measure))
            .then(b.get(other).cmp(&a.get(other)))
            .then(columns.started_s(*b_row).cmp(&columns.started_s(*a_row)))
            .then_with(|| name(a_place).cmp(&name(b_place)))
            .then(a_row.cmp(b_row))
    });
    places.truncate(limit);
    let users = users_of(
        selection,
        &keys,
        &places.iter().map(|(place, ..)| *place).collect::<Vec<_>>(),
    );
    let entries = places
        .into_iter()
        .zip(users)
        .map(|((place, sum, newest), users)| TopEntry {
            subject: keys.subjects[place].clone(),
            sum,
            users,
            last_started_s: columns.started_s(newest),
            newest,
        });
    RankedPage {
        entries: entries.collect(),
        count,
    }
}

/// The one of `rows` and `before` that started last; of equal ones that with the higher id.
fn later(columns: &Columns, before: Option<Row>, rows: &[Row]) -> Option<Row> {
    rows.iter()
        .copied()
        .chain(before)
        .max_by_key(|row| (columns.started_s(*row), *row))
}

/// Different users of each of `places`.
fn users_of(selection: &Selection<'_>, keys: &Keys, places: &[usize]) -> Vec<usize> {
    let columns = selection.columns;
    let people = Keys::new(columns, Of::Users);
    let is_known = |row| {
        let viewer = columns.viewer(row);
        viewer.user_id.is_some() || viewer.name.is_some()
    };
    let mut rank = vec![usize::MAX; keys.subjects.len()];
    for (at, place) in places.iter().enumerate() {
        rank[*place] = at;
    }
    let mut seen = vec![Bits::new(people.subjects.len()); places.len()];
    selection.each(|rows| {
        if let Some(seen) = seen.get_mut(rank[keys.place(columns, rows[0])])
            && is_known(rows[0])
        {
            seen.insert(people.place(columns, rows[0]));
        }
    });
    seen.iter().map(Bits::count).collect()
}

/// What deliveries are shown by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StreamBy {
    SourceResolution,
    StreamResolution,
    Platform,
    User,
}

/// The same table with the number of places there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    pub table: Table,
    pub count: usize,
}

/// How the `limit` most played or longest played were delivered: series are the decisions. Resolutions are those of
/// films, episodes and live television alone: music has none.
pub fn by_stream(selection: &Selection<'_>, by: StreamBy, measure: Measure, limit: usize) -> Decided {
    let columns = selection.columns;
    let (of, has_picture) = match by {
        StreamBy::SourceResolution => (Of::SourceResolutions, true),
        StreamBy::StreamResolution => (Of::StreamResolutions, true),
        StreamBy::Platform => (Of::Platforms, false),
        StreamBy::User => (Of::Users, false),
    };
    let keys = Keys::new(columns, of);
    let mut sums = vec![[Sum::default(); 4]; keys.subjects.len()];
    selection.each(|rows| {
        if has_picture && columns.class(rows[0]) == Class::Music {
            return;
        }
        sums[keys.place(columns, rows[0])][columns.way(rows[0]) as usize].add(Sum::of(columns, rows));
    });
    let whole = |place: usize| {
        sums[place].iter().fold(Sum::default(), |mut sum, part| {
            sum.add(*part);
            sum
        })
    };
    let name = |place: usize| keys.subjects[place].name.as_deref().unwrap_or("unknown");
    let mut places: Vec<usize> = (0..sums.len()).filter(|place| whole(*place).plays > 0).collect();
    let count = places.len();
    places.sort_by(|a, b| {
        let key = |place| whole(place).get(measure);
        key(*b).cmp(&key(*a)).then_with(|| name(*a).cmp(name(*b)))
    });
    places.truncate(limit);
    let series = [Way::DirectPlay, Way::Copy, Way::Transcode].map(|way| Series {
        name: way_name(way),
        values: places
            .iter()
            .map(|p| sums[*p][way as usize].get(measure))
            .collect(),
    });
    let table = Table {
        categories: places.iter().map(|p| name(*p).to_owned()).collect(),
        series: series.into(),
        total: places.iter().map(|p| whole(*p).get(measure)).collect(),
    };
    Decided { table, count }
}
