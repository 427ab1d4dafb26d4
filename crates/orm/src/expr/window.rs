//! Values over the rows around each row: places, neighbours, running sums.
//!
//! A [`Window`] says which rows are looked at and how they stand; `over(&window)` makes an expression of a function or an
//! aggregate. It stands wherever a column does, in filters too: there the rows are found first and chosen among afterwards.

use std::{
    marker::PhantomData,
    ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive},
};

use super::{Aggregated, Col, Expr, IntoExpr, IntoOrders, Like, operand_methods};
use crate::{
    ast::{Exclude, Frame, FrameUnit, Node, OrderBy, WindowCall, WindowFunction, WindowNode},
    field::FieldType,
    model::Model,
    path::Path,
    relation::FkCol,
};

/// Which rows around each row are looked at, and how they stand.
///
/// ```
/// # use quintet_orm::prelude::*;
/// # #[model(app = "docs")] pub struct Director { pub name: String }
/// # #[model(app = "docs")] pub struct Film { pub title: String, pub votes: i32, pub director: ForeignKey<Director> }
/// let of_director = window().partition_by(Film.director).order_by(Film.votes.desc());
/// let place = rank().over(&of_director);
/// // The two best films of each director, with the votes of all that are better.
/// let better = Film.votes.sum().over(of_director.rows(..0));
/// let films = Film.annotate((place.clone(), better)).filter(place.le(2));
/// # let _ = films;
/// ```
#[must_use = "a window does nothing until something is asked .over(it)"]
#[derive(Debug)]
pub struct Window<M> {
    partition: Vec<Node>,
    order: Vec<OrderBy>,
    frame: Option<Frame>,
    marker: PhantomData<fn() -> M>,
}

impl<M> Clone for Window<M> {
    fn clone(&self) -> Self {
        Window {
            partition: self.partition.clone(),
            order: self.order.clone(),
            frame: self.frame,
            marker: PhantomData,
        }
    }
}

/// All rows of the query, in no order: see [`Window`].
pub fn window<M>() -> Window<M> {
    Window { partition: Vec::new(), order: Vec::new(), frame: None, marker: PhantomData }
}

impl<M> Window<M> {
    /// Only rows that share these values: columns, expressions, foreign keys.
    pub fn partition_by(mut self, keys: impl IntoPartition<M>) -> Self {
        self.partition.clear();
        keys.keys(&mut self.partition);
        self
    }

    /// In this order. An aggregate is then one of the rows up to each row and its equals, if no frame says otherwise.
    pub fn order_by(mut self, order: impl IntoOrders<M>) -> Self {
        self.order.clear();
        order.orders(&mut self.order);
        self
    }

    /// Only so many rows around each row, which is number 0: `rows(-2..=0)` the row and the two before it, `rows(..)` all.
    pub fn rows(self, bounds: impl IntoBounds) -> Self {
        self.framed(FrameUnit::Rows, bounds)
    }

    /// Only rows whose value, by which the window is ordered, is so far from the row's own: `range(-10..=10)`.
    ///
    /// Measured distances need an order by one number; `..=0` and `0..` any order.
    pub fn range(self, bounds: impl IntoBounds) -> Self {
        self.framed(FrameUnit::Range, bounds)
    }

    /// Only so many groups of rows that are equal in the window's order: `groups(-1..=1)`.
    pub fn groups(self, bounds: impl IntoBounds) -> Self {
        self.framed(FrameUnit::Groups, bounds)
    }

    /// Without some of the frame's rows: `exclude(Exclude::CurrentRow)`.
    pub fn exclude(mut self, which: Exclude) -> Self {
        let all = Frame { unit: FrameUnit::Range, start: None, end: Some(0), exclude: which };
        self.frame = Some(match self.frame {
            Some(frame) => Frame { exclude: which, ..frame },
            // What databases take without a frame.
            None if self.order.is_empty() => Frame { end: None, ..all },
            None => all,
        });
        self
    }

    fn framed(mut self, unit: FrameUnit, bounds: impl IntoBounds) -> Self {
        let (start, end) = bounds.bounds();
        let exclude = self.frame.map(|frame| frame.exclude).unwrap_or_default();
        self.frame = Some(Frame { unit, start, end, exclude });
        self
    }

    fn asked(self, call: WindowCall) -> WindowNode {
        WindowNode { call, partition: self.partition, order: self.order, frame: self.frame }
    }
}

/// From where to where a frame reaches: a range of whole numbers, 0 being the row itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are no bounds of a window's frame",
    label = "expected a range of whole numbers: `-2..=0`, `..=0`, `1..`, `..`"
)]
pub trait IntoBounds {
    /// The first and the last, `None` where there is none.
    fn bounds(self) -> (Option<i64>, Option<i64>);
}

impl IntoBounds for RangeInclusive<i64> {
    fn bounds(self) -> (Option<i64>, Option<i64>) {
        (Some(*self.start()), Some(*self.end()))
    }
}

impl IntoBounds for Range<i64> {
    fn bounds(self) -> (Option<i64>, Option<i64>) {
        (Some(self.start), Some(self.end.saturating_sub(1)))
    }
}

impl IntoBounds for RangeToInclusive<i64> {
    fn bounds(self) -> (Option<i64>, Option<i64>) {
        (None, Some(self.end))
    }
}

impl IntoBounds for RangeTo<i64> {
    fn bounds(self) -> (Option<i64>, Option<i64>) {
        (None, Some(self.end.saturating_sub(1)))
    }
}

impl IntoBounds for RangeFrom<i64> {
    fn bounds(self) -> (Option<i64>, Option<i64>) {
        (Some(self.start), None)
    }
}

impl IntoBounds for RangeFull {
    fn bounds(self) -> (Option<i64>, Option<i64>) {
        (None, None)
    }
}

/// What rows of a window share: a column, an expression, a foreign key, or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "a window over `{M}` can't be split by `{Self}`",
    label = "expected a column, an expression or a foreign key of `{M}`, or a tuple of them"
)]
pub trait IntoPartition<M> {
    /// Adds the values.
    fn keys(self, out: &mut Vec<Node>);
}

impl<P: Path, T: FieldType> IntoPartition<P::Root> for Col<P, T> {
    fn keys(self, out: &mut Vec<Node>) {
        out.push(self.node());
    }
}

impl<M, T: FieldType> IntoPartition<M> for Expr<M, T> {
    fn keys(self, out: &mut Vec<Node>) {
        out.push(self.node());
    }
}

impl<P: Path, T: Model, const I: u16, const NULL: bool> IntoPartition<P::Root> for FkCol<P, T, I, NULL> {
    fn keys(self, out: &mut Vec<Node>) {
        out.push(Node::Column(P::KEY, I));
    }
}

macro_rules! tuples {
    ($($($n:ident)+;)*) => {$(
        impl<M, $($n: IntoPartition<M>),+> IntoPartition<M> for ($($n,)+) {
            #[allow(non_snake_case)]
            fn keys(self, out: &mut Vec<Node>) {
                let ($($n,)+) = self;
                $($n.keys(out);)+
            }
        }
    )*};
}
tuples! { A; A B; A B C; A B C D; }

/// A window, or a reference to one that is used several times.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no window over `{M}`",
    label = "expected `window().partition_by(..).order_by(..)`"
)]
pub trait IntoWindow<M> {
    /// The window.
    fn into_window(self) -> Window<M>;
}

impl<M> IntoWindow<M> for Window<M> {
    fn into_window(self) -> Window<M> {
        self
    }
}

impl<M> IntoWindow<M> for &Window<M> {
    fn into_window(self) -> Window<M> {
        self.clone()
    }
}

/// A function that only windows have: [`rank`], `Film.votes.lag(1)`.
#[must_use = "a window function needs .over(window)"]
#[derive(Debug)]
pub struct WindowFn<M, T> {
    function: WindowFunction,
    arguments: Vec<Node>,
    marker: PhantomData<fn() -> (M, T)>,
}

impl<M, T> WindowFn<M, T> {
    fn new(function: WindowFunction, arguments: Vec<Node>) -> Self {
        WindowFn { function, arguments, marker: PhantomData }
    }

    /// Asked of each row's window.
    pub fn over(self, window: impl IntoWindow<M>) -> Expr<M, T> {
        let call = WindowCall::Function(self.function, self.arguments);
        Expr::from_node(Node::Window(Box::new(window.into_window().asked(call))))
    }
}

/// The row's number in its window, counted from 1.
pub fn row_number<M>() -> WindowFn<M, i64> {
    WindowFn::new(WindowFunction::RowNumber, Vec::new())
}

/// The row's place in its window: equal rows share one, and the places after them are left out (1, 2, 2, 4).
pub fn rank<M>() -> WindowFn<M, i64> {
    WindowFn::new(WindowFunction::Rank, Vec::new())
}

/// The row's place in its window: equal rows share one, and none is left out (1, 2, 2, 3).
pub fn dense_rank<M>() -> WindowFn<M, i64> {
    WindowFn::new(WindowFunction::DenseRank, Vec::new())
}

/// The row's place in its window from 0 (the first) to 1 (the last).
pub fn percent_rank<M>() -> WindowFn<M, f64> {
    WindowFn::new(WindowFunction::PercentRank, Vec::new())
}

/// The share of the window's rows up to the row and its equals, to 1.
pub fn cume_dist<M>() -> WindowFn<M, f64> {
    WindowFn::new(WindowFunction::CumeDist, Vec::new())
}

/// Into which of so many parts of equal size the row falls, counted from 1: `ntile(4)` for quarters.
pub fn ntile<M>(parts: u32) -> WindowFn<M, i64> {
    WindowFn::new(WindowFunction::NTile(parts.max(1)), Vec::new())
}

operand_methods! {
    /// The value so many rows before in the window; `None` where there is no such row.
    pub fn lag(self, rows: u32) -> WindowFn<M, Option<T::Base>> {
        WindowFn::new(WindowFunction::Lag(rows), vec![self.node()])
    }

    /// The value so many rows before in the window, or this one where there is no such row.
    pub fn lag_or(self, rows: u32, otherwise: impl IntoExpr<M, T::Base>) -> WindowFn<M, Like<Self, T::Base>> {
        WindowFn::new(WindowFunction::Lag(rows), vec![self.node(), otherwise.into_node()])
    }

    /// The value so many rows after in the window; `None` where there is no such row.
    pub fn lead(self, rows: u32) -> WindowFn<M, Option<T::Base>> {
        WindowFn::new(WindowFunction::Lead(rows), vec![self.node()])
    }

    /// The value so many rows after in the window, or this one where there is no such row.
    pub fn lead_or(self, rows: u32, otherwise: impl IntoExpr<M, T::Base>) -> WindowFn<M, Like<Self, T::Base>> {
        WindowFn::new(WindowFunction::Lead(rows), vec![self.node(), otherwise.into_node()])
    }

    /// The value of the frame's first row; `None` where the frame has none.
    pub fn first_value(self) -> WindowFn<M, Option<T::Base>> {
        WindowFn::new(WindowFunction::FirstValue, vec![self.node()])
    }

    /// The value of the frame's last row; `None` where the frame has none. Without a frame that is the row itself or its last
    /// equal: for the last of all, `.rows(..)`.
    pub fn last_value(self) -> WindowFn<M, Option<T::Base>> {
        WindowFn::new(WindowFunction::LastValue, vec![self.node()])
    }

    /// The value of the frame's row with this number, counted from 1; `None` where the frame has fewer.
    pub fn nth_value(self, number: u32) -> WindowFn<M, Option<T::Base>> {
        WindowFn::new(WindowFunction::NthValue(number.max(1)), vec![self.node()])
    }
}

impl<M: Model, T> Expr<Aggregated<M>, T> {
    /// Over the rows around each row instead of over all: `Film.votes.sum().over(window().order_by(Film.released))`.
    pub fn over(self, window: impl IntoWindow<M>) -> Expr<M, T> {
        let mut node = self.node();
        node.over(&window.into_window().asked(WindowCall::Function(WindowFunction::RowNumber, Vec::new())));
        Expr::from_node(node)
    }
}
