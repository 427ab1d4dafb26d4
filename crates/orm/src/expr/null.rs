//! Present or missing.

use super::{Col, Cond, Expr, IntoExpr, operand_methods};
use crate::{
    ast::{Function, Node},
    field::FieldType,
};

operand_methods! {
    /// Has no value.
    pub fn is_null(self) -> Cond<M> {
        Expr::from_node(Node::IsNull(Box::new(self.node())))
    }

    /// Has a value.
    pub fn is_not_null(self) -> Cond<M> {
        Expr::from_node(Node::Not(Box::new(Node::IsNull(Box::new(self.node())))))
    }

    /// No value where it equals this one, else the value.
    pub fn null_if(self, other: impl IntoExpr<M, T::Base>) -> Expr<M, Option<T::Base>> {
        Expr::from_node(Node::Function(Function::NullIf, vec![self.node(), other.into_node()]))
    }

    /// The value, or this one where it is missing.
    pub fn coalesce(self, otherwise: impl IntoExpr<M, T::Base>) -> Expr<M, T::Base> {
        Expr::from_node(Node::Function(Function::Coalesce, vec![self.node(), otherwise.into_node()]))
    }
}
