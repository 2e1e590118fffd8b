//! Substring search over everything a person may remember of a play: titles, names, devices, addresses.

use crate::columns::{Columns, Row};
use crate::rules::{friendly_name, platform_name};

use super::Bits;

/// The dimensions that contain the text; a row is found through any of them.
#[derive(Clone, Debug)]
pub(super) struct Found {
    items: Bits,
    clients: Bits,
    viewers: Bits,
    words: Bits,
}

impl Found {
    pub(super) fn new(columns: &Columns, text: &str) -> Self {
        let needle = Needle::new(text);
        let within = |text: Option<&str>| text.is_some_and(|t| needle.is_in(t));
        let dims = &columns.dims;
        Self {
            items: Bits::of(dims.items(), |i| {
                within(Some(&i.full_title))
                    || within(i.title.as_deref())
                    || within(i.grandparent_title.as_deref())
                    || within(i.original_title.as_deref())
            }),
            clients: Bits::of(dims.clients(), |c| {
                within(c.player.as_deref())
                    || within(c.product.as_deref())
                    || within(c.platform.as_deref().map(platform_name))
                    || within(c.platform.as_deref())
            }),
            viewers: Bits::of(dims.viewers(), |v| {
                let person = v.user_id.and_then(|id| dims.people().get(&id));
                let shown =
                    person.and_then(|p| friendly_name(p.friendly_name.as_deref(), p.username.as_deref()));
                within(shown) || within(v.name.as_deref())
            }),
            words: Bits::of(dims.words(), |w| !w.is_empty() && needle.is_in(w)),
        }
    }

    #[inline]
    pub(super) fn has(&self, columns: &Columns, row: Row) -> bool {
        self.items.has(columns.item_ix(row).at())
            || self.viewers.has(columns.viewer_ix(row).at())
            || self.clients.has(columns.client_ix(row).at())
            || self.words.has(columns.ip_ix(row).at())
    }
}

/// What is looked for, whatever its case.
#[derive(Clone, Debug)]
pub(in crate::ask) struct Needle {
    lower: String,
}

impl Needle {
    pub(in crate::ask) fn new(text: &str) -> Self {
        Self {
            lower: text.to_lowercase(),
        }
    }

    pub(in crate::ask) fn is_in(&self, text: &str) -> bool {
        if !text.is_ascii() {
            return text.to_lowercase().contains(&self.lower);
        }
        let (needle, hay) = (self.lower.as_bytes(), text.as_bytes());
        let Some(first) = needle.first() else { return true };
        if hay.len() < needle.len() {
            return false;
        }
        hay[..=hay.len() - needle.len()]
            .iter()
            .enumerate()
            .any(|(at, byte)| {
                byte.to_ascii_lowercase() == *first && hay[at..at + needle.len()].eq_ignore_ascii_case(needle)
            })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_does_not_matter_in_any_script() {
        for (needle, text, found) in [
            ("", "", true),
            ("", "a", true),
            ("a", "", false),
            ("BLADE", "Blade Runner", true),
            ("runner", "BLADE RUNNER", true),
            ("runners", "Blade Runner", false),
            ("ÜBER", "über uns", true),
            ("über", "ÜBER UNS", true),
            ("straße", "Die Straße", true),
            ("москва", "МОСКВА слезам не верит", true),
            ("r", "Ⓡ", false),
            ("é", "e", false),
        ] {
            assert_eq!(Needle::new(needle).is_in(text), found, "{needle:?} in {text:?}");
        }
    }

    proptest! {
        #[test]
        fn the_short_way_finds_what_the_long_way_finds(needle in "[a-cA-CäÄ ]{0,3}", text in "[a-cA-CäÄ ]{0,12}") {
            let slow = text.to_lowercase().contains(&needle.to_lowercase());
            prop_assert_eq!(Needle::new(&needle).is_in(&text), slow);
        }
    }
}
