//! Functions of the database that have no method here.

use super::{Expr, Valued};
use crate::{ast::Node, field::FieldType};

/// A function of the database by its name, answering with a `T` (or, where it may answer with nothing, an `Option`):
/// `call::<f64, _>("similarity", (Film.title, "alien"))`.
///
/// The name is the developer's and must be one: letters, digits, `_`, and a `.` behind a schema. Values are parameters.
///
/// ```
/// # use quintet_orm::prelude::*;
/// # #[model(app = "docs")] pub struct Film { pub title: String }
/// let known = Film.select(call::<i64, _>("unicode", (Film.title,)));
/// # let _ = known;
/// ```
pub fn call<T: FieldType, M>(name: &str, arguments: impl Arguments<M>) -> Expr<M, T> {
    let mut nodes = Vec::new();
    arguments.nodes(&mut nodes);
    Expr::from_node(Node::Call(name.to_owned(), nodes))
}

/// A tuple of values, columns and expressions.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are no arguments of a function in a query on `{M}`",
    label = "expected a tuple of values, columns and expressions: `(Model.column,)`, `(Model.column, 5)`, `()`"
)]
pub trait Arguments<M> {
    /// Adds them.
    fn nodes(self, out: &mut Vec<Node>);
}

impl<M> Arguments<M> for () {
    fn nodes(self, _: &mut Vec<Node>) {}
}

macro_rules! tuples {
    ($($($n:ident)+;)*) => {$(
        impl<M, $($n: Valued<M>),+> Arguments<M> for ($($n,)+) {
            #[allow(non_snake_case)]
            fn nodes(self, out: &mut Vec<Node>) {
                let ($($n,)+) = self;
                $(out.push($n.into_node());)+
            }
        }
    )*};
}
tuples! { A; A B; A B C; A B C D; A B C D E; A B C D E F; }
