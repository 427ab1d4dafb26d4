//! Another password, signing up and another address, by mail; and what attackers try there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use quintet::{
    auth::{Account, Accounts, AuthBackend, AuthBackends as _, Credentials, passwords::Passwords},
    core::{
        BoxFuture, EmbeddedFile, Folder, Service as _,
        audit::{SecurityEvent, What},
    },
    prelude::*,
};

#[get("/me/")]
async fn me(user: Option<User>) -> String {
    user.map_or("nobody".to_owned(), |user| user.username)
}

fn site() -> Site {
    Site::new().install(auth::app()).install(App::new("house").routes(routes![me]))
}

const WORD: &str = "ann's old word";
const NEW: &str = "horse battery 7";

fn accounts(site: &TestSite) -> Accounts {
    Accounts::of(site.services()).unwrap()
}

async fn user(site: &TestSite, name: &str) -> User {
    let account = Account { email: format!("{name}@example.com"), ..Account::named(name) };
    accounts(site).create(account, Some(WORD)).await.unwrap()
}

async fn again(site: &TestSite, user: &User) -> User {
    User.get(user.id, &site.db).await.unwrap()
}

async fn who(browser: &TestClient) -> String {
    browser.get("/me/").await.ok().text()
}

async fn log_in(browser: &TestClient, name: &str, password: &str) -> u16 {
    browser.post("/login/", &[("username", name), ("password", password)]).await.code()
}

async fn ask(browser: &TestClient, email: &str) -> TestResponse {
    browser.post("/password/reset/", &[("email", email)]).await
}

/// The link of the one mail that this leads to.
async fn reset_link(site: &TestSite, email: &str) -> String {
    site.clear_outbox().await;
    ask(&site.browser(), email).await.redirects("/password/reset/sent/");
    let mut mails = site.outbox().await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    mails.pop().unwrap().link()
}

/// Sets another password by a link: 303 if that did it, 410 if the link is void.
async fn set(browser: &TestClient, link: &str, password: &str) -> u16 {
    let led = browser.get(link.to_owned()).await;
    if led.code() != 303 {
        return led.code();
    }
    browser.post("/password/reset/new/", &[("new_password", password), ("again", password)]).await.code()
}

#[quintet::test(site, settings = { "site.name" = "Cinema" })]
async fn who_has_forgotten_the_password_chooses_another_one(site: TestSite) -> Result {
    let ann = user(&site, "ann").await;
    let elsewhere = site.login("ann").await;
    site.get("/login/").await.ok().contains("href=\"/password/reset/\"").lacks("/signup/");
    site.get("/password/reset/").await.ok().template("auth/reset.html").contains("name=\"email\"");
    ask(&site, "nowhere").await.status(422);
    ask(&site, "ann@example.com").await.follow().await.ok().template("auth/sent.html");
    let mail = site.outbox().await.pop().unwrap();
    assert_eq!((mail.subject(), mail.to()[0].email()), ("Another password for Cinema", "ann@example.com"));
    assert!(mail.text().contains("Hello ann,") && mail.text().contains("within 1 hour"), "{}", mail.text());

    // The token leaves the address at once: no other site is told it.
    let led =
        site.get(mail.link()).await.redirects("/password/reset/new/").header("cache-control", "no-store");
    assert!(!led.header("referrer-policy", "same-origin").header_text("location").unwrap().contains('-'));
    let page =
        site.get("/password/reset/new/").await.ok().template("auth/reset_new.html").contains("For ann.");
    page.lacks(mail.link().trim_start_matches("/password/reset/1/"));
    for (password, second, why) in [
        (NEW, "other", "not the same"),
        ("123", "123", "too short"),
        ("ann@example.com", "ann@example.com", "too similar"),
    ] {
        let answer =
            site.post("/password/reset/new/", &[("new_password", password), ("again", second)]).await;
        answer.status(422).contains(why);
    }
    assert_eq!(again(&site, &ann).await.password, ann.password);
    site.post("/password/reset/new/", &[("new_password", NEW), ("again", NEW)]).await.redirects("/login/");

    // All sessions end, also those of others; the new password is right, the old one is not.
    assert_eq!(who(&elsewhere).await, "nobody");
    assert_eq!((log_in(&site, "ann", WORD).await, log_in(&site, "ann", NEW).await), (422, 303));
    assert_eq!(who(&site).await, "ann");
    // Once.
    site.browser().get(mail.link()).await.status(410).template("auth/link_void.html");
    site.post("/password/reset/new/", &[("new_password", NEW), ("again", NEW)]).await.status(410);
    Ok(())
}

#[quintet::test(site)]
async fn a_link_is_void_once_something_has_changed(site: TestSite) -> Result {
    let ann = user(&site, "ann").await;
    let row = User.filter(User.id.eq(ann.id));
    // Time.
    let link = reset_link(&site, "ann@example.com").await;
    site.advance(Duration::from_secs(3600)).await;
    site.browser().get(link.clone()).await.status(303);
    let early = site.browser();
    early.get(link.clone()).await.status(303);
    site.advance(Duration::from_secs(1)).await;
    assert_eq!(set(&site.browser(), &link, NEW).await, 410);
    early.post("/password/reset/new/", &[("new_password", NEW), ("again", NEW)]).await.status(410);
    // Another password, whoever gave it.
    let link = reset_link(&site, "ann@example.com").await;
    accounts(&site).set_password(&ann, WORD).await?;
    assert_eq!(set(&site.browser(), &link, NEW).await, 410);
    // A login: whoever knows the password needs no link.
    let link = reset_link(&site, "ann@example.com").await;
    assert_eq!(log_in(&site.browser(), "ann", WORD).await, 303);
    assert_eq!(set(&site.browser(), &link, NEW).await, 410);
    // Another address.
    site.advance(Duration::from_secs(3600)).await;
    let link = reset_link(&site, "ann@example.com").await;
    row.clone().update(User.email.set("ann@other.example")).exec(&site.db).await?;
    assert_eq!(set(&site.browser(), &link, NEW).await, 410);
    // Nobody active.
    let link = reset_link(&site, "ann@other.example").await;
    row.clone().update(User.is_active.set(false)).exec(&site.db).await?;
    assert_eq!(set(&site.browser(), &link, NEW).await, 410);
    row.clone().update(User.is_active.set(true)).exec(&site.db).await?;
    // A link that has become good in one session is void there, too, after another session has used it.
    let (first, second) = (site.browser(), site.browser());
    first.get(link.clone()).await.status(303);
    second.get(link.clone()).await.status(303);
    assert_eq!(set(&first, &link, NEW).await, 303);
    second
        .post("/password/reset/new/", &[("new_password", "evil battery 7"), ("again", "evil battery 7")])
        .await
        .status(410);
    assert!(accounts(&site).authenticate("ann", NEW).await?.is_some());
    // Of two at once, one.
    let link = reset_link(&site, "ann@other.example").await;
    let (first, second) = (site.browser(), site.browser());
    let codes = tokio::join!(set(&first, &link, "one battery 7"), set(&second, &link, "two battery 7"));
    assert!(matches!(codes, (303, 410) | (410, 303)), "{codes:?}");
    Ok(())
}

/// In cookies each browser has what is its own anyway.
fn with_sessions() -> Site {
    site().install(quintet::sessions::app())
}

#[quintet::test(with_sessions)]
async fn a_session_that_somebody_else_knows_is_given_no_token(site: TestSite) -> Result {
    user(&site, "ann").await;
    user(&site, "eve").await;
    let (ours, theirs) = (reset_link(&site, "ann@example.com").await, site.browser());
    theirs.get(reset_link(&site, "eve@example.com").await).await.status(303);
    // Their cookie in the browser of the owner.
    let owner = site.browser().with_cookie("session", &theirs.cookie("session").unwrap());
    owner.get(ours).await.status(303);
    theirs.get("/password/reset/new/").await.status(410);
    Ok(())
}

#[quintet::test(site, settings = { "auth.reset_expires" = "5m", "auth.wrong_logins" = 0 })]
async fn what_was_not_signed_so_is_no_link(site: TestSite) -> Result {
    let (ann, bob) = (user(&site, "ann").await, user(&site, "bob").await);
    let link = reset_link(&site, "ann@example.com").await;
    let token =
        link.strip_prefix(&format!("/password/reset/{}/", ann.id)).unwrap().trim_end_matches('/').to_owned();
    let (time, signature) = token.split_once('-').unwrap();
    let later = time.parse::<i64>().unwrap() + 1;
    for wrong in [
        format!("/password/reset/{}/{token}/", bob.id),
        format!("/password/reset/{}/{later}-{signature}/", ann.id),
        format!("/password/reset/{}/0{time}-{signature}/", ann.id),
        format!("/password/reset/{}/{time}-/", ann.id),
        format!("/password/reset/{}/{time}-{signature}A/", ann.id),
        format!("/password/reset/{}/{}/", ann.id, signature),
        format!("/password/reset/{}/{token}/", i64::MAX),
        format!("/email/link/{}.YW5uQGV4YW1wbGUuY29t.{token}/", ann.id),
        format!("/email/link/{token}/"),
        "/email/link/x/".to_owned(),
    ] {
        site.browser().get(wrong).await.status(410);
    }
    site.post("/password/reset/new/", &[("new_password", NEW), ("again", NEW)]).await.status(410);
    site.get("/password/reset/new/").await.status(410);
    site.advance(Duration::from_secs(301)).await;
    assert_eq!(set(&site, &link, NEW).await, 410);
    Ok(())
}

/// Everything that an answer has, but for what is another one each time.
fn bare(answer: &TestResponse) -> String {
    let headers = answer
        .headers()
        .iter()
        .filter(|(name, _)| !["x-request-id", "date", "server-timing"].contains(&name.as_str()));
    let headers: Vec<String> = headers.map(|(name, value)| format!("{name}: {value:?}")).collect();
    format!("{} {headers:?} {}", answer.code(), answer.text())
}

#[quintet::test(site, settings = { "auth.wrong_logins" = 0, "auth.signup" = true })]
async fn nobody_is_told_who_has_an_account(site: TestSite) -> Result {
    user(&site, "ann").await;
    let none = Account { email: "none@example.com".to_owned(), ..Account::named("none") };
    accounts(&site).create(none, None).await?;
    let gone = user(&site, "gone").await;
    User.filter(User.id.eq(gone.id)).update(User.is_active.set(false)).exec(&site.db).await?;
    let passwords = site.services().require::<Passwords>()?;
    for page in ["/password/reset/", "/signup/"] {
        let mut answers = Vec::new();
        for email in ["ann@example.com", "none@example.com", "gone@example.com", "nobody@example.com"] {
            let (browser, before) = (site.browser(), passwords.hashes());
            let answer = browser.post(page, &[("email", email)]).await.status(303);
            answers.push(format!("{} {} hashes", bare(&answer), passwords.hashes() - before));
            site.outbox().await;
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    }
    let to: Vec<(String, String)> =
        site.outbox().await.iter().map(|m| (m.to()[0].email().to_owned(), m.subject().to_owned())).collect();
    let subjects = [
        "Another password",
        "You have an account already",
        "You have an account already",
        "You have an account already",
        "Finish your account",
    ];
    let emails = ["ann", "ann", "none", "gone", "nobody"].map(|name| format!("{name}@example.com"));
    let wanted: Vec<(String, String)> = emails.into_iter().zip(subjects.map(str::to_owned)).collect();
    assert_eq!(to, wanted);
    Ok(())
}

/// The mail goes to the address of the account, not to one that is written like it; and it leads to the site, whatever host was asked.
#[quintet::test(site, settings = { "site.url" = "https://cinema.example", "security.hosts" = "*" })]
async fn a_mail_goes_to_the_owner_and_leads_to_the_site(site: TestSite) -> Result {
    let ann = user(&site, "ann").await;
    User.filter(User.id.eq(ann.id)).update(User.email.set("Ann@example.com")).exec(&site.db).await?;
    let evil = site
        .browser()
        .with_header("x-forwarded-host", "evil.example")
        .with_header("x-forwarded-proto", "http");
    ask(&evil, "aNN@EXAMPLE.com").await.status(303);
    let mail = site.outbox().await.pop().unwrap();
    assert_eq!(mail.recipients(), ["Ann@example.com"]);
    assert!(
        mail.links().iter().all(|link| link.starts_with("https://cinema.example/password/reset/")),
        "{:?}",
        mail.links()
    );
    assert!(!format!("{:?} {mail:?}", String::from_utf8_lossy(mail.bytes())).contains("evil"));
    for injected in [
        "ann@example.com\r\nBcc: all@example.com",
        "ann@example.com, all@example.com",
        "ann@example.com\0",
        "a <ann@example.com>",
    ] {
        ask(&site.browser(), injected).await.status(422);
    }
    assert_eq!(site.outbox().await.len(), 1);
    Ok(())
}

#[quintet::test(site, settings = { "auth.signup" = true })]
async fn a_mailbox_is_not_filled(site: TestSite) -> Result {
    user(&site, "ann").await;
    for email in ["ann@example.com", "nobody@example.com"] {
        for _ in 0..5 {
            ask(&site.browser(), email).await.status(303);
        }
        let told = ask(&site.browser(), &email.to_uppercase()).await.status(429).header("retry-after", "600");
        told.contains("too often. Try again in 10 minutes").template("auth/reset.html");
    }
    assert_eq!(site.outbox().await.len(), 5);
    // What else is sent there has its own limit, and time gives back.
    site.post("/signup/", &[("email", "ann@example.com")]).await.status(303);
    site.advance(Duration::from_secs(600)).await;
    ask(&site, "ann@example.com").await.status(303);
    Ok(())
}

/// While strangers guess, whoever is new has to wait; but not who has come back by mail.
#[quintet::test(site, settings = { "auth.wrong_logins" = 1 })]
async fn the_owner_gets_in_while_others_guess(site: TestSite) -> Result {
    user(&site, "ann").await;
    let owner = site.browser();
    for _ in 0..10 {
        assert_eq!(log_in(&site.browser(), "ann", "guess").await, 422);
    }
    assert_eq!(log_in(&owner, "ann", WORD).await, 429);
    let link = reset_link(&site, "ann@example.com").await;
    assert_eq!(set(&owner, &link, NEW).await, 303);
    assert_eq!((log_in(&site.browser(), "ann", NEW).await, log_in(&owner, "ann", NEW).await), (429, 303));
    Ok(())
}

#[quintet::test(site)]
async fn nobody_signs_up_where_the_settings_say_nothing(site: TestSite) -> Result {
    for page in ["/signup/", "/signup/link/x/", "/signup/finish/"] {
        site.get(page).await.status(404);
    }
    site.post("/signup/", &[("email", "ann@example.com")]).await.status(404);
    assert!(site.outbox().await.is_empty());
    Ok(())
}

async fn signup_link(site: &TestSite, email: &str) -> String {
    site.clear_outbox().await;
    site.browser().post("/signup/", &[("email", email)]).await.redirects("/signup/sent/");
    site.outbox().await.pop().unwrap().link()
}

async fn finish(browser: &TestClient, name: &str, password: &str) -> TestResponse {
    browser.post("/signup/finish/", &[("username", name), ("password", password), ("again", password)]).await
}

#[quintet::test(site, settings = { "auth.signup" = true, "auth.after_signup" = "/me/" })]
async fn who_signs_up_confirms_the_address_first(site: TestSite) -> Result {
    let bob = user(&site, "bob").await;
    site.get("/login/").await.ok().contains("href=\"/signup/\"");
    site.get("/signup/sent/").await.ok().contains("finish your account");
    let link = signup_link(&site, "ann@EXAMPLE.com").await;
    // Nothing is made for whoever only says an address.
    assert_eq!(User.query().count(&site.db).await?, 1);
    site.get("/signup/finish/").await.status(410);
    finish(&site, "ann", NEW).await.status(410);

    site.get(link.clone()).await.redirects("/signup/finish/");
    site.get("/signup/finish/").await.ok().contains("For ann@example.com.").contains("name=\"username\"");
    finish(&site, "ann", "password").await.status(422).contains("too common");
    finish(&site, "annann77", "annann77").await.status(422).contains("too similar to the username");
    // Whoever has a name has it in capitals, too: their known browsers would be one.
    for taken in ["bob", "BOB", "ｂｏｂ"] {
        finish(&site, taken, NEW).await.status(422).contains("This name is taken");
    }
    finish(&site, "", NEW).await.status(422);
    finish(&site, "a b", NEW).await.status(422);
    let other = site.browser();
    other.get(link.clone()).await.status(303);
    finish(&site, "ann", NEW).await.redirects("/me/");
    assert_eq!(who(&site).await, "ann");
    let ann = User.filter(User.username.eq("ann")).one(&site.db).await?;
    assert_eq!(
        (ann.email.as_str(), ann.is_active, ann.is_staff, ann.is_superuser),
        ("ann@example.com", true, false, false)
    );
    // Once, also for who has opened it before.
    finish(&other, "ann2", NEW).await.status(410);
    site.browser().get(link).await.status(410);
    assert_eq!(User.query().count(&site.db).await?, 2);

    // Who has an account is told so, and led back.
    let known = signup_link(&site, "BOB@example.com").await;
    assert_eq!(known, "/password/reset/");
    // Too late.
    let link = signup_link(&site, "carol@example.com").await;
    site.advance(Duration::from_secs(24 * 3600 + 1)).await;
    site.browser().get(link).await.status(410);
    assert_eq!(again(&site, &bob).await.password, bob.password);
    Ok(())
}

#[quintet::test(site, settings = { "auth.signup" = true, "auth.login_by" = "either" })]
async fn nobody_is_called_by_the_address_of_somebody_else(site: TestSite) -> Result {
    user(&site, "bob").await;
    site.get(signup_link(&site, "ann@example.com").await).await.status(303);
    finish(&site, "bob@example.com", NEW).await.status(422).contains("This name is taken");
    finish(&site, "ann@example.com", NEW).await.status(303);
    assert_eq!(log_in(&site.browser(), "bob@example.com", WORD).await, 303);
    Ok(())
}

#[quintet::test(site, settings = { "auth.signup" = true, "auth.login_by" = "email" })]
async fn where_people_log_in_by_address_they_need_no_name(site: TestSite) -> Result {
    let link = signup_link(&site, "ann@example.com").await;
    let browser = site.browser();
    browser.get(link).await.status(303);
    browser.get("/signup/finish/").await.ok().lacks("name=\"username\"");
    browser.post("/signup/finish/", &[("password", NEW), ("again", NEW)]).await.redirects("/");
    assert_eq!(log_in(&site.browser(), "ann@example.com", NEW).await, 303);
    Ok(())
}

async fn change(browser: &TestClient, email: &str, password: &str) -> TestResponse {
    browser.post("/email/", &[("email", email), ("password", password)]).await
}

#[quintet::test(site)]
async fn another_address_is_confirmed_by_its_reader(site: TestSite) -> Result {
    let (ann, _) = (user(&site, "ann").await, user(&site, "bob").await);
    assert!(site.get("/email/").await.status(303).header_text("location").unwrap().starts_with("/login/"));
    let browser = site.login("ann").await;
    browser.get("/email/").await.ok().contains("It is ann@example.com now.");
    change(&browser, "new@example.com", "wrong").await.status(422).contains("not your password");
    change(&browser, "ann@EXAMPLE.com", WORD).await.status(422).contains("is your address");
    change(&browser, "new@example.com\nBcc: x@example.com", WORD).await.status(422);
    assert!(site.outbox().await.is_empty());
    change(&browser, "new@example.com", WORD).await.redirects("/email/");
    let mail = site.outbox().await.pop().unwrap();
    assert_eq!((mail.recipients().join(" "), site.outbox().await.len()), ("new@example.com".to_owned(), 1));

    // Following it changes nothing yet: programs do that. It may be read in another browser.
    let reader = site.browser();
    reader.get(mail.link()).await.redirects("/email/confirm/");
    reader.get("/email/confirm/").await.ok().contains("ann is to have the address new@example.com.");
    assert_eq!(again(&site, &ann).await.email, "ann@example.com");
    site.clear_outbox().await;
    reader.post("/email/confirm/", &[("confirm", "yes")]).await.redirects("/");
    assert_eq!(again(&site, &ann).await.email, "new@example.com");
    let notice = site.outbox().await.pop().unwrap();
    assert_eq!(notice.recipients(), ["ann@example.com"]);
    assert!(notice.text().contains("new@example.com"));
    reader.post("/email/confirm/", &[("confirm", "yes")]).await.status(410);
    reader.get(mail.link()).await.status(410);

    // An address that somebody has: the same answer, and only its owner is told.
    site.clear_outbox().await;
    change(&browser, "bob@example.com", WORD).await.redirects("/email/");
    let told = site.outbox().await.pop().unwrap();
    assert_eq!((told.recipients().join(" "), told.links().len()), ("bob@example.com".to_owned(), 0));
    Ok(())
}

#[quintet::test(site, settings = { "auth.confirm_expires" = "2h" })]
async fn a_confirmation_is_void_once_something_has_changed(site: TestSite) -> Result {
    let ann = user(&site, "ann").await;
    let browser = site.login("ann").await;
    let asked = async |email: &str| {
        site.clear_outbox().await;
        change(&browser, email, WORD).await.status(303);
        site.outbox().await.pop().unwrap().link()
    };
    let link = asked("a@example.com").await;
    site.advance(Duration::from_secs(7201)).await;
    site.browser().get(link).await.status(410);
    // Somebody else has it by now.
    let link = asked("carol@example.com").await;
    let reader = site.browser();
    reader.get(link.clone()).await.status(303);
    user(&site, "carol").await;
    reader.post("/email/confirm/", &[("confirm", "yes")]).await.status(410);
    // Another password: whoever had the old one has lost it.
    let link = asked("b@example.com").await;
    let reader = site.browser();
    reader.get(link.clone()).await.status(303);
    accounts(&site).set_password(&ann, NEW).await?;
    reader.post("/email/confirm/", &[("confirm", "yes")]).await.status(410);
    site.browser().get(link.clone()).await.status(410);
    // Another address in a link of ours is not signed.
    let forged = link.replace("/email/link/", "/email/link/x");
    site.browser().get(forged).await.status(410);
    assert_eq!(again(&site, &ann).await.email, "ann@example.com");
    Ok(())
}

/// Knows the passwords of who has none here.
#[derive(Debug)]
struct Directory;

impl AuthBackend for Directory {
    fn name(&self) -> &'static str {
        "directory"
    }

    fn authenticate<'a>(
        &'a self,
        services: &'a Services,
        given: &'a Credentials,
    ) -> BoxFuture<'a, Result<Option<User>>> {
        Box::pin(async move {
            match given.password.expose() {
                NEW => Accounts::of(services)?.find(&given.name).await,
                _ => Ok(None),
            }
        })
    }
}

fn with_directory() -> Site {
    site().install(App::new("staff").auth_backend(Directory))
}

#[quintet::test(with_directory, settings = { "auth.backends" = "model, directory" })]
async fn a_password_of_another_backend_is_enough_for_another_address(site: TestSite) -> Result {
    let dora = accounts(&site).create(Account::named("dora"), None).await?;
    let browser = site.login_as(&dora).await;
    change(&browser, "dora@example.com", WORD).await.status(422);
    change(&browser, "dora@example.com", NEW).await.redirects("/email/");
    assert_eq!(site.outbox().await.pop().unwrap().recipients(), ["dora@example.com"]);
    // Who has one here shows that one.
    let ann = user(&site, "ann").await;
    change(&site.login_as(&ann).await, "new@example.com", NEW).await.status(422);
    Ok(())
}

/// What was told: one test alone has the site that tells it.
static TOLD: Mutex<Vec<SecurityEvent>> = Mutex::new(Vec::new());

fn watched() -> Site {
    site().on(async |_: Services, event: Arc<SecurityEvent>| -> Result {
        TOLD.lock().unwrap().push((*event).clone());
        Ok(())
    })
}

#[quintet::test(watched, settings = { "auth.signup" = true })]
async fn what_happens_to_accounts_is_told(site: TestSite) -> Result {
    TOLD.lock().unwrap().clear();
    user(&site, "ann").await;
    ask(&site, "nobody@example.com").await.status(303);
    let link = reset_link(&site, "ann@example.com").await;
    assert_eq!(set(&site.browser(), &link, NEW).await, 303);
    let browser = site.login("ann").await;
    change(&browser, "new@example.com", WORD).await.status(422);
    change(&browser, "new@example.com", NEW).await.status(303);
    let link = site.outbox().await.pop().unwrap().link();
    browser.get(link).await.status(303);
    browser.post("/email/confirm/", &[("confirm", "yes")]).await.status(303);
    let link = signup_link(&site, "carol@example.com").await;
    let carol = site.browser();
    carol.get(link).await.status(303);
    finish(&carol, "carol", NEW).await.status(303);
    for _ in 0..6 {
        ask(&site.browser(), "dora@example.com").await;
    }
    let told = TOLD.lock().unwrap();
    let told: Vec<String> = told
        .iter()
        .filter(|event| event.what != What::LoggedIn)
        .map(|event| format!("{} {}", event.what.name(), event.user.as_deref().unwrap_or("-")))
        .collect();
    let wanted = [
        "account_created 1",
        "reset_asked 1",
        "password_changed 1",
        "sessions_ended 1",
        "reset_done 1",
        "login_failed 1",
        "email_changed 1",
        "account_created 2",
        "signed_up 2",
        "rate_limited -",
    ];
    assert_eq!(told, wanted);
    Ok(())
}

static FILES: &[EmbeddedFile] = &[
    EmbeddedFile {
        path: "templates/auth/mail/reset.html",
        bytes: b"{% block subject %}Own words{% endblock %}<p>{{ username }}, {{ expires }}: {{ link }}</p>",
    },
    EmbeddedFile { path: "templates/auth/sent.html", bytes: b"own {{ what }}" },
];

fn with_own_words() -> Site {
    site().install(App::new("words").folder(Folder::embedded("/words", FILES)))
}

#[quintet::test(with_own_words, settings = { "auth.reset_expires" = "3d" })]
async fn a_site_has_its_own_words(site: TestSite) -> Result {
    user(&site, "ann").await;
    ask(&site, "ann@example.com").await.follow().await.ok().contains("own reset");
    let mail = site.outbox().await.pop().unwrap();
    assert_eq!(mail.subject(), "Own words");
    assert!(mail.text().starts_with("ann, 3 days: http://testserver/password/reset/"), "{}", mail.text());
    Ok(())
}
