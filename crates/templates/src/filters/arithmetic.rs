//! Calculating: what the operators `+`, `-`, `*`, `/`, `//`, `%` and `**` are read as.
//!
//! A decimal stays exact with decimals and numbers; days, instants and durations are added and taken apart; all else is as in the
//! language itself.

use std::sync::LazyLock;

use jiff::SignedDuration;
use minijinja::{Environment, Error, Expression, context, value::Value};
use quintet_core::zone;
use rust_decimal::Decimal;

use super::{compare::describe, wrong};
use crate::value::Exact;

pub(super) fn add(env: &mut Environment<'static>) {
    for operator in &OPERATORS {
        env.add_filter(operator.filter, move |a: &Value, b: &Value| operator.apply(a, b));
    }
    env.add_function("__neg", negated);
}

struct Operator {
    filter: &'static str,
    sign: &'static str,
    /// What is done, in a sentence: "can't be … to".
    verb: &'static str,
    whole: fn(i128, i128) -> Option<i128>,
    float: fn(f64, f64) -> Option<f64>,
    decimal: fn(Decimal, Decimal) -> Option<Decimal>,
}

const OPERATORS: [Operator; 7] = [
    Operator {
        filter: "__add",
        sign: "+",
        verb: "added to",
        whole: i128::checked_add,
        float: |a, b| Some(a + b),
        decimal: Decimal::checked_add,
    },
    Operator {
        filter: "__sub",
        sign: "-",
        verb: "reduced by",
        whole: i128::checked_sub,
        float: |a, b| Some(a - b),
        decimal: Decimal::checked_sub,
    },
    Operator {
        filter: "__mul",
        sign: "*",
        verb: "multiplied by",
        whole: i128::checked_mul,
        float: |a, b| Some(a * b),
        decimal: Decimal::checked_mul,
    },
    Operator {
        filter: "__div",
        sign: "/",
        verb: "divided by",
        // Of whole numbers the language makes a number with a fraction.
        whole: |_, _| None,
        float: |a, b| (b != 0.0).then(|| a / b),
        decimal: Decimal::checked_div,
    },
    Operator {
        filter: "__floordiv",
        sign: "//",
        verb: "divided by",
        whole: |_, _| None,
        float: |_, _| None,
        decimal: |a, b| Some(a.checked_div(b)?.floor()),
    },
    Operator {
        filter: "__mod",
        sign: "%",
        verb: "divided by",
        whole: |_, _| None,
        float: |_, _| None,
        // As the language's own: of the sign of what is divided by.
        decimal: |a, b| {
            let rest = a.checked_rem(b)?;
            let other_side = !rest.is_zero() && rest.is_sign_negative() != b.is_sign_negative();
            if other_side { rest.checked_add(b) } else { Some(rest) }
        },
    },
    Operator {
        filter: "__pow",
        sign: "**",
        verb: "raised to",
        whole: |_, _| None,
        float: |_, _| None,
        decimal: power,
    },
];

/// To whole powers, which stay exact.
fn power(base: Decimal, exponent: Decimal) -> Option<Decimal> {
    let times: i32 = exponent.fract().is_zero().then(|| exponent.trunc().to_string().parse().ok())??;
    let mut product = Decimal::ONE;
    for _ in 0..times.unsigned_abs().min(1000) {
        product = product.checked_mul(base)?;
    }
    if times.unsigned_abs() > 1000 {
        return None;
    }
    if times < 0 { Decimal::ONE.checked_div(product) } else { Some(product) }
}

impl Operator {
    fn apply(&self, a: &Value, b: &Value) -> Result<Value, Error> {
        match (Exact::of(a), Exact::of(b)) {
            (None, None) => self.plain(a, b),
            (one, other) => self.exact((a, one), (b, other)),
        }
    }

    fn plain(&self, a: &Value, b: &Value) -> Result<Value, Error> {
        if a.is_integer() && b.is_integer() {
            let sides = i128::try_from(a.clone()).ok().zip(i128::try_from(b.clone()).ok());
            if let Some(number) = sides.and_then(|(a, b)| (self.whole)(a, b)) {
                return Ok(i64::try_from(number).map_or_else(|_| Value::from(number), Value::from));
            }
        } else if a.is_number() && b.is_number() {
            let sides = f64::try_from(a.clone()).ok().zip(f64::try_from(b.clone()).ok());
            if let Some(number) = sides.and_then(|(a, b)| (self.float)(a, b)) {
                return Ok(Value::from(number));
            }
        }
        for value in [a, b] {
            if value.is_undefined() {
                // Fails, and names the expression.
                value.get_attr("")?;
            }
        }
        language(self.sign, a, b)
    }

    fn exact(
        &self,
        (a, one): (&Value, Option<Exact>),
        (b, other): (&Value, Option<Exact>),
    ) -> Result<Value, Error> {
        for value in [a, b] {
            if value.is_undefined() {
                value.get_attr("")?;
            }
        }
        let number = |value: &Value, exact: Option<Exact>| match exact {
            Some(Exact::Decimal(decimal)) => Some(decimal),
            Some(_) => None,
            None => value.is_number().then(|| super::numbers::decimal(value)).flatten(),
        };
        if let (Some(x), Some(y)) = (number(a, one), number(b, other)) {
            let nothing = y.is_zero() && matches!(self.sign, "/" | "//" | "%");
            return match (self.decimal)(x, y) {
                Some(result) => Ok(Exact::Decimal(result).into()),
                None if nothing => Err(wrong(format!("{} can't be divided by 0", describe(a)))),
                None => Err(wrong(format!("{x} {} {y} is too large for a decimal", self.sign))),
            };
        }
        times(self.sign, a, one, b, other)
            .unwrap_or_else(|| Err(wrong(format!("{} can't be {} {}", describe(a), self.verb, describe(b)))))
    }
}

/// With days, instants and durations; `None` where there is no such thing.
fn times(
    sign: &str,
    a: &Value,
    one: Option<Exact>,
    b: &Value,
    other: Option<Exact>,
) -> Option<Result<Value, Error>> {
    let large = || wrong("this leads beyond the calendar");
    let found = match (sign, one, other) {
        ("-", Some(Exact::Date(x)), Some(Exact::Date(y))) => Some(Exact::Duration(x.duration_since(y))),
        (
            "-",
            Some(x @ (Exact::Date(_) | Exact::DateTime(_))),
            Some(y @ (Exact::Date(_) | Exact::DateTime(_))),
        ) => Some(Exact::Duration(x.instant()?.duration_since(y.instant()?))),
        ("+" | "-", Some(at @ (Exact::Date(_) | Exact::DateTime(_))), Some(Exact::Duration(by))) => {
            return Some(moved(at, if sign == "+" { by } else { by.checked_neg()? }).ok_or_else(large));
        }
        ("+", Some(Exact::Duration(by)), Some(at @ (Exact::Date(_) | Exact::DateTime(_)))) => {
            return Some(moved(at, by).ok_or_else(large));
        }
        ("+", Some(Exact::Duration(x)), Some(Exact::Duration(y))) => x.checked_add(y).map(Exact::Duration),
        ("-", Some(Exact::Duration(x)), Some(Exact::Duration(y))) => x.checked_sub(y).map(Exact::Duration),
        ("/", Some(Exact::Duration(x)), Some(Exact::Duration(y))) => {
            return (!y.is_zero()).then(|| Ok(Value::from(x.div_duration_f64(y))));
        }
        ("*", Some(Exact::Duration(x)), None) if b.is_number() => scaled(x, f64::try_from(b.clone()).ok()?),
        ("*", None, Some(Exact::Duration(y))) if a.is_number() => scaled(y, f64::try_from(a.clone()).ok()?),
        ("/", Some(Exact::Duration(x)), None) if b.is_number() => {
            scaled(x, 1.0 / f64::try_from(b.clone()).ok()?)
        }
        _ => return None,
    };
    Some(found.map(Value::from).ok_or_else(|| wrong("this is no duration that can be told")))
}

/// A day that is moved by whole days stays one.
fn moved(at: Exact, by: SignedDuration) -> Option<Value> {
    let days = by.as_hours() / 24;
    match at {
        Exact::Date(date) if by == SignedDuration::from_hours(days.checked_mul(24)?) => {
            date.checked_add(jiff::Span::new().try_days(days).ok()?).ok().map(|date| Exact::Date(date).into())
        }
        Exact::Date(date) => {
            let midnight = date.to_zoned(zone::current()).ok()?.timestamp();
            midnight.checked_add(by).ok().map(|at| Exact::DateTime(at).into())
        }
        Exact::DateTime(instant) => instant.checked_add(by).ok().map(|at| Exact::DateTime(at).into()),
        _ => None,
    }
}

fn scaled(duration: SignedDuration, by: f64) -> Option<Exact> {
    SignedDuration::try_from_secs_f64(duration.as_secs_f64() * by).ok().map(Exact::Duration)
}

fn negated(value: &Value) -> Result<Value, Error> {
    match Exact::of(value) {
        Some(Exact::Decimal(decimal)) => Ok(Exact::Decimal(-decimal).into()),
        Some(Exact::Duration(duration)) => {
            duration.checked_neg().map(|d| Exact::Duration(d).into()).ok_or_else(|| wrong("this is too long"))
        }
        Some(_) => Err(wrong(format!("{} has no opposite", describe(value)))),
        None if value.is_undefined() => value.get_attr(""),
        None => language("neg", value, &Value::from(0)),
    }
}

/// What the language itself makes of it.
fn language(sign: &str, a: &Value, b: &Value) -> Result<Value, Error> {
    static PLAIN: LazyLock<Environment<'static>> = LazyLock::new(Environment::new);
    static EXPRESSIONS: LazyLock<Vec<(&str, Expression<'static, 'static>)>> = LazyLock::new(|| {
        let all = [
            ("+", "a + b"),
            ("-", "a - b"),
            ("*", "a * b"),
            ("/", "a / b"),
            ("//", "a // b"),
            ("%", "a % b"),
            ("**", "a ** b"),
            ("neg", "-a"),
        ];
        all.into_iter()
            .filter_map(|(sign, text)| Some((sign, PLAIN.compile_expression(text).ok()?)))
            .collect()
    });
    let Some((_, expression)) = EXPRESSIONS.iter().find(|(known, _)| *known == sign) else {
        return Err(wrong(format!("`{sign}` calculates nothing")));
    };
    expression.eval(context! { a, b }).map_err(|error| {
        // The line is that of the expression here, and says nothing.
        match error.detail() {
            Some(detail) if sign == "neg" => wrong(format!("{} has no opposite: {detail}", describe(a))),
            Some(detail) => wrong(detail.to_owned()),
            None => wrong(format!("{} has no opposite", describe(a))),
        }
    })
}
