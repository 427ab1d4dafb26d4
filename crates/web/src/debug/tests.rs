use std::sync::Arc;

use http::{Method, StatusCode};
use quintet_core::{Error, ErrorKind, SourcePlace};
use sha2::{Digest, Sha256};

use super::FactTable;
use super::*;

const ATTACK: &str = "\"><script>alert('x')</script>";

fn info(error: Error) -> DebugInfo {
    DebugInfo {
        status: error.status(),
        error: Arc::new(error),
        method: Method::GET,
        uri: "/films/?year=2008&token=hunter2".parse().unwrap(),
        address: format!("/films/?year=2008&token={}", quintet_core::debug::MASK),
        hidden: Vec::new(),
        headers: vec![("accept".into(), "text/html".into()), ("cookie".into(), "id=hunter2".into())],
        request_id: Some("01JD6Q9W".into()),
        route: None,
        params: vec![("id".into(), "7".into())],
        watched: None,
        values: vec![("film".into(), "{ 'title': '<b>' }".into())],
        routes: Vec::new(),
        services: vec!["quintet_orm::Db"],
        settings: vec![("secret_key".into(), "***".into()), ("debug".into(), "true".into())],
    }
}

fn template() -> Error {
    let place = SourcePlace::new("templates/film.html", 2)
        .with_column(4)
        .with_text("<h1>\n  {{ film.titel }}\n</h1>");
    Error::of_kind(
        ErrorKind::Template,
        StatusCode::INTERNAL_SERVER_ERROR,
        "`film.titel` is missing; did you mean `film.title`?",
    )
    .in_file(place)
    .with_detail("template", "film.html")
    .with_detail("template context", "film, q")
    .with_detail("reached by", "templates/base.html:3")
}

#[test]
fn a_template_error_shows_the_line_the_repair_and_the_names() {
    let html = page(&info(template()));
    for expected in [
        "<h1><code>film.titel</code> is missing; did you mean <code>film.title</code>?</h1>",
        "Write <code>film.title</code> in <code>templates/film.html:2:4</code>.",
        "<li data-n=\"2\" class=\"hit\">  {{ film.titel }}</li>",
        "   ^ `film.titel` is missing",
        "reached by templates/base.html:3",
        "<th scope=\"row\">film</th><td>{ &#x27;title&#x27;: &#x27;&lt;b&gt;&#x27; }</td>",
        "<th scope=\"row\">names</th><td>film, q</td>",
        "<code>GET /films/?year=2008&amp;token=••••••••</code>",
        "request 01JD6Q9W",
        "<th scope=\"row\">{id}</th><td>7</td>",
        "<th scope=\"row\">?year</th><td>2008</td>",
        "<th scope=\"row\">debug</th><td>true</td>",
        "quintet_orm::Db",
    ] {
        assert!(html.contains(expected), "{expected}\n{html}");
    }
    assert!(!html.contains("errors/mod.rs"), "the program did nothing wrong");
}

#[test]
fn a_database_error_shows_the_statement_the_causes_and_the_program() {
    let mut info = info(
        Error::database("no such table: cinema_film")
            .with_detail("SQL", "SELECT \"id\"\nFROM t")
            .with_source("code 1"),
    );
    info.watched =
        Some(FactTable { title: "Statements", rows: vec![("0.4 ms".into(), "SELECT 1 < 2".into())] });
    let html = page(&info);
    for expected in [
        "cargo run -- migrate",
        "<li>SELECT &quot;id&quot;</li><li>FROM t</li>",
        "<li>code 1</li>",
        "<h2>Statements before the error</h2>",
        "<td>SELECT 1 &lt; 2</td>",
        "debug/tests.rs</h2>",
        "Error::database(&quot;no such table: cinema_film&quot;)",
    ] {
        assert!(html.contains(expected), "{expected}\n{html}");
    }
}

#[test]
fn nothing_that_was_sent_or_stored_becomes_markup() {
    let place = SourcePlace::new(ATTACK, 1).with_column(2).with_text(ATTACK);
    let error = Error::of_kind(
        ErrorKind::Template,
        StatusCode::INTERNAL_SERVER_ERROR,
        format!("`{ATTACK}` {ATTACK}"),
    )
    .in_file(place)
    .with_detail("SQL", ATTACK)
    .with_detail("template", ATTACK)
    .with_detail("template context", ATTACK)
    .with_detail("reached by", ATTACK)
    .with_detail("hint", format!("`{ATTACK}`"))
    .with_detail("other", ATTACK)
    .with_source(ATTACK);
    let pair = || (ATTACK.to_owned(), ATTACK.to_owned());
    let mut info = info(error);
    info.uri = "/%22%3E%3Cscript%3E?%3Cscript%3E=%3Cscript%3E&a=%22%3E%3Cscript%3E".parse().unwrap();
    info.headers = vec![pair()];
    info.request_id = Some(ATTACK.into());
    info.params = vec![pair()];
    info.watched = Some(FactTable { title: "Statements", rows: vec![pair()] });
    info.settings = vec![pair()];
    let html = page(&info);
    assert!(!html.contains("<script"), "{html}");
    assert!(!html.contains("\"><sc") && !html.contains("alert('"), "{html}");
    assert!(html.matches("&quot;&gt;&lt;script&gt;alert(&#x27;x&#x27;)").count() > 15);
}

#[test]
fn secrets_are_masked_everywhere() {
    assert!(!page(&info(template())).contains("hunter2"));
    let error = Error::internal("x").with_detail("api_key", "hunter2");
    let html = page(&info(error));
    assert!(
        html.contains("<th scope=\"row\">api_key</th><td>••••••••</td>") && !html.contains("<td>hunter2"),
        "{html}"
    );
}

#[test]
fn sections_have_an_entry_each_and_no_id_is_there_twice() {
    let html = page(&info(template().with_detail("SQL", "SELECT 1").with_source("deeper")));
    let ids: Vec<&str> =
        html.split("<section class=\"panel\" id=\"").skip(1).filter_map(|s| s.split('"').next()).collect();
    assert!(ids.len() >= 6, "{ids:?}");
    for id in &ids {
        assert_eq!(html.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
        assert!(html.contains(&format!("<a href=\"#{id}\">")), "{id}");
    }
}

#[test]
fn the_policy_allows_the_pages_own_style_and_nothing_else() {
    let html = page(&info(template()));
    let style = html.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let policy = policy();
    let policy = policy.to_str().unwrap();
    assert!(policy.contains(&format!("'sha256-{}'", base64(&Sha256::digest(style.as_bytes())))));
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
    assert!(!html.contains(" style=") && !html.contains("http://") && !html.contains("https://"));
}

/// RFC 4648, for the 32 bytes of a SHA-256.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, i| bits << 8 | u32::from(group.get(i).copied().unwrap_or(0)));
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= group.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[test]
fn headings_begin_with_a_capital_unless_they_begin_with_a_name() {
    for (message, heading) in [
        ("no such table: a", "No such table: a"),
        ("`a` is missing", "`a` is missing"),
        ("film_id is wrong", "film_id is wrong"),
        ("a::b failed", "a::b failed"),
        ("x", "x"),
        ("", ""),
        ("Already", "Already"),
    ] {
        assert_eq!(sentence(message), heading);
    }
}
