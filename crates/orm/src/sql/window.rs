//! Values over the rows around each row.

use quintet_core::{Error, Result, value::Kind};

use super::{
    Render,
    aggregate::Asked,
    facts::{digits, field_at, model_at, nullable},
};
use crate::ast::{Exclude, Frame, FrameUnit, Node, WindowCall, WindowFunction, WindowNode};

impl Render {
    pub(super) fn window(&mut self, node: &WindowNode) -> Result {
        for part in node.partition.iter().chain(node.order.iter().map(|order| &order.node)) {
            no_window(std::slice::from_ref(part), "what a window is made of")?;
        }
        match &node.call {
            WindowCall::Aggregate(aggregate) => self.aggregated(&Asked::of(aggregate), Some(node)),
            WindowCall::Function(function, arguments) => {
                no_window(arguments, "what a window function is asked about")?;
                self.window_function(*function, arguments)?;
                self.over(node)
            }
        }
    }

    fn window_function(&mut self, function: WindowFunction, arguments: &[Node]) -> Result {
        let (name, number) = match function {
            WindowFunction::RowNumber => ("ROW_NUMBER", None),
            WindowFunction::Rank => ("RANK", None),
            WindowFunction::DenseRank => ("DENSE_RANK", None),
            WindowFunction::PercentRank => ("PERCENT_RANK", None),
            WindowFunction::CumeDist => ("CUME_DIST", None),
            WindowFunction::NTile(parts) => ("NTILE", Some(parts)),
            WindowFunction::Lag(rows) => ("LAG", Some(rows)),
            WindowFunction::Lead(rows) => ("LEAD", Some(rows)),
            WindowFunction::FirstValue => ("FIRST_VALUE", None),
            WindowFunction::LastValue => ("LAST_VALUE", None),
            WindowFunction::NthValue(number) => ("NTH_VALUE", Some(number)),
        };
        self.push(name);
        self.push("(");
        let places = self.common_places(arguments)?;
        let mut arguments = arguments.iter();
        if let Some(value) = arguments.next() {
            self.scaled_or_plain(value, places)?;
        }
        if let Some(number) = number {
            if !self.sql.ends_with('(') {
                self.push(", ");
            }
            self.number(number);
        }
        for default in arguments {
            self.push(", ");
            self.scaled_or_plain(default, places)?;
        }
        self.push(")");
        Ok(())
    }

    /// Adds ` OVER (…)`.
    pub(super) fn over(&mut self, window: &WindowNode) -> Result {
        self.push(" OVER (");
        let mut started = false;
        if !window.partition.is_empty() {
            self.push("PARTITION BY ");
            self.list(&window.partition, ", ", Self::node)?;
            started = true;
        }
        if !window.order.is_empty() {
            self.push(if started { " ORDER BY " } else { "ORDER BY " });
            self.list(&window.order, ", ", |render, order| {
                render.sorted(&order.node)?;
                let has_nulls = nullable(render.root()?, &order.node)?;
                render.direction(order, has_nulls);
                Ok(())
            })?;
            started = true;
        }
        if let Some(frame) = &window.frame {
            if started {
                self.push(" ");
            }
            self.frame(frame, window)?;
        }
        self.push(")");
        Ok(())
    }

    fn frame(&mut self, frame: &Frame, window: &WindowNode) -> Result {
        if let (Some(start), Some(end)) = (frame.start, frame.end)
            && start > end
        {
            return Err(Error::database(format!(
                "a window's frame from {start} to {end} ends before it starts"
            )));
        }
        let mut places = 0;
        match frame.unit {
            FrameUnit::Rows => self.push("ROWS"),
            FrameUnit::Groups if window.order.is_empty() => {
                return Err(Error::database(
                    "a frame of groups needs a window with an order, which says what is equal",
                ));
            }
            FrameUnit::Groups => self.push("GROUPS"),
            FrameUnit::Range => {
                let measures = |bound: Option<i64>| bound.is_some_and(|far| far != 0);
                if measures(frame.start) || measures(frame.end) {
                    places = self.measured(window)?;
                }
                self.push("RANGE");
            }
        }
        self.push(" BETWEEN ");
        self.bound(frame.start, "UNBOUNDED PRECEDING", places)?;
        self.push(" AND ");
        self.bound(frame.end, "UNBOUNDED FOLLOWING", places)?;
        self.push(match frame.exclude {
            Exclude::Nothing => "",
            Exclude::CurrentRow => " EXCLUDE CURRENT ROW",
            Exclude::Group => " EXCLUDE GROUP",
            Exclude::Ties => " EXCLUDE TIES",
        });
        Ok(())
    }

    /// The places of the number that a window is ordered by, where a range measures how far values are from each other.
    fn measured(&self, window: &WindowNode) -> Result<u8> {
        let [order] = window.order.as_slice() else {
            return Err(Error::database(
                "a range of values needs a window that is ordered by one number: .order_by(Model.number)",
            ));
        };
        let root = self.root()?;
        if let Node::Column(path, index) = &order.node {
            let kind = field_at(model_at(root, *path)?, *index)?.kind;
            if !kind.is_integer() && !matches!(kind, Kind::Float | Kind::Real | Kind::Decimal) {
                return Err(Error::database(format!(
                    "a range of values needs a window that is ordered by a number, not by a {kind:?}: use rows(..) or \
                     groups(..)"
                )));
            }
        }
        match self.dialect.native_decimal {
            true => Ok(0),
            false => Ok(digits(root, &order.node)?.map_or(0, |digits| digits.places)),
        }
    }

    fn bound(&mut self, bound: Option<i64>, unbounded: &str, places: u8) -> Result {
        match bound {
            None => self.push(unbounded),
            Some(0) => self.push("CURRENT ROW"),
            Some(far) => {
                let unit = 10u64.checked_pow(u32::from(places));
                let Some(units) = unit.and_then(|unit| far.unsigned_abs().checked_mul(unit)) else {
                    return Err(Error::database(format!("a window's frame can't reach as far as {far}")));
                };
                self.number(units);
                self.push(if far < 0 { " PRECEDING" } else { " FOLLOWING" });
            }
        }
        Ok(())
    }
}

/// Refuses window functions where they mean nothing.
pub(super) fn no_window(nodes: &[Node], place: &str) -> Result {
    if nodes.iter().any(Node::has_window) {
        return Err(Error::database(format!(
            "a window function stands in {place}, where no database takes one: filter the query by it, select it, or order \
             by it, and ask about that query with in_query(..), exists(..) or scalar()"
        )));
    }
    Ok(())
}
