//! What `#[data]` finds out about a field's type: a type that is a [`Payload`] says how it looks and has its own rules
//! checked; of any other type only serde knows.
//!
//! Method look-up on `&&&Probe<T>` chooses: first [`Known`] (for `&&Probe<T>`), then [`Chosen`] (for `&&&Probe<T>`), then
//! [`Readable`] (for `&Probe<T>`), at last [`Unknown`] (for `Probe<T>`), which only keeps rustc's message about the type itself the
//! only one.

use std::marker::PhantomData;

use quintet_core::{FieldErrors, meta::Chooses};
use serde::de::DeserializeOwned;

use super::{DataShape, Payload, ShapeKind};

/// A field's type, to be asked.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<fn() -> T>);

impl<T> Probe<T> {
    /// The question.
    pub const NEW: Self = Probe(PhantomData);
}

/// Asks a type that describes itself.
pub trait Known<T> {
    /// How the type looks from outside.
    fn shape(&self) -> DataShape;
    /// Checks the rules inside of a value.
    fn check(&self, value: &T, name: &str, errors: &mut FieldErrors);
}

impl<T: Payload> Known<T> for &&Probe<T> {
    fn shape(&self) -> DataShape {
        T::shape()
    }

    fn check(&self, value: &T, name: &str, errors: &mut FieldErrors) {
        value.check(name, errors);
    }
}

/// Asks an enum whose words the core knows: `#[derive(Choices)]`.
pub trait Chosen<T> {
    /// How the type looks from outside.
    fn shape(&self) -> DataShape;
    /// Checks the rules inside of a value: it has none.
    fn check(&self, _: &T, _: &str, _: &mut FieldErrors) {}
}

impl<T: Chooses + DeserializeOwned> Chosen<T> for &&&Probe<T> {
    fn shape(&self) -> DataShape {
        DataShape::new::<T>(ShapeKind::Choice(T::CHOICES))
    }
}

/// Asks serde, for a type that does not.
pub trait Readable<T> {
    /// How the type looks from outside.
    fn shape(&self) -> DataShape;
    /// Checks the rules inside of a value: it has none.
    fn check(&self, _: &T, _: &str, _: &mut FieldErrors) {}
}

impl<T: DeserializeOwned> Readable<T> for &Probe<T> {
    fn shape(&self) -> DataShape {
        DataShape::new::<T>(ShapeKind::Any)
    }
}

/// Stands in for a type that can't be data at all.
pub trait Unknown<T> {
    /// No shape is known.
    fn shape(&self) -> DataShape {
        DataShape::opaque()
    }
    /// Checks the rules inside of a value: it has none.
    fn check(&self, _: &T, _: &str, _: &mut FieldErrors) {}
}

impl<T> Unknown<T> for Probe<T> {}
