//! Signals of writes: who is told, when, with what, and what their errors and writes do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use std::sync::{Arc, Mutex};

use common::*;
use quintet_core::{
    ErrorKind, Services, Site,
    signal::{Listen, Signals},
};
use quintet_orm::{Recording, prelude::*, signal::LinkAction};

scenarios!(
    nobody_listens_nobody_pays,
    a_new_row_is_told_before_and_after,
    a_receiver_may_change_what_is_written,
    an_error_before_or_after_undoes_all,
    what_a_receiver_writes_stands_or_falls_with_the_row,
    an_edit_says_what_has_changed,
    get_or_create_tells_only_of_new_rows,
    an_upsert_says_which_of_the_two_it_was,
    rows_in_bulk_are_told_one_by_one,
    writes_by_name_are_told_as_typed_ones,
    deleted_rows_are_told_with_those_that_go_along,
    a_receiver_can_keep_a_row_from_going,
    links_are_told_with_the_keys_that_changed,
    an_event_that_is_kept_can_write_no_more,
    the_outer_handle_is_refused_in_a_receiver,
    receivers_without_end_are_stopped,
    hooks_of_a_receiver_run_after_the_commit,
);

/// What receivers say, as a service of theirs.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<String>>>);

fn say(services: &Services, text: impl Into<String>) {
    services.get::<Said>().unwrap().0.lock().unwrap().push(text.into());
}

/// What receivers have said. Their services live as long as this.
struct Heard {
    said: Said,
    _services: Services,
}

impl Heard {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.said.0.lock().unwrap())
    }
}

fn listen(db: &Db, receivers: impl FnOnce(Site) -> Site) -> Heard {
    db.know([Country.meta(), Director.meta(), Studio.meta(), Tag.meta(), Film.meta(), Review.meta()]);
    let (said, mut services) = (Said::default(), Services::builder());
    services.insert(said.clone());
    let services = services.build();
    db.listen(Signals::of(&receivers(Site::new())), &services);
    Heard { said, _services: services }
}

/// Everything about films.
fn all(site: Site) -> Site {
    site.on(async |services: Services, film: Arc<Saving<Film>>| {
        let title = film.get(Film.title)?.unwrap_or_default();
        say(&services, format!("saving {title} new={} pk={:?}", film.is_new(), film.pk()?));
        Ok(())
    })
    .on(async |services: Services, film: Arc<Saved<Film>>| {
        say(
            &services,
            format!("saved {} {} new={} {:?}", film.id, film.title, film.created(), film.changed()),
        );
        Ok(())
    })
    .on(async |services: Services, film: Arc<Deleting<Film>>| {
        say(&services, format!("deleting {}", film.title));
        Ok(())
    })
    .on(async |services: Services, film: Arc<Deleted<Film>>| {
        say(&services, format!("deleted {}", film.title));
        Ok(())
    })
}

fn sqls(log: &Recording) -> Vec<String> {
    log.queries().iter().map(|query| marked(&query.sql)).collect()
}

fn draft(title: &str) -> Draft<Film> {
    create!(Film { title, director: 1, released: date("2000-01-01") })
}

async fn nobody_listens_nobody_pays(on: &On) {
    let (db, rows) = on.filled().await;
    // Receivers of another model cost this one nothing.
    let _heard = listen(&db, |site| site.on(async |_: Services, _: Arc<Saved<Country>>| Ok(())));
    let log = db.record();
    let film = draft("x").insert(&db).await.unwrap();
    assert_eq!(log.count(), 1);
    let mut edit = film.edit();
    edit.votes = 7;
    let film = edit.save(&db).await.unwrap();
    assert_eq!(sqls(&log)[1], r#"UPDATE "cinema_film" SET "votes" = ?1 WHERE "id" = ?2"#);
    film.related(Film.tags).add(&rows.tags, &db).await.unwrap();
    film.related(Film.tags).remove([&rows.tags[0]], &db).await.unwrap();
    film.related(Film.tags).clear(&db).await.unwrap();
    assert_eq!(log.count(), 5);
    film.related(Film.tags).set(&rows.tags, &db).await.unwrap();
    assert_eq!(log.count(), 7);
    film.delete(&db).await.unwrap();
    assert_eq!(sqls(&log)[7..], [r#"DELETE FROM "cinema_film" WHERE "id" = ?1"#]);
    create!(Tag { name: "t" }).or_update(Tag.name, Tag.name, &db).await.unwrap();
    assert_eq!(log.count(), 9);
}

async fn a_new_row_is_told_before_and_after(on: &On) {
    let (db, _) = on.filled().await;
    let heard = listen(&db, all);
    let log = db.record();
    let film = draft("Alien 3").insert(&db).await.unwrap();
    assert_eq!(film.title, "Alien 3");
    let said = heard.take();
    assert_eq!(said[0], "saving Alien 3 new=true pk=None");
    assert!(said[1].starts_with("saved 4 Alien 3 new=true [\"title\", \"subtitle\""), "{said:?}");
    assert_eq!(said.len(), 2);
    assert_eq!(log.count(), 1, "the row is read for the receiver from the same answer: {:?}", sqls(&log));
    // Inside a transaction as well; a roll-back is none of the signals' business.
    let failed: Result = db
        .atomic(async |tx| {
            draft("y").insert(tx).await?;
            Err(Error::internal("no"))
        })
        .await;
    assert!(failed.is_err() && heard.take().len() == 2);
    assert_eq!(Film.filter(Film.title.eq("y")).count(&db).await.unwrap(), 0);
}

async fn a_receiver_may_change_what_is_written(on: &On) {
    let (db, _) = on.filled().await;
    let _heard = listen(&db, |site| {
        site.on(async |_: Services, film: Arc<Saving<Film>>| {
            if film.changes(Film.title) {
                let title = film.get(Film.title)?.unwrap_or_default();
                film.set(Film.subtitle.set(format!("about {title}")));
            }
            Ok(())
        })
        .on(async |_: Services, film: Arc<Saving<Film>>| {
            // The second sees what the first has set, by type and by name.
            assert_eq!(
                film.get(Film.subtitle)?.flatten(),
                film.value("subtitle").and_then(|v| v.as_text().map(String::from))
            );
            assert_eq!(film.get(Film.price)?, Some(dec("10")));
            film.set((Film.title.set("changed"), Film.votes.set(film.get(Film.votes)?.unwrap_or(0) + 1)));
            Ok(())
        })
    });
    let film = draft("first").insert(&db).await.unwrap();
    assert_eq!(
        (film.title.as_str(), film.subtitle.as_deref(), film.votes),
        ("changed", Some("about first"), 1)
    );
    let mut edit = film.edit();
    edit.title = "second".into();
    let film = edit.save(&db).await.unwrap();
    // The value in memory is what was written.
    assert_eq!(
        (film.title.as_str(), film.subtitle.as_deref(), film.votes),
        ("changed", Some("about second"), 2)
    );
    let read = Film.get(film.id, &db).await.unwrap();
    assert_eq!(
        (read.title.as_str(), read.subtitle.as_deref(), read.votes),
        ("changed", Some("about second"), 2)
    );
    // What a receiver sets is checked like anything else.
    let _heard = listen(&db, |site| {
        site.on(async |_: Services, film: Arc<Saving<Film>>| {
            film.set(Film.title.set("x".repeat(300)));
            Ok(())
        })
    });
    let error = draft("z").insert(&db).await.unwrap_err();
    assert_eq!(error.field_errors().unwrap().of("title").count(), 1);
}

async fn an_error_before_or_after_undoes_all(on: &On) {
    let (db, rows) = on.filled().await;
    let before = Film.count(&db).await.unwrap();
    for late in [false, true] {
        let _heard = listen(&db, |site| match late {
            false => site.on(async |_: Services, _: Arc<Saving<Film>>| Err(Error::forbidden("not today"))),
            true => site.on(async |_: Services, _: Arc<Saved<Film>>| Err(Error::forbidden("not today"))),
        });
        let log = db.record();
        let error = draft("x").insert(&db).await.unwrap_err();
        assert_eq!((error.status().as_u16(), error.to_string().as_str()), (403, "not today"));
        assert_eq!(log.count(), usize::from(late), "the row is not even sent if the receiver refuses before");
        let mut edit = rows.alien.clone().edit();
        edit.votes = 1;
        assert_eq!(edit.save(&db).await.unwrap_err().status().as_u16(), 403);
        assert!(Film.bulk_create([draft("a"), draft("b")], &db).await.is_err());
        // A transaction that goes on has nothing of it.
        db.atomic(async |tx| {
            assert!(draft("x").insert(tx).await.is_err());
            create!(Tag { name: format!("t{late}") }).insert(tx).await.map(drop)
        })
        .await
        .unwrap();
    }
    assert_eq!(Film.count(&db).await.unwrap(), before);
    assert_eq!(Film.get(rows.alien.id, &db).await.unwrap().votes, 900);
    assert_eq!(Tag.count(&db).await.unwrap(), 5);
}

async fn what_a_receiver_writes_stands_or_falls_with_the_row(on: &On) {
    let (db, _) = on.filled().await;
    let _heard = listen(&db, |site| {
        site.on(async |_: Services, film: Arc<Saving<Film>>| {
            create!(Studio { name: "before" }).insert(film.tx()).await.map(drop)
        })
        .on(async |_: Services, film: Arc<Saved<Film>>| {
            // It sees the row, in a savepoint of its own, too.
            let stars = film.tx().atomic(async |tx| {
                assert_eq!(Film.get(film.id, tx).await?.title, film.title);
                create!(Review { film: film.id, stars: 3 }).insert(tx).await
            });
            stars.await.map(drop)?;
            if film.title == "bad" { Err(Error::internal("bad")) } else { Ok(()) }
        })
    });
    let film = draft("good").insert(&db).await.unwrap();
    let count = async || (Studio.count(&db).await.unwrap(), Review.count(&db).await.unwrap());
    assert_eq!(count().await, (2, 5));
    assert!(draft("bad").insert(&db).await.is_err());
    assert_eq!(count().await, (2, 5));
    let lost: Result = db
        .atomic(async |tx| {
            draft("lost").insert(tx).await?;
            Err(Error::internal("no"))
        })
        .await;
    assert!(lost.is_err());
    assert_eq!(count().await, (2, 5));
    assert_eq!(film.related(Film.reviews).count(&db).await.unwrap(), 1);
}

async fn an_edit_says_what_has_changed(on: &On) {
    let (db, rows) = on.filled().await;
    let heard = listen(&db, |site| {
        all(site).on(async |services: Services, film: Arc<Saving<Film>>| {
            say(
                &services,
                format!(
                    "{:?} -> {:?}, {:?}, {} {}",
                    film.before("title").and_then(Value::as_text),
                    film.get(Film.title)?,
                    film.changed(),
                    film.changes(Film.title),
                    film.changes(Film.votes),
                ),
            );
            Ok(())
        })
    });
    let mut edit = rows.alien.edit();
    edit.title = "Aliens".into();
    let log = db.record();
    let film = edit.save(&db).await.unwrap();
    assert_eq!(
        heard.take(),
        [
            "saving Aliens new=false pk=Some(1)",
            r#"Some("Alien") -> Some("Aliens"), ["title"], true false"#,
            r#"saved 1 Aliens new=false ["title"]"#
        ]
    );
    assert_eq!(log.count(), 1);
    // Nothing changed: nothing is written, nobody is told.
    film.edit().save(&db).await.unwrap();
    assert!(heard.take().is_empty() && log.count() == 1);
    // A row that is gone: what receivers have written goes too.
    let mut edit = rows.cleo.clone().edit();
    rows.cleo.delete(&db).await.unwrap();
    edit.votes = 5;
    assert_eq!(edit.save(&db).await.unwrap_err().status().as_u16(), 404);
}

async fn get_or_create_tells_only_of_new_rows(on: &On) {
    let (db, _) = on.filled().await;
    let heard = listen(&db, |site| {
        site.on(async |services: Services, tag: Arc<Saved<Tag>>| {
            say(&services, format!("{} {}", tag.name, tag.created()));
            Ok(())
        })
    });
    let (_, created) = create!(Tag { name: "noir" }).or_get(Tag.name, &db).await.unwrap();
    assert!(!created && heard.take().is_empty());
    let (_, created) = create!(Tag { name: "new" }).or_get(Tag.name, &db).await.unwrap();
    assert!(created);
    assert_eq!(heard.take(), ["new true"]);
}

async fn an_upsert_says_which_of_the_two_it_was(on: &On) {
    let (db, rows) = on.filled().await;
    let heard = listen(&db, all);
    let by = || (Film.title, Film.released);
    let new = create!(Film { title: "N", director: 1, released: date("1999-01-01"), votes: 3 });
    let film = new.clone().or_update(by(), Film.votes, &db).await.unwrap();
    assert_eq!(film.votes, 3);
    assert_eq!(heard.take()[0], "saving N new=true pk=None");
    let again = new.with(Film.votes.set(8)).or_update(by(), Film.votes, &db).await.unwrap();
    assert_eq!((again.id, again.votes), (film.id, 8));
    assert_eq!(
        heard.take(),
        [
            format!("saving N new=false pk=Some({})", film.id),
            format!("saved {} N new=false [\"votes\"]", film.id)
        ]
    );
    let tagged =
        create!(Film { title: "N", director: 1, released: date("1999-01-01"), tags: [&rows.tags[0]] });
    tagged.or_update(by(), Film.votes, &db).await.unwrap();
    assert_eq!(film.related(Film.tags).count(&db).await.unwrap(), 1);
}

async fn rows_in_bulk_are_told_one_by_one(on: &On) {
    let (db, _) = on.filled().await;
    let heard = listen(&db, all);
    let drafts = vec![draft("a"), draft("b"), draft("c").with(Film.id.set(50))];
    let films = Film.bulk_create(drafts, &db).await.unwrap();
    assert_eq!(films.iter().map(|film| film.title.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    let said: Vec<String> =
        heard.take().iter().map(|said| said.split(" new").next().unwrap().to_owned()).collect();
    assert_eq!(said, ["saving a", "saving b", "saving c", "saved 4 a", "saved 5 b", "saved 50 c"]);
    let both = ["b", "new"].map(draft);
    let by = (Film.title, Film.released);
    assert_eq!(Film.bulk_upsert(both.clone(), by, Film.votes, &db).await.unwrap().len(), 2);
    let said = heard.take();
    let shown: Vec<&str> = said.iter().map(|said| said.split(" [").next().unwrap()).collect();
    assert_eq!(
        shown,
        ["saving b new=false pk=Some(5)", "saved 5 b new=false", "saving new new=true pk=None", shown[3]]
    );
    assert!(Film.bulk_create_missing(both, by, &db).await.unwrap().is_empty() && heard.take().is_empty());
    // Updates of queries read no rows, and tell of none.
    Film.query().update(Film.votes.set(1)).exec(&db).await.unwrap();
    Film.bulk_update(&films, Film.votes, &db).await.unwrap();
    assert!(heard.take().is_empty());
}

async fn writes_by_name_are_told_as_typed_ones(on: &On) {
    let (db, _) = on.filled().await;
    let heard = listen(&db, all);
    let films = || {
        let set = quintet_orm::dynamic::DynSet::new(Film.meta());
        set.writable(["title", "director", "released", "votes"]).unwrap()
    };
    let row = films()
        .insert([("title", "by name"), ("director", "1"), ("released", "2001-02-03")], &db)
        .await
        .unwrap();
    let key = row.key().as_int().unwrap();
    assert_eq!(heard.take()[0], "saving by name new=true pk=None");
    films().update(&key.to_string(), [("votes", "5")], &db).await.unwrap();
    // What is not written is known too.
    assert_eq!(
        heard.take(),
        [
            format!("saving by name new=false pk=Some({key})"),
            format!("saved {key} by name new=false [\"votes\"]")
        ]
    );
    films().delete(&key.to_string(), &db).await.unwrap();
    assert_eq!(heard.take(), ["deleting by name", "deleted by name"]);
}

async fn deleted_rows_are_told_with_those_that_go_along(on: &On) {
    let (db, rows) = on.filled().await;
    let heard = listen(&db, |site| {
        all(site).on(async |services: Services, review: Arc<Deleting<Review>>| {
            // The film that it is of is still there.
            let film = Film.get(*review.film.id(), review.tx()).await?;
            say(&services, format!("review {} of {}", review.id, film.title));
            Ok(())
        })
    });
    assert_eq!(rows.ridley.delete(&db).await.unwrap(), 1);
    assert_eq!(
        heard.take(),
        [
            "deleting Alien",
            "deleting Blade Runner",
            "review 1 of Alien",
            "review 2 of Alien",
            "review 3 of Blade Runner",
            "deleted Alien",
            "deleted Blade Runner"
        ]
    );
    assert_eq!((Director.count(&db).await.unwrap(), Review.count(&db).await.unwrap()), (1, 1));
    // A query whose condition would answer otherwise while its rows go.
    let gone = Film.filter(Film.reviews.exists()).delete(&db).await.unwrap();
    assert_eq!((gone, heard.take().len()), (1, 3));
    assert_eq!(rows.cleo.delete(&db).await.unwrap(), 0);
}

async fn a_receiver_can_keep_a_row_from_going(on: &On) {
    let (db, rows) = on.filled().await;
    let _heard = listen(&db, |site| {
        site.on(async |_: Services, review: Arc<Deleting<Review>>| match review.stars {
            3 => Err(Error::forbidden("three stars stay")),
            _ => Ok(()),
        })
    });
    assert_eq!(rows.ridley.delete(&db).await.unwrap_err().to_string(), "three stars stay");
    assert_eq!((Director.count(&db).await.unwrap(), Review.count(&db).await.unwrap()), (2, 4));
    rows.cleo.delete(&db).await.unwrap();
    assert_eq!(Review.count(&db).await.unwrap(), 3);
}

async fn links_are_told_with_the_keys_that_changed(on: &On) {
    let (db, rows) = on.filled().await;
    let heard = listen(&db, |site| {
        site.on(async |services: Services, links: Arc<LinksChanging<Film>>| {
            assert!(links.is(Film.tags));
            if links.action() == LinkAction::Clear && links.is_reverse() {
                return Err(Error::forbidden("tags keep their films"));
            }
            say(&services, format!("{:?}", links.action()));
            Ok(())
        })
        .on(async |services: Services, links: Arc<LinksChanged<Film>>| {
            let keys = |keys: &[Value]| keys.iter().filter_map(Value::as_int).collect::<Vec<_>>();
            let owner = links.owner().as_int().unwrap();
            say(
                &services,
                format!(
                    "{owner} {} +{:?} -{:?}",
                    links.is_reverse(),
                    keys(links.added()),
                    keys(links.removed())
                ),
            );
            Ok(())
        })
    });
    let tags = |film: &Film| film.related(Film.tags);
    tags(&rows.alien).add([1, 2], &db).await.unwrap();
    assert_eq!(heard.take(), ["Add", "1 false +[2] -[]"]);
    tags(&rows.alien).add([1, 2], &db).await.unwrap();
    assert_eq!(heard.take(), ["Add"], "nothing has changed");
    tags(&rows.alien).set([2, 3], &db).await.unwrap();
    assert_eq!(heard.take(), ["Set", "1 false +[3] -[1]"]);
    tags(&rows.alien).remove([1, 3], &db).await.unwrap();
    assert_eq!(heard.take(), ["Remove", "1 false +[] -[3]"]);
    tags(&rows.alien).clear(&db).await.unwrap();
    assert_eq!(heard.take(), ["Clear", "1 false +[] -[2]"]);
    // From the other side.
    rows.tags[2].related(Tag.films).add([&rows.cleo], &db).await.unwrap();
    assert_eq!(heard.take(), ["Add", "3 true +[3] -[]"]);
    let error = rows.tags[2].related(Tag.films).clear(&db).await.unwrap_err();
    assert_eq!(error.to_string(), "tags keep their films");
    assert_eq!(rows.tags[2].related(Tag.films).count(&db).await.unwrap(), 1);
    // With a new row.
    let new = create!(Film { title: "n", director: 1, released: date("2000-01-01"), tags: [1, 2] });
    let id = new.insert(&db).await.unwrap().id;
    assert_eq!(heard.take(), ["Add".to_owned(), format!("{id} false +[1, 2] -[]")]);
}

async fn an_event_that_is_kept_can_write_no_more(on: &On) {
    let (db, _) = on.filled().await;
    let kept: Arc<Mutex<Option<Arc<Saved<Film>>>>> = Arc::default();
    let keep = kept.clone();
    let _heard = listen(&db, |site| {
        site.on(move |_: Services, film: Arc<Saved<Film>>| {
            *keep.lock().unwrap() = Some(film);
            std::future::ready(Ok(()))
        })
    });
    db.atomic(async |tx| {
        draft("x").insert(tx).await?;
        let film = kept.lock().unwrap().clone().unwrap();
        let error = Film.count(film.tx()).await.unwrap_err();
        assert!(error.to_string().contains("after its receiver had ended"), "{error}");
        Ok(())
    })
    .await
    .unwrap();
    let film = kept.lock().unwrap().clone().unwrap();
    assert!(create!(Tag { name: "late" }).insert(film.tx()).await.is_err());
    // The row itself stays readable.
    assert_eq!(film.title, "x");
}

async fn the_outer_handle_is_refused_in_a_receiver(on: &On) {
    let (db, _) = on.filled().await;
    let outer = db.clone();
    let _heard = listen(&db, |site| {
        site.on(move |_: Services, _: Arc<Saved<Film>>| {
            let outer = outer.clone();
            async move { Film.count(&outer).await.map(drop) }
        })
    });
    let error = draft("x").insert(&db).await.unwrap_err();
    assert!(error.to_string().contains("inside"), "{error}");
}

async fn receivers_without_end_are_stopped(on: &On) {
    let (db, _) = on.filled().await;
    let _heard = listen(&db, |site| {
        site.on(async |_: Services, film: Arc<Saved<Film>>| {
            let title = format!("{} again", film.title);
            create!(Film {
                title: title.get(..9).unwrap_or("x"),
                director: 1,
                released: Date::constant(2000, 1, (film.id % 28 + 1) as i8)
            })
            .insert(film.tx())
            .await
            .map(drop)
        })
    });
    let before = Film.count(&db).await.unwrap();
    let error = create!(Film { title: "a", director: 1, released: date("1990-01-01") })
        .insert(&db)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("without end") || matches!(error.kind(), ErrorKind::Conflict { .. }),
        "{error}"
    );
    assert_eq!(Film.count(&db).await.unwrap(), before);
}

async fn hooks_of_a_receiver_run_after_the_commit(on: &On) {
    let (db, _) = on.filled().await;
    let heard = listen(&db, |site| {
        site.on(async |services: Services, film: Arc<Saved<Film>>| {
            let title = film.title.clone();
            film.tx().on_commit(async move || {
                say(&services, title);
                Ok(())
            });
            Ok(())
        })
    });
    db.atomic(async |tx| {
        draft("kept").insert(tx).await?;
        let lost: Result = tx
            .atomic(async |sp| {
                create!(Film { title: "lost", director: 1, released: date("1999-01-01") }).insert(sp).await?;
                Err(Error::internal("no"))
            })
            .await;
        assert!(lost.is_err() && heard.take().is_empty());
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(heard.take(), ["kept"]);
}
