//! A value of several controls: shown as a group, read as one value, judged and shown again part by part.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use http::StatusCode;
use quintet_core::{
    Site,
    value::{Date, Timestamp},
};
use quintet_forms::{Form, Forms, RowChange, form};
use quintet_web::{
    Json, Page, Routing,
    axum::response::{IntoResponse, Response},
    data, routes,
};
use support::{Running, app, elements, one, start};

#[data]
#[derive(PartialEq)]
enum Unit {
    Metre,
    Foot,
}

/// How long something is.
#[data]
#[derive(PartialEq)]
struct Length {
    #[field(min = 1, label = "How much")]
    amount: u32,
    unit: Unit,
}

#[data]
#[derive(PartialEq)]
struct Address {
    #[field(max_length = 20)]
    street: String,
    #[field(regex = "^[0-9]{5}$", error(regex = "five digits"))]
    zip: String,
    /// If it is far away.
    country: Option<String>,
    #[field(widget = "split_datetime")]
    from: Option<Timestamp>,
    #[field(widget = "select_date", min = Date::constant(2000, 1, 1), max = Date::constant(2009, 12, 31))]
    since: Option<Date>,
    private: bool,
    tags: Vec<String>,
}

#[data]
#[derive(PartialEq)]
struct Order {
    name: String,
    #[field(widget = "group")]
    length: Length,
    /// Where it goes to.
    #[field(widget = "group")]
    to: Option<Address>,
}

#[form("/order/")]
async fn order(mut form: Form<Order>) -> Response {
    match form.valid() {
        Some(order) => Json(order).into_response(),
        None => Page::new("order.html").with("form", &form).into_response(),
    }
}

#[form("/edit/")]
async fn edit(mut form: Form<Order>) -> Response {
    let to = Address {
        street: "Main <Street>".into(),
        zip: "12345".into(),
        country: None,
        from: Some("2026-07-01T16:30:00Z".parse().unwrap()),
        since: Some(Date::constant(2005, 3, 9)),
        private: true,
        tags: vec!["a".into(), "b".into()],
    };
    form.initial(&Order {
        name: "Rope".into(),
        length: Length { amount: 3, unit: Unit::Foot },
        to: Some(to),
    });
    if form.is_submitted() {
        return form.changed().join(",").into_response();
    }
    Page::new("order.html").with("form", &form).into_response()
}

#[form("/orders/")]
async fn orders(mut orders: Forms<Order>) -> Response {
    orders.extra(1);
    match orders.valid() {
        Some(changes) => format!(
            "{} rows: {:?}",
            changes.len(),
            serde_json::to_string(
                &changes
                    .iter()
                    .filter_map(|c| match c {
                        RowChange::Add(order) => Some(order),
                        _ => None,
                    })
                    .collect::<Vec<_>>()
            )
            .unwrap()
        )
        .into_response(),
        None => Page::new("orders.html").with("orders", &orders).into_response(),
    }
}

async fn site() -> Running {
    let files = [
        ("order.html", "{{ form.open }}{{ form }}</form>"),
        ("orders.html", "{{ orders.open }}{{ orders }}</form>"),
    ];
    let app = app(&files).routes(routes![order, edit, orders]);
    start(Site::new().install(app), &[("forms.time_zone", "Europe/Berlin")]).await
}

#[tokio::test]
async fn the_parts_are_controls_in_a_group() {
    let html = site().await.get("/order/").await.body;
    let all = elements(&html);
    let group = one(&all, "id", "id_length");
    assert!(group.text.contains("Length *") && group.text.contains("How much"), "{}", group.text);
    let amount = one(&all, "name", "length-amount");
    assert_eq!(
        (amount.get("type"), amount.get("id"), amount.get("min")),
        (Some("number"), Some("id_length-amount"), Some("1"))
    );
    assert!(amount.has("required"));
    assert!(one(&all, "for", "id_length-amount").text.starts_with("How much"));
    assert_eq!(one(&all, "name", "length-unit").name, "select");
    // What may be left out as a whole has no part that a browser insists on.
    let street = one(&all, "name", "to-street");
    assert!(!street.has("required") && street.get("maxlength") == Some("20"));
    let place = one(&all, "id", "id_to");
    assert_eq!((place.name.as_str(), place.get("aria-describedby")), ("fieldset", Some("id_to_help")));
    for name in
        ["to-zip", "to-from_0", "to-from_1", "to-since_year", "to-since_month", "to-private", "to-tags"]
    {
        one(&all, "name", name);
    }
}

#[tokio::test]
async fn what_is_typed_into_parts_is_one_value() {
    let site = site().await;
    let least = [("name", "Rope"), ("length-amount", " 3 "), ("length-unit", "foot")];
    let answer = site.post("/order/", &least).await;
    assert_eq!(
        answer.json(),
        serde_json::json!({ "name": "Rope", "length": { "amount": 3, "unit": "foot" }, "to": null })
    );
    let more = [
        ("to-street", " Main "),
        ("to-zip", "12345"),
        ("to-from_0", "2026-07-01"),
        ("to-from_1", "18:30"),
        ("to-since_year", "2005"),
        ("to-since_month", "3"),
        ("to-since_day", "9"),
        ("to-private", "true"),
        ("to-tags", "a\r\nb\r\n"),
    ];
    let all: Vec<(&str, &str)> = least.into_iter().chain(more).collect();
    let to = serde_json::json!({
        "street": "Main", "zip": "12345", "country": null, "from": "2026-07-01T16:30:00Z", "since": "2005-03-09",
        "private": true, "tags": ["a", "b"],
    });
    let sent = site.post("/order/", &all).await.json();
    assert_eq!(sent["to"], to);
    // The same as JSON, there and back.
    let json = site.send_as("/order/", "application/json", sent.to_string()).await;
    assert_eq!(json.json(), sent);
}

#[tokio::test]
async fn what_is_wrong_is_told_at_the_part() {
    let site = site().await;
    let pairs = [
        ("name", "Rope"),
        ("length-amount", "0"),
        ("length-unit", "yard"),
        ("to-street", "a street that is much longer than twenty letters"),
        ("to-zip", "<12>"),
        ("to-from_0", "soon"),
    ];
    let answer = site.post("/order/", &pairs).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let all = elements(&answer.body);
    let told = |id: &str| one(&all, "id", id).text.trim().to_owned();
    assert!(told("id_length-amount_error").contains("at least 1"), "{}", told("id_length-amount_error"));
    assert!(told("id_length-unit_error").contains("metre"), "{}", told("id_length-unit_error"));
    assert!(told("id_to-street_error").contains("20"), "{}", told("id_to-street_error"));
    assert_eq!(told("id_to-zip_error"), "Five digits");
    assert!(told("id_to-from_error").contains("date and time"), "{}", told("id_to-from_error"));
    // Nothing is said twice, at the group.
    assert!(!all.iter().any(|e| matches!(e.get("id"), Some("id_length_error" | "id_to_error"))));
    // What was typed is there again.
    let zip = one(&all, "name", "to-zip");
    assert_eq!(
        (zip.get("value"), zip.get("aria-invalid"), zip.get("aria-describedby")),
        (Some("<12>"), Some("true"), Some("id_to-zip_error"))
    );
    assert_eq!(one(&all, "name", "to-from_0").get("value"), Some("soon"));
    // The summary leads to the part.
    let link = one(&all, "href", "#id_to-zip");
    assert!(link.text.contains("To, zip"), "{}", link.text);

    // Nothing at all: each part that must be is asked for.
    let empty = site.post("/order/", &[("name", "Rope")]).await;
    let all = elements(&empty.body);
    for id in ["id_length-amount_error", "id_length-unit_error"] {
        assert!(one(&all, "id", id).text.contains("required"), "{id}");
    }
    assert!(!empty.body.contains("id_to-street_error"));
    // One part of a group that may be left out asks for the others.
    let half = site
        .post(
            "/order/",
            &[("name", "Rope"), ("length-amount", "1"), ("length-unit", "metre"), ("to-country", "France")],
        )
        .await;
    let all = elements(&half.body);
    for id in ["id_to-street_error", "id_to-zip_error"] {
        assert!(one(&all, "id", id).text.contains("required"), "{id}");
    }

    let json = site
        .send_as(
            "/order/",
            "application/json",
            r#"{"name":"Rope","length":{"amount":0,"unit":"foot"},"to":null}"#,
        )
        .await;
    assert_eq!(json.problems(), [("#/length/amount".to_owned(), "must be at least 1".to_owned())]);
}

#[tokio::test]
async fn a_group_begins_with_a_value_and_knows_whether_it_was_changed() {
    let site = site().await;
    let html = site.get("/edit/").await.body;
    let all = elements(&html);
    let value = |name: &str| one(&all, "name", name).get("value").map(str::to_owned);
    assert_eq!(value("to-street").as_deref(), Some("Main <Street>"));
    assert_eq!(value("to-from_0").as_deref(), Some("2026-07-01"));
    assert_eq!(value("to-from_1").as_deref(), Some("18:30"));
    assert!(one(&all, "name", "to-private").has("checked"));
    let chosen: Vec<&str> = all
        .iter()
        .filter(|e| e.name == "option" && e.has("selected"))
        .filter_map(|e| e.get("value"))
        .collect();
    assert_eq!(chosen, ["foot", "2005", "3", "9"]);
    let same = [
        ("name", "Rope"),
        ("length-amount", "3"),
        ("length-unit", "foot"),
        ("to-street", "Main <Street>"),
        ("to-zip", "12345"),
        ("to-from_0", "2026-07-01"),
        ("to-from_1", "18:30"),
        ("to-since_year", "2005"),
        ("to-since_month", "3"),
        ("to-since_day", "9"),
        ("to-private", "true"),
        ("to-tags", "a\nb"),
    ];
    assert_eq!(site.post("/edit/", &same).await.body, "");
    let mut other = same;
    other[1].1 = "4";
    assert_eq!(site.post("/edit/", &other).await.body, "length");
}

#[tokio::test]
async fn rows_have_groups() {
    let site = site().await;
    let pairs = [
        ("items-TOTAL", "2"),
        ("items-0-name", "Rope"),
        ("items-0-length-amount", "3"),
        ("items-0-length-unit", "foot"),
        ("items-1-name", ""),
        ("items-1-length-amount", ""),
        ("items-1-length-unit", ""),
    ];
    let answer = site.post("/orders/", &pairs).await;
    assert!(answer.body.starts_with("1 rows") && answer.body.contains("amount"), "{}", answer.body);
    let mut wrong = pairs;
    wrong[2].1 = "none";
    let answer = site.post("/orders/", &wrong).await;
    let all = elements(&answer.body);
    one(&all, "id", "id_items-0-length-amount_error");
    let link = one(&all, "href", "#id_items-0-length-amount");
    assert!(link.text.contains("Row 1, Length, how much"), "{}", link.text);
    // The row that scripts copy.
    assert!(answer.body.contains("name=\"items-__n__-length-amount\""));
}
