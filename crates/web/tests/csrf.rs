//! What another site's page could have a browser send is refused; what the site's own pages and programs send passes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use http::{Method, Request, header};
use quintet_core::{App, Result, Room as _, Site, check::Level};
use quintet_web::{
    Csrf, Routing, WebRoom, axum,
    axum::{body::Body, extract::FromRequestParts, middleware::Next},
    csrf, get, patch, post, put, routes,
};
use support::{Answer, Running, start_error};

#[get("/token/")]
async fn token(csrf: Csrf) -> Result<String> {
    csrf.token()
}

#[get("/plain/")]
async fn plain() -> &'static str {
    "plain"
}

#[post("/order/")]
async fn order(body: String) -> String {
    format!("ordered {body}")
}

#[put("/order/")]
async fn change() -> &'static str {
    "changed"
}

#[patch("/order/")]
async fn alter() -> &'static str {
    "altered"
}

#[post("/hook/", csrf = false)]
async fn hook() -> &'static str {
    "hooked"
}

#[post("/login/")]
async fn login(csrf: Csrf) -> Result<String> {
    csrf.rotate()?;
    Ok("in".to_owned())
}

#[get("/cached/")]
async fn cached(csrf: Csrf) -> Result<impl axum::response::IntoResponse> {
    Ok(([(header::CACHE_CONTROL, "public, max-age=60")], csrf.token()?))
}

fn site() -> Site {
    Site::new().routes(routes![token, plain, order, change, alter, hook, login, cached])
}

const KEY: (&str, &str) = ("secret_key", "a key for tests");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const SAME: (&str, &str) = ("sec-fetch-site", "same-origin");
const HTTPS: (&str, &str) = ("x-forwarded-proto", "https");

/// A site at hosts of all names.
async fn start_with(
    site: Site,
    settings: &[(&'static str, &'static str)],
    templates: &'static [&'static str],
) -> Result<Running> {
    support::start_with(site, &[&[("security.hosts", "*")], settings].concat(), templates).await
}

async fn running() -> Running {
    start_with(site(), &[KEY], &[]).await.unwrap()
}

/// A browser: the cookie and a token of one of its pages.
struct Browser {
    cookie: String,
    token: String,
}

async fn browser(site: &Running) -> Browser {
    let answer = send(site, "GET", "/token/", &[], "").await;
    Browser { cookie: set(&answer), token: answer.body }
}

/// The cookie that an answer sets, without its attributes.
fn set(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

async fn send(site: &Running, method: &str, uri: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(uri);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", "site.example");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    site.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

async fn status(site: &Running, headers: &[(&str, &str)], body: &str) -> u16 {
    send(site, "POST", "/order/", headers, body).await.status.as_u16()
}

#[tokio::test]
async fn a_form_needs_the_token_of_its_browser() {
    let site = running().await;
    let (ann, eve) = (browser(&site).await, browser(&site).await);
    let own = format!("csrf_token={}", ann.token);
    let other = format!("csrf_token={}", eve.token);
    let cookie = ("cookie", &*ann.cookie);
    assert_eq!(status(&site, &[FORM, SAME, cookie], &own).await, 200);
    // In the header, too, and in any place of the form; other cookies don't matter.
    assert_eq!(status(&site, &[FORM, SAME, cookie, ("x-csrf-token", &ann.token)], "a=b").await, 200);
    let many = format!("theme=dark; {}; x=y", ann.cookie);
    assert_eq!(status(&site, &[FORM, SAME, ("cookie", &many)], &format!("a=b&{own}&c=d")).await, 200);
    // The same without one of the two, or with another's.
    assert_eq!(status(&site, &[FORM, SAME, cookie], "a=b").await, 403);
    assert_eq!(status(&site, &[FORM, SAME], &own).await, 403);
    assert_eq!(status(&site, &[FORM, SAME, cookie], &other).await, 403, "another's token");
    assert_eq!(status(&site, &[FORM, SAME, cookie, ("x-csrf-token", &eve.token)], &own).await, 403);
    assert_eq!(status(&site, &[FORM, SAME, cookie], "csrf_token=wrong").await, 403);
    assert_eq!(status(&site, &[FORM, SAME, cookie], "csrf_token=").await, 403);
    // A cookie that the site has not made: whoever can plant one must not be able to choose it.
    let made_up = format!("csrf={}", "A".repeat(22));
    assert_eq!(status(&site, &[FORM, SAME, ("cookie", &made_up)], &own).await, 403);
    let changed = ann.cookie.replacen("csrf=", "csrf=A", 1);
    assert_eq!(status(&site, &[FORM, SAME, ("cookie", &changed)], &own).await, 403);
}

#[tokio::test]
async fn the_body_is_there_for_the_handler() {
    let site = running().await;
    let ann = browser(&site).await;
    let body = format!("a=b&csrf_token={}", ann.token);
    let answer = send(&site, "POST", "/order/", &[FORM, SAME, ("cookie", &ann.cookie)], &body).await;
    assert_eq!(answer.body, format!("ordered {body}"));
    // Files: the token stands before them, and so much only is read for it.
    let kind = ("content-type", "multipart/form-data; boundary=b");
    let part = |name: &str, text: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    let file = part("file", &"x".repeat(100_000));
    let whole = format!("{}{file}--b--\r\n", part("csrf_token", &ann.token));
    let answer = send(&site, "POST", "/order/", &[kind, SAME, ("cookie", &ann.cookie)], &whole).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (200, whole.len() + 8));
    let late = format!("{file}{}--b--\r\n", part("csrf_token", &ann.token));
    assert_eq!(status(&site, &[kind, SAME, ("cookie", &ann.cookie)], &late).await, 403);
    let with_header = [kind, SAME, ("cookie", &*ann.cookie), ("x-csrf-token", &*ann.token)];
    assert_eq!(status(&site, &with_header, &late).await, 200);
}

#[tokio::test]
async fn what_comes_from_elsewhere_is_refused_with_a_good_token_too() {
    let site = running().await;
    let ann = browser(&site).await;
    let good = [FORM, ("cookie", &*ann.cookie), ("x-csrf-token", &*ann.token)];
    let from = async |more: &[(&str, &str)]| status(&site, &[&good[..], more].concat(), "").await;
    for own in [
        &[SAME][..],
        &[("sec-fetch-site", "none")],
        &[("origin", "http://site.example")],
        &[("origin", "http://SITE.example:80")],
        // Over http a browser without both headers is taken by its token.
        &[],
        // A proxy that changes `Host` does not matter to a browser that says where it is.
        &[SAME, ("origin", "http://public.example")],
        &[HTTPS, ("x-forwarded-host", "public.example"), ("origin", "https://public.example")],
    ] {
        // Over https the cookie has another name.
        let https = own.contains(&HTTPS);
        let cookie = if https { ann.cookie.replacen("csrf=", "__Host-csrf=", 1) } else { ann.cookie.clone() };
        let headers = [&[FORM, ("cookie", &*cookie), ("x-csrf-token", &*ann.token)][..], own].concat();
        assert_eq!(status(&site, &headers, "").await, 200, "{own:?}");
    }
    for foreign in [
        &[("origin", "http://evil.example")][..],
        &[("origin", "null")],
        &[("origin", "")],
        &[("origin", "http://sub.site.example")],
        &[("origin", "http://site.example.evil.example")],
        &[("origin", "https://site.example")],
        &[("origin", "http://site.example:8000")],
        &[("origin", "http://site.example"), ("origin", "http://evil.example")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site"), ("origin", "http://sub.site.example")],
        // A page in this browser can't say of itself that it is the site's.
        &[("sec-fetch-site", "cross-site"), ("origin", "http://site.example")],
        &[("sec-fetch-site", "same-origin, none")],
    ] {
        assert_eq!(from(foreign).await, 403, "{foreign:?}");
        // Nor may it send what needs no token.
        let json = [&[("content-type", "application/json"), ("cookie", &*ann.cookie)][..], foreign].concat();
        assert_eq!(status(&site, &json, "{}").await, 403, "{foreign:?}");
        assert_eq!(send(&site, "PUT", "/order/", foreign, "").await.status, 403, "{foreign:?}");
        assert_eq!(status(&site, foreign, "").await, 403, "{foreign:?}");
    }
}

#[tokio::test]
async fn over_https_a_form_says_where_it_comes_from() {
    let site = running().await;
    let answer = send(&site, "GET", "/token/", &[HTTPS], "").await;
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.starts_with("__Host-csrf="), "{cookie}");
    for attribute in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Domain"));
    let cookie = set(&answer);
    let good = [FORM, HTTPS, ("cookie", &*cookie), ("x-csrf-token", &*answer.body)];
    let from = async |more: &[(&str, &str)]| status(&site, &[&good[..], more].concat(), "").await;
    assert_eq!(from(&[SAME]).await, 200);
    assert_eq!(from(&[("origin", "https://site.example")]).await, 200);
    assert_eq!(from(&[("referer", "https://site.example/a?b")]).await, 200);
    assert_eq!(from(&[]).await, 403, "nothing says where it comes from");
    assert_eq!(from(&[("referer", "https://evil.example/https://site.example")]).await, 403);
    assert_eq!(from(&[("referer", "http://site.example/")]).await, 403);
    // A cookie that was set over http is nothing here: somebody on the way may have set it.
    let plain = cookie.replacen("__Host-", "", 1);
    assert_eq!(
        status(&site, &[FORM, HTTPS, SAME, ("cookie", &plain), ("x-csrf-token", &answer.body)], "").await,
        403
    );
}

#[tokio::test]
async fn only_proxies_are_believed_about_https_and_the_host() {
    use std::net::SocketAddr;
    let ask = async |site: &Running, peer: [u8; 4]| {
        let request = Request::get("/token/").header("host", "site.example");
        let mut request = request.header("x-forwarded-proto", "https").body(Body::empty()).unwrap();
        let peer = SocketAddr::from((peer, 1));
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        set(&site.send(request).await).starts_with("__Host-")
    };
    let site = running().await;
    assert!(ask(&site, [10, 0, 0, 1]).await && ask(&site, [127, 0, 0, 1]).await);
    assert!(!ask(&site, [203, 0, 113, 1]).await);
    let known = [KEY, ("security.trusted_proxies", "203.0.113.0/24")];
    let site = start_with(self::site(), &known, &[]).await.unwrap();
    assert!(ask(&site, [203, 0, 113, 1]).await && !ask(&site, [10, 0, 0, 1]).await);
}

#[tokio::test]
async fn trusted_origins_may_send_what_the_sites_own_pages_may() {
    let trusted = [KEY, ("security.trusted_origins", "https://app.example, https://*.partner.example")];
    let site = start_with(self::site(), &trusted, &[]).await.unwrap();
    let ann = browser(&site).await;
    for (origin, expected) in [
        ("https://app.example", 200),
        ("https://a.partner.example", 200),
        ("http://app.example", 403),
        ("https://partner.example", 403),
    ] {
        let from = [("origin", origin), ("sec-fetch-site", "cross-site"), ("cookie", &*ann.cookie)];
        let form = [&from[..], &[FORM, ("x-csrf-token", &*ann.token)]].concat();
        assert_eq!(status(&site, &form, "").await, expected, "{origin}");
        let json = [&from[..], &[("content-type", "application/json")]].concat();
        assert_eq!(status(&site, &json, "{}").await, expected, "{origin}");
        // They are trusted to be asked by the person, not to know his token.
        assert_eq!(status(&site, &[&from[..], &[FORM]].concat(), "").await, 403, "{origin}");
    }
    let wrong = start_with(self::site(), &[("security.trusted_origins", "app.example")], &[]).await;
    let error = wrong.err().unwrap().to_string();
    assert!(error.contains("trusted_origins") && error.contains("`app.example`"), "{error}");
}

#[tokio::test]
async fn programs_need_no_token_and_no_page_can_pretend_to_be_one() {
    let site = running().await;
    let json = ("content-type", "application/json");
    let ann = browser(&site).await;
    let cookie = ("cookie", &*ann.cookie);
    for program in [
        &[json][..],
        &[json, cookie],
        &[json, SAME, cookie],
        &[],
        &[("authorization", "Bearer k"), FORM],
        &[
            ("authorization", "Bearer k"),
            json,
            ("origin", "https://app.example"),
            ("sec-fetch-site", "cross-site"),
        ],
    ] {
        assert_eq!(status(&site, program, "{}").await, 200, "{program:?}");
    }
    for page in [
        // A form, or a script that asks nobody, can send JSON so.
        &[("content-type", "text/plain")][..],
        &[("content-type", "text/plain"), cookie, SAME],
        &[("content-type", "text/plain; application/json"), cookie],
        &[("content-type", "application/json, text/plain"), cookie],
        &[("content-type", "application/json"), ("content-type", "text/plain"), cookie],
        // A script that says nothing of what it sends, with what the browser adds.
        &[cookie],
        &[("authorization", "Basic YTpi")],
        // A browser adds these by itself.
        &[("authorization", "Basic YTpi"), FORM],
        &[("authorization", "Bearer k"), json, ("origin", "https://app.example"), cookie],
    ] {
        assert_eq!(status(&site, page, "{}").await, 403, "{page:?}");
    }
    assert_eq!(send(&site, "PUT", "/order/", &[SAME, cookie], "").await.body, "changed");
    assert_eq!(send(&site, "PATCH", "/order/", &[SAME, cookie], "").await.body, "altered");
}

#[tokio::test]
async fn nobody_is_signed_in_by_another_sites_form() {
    let site = running().await;
    let to = async |headers: &[(&str, &str)], body: &str| send(&site, "POST", "/login/", headers, body).await;
    // The victim's browser has nothing of the site yet, or keeps its cookies back: the form is the attacker's.
    for page in [
        &[FORM][..],
        &[FORM, ("origin", "http://evil.example")],
        &[FORM, ("sec-fetch-site", "cross-site"), ("origin", "http://evil.example")],
        &[FORM, ("origin", "null")],
    ] {
        assert_eq!(to(page, "name=eve&password=x").await.status, 403, "{page:?}");
    }
    let ann = browser(&site).await;
    let good = [FORM, SAME, ("cookie", &*ann.cookie), ("x-csrf-token", &*ann.token)];
    let signed_in = to(&good, "").await;
    assert_eq!(signed_in.body, "in");
    // Who knew the token of before knows nothing now.
    let new = set(&signed_in);
    assert!(new.starts_with("csrf=") && new != ann.cookie);
    assert_eq!(status(&site, &[FORM, SAME, ("cookie", &new), ("x-csrf-token", &ann.token)], "").await, 403);
    let page = send(&site, "GET", "/token/", &[("cookie", &new)], "").await;
    assert_eq!(status(&site, &[FORM, SAME, ("cookie", &new), ("x-csrf-token", &page.body)], "").await, 200);
}

#[tokio::test]
async fn another_method_in_a_header_or_field_changes_nothing() {
    let site = running().await;
    let ann = browser(&site).await;
    let cookie = ("cookie", &*ann.cookie);
    for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
        for method in ["GET", "PUT"] {
            assert_eq!(status(&site, &[FORM, SAME, cookie, (name, method)], "_method=PUT").await, 403);
        }
    }
    // A layer of the user's that takes such words is no way around: what counts is what was sent.
    async fn override_method(mut request: axum::extract::Request, next: Next) -> axum::response::Response {
        let given = request.headers().get("x-http-method-override").cloned();
        if let Some(method) = given.and_then(|value| Method::from_bytes(value.as_bytes()).ok()) {
            *request.method_mut() = method;
        }
        next.run(request).await
    }
    let any = axum::routing::any(async |method: Method| format!("{method}"));
    let layered = self::site().route("/any/", any).layer(axum::middleware::from_fn(override_method));
    let site = start_with(layered, &[KEY], &[]).await.unwrap();
    let sent = async |method: &str, as_method: &str, headers: &[(&str, &str)]| {
        let headers = [&[("x-http-method-override", as_method), cookie][..], headers].concat();
        send(&site, method, "/any/", &headers, "").await.status.as_u16()
    };
    assert_eq!(sent("POST", "PUT", &[FORM, SAME]).await, 403);
    assert_eq!(sent("GET", "POST", &[]).await, 403);
    assert_eq!(sent("GET", "PUT", &[("content-type", "application/json")]).await, 403);
    assert_eq!(sent("POST", "GET", &[FORM, SAME]).await, 403);
    assert_eq!(sent("GET", "GET", &[]).await, 200);
    assert_eq!(sent("POST", "PUT", &[FORM, SAME, ("x-csrf-token", &ann.token)]).await, 200);
}

#[tokio::test]
async fn a_token_is_made_where_it_is_asked_for() {
    let site = running().await;
    let answer = send(&site, "GET", "/plain/", &[], "").await;
    for name in ["set-cookie", "vary", "cache-control"] {
        assert!(!answer.headers.contains_key(name), "{name}: {:?}", answer.headers);
    }
    let first = send(&site, "GET", "/token/", &[], "").await;
    assert_eq!((first.header("vary"), first.header("cache-control")), ("cookie", "private, no-cache"));
    assert!(first.header("set-cookie").contains("; Max-Age=31536000"));
    let cookie = set(&first);
    // Once there is a cookie it stays, and each page has another token for it.
    let second = send(&site, "GET", "/token/", &[("cookie", &cookie)], "").await;
    assert!(!second.headers.contains_key("set-cookie") && second.header("vary") == "cookie");
    assert_ne!(first.body, second.body);
    for token in [&first.body, &second.body] {
        assert_eq!(status(&site, &[FORM, SAME, ("cookie", &cookie), ("x-csrf-token", token)], "").await, 200);
    }
    // A cookie that is not the site's is replaced.
    let changed = send(&site, "GET", "/token/", &[("cookie", "csrf=AAAA")], "").await;
    assert!(changed.headers.contains_key("set-cookie"));
    let cached = send(&site, "GET", "/cached/", &[], "").await;
    assert_eq!(cached.header("cache-control"), "private, max-age=60");
    // What the former key has signed is still good.
    let rotated = [("secret_key", "new"), ("secret_key_fallbacks", "a key for tests")];
    let site = start_with(self::site(), &rotated, &[]).await.unwrap();
    assert_eq!(
        status(&site, &[FORM, SAME, ("cookie", &cookie), ("x-csrf-token", &first.body)], "").await,
        200
    );
    let site = start_with(self::site(), &[("secret_key", "new")], &[]).await.unwrap();
    assert_eq!(
        status(&site, &[FORM, SAME, ("cookie", &cookie), ("x-csrf-token", &first.body)], "").await,
        403
    );
}

#[tokio::test]
async fn routes_routers_and_apps_may_be_let_out() {
    let foreign = [FORM, ("origin", "http://evil.example")];
    let app = App::new("hooks").at("/hooks").csrf(false).post("/one", async || "one").routes(routes![order]);
    let inner = axum::Router::new().route("/{id}", axum::routing::post(async || "inner"));
    let site = site()
        .install(app)
        .mount("/old", inner.clone())
        .mount("/open", inner)
        .csrf_exempt("/open")
        .post("/built", async || "built")
        .post("/free", async || "free")
        .csrf_exempt("/free");
    let site = start_with(site, &[KEY], &[]).await.unwrap();
    for (path, expected) in [
        ("/hook/", 200),
        ("/hooks/one", 200),
        ("/hooks/order/", 200),
        ("/open/7", 200),
        ("/free", 200),
        ("/order/", 403),
        ("/old/7", 403),
        ("/built", 403),
    ] {
        assert_eq!(send(&site, "POST", path, &foreign, "").await.status.as_u16(), expected, "{path}");
    }
    let error = start_error(Site::new().post("/hook", async || "").csrf_exempt("/hok")).await;
    assert!(error.contains("`/hok`; did you mean `/hook`?") && error.contains("csrf.rs:"), "{error}");
}

#[tokio::test]
async fn a_refusal_is_a_page_or_a_document_and_tells_developers_why() {
    let site = running().await;
    let page = send(&site, "POST", "/order/", &[FORM, SAME], "").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (403, "text/html; charset=utf-8"));
    assert!(page.body.contains("could not be verified") && !page.body.contains("csrf"), "{}", page.body);
    let json = send(&site, "POST", "/order/", &[FORM, SAME, ("accept", "application/json")], "").await;
    assert_eq!(json.header("content-type"), "application/problem+json");
    assert_eq!(json.json()["status"], 403);
    let site = start_with(self::site(), &[KEY, ("debug", "true")], &[]).await.unwrap();
    let ann = browser(&site).await;
    let cookie = ("cookie", &*ann.cookie);
    for (headers, why) in [
        (&[FORM, SAME][..], "no cookie `csrf`"),
        (&[FORM, SAME, cookie], "neither in the header"),
        (&[FORM, SAME, cookie, ("x-csrf-token", "x")], "another browser"),
        (&[FORM, ("origin", "http://evil.example")], "Origin: http://evil.example"),
        (&[FORM, HTTPS], "`Origin` or `Referer`"),
    ] {
        let page = send(&site, "POST", "/order/", headers, "").await;
        assert!(page.body.contains(why), "{why}: {}", page.body);
    }
}

#[tokio::test]
async fn a_handshake_can_be_asked_where_it_comes_from() {
    struct Own;
    impl<S: Send + Sync> FromRequestParts<S> for Own {
        type Rejection = quintet_core::Error;
        async fn from_request_parts(parts: &mut http::request::Parts, _: &S) -> Result<Self> {
            csrf::same_origin(parts).map(|()| Own)
        }
    }
    let site = start_with(Site::new().get("/socket", async |_: Own| "open"), &[KEY], &[]).await.unwrap();
    for (headers, expected) in [
        (&[][..], 200),
        (&[SAME], 200),
        (&[("origin", "http://site.example")], 200),
        (&[("origin", "http://evil.example")], 403),
        (&[("sec-fetch-site", "same-site")], 403),
    ] {
        assert_eq!(send(&site, "GET", "/socket", headers, "").await.status.as_u16(), expected, "{headers:?}");
    }
}

/// `check --deploy` names what other sites' pages may send to.
#[tokio::test]
async fn routes_that_take_forms_from_everywhere_are_told() {
    let open = |found: Vec<quintet_core::check::Check>| {
        let mut found = found.into_iter().filter(|check| check.id == "security.W003");
        let first = found.next().map(|check| (check.level, check.object.unwrap_or_default()));
        assert!(found.next().is_none(), "one for all");
        first
    };
    let checks = async |site: Site| {
        let running = support::start_with(site, &[KEY], &[]).await.unwrap();
        open(WebRoom.deploy_checks(&running.services).await)
    };
    // Reading needs no token, and those with one need no word.
    assert_eq!(checks(Site::new().routes(routes![token, plain, order, change])).await, None);
    assert_eq!(checks(site()).await, Some((Level::Info, "/hook/".to_owned())));
    let bots = App::new("bots").at("/bots").csrf(false).routes(routes![plain, order]);
    let all = Site::new().install(bots).routes(routes![hook, change]);
    assert_eq!(checks(all).await, Some((Level::Info, "/hook/, /bots/order/".to_owned())));
}
