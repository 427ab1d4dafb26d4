//! Rows of a model in one form, through a whole site, on each database that there is.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "../../forms/tests/support/html.rs"]
mod html;

use html::{elements, one};
use quintet::{
    core::{EmbeddedFile, Folder},
    prelude::*,
};

#[model(app = "records")]
#[derive(Debug)]
pub struct Album {
    #[field(max_length = 40)]
    pub title: String,
}

#[model(app = "records", unique_together = ["album", "title"], display = "title")]
#[derive(Debug)]
pub struct Track {
    pub album: ForeignKey<Album>,
    #[field(max_length = 20)]
    pub title: String,
    #[field(default = 0)]
    pub place: i32,
    #[field(unique, max_length = 12)]
    pub code: Option<String>,
    #[field(version)]
    pub version: i64,
}

/// Holds a track back from being deleted.
#[model(app = "records")]
pub struct Licence {
    #[field(on_delete = protect)]
    pub track: ForeignKey<Track>,
}

#[data(model = Album)]
struct AlbumInput {
    title: String,
}

#[data(model = Track)]
struct TrackRow {
    title: String,
    code: Option<String>,
}

#[form("/albums/{id}/tracks/")]
async fn tracks(Path(id): Path<i64>, db: Db, mut tracks: Forms<TrackRow>) -> Result<Page> {
    let album = Album.get(id, &db).await?;
    let rows = Track.filter(Track.album.eq(&album)).order_by(Track.place).all(&db).await?;
    tracks.max(4).deletable().ordered_by(Track.place);
    tracks.edits(&rows, &db).await?;
    let Some(saved) = tracks.save(rows, |new| create!(Track { album: &album, ..new }), &db).await? else {
        return Ok(Page::new("rows.html").with("rows", &tracks));
    };
    let SavedRows { added, kept, deleted } = saved;
    Ok(redirect(format!("/saved/{}/{}/{}/", added.len(), kept.len(), deleted.len())))
}

/// A parent and its children, all or nothing.
#[form("/albums/new/")]
async fn album(body: FormBody, db: Db) -> Result<Page> {
    let mut album = Form::<AlbumInput>::read(&body, "album").await?;
    let mut tracks = Forms::<TrackRow>::read(&body, "tracks").await?;
    tracks.min(1);
    let tx_failed = "nothing is kept";
    if tracks.is_valid()
        && let Some(new) = album.valid()
    {
        let done = db
            .atomic(async |tx| {
                let album = create!(Album { ..new }).insert(tx).await?;
                let new = |new| create!(Track { album: &album, ..new });
                let Some(_) = tracks.save(Vec::new(), new, tx).await? else {
                    return Err(Error::bad_request(tx_failed));
                };
                Ok(album.id)
            })
            .await;
        match done {
            Ok(id) => return Ok(redirect(format!("/albums/{id}/"))),
            Err(error) if error.to_string() == tx_failed => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Page::new("album.html").with("album", &album).with("rows", &tracks))
}

static FILES: [EmbeddedFile; 2] = [
    EmbeddedFile { path: "templates/rows.html", bytes: b"{{ rows.open }}{{ rows }}</form>" },
    EmbeddedFile { path: "templates/album.html", bytes: b"{{ album.open }}{{ album }}{{ rows }}</form>" },
];

fn site() -> Site {
    let app = App::new("records").folder(Folder::embedded("/records", &FILES));
    Site::new().install(app.models((Album, Track, Licence)).routes(routes![tracks, album]))
}

struct Begun {
    album: Album,
    at: String,
    keys: Vec<String>,
}

/// An album with three tracks.
async fn begin(db: &Db) -> Result<Begun> {
    let album = create!(Album { title: "Kind of <Blue>" }).insert(db).await?;
    let mut keys = Vec::new();
    for (place, title) in [(1, "So What"), (2, "Freddie"), (3, "Green")] {
        let code = Some(format!("C{place}"));
        keys.push(create!(Track { album: &album, title, place, code }).insert(db).await?.id.to_string());
    }
    Ok(Begun { at: format!("/albums/{}/tracks/", album.id), album, keys })
}

async fn titles(db: &Db, album: &Album) -> Result<Vec<(i32, String)>> {
    let all = Track.filter(Track.album.eq(album)).order_by(Track.place).all(db).await?;
    Ok(all.into_iter().map(|track| (track.place, track.title)).collect())
}

fn told(all: &[(i32, String)]) -> Vec<(i32, &str)> {
    all.iter().map(|(place, title)| (*place, title.as_str())).collect()
}

/// One row as a browser sends it.
fn row<'a>(number: usize, members: &[(&str, &'a str)]) -> Vec<(String, &'a str)> {
    members.iter().map(|(name, text)| (format!("items-{number}-{name}"), *text)).collect()
}

fn sent<'a>(total: &'a str, rows: &[Vec<(String, &'a str)>]) -> Vec<(String, &'a str)> {
    let mut all = vec![("items-TOTAL".to_owned(), total)];
    all.extend(rows.iter().flatten().cloned());
    all
}

async fn post(site: &TestSite, at: &str, pairs: &[(String, &str)]) -> TestResponse {
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    site.post(at.to_owned(), &pairs).await
}

#[quintet::test(site)]
async fn rows_are_added_changed_deleted_and_put_in_order(site: TestSite) -> Result {
    let Begun { album, at, keys } = begin(&site.db).await?;
    let page = site.get(at.clone()).await.ok();
    let all = elements(&page.text());
    assert_eq!(one(&all, "name", "items-1-KEY").get("value"), Some(keys[1].as_str()));
    assert_eq!(one(&all, "name", "items-1-ORDER").get("value"), Some("2"));
    let pairs = sent(
        "5",
        &[
            row(0, &[("KEY", &keys[0]), ("title", "So What?"), ("code", "C1"), ("ORDER", "3")]),
            row(
                1,
                &[
                    ("KEY", &keys[1]),
                    ("title", "Freddie"),
                    ("code", "C2"),
                    ("ORDER", "2"),
                    ("DELETE", "true"),
                ],
            ),
            row(2, &[("KEY", &keys[2]), ("title", "Green"), ("code", "C3"), ("ORDER", "1")]),
            // The title and the code of one that goes.
            row(3, &[("KEY", ""), ("title", "Freddie"), ("code", "C2"), ("ORDER", "2")]),
            row(4, &[("KEY", ""), ("title", ""), ("code", "")]),
        ],
    );
    post(&site, &at, &pairs).await.redirects("/saved/1/2/1/");
    let now = titles(&site.db, &album).await?;
    assert_eq!(told(&now), [(1, "Green"), (2, "Freddie"), (3, "So What?")]);
    assert_eq!(Track.filter(Track.id.eq(keys[1].parse::<i64>()?)).count(&site.db).await?, 0);
    Ok(())
}

#[quintet::test(site)]
async fn a_row_of_somebody_else_is_refused(site: TestSite) -> Result {
    let Begun { album, at, keys } = begin(&site.db).await?;
    let other = create!(Album { title: "Other" }).insert(&site.db).await?;
    let theirs = create!(Track { album: &other, title: "Theirs" }).insert(&site.db).await?;
    let key = theirs.id.to_string();
    for mark in [&[][..], &[("DELETE", "true")]] {
        let mut members = vec![("KEY", key.as_str()), ("title", "Mine now"), ("code", "")];
        members.extend(mark);
        let answer = post(&site, &at, &sent("1", &[row(0, &members)])).await;
        match mark {
            [] => drop(answer.status(422).field_error("items.0", "not there any more")),
            // What is none of these rows can't be deleted here either.
            _ => drop(answer.redirects("/saved/0/0/0/")),
        }
    }
    let key = format!("{} OR 1=1", theirs.id);
    let pairs = sent("1", &[row(0, &[("KEY", &key), ("title", "x"), ("code", "")])]);
    post(&site, &at, &pairs).await.status(422).field_error("items.0", "not there any more");
    assert_eq!(told(&titles(&site.db, &other).await?), [(0, "Theirs")]);
    assert_eq!(titles(&site.db, &album).await?.len(), 3);
    let mine = keys[0].as_str();
    let twice = [0, 1].map(|n| row(n, &[("KEY", mine), ("title", ["a", "b"][n]), ("code", "")]));
    post(&site, &at, &sent("2", &twice)).await.status(422).field_error("items.1", "came twice");
    assert_eq!(told(&titles(&site.db, &album).await?)[0], (1, "So What"));
    Ok(())
}

#[quintet::test(site)]
async fn what_the_database_refuses_is_told_in_its_row(site: TestSite) -> Result {
    let Begun { album, at, keys } = begin(&site.db).await?;
    let keep = |n: usize, title: &'static str| row(n, &[("KEY", &keys[n]), ("title", title), ("code", "")]);
    // The album is no field of the form, so only the write can tell.
    let pairs = sent(
        "4",
        &[
            keep(0, "Changed"),
            row(1, &[("KEY", &keys[1]), ("title", "x"), ("code", ""), ("DELETE", "true")]),
            keep(2, "Green"),
            row(3, &[("KEY", ""), ("title", "Green"), ("code", "")]),
        ],
    );
    let page = post(&site, &at, &pairs).await.status(422);
    let all = elements(&page.text());
    assert_eq!(one(&all, "name", "items-0-title").get("value"), Some("Changed"));
    assert!(one(&all, "name", "items-1-DELETE").has("checked"));
    let page = page.field_error("items.3", "title");
    assert!(page.text().contains("Row 4"));
    // Nothing of it was kept.
    let now = titles(&site.db, &album).await?;
    assert_eq!(told(&now), [(1, "So What"), (2, "Freddie"), (3, "Green")]);
    // Two rows with what only one may have.
    let pairs = sent(
        "2",
        &[
            row(0, &[("KEY", ""), ("title", "a"), ("code", "N")]),
            row(1, &[("KEY", ""), ("title", "b"), ("code", "N")]),
        ],
    );
    post(&site, &at, &pairs)
        .await
        .status(422)
        .field_error("items.1.code", "another row of these has the same");
    // What others need stays.
    create!(Licence { track: keys[0].parse::<i64>()? }).insert(&site.db).await?;
    let gone = row(0, &[("KEY", &keys[0]), ("DELETE", "true")]);
    let page = post(&site, &at, &sent("1", &[gone])).await.status(422);
    assert!(page.text().to_lowercase().contains("licence"), "{}", page.text());
    assert_eq!(titles(&site.db, &album).await?.len(), 3);
    // More rows than there may be: none is written.
    let new: Vec<_> = ["a", "b", "c", "d", "e"]
        .into_iter()
        .enumerate()
        .map(|(n, title)| row(n, &[("KEY", ""), ("title", title), ("code", "")]))
        .collect();
    post(&site, &at, &sent("5", &new)).await.status(422).field_error("items", "at most 4 rows");
    assert_eq!(titles(&site.db, &album).await?.len(), 3);
    Ok(())
}

#[quintet::test(site)]
async fn rows_that_were_left_empty_ask_nobody(site: TestSite) -> Result {
    let Begun { at, .. } = begin(&site.db).await?;
    let count = async |rows: usize| {
        let all: Vec<_> = (0..rows).map(|n| row(n, &[("KEY", ""), ("title", ""), ("code", "")])).collect();
        let total = rows.to_string();
        let pairs = sent(&total, &all);
        site.queries(2, async || post(&site, &at, &pairs).await.redirects("/saved/0/0/0/")).await;
    };
    count(1).await;
    count(40).await;
    Ok(())
}

#[quintet::test(site)]
async fn a_parent_and_its_children_come_together(site: TestSite) -> Result {
    let all = |title: &'static str, second: &'static str| {
        vec![
            ("album-title", title),
            ("tracks-TOTAL", "2"),
            ("tracks-0-title", "One"),
            ("tracks-0-code", ""),
            ("tracks-1-title", second),
            ("tracks-1-code", ""),
        ]
    };
    let page = site.post("/albums/new/", &all("", "Two")).await.status(422);
    page.field_error("album.title", "this field is required");
    let page = site.post("/albums/new/", &all("New", &"x".repeat(21).leak()[..])).await.status(422);
    page.field_error("tracks.1.title", "at most 20 characters");
    let page = site.post("/albums/new/", &all("New", "One")).await.status(422);
    let page = page.field_error("tracks.1", "title");
    assert_eq!(one(&elements(&page.text()), "name", "album-title").get("value"), Some("New"));
    assert_eq!((Album.count(&site.db).await?, Track.count(&site.db).await?), (0, 0));
    site.post("/albums/new/", &all("New", "Two")).await;
    let album = Album.first(&site.db).await?.unwrap();
    assert_eq!(titles(&site.db, &album).await?.len(), 2);
    site.post("/albums/new/", &[("album-title", "Empty"), ("tracks-TOTAL", "0")])
        .await
        .status(422)
        .field_error("tracks", "at least 1 row");
    Ok(())
}
