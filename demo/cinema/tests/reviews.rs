//! Reviews: who may write, change, delete, hide and see them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use cinema::{
    models::{Film, Review},
    pages,
};
use quintet::{
    auth::{Account, Accounts, Permission},
    prelude::*,
};

async fn alien(db: &Db) -> Result<Film> {
    create!(Film { title: "Alien" }).insert(db).await
}

fn accounts(site: &TestSite) -> Result<Accounts> {
    use quintet::core::Service as _;
    Accounts::of(site.services())
}

async fn account(site: &TestSite, account: Account) -> Result<User> {
    accounts(site)?.create(account, None).await
}

/// A browser of somebody who may hide and show reviews.
async fn moderator(site: &TestSite) -> Result<TestClient> {
    let user = account(site, Account::named("mod")).await?;
    site.run("moderator mod").await?;
    Ok(site.login_as(&user).await)
}

async fn said(film: &Film, author: &User, stars: i32, text: &str, db: &Db) -> Result<Review> {
    create!(Review { film, author, stars, text }).insert(db).await
}

const GOOD: [(&str, &str); 2] = [("stars", "4"), ("text", "Nobody hears you.")];

#[quintet::test(cinema::site)]
async fn a_visitor_reads_and_is_asked_to_sign_in_to_write(site: TestSite) -> Result {
    let film = alien(&site.db).await?;
    let ana = account(
        &site,
        Account { first_name: "Ana".into(), last_name: "Ruiz".into(), ..Account::named("ana") },
    )
    .await?;
    let review = said(&film, &ana, 5, "In space…", &site.db).await?;
    let page = site.get(pages::film::url(film.id)).await.ok();
    page.contains("Ana Ruiz")
        .contains("In space…")
        .contains("<span class=\"vh\">5 of 5 stars</span>")
        .contains(&format!("/login/?next=/films/{}/review/", film.id))
        .contains(&format!("href=\"/login/?next=/films/{}/\"", film.id))
        .lacks("name=\"stars\"")
        .lacks("csrf_token")
        .lacks("/edit/")
        .lacks("/hide/")
        .lacks("Your reviews");

    let write = pages::write_review::url(film.id);
    let sign_in = format!("/login/?next=/films/{}/review/", film.id);
    site.get(write.clone()).await.redirects(&sign_in);
    site.post(write, &GOOD).await.redirects("/login/");
    for address in [
        pages::edit_review::url(review.id).to_string(),
        pages::delete_review::url(review.id).to_string(),
        pages::my_reviews::url().to_string(),
        pages::review_list::url().to_string(),
    ] {
        site.get(address.clone()).await.redirects(format!("/login/?next={address}"));
    }
    for address in [
        pages::edit_review::url(review.id),
        pages::review_goes::url(review.id),
        pages::hide_review::url(review.id),
        pages::show_review::url(review.id),
    ] {
        let code = site.post(address, &GOOD).await.code();
        assert_eq!(code, 303);
    }
    let left = Review.get(review.id, &site.db).await?;
    assert_eq!((left.stars, left.hidden, left.text.as_str()), (5, false, "In space…"));
    assert_eq!(Review.query().count(&site.db).await?, 1);
    Ok(())
}

#[quintet::test(cinema::site)]
async fn somebody_writes_changes_and_deletes_their_own(site: TestSite) -> Result {
    let film = alien(&site.db).await?;
    let ana = site.login("ana").await;
    let page = ana.get(pages::film::url(film.id)).await.ok();
    page.contains("name=\"stars\"")
        .contains("Write a review")
        .contains("Your reviews")
        .lacks("All reviews")
        .lacks("Sign in");
    ana.get(pages::write_review::url(film.id))
        .await
        .ok()
        .template("review_form.html")
        .contains("Review Alien");

    // What is wrong is told, and nothing is kept.
    let write = pages::write_review::url(film.id);
    let page = ana.post(write.clone(), &[("stars", "6"), ("text", "Nobody hears you.")]).await.status(422);
    page.field_error("stars", "5").contains("Nobody hears you.");
    ana.post(write.clone(), &[("stars", "0"), ("text", "x")]).await.status(422).field_error("stars", "1");
    ana.post(write.clone(), &[("text", " ")])
        .await
        .status(422)
        .field_error("stars", "how many stars")
        .field_error("text", "in a few words");
    let long = "x".repeat(2001);
    ana.post(write.clone(), &[("stars", "3"), ("text", &long)]).await.status(422).field_error("text", "2000");
    assert_eq!(Review.query().count(&site.db).await?, 0);

    let there = format!("/films/{}/#reviews", film.id);
    let page = ana.post(write.clone(), &GOOD).await.redirects(&there).follow().await.ok();
    page.contains("Thank you: your review of “Alien” is here now.")
        .contains("Nobody hears you.")
        .contains("Edit your review")
        .contains("from 1 review")
        .lacks("name=\"stars\"");
    let review = Review.first(&site.db).await?.or_404()?;
    assert_eq!((review.stars, review.changed.is_none()), (4, true));

    // One each: the page of the form leads to the review that there is, and a second one is told.
    ana.get(write.clone()).await.redirects(pages::edit_review::url(review.id));
    let page = ana.post(write, &[("stars", "1"), ("text", "Again")]).await.status(422);
    page.contains("You have reviewed this film already").contains("Again");
    assert_eq!(Review.query().count(&site.db).await?, 1);

    let edit = pages::edit_review::url(review.id);
    ana.get(edit.clone()).await.ok().contains("Nobody hears you.</textarea>").contains("value=\"4\" checked");
    ana.post(edit.clone(), &[("stars", "4"), ("text", "")])
        .await
        .status(422)
        .field_error("text", "in a few words");
    let page =
        ana.post(edit, &[("stars", "5"), ("text", "Nobody hears you scream.")]).await.redirects(&there);
    page.follow().await.ok().contains("was changed").contains("you scream.").contains("5 of 5 stars");
    let now = Review.get(review.id, &site.db).await?;
    assert_eq!((now.stars, now.created, now.changed.is_some()), (5, review.created, true));
    ana.get(pages::my_reviews::url()).await.ok().contains("you scream.").contains("Alien");

    let delete = pages::delete_review::url(review.id);
    ana.get(delete).await.ok().template("review_delete.html").contains("you scream.");
    let page = ana.post(pages::review_goes::url(review.id), &[]).await.redirects(&there).follow().await.ok();
    page.contains("was deleted").contains("Nobody has said anything").contains("name=\"stars\"");
    assert_eq!(Review.query().count(&site.db).await?, 0);
    ana.post(pages::review_goes::url(review.id), &[]).await.status(404);
    ana.get(pages::my_reviews::url()).await.ok().contains("not reviewed any film");
    Ok(())
}

#[quintet::test(cinema::site)]
async fn two_reviews_at_once_are_one_and_the_database_says_so_in_the_form(site: TestSite) -> Result {
    let film = alien(&site.db).await?;
    let (ana, other) = (site.login("ana").await, site.login("ana").await);
    let write = || pages::write_review::url(film.id);
    let (one, two) = tokio::join!(ana.post(write(), &GOOD), other.post(write(), &GOOD));
    let mut codes = [one.code(), two.code()];
    codes.sort_unstable();
    assert_eq!(codes, [303, 422]);
    assert_eq!(Review.query().count(&site.db).await?, 1);
    Ok(())
}

#[quintet::test(cinema::site)]
async fn nobody_changes_what_another_has_written(site: TestSite) -> Result {
    let film = alien(&site.db).await?;
    let ana = account(&site, Account::named("ana")).await?;
    let review = said(&film, &ana, 5, "In space…", &site.db).await?;
    let root =
        account(&site, Account { is_superuser: true, is_staff: true, ..Account::named("root") }).await?;
    for other in [site.login("ben").await, site.login_as(&root).await] {
        let page = other.get(pages::film::url(film.id)).await.ok();
        page.contains("In space…").lacks("Edit your review").contains("name=\"stars\"");
        other.get(pages::edit_review::url(review.id)).await.status(403);
        other.post(pages::edit_review::url(review.id), &GOOD).await.status(403);
        other.get(pages::delete_review::url(review.id)).await.status(403);
        other.post(pages::review_goes::url(review.id), &[]).await.status(403);
        other.get(pages::edit_review::url(99)).await.status(404);
        other.get(pages::my_reviews::url()).await.ok().lacks("In space…");
    }
    let ben = site.login("ben").await;
    for address in [pages::hide_review::url(review.id), pages::show_review::url(review.id)] {
        ben.post(address, &[]).await.status(403);
    }
    ben.get(pages::review_list::url()).await.status(403);
    let left = Review.get(review.id, &site.db).await?;
    assert_eq!((left.stars, left.hidden, left.text.as_str()), (5, false, "In space…"));
    Ok(())
}

#[quintet::test(cinema::site)]
async fn a_moderator_hides_and_shows(site: TestSite) -> Result {
    let film = alien(&site.db).await?;
    let author = account(&site, Account::named("ana")).await?;
    let bad = said(&film, &author, 1, "Rubbish, all of it", &site.db).await?;
    let ben = account(&site, Account::named("ben")).await?;
    said(&film, &ben, 5, "Perfect", &site.db).await?;
    let moderator = moderator(&site).await?;
    let at = pages::film::url(film.id);
    let list = pages::review_list::url().to_string();

    let page = moderator.get(at.clone()).await.ok();
    page.contains("All reviews").contains(&format!("/reviews/{}/hide/", bad.id)).contains("<b>3.0</b> of 5");
    moderator
        .get(list.clone())
        .await
        .ok()
        .template("reviews_list.html")
        .contains("Rubbish")
        .contains("Perfect");
    // A GET does nothing, and other sites can't send it.
    moderator.get(pages::hide_review::url(bad.id)).await.status(405);
    assert!(!Review.get(bad.id, &site.db).await?.hidden);

    let hide = pages::hide_review::url(bad.id);
    let page = moderator
        .post(hide.clone(), &[])
        .await
        .redirects(format!("/films/{}/#reviews", film.id))
        .follow()
        .await;
    page.ok()
        .contains("The review is hidden")
        .contains("Rubbish")
        .contains("<span class=\"tag\">Hidden</span>")
        .contains("<b>5.0</b> of 5");
    assert!(Review.get(bad.id, &site.db).await?.hidden);
    assert!(Review.get(bad.id, &site.db).await?.changed.is_none());

    // Others don't see it, and it counts in no rating; its author sees it, and that it is hidden.
    for reader in [site.browser(), site.login("ben").await] {
        reader.get(at.clone()).await.ok().lacks("Rubbish").contains("<b>5.0</b> of 5");
        reader.get(at.clone().query("after", "")).await.ok().lacks("Rubbish");
    }
    site.get("/").await.ok().contains("</span>5.0<span class=\"vh\"> of 5, 1 review</span>");
    let ana = site.login("ana").await;
    ana.get(at.clone()).await.ok().contains("Rubbish").contains("A moderator has hidden it");
    ana.get(pages::my_reviews::url()).await.ok().contains("Hidden");
    // Its author changes it: it stays hidden.
    ana.post(
        pages::edit_review::url(bad.id),
        &[("stars", "2"), ("text", "Rubbish, half"), ("hidden", "false")],
    )
    .await;
    let now = Review.get(bad.id, &site.db).await?;
    assert_eq!((now.hidden, now.stars), (true, 2));

    moderator.get(format!("{list}?which=hidden")).await.ok().contains("Rubbish").lacks("Perfect");
    moderator.get(format!("{list}?which=visible")).await.ok().lacks("Rubbish").contains("Perfect");
    moderator.get(format!("{list}?which=some")).await.status(422);
    // Back to where the button was pressed, but to no other site.
    let show = pages::show_review::url(bad.id);
    moderator
        .post(show.clone().query("next", "/reviews/?which=hidden"), &[])
        .await
        .redirects("/reviews/?which=hidden");
    assert!(!Review.get(bad.id, &site.db).await?.hidden);
    for elsewhere in ["//evil.example/", "https://evil.example/", "javascript:alert(1)"] {
        let answer = moderator.post(show.clone().query("next", elsewhere), &[]).await;
        answer.redirects(format!("/films/{}/#reviews", film.id));
    }
    moderator.post(pages::hide_review::url(99), &[]).await.status(404);
    Ok(())
}

#[quintet::test(cinema::site)]
async fn other_sites_can_not_send_anything(site: TestSite) -> Result {
    let film = alien(&site.db).await?;
    let ana = account(&site, Account { is_superuser: true, ..Account::named("ana") }).await?;
    let review = said(&film, &ana, 5, "In space…", &site.db).await?;
    let browser = site.login_as(&ana).await.enforce_csrf();
    let other = create!(Film { title: "Aliens" }).insert(&site.db).await?;
    for address in [
        pages::write_review::url(other.id),
        pages::edit_review::url(review.id),
        pages::review_goes::url(review.id),
        pages::hide_review::url(review.id),
    ] {
        browser.post(address, &GOOD).await.status(403);
    }
    let left = Review.get(review.id, &site.db).await?;
    assert_eq!((Review.query().count(&site.db).await?, left.stars, left.hidden), (1, 5, false));
    Ok(())
}

#[quintet::test(cinema::site)]
async fn whose_it_is_and_of_what_is_not_the_senders_to_say(site: TestSite) -> Result {
    let film = alien(&site.db).await?;
    let other = create!(Film { title: "Aliens" }).insert(&site.db).await?;
    let ben = account(&site, Account::named("ben")).await?;
    let ana = account(&site, Account::named("ana")).await?;
    let browser = site.login_as(&ana).await;
    let (foreign, author) = (other.id.to_string(), ben.id.to_string());
    let all = [
        ("stars", "4"),
        ("text", "Mine"),
        ("author", &*author),
        ("film", &*foreign),
        ("hidden", "true"),
        ("id", "77"),
        ("created", "2001-01-01T00:00"),
    ];
    browser
        .post(pages::write_review::url(film.id), &all)
        .await
        .redirects(format!("/films/{}/#reviews", film.id));
    let check = async || {
        let review = Review.first(&site.db).await?.or_404()?;
        assert_eq!((*review.film.id(), *review.author.id(), review.hidden), (film.id, ana.id, false));
        assert!(review.id != 77 && review.created.as_second() > 1_500_000_000);
        Ok::<_, Error>(review)
    };
    let review = check().await?;
    browser
        .post(pages::edit_review::url(review.id), &all)
        .await
        .redirects(format!("/films/{}/#reviews", film.id));
    check().await?;
    Ok(())
}

#[quintet::test(cinema::site)]
async fn what_people_type_is_text(site: TestSite) -> Result {
    const EVIL: &str = "</p><script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let film = create!(Film { title: "<i>Alien</i>" }).insert(&site.db).await?;
    let ana = account(
        &site,
        Account {
            first_name: "<b>Ana".into(),
            last_name: "\"><svg onload=alert(1)>".into(),
            ..Account::named("ana")
        },
    )
    .await?;
    let browser = site.login_as(&ana).await;
    browser.post(pages::write_review::url(film.id), &[("stars", "4"), ("text", EVIL)]).await.status(303);
    let review = Review.first(&site.db).await?.or_404()?;
    assert_eq!(review.text, EVIL);
    let root = account(&site, Account { is_superuser: true, ..Account::named("root") }).await?;
    let root = site.login_as(&root).await;
    let at = pages::film::url(film.id);
    let mut pages = vec![
        site.get(at.clone()).await,
        root.get(at.clone()).await,
        root.get(pages::review_list::url()).await,
        site.get("/").await,
    ];
    for address in [
        at.to_string(),
        pages::my_reviews::url().to_string(),
        pages::edit_review::url(review.id).to_string(),
        pages::delete_review::url(review.id).to_string(),
        "/password/".to_owned(),
        "/logout/".to_owned(),
    ] {
        pages.push(browser.get(address).await);
    }
    for page in pages {
        let html = page.ok().text();
        for bad in ["<script>alert", "<img src=x", "<svg onload", "<b>Ana", "<i>Alien"] {
            assert!(!html.contains(bad), "{bad}: {html}");
        }
    }
    Ok(())
}

#[quintet::test(cinema::site)]
async fn the_list_goes_on_and_says_what_all_of_them_come_to(site: TestSite) -> Result {
    let film = alien(&site.db).await?;
    for n in 0..23 {
        let user = account(&site, Account::named(&format!("u{n:02}"))).await?;
        said(&film, &user, 1 + n % 5, &format!("review {n:02}."), &site.db).await?;
        site.advance(std::time::Duration::from_secs(60)).await;
    }
    let order = |html: &str| -> Vec<u32> {
        html.split("<p class=\"text\">review ").skip(1).map(|rest| rest[..2].parse().unwrap()).collect()
    };
    let mut seen = Vec::new();
    let mut at = format!("/films/{}/", film.id);
    for left in [10, 10, 3] {
        let html = site.get(at.clone()).await.ok().text();
        let found = order(&html);
        assert_eq!(found.len(), left);
        seen.extend(found);
        // 5 of one to three stars, 4 of four and five.
        assert!(html.contains("from 23 reviews") && html.contains("<b>2.9</b> of 5"), "{html}");
        let part = html.split("class=\"more\"").nth(1);
        assert_eq!(part.is_some(), left == 10);
        if let Some(part) = part {
            at =
                part.split("data-hx-get=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
        }
    }
    assert_eq!(seen, (0..23).rev().collect::<Vec<u32>>());
    site.get(format!("/films/{}/?after=nonsense", film.id)).await.status(400);

    // A script gets the part alone.
    let script = site.browser().with_header("hx-request", "true");
    let part = script.get(at.clone()).await.ok().template("reviews.html").text();
    assert!(order(&part).len() == 3 && !part.contains("<html"));
    let ana = site.login("ana").await.with_header("hx-request", "true");
    let write = pages::write_review::url(film.id);
    let part = ana.post(write.clone(), &[("stars", "4"), ("text", "")]).await.status(422);
    part.template("reviews.html").contains("in a few words").contains("review 22.").lacks("<html");
    let part = ana.post(write, &GOOD).await.status(303).follow().await.ok().template("reviews.html");
    part.contains("Nobody hears you.").contains("Thank you").contains("from 24 reviews").lacks("<html");
    let own = Review.filter(Review.text.eq("Nobody hears you.")).one(&site.db).await?;
    ana.get(pages::edit_review::url(own.id))
        .await
        .ok()
        .template("reviews.html")
        .contains("Change your review")
        .lacks("<html");
    Ok(())
}

#[quintet::test(cinema::site)]
async fn pages_ask_as_often_whatever_they_show(site: TestSite) -> Result {
    let film = alien(&site.db).await?;
    let moderator = moderator(&site).await?;
    let ana = site.login("ana").await;
    for many in [1, 8] {
        for n in 0..many {
            let user = account(&site, Account::named(&format!("u{many}x{n}"))).await?;
            said(&film, &user, 5, "Good", &site.db).await?;
        }
        let at = || pages::film::url(film.id);
        // The film, its genres, the comments, the stars, the reviews with their authors.
        site.queries(5, async || site.get(at()).await.ok()).await;
        // Session, user, permissions; the same, and one's own.
        site.queries(9, async || ana.get(at()).await.ok()).await;
        // Genres, count, films with their directors and ratings, their genres.
        site.queries(4, async || site.get("/").await.ok()).await;
        site.queries(4, async || moderator.get(pages::review_list::url()).await.ok()).await;
        site.queries_at_most(4, async || ana.get(pages::my_reviews::url()).await.ok()).await;
    }
    Ok(())
}

#[quintet::test(cinema::site)]
async fn people_sign_in_and_come_back_to_what_they_wanted_to_say(site: TestSite) -> Result {
    let film = alien(&site.db).await?;
    accounts(&site)?.create(Account::named("ana"), Some("a tune in five parts")).await?;
    let browser = site.browser();
    let page = browser.get("/login/?next=/films/1/review/").await.ok().template("auth/login.html");
    page.contains("class=\"brand\"")
        .contains("/static/cinema/cinema.")
        .contains("Sign in")
        .lacks("Your reviews");
    let address = format!("/login/?next=/films/{}/review/", film.id);
    let wrong =
        browser.post(address.clone(), &[("username", "ana"), ("password", "wrong")]).await.status(422);
    wrong.contains("The username or the password is wrong.").lacks("value=\"wrong\"");
    let right =
        browser.post(address.clone(), &[("username", "ana"), ("password", "a tune in five parts")]).await;
    right
        .redirects(pages::write_review::url(film.id))
        .follow()
        .await
        .ok()
        .contains("Review Alien")
        .contains("<summary class=\"btn\">ana");
    browser.get("/password/").await.ok().contains("class=\"brand\"");
    browser.get("/logout/").await.ok().contains("class=\"brand\"");
    browser.post("/logout/", &[]).await.redirects("/").follow().await.ok().contains("Sign in");
    Ok(())
}

#[quintet::test(cinema::site)]
async fn the_first_start_says_how_to_get_a_user_and_no_account_comes_along(site: TestSite) -> Result {
    assert_eq!(User.query().count(&site.db).await?, 0);
    assert!(site.run("moderator ana").await.unwrap_err().to_string().contains("nobody is called `ana`"));
    account(&site, Account::named("ana")).await?;
    site.run("moderator ana").await?;
    site.run("moderator ana").await?;
    let held = Permission.filter(Permission.users.any(User.username.eq("ana"))).all(&site.db).await?;
    assert_eq!(held.iter().map(|p| p.codename.as_str()).collect::<Vec<_>>(), ["moderate_review"]);
    Ok(())
}
