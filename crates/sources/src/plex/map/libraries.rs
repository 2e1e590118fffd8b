//! Libraries and the heads of listings.

use model::{Library, LibraryId, LibraryKind, Text};

use super::super::decode::{Answer, Cx, DecodeError, Decoded};
use super::super::wire::server::{Directory, Page, Sections, Server};
use super::text;

const LIBRARY_PROVIDER: &str = "com.plexapp.plugins.library";

/// `/media/providers?includeStorage=1`: libraries with their sizes, counts empty.
///
/// Other providers (programme guides) list directories too, but those are not libraries; nor is the first one
/// of the library provider, "Home", which has no id.
pub(in crate::plex) fn libraries(body: &[u8]) -> Result<Decoded<Vec<Library>>, DecodeError> {
    let answer = Answer::new(body)?;
    let (server, mut cx) = answer.container::<Server<'_>>()?;
    let features = server
        .providers
        .iter()
        .filter(|p| p.identifier.as_deref() == Some(LIBRARY_PROVIDER))
        .flat_map(|p| &p.features)
        .filter(|f| f.kind.as_deref() == Some("content"));
    let found = features
        .flat_map(|f| &f.directories)
        .filter_map(|d| library(d, d.id.as_deref()?, &mut cx));
    let libraries = unique(found);
    Ok(Decoded::new(libraries, cx))
}

/// `/library/sections`: the same without sizes; on old servers the only list.
pub(in crate::plex) fn sections(body: &[u8]) -> Result<Decoded<Vec<Library>>, DecodeError> {
    let answer = Answer::new(body)?;
    let (sections, mut cx) = answer.container::<Sections<'_>>()?;
    let found = sections.directories.iter().filter_map(|d| {
        let key = d.key.as_deref().or(d.id.as_deref())?;
        library(d, key.rsplit('/').next().unwrap_or(key), &mut cx)
    });
    let libraries = unique(found);
    Ok(Decoded::new(libraries, cx))
}

/// How many items a listing has. Only paged answers tell the total; of the others it is the number of rows.
pub(in crate::plex) fn total(body: &[u8]) -> Result<Option<u64>, DecodeError> {
    let answer = Answer::new(body)?;
    let (page, _) = answer.container::<Page>()?;
    Ok(page.total_size.or(page.size))
}

fn library(d: &Directory<'_>, id: &str, cx: &mut Cx) -> Option<Library> {
    if !id.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    if d.title.is_none() {
        cx.note(format!("library {id} has no title"));
    }
    Some(Library {
        id: LibraryId::from(id),
        title: text(&d.title).unwrap_or_else(|| Text::from(id)),
        kind: kind(d.kind.as_deref(), d.agent.as_deref()),
        storage_bytes: d.storage_bytes,
        duration_ms: d.duration_ms,
        refreshing: d.refreshing,
        counts: Vec::new(),
    })
}

/// Home videos are movies on the wire, told apart by an agent that looks nothing up.
pub(super) fn kind(kind: Option<&str>, agent: Option<&str>) -> LibraryKind {
    let no_agent = agent.is_some_and(|a| a.rsplit('.').next() == Some("none"));
    match kind {
        Some("movie") if no_agent => LibraryKind::HomeVideo,
        Some("homevideo") => LibraryKind::HomeVideo,
        Some("movie") => LibraryKind::Movie,
        Some("show") => LibraryKind::Show,
        Some("artist") => LibraryKind::Artist,
        Some("photo") => LibraryKind::Photo,
        _ => LibraryKind::Other,
    }
}

/// Each id once; the first counts.
fn unique(found: impl Iterator<Item = Library>) -> Vec<Library> {
    let mut libraries: Vec<Library> = Vec::new();
    for library in found {
        if !libraries.iter().any(|l| l.id == library.id) {
            libraries.push(library);
        }
    }
    libraries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        use LibraryKind::{Artist, HomeVideo, Movie, Other, Photo, Show};
        let cases = [
            (Some("movie"), Some("tv.plex.agents.movie"), Movie),
            (Some("movie"), None, Movie),
            (Some("movie"), Some("com.plexapp.agents.none"), HomeVideo),
            (Some("movie"), Some("tv.plex.agents.none"), HomeVideo),
            (Some("movie"), Some("none"), HomeVideo),
            (Some("homevideo"), None, HomeVideo),
            (Some("show"), Some("tv.plex.agents.series"), Show),
            // Without an agent they stay what they are.
            (Some("show"), Some("com.plexapp.agents.none"), Show),
            (Some("artist"), Some("com.plexapp.agents.none"), Artist),
            (Some("photo"), Some("com.plexapp.agents.none"), Photo),
            (Some("podcast"), None, Other),
            (None, None, Other),
        ];
        for (wire, agent, expected) in cases {
            assert_eq!(kind(wire, agent), expected, "{wire:?} {agent:?}");
        }
    }
}
