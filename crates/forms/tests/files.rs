//! Files in forms: how they come, what is refused and how, and how their controls look.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use http::StatusCode;
use quintet_core::{Result, Site};
use quintet_forms::{Form, FormBody, Forms, form};
use quintet_storage::{Memory, Storage};
use quintet_web::{
    FileChange, Json, Page, Query, Routing as _, Upload, axum::body::Bytes, data, get, post, redirect, routes,
};
use support::{Answer, Running, app, elements, one, start, start_with};

#[data]
struct Entry {
    title: String,
    #[field(
        max_size = "2 KB",
        accept = "image/*",
        max_pixels = 10_000,
        error(max_size = "That is too much.")
    )]
    poster: Upload,
    #[field(accept = ".pdf,.txt", max_size = 100)]
    script: Option<Upload>,
    #[field(max_length = 2, accept = "image/png, image/jpeg")]
    stills: Vec<Upload>,
}

#[form("/entry/")]
async fn entry(mut form: Form<Entry>) -> Result<Page> {
    let Some(new) = form.valid() else { return Ok(Page::new("form.html").with("form", &form)) };
    let script = match &new.script {
        Some(script) => String::from_utf8_lossy(&script.bytes().await?).into_owned(),
        None => "-".to_owned(),
    };
    let (name, kind, len) = (new.poster.name(), new.poster.content_type(), new.poster.len());
    let stills = new.stills.iter().map(Upload::name).collect::<Vec<_>>().join(",");
    Ok(redirect(format!("/thanks/{}/{name}/{kind}/{len}/{script}/{stills}/", new.title)))
}

#[data]
struct Several {
    #[field(required)]
    files: Vec<Upload>,
}

#[form("/several/")]
async fn several(body: FormBody) -> Result<Page> {
    let mut form = Form::<Several>::read(&body, "a").await?;
    match form.valid() {
        Some(new) => Ok(redirect(format!("/thanks/{}/", new.files.len()))),
        None => Ok(Page::new("form.html").with("form", &form)),
    }
}

/// Files that no data describes.
#[form("/loose/")]
async fn loose(body: FormBody) -> String {
    let names = |field: &str| body.files_of(field).map(Upload::name).collect::<Vec<_>>().join(",");
    format!("a={} b={} c={} all={}", names("a"), names("b"), names("c"), body.files().len())
}

#[data]
struct Hat {
    hat: FileChange,
}

/// A file that is kept under a name of the handler's.
#[form("/hat/")]
async fn hat(mut form: Form<Hat>, storage: Storage) -> Result<String> {
    let Some(mut new) = form.valid() else { return Ok("wrong".to_owned()) };
    let stored = new.hat.store_as(&storage, "hats/best.txt").await?;
    let again = new.hat.store_as(&storage, "hats/other.txt").await?;
    Ok(format!("{stored:?} {again:?} {:?}", new.hat.into_name()))
}

#[post("/json/")]
async fn json(Json(entry): Json<Entry>) -> Json<Entry> {
    Json(entry)
}

#[get("/query/")]
async fn query(Query(entry): Query<Entry>) -> Json<Entry> {
    Json(entry)
}

async fn site(settings: &[(&'static str, &'static str)]) -> Running {
    let forms = app(&[("form.html", "{{ form.open }}{{ form }}</form>")]);
    start(Site::new().install(forms.routes(routes![entry, several, loose, json, query])), settings).await
}

/// A PNG of these dots, as far as its header.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend_from_slice(&width.to_be_bytes());
    bytes.extend_from_slice(&height.to_be_bytes());
    bytes.extend_from_slice(b"\x08\x06\0\0\0");
    bytes
}

struct Sent<'a>(&'a str, Option<&'a str>, Vec<u8>);

fn text<'a>(name: &'a str, text: &str) -> Sent<'a> {
    Sent(name, None, text.as_bytes().to_vec())
}

fn file<'a>(name: &'a str, file: &'a str, bytes: impl AsRef<[u8]>) -> Sent<'a> {
    Sent(name, Some(file), bytes.as_ref().to_vec())
}

async fn send(site: &Running, uri: &str, parts: &[Sent<'_>]) -> Answer {
    let mut body = Vec::new();
    for Sent(name, file, bytes) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        let head = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--b--\r\n");
    site.send_as(uri, "multipart/form-data; boundary=b", Bytes::from(body)).await
}

#[tokio::test]
async fn files_reach_the_handler_as_fields() {
    let site = site(&[]).await;
    let all = [
        text("title", "alien"),
        file("poster", "C:\\x\\Alien 1.PNG", png(20, 30)),
        file("script", "a.txt", "in-space"),
        file("stills", "1.png", png(1, 1)),
        file("stills", "2.jpeg", png(1, 1)),
    ];
    let answer = send(&site, "/entry/", &all).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert_eq!(answer.headers["location"], "/thanks/alien/Alien_1.PNG/image/png/29/in-space/1.png,2.png/");
    // Controls in which nothing was chosen send a file without a name.
    let fewer = [text("title", "a"), all[1].copy(), file("script", "", ""), file("stills", "", "")];
    let answer = send(&site, "/entry/", &fewer).await;
    assert_eq!(answer.headers["location"], "/thanks/a/Alien_1.PNG/image/png/29/-//", "{}", answer.body);
    let answer = send(&site, "/several/", &[file("a-files", "x", "1"), file("a-files", "y", "2")]).await;
    assert_eq!(answer.headers["location"], "/thanks/2/", "{}", answer.body);
}

impl Sent<'_> {
    fn copy(&self) -> Self {
        Sent(self.0, self.1, self.2.clone())
    }
}

#[tokio::test]
async fn files_are_found_by_the_name_of_their_field() {
    let site = site(&[]).await;
    let parts = [file("a", "1.txt", "1"), text("c", "t"), file("b", "2.txt", "2"), file("a", "3.txt", "3")];
    let answer = send(&site, "/loose/", &parts).await;
    assert_eq!(answer.body, "a=1.txt,3.txt b=2.txt c= all=3");
    assert_eq!(site.get("/loose/").await.body, "a= b= c= all=0");
}

#[tokio::test]
async fn a_file_is_kept_under_a_name_that_the_handler_chooses() {
    let storage = Storage::new(Memory::default());
    let kept = storage.clone();
    let forms = Site::new().install(app(&[]).routes(routes![hat]));
    let site = start_with(forms, &[], |services| {
        services.insert(kept);
    })
    .await;
    // It is stored once; what is asked for afterwards has nothing to store.
    let answer = send(&site, "/hat/", &[file("hat", "mine.txt", "felt")]).await;
    assert_eq!(
        answer.body, "Some(\"hats/best.txt\") None Some(Some(\"hats/best.txt\"))",
        "{}",
        answer.status
    );
    assert_eq!(storage.read("hats/best.txt").await.unwrap(), "felt");
    // The name is taken: another like it.
    let second = send(&site, "/hat/", &[file("hat", "mine.txt", "straw")]).await.body;
    assert!(second.starts_with("Some(\"hats/best_") && !second.contains("best.txt"), "{second}");
    assert_eq!(storage.read("hats/best.txt").await.unwrap(), "felt");
    // No file and no wish to be rid of one: what there is stays.
    assert_eq!(send(&site, "/hat/", &[text("other", "x")]).await.body, "None None None");
    assert_eq!(send(&site, "/hat/", &[text("hat-clear", "true")]).await.body, "None None Some(None)");
}

#[tokio::test]
async fn a_form_has_as_many_fields_as_the_settings_allow() {
    let site = site(&[("forms.max_fields", "3")]).await;
    let many = |n: usize| (0..n).map(|_| ("x", "1")).collect::<Vec<_>>();
    assert_eq!(site.post("/loose/", &many(3)).await.status, StatusCode::OK);
    let refused = site.post("/loose/", &many(4)).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    let parts = |n: usize| (0..n).map(|_| text("x", "1")).collect::<Vec<_>>();
    assert_eq!(send(&site, "/loose/", &parts(3)).await.status, StatusCode::OK);
    let refused = send(&site, "/loose/", &parts(4)).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(refused.body.contains("`max_fields` in [forms]"), "{}", refused.body);
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_told_beside_its_field() {
    let site = site(&[]).await;
    let poster = || file("poster", "a.png", png(10, 10));
    for (parts, id, told) in [
        (vec![], "poster", "this field is required"),
        (vec![file("poster", "", "")], "poster", "this field is required"),
        (
            vec![text("poster", "a.png")],
            "poster",
            "the file did not come along: the form needs `enctype=\"multipart/form-data\"`",
        ),
        (vec![file("poster", "a.png", [png(10, 10), vec![0; 3000]].concat())], "poster", "That is too much."),
        (vec![file("poster", "a.png", png(101, 100))], "poster", "has 101 × 100 dots: at most 10000 in all"),
        (
            vec![file("poster", "a.png", "<html><script>alert(1)</script>")],
            "poster",
            "is called PNG, but its content is not",
        ),
        (
            vec![file("poster", "a.svg", "<svg xmlns='x'><script>alert(1)</script></svg>")],
            "poster",
            "must be an image",
        ),
        (vec![file("poster", "a.pdf", "%PDF-1.7")], "poster", "must be an image"),
        (vec![file("poster", "a.png", "\x00")], "poster", "is called PNG, but its content is not"),
        (vec![poster(), file("script", "a.exe", "MZ\0\0")], "script", "must be PDF or TXT"),
        (vec![poster(), file("script", "a.txt", "x".repeat(101))], "script", "is too large: at most 100 B"),
        (
            vec![poster(), file("stills", "1.gif", "GIF89a\x01\0\x01\0"), file("stills", "2.png", png(1, 1))],
            "stills",
            "1.gif: must be PNG or JPG",
        ),
        (
            vec![
                poster(),
                file("stills", "1.png", png(1, 1)),
                file("stills", "2.png", png(1, 1)),
                file("stills", "3.png", png(1, 1)),
            ],
            "stills",
            "at most 2 items (this has 3)",
        ),
    ] {
        let parts: Vec<Sent<'_>> = std::iter::once(text("title", "alien")).chain(parts).collect();
        let answer = send(&site, "/entry/", &parts).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        let all = elements(&answer.body);
        let found = &one(&all, "id", &format!("id_{id}_error")).text;
        assert_eq!(found.to_lowercase(), told.to_lowercase(), "{}", answer.body);
        assert_eq!(one(&all, "name", "title").get("value"), Some("alien"));
    }
    let answer = send(&site, "/several/", &[]).await;
    assert!(answer.body.contains("this field is required"), "{}", answer.body);
}

#[tokio::test]
async fn limits_of_the_site_answer_413_or_stand_beside_the_field() {
    let site = site(&[
        ("uploads.max_files", "3"),
        ("uploads.max_file_size", "50 B"),
        ("uploads.max_text_size", "20 B"),
    ])
    .await;
    let all = [
        text("title", "a"),
        file("poster", "a.png", [png(1, 1), vec![0; 100]].concat()),
        file("script", "a.txt", "x".repeat(60)),
    ];
    // The field's own limits come first.
    let answer = send(&site, "/entry/", &all).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let answer = send(&site, "/several/", &[file("a-files", "x", "x".repeat(51))]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(one(&elements(&answer.body), "id", "id_a-files_error").text, "X: is too large: at most 50 B");
    let many: Vec<Sent<'_>> = (0..4).map(|_| file("stills", "a", "x")).collect();
    let answer = send(&site, "/entry/", &many).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.body.contains("`max_files` in [uploads]"), "{}", answer.body);
    let answer = send(&site, "/entry/", &[text("title", &"x".repeat(21))]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(
        answer.body.contains("title: is too much: all texts of the form may have 20 B together"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn files_come_in_forms_only() {
    let site = site(&[]).await;
    for body in [
        r#"{"title": "a", "poster": null, "stills": []}"#,
        r#"{"title": "a", "poster": "abc", "stills": ["x"]}"#,
    ] {
        for uri in ["/json/", "/entry/"] {
            let answer = site.send_as(uri, "application/json", body).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{uri} {}", answer.body);
            let problems = answer.problems();
            let about = problems.iter().find(|(pointer, _)| pointer == "#/poster").unwrap();
            assert_eq!(about.1, "expected a file, which comes with a form (`multipart/form-data`)", "{uri}");
        }
    }
    let answer = site.get("/query/?title=a&poster=x").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("expected a file"), "{}", answer.body);
}

#[tokio::test]
async fn controls_and_the_form_are_made_for_files() {
    let site = site(&[]).await;
    let answer = site.get("/entry/").await;
    let all = elements(&answer.body);
    let form = all.iter().find(|element| element.name == "form").unwrap();
    assert_eq!(form.get("enctype"), Some("multipart/form-data"), "{}", answer.body);
    let poster = one(&all, "name", "poster");
    assert_eq!(
        (poster.get("type"), poster.get("accept"), poster.get("value"), poster.get("multiple")),
        (Some("file"), Some("image/*"), None, None)
    );
    assert!(poster.has("required"));
    let script = one(&all, "name", "script");
    assert_eq!((script.get("accept"), script.get("required")), (Some(".pdf,.txt"), None));
    assert!(one(&all, "name", "stills").has("multiple"));
}

#[tokio::test]
async fn a_row_in_which_only_a_file_was_chosen_is_no_empty_one() {
    #[data]
    struct Still {
        #[field(blank)]
        caption: String,
        file: Option<Upload>,
    }
    let count = [("rows-TOTAL", "3"), ("rows-0-caption", ""), ("rows-1-caption", ""), ("rows-2-caption", "")];
    let body = FormBody::of_texts(count).with_file("rows-1-file", Upload::of_bytes("a.png", png(1, 1)));
    let mut rows = Forms::<Still>::read(&body, "rows").await.unwrap();
    let all = rows.valid().unwrap();
    assert_eq!(all.len(), 1);
    let mut form = Form::<Still>::read(&body, "rows-1").await.unwrap();
    assert_eq!(form.changed(), ["file"]);
    assert_eq!(form.valid().unwrap().file.unwrap().name(), "a.png");
}

#[tokio::test]
async fn a_test_can_make_a_form_with_files() {
    let file = Upload::of_bytes("a.png", png(3, 4));
    let body = FormBody::of_texts([("title", "a")]).with_file("poster", file);
    let mut form = Form::<Entry>::read(&body, "").await.unwrap();
    assert_eq!(form.valid().unwrap().poster.image_size().unwrap().pixels(), 12);
}
