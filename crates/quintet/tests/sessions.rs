//! Sessions in the site's database: what is asked, what is kept, and what two requests do to each other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod session_handlers;

use std::{sync::Arc, time::Duration};

use quintet::{
    core::{Service, settings::Settings},
    orm::{Executor as _, Stmt},
    prelude::*,
    sessions::{self, DatabaseSessions, SessionRow},
    web::session::{SessionSettings, SessionStore, Sessions, StoreChoice, token_hash},
};
use session_handlers::*;
use tokio::sync::Barrier;

#[get("/plain/")]
async fn plain(_session: Session) -> &'static str {
    "plain"
}

#[post("/last/{how}/")]
async fn last(Path(how): Path<String>, session: Session) -> &'static str {
    match how.as_str() {
        "hour" => session.expire_in(Duration::from_secs(3600)),
        "close" => session.expire_at_close(),
        _ => session.expire_as_usual(),
    }
    "lasts"
}

/// A transaction that fails keeps nothing of it; the session of the answer stays.
#[post("/atomic/{status}/", atomic)]
async fn atomic(Path(status): Path<u16>, session: Session, db: Db) -> Result<Response> {
    let seen: i64 = session.get("seen").await?.unwrap_or_default();
    session.set("seen", &(seen + 1))?;
    let rows = SessionRow.count(&db).await?;
    Ok((axum::http::StatusCode::from_u16(status)?, rows.to_string()).into_response())
}

/// Answers of this route are kept, and may yet depend on the session.
#[get("/kept/{how}/", cache = "5m")]
async fn kept(Path(how): Path<String>, session: Session) -> Result<String> {
    if how == "write" {
        session.set("b", "written")?;
    }
    Ok(session.get::<String>("a").await?.unwrap_or_else(|| "none".to_owned()))
}

#[derive(Clone)]
struct Meet(Arc<Barrier>);

#[get("/meet/{key}/{value}/")]
async fn meet(
    Path((key, value)): Path<(String, String)>,
    session: Session,
    State(meet): State<Meet>,
) -> Result<&'static str> {
    let _: Option<String> = session.get("a").await?;
    meet.0.wait().await;
    session.set(&key, &value)?;
    Ok("met")
}

fn site() -> Site {
    let app =
        App::new("shop").routes(routes![plain, get_one, set, sign_in, out, last, mine, atomic, meet, kept]);
    Site::new().with(Meet(Arc::new(Barrier::new(2)))).install(sessions::app()).install(app)
}

#[quintet::test(site)]
async fn the_database_is_asked_once_and_written_when_something_changed(site: TestSite) -> Result {
    let ann = site.browser();
    let asks = async |number: usize, url: &'static str| {
        site.queries(number, async || drop(ann.get(url).await.ok())).await;
    };
    asks(0, "/plain/").await;
    // Nobody has a cookie yet: there is nothing to look for.
    asks(0, "/get/a/").await;
    asks(1, "/set/a/1/").await;
    asks(0, "/plain/").await;
    asks(1, "/get/a/").await;
    asks(2, "/set/a/2/").await;
    assert_eq!(ann.get("/get/a/").await.ok().text(), "2");
    // What can't be a token is not looked for.
    site.queries(0, async || {
        site.browser().with_cookie("session", "nonsense").get("/get/a/").await.ok().deletes_cookie("session");
    })
    .await;
    // A use is noted every five minutes.
    site.clock().advance(jiff_minutes(4));
    asks(1, "/get/a/").await;
    site.clock().advance(jiff_minutes(1));
    asks(2, "/get/a/").await;
    asks(1, "/get/a/").await;
    let row = SessionRow.query().one(&site.db).await?;
    assert_eq!((row.used.as_second(), row.revision), (site.clock().now().as_second(), 3));
    assert!(row.expires > row.used && row.created < row.used);
    Ok(())
}

fn jiff_minutes(minutes: i64) -> quintet::orm::prelude::SignedDuration {
    quintet::orm::prelude::SignedDuration::from_mins(minutes)
}

#[quintet::test(site)]
async fn rows_hold_the_hash_and_the_user_and_end_with_him(site: TestSite) -> Result {
    let (laptop, phone) = (
        site.browser().with_header("user-agent", "laptop"),
        site.browser().with_header("user-agent", "phone"),
    );
    laptop.get("/set/cart/alien/").await.ok();
    let before = laptop.cookie("session").unwrap();
    laptop.post("/in/7/", &[]).await.ok();
    let token = laptop.cookie("session").unwrap();
    assert_ne!(token, before);
    // The same row under another key; what was planted before is nothing.
    let row = SessionRow.query().one(&site.db).await?;
    assert_eq!((row.owner.as_deref(), row.agent.as_deref()), (Some("7"), Some("laptop")));
    assert_eq!(Some(&row.key), token_hash(&token).as_ref());
    assert!(!row.key.contains(&token) && !row.data.to_string().contains(&token));
    assert_eq!(site.browser().with_cookie("session", &before).get("/get/cart/").await.ok().text(), "none");
    assert_eq!(laptop.get("/get/cart/").await.ok().text(), "alien");

    site.clock().advance(jiff_minutes(1));
    phone.post("/in/7/", &[]).await.ok();
    site.browser().post("/in/8/", &[]).await.ok();
    assert_eq!(laptop.get("/mine/").await.ok().text(), "phone;laptop*;");
    let sessions = Sessions::of(site.services())?;
    let own = sessions.of_user(7).await?;
    assert!(!sessions.end(8, &own[0].id).await? && !sessions.end(7, "x").await?);
    assert!(sessions.end(7, &own[0].id).await?);
    assert_eq!(phone.get("/mine/").await.ok().text(), "");
    assert_eq!(laptop.session().user().await.as_deref(), Some("7"));
    // Out: the row goes.
    laptop.post("/out/", &[]).await.ok().deletes_cookie("session");
    assert_eq!(SessionRow.filter(SessionRow.owner.eq("7")).count(&site.db).await?, 0);
    assert_eq!(sessions.end_all(8).await?, Some(1));
    Ok(())
}

#[quintet::test(site)]
async fn requests_at_the_same_time_keep_each_others_keys(site: TestSite) -> Result {
    let ann = site.browser();
    ann.get("/set/a/1/").await.ok();
    let (one, other) = tokio::join!(ann.get("/meet/b/2/"), ann.get("/meet/c/3/"));
    one.ok();
    other.ok();
    assert_eq!(ann.session().keys().await, ["a", "b", "c"]);
    assert_eq!(SessionRow.query().one(&site.db).await?.revision, 3);
    // The last one has its way with one key.
    let (one, other) = tokio::join!(ann.get("/meet/b/x/"), ann.get("/meet/b/x/"));
    one.ok();
    other.ok();
    assert_eq!(ann.session().get::<String>("b").await.as_deref(), Some("x"));

    // A session that ends meanwhile is not begun again.
    let store = store(&site)?;
    let token = ann.cookie("session").unwrap();
    let known = store.load(&token).await?.unwrap();
    SessionRow.query().delete(&site.db).await?;
    assert!(store.update(&token, &known, &Default::default()).await?.is_none());
    assert_eq!(SessionRow.count(&site.db).await?, 0);
    Ok(())
}

fn store(site: &TestSite) -> Result<DatabaseSessions> {
    let settings: SessionSettings = site.services().require::<Settings>()?.get()?;
    assert_eq!(settings.store, StoreChoice::Auto);
    Ok(DatabaseSessions::new(site.db.clone(), settings))
}

#[quintet::test(site)]
async fn sessions_that_are_over_are_forgotten_by_a_command(site: TestSite) -> Result {
    let (ann, ben, cleo) = (site.browser(), site.browser(), site.browser());
    for browser in [&ann, &ben, &cleo] {
        browser.get("/set/a/1/").await.ok();
    }
    let hour = ben.post("/last/hour/", &[]).await.ok();
    assert_eq!(hour.cookie("session").max_age, Some(3600));
    assert_eq!(cleo.post("/last/close/", &[]).await.ok().cookie("session").max_age, None);
    site.clock().advance(jiff_minutes(61));
    assert_eq!(ann.get("/get/a/").await.ok().text(), "1");
    assert_eq!(cleo.get("/get/a/").await.ok().cookie("session").max_age, None, "it stays so");
    assert_eq!(ben.get("/get/a/").await.ok().text(), "none");
    assert_eq!(site.run("clearsessions").await?.trim(), "1 sessions were over.");
    assert_eq!(SessionRow.count(&site.db).await?, 2);
    assert_eq!(site.run("clearsessions").await?.trim(), "0 sessions were over.");
    Ok(())
}

#[quintet::test(site)]
async fn an_atomic_request_keeps_its_session_whatever_becomes_of_the_rest(site: TestSite) -> Result {
    let ann = site.browser();
    ann.post("/atomic/200/", &[]).await.ok();
    ann.post("/atomic/422/", &[]).await.status(422);
    ann.post("/atomic/500/", &[]).await.status(500);
    assert_eq!(ann.session().get::<i64>("seen").await, Some(2));
    Ok(())
}

#[quintet::test(site)]
async fn a_test_looks_into_the_session_and_changes_it(site: TestSite) -> Result {
    let ann = site.browser();
    assert_eq!(ann.session().get::<String>("a").await, None);
    ann.session().set("a", "planted").await;
    assert_eq!(ann.get("/get/a/").await.ok().text(), "planted");
    ann.get("/set/b/2/").await.ok();
    assert_eq!(ann.session().keys().await, ["a", "b"]);
    ann.session().remove("a").await;
    assert_eq!(ann.get("/get/a/").await.ok().text(), "none");
    ann.session().sign_in(7).await;
    assert_eq!(ann.session().user().await.as_deref(), Some("7"));
    assert_eq!(SessionRow.query().one(&site.db).await?.owner.as_deref(), Some("7"));
    Ok(())
}

#[quintet::test(site)]
async fn a_table_that_is_away_is_an_error_and_never_an_empty_session(site: TestSite) -> Result {
    let ann = site.browser();
    ann.get("/set/a/1/").await.ok();
    site.db.execute(Stmt::write("ALTER TABLE sessions_session RENAME TO away", vec![])).await?;
    ann.get("/get/a/").await.status(500).leaves_cookie("session");
    ann.get("/set/a/2/").await.status(500).leaves_cookie("session");
    ann.get("/plain/").await.ok();
    site.db.execute(Stmt::write("ALTER TABLE away RENAME TO sessions_session", vec![])).await?;
    assert_eq!(ann.get("/get/a/").await.ok().text(), "1", "the browser kept its cookie");
    Ok(())
}

#[quintet::test(site)]
async fn the_settings_may_choose_another_store(site: TestSite) -> Result {
    site.with_settings(&[("session.store", "cookie")], async |site| {
        let ann = site.browser();
        ann.get("/set/a/1/").await.ok();
        assert_eq!(ann.get("/get/a/").await.ok().text(), "1");
    })
    .await?;
    assert_eq!(SessionRow.count(&site.db).await?, 0);
    // The migration makes what the model says.
    assert!(site.run("makemigrations --check").await.is_ok());
    Ok(())
}

#[quintet::test(site)]
async fn answers_that_are_kept_are_nobody_elses(site: TestSite) -> Result {
    let (ann, ben) = (site.browser(), site.browser());
    ann.get("/set/a/anns/").await.ok();
    ben.get("/set/a/bens/").await.ok();
    assert_eq!(ann.get("/kept/read/").await.ok().header("vary", "cookie").text(), "anns");
    assert_eq!(ben.get("/kept/read/").await.ok().text(), "bens");
    assert_eq!(site.browser().get("/kept/read/").await.ok().text(), "none");
    // What gives a browser a cookie is given to no other one.
    let (first, second) = (site.browser(), site.browser());
    let token = |answer: TestResponse| answer.cookie("session").value;
    assert_ne!(token(first.get("/kept/write/").await.ok()), token(second.get("/kept/write/").await.ok()));
    Ok(())
}
