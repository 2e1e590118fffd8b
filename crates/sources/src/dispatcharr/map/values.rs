//! Single values: units, moments, words that mean nothing.

use jiff::Timestamp;
use model::Text;

/// Bits in 1024 bytes. Rates of viewers are told in those (its source divides by 1024), though they are called `KBps`.
const KIB_BITS: f64 = 8192.0;

/// Bits in what ffmpeg calls `kbits`.
const KBIT: f64 = 1000.0;

/// 1024 bytes a second → bits a second.
pub(super) fn kib_s(rate: f64) -> Option<u64> {
    rounded(rate * KIB_BITS)
}

/// 1000 bits a second → bits a second.
pub(in crate::dispatcharr) fn kbit_s(rate: f64) -> Option<u64> {
    rounded(rate * KBIT)
}

/// Seconds → milliseconds.
pub(super) fn millis(seconds: f64) -> Option<u64> {
    rounded(seconds * 1000.0)
}

/// To the nearest whole number; `None` for what is negative, not a number, or beyond what counts exactly.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked on the line above"
)]
fn rounded(value: f64) -> Option<u64> {
    /// Up to here every whole number has an `f64` of its own.
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    if (0.0..=EXACT_MAX).contains(&value) {
        Some(value.round() as u64)
    } else {
        None
    }
}

/// Seconds since 1970 with a fraction → a moment, to the millisecond. 0 is what an unset clock tells.
pub(super) fn since_1970(seconds: f64) -> Option<Timestamp> {
    let ms = millis(seconds).filter(|ms| *ms > 0)?;
    Timestamp::from_millisecond(i64::try_from(ms).ok()?).ok()
}

/// `2026-11-21T05:00:00Z`, with or without a fraction, or with an offset.
pub(super) fn moment(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok()
}

/// Bits a second since a start. Not before a second has gone by: until then it says more about our asking than about
/// the stream.
pub(super) fn mean_bps(bytes: Option<u64>, uptime_ms: Option<u64>) -> Option<u64> {
    let uptime_ms = uptime_ms.filter(|ms| *ms >= 1000)?;
    rounded(bytes? as f64 * 8000.0 / uptime_ms as f64)
}

/// The number of a row; they begin with 1.
pub(super) fn row_id(id: i64) -> Option<i64> {
    (id > 0).then_some(id)
}

/// A number of an account; `0` and `unknown` stand for nobody.
pub(super) fn user_id(text: Option<&str>) -> Option<i64> {
    text?.parse().ok().filter(|id| *id > 0)
}

/// What Dispatcharr writes where it knows nothing.
pub(super) fn told(text: Option<&Text>) -> Option<Text> {
    let text = text?;
    let is_empty = ["0", "0x0", "unknown", "none", "n/a"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word));
    (!is_empty).then(|| text.clone())
}

/// Frames a second, times real time: 0 is what stands there before anything was measured.
pub(super) fn measured(value: Option<f64>) -> Option<f64> {
    value.filter(|v| *v > 0.0)
}

/// As far as the number goes.
pub(super) fn small(n: u64) -> Option<u32> {
    u32::try_from(n).ok()
}
