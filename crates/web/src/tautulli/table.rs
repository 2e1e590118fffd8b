//! What the commands that fill a table share: paging, order, search, and the frame around the rows.

use super::params::{NotANumber, Params};
use super::value::{Value, object};

/// Rows of a page, where nothing else is asked for.
pub(super) const USUAL_LENGTH: i64 = 25;

/// Which part of a table is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Page<'a> {
    pub(super) start: i64,
    /// Negative: everything from `start` on.
    pub(super) length: i64,
    pub(super) search: Option<&'a str>,
    pub(super) order_column: Option<&'a str>,
    pub(super) descending: bool,
}

impl<'a> Page<'a> {
    pub(super) fn of(params: &'a Params) -> Result<Self, NotANumber> {
        Ok(Self {
            start: params.int("start")?.unwrap_or(0),
            length: params.int("length")?.unwrap_or(USUAL_LENGTH),
            search: params.text("search"),
            order_column: params.text("order_column"),
            descending: params.text("order_dir") != Some("asc"),
        })
    }

    /// The part of `rows` that is on it.
    pub(super) fn cut<T>(&self, rows: Vec<T>) -> Vec<T> {
        let start = usize::try_from(self.start).unwrap_or(0);
        let length = usize::try_from(self.length).unwrap_or(usize::MAX);
        rows.into_iter().skip(start).take(length).collect()
    }
}

/// Rows in their frame.
pub(super) fn table(filtered: usize, total: usize, rows: Vec<Value>) -> Value {
    object! {
        "recordsFiltered" => filtered,
        "recordsTotal" => total,
        "data" => rows,
        "draw" => 1_i64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_cut_out() {
        let rows = || (0..30).collect::<Vec<_>>();
        for (query, expected) in [
            ("", (0..25).collect::<Vec<_>>()),
            ("length=3", vec![0, 1, 2]),
            ("length=0", vec![]),
            ("start=28", vec![28, 29]),
            ("start=40", vec![]),
            ("length=-1&start=27", vec![27, 28, 29]),
        ] {
            let params = Params::of(&format!("/api/v2?{query}").parse().unwrap(), b"");
            assert_eq!(Page::of(&params).unwrap().cut(rows()), expected, "{query}");
        }
        let params = Params::of(&"/api/v2?length=abc".parse().unwrap(), b"");
        assert_eq!(Page::of(&params), Err(NotANumber));
    }
}
