//! Which earlier play a play continues (Tautulli `reference_id`).

/// An earlier play of the same viewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier<'a> {
    pub group_id: i64,
    pub view_offset_ms: Option<i64>,
    /// By [`super::WatchedRule`], on the earlier play's own item.
    pub watched: bool,
    pub guid: Option<&'a str>,
    pub started_s: i64,
}

/// Live television joins the play before it of the same viewer if that began within this time and shows the same
/// programme.
const LIVE_WINDOW_S: i64 = 86_400;

/// The group the new play joins, if any.
///
/// `earlier`: for live television the viewer's latest play of any kind, else the latest of the same item on the same
/// server. An unfinished play is continued from the same place or later: going back begins a new group, and so does
/// watching again after the end.
pub fn group_of(
    live: bool,
    guid: Option<&str>,
    view_offset_ms: Option<i64>,
    now_s: i64,
    earlier: Option<&Earlier<'_>>,
) -> Option<i64> {
    let earlier = earlier?;
    let joins = if live {
        earlier.started_s > now_s - LIVE_WINDOW_S && guid.is_some() && earlier.guid == guid
    } else {
        !earlier.watched && earlier.view_offset_ms.unwrap_or(0) <= view_offset_ms.unwrap_or(0)
    };
    joins.then_some(earlier.group_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plays_continue_what_was_not_finished() {
        let before = |view_offset_ms, watched, guid, started_s| Earlier {
            group_id: 7,
            view_offset_ms,
            watched,
            guid,
            started_s,
        };
        let now = 1_000_000;
        for (live, guid, offset, earlier, expected) in [
            (false, None, Some(500), None, None),
            (
                false,
                None,
                Some(500),
                Some(before(Some(400), false, None, 0)),
                Some(7),
            ),
            (
                false,
                None,
                Some(400),
                Some(before(Some(400), false, None, 0)),
                Some(7),
            ),
            (
                false,
                None,
                Some(399),
                Some(before(Some(400), false, None, 0)),
                None,
            ),
            (
                false,
                None,
                Some(500),
                Some(before(Some(400), true, None, 0)),
                None,
            ),
            (false, None, None, Some(before(None, false, None, 0)), Some(7)),
            (
                true,
                Some("a"),
                None,
                Some(before(None, true, Some("a"), now - 10)),
                Some(7),
            ),
            (
                true,
                Some("a"),
                None,
                Some(before(None, false, Some("b"), now - 10)),
                None,
            ),
            (
                true,
                Some("a"),
                None,
                Some(before(None, false, Some("a"), now - 86_400)),
                None,
            ),
            (true, None, None, Some(before(None, false, None, now - 10)), None),
        ] {
            assert_eq!(
                group_of(live, guid, offset, now, earlier.as_ref()),
                expected,
                "{live} {guid:?} {offset:?} after {earlier:?}"
            );
        }
    }
}
