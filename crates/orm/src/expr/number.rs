//! Arithmetic.

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::{Col, Expr, IntoExpr, operand_methods};
use crate::{
    ast::{Arithmetic, Function, Node},
    field::{FieldType, Number},
    model::Model,
    path::Path,
};

operand_methods! {
    /// The number without its sign.
    pub fn abs(self) -> Expr<M, T> where T: Number {
        Expr::from_node(Node::Function(Function::Abs, vec![self.node()]))
    }

    /// The number as a double: for divisions, where an exact decimal has no exact answer.
    pub fn as_float(self) -> Expr<M, f64> where T: Number + FieldType<Base = T> {
        Expr::from_node(Node::Function(Function::Float, vec![self.node()]))
    }
}

macro_rules! operators {
    ($($operator:ident $method:ident;)*) => {$(
        impl<M: Model, P: Path<Root = M>, T: Number, V: IntoExpr<M, T::Base>> $operator<V> for Col<P, T> {
            type Output = Expr<M, T>;

            fn $method(self, other: V) -> Expr<M, T> {
                calculate(Arithmetic::$operator, self.node(), other.into_node())
            }
        }

        impl<M: Model, T: Number, V: IntoExpr<M, T::Base>> $operator<V> for Expr<M, T> {
            type Output = Expr<M, T>;

            fn $method(self, other: V) -> Expr<M, T> {
                calculate(Arithmetic::$operator, self.node(), other.into_node())
            }
        }
    )*};
}

operators! { Add add; Sub sub; Mul mul; Div div; }

fn calculate<M, T>(op: Arithmetic, left: Node, right: Node) -> Expr<M, T> {
    Expr::from_node(Node::Calculate(op, Box::new(left), Box::new(right)))
}

impl<M: Model, P: Path<Root = M>, T: Number> Neg for Col<P, T> {
    type Output = Expr<M, T>;

    fn neg(self) -> Expr<M, T> {
        -self.expr()
    }
}

impl<M: Model, T: Number> Neg for Expr<M, T> {
    type Output = Expr<M, T>;

    fn neg(self) -> Expr<M, T> {
        Expr::from_node(Node::Function(Function::Negate, vec![self.node()]))
    }
}
