use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use quintet_cache::Keep;

use super::Place;

pub(crate) async fn values_are_what_was_kept(place: &Place) {
    let cache = place.cache();
    assert_eq!(cache.get::<String>("a").await.unwrap(), None);
    cache.set("a", "Élan\n\0", "1h").await.unwrap();
    assert_eq!(cache.get::<String>("a").await.unwrap().as_deref(), Some("Élan\n\0"));
    let map = BTreeMap::from([("x".to_owned(), vec![Some(1.5), None])]);
    cache.set("a", &map, Keep::Default).await.unwrap();
    assert_eq!(cache.get::<BTreeMap<String, Vec<Option<f64>>>>("a").await.unwrap(), Some(map));
    assert!(cache.contains("a").await.unwrap() && !cache.contains("b").await.unwrap());
    assert!(cache.forget("a").await.unwrap() && !cache.forget("a").await.unwrap());
    assert!(!cache.contains("a").await.unwrap());
    // No value at all is one, too.
    cache.set("none", &None::<i32>, "forever").await.unwrap();
    assert_eq!(cache.get::<Option<i32>>("none").await.unwrap(), Some(None));
}

pub(crate) async fn time_ends_values(place: &Place) {
    let cache = place.cache();
    let ms = |milliseconds| place.span(milliseconds);
    cache.set("short", &1, ms(600)).await.unwrap();
    cache.set("ever", &1, "forever").await.unwrap();
    assert!(cache.add("added", &1, ms(600)).await.unwrap());
    place.pass(200).await;
    assert!(cache.contains("short").await.unwrap() && !cache.add("added", &2, ms(600)).await.unwrap());
    place.pass(500).await;
    assert_eq!(cache.get::<i32>("short").await.unwrap(), None);
    assert!(!cache.contains("short").await.unwrap());
    assert_eq!(cache.get_many::<i32, _>(["short", "ever"]).await.unwrap().len(), 1);
    assert_eq!(cache.incr("short", 1).await.unwrap(), None);
    assert!(!cache.touch("short", "1h").await.unwrap());
    assert!(!cache.forget("short").await.unwrap());
    assert!(cache.add("added", &2, ms(600)).await.unwrap());
    assert_eq!(cache.get::<i32>("added").await.unwrap(), Some(2));
    assert_eq!(cache.get::<i32>("ever").await.unwrap(), Some(1));
    // For no time at all is not kept, and takes the place of what was.
    cache.set("ever", &2, "0").await.unwrap();
    assert_eq!(cache.get::<i32>("ever").await.unwrap(), None);
    assert!(!cache.add("ever", &2, "0").await.unwrap());
    let wrong = cache.set("ever", &1, "ten minutes").await.unwrap_err().to_string();
    assert!(wrong.contains("\"ten minutes\""), "{wrong}");
    // The default.
    let brief = place.with(|options| options.keep = Some(ms(300)));
    brief.set("short", &1, Keep::Default).await.unwrap();
    brief.set_many([("many", 1)], Keep::Default).await.unwrap();
    place.pass(400).await;
    assert!(!brief.contains("short").await.unwrap() && !brief.contains("many").await.unwrap());
}

pub(crate) async fn one_of_many_adds(place: &Place) {
    let cache = place.cache();
    let adding = (0..20).map(|n| {
        let cache = cache.clone();
        tokio::spawn(async move { cache.add("mine", &n, "1h").await.unwrap().then_some(n) })
    });
    let mut won = Vec::new();
    for task in adding.collect::<Vec<_>>() {
        won.extend(task.await.unwrap());
    }
    assert_eq!(won.len(), 1, "{won:?}");
    assert_eq!(cache.get::<i32>("mine").await.unwrap(), Some(won[0]));
}

pub(crate) async fn numbers_are_counted_at_once(place: &Place) {
    let cache = place.cache();
    assert_eq!(cache.incr("n", 1).await.unwrap(), None);
    cache.set("n", &5, place.span(1500)).await.unwrap();
    let counting = (0..40).map(|n| {
        let cache = cache.clone();
        tokio::spawn(async move {
            if n % 4 == 0 { cache.decr("n", 1).await.unwrap() } else { cache.incr("n", 2).await.unwrap() }
        })
    });
    let mut seen = Vec::new();
    for task in counting.collect::<Vec<_>>() {
        seen.extend(task.await.unwrap());
    }
    assert_eq!(seen.len(), 40);
    assert_eq!(cache.get::<i64>("n").await.unwrap(), Some(5 + 60 - 10));
    // For how long it is kept has not changed.
    place.pass(1600).await;
    assert_eq!(cache.get::<i64>("n").await.unwrap(), None);
    cache.set("n", &i64::MAX, "1h").await.unwrap();
    let error = cache.incr("n", 1).await.unwrap_err().to_string();
    assert!(error.contains("`n`") && error.contains("too large"), "{error}");
    cache.decr("n", i64::MAX).await.unwrap();
    assert_eq!(cache.incr("n", -3).await.unwrap(), Some(-3));
    assert!(cache.decr("n", i64::MIN).await.is_err());
    cache.set("n", "text", "1h").await.unwrap();
    let error = cache.incr("n", 1).await.unwrap_err().to_string();
    assert!(error.contains("no whole number"), "{error}");
    assert_eq!(cache.get::<String>("n").await.unwrap().as_deref(), Some("text"));
}

pub(crate) async fn touching_keeps_longer(place: &Place) {
    let cache = place.cache();
    for (key, keep) in [("longer", Keep::from("1h")), ("ever", Keep::Forever), ("default", Keep::Default)] {
        cache.set(key, "v", place.span(400)).await.unwrap();
        assert!(cache.touch(key, keep).await.unwrap());
    }
    cache.set("shorter", "v", "forever").await.unwrap();
    assert!(cache.touch("shorter", place.span(300)).await.unwrap());
    place.pass(500).await;
    for key in ["longer", "ever", "default"] {
        assert_eq!(cache.get::<String>(key).await.unwrap().as_deref(), Some("v"), "{key}");
    }
    assert!(!cache.contains("shorter").await.unwrap());
    assert!(!cache.touch("missing", "1h").await.unwrap());
    assert!(cache.touch("ever", "0").await.unwrap());
    assert!(!cache.contains("ever").await.unwrap());
}

pub(crate) async fn keys_of_all_kinds(place: &Place) {
    let cache = place.cache();
    let long = "é".repeat(150);
    let longer = format!("{long}x");
    let keys = [
        "a b",
        "a:b",
        "../../etc/passwd",
        "/",
        "*",
        "a?[b]\\",
        "'; --",
        "%41",
        "A b",
        "ключ",
        "日本",
        &long,
        &longer,
    ];
    for (n, key) in keys.iter().enumerate() {
        cache.set(key, &n, "1h").await.unwrap();
    }
    for (n, key) in keys.iter().enumerate() {
        assert_eq!(cache.get::<usize>(key).await.unwrap(), Some(n), "{key}");
    }
    let found = cache.get_many::<usize, _>(keys).await.unwrap();
    assert_eq!((found.len(), found[&longer]), (keys.len(), keys.len() - 1));
    for key in ["", "a\nb", "\0"] {
        assert!(cache.get::<i32>(key).await.is_err() && cache.set(key, &1, "1h").await.is_err(), "{key:?}");
    }
}

pub(crate) async fn large_and_empty_values(place: &Place) {
    let cache = place.cache();
    let large = Bytes::from((0..2_000_000u32).map(|n| (n % 251) as u8).collect::<Vec<u8>>());
    cache.set_bytes("large", large.clone(), Keep::Forever).await.unwrap();
    assert!(cache.get_bytes("large").await.unwrap() == Some(large));
    cache.set_bytes("empty", Bytes::new(), Keep::Forever).await.unwrap();
    assert_eq!(cache.get_bytes("empty").await.unwrap(), Some(Bytes::new()));
}

pub(crate) async fn what_is_broken_is_dropped(place: &Place) {
    let cache = place.cache();
    for broken in ["{\"a\":", "@12", "@1x\n1", "\u{1}"] {
        cache.set_bytes("k", Bytes::copy_from_slice(broken.as_bytes()), Keep::Forever).await.unwrap();
        assert_eq!(cache.get::<Vec<i32>>("k").await.unwrap(), None, "{broken}");
        assert_eq!(cache.get_bytes("k").await.unwrap(), None, "{broken} is still there");
    }
    // What another version of the program has kept.
    cache.set("k", "text", "1h").await.unwrap();
    assert_eq!(cache.get_or("k", "1h", async || Ok(7)).await.unwrap(), 7);
    assert_eq!(cache.get::<i32>("k").await.unwrap(), Some(7));
    cache.set("k", "text", "1h").await.unwrap();
    assert!(cache.get_many::<i32, _>(["k"]).await.unwrap().is_empty());
    assert_eq!(cache.get_bytes("k").await.unwrap(), None);
}

pub(crate) async fn readers_see_whole_values(place: &Place) {
    let cache = Arc::new(place.cache());
    let values = [vec![1u8; 50_000], vec![2u8; 30_000]];
    cache.set("k", &values[0], "1h").await.unwrap();
    let (writer, written) = (cache.clone(), values.clone());
    let writing = tokio::spawn(async move {
        for n in 0..40 {
            writer.set("k", &written[n % 2], "1h").await.unwrap();
        }
    });
    let mut reads = 0;
    while !writing.is_finished() || reads < 10 {
        let seen = cache.get::<Vec<u8>>("k").await.unwrap().expect("a value");
        assert!(values.contains(&seen), "a mixture of {} bytes", seen.len());
        reads += 1;
    }
    writing.await.unwrap();
}

pub(crate) async fn deleting_only_what_is_meant(place: &Place) {
    let (cache, backend) = (place.cache(), &place.backend);
    let key = cache.full_key("k").unwrap();
    assert!(!backend.delete_if(&key, Bytes::from_static(b"1")).await.unwrap());
    cache.set("k", &1, "1h").await.unwrap();
    assert!(!backend.delete_if(&key, Bytes::from_static(b"2")).await.unwrap());
    assert!(cache.contains("k").await.unwrap());
    assert!(backend.delete_if(&key, Bytes::from_static(b"1")).await.unwrap());
    assert!(!cache.contains("k").await.unwrap());
}

pub(crate) async fn replacing_only_what_is_meant(place: &Place) {
    let (cache, backend) = (place.cache(), &place.backend);
    let key = cache.full_key("k").unwrap();
    let bytes = |text: &'static str| Bytes::from_static(text.as_bytes());
    let replace = async |old, new, keep| backend.replace(&key, bytes(old), bytes(new), keep).await.unwrap();
    assert!(!replace("1", "2", None).await, "what is missing is not made");
    assert!(!cache.contains("k").await.unwrap());
    cache.set("k", &1, place.span(400)).await.unwrap();
    assert!(!replace("3", "2", None).await);
    assert_eq!(cache.get::<i32>("k").await.unwrap(), Some(1));
    // For how long it is kept is new, too.
    assert!(replace("1", "2", Some(place.span(3000))).await);
    place.pass(500).await;
    assert_eq!(cache.get::<i32>("k").await.unwrap(), Some(2));
    assert!(replace("2", "3", Some(place.span(300))).await);
    place.pass(400).await;
    assert!(!replace("3", "4", None).await, "what is too old is none");
    cache.set("k", &1, place.span(300)).await.unwrap();
    assert!(replace("1", "2", None).await);
    place.pass(400).await;
    assert_eq!(cache.get::<i32>("k").await.unwrap(), Some(2), "for ever");
}

pub(crate) async fn of_many_that_replace_none_is_lost(place: &Place) {
    let (cache, backend) = (place.cache(), place.backend.clone());
    let key = cache.full_key("n").unwrap();
    cache.set("n", &0, "1h").await.unwrap();
    let adding = (0..8).map(|_| {
        let (backend, key) = (backend.clone(), key.clone());
        tokio::spawn(async move {
            for _ in 0..5 {
                loop {
                    let old = backend.get(&key).await.unwrap().unwrap();
                    let number: i32 = std::str::from_utf8(&old).unwrap().parse().unwrap();
                    let new = Bytes::from((number + 1).to_string());
                    if backend.replace(&key, old, new, None).await.unwrap() {
                        break;
                    }
                }
            }
        })
    });
    for task in adding.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(cache.get::<i32>("n").await.unwrap(), Some(40));
}
