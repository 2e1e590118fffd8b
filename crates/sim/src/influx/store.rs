//! What it holds: points by series and time, and the types of their fields.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::parse::{ParsedPoint, Value};

/// A week: types are kept for each of them by version 1 and 2.
const SHARD_NS: i64 = 7 * 86_400 * 1_000_000_000;

/// A point that was written, with the fields of everything written to its series at its time.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Or bucket.
    pub database: String,
    pub measurement: String,
    pub tags: Vec<(String, String)>,
    pub fields: BTreeMap<String, Value>,
    /// Since 1970.
    pub at_ns: i64,
    /// How often it was written: 1 if nothing was sent twice.
    pub writes: u32,
}

/// What became of a body's points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Stored,
    /// Those were dropped, the others stored. The reason is that of the first.
    Partial {
        reason: String,
        dropped: usize,
    },
    /// `field type conflict` and not a word more: a new field came with two types, and nothing of that week was
    /// stored; but its first type is known now.
    Conflict,
}

#[derive(Debug, Default)]
pub(super) struct Store {
    databases: BTreeMap<String, Database>,
    /// In the order in which they were made.
    names: Vec<String>,
}

/// By week (version 3: always 0), measurement and name.
pub(super) type Columns = BTreeMap<(i64, String, String), &'static str>;

type Series = (String, Vec<(String, String)>);

#[derive(Debug, Default)]
struct Database {
    points: Vec<Stored>,
    /// Those that have a shard.
    weeks: BTreeSet<i64>,
    by_series: HashMap<Series, HashMap<i64, usize>>,
    kinds: Columns,
}

impl Store {
    pub(super) fn new(databases: &[String]) -> Self {
        let mut store = Self::default();
        for name in databases {
            store.create(name);
        }
        store
    }

    pub(super) fn create(&mut self, name: &str) {
        if !self.has(name) {
            self.names.push(name.to_owned());
            self.databases.insert(name.to_owned(), Database::default());
        }
    }

    pub(super) fn databases(&self) -> Vec<String> {
        self.names.clone()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.databases.contains_key(name)
    }

    pub(super) fn len(&self) -> usize {
        self.databases.values().map(|d| d.points.len()).sum()
    }

    pub(super) fn points(&self) -> Vec<Stored> {
        self.databases.values().flat_map(|d| d.points.clone()).collect()
    }

    /// Writes as version 1 and 2 do.
    pub(super) fn write(&mut self, name: &str, points: Vec<ParsedPoint>, oldest_ns: Option<i64>) -> Outcome {
        self.create(name);
        let database = self.databases.entry(name.to_owned()).or_default();
        let all = points.len();
        let points: Vec<ParsedPoint> = points
            .into_iter()
            .filter(|p| oldest_ns.is_none_or(|oldest| p.at_ns >= oldest))
            .collect();
        let too_old = all - points.len();
        let mut weeks: BTreeMap<i64, Vec<ParsedPoint>> = BTreeMap::new();
        for point in points {
            weeks
                .entry(point.at_ns.div_euclid(SHARD_NS))
                .or_default()
                .push(point);
        }
        // Every week is written, whatever becomes of the others; of several errors one is told.
        let mut outcome = Outcome::Stored;
        for (week, points) in weeks {
            match (database.write_shard(name, week, points), &outcome) {
                (Outcome::Stored, _) => {}
                (bad, Outcome::Stored) => outcome = bad,
                _ => {}
            }
        }
        match outcome {
            Outcome::Stored if too_old > 0 => Outcome::Partial {
                reason: "points beyond retention policy".to_owned(),
                dropped: too_old,
            },
            other => other,
        }
    }

    /// The error is why version 3 refuses this line: its types are kept for ever, and a column is a tag or a field.
    /// `columns` are those of the same body's lines before; this line's join them if it is good.
    pub(super) fn accept_v3(
        &self,
        name: &str,
        point: &ParsedPoint,
        columns: &mut Columns,
    ) -> Result<(), String> {
        let kinds = self.databases.get(name).map(|d| &d.kinds);
        let mut own = Columns::new();
        for (column, kind) in columns_v3(point) {
            let key = (0, point.measurement.clone(), column.to_owned());
            let before = kinds
                .and_then(|k| k.get(&key))
                .or(columns.get(&key))
                .or(own.get(&key));
            match before {
                Some(before) if *before != kind => {
                    return Err(format!(
                        "invalid column type for column '{column}', expected {}, got {}",
                        column_type(before),
                        column_type(kind)
                    ));
                }
                _ => own.insert(key, kind),
            };
        }
        columns.extend(own);
        Ok(())
    }

    /// Writes a line that is not refused, as version 3 does.
    pub(super) fn write_v3(&mut self, name: &str, point: ParsedPoint) {
        self.create(name);
        let database = self.databases.entry(name.to_owned()).or_default();
        for (column, kind) in columns_v3(&point) {
            let key = (0, point.measurement.clone(), column.to_owned());
            database.kinds.insert(key, kind);
        }
        database.put(name, point);
    }
}

fn columns_v3(point: &ParsedPoint) -> impl Iterator<Item = (&str, &'static str)> {
    let tags = point.tags.iter().map(|(key, _)| (key.as_str(), "tag"));
    tags.chain(
        point
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.kind())),
    )
}

fn column_type(kind: &str) -> String {
    match kind {
        "tag" => "iox::column_type::tag".to_owned(),
        field => format!("iox::column_type::field::{field}"),
    }
}

impl Database {
    /// A shard that is there gets a second try after the bare error, so that a single new field with two types is told
    /// as a partial write there; with two such fields, or in a new shard, the answer is the bare one.
    fn write_shard(&mut self, name: &str, week: i64, mut points: Vec<ParsedPoint>) -> Outcome {
        for point in &mut points {
            // Dropped without a word, unless no other is left.
            point.fields.sort_by_key(|(field, _)| field == "time");
            while point.fields.len() > 1 && point.fields.last().is_some_and(|(field, _)| field == "time") {
                point.fields.pop();
            }
        }
        if !self.weeks.insert(week) {
            let first = self.write_week(name, week, &mut points);
            if first != Outcome::Conflict {
                return first;
            }
        }
        self.write_week(name, week, &mut points)
    }

    /// Leaves the good points at the front and those behind them as they were, as the real one does: a second try
    /// sees some twice, which shows in the number it tells.
    fn write_week(&mut self, name: &str, week: i64, points: &mut [ParsedPoint]) -> Outcome {
        let (mut reason, mut good) = (None, 0);
        for at in 0..points.len() {
            match self.refusal(week, &points[at]) {
                None => {
                    points[good] = points[at].clone();
                    good += 1;
                }
                Some(why) => reason = reason.or(Some(why)),
            }
        }
        for point in &points[..good] {
            // What was learnt before the conflict stays learnt.
            if !self.learn(week, point) {
                return Outcome::Conflict;
            }
        }
        for point in &points[..good] {
            self.put(name, point.clone());
        }
        let dropped = points.len() - good;
        reason.map_or(Outcome::Stored, |reason| Outcome::Partial { reason, dropped })
    }

    fn refusal(&self, week: i64, point: &ParsedPoint) -> Option<String> {
        let time = |what, input| {
            let measurement = &point.measurement;
            Some(format!(
                "invalid {what}: input {input} \"time\" on measurement \"{measurement}\" is invalid"
            ))
        };
        if point.tags.iter().any(|(key, _)| key == "time") {
            time("tag key", "tag")
        } else if point.fields.iter().any(|(field, _)| field == "time") {
            time("field name", "field")
        } else {
            self.conflict(week, point)
        }
    }

    /// With what is known before this body.
    fn conflict(&self, week: i64, point: &ParsedPoint) -> Option<String> {
        let measurement = &point.measurement;
        point.fields.iter().find_map(|(field, value)| {
            let key = (week, measurement.clone(), field.clone());
            let known = self.kinds.get(&key).filter(|kind| **kind != value.kind())?;
            Some(format!(
                "field type conflict: input field \"{field}\" on measurement \"{measurement}\" is type {}, already \
                 exists as type {known}",
                value.kind()
            ))
        })
    }

    /// False if a field has another type already.
    fn learn(&mut self, week: i64, point: &ParsedPoint) -> bool {
        point.fields.iter().all(|(field, value)| {
            let key = (week, point.measurement.clone(), field.clone());
            *self.kinds.entry(key).or_insert(value.kind()) == value.kind()
        })
    }

    fn put(&mut self, name: &str, point: ParsedPoint) {
        let series = (point.measurement, point.tags);
        let times = self.by_series.entry(series.clone()).or_default();
        let at = *times.entry(point.at_ns).or_insert(self.points.len());
        if at == self.points.len() {
            self.points.push(Stored {
                database: name.to_owned(),
                measurement: series.0,
                tags: series.1,
                fields: BTreeMap::new(),
                at_ns: point.at_ns,
                writes: 0,
            });
        }
        let stored = &mut self.points[at];
        stored.writes += 1;
        stored.fields.extend(point.fields);
    }
}
