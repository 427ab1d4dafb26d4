//! Values over the rows around each row.

use super::{AggregateNode, Node, OrderBy};

/// A value over the rows that stand around a row.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowNode {
    /// What is asked.
    pub call: WindowCall,
    /// Only rows that share these values are looked at.
    pub partition: Vec<Node>,
    /// The order in which they stand.
    pub order: Vec<OrderBy>,
    /// Which of them count; without it, the database's rule: those up to the row and its equals, or all where there is no
    /// order.
    pub frame: Option<Frame>,
}

/// What is asked of a window.
#[derive(Clone, Debug, PartialEq)]
pub enum WindowCall {
    /// A function that only windows have, with its arguments.
    Function(WindowFunction, Vec<Node>),
    /// An aggregate over the frame.
    Aggregate(AggregateNode),
}

/// A function that only windows have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowFunction {
    /// The row's number, counted from 1.
    RowNumber,
    /// Its place; equal rows share one, and the places after them are left out.
    Rank,
    /// Its place; equal rows share one, and none is left out.
    DenseRank,
    /// Its place from 0 to 1.
    PercentRank,
    /// The share of rows up to it and its equals.
    CumeDist,
    /// Into which of so many parts of equal size it falls.
    NTile(u32),
    /// The value so many rows before; with a second argument, that one where there is no such row.
    Lag(u32),
    /// The value so many rows after; with a second argument, that one where there is no such row.
    Lead(u32),
    /// The value of the frame's first row.
    FirstValue,
    /// The value of the frame's last row.
    LastValue,
    /// The value of the frame's row with this number, counted from 1.
    NthValue(u32),
}

/// The rows of a window that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What bounds count.
    pub unit: FrameUnit,
    /// So far from the row it starts, negative before it; `None` at the window's start.
    pub start: Option<i64>,
    /// So far from the row it ends; `None` at the window's end.
    pub end: Option<i64>,
    /// Which of the rows inside are left out.
    pub exclude: Exclude,
}

/// What the bounds of a frame count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameUnit {
    /// Rows.
    Rows,
    /// Units of the value that the window is ordered by.
    Range,
    /// Groups of rows that are equal in the window's order.
    Groups,
}

/// Rows inside a frame that don't count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Exclude {
    /// All count.
    #[default]
    Nothing,
    /// The row itself.
    CurrentRow,
    /// The row and those that are equal to it in the window's order.
    Group,
    /// Those that are equal to the row in the window's order, but not itself.
    Ties,
}
