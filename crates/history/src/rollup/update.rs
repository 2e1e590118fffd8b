//! What new plays change.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use rusqlite::Connection;

use super::cells::Sums;
use super::family::{Core, Fact, Family};
use super::ladder::Place;
use super::names::{Labels, Names, Unknown};
use super::shares::Shares;
use super::tail::{self, Changes};
use super::{NewPlay, peak};
use crate::Error;
use crate::columns::Columns;
use crate::rules::calendar::{Calendar, DAY_S};

/// Groups that gain rows give up what they counted before and count anew.
pub(crate) fn update(
    conn: &Connection,
    columns: &Columns,
    added: &[NewPlay],
    zone: &TimeZone,
) -> Result<(), Error> {
    let starts = added.iter().map(|play| play.started_s);
    let (from_s, to_s) = (starts.clone().min().unwrap_or(0), starts.max().unwrap_or(0));
    let calendar = Calendar::new(zone, from_s - 30 * DAY_S, to_s + 2 * DAY_S);
    let mut groups: BTreeMap<u32, Vec<&NewPlay>> = BTreeMap::new();
    for play in added {
        groups.entry(play.group_id).or_default().push(play);
    }
    let mut change = Change {
        columns,
        calendar: &calendar,
        names: Names::new(columns, Labels::new(conn, Unknown::Keep)),
        shares: Shares::default(),
        changes: Changes::new(),
    };
    for (group_id, plays) in &groups {
        change.group(*group_id, plays)?;
    }
    if added.len() > tail::PLAYS {
        tail::put_in_place(conn, &change.changes)?;
    } else {
        tail::push(conn, &change.changes)?;
    }
    peak::update(conn, columns, added, &calendar)
}

struct Change<'a> {
    columns: &'a Columns,
    calendar: &'a Calendar,
    names: Names<'a>,
    shares: Shares,
    changes: Changes,
}

impl Change<'_> {
    fn group(&mut self, group_id: u32, plays: &[&NewPlay]) -> Result<(), Error> {
        for family in Family::BY_STOP.into_iter().chain(Family::BY_START) {
            let mut facts = self.before(family, group_id)?;
            self.count(family, &mut facts, Sums::negated);
            for play in plays {
                let Some(core) = Core::of_new(play) else { continue };
                let dim = self.names.of_new(family, play)?;
                if let Some(fact) = family.fact(&core, dim, self.calendar) {
                    facts.push(fact);
                    add(
                        &mut self.changes,
                        family,
                        fact.stopped_s.div_euclid(DAY_S),
                        fact.key,
                        Sums::row(fact.seconds),
                    );
                }
            }
            self.count(family, &mut facts, |sums| sums);
        }
        Ok(())
    }

    fn before(&mut self, family: Family, group_id: u32) -> Result<Vec<Fact>, Error> {
        let mut facts = Vec::new();
        let Some(group) = self.columns.group_by_id(group_id) else {
            return Ok(facts);
        };
        for row in self.columns.group_rows(group) {
            if let Some(core) = Core::of_row(self.columns, row, Some(family)) {
                let dim = self.names.of_row(family, row)?;
                facts.extend(family.fact(&core, dim, self.calendar));
            }
        }
        Ok(facts)
    }

    fn count(&mut self, family: Family, facts: &mut [Fact], sign: impl Fn(Sums) -> Sums) {
        let is_by_start = Family::BY_START.contains(&family);
        let bucket = |stopped_s: i64| {
            if is_by_start {
                0
            } else {
                stopped_s.div_euclid(DAY_S)
            }
        };
        let changes = &mut self.changes;
        self.shares.of(facts, bucket, |day, key, sums| {
            add(changes, family, day, key, sign(sums));
        });
    }
}

/// Adds to the day of UTC, or to the bucket of this start.
fn add(changes: &mut Changes, family: Family, day: i64, key: u64, sums: Sums) {
    let (place, key) = if Family::BY_START.contains(&family) {
        Place::by_start(family, key)
    } else {
        let place = Place {
            family,
            level: 0,
            bucket: day,
        };
        (place, key)
    };
    changes.entry(place).or_default().add(key, sums);
}
