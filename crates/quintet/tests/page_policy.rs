//! What a page may load is said by its response: a nonce exists where a template asks for one, and nowhere else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use quintet::{
    core::{EmbeddedFile, Folder},
    prelude::*,
};

static FILES: &[EmbeddedFile] = &[
    EmbeddedFile { path: "static/pages/app.js", bytes: b"let a" },
    EmbeddedFile { path: "static/pages/importmap.toml", bytes: b"app = \"pages/app.js\"" },
    EmbeddedFile { path: "templates/map.html", bytes: b"<head>{{ importmap(\"app\") }}</head>" },
    EmbeddedFile { path: "templates/plain.html", bytes: b"<p>plain</p>" },
    EmbeddedFile {
        path: "templates/nonce.html",
        bytes: b"<script nonce=\"{{ csp_nonce() }}\"></script><style nonce=\"{{ csp_nonce() }}\"></style>",
    },
    EmbeddedFile {
        path: "templates/418.html",
        bytes: b"<script nonce=\"{{ csp_nonce() }}\"></script>{{ status }}",
    },
];

#[get("/plain/")]
async fn plain() -> Page {
    Page::new("plain.html")
}

#[get("/nonce/")]
async fn nonce() -> Page {
    Page::new("nonce.html").header("cache-control", "public, max-age=600").header("etag", "\"x\"")
}

#[get("/own/")]
async fn own() -> Page {
    Page::new("nonce.html").header("content-security-policy", "script-src https://x.example")
}

#[get("/teapot/")]
async fn teapot() -> Result<Page> {
    Err(Error::new(axum::http::StatusCode::IM_A_TEAPOT, "short and stout"))
}

#[get("/map/")]
async fn map() -> Page {
    Page::new("map.html")
}

fn site() -> Site {
    let app = App::new("pages").folder(Folder::embedded("/nowhere", FILES));
    Site::new().install(app.routes(routes![plain, nonce, own, teapot, map]))
}

fn nonce_in(page: &TestResponse) -> String {
    page.text().split("nonce=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[quintet::test(site, on = "sqlite")]
async fn a_nonce_is_in_the_policy_of_its_response_only(site: TestSite) -> Result {
    let page = site.get(nonce::url()).await.ok().header("cache-control", "no-store");
    let text = nonce_in(&page);
    assert_eq!(page.text().matches(&text).count(), 2, "one for the whole response: {}", page.text());
    let policy = page.header_text("content-security-policy").unwrap();
    assert!(
        policy.contains(&format!("script-src 'self' 'nonce-{text}'; style-src 'self' 'nonce-{text}'")),
        "{policy}"
    );
    assert!(policy.starts_with("default-src 'self'; img-src 'self' data:"), "{policy}");
    assert!(page.header_text("etag").is_none());

    let other = site.get(nonce::url()).await.ok();
    assert_ne!(nonce_in(&other), text);

    let page = site.get(plain::url()).await.ok();
    assert!(!page.header_text("content-security-policy").unwrap().contains("nonce"));
    assert_ne!(page.header_text("cache-control").as_deref(), Some("no-store"));
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn a_policy_of_ones_own_gets_the_nonce_too(site: TestSite) -> Result {
    let page = site.get(own::url()).await.ok();
    let policy = page.header_text("content-security-policy").unwrap();
    assert_eq!(policy, format!("script-src https://x.example 'nonce-{}'", nonce_in(&page)));
    Ok(())
}

#[quintet::test(site, on = "sqlite", settings = { "security.headers.content_security_policy_report_only" = "script-src 'self'; style-src 'self'; report-uri /csp/" })]
async fn so_does_a_policy_that_is_only_tried(site: TestSite) -> Result {
    const TRIED: &str = "content-security-policy-report-only";
    for url in [nonce::url(), own::url(), teapot::url()] {
        let page = site.get(url).await;
        let text = nonce_in(&page);
        assert_eq!(
            page.header_text(TRIED).unwrap(),
            format!("script-src 'self' 'nonce-{text}'; style-src 'self' 'nonce-{text}'; report-uri /csp/")
        );
        assert!(page.header_text("content-security-policy").unwrap().contains(&text));
    }
    let plain = site.get(plain::url()).await.ok();
    assert_eq!(plain.header_text(TRIED).unwrap(), "script-src 'self'; style-src 'self'; report-uri /csp/");
    // So does what is allowed by its digest.
    let policy = site.get(map::url()).await.ok().header_text(TRIED).unwrap();
    assert!(policy.starts_with("script-src 'self' 'sha256-"), "{policy}");
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn an_error_page_may_have_one(site: TestSite) -> Result {
    let page = site.get(teapot::url()).await.status(418).contains("418");
    let policy = page.header_text("content-security-policy").unwrap();
    assert!(policy.contains(&format!("'nonce-{}'", nonce_in(&page))), "{policy}");
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn an_import_map_is_allowed_by_its_digest_and_may_be_kept(site: TestSite) -> Result {
    let page = site.get(map::url()).await.ok().contains("<head><script type=\"importmap\">\n{");
    let policy = page.header_text("content-security-policy").unwrap();
    assert!(policy.contains("; script-src 'self' 'sha256-") && !policy.contains("nonce"), "{policy}");
    let tag = page.header_text("etag").unwrap();
    assert_ne!(page.header_text("cache-control").as_deref(), Some("no-store"));
    let known = site.browser().with_header("if-none-match", &tag).get(map::url()).await.status(304);
    assert_eq!(known.header_text("content-security-policy").unwrap(), policy);
    Ok(())
}
