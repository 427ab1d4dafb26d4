//! A site's own user model, which stands in the place of [`User`].
//!
//! `Member` is then `auth.User` for migrations and deletions; `User` stays what it is in Rust, a view of the same table. Foreign keys
//! of other apps lead to `User` and take a `&Member`.

use quintet_core::{Folder, Value, check::Check, meta::ModelMeta};
use quintet_orm::{Model, key::Key};

use crate::models::User;

/// A model that stands in the place of [`User`]. `#[derive(UserModel)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no user model",
    label = "needs #[model] and #[derive(UserModel)]"
)]
pub trait SiteUser: Model<Pk = i64> + Clone {
    /// Where the crate keeps the migrations of its further columns: its `migrations/auth/`.
    fn migrations() -> Folder;
}

/// The site's user model, whichever it is.
#[derive(Clone, Copy)]
pub(crate) struct Users {
    pub(crate) meta: fn() -> &'static ModelMeta,
}

impl Users {
    pub(crate) fn of<M: Model<Pk = i64>>() -> Users {
        Users { meta: M::meta }
    }
}

impl Default for Users {
    fn default() -> Self {
        Users::of::<User>()
    }
}

fn missing(meta: &ModelMeta, column: &str) -> String {
    format!(
        "the user model `{}` has no column `{column}`: give it all of them with #[field(embed)] account: auth::Account",
        meta.name
    )
}

/// What a user model lacks: columns of [`User`], or columns of other kinds.
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
