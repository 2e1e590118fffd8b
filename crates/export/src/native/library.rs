//! Libraries and what they hold.

use crate::catalogue::{Collect, Family, Samples};
use crate::text::{Value, label_set};
use crate::view::View;

pub(crate) const FAMILIES: &[Family] = &[
    Family::info(
        "media_library_info",
        "Libraries of the server and what they are for.",
        Collect::Custom(label_set!["server", "library_id", "library", "type"], info),
    ),
    Family::gauge(
        "media_library_items",
        "Items in the library, by what is counted. Absent until counted; 0 is a counted 0.",
        Collect::Custom(label_set!["server", "library_id", "library", "content"], items),
    ),
    Family::gauge(
        "media_library_storage_bytes",
        "Size of the library's files.",
        Collect::Library(|l| l.storage_bytes.map(Value::Int)),
    )
    .unit_is("bytes"),
    Family::gauge(
        "media_library_duration_seconds",
        "Running time of everything in the library.",
        Collect::Library(|l| l.duration_ms.map(Value::Millis)),
    )
    .unit_is("seconds"),
    Family::gauge(
        "media_library_refreshing",
        "1 while the server scans the library, else 0.",
        Collect::Library(|l| l.refreshing.map(Value::from)),
    ),
];

fn info(view: &View<'_>, samples: &mut Samples<'_>) {
    for server in &view.servers {
        for l in &server.libraries {
            samples(
                &[server.id, l.id.as_str(), &l.title, l.kind.as_str()],
                Value::Int(1),
            );
        }
    }
}

fn items(view: &View<'_>, samples: &mut Samples<'_>) {
    for server in &view.servers {
        for l in &server.libraries {
            for (i, count) in l.counts.iter().enumerate() {
                // A kind counted twice would be one series twice; the first count stands, as in `Library::count`.
                if !l.counts[..i].iter().any(|c| c.kind == count.kind) {
                    let labels = [server.id, l.id.as_str(), &*l.title, count.kind.as_str()];
                    samples(&labels, Value::Int(count.items));
                }
            }
        }
    }
}
