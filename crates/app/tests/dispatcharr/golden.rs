//! Every sample of the plugin is ours, every label and value the same, but for what is listed.

use std::collections::{BTreeMap, BTreeSet};

use export::Profile;

use crate::deviations::{self, Difference, RULES, What};
use crate::house::House;
use crate::plugin::{self, Sample};
use crate::redis::Redis;
use crate::replay::{Replay, recorded_at_ms};

/// Recorded folder, and the one its inventory was recorded in: with clean names, or with quotes in them.
const FOLDERS: &[(&str, &str)] = &[
    ("active-clean", "active-clean"),
    ("idle-clean", "active-clean"),
    ("preview", "active-clean"),
    ("idle", "idle"),
    ("active", "active"),
    ("active-vod", "active"),
    ("after-stop", "active"),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_profile_says_what_the_plugin_said() {
    let Some(captures) = crate::captures() else { return };
    let mut used = BTreeSet::new();
    let mut wrong = Vec::new();
    let mut runs: Vec<(&str, &str, Option<&str>)> = FOLDERS.iter().map(|(f, b)| (*f, *b, None)).collect();
    runs.push((
        "active-clean",
        "active-clean",
        Some("redis-keys-active-clean.json"),
    ));
    for (folder, base, keys) in runs {
        let replay = Replay::of(&captures, folder, base).await;
        let redis = keys.map(|keys| Redis::with(&captures.join(keys)));
        let url = redis.as_ref().map(Redis::url);
        let house = House::watch(&replay, recorded_at_ms(&captures, folder), url.as_deref());
        house.complete().await;
        let ours = plugin::parse(&house.text(Profile::DispatcharrExporter));
        let theirs = std::fs::read_to_string(captures.join(format!("plugin-metrics-{folder}.txt"))).unwrap();
        let theirs = plugin::parse(&theirs);
        assert!(
            ours.len() > theirs.len() / 2,
            "{folder}: {} of {}",
            ours.len(),
            theirs.len()
        );
        for difference in differences(&ours, &theirs, folder, keys.is_some()) {
            match deviations::rule_for(&difference) {
                Some(rule) => drop(used.insert(rule)),
                None => wrong.push(format!(
                    "{folder}{}: {difference:?}",
                    if keys.is_some() { " with Redis" } else { "" }
                )),
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differences that are not listed:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    let stale: Vec<_> = (0..RULES.len())
        .filter(|n| !used.contains(n))
        .map(|n| RULES[n].what)
        .collect();
    assert!(stale.is_empty(), "listed, and no longer so: {stale:#?}");
}

fn differences<'a>(
    ours: &'a BTreeMap<String, Sample>,
    theirs: &'a BTreeMap<String, Sample>,
    folder: &'a str,
    redis: bool,
) -> Vec<Difference<'a>> {
    let new = |sample: &'a Sample, what| Difference {
        folder,
        redis,
        name: sample.name.strip_prefix("dispatcharr_").unwrap_or(&sample.name),
        sample,
        what,
    };
    let mut all = Vec::new();
    for (handle, sample) in theirs {
        let Some(our) = ours.get(handle) else {
            all.push(new(sample, What::Missing));
            continue;
        };
        let labels: BTreeSet<_> = our.labels.keys().chain(sample.labels.keys()).collect();
        for label in labels {
            let (o, t) = (our.labels.get(label), sample.labels.get(label));
            if o != t {
                all.push(new(
                    sample,
                    What::Label(label, o.map(String::as_str), t.map(String::as_str)),
                ));
            }
        }
        if (our.value - sample.value).abs() > f64::EPSILON * sample.value.abs() {
            all.push(new(sample, What::Value(our.value, sample.value)));
        }
    }
    let extra = ours.iter().filter(|(handle, _)| !theirs.contains_key(*handle));
    all.extend(extra.map(|(_, sample)| new(sample, What::Extra)));
    all
}
