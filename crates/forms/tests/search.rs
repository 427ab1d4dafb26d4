//! Forms that come with the address: searches and filters.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use http::StatusCode;
use quintet_core::{
    Result, Site,
    value::{Date, Timestamp},
};
use quintet_forms::{FormBody, SearchForm};
use quintet_web::{
    CleanData, DataErrors, Page, Routing, Upload,
    axum::{body::Body, http::request::Parts},
    data, get, routes,
};
use support::{Element, Running, app, elements, one, start};

#[data]
#[derive(Debug, Default, PartialEq)]
struct Years {
    #[field(min = 1900)]
    from: Option<i32>,
    #[field(max = 2100)]
    until: Option<i32>,
}

/// What films are looked for.
#[data]
#[derive(Debug, PartialEq)]
struct Filter {
    #[field(max_length = 10, widget = "search")]
    q: Option<String>,
    #[field(choices = ["new", "old"], default = "new")]
    sort: String,
    #[field(choices = ["a", "b", "c"], widget = "checkboxes")]
    letters: Vec<String>,
    seen: bool,
    #[field(widget = "group")]
    years: Option<Years>,
    #[field(widget = "select_date")]
    day: Option<Date>,
    #[field(widget = "split_datetime")]
    at: Option<Timestamp>,
}

impl CleanData for Filter {
    type Needs = ();

    async fn clean(&mut self, _: &(), errors: &mut DataErrors<Self>) -> Result {
        if self.seen && self.q.as_deref() == Some("unseen") {
            errors.error(Filter.q, "seen or unseen?");
        }
        Ok(())
    }
}

#[get("/films/")]
async fn films(mut form: SearchForm<Filter>) -> Page {
    let sent = form.is_submitted();
    let found = form.valid().map(|filter| format!("{filter:?}"));
    Page::new("films.html").with("form", &form).with("sent", &sent).with("found", &found)
}

/// Two searches on one page.
#[get("/both/")]
async fn both(parts: Parts) -> Result<Page> {
    let body = FormBody::of_query(&parts)?;
    let mut one = SearchForm::<Years>::read(&body, "one").await?;
    let mut two = SearchForm::<Years>::read(&body, "two").await?;
    let found = format!("{:?} {:?}", one.valid(), two.valid());
    Ok(Page::new("both.html").with("one", &one).with("two", &two).with("found", &found))
}

#[data]
struct WithFile {
    picture: Option<Upload>,
}

#[get("/file/")]
async fn file(form: SearchForm<WithFile>) -> Page {
    Page::new("form.html").with("form", &form)
}

#[get("/empty/")]
async fn empty() -> Page {
    Page::new("form.html").with("form", &SearchForm::<Years>::empty())
}

async fn site(settings: &[(&'static str, &'static str)]) -> Running {
    let app = app(&[
        (
            "films.html",
            "{{ form.open(action=\"/films/\", class=\"filters\") }}{{ form }}<button>Show</button></form><b id=\"sent\">{{ sent }}</b><b id=\"found\">{{ found }}</b><a id=\"next\" href=\"{{ querystring(page=2) }}\">next</a>",
        ),
        ("both.html", "<form>{{ one }}</form><form>{{ two }}</form><b id=\"found\">{{ found }}</b>"),
        ("form.html", "{{ form.open }}{{ form }}</form>"),
    ]);
    start(Site::new().install(app.routes(routes![films, both, file, empty])), settings).await
}

async fn page(site: &Running, uri: &str) -> Vec<Element> {
    let answer = site.get(uri).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    elements(&answer.body)
}

fn said(all: &[Element], id: &str) -> String {
    one(all, "id", id).text.replace("&quot;", "\"")
}

fn chosen(all: &[Element], select: &str) -> Vec<String> {
    let at = all.iter().position(|e| e.name == "select" && e.get("name") == Some(select)).unwrap();
    let options = all[at + 1..].iter().take_while(|e| e.name == "option" || e.name == "optgroup");
    options.filter(|e| e.has("selected")).map(|e| e.get("value").unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_address_without_its_fields_is_no_search() {
    let site = site(&[]).await;
    for uri in ["/films/", "/films/?page=3&utm_source=x", "/films/?q2=1&years-other=2&at_2=1&letters-x="] {
        let all = page(&site, uri).await;
        assert_eq!((said(&all, "sent"), said(&all, "found")), ("false".into(), String::new()), "{uri}");
        let form = &all[0];
        assert_eq!(
            (form.get("method"), form.get("action"), form.get("class")),
            (Some("get"), Some("/films/"), Some("filters"))
        );
        assert!(!form.has("enctype"));
        // The proof that a form is the site's own would stand in addresses, logs and links.
        assert!(!all.iter().any(|e| e.get("type") == Some("hidden")), "{all:?}");
        assert_eq!(chosen(&all, "sort"), ["new"]);
    }
}

#[tokio::test]
async fn what_was_searched_is_read_and_shown_again() {
    let site = site(&[("forms.time_zone", "Europe/Berlin")]).await;
    let all = page(
        &site,
        "/films/?page=1&q=%20%22L%C3%A9on%22+&sort=old&letters=a&letters=c&seen=true&years-from=1994&years-until=&day_year=2026&day_month=2&day_day=3&at_0=2026-07-01&at_1=18:30&more=1",
    )
    .await;
    assert_eq!(said(&all, "sent"), "true");
    assert_eq!(
        said(&all, "found"),
        "Filter { q: Some(\"\\\"Léon\\\"\"), sort: \"old\", letters: [\"a\", \"c\"], seen: true, years: Some(Years { from: Some(1994), until: None }), day: Some(2026-02-03), at: Some(2026-07-01T16:30:00Z) }"
    );
    let q = one(&all, "id", "id_q");
    assert_eq!((q.get("type"), q.get("maxlength")), (Some("search"), Some("10")));
    assert!(q.get("value").unwrap().contains("Léon"));
    assert_eq!(chosen(&all, "sort"), ["old"]);
    let ticked: Vec<_> = all.iter().filter(|e| e.has("checked")).map(|e| e.get("value").unwrap()).collect();
    assert_eq!(ticked, ["a", "c", "true"]);
    assert_eq!(one(&all, "name", "years-from").get("value"), Some("1994"));
    assert_eq!(chosen(&all, "day_month"), ["2"]);
    assert_eq!(one(&all, "name", "at_1").get("value"), Some("18:30"));
    // The links of a paginator lead on in the same search; what is no field of the form is theirs.
    let next = one(&all, "id", "next").get("href").unwrap().replace("&amp;", "&");
    assert!(next.starts_with("?page=2&q=") && next.ends_with("&more=1"), "{next}");
    assert!(next.contains("letters=a&letters=c") && next.contains("years-from=1994"), "{next}");
    let again = page(&site, &format!("/films/{next}")).await;
    assert_eq!(said(&again, "found"), said(&all, "found"));
    // A new search begins on the first page.
    assert!(!all.iter().any(|e| e.get("name") == Some("page") || e.get("name") == Some("more")));
}

#[tokio::test]
async fn each_of_its_fields_makes_it_a_search_and_the_others_have_their_defaults() {
    let site = site(&[]).await;
    for part in ["q=", "seen=true", "letters=b", "years-until=2000", "day_day=", "at_1="] {
        let all = page(&site, &format!("/films/?page=2&{part}")).await;
        assert_eq!(said(&all, "sent"), "true", "{part}");
        assert!(said(&all, "found").contains("sort: \"new\""), "{part}: {}", said(&all, "found"));
        assert_eq!(chosen(&all, "sort"), ["new"], "the control shows what the data has");
    }
}

#[tokio::test]
async fn a_wrong_search_is_shown_with_its_errors_and_is_no_failure() {
    let site = site(&[]).await;
    let uri = "/films/?q=much+too+long&sort=best&letters=x&years-from=12&page=2";
    let answer = site.get(uri).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let all = elements(&answer.body);
    assert_eq!((said(&all, "sent"), said(&all, "found")), ("true".into(), String::new()));
    let q = one(&all, "id", "id_q");
    assert_eq!((q.get("value"), q.get("aria-invalid")), (Some("much too long"), Some("true")));
    assert_eq!(q.get("aria-describedby"), Some("id_q_error"));
    assert!(one(&all, "id", "id_q_error").text.contains("At most 10"), "{}", answer.body);
    assert_eq!(one(&all, "name", "years-from").get("value"), Some("12"));
    assert!(one(&all, "id", "id_years-from_error").text.contains("1900"));
    // The rules of the type as a whole hold, too.
    let all = page(&site, "/films/?q=unseen&seen=on").await;
    assert_eq!(
        (said(&all, "found"), one(&all, "id", "id_q_error").text.as_str()),
        (String::new(), "Seen or unseen?")
    );
}

#[tokio::test]
async fn several_searches_stand_on_a_page_under_prefixes() {
    let all = page(&site(&[]).await, "/both/?two-from=1950&one=&from=1900").await;
    assert_eq!(said(&all, "found"), "None Some(Years { from: Some(1950), until: None })");
    assert_eq!(one(&all, "name", "two-from").get("value"), Some("1950"));
    assert_eq!(one(&all, "name", "one-from").get("value"), None);
}

#[tokio::test]
async fn what_can_not_be_a_search_is_told() {
    let site = site(&[("forms.max_fields", "3")]).await;
    let answer = site.get("/films/?q=1&a=2&b=3&c=4").await;
    assert_eq!(answer.status, StatusCode::URI_TOO_LONG, "{}", answer.body);
    assert_eq!(site.get("/films/?q=1&a=2&b=3").await.status, StatusCode::OK);
    assert_eq!(site.get("/file/?picture=x.png").await.status, StatusCode::INTERNAL_SERVER_ERROR);
    let form = site.get("/empty/").await.body;
    assert_eq!(elements(&form)[0].get("method"), Some("get"));
    // HEAD is answered as GET is.
    let head = http::Request::head("/films/?q=much+too+long").body(Body::empty()).unwrap();
    assert_eq!(site.send(head).await.status, StatusCode::OK);
}
