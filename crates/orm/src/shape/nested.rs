//! What a nested shape can hang on.

use crate::{
    ast::{PathKey, Select},
    model::{Key, Model},
    path::{Optional, Path, Present},
    relation::{FkCol, Many, ManyQuery, OneCol, Reverse},
};

/// A foreign key from `M` to `T` that is always there.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no foreign key of `{M}` to `{T}` that is always there",
    label = "a nested shape of `{T}` needs a required foreign key to it",
    note = "write `Option<..>` for an optional foreign key, `Vec<..>` for a to-many relation"
)]
pub trait NestedOne<M, T> {
    /// The walk to the object.
    #[doc(hidden)]
    fn path(self) -> PathKey;
}

#[diagnostic::do_not_recommend]
impl<P: Path<Null = Present>, T: Model, const I: u16> NestedOne<P::Root, T> for FkCol<P, T, I, false> {
    fn path(self) -> PathKey {
        const { P::KEY.push(I) }
    }
}

/// A foreign key from `M` to `T` that may be empty, or that is reached over one that may be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no optional foreign key of `{M}` to `{T}`",
    label = "a nested `Option` of a shape of `{T}` needs an optional foreign key to it",
    note = "leave out the `Option` for a required foreign key, write `Vec<..>` for a to-many relation"
)]
pub trait NestedOptional<M, T> {
    /// The walk to the object.
    #[doc(hidden)]
    fn path(self) -> PathKey;
}

#[diagnostic::do_not_recommend]
impl<P: Path, T: Model, const I: u16> NestedOptional<P::Root, T> for FkCol<P, T, I, true> {
    fn path(self) -> PathKey {
        const { P::KEY.push(I) }
    }
}

#[diagnostic::do_not_recommend]
impl<P: Path<Null = Optional>, T: Model, const I: u16> NestedOptional<P::Root, T> for FkCol<P, T, I, false> {
    fn path(self) -> PathKey {
        const { P::KEY.push(I) }
    }
}

#[diagnostic::do_not_recommend]
impl<P: Path, T: Model, const I: u16> NestedOptional<P::Root, T> for OneCol<P, T, I> {
    fn path(self) -> PathKey {
        const { P::KEY.push(I) }
    }
}

/// How the rows of a to-many relation are found.
#[derive(Clone, Copy, Debug)]
pub enum Linked {
    /// By this field of the owner.
    Field(u16),
    /// By this foreign key of theirs.
    Via(u16),
}

/// A to-many relation of `M`, or of a model that foreign keys lead to from there, to `T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no to-many relation of `{M}` to `{T}`",
    label = "a nested `Vec` of shapes of `{T}` needs a to-many relation to it",
    note = "write the shape itself, or an `Option` of it, for a foreign key"
)]
pub trait NestedMany<M, T> {
    /// The type of the owner's key.
    #[doc(hidden)]
    type Key: Key;

    /// The model that has the relation.
    #[doc(hidden)]
    type Owner: Model;

    /// The walk to the owner, how its rows are found, and which of them.
    #[doc(hidden)]
    fn relation(self) -> (PathKey, Linked, Box<Select>);
}

#[diagnostic::do_not_recommend]
impl<P: Path, T: Model, const I: u16> NestedMany<P::Root, T> for Many<P, T, I> {
    type Key = <P::Target as Model>::Pk;
    type Owner = P::Target;

    fn relation(self) -> (PathKey, Linked, Box<Select>) {
        self.query().relation()
    }
}

#[diagnostic::do_not_recommend]
impl<P: Path, T: Model, const I: u16> NestedMany<P::Root, T> for ManyQuery<P, T, I> {
    type Key = <P::Target as Model>::Pk;
    type Owner = P::Target;

    fn relation(self) -> (PathKey, Linked, Box<Select>) {
        (P::KEY, Linked::Field(I), self.query.into_select())
    }
}

#[diagnostic::do_not_recommend]
impl<C: Model, T: Model, const I: u16> NestedMany<T, C> for Reverse<C, T, I> {
    type Key = T::Pk;
    type Owner = T;

    fn relation(self) -> (PathKey, Linked, Box<Select>) {
        (PathKey::ROOT, Linked::Via(I), self.query.into_select())
    }
}
