//! Forms from request to page and back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use http::{Request, StatusCode, header};
use quintet_core::{Result, Site, value::Date};
use quintet_forms::{Form, FormBody, form};
use quintet_web::{CleanData, DataErrors, Page, Routing, axum::body::Body, data, redirect, routes};
use support::{Running, app, elements, one, start};

/// What somebody thinks of a film.
#[data]
struct NewReview {
    /// From one to five.
    #[field(min = 1, max = 5, widget = "stars")]
    stars: i32,
    #[field(max_length = 20, widget = "textarea", error(required = "Say something."))]
    text: String,
    #[field(label = "Your mail", email)]
    mail: Option<String>,
    #[field(default = "none")]
    colour: String,
    seen: bool,
    on: Option<Date>,
}

#[form("/films/{id}/review/")]
async fn review(quintet_web::Path(id): quintet_web::Path<i64>, mut form: Form<NewReview>) -> Result<Page> {
    if id == 2 {
        form.error((NewReview.stars, NewReview.text), "you have reviewed it already");
        form.form_error("only once");
    }
    let Some(new) = form.valid() else { return Ok(Page::new("review.html").with("form", &form)) };
    Ok(redirect(format!("/thanks/?{}-{}-{:?}-{}-{}", new.stars, new.text, new.mail, new.colour, new.seen)))
}

#[data]
struct Stay {
    from: Date,
    until: Date,
}

impl CleanData for Stay {
    type Needs = ();

    async fn clean(&mut self, _: &(), errors: &mut DataErrors<Self>) -> Result {
        if self.until <= self.from {
            errors.error(Stay.until, "a stay ends after it begins");
        }
        Ok(())
    }
}

#[form("/stay/")]
async fn stay(mut form: Form<Stay>) -> Page {
    match form.valid() {
        Some(_) => redirect("/"),
        None => Page::new("form.html").with("form", &form),
    }
}

/// Two forms on one page.
#[form("/both/")]
async fn both(body: FormBody) -> Result<Page> {
    let mut here = Form::<Stay>::read(&body, "here").await?;
    let mut there = Form::<Stay>::read(&body, "there").await?;
    if let (Some(_), Some(_)) = (here.valid(), there.valid()) {
        return Ok(redirect("/"));
    }
    Ok(Page::new("both.html").with("here", &here).with("there", &there))
}

const REVIEW: &str = "{{ form.open(class=\"form\", novalidate=true) }}{{ form }}<button>Send</button></form>";

async fn site() -> Running {
    let app = app(&[
        ("review.html", REVIEW),
        ("form.html", "{{ form }}"),
        ("both.html", "<form>{{ here }}{{ there }}</form>"),
    ]);
    start(Site::new().install(app.routes(routes![review, stay, both])), &[]).await
}

#[tokio::test]
async fn an_empty_form_is_shown_as_its_type_says() {
    let page = site().await.get("/films/1/review/").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let all = elements(&page.body);
    let form = &all[0];
    assert_eq!(
        (form.name.as_str(), form.get("method"), form.get("class")),
        ("form", Some("post"), Some("form"))
    );
    assert!(form.has("novalidate") && !form.has("enctype"));
    let text = one(&all, "id", "id_text");
    assert_eq!(
        (text.name.as_str(), text.get("name"), text.get("maxlength")),
        ("textarea", Some("text"), Some("20"))
    );
    assert!(text.has("required") && !text.has("aria-invalid") && text.text.trim().is_empty());
    assert_eq!(one(&all, "for", "id_text").text, "Text *");
    let mail = one(&all, "name", "mail");
    assert_eq!(
        (mail.get("type"), mail.get("autocomplete"), mail.has("required")),
        (Some("email"), Some("email"), false)
    );
    assert_eq!(one(&all, "for", "id_mail").text, "Your mail");
    assert_eq!(one(&all, "name", "colour").get("value"), Some("none"));
    let seen = one(&all, "name", "seen");
    assert_eq!(
        (seen.get("type"), seen.get("value"), seen.has("checked")),
        (Some("checkbox"), Some("true"), false)
    );
    assert_eq!(one(&all, "name", "on").get("type"), Some("date"));
    let stars: Vec<_> = all.iter().filter(|e| e.get("name") == Some("stars")).collect();
    assert_eq!(stars.iter().map(|e| e.get("value").unwrap()).collect::<Vec<_>>(), ["1", "2", "3", "4", "5"]);
    assert!(stars.iter().all(|e| e.get("type") == Some("radio") && e.has("required") && !e.has("checked")));
    assert_eq!(one(&all, "name", "text").get("aria-describedby"), None);
    let group = all.iter().find(|e| e.name == "fieldset").unwrap();
    assert_eq!((group.get("id"), group.get("aria-describedby")), (Some("id_stars"), Some("id_stars_help")));
    assert_eq!(one(&all, "id", "id_stars_help").text, "From one to five.");
    assert!(!page.body.contains("role=\"alert\""));
}

#[tokio::test]
async fn a_wrong_form_is_shown_again_with_what_was_typed() {
    let site = site().await;
    let sent =
        [("stars", "9"), ("text", "<b>\"bold\"</b> and far too long"), ("mail", "nobody"), ("seen", "true")];
    let page = site.post("/films/1/review/", &sent).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let all = elements(&page.body);
    let alert = one(&all, "role", "alert");
    assert!(alert.text.contains("3 values need another look"), "{}", alert.text);
    assert_eq!(one(&all, "href", "#id_text").text, "Text");
    assert_eq!(one(&all, "href", "#id_mail").text, "Your mail");
    let text = one(&all, "name", "text");
    assert_eq!(text.text.trim(), "<b>\"bold\"</b> and far too long");
    assert_eq!(
        (text.get("aria-invalid"), text.get("aria-describedby")),
        (Some("true"), Some("id_text_error"))
    );
    assert_eq!(one(&all, "id", "id_text_error").text, "At most 20 characters (this has 30)");
    assert_eq!(one(&all, "id", "id_mail_error").text, "Is no mail address such as ann@example.com");
    assert_eq!(one(&all, "id", "id_stars_error").text, "Must be at most 5");
    assert_eq!(one(&all, "name", "mail").get("value"), Some("nobody"));
    assert!(one(&all, "name", "seen").has("checked"));
    // A field that was left out is empty, not what it began with.
    assert_eq!(one(&all, "name", "colour").get("value"), None);
}

#[tokio::test]
async fn what_is_missing_says_so_in_its_own_words() {
    let site = site().await;
    for (sent, stars, text) in [
        (&[][..], "This field is required", "Say something."),
        (&[("stars", ""), ("text", "  ")], "This field is required", "Say something."),
        (&[("stars", "many"), ("text", "")], "Expected a whole number from 1 to 5", "Say something."),
    ] {
        let page = site.post("/films/1/review/", sent).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        let all = elements(&page.body);
        assert_eq!(one(&all, "id", "id_stars_error").text, stars, "{sent:?}");
        assert_eq!(one(&all, "id", "id_text_error").text, text, "{sent:?}");
    }
}

#[tokio::test]
async fn a_valid_form_reaches_the_handler_as_data() {
    let site = site().await;
    let sent =
        [("stars", " 5 "), ("text", "  fine\r\nreally "), ("mail", ""), ("extra", "x"), ("seen", "on")];
    let answer = site.post("/films/1/review/", &sent).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let to = answer.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(to, "/thanks/?5-fine%0Areally-None-none-true");
    let boundary = "--b\r\ncontent-disposition: form-data; name=\"stars\"\r\n\r\n4\r\n--b\r\ncontent-disposition: form-data; \
                    name=\"text\"\r\n\r\nü\r\n--b\r\ncontent-disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\nbytes\r\n--b--\r\n";
    let answer = site.send_as("/films/1/review/", "multipart/form-data; boundary=b", boundary).await;
    assert_eq!(answer.headers["location"], "/thanks/?4-%C3%BC-None-none-false", "{}", answer.body);
}

#[tokio::test]
async fn json_is_read_by_the_same_rules_and_answered_by_a_problem() {
    let site = site().await;
    let json = async |body: &str| site.send_as("/films/1/review/", "application/json", body.to_owned()).await;
    let answer = json(r#"{"stars": 9, "text": "  ", "mail": "nobody", "seen": "maybe"}"#).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    let problems = answer.problems();
    let told: Vec<(&str, &str)> = problems.iter().map(|(p, d)| (p.as_str(), d.as_str())).collect();
    assert_eq!(
        told,
        [
            ("#/text", "Say something."),
            ("#/stars", "must be at most 5"),
            ("#/mail", "is no mail address such as ann@example.com"),
            ("#/seen", "expected true or false"),
        ]
    );
    let answer = json(r#"{"stars": 5, "text": " fine ", "seen": true}"#).await;
    assert_eq!(answer.headers["location"], "/thanks/?5-fine-None-none-true", "{}", answer.body);
    let answer = json("{").await;
    assert_eq!(
        (answer.status, answer.headers["content-type"].to_str().unwrap()),
        (StatusCode::BAD_REQUEST, "application/problem+json")
    );
    // A script that sends a form and reads JSON.
    let request = site
        .posted_from_own_page("/films/1/review/", "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json");
    let answer = site.send(request.body(Body::from("stars=1")).unwrap()).await;
    assert_eq!(answer.problems(), [("#/text".to_owned(), "Say something.".to_owned())]);
}

#[tokio::test]
async fn what_a_handler_finds_wrong_stands_beside_the_fields() {
    let site = site().await;
    let page = site.post("/films/2/review/", &[("stars", "5"), ("text", "fine")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let all = elements(&page.body);
    assert_eq!(one(&all, "id", "id_stars_error").text, "You have reviewed it already");
    assert_eq!(one(&all, "id", "id_text_error").text, "You have reviewed it already");
    assert!(one(&all, "role", "alert").text.contains("Only once"));
    assert!(one(&all, "id", "id_stars_4").has("checked"));
    // Who only asks has done nothing wrong.
    let page = site.get("/films/2/review/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Only once"));
}

#[tokio::test]
async fn rules_over_several_fields_run_for_forms_and_json() {
    let site = site().await;
    let page = site.post("/stay/", &[("from", "2026-02-02"), ("until", "2026-02-01")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(one(&elements(&page.body), "id", "id_until_error").text, "A stay ends after it begins");
    let body = r#"{"from": "2026-02-02", "until": "2026-02-01"}"#;
    let answer = site.send_as("/stay/", "application/json", body).await;
    assert_eq!(answer.problems(), [("#/until".to_owned(), "a stay ends after it begins".to_owned())]);
    let answer = site.post("/stay/", &[("from", "2026-02-01"), ("until", "2026-02-02")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn several_forms_share_a_page() {
    let site = site().await;
    let sent = [
        ("here-from", "2026-02-01"),
        ("here-until", "2026-02-02"),
        ("there-from", "soon"),
        ("there-until", ""),
    ];
    let page = site.post("/both/", &sent).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let all = elements(&page.body);
    assert_eq!(one(&all, "name", "here-from").get("value"), Some("2026-02-01"));
    assert_eq!(one(&all, "id", "id_there-from_error").text, "Expected a date such as 2026-11-20");
    assert_eq!(one(&all, "id", "id_there-until_error").text, "This field is required");
    let mut ids: Vec<&str> = all.iter().filter_map(|e| e.get("id")).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "ids are unique");
}

#[tokio::test]
async fn what_can_not_be_read_at_all_is_refused() {
    let site = site().await;
    let answer = site.send_as("/stay/", "text/plain", "x").await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let many = "a=1&".repeat(2000);
    let answer = site.send_as("/stay/", "application/x-www-form-urlencoded", many).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let answer = site.send_as("/stay/", "multipart/form-data", "x").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let answer = site.send_as("/stay/", "multipart/form-data; boundary=b", "--b\r\nx").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    // No form at all is a form without fields.
    let answer = site.send(Request::post("/stay/").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    // U+0000 can't be stored.
    let page = site.post("/films/1/review/", &[("stars", "1"), ("text", "a\0b")]).await;
    assert!(page.body.contains("Must not contain the character U+0000"), "{}", page.body);
}
