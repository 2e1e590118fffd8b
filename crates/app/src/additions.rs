//! Asks servers what was added to their libraries lately, for those who write it elsewhere.

use std::sync::Arc;
use std::time::Duration;

use export::sinks::Addition;
use jiff::Timestamp;
use model::catalog::{CatalogItem, CatalogSection};
use model::{LibraryKind, SourceId};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use web::Catalog;

/// Between two looks; each takes a request a library.
const EVERY: Duration = Duration::from_mins(1);

/// Looks again and again, until cancelled. What a server does not tell is left out until the next look.
pub(crate) async fn run(
    catalog: Catalog,
    tell: Arc<watch::Sender<Arc<Vec<Addition>>>>,
    cancel: CancellationToken,
) {
    loop {
        let look = async {
            // What it was is told on where a server does not answer: additions do not become undone.
            let before = tell.borrow().clone();
            let found = look(&catalog, &before).await;
            tell.send_replace(Arc::new(found));
            tokio::time::sleep(EVERY).await;
        };
        tokio::select! {
            () = cancel.cancelled() => return,
            () = look => {}
        }
    }
}

async fn look(catalog: &Catalog, before: &[Addition]) -> Vec<Addition> {
    let mut all = Vec::new();
    for server in catalog.servers() {
        match of_server(catalog, &server).await {
            Some(found) => all.extend(found),
            None => all.extend(before.iter().filter(|a| a.server == server).cloned()),
        }
    }
    all
}

async fn of_server(catalog: &Catalog, server: &SourceId) -> Option<Vec<Addition>> {
    let mut all = Vec::new();
    for section in catalog.sections(server, false).await.ok()?.iter() {
        if !lists_additions(section) {
            continue;
        }
        let found = catalog
            .added(server, section.section_id, section.kind)
            .await
            .ok()?;
        all.extend(found.items.iter().map(|item| addition(server, item)));
    }
    Some(all)
}

fn lists_additions(section: &CatalogSection) -> bool {
    matches!(
        section.kind,
        LibraryKind::Movie | LibraryKind::Show | LibraryKind::Artist | LibraryKind::HomeVideo
    )
}

fn addition(server: &SourceId, item: &CatalogItem) -> Addition {
    Addition {
        server: server.clone(),
        kind: item.kind.as_str().into(),
        title: item.title.clone(),
        grandparent_title: item.grandparent_title.clone(),
        added_at: item.added_at_s.and_then(|s| Timestamp::from_second(s).ok()),
    }
}
