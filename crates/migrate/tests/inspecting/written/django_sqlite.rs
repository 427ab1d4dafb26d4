// Models of a database's tables, written by `inspectdb`. Read them through: names, types and rules are as near as
// they can be, and what a database does not say (choices, what a text means) is yours to add.
//
// Migrations keep these tables from now on: `makemigrations`, then `migrate --fake-initial`.
//
// `on_delete = do_nothing`: the database has no rule of its own for that key. Django, for one, keeps its rules in the
// program; give them here.
//
// app!("…").models((AuthGroup, AuthGroupPermission, AuthPermission, AuthUser, AuthUserGroup, AuthUserUserPermission, DjangoAdminLog, DjangoContentType, DjangoMigration, DjangoSession, ShopDetail, ShopLine, ShopMaker, ShopPlace, ShopProduct, ShopProductSimilar, ShopProductTag, ShopRestaurant, ShopTag))

use quintet::prelude::*;
use std::net::IpAddr;

#[model(table = "auth_group")]
#[derive(Debug, Clone)]
pub struct AuthGroup {
    #[field(unique, max_length = 150)]
    pub name: String,
    #[field(through = AuthGroupPermission)]
    pub permissions: ManyToMany<AuthPermission>,
    #[field(via = groups)]
    pub auth_users: HasMany<AuthUser>,
}

#[model(
    table = "auth_group_permissions",
    unique_together = ["group", "permission"],
)]
#[derive(Debug, Clone)]
pub struct AuthGroupPermission {
    #[field(on_delete = do_nothing)]
    pub group: ForeignKey<AuthGroup>,
    #[field(on_delete = do_nothing)]
    pub permission: ForeignKey<AuthPermission>,
}

#[model(
    table = "auth_permission",
    unique_together = ["content_type", "codename"],
)]
#[derive(Debug, Clone)]
pub struct AuthPermission {
    #[field(on_delete = do_nothing)]
    pub content_type: ForeignKey<DjangoContentType>,
    #[field(max_length = 100)]
    pub codename: String,
    #[field(max_length = 255)]
    pub name: String,
    #[field(via = permissions)]
    pub auth_groups: HasMany<AuthGroup>,
    #[field(via = user_permissions)]
    pub auth_users: HasMany<AuthUser>,
}

#[model(table = "auth_user")]
#[derive(Debug, Clone)]
pub struct AuthUser {
    #[field(max_length = 128)]
    pub password: String,
    pub last_login: Option<Timestamp>,
    pub is_superuser: bool,
    #[field(unique, max_length = 150)]
    pub username: String,
    #[field(max_length = 150)]
    pub last_name: String,
    #[field(max_length = 254)]
    pub email: String,
    pub is_staff: bool,
    pub is_active: bool,
    pub date_joined: Timestamp,
    #[field(max_length = 150)]
    pub first_name: String,
    #[field(through = AuthUserGroup)]
    pub groups: ManyToMany<AuthGroup>,
    #[field(through = AuthUserUserPermission)]
    pub user_permissions: ManyToMany<AuthPermission>,
    #[field(via = user)]
    pub django_admin_logs: HasMany<DjangoAdminLog>,
    #[field(via = owned_by)]
    pub shop_products: HasMany<ShopProduct>,
}

#[model(table = "auth_user_groups", unique_together = ["user", "group"])]
#[derive(Debug, Clone)]
pub struct AuthUserGroup {
    #[field(on_delete = do_nothing)]
    pub user: ForeignKey<AuthUser>,
    #[field(on_delete = do_nothing)]
    pub group: ForeignKey<AuthGroup>,
}

#[model(
    table = "auth_user_user_permissions",
    unique_together = ["user", "permission"],
)]
#[derive(Debug, Clone)]
pub struct AuthUserUserPermission {
    #[field(on_delete = do_nothing)]
    pub user: ForeignKey<AuthUser>,
    #[field(on_delete = do_nothing)]
    pub permission: ForeignKey<AuthPermission>,
}

#[model(
    table = "django_admin_log",
    constraints = [
        check("django_admin_log_check1", r#""action_flag" >= 0"#),
    ],
)]
#[derive(Debug, Clone)]
pub struct DjangoAdminLog {
    pub object_id: Option<String>,
    #[field(max_length = 200)]
    pub object_repr: String,
    #[field(min = 0)]
    pub action_flag: i16,
    pub change_message: String,
    #[field(on_delete = do_nothing)]
    pub content_type: Option<ForeignKey<DjangoContentType>>,
    #[field(on_delete = do_nothing)]
    pub user: ForeignKey<AuthUser>,
    pub action_time: Timestamp,
}

#[model(
    table = "django_content_type",
    unique_together = ["app_label", "model"],
)]
#[derive(Debug, Clone)]
pub struct DjangoContentType {
    #[field(max_length = 100)]
    pub app_label: String,
    #[field(max_length = 100)]
    pub model: String,
    #[field(via = content_type)]
    pub auth_permissions: HasMany<AuthPermission>,
    #[field(via = content_type)]
    pub django_admin_logs: HasMany<DjangoAdminLog>,
}

#[model(table = "django_migrations")]
#[derive(Debug, Clone)]
pub struct DjangoMigration {
    #[field(max_length = 255)]
    pub app: String,
    #[field(max_length = 255)]
    pub name: String,
    pub applied: Timestamp,
}

#[model(table = "django_session")]
#[derive(Debug, Clone)]
pub struct DjangoSession {
    #[field(primary_key, max_length = 40)]
    pub session_key: String,
    pub session_data: String,
    #[field(index)]
    pub expire_date: Timestamp,
}

#[model(table = "shop_detail")]
#[derive(Debug, Clone)]
pub struct ShopDetail {
    #[field(on_delete = do_nothing)]
    pub product: OneToOne<ShopProduct>,
    pub text: String,
}

#[model(table = "shop_line")]
#[derive(Debug, Clone)]
pub struct ShopLine {
    #[field(primary_key)]
    pub order: i32,
    #[field(primary_key)]
    pub number: i16,
    #[field(on_delete = do_nothing)]
    pub product: ForeignKey<ShopProduct>,
}

#[model(table = "shop_maker")]
#[derive(Debug, Clone)]
pub struct ShopMaker {
    #[field(unique, max_length = 80)]
    pub name: String,
    #[field(index, max_length = 50)]
    pub slug: String,
    #[field(max_length = 2)]
    pub country: String,
    #[field(via = maker)]
    pub shop_products: HasMany<ShopProduct>,
}

#[model(table = "shop_place")]
#[derive(Debug, Clone)]
pub struct ShopPlace {
    #[field(max_length = 50)]
    pub name: String,
    #[field(via = place_ptr)]
    pub shop_restaurant: HasOne<ShopRestaurant>,
}

#[model(
    table = "shop_product",
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
pub struct ShopProduct {
    pub id: Uuid,
    #[field(on_delete = do_nothing)]
    pub maker: ForeignKey<ShopMaker>,
    #[field(on_delete = do_nothing, column = "owned_by")]
    pub owned_by: Option<ForeignKey<AuthUser>>,
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
    #[field(
        through = ShopProductSimilar,
        through_fields = (from_product, to_product),
    )]
    pub similar: ManyToMany<ShopProduct>,
    #[field(through = ShopProductTag)]
    pub tags: ManyToMany<ShopTag>,
    #[field(via = product)]
    pub shop_detail: HasOne<ShopDetail>,
    #[field(via = product)]
    pub shop_lines: HasMany<ShopLine>,
}

#[model(
    table = "shop_product_similar",
    unique_together = ["from_product", "to_product"],
)]
#[derive(Debug, Clone)]
pub struct ShopProductSimilar {
    #[field(on_delete = do_nothing)]
    pub from_product: ForeignKey<ShopProduct>,
    #[field(on_delete = do_nothing)]
    pub to_product: ForeignKey<ShopProduct>,
}

#[model(table = "shop_product_tags", unique_together = ["product", "tag"])]
#[derive(Debug, Clone)]
pub struct ShopProductTag {
    #[field(on_delete = do_nothing)]
    pub product: ForeignKey<ShopProduct>,
    #[field(on_delete = do_nothing)]
    pub tag: ForeignKey<ShopTag>,
}

#[model(table = "shop_restaurant")]
#[derive(Debug, Clone)]
pub struct ShopRestaurant {
    #[field(primary_key, on_delete = do_nothing)]
    pub place_ptr: OneToOne<ShopPlace>,
    pub stars: i16,
}

#[model(table = "shop_tag")]
#[derive(Debug, Clone)]
pub struct ShopTag {
    #[field(unique, max_length = 40)]
    pub name: String,
    #[field(on_delete = do_nothing)]
    pub parent: Option<ForeignKey<ShopTag>>,
    #[field(via = tags)]
    pub shop_products: HasMany<ShopProduct>,
    #[field(via = parent)]
    pub shop_tags: HasMany<ShopTag>,
}
