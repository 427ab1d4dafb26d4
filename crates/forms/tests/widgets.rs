//! Every type and every widget: how it is shown, read, and shown again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::net::IpAddr;

use http::StatusCode;
use quintet_core::{
    Site,
    value::{Date, Decimal, JsonValue, SignedDuration, Time, Timestamp, Uuid},
};
use quintet_forms::{Form, form};
use quintet_web::{Json, Page, Path, Routing, axum::response::IntoResponse, data, routes};
use support::{HOSTILE, Running, app, elements, one, start};

#[data]
#[derive(PartialEq)]
enum Size {
    Small,
    #[field(label = "Very <large>")]
    VeryLarge,
}

#[data]
struct Inner {
    #[field(min = 0)]
    x: i32,
}

fn no_dots(text: &str) -> Result<(), String> {
    if text.contains('.') { Err("no dots".into()) } else { Ok(()) }
}

/// All types that a form knows of itself.
#[data]
struct All {
    text: String,
    #[field(trim = false)]
    raw: String,
    #[field(blank, placeholder = "a \"hint\"", autocomplete = "nickname", validate = no_dots)]
    nick: String,
    #[field(email)]
    mail: Option<String>,
    #[field(url)]
    site: Option<String>,
    #[field(slug)]
    slug: Option<String>,
    #[field(unicode_slug)]
    words: Option<String>,
    #[field(regex = "^[A-Z]{2}$", error(regex = "two capitals"))]
    code: Option<String>,
    #[field(step = 5, min = 10)]
    whole: Option<i32>,
    small: Option<u8>,
    ratio: Option<f64>,
    money: Option<Decimal>,
    #[field(max_digits = 5, decimal_places = 2, min = 0)]
    price: Option<Decimal>,
    #[field(decimal_places = 0, error(digits = "no cents"))]
    round: Option<Decimal>,
    #[field(max_digits = 3)]
    short: Option<Decimal>,
    #[field(decimal_places = 3, step = Decimal::new(5, 1))]
    halves: Option<Decimal>,
    flag: bool,
    maybe: Option<bool>,
    day: Option<Date>,
    hour: Option<Time>,
    at: Option<Timestamp>,
    #[field(min = Timestamp::constant(1_782_923_400, 0), max = Timestamp::constant(1_782_927_005, 0))]
    meets: Option<Timestamp>,
    #[field(min = Timestamp::constant(1_782_923_430, 0))]
    after: Option<Timestamp>,
    #[field(widget = "split_datetime")]
    split: Option<Timestamp>,
    span: Option<SignedDuration>,
    id: Option<Uuid>,
    ip: Option<IpAddr>,
    json: Option<JsonValue>,
    inner: Option<Inner>,
    size: Option<Size>,
    sizes: Vec<Size>,
    numbers: Vec<i32>,
    #[field(choices = [(1, "one"), (2, "two")])]
    chosen: Option<i32>,
    #[field(choices = ["red", "<blue>"], widget = "radio")]
    colour: Option<String>,
    #[field(choices = ["a", "b", "c"], widget = "checkboxes", required)]
    letters: Vec<String>,
    #[field(widget = "password")]
    secret: Option<String>,
    #[field(widget = "hidden")]
    hidden: Option<String>,
    #[field(widget = "color", initial = "#ff0000")]
    paint: Option<String>,
    #[field(widget = "range", min = 0, max = 10)]
    level: Option<i32>,
    #[field(widget = "search")]
    search: Option<String>,
    #[field(widget = "tel")]
    phone: Option<String>,
    #[field(widget = "stars", max = 3)]
    stars: Option<i32>,
    #[field(widget = "forms/widgets/textarea.html")]
    place: Option<String>,
}

#[form("/all/{how}/")]
async fn all(Path(how): Path<String>, mut form: Form<All>) -> quintet_web::axum::response::Response {
    if how == "offered" {
        form.offer(All.nick, [("x", "The <x>"), ("y", "y")]);
    }
    match form.valid() {
        Some(data) => Json(data).into_response(),
        None => Page::new("all.html").with("form", &form).into_response(),
    }
}

async fn site() -> Running {
    let app = app(&[
        ("all.html", "{{ form.open }}{{ form }}</form>"),
        // The site's own markup for one of the room's.
        (
            "forms/widgets/tel.html",
            "<input type=\"tel\" class=\"ours\" name=\"{{ widget.name }}\" id=\"{{ widget.id }}\" value=\"{{ widget.value }}\">",
        ),
    ]);
    start(Site::new().install(app.routes(routes![all])), &[("forms.time_zone", "Europe/Berlin")]).await
}

const MINIMUM: [(&str, &str); 4] = [("text", "t"), ("raw", " r "), ("letters", "a"), ("letters", "c")];

async fn sent(site: &Running, more: &[(&str, &str)]) -> serde_json::Value {
    let answer = site.post("/all/plain/", &[&MINIMUM, more].concat()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()
}

#[tokio::test]
async fn each_type_has_its_control() {
    let page = site().await.get("/all/plain/").await;
    let all = elements(&page.body);
    for (name, kind) in [
        ("text", "text"),
        ("mail", "email"),
        ("site", "url"),
        ("slug", "text"),
        ("whole", "number"),
        ("ratio", "number"),
        ("money", "number"),
        ("flag", "checkbox"),
        ("day", "date"),
        ("hour", "time"),
        ("at", "datetime-local"),
        ("split_0", "date"),
        ("split_1", "time"),
        ("span", "text"),
        ("id", "text"),
        ("ip", "text"),
        ("secret", "password"),
        ("hidden", "hidden"),
        ("paint", "color"),
        ("level", "range"),
        ("search", "search"),
        ("phone", "tel"),
    ] {
        if name == "hidden" {
            assert!(!all.iter().any(|e| e.get("name") == Some("hidden")), "nothing is nothing to hide");
            continue;
        }
        assert_eq!(one(&all, "name", name).get("type"), Some(kind), "{name}");
    }
    for (name, element) in [
        ("maybe", "select"),
        ("json", "textarea"),
        ("inner", "textarea"),
        ("size", "select"),
        ("sizes", "select"),
        ("numbers", "textarea"),
        ("chosen", "select"),
    ] {
        assert_eq!(one(&all, "name", name).name, element, "{name}");
    }
    let nick = one(&all, "name", "nick");
    assert_eq!((nick.get("placeholder"), nick.get("autocomplete")), (Some("a \"hint\""), Some("nickname")));
    assert!(!nick.has("required") && one(&all, "name", "raw").has("required"));
    let whole = one(&all, "name", "whole");
    assert_eq!((whole.get("step"), whole.get("min")), (Some("5"), Some("10")));
    assert_eq!(one(&all, "name", "small").get("min"), Some("0"));
    assert_eq!(one(&all, "name", "ratio").get("step"), Some("any"));
    for (name, step, min) in [
        ("price", Some("0.01"), Some("0")),
        ("round", Some("1"), None),
        ("short", Some("any"), None),
        ("halves", Some("0.5"), None),
        ("money", Some("any"), None),
        // By the clock of Berlin, as the control shows and sends it; seconds only where they are asked for.
        ("meets", None, Some("2026-07-01T18:30")),
        ("after", Some("any"), Some("2026-07-01T18:30:30")),
        ("at", None, None),
    ] {
        let control = one(&all, "name", name);
        assert_eq!((control.get("step"), control.get("min")), (step, min), "{name}");
    }
    assert_eq!(one(&all, "name", "meets").get("max"), Some("2026-07-01T19:30:05"));
    assert_eq!(one(&all, "name", "paint").get("value"), Some("#ff0000"));
    assert_eq!(one(&all, "name", "place").name, "textarea");
    assert!(page.body.contains("class=\"ours\""));
    // Groups have a legend; each of their controls has a label of its own.
    for id in ["id_colour", "id_letters", "id_stars", "id_split"] {
        assert_eq!(one(&all, "id", id).name, "fieldset", "{id}");
    }
    let legends: Vec<&str> = all.iter().filter(|e| e.name == "legend").map(|e| e.text.as_str()).collect();
    assert_eq!(legends, ["Split", "Colour", "Letters *", "Stars"]);
    assert_eq!(all.iter().filter(|e| e.get("name") == Some("stars")).count(), 3);
    assert!(one(&all, "name", "sizes").has("multiple") && !one(&all, "name", "size").has("multiple"));
    // Boxes of which one must be ticked are not required one by one.
    assert!(all.iter().filter(|e| e.get("name") == Some("letters")).all(|e| !e.has("required")));
    assert!(page.body.contains("<option value=\"very_large\">Very &lt;large&gt;</option>"), "{}", page.body);
    // A link or a label leads to every control.
    let shown = all.iter().filter(|e| e.get("name") != Some("csrf_token"));
    for control in shown.filter(|e| matches!(e.name.as_str(), "input" | "select" | "textarea")) {
        let id = control.get("id").unwrap_or_else(|| panic!("{control:?}"));
        let labelled = all.iter().any(|e| e.name == "label" && (e.get("for") == Some(id)))
            || control.has("aria-label")
            || matches!(control.get("type"), Some("radio" | "hidden"))
            || control.get("name") == Some("letters");
        assert!(labelled, "{control:?}");
    }
}

#[tokio::test]
async fn each_type_is_read_from_what_people_type() {
    let site = site().await;
    for (name, typed, read) in [
        ("text", "  é\r\nb ", "\"é\\nb\""),
        ("raw", " r ", "\" r \""),
        ("nick", "", "\"\""),
        ("mail", " ann@example.com ", "\"ann@example.com\""),
        ("mail", "", "null"),
        ("site", "https://example.com/", "\"https://example.com/\""),
        ("words", "über-café_1", "\"über-café_1\""),
        ("code", "DE", "\"DE\""),
        ("whole", " 15 ", "15"),
        ("whole", "", "null"),
        ("ratio", "1.5e3", "1500.0"),
        ("money", "12.50", "\"12.50\""),
        ("price", "999.99", "\"999.99\""),
        ("price", "0012.5000", "\"12.5000\""),
        ("round", "12.0", "\"12.0\""),
        ("short", "0.125", "\"0.125\""),
        ("short", "-125", "\"-125\""),
        ("flag", "true", "true"),
        ("flag", "on", "true"),
        ("flag", "", "false"),
        ("maybe", "", "null"),
        ("maybe", "false", "false"),
        ("maybe", "true", "true"),
        ("day", "1979-05-25", "\"1979-05-25\""),
        ("hour", "18:30", "\"18:30:00\""),
        ("at", "2026-07-01T18:30", "\"2026-07-01T16:30:00Z\""),
        ("at", "2026-07-01T18:30:00Z", "\"2026-07-01T18:30:00Z\""),
        ("span", "1:30", "\"PT1H30M\""),
        ("span", "1h 30m", "\"PT1H30M\""),
        ("id", "67e55044-10b1-426f-9247-bb680e5fe0c8", "\"67e55044-10b1-426f-9247-bb680e5fe0c8\""),
        ("ip", "2001:db8::1", "\"2001:db8::1\""),
        ("json", "{\"a\": [1]}", "{\"a\":[1]}"),
        ("json", "7", "7"),
        ("inner", "{\"x\": 1}", "{\"x\":1}"),
        ("size", "very_large", "\"very_large\""),
        ("numbers", "1\r\n 2\n\n3", "[1,2,3]"),
        ("chosen", "2", "2"),
        ("colour", "<blue>", "\"<blue>\""),
        ("secret", "hunter2", "\"hunter2\""),
        ("level", "3", "3"),
        ("stars", "3", "3"),
    ] {
        let answer = sent(&site, &[(name, typed)]).await;
        let expected: serde_json::Value = serde_json::from_str(read).unwrap();
        assert_eq!(answer[name], expected, "{name}: {typed:?}");
    }
    let answer = sent(
        &site,
        &[("split_0", "2026-01-01"), ("split_1", "12:00"), ("sizes", "small"), ("sizes", "very_large")],
    )
    .await;
    assert_eq!(answer["split"], "2026-01-01T11:00:00Z");
    assert_eq!(answer["sizes"], serde_json::json!(["small", "very_large"]));
    assert_eq!(answer["letters"], serde_json::json!(["a", "c"]));
}

#[tokio::test]
async fn what_does_not_fit_is_told_and_shown_again() {
    let site = site().await;
    for (name, typed, message) in [
        ("nick", "a.b", "No dots"),
        ("mail", "nobody", "Is no mail address such as ann@example.com"),
        ("site", "javascript:alert(1)", "Is no address such as https://example.com/"),
        ("slug", "a b", "Only letters (a to z), digits, hyphens and underscores"),
        ("slug", "über", "Only letters (a to z), digits, hyphens and underscores"),
        ("words", "über café", "Only letters, digits, hyphens and underscores"),
        ("code", "de", "Two capitals"),
        ("whole", "12", "Must be a multiple of 5, counted from 10"),
        ("whole", "1e3", "Expected a whole number from -2147483648 to 2147483647"),
        ("small", "256", "Expected a whole number from 0 to 255"),
        ("ratio", "NaN", ""),
        ("ratio", "many", "Expected a number"),
        ("money", "1,5", "Expected a number"),
        ("price", "1.005", "At most 2 digits after the point"),
        ("price", "1000", "At most 3 digits before the point"),
        ("price", "-1", "Must be at least 0"),
        ("round", "12.5", "No cents"),
        ("short", "1.125", "At most 3 digits"),
        ("halves", "0.7", "Must be a multiple of 0.5"),
        ("meets", "2026-07-01T18:29", "Must be at least 2026-07-01T16:30:00Z"),
        ("maybe", "perhaps", "Expected true or false"),
        ("day", "31.12.2026", "Expected a date such as 2026-11-20"),
        ("hour", "25:00", "Expected a time such as 18:30:00"),
        ("at", "tomorrow", "Expected a date and time such as 2026-11-20T18:30:00Z"),
        ("span", "long", "Expected a duration such as PT1H30M"),
        ("id", "x", "Expected a UUID such as 67e55044-10b1-426f-9247-bb680e5fe0c8"),
        ("ip", "1.2.3", "Expected an IP address such as 192.0.2.1 or 2001:db8::1"),
        ("inner", "{\"x\": -1}", ""),
        ("size", "huge", "Expected one of small, very_large"),
        ("numbers", "1\nx", "Expected a whole number from -2147483648 to 2147483647"),
        ("chosen", "3", "Expected one of 1, 2"),
        ("colour", "green", "Expected one of red, <blue>"),
        ("level", "11", "Must be at most 10"),
        ("stars", "4", "Must be at most 3"),
    ] {
        let page = site.post("/all/plain/", &[&MINIMUM[..], &[(name, typed)]].concat()).await;
        if message.is_empty() && page.status == StatusCode::OK {
            // A float may be no number where it has no bounds.
            assert_eq!(name, "ratio");
            continue;
        }
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {typed}");
        let all = elements(&page.body);
        if message.is_empty() {
            // About a part of the field.
            assert_eq!(one(&all, "id", "id_inner_error").text, "X: must be at least 0");
            continue;
        }
        assert_eq!(one(&all, "id", &format!("id_{name}_error")).text, message, "{name}: {typed}");
        let control = all.iter().find(|e| e.get("name") == Some(name)).unwrap();
        assert_eq!(control.get("aria-invalid"), Some("true"), "{name}");
        assert_eq!(control.get("aria-describedby"), Some(format!("id_{name}_error").as_str()), "{name}");
        match control.name.as_str() {
            "input" if control.get("type") != Some("radio") => {
                assert_eq!(control.get("value"), Some(typed), "{name}")
            }
            "textarea" => assert_eq!(control.text.trim(), typed, "{name}"),
            _ => {}
        }
    }
    let page = site.post("/all/plain/", &[("text", "t"), ("raw", "r"), ("json", "{")]).await;
    assert!(page.body.contains("Expected JSON: "), "{}", page.body);
    assert_eq!(one(&elements(&page.body), "id", "id_letters_error").text, "This field is required");
    let page = site.post("/all/plain/", &[("split_0", "2026-01-01"), ("split_1", "")]).await;
    let all = elements(&page.body);
    assert!(page.body.contains("id_split_error"));
    assert_eq!(
        (one(&all, "name", "split_0").get("value"), one(&all, "href", "#id_split_0").name.as_str()),
        (Some("2026-01-01"), "a")
    );
}

#[tokio::test]
async fn a_password_is_never_shown_again() {
    let site = site().await;
    let page = site.post("/all/plain/", &[("secret", "hunter2"), ("hidden", "kept")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!page.body.contains("hunter2"));
    assert_eq!(one(&elements(&page.body), "name", "hidden").get("value"), Some("kept"));
}

#[tokio::test]
async fn a_list_may_be_offered_while_the_site_runs() {
    let site = site().await;
    let page = site.get("/all/offered/").await;
    assert!(page.body.contains("<option value=\"x\">The &lt;x&gt;</option>"), "{}", page.body);
    let answer = site.post("/all/offered/", &[&MINIMUM[..], &[("nick", "y")]].concat()).await;
    assert_eq!(answer.json()["nick"], "y");
    let page = site.post("/all/offered/", &[&MINIMUM[..], &[("nick", "z")]].concat()).await;
    assert_eq!(
        one(&elements(&page.body), "id", "id_nick_error").text,
        "Choose one of those that are offered"
    );
}

#[tokio::test]
async fn nothing_that_was_typed_becomes_markup() {
    let site = site().await;
    let names: Vec<String> = {
        let page = site.get("/all/plain/").await;
        let mut names: Vec<String> =
            elements(&page.body).iter().filter_map(|e| e.get("name").map(str::to_owned)).collect();
        names.push("hidden".to_owned());
        names.dedup();
        names
    };
    let plain = elements(&site.post("/all/plain/", &[]).await.body);
    for hostile in HOSTILE {
        let pairs: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), hostile)).collect();
        let page = site.post("/all/plain/", &pairs).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        // The same elements as without it, but for messages and what is hidden: the parser refuses what is no attribute.
        let all = elements(&page.body);
        let count = |all: &[support::Element], name: &str| all.iter().filter(|e| e.name == name).count();
        for name in ["textarea", "select", "option", "fieldset", "form", "label"] {
            assert_eq!(count(&all, name), count(&plain, name), "{name}: {hostile}");
        }
        assert!(all.iter().all(|e| !matches!(e.name.as_str(), "script" | "img" | "b")), "{hostile}");
        assert!(
            all.iter().all(|e| e.attributes.iter().all(|(name, _)| !name.starts_with("on"))),
            "{hostile}"
        );
        assert_eq!(one(&all, "name", "hidden").get("value"), Some(hostile));
        assert_eq!(one(&all, "name", "text").get("value"), Some(hostile));
        assert_eq!(one(&all, "name", "place").text.trim(), hostile);
        assert_eq!(one(&all, "name", "json").text.trim(), hostile);
    }
}

/// The developer's own texts are escaped as well.
#[data]
struct Texts {
    /// Help with <b>tags</b> & "quotes".
    #[field(label = "<i>Label</i>", placeholder = "\"><p>", error(required = "<u>missing</u>"))]
    #[serde(rename = "na\"me<")]
    name: String,
    #[field(choices = [("\"a<", "<s>a</s>")], widget = "radio")]
    one: Option<String>,
}

#[form("/texts/")]
async fn texts(mut form: Form<Texts>) -> Page {
    form.form_error("<em>whole</em>");
    form.error(Texts.one, "<q>");
    Page::new("texts.html").with("form", &form)
}

#[tokio::test]
async fn nothing_that_a_form_says_becomes_markup() {
    let app = app(&[("texts.html", "{{ form }}{{ form.one(title=\"<x>\") }}{{ form.name.label }}")]);
    let site = start(Site::new().install(app.routes(routes![texts])), &[]).await;
    let page = site.post("/texts/", &[]).await;
    let all = elements(&page.body);
    assert!(
        all.iter().all(|e| !matches!(e.name.as_str(), "b" | "i" | "u" | "s" | "em" | "q" | "x")),
        "{}",
        page.body
    );
    assert_eq!(one(&all, "id", "id_na\"me<_help").text, "Help with <b>tags</b> & \"quotes\".");
    assert_eq!(one(&all, "id", "id_na\"me<_error").text, "<u>missing</u>");
    assert_eq!(one(&all, "for", "id_na\"me<").text, "<i>Label</i> *");
    assert!(page.body.contains("&lt;em&gt;whole&lt;/em&gt;"));
    assert!(all.iter().any(|e| e.get("title") == Some("<x>")));
}
