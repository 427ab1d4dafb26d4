// Models of a database's tables, written by `inspectdb`. Read them through: names, types and rules are as near as
// they can be, and what a database does not say (choices, what a text means) is yours to add.
//
// Migrations keep these tables from now on: `makemigrations`, then `migrate --fake-initial`.
//
// app!("…").models((OrderItem, DateRow, GroupPerson, Group, Log, Passport, Person, Stock))

use quintet::prelude::*;

#[model(
    table = "Order Items",
    constraints = [
        check("Order Items_check1", "loose IN ('a', 'b')"),
        check("Order Items_check2", "big <> 7"),
    ],
)]
#[derive(Debug, Clone)]
pub struct OrderItem {
    #[field(primary_key, column = "OrderId")]
    pub order_id: i32,
    // It is compared by COLLATE NOCASE.
    #[field(primary_key, max_length = 10, column = "1st")]
    pub n1st: String,
    #[field(db_default = "'it''s'", column = "type")]
    pub type_: Option<String>,
    #[field(column = "self")]
    pub self_: Option<String>,
    // A decimal of another program's: on SQLite, Quintet keeps a Decimal as a whole number of its last place.
    pub amount: Option<f64>,
    // It holds larger numbers than its type has elsewhere.
    pub big: Option<i64>,
    // It holds values of several types, not only of the one that it declares.
    pub mixed: Option<String>,
    pub stamp: Option<Timestamp>,
    // It holds numbers: seconds or milliseconds since 1970, or days?
    pub unix: Option<i64>,
    // The column has no type: look at what it holds.
    pub thing: Option<Vec<u8>>,
    // It holds more than UUIDs.
    pub md5: Option<String>,
    pub uid: Option<Uuid>,
    // A rule lists its values: an enum with #[derive(Choices)] says so too.
    pub loose: Option<String>,
    // It holds larger numbers than its type has elsewhere.
    #[field(generated = "big * 2")]
    pub twice: Option<i64>,
}

#[model(table = "dates")]
#[derive(Debug, Clone)]
pub struct DateRow {
    #[field(column = "date_id")]
    pub id: i64,
    #[field(column = "id")]
    pub id_2: Option<String>,
    #[field(db_default = "CURRENT_DATE")]
    pub date: Date,
}

// It is WITHOUT ROWID.
#[model(table = "group_people")]
#[derive(Debug, Clone)]
pub struct GroupPerson {
    #[field(primary_key, index = false)]
    pub group: ForeignKey<Group>,
    #[field(primary_key, index = false)]
    pub person: ForeignKey<Person>,
}

#[model(table = "groups")]
#[derive(Debug, Clone)]
pub struct Group {
    pub title: Option<String>,
    #[field(through = GroupPerson)]
    pub people: ManyToMany<Person>,
}

// It has triggers: t.
// It is a table without a key: (line) is taken for its key; see to it that no two rows share it.
// The index by_line is left out: it goes by COLLATE NOCASE.
#[model(table = "log", managed = false)]
#[derive(Debug, Clone)]
pub struct Log {
    pub at: Option<String>,
    #[field(primary_key)]
    pub line: String,
}

#[model(table = "passports")]
#[derive(Debug, Clone)]
pub struct Passport {
    #[field(primary_key, on_delete = protect)]
    pub person: OneToOne<Person>,
    pub number: Option<String>,
}

#[model(
    table = "people",
    indexes = [
        index(fields(-name), expressions("lower(boss)"), name = "newest", where = "boss_id > 1"),
    ],
)]
#[derive(Debug, Clone)]
pub struct Person {
    #[field(unique)]
    pub name: String,
    #[field(on_delete = set_null, index = false, column = "boss_id")]
    pub boss_id: Option<ForeignKey<Person>>,
    pub boss: Option<String>,
    #[field(via = people)]
    pub groups: HasMany<Group>,
    pub passport: HasOne<Passport>,
    #[field(via = boss_id)]
    pub people: HasMany<Person>,
}

// It is a table without a key: (place) is taken for its key; see to it that no two rows share it.
// A foreign key of several columns, (place, item), leads to Order Items(1st, OrderId): no field can say so.
#[model(table = "stock", managed = false)]
#[derive(Debug, Clone)]
pub struct Stock {
    #[field(primary_key)]
    pub place: String,
    pub item: i32,
}
