//! What a client has already is not made again, and what it does not know any more is not changed.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use quintet::{
    core::{EmbeddedFile, Folder},
    prelude::*,
    web::{Known, Version, unchanged},
};

#[model]
#[derive(Debug, Clone)]
pub struct Film {
    #[field(max_length = 40)]
    pub title: String,
    pub changed: Timestamp,
    #[field(version)]
    pub version: i64,
    pub reviews: HasMany<Review>,
}

#[model]
#[derive(Debug, Clone)]
pub struct Review {
    pub film: ForeignKey<Film>,
}

#[data]
#[derive(Shape)]
#[shape(model = Film)]
struct FilmRow {
    title: String,
}

#[data(model = Film)]
struct FilmInput {
    title: String,
}

static TEMPLATES: &[EmbeddedFile] = &[EmbeddedFile {
    path: "templates/film.html",
    bytes: b"{{ film.title }} {% for m in messages() %}{{ m }}{% endfor %}",
}];

/// By the instant of its last change.
#[get("/films/{id}/")]
async fn film(Path(id): Path<i64>, known: Known, db: Db) -> Result<Page> {
    let changed = Film.filter(Film.id.eq(id)).select(Film.changed).one(&db).await?;
    if known.has(changed)? {
        return Ok(unchanged().header("x-kept", "yes"));
    }
    let film: FilmRow = Film.filter(Film.id.eq(id)).shape().one(&db).await?;
    Ok(Page::new("film.html").with("film", &film))
}

/// By its number, for programs.
#[get("/api/{id}/")]
async fn read(Path(id): Path<i64>, known: Known, db: Db) -> Result<Response> {
    let film = Film.get(id, &db).await?;
    if known.has(film.version)? {
        return Ok(unchanged().into_response());
    }
    Ok(Json(FilmRow { title: film.title }).into_response())
}

#[put("/api/{id}/")]
async fn write(Path(id): Path<i64>, known: Known, db: Db, Json(new): Json<FilmInput>) -> Result<Json<i64>> {
    let Some(film) = Film.filter(Film.id.eq(id)).first(&db).await? else {
        known.nothing()?;
        let made = create!(Film { changed: Timestamp::UNIX_EPOCH, ..new }).insert(&db).await?;
        return Ok(Json(made.id));
    };
    known.has(film.version)?;
    let mut film = film.edit();
    new.apply(&mut film)?;
    film.save(&db).await.map(|film| Json(film.id))
}

#[get("/weak/")]
async fn weak(known: Known) -> Result<Page> {
    if known.has(Version::weak((7, "de")))? { Ok(unchanged()) } else { Ok(redirect("/")) }
}

/// Nothing was changed in the future.
#[get("/later/")]
async fn later(known: Known) -> Result<&'static str> {
    let known = known.has("2999-01-01T00:00:00Z".parse::<Timestamp>()?)?;
    Ok(if known { "known" } else { "new" })
}

fn site() -> Site {
    let app = App::new("films")
        .folder(Folder::embedded("/known", TEMPLATES))
        .models((Film, Review))
        .routes(routes![film, read, write, weak, later])
        .pages(
            "/generic",
            Pages::new(Film)
                .named("film", "films")
                .known_by((Film.version, Film.reviews.count()))
                .rows(async |films: QuerySet<Film>| Ok(films.filter(Film.title.ne("hidden"))))
                .detail::<FilmRow>("film.html")
                .create::<New>("film.html")
                .flash(|film: &Film| format!("{} is new.", film.title)),
        );
    Site::new().install(app)
}

#[data(model = Film)]
struct New {
    title: String,
    changed: Timestamp,
}

async fn alien(site: &TestSite) -> Result<Film> {
    let changed = "2024-05-01T12:00:00.5Z".parse::<Timestamp>()?;
    create!(Film { title: "Alien", changed }).insert(&site.db).await
}

fn header(answer: &TestResponse, name: &str) -> String {
    answer.header_text(name).unwrap_or_default()
}

#[quintet::test(site)]
async fn what_the_client_has_is_not_made_again(site: TestSite) -> Result {
    let row = alien(&site).await?;
    let path = format!("/films/{}/", row.id);
    let first = site.queries(2, async || site.get(&path).await.ok().contains("Alien")).await;
    let tag = header(&first, "etag");
    // An instant alone says both, and a page by its handler's tag has no other one.
    let first = first.header("last-modified", "Wed, 01 May 2024 12:00:00 GMT");
    assert!(tag.starts_with('"'), "{tag}");
    first.template("film.html");

    for (name, value) in [
        ("if-none-match", tag.as_str()),
        ("if-none-match", &format!("\"x\", W/{tag}")),
        ("if-none-match", "*"),
        ("if-modified-since", "Wed, 01 May 2024 12:00:00 GMT"),
        ("if-modified-since", "Thu, 02 May 2024 12:00:00 GMT"),
    ] {
        let browser = site.browser().with_header(name, value);
        let answer = site.queries(1, async || browser.get(&path).await).await;
        let answer = answer.status(304).header("etag", &tag).header("x-kept", "yes");
        answer.header("last-modified", "Wed, 01 May 2024 12:00:00 GMT").lacks("Alien");
        browser.head(&path).await.status(304).header("etag", &tag);
    }
    for (name, value) in [
        ("if-none-match", "\"x\""),
        ("if-modified-since", "Wed, 01 May 2024 11:59:59 GMT"),
        ("if-modified-since", "yesterday"),
    ] {
        let browser = site.browser().with_header(name, value);
        site.queries(2, async || browser.get(&path).await.ok().header("etag", &tag)).await;
    }
    // Both are sent: the tag counts, and sees what happens within a second.
    let browser = site
        .browser()
        .with_header("if-none-match", &tag)
        .with_header("if-modified-since", "Wed, 01 May 2024 12:00:00 GMT");
    browser.get(&path).await.status(304);
    let soon: Timestamp = "2024-05-01T12:00:00.7Z".parse()?;
    Film.filter(Film.id.eq(row.id)).update(Film.changed.set(soon)).exec(&site.db).await?;
    let changed = browser.get(&path).await.ok().header("last-modified", "Wed, 01 May 2024 12:00:00 GMT");
    assert_ne!(header(&changed, "etag"), tag);
    // What is wanted as it was and is not any more.
    let old = site.browser().with_header("if-match", &tag);
    site.queries(1, async || old.get(&path).await.status(412)).await;
    Ok(())
}

#[quintet::test(site)]
async fn what_has_changed_meanwhile_is_not_changed(site: TestSite) -> Result {
    let row = alien(&site).await?;
    let path = format!("/api/{}/", row.id);
    let tag = header(&site.get(&path).await.ok(), "etag");
    site.browser().with_header("if-none-match", &tag).get(&path).await.status(304);
    let put = async |name: &str, value: &str, title: &str| {
        let body = FilmInput { title: title.to_owned() };
        site.browser().with_header(name, value).json("PUT", &path, &body).await
    };
    for (name, value) in [
        ("if-match", "\"x\""),
        // A weak tag never says that it is the same.
        ("if-match", &format!("W/{tag}")),
        ("if-none-match", "*"),
        ("if-none-match", &tag),
    ] {
        put(name, value, "Changed").await.status(412).contains("changed in the meantime");
    }
    assert_eq!(Film.get(row.id, &site.db).await?.title, "Alien");
    // No tag of what a change has made: it is the answer's, and not that of what was sent.
    let done = put("if-match", &tag, "Aliens").await.ok();
    assert_eq!(done.header_text("etag"), None);
    assert_eq!(Film.get(row.id, &site.db).await?.title, "Aliens");
    put("if-match", &tag, "Again").await.status(412);
    put("if-match", "*", "Again").await.ok();
    put("if-none-match", "\"x\"", "Third").await.ok();
    // A date is asked of reading only; no version has one here.
    put("if-modified-since", "Sun, 06 Nov 2044 08:49:37 GMT", "Fourth").await.ok();
    put("if-unmodified-since", "Sun, 06 Nov 1994 08:49:37 GMT", "Fifth").await.ok();
    assert_eq!(Film.get(row.id, &site.db).await?.version, 6);

    // Where nothing is.
    let nothing = site.browser().with_header("if-match", "*");
    let body = FilmInput { title: "New".to_owned() };
    nothing.json("PUT", "/api/99/", &body).await.status(412);
    site.browser().with_header("if-none-match", "*").json("PUT", "/api/99/", &body).await.ok();
    assert_eq!(Film.count(&site.db).await?, 2);
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn versions_are_weak_where_they_say_so(site: TestSite) -> Result {
    let tag = Version::weak((7, "de")).tag().to_owned();
    let strong = tag.strip_prefix("W/").unwrap();
    for known in [&tag, strong] {
        site.browser()
            .with_header("if-none-match", known)
            .get("/weak/")
            .await
            .status(304)
            .header("etag", &tag);
        site.browser().with_header("if-match", known).get("/weak/").await.status(412);
    }
    // A redirect is no version of it.
    assert_eq!(site.get("/weak/").await.redirects("/").header_text("etag"), None);
    let later = site.get("/later/").await.ok().contains("new");
    assert!(later.header_text("etag").is_some() && later.header_text("last-modified").is_none());
    Ok(())
}

#[quintet::test(site)]
async fn generic_pages_of_a_row_ask_first(site: TestSite) -> Result {
    let row = alien(&site).await?;
    let path = format!("/generic/{}/", row.id);
    let first = site.queries(2, async || site.get(&path).await.ok().contains("Alien")).await;
    let tag = header(&first, "etag");
    assert!(tag.starts_with("W/"), "{tag}");
    let browser = site.browser().with_header("if-none-match", &tag);
    site.queries(1, async || browser.get(&path).await.status(304).header("etag", &tag).lacks("Alien")).await;
    // Whoever has other cookies may see another page.
    let other = site.browser().with_header("if-none-match", &tag).with_cookie("who", "ann");
    assert_ne!(header(&other.get(&path).await.ok(), "etag"), tag);
    // Each of the columns counts.
    let review = create!(Review { film: &row }).insert(&site.db).await?;
    assert_ne!(header(&browser.get(&path).await.ok(), "etag"), tag);
    review.delete(&site.db).await?;
    browser.get(&path).await.status(304);
    let mut edit = row.edit();
    edit.title = "Aliens".into();
    let row = edit.save(&site.db).await?;
    assert_ne!(header(&browser.get(&path).await.ok(), "etag"), tag);
    // A row that is none of theirs has no version.
    row.update(Film.title.set("hidden")).exec(&site.db).await?;
    browser.get(&path).await.status(404);
    site.browser().with_header("if-none-match", "*").get(&path).await.status(404);

    // A message that waits is shown.
    let ann = site.browser();
    let made = ann.post("/generic/new/", &[("title", "Brazil"), ("changed", "2024-05-01T12:00")]).await;
    let path = header(&made, "location");
    ann.get(&path).await.ok().contains("Brazil is new.").header("cache-control", "no-store");
    let tag = header(&ann.get(&path).await.ok().lacks("is new"), "etag");
    ann.clone().with_header("if-none-match", &tag).get(&path).await.status(304);

    // Templates change while one works on them.
    site.with_settings(&[("debug", "true")], async |site| {
        site.get(&path).await.ok();
        let browser = site.browser().with_header("if-none-match", &tag);
        site.queries(1, async || browser.get(&path).await.ok().contains("Brazil")).await;
    })
    .await?;
    Ok(())
}
