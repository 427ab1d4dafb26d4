//! One value over many rows.

use quintet_core::{Error, Result, value::Kind};

use super::{Render, facts::digits, function::type_name};
use crate::ast::{Aggregate, AggregateNode, Node};

impl Render {
    pub(super) fn aggregate(&mut self, node: &AggregateNode) -> Result {
        self.aggregated(node.aggregate, node.distinct, node.argument.as_ref(), &node.filter)
    }

    /// Writes an aggregate's call, with what makes its answer the same on every database around it.
    pub(super) fn aggregated(
        &mut self,
        aggregate: Aggregate,
        distinct: bool,
        argument: Option<&Node>,
        filter: &[Node],
    ) -> Result {
        let registered = self.registered();
        let name = match aggregate {
            Aggregate::Exists => return Err(Error::internal("existence is no aggregate of a query's rows")),
            Aggregate::Count => "COUNT",
            Aggregate::Sum => "SUM",
            Aggregate::Average => "AVG",
            Aggregate::Min => "MIN",
            Aggregate::Max => "MAX",
            Aggregate::Variance if registered => "quintet_variance",
            Aggregate::Deviation if registered => "quintet_deviation",
            Aggregate::Variance => "VAR_POP",
            Aggregate::Deviation => "STDDEV_POP",
        };
        let dress = self.dress(aggregate, argument)?;
        if let Some(dress) = &dress {
            self.push(dress.answer.0);
        }
        let cast = self.answer_type(aggregate, argument)?;
        if cast.is_some() {
            self.push("CAST(");
        }
        self.push(name);
        self.push(if distinct { "(DISTINCT " } else { "(" });
        let by_case = !filter.is_empty() && !self.dialect.aggregate_filter;
        if by_case {
            self.push("CASE WHEN ");
            self.list(filter, " AND ", Self::node)?;
            self.push(" THEN ");
        }
        match argument {
            Some(argument) => {
                if let Some(dress) = &dress {
                    self.push(dress.each.0);
                }
                self.node(argument)?;
                if let Some(dress) = &dress {
                    self.push(dress.each.1);
                }
            }
            None if by_case => self.push("1"),
            None if aggregate == Aggregate::Count => self.push("*"),
            None => return Err(Error::internal(format!("{name} of nothing"))),
        }
        self.push(if by_case { " END)" } else { ")" });
        if !filter.is_empty() && !by_case {
            self.push(" FILTER (WHERE ");
            self.list(filter, " AND ", Self::node)?;
            self.push(")");
        }
        if let Some(dress) = &dress {
            self.push(dress.answer.1);
        }
        if let Some(kind) = cast {
            self.push(" AS ");
            self.push(type_name(kind));
            self.push(")");
        }
        match (aggregate, argument) {
            (Aggregate::Average | Aggregate::Deviation, Some(argument)) => self.unscale(argument),
            (Aggregate::Variance, Some(argument)) => {
                self.unscale(argument)?;
                self.unscale(argument)
            }
            _ => Ok(()),
        }
    }

    /// The type that an answer is brought to. Databases with own types answer with others than were asked about: a sum of
    /// whole numbers is a decimal.
    fn answer_type(&self, aggregate: Aggregate, argument: Option<&Node>) -> Result<Option<Kind>> {
        if !self.dialect.native_types {
            return Ok(None);
        }
        Ok(match (aggregate, argument) {
            (Aggregate::Average | Aggregate::Variance | Aggregate::Deviation, _) => Some(Kind::Float),
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
