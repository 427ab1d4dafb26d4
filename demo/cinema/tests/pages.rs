//! The pages, over a handful of films.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use cinema::models::{Certificate, Director, Distributor, Film, Genre, Kind};
use cinema::pages;
use quintet::prelude::*;

/// Four films of two directors in two genres; what a test changes it makes itself.
async fn four_films(db: &Db) -> Result<Vec<Film>> {
    let joel = create!(Director { name: "Joel Coen" }).insert(db).await?;
    let nolan = create!(Director { name: "Christopher Nolan" }).insert(db).await?;
    let comedy = create!(Genre { name: "Comedy", slug: "comedy", kind: Kind::Genre }).insert(db).await?;
    let thriller = create!(Genre { name: "Thriller/Suspense", slug: "thriller-suspense", kind: Kind::Genre })
        .insert(db)
        .await?;
    let mut films = Vec::new();
    for (title, released, director, genre, rating, certificate) in [
        ("Fargo", "1996-03-08", &joel, &thriller, 8.3, Certificate::R),
        ("The Big Lebowski", "1998-03-06", &joel, &comedy, 8.2, Certificate::R),
        ("Memento", "2001-03-16", &nolan, &thriller, 8.7, Certificate::R),
        ("Inception", "2010-07-16", &nolan, &thriller, 9.1, Certificate::Pg13),
    ] {
        let film = create!(Film {
            title,
            released: released.parse::<Date>()?,
            director,
            genres: [genre],
            imdb_rating: rating,
            certificate,
        });
        films.push(film.insert(db).await?);
    }
    Ok(films)
}

/// The titles on a list page, in order.
fn titles(html: &str) -> Vec<&str> {
    html.split("<h3>").skip(1).filter_map(|rest| rest.split("</h3>").next()).collect()
}

#[quintet::test(cinema::site)]
async fn home_searches_filters_and_orders(site: TestSite) -> Result {
    four_films(&site.db).await?;
    for (address, expected) in [
        ("/", vec!["Inception", "Memento", "Fargo", "The Big Lebowski"]),
        (
            "/?q=&genre=&decade=&rating=&certificate=&sort=",
            vec!["Inception", "Memento", "Fargo", "The Big Lebowski"],
        ),
        ("/?q=nolan", vec!["Inception", "Memento"]),
        ("/?q=LEBOWSKI", vec!["The Big Lebowski"]),
        ("/?q=%25", vec![]),
        ("/?genre=comedy", vec!["The Big Lebowski"]),
        ("/?decade=1990&sort=newest", vec!["The Big Lebowski", "Fargo"]),
        ("/?rating=9", vec!["Inception"]),
        ("/?certificate=R&sort=oldest", vec!["Fargo", "The Big Lebowski", "Memento"]),
        ("/?genre=thriller-suspense&decade=1990&q=joel", vec!["Fargo"]),
        ("/?sort=title", vec!["Fargo", "Inception", "Memento", "The Big Lebowski"]),
        ("/?page=99", vec!["Inception", "Memento", "Fargo", "The Big Lebowski"]),
    ] {
        let page = site.get(address).await.ok();
        assert_eq!(titles(&page.text()), expected, "{address}");
    }
    Ok(())
}

#[quintet::test(cinema::site)]
async fn parameters_that_mean_nothing_are_named(site: TestSite) -> Result {
    four_films(&site.db).await?;
    for (address, parameter) in [
        ("/films.json?limit=ten", "limit"),
        ("/films.json?limit=0", "limit"),
        ("/films.json?limit=-1", "limit"),
        ("/films.json?page=0", "page"),
        ("/films.json?decade=nineties", "decade"),
        ("/films.json?sort=colour", "sort"),
        ("/films.json?certificate=X", "certificate"),
        ("/films.json?genre=nowhere", "genre"),
        ("/?rating=11", "rating"),
    ] {
        let answer = site.get(address).await;
        assert!([400, 422].contains(&answer.code()), "{address}: {}", answer.code());
        assert!(answer.text().contains(parameter), "{address}: {}", answer.text());
    }
    Ok(())
}

#[quintet::test(cinema::site)]
async fn a_wrong_address_gets_a_page_that_names_what_is_wrong_and_only_that(site: TestSite) -> Result {
    site.get("/?decade=x")
        .await
        .status(422)
        .contains("This can’t be shown")
        .contains("<b>decade:</b> expected a whole number from 1900 to 2090")
        .lacks("certificate")
        .lacks("sort");
    site.get("/?sort=colour")
        .await
        .status(422)
        .contains("expected one of rating, newest, oldest, gross, title");
    site.get("/?q=%00").await.status(422).contains("<b>q:</b>");
    for address in ["/films/%/", "/%FF"] {
        site.get(address).await.status(400).contains("This can’t be shown");
    }
    Ok(())
}

#[quintet::test(cinema::site)]
async fn json_has_the_count_and_a_slice_of_the_results(site: TestSite) -> Result {
    four_films(&site.db).await?;
    let answer = site.get("/films.json?limit=2&genre=thriller-suspense").await.ok();
    let json: serde_json::Value = answer.json();
    assert_eq!(json["count"], 3);
    assert_eq!(json["results"].as_array().map(Vec::len), Some(2));
    assert_eq!(json["results"][0]["title"], "Inception");
    assert_eq!(json["results"][0]["director"], "Christopher Nolan");
    assert_eq!(json["results"][0]["certificate"], "PG-13");
    assert_eq!(json["results"][0]["genres"], serde_json::json!(["Thriller/Suspense"]));
    assert_eq!(json["results"][0]["budget"], serde_json::Value::Null);

    let all: serde_json::Value = site.get("/films.json?limit=1000000").await.ok().json();
    assert_eq!(all["results"].as_array().map(Vec::len), Some(4), "a limit that is too high is the highest");
    Ok(())
}

#[quintet::test(cinema::site)]
async fn pages_ask_the_database_as_often_whatever_they_show(site: TestSite) -> Result {
    let films = four_films(&site.db).await?;
    // Genres, count, films with their directors, their genres.
    site.queries(4, async || {
        site.get("/").await.ok().template("home.html");
    })
    .await;
    // The film with director and distributor, its genres, the director's other films, its comments, stars and reviews.
    site.queries(6, async || {
        site.get(pages::film::url(films[0].id)).await.ok().template("film.html");
    })
    .await;
    // The director, the films, their genres.
    let director = Director.filter(Director.name.eq("Joel Coen")).first(&site.db).await?.or_404()?;
    site.queries(3, async || {
        site.get(pages::director::url(director.id)).await.ok().contains("2 films here");
    })
    .await;
    site.queries(1, async || {
        site.get(pages::directors::url()).await.ok().contains("2 directors");
    })
    .await;
    Ok(())
}

#[quintet::test(cinema::site)]
async fn a_film_says_what_it_knows_and_escapes_it(site: TestSite) -> Result {
    let film =
        create!(Film { title: "<b>Bold</b> & brave", remarks: "Title: 300 (a number, taken as text)." })
            .insert(&site.db)
            .await?;
    let page = site.get(pages::film::url(film.id)).await.ok();
    page.contains("&lt;b&gt;Bold")
        .contains("Notes from the import")
        .contains("a number, taken as text")
        .contains("not known");
    Ok(())
}

#[quintet::test(cinema::site)]
async fn what_is_not_there_is_a_page_of_the_site(site: TestSite) -> Result {
    for address in ["/films/999/", "/films/word/", "/directors/999/", "/genres/x/", "/no/such/page/"] {
        site.get(address).await.status(404).contains("not on the programme");
    }
    site.get("/").await.ok().contains("No film is here yet");
    four_films(&site.db).await?;
    site.get("/?q=qqqq").await.ok().contains("No film matches");
    Ok(())
}

#[quintet::test(cinema::site)]
async fn a_script_gets_what_was_found_and_everybody_else_the_page(site: TestSite) -> Result {
    four_films(&site.db).await?;
    let part = site.browser().with_header("HX-Request", "true").get("/?q=nolan&genre=&sort=").await.ok();
    let html = part.text();
    assert_eq!(titles(&html), ["Inception", "Memento"]);
    assert!(!html.contains("<html") && !html.contains("<form") && html.contains("hx-swap-oob"), "{html}");
    part.header("hx-push-url", "/?q=nolan").template("home.html#found");
    let whole = site.get("/?q=nolan").await.ok();
    whole.header("vary", "HX-Request, HX-History-Restore-Request").contains("<html").lacks("hx-swap-oob");
    // The browser goes back to a page that is no longer kept.
    let back =
        site.browser().with_header("HX-Request", "true").with_header("HX-History-Restore-Request", "true");
    back.get("/?q=nolan").await.ok().contains("<html");
    Ok(())
}

/// The address that a page has in a link of this sort.
fn linked(html: &str, before: &str) -> Option<String> {
    Some(html.split(before).nth(1)?.split('"').next()?.replace("&amp;", "&"))
}

/// The address of the next page.
fn onward(html: &str) -> Option<String> {
    let (before, _) = html.split_once("\" rel=\"next\"")?;
    Some(before.rsplit("href=\"").next()?.replace("&amp;", "&"))
}

#[quintet::test(cinema::site)]
async fn a_long_list_goes_on_where_it_ends(site: TestSite) -> Result {
    for n in 0..45 {
        create!(Film { title: format!("Film {n:02}") }).insert(&site.db).await?;
    }
    let first = site.get("/?sort=title").await.ok();
    let first =
        first.contains("page 2 of 3").contains("data-hx-trigger=\"revealed\"").contains("Page 1 of 3");
    let more = linked(&first.text(), "data-hx-get=\"/?sort=title").unwrap();
    assert!(more.starts_with("&after=") && more.ends_with("&page=2"), "{more}");
    let more = format!("/?sort=title{more}");
    // What comes in between moves nothing onto the next page.
    create!(Film { title: "Aaa" }).insert(&site.db).await?;
    let next = site.browser().with_header("HX-Request", "true").get(&more).await.ok();
    assert_eq!(titles(&next.text())[0], "Film 20");
    assert!(next.header_text("hx-push-url").is_none());
    let second = site.get(&more).await.ok();
    let last = site.get(onward(&second.text()).unwrap()).await.ok();
    assert_eq!(titles(&last.text()), ["Film 40", "Film 41", "Film 42", "Film 43", "Film 44"]);
    last.lacks("class=\"more\"").contains("Page 3 of 3");
    // Back again, also to what has come since.
    let back = linked(&second.text(), "<nav class=\"pages\" aria-label=\"Pages\"><a href=\"").unwrap();
    assert_eq!(back, "/?sort=title");
    assert_eq!(titles(&site.get(back).await.ok().text())[0], "Aaa");

    for (address, told) in [
        ("/?after=nonsense", "go on from there"),
        ("/films.json?after=nonsense", "cursor"),
        ("/?after=a&before=b", "not both"),
    ] {
        site.get(address).await.status(400).contains(told);
    }
    // As the number only says which page that is.
    assert_eq!(titles(&site.get("/?sort=title&page=77").await.ok().text())[0], "Aaa");

    let json: serde_json::Value = site.get("/films.json?sort=title&limit=40").await.ok().json();
    let next = json["next"].as_str().unwrap().to_owned();
    let json: serde_json::Value = site.get(next).await.ok().json();
    assert_eq!(
        (json["results"][0]["title"].as_str(), json["results"].as_array().map(Vec::len)),
        (Some("Film 39"), Some(6))
    );
    assert!(json["next"].is_null());
    let json: serde_json::Value = site.get("/films.json?sort=title&limit=40&page=2").await.ok().json();
    assert_eq!(json["results"].as_array().map(Vec::len), Some(6));
    Ok(())
}

#[quintet::test(cinema::site)]
async fn a_genre_has_a_page_of_its_films(site: TestSite) -> Result {
    site.get(pages::genres::url()).await.ok().contains("No genre is here yet");
    four_films(&site.db).await?;
    let world =
        create!(Genre { name: "Fantasy", slug: "fantasy", kind: Kind::World }).insert(&site.db).await?;
    let list = site.queries(1, async || site.get(pages::genres::url()).await.ok()).await;
    list.template("genres.html")
        .contains("By tone")
        .contains("By the world they are set in")
        .contains("href=\"/genres/thriller-suspense/\"")
        .contains("of 3 drawers");
    let page = site.queries(5, async || site.get(pages::genre::url("thriller-suspense")).await.ok()).await;
    let page = page
        .template("genre.html")
        .contains("<h1>Thriller/Suspense</h1>")
        .contains("3 films here, 1996 to 2010.")
        .contains("Most are of the 1990s: 1")
        .contains("href=\"/?genre=thriller-suspense\"")
        .lacks("Lebowski");
    let html = page.text();
    let at = |title: &str| html.find(&format!("<span>{title}</span>")).unwrap();
    assert!(at("Inception") < at("Memento") && at("Memento") < at("Fargo"));
    site.get(pages::genre::url(&world.slug)).await.ok().contains("No film of this genre is here");
    site.get("/genres/nowhere/").await.status(404).contains("not on the programme");
    site.get("/genres/comedy/?after=x").await.status(400).contains("go on from there");
    Ok(())
}

#[quintet::test(cinema::site)]
async fn a_distributor_has_a_page_of_its_films_page_by_page(site: TestSite) -> Result {
    site.get(pages::distributors::url()).await.ok().contains("No distributor is here yet");
    let own = create!(Distributor { name: "Warner Bros." }).insert(&site.db).await?;
    let none = create!(Distributor { name: "Nobody" }).insert(&site.db).await?;
    for n in 0..30_i64 {
        let gross = (n > 2).then_some(n * 1_000_000);
        create!(Film { title: format!("Film {n:02}"), distributor: &own, worldwide_gross: gross })
            .insert(&site.db)
            .await?;
    }
    let page = site.queries(4, async || site.get(pages::distributor::url(own.id)).await.ok()).await;
    let page = page
        .template("distributor.html")
        .contains("30 films here")
        .contains("$432 M")
        .contains("Page 1 of 2");
    let html = page.text();
    assert!(html.contains("Film 29") && html.contains("Film 05") && !html.contains("Film 04"));
    let second = site.get(onward(&html).unwrap()).await.ok();
    second.contains("Film 04").contains("Film 00").lacks("Film 05").contains("Page 2 of 2");
    site.get(pages::distributor::url(none.id)).await.ok().contains("No film of Nobody is here");

    let list = site.queries(1, async || site.get(pages::distributors::url()).await.ok()).await;
    list.contains("2 distributors").contains("title=\"30 films\"");
    site.get("/distributors/?q=warner").await.ok().contains("1 distributor").lacks(">Nobody<");
    site.get("/distributors/999/").await.status(404);
    Ok(())
}

#[quintet::test(cinema::site)]
async fn directors_are_searched(site: TestSite) -> Result {
    four_films(&site.db).await?;
    let address = pages::directors::url().query("q", " NOLAN ");
    site.get(address.clone())
        .await
        .ok()
        .contains("1 director")
        .contains("Christopher Nolan")
        .lacks("Joel Coen");
    site.get("/directors/?q=").await.ok().contains("2 directors");
    site.get("/directors/?q=%3Cb%3E")
        .await
        .ok()
        .contains("No director is called like that")
        .contains("&lt;b&gt;");
    // Who makes up an address is told in the page, and sees what was asked for.
    let long = "x".repeat(101);
    let wrong = site.get(pages::directors::url().query("q", &long)).await.ok();
    wrong.contains("At most 100 characters").contains(&format!("value=\"{long}\"")).contains("2 directors");
    let part = site.browser().with_header("HX-Request", "true").get("/directors/?q=coen").await.ok();
    part.template("names.html#found")
        .contains("Joel Coen")
        .lacks("<html")
        .header("hx-push-url", "/directors/?q=coen");
    Ok(())
}

#[quintet::test(cinema::site)]
async fn lists_have_posters_or_drawings_of_the_same_size(site: TestSite) -> Result {
    let films = four_films(&site.db).await?;
    let poster = Film.filter(Film.id.eq(films[0].id));
    poster.update(Film.poster.set(StoredImage::new("posters/fargo.png"))).exec(&site.db).await?;
    let image = "src=\"/media/posters/fargo.png\" alt=\"\" width=";
    let home = site.get("/").await.ok();
    let home = home.contains(image).contains("loading=\"lazy\"");
    assert_eq!(home.text().matches("<img").count(), 1);
    assert_eq!(home.text().matches("<svg class=\"score").count(), 4);
    let page = site.get("/genres/thriller-suspense/").await.ok();
    let page = page.contains(&format!("<img class=\"thumb\" {image}"));
    assert_eq!(page.text().matches("<svg class=\"thumb").count(), 2);
    Ok(())
}

#[quintet::test(cinema::site)]
async fn the_statistics_say_what_they_find(site: TestSite) -> Result {
    site.get(pages::statistics::url()).await.ok().contains("nothing to count yet");
    let films = four_films(&site.db).await?;
    for (film, gross) in films.iter().zip([60_000_000, 46_000_000, 39_000_000, 825_000_000]) {
        film.update(Film.worldwide_gross.set(gross)).exec(&site.db).await?;
    }
    let page = site.queries(5, async || site.get(pages::statistics::url()).await.ok()).await;
    page.template("statistics.html")
        .contains("of 4 films")
        .contains("1996 has the most films: 1")
        .contains("Thriller/Suspense films earned the most: $308 M each on average, worldwide")
        .contains("8 to 8.9 is what most films were rated: 3 of them")
        .contains("R is the most common certificate: 3 films")
        .contains("Christopher Nolan’s films took $864 M")
        .lacks("NaN");
    Ok(())
}
