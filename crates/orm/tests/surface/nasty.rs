//! Text that tries to be SQL stays text, in every call that takes some: the statement is the same for all texts.

use quintet_orm::{
    Model,
    dialect::{POSTGRES, SQLITE},
    prelude::*,
};

use crate::{calendar::Moment, common::*, documents::Paper, sheet::Sheet};

/// Asks with each text; whatever it finds, it is the same statement on both databases, and no error of the database's parser.
async fn ask<M: Model, O: Send + 'static>(sheet: &Sheet, name: &str, query: impl Fn(&str) -> QuerySet<M, O>) {
    let said =
        |text: &str| [&SQLITE, &POSTGRES].map(|dialect| query(text).to_sql(dialect).unwrap().sql.to_string());
    let plain = said("xy");
    for nasty in NASTY {
        let mut now = said(nasty);
        // A place in bytes from the text's end stands in the statement: a number.
        if name.starts_with("ends") || name.starts_with("iends") {
            now[0] = now[0]
                .replace(&format!("-{})", quintet_orm::fold::fold(nasty).len()), "-2)")
                .replace(&format!("-{})", nasty.len()), "-2)");
        }
        assert_eq!(now, plain, "{name} {nasty:?}");
        // PostgreSQL has no texts with a NUL.
        if sheet.db.dialect().native_types && nasty.contains('\0') {
            continue;
        }
        query(nasty).all(&sheet.db).await.unwrap_or_else(|error| panic!("{name} {nasty:?}: {error:?}"));
    }
    assert_eq!(Film.count(&sheet.db).await.unwrap(), 3, "{name}");
}

pub(crate) async fn rows(sheet: &mut Sheet) {
    let title = Film.title;
    macro_rules! conditions {
        ($($name:literal: |$text:ident| $condition:expr;)+) => {$(
            ask(sheet, $name, |$text| Film.filter($condition).order_by(Film.id)).await;
        )+};
    }
    conditions! {
        "eq": |text| title.eq(text);
        "is_in": |text| title.is_in([text, "x"]);
        "contains": |text| title.contains(text);
        "icontains": |text| title.icontains(text);
        "starts_with": |text| title.left(9).starts_with(text);
        "istarts_with": |text| title.istarts_with(text);
        "ends_with": |text| title.ends_with(text);
        "iexact": |text| title.iexact(text);
        "coalesce": |text| Film.subtitle.coalesce(text).eq("x");
        "null_if": |text| title.null_if(text).is_null();
        "greatest": |text| title.greatest(text).eq(text);
        "a relation": |text| Film.reviews.any(Review.text.eq(text));
        "a subquery": |text| Film.id.in_query(Review.filter(Review.text.eq(text)).select(Review.film.key()));
        "case": |text| case().when(title.eq(text), text).otherwise(text).eq(text);
        "a window": |text| title.lag_or(1, text).over(window().partition_by(title.eq(text)).order_by(Film.id)).eq(text);
    }
    macro_rules! values {
        ($($name:literal: |$text:ident| $value:expr;)+) => {$(
            ask(sheet, $name, |$text| Film.select($value).order_by(Film.id)).await;
        )+};
    }
    values! {
        "replace": |text| title.replace(text, text);
        "concat": |text| title.concat(text);
        "pad_start": |text| title.pad_start(20, text);
        "pad_end": |text| title.pad_end(20, text);
        "position": |text| title.position(text);
        "value": |text| value(text);
        "md5": |text| value(text).md5();
        "sha256": |text| value(text).sha256();
        "call": |text| call::<String, _>("replace", (title, text, text));
        "a relation's texts": |text| Film.tags.aggregate(Tag.name.string_agg(text));
        "a window's texts": |text| title.string_agg(text).over(window());
    }
    ask(sheet, "string_agg", |text| Film.group_by(title.concat(text)).aggregate(title.string_agg(text)))
        .await;
    ask(sheet, "string_agg of different ones", |text| {
        Film.group_by(Film.classic).aggregate(title.string_agg(text).distinct())
    })
    .await;
    ask(sheet, "having", |text| Film.group_by(title).having(title.max().eq(text)).aggregate(Film.rows()))
        .await;
    let info = Paper.info;
    ask(sheet, "at", |text| Paper.select(info.at(text))).await;
    ask(sheet, "has_key", |text| Paper.filter(info.has_key(text))).await;
    ask(sheet, "has_keys", |text| Paper.filter(info.has_keys([text, text]))).await;
    ask(sheet, "has_any_key", |text| Paper.filter(info.has_any_key([text, "x"]))).await;
    ask(sheet, "json_contains", |text| Paper.filter(info.json_contains(text))).await;
    ask(sheet, "json_contained_by", |text| Paper.filter(info.json_contained_by(text))).await;
    ask(sheet, "text", |text| Paper.filter(info.at(text).text().eq(text))).await;
    for nasty in NASTY {
        // What is code or a name is an error, and reaches no database as something else.
        let zone = Moment.filter(Moment.at.in_tz(nasty).hour().eq(1)).all(&sheet.db).await.unwrap_err();
        assert!(zone.to_string().contains("no time zone"), "{zone}");
        let name = Film.select(call::<i64, _>(nasty, ())).all(&sheet.db).await.unwrap_err();
        assert!(name.to_string().contains("is no name of a function") || *nasty == "_", "{name}");
        for fold in [Film.title.regex(nasty), Film.title.iregex(nasty)] {
            // A pattern may be wrong; a wrong statement it never is.
            if let Err(error) = Film.filter(fold).all(&sheet.db).await {
                let text = error.to_string();
                assert!(text.contains("regular expression") || nasty.contains('\0'), "{nasty:?}: {text}");
            }
        }
    }
    assert_eq!(Film.count(&sheet.db).await.unwrap(), 3);
}
