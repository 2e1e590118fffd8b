//! Lengths of time in words, as Tautulli writes them.

/// Beyond it no seconds are shown. Tautulli compares seconds with its limit for milliseconds, so it is 83 h.
const SECONDS_SHOWN_BELOW_S: i64 = 300_000;

/// `12 days 3 hrs 4 mins`, with seconds if it is below 300,000 s; else minutes are rounded, halves to the even one.
/// `0` for nothing or less.
pub fn human_duration(seconds: i64) -> String {
    if seconds <= 0 {
        return "0".to_owned();
    }
    let shown = if seconds < SECONDS_SHOWN_BELOW_S {
        seconds
    } else {
        let (minutes, rest) = (seconds / 60, seconds % 60);
        let up = rest > 30 || (rest == 30 && minutes % 2 == 1);
        (minutes + i64::from(up)) * 60
    };
    let parts = [
        (shown / 86_400, " day"),
        (shown / 3_600 % 24, " hr"),
        (shown / 60 % 60, " min"),
        (shown % 60, " sec"),
    ];
    let mut text = String::new();
    for (count, unit) in parts.into_iter().filter(|(count, _)| *count > 0) {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&count.to_string());
        text.push_str(unit);
        if count > 1 {
            text.push('s');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::human_duration;

    #[test]
    fn lengths_read_as_tautulli_writes_them() {
        for (seconds, expected) in [
            (-5, "0"),
            (0, "0"),
            (1, "1 sec"),
            (60, "1 min"),
            (3_693, "1 hr 1 min 33 secs"),
            (86_400, "1 day"),
            (111_795, "1 day 7 hrs 3 mins 15 secs"),
            (299_999, "3 days 11 hrs 19 mins 59 secs"),
            (300_000, "3 days 11 hrs 20 mins"),
            (300_030, "3 days 11 hrs 20 mins"),
            (300_090, "3 days 11 hrs 22 mins"),
            (300_091, "3 days 11 hrs 22 mins"),
            (345_599, "4 days"),
            (3_179_880, "36 days 19 hrs 18 mins"),
        ] {
            assert_eq!(human_duration(seconds), expected, "{seconds} s");
        }
    }
}
