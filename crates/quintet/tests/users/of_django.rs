//! A site on a database that the real Django made: its users log in by the page, and are stored anew.
//!
//! Needs a Python with Django, whose path stands in `QUINTET_TEST_DJANGO` (`scripts/django` prints one).

use std::{process::Command, sync::Arc};

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
    response::Response,
};
use quintet::{
    __rooms::cli::boot::{self, Running},
    auth::passwords::Hasher,
    core::{
        Services,
        clock::Clock,
        command::{Captured, Console},
        settings::Sources,
    },
    orm::{DbOptions, Executor},
    prelude::*,
    web::{middleware::Gate, server::ServerSettings},
};

#[get("/me/")]
async fn me(user: User) -> String {
    user.username
}

fn site() -> Site {
    Site::new().install(auth::app()).install(sessions::app()).install(App::new("house").routes(routes![me]))
}

/// Has Django make its tables and users there; false where there is no Django.
fn made_by_django(url: &str) -> bool {
    let Some(python) = std::env::var_os("QUINTET_TEST_DJANGO").filter(|python| !python.is_empty()) else {
        println!(
            "skipped: QUINTET_TEST_DJANGO names no Python with Django: QUINTET_TEST_DJANGO=$(scripts/django)"
        );
        return false;
    };
    let mut command = Command::new(python);
    command.args(["-B", "users.py", "make", url]);
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../auth/tests/django"));
    let output = command.env("PYTHONWARNINGS", "ignore").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    true
}

/// The site as `serve` would start it, with what hardly takes any time.
async fn started(url: &str) -> (Running, Captured) {
    let (mut site, mut rooms) = (site(), quintet::rooms());
    rooms.extend(site.take_rooms());
    let given = [
        ("database.url", url),
        ("mail.url", "memory://"),
        ("secret_key", "a key for tests, known to everyone"),
        ("auth.passwords.argon2_memory", "32 KiB"),
        ("auth.passwords.argon2_passes", "1"),
        ("auth.wrong_logins", "0"),
    ];
    let given = given.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
    let sources = Sources { given, ..Sources::default() };
    let settings = boot::settings(&site, &rooms, sources).unwrap();
    let (console, written) = Console::captured();
    let running = boot::start(Arc::new(site), Arc::new(rooms), settings, console, Clock::default());
    (running.await.unwrap(), written)
}

struct Asked {
    status: StatusCode,
    cookies: Vec<String>,
    text: String,
}

async fn ask(services: &Services, request: Request<Body>) -> Asked {
    let settings: ServerSettings = services.require::<Settings>().unwrap().get().unwrap();
    let response: Response = Gate::open(services, &settings, None).await.unwrap().answer(request).await;
    let cookies = response.headers().get_all(header::SET_COOKIE).iter();
    let cookies = cookies.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap().to_owned());
    let (status, cookies) = (response.status(), cookies.collect());
    let text = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    Asked { status, cookies, text: String::from_utf8(text.to_vec()).unwrap() }
}

/// What the page answers, and whom the browser is afterwards.
async fn log_in(services: &Services, name: &str, password: &str) -> (u16, String) {
    let body = serde_json::json!({ "username": name, "password": password }).to_string();
    let request = Request::post("/login/").header(header::CONTENT_TYPE, "application/json");
    let answer = ask(services, request.body(Body::from(body)).unwrap()).await;
    let cookies = answer.cookies.join("; ");
    let request = Request::get("/me/").header(header::COOKIE, cookies).header(header::ACCEPT, "text/plain");
    let who = ask(services, request.body(Body::empty()).unwrap()).await;
    let who = if who.status == StatusCode::OK { who.text } else { who.status.as_u16().to_string() };
    (answer.status.as_u16(), who)
}

async fn by_the_page(url: &str) {
    if !made_by_django(url) {
        return;
    }
    let (running, written) = started(url).await;
    // As the guide has it.
    running.command(vec!["migrate".into(), "--fake-initial".into()]).await.unwrap();
    assert!(written.text().contains("auth"), "{}", written.text());
    running.ready().await.unwrap();
    let services = running.services();
    let db = services.require::<Db>().unwrap();
    let stored = async |name: &str| User.filter(User.username.eq(name)).one(db).await.unwrap();

    for (name, hasher) in [
        ("ann", Hasher::Argon2),
        ("bob", Hasher::Pbkdf2Sha256),
        ("cyd", Hasher::Scrypt),
        ("dee", Hasher::BcryptSha256),
    ] {
        let (before, word) = (stored(name).await, format!("{name}'s word"));
        assert_eq!((Hasher::of(&before.password), before.last_login), (Some(hasher), None), "{name}");
        assert_eq!(log_in(services, name, "wrong").await, (422, "303".to_owned()), "{name}");
        assert_eq!(stored(name).await.password, before.password, "a wrong one changes nothing");
        assert_eq!(log_in(services, name, &word).await, (303, name.to_owned()));
        // Stored anew, as the site would store it today, and right as before.
        let after = stored(name).await;
        assert!(after.password.starts_with("argon2$argon2id$v=19$m=32,t=1,p=4$"), "{}", after.password);
        assert!(after.password != before.password && after.last_login.is_some());
        assert_eq!(log_in(services, name, &word).await, (303, name.to_owned()), "a second time");
        assert_eq!(stored(name).await.password, after.password, "that is how it is stored now");
        assert_eq!(log_in(services, name, "wrong").await, (422, "303".to_owned()), "{name}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    by_the_page(&format!("sqlite://{}", folder.path().join("django.db").display())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres() {
    let Some(server) = std::env::var("QUINTET_TEST_POSTGRES").ok().filter(|url| !url.is_empty()) else {
        println!("skipped: QUINTET_TEST_POSTGRES is not set");
        return;
    };
    if !cfg!(feature = "postgres") {
        println!("skipped: this build has no driver for it");
        return;
    }
    let name = format!("quintet_login_django_{}", std::process::id());
    let admin = Db::open(&server, DbOptions::default()).await.unwrap();
    let executor: &dyn Executor = &admin;
    executor.batch(format!("CREATE DATABASE {name}")).await.unwrap();
    let (start, _) = server.rsplit_once('/').unwrap();
    by_the_page(&format!("{start}/{name}")).await;
    executor.batch(format!("DROP DATABASE {name}")).await.unwrap();
}
