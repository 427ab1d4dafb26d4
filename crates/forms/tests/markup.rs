//! Nothing that was typed, stored or made up becomes markup, where several controls make one value: lists of a day, groups, rows,
//! files that are there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use http::StatusCode;
use quintet_core::{Result, Site, value::Date};
use quintet_forms::{Form, FormBody, Forms, form};
use quintet_storage::{Memory, Storage};
use quintet_web::{FileChange, Page, Routing, data, routes};
use support::{Answer, Element, HOSTILE, Running, app, elements, one, start_with};

#[data]
struct Part {
    #[field(max_length = 3)]
    name: String,
    #[field(widget = "textarea", max_length = 3)]
    note: String,
    #[field(choices = ["a", "b"], widget = "radio")]
    kind: String,
    #[field(widget = "select_date")]
    since: Option<Date>,
}

#[data]
struct Whole {
    #[field(widget = "select_date")]
    day: Option<Date>,
    #[field(widget = "group")]
    part: Part,
    file: FileChange,
    #[field(accept = "image/*")]
    picture: FileChange,
}

/// The files are called as the request says, as if a row had them.
#[form("/whole/")]
async fn whole(body: FormBody) -> Result<Page> {
    let mut form = Form::<Whole>::read(&body, "").await?;
    let stored = body.text("stored").unwrap_or("a.txt").to_owned();
    form.initial_of(Whole.file, &format!("files/{stored}"));
    form.initial_of(Whole.picture, &stored);
    Ok(Page::new("whole.html").with("form", &form))
}

#[form("/rows/")]
async fn rows(body: FormBody) -> Result<Page> {
    let mut rows = Forms::<Part>::read(&body, "items").await?;
    rows.deletable().ordered();
    rows.words(
        body.text("word").unwrap_or("Row").to_owned(),
        body.text("word").unwrap_or("Add a row").to_owned(),
    );
    Ok(Page::new("rows.html").with("rows", &rows))
}

async fn site() -> Running {
    let app = app(&[
        ("whole.html", "{{ form.open }}{{ form }}</form>"),
        ("rows.html", "{{ rows.open }}{{ rows }}</form>"),
    ]);
    start_with(Site::new().install(app.routes(routes![whole, rows])), &[], |services| {
        services.insert(Storage::new(Memory::default()));
    })
    .await
}

/// The page has the same elements as a wrong one without anything hostile in it, and no attribute that acts.
fn same(answer: &Answer, plain: &Answer, hostile: &str) -> Vec<Element> {
    let (all, plain) = (elements(&answer.body), elements(&plain.body));
    let count = |all: &[Element], name: &str| all.iter().filter(|e| e.name == name).count();
    for name in ["textarea", "select", "option", "fieldset", "form", "label", "legend", "template", "script"]
    {
        assert_eq!(count(&all, name), count(&plain, name), "{name}: {hostile}: {}", answer.body);
    }
    assert!(all.iter().all(|e| !matches!(e.name.as_str(), "img" | "b")), "{hostile}");
    assert!(all.iter().all(|e| e.attributes.iter().all(|(name, _)| !name.starts_with("on"))), "{hostile}");
    all
}

#[tokio::test]
async fn of_days_groups_and_files() {
    let site = site().await;
    let names = [
        "day_year",
        "day_month",
        "day_day",
        "part-name",
        "part-note",
        "part-kind",
        "part-since_year",
        "stored",
    ];
    let plain = site.post("/whole/", &names.map(|name| (name, "long"))).await;
    for hostile in HOSTILE {
        let page = site.post("/whole/", &names.map(|name| (name, hostile))).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.body);
        let all = same(&page, &plain, hostile);
        assert_eq!(one(&all, "name", "part-name").get("value"), Some(hostile));
        assert_eq!(one(&all, "name", "part-note").text.trim(), hostile);
        // The link to the file that is there: its name is read, and its address leads nowhere else.
        let last = hostile.rsplit('/').next().unwrap();
        let links: Vec<&Element> = all.iter().filter(|e| e.name == "a" && e.text == last).collect();
        assert_eq!(links.len(), 2, "{hostile}: {}", page.body);
        for link in links {
            let address = link.get("href").unwrap();
            assert!(address.starts_with("/media/") && !address.contains(['<', '"', ' ', '{']), "{address}");
        }
    }
}

#[tokio::test]
async fn of_rows() {
    let site = site().await;
    let names = [
        "items-0-name",
        "items-0-note",
        "items-0-kind",
        "items-0-since_month",
        "items-0-KEY",
        "items-0-ORDER",
        "items-0-DELETE",
        "word",
    ];
    let total = [("items-TOTAL", "1")];
    let plain = site.post("/rows/", &[&names.map(|name| (name, "long"))[..], &total].concat()).await;
    for hostile in HOSTILE {
        let made_up = format!("items-0-{hostile}");
        let more = [("items-TOTAL", "1"), (made_up.as_str(), hostile)];
        let page = site.post("/rows/", &[&names.map(|name| (name, hostile))[..], &more].concat()).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.body);
        let all = same(&page, &plain, hostile);
        assert_eq!(one(&all, "name", "items-0-name").get("value"), Some(hostile));
        assert_eq!(one(&all, "name", "items-0-note").text.trim(), hostile);
        assert_eq!(one(&all, "name", "items-0-KEY").get("value"), Some(hostile));
        assert_eq!(one(&all, "data-add-row", "items").text.trim(), hostile.trim());
        let page = site.post("/rows/", &[("items-TOTAL", hostile)]).await;
        assert!(page.body.contains("did not come whole"), "{}", page.body);
        let count = site.post("/rows/", &[("items-TOTAL", "x")]).await;
        same(&page, &count, hostile);
    }
}
