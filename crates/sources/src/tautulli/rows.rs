//! Pages of history, and what belongs to their rows.

use std::collections::{BTreeMap, HashMap};

use base::Kind;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{Person, Section, Text};

use super::client::Client;
use super::config::Config;
use super::map::{self, Beside};
use super::wire::{Identity, Page, Row};
use super::{Batch, Place};
use base::Fault as Error;

/// Rows of a page of libraries: more than anyone has.
const LIBRARIES: &str = "1000";

/// Items whose metadata is held while rows are fetched.
const METADATA_HELD: usize = 500;

/// Asks one Tautulli for rows and what belongs to them.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    pub(super) client: &'a Client,
    pub(super) cfg: &'a Config,
    metadata: HashMap<String, Option<Row>>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(client: &'a Client, cfg: &'a Config) -> Self {
        Self {
            client,
            cfg,
            metadata: HashMap::new(),
        }
    }

    /// A page of single rows by ascending start, of plays since the local day of `after_s` or of all.
    pub(super) async fn page(&self, start: u64, after_s: Option<i64>) -> Result<Page, Error> {
        self.page_of(start, after_s, None).await
    }

    async fn page_of(&self, start: u64, after_s: Option<i64>, section: Option<i64>) -> Result<Page, Error> {
        let (start, length) = (start.to_string(), self.cfg.page_rows.to_string());
        let (after, section) = (after_s.and_then(day), section.map(|s| s.to_string()));
        let mut params = vec![
            ("grouping", "0"),
            ("include_activity", "0"),
            ("order_column", "date"),
            ("order_dir", "asc"),
            ("start", start.as_str()),
            ("length", length.as_str()),
        ];
        params.extend(after.as_deref().map(|day| ("after", day)));
        params.extend(section.as_deref().map(|id| ("section_id", id)));
        self.client.ask("get_history", &params).await
    }

    /// All rows since a day that are newer than `known`, by id; `None` if there are more than `most`.
    pub(super) async fn newer(
        &self,
        known: Place,
        after_s: i64,
        most: usize,
    ) -> Result<Option<BTreeMap<i64, Row>>, Error> {
        let mut found = BTreeMap::new();
        let mut start = 0;
        loop {
            let page = self.page(start, Some(after_s)).await?;
            let got = page.data.len() as u64;
            for row in page.data {
                if let Some((id, _)) = map::place(&row)
                    && id > known.0
                {
                    found.insert(id, row);
                }
            }
            if found.len() > most {
                return Ok(None);
            }
            start += got;
            if got == 0 || start >= page.filtered {
                return Ok(Some(found));
            }
        }
    }

    /// Rows as records, with all that can be known of them if `details`.
    pub(super) async fn batch(&mut self, rows: &[Row], details: bool) -> Result<Batch, Error> {
        let mut batch = Batch::default();
        let mut homeless = Vec::new();
        for row in rows {
            let Some((id, _)) = map::place(row) else { continue };
            let (stream, metadata) = if details {
                (self.stream_data(id).await?, self.metadata_of(row).await?)
            } else {
                (None, None)
            };
            let beside = Beside {
                stream: stream.as_ref(),
                metadata: metadata.as_ref(),
                section_id: None,
            };
            match map::record(row, beside, &self.cfg.server) {
                Ok(record) => {
                    if record.section_id.is_none() {
                        homeless.push(batch.records.len());
                    }
                    batch.records.push(record);
                }
                Err(why) => batch.refused.push((id, why)),
            }
        }
        if details && !homeless.is_empty() {
            self.find_sections(&mut batch, &homeless).await?;
        }
        Ok(batch)
    }

    async fn stream_data(&self, id: i64) -> Result<Option<Row>, Error> {
        let id = id.to_string();
        optional(
            self.client
                .ask("get_stream_data", &[("row_id", id.as_str())])
                .await,
        )
    }

    async fn metadata_of(&mut self, row: &Row) -> Result<Option<Row>, Error> {
        let Some(key) = super::wire::text(row.get("rating_key")) else {
            return Ok(None);
        };
        if let Some(known) = self.metadata.get(&key) {
            return Ok(known.clone());
        }
        let found = optional(
            self.client
                .ask("get_metadata", &[("rating_key", key.as_str())])
                .await,
        )?;
        if self.metadata.len() >= METADATA_HELD {
            self.metadata.clear();
        }
        self.metadata.insert(key, found.clone());
        Ok(found)
    }

    /// No answer tells a row's library, but one can ask for the rows of each.
    async fn find_sections(&self, batch: &mut Batch, homeless: &[usize]) -> Result<(), Error> {
        let earliest = homeless
            .iter()
            .map(|at| batch.records[*at].started_ms / 1000)
            .min()
            .unwrap_or(0);
        for section in self.sections().await? {
            let (mut ids, mut start) = (Vec::new(), 0);
            loop {
                let page = self
                    .page_of(start, Some(earliest), Some(section.section_id))
                    .await?;
                ids.extend(page.data.iter().filter_map(map::place).map(|(id, _)| id));
                start += page.data.len() as u64;
                if page.data.is_empty() || start >= page.filtered {
                    break;
                }
            }
            for at in homeless {
                let record = &mut batch.records[*at];
                if record.wanted_id.is_some_and(|(id, _)| ids.contains(&id)) {
                    record.section_id = Some(section.section_id);
                }
            }
        }
        Ok(())
    }

    pub(super) async fn sections(&self) -> Result<Vec<Section>, Error> {
        let page: Page = self
            .client
            .ask("get_libraries_table", &[("length", LIBRARIES), ("grouping", "0")])
            .await?;
        Ok(page.data.iter().filter_map(map::section).collect())
    }

    async fn people(&self) -> Result<Vec<Person>, Error> {
        let rows: Vec<Row> = self.client.ask("get_users", &[]).await?;
        Ok(rows.iter().filter_map(map::person).collect())
    }

    /// Accounts, libraries and the Plex server.
    pub(super) async fn about(&self) -> Result<Batch, Error> {
        let identity = match self.client.ask::<Identity>("get_server_identity", &[]).await {
            Err(e) if e.kind() == Kind::Unsupported => Identity::default(),
            other => other?,
        };
        Ok(Batch {
            people: self.people().await?,
            sections: self.sections().await?,
            machine_id: identity
                .machine_identifier
                .filter(|id| !id.is_empty())
                .map(Text::from),
            ..Batch::default()
        })
    }
}

/// Details that one row lacks, or that Tautulli fails to tell, must not hold up all others.
fn optional(answer: Result<Row, Error>) -> Result<Option<Row>, Error> {
    match answer {
        Ok(row) => Ok((!row.is_empty()).then_some(row)),
        Err(e) if matches!(e.kind(), Kind::ServerError | Kind::BadPayload | Kind::Unsupported) => Ok(None),
        Err(e) => Err(e),
    }
}

/// The day before, whatever the zone Tautulli is in.
fn day(seconds: i64) -> Option<String> {
    const DAY_S: i64 = 86_400;
    let then = Timestamp::from_second(seconds - DAY_S).ok()?;
    Some(then.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d").to_string())
}
