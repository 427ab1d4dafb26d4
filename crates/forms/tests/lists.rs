//! Lists: days in three of them, groups, files of a folder, several values; and what has changed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::net::{Ipv4Addr, Ipv6Addr};

use http::StatusCode;
use quintet_core::{Result, Site, value::Date};
use quintet_forms::{FilesOf, Form, form};
use quintet_web::{
    Json, Page, Path, Routing, axum::response::IntoResponse, axum::response::Response, data, routes,
};
use support::{Element, Running, app, elements, one, start};

fn short(text: &str) -> std::result::Result<(), String> {
    if text.len() < 8 { Ok(()) } else { Err("keep it short".into()) }
}

#[data]
struct Trip {
    #[field(widget = "select_date", min = Date::constant(2024, 1, 1), max = Date::constant(2026, 12, 31))]
    from: Date,
    #[field(widget = "select_date")]
    until: Option<Date>,
    #[field(choices = [("Europe", [("de", "Germany"), ("fr", "<France>")]), ("Asia & more", ["jp"])])]
    country: Option<String>,
    #[field(choices = [("Low", [1, 2]), ("High", [9])], widget = "radio")]
    floor: Option<i32>,
    #[field(choices = [(1, "one"), (2, "two"), (3, "three")], widget = "checkboxes")]
    wishes: Vec<i32>,
    sheet: Option<String>,
    #[field(slug, max_length = 9, validate = short, regex = "^[a-z]+$")]
    code: Option<String>,
    old: Option<Ipv4Addr>,
    new: Option<Ipv6Addr>,
}

/// `themes`, with files in and beside it.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.css", "<b>.css", "c.js", ".hidden.css", "more/d.css", ".git/e.css"] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "x").unwrap();
    }
    folder
}

#[form("/trip/{how}/")]
async fn trip(Path(how): Path<String>, mut form: Form<Trip>) -> Result<Response> {
    let folder = folder();
    match how.as_str() {
        "files" => form.offer_files(Trip.sheet, &FilesOf::new(folder.path()).matching(r"\.css$").deep())?,
        "grouped" => {
            let groups = [("<Here>", vec![("x", "an x")]), ("", vec![("y", "a y")])];
            form.offer_groups(Trip.sheet, groups);
        }
        "changed" => {
            form.initial_of(Trip.country, "fr");
            form.initial_of(Trip.wishes, &vec![1, 3]);
            form.initial_of(Trip.from, &Date::constant(2025, 2, 3));
            return Ok(form.changed().join(",").into_response());
        }
        _ => {}
    }
    Ok(match form.valid() {
        Some(trip) => Json(trip).into_response(),
        None => Page::new("trip.html").with("form", &form).into_response(),
    })
}

async fn site() -> Running {
    let app = app(&[("trip.html", "{{ form.open }}{{ form }}</form>")]);
    start(Site::new().install(app.routes(routes![trip])), &[]).await
}

const FROM: [(&str, &str); 3] = [("from_year", "2025"), ("from_month", "2"), ("from_day", "3")];

async fn sent(site: &Running, more: &[(&str, &str)]) -> serde_json::Value {
    let answer = site.post("/trip/plain/", &[&FROM, more].concat()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()
}

/// The entries of a select: what is sent, what is read, and whether it is chosen.
fn options(all: &[Element], name: &str) -> Vec<(String, String, bool)> {
    let at = all.iter().position(|e| e.get("name") == Some(name)).unwrap();
    let options = all[at + 1..].iter().take_while(|e| matches!(e.name.as_str(), "option" | "optgroup"));
    let options = options.filter(|e| e.name == "option");
    options.map(|e| (e.get("value").unwrap().into(), e.text.clone(), e.has("selected"))).collect()
}

#[tokio::test]
async fn a_day_is_chosen_in_three_lists() {
    let site = site().await;
    let page = site.get("/trip/plain/").await;
    let all = elements(&page.body);
    assert_eq!(one(&all, "id", "id_from").name, "fieldset");
    assert_eq!(one(&all, "name", "from_month").get("aria-label"), Some("From: month"));
    assert!(one(&all, "name", "from_day").has("required") && !one(&all, "name", "until_day").has("required"));
    let years: Vec<String> = options(&all, "from_year").into_iter().map(|(value, ..)| value).collect();
    assert_eq!(years, ["", "2024", "2025", "2026"]);
    let months = options(&all, "until_month");
    assert_eq!((months.len(), months[2].clone()), (13, ("2".into(), "February".into(), false)));
    // Without bounds there are ten years.
    assert_eq!(options(&all, "until_year").len(), 11);
    let answer = sent(&site, &[]).await;
    assert_eq!((&answer["from"], &answer["until"]), (&"2025-02-03".into(), &serde_json::Value::Null));
    let until = [("until_year", "2025"), ("until_month", "12"), ("until_day", "31")];
    assert_eq!(sent(&site, &until).await["until"], "2025-12-31");
    // As JSON, or from a script, it is one text.
    let answer =
        site.send_as("/trip/plain/", "application/json", r#"{"from": "2025-02-03", "wishes": []}"#).await;
    assert_eq!(answer.json()["from"], "2025-02-03");
    for (parts, told) in [
        (["2025", "2", "31"], "Expected a date such as 2026-11-20"),
        (["2025", "", "3"], "Expected a date such as 2026-11-20"),
        (["", "", ""], "This field is required"),
        (["2027", "1", "1"], "Must be at most 2026-12-31"),
        (["<b>", "\"", "1"], "Expected a date such as 2026-11-20"),
    ] {
        let pairs: Vec<(&str, &str)> =
            FROM.iter().zip(parts).map(|((name, _), part)| (*name, part)).collect();
        let page = site.post("/trip/plain/", &pairs).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{parts:?}");
        let all = elements(&page.body);
        assert_eq!(one(&all, "id", "id_from_error").text, told, "{parts:?}");
        // What was chosen is chosen still.
        let day = options(&all, "from_day").into_iter().find(|(.., chosen)| *chosen).unwrap();
        assert_eq!(day.0, parts[2]);
        assert_eq!(one(&all, "href", "#id_from_year").name, "a");
        assert!(!page.body.contains("<b>"));
    }
    let page =
        site.post("/trip/plain/", &[("from_year", "2031"), ("from_month", "2"), ("from_day", "3")]).await;
    assert!(options(&elements(&page.body), "from_year").contains(&("2031".into(), "2031".into(), true)));
}

#[tokio::test]
async fn choices_stand_in_groups() {
    let site = site().await;
    let page = site.get("/trip/plain/").await;
    let all = elements(&page.body);
    let groups: Vec<_> =
        all.iter().filter(|e| e.name == "optgroup").map(|e| e.get("label").unwrap()).collect();
    assert_eq!(groups, ["Europe", "Asia & more"]);
    let entries: Vec<(String, String)> =
        options(&all, "country").into_iter().map(|(value, label, _)| (value, label)).collect();
    let entry = |value: &str, label: &str| (value.to_owned(), label.to_owned());
    assert_eq!(
        entries,
        [entry("", "---------"), entry("de", "Germany"), entry("fr", "<France>"), entry("jp", "Jp")]
    );
    let radios: Vec<_> = all.iter().filter(|e| e.get("role") == Some("group")).collect();
    assert_eq!(radios.iter().map(|e| e.get("aria-label").unwrap()).collect::<Vec<_>>(), ["Low", "High"]);
    assert_eq!(all.iter().filter(|e| e.get("name") == Some("floor")).count(), 4);
    let answer = sent(&site, &[("country", "jp"), ("floor", "9")]).await;
    assert_eq!((&answer["country"], &answer["floor"]), (&"jp".into(), &9.into()));
    // The name of a group is no choice.
    let page = site.post("/trip/plain/", &[&FROM[..], &[("country", "Europe")]].concat()).await;
    assert_eq!(one(&elements(&page.body), "id", "id_country_error").text, "Expected one of de, fr, jp");
    // Groups that are made while the site runs.
    let page = site.get("/trip/grouped/").await;
    assert!(page.body.contains("<optgroup label=\"&lt;Here&gt;\">"), "{}", page.body);
    let labels: Vec<_> =
        options(&elements(&page.body), "sheet").into_iter().map(|(_, label, _)| label).collect();
    assert_eq!(labels, ["---------", "an x", "a y"]);
    let page = site.post("/trip/grouped/", &[&FROM[..], &[("sheet", "<Here>")]].concat()).await;
    assert_eq!(
        one(&elements(&page.body), "id", "id_sheet_error").text,
        "Choose one of those that are offered"
    );
}

#[tokio::test]
async fn several_typed_values_come_from_boxes() {
    let site = site().await;
    let answer = sent(&site, &[("wishes", "1"), ("wishes", "3")]).await;
    assert_eq!(answer["wishes"], serde_json::json!([1, 3]));
    assert_eq!(sent(&site, &[]).await["wishes"], serde_json::json!([]));
    let page = site.post("/trip/plain/", &[&FROM[..], &[("wishes", "1"), ("wishes", "4")]].concat()).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let all = elements(&page.body);
    assert_eq!(one(&all, "id", "id_wishes_error").text, "Expected one of 1, 2, 3");
    let boxes: Vec<bool> =
        all.iter().filter(|e| e.get("name") == Some("wishes")).map(|e| e.has("checked")).collect();
    assert_eq!(boxes, [true, false, false]);
}

#[tokio::test]
async fn files_of_a_folder_are_offered_by_their_paths_in_it() {
    let site = site().await;
    let page = site.get("/trip/files/").await;
    let values: Vec<String> =
        options(&elements(&page.body), "sheet").into_iter().map(|(value, ..)| value).collect();
    assert_eq!(values, ["", "<b>.css", "a.css", "more/d.css"]);
    let answer = site.post("/trip/files/", &[&FROM[..], &[("sheet", "more/d.css")]].concat()).await;
    assert_eq!(answer.json()["sheet"], "more/d.css");
    for other in ["../a.css", "c.js", ".hidden.css", ".git/e.css", "/etc/passwd", "more"] {
        let page = site.post("/trip/files/", &[&FROM[..], &[("sheet", other)]].concat()).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{other}");
    }
    let folder = folder();
    let of = || FilesOf::new(folder.path());
    assert_eq!(of().list().unwrap(), ["<b>.css", "a.css", "c.js"]);
    assert_eq!(of().folders().list().unwrap(), ["more"]);
    assert!(of().matching("(").list().unwrap_err().to_string().contains("no regular expression"));
    let gone = FilesOf::new(folder.path().join("gone")).list().unwrap_err();
    assert!(gone.to_string().contains("can't be read"), "{gone}");
}

#[tokio::test]
async fn several_rules_hold_for_one_text() {
    let site = site().await;
    assert_eq!(sent(&site, &[("code", "abc")]).await["code"], "abc");
    for (typed, told) in [
        ("a b", "Only letters (a to z), digits, hyphens and underscores"),
        ("abcdefgh", "Keep it short"),
        ("abcdefghij", "At most 9 characters (this has 10)"),
        ("A1", "Is not in the form that is asked for"),
    ] {
        let page = site.post("/trip/plain/", &[&FROM[..], &[("code", typed)]].concat()).await;
        assert!(page.body.contains(told), "{typed}: {}", page.body);
    }
}

#[tokio::test]
async fn an_address_may_be_of_one_kind_only() {
    let site = site().await;
    let answer = sent(&site, &[("old", "192.0.2.1"), ("new", "2001:db8::1")]).await;
    assert_eq!((&answer["old"], &answer["new"]), (&"192.0.2.1".into(), &"2001:db8::1".into()));
    let page =
        site.post("/trip/plain/", &[&FROM[..], &[("old", "::1"), ("new", "192.0.2.1")]].concat()).await;
    let all = elements(&page.body);
    assert_eq!(one(&all, "id", "id_old_error").text, "Expected an IPv4 address such as 192.0.2.1");
    assert_eq!(one(&all, "id", "id_new_error").text, "Expected an IPv6 address such as 2001:db8::1");
}

#[tokio::test]
async fn a_form_knows_what_has_changed() {
    let site = site().await;
    assert_eq!(site.get("/trip/changed/").await.body, "");
    let same = [&FROM[..], &[("country", "fr"), ("wishes", "1"), ("wishes", "3"), ("code", " ")]].concat();
    assert_eq!(site.post("/trip/changed/", &same).await.body, "");
    let other =
        [("from_year", "2026"), ("from_month", "2"), ("from_day", "3"), ("wishes", "1"), ("code", "x")];
    assert_eq!(site.post("/trip/changed/", &other).await.body, "from,country,wishes,code");
}
