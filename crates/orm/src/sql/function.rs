//! Functions on texts and numbers, choices and casts.

use quintet_core::{Error, Result, Value, value::Kind};

use super::{
    Render,
    facts::{digits, nullable},
};
use crate::{
    ast::{Function, Hash, Math, Node},
    dialect::Functions,
};

impl Render {
    /// Are the functions those that the driver registers?
    pub(super) fn registered(&self) -> bool {
        self.dialect.functions == Functions::Registered
    }

    /// Writes `name(a, b)`.
    pub(super) fn call(&mut self, name: &str, arguments: &[Node]) -> Result {
        self.push(name);
        self.push("(");
        self.list(arguments, ", ", Self::node)?;
        self.push(")");
        Ok(())
    }

    pub(super) fn function(&mut self, function: Function, arguments: &[Node]) -> Result {
        let registered = self.registered();
        let pick = |ours, standard| if registered { ours } else { standard };
        match (function, arguments) {
            (Function::Negate, [one]) => {
                self.push("-(");
                self.node(one)?;
                self.push(")");
                Ok(())
            }
            (Function::Float, [one]) => self.float(one),
            (Function::Coalesce, all) => self.coalesce(all),
            (Function::Length, all) => self.call("LENGTH", all),
            (Function::Abs, all) => self.call("ABS", all),
            (Function::Lower, all) => self.call(pick("quintet_text_lower", "LOWER"), all),
            (Function::Upper, all) => self.call(pick("quintet_text_upper", "UPPER"), all),
            (Function::Reverse, all) => self.call(pick("quintet_reverse", "REVERSE"), all),
            (Function::Trim, all) => self.call("TRIM", all),
            (Function::TrimStart, all) => self.call("LTRIM", all),
            (Function::TrimEnd, all) => self.call("RTRIM", all),
            (Function::Replace, all) => self.replace(all),
            (Function::Substr, all) => self.call_numbered("SUBSTR", all),
            (Function::Left, [text, Node::Value(Value::Int(length))]) => {
                self.push("SUBSTR(");
                self.node(text)?;
                self.push(", 1, ");
                self.number(length);
                self.push(")");
                Ok(())
            }
            (Function::Right, [text, Node::Value(Value::Int(length))]) => self.right(text, *length),
            (Function::Repeat, all) => self.call_numbered(pick("quintet_repeat", "REPEAT"), all),
            (Function::PadStart, all) => self.call_numbered(pick("quintet_pad_start", "LPAD"), all),
            (Function::PadEnd, all) => self.call_numbered(pick("quintet_pad_end", "RPAD"), all),
            (Function::Position, all) => self.call(pick("INSTR", "STRPOS"), all),
            (Function::Hash(hash), [text]) => self.hash(hash, text),
            (Function::NullIf, all) => self.null_if(all),
            (Function::Power, [base, exponent]) => self.power_of(base, exponent),
            (Function::Math(math), [one]) => self.math(math, one),
            (Function::Sign, [one]) => {
                self.push("CAST(SIGN(");
                self.node(one)?;
                self.push(") AS INTEGER)");
                Ok(())
            }
            (Function::Random, _) => {
                // As many bits as a double holds exactly.
                self.push(pick("(ABS(RANDOM() % 9007199254740992) / 9007199254740992.0)", "RANDOM()"));
                Ok(())
            }
            (Function::Concat, all) => self.concat(all),
            (Function::Greatest, all) => self.extreme(pick("MAX", "GREATEST"), all),
            (Function::Least, all) => self.extreme(pick("MIN", "LEAST"), all),
            (Function::Round(places), [one]) => self.rounded(one, places),
            (Function::Ceil | Function::Floor, [one]) => self.whole(function, one),
            (Function::Now, _) => {
                // As instants are stored: with six digits of the second, of which three are known.
                self.push(pick("STRFTIME('%Y-%m-%d %H:%M:%f000', 'now')", "CURRENT_TIMESTAMP"));
                Ok(())
            }
            (Function::Today, _) => {
                self.push(pick("DATE('now')", "CAST(CURRENT_TIMESTAMP AT TIME ZONE 'UTC' AS DATE)"));
                Ok(())
            }
            (function, all) => {
                Err(Error::internal(format!("{function:?} does not take {} arguments", all.len())))
            }
        }
    }

    /// `REPLACE(text, from, to)`, where the parameters are known to be texts.
    fn replace(&mut self, all: &[Node]) -> Result {
        self.call("REPLACE", all)
    }

    /// A call whose further arguments are whole numbers: written out, as a parameter would have no type.
    fn call_numbered(&mut self, name: &str, all: &[Node]) -> Result {
        self.push(name);
        self.push("(");
        self.list(all, ", ", |render, node| match node {
            Node::Value(Value::Int(number)) => {
                render.number(number);
                Ok(())
            }
            node => render.node(node),
        })?;
        self.push(")");
        Ok(())
    }

    fn right(&mut self, text: &Node, length: i64) -> Result {
        if !self.registered() {
            self.push("RIGHT(");
            self.node(text)?;
            self.push(", ");
            self.number(length);
        } else if length == 0 {
            // From the end by none would be the whole text.
            self.push("SUBSTR(");
            self.node(text)?;
            self.push(", 1, 0");
        } else {
            self.push("SUBSTR(");
            self.node(text)?;
            self.push(", -");
            self.number(length);
        }
        self.push(")");
        Ok(())
    }

    fn concat(&mut self, all: &[Node]) -> Result {
        self.push("(");
        self.list(all, " || ", |render, node| match node {
            Node::Value(_) => render.typed(node, Kind::Text),
            _ if nullable(render.root()?, node)? => {
                render.push("COALESCE(");
                render.node(node)?;
                render.push(", '')");
                Ok(())
            }
            _ => render.operand(node),
        })?;
        self.push(")");
        Ok(())
    }

    /// The greatest or least. Where the database's function gives NULL if one is NULL, each stands for the other.
    fn extreme(&mut self, name: &str, all: &[Node]) -> Result {
        let places = self.common_places(all)?;
        let mut unknown = false;
        for node in all {
            unknown |= nullable(self.root()?, node)?;
        }
        self.push(name);
        self.push("(");
        if let ([a, b], true, true) = (all, unknown, self.registered()) {
            for (i, (first, second)) in [(a, b), (b, a)].into_iter().enumerate() {
                self.push(if i > 0 { ", COALESCE(" } else { "COALESCE(" });
                self.scaled_or_plain(first, places)?;
                self.push(", ");
                self.scaled_or_plain(second, places)?;
                self.push(")");
            }
        } else {
            self.list(all, ", ", |render, node| render.scaled_or_plain(node, places))?;
        }
        self.push(")");
        Ok(())
    }

    pub(super) fn case(&mut self, branches: &[(Node, Node)], otherwise: Option<&Node>) -> Result {
        self.choice(branches, otherwise, None)
    }

    /// Writes `CASE`, for a column of this kind if it is known.
    pub(super) fn choice(
        &mut self,
        branches: &[(Node, Node)],
        otherwise: Option<&Node>,
        column: Option<Kind>,
    ) -> Result {
        let values: Vec<Node> = branches.iter().map(|(_, value)| value).chain(otherwise).cloned().collect();
        let places = self.common_places(&values)?;
        // A choice among parameters alone would have no type.
        let kind = match values.iter().all(|value| matches!(value, Node::Value(_))) {
            true => column.or_else(|| {
                values.iter().find_map(|value| match value {
                    Node::Value(value) => kind_of(value),
                    _ => None,
                })
            }),
            false => None,
        };
        let value = |render: &mut Self, node: &Node| match (places, kind) {
            (Some(_), _) | (_, None) => render.scaled_or_plain(node, places),
            (None, Some(kind)) => render.typed(node, kind),
        };
        self.push("CASE");
        for (condition, result) in branches {
            self.push(" WHEN ");
            self.node(condition)?;
            self.push(" THEN ");
            value(self, result)?;
        }
        if let Some(otherwise) = otherwise {
            self.push(" ELSE ");
            value(self, otherwise)?;
        }
        self.push(" END");
        Ok(())
    }

    /// A parameter with its type written out, for places where the database can't tell it by itself.
    pub(super) fn typed(&mut self, node: &Node, kind: Kind) -> Result {
        if !self.dialect.typed_values {
            return self.node(node);
        }
        self.push("CAST(");
        self.node(node)?;
        self.push(" AS ");
        self.push(type_name(kind));
        self.push(")");
        Ok(())
    }

    pub(super) fn cast(&mut self, from: Kind, to: Kind, inner: &Node) -> Result {
        let scaled = !self.dialect.native_decimal && (from == Kind::Decimal || to == Kind::Decimal);
        if scaled {
            return self.cast_scaled(from, to, inner);
        }
        let whole = to.is_integer();
        if self.registered() && from == Kind::Text && (whole || matches!(to, Kind::Float | Kind::Real)) {
            // The database's own cast makes 0 of what is no number.
            self.push(if whole { "quintet_text_whole(" } else { "quintet_text_float(" });
            self.node(inner)?;
            self.push(")");
            return Ok(());
        }
        if self.registered() && from == Kind::Uuid && to == Kind::Text {
            // With hyphens, as everybody else writes it.
            self.push("quintet_uuid_text(");
            self.node(inner)?;
            self.push(")");
            return Ok(());
        }
        if !self.registered() && from == Kind::Ip && to == Kind::Text {
            // The cast would write the length of the whole address behind it.
            self.push("HOST(");
            self.node(inner)?;
            self.push(")");
            return Ok(());
        }
        let rounds = whole && matches!(from, Kind::Float | Kind::Real);
        self.push(if rounds { "CAST(ROUND(" } else { "CAST(" });
        self.node(inner)?;
        self.push(if rounds { ") AS " } else { " AS " });
        self.push(type_name(to));
        self.push(")");
        Ok(())
    }

    /// Casts from and to decimals that are stored as scaled integers.
    fn cast_scaled(&mut self, from: Kind, to: Kind, inner: &Node) -> Result {
        match (from, to) {
            (Kind::Decimal, Kind::Float | Kind::Real) => self.float(inner),
            (Kind::Decimal, whole) if whole.is_integer() => {
                self.push("(");
                self.rounded(inner, 0)?;
                self.push(")");
                Ok(())
            }
            (Kind::Decimal, Kind::Text) => {
                let places = digits(self.root()?, inner)?.map_or(0, |digits| digits.places);
                self.push("quintet_decimal_text(");
                self.node(inner)?;
                self.push(", ");
                self.number(places);
                self.push(")");
                Ok(())
            }
            (Kind::Decimal, Kind::Decimal) => self.operand(inner),
            (whole, Kind::Decimal) if whole.is_integer() => self.operand(inner),
            _ => Err(Error::database(
                "on this database only whole numbers can be cast to decimals: it holds decimals as whole numbers of units \
                 of their last place",
            )),
        }
    }

    fn null_if(&mut self, all: &[Node]) -> Result {
        let places = self.common_places(all)?;
        self.push("NULLIF(");
        self.list(all, ", ", |render, node| render.scaled_or_plain(node, places))?;
        self.push(")");
        Ok(())
    }

    fn power_of(&mut self, base: &Node, exponent: &Node) -> Result {
        self.push(if self.registered() { "quintet_power(" } else { "POWER(" });
        self.float(base)?;
        self.push(", ");
        self.float(exponent)?;
        self.push(")");
        Ok(())
    }

    fn math(&mut self, math: Math, one: &Node) -> Result {
        if self.registered() {
            self.push("quintet_");
        }
        self.push(match math {
            Math::Sqrt => "sqrt",
            Math::Exp => "exp",
            Math::Ln => "ln",
            // Of a double, to base 10.
            Math::Log10 => "log",
            Math::Sin => "sin",
            Math::Cos => "cos",
            Math::Tan => "tan",
            Math::Asin => "asin",
            Math::Acos => "acos",
            Math::Atan => "atan",
            Math::Radians => "radians",
            Math::Degrees => "degrees",
        });
        self.push("(");
        self.float(one)?;
        self.push(")");
        Ok(())
    }

    fn hash(&mut self, hash: Hash, text: &Node) -> Result {
        let name = match hash {
            Hash::Md5 => "md5",
            Hash::Sha224 => "sha224",
            Hash::Sha256 => "sha256",
            Hash::Sha384 => "sha384",
            Hash::Sha512 => "sha512",
        };
        let (before, after) = match (self.registered(), hash) {
            (true, _) => ("quintet_", ")"),
            (false, Hash::Md5) => ("", ")"),
            (false, _) => ("ENCODE(", ", 'UTF8')), 'hex')"),
        };
        self.push(before);
        self.push(name);
        self.push(if self.registered() || hash == Hash::Md5 { "(" } else { "(CONVERT_TO(" });
        self.node(text)?;
        self.push(after);
        Ok(())
    }

    /// A function by a name that the developer wrote; it stands in the text, so that it must be a name.
    pub(super) fn named_call(&mut self, name: &str, arguments: &[Node]) -> Result {
        let is_name = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        if !name.split('.').all(is_name) {
            return Err(Error::database(format!(
                "{name:?} is no name of a function: letters, digits and `_`"
            )));
        }
        self.push(name);
        self.push("(");
        self.list(arguments, ", ", |render, node| match node {
            // A function may be there for several types.
            Node::Value(value) => match kind_of(value) {
                Some(kind) => render.typed(node, kind),
                None => render.node(node),
            },
            node => render.node(node),
        })?;
        self.push(")");
        Ok(())
    }

    pub(super) fn regex(&mut self, fold: bool, inner: &Node, pattern: &str) -> Result {
        if !self.dialect.regex {
            return Err(Error::database(format!(
                "{} has no regular expressions: use contains(..), starts_with(..) and ends_with(..), or look at the rows in \
                 Rust",
                self.dialect.name
            )));
        }
        if self.registered() {
            // The driver's own function, for which the `REGEXP` operator of the database has no room for a flag.
            self.push("quintet_regex(");
            self.node(inner)?;
            self.push(", ");
            self.value(Value::Text(pattern.to_owned()));
            self.push(if fold { ", 1)" } else { ", 0)" });
            return Ok(());
        }
        self.operand(inner)?;
        self.push(if fold { " ~* " } else { " ~ " });
        self.value(Value::Text(pattern.to_owned()));
        Ok(())
    }
}

/// The column type of a parameter.
pub(super) fn kind_of(value: &Value) -> Option<Kind> {
    Some(match value {
        Value::Bool(_) => Kind::Bool,
        Value::Int(_) => Kind::BigInt,
        Value::Float(_) => Kind::Float,
        Value::Decimal(_) => Kind::Decimal,
        Value::Text(_) => Kind::Text,
        Value::Bytes(_) => Kind::Bytes,
        Value::Date(_) => Kind::Date,
        Value::Time(_) => Kind::Time,
        Value::DateTime(_) => Kind::DateTime,
        Value::Duration(_) => Kind::Duration,
        Value::Json(_) => Kind::Json,
        Value::Uuid(_) => Kind::Uuid,
        Value::Ip(_) => Kind::Ip,
        _ => return None,
    })
}

/// A type's name in a cast.
pub(super) fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "BOOLEAN",
        Kind::SmallInt | Kind::U8 => "SMALLINT",
        Kind::Int | Kind::U16 => "INTEGER",
        Kind::BigInt | Kind::U32 | Kind::U64 => "BIGINT",
        Kind::Real => "REAL",
        Kind::Uuid => "UUID",
        Kind::Ip => "INET",
        Kind::Float => "DOUBLE PRECISION",
        Kind::Decimal => "NUMERIC",
        Kind::Bytes => "BYTEA",
        Kind::Date => "DATE",
        Kind::Time => "TIME",
        Kind::DateTime => "TIMESTAMP WITH TIME ZONE",
        Kind::Duration => "INTERVAL",
        Kind::Json => "JSONB",
        _ => "TEXT",
    }
}
