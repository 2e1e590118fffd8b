//! What was asked, read by hand: names may repeat, and a refusal names the parameter.

use base::Kind;
use history::ask::slices::{Filter, Measure, OnClocks, Reached};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use model::{Origin, Reason};
use utoipa::IntoParams;

use super::words::{DECISIONS, HARDWARE, MEDIA, NETWORKS, TIERS, WEEKDAYS};
use crate::respond::Refusal;

/// Longest text searched for: longer ones find nothing anyway.
const TEXT_MAX: usize = 200;

/// Values of one filter; each costs a comparison per title or device.
const VALUES_MAX: usize = 100;

const DAYS_MAX: i64 = 36_500;

/// Days of an answer about the calendar, unless others are asked for.
const DAYS_DEFAULT: i64 = 30;

/// Which plays. Filters may repeat: any of the values of one, all of the filters.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; `Asked::read` reads")]
pub(super) struct FilterParams {
    /// Plays that started at this moment (RFC 3339) or on this date of `time_zone` or later.
    #[param(example = "2026-11-01")]
    from: Option<String>,
    /// Plays that started before this moment, or until the end of this date.
    #[param(example = "2026-11-21")]
    to: Option<String>,
    /// Instead of `from` and `to`: today and the days before it, this many together; 0 is all time.
    #[param(minimum = 0, maximum = 36_500)]
    days: Option<u32>,
    /// Our name of a server.
    server: Option<Vec<String>>,
    /// The id of a library.
    library: Option<Vec<i64>>,
    /// A name: of the account, of today or at the time of the play, or the one shown.
    user: Option<Vec<String>>,
    /// The id of an account.
    user_id: Option<Vec<i64>>,
    /// As shown, such as `macOS`, or as told.
    platform: Option<Vec<String>>,
    /// The name of a device.
    player: Option<Vec<String>>,
    /// `directplay`, `copy`, `transcode`, `unknown`.
    decision: Option<Vec<String>>,
    /// `movie`, `episode`, `track`, `live`; live television is none of the others.
    media: Option<Vec<String>>,
    /// `lan`, `wan`, `relay`, `cellular`, `unknown`.
    network: Option<Vec<String>>,
    /// Who wrote it down: `recorded`, `tautulli`, `plex_history`.
    origin: Option<Vec<String>>,
    /// The whole title of the item, of its show or artist, or the full title.
    title: Option<Vec<String>>,
    /// Of the item, its season or album, or its show or artist.
    rating_key: Option<Vec<i64>>,
    /// All plays that continue one another.
    group_id: Option<u32>,
    /// Hour of the day at the start, 0 to 23.
    hour: Option<Vec<u8>>,
    /// Day of the week at the start, `monday` to `sunday`.
    weekday: Option<Vec<String>>,
    /// As `by=source_resolution` names it.
    source_resolution: Option<Vec<String>>,
    /// As `by=stream_resolution` names it.
    stream_resolution: Option<Vec<String>>,
    /// Why it was not sent as it is: `subtitle_burn`, `video_codec`, `audio_codec`, `container`, `quality`, `unknown`.
    reason: Option<Vec<String>>,
    /// Of a picture's transcode: `full`, `part`, `software`.
    hardware: Option<Vec<String>>,
    /// How far it got: `0-25`, `25-50`, `50-75`, `75-watched`, `watched`, `unknown`.
    completion: Option<Vec<String>>,
    /// Part of a title, a name, a device or an address, in any case.
    q: Option<String>,
    /// IANA name; the configured one if absent. Dates, weekdays, hours and months are of this zone.
    #[param(example = "Europe/Berlin")]
    time_zone: Option<String>,
    /// Count plays that continue one another as one.
    #[param(default = true)]
    grouped: Option<bool>,
}

/// What the values of an answer are.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; `Asked::read` reads")]
pub(super) struct MeasureParams {
    /// `plays` or `seconds`: wall-clock time without pauses.
    #[param(default = "plays")]
    measure: Option<String>,
}

const COMMON: [&str; 26] = [
    "from",
    "to",
    "days",
    "server",
    "library",
    "user",
    "user_id",
    "platform",
    "player",
    "decision",
    "media",
    "network",
    "origin",
    "title",
    "rating_key",
    "group_id",
    "hour",
    "weekday",
    "source_resolution",
    "stream_resolution",
    "reason",
    "hardware",
    "completion",
    "q",
    "time_zone",
    "grouped",
];

/// What a question covers if it does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api::v1) enum Window {
    AllTime,
    /// [`DAYS_DEFAULT`] days, with today.
    Recent,
}

/// A question, read and checked.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) filter: Filter,
    pub(super) time_zone: TimeZone,
    pub(super) grouped: bool,
    pub(super) measure: Measure,
    pub(super) now: Timestamp,
    given: Given,
}

impl Asked {
    /// `more`: parameters of this path alone.
    pub(super) fn read(
        query: Option<&str>,
        more: &[&str],
        default: Window,
        settings: &history::Settings,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let given = Given::new(query.unwrap_or_default(), &[&COMMON, more])?;
        let time_zone = given.time_zone(settings)?;
        let (from_s, to_s) = given.range(&time_zone, now, default)?;
        let grouped = given.word("grouped", &[("true", true), ("false", false)])?;
        let grouped = grouped.unwrap_or(true);
        let measures = [("plays", Measure::Plays), ("seconds", Measure::Seconds)];
        Ok(Self {
            filter: Filter {
                from_s,
                to_s,
                clocks: given.clocks(&time_zone)?,
                reached: given.reached(grouped)?,
                ..given.filter()?
            },
            time_zone,
            grouped,
            measure: given.word("measure", &measures)?.unwrap_or_default(),
            now,
            given,
        })
    }

    /// The value of a parameter of this path, if it is one of `words`.
    pub(super) fn word<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, Refusal> {
        self.given.word(name, words)
    }

    /// How many are wanted, at least 1 and at most `most`.
    pub(super) fn limit(&self, default: usize, most: usize) -> Result<usize, Refusal> {
        self.given.limit(default, most)
    }

    pub(super) fn now_s(&self) -> i64 {
        self.now.as_second()
    }

    pub(super) fn one(&self, name: &str) -> Result<Option<&str>, Refusal> {
        self.given.one(name)
    }

    pub(super) fn has_window(&self) -> bool {
        self.filter.from_s.is_some() || self.filter.to_s.is_some()
    }

    /// Nothing but the time is asked for.
    pub(super) fn is_open(&self) -> bool {
        let Filter { from_s, to_s, .. } = self.filter;
        let bare = Filter {
            from_s,
            to_s,
            ..Filter::default()
        };
        self.filter == bare
    }
}

pub(in crate::api::v1) fn bad(name: &str, value: &str, wanted: &str) -> Refusal {
    // A long one is not worth repeating.
    let value: String = value.chars().take(60).collect();
    Refusal::new(Kind::BadPayload, format!("{name}: {value:?} is not {wanted}"))
}

/// Names and values, every name known, none empty.
#[derive(Clone, Debug)]
pub(in crate::api::v1) struct Given(Vec<(String, String)>);

impl Given {
    /// `known`: the names that may be given, in any of these lists.
    pub(in crate::api::v1) fn new(query: &str, known: &[&[&str]]) -> Result<Self, Refusal> {
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let is_known = |name: &str| known.iter().any(|names| names.contains(&name));
        let unknown = pairs.iter().find(|(name, _)| !is_known(name));
        if let Some((name, _)) = unknown {
            let name: String = name.chars().take(60).collect();
            return Err(Refusal::new(
                Kind::BadPayload,
                format!("there is no parameter {name:?} here"),
            ));
        }
        let given = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        Ok(Self(given.collect()))
    }

    fn all<'a>(&'a self, name: &str) -> Result<Vec<&'a str>, Refusal> {
        let values = self.0.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str());
        let values: Vec<_> = values.collect();
        if values.len() > VALUES_MAX {
            return Err(Refusal::new(
                Kind::BadPayload,
                format!("{name}: more than {VALUES_MAX} values"),
            ));
        }
        Ok(values)
    }

    pub(in crate::api::v1) fn texts(&self, name: &str) -> Result<Vec<String>, Refusal> {
        Ok(self.all(name)?.into_iter().map(str::to_owned).collect())
    }

    pub(in crate::api::v1) fn one<'a>(&'a self, name: &str) -> Result<Option<&'a str>, Refusal> {
        match self.all(name)?.as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(only)),
            [..] => Err(Refusal::new(
                Kind::BadPayload,
                format!("{name}: given more than once"),
            )),
        }
    }

    pub(in crate::api::v1) fn numbers(&self, name: &str) -> Result<Vec<i64>, Refusal> {
        let number = |v: &str| v.parse().map_err(|_| bad(name, v, "a whole number"));
        self.all(name)?.into_iter().map(number).collect()
    }

    fn number(&self, name: &str, least: i64, most: i64) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.one(name)? else {
            return Ok(None);
        };
        let number: Option<i64> = text.parse().ok().filter(|n| (least..=most).contains(n));
        match number {
            Some(n) => Ok(Some(n)),
            None => Err(bad(name, text, &format!("a whole number from {least} to {most}"))),
        }
    }

    /// How many are wanted, at least 1 and at most `most`.
    pub(in crate::api::v1) fn limit(&self, default: usize, most: usize) -> Result<usize, Refusal> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let limit = self.number("limit", 1, most)?;
        Ok(limit.and_then(|n| usize::try_from(n).ok()).unwrap_or(default))
    }

    /// What is searched for.
    pub(in crate::api::v1) fn search(&self) -> Result<Option<&str>, Refusal> {
        match self.one("q")? {
            Some(text) if text.len() > TEXT_MAX => Err(bad("q", text, &format!("at most {TEXT_MAX} bytes"))),
            text => Ok(text),
        }
    }

    pub(in crate::api::v1) fn time_zone(&self, settings: &history::Settings) -> Result<TimeZone, Refusal> {
        match self.one("time_zone")? {
            Some(name) => TimeZone::get(name).map_err(|_| bad("time_zone", name, "the name of a time zone")),
            None => Ok(settings.time_zone.clone()),
        }
    }

    pub(in crate::api::v1) fn words<T: Copy>(
        &self,
        name: &str,
        words: &[(&str, T)],
    ) -> Result<Vec<T>, Refusal> {
        let find = |value: &str| {
            let found = words.iter().find(|(word, _)| *word == value);
            found.map(|(_, meaning)| *meaning).ok_or_else(|| {
                let all: Vec<_> = words.iter().map(|(word, _)| *word).collect();
                bad(name, value, &format!("one of {}", all.join(", ")))
            })
        };
        self.all(name)?.into_iter().map(find).collect()
    }

    pub(in crate::api::v1) fn word<T: Copy>(
        &self,
        name: &str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, Refusal> {
        self.one(name)?;
        Ok(self.words(name, words)?.first().copied())
    }

    /// First second, and first second after it.
    pub(in crate::api::v1) fn range(
        &self,
        tz: &TimeZone,
        now: Timestamp,
        default: Window,
    ) -> Result<(Option<i64>, Option<i64>), Refusal> {
        let (from, to) = (self.one("from")?, self.one("to")?);
        let days = self.number("days", 0, DAYS_MAX)?;
        if days.is_some() && (from.is_some() || to.is_some()) {
            return Err(Refusal::new(
                Kind::BadPayload,
                "days: stands for from and to, so it cannot come with them",
            ));
        }
        let days = match (days, default) {
            (Some(days), _) => days,
            (None, Window::Recent) if from.is_none() && to.is_none() => DAYS_DEFAULT,
            (None, _) => 0,
        };
        if days > 0 {
            let today = now.to_zoned(tz.clone()).date();
            let first = today.checked_sub(Span::new().days(days - 1)).unwrap_or(Date::MIN);
            return Ok((Some(day_start_s(tz, first)), None));
        }
        let from_s = from.map(|text| moment(tz, "from", text, false)).transpose()?;
        let to_s = to.map(|text| moment(tz, "to", text, true)).transpose()?;
        if let (Some(from_s), Some(to_s)) = (from_s, to_s)
            && from_s >= to_s
        {
            return Err(bad("to", to.unwrap_or_default(), "after from"));
        }
        Ok((from_s, to_s))
    }

    fn clocks(&self, zone: &TimeZone) -> Result<Option<OnClocks>, Refusal> {
        let hour = |text: &&str| {
            let hour = text.parse().ok().filter(|hour| *hour < 24_u8);
            hour.ok_or_else(|| bad("hour", text, "a whole number from 0 to 23"))
        };
        let hours: Vec<u8> = self.all("hour")?.iter().map(hour).collect::<Result<_, _>>()?;
        let weekdays = self.words("weekday", &WEEKDAYS)?;
        if hours.is_empty() && weekdays.is_empty() {
            return Ok(None);
        }
        let zone = zone.clone();
        Ok(Some(OnClocks {
            zone,
            hours,
            weekdays,
        }))
    }

    fn reached(&self, grouped: bool) -> Result<Option<Reached>, Refusal> {
        let tiers = self.words("completion", &TIERS)?;
        Ok((!tiers.is_empty()).then_some(Reached { tiers, grouped }))
    }

    /// What does not depend on anything else.
    fn filter(&self) -> Result<Filter, Refusal> {
        Ok(Filter {
            servers: self.texts("server")?,
            libraries: self.numbers("library")?,
            user_ids: self.numbers("user_id")?,
            users: self.texts("user")?,
            platforms: self.texts("platform")?,
            players: self.texts("player")?,
            decisions: self.words("decision", &DECISIONS)?,
            media: self.words("media", &MEDIA)?,
            networks: self.words("network", &NETWORKS)?,
            origins: self.words("origin", &Origin::ALL.map(|o| (o.as_str(), o)))?,
            titles: self.texts("title")?,
            rating_keys: self.numbers("rating_key")?,
            group_id: self
                .number("group_id", 0, i64::from(u32::MAX))?
                .and_then(|n| u32::try_from(n).ok()),
            source_resolutions: self.texts("source_resolution")?,
            stream_resolutions: self.texts("stream_resolution")?,
            reasons: self.words("reason", &Reason::ALL.map(|r| (r.as_str(), r)))?,
            hardware: self.words("hardware", &HARDWARE)?,
            text: self.search()?.map(str::to_owned),
            ..Filter::default()
        })
    }
}

/// A moment as it is; of a date its beginning, or its end if `is_end`.
fn moment(tz: &TimeZone, name: &str, text: &str, is_end: bool) -> Result<i64, Refusal> {
    if let Ok(date) = text.parse::<Date>()
        && text.len() <= "-009999-12-31".len()
    {
        let date = if is_end {
            date.tomorrow().unwrap_or(date)
        } else {
            date
        };
        return Ok(day_start_s(tz, date));
    }
    match text.parse::<Timestamp>() {
        // A play belongs to the second it started in.
        Ok(at) if at.subsec_nanosecond() > 0 && at.as_millisecond() >= 0 => Ok(at.as_second() + 1),
        Ok(at) => Ok(at.as_second()),
        Err(_) => Err(bad(name, text, "a date or an RFC 3339 moment")),
    }
}

fn day_start_s(tz: &TimeZone, date: Date) -> i64 {
    let outside = if date.year() < 1970 { 0 } else { i64::MAX };
    date.to_zoned(tz.clone())
        .map_or(outside, |midnight| midnight.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use history::columns::Way;

    use super::*;

    /// 2026-11-21T20:00:00Z
    const NOW: Timestamp = Timestamp::constant(1_795_291_200, 0);

    fn read(query: &str, default: Window) -> Result<Asked, Refusal> {
        let settings = history::Settings {
            time_zone: TimeZone::get("America/New_York").unwrap(),
            ..history::Settings::default()
        };
        Asked::read(Some(query), &["limit", "measure"], default, &settings, NOW)
    }

    #[test]
    fn ranges_are_of_the_zone() {
        let s = |text: &str| Some(text.parse::<Timestamp>().unwrap().as_second());
        for (query, default, from, to) in [
            ("", Window::AllTime, None, None),
            ("days=0", Window::Recent, None, None),
            ("", Window::Recent, s("2026-10-23T04:00:00Z"), None),
            ("days=1", Window::AllTime, s("2026-11-21T05:00:00Z"), None),
            // Over the end of daylight saving time.
            ("days=21", Window::AllTime, s("2026-11-01T04:00:00Z"), None),
            (
                "from=2026-11-01&to=2026-11-01",
                Window::Recent,
                s("2026-11-01T04:00:00Z"),
                s("2026-11-02T05:00:00Z"),
            ),
            (
                "to=2026-11-01&time_zone=UTC",
                Window::Recent,
                None,
                s("2026-11-02T00:00:00Z"),
            ),
            (
                "from=2026-11-01T10:00:00%2B01:00",
                Window::Recent,
                s("2026-11-01T09:00:00Z"),
                None,
            ),
            (
                "from=2026-11-01T10:00:00.5Z",
                Window::Recent,
                s("2026-11-01T10:00:01Z"),
                None,
            ),
        ] {
            let asked = read(query, default).unwrap();
            assert_eq!((asked.filter.from_s, asked.filter.to_s), (from, to), "{query}");
        }
    }

    #[test]
    fn refusals_name_the_parameter() {
        let long = format!("q={}", "x".repeat(201));
        let many = "user=a&".repeat(101);
        for (query, name) in [
            ("from=yesterday", "from"),
            ("from=2026-13-01", "from"),
            ("to=1", "to"),
            ("from=2026-11-02&to=2026-11-01", "to"),
            ("days=-1", "days"),
            ("days=1&to=2026-11-01", "days"),
            ("days=36501", "days"),
            ("library=films", "library"),
            ("user_id=anna", "user_id"),
            ("decision=direct", "decision"),
            ("media=film", "media"),
            ("network=home", "network"),
            ("origin=plex", "origin"),
            ("rating_key=x", "rating_key"),
            ("hour=24", "hour"),
            ("hour=-1", "hour"),
            ("weekday=1", "weekday"),
            ("reason=slow", "reason"),
            ("hardware=some", "hardware"),
            ("completion=half", "completion"),
            ("group_id=-1", "group_id"),
            ("group_id=4294967296", "group_id"),
            ("group_id=1&group_id=2", "group_id"),
            ("time_zone=Mars/Olympus", "time_zone"),
            ("grouped=maybe", "grouped"),
            ("measure=hours", "measure"),
            ("limits=1", "limits"),
            (long.as_str(), "q"),
            (many.as_str(), "user"),
        ] {
            let refusal = read(query, Window::AllTime).unwrap_err();
            assert_eq!(refusal.kind, Kind::BadPayload);
            assert!(refusal.message.contains(name), "{query}: {}", refusal.message);
        }
        for limit in ["0", "501", "-1", "99999999999999999999", "x"] {
            let asked = read(&format!("limit={limit}"), Window::AllTime).unwrap();
            let refusal = asked.limit(25, 500).unwrap_err();
            assert!(refusal.message.contains("limit"), "{}", refusal.message);
        }
    }

    #[test]
    fn values_may_repeat_and_empty_ones_are_none() {
        let asked = read(
            "user=anna&user=b%C3%A4r+%26+co&q=&decision=unknown&media=live",
            Window::AllTime,
        )
        .unwrap();
        assert_eq!(asked.filter.users, ["anna", "bär & co"]);
        assert_eq!(
            (asked.filter.decisions.as_slice(), asked.filter.text),
            ([Way::Unknown].as_slice(), None)
        );
        assert!(!read("q=a", Window::AllTime).unwrap().is_open());
        assert!(read("days=3&grouped=false", Window::AllTime).unwrap().is_open());
    }
}
