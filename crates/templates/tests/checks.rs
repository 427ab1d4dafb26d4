//! Wrong names in templates are found when the site starts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::sync::Arc;

use quintet_core::{
    Boot, Room, Services, Site,
    check::{Check, Level},
    settings::Settings,
    template::{Assets, Renderer, Reverse},
};
use quintet_templates::TemplatesRoom;
use support::{Files, Routes, embedded};

async fn started(site: Site, debug: bool) -> Services {
    let settings = Settings::for_tests("/site", [("debug", debug.to_string())]);
    let mut boot = Boot::new(Arc::new(site), settings.clone(), Services::builder()).unwrap();
    boot.services.insert(settings);
    TemplatesRoom.start(&mut boot).await.unwrap();
    boot.services.insert::<Arc<dyn Reverse>>(Arc::new(Routes));
    boot.services.insert::<Arc<dyn Assets>>(Arc::new(Files));
    boot.services.build()
}

async fn checks(source: &str, debug: bool) -> Vec<Check> {
    let files = [("t.html", source), ("base.html", "{% block a %}{% endblock %}"), ("logo.svg", "<svg/>")];
    TemplatesRoom.checks(&started(Site::new().install(embedded("cinema", &files)), debug).await).await
}

#[tokio::test]
async fn each_mistake_has_its_id_place_and_near_name() {
    for (source, id, message) in [
        ("{% if %}", "templates.E001", "can't be read"),
        ("{% extends 'bsae.html' %}", "templates.E002", "no template `bsae.html`; did you mean `base.html`?"),
        ("{% include 'x.html' %}", "templates.E002", "no template `x.html`"),
        ("{% from 'bsae.html' import a %}", "templates.E002", "did you mean `base.html`?"),
        ("{{ url('flim', id=1) }}", "templates.E003", "no route `flim`; did you mean `film`?"),
        ("{% if a %}{{ url(\"shop:cat\") }}{% endif %}", "templates.E003", "did you mean `shop:cart`?"),
        ("{{ url('cart') }}", "templates.E003", "no route `cart`"),
        ("{{ url('film', idd=1) }}", "templates.E004", "no parameter `idd`; did you mean `id`?"),
        ("{{ url('film') }}", "templates.E004", "needs `id`"),
        ("{{ url('film', 1, 2) }}", "templates.E004", "takes 1 values, not 2"),
        ("{{ url('shop:cart', range(1, x=2), idd=3) }}", "templates.E004", "no parameter `idd`"),
        ("{{ static('cinema/ap.css') }}", "templates.E005", "did you mean `cinema/app.css`?"),
        ("{{ x|uper }}", "templates.E006", "no filter `uper`; did you mean `upper`?"),
        ("{% filter trimm %}{% endfilter %}", "templates.E006", "did you mean `trim`?"),
        ("{% if ulr('film') %}{% endif %}", "templates.E008", "no function `ulr`; did you mean `url`?"),
        ("{% for x in rnage(3) %}{% endfor %}", "templates.E008", "did you mean `range`?"),
        ("{% if x is defnied %}{% endif %}", "templates.E009", "no test `defnied`; did you mean `defined`?"),
        ("{{ 1 if x.y is not nonee }}", "templates.E009", "did you mean `none`?"),
    ] {
        let found = checks(&format!("\n{source}"), false).await;
        assert_eq!(found.len(), 1, "{source}: {found:?}");
        assert_eq!((found[0].id, found[0].level), (id, Level::Error), "{source}");
        assert!(found[0].message.contains(message), "{source}: {}", found[0]);
        assert!(found[0].object.as_deref().unwrap().contains("cinema/templates/t.html:2"), "{}", found[0]);
    }
}

#[tokio::test]
async fn what_may_be_meant_so_is_a_warning() {
    for (source, id, message) in [
        ("{{ translate('film') }}", "templates.W001", "no function `translate`"),
        (
            "{% extends 'base.html' %}{% block contnet %}{% block inner %}{% endblock %}{% endblock %}",
            "templates.W002",
            "block `contnet`, so it is shown nowhere; did you mean `content`?",
        ),
    ] {
        let files = [("t.html", source), ("base.html", "{% extends 'root.html' %}"), ("root.html", ROOT)];
        const ROOT: &str = "{% block content %}{% endblock %}";
        let services = started(Site::new().install(embedded("cinema", &files)), false).await;
        let found = TemplatesRoom.checks(&services).await;
        assert_eq!(found.len(), 1, "{source}: {found:?}");
        assert_eq!((found[0].id, found[0].level), (id, Level::Warning), "{source}");
        assert!(found[0].message.contains(message), "{}", found[0]);
        assert!(found[0].object.as_deref().unwrap().contains("cinema/templates/t.html:1:"), "{}", found[0]);
    }
}

#[tokio::test]
async fn messages_need_a_key_to_sign_them() {
    let app = embedded("cinema", &[("t.html", "\n{% for m in messages() %}{{ m }}{% endfor %}")]);
    let mut boot =
        Boot::new(Arc::new(Site::new().install(app)), Settings::default(), Services::builder()).unwrap();
    boot.services.insert(Settings::default());
    TemplatesRoom.start(&mut boot).await.unwrap();
    let found = TemplatesRoom.checks(&boot.services.build()).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].id, found[0].level), ("templates.E007", Level::Error));
    assert!(found[0].message.contains("QUINTET_SECRET_KEY"), "{}", found[0]);
    assert!(checks("{{ messages()|length }}", false).await.is_empty());
}

#[tokio::test]
async fn what_is_right_or_computed_is_left_alone() {
    for source in [
        "{% extends 'base.html' %}{% block a %}{{ url('film', id=film.id) }}{{ url('home') }}{% endblock %}",
        "{{ url('shop:cart', user, 2) }}{{ url('shop:cart', 1, id=dict(a=2, b=3)) }}{{ url('film', **kw) }}",
        "{{ url('film', (a, b)[0] == 1) }}{{ url('film', id=x,) }}",
        "{{ url(name) }}{{ url('fi' ~ 'lm') }}{{ x.url('flim') }}{{ static('a' ~ b) }}",
        "{% include 'x.html' ignore missing %}{% extends layout %}{% include 'a' ~ b %}",
        "{# url('flim') #}{% raw %}{{ url('flim') }}{% endraw %} url('flim')",
        "{{ static('cinema/app.css') }}{{ x|upper|date('Y')|default('|uper') }}",
        "{% for x in y if x|length > 2 %}{% endfor %}",
        "{% macro row(x, y=1) %}{{ row(x) }}{{ caller() }}{% endmacro %}{{ row(1) }}{% call row(2) %}{% endcall %}",
        "{% import 'base.html' as m %}{{ m.any(1) }}{% from 'base.html' import b as c %}{{ c(1) }}{{ b(2) }}",
        "{% for x in y recursive %}{{ loop(x) }}{% endfor %}{% set f = x %}{{ f(1) }}{{ x.f(1)|upper }}",
        "{% if not(a) and(b) or (c) in (d) %}{% elif(a) %}{% endif %}{{ a is divisibleby(2) and a is not in(b) }}",
        "{{ range(3) }}{{ dict(a=1) }}{{ now('Y') }}{{ csrf_input() }}{{ film.is }}{{ a is eq 1 }}{{ x(1) if 0 }}{% set x = 1 %}",
        "{% extends 'base.html' %}{% block of_its_own %}{% endblock %}{% block a %}{% block b %}{% endblock %}{% endblock %}",
        "{% extends layout %}{% block contnet %}{% endblock %}",
    ] {
        assert_eq!(checks(source, false).await, [], "{source}");
    }
}

#[tokio::test]
async fn in_debug_the_site_starts_with_warnings() {
    let found = checks("{{ url('flim') }}{% include 'x' %}", true).await;
    assert_eq!(found.iter().map(|c| c.level).collect::<Vec<_>>(), [Level::Warning, Level::Warning]);
}

#[tokio::test]
async fn the_room_brings_the_renderer() {
    let services = started(Site::new().install(embedded("cinema", &[("t.html", "")])), false).await;
    assert!(services.require::<Arc<dyn Renderer>>().unwrap().exists("t.html"));
}
