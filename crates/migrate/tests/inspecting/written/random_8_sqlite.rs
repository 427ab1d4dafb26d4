// Models of a database's tables, written by `inspectdb`. Read them through: names, types and rules are as near as
// they can be, and what a database does not say (choices, what a text means) is yours to add.
//
// Migrations keep these tables from now on: `makemigrations`, then `migrate --fake-initial`.
//
// `on_delete = do_nothing`: the database has no rule of its own for that key. Django, for one, keeps its rules in the
// program; give them here.
//
// app!("…").models((OddBee, OneApe, TwoCat, TwoEel))

use quintet::prelude::*;
use std::net::IpAddr;

#[model(table = "odd bee", unique_together = ["one", "six"])]
#[derive(Debug, Clone)]
pub struct OddBee {
    #[field(unique, max_length = 40)]
    pub one: Option<String>,
    #[field(max_digits = 10, decimal_places = 3)]
    pub six: Decimal,
    #[field(index)]
    pub col_odd: Timestamp,
    #[field(index)]
    pub day: Date,
    #[field(index)]
    pub uid: Option<String>,
    pub net: Option<IpAddr>,
    #[field(on_delete = do_nothing, index = false)]
    pub to_bee: Option<ForeignKey<OddBee>>,
    pub to_eel: Option<ForeignKey<TwoEel>>,
    #[field(via = to_bee)]
    pub odd_bees: HasMany<OddBee>,
}

#[model(table = "one_ape")]
#[derive(Debug, Clone)]
pub struct OneApe {
    #[field(index)]
    pub two: Option<u64>,
    #[field(max_digits = 8, decimal_places = 2)]
    pub col_six: Option<Decimal>,
    pub col_ten: Option<String>,
    pub odd: Option<Timestamp>,
    pub day: Date,
    pub end: Option<i32>,
    #[field(index)]
    pub uid: Option<String>,
    #[field(index)]
    pub col_few: Option<f64>,
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
    #[field(index, max_length = 40)]
    pub one: Option<String>,
    #[field(unique)]
    pub two: Option<i64>,
    #[field(max_digits = 8, decimal_places = 2)]
    pub six: Option<Decimal>,
    pub col_ten: Option<String>,
    pub odd: Option<Timestamp>,
    #[field(max_length = 10)]
    pub day: Option<String>,
    #[field(unique, max_length = 36)]
    pub uid: Option<String>,
    #[field(unique)]
    pub net: Option<IpAddr>,
    pub few: Option<u32>,
    #[field(on_delete = set_null)]
    pub to_cat: Option<ForeignKey<TwoCat>>,
    #[field(via = to_cat)]
    pub two_cats: HasMany<TwoCat>,
}

#[model(
    table = "two_eel",
    constraints = [
        check("odd_same", r#""odd" IS NULL OR "odd" = "odd""#),
        check("end_same", r#""col_end" IS NULL OR "col_end" = "col_end""#),
    ],
)]
#[derive(Debug, Clone)]
pub struct TwoEel {
    #[field(unique)]
    pub one: Option<String>,
    pub ten: Option<String>,
    pub odd: Date,
    #[field(max_length = 10)]
    pub day: String,
    #[field(max_digits = 9, decimal_places = 2)]
    pub col_end: Decimal,
    pub uid: Option<String>,
    #[field(unique)]
    pub col_net: Option<IpAddr>,
    #[field(via = to_eel)]
    pub odd_bees: HasMany<OddBee>,
}
