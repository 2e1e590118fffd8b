//! `/api/v1/history/export`: every play with all that is kept of it, as a stream of any length.

use std::io::{self, Write};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use base::Kind;
use bytes::Bytes;
use futures_util::stream;
use history::ask::slices::{Selection, Sieve};
use history::{ExportFormat, History};
use http::header::CONTENT_DISPOSITION;
use http::{HeaderValue, StatusCode};
use tokio::sync::{Semaphore, mpsc};
use utoipa::IntoParams;

use super::kept;
use super::params::{Asked, FilterParams, Window};
use crate::Context;
use crate::respond::{ErrorBody, Refusal, answer};

/// Exports at once; beyond this one is refused with 503. Each keeps a thread and a connection to the store.
const EXPORTS_MAX: usize = 4;

static EXPORTS: Semaphore = Semaphore::const_new(EXPORTS_MAX);

/// Sent together; a play is some 2 kB.
const CHUNK_BYTES: usize = 64 * 1024;

/// Chunks written ahead of the client; then the export waits for it.
const CHUNKS_AHEAD: usize = 2;

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; `Asked` reads")]
pub(super) struct ExportParams {
    /// `csv` or `jsonl`: one JSON object per line.
    #[param(default = "csv")]
    format: Option<String>,
}

/// Every play by itself, oldest id first, with all that is kept of it.
///
/// The columns and fields are those of `projectionist history export`. What is added meanwhile is not in it; a stream
/// that breaks off was not finished.
#[utoipa::path(get, path = "/api/v1/history/export", tag = "history", params(ExportParams, FilterParams),
    responses((status = 200, description = "The plays asked for, as CSV or JSON lines", content_type = "text/csv",
            body = String),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "No history is kept", body = ErrorBody),
        (status = 503, description = "Too many exports at once", body = ErrorBody)))]
pub(crate) async fn export(
    State(ctx): State<Arc<Context>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let history = kept(&ctx)?.clone();
    let now = ctx.clock.now();
    let asked = Asked::read(
        query.as_deref(),
        &["format"],
        Window::AllTime,
        history.settings(),
        now,
    )?;
    let words = [("csv", ExportFormat::Csv), ("jsonl", ExportFormat::JsonLines)];
    let format = asked.word("format", &words)?.unwrap_or(ExportFormat::Csv);
    let turn = EXPORTS.try_acquire().map_err(|_| {
        let message = format!("{EXPORTS_MAX} exports run already");
        Refusal::new(Kind::RateLimited, message)
    })?;
    let (chunks, received) = mpsc::channel(CHUNKS_AHEAD);
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        write(&history, &asked, format, chunks);
    });
    let (content_type, name) = match format {
        ExportFormat::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"history.csv\""),
        ExportFormat::JsonLines => ("application/x-ndjson", "attachment; filename=\"history.jsonl\""),
    };
    let chunks = stream::unfold(received, async |mut received| {
        received.recv().await.map(|chunk| (chunk, received))
    });
    let content_type = HeaderValue::from_static(content_type);
    let mut response = answer(StatusCode::OK, content_type, Body::from_stream(chunks));
    let headers = response.headers_mut();
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(name));
    Ok(response)
}

type Chunk = Result<Bytes, io::Error>;

fn write(history: &History, asked: &Asked, format: ExportFormat, chunks: mpsc::Sender<Chunk>) {
    let mut out = Chunks {
        filled: Vec::with_capacity(CHUNK_BYTES),
        taker: chunks,
        gone: false,
    };
    let written = if asked.is_open() && !asked.has_window() {
        history.export(format, &mut out)
    } else {
        let ids = history.read(|view| {
            let selection = Selection::new(Sieve::new(view.columns, &asked.filter), false);
            let mut ids = Vec::new();
            selection.each(|rows| ids.extend(rows.iter().map(|row| view.columns.id(*row))));
            ids.sort_unstable();
            Ok(ids)
        });
        ids.and_then(|ids| history.export_only(format, &ids, &mut out))
    };
    match written {
        Ok(_) => out.send(),
        Err(_) if out.gone => {}
        Err(e) => {
            tracing::error!(error = %base::error::Chain(&e), "the export of the history broke off");
            // The client must not take what it has for the whole.
            let broken = io::Error::other("the history cannot be read");
            let _ = out.taker.blocking_send(Err(broken));
        }
    }
}

/// Gathers what is written and hands it on.
struct Chunks {
    filled: Vec<u8>,
    taker: mpsc::Sender<Chunk>,
    /// Nobody takes it any more.
    gone: bool,
}

impl Chunks {
    fn send(&mut self) {
        let filled = std::mem::replace(&mut self.filled, Vec::with_capacity(CHUNK_BYTES));
        if !filled.is_empty() {
            self.gone |= self.taker.blocking_send(Ok(filled.into())).is_err();
        }
    }
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.filled.extend_from_slice(bytes);
        if self.filled.len() >= CHUNK_BYTES {
            self.send();
        }
        if self.gone {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
