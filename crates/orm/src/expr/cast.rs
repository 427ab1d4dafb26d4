//! Values as another type.

use quintet_core::value::Decimal;

use super::{Col, Expr, Like, operand_methods};
use crate::{ast::Node, field::FieldType};

/// A type that values can be cast to.
#[diagnostic::on_unimplemented(
    message = "nothing can be cast to `{Self}`",
    label = "can be cast to: i16, i32, i64, f64, Decimal, String"
)]
pub trait CastTarget: FieldType<Base = Self> {}

impl CastTarget for i16 {}
impl CastTarget for i32 {}
impl CastTarget for i64 {}
impl CastTarget for f64 {}
impl CastTarget for Decimal {}
impl CastTarget for String {}

operand_methods! {
    /// The value as another type: `Film.votes.cast::<String>()`. A number with places behind the point is rounded to a whole
    /// one.
    ///
    /// A text that is no number is an error when the database reaches it.
    pub fn cast<C: CastTarget>(self) -> Expr<M, Like<Self, C>> {
        Expr::from_node(Node::Cast(T::KIND, C::KIND, Box::new(self.node())))
    }
}
