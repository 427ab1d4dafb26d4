use super::Place;

pub(crate) async fn many_at_once(place: &Place) {
    let cache = place.cache();
    cache.set_many((0..300).map(|n| (format!("k{n}"), n)), "1h").await.unwrap();
    let mut found: Vec<(String, i32)> =
        cache.get_many(["k1", "missing", "k299", "k0"]).await.unwrap().into_iter().collect();
    found.sort();
    assert_eq!(found, [("k0".to_owned(), 0), ("k1".to_owned(), 1), ("k299".to_owned(), 299)]);
    assert_eq!(cache.get_many::<i32, _>((0..300).map(|n| format!("k{n}"))).await.unwrap().len(), 300);
    cache.set_many([("k0", 100), ("k1", 101)], "1h").await.unwrap();
    assert_eq!(cache.get::<i32>("k1").await.unwrap(), Some(101));
    cache.forget_many((0..299).map(|n| format!("k{n}"))).await.unwrap();
    let left = cache.get_many::<i32, _>((0..300).map(|n| format!("k{n}"))).await.unwrap();
    assert_eq!(left.into_iter().collect::<Vec<_>>(), [("k299".to_owned(), 299)]);
    cache.set_many([("k299", 1)], "0").await.unwrap();
    assert!(!cache.contains("k299").await.unwrap());
    let none: [&str; 0] = [];
    assert!(cache.get_many::<i32, _>(none).await.unwrap().is_empty());
    cache.set_many::<i32, &str>([], "1h").await.unwrap();
    cache.forget_many(none).await.unwrap();
    assert!(cache.set_many([("good", 1), ("", 2)], "1h").await.is_err());
    assert!(!cache.contains("good").await.unwrap());
}

pub(crate) async fn versions_and_prefixes_are_apart(place: &Place) {
    let cache = place.cache();
    cache.set("k", "one", "1h").await.unwrap();
    let second = cache.version(2);
    assert_eq!(second.get::<String>("k").await.unwrap(), None);
    second.set("k", "two", "1h").await.unwrap();
    assert_eq!(cache.get::<String>("k").await.unwrap().as_deref(), Some("one"));
    assert_eq!(second.incr_version("k").await.unwrap(), Some(3));
    assert_eq!(second.get::<String>("k").await.unwrap(), None);
    assert_eq!(cache.version(3).get::<String>("k").await.unwrap().as_deref(), Some("two"));
    assert_eq!(cache.incr_version("missing").await.unwrap(), None);
    // Signs that patterns are made of are signs here.
    let (star, other) = (format!("{}*", place.prefix), format!("{}_", place.prefix));
    let star = place.with(|options| options.prefix = star);
    let other = place.with(|options| options.prefix = other);
    let older = place.with(|options| options.version = 9);
    for cache in [&star, &other, &older] {
        assert_eq!(cache.get::<i32>("k").await.unwrap(), None);
        cache.set_many((0..30).map(|n| (format!("k{n}"), n)), "1h").await.unwrap();
    }
    star.clear().await.unwrap();
    assert!(!star.contains("k1").await.unwrap());
    assert!(other.contains("k1").await.unwrap() && cache.contains("k").await.unwrap());
    cache.clear().await.unwrap();
    assert!(!cache.contains("k").await.unwrap() && !cache.version(3).contains("k").await.unwrap());
    assert!(!older.contains("k1").await.unwrap(), "all versions are cleared");
    assert!(other.contains("k1").await.unwrap());
    other.clear().await.unwrap();
}
