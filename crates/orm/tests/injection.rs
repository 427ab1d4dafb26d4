//! Text that tries to be SQL stays text, in every call that takes some.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use common::*;
use quintet_orm::prelude::*;

#[tokio::test]
async fn nasty_text_is_found_as_it_is_and_finds_nothing_else() {
    let (db, rows) = filled().await;
    for nasty in NASTY {
        let title = format!("a{nasty}b");
        let draft = create!(Film {
            title: &title,
            subtitle: *nasty,
            director: &rows.ridley,
            released: date("2000-01-01")
        });
        let film = draft.insert(&db).await.unwrap();
        assert_eq!(film.title, title);
        let conditions: Vec<(&str, Cond<Film>)> = vec![
            ("eq", Film.title.eq(&title)),
            ("is_in", Film.title.is_in([title.as_str()])),
            ("a long is_in", Film.title.is_in((0..300).map(|n| format!("{n}")).chain([title.clone()]))),
            ("between", Film.title.between(&title, &title)),
            ("contains", Film.title.contains(nasty) & Film.id.ge(film.id)),
            ("icontains", Film.title.icontains(nasty) & Film.id.ge(film.id)),
            ("starts_with", Film.title.starts_with(&title)),
            ("istarts_with", Film.title.istarts_with(&title)),
            ("ends_with", Film.title.ends_with(format!("{nasty}b"))),
            ("iends_with", Film.title.iends_with(format!("{nasty}b"))),
            ("iexact", Film.title.iexact(&title)),
            ("coalesce", Film.subtitle.coalesce(*nasty).eq(*nasty) & Film.id.ge(film.id)),
            ("any", Film.director.name.ne(*nasty) & Film.title.eq(&title)),
            ("in_query", Film.title.in_query(Film.filter(Film.title.eq(&title)).select(Film.title))),
        ];
        for (name, condition) in conditions {
            let found = Film.filter(condition).select(Film.title).all(&db).await;
            assert_eq!(
                found.unwrap_or_else(|e| panic!("{name} {nasty:?}: {e:?}")),
                [title.as_str()],
                "{name} {nasty:?}"
            );
        }
        assert!(!Film.filter(Film.reviews.any(Review.text.eq(*nasty))).exists(&db).await.unwrap());
        // Written by each way of writing.
        Film.filter(Film.id.eq(film.id)).update(Film.subtitle.set(*nasty)).exec(&db).await.unwrap();
        let mut edit = Film.get(film.id, &db).await.unwrap().edit();
        edit.title = nasty.repeat(2);
        let edited = edit.save(&db).await.unwrap();
        assert_eq!(Film.bulk_update(&[edited], Film.title, &db).await.unwrap(), 1);
        let (tag, created) = create!(Tag { name: *nasty }).or_get(Tag.name, &db).await.unwrap();
        assert!(created);
        let same = create!(Tag { name: *nasty }).or_update(Tag.name, Tag.name, &db).await.unwrap();
        assert_eq!((same.id, same.name.as_str()), (tag.id, *nasty));
        Tag.bulk_create([create!(Tag { name: format!("{nasty}2") })], &db).await.unwrap();
        let back = Film.get(film.id, &db).await.unwrap();
        assert_eq!((back.title, back.subtitle.as_deref()), (nasty.repeat(2), Some(*nasty)));
        back_to_three(&db).await;
    }
    assert_eq!(Film.count(&db).await.unwrap(), 3);
}

async fn back_to_three(db: &Db) {
    assert_eq!(Film.filter(Film.id.gt(3)).delete(db).await.unwrap(), 1);
}

#[tokio::test]
async fn wildcards_have_no_meaning() {
    let (db, _) = filled().await;
    for part in ["%", "_", "*", "?", "[A]", "A%", "Al_en"] {
        for condition in [
            Film.title.contains(part),
            Film.title.icontains(part),
            Film.title.starts_with(part),
            Film.title.istarts_with(part),
            Film.title.ends_with(part),
            Film.title.iends_with(part),
            Film.title.iexact(part),
        ] {
            assert_eq!(Film.filter(condition).count(&db).await.unwrap(), 0, "{part}");
        }
    }
}
