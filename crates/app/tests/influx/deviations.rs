//! Where we write something else than the collectors did, on purpose. Each turns what was recorded into what we
//! write; the comparison fails where one has nothing to turn any more, and where we do not write what it says.

use crate::rows::{Row, Value};

pub(crate) struct Deviation {
    pub(crate) what: &'static str,
    /// Changes the recorded points of one tick; true if there was something to change.
    pub(crate) turn: fn(&mut Vec<Row>) -> bool,
}

/// Of both collectors that were recorded on the first scenario.
pub(crate) const FIRST_SCENARIO: &[Deviation] = &[
    Deviation {
        what: "a session has its own start, not that of another server's session of the same key",
        turn: |rows| own_start(rows),
    },
    Deviation {
        what: "sessions without a key are told apart by player and item; the same item twice on one player is one",
        turn: without_key,
    },
];

/// The episode on the second server began a tick after the film that has its key on the first.
fn own_start(rows: &mut [Row]) -> bool {
    let mut turned = false;
    for row in rows.iter_mut().filter(|r| r.is("now_playing", "127.0.0.3")) {
        if row.tag("session_id") != "1" {
            continue;
        }
        for field in ["duration", "start_time"] {
            if let Some(Value::Float(ticks)) = row.fields.get_mut(field) {
                *ticks -= 1.0;
                turned = true;
            }
        }
    }
    turned
}

fn without_key(rows: &mut Vec<Row>) -> bool {
    let mut kept = 0;
    rows.retain_mut(|row| {
        if row.tag("session_id") != "N/A" {
            return true;
        }
        kept += 1;
        let id = "unkeyed-mid-Plexamp-33".to_owned();
        row.tags.insert("session_id".to_owned(), id);
        kept == 1
    });
    for row in rows
        .iter_mut()
        .filter(|r| kept > 1 && (r.is("active_streams", "127.0.0.3") || r.is("active_streams", "All")))
    {
        if let Some(Value::Int(streams)) = row.fields.get_mut("active_streams") {
            *streams -= kept - 1;
        }
    }
    kept > 0
}
