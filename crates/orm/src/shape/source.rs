use crate::{
    ast::Node,
    expr::{Col, Expr},
    field::FieldType,
    key::SingleKey,
    model::Model,
    path::{Nullability, Path},
    relation::FkCol,
};

/// What a field of type `T` in a shape of `M` can be read from: a column of that type, the key of a foreign key, an
/// expression.
#[diagnostic::on_unimplemented(
    message = "a shape's field of type `{T}` can't be read from `{Self}`",
    label = "expected a column or expression of `{M}` with exactly the type `{T}`",
    note = "a column over an optional foreign key is an `Option`; for another struct, write #[shape(nested)]"
)]
pub trait ShapeField<M, T> {
    /// As the renderer sees it.
    #[doc(hidden)]
    fn into_node(self) -> Node;
}

impl<P: Path, T: FieldType> ShapeField<P::Root, <P::Null as Nullability>::Of<T>> for Col<P, T> {
    fn into_node(self) -> Node {
        self.node()
    }
}

impl<M: Model, T: FieldType> ShapeField<M, T> for Expr<M, T> {
    fn into_node(self) -> Node {
        self.node()
    }
}

impl<P: Path, T: Model, const I: u16> ShapeField<P::Root, <P::Null as Nullability>::Of<T::Pk>>
    for FkCol<P, T, I, false>
where
    T::Pk: SingleKey,
{
    fn into_node(self) -> Node {
        Node::Column(P::KEY, I)
    }
}

impl<P: Path, T: Model, const I: u16> ShapeField<P::Root, Option<T::Pk>> for FkCol<P, T, I, true>
where
    T::Pk: SingleKey,
{
    fn into_node(self) -> Node {
        Node::Column(P::KEY, I)
    }
}
