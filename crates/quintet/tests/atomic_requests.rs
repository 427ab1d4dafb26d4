//! Requests that are one transaction each, through a whole site.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{sync::Mutex, time::Duration};

use quintet::{axum::http::StatusCode, core::atomic, prelude::*};

/// What somebody bought.
#[model(app = "orders")]
#[derive(Debug)]
pub struct Order {
    /// Its name.
    #[field(max_length = 20)]
    pub item: String,
}

static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[post("/order/{item}/{end}/", atomic)]
async fn order(Path((item, end)): Path<(String, String)>, db: Db) -> Result<(StatusCode, String)> {
    create!(Order { item: &*item }).insert(&db).await?;
    let told = item.clone();
    db.on_commit(async move || {
        TOLD.lock().unwrap().push(told);
        Ok(())
    })
    .await?;
    db.atomic(async |tx| create!(Order { item: "in a savepoint" }).insert(tx).await).await?;
    match &*end {
        "panic" => panic!("over"),
        "error" => Err(Error::forbidden("no")),
        "fault" => Ok((StatusCode::INTERNAL_SERVER_ERROR, String::new())),
        _ => Ok((StatusCode::CREATED, Order.query().count(&db).await?.to_string())),
    }
}

/// Takes the database first and the body last, as handlers may: the body may be slow.
#[data]
struct New {
    item: String,
}

#[post("/json/")]
async fn json(db: Db, Json(new): Json<New>) -> Result<String> {
    create!(Order { item: new.item }).insert(&db).await?;
    Ok(atomic::open().map(|open| open.begun().to_string()).unwrap_or_default())
}

#[get("/count/")]
async fn count(db: Db) -> Result<String> {
    let open = atomic::open().is_some();
    Ok(format!("{} {open}", Order.query().count(&db).await?))
}

#[post("/stream/", atomic)]
async fn stream(db: Db) -> Result<Response> {
    create!(Order { item: "streamed" }).insert(&db).await?;
    let (inside, outside) = (db.clone(), db.outside());
    let body = async move {
        let refused = Order.query().count(&inside).await.unwrap_err().to_string();
        let seen = Order.query().count(&outside).await.unwrap();
        Ok::<_, std::io::Error>(format!("{seen}: {refused}"))
    };
    Ok(axum::body::Body::new(Last(Some(Box::pin(body)))).into_response())
}

/// A body of one part, made after the handler has answered.
struct Last<F>(Option<std::pin::Pin<Box<F>>>);

impl<F: Future<Output = std::io::Result<String>>> http_body::Body for Last<F> {
    type Data = axum::body::Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<std::io::Result<http_body::Frame<Self::Data>>>> {
        let Some(work) = &mut self.0 else { return std::task::Poll::Ready(None) };
        let done = std::task::ready!(work.as_mut().poll(cx));
        self.0 = None;
        std::task::Poll::Ready(Some(done.map(|text| http_body::Frame::data(text.into()))))
    }
}

fn app() -> App {
    App::new("orders").models(Order).routes(routes![order, json, count, stream, waits])
}

fn site() -> Site {
    Site::new().install(app())
}

/// With `[database] atomic_requests = true` in its quintet.toml.
fn atomic_site() -> Site {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/atomic_site");
    Site::new().folder(quintet::core::Folder::on_disk(folder)).install(app())
}

#[quintet::test(site)]
async fn a_request_is_kept_or_undone_as_a_whole(site: TestSite) {
    for (end, status) in [("error", 403), ("fault", 500), ("panic", 500)] {
        let _ = site.post(order::url("lost", end), &[]).await.status(status);
        assert_eq!(Order.query().count(&site.db).await.unwrap(), 0, "{end}");
    }
    assert!(!TOLD.lock().unwrap().contains(&"lost".to_owned()));
    let _ = site.post(order::url("kept", "well"), &[]).await.status(201).contains("2");
    assert_eq!(Order.query().count(&site.db).await.unwrap(), 2);
    assert!(TOLD.lock().unwrap().contains(&"kept".to_owned()));
}

#[quintet::test(site)]
async fn only_routes_that_say_so_are_atomic_without_the_setting(site: TestSite) {
    let _ = site.json("POST", json::url(), &serde_json::json!({"item": "a"})).await.ok().contains("");
    assert_eq!(site.json("POST", json::url(), &serde_json::json!({"item": "a"})).await.ok().text(), "");
    let _ = site.get(count::url()).await.ok().contains("2 false");
}

#[quintet::test(atomic_site)]
async fn with_the_setting_all_that_change_something_are(site: TestSite) {
    let answer = site.json("POST", json::url(), &serde_json::json!({"item": "a"})).await.ok().text();
    assert!(
        answer.starts_with("POST /json/ (`orders:json`, ") && answer.contains("atomic_requests.rs:"),
        "{answer}"
    );
    let _ = site.get(count::url()).await.ok().contains("1 false");
}

#[quintet::test(site)]
async fn a_body_that_is_streamed_comes_after_the_commit(site: TestSite) {
    let text = site.post(stream::url(), &[]).await.ok().text();
    assert!(
        text.starts_with("1: ") && text.contains("has ended") && text.contains("`db.outside()`"),
        "{text}"
    );
}

#[get("/waits/", atomic)]
async fn waits(db: Db) -> Result<&'static str> {
    create!(Order { item: "lost" }).insert(&db).await?;
    std::future::pending().await
}

#[quintet::test(site)]
async fn a_client_that_goes_away_from_a_get_leaves_nothing_and_frees_the_writer(site: TestSite) {
    let gone = tokio::time::timeout(Duration::from_millis(200), site.get(waits::url())).await;
    assert!(gone.is_err());
    create!(Order { item: "kept" }).insert(&site.db).await.unwrap();
    assert_eq!(Order.query().count(&site.db).await.unwrap(), 1);
}
