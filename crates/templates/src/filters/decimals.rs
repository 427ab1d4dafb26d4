//! Jinja's own filters for numbers, taught decimals.

use minijinja::{
    Environment, Error, State, args, filters as jinja,
    value::{Kwargs, Value},
};
use rust_decimal::{Decimal, RoundingStrategy};

use super::{numbers::decimal, wrong};
use crate::value::Exact;

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("abs", abs);
    env.add_filter("float", float);
    env.add_filter("int", int);
    env.add_filter("round", round);
    env.add_filter("sum", sum);
}

fn of(value: &Value) -> Option<Decimal> {
    match Exact::of(value) {
        Some(Exact::Decimal(decimal)) => Some(decimal),
        _ => None,
    }
}

fn abs(value: Value) -> Result<Value, Error> {
    match of(&value) {
        Some(d) => Ok(Exact::Decimal(d.abs()).into()),
        None => jinja::abs(value),
    }
}

fn float(
    state: &State<'_, '_>,
    value: &Value,
    default: Option<Value>,
    named: Kwargs,
) -> Result<Value, Error> {
    match of(value) {
        Some(d) => d.to_string().parse::<f64>().map(Value::from).map_err(|e| wrong(e.to_string())),
        None => jinja::float(state, value, default, named),
    }
}

fn int(
    state: &State<'_, '_>,
    value: &Value,
    default: Option<Value>,
    base: Option<u32>,
    named: Kwargs,
) -> Result<Value, Error> {
    match of(value) {
        Some(d) => d.trunc().to_string().parse::<i128>().map(Value::from).map_err(|e| wrong(e.to_string())),
        None => jinja::int(state, value, default, base, named),
    }
}

/// A decimal is rounded half up and keeps being exact.
fn round(value: Value, places: Option<i32>, method: Option<&str>, named: Kwargs) -> Result<Value, Error> {
    let Some(d) = of(&value) else { return jinja::round(value, places, method, named) };
    let places = match places {
        Some(places) => places,
        None => named.get::<Option<i32>>("precision")?.unwrap_or(0),
    };
    let strategy = match method.or(named.get::<Option<&str>>("method")?).unwrap_or("common") {
        "common" => RoundingStrategy::MidpointAwayFromZero,
        "ceil" => RoundingStrategy::ToPositiveInfinity,
        "floor" => RoundingStrategy::ToNegativeInfinity,
        other => return Err(wrong(format!("round's method is common, ceil or floor, not `{other}`"))),
    };
    named.assert_all_used()?;
    let Ok(places) = u32::try_from(places) else {
        return Err(wrong("a decimal is rounded to 0 or more places"));
    };
    Ok(Exact::Decimal(d.round_dp_with_strategy(places, strategy)).into())
}

/// If there is a decimal among the values, the sum is exact.
fn sum(
    state: &mut State<'_, '_>,
    values: Value,
    attribute: Option<&str>,
    start: Option<Value>,
    named: Kwargs,
) -> Result<Value, Error> {
    let wanted = attribute.or(named.get::<Option<&str>>("attribute")?);
    let items = match wanted {
        Some(wanted) => state.apply_filter("map", args!(values.clone(), attribute => wanted))?,
        None => values.clone(),
    };
    let found: Vec<Value> = match items.try_iter() {
        Ok(items) => items.collect(),
        Err(_) => Vec::new(),
    };
    if !found.iter().any(|item| of(item).is_some()) {
        return jinja::sum(state, values, attribute, start, named);
    }
    let start = match start {
        Some(start) => Some(start),
        None => named.get::<Option<Value>>("start")?,
    };
    named.assert_all_used()?;
    let mut total = Decimal::ZERO;
    for item in start.iter().chain(&found).filter(|item| !item.is_undefined()) {
        let number =
            decimal(item).ok_or_else(|| wrong(format!("can't sum up `{item}`: it is not a number")))?;
        total = total.checked_add(number).ok_or_else(|| wrong("the sum is too large"))?;
    }
    Ok(Exact::Decimal(total).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::context;

    #[test]
    fn decimals_work_with_numbers() {
        let mut env = Environment::new();
        add(&mut env);
        super::super::compare::add(&mut env);
        let d = |text: &str| Value::from(Exact::Decimal(text.parse().unwrap()));
        let rows = vec![context! { price => d("0.10") }, context! { price => d("0.20") }];
        let values = context! { price => d("12.50"), low => d("-1.005"), rows, n => 3, nan => f64::NAN };
        for (source, expected) in [
            (
                "{{ price is gt(5) }} {{ price is lt(5) }} {{ price is eq(12.5) }} {{ 13 is gt(price) }}",
                "True False True True",
            ),
            ("{{ price is ge(12.5) }} {{ price is le(12.4) }} {{ price is ne(low) }}", "True False True"),
            ("{{ [price, low]|select('>', 0)|list|length }}", "1"),
            (
                "{{ price|float > 12 }} {{ price|int }} {{ '7'|int + 1 }} {{ '0x1f'|int(base=16) }}",
                "True 12 8 31",
            ),
            ("{{ low|abs }} {{ -3|abs }}", "1.005 3"),
            (
                "{{ low|round(2) }} {{ price|round }} {{ price|round(method='floor') }} {{ 2.5|round }}",
                "-1.01 13 12 2.0",
            ),
            ("{{ rows|sum(attribute='price') }} {{ rows|sum('price', 1) }} {{ [1, 2]|sum }}", "0.30 1.30 3"),
            ("{{ 1 is eq(1.0) }} {{ 'a' is eq('b') }} {{ nan is lt(1) }}", "True False False"),
        ] {
            assert_eq!(env.render_str(source, values.clone()).unwrap(), expected, "{source}");
        }
        assert!(env.render_str("{{ [price, 'x']|sum }}", values).unwrap_err().to_string().contains("`x`"));
    }
}
