//! What becomes of a handler whose client goes away.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use http::Request;
use quintet_core::{App, Services, Site};
use quintet_web::{Routing, State, axum::body::Body, background::Background, delete, get, post, routes};
use support::{Running, start};
use tower::ServiceExt;

const STEPS: usize = 6;

/// How many handlers have begun and how many have come to their end.
#[derive(Clone, Default)]
struct Progress(Arc<(AtomicUsize, AtomicUsize)>);

impl Progress {
    fn counts(&self) -> (usize, usize) {
        (self.0.0.load(Ordering::SeqCst), self.0.1.load(Ordering::SeqCst))
    }

    async fn work(&self) {
        self.0.0.fetch_add(1, Ordering::SeqCst);
        for _ in 0..STEPS {
            tokio::task::yield_now().await;
        }
        // The services are there to the end.
        assert!(Services::current().is_some());
        self.0.1.fetch_add(1, Ordering::SeqCst);
    }
}

#[post("/post/")]
async fn by_post(State(progress): State<Progress>) {
    progress.work().await;
}
#[delete("/delete/")]
async fn by_delete(State(progress): State<Progress>) {
    progress.work().await;
}
#[get("/get/")]
async fn by_get(State(progress): State<Progress>) {
    progress.work().await;
}
#[post("/attached/", detach = false)]
async fn attached(State(progress): State<Progress>) {
    progress.work().await;
}
#[post("/panic/")]
async fn panics(State(progress): State<Progress>) {
    progress.0.0.fetch_add(1, Ordering::SeqCst);
    tokio::task::yield_now().await;
    panic!("nobody listens");
}

async fn site(progress: &Progress) -> Running {
    let app = App::new("work").routes(routes![by_post, by_delete, by_get, attached, panics]);
    let built = async |State(progress): State<Progress>| progress.work().await;
    start(Site::new().with(progress.clone()).post("/built/", built).install(app)).await.unwrap()
}

/// Sends a request and lets go of it after `polls` looks at it. Was it answered by then?
async fn cut(site: &Running, method: &str, uri: &str, polls: usize) -> bool {
    let request = Request::builder().method(method).uri(uri).body(Body::empty()).unwrap();
    let mut answer = pin!(site.router.clone().oneshot(request));
    for _ in 0..polls {
        let look = std::future::poll_fn(|cx| std::task::Poll::Ready(answer.as_mut().poll(cx).is_ready()));
        if look.await {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

#[tokio::test]
async fn unsafe_methods_run_to_their_end_wherever_the_client_goes() {
    for (method, uri) in [("POST", "/post/"), ("DELETE", "/delete/"), ("POST", "/built/")] {
        let progress = Progress::default();
        let site = site(&progress).await;
        let mut sent = 0;
        let mut cuts = 0;
        for polls in 1..=4 * STEPS {
            cuts += usize::from(!cut(&site, method, uri, polls).await);
            site.services.get::<Background>().unwrap().idle().await;
            sent += 1;
            assert_eq!(progress.counts(), (sent, sent), "{method} {uri} after {polls} polls");
        }
        assert!(
            (STEPS..4 * STEPS).contains(&cuts),
            "the client left at every await, and stayed at last: {cuts}"
        );
    }
}

#[tokio::test]
async fn safe_methods_and_those_that_ask_for_it_end_with_their_client() {
    for (method, uri) in [("GET", "/get/"), ("POST", "/attached/")] {
        let progress = Progress::default();
        let site = site(&progress).await;
        assert!(!cut(&site, method, uri, STEPS - 1).await);
        for _ in 0..4 * STEPS {
            tokio::task::yield_now().await;
        }
        assert_eq!(progress.counts(), (1, 0), "{method} {uri}");
        assert!(cut(&site, method, uri, 4 * STEPS).await);
        assert_eq!(progress.counts(), (2, 1), "{method} {uri}");
    }
}

#[tokio::test]
async fn a_panic_that_nobody_waits_for_harms_nobody() {
    let progress = Progress::default();
    let site = site(&progress).await;
    assert!(!cut(&site, "POST", "/panic/", 1).await);
    site.services.get::<Background>().unwrap().idle().await;
    assert_eq!(progress.counts(), (1, 0));
    assert_eq!(site.ask("POST", "/panic/").await.status.as_u16(), 500);
    assert_eq!(site.ask("POST", "/post/").await.status.as_u16(), 200);
}
