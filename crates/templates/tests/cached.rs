//! Pieces of pages are rendered once and shown often.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use quintet_core::{
    Services, Site, Value,
    clock::Clock,
    template::{FragmentCache, Render, Renderer},
};
use quintet_templates::{Engine, FragmentMemory, TemplateParts, fragment_key};
use support::{OnDisk, embedded, nothing, text, values};

/// A site whose function `work()` counts how often it runs.
struct Case {
    engine: Engine,
    services: Services,
    memory: FragmentMemory,
    worked: Arc<AtomicUsize>,
}

impl Case {
    fn of(site: Site) -> Case {
        let worked = Arc::new(AtomicUsize::new(0));
        let count = worked.clone();
        let site = site.function("work", move || count.fetch_add(1, Ordering::Relaxed) + 1);
        let memory = FragmentMemory::default();
        let mut services = Services::builder();
        services.insert::<Arc<dyn FragmentCache>>(Arc::new(memory.clone()));
        Case { engine: Engine::new(&site), services: services.build(), memory, worked }
    }

    fn new(source: &str) -> Case {
        Case::of(
            Site::new().install(embedded("cinema", &[("t.html", source), ("part.html", "{{ work() }}")])),
        )
    }

    fn show(&self, user: Value) -> quintet_core::Result<String> {
        self.engine.render(Render {
            template: "t.html",
            fragment: None,
            values: &Arc::new(values([("user", user)])),
            context: &nothing(),
            app: None,
            services: &self.services,
        })
    }

    fn worked(&self) -> usize {
        self.worked.load(Ordering::Relaxed)
    }
}

#[test]
fn what_is_kept_is_not_rendered_again() {
    let case = Case::new("{% cache '5m', 'side', user %}<{{ work() }}{{ user }}>{% endcache %}{{ user }}");
    assert_eq!(case.show(text("<a>")).unwrap(), "<1&lt;a&gt;>&lt;a&gt;");
    assert_eq!(case.show(text("<a>")).unwrap(), "<1&lt;a&gt;>&lt;a&gt;");
    assert_eq!(case.worked(), 1);
    // Another value is another piece; so is another kind of it.
    assert_eq!(case.show(Value::Int(1)).unwrap(), "<21>1");
    assert_eq!(case.show(text("1")).unwrap(), "<31>1");
    assert_eq!(case.worked(), 3);
    // The key drops one of them.
    case.memory.delete(&fragment_key("side", &[&1_i64]));
    assert_eq!(case.show(text("1")).unwrap(), "<31>1");
    assert_eq!(case.show(Value::Int(1)).unwrap(), "<41>1");
}

#[test]
fn pieces_lie_in_loops_pieces_and_parts() {
    let case = Case::new(
        "{% for i in [1, 2, 1] %}{% cache 60, 'row', i %}{{ i }}:{{ work() }}{% if i == 2 %}{% cache none, 'in' %}{% include 'part.html' %}{% endcache %}{% else %}-{% endif %} {% endcache %}{% endfor %}",
    );
    assert_eq!(case.show(Value::Null).unwrap(), "1:1- 2:23 1:1- ");
    assert_eq!(case.show(Value::Null).unwrap(), "1:1- 2:23 1:1- ");
    case.memory.delete(&fragment_key("row", &[&2_i64]));
    assert_eq!(case.show(Value::Null).unwrap(), "1:1- 2:43 1:1- ");
}

#[tokio::test]
async fn pieces_grow_old_by_the_sites_clock() {
    let case = Case::new(
        "{% cache '5m', 'a' %}{{ work() }}{% endcache %}{% cache none, 'b' %}{{ work() }}{% endcache %}",
    );
    let clock = Clock::fixed("2026-11-20T12:00:00Z".parse().unwrap());
    let mut here = Services::builder();
    here.insert(clock.clone());
    let site = here.build();
    site.scope(async {
        assert_eq!(case.show(Value::Null).unwrap(), "12");
        clock.advance(jiff::SignedDuration::from_secs(299));
        assert_eq!(case.show(Value::Null).unwrap(), "12");
        clock.advance(jiff::SignedDuration::from_secs(1));
        assert_eq!(case.show(Value::Null).unwrap(), "32");
    })
    .await;
}

#[test]
fn memory_has_bounds() {
    let memory = FragmentMemory::new(10_000);
    for i in 0..1000 {
        memory.set(&format!("k{i}"), "x".repeat(1000).into(), None);
    }
    // What is too much goes in the background, but never late for long.
    let kept = || (0..1000).filter(|i| memory.get(&format!("k{i}")).is_some()).count();
    memory.tidy();
    assert!(kept() <= 10, "{}", kept());
}

#[test]
fn an_edited_file_is_another_piece() {
    let disk = OnDisk::new(&[("t.html", "{% cache none, 'a' %}old{{ work() }}{% endcache %}")]);
    let case = Case::of(Site::new().install(disk.app("cinema")));
    assert_eq!(case.show(Value::Null).unwrap(), "old1");
    assert_eq!(case.show(Value::Null).unwrap(), "old1");
    disk.write("t.html", "{% cache none, 'a' %}newer{{ work() }}{% endcache %}");
    assert_eq!(case.show(Value::Null).unwrap(), "newer2");
}

#[test]
fn what_is_for_one_visitor_is_kept_for_nobody() {
    let whole = "{% cache '5m', 'a' %}{% include 'part.html' %}{{ messages()|length }}{% endcache %}";
    let inner = "{% macro told() %}{{ messages()|length }}{% endmacro %}{% cache '5m', 'a' %}{{ told() }}{% endcache %}";
    for source in [whole, inner] {
        let case = Case::new(source);
        let error = case.show(Value::Null).unwrap_err().to_string();
        assert!(error.contains("for one of them alone"), "{error}");
        assert!(case.memory.get(&fragment_key("a", &[])).is_none());
    }
    let beside =
        Case::new("{{ messages()|length }}{% cache '5m', 'a' %}x{% endcache %}{{ messages()|length }}");
    assert_eq!(beside.show(Value::Null).unwrap(), "0x0");
}

#[test]
fn mistakes_are_told() {
    for (tag, told) in [
        ("cache '5 minuits', 'a'", "no unit of time"),
        ("cache 'x', 'a'", "does not start with a number"),
        ("cache [], 'a'", "for how long"),
        ("cache '5m', 'a', usr", "`usr` is missing; did you mean `user`?"),
        ("cache '5m'", "missing argument"),
    ] {
        let error =
            Case::new(&format!("{{% {tag} %}}{{% endcache %}}")).show(Value::Null).unwrap_err().to_string();
        assert!(error.contains(told), "{tag}: {error}");
    }
}
