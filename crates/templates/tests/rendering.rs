//! Pages are rendered with the values that they were given, and nothing breaks out of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::sync::Arc;

use quintet_core::{
    App, Services, Site, Value,
    template::{Context, Render, Renderer},
};
use quintet_templates::{Engine, TemplateParts, minijinja};
use support::{embedded, engine, map, nothing, render, services, show, text, values};

#[test]
fn what_people_typed_stays_text() {
    let attack = r#"<script>alert("x")</script><a href='javascript:1'>&"#;
    let html =
        "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&lt;a href=&#x27;javascript:1&#x27;&gt;&amp;";
    assert_eq!(
        show("<p title=\"{{ v }}\">{{ v }}</p>", [("v", text(attack))]).unwrap(),
        format!("<p title=\"{html}\">{html}</p>")
    );
    assert_eq!(
        show("{{ v.name }}{{ v }}", [("v", map([("name", text("<b>"))]))]).unwrap().matches("<b>").count(),
        0
    );
    assert_eq!(show("{{ v|safe }}", [("v", text("<b>"))]).unwrap(), "<b>");
    assert_eq!(
        show("{% set x %}<i>{{ v }}</i>{% endset %}{{ x }}", [("v", text("<b>"))]).unwrap(),
        "<i>&lt;b&gt;</i>"
    );
    assert_eq!(
        show("{{ v ~ '<br>' }}{{ [v, v]|join('<br>') }}", [("v", text("<"))]).unwrap(),
        "&lt;&lt;br&gt;&lt;&lt;br&gt;&lt;"
    );
}

#[test]
fn only_text_and_json_are_not_escaped() {
    for name in ["a.html", "a.HTM", "a.xml", "a.svg", "a", "a.what", "a.txt.html", "a.TXT"] {
        let engine = engine(&[(name, "{% block b %}{{ v }}{% endblock %}")]);
        assert_eq!(render(&engine, name, &values([("v", text("<"))])).unwrap(), "&lt;", "{name}");
        assert_eq!(
            render(&engine, &format!("{name}#b"), &values([("v", text("<"))])).unwrap(),
            "&lt;",
            "{name}#b"
        );
    }
    for name in ["a.txt", "a.json"] {
        let engine = engine(&[(name, "{{ v }}")]);
        assert_eq!(render(&engine, name, &values([("v", text("<"))])).unwrap(), "<", "{name}");
    }
}

#[test]
fn the_query_is_kept_and_changed() {
    let engine = engine(&[(
        "t.txt",
        "{{ querystring(page=2) }} {{ querystring(q=none, page=page) }} {{ querystring(tag=['a b', '&']) }}",
    )]);
    let with = |query: &str| values([("request", map([("query", text(query))])), ("page", Value::Int(3))]);
    let show = |query: &str| render(&engine, "t.txt", &with(query)).unwrap();
    assert_eq!(
        show("q=x%20y&page=1&tag=1"),
        "?q=x%20y&page=2&tag=1 ?page=3&tag=1 ?q=x%20y&page=1&tag=a%20b&tag=%26"
    );
    assert_eq!(show("%71=1&q"), "?%71=1&q&page=2 ?page=3 ?%71=1&q&tag=a%20b&tag=%26");
    assert_eq!(show(""), "?page=2 ?page=3 ?tag=a%20b&tag=%26");
}

#[test]
fn nothing_is_shown_empty_and_truth_in_small_letters() {
    assert_eq!(show("[{{ v }}]", [("v", Value::Null)]).unwrap(), "[]");
    assert_eq!(
        show("{{ v }} {{ not v }} {{ 2 > 1 }}", [("v", Value::Bool(true))]).unwrap(),
        "true false true"
    );
    assert_eq!(
        show("{{ v }} {{ 1.5 }} {{ 7 }}", [("v", Value::Decimal("12.50".parse().unwrap()))]).unwrap(),
        "12.50 1.5 7"
    );
    assert_eq!(show("{{ 'yes' if v }}", [("v", Value::Bool(false))]).unwrap(), "");
}

#[test]
fn a_missing_name_may_be_asked_for_but_not_shown() {
    for asked in
        ["{% if x %}a{% else %}b{% endif %}", "{{ x|default('b') }}", "{{ 'a' if x is defined else 'b' }}"]
    {
        assert_eq!(show(asked, []).unwrap(), "b", "{asked}");
    }
    for shown in
        ["{{ x }}", "{% for y in x %}{% endfor %}", "{{ x.y }}", "{{ v.x }}", "{{ x|upper }}", "{{ x ~ '' }}"]
    {
        let error = show(shown, [("v", map([]))]).unwrap_err().to_string();
        assert!(error.contains("x` is missing"), "{shown}: {error}");
    }
}

#[test]
fn the_handlers_values_come_before_the_requests() {
    let engine = engine(&[("t.html", "{{ a }}{{ b }}{{ request.path }}")]);
    let context: Arc<dyn Context> = Arc::new(values([
        ("a", Value::Int(2)),
        ("b", Value::Int(3)),
        ("request", map([("path", text("/"))])),
    ]));
    let html = engine
        .render(Render {
            template: "t.html",
            fragment: None,
            values: &Arc::new(values([("a", Value::Int(1))])),
            context: &context,
            app: None,
            services: &Services::builder().build(),
        })
        .unwrap();
    assert_eq!(html, "13/");
}

#[test]
fn the_first_app_wins_and_layouts_are_shared() {
    let site = Site::new()
        .install(embedded("shop", &[("base.html", "shop[{% block body %}{% endblock %}]")]))
        .install(embedded(
            "cinema",
            &[
                ("base.html", "cinema"),
                (
                    "film.html",
                    "{% extends 'base.html' %}{% block body %}{% include 'part/name.html' %}{% endblock %}",
                ),
                ("part/name.html", "{{ name }}"),
            ],
        ));
    let engine = Engine::new(&site);
    assert_eq!(render(&engine, "film.html", &values([("name", text("Alien"))])).unwrap(), "shop[Alien]");
    assert!(engine.exists("film.html") && engine.exists("film.html#body") && !engine.exists("flim.html"));
}

#[test]
fn addresses_of_routes_take_named_and_ordered_arguments() {
    let film = || map([("id", Value::Int(7))]);
    for (source, expected) in [
        ("{{ url('film', id=film.id) }}", "/film/7/"),
        ("{{ url('film', film.id) }}", "/film/7/"),
        ("{{ url('cinema:home') }}", "/home/"),
        ("{{ url('shop:cart', 'ann', id=2) }}", "/cart/ann/2/"),
        ("{% for x in [1, 2] %}{{ url('film', id=x) }}{% endfor %}", "/film/1//film/2/"),
        (
            "{% macro link(f) %}<a href=\"{{ url('film', id=f.id) }}\">{% endmacro %}{{ link(film) }}",
            "<a href=\"/film/7/\">",
        ),
        ("{{ url('film', id='<a>&') }}", "/film/&lt;a&gt;&amp;/"),
        ("{{ static('cinema/app.css') }}", "/static/cinema/app.css?v=1&amp;x"),
        ("{{ media('posters/a.png') }}", "/media/posters/a.png?a&amp;b"),
        ("{{ importmap() }}", "<script>map</script>"),
        ("{{ importmap('app') }}", "<script>map</script><script>app</script>"),
        ("{{ vite('src/main.ts') }}", "<script>src/main.ts</script>"),
        ("{{ vite('src/main.ts', react=true) }}", "<script>src/main.ts and react</script>"),
    ] {
        assert_eq!(show(source, [("film", film())]).unwrap(), expected, "{source}");
    }
    for (source, expected) in [
        ("{{ url('flim', id=1) }}", "no route is named `flim`"),
        ("{{ url('film') }}", "needs `id`"),
        ("{{ url('film', 1, 2) }}", "2 values are too many"),
        ("{{ url('film', id=none) }}", "`id` in url(\"film\") is nothing"),
        ("{{ url('film', id=[]) }}", "needs one value"),
        ("{{ url('film', id=film.idd) }}", "`film.idd` is missing; did you mean `film.id`?"),
        ("{{ static('cinema/ap.css') }}", "did you mean `cinema/app.css`?"),
        ("{{ media(none) }}", "needs the name of a stored file, this is nothing"),
        ("{{ media('') }}", "this is nothing: ask before"),
        ("{{ media(7) }}", "this is 7"),
        ("{{ importmap('other') }}", "`other` is not in the map"),
        ("{{ vite('src/main.ts', reakt=true) }}", "reakt"),
        ("{{ csp_nonce() }}", "here is no response"),
    ] {
        let error = show(source, [("film", film())]).unwrap_err().to_string();
        assert!(error.contains(expected), "{source}: {error}");
    }
}

#[test]
fn a_layouts_bare_names_mean_its_own_apps_routes() {
    let site = Site::new()
        .install(embedded(
            "cinema",
            &[("base.html", "<a href=\"{{ url('home') }}\">{% block body %}{% endblock %}")],
        ))
        .install(embedded(
            "shop",
            &[(
                "cart.html",
                "{% extends 'base.html' %}{% block body %}{{ url('cart', user=1, id=2) }}{% endblock %}",
            )],
        ));
    let page = Render {
        template: "cart.html",
        fragment: None,
        values: &Arc::default(),
        context: &nothing(),
        app: Some("shop"),
        services: &services(),
    };
    assert_eq!(Engine::new(&site).render(page).unwrap(), "<a href=\"/home/\">/cart/1/2/");
}

#[test]
fn macros_of_another_file_know_the_site_too() {
    let engine = engine(&[
        ("links.html", "{% macro home() %}{{ url('home') }}{% endmacro %}"),
        ("t.html", "{% from 'links.html' import home %}{% for i in [1] %}{{ home() }}{% endfor %}"),
    ]);
    assert_eq!(render(&engine, "t.html", &values([])).unwrap(), "/home/");
}

#[test]
fn apps_bring_filters_functions_and_globals() {
    let first = App::new("a")
        .filter("stars", |n: usize| "★".repeat(n))
        .function("add", |a: i64, b: i64| a + b)
        .function("fails", || -> Result<String, minijinja::Error> {
            Err(minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, "no luck"))
        })
        .global("company", "<Acme>");
    let second = embedded(
        "cinema",
        &[
            ("t.html", "{{ 3|stars }} {{ add(1, 2) }} {{ company }} {{ 'x'|upper }}"),
            ("fails.html", "{{ fails() }}"),
        ],
    )
    .global("company", "later")
    .filter("upper", |s: String| format!("own {s}"));
    let engine = Engine::new(&Site::new().install(first).install(second));
    assert_eq!(render(&engine, "t.html", &values([])).unwrap(), "★★★ 3 &lt;Acme&gt; own x");
    assert!(render(&engine, "fails.html", &values([])).unwrap_err().to_string().contains("no luck"));
}

#[test]
fn the_clock_is_the_sites() {
    let mut held = Services::builder();
    held.insert(quintet_core::clock::Clock::fixed("2026-11-20T12:00:00Z".parse().unwrap()));
    let engine =
        engine(&[("t.html", "{{ now() }} {{ today() }} {{ '2026-11-18'|timesince }} {{ today() > day }}")]);
    let day = values([("day", Value::Date("2026-11-19".parse().unwrap()))]);
    let page = Render {
        template: "t.html",
        fragment: None,
        values: &Arc::new(day),
        context: &nothing(),
        app: None,
        services: &held.build(),
    };
    assert_eq!(
        engine.render(page).unwrap(),
        "2026-11-20T12:00:00Z 2026-11-20 2\u{a0}days, 12\u{a0}hours true"
    );
}

#[test]
fn what_runs_away_is_stopped() {
    let endless = "{% for a in range(10000) %}{% for b in range(10000) %}{{ b }}{% endfor %}{% endfor %}";
    let error = show(endless, []).unwrap_err().to_string();
    assert!(error.contains("works without end"), "{error}");
    let error = show("{% include 't.html' %}", []).unwrap_err().to_string();
    assert!(error.contains("recursion"), "{error}");
    let error = show("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", []).unwrap_err().to_string();
    assert!(error.contains("recursion"), "{error}");
    let error = show("{% extends 't.html' %}", []).unwrap_err().to_string();
    assert!(error.contains("cycle"), "{error}");
}

#[test]
fn decimals_dates_and_times_are_compared_by_worth() {
    let given = values([
        ("price", Value::Decimal("12.50".parse().unwrap())),
        ("low", Value::Decimal("-0.5".parse().unwrap())),
        ("released", Value::Date("1979-05-25".parse().unwrap())),
        ("shown", Value::DateTime("1979-05-25T20:15:00Z".parse().unwrap())),
        ("at", Value::Time("20:15:00".parse().unwrap())),
        ("length", Value::Duration("PT1H57M".parse().unwrap())),
        ("nothing", Value::Null),
        ("n", Value::Int(3)),
    ]);
    for (expression, expected) in [
        ("price > 5", true),
        ("5 < price and price < 12.51", true),
        ("price == 12.5 and 12.5 == price and price != 12", true),
        ("price >= '12.5'", true),
        ("low < 0 and low|abs > 0.4", true),
        ("low < 0 < price <= 12.5", true),
        ("0 < low < price", false),
        ("price > n * 4 and n < price", true),
        ("price > 1e30", false),
        ("released < today()", true),
        ("released < now() and now() > shown", true),
        ("released == '1979-05-25' and released != '1979-05-26'", true),
        ("released < '2000-01-01' and '1979-05-24' < released", true),
        ("shown > '1979-05-25' and shown < '1979-05-26'", true),
        ("shown == '1979-05-25T20:15:00Z' and shown >= '1979-05-25T20:15:00'", true),
        ("shown > released", true),
        ("at < '21:00:00' and length > 'PT1H'", true),
        ("nothing < 5 or nothing > 5 or nothing == 0", false),
        ("nothing == none and not nothing > 5", true),
        ("released == n or price == 'cheap'", false),
        ("'b' > 'a' and [1, 2] < [1, 3]", true),
        ("3 in [1, 3] and n == 3 and n not in [1]", true),
    ] {
        let source = format!("{{% if {expression} %}}yes{{% else %}}no{{% endif %}}");
        let engine = engine(&[("page.html", &source)]);
        let shown = render(&engine, "page.html", &given).unwrap();
        assert_eq!(shown == "yes", expected, "{expression}");
    }
}

#[test]
fn what_has_no_order_is_an_error_at_its_column() {
    let given = values([
        ("released", Value::Date("1979-05-25".parse().unwrap())),
        ("price", Value::Decimal("12.50".parse().unwrap())),
        ("title", Value::Text("Alien".into())),
    ]);
    for (expression, told) in [
        (
            "released < today",
            "a date (1979-05-25) can't be compared with a function (a function is called: `today()`)",
        ),
        ("released > 5", "a date (1979-05-25) can't be compared with a number (5)"),
        ("price < released", "a decimal (12.50) can't be compared with a date (1979-05-25)"),
        ("released < 'soon'", "can't be compared with a text"),
        ("title > 5", "a text can't be compared with a number (5)"),
        ("titel > 'A'", "`titel` is missing; did you mean `title`?"),
    ] {
        let source = format!("<p>\n{{% if price > 1 and {expression} %}}{{% endif %}}");
        let engine = engine(&[("page.html", &source)]);
        let error = render(&engine, "page.html", &given).unwrap_err();
        assert!(error.to_string().contains(told), "{expression}: {error}");
        let place = error.place().unwrap();
        assert_eq!(place.line, 2, "{expression}");
        assert!((20..=32).contains(&place.column), "{expression}: {}", place.column);
    }
}
