// The models of the guide: models.md shows them. Hidden lines of other snippets include this file and run on its rows.
use quintet::prelude::*;

/// Whether a film can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choices)]
pub enum Status {
    Announced,
    Showing,
    Archived,
}

/// Somebody who makes films.
#[model(app = "cinema", ordering = "name")]
#[derive(Debug, Clone)]
pub struct Director {
    #[field(unique, max_length = 120)]
    pub name: String,
    pub films: HasMany<Film>,
}

/// A company that distributes films.
#[model(app = "cinema")]
#[derive(Debug, Clone)]
pub struct Studio {
    #[field(max_length = 120)]
    pub name: String,
    pub city: Option<String>,
}

/// What a film is about.
#[model(app = "cinema", ordering = "name")]
#[derive(Debug, Clone)]
pub struct Tag {
    #[field(unique, max_length = 40)]
    pub name: String,
    #[field(via = tags)]
    pub films: HasMany<Film>,
}

/// A film.
#[model(app = "cinema", ordering = "-released")]
#[derive(Debug, Clone)]
pub struct Film {
    #[field(max_length = 200, index)]
    pub title: String,
    pub director: ForeignKey<Director>,
    #[field(on_delete = set_null)]
    pub studio: Option<ForeignKey<Studio>>,
    pub tags: ManyToMany<Tag>,
    pub released: Option<Date>,
    /// Price of a ticket in EUR.
    #[field(max_digits = 6, decimal_places = 2, default = 10)]
    pub price: Decimal,
    #[field(default = 0)]
    pub votes: i32,
    #[field(default = Status::Announced)]
    pub status: Status,
    pub reviews: HasMany<Review>,
}

/// What a viewer says about a film.
#[model(app = "cinema")]
#[derive(Debug, Clone)]
pub struct Review {
    pub film: ForeignKey<Film>,
    #[field(validate = one_to_five)]
    pub stars: i32,
    #[field(default = "")]
    pub text: String,
}

fn one_to_five(value: &Value) -> Result<(), String> {
    match value.as_int() {
        Some(1..=5) => Ok(()),
        _ => Err("from 1 to 5 stars".into()),
    }
}

/// Runs a snippet on a database in memory that has a few rows.
pub fn run(example: impl AsyncFnOnce(Db) -> Result) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcome: Result = runtime.block_on(async {
        let db = Db::open("sqlite::memory:", quintet::orm::DbOptions::default()).await?;
        let models = [Director.meta(), Studio.meta(), Tag.meta(), Film.meta(), Review.meta()];
        quintet::migrate::create_tables(&db, &models).await?;
        fill(&db).await?;
        example(db).await
    });
    outcome.unwrap();
}

async fn fill(db: &Db) -> Result {
    let varda = create!(Director { name: "Agnès Varda" }).insert(db).await?;
    let lang = create!(Director { name: "Fritz Lang" }).insert(db).await?;
    let ufa = create!(Studio { id: 1, name: "Ufa", city: "Berlin" }).insert(db).await?;
    let tags = Tag.bulk_create(["noir", "silent", "war"].map(|name| create!(Tag { name })), db).await?;
    let day = |text: &str| text.parse::<Date>();
    create!(Film { id: 7, title: "Metropolis", director: &lang, studio: &ufa, released: day("1927-01-10")?, votes: 5000 })
        .insert(db)
        .await?;
    create!(Film { title: "M", director: &lang, tags: [&tags[0]], released: day("1931-05-11")?, votes: 900 })
        .insert(db)
        .await?;
    let cleo = create!(Film { title: "Cléo de 5 à 7", director: &varda, released: day("1962-04-11")?, votes: 80 });
    let cleo = cleo.insert(db).await?;
    create!(Review { film: &cleo, stars: 5, text: "Two hours that feel like two." }).insert(db).await?;
    create!(Review { film: 7, stars: 4 }).insert(db).await?;
    Ok(())
}
