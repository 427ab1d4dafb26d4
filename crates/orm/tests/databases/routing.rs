//! Where queries go: the model's database, `using`, a router, and what can't be done across databases.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use quintet_orm::{
    Access, DatabaseRouter, Databases, Executor, QueryLog, Stmt, change::Notice, dynamic::DynSet, prelude::*,
};

use super::support::*;

pairs! {
    models_are_read_and_written_where_they_live,
    all_ways_to_write_go_home,
    rows_by_key_are_at_home,
    a_stream_of_drafts_goes_home,
    using_asks_the_named_database,
    a_transaction_is_of_one_database,
    statements_stay_within_one_database,
    the_log_names_the_database,
    a_router_decides_before_the_model_does,
    a_router_may_tell_reads_from_writes,
    changes_are_told_by_the_database_they_are_in,
}

async fn models_are_read_and_written_where_they_live(two: Two) {
    let db = &two.db;
    let customer = create!(Customer { name: "Ann", visits: 1 }).insert(db).await.unwrap();
    create!(Purchase { customer: &customer, what: "tea" }).insert(db).await.unwrap();
    let entry = create!(Entry { text: "first", level: 3 }).insert(db).await.unwrap();
    create!(Mark { entry: &entry, word: "red" }).insert(db).await.unwrap();
    assert_eq!(two.count("shop_customer").await, [1, 0]);
    assert_eq!(two.count("shop_entry").await, [0, 1]);
    assert_eq!(two.count("shop_mark").await, [0, 1]);
    // Rows of the same tables in the other database are not seen.
    put(&two.plain[0], "shop_entry", "text", "elsewhere").await;
    put(&two.plain[1], "shop_customer", "name", "elsewhere").await;

    let entries = Entry.prefetch_related(Entry.marks).all(db).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(
        (entries[0].text.as_str(), entries[0].marks.get().unwrap()[0].word.as_str()),
        ("first", "red")
    );
    let marks = Mark.select_related(Mark.entry).filter(Mark.entry.level.gt(1)).all(db).await.unwrap();
    assert_eq!(marks[0].entry.get().unwrap().text, "first");
    assert_eq!(Customer.query().count(db).await.unwrap(), 1);
    assert!(!Entry.filter(Entry.text.eq("elsewhere")).exists(db).await.unwrap());
    let highest = Entry.query().aggregate(Entry.level.max(), db).await.unwrap();
    assert_eq!(highest, Some(3));
    let mut rows = Entry.query().stream(db);
    assert_eq!(rows.next().await.unwrap().unwrap().text, "first");
    assert!(rows.next().await.is_none());
    drop(rows);
    let page = Entry.order_by(Entry.id).page(1, 10, db).await.unwrap();
    assert_eq!(page.total, 1);
    let raw = Entry.raw("SELECT * FROM shop_entry", vec![]).all(db).await.unwrap();
    assert_eq!((raw.len(), raw[0].text.as_str()), (1, "first"));
    let json = Entry.query().json(db).await.unwrap();
    assert_eq!(String::from_utf8_lossy(json.as_bytes()), r#"[{"id":1,"text":"first","level":3}]"#);
    let by_name = DynSet::new(Entry::meta()).allow(["text"]).unwrap();
    let found = by_name.filter("text__startswith", "f").unwrap().all(db).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(entry.refresh(db).await.unwrap().text, "first");
}

async fn all_ways_to_write_go_home(two: Two) {
    let db = &two.db;
    let drafts = ["a", "b", "c"].map(|text| create!(Entry { text: text, level: 1 }));
    let mut entries = Entry.bulk_create(drafts, db).await.unwrap();
    entries[0].level = 7;
    Entry.bulk_update(&entries[..1], Entry.level, db).await.unwrap();
    assert_eq!(Entry.query().update(Entry.level.set(Entry.level + 1)).exec(db).await.unwrap(), 3);
    let mut edit = entries[1].clone().edit();
    edit.text = "bb".into();
    edit.save(db).await.unwrap();
    let (_, made) = create!(Entry { text: "d", level: 1 }).or_get(Entry.text, db).await.unwrap();
    assert!(made);
    let (same, made) = create!(Entry { text: "d", level: 9 }).or_get(Entry.text, db).await.unwrap();
    assert!(!made && same.level == 1);
    let label = create!(Label { name: "old" }).insert(db).await.unwrap();
    let mut all = Entry.order_by(Entry.text).all(db).await.unwrap();
    let texts: Vec<(String, i32)> = all.iter().map(|entry| (entry.text.clone(), entry.level)).collect();
    assert_eq!(texts, [("a".into(), 8), ("bb".into(), 2), ("c".into(), 2), ("d".into(), 1)]);
    let first = all.remove(0);
    first.related(Entry.tags).add([&label], db).await.unwrap();
    assert_eq!(two.count("shop_entry_tags").await, [0, 1]);
    assert_eq!(first.related(Entry.tags).all(db).await.unwrap()[0].name, "old");
    assert_eq!(Entry.filter(Entry.text.eq("c")).delete(db).await.unwrap(), 1);
    first.delete(db).await.unwrap();
    assert_eq!(two.count("shop_entry").await, [0, 2]);
    assert_eq!(two.count("shop_entry_tags").await, [0, 0]);
    let more = ["x", "y"].map(|text| create!(Entry { text: text, level: 1 }));
    assert_eq!(Entry.bulk_insert(more, db).await.unwrap(), 2);
    let again = ["x", "z"].map(|text| create!(Entry { text: text, level: 5 }));
    Entry.bulk_upsert(again, Entry.text, Entry.level, db).await.unwrap();
    assert_eq!(Entry.filter(Entry.level.eq(5)).delete(db).await.unwrap(), 2);
    assert_eq!(Entry.filter(Entry.text.eq("y")).delete(db).await.unwrap(), 1);
    assert_eq!(two.count("shop_entry").await, [0, 2]);
    let by_name = DynSet::new(Entry::meta()).allow(["text"]).unwrap();
    assert_eq!(by_name.filter("text", "d").unwrap().count(db).await.unwrap(), 1);
    assert_eq!(Entry.query().in_bulk([entries[1].id, 999], db).await.unwrap().len(), 1);
    // What must be unique is looked up there, too.
    let taken = create!(Entry { text: "bb", level: 1 }).insert(db).await.unwrap_err();
    assert_eq!(taken.status(), 409, "{taken}");
}

/// A row of either database has the same key, so that whatever goes to the wrong one meets a row there.
async fn rows_by_key_are_at_home(two: Two) {
    let db = &two.db;
    for (plain, text) in two.plain.iter().zip(["elsewhere", "first"]) {
        put(plain, "shop_entry", "text", text).await;
        put(plain, "shop_customer", "name", text).await;
    }
    let id = Entry.all(db).await.unwrap()[0].id;
    let texts = async || {
        let of =
            async |at: usize| Entry.query().all(&two.plain[at]).await.unwrap().pop().map(|entry| entry.text);
        [of(0).await, of(1).await]
    };
    let seen = |first: &str, second: &str| [Some(first.to_owned()), Some(second.to_owned())];
    // Twice: the second statement is one that was kept.
    for round in ["one", "two"] {
        let mut entry = Entry.get(id, db).await.unwrap().edit();
        entry.text = round.into();
        assert_eq!(entry.save(db).await.unwrap().text, round);
        assert_eq!(texts().await, seen("elsewhere", round));
        // A handle that was chosen is asked, whatever the model says.
        let default = db.using("default").unwrap();
        let mut other = Entry.get(id, &default).await.unwrap().edit();
        assert!(other.text.starts_with("elsewhere"));
        other.text = format!("elsewhere {round}");
        other.save(&default).await.unwrap();
        assert_eq!(texts().await, seen(&format!("elsewhere {round}"), round));
        let back = Entry.query().update(Entry.text.set("elsewhere")).exec(&two.plain[0]).await;
        assert_eq!(back.unwrap(), 1);
    }
    // Inside a transaction of the other database it is an error, not another row.
    let refused = db.atomic(async |tx| Entry.get(id, tx).await).await.unwrap_err();
    assert!(refused.to_string().contains("a transaction is of one database"), "{refused}");
    let entry = Entry.get(id, db).await.unwrap();
    let refused = db
        .atomic(async |tx| {
            let mut edit = entry.clone().edit();
            edit.text = "lost".into();
            edit.save(tx).await
        })
        .await;
    assert!(refused.unwrap_err().to_string().contains("a transaction is of one database"));
    assert_eq!(texts().await, seen("elsewhere", "two"));
    // The row itself goes, where it lives, by the same kept statement each time.
    for _ in 0..2 {
        let entry = Entry.all(db).await.unwrap().remove(0);
        entry.delete(db).await.unwrap();
        assert_eq!(two.count("shop_entry").await, [1, 0]);
        assert_eq!(Entry.get(id, db).await.unwrap_err().status(), 404);
        put(&two.plain[1], "shop_entry", "text", "again").await;
    }
    Customer.all(db).await.unwrap().remove(0).delete(db).await.unwrap();
    assert_eq!(two.count("shop_customer").await, [0, 1]);
}

/// More rows than one statement takes, with and without a transaction around, and with many-to-many objects.
async fn a_stream_of_drafts_goes_home(two: Two) {
    let db = &two.db;
    let drafts = |from: usize| (from..from + 1200).map(|n| create!(Entry { text: format!("{n}"), level: 1 }));
    assert_eq!(Entry.bulk_insert(drafts(0), db).await.unwrap(), 1200);
    assert_eq!(two.count("shop_entry").await, [0, 1200]);
    assert_eq!(Entry.bulk_insert(drafts(0), &db.using("default").unwrap()).await.unwrap(), 1200);
    assert_eq!(two.count("shop_entry").await, [1200, 1200]);
    let archive = db.using("archive").unwrap();
    let inside = archive.atomic(async |tx| Entry.bulk_insert(drafts(2000), tx).await);
    assert_eq!(inside.await.unwrap(), 1200);
    let elsewhere = db.atomic(async |tx| Entry.bulk_insert(drafts(4000), tx).await).await.unwrap_err();
    assert!(elsewhere.to_string().contains("a transaction is of one database"), "{elsewhere}");
    assert_eq!(two.count("shop_entry").await, [1200, 2400]);
    let label = create!(Label { name: "new" }).insert(db).await.unwrap();
    let tagged = (0..3).map(|n| create!(Entry { text: format!("tagged {n}"), level: 1, tags: [&label] }));
    assert_eq!(Entry.bulk_insert(tagged, db).await.unwrap(), 3);
    assert_eq!(two.count("shop_entry_tags").await, [0, 3]);
}

async fn using_asks_the_named_database(two: Two) {
    let db = &two.db;
    put(&two.plain[0], "shop_customer", "name", "here").await;
    put(&two.plain[1], "shop_customer", "name", "there").await;
    let there = Customer.using("archive").all(db).await.unwrap();
    assert_eq!((there.len(), there[0].name.as_str()), (1, "there"));
    let archive = db.using("archive").unwrap();
    assert_eq!(archive.name(), "archive");
    assert_eq!(Customer.query().get(there[0].id, &archive).await.unwrap().name, "there");
    // What is loaded beside comes from there as well.
    create!(Purchase { customer: &there[0], what: "tea" }).insert(&archive).await.unwrap();
    assert_eq!(two.count("shop_purchase").await, [0, 1]);
    let with = Customer.using("archive").prefetch_related(Customer.orders).all(db).await.unwrap();
    assert_eq!(with[0].orders.get().unwrap()[0].what, "tea");
    let changed = Customer.using("archive").update(Customer.visits.set(5)).exec(db).await.unwrap();
    assert_eq!(changed, 1);
    assert_eq!(Customer.query().aggregate(Customer.visits.sum(), db).await.unwrap(), Some(0));
    let total = Customer.using("archive").limit(1).aggregate(Customer.visits.sum(), db).await.unwrap();
    assert_eq!(total, Some(5));
    let both = Customer.using("archive").union(Customer.filter(Customer.visits.gt(1)));
    assert_eq!(both.all(db).await.unwrap().len(), 1);
    let late = Customer.filter(Customer.visits.gt(1)).union(Customer.filter(Customer.visits.lt(-1)));
    assert_eq!(late.using("archive").all(db).await.unwrap().len(), 1);
    assert!(!Customer.query().using("archive").explain(db).await.unwrap().is_empty());
    assert_eq!(Customer.using("archive").delete(db).await.unwrap(), 1);
    assert_eq!(two.count("shop_customer").await, [1, 0]);
    // A model of the archive, asked for in the default database.
    put(&two.plain[0], "shop_entry", "text", "moved").await;
    assert_eq!(Entry.using("default").all(db).await.unwrap()[0].text, "moved");
    assert_eq!(Entry.query().all(&db.using("default").unwrap()).await.unwrap()[0].text, "moved");
    assert_eq!(Entry.query().count(db).await.unwrap(), 0);
    // A transaction of the archive has all models there.
    db.using("archive")
        .unwrap()
        .atomic(async |tx| {
            let made = create!(Customer { name: "in it", visits: 1 }).insert(tx).await?;
            create!(Entry { text: "in it", level: 1 }).insert(tx).await?;
            tx.atomic(async |inner| Customer.filter(Customer.id.eq(made.id)).delete(inner).await.map(drop))
                .await
        })
        .await
        .unwrap();
    assert_eq!((two.count("shop_customer").await, two.count("shop_entry").await), ([1, 0], [1, 1]));
    for error in [
        db.using("archvie").unwrap_err(),
        Customer.using("archvie").all(db).await.unwrap_err(),
        Customer.using("archvie").all(&two.plain[0]).await.unwrap_err(),
    ] {
        assert!(error.to_string().contains("no database `archvie`"), "{error}");
    }
    let error = db.using("archvie").unwrap_err().to_string();
    assert!(error.contains("[databases.archvie]") && error.contains("did you mean `archive`?"), "{error}");
    // The same of a query by name.
    put(&two.plain[1], "shop_customer", "name", "named").await;
    let named = DynSet::new(Customer::meta()).using("archive").all(db).await.unwrap();
    assert_eq!(named.len(), 1);
}

async fn a_transaction_is_of_one_database(two: Two) {
    let db = &two.db;
    let error = db
        .atomic(async |tx| {
            create!(Customer { name: "Ann", visits: 1 }).insert(tx).await?;
            create!(Entry { text: "lost", level: 1 }).insert(tx).await
        })
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(text.contains("Entry is asked for in the database `archive`"), "{text}");
    assert!(
        text.contains("transaction of `default`") && text.contains("db.using(\"archive\")?.atomic"),
        "{text}"
    );
    assert!(error.location().file().ends_with("routing.rs"), "{}", error.location());
    assert_eq!((two.count("shop_customer").await, two.count("shop_entry").await), ([0, 0], [0, 0]));

    let entry = create!(Entry { text: "kept", level: 1 }).insert(db).await.unwrap();
    let tx = db.begin().await.unwrap();
    let refused = [
        Entry.query().all(&tx).await.map(drop).unwrap_err(),
        Entry.query().count(&tx).await.map(drop).unwrap_err(),
        Entry.query().update(Entry.level.set(2)).exec(&tx).await.map(drop).unwrap_err(),
        Entry.query().delete(&tx).await.map(drop).unwrap_err(),
        entry.clone().delete(&tx).await.map(drop).unwrap_err(),
        Customer.using("archive").all(&tx).await.map(drop).unwrap_err(),
        Entry.query().stream(&tx).next().await.unwrap().map(drop).unwrap_err(),
    ];
    for error in refused {
        assert!(error.to_string().contains("a transaction is of one database"), "{error}");
    }
    // Its own models, by whatever handle it was begun.
    create!(Customer { name: "Bob", visits: 1 }).insert(&tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((two.count("shop_customer").await, two.count("shop_entry").await), ([1, 0], [0, 1]));
    // Beside it, the other database's transaction is open, too.
    let archive = db.using("archive").unwrap();
    let error = archive
        .atomic(async |there| {
            create!(Entry { text: "undone", level: 1 }).insert(there).await?;
            create!(Customer { name: "stays", visits: 1 }).insert(db).await?;
            Err::<(), _>(quintet_core::Error::bad_request("enough"))
        })
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "enough");
    assert_eq!((two.count("shop_customer").await, two.count("shop_entry").await), ([2, 0], [0, 1]));
}

async fn statements_stay_within_one_database(two: Two) {
    let db = &two.db;
    let join = Crossing.filter(Crossing.entry.level.gt(1)).all(db).await.unwrap_err().to_string();
    assert!(
        join.contains("Crossing lives in the database `default`, and Entry in `archive` (by Crossing.entry)"),
        "{join}"
    );
    let join = Crossing.select_related(Crossing.entry).all(db).await.unwrap_err().to_string();
    assert!(join.contains("a statement sees one database"), "{join}");
    let inner = Entry.select(Entry.text);
    let nested = Customer.filter(Customer.name.in_query(inner)).all(db).await.unwrap_err().to_string();
    assert!(nested.contains("Customer lives in the database `default`, and Entry in `archive`"), "{nested}");
    let inner = Customer.using("archive").select(Customer.name);
    let nested = Customer.filter(Customer.name.in_query(inner)).all(db).await.unwrap_err().to_string();
    assert!(nested.contains("using(\"archive\")"), "{nested}");
    let inner = Customer.using("archive").select(Customer.name);
    let nested = Customer.filter(Customer.name.in_query(inner)).update(Customer.visits.set(1)).exec(db).await;
    assert!(nested.unwrap_err().to_string().contains("using(\"archive\")"));
    // Said of both, it is one statement.
    let inner = Customer.using("archive").select(Customer.name);
    let fine = Customer.using("archive").filter(Customer.name.in_query(inner)).all(db).await;
    assert!(fine.unwrap().is_empty());
    let parts = Customer.using("archive").union(Customer.using("default")).all(db).await;
    assert!(parts.unwrap_err().to_string().contains("using(\"default\")"));
    // The key alone is a column.
    assert!(Crossing.filter(Crossing.entry.eq(3)).all(db).await.unwrap().is_empty());
}

async fn the_log_names_the_database(two: Two) {
    let log = QueryLog::new();
    log.clone()
        .scope(async {
            Customer.query().count(&two.db).await.unwrap();
            Entry.query().count(&two.db).await.unwrap();
            two.db.using("archive").unwrap().atomic(async |tx| Entry.query().count(tx).await).await.unwrap();
        })
        .await;
    let names: Vec<String> = log.records().iter().map(|record| record.database.to_string()).collect();
    assert_eq!(names, ["default", "archive", "archive"]);
    let archive = format!("{:?}", two.db.using("archive").unwrap());
    assert!(archive.starts_with("Db(archive: "), "{archive}");
    // A recording is one database's.
    let recording = two.db.using("archive").unwrap().record();
    Customer.query().count(&two.db).await.unwrap();
    Entry.query().count(&two.db).await.unwrap();
    assert_eq!(recording.count(), 1);
}

tokio::task_local! {
    static TENANT: &'static str;
}

/// Customers of a tenant are in its database; of entries, reads and writes are told apart.
struct Tenants(Arc<Mutex<Vec<(&'static str, Access)>>>);

impl DatabaseRouter for Tenants {
    fn route(&self, model: &'static quintet_core::meta::ModelMeta, access: Access) -> Option<String> {
        self.0.lock().unwrap().push((model.name, access));
        match model.name {
            "Customer" => TENANT.try_with(|name| (*name).to_owned()).ok(),
            _ => None,
        }
    }

    fn lives_in(&self, label: &str, _: Option<&str>, _: &str) -> Option<bool> {
        (label == "shop.Customer").then_some(true)
    }
}

async fn a_router_decides_before_the_model_does(two: Two) {
    let [first, second] = two.plain.clone();
    let asked = Arc::default();
    let router = Arc::new(Tenants(Arc::clone(&asked)));
    let db = &Databases::new(first).with(second).router(router).build().unwrap();
    for (tenant, name) in [("default", "Ann"), ("archive", "Bob"), ("archive", "Cleo")] {
        TENANT
            .scope(tenant, async { create!(Customer { name: name, visits: 1 }).insert(db).await.unwrap() })
            .await;
    }
    assert_eq!(two.count("shop_customer").await, [1, 2]);
    let bob = TENANT.scope("archive", Customer.filter(Customer.name.eq("Bob")).count(db)).await.unwrap();
    assert_eq!(bob, 1);
    // Without a tenant it is what the model says, and with a name that.
    assert_eq!(Customer.query().count(db).await.unwrap(), 1);
    assert_eq!(TENANT.scope("default", Customer.using("archive").count(db)).await.unwrap(), 2);
    create!(Entry { text: "a", level: 1 }).insert(db).await.unwrap();
    assert_eq!(two.count("shop_entry").await, [0, 1]);
    let mut asked: Vec<_> = std::mem::take(&mut *asked.lock().unwrap());
    asked.dedup();
    let all: Vec<_> = asked.iter().map(|(name, access)| (*name, *access == Access::Write)).collect();
    assert_eq!(all, [("Customer", true), ("Customer", false), ("Entry", true)]);
    // A tenant that there is not.
    let lost = TENANT.scope("nowhere", Customer.query().count(db)).await.unwrap_err().to_string();
    assert!(lost.contains("no database `nowhere`"), "{lost}");
    let archive = db.using("archive").unwrap();
    assert!(archive.holds("shop.Customer", None) && db.holds("shop.Customer", None));
    assert!(archive.holds("shop.Entry", Some("archive")) && !db.holds("shop.Entry", Some("archive")));
    assert!(!archive.holds("shop.Purchase", None) && db.holds("shop.Purchase", None));
    // A closure is a router, too.
    let [first, second] = two.plain.clone();
    let all = |_: &'static quintet_core::meta::ModelMeta, _: Access| Some("archive".to_owned());
    let db = &Databases::new(first).with(second).router(Arc::new(all)).build().unwrap();
    assert_eq!(Customer.query().count(db).await.unwrap(), 2);
}

/// Reads and writes of customers are apart, as with copies that have names.
async fn a_router_may_tell_reads_from_writes(two: Two) {
    let [first, second] = two.plain.clone();
    let apart = |model: &'static quintet_core::meta::ModelMeta, access: Access| {
        (model.name == "Label" && access == Access::Read).then(|| "default".to_owned())
    };
    let db = &Databases::new(first).with(second).router(Arc::new(apart)).build().unwrap();
    let label = create!(Label { name: "new" }).insert(db).await.unwrap();
    assert_eq!((two.count("shop_label").await, Label.query().count(db).await.unwrap()), ([0, 1], 0));
    // A transaction has one place for both, and so has what must know what is there.
    let archive = db.using("archive").unwrap();
    assert_eq!(archive.atomic(async |tx| Label.query().count(tx).await).await.unwrap(), 1);
    let default = db.atomic(async |tx| Label.query().count(tx).await).await.unwrap_err().to_string();
    assert!(default.contains("asked for in the database `archive`"), "{default}");
    assert_eq!(label.refresh(db).await.unwrap().name, "new");
}

async fn changes_are_told_by_the_database_they_are_in(two: Two) {
    let db = &two.db;
    let (mut here, mut there) = (db.changes(), db.using("archive").unwrap().changes());
    create!(Entry { text: "a", level: 1 }).insert(db).await.unwrap();
    create!(Customer { name: "Ann", visits: 1 }).insert(db).await.unwrap();
    db.touched::<Entry>();
    let mut told = HashMap::new();
    for (name, changes, count) in [("here", &mut here, 1), ("there", &mut there, 2)] {
        for _ in 0..count {
            let Some(Notice::Changes(batch)) = changes.next().await else { panic!("nothing was told") };
            let names = batch.changes().iter().map(|change| change.model.name);
            told.entry(name).or_insert_with(Vec::new).extend(names);
        }
    }
    assert_eq!(told["here"], ["Customer"]);
    assert_eq!(told["there"], ["Entry", "Entry"]);
}

#[tokio::test]
async fn names_are_given_once_and_the_default_one_has_none() {
    let archive = || open("sqlite::memory:", "archive");
    let default = open("sqlite::memory:", "default").await;
    let twice = Databases::new(default.clone()).with(archive().await).with(archive().await).build();
    assert!(twice.unwrap_err().to_string().contains("two databases are called `archive`"));
    let error = Databases::new(archive().await).build().unwrap_err().to_string();
    assert!(error.contains("the default database is called `archive`"), "{error}");
    // A handle by itself has all tables, whatever models say.
    let alone = archive().await;
    assert!(alone.holds("shop.Customer", None) && alone.using("archive").is_ok());
    let db: &dyn Executor = &default;
    db.batch(
        "CREATE TABLE shop_entry (id INTEGER PRIMARY KEY, text TEXT NOT NULL, level INTEGER NOT NULL)".into(),
    )
    .await
    .unwrap();
    create!(Entry { text: "a", level: 1 }).insert(db).await.unwrap();
    assert_eq!(db.rows(Stmt::read("SELECT text FROM shop_entry", vec![])).await.unwrap().len(), 1);
}
