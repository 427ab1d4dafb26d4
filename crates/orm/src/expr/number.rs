//! Arithmetic.

use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

use super::{Col, Expr, IntoExpr, Like, operand_methods};
use crate::{
    ast::{Arithmetic, Function, Node},
    field::{FieldType, Fractional, Number},
    model::Model,
    path::{Nullability, Path},
};

operand_methods! {
    /// The number without its sign.
    pub fn abs(self) -> Expr<M, Like<Self, T::Base>> where T: Number {
        Expr::from_node(Node::Function(Function::Abs, vec![self.node()]))
    }

    /// The number as a double: for divisions, where an exact decimal has no exact answer.
    pub fn as_float(self) -> Expr<M, Like<Self, f64>> where T: Number {
        Expr::from_node(Node::Function(Function::Float, vec![self.node()]))
    }

    /// With so many places behind the point, half away from zero.
    pub fn round(self, places: u8) -> Expr<M, Like<Self, T::Base>> where T: Fractional {
        Expr::from_node(Node::Function(Function::Round(places), vec![self.node()]))
    }

    /// The next whole number that is not less.
    pub fn ceil(self) -> Expr<M, Like<Self, T::Base>> where T: Fractional {
        Expr::from_node(Node::Function(Function::Ceil, vec![self.node()]))
    }

    /// The next whole number that is not greater.
    pub fn floor(self) -> Expr<M, Like<Self, T::Base>> where T: Fractional {
        Expr::from_node(Node::Function(Function::Floor, vec![self.node()]))
    }
}

macro_rules! operators {
    ($($operator:ident $method:ident;)*) => {$(
        impl<M: Model, P: Path<Root = M>, T: Number, V: IntoExpr<M, T::Base>> $operator<V> for Col<P, T> {
            type Output = Expr<M, <P::Null as Nullability>::Of<T>>;

            fn $method(self, other: V) -> Self::Output {
                calculate(Arithmetic::$operator, self.node(), other.into_node())
            }
        }

        impl<M, T: Number, V: IntoExpr<M, T::Base>> $operator<V> for Expr<M, T> {
            type Output = Expr<M, T>;

            fn $method(self, other: V) -> Expr<M, T> {
                calculate(Arithmetic::$operator, self.node(), other.into_node())
            }
        }
    )*};
}

operators! { Add add; Sub sub; Mul mul; Div div; Rem rem; }

fn calculate<M, T>(op: Arithmetic, left: Node, right: Node) -> Expr<M, T> {
    Expr::from_node(Node::Calculate(op, Box::new(left), Box::new(right)))
}

impl<M: Model, P: Path<Root = M>, T: Number> Neg for Col<P, T> {
    type Output = Expr<M, <P::Null as Nullability>::Of<T>>;

    fn neg(self) -> Self::Output {
        Expr::from_node(Node::Function(Function::Negate, vec![self.node()]))
    }
}

impl<M, T: Number> Neg for Expr<M, T> {
    type Output = Expr<M, T>;

    fn neg(self) -> Expr<M, T> {
        Expr::from_node(Node::Function(Function::Negate, vec![self.node()]))
    }
}
