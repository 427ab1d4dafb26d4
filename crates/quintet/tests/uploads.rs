//! Uploads and files through a whole site: from the form to the storage, the row, the page and back, on each database that there is.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::time::Duration;

use quintet::{
    core::{EmbeddedFile, Folder},
    prelude::*,
};

#[model(app = "gallery", ordering = ["title"])]
#[derive(Debug, Clone)]
pub struct Picture {
    #[field(max_length = 40)]
    pub title: String,
    #[field(upload_to = "pictures/%Y")]
    pub file: Option<StoredImage>,
}

#[data]
struct NewPicture {
    title: String,
    #[field(max_size = "1 MB", accept = "image/*", max_pixels = 1_000_000)]
    file: Upload,
}

#[form("/pictures/new/", max_body = "2 MB")]
async fn add(db: Db, storage: Storage, mut form: Form<NewPicture>) -> Result<Page> {
    let Some(new) = form.valid() else { return Ok(Page::new("form.html").with("form", &form)) };
    let name = new.file.save(&storage, "pictures/").await?;
    let picture = create!(Picture { title: new.title, file: StoredImage::new(name) }).insert(&db).await?;
    Ok(redirect(show::url(picture.id)))
}

#[get("/pictures/{id}/")]
async fn show(Path(id): Path<i64>, db: Db) -> Result<Page> {
    Ok(Page::new("picture.html").with("picture", &Picture.get(id, &db).await?))
}

#[get("/pictures.csv")]
async fn list(db: Db) -> Streamed {
    Streamed::csv("pictures.csv", async move |mut csv| {
        csv.header(["Title", "File"]).await?;
        let mut pictures = Picture.order_by(Picture.title).stream(&db);
        while let Some(picture) = pictures.next().await {
            let picture = picture?;
            csv.row(&(picture.title, picture.file)).await?;
        }
        Ok(())
    })
}

#[get("/all.csv")]
async fn all(db: Db) -> Streamed {
    Streamed::csv("all.csv", async move |mut csv| csv.rows(Picture.order_by(Picture.title).stream(&db)).await)
}

#[get("/link/")]
async fn link(storage: Storage) -> Result<String> {
    storage.save("private/contract.pdf", "%PDF-1.7").await?;
    storage.signed_url("private/contract.pdf", Duration::from_secs(600))
}

#[get("/contract/")]
async fn contract(storage: Storage) -> Result<FileResponse> {
    Ok(storage.response("private/contract.pdf").await?.attachment("Vertrag №1.pdf"))
}

static FILES: [EmbeddedFile; 2] = [
    EmbeddedFile { path: "templates/form.html", bytes: b"{{ form.open }}{{ form }}</form>" },
    EmbeddedFile {
        path: "templates/picture.html",
        bytes: b"{% if picture.file %}<img src=\"{{ media(picture.file) }}\">{% endif %}",
    },
];

fn site() -> Site {
    let app = App::new("gallery").folder(Folder::embedded("/gallery", &FILES));
    Site::new().install(app.models(Picture).routes(routes![add, show, list, all, link, contract]))
}

/// A PNG of these dots, as far as its header.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend_from_slice(&width.to_be_bytes());
    bytes.extend_from_slice(&height.to_be_bytes());
    bytes.extend_from_slice(b"\x08\x06\0\0\0");
    bytes
}

#[quintet::test(site)]
async fn a_picture_goes_from_the_form_to_the_page(site: TestSite) -> Result {
    let storage = site.services().require::<Storage>()?.clone();
    let bytes = [png(30, 20), vec![7; 100_000]].concat();
    let file = TestFile::new("file", "C:\\Temp\\Sonne 1.png", &bytes);
    let answer = site.upload("/pictures/new/", &[("title", "Sun")], std::slice::from_ref(&file)).await;
    let page = answer.follow().await.status(200);
    assert_eq!(page.text(), "<img src=\"/media/pictures/Sonne_1.png\">");
    let image = site.get("/media/pictures/Sonne_1.png").await.status(200);
    let image = image.header("content-type", "image/png");
    assert_eq!(&image.bytes()[..], &bytes[..]);
    let again = site.upload("/pictures/new/", &[("title", "Moon")], &[file]).await.follow().await.status(200);
    assert!(again.text().contains("/media/pictures/Sonne_1_"), "{}", again.text());
    assert_eq!(storage.list("pictures/").await?.len(), 2);
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn what_is_refused_is_told_and_kept_nowhere(site: TestSite) -> Result {
    let storage = site.services().require::<Storage>()?.clone();
    for (bytes, told) in [
        (b"<script>alert(1)</script>".to_vec(), "is called PNG, but its content is not"),
        (png(5000, 5000), "5000 × 5000"),
        ([png(1, 1), vec![0; 1_100_000]].concat(), "at most 1 MB"),
    ] {
        let file = TestFile::new("file", "a.png", &bytes);
        let page = site.upload("/pictures/new/", &[("title", "Sun")], &[file]).await.status(422);
        assert!(page.text().contains(told) && page.text().contains("value=\"Sun\""), "{}", page.text());
    }
    let file = TestFile::new("file", "a.png", vec![0; 2_100_000]);
    site.upload("/pictures/new/", &[("title", "Sun")], &[file]).await.status(413);
    assert!(storage.list("").await?.is_empty());
    Ok(())
}

#[quintet::test(site)]
async fn a_table_is_streamed_as_csv(site: TestSite) -> Result {
    let db = site.db.clone();
    let rows = (0..3000).map(|n| create!(Picture { title: format!("={n:04}") }));
    Picture.bulk_insert(rows.collect::<Vec<_>>(), &db).await?;
    let csv = site.get("/pictures.csv").await.status(200);
    assert_eq!(csv.text().lines().count(), 3001);
    assert!(csv.text().starts_with("Title,File\r\n'=0000,\r\n'=0001,\r\n"), "{}", &csv.text()[..60]);
    assert!(csv.header_text("content-disposition").unwrap().contains("pictures.csv"));
    let all = site.get("/all.csv").await.status(200);
    assert!(all.text().starts_with("id,title,file\r\n"), "{}", &all.text()[..60]);
    assert_eq!(all.text().lines().count(), 3001);
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn private_files_are_given_to_whom_they_are_for(site: TestSite) -> Result {
    let link = site.get("/link/").await.status(200).text();
    assert!(link.starts_with("/media/private/contract.pdf?expires="), "{link}");
    site.get("/media/private/contract.pdf").await.status(404);
    assert_eq!(site.get(link.clone()).await.status(200).text(), "%PDF-1.7");
    site.get(link.replace("expires=1", "expires=2")).await.status(403);
    let file = site.get("/contract/").await.status(200);
    let saved = file.header_text("content-disposition").unwrap_or_default();
    assert_eq!(saved, "attachment; filename=\"Vertrag _1.pdf\"; filename*=UTF-8''Vertrag%20%E2%84%961.pdf");
    Ok(())
}
