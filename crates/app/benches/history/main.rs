//! What a million plays cost: taking them over, asking about them, writing beside the askers.
//!
//! `cargo xtask history-figures [ROWS]` runs it and prints the table of the guide. The product runs in a process of
//! its own and is asked over HTTP; no question is asked twice in the same words, so that no kept answer flatters it.
//! Nothing here judges, so nothing here can fail for being slow.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measuring tool talks to its user and may stop"
)]

mod product;
mod tautulli_db;
mod tautulli_tables;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use product::{Connection, Import, Product};

/// Questions of each kind.
const ASKED: usize = 200;

/// Days the invented history covers.
const DAYS: i64 = 1_825;

/// Tautulli's own size of a row, measured on its real file.
const TAUTULLI_BYTES_A_ROW: f64 = 1_410.0;

const GRAPHS: [&str; 12] = [
    "get_plays_by_date",
    "get_plays_by_dayofweek",
    "get_plays_by_hourofday",
    "get_plays_per_month",
    "get_plays_by_top_10_platforms",
    "get_plays_by_top_10_users",
    "get_plays_by_stream_type",
    "get_concurrent_streams_by_stream_type",
    "get_plays_by_source_resolution",
    "get_plays_by_stream_resolution",
    "get_stream_type_by_top_10_platforms",
    "get_stream_type_by_top_10_users",
];

/// Name and parameters of the pages whose cost is told filter by filter.
const FILTERS: [(&str, &str); 9] = [
    ("user_id", "user_id=100000"),
    ("user", "user=nobody"),
    ("media_type", "media_type=episode"),
    ("transcode_decision", "transcode_decision=transcode"),
    ("section_id", "section_id=1"),
    ("grandparent_rating_key", "grandparent_rating_key=100999"),
    ("guid", "guid=plex://movie/"),
    ("start_date", "start_date=2026-01-15"),
    ("after", "after=2025-01-01"),
];

/// Found often, seldom and never.
const SEARCHED: [&str; 8] = [
    "a",
    "quiet",
    "tower",
    "roku",
    "den",
    "plex+for",
    "12",
    "nothing+like+it",
];

fn main() {
    // `cargo test --benches` only asks whether it still builds and starts.
    if std::env::args().any(|a| a == "--test") || !std::env::args().any(|a| a == "--bench") {
        return;
    }
    let rows = std::env::args().find_map(|a| a.parse().ok()).unwrap_or(1_000_000);
    let dir = tempfile::tempdir_in(std::env::current_dir().unwrap().join("../../target")).unwrap();
    let end_s = base::Clock::system().now().as_second() / 3_600 * 3_600;
    let mut table = Table::default();
    let small = fill(dir.path(), 10_000.min(rows), end_s).1;
    let (import, large) = fill(dir.path(), rows, end_s);
    taking_over(&import, &large, rows, &mut table);
    let few = graph_costs(&Product::start(&small));
    let product = Product::start(&large);
    table.row(
        "resident after the start",
        &mb(product.resident_bytes()),
        "≤ 100 MB",
    );
    graphs(&graph_costs(&product), &few, &mut table);
    home(&product, &mut table);
    pages(&product, &mut table);
    crowd(&product, &mut table);
    table.row(
        "resident after all of that",
        &mb(product.resident_bytes()),
        "≤ 100 MB",
    );
    drop(product);
    writing(&large, &mut table);
    println!("{}", table.text);
}

#[derive(Default)]
struct Table {
    text: String,
}

impl Table {
    fn row(&mut self, what: &str, figure: &str, aim: &str) {
        if self.text.is_empty() {
            self.text.push_str("| What | Measured | Aim |\n|---|---|---|\n");
        }
        writeln!(self.text, "| {what} | {figure} | {aim} |").unwrap();
    }
}

/// Makes a Tautulli database of so many rows and has the product take it over; returns its data directory.
fn fill(dir: &Path, rows: usize, end_s: i64) -> (Import, std::path::PathBuf) {
    let file = dir.join(format!("tautulli-{rows}.db"));
    tautulli_db::write(&file, rows, DAYS, end_s);
    let data = dir.join(format!("data-{rows}"));
    let import = product::import(&file, &data);
    std::fs::remove_file(file).unwrap();
    (import, data)
}

fn taking_over(import: &Import, data: &Path, rows: usize, table: &mut Table) {
    table.row(
        &format!("import of {rows} rows ({})", mb(import.file_bytes)),
        &format!("{:.1} s", import.took.as_secs_f64()),
        "≤ 25 s",
    );
    table.row("… resident at most", &mb(import.resident_bytes), "≤ 200 MB");
    let bytes = std::fs::metadata(data.join("history.db")).unwrap().len();
    table.row(
        "file, all sums included",
        &format!("{:.0} bytes a row", bytes as f64 / rows as f64),
        &format!("≤ {:.0}, half of Tautulli's", TAUTULLI_BYTES_A_ROW / 2.0),
    );
}

/// Median and 99th percentile of every graph, in milliseconds: usual windows first, then nearly all of history.
fn graph_costs(product: &Product) -> Vec<(&'static str, [Cost; 2])> {
    let mut connection = product.connect();
    GRAPHS
        .iter()
        .map(|cmd| {
            let windows: [(usize, usize); 2] = if cmd.ends_with("month") {
                [(9, 6), (50, 10)]
            } else {
                [(20, 20), (1_600, 200)]
            };
            let costs = windows.map(|(least, spread)| {
                measure(&mut connection, |n| {
                    let range = least + n % spread;
                    let axis = if n % 2 == 0 { "plays" } else { "duration" };
                    format!(
                        "cmd={cmd}&time_range={range}&y_axis={axis}&grouping={}",
                        n / 2 % 2
                    )
                })
            });
            (*cmd, costs)
        })
        .collect()
}

fn graphs(costs: &[(&'static str, [Cost; 2])], few: &[(&'static str, [Cost; 2])], table: &mut Table) {
    for ((cmd, [month, years]), (_, [small, small_years])) in costs.iter().zip(few) {
        table.row(
            &format!("`{cmd}`, about a month"),
            &format!(
                "{month}, {:.1} × its cost at 10,000 rows",
                month.median / small.median
            ),
            "p99 ≤ 5 ms, ≤ 2 ×",
        );
        table.row(
            "… over five years",
            &format!("{years}, {:.1} ×", years.median / small_years.median),
            "p99 ≤ 5 ms, ≤ 2 ×",
        );
    }
}

fn home(product: &Product, table: &mut Table) {
    let mut connection = product.connect();
    for (what, least) in [("about a month", 20), ("over five years", 1_600)] {
        let cost = measure(&mut connection, |n| {
            format!(
                "cmd=get_home_stats&time_range={}&grouping=1&stats_count=10",
                least + n % 100
            )
        });
        table.row(&format!("`get_home_stats`, {what}"), &cost.to_string(), "≤ 20 ms");
    }
}

fn pages(product: &Product, table: &mut Table) {
    let mut connection = product.connect();
    let groups = connection.filtered("cmd=get_history&grouping=1&length=1");
    for (what, start) in [
        ("first", 0),
        ("middle", groups / 2),
        ("last", groups.saturating_sub(225)),
    ] {
        let cost = measure(&mut connection, |n| {
            format!("cmd=get_history&grouping=1&length=25&start={}", start + n)
        });
        table.row(
            &format!("`get_history`, 25 groups, {what} page"),
            &cost.to_string(),
            "p99 ≤ 10 ms",
        );
    }
    for (name, filter) in FILTERS {
        let found = connection.filtered(&format!("cmd=get_history&grouping=1&length=1&{filter}"));
        let cost = measure(&mut connection, |n| {
            // First, middle and last page in turn, and never the same one twice.
            let start = [0, found / 2, found.saturating_sub(225)][n % 3] + n;
            format!("cmd=get_history&grouping=1&length=25&start={start}&{filter}")
        });
        table.row(
            &format!("… by `{name}` ({found} groups)"),
            &cost.to_string(),
            "p99 ≤ 10 ms",
        );
    }
    let cost = measure(&mut connection, |n| {
        format!(
            "cmd=get_history&grouping=1&length=25&start={n}&search={}",
            SEARCHED[n % SEARCHED.len()]
        )
    });
    table.row("… with a substring search", &cost.to_string(), "≤ 50 ms");
}

/// Eight clients, one graph.
fn crowd(product: &Product, table: &mut Table) {
    const CLIENTS: usize = 8;
    let (stop, begun) = (AtomicBool::new(false), Instant::now());
    let answers: usize = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (stop, mut connection) = (&stop, product.connect());
                scope.spawn(move || {
                    let mut answers = 0;
                    while !stop.load(Ordering::Relaxed) {
                        let range = 20 + (answers * CLIENTS + client) % 300;
                        connection.ask(&format!("cmd=get_plays_by_date&time_range={range}"));
                        answers += 1;
                    }
                    answers
                })
            })
            .collect();
        std::thread::sleep(Duration::from_secs(5));
        stop.store(true, Ordering::Relaxed);
        asking.into_iter().map(|a| a.join().unwrap()).sum()
    });
    let rate = answers as f64 / begun.elapsed().as_secs_f64();
    table.row(
        "8 clients on one graph",
        &format!("{rate:.0} answers/s"),
        "≥ 1,000",
    );
}

/// A play ends while four readers read.
fn writing(data: &Path, table: &mut Table) {
    let history = history::History::open(data, history::Settings::default()).unwrap();
    let stop = AtomicBool::new(false);
    let now_s = base::Clock::system().now().as_second();
    let newest = history.columns().len();
    let id = history
        .read(|v| Ok(v.columns.id(u32::try_from(newest - 1).unwrap())))
        .unwrap();
    let template = history.read(|v| v.stored(&[id])).unwrap().remove(0).record;
    let mut taken: Vec<f64> = std::thread::scope(|scope| {
        for reader in 0..4_i64 {
            let (history, stop) = (&history, &stop);
            scope.spawn(move || {
                let mut n = 0;
                while !stop.load(Ordering::Relaxed) {
                    let params = product::graph_params(now_s, 20 + (n * 4 + reader) % 300);
                    history
                        .read(|v| history::ask::graphs::by_date(v, &params))
                        .unwrap();
                    n += 1;
                }
            });
        }
        let taken = (0..ASKED)
            .map(|n| {
                let mut record = template.clone();
                record.wanted_id = None;
                record.origin = model::Origin::Recorded;
                record.origin_key = format!("figure-{n}").into();
                record.started_ms = (now_s - 4_000) * 1_000;
                record.stopped_ms = Some(now_s * 1_000);
                let begun = Instant::now();
                history.change(move |t| t.add(&record)).wait().unwrap();
                begun.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        stop.store(true, Ordering::Relaxed);
        taken
    });
    table.row(
        "a play ends while 4 readers read",
        &Cost::of(&mut taken).to_string(),
        "p99 ≤ 5 ms",
    );
    history.close();
}

/// Milliseconds.
#[derive(Clone, Copy, Debug)]
struct Cost {
    median: f64,
    p99: f64,
}

impl Cost {
    fn of(taken: &mut [f64]) -> Self {
        taken.sort_by(f64::total_cmp);
        Self {
            median: taken[taken.len() / 2],
            p99: taken[(taken.len() * 99).div_ceil(100) - 1],
        }
    }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "p99 {:.2} ms (median {:.2} ms)", self.p99, self.median)
    }
}

fn measure(connection: &mut Connection, question: impl Fn(usize) -> String) -> Cost {
    let mut taken: Vec<f64> = (0..ASKED)
        .map(|n| {
            let question = question(n);
            let begun = Instant::now();
            connection.ask(&question);
            begun.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    Cost::of(&mut taken)
}

fn mb(bytes: u64) -> String {
    format!("{:.0} MB", bytes as f64 / 1e6)
}
