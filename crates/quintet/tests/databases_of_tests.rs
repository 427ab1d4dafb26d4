//! Where `#[quintet::test]` runs, and that its databases are its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::Mutex;

use quintet::prelude::*;

/// A line of text.
#[model]
pub struct Note {
    /// The line.
    #[field(unique, max_length = 40)]
    pub text: String,
}

/// An app that has no migration yet: its table is there all the same.
fn site() -> Site {
    Site::new().install(App::new("notes").models(Note))
}

/// Which databases a test has met.
static MET: Mutex<Vec<&str>> = Mutex::new(Vec::new());

#[quintet::test(site)]
async fn a_test_meets_an_empty_database_of_its_own_on_each_that_is_there(site: TestSite) -> Result {
    assert_eq!(Note.query().count(&site.db).await?, 0);
    create!(Note { text: "mine" }).insert(&site.db).await?;
    let mut met = MET.lock().unwrap();
    met.push(site.db.dialect().name);
    assert_eq!(met.as_slice(), ["sqlite", "postgres"].get(..met.len()).unwrap());
    Ok(())
}

#[quintet::test(site)]
async fn another_test_does_not_see_it(site: TestSite) -> Result {
    create!(Note { text: "mine" }).insert(&site.db).await?;
    assert_eq!(Note.query().count(&site.db).await?, 1);
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn on_sqlite_only(site: TestSite) {
    assert_eq!(site.db.dialect().name, "sqlite");
}

#[quintet::test(site, on = "postgres")]
async fn on_postgres_only(site: TestSite) {
    assert_eq!(site.db.dialect().name, "postgres");
}
