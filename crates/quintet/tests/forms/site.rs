//! The site: models, and a form for each way of writing them.

use quintet::{
    core::{EmbeddedFile, Folder},
    prelude::*,
};

/// Who makes films.
#[model(app = "forms", ordering = ["name"])]
#[derive(Debug, Clone)]
pub struct Director {
    #[field(max_length = 60)]
    pub name: String,
    #[field(default = false)]
    pub retired: bool,
}

/// What films are about.
#[model(app = "forms", ordering = ["-word"], display = "word")]
#[derive(Debug, Clone)]
pub struct Tag {
    #[field(max_length = 20)]
    pub name: String,
    #[field(max_length = 20)]
    pub word: String,
}

#[derive(Choices, Debug, Clone, PartialEq)]
pub enum Status {
    Draft,
    #[choice(label = "In print")]
    Printed,
}

/// A film.
#[model(app = "forms", unique_together = ["title", "year"])]
#[derive(Debug, Clone)]
pub struct Film {
    /// As on the poster.
    #[field(max_length = 40, verbose_name = "full title", error(required = "Every film has a title."))]
    pub title: String,
    #[field(min = 1888, max = 2100, error(min = "There were no films yet."))]
    pub year: i32,
    #[field(slug, unique, error(unique = "Another film has this address."))]
    pub slug: String,
    #[field(blank)]
    pub plot: String,
    #[field(max_digits = 6, decimal_places = 2)]
    pub price: Decimal,
    pub director: ForeignKey<Director>,
    pub second: Option<ForeignKey<Director>>,
    #[field(default = Status::Draft)]
    pub status: Status,
    pub tags: ManyToMany<Tag>,
}

#[data(model = Film)]
pub(crate) struct FilmInput {
    title: String,
    year: i32,
    slug: String,
    plot: String,
    /// In euros.
    #[field(label = "Price of a ticket")]
    price: Decimal,
    director: i64,
    second: Option<i64>,
    status: Status,
    tags: Vec<i64>,
    #[field(own, required)]
    agreed: bool,
}

#[form("/films/new/", name = "new")]
pub(crate) async fn add(db: Db, mut form: Form<FilmInput>) -> Result<Page> {
    let Some(new) = form.valid() else { return Ok(Page::new("film.html").with("form", &form)) };
    let film = create!(Film { ..new }).insert(&db).await?;
    Ok(redirect(format!("/films/{}/", film.id)))
}

#[form("/films/{id}/")]
pub(crate) async fn edit(Path(id): Path<i64>, db: Db, mut form: Form<FilmInput>) -> Result<Page> {
    let film = Film.get(id, &db).await?;
    form.edits(&film, &db).await?;
    form.offer_rows(FilmInput.second, Director.filter(Director.retired.eq(false)), &db).await?;
    let Some(new) = form.valid() else { return Ok(Page::new("film.html").with("form", &form)) };
    let mut film = film.edit();
    new.apply(&mut film)?;
    film.save(&db).await?;
    Ok(redirect("/saved/"))
}

/// Only the plot of a film can be changed, and of a cheap one its price.
#[data(model = Film)]
pub(crate) struct Correction {
    #[field(disabled)]
    title: String,
    #[field(disabled)]
    slug: String,
    plot: String,
    price: Decimal,
    #[field(disabled)]
    director: i64,
    #[field(disabled)]
    tags: Vec<i64>,
}

#[form("/films/{id}/correct/")]
pub(crate) async fn correct(Path(id): Path<i64>, db: Db, mut form: Form<Correction>) -> Result<Page> {
    let film = Film.get(id, &db).await?;
    if film.price > Decimal::from(5) {
        form.disable(Correction.price);
    }
    form.edits(&film, &db).await?;
    match form.save(film, &db).await? {
        Some(_) => Ok(redirect("/saved/")),
        None => Ok(Page::new("film.html").with("form", &form)),
    }
}

/// Some of a film; the handler gives the rest, and hears of conflicts from the write itself.
#[data(model = Film)]
pub(crate) struct Quick {
    title: String,
    #[field(max = 2000)]
    year: i32,
}

#[form("/quick/{director}/{slug}/", atomic = false)]
pub(crate) async fn quick(
    Path((director, slug)): Path<(i64, String)>,
    db: Db,
    mut form: Form<Quick>,
) -> Result<Page> {
    let Some(new) = form.valid() else { return Ok(Page::new("film.html").with("form", &form)) };
    let price = Decimal::from(1);
    match create!(Film { slug, price, plot: "", director, ..new }).insert(&db).await {
        Ok(_) => Ok(redirect("/saved/")),
        Err(error) => {
            form.refuse(error)?;
            Ok(Page::new("film.html").with("form", &form))
        }
    }
}

#[post("/json/")]
pub(crate) async fn json(Json(new): Json<FilmInput>, db: Db) -> Result<String> {
    Ok(create!(Film { ..new }).insert(&db).await?.id.to_string())
}

/// Rules that ask the database, for forms and for JSON.
#[data]
pub(crate) struct Invitation {
    director: String,
    #[serde(default)]
    greeting: String,
}

impl CleanData for Invitation {
    type Needs = (Db, Services);

    async fn clean(&mut self, (db, _): &(Db, Services), errors: &mut DataErrors<Self>) -> Result {
        match Director.filter(Director.name.eq(&*self.director)).first(db).await? {
            None => errors.error_coded(Invitation.director, "unknown", "nobody is called so"),
            Some(director) if director.retired => errors.general("those who rest are not invited"),
            Some(director) => self.greeting = format!("Dear {}", director.name),
        }
        // What a row of a model would be refused for is told as well.
        if self.director == "long" {
            create!(Director { name: "x".repeat(99) }).validate()?;
        }
        Ok(())
    }
}

#[form("/invite/")]
pub(crate) async fn invite(mut form: Form<Invitation>) -> Page {
    match form.valid() {
        Some(invitation) => redirect(format!("/sent/?{}", invitation.greeting)),
        None => Page::new("film.html").with("form", &form),
    }
}

#[post("/invitations/")]
pub(crate) async fn invitations(Json(all): Json<Vec<Invitation>>) -> String {
    all.into_iter().map(|one| one.greeting).collect::<Vec<_>>().join("; ")
}

/// A widget of the site's own.
#[data]
pub(crate) struct Place {
    #[field(widget = "own/map.html", min = 1)]
    place: i32,
}

#[form("/place/")]
pub(crate) async fn place(mut form: Form<Place>) -> Page {
    match form.valid() {
        Some(Place { place }) => redirect(format!("/at/{place}/")),
        None => Page::new("film.html").with("form", &form),
    }
}

#[data(model = Tag)]
pub(crate) struct TagRow {
    name: String,
    #[field(min_length = 2)]
    word: String,
}

/// All tags at once.
#[form("/tags/")]
pub(crate) async fn reviews(db: Db, mut tags: Forms<TagRow>) -> Result<Page> {
    let all = Tag.order_by(Tag.id).all(&db).await?;
    tags.deletable();
    tags.edits(&all, &db).await?;
    let Some(changes) = tags.valid() else { return Ok(Page::new("film.html").with("form", &tags)) };
    db.atomic(async |tx| {
        for change in changes {
            match change {
                RowChange::Add(new) => create!(Tag { ..new }).insert(tx).await.map(drop)?,
                RowChange::Change(at, new) => {
                    let mut tag = all[at].clone().edit();
                    new.apply(&mut tag)?;
                    tag.save(tx).await?;
                }
                RowChange::Delete(at) => all[at].delete(tx).await.map(drop)?,
            }
        }
        Ok(())
    })
    .await?;
    Ok(redirect("/saved/"))
}

static FILES: [EmbeddedFile; 2] = [
    EmbeddedFile { path: "templates/film.html", bytes: b"{{ form.open }}{{ form }}</form>" },
    EmbeddedFile {
        path: "templates/own/map.html",
        bytes: b"<div><input name=\"{{ widget.name }}\" id=\"{{ widget.id }}\" value=\"{{ widget.value }}\"{{ widget.attrs }}></div>",
    },
];

pub(crate) fn site() -> Site {
    let app = App::new("forms").folder(Folder::embedded("/forms", &FILES));
    Site::new().install(app.models((Director, Tag, Film)).routes(routes![
        add,
        edit,
        correct,
        quick,
        json,
        place,
        reviews,
        invite,
        invitations
    ]))
}

pub(crate) async fn people(db: &Db) -> Result<[Director; 2]> {
    let ridley = create!(Director { name: "Ridley <Scott>" }).insert(db).await?;
    let ann = create!(Director { name: "Ann", retired: true }).insert(db).await?;
    Ok([ridley, ann])
}

pub(crate) async fn tags(db: &Db) -> Result<[i64; 2]> {
    let noir = create!(Tag { name: "n", word: "noir" }).insert(db).await?;
    let space = create!(Tag { name: "s", word: "space" }).insert(db).await?;
    Ok([noir.id, space.id])
}

pub(crate) async fn alien(db: &Db, director: &Director) -> Result<Film> {
    let price = "9.50".parse::<Decimal>()?;
    create!(Film { title: "Alien", year: 1979, slug: "alien", plot: "", price, director }).insert(db).await
}
