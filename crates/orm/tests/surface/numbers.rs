//! Arithmetic and functions of numbers.

use crate::{common::*, sheet::*};

pub(crate) async fn rows(sheet: &mut Sheet) {
    let s = sheet;
    s.values("Operand::abs", (Film.price - 10).abs(), &[dec("0.5"), dec("0"), dec("3")]).await;
    s.value("Operand::as_float", Film.price.as_float() / 2.0, 4.75).await;
    s.values("Operand::round", Film.price.round(0), &[dec("10"), dec("10"), dec("7")]).await;
    s.value("Operand::round (a double)", (Film.votes.as_float() / 7.0).round(2), 128.57).await;
    s.values("Operand::ceil", Film.price.ceil(), &[dec("10"), dec("10"), dec("7")]).await;
    s.values("Operand::floor", Film.price.floor(), &[dec("9"), dec("10"), dec("7")]).await;
    s.values("Operand::sign", (Film.price - dec("9.5")).sign(), &[0, 1, -1]).await;
    s.about_number("Operand::sqrt", Film.votes.sqrt(), 30.0).await;
    s.about_number("Operand::sqrt (of a decimal)", Film.price.sqrt(), 9.5f64.sqrt()).await;
    s.about_number("Operand::power", Film.price.power(2), 90.25).await;
    s.about_number("Operand::exp", (Film.votes - 899).exp(), std::f64::consts::E).await;
    s.about_number("Operand::ln", Film.votes.ln(), 900f64.ln()).await;
    s.about_number("Operand::log10", (Film.votes + 100).log10(), 3.0).await;
    s.about_number("Operand::sin", Film.votes.sin(), 900f64.sin()).await;
    s.about_number("Operand::cos", Film.votes.cos(), 900f64.cos()).await;
    s.about_number("Operand::tan", Film.votes.tan(), 900f64.tan()).await;
    s.about_number("Operand::asin", (Film.votes - 899).asin(), 1f64.asin()).await;
    s.about_number("Operand::acos", (Film.votes - 900).acos(), 0f64.acos()).await;
    s.about_number("Operand::atan", Film.votes.atan(), 900f64.atan()).await;
    s.about_number("Operand::to_radians", Film.votes.to_radians(), 900f64.to_radians()).await;
    s.about_number("Operand::to_degrees", Film.votes.to_degrees(), 900f64.to_degrees()).await;
    // What has no answer is an error on every database.
    for nothing in [(-Film.votes).sqrt(), (Film.votes - 900).ln(), Film.votes.acos(), Film.votes.exp()] {
        let asked = Film.filter(Film.id.eq(s.rows.alien.id)).select(nothing.clone()).one(&s.db).await;
        assert!(asked.is_err(), "{nothing:?}: {asked:?}");
    }
    s.condition(
        "Operand::gt (of a sum of decimals)",
        (Film.price + Film.price).gt(Film.price * dec("1.5")),
        ALL,
    )
    .await;
    s.condition("Operand::eq (of a remainder)", (Film.votes % 7).eq(4), ALIEN).await;
}
