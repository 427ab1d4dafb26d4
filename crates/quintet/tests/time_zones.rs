//! The clocks by which people read and write times: the site's, and a visitor's own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use axum::{extract::Request, middleware::Next, response::Response};
use quintet::{
    core::{EmbeddedFile, Folder, clock, value::Timestamp, zone},
    prelude::*,
};

static FILES: &[EmbeddedFile] = &[
    EmbeddedFile {
        path: "templates/at.html",
        bytes: b"{{ at }} {{ at|date('H:i T') }} {{ at.hour }} {{ at|date }} {% if at > '2026-07-02T00:10' %}later{% endif %}",
    },
    EmbeddedFile { path: "templates/today.html", bytes: b"{{ today() }} {{ now('H:i') }}" },
    EmbeddedFile { path: "templates/plan.html", bytes: b"{{ form }}" },
];

fn shown(at: &str) -> Page {
    Page::new("at.html").with("at", &at.parse::<Timestamp>().unwrap())
}

#[get("/at/")]
async fn at() -> Page {
    shown("2026-07-01T22:15:00Z")
}

#[get("/today/")]
async fn today() -> Page {
    Page::new("today.html")
}

#[get("/kept/", cache = "1h")]
async fn kept() -> String {
    format!("{} {}", zone::current().iana_name().unwrap(), clock::now())
}

/// What somebody plans.
#[data]
pub struct Plan {
    /// When.
    pub starts: Timestamp,
}

#[form("/plan/")]
async fn plan(mut form: Form<Plan>) -> Result<Page> {
    let Some(Plan { starts }) = form.valid() else { return Ok(Page::new("plan.html").with("form", &form)) };
    Ok(shown(&starts.to_string()))
}

/// As a site does that knows where its visitors are.
async fn visitors_zone(request: Request, next: Next) -> Response {
    if let Some(name) = request.headers().get("x-zone") {
        zone::set(name.to_str().unwrap().parse().unwrap());
    }
    next.run(request).await
}

fn site() -> Site {
    let app = App::new("plans").folder(Folder::embedded("/nowhere", FILES));
    Site::new()
        .install(app.routes(routes![at, today, kept, plan]))
        .layer(axum::middleware::from_fn(visitors_zone))
}

#[quintet::test(site, settings = { "site.time_zone" = "Europe/Berlin" })]
async fn templates_and_forms_go_by_one_clock(site: TestSite) -> Result {
    let berlin = "2026-07-02T00:15:00+02:00 00:15 CEST 0 July 2, 2026 later";
    site.get("/at/").await.ok().contains(berlin);
    site.post("/plan/", &[("starts", "2026-07-02T00:15")]).await.ok().contains(berlin);
    // What is wrong is shown as it was typed; an instant of JSON is one, wherever its sender is.
    site.post("/plan/", &[("starts", "2026-07-02T25:15")]).await.status(422).contains("2026-07-02T25:15");
    site.json("POST", "/plan/", &serde_json::json!({ "starts": "2026-07-01T22:15:00Z" }))
        .await
        .ok()
        .contains(berlin);
    site.clock().set("2026-12-31T23:30:00Z".parse().unwrap());
    site.get("/today/").await.ok().contains("2027-01-01 00:30");
    assert_eq!(clock::today().to_string(), "2027-01-01");
    Ok(())
}

#[quintet::test(site, settings = { "site.time_zone" = "Europe/Berlin" })]
async fn a_visitor_has_a_clock_of_their_own(site: TestSite) -> Result {
    let browser = site.browser().with_header("x-zone", "America/New_York");
    let there = "2026-07-01T18:15:00-04:00 18:15 EDT 18 July 1, 2026";
    let page = browser.get("/at/").await.ok().contains(there);
    // Text without a zone is by the same clock.
    page.lacks("later");
    browser.post("/plan/", &[("starts", "2026-07-01T18:15")]).await.ok().contains(there);
    // The next one is not them.
    site.get("/at/").await.ok().contains("CEST");
    Ok(())
}

#[quintet::test(site, settings = { "site.time_zone" = "Europe/Berlin", "forms.time_zone" = "UTC" })]
async fn forms_may_go_by_another(site: TestSite) -> Result {
    site.post("/plan/", &[("starts", "2026-07-01T22:15")]).await.ok().contains("00:15 CEST");
    Ok(())
}

#[quintet::test(site)]
async fn a_page_by_a_visitors_clock_is_not_kept_for_others(site: TestSite) -> Result {
    let browser = site.browser().with_header("x-zone", "America/New_York");
    browser.get("/kept/").await.ok().contains("America/New_York");
    let first = site.get("/kept/").await.ok().contains("UTC").text();
    site.clock().advance("1m".parse().unwrap());
    assert_eq!(site.get("/kept/").await.ok().text(), first, "this one is");
    Ok(())
}

#[tokio::test]
async fn work_for_somebody_far_away() -> Result {
    let name = || zone::current().iana_name().unwrap().to_owned();
    assert_eq!(name(), "UTC");
    // Nowhere to note it.
    zone::set("Asia/Tokyo".parse()?);
    assert_eq!(name(), "UTC");
    let (inside, set) = zone::within("Asia/Tokyo".parse()?, async {
        let inside = name();
        zone::set("Europe/Rome".parse().unwrap());
        (inside, name())
    })
    .await;
    assert_eq!((inside.as_str(), set.as_str(), name().as_str()), ("Asia/Tokyo", "Europe/Rome", "UTC"));
    let error = "Europe/Atlantis".parse::<zone::Zone>().unwrap_err().to_string();
    assert!(error.contains("Europe/Atlantis") && error.contains("Europe/Berlin"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_zone_that_there_is_not() -> Result {
    for key in ["site.time_zone", "forms.time_zone"] {
        let started = TestSite::start(site(), quintet::rooms()).await?;
        let error = started.with_settings(&[(key, "Berlin")], async |_| ()).await.unwrap_err().to_string();
        assert!(error.contains("time_zone") && error.contains("Europe/Berlin"), "{error}");
    }
    Ok(())
}
