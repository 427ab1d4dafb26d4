//! Pages that are open: who is there, what they are told, and who may hear and say it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use cinema::{
    live::{FilmRoom, Here, News, Note, Own, Say},
    models::{Comment, Film, Review},
    pages,
};
use quintet::{
    auth::{Account, Accounts},
    prelude::*,
};

async fn alien(db: &Db) -> Result<Film> {
    create!(Film { title: "Alien" }).insert(db).await
}

async fn user(site: &TestSite, name: &str) -> Result<User> {
    use quintet::core::Service as _;
    Accounts::of(site.services())?.create(Account::named(name), None).await
}

fn room(film: &Film) -> FilmRoom {
    FilmRoom { id: film.id }
}

fn key(user: &User) -> String {
    Here::user(user).key
}

async fn presence<C: Channel>(room: &mut TestRoom<C>) {
    while !matches!(room.heard().await, Heard::Presence) {}
}

/// How those who are there are called, and whether two of them are one person.
fn names(room: &TestRoom<FilmRoom>) -> Vec<(String, String)> {
    let here = room.here().into_iter().map(|here| serde_json::from_value::<Here>(here).unwrap());
    let mut names: Vec<_> = here.map(|here| (here.name.unwrap_or_default(), here.key)).collect();
    names.sort();
    names
}

#[quintet::test(cinema::site)]
async fn all_who_look_at_a_film_are_there(site: TestSite) -> Result {
    let film = alien(&site.db).await?;
    let ana = user(&site, "ana").await?;
    let browser = site.login_as(&ana).await;
    let mut first = browser.join(room(&film)).await?;
    assert_eq!(names(&first), [("ana".to_owned(), key(&ana))]);
    let second = browser.join(room(&film)).await?;
    presence(&mut first).await;
    assert_eq!(names(&first), vec![("ana".to_owned(), key(&ana)); 2], "two pages, one person");

    // Guests have no names; those of one browser are one, and another one on another film.
    let chance = || Say::Guest { browser: "0123456789abcdef".into() };
    let (mut guest, mut again) = (site.join(room(&film)).await?, site.join(room(&film)).await?);
    while first.here().len() < 4 {
        presence(&mut first).await;
    }
    let two: Vec<_> = names(&first).into_iter().filter(|(name, _)| name.is_empty()).collect();
    assert_ne!(two[0].1, two[1].1, "nobody knows yet");
    guest.say(chance()).await?;
    again.say(chance()).await?;
    let guests = async |room: &mut TestRoom<FilmRoom>| loop {
        let guests: Vec<_> = names(room).into_iter().filter(|(_, key)| key.starts_with("guest ")).collect();
        if guests.len() == 2 {
            return guests;
        }
        presence(room).await;
    };
    let two = guests(&mut first).await;
    assert_eq!(two[0], two[1]);
    let other = create!(Film { title: "Aliens" }).insert(&site.db).await?;
    let (mut here, mut there) = (site.join(room(&other)).await?, site.join(room(&other)).await?);
    here.say(chance()).await?;
    there.say(chance()).await?;
    assert_ne!(guests(&mut here).await[0], two[0]);
    // Who has signed in is who they are, whatever their page says.
    first.say(chance()).await?;
    for short in ["", "0123456"] {
        let refused = guest.say(Say::Guest { browser: short.into() }).await.unwrap_err();
        assert_eq!(refused.status().as_u16(), 422);
    }
    assert!(names(&first).contains(&("ana".to_owned(), key(&ana))));

    drop((second, guest, again));
    while first.here().len() > 1 {
        presence(&mut first).await;
    }
    assert_eq!(names(&first), [("ana".to_owned(), key(&ana))]);
    Ok(())
}

#[quintet::test(cinema::site)]
async fn a_guest_stays_the_one_they_were_when_something_changes(site: TestSite) -> Result {
    let film = alien(&site.db).await?;
    let mut looker = site.join(room(&film)).await?;
    let mut guest = site.join(room(&film)).await?;
    guest.say(Say::Guest { browser: "0123456789abcdef".into() }).await?;
    let known = |room: &TestRoom<FilmRoom>| names(room).into_iter().any(|(_, key)| key.starts_with("guest "));
    while !known(&looker) {
        presence(&mut looker).await;
    }
    // Everybody is looked at again: `join` is asked, and gives the same.
    site.services().require::<Channels>()?.user_changed(None).await;
    guest.say(Say::Guest { browser: "fedcba9876543210".into() }).await?;
    presence(&mut looker).await;
    assert!(known(&looker));
    Ok(())
}

#[quintet::test(cinema::site)]
async fn topics_are_refused_to_who_has_no_part_in_them(site: TestSite) -> Result {
    let film = alien(&site.db).await?;
    let (ana, ben) = (user(&site, "ana").await?, user(&site, "ben").await?);
    let status = |refused: Error| refused.status().as_u16();
    assert_eq!(status(site.join(FilmRoom { id: film.id + 1 }).await.unwrap_err()), 404);
    assert_eq!(status(site.join(Own { id: ana.id }).await.unwrap_err()), 401);
    let ben = site.login_as(&ben).await;
    assert_eq!(status(ben.join(Own { id: ana.id }).await.unwrap_err()), 403);
    let ana_at_home = site.login_as(&ana).await;
    let mut own = ana_at_home.join(Own { id: ana.id }).await?;
    assert_eq!(own.here().len(), 0, "nobody sees how many pages they have open");
    let forged = Note::Comment { text: "x".into(), href: "/".into(), film: film.id };
    assert_eq!(status(own.say(forged).await.unwrap_err()), 403);

    let mut guest = site.join(room(&film)).await?;
    assert_eq!(status(guest.say(Say::Typing).await.unwrap_err()), 401);
    let mut talker = ben.join(room(&film)).await?;
    talker.say(Say::Typing).await?;
    let News::Typing { name, .. } = guest.next().await else { panic!("typing") };
    assert_eq!(name, "ben");
    Ok(())
}

#[quintet::test(cinema::site)]
async fn people_talk_and_the_page_shows_it(site: TestSite) -> Result {
    let film = alien(&site.db).await?;
    let (ana, ben) = (user(&site, "ana").await?, user(&site, "ben").await?);
    let (at_ana, at_ben) = (site.login_as(&ana).await, site.login_as(&ben).await);
    let (part, say) = (pages::comments::url(film.id), pages::write_comment::url(film.id));

    // A visitor reads.
    let page = site.get(pages::film::url(film.id)).await.ok();
    page.contains("Sign in to talk")
        .contains(&format!("data-channel=\"film:{}\"", film.id))
        .lacks("name=\"say\"")
        .lacks("data-own");
    site.post(say.clone(), &[("say", "hello")]).await.redirects("/login/");
    site.get(part.clone()).await.redirects(format!("/films/{}/#talk", film.id));

    // Without script: there and back.
    let mut heard = site.join(room(&film)).await?;
    let talk = format!("/films/{}/#talk", film.id);
    let page = at_ana.post(say.clone(), &[("say", "Is <b>this</b> on?")]).await.redirects(&talk);
    page.follow()
        .await
        .ok()
        .contains("Is &lt;b&gt;this&lt;/b&gt; on?")
        .contains("Delete your comment")
        .contains(&format!("data-own=\"{}\"", ana.id));
    assert_eq!(heard.next().await, News::Comment { by: key(&ana) });
    let said = Comment.query().one(&site.db).await?;
    assert_eq!((said.text.as_str(), *said.author.id()), ("Is <b>this</b> on?", ana.id));

    // With it: the part anew, with an empty form.
    let by_script = at_ben.clone().with_header("HX-Request", "true");
    let answer = by_script.post(say.clone(), &[("say", "It is.")]).await.ok().template("talk.html");
    answer
        .contains("It is.")
        .contains("on?")
        .contains("name=\"say\"")
        .lacks("value=\"It is.\"")
        .lacks("<html");
    assert_eq!(heard.next().await, News::Comment { by: key(&ben) });
    (*site)
        .clone()
        .with_header("HX-Request", "true")
        .get(part.clone())
        .await
        .ok()
        .template("lines.html")
        .contains("It is.")
        .lacks("Delete");

    // What is wrong is told, and nothing is kept or told to others.
    let long = "x".repeat(301);
    by_script
        .post(say.clone(), &[("say", &long)])
        .await
        .status(422)
        .template("talk.html")
        .field_error("say", "300")
        .contains(&long);
    at_ben
        .post(say.clone(), &[("say", "  ")])
        .await
        .status(422)
        .template("comment_form.html")
        .field_error("say", "first");
    at_ben.get(say.clone()).await.ok().contains("Talk about Alien");
    at_ben.get(pages::write_comment::url(film.id + 1)).await.status(404);
    assert_eq!(Comment.query().count(&site.db).await?, 2);

    // One's own goes, another one's does not, a moderator's hand takes any.
    let goes = pages::comment_goes::url(said.id);
    at_ben.post(goes.clone(), &[]).await.status(403);
    site.post(goes.clone(), &[]).await.status(303);
    assert_eq!(Comment.query().count(&site.db).await?, 2);
    at_ana.post(goes, &[]).await.redirects(&talk);
    assert_eq!(heard.next().await, News::CommentGone);
    let left = Comment.query().one(&site.db).await?;
    let mira = user(&site, "mira").await?;
    site.run("moderator mira").await?;
    let at_mira = site.login_as(&mira).await.with_header("HX-Request", "true");
    at_mira.get(part).await.ok().contains("Delete the comment by ben");
    at_mira.post(pages::comment_goes::url(left.id), &[]).await.ok().contains("Nobody has said anything yet");
    assert_eq!(heard.next().await, News::CommentGone);
    Ok(())
}

#[quintet::test(cinema::site)]
async fn the_newest_twenty_are_shown_by_as_many_queries_as_one(site: TestSite) -> Result {
    let film = alien(&site.db).await?;
    let ana = user(&site, "ana").await?;
    let browser = (*site).clone().with_header("HX-Request", "true");
    let part = || browser.get(pages::comments::url(film.id));
    for n in 1..=22 {
        let text = format!("line {n}.");
        create!(Comment { film: &film, author: &ana, text }).insert(&site.db).await?;
        if n == 1 {
            site.queries(1, async || part().await.ok()).await;
        }
    }
    let page = site.queries(1, async || part().await.ok()).await;
    let text = page.contains("line 3.").contains("line 22.").lacks("line 2.").lacks("line 1.").text();
    assert!(text.find("line 22.") < text.find("line 3."), "the newest first");
    Ok(())
}

#[quintet::test(cinema::site)]
async fn a_comment_is_told_to_those_who_have_reviewed_the_film(site: TestSite) -> Result {
    let film = alien(&site.db).await?;
    let (ana, ben, cem) = (user(&site, "ana").await?, user(&site, "ben").await?, user(&site, "cem").await?);
    for author in [&ana, &ben] {
        create!(Review { film: &film, author, stars: 4, text: "Good" }).insert(&site.db).await?;
    }
    let at_ana = site.login_as(&ana).await;
    let mut for_ana = at_ana.join(Own { id: ana.id }).await?;
    let mut for_ben = site.login_as(&ben).await.join(Own { id: ben.id }).await?;
    let mut for_cem = site.login_as(&cem).await.join(Own { id: cem.id }).await?;
    at_ana.post(pages::write_comment::url(film.id), &[("say", "Hello")]).await.status(303);
    let note = Note::Comment {
        text: "ana says something about “Alien”.".into(),
        href: format!("/films/{}/#talk", film.id),
        film: film.id,
    };
    assert_eq!(for_ben.next().await, note);
    // What was told to the others comes before this: nothing.
    for (who, room) in [(&ana, &mut for_ana), (&cem, &mut for_cem)] {
        let last = Note::Comment { text: "last".into(), href: "/".into(), film: 0 };
        Own { id: who.id }.send(last.clone(), site.services().require::<Channels>()?).await?;
        assert_eq!(room.next().await, last);
    }
    Ok(())
}

#[quintet::test(cinema::site)]
async fn reviews_are_told_to_the_film_and_to_the_author_on_other_pages(site: TestSite) -> Result {
    let film = alien(&site.db).await?;
    let ana = user(&site, "ana").await?;
    let at_ana = site.login_as(&ana).await;
    let mut heard = site.join(room(&film)).await?;
    let mut other = at_ana.join(Own { id: ana.id }).await?;
    let note = |text: &str, review: i64| Note::Review {
        text: text.into(),
        href: format!("/films/{}/#reviews", film.id),
        film: film.id,
        review,
    };
    at_ana.post(pages::write_review::url(film.id), &[("stars", "4"), ("text", "Good")]).await.status(303);
    let review = Review.query().one(&site.db).await?.id;
    assert_eq!(heard.next().await, News::Reviews { review, new: true });
    assert_eq!(other.next().await, note("Your review of “Alien” is here now.", review));
    // What is refused is told to nobody.
    at_ana.post(pages::edit_review::url(review), &[("stars", "9"), ("text", "Good")]).await.status(422);
    at_ana.post(pages::edit_review::url(review), &[("stars", "5"), ("text", "Great")]).await.status(303);
    assert_eq!(heard.next().await, News::Reviews { review, new: false });
    assert_eq!(other.next().await, note("Your review of “Alien” was changed.", review));

    let mira = user(&site, "mira").await?;
    site.run("moderator mira").await?;
    let at_mira = site.login_as(&mira).await;
    for (address, deed) in [
        (pages::hide_review::url(review), "hidden your review"),
        (pages::show_review::url(review), "shown your review again"),
    ] {
        at_mira.post(address, &[]).await.status(303);
        assert_eq!(heard.next().await, News::Reviews { review, new: false });
        assert_eq!(other.next().await, note(&format!("A moderator has {deed}: “Alien”."), review));
    }
    at_ana.post(pages::review_goes::url(review), &[]).await.status(303);
    assert_eq!(heard.next().await, News::Reviews { review, new: false });
    assert_eq!(other.next().await, note("Your review of “Alien” was deleted.", review));
    Ok(())
}

#[quintet::test(cinema::site)]
async fn the_page_that_did_it_is_not_told(site: TestSite) -> Result {
    let film = alien(&site.db).await?;
    let ana = user(&site, "ana").await?;
    let at_ana = site.login_as(&ana).await;
    let mut page = at_ana.join(room(&film)).await?;
    let mut this = at_ana.join(Own { id: ana.id }).await?;
    let mut other = at_ana.join(Own { id: ana.id }).await?;
    at_ana
        .clone()
        .with_header("X-Connection", &this.connection().to_string())
        .post(pages::write_review::url(film.id), &[("stars", "4"), ("text", "Good")])
        .await
        .status(303);
    assert!(matches!(other.next().await, Note::Review { .. }));
    assert!(matches!(page.next().await, News::Reviews { .. }), "the film's page hears it, and knows it");
    // Nonsense is no connection.
    let review = Review.query().one(&site.db).await?.id;
    at_ana
        .clone()
        .with_header("X-Connection", "nonsense")
        .post(pages::review_goes::url(review), &[])
        .await
        .status(303);
    let gone = |note: Note| matches!(note, Note::Review { text, .. } if text.ends_with("was deleted."));
    assert!(gone(other.next().await));
    assert!(gone(this.next().await), "and not that it was written");
    Ok(())
}

#[quintet::test(cinema::site)]
async fn an_open_page_gets_the_tally_and_the_review_that_it_shows(site: TestSite) -> Result {
    let film = alien(&site.db).await?;
    let (ana, ben) = (user(&site, "ana").await?, user(&site, "ben").await?);
    let review =
        create!(Review { film: &film, author: &ana, stars: 4, text: "Good" }).insert(&site.db).await?;
    let tally = pages::tally::url(film.id);
    let one = pages::tally::url(film.id).query("review", review.id);
    site.get(tally.clone()).await.redirects(format!("/films/{}/#reviews", film.id));
    let htmx = |browser: TestClient| browser.with_header("HX-Request", "true");
    let guest = htmx((*site).clone());
    guest.get(tally).await.ok().contains("from 1 review").lacks("data-hx-swap-oob");
    let here = format!("<li class=\"comment\" id=\"review-{}\" data-hx-swap-oob=\"true\">", review.id);
    guest.get(one.clone()).await.ok().contains("from 1 review").contains(&here).contains("Good");
    let own = htmx(site.login_as(&ana).await);
    own.get(one.clone()).await.ok().contains("<div class=\"comment\"");
    // Hidden: gone for others, marked for its author. Of another film: gone as well.
    Review.filter(Review.id.eq(review.id)).update(Review.hidden.set(true)).exec(&site.db).await?;
    let gone = format!("<div id=\"review-{}\" data-hx-swap-oob=\"delete\">", review.id);
    for browser in [guest.clone(), htmx(site.login_as(&ben).await)] {
        browser.get(one.clone()).await.ok().contains(&gone).lacks("Good").lacks("from 1 review");
    }
    own.get(one).await.ok().contains("Hidden").contains("Good");
    let other = create!(Film { title: "Aliens" }).insert(&site.db).await?;
    own.get(pages::tally::url(other.id).query("review", review.id)).await.ok().contains(&gone).lacks("Good");
    Ok(())
}

#[quintet::test(cinema::site)]
async fn a_page_hears_what_was_said_while_it_loaded(site: TestSite) -> Result {
    let film = alien(&site.db).await?;
    let ana = user(&site, "ana").await?;
    let page = site.get(pages::film::url(film.id)).await.ok().text();
    let after = page.split("data-after=\"").nth(1).unwrap().split('"').next().unwrap().parse()?;
    site.login_as(&ana).await.post(pages::write_comment::url(film.id), &[("say", "Quick")]).await.status(303);
    let mut late = site.join_after(room(&film), after).await?;
    assert_eq!(late.next().await, News::Comment { by: key(&ana) });
    Ok(())
}

#[quintet::test(cinema::site)]
async fn who_was_cut_off_hears_what_was_said_meanwhile(site: TestSite) -> Result {
    let film = alien(&site.db).await?;
    let ana = user(&site, "ana").await?;
    let away = site.join(room(&film)).await?.cut();
    site.login_as(&ana)
        .await
        .post(pages::write_comment::url(film.id), &[("say", "Still there?")])
        .await
        .status(303);
    let mut back = away.come_back().await?;
    assert_eq!(back.next().await, News::Comment { by: key(&ana) });
    Ok(())
}
