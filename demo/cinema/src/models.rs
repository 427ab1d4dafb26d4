//! What the cinema keeps: films, the directors, distributors and genres they belong to, what people say about them, and to each other.

use quintet::prelude::*;

/// Somebody who made films.
#[model(ordering = "name")]
#[derive(Debug, Clone)]
pub struct Director {
    /// As the source spells it.
    #[field(unique, max_length = 120)]
    pub name: String,
    /// Their films.
    pub films: HasMany<Film>,
}

/// A company that brings films to cinemas.
#[model(ordering = "name")]
#[derive(Debug, Clone)]
pub struct Distributor {
    /// As the source spells it.
    #[field(unique, max_length = 120)]
    pub name: String,
    /// The films it distributed.
    pub films: HasMany<Film>,
}

/// What a genre says about a film.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choices)]
pub enum Kind {
    /// Its tone: drama, comedy, horror. A film of the source has at most one.
    Genre,
    /// Its world: contemporary fiction, fantasy, real events. A film of the source has at most one.
    World,
}

/// A drawer that films are put into.
#[model(ordering = "name")]
#[derive(Debug, Clone)]
pub struct Genre {
    /// As people read it: `Romantic Comedy`.
    #[field(unique, max_length = 120)]
    pub name: String,
    /// As addresses have it: `romantic-comedy`.
    #[field(unique, max_length = 120)]
    pub slug: String,
    /// Tone or world.
    pub kind: Kind,
    /// The films of this genre.
    #[field(via = genres)]
    pub films: HasMany<Film>,
}

/// What the MPAA (the American film industry) says about who may see a film.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choices)]
pub enum Certificate {
    /// Everybody.
    #[choice(value = "G", label = "G")]
    G,
    /// Children with their parents’ advice.
    #[choice(value = "PG", label = "PG")]
    Pg,
    /// Some of it not for children under 13.
    #[choice(value = "PG-13", label = "PG-13")]
    Pg13,
    /// Under 17 only with an adult.
    #[choice(value = "R", label = "R")]
    R,
    /// Nobody under 17.
    #[choice(value = "NC-17", label = "NC-17")]
    Nc17,
    /// The film was not submitted.
    #[choice(value = "Not Rated", label = "Not rated")]
    NotRated,
}

/// A film.
#[model(ordering = "title")]
#[derive(Debug, Clone)]
pub struct Film {
    /// As it was released in the United States.
    #[field(max_length = 200, index)]
    pub title: String,
    /// First day in a cinema.
    #[field(index)]
    pub released: Option<Date>,
    /// Who directed it, if the source says so.
    #[field(on_delete = set_null)]
    pub director: Option<ForeignKey<Director>>,
    /// Who distributed it, if the source says so.
    #[field(on_delete = set_null)]
    pub distributor: Option<ForeignKey<Distributor>>,
    /// Its genre and its world.
    pub genres: ManyToMany<Genre>,
    /// Who may see it.
    pub certificate: Option<Certificate>,
    /// What it is based on.
    #[field(max_length = 120)]
    pub source: Option<String>,
    /// Minutes.
    pub running_time: Option<i32>,
    /// Tickets sold in the United States, in dollars.
    pub us_gross: Option<i64>,
    /// Tickets sold anywhere, in dollars.
    #[field(index)]
    pub worldwide_gross: Option<i64>,
    /// DVDs sold in the United States, in dollars.
    pub dvd_sales: Option<i64>,
    /// What it cost to make, in dollars.
    pub budget: Option<i64>,
    /// What viewers gave it, of ten.
    #[field(index)]
    pub imdb_rating: Option<f64>,
    /// How many viewers rated it.
    pub imdb_votes: Option<i32>,
    /// Per cent of critics who liked it.
    pub tomatoes: Option<i32>,
    /// Its place in the file it came from, by which a second import knows it again; none if somebody typed it in.
    #[field(unique)]
    pub source_row: Option<i32>,
    /// What the import had to say about its values, a sentence a line.
    #[field(default = "")]
    pub remarks: String,
    /// Its poster, if somebody has given one.
    #[field(upload_to = "posters")]
    pub poster: Option<StoredImage>,
    /// What people said about it.
    pub reviews: HasMany<Review>,
    /// What people say to each other about it.
    pub comments: HasMany<Comment>,
}

impl Film {
    /// The genre among its genres, which must be loaded.
    ///
    /// # Errors
    /// If the genres were not loaded.
    pub fn genre(&self) -> Result<Option<&Genre>> {
        Ok(self.genres.get()?.iter().find(|genre| genre.kind == Kind::Genre))
    }

    /// The director's name, if there is one; it must be loaded.
    ///
    /// # Errors
    /// If the director was not loaded.
    pub fn director_name(&self) -> Result<Option<&str>> {
        self.director.as_ref().map(|director| Ok(director.get()?.name.as_str())).transpose()
    }
}

/// What somebody says about a film: one review a film each.
#[model(
    unique_together = ["film", "author"],
    permissions = [("moderate_review", "Can hide and show reviews")]
)]
#[derive(Debug, Clone)]
pub struct Review {
    /// What it is about.
    pub film: ForeignKey<Film>,
    /// Who wrote it.
    pub author: ForeignKey<User>,
    /// How good the film is, of five.
    #[field(min = 1, max = 5)]
    pub stars: i32,
    /// What they say.
    #[field(max_length = 2000)]
    pub text: String,
    /// Is it kept from all but its author and moderators?
    #[field(default = false)]
    pub hidden: bool,
    /// When it was written.
    #[field(default = now, index)]
    pub created: Timestamp,
    /// When it was last changed by its author.
    pub changed: Option<Timestamp>,
}

impl Review {
    /// Those that everybody sees.
    pub fn visible() -> QuerySet<Review> {
        Review.filter(Review.hidden.eq(false))
    }
}

/// A line of the talk on a film's page.
#[model]
#[derive(Debug, Clone)]
pub struct Comment {
    /// What it is about.
    pub film: ForeignKey<Film>,
    /// Who wrote it.
    pub author: ForeignKey<User>,
    /// What they say.
    #[field(max_length = 300)]
    pub text: String,
    /// When they said it.
    #[field(default = now, index)]
    pub written: Timestamp,
}
