//! A site's own user model, which stands in the place of [`User`](struct@crate::User).
//!
//! `Member` is then `auth.User` for migrations and deletions; `User` stays what it is in Rust, a view of the same table. Foreign keys
//! of other apps lead to `User` and take a `&Member`.

use std::{any::Any, sync::Arc};

use quintet_core::{
    BoxFuture, EmbeddedFile, Error, Folder, Result, Value, check::Check, meta::ModelMeta, value::Timestamp,
};
use quintet_orm::{Db, ManyToMany, Model, Table, key::Key, model::Record};

use crate::models::User;

/// A model that stands in the place of [`User`](struct@crate::User). `#[derive(UserModel)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no user model",
    label = "needs #[model] and #[derive(UserModel)]"
)]
pub trait SiteUser: Model<Pk = i64> + Clone {
    /// Where the crate keeps the migrations of its further columns: its `migrations/auth/`.
    fn migrations() -> Folder;
}

/// The user of a site that has none of its own.
impl SiteUser for User {
    fn migrations() -> Folder {
        static NONE: &[EmbeddedFile] = &[];
        Folder::embedded(env!("CARGO_MANIFEST_DIR"), NONE)
    }
}

/// Loads by key; and whether they are to be no more than anybody, neither staff nor superuser.
type Load = for<'a> fn(i64, bool, &'a Db) -> BoxFuture<'a, Result<Option<Loaded>>>;

/// How the site's users are loaded, whatever their type is.
#[derive(Clone, Copy)]
pub(crate) struct Users {
    pub(crate) meta: fn() -> &'static ModelMeta,
    pub(crate) load: Load,
}

/// A user as the site and as this crate knows them.
#[derive(Clone)]
pub(crate) struct Loaded {
    pub(crate) user: Arc<User>,
    /// Of the site's type.
    pub(crate) own: Arc<dyn Any + Send + Sync>,
    /// May they do everything, whatever they are to be?
    pub(crate) superuser: bool,
}

impl Users {
    pub(crate) fn of<M: Model<Pk = i64>>() -> Users {
        Users { meta: M::meta, load: load::<M> }
    }
}

impl Default for Users {
    fn default() -> Self {
        Users::of::<User>()
    }
}

fn load<M: Model<Pk = i64>>(id: i64, plain: bool, db: &Db) -> BoxFuture<'_, Result<Option<Loaded>>> {
    Box::pin(async move {
        match Table::<M>::new().query().get(id, db).await {
            Ok(mut own) => {
                let mut user = as_user(&own)?;
                let superuser = user.is_superuser;
                if plain {
                    (user.is_staff, user.is_superuser) = (false, false);
                    for (index, _) in M::meta()
                        .columns()
                        .filter(|(_, field)| matches!(field.column, "is_staff" | "is_superuser"))
                    {
                        own.set_at(index, &Value::Bool(false))?;
                    }
                }
                Ok(Some(Loaded { user: Arc::new(user), own: Arc::new(own), superuser }))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    })
}

/// The columns of a user out of a row that has them all.
pub(crate) fn as_user(row: &(impl Record + ?Sized)) -> Result<User> {
    let mut user = User {
        id: 0,
        password: String::new(),
        last_login: None,
        is_superuser: false,
        username: String::new(),
        first_name: String::new(),
        last_name: String::new(),
        email: String::new(),
        is_staff: false,
        is_active: false,
        date_joined: Timestamp::UNIX_EPOCH,
        groups: ManyToMany::unloaded("User.groups"),
        user_permissions: ManyToMany::unloaded("User.user_permissions"),
    };
    for (index, column) in User::meta().columns() {
        let there = row.model().columns().find(|(_, field)| field.column == column.column);
        let Some(value) = there.and_then(|(there, _)| row.value_at(there)) else {
            return Err(Error::internal(missing(row.model(), column.column)));
        };
        user.set_at(index, &value)?;
    }
    Ok(user)
}

fn missing(meta: &ModelMeta, column: &str) -> String {
    format!(
        "the user model `{}` has no column `{column}`: give it all of them with #[field(embed)] account: auth::Account",
        meta.name
    )
}

/// What a user model lacks: columns of [`User`](struct@crate::User), or columns of other kinds.
pub(crate) fn check(meta: &'static ModelMeta) -> Vec<Check> {
    let mut found = Vec::new();
    for (_, wanted) in User::meta().columns() {
        let message = match meta.columns().find(|(_, field)| field.column == wanted.column) {
            None => missing(meta, wanted.column),
            Some((_, there)) if there.kind != wanted.kind || there.null != wanted.null => format!(
                "the column `{}` of the user model `{}` is no {:?} that {} NULL",
                wanted.column,
                meta.name,
                wanted.kind,
                if wanted.null { "may be" } else { "is never" },
            ),
            Some(_) => continue,
        };
        found.push(Check::error("auth.E001", message).about(meta.name));
    }
    found
}

/// The key of a user.
pub(crate) fn id<M: Model<Pk = i64>>(user: &M) -> i64 {
    user.pk()
}

/// The key of a user, as a value.
pub(crate) fn key<M: Model<Pk = i64>>(user: &M) -> Value {
    user.pk().to_key()
}

#[cfg(test)]
mod tests {
    use quintet_core::meta::ModelMeta;
    use quintet_macros::model;

    use super::{
        super::models::{Account, User},
        check,
    };
    use quintet_orm::Model as _;

    #[model(app = "half")]
    struct Half {
        username: String,
        password: Option<String>,
    }

    #[model(app = "whole")]
    struct Whole {
        #[field(embed)]
        account: Account,
        height: i32,
    }

    #[test]
    fn what_a_user_model_lacks_is_told() {
        let told =
            |meta: &'static ModelMeta| check(meta).into_iter().map(|check| check.message).collect::<Vec<_>>();
        assert!(told(User::meta()).is_empty() && told(Whole::meta()).is_empty());
        let half = told(Half::meta());
        assert_eq!(half.len(), 9, "{half:?}");
        assert!(
            half.contains(
                &"the column `password` of the user model `Half` is no Text that is never NULL".to_owned()
            ),
            "{half:?}"
        );
        assert!(half.iter().any(
            |message| message.contains("no column `email`") && message.contains("account: auth::Account")
        ));
    }
}
