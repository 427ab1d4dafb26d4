// Models of a database's tables, written by `inspectdb`. Read them through: names, types and rules are as near as
// they can be, and what a database does not say (choices, what a text means) is yours to add.
//
// Migrations keep these tables from now on: `makemigrations`, then `migrate --fake-initial`.
//
// `on_delete = do_nothing`: the database has no rule of its own for that key. Django, for one, keeps its rules in the
// program; give them here.
//
// app!("…").models((OneApe, TwoCat, TwoCatMany, TwoDog, TwoEel))

use quintet::prelude::*;
use std::net::IpAddr;

#[model(
    table = "one_ape",
    unique_together = ["one", "six"],
    indexes = [
        index(fields(-six)),
    ],
)]
#[derive(Debug, Clone)]
pub struct OneApe {
    #[field(unique, max_length = 40)]
    pub one: Option<String>,
    #[field(max_digits = 8, decimal_places = 2)]
    pub six: Decimal,
    #[field(index)]
    pub ten: bool,
    pub odd: Date,
    #[field(max_length = 10)]
    pub day: String,
    pub col_uid: Option<String>,
    pub few: Option<u8>,
    #[field(via = many)]
    pub two_cats: HasMany<TwoCat>,
}

#[model(
    table = "two_cat",
    unique_together = ["one", "two"],
    constraints = [
        check("two_same", r#""two" IS NULL OR "two" = "two""#),
    ],
)]
#[derive(Debug, Clone)]
pub struct TwoCat {
    #[field(unique, max_length = 20)]
    pub one: Option<String>,
    #[field(unique)]
    pub two: Option<u16>,
    pub ten: i32,
    pub odd: Option<Timestamp>,
    pub col_end: f64,
    #[field(unique)]
    pub net: Option<IpAddr>,
    #[field(through = TwoCatMany)]
    pub many: ManyToMany<OneApe>,
}

#[model(table = "two_cat_many", unique_together = ["from_cat", "ape"])]
#[derive(Debug, Clone)]
pub struct TwoCatMany {
    #[field(index = false)]
    pub from_cat: ForeignKey<TwoCat>,
    #[field(index = false)]
    pub ape: ForeignKey<OneApe>,
}

#[model(
    table = "two_dog",
    unique_together = ["col_one", "six"],
    indexes = [
        index(fields(day)),
    ],
    constraints = [
        check("six_same", r#""six" IS NULL OR "six" = "six""#),
        check("end_same", r#""end" IS NULL OR "end" = "end""#),
    ],
)]
#[derive(Debug, Clone)]
pub struct TwoDog {
    #[field(unique)]
    pub col_one: Option<String>,
    #[field(max_digits = 12, decimal_places = 4)]
    pub six: Decimal,
    #[field(index)]
    pub ten: i32,
    pub day: Date,
    pub end: Option<i32>,
    #[field(max_length = 36)]
    pub uid: Option<String>,
    pub col_few: u8,
    #[field(on_delete = do_nothing, index = false)]
    pub to_dog: Option<ForeignKey<TwoDog>>,
    #[field(via = to_dog)]
    pub two_dogs: HasMany<TwoDog>,
}

#[model(table = "two_eel", unique_together = ["two", "six"])]
#[derive(Debug, Clone)]
pub struct TwoEel {
    #[field(unique)]
    pub two: Option<u16>,
    #[field(max_digits = 8, decimal_places = 2)]
    pub six: Option<Decimal>,
    pub ten: Option<i32>,
    pub odd: Option<Timestamp>,
    #[field(max_length = 10)]
    pub day: Option<String>,
    pub uid: Option<Uuid>,
}
