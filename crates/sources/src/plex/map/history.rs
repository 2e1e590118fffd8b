//! Lines of a server's own list of what was played, and what completes them.

use std::collections::HashMap;

use model::{RecordItem, RecordKind, Text, Viewed};

use super::super::decode::{Answer, DecodeError, Decoded, Str};
use super::super::wire::{history, item};
use super::text;

/// One page of the list.
#[derive(Debug, Default)]
pub(in crate::plex) struct HistoryPage {
    /// Lines that can become plays.
    pub(in crate::plex) lines: Vec<Viewed>,
    /// Lines of any sort.
    pub(in crate::plex) rows: usize,
    /// When the oldest and the newest line of any sort were written.
    pub(in crate::plex) oldest_s: Option<i64>,
    /// The newest line stands first, as was asked for.
    pub(in crate::plex) newest_first: bool,
}

/// What the library still knows of an item in the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::plex) struct Known {
    guid: Option<Text>,
    duration_ms: Option<i64>,
    year: Option<i64>,
    original_title: Option<Text>,
    parent_title: Option<Text>,
    thumb: Option<Text>,
}

/// `/status/sessions/history/all`. What is no film, episode or track is left out, and so is a line that does not tell
/// when.
pub(in crate::plex) fn history(body: &[u8]) -> Result<Decoded<HistoryPage>, DecodeError> {
    let answer = Answer::new(body)?;
    let (list, mut cx) = answer.container::<history::History<'_>>()?;
    let times: Vec<i64> = list.rows.iter().filter_map(|r| r.viewed_at_s).collect();
    let mut page = HistoryPage {
        rows: list.rows.len(),
        oldest_s: times.iter().copied().min(),
        newest_first: times.first() >= times.last(),
        ..HistoryPage::default()
    };
    for (index, row) in list.rows.iter().enumerate() {
        let (Some(history_key), Some(viewed_at_s)) = (text(&row.history_key), row.viewed_at_s) else {
            cx.note_at("Metadata", index, "a line without historyKey or viewedAt");
            continue;
        };
        if let Some(item) = described(row) {
            page.lines.push(Viewed {
                history_key,
                viewed_at_s,
                account_id: row.account_id,
                account_name: None,
                section_id: row.library_id.as_deref().and_then(number),
                item,
            });
        }
    }
    Ok(Decoded::new(page, cx))
}

fn described(row: &history::Line<'_>) -> Option<RecordItem> {
    let kind = match row.kind.as_deref()? {
        "movie" => RecordKind::Movie,
        "episode" => RecordKind::Episode,
        "track" => RecordKind::Track,
        _ => return None,
    };
    let title = text(&row.title)?;
    let grandparent_title = text(&row.grandparent_title).filter(|_| kind != RecordKind::Movie);
    let full_title = match &grandparent_title {
        Some(above) => format!("{above} - {title}").into(),
        None => title.clone(),
    };
    Some(RecordItem {
        kind,
        live: false,
        rating_key: row.rating_key.as_deref().and_then(number),
        parent_rating_key: key_of(&row.parent_key),
        grandparent_rating_key: key_of(&row.grandparent_key),
        guid: None,
        title: Some(title),
        parent_title: text(&row.parent_title),
        grandparent_title,
        original_title: None,
        full_title,
        media_index: row.index,
        parent_media_index: row.parent_index,
        year: None,
        duration_ms: None,
        thumb: None,
        originally_available_at: text(&row.originally_available_at),
        marker_credits_first_ms: None,
        marker_credits_final_ms: None,
        extra: model::Fields::default(),
    })
}

/// `/library/metadata/916` → 916.
fn key_of(path: &Str<'_>) -> Option<i64> {
    number(path.as_deref()?.rsplit('/').next()?)
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|n| *n >= 0)
}

/// `/accounts`: names by number. The placeholder without a name is none.
pub(in crate::plex) fn accounts(body: &[u8]) -> Result<Decoded<HashMap<i64, Text>>, DecodeError> {
    let answer = Answer::new(body)?;
    let (list, cx) = answer.container::<history::Accounts<'_>>()?;
    let named = list
        .accounts
        .iter()
        .filter_map(|a| Some((a.id?, text(&a.name).filter(|name| !name.is_empty())?)));
    Ok(Decoded::new(named.collect(), cx))
}

/// `/library/metadata/1,2,3`, by rating key: what lines of the list do not tell.
pub(in crate::plex) fn known_items(body: &[u8]) -> Result<Decoded<HashMap<i64, Known>>, DecodeError> {
    let answer = Answer::new(body)?;
    let (container, cx) = answer.container::<item::Container<'_>>()?;
    let known = container.items.iter().filter_map(|i| {
        let known = Known {
            guid: text(&i.guid),
            duration_ms: i
                .duration_ms
                .filter(|ms| *ms > 0)
                .and_then(|ms| i64::try_from(ms).ok()),
            year: i.year.and_then(|y| i64::try_from(y).ok()),
            original_title: text(&i.original_title),
            parent_title: text(&i.parent_title),
            thumb: text(&i.thumb).filter(|t| t.starts_with("/library/")),
        };
        Some((i.rating_key.as_deref().and_then(number)?, known))
    });
    Ok(Decoded::new(known.collect(), cx))
}

/// Adds what the library knows.
pub(in crate::plex) fn complete(line: &mut Viewed, known: &Known) {
    let item = &mut line.item;
    item.guid.clone_from(&known.guid);
    item.duration_ms = known.duration_ms;
    item.year = known.year;
    item.original_title.clone_from(&known.original_title);
    item.thumb.clone_from(&known.thumb);
    if item.parent_title.is_none() {
        item.parent_title.clone_from(&known.parent_title);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_any_age_are_read() {
        let xml = br#"<?xml version="1.0"?><MediaContainer size="5">
            <Video historyKey="/h/1" key="/library/metadata/218860" ratingKey="218860" librarySectionID="2"
                title="A Film" type="movie" viewedAt="1419652344" accountID="1"/>
            <Video historyKey="/h/2" ratingKey="917" librarySectionID="4" parentKey="/library/metadata/916"
                grandparentKey="/library/metadata/871" title="One" grandparentTitle="A Show" type="episode"
                index="7" parentIndex="1" originallyAvailableAt="1998-01-25" viewedAt="1419652401" accountID="42"/>
            <Video historyKey="/h/3" librarySectionID="2" title="Gone" type="movie" viewedAt="1419653678"/>
            <Video historyKey="/h/4" title="A Trailer" type="clip" viewedAt="1419653679"/>
            <Video title="When?" type="movie"/></MediaContainer>"#;
        let page = history(xml).unwrap();
        assert_eq!(page.issues.len(), 1);
        let page = page.value;
        assert_eq!(
            (page.rows, page.oldest_s, page.newest_first),
            (5, Some(1_419_652_344), false)
        );
        let told: Vec<_> = page
            .lines
            .iter()
            .map(|l| (&*l.history_key, l.account_id, l.section_id, l.item.rating_key))
            .collect();
        let expected = [
            ("/h/1", Some(1), Some(2), Some(218_860)),
            ("/h/2", Some(42), Some(4), Some(917)),
            ("/h/3", None, Some(2), None),
        ];
        assert_eq!(told, expected);
        let episode = &page.lines[1].item;
        assert_eq!(&*episode.full_title, "A Show - One");
        assert_eq!(
            (episode.parent_rating_key, episode.grandparent_rating_key),
            (Some(916), Some(871))
        );
        assert_eq!(
            (episode.media_index, episode.parent_media_index),
            (Some(7), Some(1))
        );
    }

    #[test]
    fn order_is_as_it_is() {
        let json = |a: i64, b: i64| {
            format!(r#"{{"MediaContainer":{{"size":2,"Metadata":[{{"viewedAt":{a}}},{{"viewedAt":{b}}}]}}}}"#)
        };
        for (first, last, newest_first) in [(9, 1, true), (1, 9, false), (5, 5, true)] {
            let page = history(json(first, last).as_bytes()).unwrap().value;
            assert_eq!(
                (page.newest_first, page.oldest_s),
                (newest_first, Some(first.min(last)))
            );
        }
        let empty = history(br#"{"MediaContainer":{"size":0}}"#).unwrap().value;
        assert_eq!((empty.rows, empty.oldest_s), (0, None));
    }

    #[test]
    fn accounts_have_names_but_for_the_placeholder() {
        let json =
            br#"{"MediaContainer":{"Account":[{"id":0,"name":""},{"id":1,"name":"ada"},{"name":"x"}]}}"#;
        let names = accounts(json).unwrap().value;
        assert_eq!(names, HashMap::from([(1, Text::from("ada"))]));
    }
}
