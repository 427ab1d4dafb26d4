//! Where the rows of a model live, for sites that decide it while they run.

use quintet_core::meta::ModelMeta;

use crate::stmt::Access;

/// Decides which database a query goes to, where what the models say (`#[model(database = "archive")]`) is not enough: a
/// database for each tenant, or a moving one. A function of model and access is one, too.
///
/// It is asked for each query whose handle was not chosen by [`Db::using`](crate::Db::using) and which does not say
/// [`using`](crate::QuerySet::using) itself. In a transaction, and an atomic request, there is one place for reading and
/// writing: it is asked for writing. What it needs to know of the request it finds in task-locals of the site's own.
///
/// ```
/// use quintet_orm::{Access, DatabaseRouter};
/// use quintet_core::meta::ModelMeta;
///
/// tokio::task_local! { static TENANT: String; }
///
/// struct Tenants;
///
/// impl DatabaseRouter for Tenants {
///     fn route(&self, model: &'static ModelMeta, _: Access) -> Option<String> {
///         // The tenants themselves stand in the default database.
///         if model.name == "Tenant" { None } else { TENANT.try_with(Clone::clone).ok() }
///     }
///     fn lives_in(&self, label: &str, _: Option<&str>, database: &str) -> Option<bool> {
///         Some((label == "tenants.Tenant") == (database == "default"))
///     }
/// }
/// ```
pub trait DatabaseRouter: Send + Sync + 'static {
    /// The name of the database for a query that starts from `model`; `None` for what the model says.
    fn route(&self, model: &'static ModelMeta, access: Access) -> Option<String>;

    /// Does the model of this label (`shop.Order`) have its table in `database`? `declared` is what the model says. Migrations
    /// ask it; a model may be in several. `None` for what the model says.
    fn lives_in(&self, label: &str, declared: Option<&str>, database: &str) -> Option<bool> {
        let _ = (label, declared, database);
        None
    }
}

impl<F> DatabaseRouter for F
where
    F: Fn(&'static ModelMeta, Access) -> Option<String> + Send + Sync + 'static,
{
    fn route(&self, model: &'static ModelMeta, access: Access) -> Option<String> {
        self(model, access)
    }
}
