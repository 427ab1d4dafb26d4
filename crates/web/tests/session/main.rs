//! Sessions: what is remembered of a browser, for how long, in which cookie, and for whom.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "../support/away.rs"]
mod away;
mod shop;
#[path = "../support/mod.rs"]
mod support;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use away::Away;
use jiff::SignedDuration;
use quintet_core::{BoxFuture, Result, Service, ServicesBuilder};
use quintet_web::session::{SessionEpochs, SessionInfo, SessionStore, SessionWatch, Sessions};
use shop::*;

#[tokio::test]
async fn values_are_remembered_by_key() {
    for site in both().await {
        let (ann, ben) = (Browser::default(), Browser::default());
        assert_eq!(ann.get(&site, "/get/a/").await, "none");
        ann.get(&site, "/set/a/1/").await;
        ann.get(&site, "/set/b/2/").await;
        assert_eq!(ann.get(&site, "/get/a/").await, "1");
        assert_eq!(ann.get(&site, "/all/").await, "None [\"a\", \"b\"]");
        assert_eq!(ben.get(&site, "/get/a/").await, "none", "another browser");
        assert_eq!(ann.get(&site, "/do/contains/").await, "true");
        ann.get(&site, "/do/remove/").await;
        assert_eq!(ann.get(&site, "/do/contains/").await, "false");
        assert_eq!(ann.get(&site, "/all/").await, "None [\"b\"]");
        ann.get(&site, "/set/a/3/").await;
        assert_eq!(ann.get(&site, "/do/take/").await, "3");
        assert_eq!(ann.get(&site, "/get/a/").await, "none");
        // Another type is told by key.
        let wrong = ann.ask(&site, "GET", "/number/b/").await;
        assert_eq!(wrong.status, 500);
    }
}

#[tokio::test]
async fn a_session_is_asked_for_and_told_of_only_where_it_is_used() {
    for site in both().await {
        let ann = Browser::default();
        for uri in ["/plain/", "/taken/"] {
            let answer = ann.ask(&site, "GET", uri).await;
            for name in ["set-cookie", "vary", "cache-control"] {
                assert!(!answer.headers.contains_key(name), "{uri}: {:?}", answer.headers);
            }
        }
        // Read: the answer depends on the cookie. There is nothing to keep.
        let read = ann.ask(&site, "GET", "/get/a/").await;
        assert_eq!((read.header("vary"), read.headers.contains_key("set-cookie")), ("cookie", false));
        // Removing what is not there begins no session.
        assert!(!ann.ask(&site, "GET", "/do/remove-nothing/").await.headers.contains_key("set-cookie"));
        let written = ann.ask(&site, "GET", "/set/a/1/").await;
        assert!(written.headers.contains_key("set-cookie"));
        assert_eq!(
            (written.header("vary"), written.header("cache-control")),
            ("cookie", "private, no-cache")
        );
        // Reading again writes nothing.
        let again = ann.ask(&site, "GET", "/get/a/").await;
        assert_eq!((again.body.as_str(), again.headers.contains_key("set-cookie")), ("1", false));
        assert!(!ann.ask(&site, "GET", "/plain/").await.headers.contains_key("vary"));
    }
    // Nor is the store asked.
    let counting = Away::counting();
    let store: Arc<dyn SessionStore> = Arc::new(counting.clone());
    let site = start_with(&[], |services| drop(services.insert(store))).await.unwrap();
    let ann = Browser::with("x");
    for uri in ["/plain/", "/taken/"] {
        ann.get(&site, uri).await;
    }
    assert_eq!(counting.loads(), 0);
    ann.get(&site, "/all/").await;
    assert_eq!(counting.loads(), 1, "once for all that is read");
}

#[tokio::test]
async fn signing_in_gives_another_token_and_keeps_what_was_there() {
    let site = start(&[MEMORY]).await.unwrap();
    // An attacker has begun a session and had the victim's browser take it over.
    let eve = Browser::default();
    eve.get(&site, "/set/a/cart/").await;
    let planted = eve.session().unwrap();
    let ann = Browser::with(&planted);
    ann.get(&site, "/in/ann/").await;
    assert_ne!(ann.session().unwrap(), planted);
    assert_eq!(ann.get(&site, "/all/").await, "Some(\"ann\") [\"a\"]");
    assert_eq!(eve.get(&site, "/all/").await, "None []", "what the attacker knows is nothing now");
    // A token that the site has not made is not taken for one.
    let made_up = "A".repeat(43);
    let ben = Browser::with(&made_up);
    ben.get(&site, "/set/a/1/").await;
    assert_ne!(ben.session().unwrap(), made_up);
    // Another user does not see what this one had.
    ann.get(&site, "/in/ben/").await;
    assert_eq!(ann.get(&site, "/all/").await, "Some(\"ben\") []");
    // Out: nothing is left, here or there.
    let before = ann.session().unwrap();
    let out = ann.ask(&site, "GET", "/do/out/").await;
    assert!(out.header("set-cookie").starts_with("session=; Max-Age=0; Path=/"), "{:?}", out.headers);
    assert_eq!(ann.session(), None);
    assert_eq!(Browser::with(&before).get(&site, "/all/").await, "None []");
}

#[tokio::test]
async fn a_session_may_be_cycled_and_flushed() {
    let site = start(&[MEMORY]).await.unwrap();
    let ann = Browser::default();
    ann.get(&site, "/set/a/1/").await;
    let first = ann.session().unwrap();
    ann.get(&site, "/do/cycle/").await;
    let second = ann.session().unwrap();
    assert_ne!(first, second);
    assert_eq!(ann.get(&site, "/get/a/").await, "1");
    assert_eq!(Browser::with(&first).get(&site, "/get/a/").await, "none");
    ann.get(&site, "/do/flush-and-set/").await;
    assert_eq!(ann.get(&site, "/all/").await, "None [\"b\"]");
    assert_eq!(Browser::with(&second).get(&site, "/all/").await, "None []");
    ann.get(&site, "/do/flush/").await;
    assert_eq!(ann.session(), None);
    // What ends while another request is under way is not begun again by it.
    let stale = Browser::with(&second);
    let answer = stale.ask(&site, "GET", "/set/a/1/").await;
    assert_eq!(answer.status, 200);
    assert_ne!(stale.session().unwrap(), second);
}

#[tokio::test]
async fn a_session_is_over_when_it_is_not_used_or_too_old() {
    let timed = [("session.idle_timeout", "2h"), ("session.absolute_timeout", "5h")];
    for store in ["memory", "cookie"] {
        let site = start(&[("session.store", store), timed[0], timed[1]]).await.unwrap();
        let ann = Browser::default();
        ann.get(&site, "/set/a/1/").await;
        // Each use counts anew.
        for _ in 0..2 {
            site.clock.advance(SignedDuration::from_mins(110));
            assert_eq!(ann.get(&site, "/get/a/").await, "1", "{store}");
        }
        // But not for ever: 5 hours after it began.
        site.clock.advance(SignedDuration::from_mins(79));
        assert_eq!(ann.get(&site, "/get/a/").await, "1", "{store}");
        site.clock.advance(SignedDuration::from_mins(1));
        assert_eq!(ann.get(&site, "/get/a/").await, "none", "{store}");
        assert_eq!(ann.session(), None, "the browser is told to forget it");
        ann.get(&site, "/set/a/2/").await;
        let kept = ann.session().unwrap();
        site.clock.advance(SignedDuration::from_hours(2));
        assert_eq!(Browser::with(&kept).get(&site, "/get/a/").await, "none", "{store}");
        // One of its own time.
        ann.get(&site, "/set/a/3/").await;
        let hour = ann.ask(&site, "GET", "/do/hour/").await;
        assert!(hour.header("set-cookie").contains("; Max-Age=3600;"), "{:?}", hour.headers);
        site.clock.advance(SignedDuration::from_mins(59));
        assert_eq!(ann.get(&site, "/get/a/").await, "3");
        site.clock.advance(SignedDuration::from_hours(1));
        assert_eq!(ann.get(&site, "/get/a/").await, "none");
    }
    // Without an end as long as it is used.
    let site = start(&[MEMORY, timed[0], ("session.absolute_timeout", "0")]).await.unwrap();
    let ann = Browser::default();
    ann.get(&site, "/set/a/1/").await;
    for _ in 0..10 {
        site.clock.advance(SignedDuration::from_mins(119));
        assert_eq!(ann.get(&site, "/get/a/").await, "1");
    }
}

#[tokio::test]
async fn a_use_is_noted_no_more_often_than_the_settings_say() {
    let site = start(&[MEMORY, ("session.touch_interval", "10m")]).await.unwrap();
    let ann = Browser::default();
    ann.get(&site, "/set/a/1/").await;
    let touched = async |minutes: i64| {
        site.clock.advance(SignedDuration::from_mins(minutes));
        ann.ask(&site, "GET", "/get/a/").await.headers.contains_key("set-cookie")
    };
    assert!(!touched(9).await);
    assert!(touched(1).await);
    assert!(!touched(9).await);
    assert!(touched(5).await);
}

#[tokio::test]
async fn the_cookie_is_as_the_settings_say() {
    for (settings, headers, expected) in [
        (&[][..], &[][..], "session=…; Max-Age=1209600; Path=/; HttpOnly; SameSite=Lax"),
        (&[], &[HTTPS], "__Host-session=…; Max-Age=1209600; Path=/; HttpOnly; SameSite=Lax; Secure"),
        (
            &[("session.secure", "always")],
            &[],
            "__Host-session=…; Max-Age=1209600; Path=/; HttpOnly; SameSite=Lax; Secure",
        ),
        (&[("session.persistent", "false")], &[], "session=…; Path=/; HttpOnly; SameSite=Lax"),
        (
            &[("session.same_site", "strict"), ("session.cookie", "id")],
            &[],
            "id=…; Max-Age=1209600; Path=/; HttpOnly; SameSite=Strict",
        ),
        (
            &[("session.same_site", "none"), ("session.http_only", "false"), ("session.idle_timeout", "1h")],
            &[HTTPS],
            "__Host-session=…; Max-Age=3600; Path=/; SameSite=None; Secure",
        ),
        (
            &[("session.domain", "example.com")],
            &[HTTPS],
            "__Secure-session=…; Max-Age=1209600; Path=/; Domain=example.com; HttpOnly; SameSite=Lax; Secure",
        ),
    ] {
        let all: Vec<_> = [MEMORY].iter().chain(settings).copied().collect();
        let site = start(&all).await.unwrap();
        let ann = Browser { headers: headers.to_vec(), ..Browser::default() };
        let answer = ann.ask(&site, "GET", "/set/a/1/").await;
        let (start, rest) = answer.header("set-cookie").split_once(';').unwrap();
        let name = start.split_once('=').unwrap().0;
        assert_eq!(format!("{name}=…;{rest}"), expected);
        assert_eq!(ann.get(&site, "/get/a/").await, "1", "{expected}");
        let gone = ann.ask(&site, "GET", "/do/flush/").await;
        assert!(gone.header("set-cookie").starts_with(&format!("{name}=; Max-Age=0; Path=/")), "{expected}");
    }
    for (key, value) in [
        ("session.cookie", "a b"),
        ("session.cookie", ""),
        ("session.domain", "a;b"),
        ("session.idle_timeout", "0"),
    ] {
        let error = start(&[(key, value)]).await.err().unwrap().to_string();
        let (_, name) = key.split_once('.').unwrap();
        assert!(error.contains(&format!("[session] {name}")), "{error}");
    }
}

#[tokio::test]
async fn a_session_may_end_with_the_browser() {
    let site = start(&[MEMORY]).await.unwrap();
    let ann = Browser::default();
    ann.get(&site, "/set/a/1/").await;
    let kept = async |what: &str| {
        let answer = ann.ask(&site, "GET", &format!("/do/{what}/")).await;
        answer.header("set-cookie").contains("Max-Age")
    };
    assert!(!kept("close").await);
    // It stays so.
    assert!(!ann.ask(&site, "GET", "/set/b/1/").await.header("set-cookie").contains("Max-Age"));
    assert!(kept("usual").await);
    assert_eq!(ann.get(&site, "/all/").await, "None [\"a\", \"b\"]");
}

#[tokio::test]
async fn nobody_makes_or_changes_a_session() {
    let site = start(&[("session.store", "cookie")]).await.unwrap();
    let ann = Browser::default();
    ann.get(&site, "/in/ann/").await;
    let own = ann.session().unwrap();
    assert_eq!(Browser::with(&own).get(&site, "/all/").await, "Some(\"ann\") []");
    let (text, signature) = own.rsplit_once(':').unwrap();
    let mut other = text.to_owned().into_bytes();
    other[20] = if other[20] == b'A' { b'B' } else { b'A' };
    let other = String::from_utf8(other).unwrap();
    for wrong in [
        format!("{other}:{signature}"),
        text.to_owned(),
        format!("{text}:"),
        String::new(),
        own[1..].to_owned(),
    ] {
        assert_eq!(Browser::with(&wrong).get(&site, "/all/").await, "None []", "{wrong}");
    }
    // What is signed for something else, or with another key, is no session; what a former key has signed is.
    let signer = quintet_core::signing::Signer::of(&site.services).unwrap();
    let elsewhere = signer.purpose("quintet.messages").sign(text);
    assert_eq!(Browser::with(&elsewhere).get(&site, "/all/").await, "None []");
    let other = start(&[("session.store", "cookie"), ("secret_key", "new")]).await.unwrap();
    assert_eq!(Browser::with(&own).get(&other, "/all/").await, "None []");
    let first = start(&[("session.store", "cookie"), ("secret_key", "first")]).await.unwrap();
    let ben = Browser::default();
    ben.get(&first, "/in/ben/").await;
    let rotated = [("session.store", "cookie"), ("secret_key", "second"), ("secret_key_fallbacks", "first")];
    let rotated = start(&rotated).await.unwrap();
    assert_eq!(ben.get(&rotated, "/all/").await, "Some(\"ben\") []");
}

#[tokio::test]
async fn a_session_that_is_too_large_for_a_cookie_names_its_largest_key() {
    let site = start(&[("session.store", "cookie"), ("debug", "true")]).await.unwrap();
    let ann = Browser::default();
    ann.get(&site, &format!("/set/small/{}/", "y".repeat(100))).await;
    let large = ann.ask(&site, "GET", &format!("/set/large/{}/", "x".repeat(3000))).await;
    assert_eq!(large.status, 500);
    assert!(
        large.body.contains("`large` with 3002 bytes") && large.body.contains("sessions::app()"),
        "{}",
        large.body
    );
    // What was there stays.
    assert_eq!(ann.get(&site, "/all/").await, "None [\"small\"]");
    let more = start(&[("session.store", "cookie"), ("session.max_cookie_size", "100 B")]).await.unwrap();
    assert_eq!(Browser::default().ask(&more, "GET", "/set/a/1/").await.status, 500);
}

#[tokio::test]
async fn two_requests_of_one_browser_keep_each_others_keys() {
    let site = start(&[MEMORY]).await.unwrap();
    let ann = Browser::default();
    ann.get(&site, "/set/a/1/").await;
    let (one, other) = tokio::join!(ann.ask(&site, "POST", "/meet/b/"), ann.ask(&site, "POST", "/meet/c/"));
    assert_eq!((one.status.as_u16(), other.status.as_u16()), (200, 200));
    assert_eq!(ann.get(&site, "/all/").await, "None [\"a\", \"b\", \"c\"]");
}

#[tokio::test]
async fn what_fails_changes_nothing() {
    for site in both().await {
        let ann = Browser::default();
        for (status, remembered) in [(500, "none"), (503, "none"), (404, "yes")] {
            let answer = ann.ask(&site, "GET", &format!("/then/{status}/")).await;
            assert_eq!(
                (answer.status.as_u16(), answer.headers.contains_key("set-cookie")),
                (status, remembered == "yes")
            );
            assert_eq!(ann.get(&site, "/get/tried/").await, remembered, "{status}");
        }
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_an_error_and_never_an_empty_session() {
    let store: Arc<dyn SessionStore> = Arc::new(Away::default());
    let site = start_with(&[], |services| drop(services.insert(store))).await.unwrap();
    let ann = Browser::with("x");
    for uri in ["/get/a/", "/all/", "/set/a/1/", "/in/ann/"] {
        let answer = ann.ask(&site, "GET", uri).await;
        assert_eq!(
            (answer.status.as_u16(), answer.headers.contains_key("set-cookie")),
            (503, false),
            "{uri}"
        );
    }
    // Who has no session yet can't get one, and is told.
    assert_eq!(Browser::default().ask(&site, "GET", "/set/a/1/").await.status, 503);
    // What needs none goes on.
    assert_eq!(ann.get(&site, "/taken/").await, "not asked for anything");
    // The settings may choose otherwise than the room.
    let store: Arc<dyn SessionStore> = Arc::new(Away::default());
    let site = start_with(&[MEMORY], |services| drop(services.insert(store))).await.unwrap();
    assert_eq!(Browser::default().get(&site, "/set/a/1/").await, "set");
}

#[tokio::test]
async fn a_users_sessions_are_listed_and_ended() {
    let site = start(&[MEMORY]).await.unwrap();
    let [laptop, phone, ben] = [Browser::default(), Browser::default(), Browser::default()];
    for (browser, user) in [(&laptop, "ann"), (&phone, "ann"), (&ben, "ben")] {
        let agent = Browser {
            headers: vec![("user-agent", "Test/1.0"), ("x-forwarded-for", "203.0.113.7")],
            ..browser.clone()
        };
        agent.get(&site, &format!("/in/{user}/")).await;
        site.clock.advance(SignedDuration::from_mins(1));
    }
    assert_eq!(laptop.get(&site, "/do/list/").await, "false;true;", "the last used first");
    let sessions = Sessions::of(&site.services).unwrap();
    let own: Vec<SessionInfo> = sessions.of_user("ann").await.unwrap();
    assert_eq!(own.len(), 2);
    assert_eq!((own[0].agent.as_deref(), own[0].current), (Some("Test/1.0"), false));
    assert!(own[0].used > own[1].used && own[0].expires > own[0].used && own[0].created <= own[0].used);
    assert_ne!(Some(own[0].id.as_str()), phone.session().as_deref(), "an id is no token");
    // Only one's own.
    assert!(!sessions.end("ben", &own[0].id).await.unwrap());
    assert!(sessions.end("ann", &own[0].id).await.unwrap());
    assert_eq!(phone.get(&site, "/all/").await, "None []");
    phone.get(&site, "/in/ann/").await;
    assert_eq!(laptop.get(&site, "/do/others/").await, "Some(1)");
    assert_eq!(phone.get(&site, "/all/").await, "None []");
    assert_eq!(laptop.get(&site, "/all/").await, "Some(\"ann\") []", "the one that asked stays");
    assert_eq!(sessions.end_all("ann").await.unwrap(), Some(1));
    assert_eq!(laptop.get(&site, "/all/").await, "None []");
    assert_eq!(ben.get(&site, "/all/").await, "Some(\"ben\") []");
    // Those that are over go by the command's way.
    site.clock.advance(SignedDuration::from_hours(24 * 15));
    assert_eq!(sessions.clear().await.unwrap(), 0, "by another clock: {:?}", site.clock.now());
    let cleared = site.services.clone().scope(async { sessions.clear().await.unwrap() }).await;
    assert_eq!(cleared, 1);
}

/// Whose sessions have ended, as it was told.
#[derive(Default)]
struct Ended(Mutex<Vec<String>>);

impl SessionWatch for Ended {
    fn ended<'a>(&'a self, user: &'a str) -> BoxFuture<'a, ()> {
        self.0.lock().unwrap().push(user.to_owned());
        Box::pin(async {})
    }
}

#[tokio::test]
async fn who_watches_is_told_of_sessions_that_have_ended_and_of_no_others() {
    let ended = Arc::new(Ended::default());
    let watch: Arc<dyn SessionWatch> = ended.clone();
    let told = || std::mem::take(&mut *ended.0.lock().unwrap());
    let epochs: Arc<dyn SessionEpochs> = Arc::new(Epochs::default());
    let given = |services: &mut ServicesBuilder| {
        services.insert(watch.clone());
        services.insert(epochs.clone());
    };
    let site = start_with(&[MEMORY], given).await.unwrap();
    let [laptop, phone] = [Browser::default(), Browser::default()];
    laptop.get(&site, "/in/ann/").await;
    phone.get(&site, "/in/ann/").await;
    let sessions = Sessions::of(&site.services).unwrap();
    let id = &sessions.of_user("ann").await.unwrap()[0].id;
    assert!(!sessions.end("ben", id).await.unwrap());
    assert_eq!(sessions.end_all("ben").await.unwrap(), Some(0));
    assert_eq!(told(), [""; 0]);
    assert_eq!(laptop.get(&site, "/do/others/").await, "Some(1)");
    assert_eq!(told(), ["ann"]);
    assert_eq!(laptop.get(&site, "/do/others/").await, "Some(0)");
    assert_eq!(told(), [""; 0]);
    let id = &sessions.of_user("ann").await.unwrap()[0].id;
    assert!(sessions.end("ann", id).await.unwrap());
    assert_eq!(told(), ["ann"]);
    phone.get(&site, "/in/ann/").await;
    assert_eq!(sessions.end_all("ann").await.unwrap(), Some(1));
    assert_eq!(told(), ["ann"]);
    // In cookies nobody knows how many those were.
    let site = start_with(&[("session.store", "cookie")], given).await.unwrap();
    laptop.get(&site, "/in/ann/").await;
    assert_eq!(laptop.get(&site, "/do/others/").await, "None");
    assert_eq!(told(), ["ann"]);
    let all = async { Sessions::of(&site.services).unwrap().end_all("ann").await.unwrap() };
    assert_eq!(site.services.clone().scope(all).await, None);
    assert_eq!(told(), ["ann"]);
}

/// Counts in memory, as whoever has users does in their rows.
#[derive(Default)]
struct Epochs(Mutex<HashMap<String, i64>>);

impl SessionEpochs for Epochs {
    fn epoch<'a>(&'a self, user: &'a str) -> BoxFuture<'a, Result<i64>> {
        let epoch = self.0.lock().unwrap().get(user).copied().unwrap_or_default();
        Box::pin(async move { Ok(epoch) })
    }

    fn advance<'a>(&'a self, user: &'a str) -> BoxFuture<'a, Result> {
        *self.0.lock().unwrap().entry(user.to_owned()).or_default() += 1;
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test]
async fn sessions_in_cookies_end_by_the_users_epoch() {
    let cookie = [("session.store", "cookie")];
    let site = start(&cookie).await.unwrap();
    let sessions = Sessions::of(&site.services).unwrap();
    let ann = Browser::default();
    ann.get(&site, "/in/ann/").await;
    for error in [sessions.end_all("ann").await.unwrap_err(), sessions.of_user("ann").await.unwrap_err()] {
        assert!(error.to_string().contains("sessions::app()"), "{error}");
    }
    let epochs: Arc<dyn SessionEpochs> = Arc::new(Epochs::default());
    let site = start_with(&cookie, |services| drop(services.insert(epochs))).await.unwrap();
    let [laptop, phone, ben] = [Browser::default(), Browser::default(), Browser::default()];
    for (browser, user) in [(&laptop, "ann"), (&phone, "ann"), (&ben, "ben")] {
        browser.get(&site, &format!("/in/{user}/")).await;
    }
    assert_eq!(laptop.get(&site, "/do/others/").await, "None");
    assert_eq!(laptop.get(&site, "/all/").await, "Some(\"ann\") []");
    assert_eq!(phone.get(&site, "/all/").await, "None []");
    assert_eq!(ben.get(&site, "/all/").await, "Some(\"ben\") []");
}
