//! A fragment is one block of a page, with the values of that block and no others.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use quintet_core::Value;
use support::{engine, render, text, values};

const BASE: &str =
    "<html>{{ title }}{% block body %}[{% block inner %}base {{ n }}{% endblock %}]{% endblock %}</html>";

#[test]
fn only_the_block_runs() {
    let engine = engine(&[(
        "film.html",
        "{{ unknown }}<ul>{% block reviews %}{% for r in reviews %}<li>{{ r }}{% endfor %}{% endblock %}</ul>{{ more.unknown }}",
    )]);
    let given = values([("reviews", Value::List(vec![text("<good>"), text("bad")]))]);
    assert_eq!(render(&engine, "film.html#reviews", &given).unwrap(), "<li>&lt;good&gt;<li>bad");
}

#[test]
fn inheritance_holds_in_fragments() {
    let engine = engine(&[
        ("base.html", BASE),
        ("film.html", "{% extends 'base.html' %}{% block inner %}film, {{ super() }}{% endblock %}"),
        (
            "long.html",
            "{% extends \"film.html\" %}{% block inner %}long, {{ super() }}{% endblock %}{% block own %}own{% endblock %}",
        ),
    ]);
    let n = values([("n", Value::Int(1))]);
    for (name, expected) in [
        ("base.html#inner", "base 1"),
        ("base.html#body", "[base 1]"),
        ("film.html#inner", "film, base 1"),
        ("film.html#body", "[film, base 1]"),
        ("long.html#inner", "long, film, base 1"),
        ("long.html#body", "[long, film, base 1]"),
        ("long.html#own", "own"),
    ] {
        assert_eq!(render(&engine, name, &n).unwrap(), expected, "{name}");
    }
}

#[test]
fn definitions_of_the_page_are_there() {
    let engine = engine(&[
        ("macros.html", "{% macro b(x) %}<b>{{ x }}</b>{% endmacro %}"),
        (
            "t.html",
            "{% import 'macros.html' as m %}{% set n = 2 %}{% macro i(x) %}<i>{{ x }}</i>{% endmacro %}{{ gone }}{% block a %}{{ m.b(n) }}{{ i(n) }}{% endblock %}",
        ),
    ]);
    assert_eq!(render(&engine, "t.html#a", &values([])).unwrap(), "<b>2</b><i>2</i>");
}

#[test]
fn a_computed_parent_makes_the_page_run() {
    let engine = engine(&[
        ("base.html", "{{ title }}{% block body %}base{% endblock %}"),
        ("film.html", "{% extends layout %}{% block body %}film {{ super() }}{% endblock %}"),
        ("child.html", "{% extends 'film.html' %}{% block body %}child {{ super() }}{% endblock %}"),
    ]);
    let given = values([("layout", text("base.html")), ("title", text("T"))]);
    assert_eq!(render(&engine, "film.html#body", &given).unwrap(), "film base");
    assert_eq!(render(&engine, "child.html#body", &given).unwrap(), "child film base");
}

#[test]
fn errors_in_a_fragment_point_at_the_file() {
    let engine = engine(&[
        ("base.html", "<html>\n{% block a %}{% endblock %}"),
        ("t.html", "{% extends 'base.html' %}\n<p>\n{% block a %}\n  {{ n.x }}{% endblock %}"),
    ]);
    let error = render(&engine, "t.html#a", &values([("n", Value::Int(1))])).unwrap_err();
    let place = error.place().unwrap();
    assert_eq!((place.line, place.column), (4, 6));
    assert!(
        place.file.ends_with("templates/t.html") && place.excerpt(0) == [(4, "  {{ n.x }}{% endblock %}")],
        "{place:?}"
    );

    let error = render(&engine, "t.html#b", &values([])).unwrap_err().to_string();
    assert!(error.contains("no block `b`: it has a"), "{error}");
    let error = render(&engine, "tt.html#a", &values([])).unwrap_err().to_string();
    assert!(error.contains("no template `tt.html`; did you mean `t.html`?"), "{error}");
}
