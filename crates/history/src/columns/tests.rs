use super::*;

fn row(id: u32, group_id: u32, started_s: i64, stopped_s: Option<i64>) -> NewRow {
    NewRow {
        id,
        group_id,
        started_s,
        stopped_s,
        paused_s: None,
        view_offset_ms: None,
        item: ItemIx(0),
        client: ClientIx(0),
        ip: WordIx(0),
        viewer: ViewerIx(0),
        library: LibraryIx(0),
        way: Way::Unknown,
        source_resolution: ResolutionIx(0),
        stream_resolution: ResolutionIx(0),
        location: Location::Unknown,
        relayed: false,
    }
}

#[test]
fn rows_keep_their_groups_and_orders() {
    let mut c = Columns::default();
    for new in [
        row(2, 2, 100, Some(200)),
        row(3, 2, 300, Some(400)),
        // Its first row is gone.
        row(5, 4, 50, Some(60)),
        row(6, 4, 70, None),
    ] {
        c.push(&new).unwrap();
    }
    assert_eq!(c.group_count(), 2);
    assert_eq!(c.group_rows(0).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(
        c.group_rows(c.group_by_id(4).unwrap()).collect::<Vec<_>>(),
        [3, 2]
    );
    assert_eq!(c.by_start(), [2, 3, 0, 1]);
    assert_eq!(c.stopped_since(0), [2, 0, 1]);
    assert_eq!(c.stopped_since(200), [0, 1]);
    assert_eq!(c.started_between(70, 300), [3, 0]);
    assert_eq!(c.group_by_id(3), None);
    assert_eq!(c.push(&row(6, 6, 1, None)), Err(BadRow::Order(6)));
    assert_eq!(c.push(&row(7, 7, -1, None)), Err(BadRow::Start(7)));
    assert_eq!(c.len(), 4);
}
