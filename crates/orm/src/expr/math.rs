//! Functions of doubles; exact decimals become doubles. What has no answer is an error of the database.

use super::{Col, Expr, IntoExpr, Like, operand_methods};
use crate::{
    ast::{Function, Math, Node},
    field::{FieldType, Number},
};

macro_rules! functions {
    ($($(#[$doc:meta])+ $name:ident = $math:ident;)+) => {
        operand_methods! {$(
            $(#[$doc])+
            pub fn $name(self) -> Expr<M, Like<Self, f64>> where T: Number {
                Expr::from_node(Node::Function(Function::Math(Math::$math), vec![self.node()]))
            }
        )+}
    };
}

functions! {
    /// The square root. Of a number below 0 it is an error.
    sqrt = Sqrt;
    /// e to the power of it.
    exp = Exp;
    /// The natural logarithm. Of a number that is not above 0 it is an error.
    ln = Ln;
    /// The logarithm to base 10. Of a number that is not above 0 it is an error.
    log10 = Log10;
    /// The sine of an angle in radians.
    sin = Sin;
    /// The cosine of an angle in radians.
    cos = Cos;
    /// The tangent of an angle in radians.
    tan = Tan;
    /// The angle in radians that has this sine.
    asin = Asin;
    /// The angle in radians that has this cosine.
    acos = Acos;
    /// The angle in radians that has this tangent.
    atan = Atan;
    /// Degrees as radians.
    to_radians = Radians;
    /// Radians as degrees.
    to_degrees = Degrees;
}

operand_methods! {
    /// To the power of this: `Film.votes.power(0.5)`.
    pub fn power(self, exponent: impl IntoExpr<M, f64>) -> Expr<M, Like<Self, f64>> where T: Number {
        Expr::from_node(Node::Function(Function::Power, vec![self.node(), exponent.into_node()]))
    }

    /// -1, 0 or 1.
    pub fn sign(self) -> Expr<M, Like<Self, i32>> where T: Number {
        Expr::from_node(Node::Function(Function::Sign, vec![self.node()]))
    }
}

/// A number from 0 to less than 1, another one for each row: `Film.order_by(random())` shuffles.
pub fn random<M>() -> Expr<M, f64> {
    Expr::from_node(Node::Function(Function::Random, Vec::new()))
}
