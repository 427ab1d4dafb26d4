//! A shop whose handlers do with their session what the address says, and browsers that keep its cookies.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use http::{Request, header};
use quintet_core::{App, Boot, Result, Room, Services, Site, clock::Clock, settings::Settings};
use quintet_web::{Path, Routing, Session, State, WebRoom, axum::body::Body, get, post, routes};
use tokio::sync::Barrier;
use tower::ServiceExt;

use super::support::Answer;

#[get("/plain/")]
pub(crate) async fn plain() -> &'static str {
    "plain"
}

#[get("/taken/")]
pub(crate) async fn taken(_session: Session) -> &'static str {
    "not asked for anything"
}

#[get("/get/{key}/")]
pub(crate) async fn get_one(Path(key): Path<String>, session: Session) -> Result<String> {
    Ok(session.get::<String>(&key).await?.unwrap_or_else(|| "none".to_owned()))
}

#[get("/number/{key}/")]
pub(crate) async fn number(Path(key): Path<String>, session: Session) -> Result<String> {
    Ok(session.get::<i64>(&key).await?.unwrap_or_default().to_string())
}

#[get("/all/")]
pub(crate) async fn all(session: Session) -> Result<String> {
    Ok(format!("{:?} {:?}", session.user().await?, session.keys().await?))
}

#[get("/set/{key}/{value}/")]
pub(crate) async fn set(
    Path((key, value)): Path<(String, String)>,
    session: Session,
) -> Result<&'static str> {
    session.set(&key, &value)?;
    Ok("set")
}

#[get("/then/{status}/")]
pub(crate) async fn then(Path(status): Path<u16>, session: Session) -> Result<http::StatusCode> {
    session.set("tried", "yes")?;
    Ok(http::StatusCode::from_u16(status)?)
}

#[get("/do/{what}/")]
pub(crate) async fn act(Path(what): Path<String>, session: Session) -> Result<String> {
    match what.as_str() {
        "remove" => session.remove("a"),
        "remove-nothing" => session.remove("never"),
        "take" => return Ok(session.take::<String>("a").await?.unwrap_or_default()),
        "flush" => session.flush(),
        "flush-and-set" => {
            session.flush();
            session.set("b", "new")?;
        }
        "cycle" => session.cycle(),
        "hour" => session.expire_in(Duration::from_secs(3600)),
        "close" => session.expire_at_close(),
        "usual" => session.expire_as_usual(),
        "out" => session.sign_out()?,
        "others" => return Ok(format!("{:?}", session.end_others().await?)),
        "list" => {
            let all = session.list().await?;
            return Ok(all.iter().map(|info| format!("{};", info.current)).collect());
        }
        _ => return Ok(session.contains("a").await?.to_string()),
    }
    Ok(what)
}

#[get("/in/{user}/")]
pub(crate) async fn sign_in(Path(user): Path<String>, session: Session) -> Result<&'static str> {
    session.sign_in(user).await?;
    Ok("in")
}

#[derive(Clone)]
pub(crate) struct Meet(pub(crate) Arc<Barrier>);

/// Loads the session, waits for the other request, and sets its own key.
#[post("/meet/{key}/")]
pub(crate) async fn meet(
    Path(key): Path<String>,
    session: Session,
    State(meet): State<Meet>,
) -> Result<&'static str> {
    let _: Option<String> = session.get("a").await?;
    meet.0.wait().await;
    session.set(&key, "met")?;
    Ok("met")
}

pub(crate) fn app() -> Site {
    let all = routes![plain, taken, get_one, number, all, set, then, act, sign_in, meet];
    Site::new().with(Meet(Arc::new(Barrier::new(2)))).install(App::new("shop").routes(all).csrf(false))
}

pub(crate) struct Running {
    pub(crate) router: quintet_web::axum::Router,
    pub(crate) services: Services,
    pub(crate) clock: Clock,
}

pub(crate) async fn start(settings: &[(&'static str, &'static str)]) -> Result<Running> {
    start_with(settings, |_| {}).await
}

pub(crate) async fn start_with(
    settings: &[(&'static str, &'static str)],
    more: impl FnOnce(&mut quintet_core::ServicesBuilder),
) -> Result<Running> {
    let settings = Settings::for_tests("/nowhere", settings.iter().copied());
    let site = Arc::new(app());
    let mut boot = Boot::new(site.clone(), settings.clone(), Services::builder()).unwrap();
    let clock = Clock::fixed("2026-11-20T12:00:00Z".parse().unwrap());
    boot.services.insert(site);
    boot.services.insert(settings);
    boot.services.insert(clock.clone());
    more(&mut boot.services);
    WebRoom.start(&mut boot).await?;
    let services = boot.services.build();
    let router = quintet_web::service(&services).await?;
    Ok(Running { router, services, clock })
}

pub(crate) const MEMORY: (&str, &str) = ("session.store", "memory");
pub(crate) const HTTPS: (&str, &str) = ("x-forwarded-proto", "https");

/// A browser that keeps its cookies.
#[derive(Clone, Default)]
pub(crate) struct Browser {
    pub(crate) jar: Arc<Mutex<HashMap<String, String>>>,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
}

impl Browser {
    pub(crate) async fn ask(&self, site: &Running, method: &str, uri: &str) -> Answer {
        let cookies: Vec<String> =
            self.jar.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder().method(method).uri(uri);
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        let response = site.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            let mut jar = self.jar.lock().unwrap();
            if cookie.contains("Max-Age=0;") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        Answer::of(response).await
    }

    pub(crate) async fn get(&self, site: &Running, uri: &str) -> String {
        let answer = self.ask(site, "GET", uri).await;
        assert_eq!(answer.status, 200, "{uri}: {}", answer.body);
        answer.body
    }

    pub(crate) fn session(&self) -> Option<String> {
        self.jar.lock().unwrap().get("session").cloned()
    }

    pub(crate) fn with(session: &str) -> Self {
        let browser = Browser::default();
        browser.jar.lock().unwrap().insert("session".to_owned(), session.to_owned());
        browser
    }
}

/// In memory and in the cookie all is the same, but for what the guide says.
pub(crate) async fn both() -> [Running; 2] {
    [start(&[MEMORY]).await.unwrap(), start(&[("session.store", "cookie")]).await.unwrap()]
}
