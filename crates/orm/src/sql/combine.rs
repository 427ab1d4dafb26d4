//! The rows of several queries put together.

use quintet_core::{Error, Result};

use super::{
    Ask, Render,
    facts::{digits, nullable},
};
use crate::ast::{Combine, Node, Select};

impl Render {
    /// Writes the parts with the operators between them. The query itself has only the columns, the order and the cut.
    pub(super) fn combination(&mut self, query: &Select) -> Result {
        self.said_database(query)?;
        for (i, (combine, part)) in query.combined.iter().enumerate() {
            if i > 0 {
                self.push(match combine {
                    Combine::Union => " UNION ",
                    Combine::UnionAll => " UNION ALL ",
                    Combine::Intersection => " INTERSECT ",
                    Combine::Difference => " EXCEPT ",
                });
            }
            self.same_places(query, part)?;
            self.one_of_several(part)?;
        }
        for (i, order) in query.order.iter().enumerate() {
            let Some(position) = query.columns.iter().position(|column| column == &order.node) else {
                return Err(Error::database(
                    "rows of several queries can be ordered only by columns that they have: select what they are ordered by",
                ));
            };
            self.push(if i == 0 { " ORDER BY " } else { ", " });
            self.number(position + 1);
            let mut has_nulls = nullable(query.root, &order.node)?;
            for (_, part) in &query.combined {
                has_nulls |=
                    part.columns.get(position).map_or(Ok(true), |column| nullable(part.root, column))?;
            }
            self.direction(order, has_nulls);
        }
        self.cut(query, Ask::Rows);
        Ok(())
    }

    fn one_of_several(&mut self, part: &Select) -> Result {
        let mut part = part.clone();
        if part.empty {
            part.filter.push(Node::Or(Vec::new()));
        }
        let cut = part.limit.is_some() || part.offset.is_some();
        if !cut && part.combined.is_empty() {
            // The order of a part that is taken whole means nothing, and is no valid SQL there.
            part.order.clear();
            return self.query(&part, Ask::Rows);
        }
        self.push("SELECT * FROM (");
        self.query(&part, Ask::Rows)?;
        self.push(") AS q");
        Ok(())
    }

    /// Decimals that are stored as scaled integers mean the same only at the same scale.
    fn same_places(&self, whole: &Select, part: &Select) -> Result {
        if self.dialect.native_decimal {
            return Ok(());
        }
        for (a, b) in whole.columns.iter().zip(&part.columns) {
            let places = |select: &Select, node: &Node| -> Result<Option<u8>> {
                Ok(digits(select.root, node)?.map(|digits| digits.places))
            };
            if places(whole, a)? != places(part, b)? {
                return Err(Error::database(
                    "the queries have decimals with different numbers of places in one column: this database can't put them \
                     together",
                ));
            }
        }
        Ok(())
    }
}
