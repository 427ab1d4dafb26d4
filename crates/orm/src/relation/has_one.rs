use std::{fmt, marker::PhantomData, panic::Location, sync::Arc};

use http::StatusCode;
use quintet_core::{Error, ErrorKind, Result, TemplateValue, Value};

use super::foreign_key::show;
use crate::{
    key::Key,
    model::{Erased, Model, Record, Relative},
};

/// The other end of a one-to-one relation in a row: one object or none, there only if the query loaded it.
///
/// `HasOne<Profile>` in `User` looks for `Profile.user`, a `OneToOne<User>`; another name is said by
/// `#[field(via = ..)]`.
///
/// ```no_run
/// # use quintet_orm::prelude::*;
/// # #[model(app = "docs")] pub struct User { pub name: String, pub profile: HasOne<Profile> }
/// # #[model(app = "docs")] pub struct Profile { pub user: OneToOne<User>, pub city: String }
/// # async fn show(db: &dyn Executor) -> Result {
/// let users = User.filter(User.profile.city.eq("Rome")).select_related(User.profile).all(db).await?;
/// for user in &users {
///     let city = user.profile.get()?.map(|profile| profile.city.as_str());
///     println!("{} of {}", user.name, city.unwrap_or("nowhere"));
/// }
/// # Ok(()) }
/// ```
pub struct HasOne<T: Model> {
    state: State,
    marker: PhantomData<fn() -> T>,
}

#[derive(Clone)]
enum State {
    /// `User.profile`.
    Unloaded(&'static str),
    /// A `T`, or nothing.
    Loaded(Option<Erased>),
}

impl<T: Model> HasOne<T> {
    /// The field `Model.field`, not loaded. `#[model]` writes it.
    #[doc(hidden)]
    #[must_use]
    pub fn unloaded(label: &'static str) -> Self {
        HasOne { state: State::Unloaded(label), marker: PhantomData }
    }

    /// Is it known whether there is an object?
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        matches!(self.state, State::Loaded(_))
    }

    /// The object, if it is loaded and there is one.
    #[must_use]
    pub fn loaded(&self) -> Option<&T> {
        match &self.state {
            State::Loaded(object) => object.as_ref()?.downcast_ref(),
            State::Unloaded(_) => None,
        }
    }

    /// The object or nothing, from memory: this never asks the database.
    ///
    /// # Errors
    /// Of kind `NotLoaded`, naming the line that asked and the call that is missing.
    #[track_caller]
    pub fn get(&self) -> Result<Option<&T>> {
        match self.state {
            State::Loaded(_) => Ok(self.loaded()),
            State::Unloaded(label) => Err(not_loaded(label, T::meta().name, Location::caller())),
        }
    }
}

#[cold]
fn not_loaded(label: &str, model: &str, at: &'static Location<'static>) -> Error {
    let (what, fix) =
        if label.is_empty() { (format!("a HasOne<{model}>"), "..") } else { (label.to_owned(), label) };
    Error::of_kind(
        ErrorKind::NotLoaded,
        StatusCode::INTERNAL_SERVER_ERROR,
        format!(
            "{what} was read at {at} but is not loaded: add .select_related({fix}) to the query, or use \
             .related_one({fix}, &db).await"
        ),
    )
    .at(at)
}

impl<T: Model> Relative for HasOne<T> {
    fn loaded_mut(&mut self) -> Option<&mut dyn Record> {
        match &mut self.state {
            State::Loaded(Some(object)) => {
                Arc::get_mut(object)?.downcast_mut::<T>().map(|object| object as &mut dyn Record)
            }
            _ => None,
        }
    }

    fn put(&mut self, loaded: Erased) {
        self.state = State::Loaded(Some(loaded));
    }

    fn put_nothing(&mut self) {
        self.state = State::Loaded(None);
    }

    fn show(&self) -> Option<Value> {
        match self.state {
            State::Unloaded(_) => None,
            State::Loaded(_) => {
                Some(self.loaded().map(|object| crate::instance::to_value(object)).unwrap_or_default())
            }
        }
    }
}

/// The object, or nothing to show.
impl<T: Model> TemplateValue for HasOne<T> {
    fn to_value(&self) -> Value {
        self.show().unwrap_or_default()
    }
}

impl<T: Model> Default for HasOne<T> {
    fn default() -> Self {
        Self::unloaded("")
    }
}

impl<T: Model> Clone for HasOne<T> {
    fn clone(&self) -> Self {
        HasOne { state: self.state.clone(), marker: PhantomData }
    }
}

/// The same key; two that are not loaded are equal.
impl<T: Model> PartialEq for HasOne<T> {
    fn eq(&self, other: &Self) -> bool {
        self.is_loaded() == other.is_loaded() && self.loaded().map(T::pk) == other.loaded().map(T::pk)
    }
}

impl<T: Model> Eq for HasOne<T> {}

/// The key only, so that models that lead to each other have an end.
impl<T: Model> fmt::Debug for HasOne<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.is_loaded(), self.loaded()) {
            (false, _) => f.write_str("not loaded"),
            (true, None) => f.write_str("none"),
            (true, Some(object)) => write!(f, "{}({})", T::meta().name, show(&object.pk().to_key())),
        }
    }
}
