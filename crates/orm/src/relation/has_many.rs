use std::{fmt, marker::PhantomData, panic::Location};

use http::StatusCode;
use quintet_core::{Error, ErrorKind, Result, TemplateValue, Value};

use super::foreign_key::show;
use crate::{
    key::Key,
    model::{Erased, Model, Record, Relative},
};

/// The objects of a to-many relation in a row: there only if the query prefetched them.
///
/// As a field it declares the other end of a foreign key (or of a many-to-many): `HasMany<Review>` in `Film` looks
/// for `Review.film`; another name is said by `#[field(via = ..)]`.
pub struct HasMany<C: Model> {
    state: State,
    marker: PhantomData<fn() -> C>,
}

/// A many-to-many relation in a row: the table between the two models is made by migrations.
pub type ManyToMany<C> = HasMany<C>;

#[derive(Clone)]
enum State {
    /// `Film.reviews`.
    Unloaded(&'static str),
    /// A `Vec<C>`.
    Loaded(Erased),
}

impl<C: Model> HasMany<C> {
    /// The field `Model.field`, not loaded. `#[model]` writes it.
    #[doc(hidden)]
    #[must_use]
    pub fn unloaded(label: &'static str) -> Self {
        HasMany { state: State::Unloaded(label), marker: PhantomData }
    }

    /// The objects, if they are loaded.
    #[must_use]
    pub fn loaded(&self) -> Option<&[C]> {
        match &self.state {
            State::Loaded(objects) => objects.downcast_ref::<Vec<C>>().map(Vec::as_slice),
            State::Unloaded(_) => None,
        }
    }

    /// The objects, from memory: this never asks the database.
    ///
    /// # Errors
    /// Of kind `NotLoaded`, naming the line that asked and the call that is missing.
    #[track_caller]
    pub fn get(&self) -> Result<&[C]> {
        match self.loaded() {
            Some(objects) => Ok(objects),
            None => Err(self.not_loaded(Location::caller())),
        }
    }

    #[cold]
    fn not_loaded(&self, at: &'static Location<'static>) -> Error {
        let (what, fix) = match self.state {
            State::Unloaded(label) if !label.is_empty() => {
                (label.to_owned(), format!(".prefetch_related({label})"))
            }
            _ => (format!("a HasMany<{}>", C::meta().name), ".prefetch_related(..)".to_owned()),
        };
        Error::of_kind(
            ErrorKind::NotLoaded,
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("{what} was read at {at} but is not loaded: add {fix} to the query, or use .related({what}).all(&db).await"),
        )
        .at(at)
    }
}

impl<C: Model> Relative for HasMany<C> {
    fn loaded_mut(&mut self) -> Option<&mut dyn Record> {
        None
    }

    fn put(&mut self, loaded: Erased) {
        self.state = State::Loaded(loaded);
    }

    fn show(&self) -> Option<Value> {
        let objects = self.loaded()?;
        // Less to compile than an iterator's chain, for each model anew.
        let mut shown = Vec::with_capacity(objects.len());
        for object in objects {
            shown.push(crate::instance::to_value(object));
        }
        Some(Value::List(shown))
    }
}

/// The objects, or nothing to show if they are not loaded.
impl<C: Model> TemplateValue for HasMany<C> {
    fn to_value(&self) -> Value {
        self.show().unwrap_or_default()
    }
}

impl<C: Model> Default for HasMany<C> {
    fn default() -> Self {
        Self::unloaded("")
    }
}

impl<C: Model> Clone for HasMany<C> {
    fn clone(&self) -> Self {
        HasMany { state: self.state.clone(), marker: PhantomData }
    }
}

/// The same keys in the same order; two relations that are not loaded are equal.
impl<C: Model> PartialEq for HasMany<C> {
    fn eq(&self, other: &Self) -> bool {
        match (self.loaded(), other.loaded()) {
            (Some(these), Some(those)) => these.iter().map(C::pk).eq(those.iter().map(C::pk)),
            (None, None) => true,
            _ => false,
        }
    }
}

impl<C: Model> Eq for HasMany<C> {}

/// The keys only, so that a model that leads to itself has an end.
impl<C: Model> fmt::Debug for HasMany<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(objects) = self.loaded() else { return f.write_str("not loaded") };
        let name = C::meta().name;
        let key = |object: &C| Plain(format!("{name}({})", show(&object.pk().to_key())));
        f.debug_list().entries(objects.iter().map(key)).finish()
    }
}

/// Text that prints without quotes.
struct Plain(String);

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
