//! One value over many rows.

use quintet_core::{Error, Result, value::Kind};

use super::{Render, facts::digits, function::type_name, window::no_window};
use crate::ast::{Aggregate, AggregateNode, Node, OrderBy, WindowNode};

/// What is asked about many rows.
pub(super) struct Asked<'a> {
    pub(super) aggregate: Aggregate,
    pub(super) distinct: bool,
    pub(super) argument: Option<&'a Node>,
    pub(super) more: &'a [Node],
    pub(super) order: &'a [OrderBy],
    pub(super) filter: &'a [Node],
}

impl<'a> Asked<'a> {
    pub(super) fn of(node: &'a AggregateNode) -> Self {
        Asked {
            aggregate: node.aggregate,
            distinct: node.distinct,
            argument: node.argument.as_ref(),
            more: &node.more,
            order: &node.order,
            filter: &node.filter,
        }
    }
}

impl Render {
    /// Writes an aggregate's call, with what makes its answer the same on every database around it.
    pub(super) fn aggregated(&mut self, asked: &Asked<'_>, over: Option<&WindowNode>) -> Result {
        if let Some(argument) = asked.argument {
            no_window(std::slice::from_ref(argument), "an aggregate")?;
        }
        no_window(asked.filter, "an aggregate's filter")?;
        self.orders_and_windows(asked, over)?;
        let registered = self.registered();
        match (asked.aggregate, asked.argument) {
            (Aggregate::Text, Some(text)) if asked.distinct && registered => {
                return self.joined_texts(text, asked, over);
            }
            (Aggregate::Json(kind), Some(value)) => return self.json_array(kind, value, asked, over),
            (Aggregate::Any, Some(value)) if !registered => return self.any_of(value, asked, over),
            _ => {}
        }
        let name = match asked.aggregate {
            Aggregate::Exists | Aggregate::Expression | Aggregate::Json(_) => {
                return Err(Error::internal(format!(
                    "{:?} is no aggregate of a query's rows",
                    asked.aggregate
                )));
            }
            Aggregate::Count => "COUNT",
            Aggregate::Sum => "SUM",
            Aggregate::Average => "AVG",
            Aggregate::Min | Aggregate::Any => "MIN",
            Aggregate::Max => "MAX",
            Aggregate::Variance if registered => "quintet_variance",
            Aggregate::Deviation if registered => "quintet_deviation",
            Aggregate::SampleVariance if registered => "quintet_sample_variance",
            Aggregate::SampleDeviation if registered => "quintet_sample_deviation",
            Aggregate::Variance => "VAR_POP",
            Aggregate::Deviation => "STDDEV_POP",
            Aggregate::SampleVariance => "VAR_SAMP",
            Aggregate::SampleDeviation => "STDDEV_SAMP",
            Aggregate::Text => "STRING_AGG",
            Aggregate::All if registered => "MIN",
            Aggregate::Some if registered => "MAX",
            Aggregate::All => "BOOL_AND",
            Aggregate::Some => "BOOL_OR",
        };
        if let Some(dress) = self.dress(asked.aggregate, asked.argument)? {
            self.push(dress.answer.0);
            self.called(name, asked, over, |render, value| {
                render.push(dress.each.0);
                render.node(value)?;
                render.push(dress.each.1);
                Ok(())
            })?;
            self.push(dress.answer.1);
            return Ok(());
        }
        let cast = self.answer_type(asked.aggregate, asked.argument)?;
        if cast.is_some() {
            self.push("CAST(");
        }
        self.called(name, asked, over, Self::node)?;
        if let Some(kind) = cast {
            self.push(" AS ");
            self.push(type_name(kind));
            self.push(")");
        }
        match (asked.aggregate, asked.argument) {
            (Aggregate::Average | Aggregate::Deviation | Aggregate::SampleDeviation, Some(argument)) => {
                self.unscale(argument)
            }
            (Aggregate::Variance | Aggregate::SampleVariance, Some(argument)) => {
                self.unscale(argument)?;
                self.unscale(argument)
            }
            _ => Ok(()),
        }
    }

    /// Writes `name([DISTINCT] argument, more ORDER BY …) FILTER (WHERE …) OVER (…)`.
    fn called(
        &mut self,
        name: &str,
        asked: &Asked<'_>,
        over: Option<&WindowNode>,
        write: impl Fn(&mut Self, &Node) -> Result,
    ) -> Result {
        self.push(name);
        self.push(if asked.distinct { "(DISTINCT " } else { "(" });
        let by_case = !asked.filter.is_empty() && !self.dialect.aggregate_filter;
        if by_case {
            self.push("CASE WHEN ");
            self.list(asked.filter, " AND ", Self::node)?;
            self.push(" THEN ");
        }
        match asked.argument {
            Some(argument) => write(self, argument)?,
            None if by_case => self.push("1"),
            None if asked.aggregate == Aggregate::Count => self.push("*"),
            None => return Err(Error::internal(format!("{name} of nothing"))),
        }
        if by_case {
            self.push(" END");
        }
        for more in asked.more {
            self.push(", ");
            self.typed(more, Kind::Text)?;
        }
        self.in_order(asked.order)?;
        self.push(")");
        if !asked.filter.is_empty() && !by_case {
            self.push(" FILTER (WHERE ");
            self.list(asked.filter, " AND ", Self::node)?;
            self.push(")");
        }
        match over {
            Some(window) => self.over(window),
            None => Ok(()),
        }
    }

    fn in_order(&mut self, order: &[OrderBy]) -> Result {
        for (i, by) in order.iter().enumerate() {
            self.push(if i == 0 { " ORDER BY " } else { ", " });
            self.sorted(&by.node)?;
            let has_nulls = super::facts::nullable(self.root()?, &by.node)?;
            self.direction(by, has_nulls);
        }
        Ok(())
    }

    /// Refuses what databases refuse in words of their own, or take without a word and without a meaning.
    fn orders_and_windows(&self, asked: &Asked<'_>, over: Option<&WindowNode>) -> Result {
        let lists = matches!(asked.aggregate, Aggregate::Text | Aggregate::Json(_));
        if !asked.order.is_empty() && !lists {
            return Err(Error::database("only string_agg(..) and json_agg(..) take their rows in an order"));
        }
        if asked.distinct && asked.order.iter().any(|by| Some(&by.node) != asked.argument) {
            return Err(Error::database(
                "different values can be put together only in an order of their own",
            ));
        }
        if over.is_some() && asked.distinct {
            return Err(Error::database("an aggregate over a window takes no distinct()"));
        }
        if over.is_some() && !asked.order.is_empty() {
            return Err(Error::database(
                "an aggregate over a window takes its rows in the window's order: give that order to the window",
            ));
        }
        Ok(())
    }

    /// SQLite's own takes no text between different ones.
    fn joined_texts(&mut self, text: &Node, asked: &Asked<'_>, over: Option<&WindowNode>) -> Result {
        self.push("quintet_join(");
        let list = Asked { argument: Some(text), more: &[], ..*asked };
        self.called("JSON_GROUP_ARRAY", &list, over, Self::node)?;
        for separator in asked.more {
            self.push(", ");
            self.node(separator)?;
        }
        self.push(")");
        Ok(())
    }

    /// An array, empty without rows.
    fn json_array(
        &mut self,
        kind: Kind,
        value: &Node,
        asked: &Asked<'_>,
        over: Option<&WindowNode>,
    ) -> Result {
        if self.registered() {
            let places = digits(self.root()?, value)?.map_or(0, |digits| digits.places);
            return self.called("JSON_GROUP_ARRAY", asked, over, |render, value| {
                render.json_item(kind, places, value)
            });
        }
        self.push("COALESCE(");
        self.called("JSONB_AGG", asked, over, Self::node)?;
        self.push(", '[]'::JSONB)");
        Ok(())
    }

    /// A stored value as JSON.
    fn json_item(&mut self, kind: Kind, places: u8, value: &Node) -> Result {
        match kind {
            Kind::Bool => {
                self.push("JSON(CASE WHEN ");
                self.node(value)?;
                self.push(" THEN 'true' WHEN NOT ");
                self.operand(value)?;
                self.push(" THEN 'false' END)");
            }
            Kind::Decimal => {
                self.push("JSON(quintet_decimal_text(");
                self.node(value)?;
                self.push(", ");
                self.number(places);
                self.push("))");
            }
            Kind::Json => {
                self.push("JSON(");
                self.node(value)?;
                self.push(")");
            }
            _ => self.node(value)?,
        }
        Ok(())
    }

    /// The first that is there: not every type has a least value.
    fn any_of(&mut self, value: &Node, asked: &Asked<'_>, over: Option<&WindowNode>) -> Result {
        let there = Node::Not(Box::new(Node::IsNull(Box::new(value.clone()))));
        let filter: Vec<Node> = asked.filter.iter().cloned().chain([there]).collect();
        self.push("(");
        self.called("ARRAY_AGG", &Asked { filter: &filter, distinct: false, ..*asked }, over, Self::node)?;
        self.push(")[1]");
        Ok(())
    }

    /// The type that an answer is brought to. Databases with own types answer with others than were asked about: a sum of
    /// whole numbers is a decimal.
    fn answer_type(&self, aggregate: Aggregate, argument: Option<&Node>) -> Result<Option<Kind>> {
        if !self.dialect.native_types {
            return Ok(None);
        }
        Ok(match (aggregate, argument) {
            (
                Aggregate::Average
                | Aggregate::Variance
                | Aggregate::Deviation
                | Aggregate::SampleVariance
                | Aggregate::SampleDeviation,
                _,
            ) => Some(Kind::Float),
            (Aggregate::Sum, Some(argument)) if self.is_whole(argument)? => Some(Kind::BigInt),
            _ => None,
        })
    }

    /// Is it a column of whole numbers, or a count?
    fn is_whole(&self, node: &Node) -> Result<bool> {
        let root = self.root()?;
        if digits(root, node)?.is_some() {
            return Ok(false);
        }
        super::facts::is_whole(root, node)
    }
}
