use std::sync::Arc;

use model::{Item, MediaKind};

use crate::managers;
use crate::support::{Answer, House, Open, sample};

async fn furnished() -> Open {
    let house = House::new(&["attic", "barn"]);
    for body in sample::everything() {
        house.tell("attic", body).await;
    }
    house
        .plays("attic", vec![sample::film("1", "Rain"), sample::episode("2")])
        .await;
    house.plays("barn", vec![sample::channel("1")]).await;
    house.tell("barn", sample::down("timeout")).await;
    house.clock.advance(300_000);
    house.open().await
}

fn all_between<'a>(text: &'a str, start: &'a str, end: char) -> Vec<&'a str> {
    text.split(start)
        .skip(1)
        .map(|rest| rest.split(end).next().unwrap())
        .collect()
}

/// Fails if the page could run or style anything that is not a file of ours.
fn check_nothing_inline(page: &Answer) {
    let text = page.text();
    for forbidden in [
        " style=",
        "<style",
        " onclick",
        " onload",
        " onerror",
        "javascript:",
        "http://",
        "https://",
    ] {
        assert!(!text.contains(forbidden), "{forbidden} in {text}");
    }
    for script in all_between(text, "<script", '>') {
        assert!(script.contains(" src=\""), "inline script: {script}");
    }
}

#[tokio::test]
async fn it_says_what_plays_and_how_the_servers_are() {
    let open = furnished().await;
    let page = open.get("/overview").await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, Some("text/html; charset=utf-8"))
    );
    let text = page.text().replace('\u{a0}', " ");
    for words in [
        "<title>3 playing · Projectionist</title>",
        "3 playing · 1 transcoding · 13.5 Mbps",
        "Attic <span class=\"word\">up</span>",
        "Plex 1.43.0.1 on Linux · watched by WebSocket · update to 1.44 available",
        "2 sessions · CPU 25 % · Scanning Films",
        "2 libraries · 3.0 TB",
        "barn <span class=\"word\">down</span>",
        "plex &quot;attic&quot;: timeout",
        "for 5 min, last seen 5 min ago",
        "<h3>Rain</h3><p class=\"detail\">1982</p>",
        "anna on Living room (Plex for LG) · local network · Attic",
        "<h3>A Show</h3><p class=\"detail\">S2 E5 · The Test</p>",
        "bert on Bert&#39;s phone (Plex for Android) · internet",
        "video transcoded, audio copied, subtitles burnt in",
        "4K HEVC HDR10 · TrueHD 7.1 · MKV · 42.0 Mbps",
        "720p H.264 · AAC stereo · HLS · 4.0 Mbps",
        "subtitles painted into the picture, video codec HEVC",
        "2.3× real time, decoded and encoded on VAAPI",
        "<h3>News at Ten</h3><p class=\"detail\">live on 7.1 Test TV</p><p class=\"who\">Someone · barn</p>",
        "<span class=\"position\">1:00</span> / 1:30:00",
        "href=\"/metrics/cplieger-2026.04\"",
        "Projectionist 1.2.3, running for 5 min",
    ] {
        assert!(text.contains(words), "no {words} in {text}");
    }
    check_nothing_inline(&page);
}

#[tokio::test]
async fn the_policy_lets_nothing_else_in() {
    let open = furnished().await;
    let page = open.get("/overview").await;
    let policy = page.header("content-security-policy").unwrap();
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.split("; ").any(|r| r == rule), "{rule} in {policy}");
    }
    assert!(!policy.contains("unsafe"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
}

#[tokio::test]
async fn nothing_a_server_says_becomes_markup() {
    let evil = "<script>alert(1)</script>\"' onerror=x <img src=x>";
    let house = House::new(&["<b>attic</b>\" onclick=\"x"]);
    let id = "<b>attic</b>\" onclick=\"x";
    let mut session = sample::film("1\"><script>", evil);
    session.user = Some(model::User {
        id: None,
        name: evil.into(),
    });
    session.player = Arc::new(model::Player {
        title: Some(evil.into()),
        product: Some(evil.into()),
        ..Default::default()
    });
    session.source = Arc::new(model::SourceMedia {
        video_codec: Some(evil.into()),
        ..Default::default()
    });
    house.plays(id, vec![session]).await;
    let outage = model::Outage {
        kind: "timeout",
        message: evil.into(),
    };
    house.tell(id, model::Body::Outage(outage)).await;
    let open = house.open().await;
    let page = open.get("/overview").await;
    let text = page.text();
    assert!(text.contains("&lt;script&gt;alert(1)"), "{text}");
    assert!(
        !text.contains("<script>")
            && !text.contains("<b>")
            && !text.contains("<img")
            && !text.contains("onclick=\"")
    );
    for tag in all_between(text, "<", '>') {
        assert_eq!(tag.matches('"').count() % 2, 0, "a quote out of place in <{tag}>");
    }
}

#[tokio::test]
async fn its_files_are_ours_and_kept_by_browsers() {
    let open = furnished().await;
    let page = open.get("/overview").await;
    let files: Vec<_> = all_between(page.text(), "=\"/assets/", '"');
    assert_eq!(files.len(), 3, "{files:?}");
    for file in files {
        let path = format!("/assets/{file}");
        let answer = open.get(&path).await;
        assert_eq!(answer.status, 200);
        assert!(!answer.body.is_empty());
        assert!(answer.header("cache-control").unwrap().contains("immutable"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        let etag = answer.header("etag").unwrap().to_owned();
        let again = open
            .get_with(&path, &[("if-none-match", &format!("\"other\", {etag}"))])
            .await;
        assert_eq!((again.status, again.body.len()), (304, 0));
        let kind = answer.header("content-type").unwrap();
        assert!(
            [
                "text/css; charset=utf-8",
                "text/javascript; charset=utf-8",
                "image/svg+xml"
            ]
            .contains(&kind),
            "{kind}"
        );
    }
    assert_eq!(open.get("/assets/status-0.css").await.status, 404);
    assert_eq!(open.get("/assets/..%2fCargo.toml").await.status, 404);
}

#[tokio::test]
async fn behind_a_prefix_every_link_carries_it_and_both_forms_answer() {
    let house = House::with(&["attic"], |ctx| {
        ctx.base_path = web::base_path("/media/").unwrap();
    });
    house.plays("attic", vec![sample::film("1", "Rain")]).await;
    let open = house.open().await;
    for path in ["/media/overview", "/overview"] {
        let page = open.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        for attribute in [" href=\"", " src=\"", " data-events=\""] {
            for target in all_between(page.text(), attribute, '"') {
                assert!(target.starts_with("/media/"), "{attribute}{target}");
                if !target.ends_with("/events") {
                    assert_eq!(open.get(target).await.status, 200, "{target}");
                }
            }
        }
    }
    for path in [
        "/media/metrics",
        "/metrics",
        "/media/api/v1/sessions",
        "/ready",
        "/media/metrics/native",
    ] {
        assert_eq!(open.get(path).await.status, 200, "{path}");
    }
    assert_eq!(
        open.get("/media/nowhere").await.error().2,
        "there is nothing at /media/nowhere"
    );
    assert_eq!(open.get("/mediametrics").await.status, 404);
}

#[tokio::test]
async fn it_has_a_limit_and_says_so() {
    let house = House::new(&["attic"]);
    house
        .plays(
            "attic",
            (0..130).map(|n| sample::film(&n.to_string(), "Rain")).collect(),
        )
        .await;
    let open = house.open().await;
    let page = open.get("/overview").await;
    assert_eq!(page.text().matches("<h3>Rain</h3>").count(), 100);
    assert!(
        page.text()
            .contains("And 30 more: see <a href=\"/api/v1/sessions\">all sessions</a>.")
    );
}

#[tokio::test]
async fn an_empty_house_says_so() {
    let open = House::new(&[]).open().await;
    let page = open.get("/overview").await;
    assert!(
        page.text().contains("No server is watched yet.")
            && page.text().contains("Nothing plays at the moment.")
    );
    let open = House::new(&["attic"]).open().await;
    assert!(
        open.get("/overview")
            .await
            .text()
            .contains("attic <span class=\"word\">not yet asked</span>")
    );
}

async fn text(house: House) -> String {
    let page = house.open().await.get("/overview").await;
    assert_eq!(page.status, 200);
    check_nothing_inline(&page);
    page.text().replace('\u{a0}', " ")
}

fn check(text: &str, wanted: &[&str], unwanted: &[&str]) {
    for words in wanted {
        assert!(text.contains(words), "no {words} in {text}");
    }
    for words in unwanted {
        assert!(!text.contains(words), "{words} in {text}");
    }
}

#[tokio::test]
async fn what_a_stream_manager_carries_is_shown_beside_sessions() {
    let house = managers::mixed();
    house.tell("cellar", managers::info()).await;
    let inventory = Arc::new(managers::inventory());
    house.tell("cellar", model::Body::Inventory(inventory)).await;
    house.plays("attic", vec![sample::film("1", "Rain")]).await;
    house
        .feeds("cellar", vec![managers::news(), managers::film()])
        .await;
    house.clock.advance(300_000);
    check(
        &text(house).await,
        &[
            "<title>1 playing · Projectionist</title>",
            "1 playing · 9.5 Mbps · 2 on the air, 2 viewers",
            "cellar <span class=\"word\">up</span>",
            "Dispatcharr 0.29.0 · watched by polling",
            "<p class=\"detail\">2 on the air · 2 viewers</p>",
            "<p class=\"detail\">1 channel · 2 groups · 2 providers</p>",
            "<h2>Now playing</h2>",
            "<section id=\"air-cellar\"><h2>On the air</h2>",
            "<b>Acme TV, main</b> 1 of 2 connections · 3 reserved",
            "<b>Acme TV, second</b> 0 of 1 connection · 3 reserved",
            "<b>Spare</b> 0 connections, no limit · 3 reserved",
            "<h3>102.5 News &quot;24&quot; &lt;b&gt;</h3><p class=\"detail\">News · Evening news</p>",
            "<p class=\"who\">2 viewers: anna, 1 not signed in</p>",
            "<span class=\"word\">On the air</span><span class=\"clock\">for 5 min</span>",
            "News HD backup · stream 2 of 3 · by ffmpeg",
            "<dd>Acme TV, main</dd>",
            "1920x1080 H.264 25 fps · AAC stereo · 4.2 Mbps · 1.01× real time",
            "<h3>Amber Road</h3><p class=\"detail\">on demand</p><p class=\"who\">No viewers</p>",
            "href=\"/api/v1/iptv/providers\"",
        ],
        &[
            "0 sessions",
            "192.0.2.",
            "planted-secret",
            "NaN",
            "Nothing plays",
            "Trouble",
        ],
    );
}

#[tokio::test]
async fn a_house_of_stream_managers_alone_speaks_of_nothing_else() {
    let house = managers::alone(&["cellar", "shed"]);
    let mut failing = managers::news();
    failing.state = Some(model::iptv::FeedState::Error);
    failing.viewer_count = Some(12);
    house.feeds("cellar", vec![managers::news()]).await;
    house.feeds("cellar", vec![failing]).await;
    house.feeds("shed", vec![]).await;
    check(
        &text(house).await,
        &[
            "<title>1 on the air · Projectionist</title>",
            "<p id=\"summary\">1 on the air, 12 viewers</p>",
            "<h2>On the air · cellar</h2>",
            "<h2>On the air · shed</h2>",
            "<p class=\"empty\">Nothing is on the air.</p>",
            "12 viewers: anna, 1 not signed in, 10 more",
            "<li class=\"card feed is-error\"",
            "<span class=\"word\">Failing</span>",
            "<dt>Trouble</dt><dd>1 error</dd>",
        ],
        &["Now playing", "Nothing plays", " session", "0 on the air"],
    );
}

#[tokio::test]
async fn a_stream_manager_that_is_down_is_not_shown_as_idle() {
    let house = managers::alone(&["cellar"]);
    check(
        &text(managers::alone(&["cellar"])).await,
        &[
            "Not known yet: it has not answered.",
            "<p id=\"summary\">What is on the air is not known</p>",
        ],
        &["Nothing", "nothing", "0 on the air", "of 2 connections"],
    );
    let inventory = Arc::new(managers::inventory());
    house.tell("cellar", model::Body::Inventory(inventory)).await;
    house.feeds("cellar", vec![managers::news()]).await;
    house.clock.advance(120_000);
    house.tell("cellar", sample::down("timeout")).await;
    check(
        &text(house).await,
        &[
            "cellar <span class=\"word\">down</span>",
            "<p id=\"summary\">What is on the air is not known</p>",
            "Not known: it does not answer. This was on the air 2 min ago.",
            "<b>Acme TV, main</b> use not known, at most 2 connections",
            "News HD backup",
        ],
        &["1 of 2", "on the air ·", "1 on the air", "Nothing is on the air"],
    );
}

#[tokio::test]
async fn feeds_have_a_limit_too() {
    let house = managers::alone(&["cellar", "loft", "shed"]);
    let feeds = |n: usize| {
        let mut feed = managers::film();
        feed.key = format!("vod_{n}").as_str().into();
        feed
    };
    house.feeds("cellar", (0..60).map(feeds).collect()).await;
    house.feeds("loft", (0..50).map(feeds).collect()).await;
    house.feeds("shed", (0..3).map(feeds).collect()).await;
    let text = text(house).await;
    assert_eq!(text.matches("<h3>Amber Road</h3>").count(), 100);
    check(
        &text,
        &["113 on the air", "And 10 more.", "And 3 more."],
        &["And 60"],
    );
}

#[tokio::test]
async fn tracks_and_half_known_items_have_headings() {
    let house = House::new(&["attic"]);
    let named = |key: &str, item: Item| model::Session {
        item: Arc::new(item),
        ..sample::film(key, "x")
    };
    let track = Item {
        parent_title: Some("An Album".into()),
        grandparent_title: Some("Various".into()),
        original_title: Some("A Singer".into()),
        ..sample::item(MediaKind::Track, "A Song")
    };
    let bare = Item {
        title: None,
        year: None,
        library: None,
        ..sample::item(MediaKind::Other, "")
    };
    let lonely = Item {
        index: Some(3),
        year: None,
        ..sample::item(MediaKind::Episode, "Alone")
    };
    let trailer = Item {
        extra: true,
        year: None,
        ..sample::item(MediaKind::Clip, "Coming soon")
    };
    let sessions = vec![
        named("1", track),
        named("2", bare),
        named("3", lonely),
        named("4", trailer),
    ];
    house.plays("attic", sessions).await;
    let open = house.open().await;
    let page = open.get("/overview").await;
    let text = page.text().replace('\u{a0}', " ");
    for words in [
        "<h3>A Song</h3><p class=\"detail\">A Singer · An Album</p>",
        "<h3>Untitled</h3><p class=\"who\">",
        "<h3>Alone</h3><p class=\"detail\">Episode 3</p>",
        "<h3>Coming soon</h3><p class=\"detail\">trailer or extra</p>",
    ] {
        assert!(text.contains(words), "no {words} in {text}");
    }
}
