//! `/api/v1/metrics`: what a scrape would find.

use export::LabelPolicy;
use serde_json::{Value, json};

use super::documented;
use super::support::{House, sample};

fn family<'a>(body: &'a Value, name: &str) -> &'a Value {
    let families = body["families"].as_array().unwrap();
    families
        .iter()
        .find(|f| f["name"] == name)
        .unwrap_or_else(|| panic!("no {name}"))
}

#[tokio::test]
async fn families_are_told_with_their_words_and_values() {
    let house = House::new(&["attic"]);
    house
        .plays("attic", vec![sample::film("1", "Heat \"1\"\nx")])
        .await;
    let open = house.open().await;
    let body = open.get("/api/v1/metrics").await.json();
    documented::check("Metrics", &body);
    assert_eq!(body["profile"], "native");
    assert_eq!(
        body["profiles"],
        json!(export::Profile::ALL.map(export::Profile::as_str))
    );
    let sessions = family(&body, "media_session_info");
    assert_eq!(
        (&sessions["type"], &sessions["series"]),
        (&json!("info"), &json!(1))
    );
    let labels = &sessions["samples"][0]["labels"];
    assert_eq!(labels["title"], "Heat \"1\"\nx");
    assert_eq!(labels["user"], "anna");
    assert_eq!(sessions["samples"][0]["value"], 1.0);
    // Every name and number is that of the scrape.
    let scrape = open.get("/metrics").await;
    let families = body["families"].as_array().unwrap();
    assert_eq!(body["meta"]["count"], families.len());
    let heads = scrape
        .text()
        .lines()
        .filter(|line| line.starts_with("# TYPE "))
        .count();
    assert_eq!(heads, families.len());
    for family in families {
        let name = family["name"].as_str().unwrap();
        let lines = scrape.text().lines().filter(|line| {
            line.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(['{', ' ']))
        });
        assert_eq!(json!(lines.count()), family["series"], "{name}");
    }
}

#[tokio::test]
async fn a_long_family_is_cut_and_counted() {
    let house = House::new(&["attic"]);
    let films = (0..60).map(|n| sample::film(&n.to_string(), "Heat")).collect();
    house.plays("attic", films).await;
    let open = house.open().await;
    let body = open.get("/api/v1/metrics?profile=native").await.json();
    let sessions = family(&body, "media_session_info");
    assert_eq!(sessions["series"], 60);
    assert_eq!(sessions["samples"].as_array().unwrap().len(), 50);
}

#[tokio::test]
async fn labels_obey_the_configuration_and_profiles_have_their_names() {
    let house = House::with(&["attic"], |ctx| ctx.options.users = LabelPolicy::Drop);
    house.plays("attic", vec![sample::film("1", "Heat")]).await;
    let open = house.open().await;
    let body = open.get("/api/v1/metrics").await;
    assert!(!body.text().contains("anna"));
    for profile in export::Profile::ALL {
        let body = open
            .get(&format!("/api/v1/metrics?profile={profile}"))
            .await
            .json();
        documented::check("Metrics", &body);
        assert_eq!(body["profile"], profile.as_str());
    }
    for query in ["profile=tautulli", "x=1"] {
        let (status, kind, _) = open.get(&format!("/api/v1/metrics?{query}")).await.error();
        assert_eq!((status, kind.as_str()), (400, "bad_payload"), "{query}");
    }
}
