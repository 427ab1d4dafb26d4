//! What happens to a site's safety is told to whoever listens, without names and secrets.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::extract::{ConnectInfo, Request};
use quintet::{
    auth::{Accounts, guard::staff},
    core::{
        Service as _,
        audit::{SecurityEvent, What},
    },
    prelude::*,
};

use super::new;

/// What was told, by site: tests run beside each other.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<SecurityEvent>>>);

impl Heard {
    fn all(&self) -> Vec<SecurityEvent> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[get("/staff/", guard = staff())]
async fn staff_only() -> &'static str {
    "in"
}

fn site() -> Site {
    let peer = async |mut request: Request| {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([203, 0, 113, 7], 50_000))));
        request
    };
    let hear = async |services: Services, event: Arc<SecurityEvent>| -> Result {
        let heard = services.get::<Heard>().cloned().unwrap_or_default();
        heard.0.lock().unwrap_or_else(PoisonError::into_inner).push(SecurityEvent::clone(&event));
        Ok(())
    };
    super::site()
        .routes(routes![staff_only])
        .with(Heard::default())
        .layer(axum::middleware::map_request(peer))
        .on(hear)
}

#[quintet::test(site)]
async fn logging_in_and_out_is_told(site: TestSite) -> Result {
    let ann = new(&Accounts::of(site.services())?, "ann").await?;
    let heard = site.services().get::<Heard>().cloned().unwrap();
    heard.all();
    let browser = site.browser();
    let log_in = async |password: &str| {
        browser.post("/login/", &[("username", "ann"), ("password", password)]).await.code()
    };
    assert_eq!(log_in("hunter2").await, 422);
    let [failed] = &heard.all()[..] else { panic!("one event") };
    assert_eq!((failed.what, failed.user.as_deref()), (What::LoginFailed, None));
    assert_eq!(failed.network.as_deref(), Some("203.0.113.7"));
    assert_eq!(failed.address.as_deref(), Some("POST /login/"));
    assert!(failed.request.is_some());
    // The same name is the same, and nobody reads it.
    assert_eq!(log_in("hunter3").await, 422);
    let [again] = &heard.all()[..] else { panic!("one event") };
    assert_eq!(again.details, failed.details);
    assert!(!format!("{failed:?}").contains("ann") && !format!("{failed:?}").contains("hunter2"));
    assert_eq!(log_in("ann's word").await, 303);
    let what = |events: Vec<SecurityEvent>| events.into_iter().map(|e| (e.what, e.user)).collect::<Vec<_>>();
    let key = Some(ann.id.to_string());
    assert_eq!(what(heard.all()), [(What::LoggedIn, key.clone())]);
    // Whoever may not is told of, and the page that he wanted.
    assert_eq!(browser.get("/staff/").await.code(), 403);
    let denied = heard.all();
    assert_eq!(denied[0].address.as_deref(), Some("GET /staff/"));
    assert_eq!(what(denied), [(What::PermissionDenied, key.clone())]);
    let change =
        [("old_password", "ann's word"), ("new_password", "a better word 77"), ("again", "a better word 77")];
    assert_eq!(browser.post("/password/", &change).await.code(), 303);
    let [changed] = &heard.all()[..] else { panic!("told once") };
    assert_eq!((changed.what, &changed.user), (What::PasswordChanged, &key));
    assert_eq!(changed.address.as_deref(), Some("POST /password/"));
    assert_eq!(changed.details, [("by", format!("user {}", ann.id))]);
    assert_eq!(browser.post("/logout/", &[]).await.code(), 303);
    assert_eq!(what(heard.all()), [(What::LoggedOut, key)]);
    // A known browser may be wrong ten times.
    for _ in 0..10 {
        log_in("wrong").await;
    }
    heard.all();
    assert_eq!(log_in("wrong").await, 429);
    assert_eq!(what(heard.all()), [(What::LoginThrottled, None)]);
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn what_is_refused_at_the_door_is_told(site: TestSite) -> Result {
    let heard = site.services().get::<Heard>().cloned().unwrap();
    let told = async |what: What| {
        // It is told after the answer.
        site.services().get::<quintet::web::background::Background>().unwrap().idle().await;
        let all = heard.all();
        let [event] = &all[..] else { panic!("{all:?}") };
        assert_eq!(event.what, what, "{event:?}");
        event.clone()
    };
    let elsewhere = site.browser().with_header("host", "evil.example");
    assert_eq!(elsewhere.get("/staff/").await.code(), 400);
    let event = told(What::HostRefused).await;
    assert!(event.details.iter().any(|(name, value)| *name == "host" && value.contains("evil.example")));
    let forged = site.browser().enforce_csrf();
    assert_eq!(forged.post("/login/", &[("username", "ann")]).await.code(), 403);
    let event = told(What::CsrfRefused).await;
    assert_eq!(event.address.as_deref(), Some("POST /login/"));
    assert!(event.details.iter().any(|(name, why)| *name == "why" && why.contains("cookie")), "{event:?}");
    assert_eq!(site.browser().get("/a%00b").await.code(), 400);
    told(What::SuspiciousPath).await;
    Ok(())
}

#[post("/people/{id}/password/", csrf = false)]
async fn give(Path(id): Path<i64>, accounts: Accounts, db: Db) -> Result<&'static str> {
    accounts.set_password(&User.get(id, &db).await?, "another word").await?;
    Ok("given")
}

fn giving() -> Site {
    site().routes(routes![give])
}

/// Whichever way somebody gets another password, it is told once, and who did it.
#[quintet::test(giving)]
async fn another_password_is_told_with_who_gave_it(site: TestSite) -> Result {
    let accounts = Accounts::of(site.services())?;
    let (ann, bob) = (new(&accounts, "ann").await?, new(&accounts, "bob").await?);
    let heard = site.services().get::<Heard>().cloned().unwrap();
    let told = |user: &User| {
        let all = heard.all();
        let [event] = &all[..] else { panic!("told once: {all:?}") };
        assert_eq!((event.what, event.user.clone()), (What::PasswordChanged, Some(user.id.to_string())));
        let [("by", by)] = &event.details[..] else { panic!("{:?}", event.details) };
        (by.clone(), event.address.clone())
    };
    heard.all();
    site.run_answering("changepassword bob", ["a better word 77", "a better word 77"]).await?;
    assert_eq!(told(&bob), ("command changepassword".to_owned(), None));
    accounts.set_password(&bob, "bob's word").await?;
    assert_eq!(told(&bob), ("program".to_owned(), None));
    accounts.remove_password(&bob).await?;
    assert_eq!(told(&bob), ("program".to_owned(), None));
    // In a request: who is signed in, or comes by a token.
    let path = format!("/people/{}/password/", bob.id);
    let there = Some(format!("POST {path}"));
    site.post(path.clone(), &[]).await.ok();
    assert_eq!(told(&bob), ("nobody".to_owned(), there.clone()));
    let browser = site.login("ann").await;
    heard.all();
    browser.post(path.clone(), &[]).await.ok();
    assert_eq!(told(&bob), (format!("user {}", ann.id), there));
    // Nobody is there.
    let fail = accounts.set_password(&User { id: 99, ..bob.clone() }, "another word").await;
    assert_eq!(fail.unwrap_err().status(), 404);
    assert!(heard.all().is_empty());
    Ok(())
}
