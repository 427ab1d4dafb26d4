//! Tags that the language does not have: Django's, and those of apps.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use quintet_core::{App, Site, Value};
use quintet_templates::{
    Engine, Part, TemplateParts,
    minijinja::{self, State, value::Kwargs},
};
use support::{embedded, engine, map, render, show, text, values};

fn days() -> Value {
    Value::List(["Mon", "Mon", "Tue", "Tue", "Mon"].map(text).into())
}

#[test]
fn values_take_turns() {
    for (source, expected) in [
        ("{% for d in days %}{% cycle 'a', 'b' %}{% endfor %}", "ababa"),
        ("{% for d in days %}{% cycle 'a' 'b' 'c' %}{% endfor %}", "abcab"),
        // The tag remembers beyond its loop; two tags are two.
        (
            "{% for x in [1, 2] %}{% for d in [1] %}{% cycle 'a', 'b' %}{% cycle 1, 2, 3 %}{% endfor %}{% endfor %}",
            "a1b2",
        ),
        ("{% for d in days %}{%- cycle '<', '&'|safe -%} {% endfor %}", "&lt;&&lt;&&lt;"),
        (
            "{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ c.next() }}",
            "ababa",
        ),
        (
            "{% set comma = joiner() %}{% for d in days %}{{ comma() }}{{ d }}{% endfor %}",
            "Mon, Mon, Tue, Tue, Mon",
        ),
        ("{% set bar = joiner('|') %}{{ bar() }}a{{ bar() }}b", "a|b"),
    ] {
        assert_eq!(show(source, [("days", days())]).unwrap(), expected, "{source}");
    }
    assert!(show("{% cycle %}", []).unwrap_err().to_string().contains("needs values"));
}

#[test]
fn what_changed_is_shown() {
    let films = || {
        Value::List(vec![
            map([("y", Value::Int(1)), ("s", text("a"))]),
            map([("y", Value::Int(1)), ("s", text("b"))]),
            map([("y", Value::Int(2)), ("s", text("b"))]),
        ])
    };
    for (source, expected) in [
        ("{% for d in days %}{% ifchanged d %}{{ d }} {% endifchanged %}{% endfor %}", "Mon Tue Mon "),
        ("{% for d in days %}{% ifchanged %}<{{ d }}>{% endifchanged %}{% endfor %}", "<Mon><Tue><Mon>"),
        ("{% for d in days %}{% ifchanged %}{{ d }}{% else %}.{% endifchanged %}{% endfor %}", "Mon.Tue.Mon"),
        (
            "{% for d in days %}{% ifchanged d %}{% if d == 'Mon' %}M{% else %}T{% endif %}{% else %}-{% endifchanged %}{% endfor %}",
            "M-T-M",
        ),
        (
            "{% for d in days %}{% ifchanged %}{% if d == 'Mon' %}M{% else %}T{% endif %}{% endifchanged %}{% endfor %}",
            "MTM",
        ),
        (
            "{% for f in films %}{% ifchanged f.y, f.s %}{{ f.y }}{{ f.s }} {% endifchanged %}{% endfor %}",
            "1a 1b 2b ",
        ),
        // Each run of an inner loop begins anew.
        (
            "{% for x in [1, 2] %}{% for y in [7, 7] %}{% ifchanged y %}{{ y }}{% endifchanged %}{% endfor %};{% endfor %}",
            "7;7;",
        ),
        (
            "{% for x in [1, 2] %}{% for y in [7] %}{% ifchanged y %}{{ y }}{% endifchanged %}{% endfor %}{% endfor %}",
            "77",
        ),
        ("{% ifchanged 1 %}a{% endifchanged %}{% ifchanged 1 %}b{% endifchanged %}", "ab"),
    ] {
        assert_eq!(show(source, [("days", days()), ("films", films())]).unwrap(), expected, "{source}");
    }
}

#[test]
fn white_space_comments_and_what_is_not_read() {
    for (source, expected) in [
        ("{% spaceless %}\n <p>\n  <b> {{ v }} </b>\n </p> x {% endspaceless %}", "<p><b> &lt; </b></p> x"),
        ("{% verbatim %}{{ v }}{% if %}{% endverbatim %}{{ v }}", "{{ v }}{% if %}&lt;"),
        ("a{% comment 'why' %}{{ x.y }}{% bad {% endcomment %}b", "ab"),
        ("a{% comment %}\n\n{# #}{% endcomment %}\n{{ v }}", "a\n&lt;"),
    ] {
        assert_eq!(show(source, [("v", text("<"))]).unwrap(), expected, "{source}");
    }
}

#[test]
fn parts_of_pages_take_values() {
    let page = |source: &str| {
        let engine = engine(&[
            ("t.html", source),
            ("p.html", "[{{ n }}{{ m|default('-') }}{{ url('home') }}]"),
            ("p.txt", "{{ n }}"),
        ]);
        render(&engine, "t.html", &values([("n", Value::Int(1)), ("v", text("<b>"))]))
    };
    for (source, expected) in [
        ("{% include 'p.html' %}{% include 'p.html' with n=2 %}{{ n }}", "[1-/home/][2-/home/]1"),
        ("{% include 'p.html' with n=2 m=v %}", "[2&lt;b&gt;/home/]"),
        ("{% include 'p.html' with n=2, m=n + 1 %}", "[23/home/]"),
        ("{% include 'p.html' with n=5 only %}", "[5-/home/]"),
        ("{% include 'p' ~ '.html' with n=(3) m=n only %}", "[31/home/]"),
        ("{% include 'p.html' with context %}", "[1-/home/]"),
        ("{% include 'gone.html' ignore missing %}x", "x"),
        ("{% include 'gone.html' ignore missing with n=3 %}x", "x"),
        // What is no HTML is escaped where HTML is.
        ("{% include 'p.txt' with n=v only %}", "&lt;b&gt;"),
    ] {
        assert_eq!(page(source).unwrap(), expected, "{source}");
    }
    for source in ["{% include 'p.html' only %}", "{% include 'p.html' without context %}"] {
        let error = page(source).unwrap_err();
        assert!(error.to_string().contains("`n` is missing"), "{source}: {error}");
        let reached = error.details().iter().find(|(name, _)| *name == "reached by").unwrap().1.to_owned();
        assert_eq!(reached, "cinema/templates/t.html:1", "{source}");
    }
}

#[test]
fn apps_bring_tags() {
    let shown = |source: &str| {
        let apps = || {
            App::new("a")
                .tag("stars", |n: usize, named: Kwargs| {
                    let sign = named.get::<Option<String>>("sign")?.unwrap_or_else(|| "★".to_owned());
                    named.assert_all_used()?;
                    Ok::<_, minijinja::Error>(sign.repeat(n))
                })
                .tag("price", |cents: i64| Part::new("price.html").with("cents", &cents))
                .tag("title_of_page", |state: &State<'_, '_>| state.lookup("title"))
                .block_tag("box", |content: minijinja::Value, colour: Option<String>| {
                    Part::new("box.html").with("colour", &colour).with_value("content", content)
                })
                .block_tag("shout", |content: String| content.to_uppercase())
        };
        let files = [
            ("price.html", "<i>{{ cents / 100 }}{{ title|default('') }}</i>"),
            ("box.html", "<div class=\"{{ colour|default_if_none('grey') }}\">{{ content }}</div>"),
            ("base.html", "{% stars 1 %}{% block body %}{% endblock %}"),
            ("t.html", &format!("{{% extends 'base.html' %}}{{% block body %}}{source}{{% endblock %}}")),
        ];
        let engine = Engine::new(&Site::new().install(apps()).install(embedded("cinema", &files)));
        let given = values([("title", text("<T>")), ("n", Value::Int(2))]);
        let page = render(&engine, "t.html", &given).map(|page| page.strip_prefix('★').unwrap().to_owned());
        // A fragment has the same tags.
        if let (Ok(page), Ok(fragment)) = (&page, render(&engine, "t.html#body", &given)) {
            assert_eq!(*page, fragment);
        }
        page
    };
    for (source, expected) in [
        ("{% stars 3 %}", "★★★"),
        ("{% stars n sign='<' %}{% stars n + 1, sign='-' %}", "&lt;&lt;---"),
        ("{%- stars 2 as s -%} {{ s }}{{ s|length }}{{ stars(1) }}", "★★2★"),
        ("{% price 250 %}", "<i>2.5</i>"),
        ("{% price 250 as p %}{{ p }}{{ price(100) }}", "<i>2.5</i><i>1.0</i>"),
        ("{% title_of_page %}", "&lt;T&gt;"),
        ("{% box 'red' %}<b>{{ title }}</b>{% endbox %}", "<div class=\"red\"><b>&lt;T&gt;</b></div>"),
        (
            "{% box %}{% box 'in' %}{% stars 1 %}{% endbox %}{% endbox %}",
            "<div class=\"grey\"><div class=\"in\">★</div></div>",
        ),
        ("{% box title as b %}x{% endbox %}[{{ b }}]", "[<div class=\"&lt;T&gt;\">x</div>]"),
        (
            "{% if n > 1 %}{% box 'a' if n > 5 else 'b' %}{% for i in [1, 2] %}{{ i }}{% endfor %}{% endbox box %}{% else %}no{% endif %}",
            "<div class=\"b\">12</div>",
        ),
        // Text that a tag gives is escaped.
        ("{% shout %}<b>{% endshout %}", "&lt;B&gt;"),
    ] {
        assert_eq!(shown(source).unwrap(), expected, "{source}");
    }
    for (source, told) in [
        ("{% stars %}", "missing argument"),
        ("{% stars 1 size=2 %}", "size"),
        ("{% star 1 %}", "unknown statement star; did you mean `stars`?"),
        ("{% box %}", "`{% box %}` of line 1 has no `{% endbox %}`"),
        ("{% box %}{% enbox %}", "did you mean `endbox`?"),
    ] {
        let error = shown(source).unwrap_err().to_string();
        assert!(error.contains(told), "{source}: {error}");
    }
}

#[test]
fn tags_of_django_that_are_written_otherwise_are_told() {
    for (source, told) in [
        ("{% load static %}", "nothing is loaded"),
        ("{% for x in [] %}{% empty %}{% endfor %}", "`{% else %}`"),
        ("{% url 'film' 7 %}", "`{{ url(\"film\", id=7) }}`"),
        ("{% static 'a.css' %}", "`{{ static(\"app.css\") }}`"),
        ("{% regroup a by b as c %}", "|regroup("),
        ("{% now 'Y' %}", "`{{ now(\"j F Y\") }}`"),
        ("{% get_static_prefix %}", "`{{ static(\"app.css\") }}`"),
        ("{% firstof a b %}", "`{{ firstof(a, b) }}`"),
        ("{% widthratio a b 100 %}", "`{{ widthratio(value, most, width) }}`"),
        ("{% lorem 3 w %}", "`{{ lorem(3, \"w\") }}`"),
        ("{% querystring page=2 %}", "`{{ querystring(page=2) }}`"),
        ("{% templatetag openblock %}", "`{{ \"{%\" }}`"),
        ("{% resetcycle row %}", "`{{ row.reset() }}`"),
        ("{% debug %}", "`{{ values|pprint }}`"),
        ("{% csrf_token %}", "`{{ csrf_input() }}`; `{{ form.open }}` has it"),
        ("{% partialdef card %}{% endpartialdef %}", "`page!(\"film.html#reviews\")`"),
    ] {
        let error = show(source, []).unwrap_err().to_string();
        assert!(error.contains(told), "{source}: {error}");
    }
    // What they are told to write is there. (`querystring`, `csrf_input` and `static` are of pages: see there.)
    for (source, shown) in [
        ("{{ firstof(a, 7) }}", "7"),
        ("{{ widthratio(50, 100, 200) }}", "100"),
        ("{{ \"{%\" }}", "{%"),
        (
            "{% set row = cycler('a', 'b') %}{{ row.next() }}{{ row.next() }}{{ row.reset() }}{{ row.next() }}",
            "aba",
        ),
        ("{{ [1]|pprint }}", "[\n    1,\n]"),
    ] {
        let given = [("a", Value::Null)];
        assert_eq!(show(source, given).unwrap(), shown, "{source}");
    }
    assert_eq!(show("{{ lorem(3, \"w\") }}", []).unwrap().split(' ').count(), 3);
}

#[test]
fn errors_stand_where_the_file_has_them() {
    let source = "<p>\n {% cycle 'a', 'b' %}{% spaceless %}{% include 'p.html' with n=1 %}{% ifchanged 1, 2 %}x{% endifchanged %} {{ nowhere }}{% endspaceless %}\n{% cache 'x', gone %}{% endcache %}";
    let engine = engine(&[("t.html", source), ("p.html", "")]);
    let place = |source: &str, error: quintet_core::Error, word: &str| {
        let place = error.place().unwrap().clone();
        let line = source.lines().nth(place.line - 1).unwrap();
        let column = line[..line.find(word).unwrap()].chars().count() + 1;
        assert_eq!(place.column, column, "{word}: {error}");
        place.line
    };
    let error = render(&engine, "t.html", &values([])).unwrap_err();
    assert_eq!(place(source, error, "nowhere"), 2);
    let source = "{# é #}{% cache '5m', 'name', 1, gone %}x{% endcache %}";
    let engine = support::engine(&[("t.html", source)]);
    assert_eq!(place(source, render(&engine, "t.html", &values([])).unwrap_err(), "cache"), 1);
}

#[test]
fn parts_without_end_are_stopped() {
    let site = Site::new().tag("again", || Part::new("again.html")).install(embedded(
        "cinema",
        &[("again.html", "{% again %}{% again %}"), ("only.html", "{% include 'only.html' only %}")],
    ));
    let engine = Engine::new(&site);
    for name in ["again.html", "only.html"] {
        let error = render(&engine, name, &values([])).unwrap_err().to_string();
        assert!(error.contains("without end"), "{error}");
    }
}

#[test]
fn a_function_shows_what_it_is_called_around_as_often_as_it_likes() {
    let site = Site::new()
        .function("repeat", |state: &mut State<'_, '_>, n: usize, named: Kwargs| {
            let caller = named.get::<minijinja::Value>("caller")?;
            let mut out = String::new();
            for i in 0..n {
                out.push_str(caller.call(state, &[minijinja::Value::from(i)])?.as_str().unwrap_or_default());
            }
            Ok::<_, minijinja::Error>(minijinja::Value::from_safe_string(out))
        })
        .install(embedded(
            "cinema",
            &[("t.html", "{% call(i) repeat(3) %}<i>{{ i }}{{ v }}</i>{% endcall %}")],
        ));
    let shown = render(&Engine::new(&site), "t.html", &values([("v", text("&"))])).unwrap();
    assert_eq!(shown, "<i>0&amp;</i><i>1&amp;</i><i>2&amp;</i>");
}
