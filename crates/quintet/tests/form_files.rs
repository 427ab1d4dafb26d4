//! Files of rows in forms: stored, shown, replaced, removed, on each database that there is.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "../../forms/tests/support/html.rs"]
mod html;

use html::{elements, one};
use quintet::{
    core::{EmbeddedFile, Folder},
    orm::{StoredFile, StoredImage},
    prelude::*,
    storage::Storage,
};

#[model(app = "gallery")]
#[derive(Debug)]
pub struct Work {
    #[field(unique, max_length = 20)]
    pub title: String,
    #[field(upload_to = "works")]
    pub picture: StoredImage,
    #[field(upload_to = "private/papers", max_length = 40)]
    pub paper: Option<StoredFile>,
    /// Known to the program alone.
    #[field(unique, max_length = 10)]
    pub code: Option<String>,
}

#[data(model = Work)]
struct WorkInput {
    title: String,
    #[field(max_size = "1 KB", accept = "image/*")]
    picture: FileChange,
    #[field(accept = ".txt,.pdf")]
    paper: FileChange,
}

#[form("/works/new/")]
async fn add(db: Db, mut form: Form<WorkInput>) -> Result<Page> {
    let new = |new: WorkInput| {
        let code = new.title.starts_with("dup").then(|| "dup".to_owned());
        create!(Work { code, ..new })
    };
    match form.insert(new, &db).await? {
        Some(work) => Ok(redirect(format!("/works/{}/", work.id))),
        None => Ok(Page::new("work.html").with("form", &form)),
    }
}

#[form("/works/{id}/", atomic)]
async fn edit(Path(id): Path<i64>, db: Db, mut form: Form<WorkInput>) -> Result<Page> {
    let work = Work.get(id, &db).await?;
    form.edits(&work, &db).await?;
    match form.save(work, &db).await? {
        Some(work) if work.title == "undone" => Err(Error::bad_request("no")),
        Some(work) => Ok(redirect(format!("/saved/{}/", work.picture.name()))),
        None => Ok(Page::new("work.html").with("form", &form)),
    }
}

#[form("/works/")]
async fn all(db: Db, mut works: Forms<WorkInput>) -> Result<Page> {
    let rows = Work.order_by(Work.id).all(&db).await?;
    works.deletable();
    works.edits(&rows, &db).await?;
    match works.save(rows, |new| create!(Work { ..new }), &db).await? {
        Some(_) => Ok(redirect("/saved/")),
        None => Ok(Page::new("work.html").with("form", &works)),
    }
}

/// What a handler does by itself.
#[data]
struct Portrait {
    face: FileChange,
    #[field(required)]
    hat: FileChange,
}

#[form("/portrait/")]
async fn portrait(storage: Storage, mut form: Form<Portrait>) -> Result<Page> {
    let Some(mut new) = form.valid() else { return Ok(Page::new("work.html").with("form", &form)) };
    let name = new.hat.store(&storage, "hats").await?.unwrap_or_default();
    Ok(redirect(format!("/{}/{name}/", new.face.is_kept())))
}

#[post("/json/")]
async fn json(Json(new): Json<WorkInput>) -> String {
    format!("{} {}", new.paper.is_cleared(), new.paper.is_kept())
}

/// Rows of no model.
#[data]
struct Note {
    note: String,
    #[field(accept = ".txt", max_length = 2)]
    files: Vec<Upload>,
}

#[form("/notes/")]
async fn notes(mut notes: Forms<Note>) -> Result<Page> {
    let Some(changes) = notes.valid() else { return Ok(Page::new("work.html").with("form", &notes)) };
    let mut said = Vec::new();
    for change in changes {
        let RowChange::Add(Note { note, files }) = change else { continue };
        let files = files.iter().map(|file| format!("{} {}", file.name(), file.len()));
        said.push(format!("{note}: {}", files.collect::<Vec<_>>().join(", ")));
    }
    Ok(Page::new("said.html").with("said", &said.join("; ")))
}

/// A mistake of the program: the file has no name yet.
#[form("/unstored/")]
async fn unstored(db: Db, mut form: Form<WorkInput>) -> Result<Page> {
    let Some(new) = form.valid() else { return Ok(Page::new("work.html").with("form", &form)) };
    create!(Work { ..new }).insert(&db).await?;
    Ok(redirect("/saved/"))
}

static FILES: [EmbeddedFile; 2] = [
    EmbeddedFile { path: "templates/work.html", bytes: b"{{ form.open }}{{ form }}</form>" },
    EmbeddedFile { path: "templates/said.html", bytes: b"{{ said }}" },
];

fn site() -> Site {
    let app = App::new("gallery").folder(Folder::embedded("/gallery", &FILES));
    let pages = Pages::new(Work)
        .then(|work| Url::from(format!("/saved/{}/", work.picture.name())))
        .create::<WorkInput>("work.html")
        .update::<WorkInput>("work.html");
    let routes = routes![add, edit, all, portrait, json, notes, unstored];
    Site::new().install(app.models(Work).routes(routes).pages("/pages", pages))
}

/// A PNG of one dot, as far as its header.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

fn picture(name: &str) -> TestFile {
    TestFile::new("picture", name, PNG)
}

fn paper(name: &str, text: &str) -> TestFile {
    TestFile::new("paper", name, text.as_bytes())
}

fn storage(site: &TestSite) -> Storage {
    site.services().get::<Storage>().unwrap().clone()
}

/// All that the storage has; what is deleted after a commit may still be on its way out.
async fn files(site: &TestSite, expected: &[&str]) {
    let storage = storage(site);
    for _ in 0..500 {
        let found = storage.list("").await.unwrap();
        let mut names: Vec<String> = found.into_iter().map(|info| info.name).collect();
        names.sort_unstable();
        if names == expected {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{:?}, not {expected:?}", storage.list("").await.unwrap());
}

async fn work(site: &TestSite) -> Result<Work> {
    let sent = [picture("Sun <b>.png"), paper("notes.txt", "about the sun")];
    site.upload("/works/new/", &[("title", "Sun")], &sent).await;
    Work.first(&site.db).await?.or_404()
}

#[quintet::test(site)]
async fn a_new_row_has_its_files_in_the_storage(site: TestSite) -> Result {
    let page = site.get("/works/new/").await.ok();
    let all = elements(&page.text());
    assert_eq!(one(&all, "method", "post").get("enctype"), Some("multipart/form-data"));
    let control = one(&all, "name", "picture");
    assert_eq!(
        (control.get("type"), control.get("accept"), control.has("required")),
        (Some("file"), Some("image/*"), true)
    );
    assert!(!one(&all, "name", "paper").has("required"));
    assert!(!page.text().contains("-clear"));
    let work = work(&site).await?;
    assert_eq!(work.picture.name(), "works/Sun_b.png");
    assert_eq!(work.paper.as_ref().map(StoredFile::name), Some("private/papers/notes.txt"));
    assert_eq!(&storage(&site).read("private/papers/notes.txt").await?[..], b"about the sun");
    // Without a file that there must be, and with one that may not be.
    let page = site.upload("/works/new/", &[("title", "x")], &[]).await.status(422);
    page.field_error("picture", "this field is required").no_field_error("paper");
    let page =
        site.upload("/works/new/", &[("title", "x")], &[TestFile::new("picture", "x.png", b"<html>")]).await;
    page.status(422).field_error("picture", "its content is not");
    files(&site, &["private/papers/notes.txt", "works/Sun_b.png"]).await;
    Ok(())
}

#[quintet::test(site)]
async fn a_file_stays_or_is_replaced_or_removed(site: TestSite) -> Result {
    let begun = work(&site).await?;
    let at = format!("/works/{}/", begun.id);
    let page = site.get(at.clone()).await.ok();
    let all = elements(&page.text());
    assert!(!one(&all, "name", "picture").has("required"));
    let link = all.iter().filter(|e| e.name == "a").collect::<Vec<_>>();
    assert_eq!((link[0].get("href"), link[0].text.as_str()), (Some("/media/works/Sun_b.png"), "Sun_b.png"));
    // Whoever sees the form may see the file, which nobody else may.
    let signed = link[1].get("href").unwrap().to_owned();
    assert!(signed.starts_with("/media/private/papers/notes.txt?expires="), "{signed}");
    assert_eq!(site.get(signed).await.ok().text(), "about the sun");
    site.get("/media/private/papers/notes.txt").await.status(404);
    // Only what may be missing has a box.
    let boxed: Vec<&str> =
        all.iter().filter(|e| e.get("type") == Some("checkbox")).map(|e| e.get("name").unwrap()).collect();
    assert_eq!(boxed, ["paper-clear"]);
    // Nothing was chosen: all stays.
    site.upload(at.clone(), &[("title", "Moon")], &[]).await.redirects("/saved/works/Sun_b.png/");
    files(&site, &["private/papers/notes.txt", "works/Sun_b.png"]).await;
    // Another takes its place, under the same name even.
    let sent = [picture("Sun b.png"), paper("more.txt", "more")];
    site.upload(at.clone(), &[("title", "Moon")], &sent).await;
    let now = Work.get(begun.id, &site.db).await?;
    assert_ne!(now.picture.name(), "works/Sun_b.png");
    assert_eq!(now.paper.as_ref().map(StoredFile::name), Some("private/papers/more.txt"));
    files(&site, &["private/papers/more.txt", now.picture.name()]).await;
    // Removed; what there must be can't be.
    let page =
        site.upload(at.clone(), &[("title", "Moon"), ("picture-clear", "true")], &[]).await.status(422);
    page.field_error("picture", "this field is required");
    let both = [("title", "Moon"), ("paper-clear", "true")];
    let page = site.upload(at.clone(), &both, &[paper("x.txt", "x")]).await.status(422);
    let page = page.field_error("paper", "choose another file or remove this one, not both");
    assert!(one(&elements(&page.text()), "name", "paper-clear").has("checked"));
    site.upload(at.clone(), &both, &[]).await;
    assert!(Work.get(begun.id, &site.db).await?.paper.is_none());
    files(&site, &[now.picture.name()]).await;
    Ok(())
}

#[quintet::test(site)]
async fn what_is_not_written_leaves_no_file(site: TestSite) -> Result {
    let begun = work(&site).await?;
    let all = ["private/papers/notes.txt", "works/Sun_b.png"];
    let at = format!("/works/{}/", begun.id);
    // Somebody else has taken the title by the time of the write: the look before is told apart from it.
    let second = create!(Work { title: "Sun2", picture: "x/y.png", paper: None::<StoredFile> });
    second.insert(&site.db).await?;
    let page = site.upload(at.clone(), &[("title", "Sun2")], &[picture("new.png")]).await.status(422);
    page.field_error("title", "");
    files(&site, &all).await;
    // Only the write can tell.
    site.upload("/works/new/", &[("title", "dup1")], &[picture("d.png")]).await;
    files(&site, &["private/papers/notes.txt", "works/Sun_b.png", "works/d.png"]).await;
    let page = site.upload("/works/new/", &[("title", "dup2")], &[picture("e.png")]).await.status(422);
    page.field_error("", "code");
    files(&site, &["private/papers/notes.txt", "works/Sun_b.png", "works/d.png"]).await;
    // The request is undone after the row was written: what it had is there still.
    site.upload(at.clone(), &[("title", "undone")], &[picture("new.png"), paper("n.txt", "n")])
        .await
        .status(400);
    let now = Work.get(begun.id, &site.db).await?;
    assert_eq!((now.title.as_str(), now.picture.name()), ("Sun", "works/Sun_b.png"));
    for name in all {
        assert!(storage(&site).exists(name).await?, "{name}");
    }
    // A program that forgets to store it writes no row.
    site.upload("/unstored/", &[("title", "U")], &[picture("u.png")])
        .await
        .status(422)
        .field_error("picture", "");
    assert_eq!(Work.count(&site.db).await?, 3);
    Ok(())
}

#[quintet::test(site)]
async fn rows_have_files_too(site: TestSite) -> Result {
    let begun = work(&site).await?;
    let key = begun.id.to_string();
    let file = |row: usize, field: &str, name: &str, bytes: &[u8]| {
        TestFile::new(&format!("items-{row}-{field}"), name, bytes)
    };
    let mut sent = vec![
        ("items-TOTAL", "3"),
        ("items-0-KEY", &*key),
        ("items-0-title", "Sun"),
        ("items-0-paper-clear", "true"),
        ("items-1-KEY", ""),
        ("items-1-title", "Moon"),
        ("items-2-KEY", ""),
        ("items-2-title", ""),
    ];
    site.upload("/works/", &sent, &[file(1, "picture", "moon.png", PNG)]).await.redirects("/saved/");
    files(&site, &["works/Sun_b.png", "works/moon.png"]).await;
    // A row of which nothing but a file came is a row.
    let new = [("items-TOTAL", "1"), ("items-0-KEY", ""), ("items-0-title", "")];
    let page = site.upload("/works/", &new, &[file(0, "picture", "p.png", PNG)]).await.status(422);
    page.field_error("items.0.title", "this field is required");
    // Two of the same title: neither file stays.
    let twice = [
        ("items-TOTAL", "2"),
        ("items-0-KEY", ""),
        ("items-0-title", "a"),
        ("items-1-KEY", ""),
        ("items-1-title", "a"),
    ];
    let two = [file(0, "picture", "p.png", PNG), file(1, "picture", "q.png", PNG)];
    site.upload("/works/", &twice, &two).await.status(422);
    files(&site, &["works/Sun_b.png", "works/moon.png"]).await;
    // A row that goes takes its files along.
    sent.truncate(3);
    sent.push(("items-0-DELETE", "true"));
    site.upload("/works/", &sent, &[]).await.redirects("/saved/");
    files(&site, &["works/moon.png"]).await;
    Ok(())
}

#[quintet::test(site, settings = { "uploads.max_file_size" = "100 B" })]
async fn files_of_rows_have_the_limits_of_their_fields(site: TestSite) -> Result {
    let begun = work(&site).await?;
    let key = begun.id.to_string();
    let sized = |size: usize| [PNG, &vec![0; size - PNG.len()]].concat();
    let sent = [
        ("items-TOTAL", "3"),
        ("items-0-KEY", &*key),
        ("items-0-title", ""),
        ("items-1-KEY", ""),
        ("items-1-title", "Moon"),
        ("items-2-KEY", ""),
        ("items-2-title", "Mars"),
    ];
    let file = |row: usize, field: &str, name: &str, bytes: Vec<u8>| {
        TestFile::new(&format!("items-{row}-{field}"), name, bytes)
    };
    // More than the setting allows, and less than the field does; and more than the field does.
    let both = [file(1, "picture", "moon.png", sized(600)), file(2, "picture", "mars.png", sized(1100))];
    let page = site.upload("/works/", &sent, &both).await.status(422);
    let page = page.field_error("items.0.title", "required").no_field_error("items.1.picture");
    let page = page.field_error("items.2.picture", "1 KB");
    // What a row has is shown again, as a link; what was typed, too. What came is to be chosen again.
    page.contains("/media/works/Sun_b.png").contains("value=\"Moon\"").lacks("moon.png");
    files(&site, &["private/papers/notes.txt", "works/Sun_b.png"]).await;
    // The paper has no limit of its own: the setting's holds.
    let paper = [file(1, "paper", "moon.txt", vec![b'a'; 200])];
    let page = site.upload("/works/", &sent, &paper).await.status(422);
    page.field_error("items.1.paper", "100");
    // All right: each file lies where its row says.
    let mut right = sent;
    right[2].1 = "Sun";
    let both = [file(1, "picture", "moon.png", sized(600)), file(2, "picture", "mars.png", sized(900))];
    site.upload("/works/", &right, &both).await.redirects("/saved/");
    let stored = Work.order_by(Work.title).all(&site.db).await?;
    let pictures: Vec<&str> = stored.iter().map(|work| work.picture.name()).collect();
    assert_eq!(pictures, ["works/mars.png", "works/moon.png", "works/Sun_b.png"]);
    assert_eq!(storage(&site).read("works/mars.png").await?.len(), 900);
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn rows_of_no_model_have_files_as_well(site: TestSite) -> Result {
    let sent = [("items-TOTAL", "2"), ("items-0-note", "first"), ("items-1-note", "second")];
    let page = [
        TestFile::new("items-0-files", "a.txt", b"one"),
        TestFile::new("items-0-files", "b.txt", b"two"),
        TestFile::new("items-1-files", "c.png", b"no picture"),
    ];
    site.get("/notes/").await.ok().contains("enctype=\"multipart/form-data\"");
    site.upload("/notes/", &sent, &page).await.status(422).field_error("items.1.files", "");
    site.upload("/notes/", &sent, &page[..2]).await.ok().contains("first: a.txt 3, b.txt 3; second: ");
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn a_change_needs_no_model(site: TestSite) -> Result {
    site.upload("/portrait/", &[], &[])
        .await
        .status(422)
        .field_error("hat", "required")
        .no_field_error("face");
    let hat = TestFile::new("hat", "top.txt", b"a hat");
    site.upload("/portrait/", &[], &[hat]).await.redirects("/true/hats/top.txt/");
    // A form that was not sent as one of parts has names only.
    let page = site.post("/portrait/", &[("hat", "top.txt")]).await.status(422);
    page.field_error("hat", "multipart/form-data");
    for (body, told) in [
        (serde_json::json!({ "title": "x" }), "false true"),
        (serde_json::json!({ "title": "x", "paper": null }), "false true"),
        (serde_json::json!({ "title": "x", "paper": false }), "true false"),
    ] {
        assert_eq!(site.json("POST", "/json/", &body).await.ok().text(), told);
    }
    let refused = site.json("POST", "/json/", &serde_json::json!({ "title": "x", "paper": "a.txt" })).await;
    refused.status(422).field_error("paper", "expected a file");
    Ok(())
}

#[quintet::test(site)]
async fn generic_pages_store_files_too(site: TestSite) -> Result {
    let new = [picture("sun.png"), paper("notes.txt", "about the sun")];
    site.upload("/pages/new/", &[("title", "Sun")], &new).await.redirects("/saved/works/sun.png/");
    files(&site, &["private/papers/notes.txt", "works/sun.png"]).await;
    let work = Work.query().one(&site.db).await?;
    let at = format!("/pages/{}/edit/", work.id);
    let changed = [("title", "Moon"), ("paper-clear", "on")];
    site.upload(at.clone(), &changed, &[picture("moon.png")]).await.redirects("/saved/works/moon.png/");
    files(&site, &["works/moon.png"]).await;
    // What is refused leaves nothing behind.
    site.upload(at, &[("title", "")], &[picture("none.png")]).await.status(422);
    files(&site, &["works/moon.png"]).await;
    Ok(())
}
