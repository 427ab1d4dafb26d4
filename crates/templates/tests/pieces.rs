//! Values that a template of their own shows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use quintet_core::{
    EmbeddedFile, FieldErrors, Folder, Site, TemplateValue, Value, template::Supplied, value::Piece,
};
use quintet_templates::Engine;
use support::{embedded, engine, map, render, text, values};

fn piece(template: &'static str, value: Value) -> Value {
    Piece { template: template.into(), name: "it", value, errors: FieldErrors::new() }.to_value()
}

#[test]
fn a_piece_is_shown_by_its_template_and_looked_into() {
    let engine = engine(&[
        (
            "page.html",
            "{{ p }}|{{ p.name }}|{{ list }}|{{ list|length }}|{% for one in list %}{{ one }},{% endfor %}",
        ),
        ("it.html", "<b>{{ it.name }}</b>{{ name is defined }}"),
        ("list.html", "<ul>{% for one in it %}<li>{{ one }}</li>{% endfor %}</ul>"),
    ]);
    let given = values([
        ("p", piece("it.html", map([("name", text("<Ann>"))]))),
        ("list", piece("list.html", Value::List(vec![text("a"), text("&")]))),
        ("name", text("of the page")),
    ]);
    assert_eq!(
        render(&engine, "page.html", &given).unwrap(),
        "<b>&lt;Ann&gt;</b>false|&lt;Ann&gt;|<ul><li>a</li><li>&amp;</li></ul>|2|a,&amp;,"
    );
}

#[test]
fn a_template_gives_a_piece_attributes_and_other_members() {
    let engine = engine(&[
        (
            "page.html",
            "{{ p }};{{ p(class=\"a\\\"b\", data_kind=1, rows=3, hidden=true, off=false, gone=none) }};{{ p(label=\"other\") }};{{ outer(id=\"x\") }}",
        ),
        ("it.html", "<i{{ it.attrs }}>{{ it.label }}</i>"),
        ("outer.html", "({{ it.control }})"),
    ]);
    let inner = piece("it.html", map([("label", text("L")), ("attrs", map([("rows", Value::Int(5))]))]));
    let given = values([("outer", piece("outer.html", map([("control", inner.clone())]))), ("p", inner)]);
    assert_eq!(
        render(&engine, "page.html", &given).unwrap(),
        "<i rows=\"5\">L</i>;<i class=\"a&quot;b\" data-kind=\"1\" hidden rows=\"3\">L</i>;<i rows=\"5\">other</i>;\
         (<i rows=\"5\" id=\"x\">L</i>)"
    );
}

#[test]
fn a_piece_that_shows_itself_is_an_error_and_so_is_a_missing_template() {
    let engine = engine(&[("page.html", "{{ p }}"), ("self.html", "{{ it }}")]);
    let shown = |template| render(&engine, "page.html", &values([("p", piece(template, map([])))]));
    assert!(shown("self.html").unwrap_err().to_string().contains("without end"));
    assert!(shown("slef.html").unwrap_err().to_string().contains("slef.html"));
}

#[test]
fn rooms_bring_templates_which_an_app_may_replace() {
    static FILES: [EmbeddedFile; 2] = [
        EmbeddedFile { path: "templates/room/a.html", bytes: b"room a" },
        EmbeddedFile { path: "templates/room/b.html", bytes: b"room b" },
    ];
    let supplied = Supplied(vec![Folder::embedded("/room", &FILES)]);
    let app = embedded("cinema", &[("room/b.html", "app b")]);
    let engine = Engine::with(&Site::new().install(app), &supplied);
    let shown = |name| render(&engine, name, &values([])).unwrap();
    assert_eq!((shown("room/a.html"), shown("room/b.html")), ("room a".into(), "app b".into()));
}
