//! Functions of doubles. What has no answer is an error, as on other databases, and not silently NULL.

use rusqlite::{
    Connection, Result,
    types::{Value, ValueRef},
};

use super::{PURE, failed};

type Function = fn(f64) -> f64;

const ALL: &[(&str, Function)] = &[
    ("quintet_sqrt", f64::sqrt),
    ("quintet_exp", f64::exp),
    ("quintet_ln", f64::ln),
    ("quintet_log", f64::log10),
    ("quintet_sin", f64::sin),
    ("quintet_cos", f64::cos),
    ("quintet_tan", f64::tan),
    ("quintet_asin", f64::asin),
    ("quintet_acos", f64::acos),
    ("quintet_atan", f64::atan),
    ("quintet_radians", f64::to_radians),
    ("quintet_degrees", f64::to_degrees),
];

pub(super) fn register(connection: &Connection) -> Result<()> {
    for (name, calculate) in ALL {
        connection.create_scalar_function(*name, 1, PURE, move |context| {
            let Some(number) = double(context.get_raw(0)) else { return Ok(Value::Null) };
            let answer = calculate(number);
            let of = name.trim_start_matches("quintet_");
            finite(answer, || format!("{of}({number}) is no number"))
        })?;
    }
    connection.create_scalar_function("quintet_power", 2, PURE, |context| {
        match (double(context.get_raw(0)), double(context.get_raw(1))) {
            (Some(base), Some(exponent)) => {
                finite(base.powf(exponent), || format!("{base} to the power of {exponent} is no number"))
            }
            _ => Ok(Value::Null),
        }
    })
}

fn finite(answer: f64, why: impl FnOnce() -> String) -> Result<Value> {
    if answer.is_finite() { Ok(Value::Real(answer)) } else { Err(failed(why())) }
}

#[expect(clippy::cast_precision_loss, reason = "the functions are those of doubles")]
fn double(value: ValueRef<'_>) -> Option<f64> {
    match value {
        ValueRef::Real(number) => Some(number),
        ValueRef::Integer(number) => Some(number as f64),
        _ => None,
    }
}
