//! Forms of models, through a whole site, on each database that there is.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "../../../forms/tests/support/html.rs"]
mod html;
mod site;

use html::{Element, elements, one};
use quintet::prelude::*;
use site::*;

#[quintet::test(site)]
async fn disabled_fields_keep_the_rows_values(site: TestSite) -> Result {
    let [ridley, ann] = people(&site.db).await?;
    let [noir, space] = tags(&site.db).await?;
    let film = alien(&site.db, &ridley).await?;
    film.related(Film.tags).set([space], &site.db).await?;
    let path = format!("/films/{}/correct/", film.id);
    let html = site.get(&path).await.ok().text();
    let all = elements(&html);
    for (name, disabled) in [
        ("title", true),
        ("slug", true),
        ("director", true),
        ("tags", true),
        ("price", true),
        ("plot", false),
    ] {
        assert_eq!(one(&all, "name", name).has("disabled"), disabled, "{name}");
    }
    assert_eq!(one(&all, "name", "slug").get("value"), Some("alien"));
    let chosen = |name: &str| -> Vec<String> {
        options(&all, name).into_iter().filter(|(_, _, chosen)| *chosen).map(|(value, ..)| value).collect()
    };
    assert_eq!((chosen("director"), chosen("tags")), (vec![ridley.id.to_string()], vec![space.to_string()]));

    // What a browser sends, and what somebody makes up.
    let (other, tag) = (ann.id.to_string(), noir.to_string());
    let forged: [&[(&str, &str)]; 2] = [
        &[("plot", "In space")],
        &[
            ("plot", "No one"),
            ("title", ""),
            ("slug", "taken"),
            ("director", &other),
            ("tags", &tag),
            ("price", "0.01"),
        ],
    ];
    for sent in forged {
        site.post(&path, sent).await.redirects("/saved/");
        let film = Film.prefetch_related(Film.tags).get(film.id, &site.db).await?;
        assert_eq!(
            (film.title.as_str(), film.slug.as_str(), film.price.to_string().as_str()),
            ("Alien", "alien", "9.50")
        );
        assert_eq!((film.plot.as_str(), *film.director.id()), (sent[0].1, ridley.id));
        assert_eq!(film.tags.get()?.iter().map(|tag| tag.id).collect::<Vec<_>>(), [space]);
    }
    // Of a cheap one the price is free, and judged.
    film.update(Film.price.set(Decimal::from(2))).exec(&site.db).await?;
    site.post(&path, &[("plot", "x"), ("price", "dear")]).await.status(422).contains("Alien");
    site.post(&path, &[("plot", "x"), ("price", "3.00")]).await.redirects("/saved/");
    assert_eq!(Film.get(film.id, &site.db).await?.price.to_string(), "3.00");
    Ok(())
}

/// The options of a select: value, label, whether it is chosen.
fn options(all: &[Element], name: &str) -> Vec<(String, String, bool)> {
    let at = all.iter().position(|e| e.name == "select" && e.get("name") == Some(name)).unwrap();
    let options = all[at + 1..].iter().take_while(|e| e.name == "option");
    options.map(|e| (e.get("value").unwrap().into(), e.text.clone(), e.has("selected"))).collect()
}

#[quintet::test(site)]
async fn a_form_takes_its_words_and_limits_from_the_model(site: TestSite) -> Result {
    let [ridley, ann] = people(&site.db).await?;
    let [noir, space] = tags(&site.db).await?;
    // One list of directors for each of the two fields, and one of tags.
    let page = site.queries(3, async || site.get("/films/new/").await.ok()).await;
    let all = elements(&page.text());
    let title = one(&all, "name", "title");
    assert_eq!((title.get("maxlength"), title.has("required")), (Some("40"), true));
    assert_eq!(one(&all, "for", "id_title").text, "Full title *");
    assert_eq!(one(&all, "id", "id_title_help").text, "As on the poster.");
    let year = one(&all, "name", "year");
    assert_eq!(
        (year.get("type"), year.get("min"), year.get("max")),
        (Some("number"), Some("1888"), Some("2100"))
    );
    assert_eq!(one(&all, "for", "id_price").text, "Price of a ticket *");
    assert_eq!(one(&all, "id", "id_price_help").text, "In euros.");
    assert_eq!(one(&all, "name", "price").get("step"), Some("0.01"));
    let plot = one(&all, "name", "plot");
    assert_eq!((plot.name.as_str(), plot.has("required")), ("textarea", false));
    assert_eq!(one(&all, "name", "slug").get("maxlength"), Some("50"));
    let option = |value: String, label: &str, chosen| (value, label.to_owned(), chosen);
    assert_eq!(
        options(&all, "director"),
        [
            option(String::new(), "---------", true),
            option(ann.id.to_string(), "Ann", false),
            option(ridley.id.to_string(), "Ridley <Scott>", false)
        ]
    );
    assert_eq!(options(&all, "second").len(), 3);
    assert!(one(&all, "name", "director").has("required") && !one(&all, "name", "second").has("required"));
    assert_eq!(
        options(&all, "status"),
        [option("draft".into(), "Draft", true), option("printed".into(), "In print", false)]
    );
    // In the order of the model, by the field that it is known by.
    assert_eq!(
        options(&all, "tags"),
        [option(space.to_string(), "space", false), option(noir.to_string(), "noir", false)]
    );
    assert!(one(&all, "name", "tags").has("multiple"));
    Ok(())
}

#[quintet::test(site)]
async fn what_breaks_the_models_rules_is_told_beside_the_field(site: TestSite) -> Result {
    let [ridley, _] = people(&site.db).await?;
    alien(&site.db, &ridley).await?;
    let sent = [
        ("title", " "),
        ("year", "1700"),
        ("slug", "not a slug"),
        ("price", "12345.678"),
        ("director", "99999"),
        ("second", "x"),
        ("status", "lost"),
        ("tags", "77777"),
    ];
    let page = site.post("/films/new/", &sent).await.status(422);
    let page = page
        .field_error("title", "Every film has a title.")
        .field_error("year", "There were no films yet.")
        .field_error("slug", "only letters (a to z), digits, hyphens and underscores")
        .field_error("price", "at most 2 digits after the point")
        .field_error("director", "there is no such director")
        .field_error("second", "expected a whole number")
        .field_error("status", "expected one of draft, printed")
        .field_error("tags", "there is no such tag")
        .field_error("agreed", "this field is required")
        .no_field_error("plot");
    let all = elements(&page.text());
    assert_eq!(one(&all, "name", "slug").get("value"), Some("not a slug"));
    assert_eq!(one(&all, "id", "id_agreed_error").text, "This field is required");
    assert_eq!(Film.count(&site.db).await?, 1);
    Ok(())
}

#[quintet::test(site)]
async fn what_another_row_has_is_taken_before_it_is_written(site: TestSite) -> Result {
    let [ridley, _] = people(&site.db).await?;
    let film = alien(&site.db, &ridley).await?;
    let director = ridley.id.to_string();
    let sent = [
        ("title", "Alien"),
        ("year", "1979"),
        ("slug", "alien"),
        ("price", "5"),
        ("director", &director),
        ("status", "draft"),
        ("agreed", "true"),
    ];
    let page = site.post("/films/new/", &sent).await.status(422);
    page.field_error("slug", "Another film has this address.").field_error("", "title and year");
    // Also where something else is wrong, and the data can't be read whole.
    let mut wrong = sent;
    wrong[3].1 = "much";
    let page = site.post("/films/new/", &wrong).await.status(422);
    page.field_error("slug", "Another film has this address.").field_error("price", "expected a number");
    // The row itself may keep what it has.
    let at = format!("/films/{}/", film.id);
    site.post(at.clone(), &sent).await.redirects("/saved/");
    let other =
        create!(Film { title: "Aliens", slug: "aliens", year: 1986, ..&film }).insert(&site.db).await?;
    let page = site.post(format!("/films/{}/", other.id), &sent).await.status(422);
    page.field_error("slug", "Another film has this address.");
    Ok(())
}

#[quintet::test(site)]
async fn a_valid_form_becomes_a_row(site: TestSite) -> Result {
    let [ridley, _] = people(&site.db).await?;
    let [noir, space] = tags(&site.db).await?;
    let (director, noir_text, space_text) = (ridley.id.to_string(), noir.to_string(), space.to_string());
    let sent = [
        ("title", "Blade Runner"),
        ("year", "1982"),
        ("slug", "blade-runner"),
        ("plot", "one\r\ntwo"),
        ("price", "9.99"),
        ("director", &director),
        ("second", ""),
        ("status", "printed"),
        ("tags", &noir_text),
        ("tags", &space_text),
        ("agreed", "true"),
    ];
    let answer = site.post("/films/new/", &sent).await;
    let film = Film.prefetch_related(Film.tags).first(&site.db).await?.unwrap();
    answer.redirects(format!("/films/{}/", film.id));
    assert_eq!((film.title.as_str(), film.year, film.plot.as_str()), ("Blade Runner", 1982, "one\ntwo"));
    assert_eq!((film.price, *film.director.id(), film.second.is_none()), ("9.99".parse()?, ridley.id, true));
    assert_eq!(film.status, Status::Printed);
    let mut words: Vec<&str> = film.tags.get()?.iter().map(|tag| tag.word.as_str()).collect();
    words.sort_unstable();
    assert_eq!(words, ["noir", "space"]);
    Ok(())
}

#[quintet::test(site)]
async fn an_edited_row_is_shown_and_changed_with_its_related_rows(site: TestSite) -> Result {
    let [ridley, ann] = people(&site.db).await?;
    let [noir, space] = tags(&site.db).await?;
    let film = alien(&site.db, &ridley).await?;
    film.related(Film.tags).set([noir], &site.db).await?;
    let at = format!("/films/{}/", film.id);
    let page = site.get(at.clone()).await.ok();
    let all = elements(&page.text());
    assert_eq!(one(&all, "name", "title").get("value"), Some("Alien"));
    assert_eq!(one(&all, "name", "price").get("value"), Some("9.50"));
    let chosen = |name: &str| -> Vec<String> {
        options(&all, name).into_iter().filter(|(.., chosen)| *chosen).map(|(value, ..)| value).collect()
    };
    assert_eq!((chosen("director"), chosen("tags")), (vec![ridley.id.to_string()], vec![noir.to_string()]));
    assert_eq!((chosen("second"), chosen("status")), (vec![String::new()], vec!["draft".to_owned()]));
    // Only those who still work may be the second.
    assert_eq!(options(&all, "second").len(), 2);
    let (first, retired, space_text) = (ridley.id.to_string(), ann.id.to_string(), space.to_string());
    let mut sent = vec![
        ("title", "Alien³"),
        ("year", "1992"),
        ("slug", "alien"),
        ("price", "9.50"),
        ("director", &retired),
        ("second", &retired),
        ("status", "draft"),
        ("tags", &space_text),
        ("agreed", "on"),
    ];
    let page = site.post(at.clone(), &sent).await.status(422);
    page.field_error("second", "choose one of those that are offered").no_field_error("director");
    sent[5].1 = &first;
    site.post(at.clone(), &sent).await.redirects("/saved/");
    let film = Film.prefetch_related(Film.tags).get(film.id, &site.db).await?;
    assert_eq!((film.title.as_str(), film.year, *film.director.id()), ("Alien³", 1992, ann.id));
    assert_eq!(film.second.as_ref().map(|key| *key.id()), Some(ridley.id));
    assert_eq!(film.tags.get()?.iter().map(|tag| tag.id).collect::<Vec<_>>(), [space]);
    // Nothing chosen is nothing related.
    sent.retain(|(name, _)| *name != "tags");
    site.post(at.clone(), &sent).await.redirects("/saved/");
    assert!(Film.prefetch_related(Film.tags).get(film.id, &site.db).await?.tags.get()?.is_empty());
    Ok(())
}

#[quintet::test(site)]
async fn a_failed_write_is_told_in_the_form(site: TestSite) -> Result {
    let [ridley, _] = people(&site.db).await?;
    alien(&site.db, &ridley).await?;
    let at = format!("/quick/{}/alien/", ridley.id);
    // The slug is no field of this form, so it is told above it.
    let page = site.post(at.clone(), &[("title", "Other"), ("year", "1999")]).await.status(422);
    page.field_error("", "slug: Another film has this address.");
    let page = site.post(at.clone(), &[("title", "Other"), ("year", "2001")]).await.status(422);
    page.field_error("year", "must be at most 2000");
    // An own bound beside that of the model.
    let page = site.post(at.clone(), &[("title", "Other"), ("year", "1700")]).await.status(422);
    page.field_error("year", "There were no films yet.");
    let free = format!("/quick/{}/free/", ridley.id);
    site.post(free, &[("title", "Other"), ("year", "1999")]).await.redirects("/saved/");
    let nobody = site.post("/quick/99999/nobody/", &[("title", "Nobody"), ("year", "1999")]).await;
    assert_ne!(nobody.code(), 303);
    Ok(())
}

#[quintet::test(site)]
async fn own_rules_ask_the_database_for_forms_and_json(site: TestSite) -> Result {
    people(&site.db).await?;
    let send = async |name: &str| site.post("/invite/", &[("director", name)]).await;
    send("Bob").await.status(422).field_error("director", "nobody is called so");
    send("Ann").await.status(422).field_error("", "those who rest are not invited");
    send("Ridley <Scott>").await.redirects("/sent/?Dear%20Ridley%20%3CScott%3E");
    send("long")
        .await
        .status(422)
        .field_error("director", "nobody is called so")
        .field_error("name", "at most 60");
    // Rules of the fields come first: without a name nobody is asked.
    let page = site.queries(0, async || site.post("/invite/", &[]).await.status(422)).await;
    page.field_error("director", "this field is required");
    let all =
        serde_json::json!([{ "director": "Ridley <Scott>" }, { "director": "Ann" }, { "director": "Bob" }]);
    let answer = site.json("POST", "/invitations/", &all).await.status(422);
    let problem: serde_json::Value = answer.json();
    let pointers: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["#/1", "#/2/director"]);
    let one = serde_json::json!([{ "director": "Ridley <Scott>" }]);
    site.json("POST", "/invitations/", &one).await.ok().contains("Dear Ridley");
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn a_widget_of_ones_own_is_a_template(site: TestSite) -> Result {
    let page = site.post("/place/", &[("place", "<0\">")]).await.status(422);
    let all = elements(&page.text());
    let place = one(&all, "name", "place");
    assert_eq!((place.get("value"), place.get("aria-invalid")), (Some("<0\">"), Some("true")));
    site.post("/place/", &[("place", "7")]).await.redirects("/at/7/");
    Ok(())
}

#[quintet::test(site)]
async fn rows_of_a_table_are_edited_together(site: TestSite) -> Result {
    let [noir, space] = tags(&site.db).await?;
    let page = site.get("/tags/").await.ok();
    let all = elements(&page.text());
    assert_eq!(one(&all, "name", "items-TOTAL").get("value"), Some("3"));
    assert_eq!(one(&all, "name", "items-0-KEY").get("value"), Some(noir.to_string().as_str()));
    assert_eq!(one(&all, "name", "items-1-word").get("value"), Some("space"));
    assert_eq!(one(&all, "name", "items-2-KEY").get("value"), Some(""));
    let (noir_text, space_text) = (noir.to_string(), space.to_string());
    let mut sent = vec![
        ("items-TOTAL", "3"),
        ("items-0-KEY", &*noir_text),
        ("items-0-name", "n"),
        ("items-0-word", "film noir"),
        ("items-1-KEY", &*space_text),
        ("items-1-word", "x"),
        ("items-1-DELETE", "true"),
        ("items-2-KEY", ""),
        ("items-2-name", "w"),
        ("items-2-word", "western"),
    ];
    site.post("/tags/", &sent).await.redirects("/saved/");
    let words = |tags: Vec<Tag>| tags.into_iter().map(|tag| (tag.id, tag.word)).collect::<Vec<_>>();
    let now = words(Tag.order_by(Tag.id).all(&site.db).await?);
    assert_eq!((now.len(), &now[0], now[1].1.as_str()), (2, &(noir, "film noir".to_owned()), "western"));
    // A row that somebody else has deleted, or that never was.
    let mut gone = sent.clone();
    gone[1].1 = "99999";
    let page = site.post("/tags/", &gone).await.status(422);
    assert!(page.text().contains("This row is not there any more"), "{}", page.text());
    assert_eq!(Tag.count(&site.db).await?, 2);
    // To delete what is gone already is no mistake.
    let only = [("items-TOTAL", "1"), ("items-0-KEY", "99999"), ("items-0-DELETE", "true")];
    site.post("/tags/", &only).await.redirects("/saved/");
    assert_eq!(Tag.count(&site.db).await?, 2);
    // What is wrong is told in its row.
    sent.truncate(4);
    sent[0].1 = "1";
    sent[3].1 = "f";
    let page =
        site.post("/tags/", &sent).await.status(422).field_error("items.0.word", "at least 2 characters");
    assert_eq!(
        one(&elements(&page.text()), "id", "id_items-0-word_error").text,
        "At least 2 characters (this has 1)"
    );
    Ok(())
}

#[quintet::test(site)]
async fn json_keeps_to_the_models_rules(site: TestSite) -> Result {
    let [ridley, _] = people(&site.db).await?;
    let film = |title: &str, year: i32| {
        format!(
            r#"{{"title": "{title}", "year": {year}, "slug": "x", "plot": "", "price": "1", "director": {},
                 "status": "draft", "tags": [], "agreed": true}}"#,
            ridley.id
        )
    };
    let send = async |body: String| {
        let json: serde_json::Value = serde_json::from_str(&body).unwrap();
        site.json("POST", "/json/", &json).await
    };
    send(film("", 1700))
        .await
        .status(422)
        .field_error("title", "Every film has a title.")
        .field_error("year", "There were no films yet.");
    send(film("Legend", 1985)).await.ok();
    assert_eq!(Film.count(&site.db).await?, 1);
    // The form reads JSON too, and sees that the slug is taken.
    let json: serde_json::Value = serde_json::from_str(&film("Other", 1990)).unwrap();
    let answer = site.json("POST", "/films/new/", &json).await.status(422);
    assert_eq!(answer.json::<serde_json::Value>()["errors"][0]["pointer"], "#/slug");
    Ok(())
}
