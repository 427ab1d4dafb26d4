//! Walks over foreign keys as types, so that a column knows where it starts and whether it may be missing.

use std::marker::PhantomData;

use crate::{ast::PathKey, field::FieldType, model::Model, query::join::Join};

/// May what is reached be missing, because a foreign key on the way is optional?
pub trait Nullability: 'static {
    /// The type of a `T` that is reached so.
    type Of<T: FieldType>: FieldType<Base = T::Base>;
}

/// It is always there.
pub struct Present;

/// It may be missing: every column is optional.
pub struct Optional;

impl Nullability for Present {
    type Of<T: FieldType> = T;
}

impl Nullability for Optional {
    type Of<T: FieldType> = Option<T::Base>;
}

/// A walk over foreign keys: a model itself, [`Via`] or [`OptVia`].
pub trait Path: 'static {
    /// The model of the query.
    type Root: Model;
    /// The model at the end.
    type Target: Model;
    /// May the end be missing?
    type Null: Nullability;
    /// The walk as field indexes.
    const KEY: PathKey;

    /// The joins that load the objects on the way.
    #[doc(hidden)]
    fn joins(out: &mut Vec<Join>);
}

#[diagnostic::do_not_recommend]
impl<M: Model> Path for M {
    type Root = M;
    type Target = M;
    type Null = Present;
    const KEY: PathKey = PathKey::ROOT;

    fn joins(_: &mut Vec<Join>) {}
}

/// `P`, then its foreign key number `I`, to `T`.
pub struct Via<P, T, const I: u16>(PhantomData<fn() -> (P, T)>);

impl<P: Path, T: Model, const I: u16> Path for Via<P, T, I> {
    type Root = P::Root;
    type Target = T;
    type Null = P::Null;
    const KEY: PathKey = P::KEY.push(I);

    fn joins(out: &mut Vec<Join>) {
        P::joins(out);
        out.push(Join::to::<T>(P::KEY, I));
    }
}

/// `P`, then its optional foreign key number `I`, to `T`.
pub struct OptVia<P, T, const I: u16>(PhantomData<fn() -> (P, T)>);

impl<P: Path, T: Model, const I: u16> Path for OptVia<P, T, I> {
    type Root = P::Root;
    type Target = T;
    type Null = Optional;
    const KEY: PathKey = P::KEY.push(I);

    fn joins(out: &mut Vec<Join>) {
        P::joins(out);
        out.push(Join::to::<T>(P::KEY, I));
    }
}

/// The path of a model's own columns, which are the ones that can be assigned.
#[diagnostic::on_unimplemented(
    message = "a column of a related model can't be assigned here",
    label = "only columns of the model itself can be set; update the related model instead"
)]
pub trait OwnColumn: Path {}

#[diagnostic::do_not_recommend]
impl<M: Model> OwnColumn for M {}
