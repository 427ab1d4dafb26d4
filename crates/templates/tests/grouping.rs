//! Rows are grouped, ordered and cut, wherever they come from.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use quintet_core::Value;
use support::{map, show, text};

fn film(title: &str, studio: &str, price: &str) -> Value {
    map([
        ("title", text(title)),
        ("studio", map([("name", text(studio))])),
        ("price", Value::Decimal(price.parse().unwrap())),
        ("released", Value::Date("1979-05-25".parse().unwrap())),
    ])
}

fn films() -> Value {
    Value::List(vec![
        film("A", "Fox", "10"),
        film("B", "Warner", "9.50"),
        film("C", "Fox", "10.00"),
        film("D", "Fox", "1"),
    ])
}

#[test]
fn groups_are_sorted_or_as_they_come() {
    let page = |call: &str| {
        format!(
            "{{% for of, rows in films|{call} %}}{{{{ of }}}}:{{% for f in rows %}}{{{{ f.title }}}}{{% endfor %}} {{% endfor %}}"
        )
    };
    for (call, expected) in [
        ("groupby('studio.name')", "Fox:ACD Warner:B "),
        ("regroup('studio.name')", "Fox:A Warner:B Fox:CD "),
        // By worth, not by text.
        ("dictsort('price')|regroup('price')", "1:D 9.50:B 10:AC "),
        ("groupby('released')", "1979-05-25:ABCD "),
    ] {
        assert_eq!(show(&page(call), [("films", films())]).unwrap(), expected, "{call}");
    }
    let named = "{% for g in films|regroup('studio.name') %}{{ g.grouper }}{{ g.list|length }}{{ g.list[0].title }} {% endfor %}";
    assert_eq!(show(named, [("films", films())]).unwrap(), "Fox1A Warner1B Fox2C ");
}

#[test]
fn what_rows_do_not_have_is_named() {
    for (call, told) in [
        ("regroup('studio.nam')", "`nam`"),
        ("dictsort('titel')", "`titel`"),
        ("dictsortreversed('studio.x')", "`x`"),
        ("regroup('title', 'studio')", "takes one path"),
        ("slice('a:b')", "numbers with colons"),
        ("slice('::0')", "steps of 0"),
        ("divisibleby(2)", "whole numbers"),
    ] {
        let error = show(&format!("{{{{ films|{call} }}}}"), [("films", films())]).unwrap_err().to_string();
        assert!(error.contains(told), "{call}: {error}");
    }
}

#[test]
fn one_is_drawn_by_lot() {
    let page = "{% for i in range(60) %}{{ films|random|attr('title') }}{% endfor %}";
    let shown = show(page, [("films", films())]).unwrap();
    assert!(shown.len() == 60 && shown.chars().all(|c| "ABCD".contains(c)), "{shown}");
    // That sixty draws of four are all the same happens once in 10^36 times.
    assert!(shown.chars().any(|c| !shown.starts_with(c)), "{shown}");
}

#[test]
fn instants_are_shown_by_the_clocks_of_a_place() {
    let at = || Value::DateTime("2026-07-01T22:30:00Z".parse().unwrap());
    for (source, expected) in [
        ("{{ at|timezone('Europe/Berlin') }}", "2026-07-02T00:30:00+02:00"),
        (
            "{{ at|timezone('Europe/Berlin')|date('j F Y, H:i e O I Z c') }}",
            "2 July 2026, 00:30 CEST +0200 1 7200 2026-07-02T00:30:00+02:00",
        ),
        ("{{ (at|timezone('America/New_York')).hour }} {{ at.hour }}", "18 22"),
        ("{{ (at|timezone('Asia/Tokyo')) == at }} {{ (at|timezone('Asia/Tokyo')) < now() }}", "true true"),
        ("{{ at|timezone('Asia/Tokyo')|utc|time }}", "10:30 p.m."),
        ("{{ at|timezone('Asia/Tokyo')|timeuntil(at) }}", "0\u{a0}minutes"),
    ] {
        let shown = show(source, [("at", at())]).unwrap();
        assert_eq!(shown, expected, "{source}");
    }
    for (source, told) in [
        ("{{ at|timezone('Europe/Bärlin') }}", "is no time zone"),
        ("{{ '2026-07-01'|timezone('UTC') }}", "needs an instant"),
    ] {
        let error = show(source, [("at", at())]).unwrap_err().to_string();
        assert!(error.contains(told), "{source}: {error}");
    }
}
