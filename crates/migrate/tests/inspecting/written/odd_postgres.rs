// Models of a database's tables, written by `inspectdb`. Read them through: names, types and rules are as near as
// they can be, and what a database does not say (choices, what a text means) is yours to add.
//
// Migrations keep these tables from now on: `makemigrations`, then `migrate --fake-initial`.
//
// `on_delete = do_nothing`: the database has no rule of its own for that key. Django, for one, keeps its rules in the
// program; give them here.
//
// app!("…").models((Person, Plan, Seat, Total))

use quintet::prelude::*;

// The index people_nulls is left out: USING btree (born DESC NULLS LAST).
// The index people_pattern is left out: USING btree (name text_pattern_ops).
// The index people_words is left out: USING gin (to_tsvector('simple'::regconfig, (name)::text)).
/// Who works here.
#[model(
    table = "people",
    indexes = [
        index(fields(name), include(zip), name = "people_carrying"),
    ],
    constraints = [
        check("people_state_check", "state = ANY (ARRAY['on'::text, 'off'::text])"),
        check("people_small_check", "small >= 0"),
    ],
)]
#[derive(Debug, Clone)]
pub struct Person {
    pub id: i32,
    /// As on the door.
    /// No titles.
    #[field(unique, max_length = 40)]
    pub name: String,
    // Its type is the enum mood: 'good', 'it''s bad'; an enum with #[derive(Choices)] says so too.
    #[field(db_default = "'good'")]
    pub mood: Option<String>,
    // Its type is the domain zip.
    #[field(max_length = 5)]
    pub zip: Option<String>,
    // Its type is text[], which no field has: it is read as its text.
    pub tags: Option<String>,
    // Its type is numeric: the digits are a guess.
    #[field(max_digits = 28, decimal_places = 10)]
    pub price: Option<Decimal>,
    // Its type is numeric(40,3): the digits are a guess.
    #[field(max_digits = 28, decimal_places = 10)]
    pub wide: Option<Decimal>,
    // Its type is character(3): shorter values have spaces behind.
    #[field(max_length = 3)]
    pub short: Option<String>,
    // Its type has no time zone: it is read as UTC.
    pub born: Option<Timestamp>,
    // Its type is json, not jsonb.
    pub doc: Option<JsonValue>,
    // Its type is cidr, which no field has: it is read as its text.
    pub net: Option<String>,
    // The database numbers it, but only a key of one whole number called `id` can say so.
    pub number: i64,
    // ON DELETE sets it to its default, which it can't be.
    #[field(on_delete = do_nothing, index = false, column = "boss")]
    pub boss: Option<ForeignKey<Person>>,
    // A rule lists its values: an enum with #[derive(Choices)] says so too.
    pub state: Option<String>,
    #[field(generated = "(1 + 1)")]
    pub twice: Option<i32>,
    #[field(db_default = "1.5")]
    pub size: Option<f64>,
    #[field(min = 0, db_default = "3")]
    pub small: Option<i16>,
    // It is compared by COLLATE C.
    pub title: Option<String>,
    #[field(via = boss)]
    pub people: HasMany<Person>,
    pub plans: HasMany<Plan>,
}

// It is a table without a key: (room) is taken for its key; see to it that no two rows share it.
// A foreign key of several columns, (room, place), leads to seats(room, place): no field can say so.
#[model(table = "plan", managed = false)]
#[derive(Debug, Clone)]
pub struct Plan {
    #[field(primary_key)]
    pub room: i32,
    pub place: Option<i32>,
    #[field(index = false)]
    pub person: Option<ForeignKey<Person>>,
}

// It has the constraint `seats_guest_excl`, which no model can say.
#[model(
    table = "seats",
    constraints = [
        unique(fields(guest, room), name = "seats_guest", deferrable),
    ],
)]
#[derive(Debug, Clone)]
pub struct Seat {
    #[field(primary_key)]
    pub room: i32,
    #[field(primary_key)]
    pub place: i32,
    pub guest: Option<String>,
}

// It is a view: (n) is taken for its key; see to it that no two rows share it.
#[model(table = "totals", managed = false)]
#[derive(Debug, Clone)]
pub struct Total {
    #[field(primary_key)]
    pub n: i64,
    pub last: Option<String>,
}
