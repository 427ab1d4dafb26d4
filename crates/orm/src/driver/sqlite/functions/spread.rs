//! Variance and standard deviation, which SQLite has none of; over windows too.

use rusqlite::{
    Connection, Result,
    functions::{Aggregate, Context, WindowAggregate},
    types::ValueRef,
};

use super::PURE;

pub(super) fn register(connection: &Connection) -> Result<()> {
    for (name, root, sample) in [
        ("quintet_variance", false, false),
        ("quintet_deviation", true, false),
        ("quintet_sample_variance", false, true),
        ("quintet_sample_deviation", true, true),
    ] {
        connection.create_window_function(name, 1, PURE, Spread { root, sample })?;
    }
    Ok(())
}

/// A variance or its root, in one pass (Welford).
struct Spread {
    root: bool,
    /// Of a sample, from which the population's is guessed?
    sample: bool,
}

#[derive(Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

#[expect(clippy::cast_precision_loss, reason = "the answer is a double")]
fn number(context: &Context<'_>) -> Option<f64> {
    match context.get_raw(0) {
        ValueRef::Integer(number) => Some(number as f64),
        ValueRef::Real(number) => Some(number),
        _ => None,
    }
}

impl Spread {
    fn answer(&self, moments: Option<&Moments>) -> Option<f64> {
        let moments = moments?;
        let parts = moments.count - if self.sample { 1.0 } else { 0.0 };
        if parts < 0.5 {
            return None;
        }
        // Rows that leave a window may take a little too much with them.
        let variance = moments.squares.max(0.0) / parts;
        Some(if self.root { variance.sqrt() } else { variance })
    }
}

impl Aggregate<Moments, Option<f64>> for Spread {
    fn init(&self, _: &mut Context<'_>) -> Result<Moments> {
        Ok(Moments::default())
    }

    fn step(&self, context: &mut Context<'_>, moments: &mut Moments) -> Result<()> {
        if let Some(number) = number(context) {
            moments.count += 1.0;
            let distance = number - moments.mean;
            moments.mean += distance / moments.count;
            moments.squares += distance * (number - moments.mean);
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, moments: Option<Moments>) -> Result<Option<f64>> {
        Ok(self.answer(moments.as_ref()))
    }
}

impl WindowAggregate<Moments, Option<f64>> for Spread {
    fn value(&self, moments: Option<&mut Moments>) -> Result<Option<f64>> {
        Ok(self.answer(moments.as_deref()))
    }

    fn inverse(&self, context: &mut Context<'_>, moments: &mut Moments) -> Result<()> {
        let Some(number) = number(context) else { return Ok(()) };
        if moments.count < 1.5 {
            *moments = Moments::default();
            return Ok(());
        }
        let distance = number - moments.mean;
        moments.count -= 1.0;
        moments.mean -= distance / moments.count;
        moments.squares -= distance * (number - moments.mean);
        Ok(())
    }
}
