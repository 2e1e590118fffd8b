//! The server's own list of what was played, and its accounts.

use super::super::decode::{Str, wire};

wire! {
    /// `/status/sessions/history/all`, one page.
    struct History<'a> {
        rows: Vec<Line<'a>> = "Metadata",
    }

    /// Written when the item counted as played. Keys are absent once the item is deleted.
    struct Line<'a> {
        history_key: Str<'a> = "historyKey",
        rating_key: Str<'a> = "ratingKey",
        /// `/library/metadata/916`.
        parent_key: Str<'a> = "parentKey",
        grandparent_key: Str<'a> = "grandparentKey",
        library_id: Str<'a> = "librarySectionID",
        title: Str<'a> = "title",
        parent_title: Str<'a> = "parentTitle",
        grandparent_title: Str<'a> = "grandparentTitle",
        kind: Str<'a> = "type",
        index: Option<i64> = "index",
        parent_index: Option<i64> = "parentIndex",
        originally_available_at: Str<'a> = "originallyAvailableAt",
        viewed_at_s: Option<i64> = "viewedAt",
        account_id: Option<i64> = "accountID",
    }

    /// `/accounts`.
    struct Accounts<'a> {
        accounts: Vec<Account<'a>> = "Account",
    }

    struct Account<'a> {
        id: Option<i64> = "id",
        name: Str<'a> = "name",
    }
}
