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
}
