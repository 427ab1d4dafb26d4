//! While developing, an edit shows at the next request: nothing is compiled again but the template.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use quintet_core::Site;
use quintet_templates::Engine;
use support::{OnDisk, embedded, render, values};

#[test]
fn an_edit_shows_at_once_also_of_parents_parts_and_fragments() {
    let disk = OnDisk::new(&[
        ("base.html", "<{% block a %}{% endblock %}>"),
        ("t.html", "{% extends 'base.html' %}{% block a %}{% include 'part.html' %}{% endblock %}"),
        ("part.html", "one"),
    ]);
    let engine = Engine::new(&Site::new().install(disk.app("cinema")));
    let page = |name: &str| render(&engine, name, &values([])).unwrap();
    assert_eq!((page("t.html"), page("t.html#a")), ("<one>".into(), "one".into()));
    disk.write("part.html", "three");
    assert_eq!((page("t.html"), page("t.html#a")), ("<three>".into(), "three".into()));
    disk.write("base.html", "[[{% block a %}{% endblock %}]]");
    assert_eq!(page("t.html"), "[[three]]");
    disk.write("t.html", "{% extends 'base.html' %}{% block a %}new{% endblock %}");
    assert_eq!((page("t.html"), page("t.html#a")), ("[[new]]".into(), "new".into()));
}

#[test]
fn a_mistake_is_told_and_mending_it_is_enough() {
    let disk = OnDisk::new(&[("t.html", "fine")]);
    let engine = Engine::new(&Site::new().install(disk.app("cinema")));
    let page = || render(&engine, "t.html", &values([]));
    assert_eq!(page().unwrap(), "fine");
    disk.write("t.html", "a\n{% if %}");
    let error = page().unwrap_err();
    assert_eq!(error.place().unwrap().line, 2);
    assert!(error.to_string().contains("can't be read"), "{error}");
    disk.write("t.html", "fine again");
    assert_eq!(page().unwrap(), "fine again");
    disk.remove("t.html");
    assert!(page().unwrap_err().to_string().contains("no template"));
}

#[test]
fn a_new_file_in_an_earlier_app_takes_over() {
    let (first, second) = (OnDisk::new(&[("x.html", "x")]), OnDisk::new(&[("t.html", "second")]));
    let engine = Engine::new(&Site::new().install(first.app("a")).install(second.app("b")));
    assert_eq!(render(&engine, "t.html", &values([])).unwrap(), "second");
    first.write("t.html", "first");
    assert_eq!(render(&engine, "t.html", &values([])).unwrap(), "first");
    first.remove("t.html");
    assert_eq!(render(&engine, "t.html", &values([])).unwrap(), "second");
}

#[test]
fn files_on_disk_may_stand_before_those_in_the_binary() {
    let disk = OnDisk::new(&[("t.html", "disk")]);
    let binary = || embedded("cinema", &[("t.html", "binary"), ("u.html", "binary")]);
    let engine = Engine::new(&Site::new().install(disk.app("a")).install(binary()));
    assert_eq!(render(&engine, "t.html", &values([])).unwrap(), "disk");
    assert_eq!(render(&engine, "u.html", &values([])).unwrap(), "binary");
}
