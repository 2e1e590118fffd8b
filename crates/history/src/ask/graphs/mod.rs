//! The graphs of Tautulli, number for number.

use crate::{Error, View};

/// What a graph shows: one number per category and series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    pub categories: Vec<String>,
    pub series: Vec<Series>,
}

/// One line of a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    pub name: &'static str,
    /// As many as there are categories.
    pub data: Vec<i64>,
}

/// Tautulli `y_axis`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measure {
    #[default]
    Plays,
    Seconds,
}

/// What is asked of a graph.
#[derive(Clone, Debug, Default)]
pub struct Params {
    /// Seconds since 1970.
    pub now_s: i64,
    /// Days, or months in [`per_month`]; 0 means 30 days or 12 months.
    pub time_range: i64,
    pub measure: Measure,
    /// Plays that continue each other count as one.
    pub grouping: bool,
    /// Only plays of these accounts.
    pub users: Option<Vec<i64>>,
    /// Weeks begin on Monday, not on Sunday.
    pub monday_first: bool,
}

/// Tautulli's graph of this name.
pub fn by_date(_v: &View<'_>, _p: &Params) -> Result<Graph, Error> {
    Ok(Graph::default())
}

/// Tautulli's graph of this name.
pub fn by_dayofweek(_v: &View<'_>, _p: &Params) -> Result<Graph, Error> {
    Ok(Graph::default())
}

/// Tautulli's graph of this name.
pub fn by_hourofday(_v: &View<'_>, _p: &Params) -> Result<Graph, Error> {
    Ok(Graph::default())
}

/// Tautulli's graph of this name.
pub fn per_month(_v: &View<'_>, _p: &Params) -> Result<Graph, Error> {
    Ok(Graph::default())
}

/// Tautulli's graph of this name.
pub fn by_top_10_platforms(_v: &View<'_>, _p: &Params) -> Result<Graph, Error> {
    Ok(Graph::default())
}

/// Tautulli's graph of this name.
pub fn by_top_10_users(_v: &View<'_>, _p: &Params) -> Result<Graph, Error> {
    Ok(Graph::default())
}

/// Tautulli's graph of this name.
pub fn by_stream_type(_v: &View<'_>, _p: &Params) -> Result<Graph, Error> {
    Ok(Graph::default())
}

/// Tautulli's graph of this name.
pub fn concurrent_by_stream_type(_v: &View<'_>, _p: &Params) -> Result<Graph, Error> {
    Ok(Graph::default())
}

/// Tautulli's graph of this name.
pub fn by_source_resolution(_v: &View<'_>, _p: &Params) -> Result<Graph, Error> {
    Ok(Graph::default())
}

/// Tautulli's graph of this name.
pub fn by_stream_resolution(_v: &View<'_>, _p: &Params) -> Result<Graph, Error> {
    Ok(Graph::default())
}

/// Tautulli's graph of this name.
pub fn stream_type_by_top_10_platforms(_v: &View<'_>, _p: &Params) -> Result<Graph, Error> {
    Ok(Graph::default())
}

/// Tautulli's graph of this name.
pub fn stream_type_by_top_10_users(_v: &View<'_>, _p: &Params) -> Result<Graph, Error> {
    Ok(Graph::default())
}
