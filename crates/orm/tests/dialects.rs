//! The same query in another dialect: what is said depends on what a database can do, not on its name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use common::*;
use quintet_orm::{
    Dialect,
    dialect::{Functions, Placeholder, SQLITE, TextIndex, TextSearch},
    prelude::*,
};

static OTHER: Dialect = Dialect {
    name: "other",
    placeholder: Placeholder::DollarNumber,
    max_parameters: 400,
    returning: true,
    transactional_ddl: true,
    row_locks: true,
    native_decimal: true,
    native_types: true,
    rebuilds_tables: false,
    text_search: TextSearch::Like,
    json_lists: false,
    array_lists: false,
    typed_values: true,
    nulls_are_least: false,
    functions: Functions::Standard,
    aggregate_filter: false,
    regex: true,
    distinct_on: true,
    text_index: TextIndex::TsVector,
    sequences: false,
    explain: "EXPLAIN ",
    cursors: true,
    plans_by_limit: false,
    isolation: Isolation::ReadCommitted,
    one_writer: false,
};

static BACKTICKS: Dialect = Dialect { name: "backticks", placeholder: Placeholder::Question, ..copy(&OTHER) };

/// The dialect once more: it is no `Copy` type, as its identity matters.
const fn copy(of: &Dialect) -> Dialect {
    Dialect {
        name: of.name,
        placeholder: of.placeholder,
        max_parameters: of.max_parameters,
        returning: of.returning,
        transactional_ddl: of.transactional_ddl,
        row_locks: of.row_locks,
        native_decimal: of.native_decimal,
        native_types: of.native_types,
        rebuilds_tables: of.rebuilds_tables,
        text_search: of.text_search,
        json_lists: of.json_lists,
        array_lists: of.array_lists,
        typed_values: of.typed_values,
        nulls_are_least: of.nulls_are_least,
        functions: of.functions,
        aggregate_filter: of.aggregate_filter,
        regex: of.regex,
        distinct_on: of.distinct_on,
        text_index: of.text_index,
        sequences: false,
        explain: of.explain,
        cursors: of.cursors,
        plans_by_limit: of.plans_by_limit,
        isolation: of.isolation,
        one_writer: of.one_writer,
    }
}

#[test]
fn conditions_follow_the_abilities() {
    let text = |s: &str| Value::Text(s.into());
    for (condition, sql, params) in [
        (Film.title.contains("50%_\\"), r#""title" LIKE $1 ESCAPE '\'"#, vec![text(r"%50\%\_\\%")]),
        (Film.title.icontains("Ä"), r#""title" ILIKE $1 ESCAPE '\'"#, vec![text("%Ä%")]),
        (Film.title.starts_with("a"), r#""title" LIKE $1 ESCAPE '\'"#, vec![text("a%")]),
        (Film.title.iends_with("a"), r#""title" ILIKE $1 ESCAPE '\'"#, vec![text("%a")]),
        (Film.title.iexact("a_"), r#""title" ILIKE $1 ESCAPE '\'"#, vec![text(r"a\_")]),
        (Film.title.contains(""), r#""title" IS NOT NULL"#, vec![]),
        // Decimals go as they are, whatever their places.
        (Film.price.gt(dec("9.505")), r#""price" > $1"#, vec![Value::Decimal(dec("9.505"))]),
        (
            (Film.price / 3).lt(1),
            r#"("price" / $1) < $2"#,
            vec![Value::Decimal(3.into()), Value::Decimal(1.into())],
        ),
        (
            Film.price.as_float().lt(1.5),
            r#"(CAST("price" AS DOUBLE PRECISION)) < $1"#,
            vec![Value::Float(1.5)],
        ),
    ] {
        let stmt = Film.filter(condition).order_by(Film.id).to_sql(&OTHER).unwrap();
        assert!(stmt.sql.ends_with(&format!(r#" WHERE {sql} ORDER BY "id""#)), "{}", stmt.sql);
        assert_eq!(stmt.params, params);
    }
}

#[test]
fn long_lists_are_refused_by_their_number() {
    assert_eq!(Film.filter(Film.id.is_in(0..300i64)).to_sql(&OTHER).unwrap().params.len(), 300);
    let error = Film.filter(Film.id.is_in(0..500i64)).to_sql(&OTHER).unwrap_err().to_string();
    assert!(error.contains("500 values, but other takes at most 400"), "{error}");
    assert_eq!(Film.filter(Film.id.is_in(0..500i64)).to_sql(&SQLITE).unwrap().params.len(), 1);
}

#[test]
fn names_are_quoted_and_parameters_written_as_the_database_wants() {
    let query = Film.filter(Film.votes.gt(1)).select(Film.title);
    assert_eq!(
        query.to_sql(&BACKTICKS).unwrap().sql,
        "SELECT `title` FROM `cinema_film` WHERE `votes` > ? ORDER BY `released` DESC"
    );
    let update = Film.query().update(Film.price.set(Film.price * dec("1.1")));
    assert_eq!(update.to_sql(&OTHER).unwrap().sql, r#"UPDATE "cinema_film" SET "price" = "price" * $1"#);
    assert_eq!(
        update.to_sql(&SQLITE).unwrap().sql,
        r#"UPDATE "cinema_film" SET "price" = (("price" * ?1) + CASE WHEN ("price" * ?2) < 0 THEN -5 ELSE 5 END) / 10"#
    );
}

#[test]
fn functions_and_aggregates_follow_the_abilities() {
    let part = |sql: String| -> String { sql.split(" FROM ").next().unwrap_or_default().to_owned() };
    let of = |expression: Expr<Film, i32>| part(Film.select(expression).to_sql(&OTHER).unwrap().sql.into());
    assert_eq!(of(Film.released.weekday()), "SELECT CAST(EXTRACT(ISODOW");
    assert_eq!(of(Film.votes.greatest(5)), r#"SELECT GREATEST("votes", $1)"#);
    // Without FILTER, what does not count is NULL.
    let grouped = Film.group_by(Film.classic).aggregate((
        Film.rows().filter(Film.votes.gt(1)),
        Film.votes.sum().filter(Film.votes.gt(1) & Film.classic.eq(true)),
    ));
    assert_eq!(
        grouped.to_sql(&OTHER).unwrap().sql,
        r#"SELECT "classic", COUNT(CASE WHEN "votes" > $1 THEN 1 END), CAST(SUM(CASE WHEN "votes" > $2 AND "classic" = $3 THEN "votes" END) AS BIGINT) FROM "cinema_film" GROUP BY "classic""#
    );
    let regex = Film.filter(Film.title.iregex("^a")).select(Film.id).to_sql(&OTHER).unwrap().sql;
    assert!(regex.contains(r#"WHERE "title" ~* $1"#), "{regex}");
}
