//! The graphs: their parameters, and names and numbers as `{categories, series}`.

use history::ask::graphs::{Graph, Measure, Params};
use history::{Error, View};

use super::commands::{Asked, Fault};
use super::value::{Value, object};

/// One of the graphs of `history`.
type Question = fn(&View<'_>, &Params) -> Result<Graph, Error>;

/// Asks one of them. Nothing a client can send is refused: what makes no sense is left out or takes its default.
pub(super) fn graph(view: &View<'_>, asked: &Asked, question: Question) -> Result<Value, Fault> {
    Ok(value(question(view, &params(asked))?))
}

fn params(asked: &Asked) -> Params {
    let given = &asked.params;
    Params {
        now_s: asked.now_s,
        time_range: given.int_or("time_range", 0),
        measure: match given.text("y_axis") {
            None | Some("plays") => Measure::Plays,
            Some(_) => Measure::Seconds,
        },
        grouping: asked.grouping(),
        users: given.digits("user_id"),
        monday_first: asked.settings().week_starts_monday,
    }
}

fn value(graph: Graph) -> Value {
    let series = graph.series.into_iter().map(|series| {
        object! {
            "name" => series.name,
            "data" => series.data,
        }
    });
    object! {
        "categories" => graph.categories,
        "series" => Value::List(series.collect()),
    }
}
