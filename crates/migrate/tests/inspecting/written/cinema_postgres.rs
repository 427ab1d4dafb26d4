// Models of a database's tables, written by `inspectdb`. Read them through: names, types and rules are as near as
// they can be, and what a database does not say (choices, what a text means) is yours to add.
//
// Migrations keep these tables from now on: `makemigrations`, then `migrate --fake-initial`.
//
// app!("cinema").models((Director, Distributor, Film, Genre))

use quintet::prelude::*;

#[model]
#[derive(Debug, Clone)]
pub struct Director {
    #[field(unique, max_length = 120)]
    pub name: String,
    pub films: HasMany<Film>,
}

#[model]
#[derive(Debug, Clone)]
pub struct Distributor {
    #[field(unique, max_length = 120)]
    pub name: String,
    pub films: HasMany<Film>,
}

#[model]
#[derive(Debug, Clone)]
pub struct Film {
    #[field(index, max_length = 200)]
    pub title: String,
    #[field(index)]
    pub released: Option<Date>,
    #[field(on_delete = set_null)]
    pub director: Option<ForeignKey<Director>>,
    #[field(on_delete = set_null)]
    pub distributor: Option<ForeignKey<Distributor>>,
    pub certificate: Option<String>,
    #[field(max_length = 120)]
    pub source: Option<String>,
    pub running_time: Option<i32>,
    pub us_gross: Option<i64>,
    #[field(index)]
    pub worldwide_gross: Option<i64>,
    pub dvd_sales: Option<i64>,
    pub budget: Option<i64>,
    #[field(index)]
    pub imdb_rating: Option<f64>,
    pub imdb_votes: Option<i32>,
    pub tomatoes: Option<i32>,
    #[field(unique)]
    pub source_row: Option<i32>,
    pub remarks: String,
    #[field(max_length = 100)]
    pub poster: Option<String>,
    pub genres: ManyToMany<Genre>,
}

#[model]
#[derive(Debug, Clone)]
pub struct Genre {
    #[field(unique, max_length = 120)]
    pub name: String,
    #[field(unique, max_length = 120)]
    pub slug: String,
    pub kind: String,
    #[field(via = genres)]
    pub films: HasMany<Film>,
}
