use quintet_core::Result;

use crate::{
    ast::{Node, PathKey, model_columns},
    decode::Cursor,
    expr::{Col, Expr},
    field::FieldType,
    model::Model,
    path::{Nullability, Path},
    relation::FkCol,
    table::Table,
};

/// What a query on `M` can select: a column, an expression, an object of a required foreign key, the model itself, or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be selected in a query on `{M}`",
    label = "expected a column or expression of `{M}`, or a tuple of them"
)]
pub trait Selection<M> {
    /// What it becomes in a row.
    type Out: Send + 'static;

    /// Adds its columns.
    #[doc(hidden)]
    fn nodes(self, out: &mut Vec<Node>);

    /// Reads its columns.
    #[doc(hidden)]
    fn decode(cursor: &mut Cursor<'_>) -> Result<Self::Out>;
}

impl<P: Path, T: FieldType> Selection<P::Root> for Col<P, T> {
    type Out = <P::Null as Nullability>::Of<T>;

    fn nodes(self, out: &mut Vec<Node>) {
        out.push(self.node());
    }

    fn decode(cursor: &mut Cursor<'_>) -> Result<Self::Out> {
        cursor.next()
    }
}

impl<M: Model, T: FieldType> Selection<M> for Expr<M, T> {
    type Out = T;

    fn nodes(self, out: &mut Vec<Node>) {
        out.push(self.node());
    }

    fn decode(cursor: &mut Cursor<'_>) -> Result<T> {
        cursor.next()
    }
}

impl<P: Path<Null = crate::path::Present>, T: Model, const I: u16> Selection<P::Root>
    for FkCol<P, T, I, false>
{
    type Out = T;

    fn nodes(self, out: &mut Vec<Node>) {
        model_columns(T::meta(), P::KEY.push(I), out);
    }

    fn decode(cursor: &mut Cursor<'_>) -> Result<T> {
        T::from_row(cursor)
    }
}

impl<M: Model> Selection<M> for Table<M> {
    type Out = M;

    fn nodes(self, out: &mut Vec<Node>) {
        model_columns(M::meta(), PathKey::ROOT, out);
    }

    fn decode(cursor: &mut Cursor<'_>) -> Result<M> {
        M::from_row(cursor)
    }
}

macro_rules! tuples {
    ($($($n:ident)+;)*) => {$(
        impl<M, $($n: Selection<M>),+> Selection<M> for ($($n,)+) {
            type Out = ($($n::Out,)+);

            #[allow(non_snake_case)]
            fn nodes(self, out: &mut Vec<Node>) {
                let ($($n,)+) = self;
                $($n.nodes(out);)+
            }

            fn decode(cursor: &mut Cursor<'_>) -> Result<Self::Out> {
                Ok(($($n::decode(cursor)?,)+))
            }
        }
    )*};
}
tuples! { A; A B; A B C; A B C D; A B C D E; A B C D E F; A B C D E F G; A B C D E F G H; A B C D E F G H I; A B C D E F G H I J; }
