//! The dashboard's files, as a browser asks for them.

use crate::support::House;

#[tokio::test]
async fn the_page_stands_at_all_its_addresses_and_may_load_nothing_else() {
    let open = House::new(&["attic"]).open().await;
    let page = open.get("/").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("<base href=\"/\">"), "{}", page.text());
    let policy = page.header("content-security-policy").unwrap();
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    for path in ["/history", "/users/17", "/titles/attic/5", "/sign-in"] {
        assert_eq!(open.get(path).await.text(), page.text(), "{path}");
    }
    for path in ["/nowhere", "/app/none.js", "/index.html", "/usersx"] {
        assert_eq!(open.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn scripts_are_kept_for_ever_and_the_page_is_asked_for_again() {
    let open = House::new(&["attic"]).open().await;
    let page = open.get("/").await;
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    let tag = page.header("etag").unwrap();
    let known = open.get_with("/", &[("if-none-match", tag)]).await;
    assert_eq!((known.status, known.text()), (304, ""));
    let (_, after) = page.text().split_once("src=\"./").unwrap();
    let script = format!("/{}", after.split('"').next().unwrap());
    let plain = open.get(&script).await;
    let zipped = open.get_with(&script, &[("accept-encoding", "gzip")]).await;
    for answer in [&plain, &zipped] {
        assert_eq!(answer.status, 200, "{script}");
        assert!(answer.header("cache-control").unwrap().contains("immutable"));
        assert_eq!(
            answer.header("content-type"),
            Some("text/javascript; charset=utf-8")
        );
    }
    assert_eq!(plain.header("content-encoding"), None);
    for file in ["/manifest.webmanifest", "/icon.svg", "/icon-192.png"] {
        let answer = open.get(file).await;
        assert_eq!(
            (answer.status, answer.header("cache-control")),
            (200, Some("no-cache")),
            "{file}"
        );
    }
}

#[tokio::test]
async fn under_a_base_path_the_page_says_so_and_both_forms_answer() {
    let house = House::with(&["attic"], |ctx| {
        ctx.base_path = web::base_path("/media/").unwrap();
    });
    let open = house.open().await;
    let tag = House::new(&["attic"]).open().await.get("/").await;
    for path in ["/media", "/media/", "/", "/media/users/17", "/users/17"] {
        // The tag of the page elsewhere is not that of this one.
        let page = open
            .get_with(path, &[("if-none-match", tag.header("etag").unwrap())])
            .await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.text().contains("<base href=\"/media/\">"), "{path}");
    }
    assert_eq!(open.get("/media/manifest.webmanifest").await.status, 200);
    let page = open.get("/media/").await;
    let own = page.header("etag").unwrap();
    for path in ["/media/", "/users/17"] {
        let known = open.get_with(path, &[("if-none-match", own)]).await;
        assert_eq!((known.status, known.text()), (304, ""), "{path}");
    }
    let zipped = open.get_with("/media/", &[("accept-encoding", "gzip")]).await;
    assert_eq!(zipped.header("content-encoding"), Some("gzip"));
    let mut unpacked = String::new();
    let mut reader = flate2::read::GzDecoder::new(&*zipped.body);
    std::io::Read::read_to_string(&mut reader, &mut unpacked).unwrap();
    assert_eq!(unpacked, page.text());
}

#[tokio::test]
async fn a_base_path_is_none_of_our_own_addresses() {
    // What the router itself says it has: "/health", "/api/v1/sessions/{id}"…
    let routes = format!("{:?}", House::new(&[]).router());
    let firsts: std::collections::BTreeSet<&str> = routes
        .split('"')
        .filter_map(|text| text.strip_prefix('/')?.split('/').next())
        .filter(|first| !first.is_empty() && !first.starts_with('{'))
        .collect();
    for known in ["status", "metrics", "api", "users", "health", "icon.svg", "app"] {
        assert!(firsts.contains(known), "{known} in {firsts:?}");
    }
    for first in firsts {
        let refused = web::base_path(first).unwrap_err().to_string();
        assert!(refused.contains("is an address of our own"), "{refused}");
        assert!(web::base_path(&format!("/{first}/x")).is_err(), "{first}");
        let base = web::base_path(&format!("/x{first}")).unwrap();
        let open = House::with(&[], |ctx| ctx.base_path.clone_from(&base))
            .open()
            .await;
        assert_eq!(open.get(&format!("{base}/live")).await.status, 200, "{base}");
    }
}
