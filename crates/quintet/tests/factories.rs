//! Rows for tests by recipes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use quintet::prelude::*;

/// Somebody who makes films.
#[model(app = "films")]
#[derive(Debug, Clone, PartialEq)]
pub struct Director {
    /// The name.
    #[field(unique, max_length = 120)]
    pub name: String,
}

/// What a film is about.
#[model(app = "films")]
#[derive(Debug, Clone)]
pub struct Tag {
    /// The word.
    #[field(unique, max_length = 40)]
    pub name: String,
}

/// A film.
#[model(app = "films")]
#[derive(Debug, Clone)]
pub struct Film {
    /// The title.
    #[field(max_length = 200)]
    pub title: String,
    /// Who made it.
    pub director: ForeignKey<Director>,
    /// Who made it, too.
    #[field(on_delete = set_null)]
    pub second: Option<ForeignKey<Director>>,
    /// What it is about.
    pub tags: ManyToMany<Tag>,
    /// How many liked it.
    #[field(default = 7)]
    pub votes: i32,
}

/// What somebody says of a film.
#[model(app = "films")]
#[derive(Debug, Clone)]
pub struct Review {
    /// The film.
    pub film: ForeignKey<Film>,
    /// How good it is.
    pub stars: i32,
}

factory! {
    fn director(n) -> Director { name: format!("Director {n}") }

    fn tag(n) -> Tag { name: format!("tag-{n}") }

    /// With a director of its own.
    pub fn film(n) -> Film {
        title: n.words(2),
        votes: n.random(0..1000),
        director: new director(),
    }

    fn review(n) -> Review {
        film: new film(),
        stars: *n.cycle(&[1, 2, 3]),
    }
}

/// A variant is a function.
fn tagged() -> Factory<Film> {
    film().linked(Film.tags, 2, tag())
}

fn site() -> Site {
    Site::new().install(App::new("films").models((Director, Tag, Film, Review)))
}

#[quintet::test(site)]
async fn what_a_test_does_not_say_is_made(site: TestSite) -> Result {
    let db = &site.db;
    let first = film().create(db).await?;
    let again = Film.select_related(Film.director).get(first.id, db).await?;
    assert_eq!(again.director.get()?.name, "Director 1");
    assert!((0..1000).contains(&again.votes) && again.second.is_none());
    assert_eq!(again.title.split(' ').count(), 2);
    // Numbers go on, and values with them.
    let second = film().create(db).await?;
    assert_ne!((first.title, first.votes), (second.title, second.votes));
    assert_eq!(Director.query().count(db).await?, 2);
    Ok(())
}

#[quintet::test(site)]
async fn each_test_begins_at_one_with_the_same_values(site: TestSite) -> Result {
    static FIRST: std::sync::Mutex<Vec<(String, i32)>> = std::sync::Mutex::new(Vec::new());
    assert_eq!(director().create(&site.db).await?.name, "Director 1");
    let film = film().create(&site.db).await?;
    let mut seen = FIRST.lock().unwrap();
    seen.push((film.title, film.votes));
    // The second run is on PostgreSQL.
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
    Ok(())
}

#[quintet::test(site)]
async fn a_test_says_what_it_cares_for(site: TestSite) -> Result {
    let db = &site.db;
    let ridley = director().with(Director.name.set("Ridley Scott")).create(db).await?;
    let alien = film().with((Film.title.set("Alien"), Film.director.set(&ridley))).create(db).await?;
    assert_eq!((alien.title.as_str(), *alien.director.id()), ("Alien", ridley.id));
    // No director was made beside.
    assert_eq!(Director.query().count(db).await?, 1);
    let lang = director().with(Director.name.set("Fritz Lang"));
    let m = film().with(Film.director.set(&ridley)).related(Film.director, lang.clone()).create(db).await?;
    let m = Film.select_related(Film.director).get(m.id, db).await?;
    assert_eq!(m.director.get()?.name, "Fritz Lang");
    let both = film().related(Film.second, director()).create(db).await?;
    assert!(both.second.is_some());
    let none = film().related(Film.second, director()).with(Film.second.set_null()).create(db).await?;
    assert!(none.second.is_none());
    // A unique name that comes twice is an error of the row, not of the kit.
    assert_eq!(film().related(Film.director, lang).create(db).await.unwrap_err().status(), 409);
    Ok(())
}

#[quintet::test(site)]
async fn many_rows_have_their_own_relations(site: TestSite) -> Result {
    let db = &site.db;
    let films = tagged().having(3, Review.film, review()).create_many(4, db).await?;
    assert_eq!(films.len(), 4);
    let counts =
        [Director.query().count(db).await?, Tag.query().count(db).await?, Review.query().count(db).await?];
    assert_eq!(counts, [4, 8, 12]);
    for film in Film.prefetch_related(Film.tags).all(db).await? {
        assert_eq!(film.tags.get()?.len(), 2);
        let stars = Review.filter(Review.film.eq(&film)).order_by(Review.stars).all(db).await?;
        assert_eq!(stars.iter().map(|review| review.stars).collect::<Vec<_>>(), [1, 2, 3]);
    }
    // What a test says of the tags is all of them.
    let only = tag().create(db).await?;
    let film = tagged().with(Film.tags.set([&only])).create(db).await?;
    let film = Film.prefetch_related(Film.tags).get(film.id, db).await?;
    assert_eq!(film.tags.get()?.iter().map(|tag| tag.id).collect::<Vec<_>>(), [only.id]);
    Ok(())
}

#[quintet::test(site)]
async fn a_built_row_is_not_inserted(site: TestSite) -> Result {
    let draft = director().build();
    draft.validate()?;
    assert_eq!(Director.query().count(&site.db).await?, 0);
    draft.insert(&site.db).await?;
    let lonely = film().build().insert(&site.db).await.unwrap_err();
    assert!(lonely.to_string().contains("director"), "{lonely}");
    Ok(())
}
