use std::marker::PhantomData;

use quintet_core::Value;

use super::Col;
use crate::{
    ast::Node,
    field::FieldType,
    path::{OwnColumn, Path},
};

/// What may be assigned to a column of type `T` of `M`: a value, `Some`/`None` for an optional column, or an
/// expression over the row as it is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be assigned to a `{T}` of `{M}`",
    label = "expected a value of type `{T}`, or a column or expression of `{M}`"
)]
pub trait IntoSet<M, T> {
    /// As the renderer sees it.
    fn into_node(self) -> Node;
}

/// `column = value`, for new rows and for updates.
#[must_use = "an assignment does nothing until it is part of a draft or an update"]
#[derive(Debug)]
pub struct Assign<M> {
    /// Without the model's type.
    #[doc(hidden)]
    pub raw: RawAssign,
    marker: PhantomData<fn() -> M>,
}

/// An assignment without the model's type.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct RawAssign {
    /// The field's index.
    pub field: u16,
    /// What it becomes.
    pub value: AssignValue,
}

/// What a field becomes.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub enum AssignValue {
    /// A column's value.
    Node(Node),
    /// The keys of a many-to-many's objects.
    Many(Vec<Value>),
    /// The fields of an embedded struct. Lists of assignments have them one by one.
    Several(Vec<RawAssign>),
}

impl RawAssign {
    /// Is it of several fields?
    pub(crate) fn is_several(&self) -> bool {
        matches!(self.value, AssignValue::Several(_))
    }

    /// Adds it, or each of the several that it is.
    pub(crate) fn flat(self, out: &mut Vec<RawAssign>) {
        match self.value {
            AssignValue::Several(all) => all.into_iter().for_each(|one| one.flat(out)),
            _ => out.push(self),
        }
    }
}

impl<M> Assign<M> {
    pub(crate) fn new(field: u16, value: AssignValue) -> Self {
        Assign { raw: RawAssign { field, value }, marker: PhantomData }
    }

    pub(crate) fn node(field: u16, node: Node) -> Self {
        Self::new(field, AssignValue::Node(node))
    }
}

impl<P: Path, T: FieldType> Col<P, T> {
    /// Assigns a value or an expression: `Film.votes.set(Film.votes + 1)`.
    ///
    /// Only columns of the model itself can be assigned.
    pub fn set(self, value: impl IntoSet<P::Root, T>) -> Assign<P::Root>
    where
        P: OwnColumn,
    {
        Assign::node(self.index, value.into_node())
    }
}

/// One assignment, a tuple, or a list of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no assignment to a column of `{M}`",
    label = "expected `Model.column.set(value)`, or a tuple of them"
)]
pub trait IntoAssigns<M> {
    /// Adds the assignments.
    fn assigns(self, out: &mut Vec<RawAssign>);
}

impl<M> IntoAssigns<M> for Assign<M> {
    fn assigns(self, out: &mut Vec<RawAssign>) {
        self.raw.flat(out);
    }
}

impl<M> IntoAssigns<M> for Vec<Assign<M>> {
    fn assigns(self, out: &mut Vec<RawAssign>) {
        self.into_iter().for_each(|assign| assign.raw.flat(out));
    }
}

macro_rules! tuples {
    ($($($n:ident)+;)*) => {$(
        impl<M, $($n: IntoAssigns<M>),+> IntoAssigns<M> for ($($n,)+) {
            #[allow(non_snake_case)]
            fn assigns(self, out: &mut Vec<RawAssign>) {
                let ($($n,)+) = self;
                $($n.assigns(out);)+
            }
        }
    )*};
}
tuples! { A; A B; A B C; A B C D; A B C D E; A B C D E F; A B C D E F G; A B C D E F G H; }
