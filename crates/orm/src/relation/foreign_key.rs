use std::{any::Any, fmt, marker::PhantomData, panic::Location, sync::Arc};

use http::StatusCode;
use quintet_core::{
    Error, ErrorKind, Result, TemplateValue, Value,
    value::{Kind, ValueRef},
};

use super::peers::{Collector, Peers};
use crate::{
    decode::DecodeCx,
    executor::Executor,
    field::FieldType,
    key::{Key, SingleKey},
    model::{Erased, Model, Record, Relative},
};

/// A foreign key in a row: the key is always there, the object only if the query loaded it.
///
/// - [`id`](Self::id) is memory.
/// - [`get`](Self::get) is memory too: the object, or an error that names the line and the fix.
/// - [`fetch`](Self::fetch) asks the database, once for all rows of an answer.
///
/// ```no_run
/// # use quintet_orm::prelude::*;
/// # #[model(app = "docs")] pub struct Director { pub name: String }
/// # #[model(app = "docs")] pub struct Film { pub director: ForeignKey<Director> }
/// # async fn show(db: &dyn Executor) -> Result {
/// for film in Film.query().select_related(Film.director).all(db).await? {
///     println!("{}", film.director.get()?.name);
/// }
/// # Ok(()) }
/// ```
// The object is held erased: if a model type owned its related model types, auto-trait and drop-check
// recursion would walk the whole graph of models, and a chain of a hundred overflows the compiler.
pub struct ForeignKey<T: Model> {
    id: T::Pk,
    state: State,
    marker: PhantomData<fn() -> T>,
}

/// A foreign key that no two rows share: a column as [`ForeignKey`], with a unique index. The other model sees it as
/// [`HasOne`](super::HasOne).
pub type OneToOne<T> = ForeignKey<T>;

#[derive(Clone)]
enum State {
    /// The [`Peers`] of the key's type.
    Peers(Erased),
    /// A `T`.
    Loaded(Erased),
}

impl State {
    /// Of a key that comes with no row.
    fn alone<K: Key>(key: K) -> State {
        State::Peers(Peers::alone(key))
    }

    /// Of a key that was read, with those of the rows around it.
    fn read<K: Key>(key: &K, cx: &mut DecodeCx) -> State {
        let list = cx.peers(Collector::<K>::boxed);
        match list.and_then(|list| list.as_any().downcast_mut::<Collector<K>>()) {
            Some(collector) => State::Peers(collector.add(key.clone())),
            None => State::alone(key.clone()),
        }
    }

    fn peers<K: Key>(&self) -> Option<&Peers<K>> {
        match self {
            State::Peers(peers) => peers.downcast_ref(),
            State::Loaded(_) => None,
        }
    }

    fn loaded<K: Key>(&self, key: &K) -> Option<&Erased> {
        match self {
            State::Loaded(object) => Some(object),
            State::Peers(_) => self.peers()?.loaded(key),
        }
    }

    /// The object, if nothing else holds it.
    fn own(&mut self) -> Option<&mut (dyn Any + Send + Sync)> {
        match self {
            State::Loaded(object) => Arc::get_mut(object),
            State::Peers(_) => None,
        }
    }
}

impl<T: Model> ForeignKey<T> {
    /// A key to an object that is not loaded.
    #[must_use]
    pub fn new(id: T::Pk) -> Self {
        ForeignKey { state: State::alone(id.clone()), id, marker: PhantomData }
    }

    /// The key.
    #[must_use]
    pub fn id(&self) -> &T::Pk {
        &self.id
    }

    /// The object, if it is loaded.
    #[must_use]
    pub fn loaded(&self) -> Option<&T> {
        self.state.loaded(&self.id)?.downcast_ref()
    }

    fn peers(&self) -> Option<&Peers<T::Pk>> {
        self.state.peers()
    }

    /// The object, from memory: this never asks the database.
    ///
    /// # Errors
    /// Of kind `NotLoaded`, naming the line that asked and the call that is missing.
    #[track_caller]
    pub fn get(&self) -> Result<&T> {
        match self.loaded() {
            Some(object) => Ok(object),
            None => Err(self.not_loaded(Location::caller())),
        }
    }

    #[cold]
    fn not_loaded(&self, at: &'static Location<'static>) -> Error {
        let label = self.peers().map(|peers| peers.label).unwrap_or_default();
        let model = T::meta().name;
        let (what, fix) = if label.is_empty() {
            (format!("a ForeignKey<{model}>"), ".select_related(..)".to_owned())
        } else {
            (label.to_owned(), format!(".select_related({label})"))
        };
        Error::of_kind(
            ErrorKind::NotLoaded,
            StatusCode::INTERNAL_SERVER_ERROR,
            format!(
                "{what} was read at {at} but is not loaded: add {fix} to the query, or use .fetch(&db).await"
            ),
        )
        .at(at)
    }

    /// The object, from memory or from the database.
    ///
    /// The foreign keys that came with the same rows are loaded together: a loop over a hundred films that
    /// fetches each director asks the database once.
    ///
    /// # Errors
    /// If the database fails, or the object is gone.
    #[track_caller]
    pub fn fetch<'a>(&'a self, db: &'a dyn Executor) -> impl Future<Output = Result<&'a T>> + Send + 'a {
        let at = Location::caller();
        async move {
            if let Some(object) = self.loaded() {
                return Ok(object);
            }
            let gone = || {
                Error::not_found(format!("{} {} not found", T::meta().name, show(&self.id.to_key()))).at(at)
            };
            let objects = self.peers().ok_or_else(gone)?.load::<T>(db, at).await?;
            objects.get(&self.id).and_then(|object| object.downcast_ref()).ok_or_else(gone)
        }
    }
}

/// A key as people read it.
pub(crate) fn show(key: &Value) -> String {
    match key {
        Value::Int(number) => number.to_string(),
        Value::Text(text) => format!("{text:?}"),
        Value::List(parts) => format!("({})", parts.iter().map(show).collect::<Vec<_>>().join(", ")),
        other => format!("{other:?}"),
    }
}

impl<T: Model> Relative for ForeignKey<T> {
    fn loaded_mut(&mut self) -> Option<&mut dyn Record> {
        match self.state.own()?.downcast_mut::<T>() {
            Some(object) => Some(object),
            None => None,
        }
    }

    fn put(&mut self, loaded: Erased) {
        self.state = State::Loaded(loaded);
    }

    fn show(&self) -> Option<Value> {
        self.loaded().map(|object| crate::instance::to_value(object))
    }
}

impl<T: Model> FieldType for ForeignKey<T>
where
    T::Pk: SingleKey,
{
    type Base = ForeignKey<T>;
    type Like<U: FieldType<Base = U>> = U;
    const KIND: Kind = <T::Pk as FieldType>::KIND;

    fn decode(value: ValueRef<'_>, cx: &mut DecodeCx) -> Result<Self> {
        match <T::Pk as FieldType>::decode(value, cx) {
            Ok(id) => Ok(ForeignKey { state: State::read(&id, cx), id, marker: PhantomData }),
            Err(error) => Err(error),
        }
    }

    fn encode(&self) -> Value {
        self.id.encode()
    }
}

/// As the object if it is loaded, else as the key.
impl<T: Model> TemplateValue for ForeignKey<T> {
    fn to_value(&self) -> Value {
        self.show().unwrap_or_else(|| self.id.to_key())
    }
}

impl<T: Model> From<&T> for ForeignKey<T> {
    fn from(object: &T) -> Self {
        ForeignKey::new(object.pk())
    }
}

impl<T: Model> Clone for ForeignKey<T> {
    fn clone(&self) -> Self {
        ForeignKey { id: self.id.clone(), state: self.state.clone(), marker: PhantomData }
    }
}

/// The same key; what is loaded does not matter.
impl<T: Model> PartialEq for ForeignKey<T> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl<T: Model> Eq for ForeignKey<T> {}

impl<T: Model> fmt::Debug for ForeignKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loaded = if self.loaded().is_some() { ", loaded" } else { "" };
        write!(f, "{}({}{loaded})", T::meta().name, show(&self.id.to_key()))
    }
}
