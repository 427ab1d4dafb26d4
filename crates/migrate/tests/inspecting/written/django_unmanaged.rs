// Models of a database's tables, written by `inspectdb`. Read them through: names, types and rules are as near as
// they can be, and what a database does not say (choices, what a text means) is yours to add.
//
// `on_delete = do_nothing`: the database has no rule of its own for that key. Django, for one, keeps its rules in the
// program; give them here.
//
// app!("shop").models((Detail, Line, Maker, Place, Product, Restaurant, Tag))

use quintet::prelude::*;
use std::net::IpAddr;

#[model(managed = false)]
#[derive(Debug, Clone)]
pub struct Detail {
    #[field(on_delete = do_nothing)]
    pub product: OneToOne<Product>,
    pub text: String,
}

#[model(managed = false)]
#[derive(Debug, Clone)]
pub struct Line {
    #[field(primary_key)]
    pub order: i32,
    #[field(primary_key)]
    pub number: i16,
    #[field(on_delete = do_nothing)]
    pub product: ForeignKey<Product>,
}

#[model(managed = false)]
#[derive(Debug, Clone)]
pub struct Maker {
    #[field(unique, max_length = 80)]
    pub name: String,
    #[field(index, max_length = 50)]
    pub slug: String,
    #[field(max_length = 2)]
    pub country: String,
    pub products: HasMany<Product>,
}

#[model(managed = false)]
#[derive(Debug, Clone)]
pub struct Place {
    #[field(max_length = 50)]
    pub name: String,
    #[field(via = place_ptr)]
    pub restaurant: HasOne<Restaurant>,
}

#[model(
    managed = false,
    unique_together = ["maker", "title"],
    indexes = [
        index(fields(type_, -day), name = "shop_product_type_day"),
        index(expressions(r#"LOWER("title")"#), name = "shop_product_lower"),
        index(fields(day), name = "shop_product_on_sale", where = r#""on_sale""#),
    ],
    constraints = [
        unique(fields(mail), name = "shop_product_mail", where = r#""on_sale""#),
        check("shop_product_check1", r#""positive" >= 0"#),
        check("shop_product_check2", r#""positive_small" >= 0"#),
        check("shop_product_check3", r#""positive_big" >= 0"#),
        check("shop_product_check4", r#"(JSON_VALID("data") OR "data" IS NULL)"#),
        check("shop_product_count", r#""count" <= 1000"#),
    ],
)]
#[derive(Debug, Clone)]
pub struct Product {
    pub id: Uuid,
    #[field(on_delete = do_nothing)]
    pub maker: ForeignKey<Maker>,
    // It is a foreign key to auth_user(id), which is not among these models.
    #[field(index)]
    pub owned_by: Option<i32>,
    #[field(index, max_length = 200)]
    pub title: String,
    #[field(max_length = 20, column = "type")]
    pub type_: String,
    pub text: String,
    #[field(max_length = 254)]
    pub mail: String,
    #[field(max_length = 200)]
    pub home: String,
    #[field(max_length = 100)]
    pub file: String,
    #[field(max_length = 100)]
    pub picture: Option<String>,
    #[field(max_length = 100)]
    pub path: Option<String>,
    // A decimal of another program's: on SQLite, Quintet keeps a Decimal as a whole number of its last place.
    pub price: f64,
    pub weight: Option<f64>,
    pub count: i32,
    pub small: i16,
    pub big: i64,
    #[field(min = 0)]
    pub positive: i32,
    #[field(min = 0)]
    pub positive_small: i16,
    #[field(min = 0)]
    pub positive_big: i64,
    pub on_sale: bool,
    pub maybe: Option<bool>,
    pub day: Date,
    pub time: Time,
    pub moment: Timestamp,
    #[field(db_default = "STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW')")]
    pub since: Timestamp,
    pub span: i64,
    pub data: JsonValue,
    pub raw: Option<Vec<u8>>,
    pub address: Option<IpAddr>,
    #[field(unique)]
    pub code: Uuid,
    #[field(generated = r#"("count" * 2)"#)]
    pub double: Option<i32>,
    pub similar: ManyToMany<Product>,
    pub tags: ManyToMany<Tag>,
    pub detail: HasOne<Detail>,
    pub lines: HasMany<Line>,
}

#[model(managed = false)]
#[derive(Debug, Clone)]
pub struct Restaurant {
    #[field(primary_key, on_delete = do_nothing)]
    pub place_ptr: OneToOne<Place>,
    pub stars: i16,
}

#[model(managed = false)]
#[derive(Debug, Clone)]
pub struct Tag {
    #[field(unique, max_length = 40)]
    pub name: String,
    #[field(on_delete = do_nothing)]
    pub parent: Option<ForeignKey<Tag>>,
    #[field(via = tags)]
    pub products: HasMany<Product>,
    #[field(via = parent)]
    pub tags: HasMany<Tag>,
}
