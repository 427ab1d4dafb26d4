use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use quintet_core::Error;
use tokio::{sync::Notify, time::sleep};

use super::Place;

pub(crate) async fn one_caller_computes(place: &Place) {
    let (cache, runs) = (place.cache(), Arc::new(AtomicUsize::new(0)));
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (cache, runs) = (cache.clone(), runs.clone());
            tokio::spawn(async move {
                let make = async || {
                    runs.fetch_add(1, SeqCst);
                    sleep(Duration::from_millis(100)).await;
                    Ok(vec![1, 2, 3])
                };
                cache.get_or("k", "1h", make).await.unwrap()
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), [1, 2, 3]);
    }
    assert_eq!(runs.load(SeqCst), 1);
    assert_eq!(cache.get_or("k", "1h", async || Ok(vec![4])).await.unwrap(), [1, 2, 3]);
    // What is kept for no time is computed again, once at a time.
    for n in 0..2 {
        assert_eq!(cache.get_or("zero", "0", async || Ok(n)).await.unwrap(), n);
    }
}

pub(crate) async fn errors_are_told_to_all_who_wait_and_not_kept(place: &Place) {
    let (cache, runs) = (place.cache(), Arc::new(AtomicUsize::new(0)));
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let (cache, runs) = (cache.clone(), runs.clone());
            tokio::spawn(async move {
                let make = async || {
                    runs.fetch_add(1, SeqCst);
                    sleep(Duration::from_millis(200)).await;
                    Err::<i32, _>(Error::not_found("There is no such film."))
                };
                cache.get_or("k", "1h", make).await.unwrap_err()
            })
        })
        .collect();
    for task in tasks {
        let error = task.await.unwrap();
        assert!(error.is_not_found() && error.public_message() == "There is no such film.", "{error:?}");
    }
    let first = runs.load(SeqCst);
    assert!((1..10).contains(&first), "{first} of 10 computed");
    assert_eq!(cache.get::<i32>("k").await.unwrap(), None);
    assert_eq!(cache.get_or("k", "1h", async || Ok(1)).await.unwrap(), 1);
}

pub(crate) async fn who_gives_up_hands_over(place: &Place) {
    let cache = place.cache();
    for panics in [false, true] {
        let begun = Arc::new(Notify::new());
        let (first, told) = (cache.clone(), begun.clone());
        let given_up = tokio::spawn(async move {
            let make = async || {
                told.notify_one();
                sleep(Duration::from_millis(150)).await;
                assert!(!panics, "given up");
                std::future::pending::<()>().await;
                Ok(0)
            };
            first.get_or("k", "1h", make).await
        });
        begun.notified().await;
        let second = cache.clone();
        let waiting = tokio::spawn(async move { second.get_or("k", "1h", async || Ok(7)).await });
        sleep(Duration::from_millis(50)).await;
        assert!(!waiting.is_finished());
        if !panics {
            given_up.abort();
        }
        let got = tokio::time::timeout(Duration::from_secs(8), waiting).await;
        assert_eq!(got.expect("handed over").unwrap().unwrap(), 7);
        cache.forget("k").await.unwrap();
    }
}

/// Two handles that know nothing of each other, as two processes have.
pub(crate) async fn processes_compute_once(place: &Place) {
    if !place.backend.is_shared() {
        return;
    }
    let runs = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..6)
        .map(|_| {
            let (cache, runs) = (place.cache(), runs.clone());
            tokio::spawn(async move {
                let make = async || {
                    runs.fetch_add(1, SeqCst);
                    sleep(Duration::from_millis(300)).await;
                    Ok(7)
                };
                cache.get_or("k", "1h", make).await.unwrap()
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 7);
    }
    assert_eq!(runs.load(SeqCst), 1);
    // The lease is given back, so that the next one need not wait.
    let cache = place.cache();
    cache.forget("k").await.unwrap();
    let next = tokio::time::timeout(Duration::from_secs(5), cache.get_or("k", "1h", async || Ok(8))).await;
    assert_eq!(next.expect("no lease is left").unwrap(), 8);
    let error = cache.get_or("e", "1h", async || Err::<i32, _>(Error::internal("no"))).await;
    assert!(error.is_err());
    let next =
        tokio::time::timeout(Duration::from_secs(5), place.cache().get_or("e", "1h", async || Ok(9))).await;
    assert_eq!(next.expect("no lease is left").unwrap(), 9);
}

pub(crate) async fn stale_values_are_served_meanwhile(place: &Place) {
    let cache = place.cache().stale("1h");
    let keep = place.span(300);
    assert_eq!(cache.get_or("k", keep, async || Ok(1)).await.unwrap(), 1);
    assert_eq!(place.cache().get::<i32>("k").await.unwrap(), Some(1));
    place.pass(400).await;
    assert_eq!(cache.get::<i32>("k").await.unwrap(), None, "its time is over");
    assert!(!cache.contains("k").await.unwrap());
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (making, told, wait) = (cache.clone(), begun.clone(), go_on.clone());
    let first = tokio::spawn(async move {
        let make = async || {
            told.notify_one();
            wait.notified().await;
            Ok(2)
        };
        making.get_or("k", "1h", make).await.unwrap()
    });
    begun.notified().await;
    let unused = async || -> quintet_core::Result<i32> { panic!("somebody computes already") };
    assert_eq!(cache.get_or("k", "1h", unused).await.unwrap(), 1);
    if place.backend.is_shared() {
        let other = place.cache().stale("1h");
        assert_eq!(other.get_or("k", "1h", unused).await.unwrap(), 1, "another process");
    }
    go_on.notify_one();
    assert_eq!(first.await.unwrap(), 2);
    assert_eq!(cache.get_or("k", "1h", unused).await.unwrap(), 2);
    // An old value is better than an error.
    cache.set("k", &0, "0").await.unwrap();
    cache.get_or("k", keep, async || Ok(3)).await.unwrap();
    place.pass(400).await;
    let failing = async || Err::<i32, _>(Error::internal("the database is gone"));
    assert_eq!(cache.get_or("k", "1h", failing).await.unwrap(), 3);
    assert!(place.cache().get_or("k", "1h", failing).await.is_err(), "who has not asked for old values");
}

pub(crate) async fn a_caller_waits_only_so_long(place: &Place) {
    let cache = place.with(|options| options.wait = Duration::from_millis(200));
    let inner = cache.clone();
    // It waits for itself.
    let outer =
        cache.get_or("k", "1h", async || Ok(inner.get_or("k", "1h", async || Ok(1)).await? + 1)).await;
    assert_eq!(outer.unwrap(), 2);
}
