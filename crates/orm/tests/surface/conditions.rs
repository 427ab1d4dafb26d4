//! Comparisons, missing values, conditions put together.

use quintet_orm::prelude::*;

use crate::{common::*, sheet::*};

pub(crate) async fn rows(sheet: &mut Sheet) {
    let s = sheet;
    s.condition("Operand::eq", Film.title.eq("Alien"), ALIEN).await;
    s.condition("Operand::eq (a column)", Film.title.eq(Film.subtitle), NONE).await;
    s.condition("Operand::eq (a decimal between two that can be)", Film.price.eq(dec("9.505")), NONE).await;
    s.condition("Operand::ne", Film.title.ne("Alien"), OTHERS).await;
    s.condition("Operand::ne (NULL differs from every value)", Film.subtitle.ne("x"), ALL).await;
    s.condition("Operand::gt", Film.votes.gt(800), ALIEN).await;
    s.condition("Operand::ge", Film.votes.ge(800), BOTH).await;
    s.condition("Operand::lt", Film.price.lt(dec("9.501")), &["Alien", "Cléo de 5 à 7"]).await;
    s.condition("Operand::le", Film.released.le(date("1979-05-25")), &["Alien", "Cléo de 5 à 7"]).await;
    s.condition("Operand::between", Film.votes.between(100, 800), OTHERS).await;
    s.condition("Operand::is_in", Film.votes.is_in([900, 100]), &["Alien", "Cléo de 5 à 7"]).await;
    s.condition("Operand::is_in (an empty list)", Film.votes.is_in(Vec::<i32>::new()), NONE).await;
    s.condition("Operand::is_in (not in an empty list)", !Film.votes.is_in(Vec::<i32>::new()), ALL).await;
    s.condition("Operand::is_in (a long list)", Film.votes.is_in(0..=800), OTHERS).await;
    s.condition("Operand::is_in (expressions)", Film.votes.is_in([Film.votes + 0, Film.votes + 1]), ALL)
        .await;
    let strict = Review.filter(Review.stars.lt(4)).select(Review.film.key());
    s.condition("Operand::in_query", Film.id.in_query(strict), ALIEN).await;
    let nobody = Review.none().select(Review.film.key());
    s.condition("Operand::in_query (a query without rows)", Film.id.in_query(nobody), NONE).await;
    s.condition("Operand::is_null", Film.subtitle.is_null(), OTHERS).await;
    s.condition("Operand::is_null (over an optional key)", Film.studio.city.is_null(), CLEO).await;
    s.condition("Operand::is_not_null", Film.subtitle.is_not_null(), ALIEN).await;
    s.condition("Operand::coalesce", Film.subtitle.coalesce(Film.title).eq("Blade Runner"), BLADE).await;
    s.values("Operand::null_if", Film.price.null_if(dec("10.0")), &[Some(dec("9.5")), None, Some(dec("7"))])
        .await;
    s.values("Operand::greatest", Film.votes.greatest(500), &[900, 800, 500]).await;
    s.values("Operand::least", Film.price.least(dec("9.125")), &[dec("9.125"), dec("9.125"), dec("7")]).await;

    s.condition("Cond::all_of", Cond::all_of([Film.votes.gt(1), Film.classic.eq(true)]), ALIEN).await;
    s.condition("Cond::all_of (of none)", Cond::all_of([]), ALL).await;
    s.condition(
        "Cond::any_of",
        Cond::any_of([Film.votes.lt(200), Film.votes.gt(800)]),
        &["Alien", "Cléo de 5 à 7"],
    )
    .await;
    s.condition("Cond::any_of (of none)", Cond::any_of([]), NONE).await;
    s.condition("Cond::all_of (with NULLs, turned round)", !(Film.subtitle.eq("x") & Film.votes.gt(0)), ALL)
        .await;
    s.condition("Col::expr", Film.classic.expr() | Film.votes.lt(200), &["Alien", "Cléo de 5 à 7"]).await;

    let verdict = case().when(Film.votes.gt(850), "hit").when(Film.votes.gt(500), "known");
    let text = |text: &str| text.to_owned();
    s.values(
        "case, CaseStart::when, Case::when, Case::otherwise",
        verdict.otherwise("flop"),
        &[text("hit"), text("known"), text("flop")],
    )
    .await;
    let price = case().when(Film.classic.eq(true), Film.price).or_null();
    s.values("Case::or_null", price, &[Some(dec("9.5")), None, None]).await;
    s.value("value", value(dec("1.50")), dec("1.5")).await;
    s.value("Operand::cast", Film.votes.cast::<String>().concat("!"), text("900!")).await;
    s.value("Operand::cast (a decimal as text)", Film.price.cast::<String>(), text("9.50")).await;
    s.value("call", call::<i64, _>("length", (Film.title.concat("!"),)), 6).await;
    s.value("call (with values)", call::<String, _>("replace", (Film.title, "A", "O")), text("Olien")).await;
    s.refused(
        "call (by what is no name)",
        &Film.select(call::<i64, _>("length('x') --", ())),
        "is no name of a function",
    );

    let rivals =
        Film.filter(Film.votes.gt(outer(Film.votes)) & Film.director.key().eq(outer(Film.director.key())));
    s.condition("exists, outer", !exists(rivals.clone()), &["Alien", "Cléo de 5 à 7"]).await;
    let best = rivals.order_by(Film.votes.desc()).select(Film.title).scalar();
    s.values("QuerySet::scalar", best, &[None, Some(text("Alien")), None]).await;

    let titles = |order: Vec<Order<Film>>| Film.order_by(order).select(Film.title);
    let is = |titles: &[&str]| titles.iter().map(|title| (*title).to_owned()).collect::<Vec<_>>();
    s.query("Operand::asc", titles(vec![Film.votes.asc()]), &is(&["Cléo de 5 à 7", "Blade Runner", "Alien"]))
        .await;
    s.query(
        "Operand::asc (missing values first)",
        titles(vec![Film.subtitle.asc(), Film.id.asc()]),
        &is(&["Blade Runner", "Cléo de 5 à 7", "Alien"]),
    )
    .await;
    s.query("Operand::desc", titles(vec![Film.votes.desc()]), &is(ALL)).await;
    s.query(
        "Operand::desc (missing values last)",
        titles(vec![Film.subtitle.desc(), Film.id.desc()]),
        &is(&["Alien", "Cléo de 5 à 7", "Blade Runner"]),
    )
    .await;
    s.query(
        "Order::nulls_first",
        titles(vec![Film.subtitle.desc().nulls_first(), Film.id.asc()]),
        &is(&["Blade Runner", "Cléo de 5 à 7", "Alien"]),
    )
    .await;
    s.query("Order::nulls_last", titles(vec![Film.subtitle.asc().nulls_last(), Film.id.asc()]), &is(ALL))
        .await;
    let rolled = Film.order_by(random()).select(random());
    s.statement("random", |dialect| rolled.to_sql(dialect));
    let rolled = rolled.all(&s.db).await.unwrap();
    assert!(rolled.iter().all(|number| (0.0..1.0).contains(number)) && rolled[0] != rolled[1], "{rolled:?}");
}
