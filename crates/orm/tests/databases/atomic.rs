//! Requests as transactions of several databases.

use std::sync::Arc;

use quintet_core::{
    Boot, BoxFuture, Error, Result, Room, Service, Services, Site, atomic::AtomicRequests, settings::Settings,
};
use quintet_orm::{OrmRoom, prelude::*};

use super::support::*;

pairs! {
    databases_that_take_part_are_kept_or_undone_with_the_request,
    one_that_does_not_take_part_is_read_but_not_written,
    a_named_handle_is_the_requests_transaction,
    a_handle_of_another_database_ends_with_its_request,
}

async fn start(two: &Two, takes_part: bool) -> Services {
    let given = [
        ("database.url", two.urls[0].clone()),
        ("database.atomic_requests", "true".to_owned()),
        ("databases.archive.url", two.urls[1].clone()),
        ("databases.archive.atomic_requests", takes_part.to_string()),
    ];
    let settings = Settings::for_tests("/nowhere", given);
    let mut boot = Boot::new(Arc::new(Site::new()), settings, Services::builder()).unwrap();
    OrmRoom.start(&mut boot).await.unwrap();
    boot.services.build()
}

/// Handles a request as the web room does.
async fn request<F: Future<Output = Result<bool>> + Send>(
    services: &Services,
    work: impl FnOnce(Db) -> F + Send,
) -> Result {
    let runner = services.require::<Arc<dyn AtomicRequests>>().unwrap();
    assert!(runner.by_default());
    let mut failed = None;
    let done: BoxFuture<'_, bool> = Box::pin(async {
        work(Db::of(services).unwrap()).await.unwrap_or_else(|error| {
            failed = Some(error);
            false
        })
    });
    runner.run(Arc::new("POST /entries/ (src/pages.rs:7)"), done).await?;
    failed.map_or(Ok(()), Err)
}

async fn both(db: &Db, name: &str) -> Result {
    create!(Customer { name: name, visits: 1 }).insert(db).await?;
    create!(Entry { text: name, level: 1 }).insert(db).await?;
    Ok(())
}

async fn databases_that_take_part_are_kept_or_undone_with_the_request(two: Two) {
    let services = &start(&two, true).await;
    request(services, async |db: Db| both(&db, "kept").await.map(|()| true)).await.unwrap();
    assert_eq!([two.count("shop_customer").await, two.count("shop_entry").await], [[1, 0], [0, 1]]);
    let seen = &two;
    request(services, async move |db: Db| {
        both(&db, "undone").await?;
        // Inside it is seen, and nowhere else.
        assert_eq!(Entry.query().count(&db).await?, 2);
        assert_eq!(seen.count("shop_entry").await[1], 1);
        Ok(false)
    })
    .await
    .unwrap();
    let error = request(services, async |db: Db| {
        both(&db, "failed").await?;
        Err(Error::bad_request("no"))
    });
    assert_eq!(error.await.unwrap_err().to_string(), "no");
    assert_eq!([two.count("shop_customer").await, two.count("shop_entry").await], [[1, 0], [0, 1]]);
    // One that is dropped half-way.
    let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
    {
        let mut sender = Some(sender);
        let waiting = request(services, async move |db: Db| {
            both(&db, "dropped").await?;
            drop(sender.take());
            std::future::pending::<()>().await;
            Ok(true)
        });
        tokio::select! {
            _ = waiting => unreachable!("it waits for ever"),
            _ = receiver => {}
        }
    }
    create!(Entry { text: "after", level: 1 }).insert(&Db::of(services).unwrap()).await.unwrap();
    assert_eq!([two.count("shop_customer").await, two.count("shop_entry").await], [[1, 0], [0, 2]]);
    // A savepoint of the archive, inside of the request.
    request(services, async |db: Db| {
        let archive = db.using("archive")?;
        let undone = archive.atomic(async |tx| {
            create!(Entry { text: "inner", level: 1 }).insert(tx).await?;
            Err::<(), _>(Error::bad_request("only this"))
        });
        assert!(undone.await.is_err());
        create!(Entry { text: "outer", level: 1 }).insert(&db).await?;
        Ok(true)
    })
    .await
    .unwrap();
    assert_eq!(two.count("shop_entry").await, [0, 3]);
}

async fn one_that_does_not_take_part_is_read_but_not_written(two: Two) {
    put(&two.plain[1], "shop_entry", "text", "old").await;
    let services = &start(&two, false).await;
    let error = request(services, async |db: Db| {
        create!(Customer { name: "undone", visits: 1 }).insert(&db).await?;
        assert_eq!(Entry.query().count(&db).await?, 1);
        create!(Entry { text: "refused", level: 1 }).insert(&db).await?;
        Ok(true)
    });
    let error = error.await.unwrap_err().to_string();
    assert!(error.contains("a write of Entry goes to the database `archive`"), "{error}");
    assert!(
        error.contains("POST /entries/")
            && error.contains("atomic_requests = true` in `[databases.archive]`"),
        "{error}"
    );
    assert_eq!([two.count("shop_customer").await, two.count("shop_entry").await], [[0, 0], [0, 1]]);
    // On purpose, it is written whatever becomes of the request.
    request(services, async |db: Db| {
        create!(Entry { text: "outside", level: 1 }).insert(&db.using("archive")?).await?;
        create!(Customer { name: "undone", visits: 1 }).insert(&db).await?;
        Ok(false)
    })
    .await
    .unwrap();
    assert_eq!([two.count("shop_customer").await, two.count("shop_entry").await], [[0, 0], [0, 2]]);
}

async fn a_named_handle_is_the_requests_transaction(two: Two) {
    let services = &start(&two, true).await;
    request(services, async |db: Db| {
        let archive = db.using("archive")?;
        assert!(format!("{archive:?}").contains("in the transaction of POST /entries/"), "{archive:?}");
        create!(Entry { text: "a", level: 1 }).insert(&archive).await?;
        // All models are asked there, in a savepoint, too.
        create!(Customer { name: "there", visits: 1 }).insert(&archive).await?;
        archive
            .atomic(async |tx| create!(Customer { name: "too", visits: 1 }).insert(tx).await.map(drop))
            .await?;
        assert_eq!(Customer.using("archive").count(&db).await?, 2);
        // The database itself would run outside of the transaction, or wait for it.
        let outside = db.outside().using("archive")?;
        let error = Entry.query().count(&outside).await.unwrap_err();
        assert!(error.to_string().contains("inside of the transaction of a request"), "{error}");
        let same = db.using("default")?;
        create!(Customer { name: "here", visits: 1 }).insert(&same).await?;
        Ok(false)
    })
    .await
    .unwrap();
    assert_eq!([two.count("shop_customer").await, two.count("shop_entry").await], [[0, 0], [0, 0]]);
}

async fn a_handle_of_another_database_ends_with_its_request(two: Two) {
    let services = &start(&two, true).await;
    let kept = std::sync::Mutex::new(None);
    request(services, async |db: Db| {
        *kept.lock().unwrap() = Some((db.using("archive")?, db));
        Ok(true)
    })
    .await
    .unwrap();
    let (archive, db) = kept.into_inner().unwrap().unwrap();
    let over = [
        Entry.query().count(&archive).await.unwrap_err(),
        db.using("archive").map(drop).unwrap_err(),
        create!(Entry { text: "late", level: 1 }).insert(&db).await.map(drop).unwrap_err(),
    ];
    for error in over {
        assert!(error.to_string().contains("has ended"), "{error}");
    }
    let outside = db.outside();
    create!(Entry { text: "late", level: 1 }).insert(&outside).await.unwrap();
    assert_eq!(two.count("shop_entry").await, [0, 1]);
}
