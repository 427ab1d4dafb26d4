//! Generic pages of a model, through a whole site, on each database that there is.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use quintet::{
    core::{EmbeddedFile, Folder},
    prelude::*,
    views::{moved, template},
};

/// Who makes films.
#[model(app = "views", ordering = "name")]
#[derive(Debug, Clone)]
pub struct Director {
    #[field(max_length = 60)]
    pub name: String,
}

/// A film.
#[model(app = "views", ordering = "title")]
#[derive(Debug, Clone)]
pub struct Film {
    #[field(unique, max_length = 40)]
    pub title: String,
    #[field(on_delete = restrict)]
    pub director: ForeignKey<Director>,
    #[field(min = 1888)]
    pub year: i32,
    #[field(default = false)]
    pub hidden: bool,
    #[field(secret, default = "")]
    pub note: String,
}

#[data]
#[derive(Shape)]
#[shape(model = Film)]
struct FilmRow {
    id: i64,
    title: String,
    year: i32,
    #[shape(expr = Film.director.name)]
    director: String,
}

#[data(model = Film)]
struct FilmInput {
    title: String,
    director: i64,
    year: i32,
}

#[data]
#[derive(Shape)]
#[shape(model = Director)]
struct DirectorName {
    id: i64,
    name: String,
}

macro_rules! files {
    ($($path:literal: $text:literal,)*) => {
        &[$(EmbeddedFile { path: concat!("templates/", $path), bytes: $text.as_bytes() }),*]
    };
}

static TEMPLATES: &[EmbeddedFile] = files! {
    "films.html": "{% for film in films.items %}<li><a href=\"{{ url('film_detail', id=film.id) }}\">{{ film.title }}</a> by {{ film.director }}</li>{% else %}none{% endfor %}page {{ films.number }} of {{ films.pages }}; q={{ q }}; order={{ order }}; {{ filters|json }} [{{ previous }}|{{ next }}]",
    "stream.html": "{% for film in stream.items %}<li><a href=\"/\">{{ film.title }}</a></li>{% endfor %}{% if previous %}<a rel=\"prev\" href=\"{{ previous }}\">back</a>{% endif %}{% if next %}<a rel=\"next\" href=\"{{ next }}\">on</a>{% endif %}",
    "film.html": "<h1>{{ film.title }}</h1> {{ film.year }} {{ film.director }}",
    "film_form.html": "{% if film %}<h1>{{ film.title }}</h1>{% endif %}{{ form.open }}{{ form }}</form>",
    "film_delete.html": "Delete {{ film.title }}? {{ error }}",
    "director.html": "{{ director.name }}",
    "director_delete.html": "Delete {{ director.name }}? {% if error %}<b>{{ error }}</b>{% endif %}",
    "people_form.html": "{{ form }}",
    "about.html": "About {{ request.path }}",
};

fn films() -> Pages<Film> {
    Pages::of(Film.filter(Film.hidden.eq(false)))
        .filter((Film.year, Film.director, Film.director.name))
        .search((Film.title, Film.director.name))
        .order((Film.title, Film.year, Film.director.name))
        .per_page(2)
        .most_per_page(3)
        .list::<FilmRow>("films.html")
        .create::<FilmInput>("film_form.html")
        .detail::<FilmRow>("film.html")
        .update::<FilmInput>("film_form.html")
        .delete("film_delete.html")
}

fn stream() -> Pages<Film> {
    Pages::of(Film.filter(Film.hidden.eq(false)))
        .named("streamed", "stream")
        .filter(Film.year)
        .search(Film.title)
        .order((Film.year, Film.director.name))
        .per_page(2)
        .most_per_page(3)
        .by_key()
        .list::<FilmRow>("stream.html")
}

#[data(model = Director)]
struct DirectorInput {
    name: String,
}

fn site() -> Site {
    let people = Pages::new(Director)
        .named("person", "people")
        .then(|director: &Director| Url::from(format!("/thanks/{}/", director.name)))
        .create_by::<DirectorInput, _, _>("people_form.html", async |new: DirectorInput, db: Db| {
            let name = new.name.to_uppercase();
            create!(Director { name, ..new }).insert(&db).await
        });
    let app = App::new("views")
        .folder(Folder::embedded("/views", TEMPLATES))
        .models((Director, Film))
        .pages("/films", films())
        .pages(
            "/directors",
            Pages::new(Director).detail::<DirectorName>("director.html").delete("director_delete.html"),
        )
        .pages("/people/", people)
        .pages("/stream", stream())
        .route_named("about", "/about/", template("about.html"))
        .route("/movies/", moved("/films/"));
    Site::new().install(app)
}

async fn filled(site: &TestSite) -> Result<(Director, Vec<Film>)> {
    let ridley = create!(Director { name: "Ridley Scott" }).insert(&site.db).await?;
    let james = create!(Director { name: "James Cameron" }).insert(&site.db).await?;
    let mut films = Vec::new();
    for (title, director, year, hidden) in [
        ("Alien", &ridley, 1979, false),
        ("Aliens", &james, 1986, false),
        ("Blade <b>Runner</b>", &ridley, 1982, false),
        ("Titanic", &james, 1997, false),
        ("Unseen", &james, 2001, true),
    ] {
        films.push(create!(Film { title, director, year, hidden }).insert(&site.db).await?);
    }
    Ok((ridley, films))
}

fn titles(page: &TestResponse) -> Vec<String> {
    let text = page.text();
    text.split("/\">").skip(1).map(|rest| rest.split("</a>").next().unwrap().to_owned()).collect()
}

#[quintet::test(site)]
async fn a_list_has_pages_filters_search_and_order(site: TestSite) -> Result {
    let (ridley, _) = filled(&site).await?;
    let list = async |query: &str| site.get(format!("/films/{query}")).await.ok();
    let page = list("").await;
    assert_eq!(titles(&page), ["Alien", "Aliens"]);
    page.template("films.html").contains("page 1 of 2");
    assert_eq!(titles(&list("?page=2").await), ["Blade &lt;b&gt;Runner&lt;/b&gt;", "Titanic"]);
    // A count and the rows.
    site.queries(2, async || list("?page=2").await).await;

    assert_eq!(titles(&list("?per_page=100").await).len(), 3);
    assert_eq!(titles(&list("?per_page=1").await), ["Alien"]);
    assert_eq!(titles(&list("?order=-year").await), ["Titanic", "Aliens"]);
    assert_eq!(titles(&list("?order=director__name,-title").await), ["Titanic", "Aliens"]);
    assert_eq!(titles(&list("?year=1979").await), ["Alien"]);
    assert_eq!(titles(&list("?year__gte=1986").await), ["Aliens", "Titanic"]);
    assert_eq!(titles(&list(&format!("?director={}", ridley.id)).await).len(), 2);
    assert_eq!(titles(&list("?director__name__istartswith=ridley&year__lt=1980").await), ["Alien"]);
    let searched = list("?q=runner+scott").await;
    assert_eq!(titles(&searched).len(), 1);
    searched.contains("q=runner scott");
    // What a form sends of its empty fields, and what others add to an address.
    assert_eq!(
        titles(&list("?q=&year=&page=&utm_source=mail&hidden=true&note=x").await),
        ["Alien", "Aliens"]
    );
    list("?year=1800").await.contains("none").contains("page 1 of 1");
    list("?year=1979&order=-title").await.contains("order=-title").contains("\"year\":").contains("1979");

    for (query, told) in [
        ("?order=note", "ordered by `note`"),
        ("?order=titel", "did you mean `title`?"),
        ("?year=soon", "year"),
        ("?year__nearly=3", "nearly"),
        ("?page=first", "`page` is a whole number"),
    ] {
        site.get(format!("/films/{query}")).await.status(400).contains(told);
    }
    site.get("/films/?page=3").await.status(404);
    Ok(())
}

/// What a list shows of other tables joins them when its rows are counted, and other counts do not.
#[quintet::test(site)]
async fn rows_of_a_list_and_of_the_table_are_counted_side_by_side(site: TestSite) -> Result {
    filled(&site).await?;
    for _ in 0..2 {
        assert_eq!(Film.query().shape::<FilmRow>().count(&site.db).await?, 5);
        assert_eq!(Film.query().count(&site.db).await?, 5);
        assert_eq!(Film.order_by(Film.director.name).count(&site.db).await?, 5);
        assert!(Film.query().shape::<FilmRow>().exists(&site.db).await?);
        assert!(Film.query().exists(&site.db).await?);
    }
    Ok(())
}

#[quintet::test(site)]
async fn a_list_tells_the_addresses_of_the_pages_around(site: TestSite) -> Result {
    filled(&site).await?;
    let first = site.get("/films/?q=e&year__gte=1900&per_page=1&order=-year").await.ok();
    first.contains("[|?q=e&amp;order=-year&amp;per_page=1&amp;year__gte=1900&amp;page=2]");
    site.get("/films/?page=2").await.ok().contains("[?page=1|]");
    Ok(())
}

/// The address of a link that a page has.
fn link(page: &TestResponse, rel: &str) -> Option<String> {
    let text = page.text();
    let href = text.split(&format!("rel=\"{rel}\" href=\"")).nth(1)?.split('"').next()?;
    Some(format!("/stream/{}", href.replace("&amp;", "&")))
}

#[quintet::test(site)]
async fn a_list_goes_on_after_a_row(site: TestSite) -> Result {
    let (ridley, _) = filled(&site).await?;
    // The query's own order is the model's: by title.
    let first = site.queries(1, async || site.get("/stream/").await.ok()).await;
    assert_eq!(titles(&first), ["Alien", "Aliens"]);
    assert_eq!(link(&first, "prev"), None);
    // A page of numbers would show Aliens again.
    create!(Film { title: "Aaa", director: &ridley, year: 2000 }).insert(&site.db).await?;
    let second = site.get(link(&first, "next").unwrap()).await.ok();
    assert_eq!(titles(&second), ["Blade &lt;b&gt;Runner&lt;/b&gt;", "Titanic"]);
    assert_eq!(link(&second, "next"), None);
    let back = site.get(link(&second, "prev").unwrap()).await.ok();
    assert_eq!(titles(&back), ["Alien", "Aliens"]);
    assert_eq!(titles(&site.get(link(&back, "prev").unwrap()).await.ok()), ["Aaa"]);

    // With all that was asked.
    let asked =
        site.get("/stream/?order=-director__name,year&q=a&per_page=3&year__gt=1950&page=9").await.ok();
    assert_eq!(titles(&asked), ["Alien", "Blade &lt;b&gt;Runner&lt;/b&gt;", "Aaa"]);
    let next = link(&asked, "next").unwrap();
    assert!(next.contains("order=-director__name%2Cyear") && next.contains("year__gt=1950"), "{next}");
    assert_eq!(titles(&site.get(&next).await.ok()), ["Aliens", "Titanic"]);

    let cursor = next.rsplit("after=").next().unwrap();
    for (query, told) in [
        ("?after=nonsense".to_owned(), "cursor"),
        (format!("?order=year&after={cursor}"), "belongs to another order"),
        (format!("?order=-director__name,year&after={}", &cursor[1..]), "cut off or changed"),
        (format!("?after={cursor}&before={cursor}"), "not both"),
    ] {
        site.get(format!("/stream/{query}")).await.status(400).contains(told);
    }
    Ok(())
}

#[quintet::test(site)]
async fn a_row_has_a_page(site: TestSite) -> Result {
    let (_, films) = filled(&site).await?;
    let page = site.queries(1, async || site.get(format!("/films/{}/", films[2].id)).await.ok()).await;
    page.template("film.html").contains("Blade &lt;b&gt;Runner").contains("1982 Ridley Scott");
    // Rows that the pages are not of have none.
    for path in [format!("/films/{}/", films[4].id), "/films/999/".to_owned(), "/films/x/".to_owned()] {
        site.get(path).await.status(404);
    }
    Ok(())
}

#[quintet::test(site)]
async fn a_form_makes_a_row(site: TestSite) -> Result {
    let (ridley, _) = filled(&site).await?;
    let page = site.get("/films/new/").await.ok();
    page.template("film_form.html").contains("name=\"title\"").contains("Ridley Scott").lacks("<h1>");
    let director = ridley.id.to_string();
    site.post("/films/new/", &[("title", "Prometheus"), ("director", &director), ("year", "1799")])
        .await
        .status(422)
        .contains("Prometheus");
    site.post("/films/new/", &[("title", "Alien"), ("director", &director), ("year", "2012")])
        .await
        .status(422)
        .contains("Alien");
    assert_eq!(Film.count(&site.db).await?, 5);
    let made =
        site.post("/films/new/", &[("title", "Prometheus"), ("director", &director), ("year", "2012")]).await;
    let film = Film.filter(Film.title.eq("Prometheus")).one(&site.db).await?;
    made.redirects(format!("/films/{}/", film.id));
    assert_eq!((film.year, *film.director.id()), (2012, ridley.id));

    // What the site does itself, and where it leads.
    site.get("/people/new/").await.ok().contains("name=\"name\"");
    site.post("/people/new/", &[("name", "ann")]).await.redirects("/thanks/ANN/");
    Ok(())
}

#[quintet::test(site)]
async fn a_form_changes_a_row(site: TestSite) -> Result {
    let (ridley, films) = filled(&site).await?;
    let path = format!("/films/{}/edit/", films[1].id);
    site.get(&path)
        .await
        .ok()
        .contains("<h1>Aliens</h1>")
        .contains("value=\"Aliens\"")
        .contains("value=\"1986\"");
    let director = ridley.id.to_string();
    let taken = site.post(&path, &[("title", "Alien"), ("director", &director), ("year", "1986")]).await;
    taken.status(422).contains("value=\"Alien\"").contains("<h1>Aliens</h1>");
    // Its own title is not taken.
    let saved = site.post(&path, &[("title", "Aliens"), ("director", &director), ("year", "1987")]).await;
    saved.redirects(format!("/films/{}/", films[1].id));
    let film = Film.get(films[1].id, &site.db).await?;
    assert_eq!((film.year, *film.director.id()), (1987, ridley.id));
    site.get(format!("/films/{}/edit/", films[4].id)).await.status(404);
    site.post(format!("/films/{}/edit/", films[4].id), &[("title", "x")]).await.status(404);
    Ok(())
}

#[quintet::test(site)]
async fn a_row_is_deleted_after_a_question(site: TestSite) -> Result {
    let (ridley, films) = filled(&site).await?;
    let path = format!("/films/{}/delete/", films[0].id);
    site.get(&path).await.ok().template("film_delete.html").contains("Delete Alien?");
    assert_eq!(Film.count(&site.db).await?, 5);
    site.post(&path, &[]).await.redirects("/films/");
    assert_eq!(Film.count(&site.db).await?, 4);
    site.post(&path, &[]).await.status(404);
    site.post(format!("/films/{}/delete/", films[4].id), &[]).await.status(404);
    // Other rows are in the way.
    let refused = site.post(format!("/directors/{}/delete/", ridley.id), &[]).await;
    refused.status(409).template("director_delete.html").contains("<b>");
    assert_eq!(Director.count(&site.db).await?, 2);
    for film in [&films[2]] {
        site.post(format!("/films/{}/delete/", film.id), &[]).await.redirects("/films/");
    }
    // No list to lead to.
    site.post(format!("/directors/{}/delete/", ridley.id), &[]).await.redirects("/");
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn pages_without_a_model_and_addresses_by_name(site: TestSite) -> Result {
    site.get("/about/").await.ok().contains("About").template("about.html");
    site.get("/movies/?q=alien").await.status(308).header("location", "/films/?q=alien");
    site.post("/movies/", &[]).await.status(308).header("location", "/films/");
    let services = site.services().clone();
    let (about, film, none) = services
        .scope(async {
            let none: [(&'static str, u8); 0] = [];
            (
                Url::named("views:about", none).resolve(),
                Url::named("views:film_detail", [("id", 7)]).query("a", "b").resolve(),
                Url::named("views:film_detial", [("id", 7)]).resolve(),
            )
        })
        .await;
    assert_eq!((about?.as_str(), film?.as_str()), ("/about/", "/films/7/?a=b"));
    let none = none.unwrap_err().to_string();
    assert!(none.contains("film_detail"), "{none}");
    let routes = site.run("routes").await?;
    for name in
        ["film_list", "film_detail", "film_create", "film_update", "film_delete", "person_create", "about"]
    {
        assert!(routes.contains(name), "{name}: {routes}");
    }
    Ok(())
}
