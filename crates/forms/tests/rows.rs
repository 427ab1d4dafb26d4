//! Forms of rows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use http::StatusCode;
use quintet_core::{Result, Site};
use quintet_forms::{Form, FormBody, Forms, RowChange, form};
use quintet_web::{Page, Path, Routing, data, redirect, routes};
use support::{Running, app, elements, one, start};

#[data]
#[derive(PartialEq)]
struct Line {
    #[field(max_length = 8)]
    item: String,
    #[field(min = 1, default = 1)]
    pieces: u32,
    wrapped: bool,
}

fn told(changes: Vec<RowChange<Line>>) -> String {
    let told = changes.into_iter().map(|change| match change {
        RowChange::Add(line) => format!("+{}:{}:{}", line.item, line.pieces, line.wrapped),
        RowChange::Change(at, line) => format!("~{at}:{}", line.item),
        RowChange::Delete(at) => format!("-{at}"),
    });
    told.collect::<Vec<_>>().join(",")
}

#[form("/order/{how}/")]
async fn order(Path(how): Path<String>, mut lines: Forms<Line>) -> Page {
    match how.as_str() {
        "bounded" => lines.extra(9).min(1).max(3),
        "ordered" => lines.deletable().ordered(),
        "none" => lines.extra(0),
        "worded" => lines.words("<Line>", format!("Add {} line", "a")),
        _ => &mut lines,
    };
    if how == "begun" {
        lines.initial(&[
            Line { item: "pen".into(), pieces: 2, wrapped: true },
            Line { item: "<ink>".into(), pieces: 1, wrapped: false },
        ]);
    }
    if how == "refused" {
        lines.error(1, Line.item, "not this one");
        lines.form_error("not today");
    }
    match lines.valid() {
        Some(changes) => redirect(format!("/got/?{}", told(changes))),
        None => Page::new("order.html").with("lines", &lines),
    }
}

#[data]
struct Mood {
    #[field(widget = "color")]
    paint: String,
    #[field(widget = "range", min = 10, max = 20)]
    level: i32,
}

/// Browsers always send something for these.
#[form("/moods/")]
async fn moods(mut moods: Forms<Mood>) -> Page {
    match moods.valid() {
        Some(changes) => redirect(format!("/got/?{}", changes.len())),
        None => Page::new("order.html").with("lines", &moods),
    }
}

#[data]
struct Person {
    name: String,
}

#[form("/both/")]
async fn both(body: FormBody) -> Result<Page> {
    let mut person = Form::<Person>::read(&body, "").await?;
    let mut lines = Forms::<Line>::read(&body, "lines").await?;
    let (Some(person), Some(lines)) = (person.valid(), lines.valid()) else {
        return Ok(Page::new("both.html").with("person", &person).with("lines", &lines));
    };
    Ok(redirect(format!("/got/?{}:{}", person.name, told(lines))))
}

async fn site() -> Running {
    let app = app(&[
        ("order.html", "{{ lines.open }}{{ lines }}</form>"),
        ("both.html", "{{ lines.open }}{{ person }}{{ lines }}</form>"),
    ]);
    start(Site::new().install(app.routes(routes![order, both, moods])), &[]).await
}

/// Where a valid form leads.
async fn sent(site: &Running, to: &str, pairs: &[(&str, &str)]) -> String {
    let answer = site.post(to, pairs).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.headers["location"].to_str().unwrap().replace("/got/?", "")
}

#[tokio::test]
async fn empty_rows_are_there_to_be_filled_in() {
    let site = site().await;
    let page = site.get("/order/plain/").await;
    let all = elements(&page.body);
    assert_eq!(one(&all, "name", "items-TOTAL").get("value"), Some("1"));
    assert_eq!(one(&all, "name", "items-0-pieces").get("value"), Some("1"));
    // A row may be left empty, so no control of it must be filled in.
    assert!(!one(&all, "name", "items-0-item").has("required"));
    assert_eq!(one(&all, "for", "id_items-0-item").text, "Item *");
    assert!(!page.body.contains("DELETE") && !page.body.contains("ORDER"));
    // What scripts copy.
    let template = all.iter().find(|e| e.name == "template").unwrap();
    assert_eq!((template.get("data-rows"), template.get("data-max")), (Some("items"), Some("1000")));
    assert!(one(&all, "name", "items-__n__-item").has("maxlength"));
    // The script that does it comes from the site, so that no policy needs to allow more.
    assert_eq!(one(&all, "data-add-row", "items").get("type"), Some("button"));
    let script = all.iter().find(|e| e.name == "script").unwrap();
    let address = script.get("src").unwrap();
    assert!(address.starts_with("/static/forms/rows."), "{address}");
    let served = site.get(address).await;
    assert_eq!(served.headers["content-type"], "text/javascript; charset=utf-8");
    assert!(served.body.contains("data-add-row"));
    assert!(!page.body.contains("onclick"));
    let rows: Vec<_> = all.iter().filter(|e| e.get("data-row") == Some("items")).collect();
    assert_eq!((rows[0].get("id"), rows[1].get("id")), (Some("id_items-0"), Some("id_items-__n__")));
    let page = site.get("/order/bounded/").await;
    assert_eq!(page.body.matches("-item\"").count(), page.body.matches("__n__-item\"").count() * 4);
    assert!(!site.get("/order/none/").await.body.contains("items-0"));
    let page = site.get("/order/ordered/").await;
    assert!(page.body.contains("items-0-DELETE") && page.body.contains("items-0-ORDER"));
}

#[tokio::test]
async fn rows_and_their_button_are_called_as_the_handler_says() {
    let site = site().await;
    let said = |all: &[support::Element], name: &str| -> Vec<String> {
        let of = |e: &&support::Element| e.name == name;
        all.iter().filter(of).map(|e| e.text.trim().to_owned()).collect()
    };
    let all = elements(&site.get("/order/plain/").await.body);
    assert_eq!(said(&all, "legend"), ["Row 1", "Row __n__"]);
    assert_eq!(one(&all, "data-add-row", "items").text, "Add a row");
    let page = site.post("/order/worded/", &[("items-TOTAL", "1"), ("items-0-item", "far too long")]).await;
    let all = elements(&page.body);
    assert_eq!(said(&all, "legend"), ["<Line> 1", "<Line> __n__"]);
    assert_eq!(one(&all, "data-add-row", "items").text, "Add a line");
    assert_eq!(one(&all, "href", "#id_items-0-item").text, "<Line> 1, Item");
}

#[tokio::test]
async fn rows_begin_with_what_there_is() {
    let page = site().await.get("/order/begun/").await;
    let all = elements(&page.body);
    assert_eq!(one(&all, "name", "items-TOTAL").get("value"), Some("3"));
    assert_eq!(one(&all, "name", "items-0-item").get("value"), Some("pen"));
    assert!(one(&all, "name", "items-0-wrapped").has("checked"));
    assert_eq!(one(&all, "name", "items-1-item").get("value"), Some("<ink>"));
    assert_eq!(one(&all, "name", "items-2-item").get("value"), None);
}

#[tokio::test]
async fn rows_that_were_left_empty_are_nothing() {
    let site = site().await;
    let pairs = [
        ("items-TOTAL", "4"),
        ("items-0-item", "pen"),
        ("items-0-pieces", "2"),
        ("items-0-wrapped", "true"),
        // As it was shown.
        ("items-1-item", ""),
        ("items-1-pieces", "1"),
        // Number 2 was taken out of the page; number 3 came by a script.
        ("items-3-item", "ink"),
        ("items-3-pieces", ""),
        // Beyond what there is said to be.
        ("items-4-item", "lamp"),
    ];
    assert_eq!(sent(&site, "/order/plain/", &pairs).await, "+pen:2:true,+ink:1:false");
    assert_eq!(sent(&site, "/order/plain/", &[("items-TOTAL", "0")]).await, "");
}

#[tokio::test]
async fn what_is_wrong_is_told_in_its_row() {
    let site = site().await;
    let pairs = [
        ("items-TOTAL", "3"),
        ("items-0-item", "pen"),
        ("items-0-pieces", "1"),
        ("items-2-item", "much too long"),
        ("items-2-pieces", "0"),
    ];
    let page = site.post("/order/plain/", &pairs).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let all = elements(&page.body);
    assert_eq!(one(&all, "id", "id_items-2-item_error").text, "At most 8 characters (this has 13)");
    assert_eq!(one(&all, "id", "id_items-2-pieces_error").text, "Must be at least 1");
    assert_eq!(one(&all, "href", "#id_items-2-item").text, "Row 2, Item");
    assert_eq!(one(&all, "name", "items-0-item").get("value"), Some("pen"));
    assert_eq!(one(&all, "name", "items-TOTAL").get("value"), Some("3"));
    let page = site.post("/order/refused/", &pairs[..3]).await;
    assert!(page.body.contains("Not today"), "{}", page.body);
    // A problem names the row, also of JSON.
    let body = r#"{"items": [{"item": "pen", "pieces": 1, "wrapped": false}, {"item": "", "pieces": 3, "wrapped": true}]}"#;
    let answer = site.send_as("/order/plain/", "application/json", body).await;
    assert_eq!(answer.problems(), [("#/items/1/item".to_owned(), "this field is required".to_owned())]);
    let body = r#"[{"item": "pen", "wrapped": false}]"#;
    let answer = site.send_as("/order/plain/", "application/json", body).await;
    assert_eq!(answer.headers["location"], "/got/?+pen:1:false", "{}", answer.body);
    let answer = site.send_as("/order/plain/", "application/json", "{}").await;
    assert_eq!(answer.problems()[0].0, "#/items");
}

#[tokio::test]
async fn their_number_is_bounded() {
    let site = site().await;
    let row = |n: usize| {
        [(format!("items-{n}-item"), format!("i{n}")), (format!("items-{n}-pieces"), "1".to_owned())]
    };
    let rows = |count: usize| -> Vec<(String, String)> {
        let all = (0..count).flat_map(row);
        all.chain([("items-TOTAL".to_owned(), count.to_string())]).collect()
    };
    for (count, why) in
        [(0, Some("At least 1 row")), (1, None), (3, None), (4, Some("At most 3 rows (these are 4)"))]
    {
        let owned = rows(count);
        let pairs: Vec<(&str, &str)> = owned.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
        let page = site.post("/order/bounded/", &pairs).await;
        match why {
            None => assert_eq!(page.status, StatusCode::SEE_OTHER, "{count}: {}", page.body),
            Some(why) => {
                assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
                assert!(page.body.contains(why), "{}", page.body);
            }
        }
    }
    // Numbers that somebody made up cost nothing.
    for total in ["999999999999", "18446744073709551615"] {
        let pairs =
            [("items-TOTAL", total), ("items-18446744073709551614-item", "x"), ("items-5-item", "pen")];
        let page = site.post("/order/plain/", &pairs).await;
        assert!(page.body.len() < 20_000, "{}", page.body.len());
    }
    for total in [None, Some("-1"), Some("many"), Some("99999999999999999999999")] {
        let pairs: Vec<(&str, &str)> = total.map(|total| ("items-TOTAL", total)).into_iter().collect();
        let page = site.post("/order/plain/", &pairs).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.body.contains("load the page again"), "{}", page.body);
    }
}

#[tokio::test]
async fn rows_are_deleted_and_put_in_order() {
    let site = site().await;
    let pairs = [
        ("items-TOTAL", "4"),
        ("items-0-item", "a"),
        ("items-0-pieces", "1"),
        ("items-0-ORDER", "3"),
        ("items-1-item", "far too long for a row"),
        ("items-1-DELETE", "true"),
        ("items-2-item", "b"),
        ("items-2-pieces", "1"),
        ("items-3-item", "c"),
        ("items-3-pieces", "1"),
        ("items-3-ORDER", "1"),
    ];
    assert_eq!(sent(&site, "/order/ordered/", &pairs).await, "+c:1:false,+a:1:false,+b:1:false");
    // Where it is not allowed, it is not done.
    let page = site.post("/order/plain/", &pairs).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Beside something wrong the marks stay.
    let mut wrong = pairs;
    wrong[1].1 = "also too long";
    let page = site.post("/order/ordered/", &wrong).await;
    let all = elements(&page.body);
    assert!(
        one(&all, "name", "items-1-DELETE").has("checked")
            && !one(&all, "name", "items-0-DELETE").has("checked")
    );
    assert_eq!(one(&all, "name", "items-3-ORDER").get("value"), Some("1"));
    assert!(!page.body.contains("id_items-1-item_error"));
}

#[tokio::test]
async fn a_form_and_its_rows_share_a_page() {
    let site = site().await;
    let pairs = [("name", "Ann"), ("lines-TOTAL", "1"), ("lines-0-item", "pen"), ("lines-0-pieces", "1")];
    assert_eq!(sent(&site, "/both/", &pairs).await, "Ann:+pen:1:false");
    let page = site.post("/both/", &pairs[1..]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let all = elements(&page.body);
    assert_eq!(one(&all, "id", "id_name_error").text, "This field is required");
    // What was right is shown again, although it was taken out.
    assert_eq!(one(&all, "name", "lines-0-item").get("value"), Some("pen"));
}

#[tokio::test]
async fn controls_that_nobody_touched_make_no_row() {
    let site = site().await;
    let pairs = [
        ("items-TOTAL", "2"),
        ("items-0-paint", "#000000"),
        ("items-0-level", "15"),
        ("items-1-paint", "#ff0000"),
        ("items-1-level", "15"),
    ];
    assert_eq!(sent(&site, "/moods/", &pairs).await, "1");
}

#[tokio::test]
async fn no_row_goes_unheard_of() {
    let site = site().await;
    let row = r#"{"item": "pen", "pieces": 1, "wrapped": false}"#;
    let body = |count: usize| format!("[{}]", vec![row; count].join(","));
    let answer = site.send_as("/order/plain/", "application/json", body(1000)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    for count in [1001, 5000] {
        let answer = site.send_as("/order/plain/", "application/json", body(count)).await;
        let told = "at most 1000 rows (these are 1001)".to_owned();
        assert_eq!(answer.problems(), [("#/items".to_owned(), told)], "{count}");
    }
}
