//! What happens to requests is told: to who listens, and of failures to those of `[mail] admins`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use quintet::{
    core::signal::request::{FailureWatch, RequestFailed, RequestFinished, RequestStarted},
    core::{BoxFuture, ErrorKind},
    prelude::*,
    web::background::Background,
};

#[get("/films/{id}/")]
async fn film(Path(id): Path<i64>) -> Result<String> {
    if id == 13 { Err(Error::not_found("no such film")) } else { Ok(format!("film {id}")) }
}

#[get("/slips/{token}/", secret = "token")]
async fn slip(Path(token): Path<String>) -> Result<String> {
    let read = std::fs::read_to_string("/nowhere/at/all");
    read.map_err(|why| Error::internal(format!("no slip {token}\nfor anybody")).with_source(why))
}

#[get("/panics/")]
async fn panics() -> String {
    panic!("over {}", 7)
}

#[get("/full/")]
async fn full() -> Result {
    let status = axum::http::StatusCode::SERVICE_UNAVAILABLE;
    Err(Error::of_kind(ErrorKind::Unavailable, status, "too many ask"))
}

/// What was told, in order.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn note(services: &Services, line: String) {
        let told = services.get::<Told>().cloned().unwrap_or_default();
        told.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

fn plain() -> Site {
    Site::new().routes(routes![film, slip, panics, full])
}

fn site() -> Site {
    plain()
        .with(Told::default())
        .on(async |services: Services, event: Arc<RequestStarted>| -> Result {
            let request = &event.request;
            Told::note(
                &services,
                format!("started {} {} {}", request.method, request.path, request.id.is_some()),
            );
            // What fails here refuses nobody.
            if request.path == "/films/8/" { Err(Error::internal("full")) } else { Ok(()) }
        })
        .on(async |services: Services, event: Arc<RequestFinished>| -> Result {
            let (request, route) = (&event.request, event.route.as_deref().unwrap_or("-"));
            assert!(event.took < Duration::from_secs(60));
            Told::note(&services, format!("finished {} {route} {}", request.path, event.status));
            Ok(())
        })
        .on(async |services: Services, event: Arc<RequestFailed>| -> Result {
            let (place, route) = (&event.place, event.route.as_deref().unwrap_or("-"));
            assert!(place.contains("failing_requests.rs:"), "{place}");
            let error = event.error.lines().next().unwrap_or_default();
            Told::note(&services, format!("failed {route} {}: {error}", event.status));
            Ok(())
        })
}

async fn told(site: &TestSite) -> Vec<String> {
    site.services().get::<Background>().unwrap().idle().await;
    let told = site.services().get::<Told>().cloned().unwrap();
    let mut told = told.0.lock().unwrap_or_else(PoisonError::into_inner);
    // What is told beside a request has no order among itself.
    let mut all = std::mem::take(&mut *told);
    all.get_mut(1..).unwrap_or_default().sort();
    all
}

#[quintet::test(site, on = "sqlite")]
async fn each_request_is_told_from_its_beginning_to_its_end(site: TestSite) -> Result {
    site.get("/films/7/").await.ok().contains("film 7");
    assert_eq!(told(&site).await, ["started GET /films/7/ true", "finished /films/7/ /films/{id}/ 200"]);
    site.get("/films/8/").await.ok().contains("film 8");
    assert_eq!(told(&site).await, ["started GET /films/8/ true", "finished /films/8/ /films/{id}/ 200"]);
    // A client's mistake is no failure.
    site.get("/films/13/").await.status(404);
    assert_eq!(told(&site).await, ["started GET /films/13/ true", "finished /films/13/ /films/{id}/ 404"]);
    site.get("/nowhere/").await.status(404);
    assert_eq!(told(&site).await, ["started GET /nowhere/ true", "finished /nowhere/ - 404"]);
    site.browser().with_header("host", "evil.example").get("/films/7/").await.status(400);
    assert_eq!(told(&site).await, ["started GET /films/7/ true", "finished /films/7/ - 400"]);
    site.get("/panics/").await.status(500);
    let all = told(&site).await;
    assert_eq!(all[..1], ["started GET /panics/ true"]);
    assert!(all[1].starts_with("failed /panics/ 500: the handler panicked: over 7"), "{all:?}");
    assert_eq!(all[2..], ["finished /panics/ /panics/ 500"]);
    // What is secret is covered in all of them.
    site.get("/slips/hunter2secret/").await.status(500);
    let all = told(&site).await;
    assert!(all.len() == 3 && all.iter().all(|line| !line.contains("hunter2")), "{all:?}");
    Ok(())
}

const FIVE: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);

#[quintet::test(plain, on = "sqlite", settings = { "mail.admins" = "Ann <ann@example.com>", "mail.from" = "site@example.com", "mail.failures_every" = "5m", "site.name" = "Cinema" })]
async fn admins_are_written_to_once_in_a_while_of_each_place(site: TestSite) -> Result {
    let mails = async || {
        site.services().get::<Background>().unwrap().idle().await;
        site.outbox().await
    };
    site.get("/films/13/").await.status(404);
    site.get("/full/").await.status(503);
    assert!(mails().await.is_empty(), "nobody has to mend these");

    site.get("/slips/hunter2secret/").await.status(500);
    let all = mails().await;
    let [mail] = &all[..] else { panic!("one mail: {}", all.len()) };
    assert_eq!((mail.to()[0].email(), mail.to().len()), ("ann@example.com", 1));
    assert!(mail.subject().starts_with("[Cinema] GET /slips/{token}/: no slip "), "{}", mail.subject());
    let text = mail.text();
    for part in
        ["Status   500", "Route    /slips/{token}/", "failing_requests.rs:", "caused by: ", "Id       "]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let whole = String::from_utf8_lossy(mail.bytes());
    assert!(!text.contains("hunter2") && !whole.contains("hunter2") && !text.contains("left out"), "{text}");

    // The same place again: counted. Another one: written of.
    for _ in 0..3 {
        site.get("/slips/hunter3secret/").await.status(500);
    }
    assert_eq!(mails().await.len(), 1);
    site.get("/panics/").await.status(500);
    let all = mails().await;
    assert_eq!(all.len(), 2);
    assert!(all[1].text().contains("the handler panicked: over 7"), "{}", all[1].text());

    site.clock().advance(FIVE);
    site.get("/slips/hunter4secret/").await.status(500);
    let all = mails().await;
    assert_eq!(all.len(), 3);
    assert!(all[2].text().contains("3 more at this place since"), "{}", all[2].text());
    Ok(())
}

/// A site with a way of its own to hear of failures.
struct Mine(Told);

impl FailureWatch for Mine {
    fn failed<'a>(&'a self, _: &'a Services, failed: &'a RequestFailed) -> BoxFuture<'a, ()> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).push(failed.place.clone());
        Box::pin(std::future::ready(()))
    }
}

fn with_mine() -> Site {
    let told = Told::default();
    plain().with(told.clone()).with::<Arc<dyn FailureWatch>>(Arc::new(Mine(told)))
}

#[quintet::test(with_mine, on = "sqlite", settings = { "mail.admins" = "ann@example.com" })]
async fn a_watch_of_the_sites_own_has_the_place_of_the_mails(site: TestSite) -> Result {
    site.get("/panics/").await.status(500);
    assert_eq!(told(&site).await.len(), 1);
    assert!(site.outbox().await.is_empty());
    Ok(())
}

#[quintet::test(plain, on = "sqlite", settings = { "mail.admins" = "ann@example.com" })]
async fn nobody_is_written_to_where_nobody_wants_it(site: TestSite) -> Result {
    let failed = async |settings: &[(&str, &str)]| {
        let work = async |site: &TestSite| {
            site.get("/panics/").await.status(500);
            site.services().get::<Background>().unwrap().idle().await;
        };
        site.with_settings(settings, work).await.unwrap();
        site.outbox().await.len()
    };
    assert_eq!(failed(&[("debug", "true")]).await, 0);
    assert_eq!(failed(&[("mail.admins", "")]).await, 0);
    assert_eq!(failed(&[("mail.failures_every", "0s")]).await, 0);
    assert_eq!(failed(&[]).await, 1);
    Ok(())
}
