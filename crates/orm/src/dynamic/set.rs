use std::panic::Location;

use quintet_core::{Error, Result, Value, meta::ModelMeta, near::did_you_mean, value::Kind};

use super::{DynKey, DynRow, Registry, fetch_values, lookup, name::Target};
use crate::{
    ast::{Node, Nulls, OrderBy, Select, TextTest, Where},
    db::at_home,
    executor::Executor,
    key::{key_columns, key_is},
    model::Model,
    query::{QuerySet, count, exists, is_empty, not_found},
    sql::{self, Ask},
};

/// A query on a model that is known by name, put together from strings.
///
/// ```no_run
/// # use quintet_orm::{dynamic::DynSet, prelude::*};
/// # #[model(app = "docs")] pub struct Director { pub name: String }
/// # #[model(app = "docs")] pub struct Film { pub title: String, pub votes: i32, pub director: ForeignKey<Director> }
/// # async fn show(db: &dyn Executor, parameters: Vec<(String, String)>) -> Result {
/// let mut films = DynSet::new(Film.meta()).allow(["title", "votes", "director__name"])?;
/// for (name, value) in &parameters {
///     films = films.filter(name, value)?; // director__name__icontains=ann
/// }
/// for film in films.order_by("-votes,title")?.page(20, 0).all(db).await? {
///     println!("{:?}", film.get("title"));
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a query does nothing until it is awaited: `.all(&db).await?`"]
pub struct DynSet {
    pub(crate) select: Box<Select>,
    allowed: Vec<(String, Target)>,
    pub(super) writable: Vec<u16>,
    /// Do all names come from the program?
    pub(super) unrestricted: bool,
}

impl DynSet {
    /// All rows of the model labelled `app.Model` that its default scope lets through.
    ///
    /// # Errors
    /// Of kind `NotFound` (404) if there is no such model, with the nearest label.
    #[track_caller]
    pub fn of(registry: &(impl Registry + ?Sized), label: &str) -> Result<Self> {
        let at = Location::caller();
        registry.model(label).map(Self::new).map_err(|error| error.at(at))
    }

    /// All rows of a model that its default scope lets through.
    pub fn new(meta: &'static ModelMeta) -> Self {
        DynSet {
            select: Box::new(Select::in_scope(meta)),
            allowed: Vec::new(),
            writable: Vec::new(),
            unrestricted: false,
        }
    }

    /// The rows of a query.
    pub(crate) fn of_select(select: Select) -> Self {
        DynSet { select: Box::new(select), allowed: Vec::new(), writable: Vec::new(), unrestricted: false }
    }

    /// The rows of a typed query, to be narrowed and ordered by name: `DynSet::on(Film.filter(Film::visible()))`.
    pub fn on<M: Model>(query: QuerySet<M>) -> Self {
        DynSet { select: query.into_select(), allowed: Vec::new(), writable: Vec::new(), unrestricted: false }
    }

    /// Of the database of this name: see [`QuerySet::using`].
    pub fn using(mut self, database: &str) -> Self {
        self.select.database = Some(database.into());
        self
    }

    /// Also the rows that the model's default scope leaves out.
    pub fn unscoped(mut self) -> Self {
        self.select.leave_scope();
        self
    }

    /// The model.
    #[must_use]
    pub fn meta(&self) -> &'static ModelMeta {
        self.select.root
    }

    /// Lets these fields be filtered and ordered by: columns, foreign keys, and fields of related models with `__`
    /// between (`director__name`, `reviews__stars`). Without this, nothing can be.
    ///
    /// # Errors
    /// Status 500: it is the developer who names a field that does not exist, or that is secret.
    #[track_caller]
    pub fn allow<N: AsRef<str>>(mut self, names: impl IntoIterator<Item = N>) -> Result<Self> {
        for name in names {
            let name = name.as_ref();
            let target = Target::find(self.meta(), name)?;
            self.allowed.push((name.to_owned(), target));
        }
        Ok(self)
    }

    /// Only rows that match: `filter("director__name__icontains", "ann")`.
    ///
    /// The name ends with a lookup: `exact` (also without any), `iexact`, `contains`, `icontains`, `startswith`,
    /// `istartswith`, `endswith`, `iendswith`, `in` (`1,2,3`), `gt`, `gte`, `lt`, `lte`, `range` (`1,5`), `isnull`.
    /// Through a to-many relation, at least one related row must match.
    ///
    /// # Errors
    /// Status 400: the field is not allowed, the lookup does not exist or fit, the value is not of the field's kind.
    #[track_caller]
    pub fn filter(mut self, name: &str, value: &str) -> Result<Self> {
        let condition = self.condition(name, value)?;
        self.select.add_filter(condition);
        Ok(self)
    }

    /// Without rows that match: the complement of [`filter`](Self::filter).
    ///
    /// # Errors
    /// As [`filter`](Self::filter).
    #[track_caller]
    pub fn exclude(mut self, name: &str, value: &str) -> Result<Self> {
        let condition = self.condition(name, value)?;
        self.select.filter.push(Node::Not(Box::new(condition)));
        Ok(self)
    }

    #[track_caller]
    fn condition(&self, asked: &str, value: &str) -> Result<Node> {
        let longest = self.allowed.iter().filter_map(|(name, target)| {
            let rest = asked.strip_prefix(name.as_str())?;
            let lookup = if rest.is_empty() { "exact" } else { rest.strip_prefix("__")? };
            Some((name.len(), target, lookup))
        });
        let found = longest.max_by_key(|(length, ..)| *length);
        // What follows a relation and is no lookup was meant to be a field.
        let meant = |(_, target, lookup): &(usize, &Target, &str)| {
            lookup::is_lookup(lookup) || !(target.leads_on() || lookup.contains("__"))
        };
        match found.filter(meant) {
            Some((_, target, lookup)) => lookup::condition(target, asked, lookup, value),
            None if self.unrestricted => {
                let (field, lookup) = match asked.rsplit_once("__") {
                    Some((field, lookup)) if lookup::is_lookup(lookup) => (field, lookup),
                    _ => (asked, "exact"),
                };
                lookup::condition(&Target::find(self.meta(), field)?, asked, lookup, value)
            }
            None => {
                let field = match asked.rsplit_once("__") {
                    Some((field, lookup)) if lookup::is_lookup(lookup) => field,
                    _ => asked,
                };
                Err(self.not_allowed(field, "filtered"))
            }
        }
    }

    #[cold]
    #[track_caller]
    fn not_allowed(&self, field: &str, what: &str) -> Error {
        let names = || self.allowed.iter().map(|(name, _)| name.as_str());
        let mut hint = did_you_mean(field, names());
        if hint.is_empty() {
            let all: Vec<&str> = names().collect();
            hint = if all.is_empty() { String::new() } else { format!("; there are {}", all.join(", ")) };
        }
        Error::bad_request(format!("{} can't be {what} by `{field}`{hint}", self.meta().verbose_name_plural))
    }

    /// In this order, instead of any given before: names with commas between, `-` before one that descends. An empty
    /// text changes nothing.
    ///
    /// # Errors
    /// Status 400: a field is not allowed, or has several values for a row.
    #[track_caller]
    pub fn order_by(mut self, names: &str) -> Result<Self> {
        let mut order: Vec<OrderBy> = Vec::new();
        for part in names.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (descending, name) = match part.strip_prefix('-') {
                Some(name) => (true, name),
                None => (false, part),
            };
            let found = self.allowed.iter().find(|(allowed, _)| allowed == name);
            let target = match found {
                Some((_, target)) => target.clone(),
                None if self.unrestricted => Target::find(self.meta(), name)?,
                None => return Err(self.not_allowed(name, "ordered")),
            };
            if target.is_many() {
                let why =
                    format!("`{name}` has several values for a row: it can be filtered, not ordered by");
                return Err(Error::bad_request(why));
            }
            let node = target.column();
            // What comes again decides nothing.
            if !order.iter().any(|other| other.node == node) {
                order.push(OrderBy { node, descending, nulls: Nulls::Default });
            }
        }
        if !order.is_empty() {
            self.select.order = order;
        }
        Ok(self)
    }

    /// Only rows where each of the words is in at least one of the fields, in any case: what a search box does. The
    /// fields are the developer's choice and need not be [`allow`](Self::allow)ed.
    ///
    /// # Errors
    /// Status 500 if a field does not exist, is secret or is no text; 400 for more than 32 words.
    #[track_caller]
    pub fn search<N: AsRef<str>>(mut self, words: &str, fields: impl IntoIterator<Item = N>) -> Result<Self> {
        let mut targets = Vec::new();
        for name in fields {
            let target = Target::find(self.meta(), name.as_ref())?;
            if target.field.kind != Kind::Text {
                return Err(Error::internal(format!("`{}` can't be searched: it is no text", name.as_ref())));
            }
            targets.push(target);
        }
        let words: Vec<&str> = words.split_whitespace().collect();
        if words.len() > 32 {
            return Err(Error::bad_request("a search takes at most 32 words"));
        }
        for word in words {
            let test = TextTest { place: Where::Inside, fold: true };
            let matches = |target: &Target| {
                let node = Node::Text(test, Box::new(target.column()), word.to_owned());
                if target.is_many() { target.any(Some(node)) } else { node }
            };
            self.select.filter.push(Node::Or(targets.iter().map(matches).collect()));
        }
        Ok(self)
    }

    /// At most `limit` rows, without the first `offset`. Rows that the order says nothing about come in that of their
    /// keys, so that no row is on two pages.
    pub fn page(mut self, limit: u64, offset: u64) -> Self {
        (self.select.limit, self.select.offset) = (Some(limit), (offset > 0).then_some(offset));
        self
    }

    /// The same query with types, to go on with shapes and pages.
    ///
    /// # Errors
    /// If it is a query on another model.
    #[track_caller]
    pub fn typed<M: Model>(self) -> Result<QuerySet<M>> {
        if self.meta() != M::meta() {
            let (is, wanted) = (self.meta().name, M::meta().name);
            return Err(Error::internal(format!("this is a query on {is}, not on {wanted}")));
        }
        Ok(QuerySet::of(self.select, M::from_row))
    }

    /// All rows.
    ///
    /// # Errors
    /// If the database fails, or a row does not hold what the model says.
    #[track_caller]
    pub fn all(self, db: &dyn Executor) -> impl Future<Output = Result<Vec<DynRow>>> + Send {
        let at = Location::caller();
        async move { self.rows(db, at).await }
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// If the database fails.
    #[track_caller]
    pub fn count(self, db: &dyn Executor) -> impl Future<Output = Result<u64>> + Send {
        count(self.select, db, Location::caller())
    }

    /// Is there any row?
    ///
    /// # Errors
    /// If the database fails.
    #[track_caller]
    pub fn exists(self, db: &dyn Executor) -> impl Future<Output = Result<bool>> + Send {
        exists(self.select, db, Location::caller())
    }

    /// The row with this key, if it is among the query's rows: a text as a person or an address gives it, or a value.
    ///
    /// # Errors
    /// Of kind `NotFound` (404) if there is none, or if no key can look like this.
    #[track_caller]
    pub fn get(self, key: impl DynKey, db: &dyn Executor) -> impl Future<Output = Result<DynRow>> + Send {
        let at = Location::caller();
        let (meta, key) = (self.meta(), key.key_of(self.meta()));
        async move {
            let key = key.map_err(|error| error.at(at))?;
            let row = self.with_key(key.clone()).rows(db, at).await?.into_iter().next();
            row.ok_or_else(|| not_found(meta, Some(&key)).at(at))
        }
    }

    /// Only the row with this key: a text as a person or an address gives it, or a value.
    ///
    /// # Errors
    /// Of kind `NotFound` (404) if no key can look like this.
    #[track_caller]
    pub fn having_key(self, key: impl DynKey) -> Result<Self> {
        let at = Location::caller();
        let key = key.key_of(self.meta()).map_err(|error| error.at(at))?;
        Ok(self.with_key(key))
    }

    /// Only the row with this key.
    pub(super) fn with_key(mut self, key: Value) -> Self {
        self.select.add_filter(key_is(self.meta(), key));
        self
    }

    async fn rows(mut self, db: &dyn Executor, at: &'static Location<'static>) -> Result<Vec<DynRow>> {
        let meta = self.meta();
        if is_empty(&self.select) {
            return Ok(Vec::new());
        }
        self.select.prepare();
        if self.select.limit.is_some() || self.select.offset.is_some() {
            order_by_key(&mut self.select);
        }
        at_home!(db, &*self.select, at);
        let (stmt, scales) =
            sql::select(&self.select, Ask::Rows, db.dialect()).map_err(|error| error.at(at))?;
        let fields = meta.columns().map(|(_, field)| field).collect();
        let rows = fetch_values(db, (stmt.at(at), scales), fields).await?;
        Ok(rows.into_iter().map(|values| DynRow::new(meta, values)).collect())
    }
}

/// Lets the key decide where nothing else does.
pub(crate) fn order_by_key(select: &mut Select) {
    if select.distinct {
        return;
    }
    for node in key_columns(select.root) {
        if !select.order.iter().any(|order| order.node == node) {
            select.order.push(OrderBy { node, descending: false, nulls: Nulls::Default });
        }
    }
}
