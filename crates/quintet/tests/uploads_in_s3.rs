//! Uploads of a whole site whose files are in S3. Passed by where `QUINTET_TEST_S3` names no server.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![cfg(feature = "s3")]

use std::time::Duration;

use quintet::{core::Room, prelude::*};

#[data]
struct NewFilm {
    film: Upload,
}

#[form("/films/new/", max_body = "20 MB")]
async fn add(storage: Storage, mut form: Form<NewFilm>) -> Result<Page> {
    let Some(new) = form.valid() else { return Err(Error::bad_request("there is no film")) };
    let name = new.film.save(&storage, "films/").await?;
    Ok(redirect(storage.url(&name)))
}

#[get("/contract/")]
async fn contract(storage: Storage) -> Result<String> {
    let name = storage.save("private/contract.pdf", "%PDF-1.7").await?;
    storage.signed_url(&name, Duration::from_secs(600))
}

/// Says that the files are in a folder of the test's own, in the bucket of the server that there is.
struct InS3(Vec<(&'static str, &'static str)>);

impl Room for InS3 {
    fn name(&self) -> &'static str {
        "in-s3"
    }

    fn in_tests(&self) -> Vec<(&'static str, &'static str)> {
        self.0.clone()
    }
}

/// The site, if there is a server.
async fn start(more: &[(&'static str, &'static str)]) -> Option<TestSite> {
    let Ok(url) = std::env::var("QUINTET_TEST_S3") else {
        eprintln!("skipped: QUINTET_TEST_S3 is not set (scripts/services env)");
        return None;
    };
    // For the few tests that there are.
    let url: &'static str = url.leak();
    let (account, rest) = url.strip_prefix("http://")?.split_once('@')?;
    let (key, secret) = account.split_once(':')?;
    let (host, bucket) = rest.split_once('/')?;
    let folder = format!("s3://{bucket}/site-{}-{}", std::process::id(), Timestamp::now().as_nanosecond());
    let mut all = vec![
        ("storage.url", &*folder.leak()),
        ("storage.s3.endpoint", &*format!("http://{host}").leak()),
        ("storage.s3.access_key_id", key),
        ("storage.s3.secret_access_key", secret),
        ("storage.s3.allow_http", "true"),
        ("storage.s3.part_size", "5 MiB"),
    ];
    all.extend(more);
    let mut rooms = quintet::rooms();
    rooms.push(Box::new(InS3(all)));
    let site = Site::new().routes(routes![add, contract]);
    Some(TestSite::start(site, rooms).await.unwrap())
}

/// The address of a film that is sent.
async fn sent(site: &TestSite, film: TestFile) -> Url {
    let answer = site.upload("/films/new/", &[], &[film]).await.status(303);
    Url::from(answer.header_text("location").unwrap())
}

#[tokio::test]
async fn what_is_uploaded_is_served_so_that_nothing_runs() {
    let Some(site) = start(&[]).await else { return };
    // Larger than what is kept in memory, and than a part.
    let bytes: Vec<u8> = (0..6_000_000u32).map(|n| (n % 7) as u8 + b'a').collect();
    let file = TestFile::new("film", "Der Film.txt", &bytes);
    let url = sent(&site, file.clone()).await;
    assert_eq!(url.to_string(), "/media/films/Der_Film.txt");
    let answer = site.get(url).await.status(200).header("content-type", "text/plain; charset=utf-8");
    assert!(answer.header_text("content-security-policy").unwrap().contains("sandbox"));
    assert!(answer.bytes()[..] == bytes[..]);
    // Saved again, it gets another name, and what a browser could run is saved by it.
    let again = sent(&site, file).await;
    let again = again.to_string();
    assert!(again.starts_with("/media/films/Der_Film_") && again.ends_with(".txt"), "{again}");
    let page = TestFile::new("film", "a.html", b"<script>alert(1)</script>");
    let url = sent(&site, page).await;
    let answer = site.get(url).await.status(200);
    assert!(answer.header_text("content-disposition").unwrap().starts_with("attachment"));
    // A private one needs the address that was given.
    let url = Url::from(site.get("/contract/").await.status(200).text());
    assert_eq!(&site.get(url).await.status(200).bytes()[..], b"%PDF-1.7");
    site.get("/media/private/contract.pdf").await.status(404);
    site.get("/media/films/none.txt").await.status(404);
}

#[tokio::test]
async fn who_asks_is_sent_to_the_server() {
    let Some(site) = start(&[("storage.s3.redirect", "2m")]).await else { return };
    let file = TestFile::new("film", "film.txt", b"a film");
    let url = sent(&site, file).await;
    let answer = site.get(url).await.status(302);
    let there = answer.header_text("location").unwrap();
    assert!(there.contains("/films/film.txt?") && there.contains("X-Amz-Expires=120"), "{there}");
    assert_eq!(answer.header_text("cache-control").unwrap(), "private, max-age=60");
    site.get("/media/private/contract.pdf").await.status(404);
    let url = Url::from(site.get("/contract/").await.status(200).text());
    site.get(url).await.status(302);
}
