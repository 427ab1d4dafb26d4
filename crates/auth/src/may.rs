//! What a user may do: their own permissions and those of their groups.

use std::{collections::BTreeSet, sync::Arc};

use quintet_core::{Result, meta::ModelMeta};
use quintet_orm::{Executor, Model, Table};

use crate::models::{Group, Permission, User};

/// What a user may do.
#[derive(Debug, Clone)]
pub struct Permissions(Kind);

#[derive(Debug, Clone)]
enum Kind {
    All,
    Some(Arc<BTreeSet<String>>),
}

impl Permissions {
    /// Those of nobody.
    #[must_use]
    pub fn none() -> Permissions {
        Permissions(Kind::Some(Arc::default()))
    }

    /// Everything: those of a superuser.
    #[must_use]
    pub fn all() -> Permissions {
        Permissions(Kind::All)
    }

    /// Those of these names: `cinema.change_film`. For backends of your own.
    #[must_use]
    pub fn of_names<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Permissions {
        Permissions(Kind::Some(Arc::new(names.into_iter().map(Into::into).collect())))
    }

    /// These and those.
    #[must_use]
    pub fn and_those(self, others: Permissions) -> Permissions {
        match (self.0, others.0) {
            (Kind::Some(one), Kind::Some(other)) if one.is_empty() => Permissions(Kind::Some(other)),
            (Kind::Some(one), Kind::Some(other)) if other.is_empty() => Permissions(Kind::Some(one)),
            (Kind::Some(one), Kind::Some(other)) => Permissions(Kind::Some(Arc::new(&*one | &*other))),
            _ => Permissions::all(),
        }
    }

    /// Those of these that are among those.
    #[must_use]
    pub fn within(self, others: &Permissions) -> Permissions {
        match (self.0, &others.0) {
            (one, Kind::All) => Permissions(one),
            (Kind::All, Kind::Some(other)) => Permissions(Kind::Some(other.clone())),
            (Kind::Some(one), Kind::Some(other)) => Permissions(Kind::Some(Arc::new(&*one & &**other))),
        }
    }

    /// Those of a user that the site's table has: everything for a superuser, nothing for one who is not active, else their own and those of their groups, in one
    /// query.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn of(user: &User, db: &dyn Executor) -> Result<Permissions> {
        if !user.is_active {
            return Ok(Permissions::none());
        }
        if user.is_superuser {
            return Ok(Permissions(Kind::All));
        }
        let own = Permission.users.any(User.id.eq(user.id));
        let of_groups = Permission.groups.any(Group.members.any(User.id.eq(user.id)));
        let names = (Permission.content_type.app_label, Permission.codename);
        let all = Permission.filter(own | of_groups).select(names).all(db).await?;
        let all = all.into_iter().map(|(app, name)| format!("{app}.{name}")).collect();
        Ok(Permissions(Kind::Some(Arc::new(all))))
    }

    /// Is it among them? `cinema.change_film`.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        match &self.0 {
            Kind::All => true,
            Kind::Some(names) => names.contains(name),
        }
    }

    /// May the user do this to rows of a model? `may("change", Film)`.
    #[must_use]
    pub fn may<M: Model>(&self, what: &str, model: Table<M>) -> bool {
        self.has_all_of(what, model.meta())
    }

    /// The same by the model's description.
    pub(crate) fn has_all_of(&self, what: &str, meta: &'static ModelMeta) -> bool {
        permission(what, meta).is_some_and(|name| self.has(&name))
    }

    /// Is any of this app's among them?
    #[must_use]
    pub fn any_of(&self, app: &str) -> bool {
        match &self.0 {
            Kind::All => true,
            Kind::Some(names) => {
                names.iter().any(|name| name.strip_prefix(app).is_some_and(|rest| rest.starts_with('.')))
            }
        }
    }
}

/// The name of a permission on a model: `cinema.change_film`.
pub(crate) fn permission(what: &str, meta: &'static ModelMeta) -> Option<String> {
    let (app, model) = meta.standing().identity().ok()?.label.split_once('.')?;
    Some(format!("{app}.{what}_{}", model.to_lowercase()))
}

impl User {
    /// What they may do.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn permissions(&self, db: &dyn Executor) -> Result<Permissions> {
        Permissions::of(self, db).await
    }
}
