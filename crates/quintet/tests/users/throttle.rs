//! How often somebody may be wrong: by the site's clock, which stands still unless it is moved.

use std::{net::SocketAddr, time::Duration};

use axum::extract::{ConnectInfo, Request};
use quintet::{auth::Accounts, core::Service as _, prelude::*};

use super::{ann, new};

/// Everything comes through a proxy, which says from where.
fn site() -> Site {
    let peer = async |mut request: Request| {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 50_000))));
        request
    };
    super::site().layer(axum::middleware::map_request(peer))
}

const RIGHT: &str = "ann's word";

/// A browser that nobody knows, at this address.
fn at(site: &TestSite, address: &str) -> TestClient {
    site.browser().with_header("x-forwarded-for", address)
}

async fn answer(browser: &TestClient, name: &str, password: &str) -> TestResponse {
    browser.post("/login/", &[("username", name), ("password", password)]).await
}

/// 303 is in, 422 wrong, 429 too often.
async fn try_in(browser: &TestClient, name: &str, password: &str) -> u16 {
    answer(browser, name, password).await.code()
}

async fn wrong(browser: &TestClient, name: &str, times: usize) -> Vec<u16> {
    let mut codes = Vec::new();
    for _ in 0..times {
        codes.push(try_in(browser, name, "wrong").await);
    }
    codes
}

#[quintet::test(site)]
async fn five_wrong_passwords_pause_a_name_from_a_network(site: TestSite) -> Result {
    ann(&site).await?;
    let here = at(&site, "203.0.113.7");
    assert_eq!(wrong(&here, "ann", 5).await, [422; 5]);
    let told = answer(&here, "ANN ", RIGHT).await.status(429).header("retry-after", "60");
    told.contains("Too many wrong passwords. Try again in 60 seconds.").contains("value=\"ANN \"");
    let program = here.clone().with_header("accept", "application/json");
    let told = answer(&program, "ann", RIGHT).await.status(429).header("retry-after", "60");
    assert_eq!(told.header_text("content-type").unwrap(), "application/problem+json");
    // What the browser itself says of where it is, is not believed.
    assert_eq!(try_in(&at(&site, "198.51.100.1, 203.0.113.7"), "ann", RIGHT).await, 429);
    // Names that nobody has are treated alike.
    assert_eq!(wrong(&here, "nobody", 6).await, [422, 422, 422, 422, 422, 429]);
    // Elsewhere nothing is paused, and a minute later here neither: one attempt a minute.
    assert_eq!(try_in(&at(&site, "203.0.113.8"), "ann", RIGHT).await, 303);
    site.advance(Duration::from_secs(59)).await;
    answer(&here, "ann", "wrong").await.status(429).header("retry-after", "1");
    site.advance(Duration::from_secs(1)).await;
    assert_eq!(wrong(&here, "ann", 2).await, [422, 429]);
    site.advance(Duration::from_secs(60)).await;
    assert_eq!(try_in(&here, "ann", RIGHT).await, 303);
    Ok(())
}

#[quintet::test(site)]
async fn right_passwords_count_for_nothing(site: TestSite) -> Result {
    ann(&site).await?;
    for _ in 0..3 {
        // Each time from a browser that is not known; four wrong ones are forgotten with a right one.
        let browser = at(&site, "203.0.113.7");
        assert_eq!(wrong(&browser, "ann", 4).await, [422; 4]);
        assert_eq!(try_in(&browser, "ann", RIGHT).await, 303);
    }
    for _ in 0..100 {
        assert_eq!(try_in(&at(&site, "203.0.113.9"), "ann", RIGHT).await, 303);
    }
    Ok(())
}

#[quintet::test(site)]
async fn one_network_can_not_try_many_names(site: TestSite) -> Result {
    ann(&site).await?;
    let here = at(&site, "2001:db8:1:2::7");
    for n in 0..50 {
        assert_eq!(try_in(&here, &format!("user{n}"), "wrong").await, 422, "{n}");
    }
    // It has all addresses that begin so.
    let told = answer(&at(&site, "2001:db8:1:2:ffff::8"), "ann", RIGHT).await.status(429);
    told.header("retry-after", "10");
    assert_eq!(try_in(&at(&site, "2001:db8:1:3::7"), "ann", RIGHT).await, 303);
    site.advance(Duration::from_secs(10)).await;
    assert_eq!(wrong(&here, "user1", 2).await, [422, 429]);
    Ok(())
}

#[quintet::test(site)]
async fn ten_thousand_addresses_guess_little_and_lock_nobody_out(site: TestSite) -> Result {
    ann(&site).await?;
    // Ann has been here before, from some other network.
    let known = at(&site, "203.0.113.7");
    assert_eq!(try_in(&known, "ann", RIGHT).await, 303);
    known.post("/logout/", &[]).await.status(303);
    let mut compared = 0;
    for n in 0..10_000u32 {
        let stranger = at(&site, &format!("198.{}.{}.1", 18 + n / 250, n % 250));
        match try_in(&stranger, "ann", "wrong").await {
            422 => compared += 1,
            code => assert_eq!(code, 429),
        }
    }
    assert_eq!(compared, 50);
    // Her browser has its own bucket, wherever it is; whoever is new has to wait.
    assert_eq!(wrong(&known, "ann", 9).await, [422; 9]);
    assert_eq!(try_in(&known, "ann", RIGHT).await, 303);
    let elsewhere = known.clone().with_header("x-forwarded-for", "192.0.2.1");
    assert_eq!(try_in(&elsewhere, "ann", RIGHT).await, 303);
    answer(&at(&site, "192.0.2.2"), "ann", RIGHT).await.status(429).header("retry-after", "300");
    site.advance(Duration::from_secs(300)).await;
    assert_eq!(try_in(&at(&site, "192.0.2.2"), "ann", RIGHT).await, 303);
    Ok(())
}

#[quintet::test(site)]
async fn a_known_device_is_known_for_its_names_only_and_guesses_little_itself(site: TestSite) -> Result {
    ann(&site).await?;
    new(&Accounts::of(site.services())?, "bob").await?;
    let known = at(&site, "203.0.113.7");
    assert_eq!(try_in(&known, "bob", "bob's word").await, 303);
    let cookie = known.cookie("device").unwrap();
    // For other names it is as any other.
    assert_eq!(wrong(&known, "ann", 6).await, [422, 422, 422, 422, 422, 429]);
    assert_eq!(wrong(&known, "bob", 11).await, [[422; 10].as_slice(), &[429]].concat());
    // Somebody else at the same place does not suffer from it, nor does a cookie help that the site has not written.
    let other = at(&site, "203.0.113.7").with_cookie("device", &cookie.replacen('.', ".x", 1));
    assert_eq!(wrong(&other, "bob", 6).await, [422, 422, 422, 422, 422, 429]);
    site.advance(Duration::from_secs(60)).await;
    assert_eq!(try_in(&known, "bob", "bob's word").await, 303);
    // One browser, two people.
    assert_eq!(try_in(&known, "ann", RIGHT).await, 303);
    assert_eq!(wrong(&known, "bob", 10).await, [422; 10]);
    assert_eq!(wrong(&known, "ann", 10).await, [422; 10]);
    // After a year it is not known any more.
    site.advance(Duration::from_secs(366 * 24 * 60 * 60)).await;
    assert_eq!(wrong(&known, "bob", 6).await, [422, 422, 422, 422, 422, 429]);
    Ok(())
}

#[quintet::test(site)]
async fn the_cookie_of_a_device_is_the_sites_alone(site: TestSite) -> Result {
    ann(&site).await?;
    let cookie = |answer: TestResponse| {
        let all =
            answer.headers().get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned());
        all.filter(|value| value.contains("device=")).collect::<Vec<_>>()
    };
    let [plain] =
        <[String; 1]>::try_from(cookie(answer(&at(&site, "203.0.113.7"), "ann", RIGHT).await)).unwrap();
    assert!(plain.starts_with("device=") && !plain.contains("Secure"), "{plain}");
    let https = at(&site, "203.0.113.7").with_header("x-forwarded-proto", "https");
    let [safe] = <[String; 1]>::try_from(cookie(answer(&https, "ann", RIGHT).await)).unwrap();
    assert!(safe.starts_with("__Host-device="), "{safe}");
    assert!(safe.ends_with("; Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax; Secure"), "{safe}");
    assert!(!safe.contains("ann"), "it says nothing of who");
    assert!(cookie(answer(&at(&site, "203.0.113.7"), "ann", "wrong").await).is_empty());
    Ok(())
}

/// A right password that is stored in an older way is stored anew as soon as it is compared.
#[quintet::test(site)]
async fn who_has_to_wait_costs_no_hash_and_no_query(site: TestSite) -> Result {
    let ann = ann(&site).await?;
    let old = "pbkdf2_sha256$1000$PMRNBBBIsnAt3TM55rIxmy$BgjRgwMscPbcd7lJSbdahX6QElIoniHgdb6SfcSBxQE=";
    User.filter(User.id.eq(ann.id)).update(User.password.set(old)).exec(&site.db).await?;
    let here = at(&site, "203.0.113.7");
    assert_eq!(wrong(&here, "ann", 5).await, [422; 5]);
    site.queries(0, async || assert_eq!(try_in(&here, "ann", "correct horse").await, 429)).await;
    assert_eq!(User.get(ann.id, &site.db).await?.password, old);
    site.advance(Duration::from_secs(60)).await;
    assert_eq!(try_in(&here, "ann", "correct horse").await, 303);
    assert_ne!(User.get(ann.id, &site.db).await?.password, old);
    Ok(())
}

#[quintet::test(site, settings = { "auth.wrong_logins" = "2" })]
async fn the_settings_say_how_many(site: TestSite) -> Result {
    ann(&site).await?;
    assert_eq!(wrong(&at(&site, "203.0.113.7"), "ann", 3).await, [422, 422, 429]);
    Ok(())
}

#[quintet::test(site, settings = { "auth.wrong_logins" = "0" })]
async fn the_settings_say_whether(site: TestSite) -> Result {
    ann(&site).await?;
    assert_eq!(wrong(&at(&site, "203.0.113.7"), "ann", 70).await, [422; 70]);
    Ok(())
}

#[quintet::test(site)]
async fn the_old_password_can_not_be_guessed_either(site: TestSite) -> Result {
    ann(&site).await?;
    let browser = site.login("ann").await;
    let try_out = async |old: &str| {
        let new = "battery staple horse";
        browser.post("/password/", &[("old_password", old), ("new_password", new), ("again", new)]).await
    };
    for _ in 0..10 {
        try_out("wrong").await.status(422);
    }
    try_out(RIGHT).await.status(429).header("retry-after", "60").contains("Too many wrong passwords.");
    site.advance(Duration::from_secs(60)).await;
    try_out(RIGHT).await.redirects("/password/");
    Ok(())
}

/// Who comes over no network (a test, a socket of this machine) is bounded by the name alone.
#[quintet::test(super::site)]
async fn without_a_network_the_name_counts(site: TestSite) -> Result {
    ann(&site).await?;
    assert_eq!(wrong(&site.browser(), "ann", 51).await, [[422; 50].as_slice(), &[429]].concat());
    Ok(())
}
