//! What was asked about collections.

use base::Kind;
use history::collections::Window;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::Deserialize;
use utoipa::IntoParams;

use super::types::{CollectionWindow, time_s};
use crate::collections::Place;
use crate::respond::Refusal;

/// Days counted unless others are asked for.
const DAYS_DEFAULT: u32 = 30;

const DAYS_MAX: u32 = 36_500;

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Only of the server with this id.
    pub(super) server: Option<String>,
    /// Only of libraries with this name.
    pub(super) library: Option<String>,
    /// Only collections with exactly this name.
    pub(super) name: Option<String>,
    /// Only those shown in this place.
    #[param(inline)]
    pub(super) visibility: Option<Place>,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WindowParams {
    /// Plays that ended at this moment (RFC 3339) or on this date of `time_zone` or later.
    #[param(example = "2026-11-01")]
    from: Option<String>,
    /// Plays that ended before this moment, or until the end of this date.
    #[param(example = "2026-11-21")]
    to: Option<String>,
    /// Instead of `from` and `to`: this many times 24 hours until now; 0 is all time.
    #[param(minimum = 0, maximum = 36_500, default = 30)]
    days: Option<u32>,
    /// IANA name; the configured one if absent. Days of the answer, and dates of `from` and `to`, are of this zone.
    #[param(example = "Europe/Berlin")]
    time_zone: Option<String>,
}

/// A window, read and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) window: Window,
    pub(super) zone: TimeZone,
}

impl WindowParams {
    pub(super) fn read(&self, configured: &TimeZone, now: Timestamp) -> Result<Asked, Refusal> {
        let zone = match &self.time_zone {
            None => configured.clone(),
            Some(name) => {
                TimeZone::get(name).map_err(|_| bad("time_zone", name, "the name of a time zone"))?
            }
        };
        if self.days.is_some() && (self.from.is_some() || self.to.is_some()) {
            let what = "give either `days`, or `from` and `to`";
            return Err(Refusal::new(Kind::BadPayload, what));
        }
        let window = match (self.days, &self.from, &self.to) {
            (Some(0), ..) => Window::default(),
            (None, None, None) => Window::last_days(now.as_second(), DAYS_DEFAULT.into()),
            (Some(days), ..) => Window::last_days(now.as_second(), checked_days(days)?.into()),
            (None, from, to) => {
                let read = |name, text: &Option<String>, is_end| {
                    let moment = text.as_ref().map(|text| moment(name, text, &zone, is_end));
                    moment.transpose()
                };
                Window {
                    from_s: read("from", from, false)?,
                    to_s: read("to", to, true)?,
                }
            }
        };
        if let Window {
            from_s: Some(from),
            to_s: Some(to),
        } = window
            && from >= to
        {
            return Err(Refusal::new(Kind::BadPayload, "`from` must lie before `to`"));
        }
        Ok(Asked { window, zone })
    }
}

impl From<Window> for CollectionWindow {
    fn from(window: Window) -> Self {
        Self {
            from: window.from_s.and_then(time_s),
            to: window.to_s.and_then(time_s),
        }
    }
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SnapshotParams {
    /// Only of the server with this id.
    pub(super) server: Option<String>,
    /// Only of collections that had exactly this name.
    pub(super) name: Option<String>,
    /// Only of libraries with this name.
    pub(super) library: Option<String>,
    /// Only those taken for this rotation.
    pub(super) rotation_id: Option<String>,
    /// Snapshots of a page.
    #[param(minimum = 1, maximum = 500, default = 50)]
    pub(super) limit: Option<usize>,
    /// `next_cursor` of the page before. The filters must be the same.
    pub(super) cursor: Option<String>,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParams {
    /// Snapshots of a page.
    #[param(minimum = 1, maximum = 500, default = 50)]
    pub(super) limit: Option<usize>,
    /// `next_cursor` of the page before.
    pub(super) cursor: Option<String>,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TopParams {
    /// Only of the server with this id.
    pub(super) server: Option<String>,
    /// Only collections of this: `movie`, `show`…
    pub(super) media_type: Option<String>,
    /// Only those counted since the first snapshot of this rotation.
    pub(super) since_rotation: Option<String>,
    /// How many.
    #[param(minimum = 1, maximum = 500, default = 10)]
    pub(super) limit: Option<usize>,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompareParams {
    /// Days before the rotation, and as many after its beginning.
    #[param(minimum = 1, maximum = 36_500, default = 30)]
    days: Option<u32>,
}

impl CompareParams {
    pub(super) fn days(&self) -> Result<i64, Refusal> {
        let days = self.days.unwrap_or(DAYS_DEFAULT);
        if days == 0 {
            return Err(bad("days", "0", "a number of days from 1"));
        }
        checked_days(days).map(Into::into)
    }
}

pub(super) fn checked_days(days: u32) -> Result<u32, Refusal> {
    if days > DAYS_MAX {
        return Err(bad(
            "days",
            &days.to_string(),
            &format!("a number of days up to {DAYS_MAX}"),
        ));
    }
    Ok(days)
}

/// Rows of a page.
pub(super) fn limit(asked: Option<usize>, default: usize) -> Result<usize, Refusal> {
    const MOST: usize = 500;
    match asked.unwrap_or(default) {
        n @ 1..=MOST => Ok(n),
        n => Err(bad(
            "limit",
            &n.to_string(),
            &format!("a number from 1 to {MOST}"),
        )),
    }
}

/// The id of the last snapshot of the page before.
pub(super) fn cursor(asked: Option<&str>) -> Result<Option<i64>, Refusal> {
    asked
        .map(|text| text.parse().map_err(|_| bad("cursor", text, "a cursor of ours")))
        .transpose()
}

fn bad(name: &str, value: &str, wanted: &str) -> Refusal {
    // A long one is not worth repeating.
    let value: String = value.chars().take(60).collect();
    Refusal::new(Kind::BadPayload, format!("{name}: {value:?} is not {wanted}"))
}

/// A moment, or a date: its first moment, or the first one after it.
fn moment(name: &str, text: &str, zone: &TimeZone, is_end: bool) -> Result<i64, Refusal> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at.as_second());
    }
    let date: Option<Date> = text.parse().ok();
    let day = date.and_then(|date| {
        if is_end {
            date.checked_add(1.day()).ok()
        } else {
            Some(date)
        }
    });
    day.and_then(|day| day.to_zoned(zone.clone()).ok())
        .map(|midnight| midnight.timestamp().as_second())
        .ok_or_else(|| {
            bad(
                name,
                text,
                "a date such as 2026-11-21, or a moment such as 2026-11-21T20:00:00Z",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_795_291_200, 0);

    fn read(params: &WindowParams) -> Result<(Option<i64>, Option<i64>), String> {
        let zone = TimeZone::get("America/New_York").unwrap();
        let asked = params.read(&zone, NOW).map_err(|r| r.message)?;
        Ok((asked.window.from_s, asked.window.to_s))
    }

    fn params(days: Option<u32>, from: Option<&str>, to: Option<&str>, zone: Option<&str>) -> WindowParams {
        let owned = |text: Option<&str>| text.map(ToOwned::to_owned);
        WindowParams {
            from: owned(from),
            to: owned(to),
            days,
            time_zone: owned(zone),
        }
    }

    #[test]
    fn windows() {
        let now_s = NOW.as_second();
        for (given, expected) in [
            (params(None, None, None, None), (Some(now_s - 30 * 86_400), None)),
            (params(Some(0), None, None, None), (None, None)),
            (params(Some(1), None, None, None), (Some(now_s - 86_400), None)),
            // A day of 25 hours in New York.
            (
                params(None, Some("2026-11-01"), Some("2026-11-01"), None),
                (Some(1_793_505_600), Some(1_793_505_600 + 25 * 3600)),
            ),
            (
                params(None, Some("2026-11-01"), None, Some("UTC")),
                (Some(1_793_491_200), None),
            ),
            (
                params(None, None, Some("2026-11-01T12:00:00.999+01:00"), None),
                (None, Some(1_793_530_800)),
            ),
        ] {
            assert_eq!(read(&given).unwrap(), expected, "{given:?}");
        }
        for (given, word) in [
            (params(Some(3), Some("2026-11-01"), None, None), "either"),
            (params(Some(36_501), None, None, None), "days"),
            (params(None, Some("yesterday"), None, None), "from"),
            (params(None, None, Some("2026-13-01"), None), "to:"),
            (
                params(None, Some("2026-11-02"), Some("2026-11-01"), None),
                "before",
            ),
            (params(None, None, None, Some("Mars/Olympus")), "time_zone"),
        ] {
            let said = read(&given).unwrap_err();
            assert!(said.contains(word), "{said}");
        }
    }
}
