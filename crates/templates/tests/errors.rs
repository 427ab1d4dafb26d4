//! An error says what is missing, where, and what was probably meant.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use quintet_core::{
    Error, ErrorKind, Value,
    value::{Relations, Unloaded},
};
use support::{engine, map, render, text, values};

fn detail<'a>(error: &'a Error, name: &str) -> &'a str {
    &error.details().iter().find(|(n, _)| *n == name).unwrap().1
}

fn film() -> Value {
    map([("title", text("Alien")), ("director", map([("name", text("Ridley Scott"))]))])
}

#[test]
fn a_wrong_name_is_shown_with_its_place_and_the_near_one() {
    let engine = engine(&[("film.html", "<h1>\n  {{ film.titel }}\n</h1>")]);
    let error = render(&engine, "film.html", &values([("film", film()), ("q", Value::Null)])).unwrap_err();
    assert_eq!((error.kind(), error.status().as_u16()), (&ErrorKind::Template, 500));
    assert!(
        error.to_string().starts_with("`film.titel` is missing; did you mean `film.title`? ("),
        "{error}"
    );
    let place = error.place().unwrap();
    assert_eq!((place.line, place.column), (2, 6));
    assert!(place.file.ends_with("cinema/templates/film.html"), "{}", place.file);
    assert_eq!(place.excerpt(1), [(1, "<h1>"), (2, "  {{ film.titel }}"), (3, "</h1>")]);
    assert_eq!(detail(&error, "template context"), "film, q");
    assert_eq!(detail(&error, "template"), "film.html");
    assert_eq!(error.public_message(), "Internal Server Error");
    assert!(!format!("{error:?}").contains("Alien"), "values stay out of logs");
}

#[test]
fn near_names_are_found_in_loops_and_deeper() {
    for (source, expected) in [
        ("{{ flim }}", "`flim` is missing; did you mean `film`?"),
        ("{{ film.director.nmae }}", "did you mean `film.director.name`?"),
        ("{% for f in films %}{{ f.titel }}{% endfor %}", "`f.titel` is missing; did you mean `f.title`?"),
        ("{{ film.producer }}", "if it is a relation, the query must load it"),
        ("{{ nowhere }}", "give it to the page"),
        ("{{ film.title|uper }}", "did you mean `upper`?"),
        ("{{ urll('film') }}", "did you mean `url`?"),
        ("{% include 'flim.html' %}", "there is no template `flim.html`; did you mean `film.html`?"),
        ("{{ 1 + film.titel }}", "did you mean `film.title`?"),
        ("{{ film.title / 2 }}", "/ operator"),
    ] {
        let engine = engine(&[("film.html", source)]);
        let given = values([("film", film()), ("films", Value::List(vec![film(), film()]))]);
        let error = render(&engine, "film.html", &given).unwrap_err().to_string();
        assert!(error.contains(expected), "{source}: {error}");
    }
}

#[test]
fn habits_of_other_languages_are_answered_with_ours() {
    for (source, expected) in [
        ("{{ film.day|date:\"Y\" }}", "a filter takes its argument in brackets: `|date(\"Y\")`"),
        ("{% if film.day|date:'Y' %}{% endif %}", "`|date('Y')`"),
        ("{% url 'film' 1 %}", "write `{{ url(\"film\", id=7) }}`"),
        ("{% load static %}", "nothing is loaded here"),
        ("{% csrf_token %}", "write `{{ csrf_input() }}`"),
        ("{% if film = 1 %}{% endif %}", "write `==` to compare"),
        ("{% if film && q %}{% endif %}", "write `and`"),
        ("{% if film || q %}{% endif %}", "write `or`"),
        ("{% if !film %}{% endif %}", "write `not`"),
        ("{{ film ? 1 : 2 }}", "write `a if condition else b`"),
        ("{% if a %}{% else if b %}{% endif %}", "write `{% elif … %}`"),
        ("{% for f in films %}", "`{% for f in films %}` of line 2 has no `{% endfor %}`"),
        (
            "{% if a %}{% for f in films %}{% endif %}",
            "`{% for f in films %}` of line 2 has no `{% endfor %}`",
        ),
        ("{% block a %}\n{% if a %}\n{% endblock %}", "`{% if a %}` of line 3 has no `{% endif %}`"),
        ("{% spaceless %}", "`{% spaceless %}` of line 2 has no `{% endspaceless %}`"),
        ("{% if a %}{% endif %}{% endif %}", "nothing is open that `{% endif %}` of line 2 could end"),
        ("{% for f in films %}{{ forloop.counter }}{% endfor %}", "write `loop.index`"),
        ("{{ block.super }}", "write `{{ super() }}`"),
        ("{{ csrf_token }}", "`csrf_token` is a function: write `{{ csrf_input() }}`"),
        ("{% for m in messages %}{% endfor %}", "`messages` is a function: write `messages()`"),
        ("{{ now }}", "`now` is a function: write `now()`"),
    ] {
        let engine = engine(&[("film.html", &format!("\n{source}"))]);
        let given = values([("film", film()), ("films", Value::List(vec![film(), film()]))]);
        let error = render(&engine, "film.html", &given).unwrap_err().to_string();
        assert!(error.contains(expected), "{source}: {error}");
    }
}

#[test]
fn the_way_to_the_line_is_told() {
    let engine = engine(&[
        ("base.html", "{% block a %}\n{% endblock %}"),
        ("film.html", "{% extends 'base.html' %}\n{% block a %}\n{% include 'part.html' %}{% endblock %}"),
        ("part.html", "\n\n\n{{ gone }}"),
    ]);
    let error = render(&engine, "film.html", &values([])).unwrap_err();
    assert!(error.place().unwrap().to_string().ends_with("part.html:4:4"), "{error}");
    assert!(detail(&error, "reached by").contains("film.html:3"), "{error:?}");
    assert!(error.downcast_ref::<quintet_templates::minijinja::Error>().is_some());
}

#[test]
fn the_way_leads_through_parents_and_parts() {
    let engine = engine(&[
        ("root.html", "<h1>\n{% include 'nav.html' %}"),
        ("mid.html", "{# #}\n{% extends 'root.html' %}"),
        ("film.html", "\n\n{% extends 'mid.html' %}"),
        ("nav.html", "\n{{ gone }}"),
        ("only.html", "{% include 'nav.html' with n=1 only %}"),
    ]);
    let way = |name: &str| detail(&render(&engine, name, &values([])).unwrap_err(), "reached by").to_owned();
    let lines =
        |parts: &[&str]| parts.iter().map(|p| format!("cinema/templates/{p}")).collect::<Vec<_>>().join("\n");
    assert_eq!(way("film.html"), lines(&["film.html:3", "mid.html:2", "root.html:2"]));
    assert_eq!(way("only.html"), lines(&["only.html:1"]));
}

#[test]
fn the_values_in_reach_are_told_apart_from_the_error() {
    use quintet_core::template::Renderer;
    let engine = engine(&[(
        "film.html",
        "{% for film in films %}{% set n = loop.index %}{{ film.title }}{{ film.password }}{{ n }}{{ film.gone }}{% endfor %}",
    )]);
    let film = map([("title", text("Alien")), ("password", text("hunter2"))]);
    let given = values([("films", Value::List(vec![film])), ("api_key", text("hunter2"))]);
    let error = render(&engine, "film.html", &given).unwrap_err();
    let rows = engine.values_at(&error);
    let of = |name: &str| rows.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    assert_eq!(of("film"), Some("{ 'title': 'Alien', 'password': ••••••••, }"), "{rows:?}");
    assert_eq!(of("n"), Some("1"));
    assert!(!format!("{rows:?} {error:?}").contains("hunter2") && !format!("{error:?}").contains("Alien"));
    assert!(engine.values_at(&Error::internal("x")).is_empty());
}

#[test]
fn a_template_that_is_not_there_is_named() {
    let engine = engine(&[("film.html", "")]);
    let error = render(&engine, "flim.html", &values([])).unwrap_err();
    assert_eq!(error.to_string(), "there is no template `flim.html`; did you mean `film.html`?");
    for outside in ["../film.html", "/etc/passwd", "", "a\0b"] {
        assert!(render(&engine, outside, &values([])).is_err(), "{outside:?}");
    }
}

struct FilmModel;

impl Relations for FilmModel {
    fn relation(&self, field: u16) -> Option<(&'static str, &'static str, bool)> {
        [("Film", "director", false), ("Film", "reviews", true)].get(usize::from(field)).copied()
    }
}

#[test]
fn a_relation_that_is_not_loaded_is_never_taken_for_absent() {
    let unloaded = |field| Value::NotLoaded(Unloaded::new(&FilmModel, field));
    let film = || map([("title", text("Alien")), ("director", unloaded(0)), ("reviews", unloaded(1))]);
    let director = "`Film.director` is not loaded: add .select_related(Film.director) to the query, or ask for its key, `director_id`";
    let reviews = "`Film.reviews` is not loaded: add .prefetch_related(Film.reviews) to the query";
    for (source, expected) in [
        ("{{ film.director }}", director),
        ("{{ film.director.name }}", director),
        ("{% if film.director %}{% endif %}", director),
        ("{% if film['director'] is none %}{% endif %}", director),
        ("{{ film.director|default('unknown') }}", director),
        ("{% for review in film.reviews %}{% endfor %}", reviews),
        ("{{ film.reviews|length }}", reviews),
        ("{{ films|map(attribute='director')|list }}", director),
        ("{% set d = film.director %}", director),
        ("{{ films|regroup('director') }}", director),
        ("{{ films|regroup('director.name') }}", director),
        ("{{ films|groupby('director.name') }}", director),
        ("{{ films|dictsort('director') }}", director),
        ("{{ films|sort(attribute='director.name') }}", director),
    ] {
        let engine = engine(&[("film.html", &format!("\n{source}"))]);
        let given = values([("film", film()), ("films", Value::List(vec![film()]))]);
        let error = render(&engine, "film.html", &given).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{source}: {error}");
        assert_eq!(error.place().unwrap().line, 2, "{source}");
    }
    // What walks over a row meets only what is there.
    let engine = engine(&[(
        "film.json",
        "{{ film|json }} {{ film|length }} {% for name in film %}{{ name }}{% endfor %}",
    )]);
    let shown = render(&engine, "film.json", &values([("film", film())])).unwrap();
    assert_eq!(shown, r#"{"title":"Alien"} 1 title"#);
}
