//! A value that depends on conditions.

use std::marker::PhantomData;

use super::{Cond, Expr, IntoExpr, Valued};
use crate::{ast::Node, field::FieldType};

/// The start of a choice: the first condition that holds decides.
///
/// ```
/// # use quintet_orm::prelude::*;
/// # #[model(app = "docs")] pub struct Film { pub title: String, pub votes: i32 }
/// let verdict = case().when(Film.votes.gt(500), "hit").when(Film.votes.gt(50), "known").otherwise("flop");
/// let query = Film.select((Film.title, verdict));
/// # let _ = query;
/// ```
pub fn case() -> CaseStart {
    CaseStart(())
}

/// See [`case`].
#[must_use = "a choice needs .when(condition, value)"]
#[derive(Debug)]
pub struct CaseStart(());

impl CaseStart {
    /// This value where the condition holds.
    pub fn when<M, V: Valued<M>>(self, condition: Cond<M>, value: V) -> Case<M, V::Type> {
        Case { branches: vec![(condition.node(), value.into_node())], marker: PhantomData }
    }
}

/// A choice with at least one branch.
#[must_use = "a choice ends with .otherwise(value) or .or_null()"]
#[derive(Debug)]
pub struct Case<M, T> {
    branches: Vec<(Node, Node)>,
    marker: PhantomData<fn() -> (M, T)>,
}

impl<M, T: FieldType> Case<M, T> {
    /// This value where no condition before holds, but this one does.
    pub fn when(mut self, condition: Cond<M>, value: impl IntoExpr<M, T::Base>) -> Self {
        self.branches.push((condition.node(), value.into_node()));
        self
    }

    /// This value where no condition holds.
    pub fn otherwise(self, value: impl IntoExpr<M, T::Base>) -> Expr<M, T> {
        Expr::from_node(Node::Case(self.branches, Some(Box::new(value.into_node()))))
    }

    /// No value where no condition holds.
    pub fn or_null(self) -> Expr<M, Option<T::Base>> {
        Expr::from_node(Node::Case(self.branches, None))
    }
}
