//! Asks servers what was added to their libraries lately, for those who write it elsewhere.

use std::collections::BTreeMap;
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

/// What was added, by server and number of the library.
type Known = BTreeMap<(SourceId, i64), Vec<Addition>>;

/// Looks again and again, until cancelled. What a server or one of its libraries does not tell stays as it was told
/// before: additions do not become undone.
pub(crate) async fn run(
    catalog: Catalog,
    tell: Arc<watch::Sender<Arc<Vec<Addition>>>>,
    cancel: CancellationToken,
) {
    let mut known = Known::new();
    loop {
        let look = async {
            for server in catalog.servers() {
                look(&catalog, &server, &mut known).await;
            }
            tell.send_replace(Arc::new(known.values().flatten().cloned().collect()));
            tokio::time::sleep(EVERY).await;
        };
        tokio::select! {
            () = cancel.cancelled() => return,
            () = look => {}
        }
    }
}

async fn look(catalog: &Catalog, server: &SourceId, known: &mut Known) {
    let Ok(sections) = catalog.sections(server, false).await else {
        return;
    };
    // Libraries may go.
    known.retain(|(of, id), _| of != server || sections.iter().any(|s| s.section_id == *id));
    for section in sections.iter().filter(|s| lists_additions(s)) {
        if let Ok(found) = catalog.added(server, section.section_id, section.kind).await {
            let found = found.items.iter().map(|item| addition(server, item));
            known.insert((server.clone(), section.section_id), found.collect());
        }
    }
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
