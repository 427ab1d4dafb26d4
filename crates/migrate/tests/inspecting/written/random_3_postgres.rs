// Models of a database's tables, written by `inspectdb`. Read them through: names, types and rules are as near as
// they can be, and what a database does not say (choices, what a text means) is yours to add.
//
// Migrations keep these tables from now on: `makemigrations`, then `migrate --fake-initial`.
//
// `on_delete = do_nothing`: the database has no rule of its own for that key. Django, for one, keeps its rules in the
// program; give them here.
//
// app!("…").models((OddEel, OneApe, OneBee, TwoCat, TwoDog))

use quintet::prelude::*;
use std::net::IpAddr;

#[model(
    table = "odd eel",
    indexes = [
        index(fields(two)),
    ],
)]
#[derive(Debug, Clone)]
pub struct OddEel {
    #[field(unique)]
    pub one: Option<String>,
    pub two: Option<i16>,
    pub ten: Option<bool>,
    pub odd: Date,
    #[field(max_length = 10)]
    pub day: Option<String>,
    #[field(index)]
    pub end: Option<i32>,
    #[field(unique, max_length = 36)]
    pub uid: Option<String>,
    pub net: Option<IpAddr>,
    pub few: Option<f32>,
    #[field(on_delete = do_nothing, index = false)]
    pub to_ape: Option<ForeignKey<OneApe>>,
    #[field(on_delete = do_nothing, index = false)]
    pub to_bee: Option<ForeignKey<OneBee>>,
    #[field(via = to_eel)]
    pub one_apes: HasMany<OneApe>,
    #[field(via = to_eel)]
    pub one_bees: HasMany<OneBee>,
    #[field(via = to_eel)]
    pub two_dogs: HasMany<TwoDog>,
}

#[model(
    table = "one_ape",
    indexes = [
        index(fields(col_few), expressions("col_few IS NULL"), name = "one_ape__col_few_2d95ba36_index"),
        index(fields(uid), expressions("uid IS NULL"), name = "one_ape__uid_29573e91_index"),
    ],
)]
#[derive(Debug, Clone)]
pub struct OneApe {
    #[field(max_length = 40)]
    pub col_one: Option<String>,
    pub ten: Option<i32>,
    pub col_odd: Date,
    #[field(index)]
    pub end: f64,
    #[field(unique, max_length = 36)]
    pub uid: Option<String>,
    pub net: Option<IpAddr>,
    pub col_few: Option<f32>,
    #[field(on_delete = do_nothing, index = false)]
    pub to_bee: Option<ForeignKey<OneBee>>,
    #[field(on_delete = set_null)]
    pub to_eel: Option<ForeignKey<OddEel>>,
    #[field(via = to_ape)]
    pub odd_eels: HasMany<OddEel>,
}

#[model(
    table = "one_bee",
    unique_together = ["two", "six"],
    indexes = [
        index(fields(-odd), expressions("odd IS NULL"), name = "one_bee__odd_desc_64fdfe70_index"),
    ],
)]
#[derive(Debug, Clone)]
pub struct OneBee {
    pub two: Option<i32>,
    #[field(max_digits = 8, decimal_places = 2)]
    pub six: Option<Decimal>,
    pub odd: Option<Date>,
    #[field(max_length = 10)]
    pub day: String,
    pub col_net: Option<IpAddr>,
    pub to_bee: Option<ForeignKey<OneBee>>,
    #[field(on_delete = set_null)]
    pub to_eel: Option<ForeignKey<OddEel>>,
    #[field(on_delete = do_nothing, index = false)]
    pub to_dog: Option<ForeignKey<TwoDog>>,
    #[field(via = to_bee)]
    pub odd_eels: HasMany<OddEel>,
    #[field(via = to_bee)]
    pub one_apes: HasMany<OneApe>,
    #[field(via = to_bee)]
    pub one_bees: HasMany<OneBee>,
    #[field(via = to_bee)]
    pub two_dogs: HasMany<TwoDog>,
}

#[model(
    table = "two_cat",
    constraints = [
        check("net_same", "(net IS NULL) OR (net = net)"),
    ],
)]
#[derive(Debug, Clone)]
pub struct TwoCat {
    pub two: Option<i64>,
    #[field(max_digits = 12, decimal_places = 4)]
    pub six: Option<Decimal>,
    pub col_ten: Option<String>,
    pub odd: Date,
    #[field(index)]
    pub net: Option<IpAddr>,
    pub few: f32,
    #[field(on_delete = do_nothing, index = false)]
    pub to_dog: Option<ForeignKey<TwoDog>>,
}

#[model(table = "two_dog")]
#[derive(Debug, Clone)]
pub struct TwoDog {
    #[field(unique)]
    pub two: Option<i16>,
    #[field(max_digits = 10, decimal_places = 3)]
    pub six: Decimal,
    pub day: String,
    #[field(index)]
    pub col_end: Option<f64>,
    pub col_uid: Option<String>,
    #[field(index = false)]
    pub to_bee: Option<ForeignKey<OneBee>>,
    #[field(on_delete = do_nothing, index = false)]
    pub to_dog: Option<ForeignKey<TwoDog>>,
    #[field(on_delete = do_nothing)]
    pub to_eel: Option<ForeignKey<OddEel>>,
    #[field(via = to_dog)]
    pub one_bees: HasMany<OneBee>,
    #[field(via = to_dog)]
    pub two_cats: HasMany<TwoCat>,
    #[field(via = to_dog)]
    pub two_dogs: HasMany<TwoDog>,
}
