//! Films are added, changed and deleted, with their posters.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use cinema::models::{Director, Film, Genre, Kind};
use cinema::pages;
use quintet::auth::{Account, Accounts, Permission};
use quintet::prelude::*;

/// A PNG of one dot, as far as its header.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

fn poster(name: &str, bytes: &[u8]) -> TestFile {
    TestFile::new("poster", name, bytes)
}

/// What the lists of the form offer.
async fn names(db: &Db) -> Result<(Director, Genre, Genre)> {
    Ok((
        create!(Director { name: "Ridley Scott" }).insert(db).await?,
        create!(Genre { name: "Horror", slug: "horror", kind: Kind::Genre }).insert(db).await?,
        create!(Genre { name: "Science Fiction", slug: "science-fiction", kind: Kind::World })
            .insert(db)
            .await?,
    ))
}

fn accounts(site: &TestSite) -> Result<Accounts> {
    use quintet::core::Service as _;
    Accounts::of(site.services())
}

/// A browser of somebody who looks after the films.
async fn editor(site: &TestSite) -> Result<TestClient> {
    let account = Account { is_staff: true, ..Account::named("edith") };
    let user = accounts(site)?.create(account, None).await?;
    Ok(site.login_as(&user).await)
}

/// A film that was added by the form, with a poster.
async fn alien(site: &TestSite, editor: &TestClient) -> Result<Film> {
    let sent = [poster("Alien (1979).png", PNG)];
    let answer = editor.upload(pages::add_film::url(), &[("title", "Alien")], &sent).await;
    let film = Film.first(&site.db).await?.or_404()?;
    answer.redirects(pages::film::url(film.id));
    Ok(film)
}

fn poster_of(film: &Film) -> &str {
    film.poster.as_ref().map_or("", StoredImage::name)
}

/// All that the storage has; what is deleted after a commit may still be on its way out.
async fn files(site: &TestSite, expected: &[&str]) {
    let storage = site.services().get::<Storage>().unwrap().clone();
    for _ in 0..500 {
        let found = storage.list("").await.unwrap();
        let mut names: Vec<String> = found.into_iter().map(|info| info.name).collect();
        names.sort_unstable();
        if names == expected {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{:?}, not {expected:?}", storage.list("").await.unwrap());
}

#[quintet::test(cinema::site)]
async fn a_film_is_added_with_its_poster(site: TestSite) -> Result {
    let editor = editor(&site).await?;
    let (scott, horror, space) = names(&site.db).await?;
    editor.get("/").await.ok().contains("href=\"/films/new/\"");
    let page = editor.get(pages::add_film::url()).await.ok().template("film_form.html");
    page.contains("Ridley Scott")
        .contains("accept=\"image/*\"")
        .contains("name=\"csrf_token\"")
        .contains("aria-label=\"Genre\"")
        .contains("aria-label=\"World\"")
        .lacks("Delete");

    let (director, tone, world) = (scott.id.to_string(), horror.id.to_string(), space.id.to_string());
    let fields = [
        ("title", "Alien"),
        ("director", &*director),
        ("released", "1979-05-25"),
        ("genres", &*tone),
        ("genres", &*world),
    ];
    let answer = editor.upload(pages::add_film::url(), &fields, &[poster("Alien (1979).png", PNG)]).await;
    let film = Film.query().prefetch_related(Film.genres).first(&site.db).await?.or_404()?;
    let page = answer.redirects(pages::film::url(film.id)).follow().await.ok();
    assert_eq!(film.released, Some("1979-05-25".parse()?));
    assert_eq!(film.director.as_ref().map(ForeignKey::id), Some(&scott.id));
    let mut slugs: Vec<&str> = film.genres.get()?.iter().map(|genre| genre.slug.as_str()).collect();
    slugs.sort_unstable();
    assert_eq!(slugs, ["horror", "science-fiction"]);
    assert_eq!(poster_of(&film), "posters/Alien_1979.png");

    page.contains("“Alien” was added.")
        .contains_html("<img class=\"poster\" src=\"/media/posters/Alien_1979.png\" alt=\"Poster of Alien\" width=\"272\" height=\"408\" decoding=\"async\">")
        .contains("Horror. Released on 25 May 1979.");
    assert_eq!(&editor.get("/media/posters/Alien_1979.png").await.ok().bytes()[..], PNG);
    // It is told once.
    editor.get(pages::film::url(film.id)).await.ok().lacks("was added").contains("class=\"poster\"");
    Ok(())
}

#[quintet::test(cinema::site)]
async fn what_is_wrong_is_told_beside_its_field_and_nothing_is_kept(site: TestSite) -> Result {
    let editor = editor(&site).await?;
    names(&site.db).await?;
    let add = pages::add_film::url();
    let title = [("title", "Alien")];
    let page = editor.upload(add.clone(), &title, &[poster("notes.txt", b"In space")]).await.status(422);
    page.field_error("poster", "choose a picture").contains("value=\"Alien\"").no_field_error("title");
    let page =
        editor.upload(add.clone(), &title, &[poster("alien.png", b"<html><script>")]).await.status(422);
    page.field_error("poster", "this file is none");
    let mut large = PNG.to_vec();
    large.resize(5_000_001, 0);
    let page = editor.upload(add.clone(), &title, &[poster("alien.png", &large)]).await.status(422);
    page.field_error("poster", "choose a smaller picture");
    // 5000 × 5000 dots in a few bytes.
    let mut vast = PNG.to_vec();
    vast[16..24].copy_from_slice(&[0, 0, 0x13, 0x88, 0, 0, 0x13, 0x88]);
    let page = editor.upload(add.clone(), &title, &[poster("alien.png", &vast)]).await.status(422);
    page.field_error("poster", "24 million dots");

    let fields = [("title", " "), ("director", "99"), ("released", "1066-10-14"), ("genres", "99")];
    let page = editor.upload(add.clone(), &fields, &[]).await.status(422);
    page.field_error("title", "every film has a title")
        .field_error("director", "there is no such director")
        .field_error("released", "1900")
        .field_error("genres", "there is no such genre")
        .no_field_error("poster")
        .contains("role=\"alert\"");
    assert_eq!(Film.query().count(&site.db).await?, 0);
    files(&site, &[]).await;
    Ok(())
}

#[quintet::test(cinema::site)]
async fn the_poster_stays_or_is_replaced_or_removed(site: TestSite) -> Result {
    let editor = editor(&site).await?;
    let (_, horror, space) = names(&site.db).await?;
    let begun = alien(&site, &editor).await?;
    let edit = pages::edit_film::url(begun.id);
    let now = async || {
        let film = Film.query().prefetch_related(Film.genres).get(begun.id, &site.db).await?;
        let genres: Vec<i64> = film.genres.get()?.iter().map(|genre| genre.id).collect();
        Ok::<_, Error>((film, genres))
    };
    let page = editor.get(edit.clone()).await.ok();
    page.contains("value=\"Alien\"")
        .contains("href=\"/media/posters/Alien_1979.png\"")
        .contains("poster-clear");

    let tone = horror.id.to_string();
    let page = editor.upload(edit.clone(), &[("title", "Alien 3"), ("genres", &tone)], &[]).await;
    let page = page.redirects(pages::film::url(begun.id)).follow().await.ok();
    page.contains("“Alien 3” was saved.").contains("/media/posters/Alien_1979.png");
    let (film, genres) = now().await?;
    assert_eq!((poster_of(&film), genres), ("posters/Alien_1979.png", vec![horror.id]));
    // What is refused changes nothing.
    editor.upload(edit.clone(), &[("title", "")], &[poster("b.png", PNG)]).await.status(422);
    files(&site, &["posters/Alien_1979.png"]).await;

    let world = space.id.to_string();
    editor.upload(edit.clone(), &[("title", "Alien 3"), ("genres", &world)], &[poster("b.png", PNG)]).await;
    let (film, genres) = now().await?;
    assert_eq!((poster_of(&film), genres), ("posters/b.png", vec![space.id]));
    files(&site, &["posters/b.png"]).await;

    editor.upload(edit, &[("title", "Alien 3"), ("poster-clear", "true")], &[]).await;
    let (film, genres) = now().await?;
    assert!(film.poster.is_none() && genres.is_empty());
    files(&site, &[]).await;
    editor.get(pages::film::url(film.id)).await.ok().lacks("class=\"poster\"");
    Ok(())
}

#[quintet::test(cinema::site)]
async fn a_film_that_is_deleted_takes_its_poster_along(site: TestSite) -> Result {
    let editor = editor(&site).await?;
    let film = alien(&site, &editor).await?;
    let other = create!(Film { title: "Aliens", poster: StoredImage::new("posters/other.png") })
        .insert(&site.db)
        .await?;
    let delete = pages::delete_film::url(film.id);
    editor
        .get(delete.clone())
        .await
        .ok()
        .template("film_delete.html")
        .contains("Delete Alien?")
        .contains("and so do its reviews and its poster");
    files(&site, &["posters/Alien_1979.png"]).await;
    assert_eq!(Film.query().count(&site.db).await?, 2);

    let page = editor.post(delete.clone(), &[]).await.redirects("/").follow().await.ok();
    page.contains("“Alien” was deleted.");
    files(&site, &[]).await;
    let left: Vec<i64> = Film.query().all(&site.db).await?.iter().map(|film| film.id).collect();
    assert_eq!(left, [other.id]);
    editor.post(delete, &[]).await.status(404);
    // Its file went before; the film goes all the same.
    editor.post(pages::delete_film::url(other.id), &[]).await.redirects("/");
    Ok(())
}

#[quintet::test(cinema::site)]
async fn other_sites_can_not_send_the_forms(site: TestSite) -> Result {
    let editor = editor(&site).await?;
    let film = alien(&site, &editor).await?;
    let stranger = editor.clone().enforce_csrf();
    stranger.post(pages::delete_film::url(film.id), &[]).await.status(403);
    stranger.upload(pages::edit_film::url(film.id), &[("title", "x")], &[]).await.status(403);
    stranger.upload(pages::add_film::url(), &[("title", "x")], &[poster("x.png", PNG)]).await.status(403);
    assert_eq!(Film.query().count(&site.db).await?, 1);
    assert_eq!(Film.get(film.id, &site.db).await?.title, "Alien");
    Ok(())
}

#[quintet::test(cinema::site)]
async fn only_those_who_may_change_films_do(site: TestSite) -> Result {
    let film = create!(Film { title: "Alien" }).insert(&site.db).await?;
    let all = [pages::add_film::url(), pages::edit_film::url(film.id), pages::delete_film::url(film.id)];
    let all = all.map(|url| url.to_string());
    let reader = site.login("ana").await;
    for address in &all {
        site.get(address.clone()).await.redirects(format!("/login/?next={address}"));
        site.upload(address.clone(), &[("title", "x")], &[poster("x.png", PNG)]).await.status(303);
        reader.get(address.clone()).await.status(403).contains("class=\"brand\"");
        reader.upload(address.clone(), &[("title", "x")], &[poster("x.png", PNG)]).await.status(403);
    }
    for page in ["/".to_owned(), pages::film::url(film.id).to_string()] {
        for client in [site.browser(), reader.clone()] {
            let html = client.get(page.clone()).await.ok().text();
            assert!(all.iter().all(|address| !html.contains(&format!("href=\"{address}\""))), "{html}");
        }
    }
    assert_eq!(Film.get(film.id, &site.db).await?.title, "Alien");
    files(&site, &[]).await;

    // Who may change and not add or delete is shown the one way, and has no other.
    let user = User.filter(User.username.eq("ana")).one(&site.db).await?;
    let change = Permission.filter(Permission.codename.eq("change_film")).one(&site.db).await?;
    user.related(User.user_permissions).add([&change], &site.db).await?;
    let page = reader.get(pages::film::url(film.id)).await.ok();
    page.contains(&format!("href=\"{}\"", all[1])).lacks(&all[2]);
    reader.get("/").await.ok().lacks("Add a film");
    reader.get(all[1].clone()).await.ok().lacks("Delete…");
    reader.get(all[0].clone()).await.status(403);
    reader.post(all[2].clone(), &[]).await.status(403);
    reader.upload(all[1].clone(), &[("title", "Alien 3")], &[]).await.status(303);
    assert_eq!(Film.get(film.id, &site.db).await?.title, "Alien 3");
    Ok(())
}
