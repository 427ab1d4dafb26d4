//! Decimals on databases that have none: integers of units of the last place, brought to one scale where they meet.

use quintet_core::{
    Error, Result, Value,
    meta::{Digits, FieldMeta},
    value::Decimal,
};

use super::{
    Render,
    facts::{SCALED_DIGITS, decimal_places, digits, scaled, widen, widest},
};
use crate::ast::{Arithmetic, Comparison, Function, Node};

impl Render {
    /// Binds a decimal as an integer at this scale.
    pub(super) fn bind_scaled(&mut self, value: Decimal, places: u8) -> Result {
        self.value(Value::Int(stored_units(value, places)?));
        Ok(())
    }

    /// A comparison of decimals. A value is brought to the other side's scale, which can use an index.
    pub(super) fn compare_scaled(&mut self, op: Comparison, a: &Node, b: &Node) -> Result {
        let root = self.root()?;
        if let (Node::Value(Value::Decimal(value)), Some(own)) = (b, digits(root, a)?) {
            let (op, bound) = bound(op, *value, own.places);
            self.operand(a)?;
            self.comparison(op, a, b)?;
            self.value(Value::Int(bound));
            return Ok(());
        }
        let common = self.common(a, b)?;
        self.at_scale(a, common)?;
        self.comparison(op, a, b)?;
        self.at_scale(b, common)
    }

    /// Arithmetic on decimals: sums at one scale, products at the sum of scales.
    pub(super) fn calculate_scaled(&mut self, op: Arithmetic, a: &Node, b: &Node) -> Result {
        let root = self.root()?;
        let whole = Node::Calculate(op, Box::new(a.clone()), Box::new(b.clone()));
        let Some(result) = digits(root, &whole)? else {
            return Err(Error::database("a decimal can't be combined with another type of number"));
        };
        exact(result)?;
        if op == Arithmetic::Mul {
            self.operand(a)?;
            self.operator(op);
            return self.operand(b);
        }
        self.at_scale(a, result.places)?;
        self.operator(op);
        self.at_scale(b, result.places)
    }

    /// The first argument that is not NULL, all at one scale.
    pub(super) fn coalesce(&mut self, all: &[Node]) -> Result {
        let places = self.common_places(all)?;
        self.push("COALESCE(");
        self.list(all, ", ", |render, node| render.scaled_or_plain(node, places))?;
        self.push(")");
        Ok(())
    }

    /// The scale at which these meet, if they are decimals stored as scaled integers.
    pub(super) fn common_places(&self, all: &[Node]) -> Result<Option<u8>> {
        if self.dialect.native_decimal {
            return Ok(None);
        }
        let widest = widest(self.root()?, all)?;
        if let Some(digits) = widest {
            exact(digits)?;
        }
        Ok(widest.map(|digits| digits.places))
    }

    /// Writes an expression at this scale, if there is one.
    pub(super) fn scaled_or_plain(&mut self, node: &Node, places: Option<u8>) -> Result {
        match places {
            Some(places) => self.at_scale(node, places),
            None => self.node(node),
        }
    }

    /// A number rounded to so many places, half away from zero.
    pub(super) fn rounded(&mut self, node: &Node, places: u8) -> Result {
        if let (Some(own), false) = (digits(self.root()?, node)?, self.dialect.native_decimal) {
            if own.places <= places {
                return self.operand(node);
            }
            self.push("(");
            self.round(node, own.places - places)?;
        } else {
            // Where decimals are exact, ROUND with places is theirs alone.
            let exact = self.dialect.native_decimal;
            self.push(if exact { "ROUND(CAST(" } else { "ROUND(" });
            self.node(node)?;
            self.push(if exact { " AS NUMERIC), " } else { ", " });
            self.number(places);
        }
        self.push(")");
        Ok(())
    }

    /// The next whole number upwards or downwards.
    pub(super) fn whole(&mut self, function: Function, node: &Node) -> Result {
        let up = function == Function::Ceil;
        let Some(own) = digits(self.root()?, node)?.filter(|_| !self.dialect.native_decimal) else {
            let name = match (up, self.registered()) {
                (true, true) => "quintet_ceil",
                (false, true) => "quintet_floor",
                (true, false) => "CEIL",
                (false, false) => "FLOOR",
            };
            return self.call(name, std::slice::from_ref(node));
        };
        if own.places == 0 {
            return self.operand(node);
        }
        // Division of integers goes towards zero: one step further where something was cut off on the wrong side.
        self.push("((");
        self.node(node)?;
        self.push(") / ");
        self.power(own.places);
        self.push(if up { " + ((" } else { " - ((" });
        self.node(node)?;
        self.push(") % ");
        self.power(own.places);
        self.push(if up { " > 0))" } else { " < 0))" });
        Ok(())
    }

    /// A number as a double.
    pub(super) fn float(&mut self, node: &Node) -> Result {
        self.push("(CAST(");
        self.node(node)?;
        self.push(" AS DOUBLE PRECISION)");
        self.unscale(node)?;
        self.push(")");
        Ok(())
    }

    /// Adds ` / 100.0` after a double that was made of scaled integers.
    pub(super) fn unscale(&mut self, node: &Node) -> Result {
        if let Some(digits) = digits(self.root()?, node)?
            && !self.dialect.native_decimal
        {
            self.push(" / ");
            self.power(digits.places);
            self.push(".0");
        }
        Ok(())
    }

    /// Writes an expression as a column of `field` stores it.
    pub(super) fn stored(&mut self, field: &FieldMeta, node: &Node) -> Result {
        let Some(places) = decimal_places(field, self.dialect) else {
            return match node {
                Node::Case(branches, otherwise) => {
                    self.choice(branches, otherwise.as_deref(), Some(field.kind))
                }
                _ => self.node(node),
            };
        };
        match node {
            Node::Value(Value::Decimal(value)) => self.bind_scaled(*value, places),
            Node::Value(_) => self.node(node),
            _ => {
                let own = digits(self.root()?, node)?.map_or(0, |digits| digits.places);
                if own <= places {
                    return self.at_scale(node, places);
                }
                self.round(node, own - places)
            }
        }
    }

    /// Rounds away `places` places, half away from zero, in integers.
    fn round(&mut self, node: &Node, places: u8) -> Result {
        self.push("((");
        self.node(node)?;
        self.push(") + CASE WHEN (");
        self.node(node)?;
        self.push(") < 0 THEN -5");
        self.zeros(places - 1);
        self.push(" ELSE 5");
        self.zeros(places - 1);
        self.push(" END) / ");
        self.power(places);
        Ok(())
    }

    fn common(&self, a: &Node, b: &Node) -> Result<u8> {
        let root = self.root()?;
        match (digits(root, a)?, digits(root, b)?) {
            (Some(a), Some(b)) => {
                let both = widen(a, b);
                exact(both)?;
                Ok(both.places)
            }
            _ => Err(Error::database("a decimal can't be compared with another type of number")),
        }
    }

    fn at_scale(&mut self, node: &Node, places: u8) -> Result {
        match node {
            Node::Value(Value::Decimal(value)) => self.bind_scaled(*value, places),
            Node::Value(_) => self.node(node),
            _ => {
                let own = digits(self.root()?, node)?.map_or(0, |digits| digits.places);
                if own == places {
                    return self.operand(node);
                }
                self.push("(");
                self.operand(node)?;
                self.push(" * ");
                self.power(places.saturating_sub(own));
                self.push(")");
                Ok(())
            }
        }
    }

    fn power(&mut self, places: u8) {
        self.push("1");
        self.zeros(places);
    }

    fn zeros(&mut self, count: u8) {
        for _ in 0..count {
            self.push("0");
        }
    }
}

/// A decimal as an integer at this scale.
pub(super) fn stored_units(value: Decimal, places: u8) -> Result<i64> {
    scaled(value, places).ok_or_else(|| {
        Error::database(format!(
            "{value} does not fit a decimal of {SCALED_DIGITS} digits, {places} after the point"
        ))
    })
}

/// Refuses what might not fit.
fn exact(digits: Digits) -> Result {
    if digits.max > SCALED_DIGITS {
        return Err(Error::database(format!(
            "this arithmetic may need {} digits, but this database holds decimals of {SCALED_DIGITS} exactly: \
             use smaller fields, or .as_float() where a rounded number will do",
            digits.max
        )));
    }
    Ok(())
}

/// The comparison with a stored integer that says the same as the comparison with `value`.
fn bound(op: Comparison, value: Decimal, places: u8) -> (Comparison, i64) {
    if let Some(stored) = scaled(value, places) {
        return (op, stored);
    }
    // Between two storable numbers, or outside all of them. No column holds i64's limits: they have 19 digits.
    match op {
        Comparison::Eq | Comparison::Ne => (op, i64::MIN),
        Comparison::Lt | Comparison::Le => (Comparison::Le, below(value, places)),
        Comparison::Gt | Comparison::Ge => (Comparison::Gt, below(value, places)),
    }
}

/// The greatest storable number below `value`.
fn below(value: Decimal, places: u8) -> i64 {
    let limit = if value.is_sign_negative() { i64::MIN } else { i64::MAX };
    let floor = value
        .checked_mul(Decimal::from(10i64.saturating_pow(u32::from(places))))
        .map(|scaled| scaled.floor());
    floor
        .and_then(|floor| {
            i64::try_from(floor.normalize().mantissa()).ok().filter(|_| floor.normalize().scale() == 0)
        })
        .unwrap_or(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_between_two_storable_ones_is_compared_with_the_lower() {
        use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};
        for (op, text, expected) in [
            (Eq, "1.25", (Eq, 125)),
            (Eq, "1.255", (Eq, i64::MIN)),
            (Ne, "1.255", (Ne, i64::MIN)),
            (Gt, "1.255", (Gt, 125)),
            (Ge, "1.255", (Gt, 125)),
            (Lt, "1.255", (Le, 125)),
            (Le, "-1.255", (Le, -126)),
            (Gt, "79228162514264337593543950335", (Gt, i64::MAX)),
            (Lt, "-79228162514264337593543950335", (Le, i64::MIN)),
        ] {
            assert_eq!(bound(op, text.parse().unwrap(), 2), expected, "{op:?} {text}");
        }
    }
}
