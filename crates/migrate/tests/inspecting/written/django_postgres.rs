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

// The index auth_group_name_a6ea08ec_like is left out: USING btree (name varchar_pattern_ops).
#[model(table = "auth_group")]
#[derive(Debug, Clone)]
pub struct AuthGroup {
    pub id: i32,
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
    pub id: i32,
    #[field(max_length = 255)]
    pub name: String,
    #[field(on_delete = do_nothing)]
    pub content_type: ForeignKey<DjangoContentType>,
    #[field(max_length = 100)]
    pub codename: String,
    #[field(via = permissions)]
    pub auth_groups: HasMany<AuthGroup>,
    #[field(via = user_permissions)]
    pub auth_users: HasMany<AuthUser>,
}

// The index auth_user_username_6821ab7c_like is left out: USING btree (username varchar_pattern_ops).
#[model(table = "auth_user")]
#[derive(Debug, Clone)]
pub struct AuthUser {
    pub id: i32,
    #[field(max_length = 128)]
    pub password: String,
    pub last_login: Option<Timestamp>,
    pub is_superuser: bool,
    #[field(unique, max_length = 150)]
    pub username: String,
    #[field(max_length = 150)]
    pub first_name: String,
    #[field(max_length = 150)]
    pub last_name: String,
    #[field(max_length = 254)]
    pub email: String,
    pub is_staff: bool,
    pub is_active: bool,
    pub date_joined: Timestamp,
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
        check("django_admin_log_action_flag_check", "action_flag >= 0"),
    ],
)]
#[derive(Debug, Clone)]
pub struct DjangoAdminLog {
    pub id: i32,
    pub action_time: Timestamp,
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
}

#[model(
    table = "django_content_type",
    unique_together = ["app_label", "model"],
)]
#[derive(Debug, Clone)]
pub struct DjangoContentType {
    pub id: i32,
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

// The index django_session_session_key_c0390e0f_like is left out: USING btree (session_key varchar_pattern_ops).
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

// The index shop_maker_name_d53d2bc4_like is left out: USING btree (name varchar_pattern_ops).
// The index shop_maker_slug_d7691e3f_like is left out: USING btree (slug varchar_pattern_ops).
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

// The index shop_product_title_312cda19_like is left out: USING btree (title varchar_pattern_ops).
#[model(
    table = "shop_product",
    unique_together = ["maker", "title"],
    indexes = [
        index(expressions("lower(title::text)"), name = "shop_product_lower"),
        index(fields(day), name = "shop_product_on_sale", where = "on_sale"),
        index(fields(type_, -day), name = "shop_product_type_day"),
    ],
    constraints = [
        unique(fields(mail), name = "shop_product_mail", where = "on_sale"),
        check("shop_product_positive_check", "positive >= 0"),
        check("shop_product_positive_small_check", "positive_small >= 0"),
        check("shop_product_positive_big_check", "positive_big >= 0"),
        check("shop_product_count", "count <= 1000"),
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
    #[field(max_digits = 8, decimal_places = 2)]
    pub price: Decimal,
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
    #[field(db_default = "statement_timestamp()")]
    pub since: Timestamp,
    pub span: SignedDuration,
    pub data: JsonValue,
    pub raw: Option<Vec<u8>>,
    pub address: Option<IpAddr>,
    #[field(unique)]
    pub code: Uuid,
    #[field(generated = "(count * 2)")]
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

// The index shop_tag_name_405ccc88_like is left out: USING btree (name varchar_pattern_ops).
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
