//! The databases of a site by their names: [`Db::using`], and where the rows of a model live.

use std::{collections::BTreeMap, fmt, sync::Arc};

use quintet_core::{Error, Result, meta::ModelMeta, near::did_you_mean};

use super::{Db, Inner, router::DatabaseRouter};
use crate::{ast::Select, executor::Executor, stmt::Access};

/// The name of the database that `[database]` opens.
pub(crate) const DEFAULT: &str = "default";

/// Several databases that know each other by their names ([`DbOptions::name`](crate::DbOptions::name)). One of them is the
/// default.
///
/// In a site the room does this, from `[databases.NAME]`. By hand:
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use quintet_orm::{Databases, Db, DbOptions};
///
/// let named = DbOptions { name: "archive".into(), ..DbOptions::default() };
/// let archive = Db::open("sqlite::memory:", named).await?;
/// let db = Databases::new(Db::open("sqlite::memory:", DbOptions::default()).await?).with(archive).build()?;
/// assert_eq!(db.using("archive")?.name(), "archive");
/// assert!(db.using("archvie").unwrap_err().to_string().contains("did you mean `archive`?"));
/// # Ok::<_, quintet_core::Error>(()) }).unwrap();
/// ```
#[must_use = "databases know of each other after .build()"]
pub struct Databases {
    default: Db,
    others: Vec<Db>,
    router: Option<Arc<dyn DatabaseRouter>>,
}

/// Databases that were put together. Its members know of no family, so that there is no circle.
pub(crate) struct Family {
    members: BTreeMap<Arc<str>, Db>,
    router: Option<Arc<dyn DatabaseRouter>>,
}

/// Which of the family a handle is.
#[derive(Clone)]
pub(crate) struct Member {
    family: Arc<Family>,
    /// Was this very database asked for, whatever the models say?
    chosen: bool,
}

impl Databases {
    /// The database that is used where no other is said.
    pub fn new(default: Db) -> Self {
        Databases { default, others: Vec::new(), router: None }
    }

    /// Another one.
    pub fn with(mut self, db: Db) -> Self {
        self.others.push(db);
        self
    }

    /// Has a router of the site's own decide where queries go.
    pub fn router(mut self, router: Arc<dyn DatabaseRouter>) -> Self {
        self.router = Some(router);
        self
    }

    /// The default database's handle, which leads to the others.
    ///
    /// # Errors
    /// Of kind `Settings` if two have one name, or the default one is not called `default`.
    pub fn build(self) -> Result<Db> {
        let Databases { default, others, router } = self;
        if default.name() != DEFAULT {
            return Err(Error::settings(format!(
                "the default database is called `{}`: leave `name` out of its options, and give names to the others",
                default.name()
            )));
        }
        let mut members: BTreeMap<Arc<str>, Db> = BTreeMap::new();
        for db in others.into_iter().chain([default]) {
            let name = db.0.name.clone();
            if members.insert(name.clone(), db).is_some() {
                return Err(Error::settings(format!("two databases are called `{name}`")));
            }
        }
        Arc::new(Family { members, router }).handle(DEFAULT, false)
    }
}

impl Family {
    fn handle(self: &Arc<Self>, name: &str, chosen: bool) -> Result<Db> {
        let Some(db) = self.members.get(name) else {
            return Err(unknown(name, self.members.keys().map(|name| &**name)));
        };
        Ok(db.as_member(Member { family: self.clone(), chosen }))
    }

    /// Is the table of this model in that database?
    fn holds(&self, label: &str, declared: Option<&str>, database: &str) -> bool {
        let routed = self.router.as_ref().and_then(|router| router.lives_in(label, declared, database));
        routed.unwrap_or_else(|| declared.unwrap_or(DEFAULT) == database)
    }
}

#[cold]
fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Error {
    let near = did_you_mean(name, known.clone());
    let hint = match near.is_empty() {
        true => format!("; there are: {}", known.collect::<Vec<_>>().join(", ")),
        false => near,
    };
    // Not a `Settings` error: a request that asks for it finds out while it is handled.
    Error::internal(format!(
        "there is no database `{name}`: add `[databases.{name}]` with its `url` to quintet.toml{hint}"
    ))
}

impl Db {
    /// The same database as one of several.
    fn as_member(&self, member: Member) -> Db {
        Db(Arc::new(Inner { member: Some(member), ..self.0.parts() }))
    }

    /// The database of this name: `default`, or one of `[databases.NAME]`. What is asked of this handle is asked there,
    /// wherever a model says that its rows live, and its transactions are of that database.
    ///
    /// Of a handle that is a request's transaction, it is that request's transaction of the other database, where that takes
    /// part in atomic requests (`atomic_requests` of its section), and the other database itself where it does not.
    ///
    /// # Errors
    /// If there is none of that name; the message names the nearest. If the handle's request has ended.
    pub fn using(&self, name: &str) -> Result<Db> {
        let Some(member) = &self.0.member else {
            return if name == self.name() {
                Ok(self.clone())
            } else {
                Err(unknown(name, [self.name()].into_iter()))
            };
        };
        let found = member.family.handle(name, true)?;
        match &self.0.request {
            Some(request) => Ok(request.part_of(&found)?.unwrap_or(found)),
            None => Ok(found),
        }
    }

    /// The name of the database: `default`, or one of `[databases.NAME]`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The names of all databases that this handle leads to, the default one first.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let Some(member) = &self.0.member else { return vec![self.name()] };
        let others = member.family.members.keys().map(|name| &**name).filter(|name| *name != DEFAULT);
        std::iter::once(DEFAULT).chain(others).collect()
    }

    /// Do migrations look after its tables (`migrate` of its section)?
    #[must_use]
    pub fn is_migrated(&self) -> bool {
        self.0.migrate
    }

    /// Is the table of the model with this label (`shop.Order`) here, if its `#[model(database = …)]` is `declared`? A handle
    /// that is none of several has all tables.
    #[must_use]
    pub fn holds(&self, label: &str, declared: Option<&str>) -> bool {
        let member = self.0.member.as_ref();
        member.is_none_or(|member| member.family.holds(label, declared, self.name()))
    }

    /// Is it the database of this name (`None` for the default one)? A handle that is none of several is all of them.
    #[must_use]
    pub fn is(&self, database: Option<&str>) -> bool {
        self.0.member.is_none() || self.name() == database.unwrap_or(DEFAULT)
    }

    /// The same database without its replicas: for a read that must see what has just been written. A handle that is a
    /// request's transaction reads there anyway.
    #[must_use]
    pub fn primary(&self) -> Db {
        match &self.0.primary {
            Some(primary) if self.0.request.is_none() => {
                Db(Arc::new(Inner { driver: primary.clone(), primary: None, ..self.0.parts() }))
            }
            _ => self.clone(),
        }
    }

    /// This handle, and one of each of the others, the default one last.
    pub(crate) fn all(&self) -> Vec<Db> {
        let Some(member) = &self.0.member else { return vec![self.clone()] };
        let mut names = self.names();
        names.reverse();
        names.into_iter().filter_map(|name| member.family.handle(name, false).ok()).collect()
    }

    /// The same database as one that knows no others.
    pub(crate) fn alone(&self) -> Db {
        Db(Arc::new(Inner { member: None, ..self.0.parts() }))
    }

    pub(crate) fn is_chosen(&self) -> bool {
        self.0.member.as_ref().is_some_and(|member| member.chosen)
    }

    /// The same handle, whatever the models say.
    pub(super) fn as_chosen(&self, chosen: bool) -> Db {
        match &self.0.member {
            Some(member) => self.as_member(Member { chosen, ..member.clone() }),
            None => self.clone(),
        }
    }
}

/// What asks for a database: a query, or the rows of a model.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    model: &'static ModelMeta,
    /// The name that the query says.
    using: Option<&'a str>,
}

impl From<&'static ModelMeta> for Wanted<'_> {
    fn from(model: &'static ModelMeta) -> Self {
        Wanted { model, using: None }
    }
}

impl<'a> From<&'a Select> for Wanted<'a> {
    fn from(select: &'a Select) -> Self {
        Wanted { model: select.root, using: select.database.as_deref() }
    }
}

/// The handle for what is wanted, if it is another than the one that was given: a query says which database it is for, else
/// the handle was chosen by [`Db::using`], else the site's router decides, else the model says where its rows live.
///
/// # Errors
/// If there is no such database, or the handle is a transaction of another one.
#[inline]
pub(crate) fn home<'a>(
    db: &dyn Executor,
    wanted: impl Into<Wanted<'a>>,
    access: Access,
) -> Result<Option<Db>> {
    let inside = db.inside();
    let Some(given) = inside.db else { return Ok(None) };
    find(given, inside.tx.is_some(), inside.chosen, wanted.into(), access)
}

fn find(given: &Db, tx: bool, chosen: bool, wanted: Wanted<'_>, access: Access) -> Result<Option<Db>> {
    let Wanted { model, using } = wanted;
    let Some(member) = &given.0.member else {
        return match using {
            Some(name) if name != given.name() => Err(unknown(name, [given.name()].into_iter())),
            _ => Ok(None),
        };
    };
    if using.is_none() && chosen {
        return Ok(None);
    }
    // A transaction has one place for both.
    let whole = tx || given.0.request.is_some();
    let routed = match (&member.family.router, using) {
        (Some(router), None) => router.route(model, if whole { Access::Write } else { access }),
        _ => None,
    };
    let name = using.or(routed.as_deref()).or(model.options.database).unwrap_or(DEFAULT);
    if name == given.name() {
        // What else the query loads is asked here, too.
        return Ok((using.is_some() && !chosen && !tx).then(|| given.as_chosen(true)));
    }
    let home = member.family.handle(name, using.is_some())?;
    if tx {
        return Err(elsewhere(model, name, given.name()));
    }
    let Some(request) = &given.0.request else { return Ok(Some(home)) };
    match request.part_of(&home)? {
        Some(part) => Ok(Some(part)),
        None if access == Access::Read => Ok(Some(home)),
        None => Err(not_atomic(model, name, request.route())),
    }
}

#[cold]
fn elsewhere(model: &ModelMeta, wanted: &str, here: &str) -> Error {
    Error::internal(format!(
        "{} is asked for in the database `{wanted}`, and this is a transaction of `{here}`: a transaction is of one database. \
         Begin one there, `db.using(\"{wanted}\")?.atomic(..)`, or use the handle `db` outside of this one",
        model.name
    ))
}

#[cold]
fn not_atomic(model: &ModelMeta, wanted: &str, route: &impl fmt::Display) -> Error {
    Error::internal(format!(
        "a write of {} goes to the database `{wanted}`, outside of the transaction of this request ({route}): have it take part \
         with `atomic_requests = true` in `[databases.{wanted}]`, or write outside on purpose with \
         `db.using(\"{wanted}\")?`",
        model.name
    ))
}

/// Puts in the place of `$db` the handle for reading rows of `$wanted`, a model or a query.
macro_rules! at_home {
    ($db:ident, $wanted:expr, $at:expr) => {
        crate::db::at_home!($db, $wanted, $at, crate::stmt::Access::Read)
    };
    ($db:ident, $wanted:expr, $at:expr, $access:expr) => {
        let home = crate::db::home($db, $wanted, $access).map_err(|error| error.at($at))?;
        let $db: &dyn crate::executor::Executor =
            home.as_ref().map_or($db, |home| home as &dyn crate::executor::Executor);
    };
}
pub(crate) use at_home;

/// [`at_home`] for writing.
macro_rules! to_home {
    ($db:ident, $wanted:expr, $at:expr) => {
        crate::db::at_home!($db, $wanted, $at, crate::stmt::Access::Write)
    };
}
pub(crate) use to_home;

/// Puts in the place of `$db`, which is where rows are written, a handle that reads what is there now: without replicas, and
/// wherever a router sends reads.
macro_rules! at_primary {
    ($db:ident) => {
        let primary = crate::db::primary($db);
        let $db: &dyn crate::executor::Executor =
            primary.as_ref().map_or($db, |primary| primary as &dyn crate::executor::Executor);
    };
}
pub(crate) use at_primary;

pub(crate) fn primary(db: &dyn Executor) -> Option<Db> {
    let inside = db.inside();
    let db = inside.db.filter(|db| inside.tx.is_none() && db.0.request.is_none())?;
    let routed = !inside.chosen && db.0.member.as_ref().is_some_and(|member| member.family.router.is_some());
    (routed || db.0.primary.is_some()).then(|| db.as_chosen(routed || inside.chosen).primary())
}

impl fmt::Debug for Databases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entry(&self.default).entries(&self.others).finish()
    }
}
