//! Importing: every row accounted for, twice is once, all or nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use cinema::import::{Kind, Report, import, import_own};
use cinema::models::{Director, Film, Genre};
use quintet::core::signal::Signals;
use quintet::prelude::*;

fn quiet() -> Progress {
    Progress::new(Console::captured().0)
}

async fn import_text(text: &str, db: &Db) -> Result<Report> {
    import(text.as_bytes(), "test.json", db, &quiet()).await
}

#[quintet::test(cinema::site)]
async fn every_row_is_a_film_or_named_and_a_second_import_adds_nothing(site: TestSite) -> Result {
    let first = import_own(&site.db, &quiet()).await?;
    assert_eq!((first.read, first.imported, first.already_there, first.refused), (3201, 3200, 0, 1));
    assert_eq!(Film.query().count(&site.db).await?, 3200);
    assert_eq!(Director.query().count(&site.db).await?, 550);
    assert_eq!(Genre.query().count(&site.db).await?, 12 + 8);

    let second = import_own(&site.db, &quiet()).await?;
    assert_eq!((second.read, second.imported, second.already_there, second.refused), (3201, 0, 3200, 1));
    assert_eq!(Film.query().count(&site.db).await?, 3200);
    assert_eq!(second.notices().len(), first.notices().len(), "what does not fit is told again");

    let knight = Film
        .filter(Film.title.eq("The Dark Knight"))
        .prefetch_related(Film.genres)
        .first(&site.db)
        .await?
        .or_404()?;
    assert_eq!(knight.worldwide_gross, Some(1_022_345_358));
    assert_eq!(knight.genre()?.map(|genre| genre.slug.as_str()), Some("action"));
    Ok(())
}

#[quintet::test(cinema::site)]
async fn a_file_that_breaks_off_leaves_nothing_behind(site: TestSite) -> Result {
    let rows: Vec<String> =
        (0..450).map(|n| format!("{{\"Title\": \"Film {n}\", \"Director\": \"Ann\"}}")).collect();
    let broken = format!("[{}, {{\"Title\": \"cut", rows.join(",\n"));
    let error = import_text(&broken, &site.db).await.unwrap_err();
    assert!(error.to_string().contains("row 451"), "{error}");
    assert_eq!(Film.query().count(&site.db).await?, 0);
    assert_eq!(Director.query().count(&site.db).await?, 0);
    Ok(())
}

#[quintet::test(cinema::site)]
async fn a_row_that_is_no_film_costs_no_other(site: TestSite) -> Result {
    let mixed = r#"[{"Title": "One"}, 42, {"Title": "Two", "Director": 7, "Colour": "sepia"}]"#;
    let report = import_text(mixed, &site.db).await?;
    assert_eq!((report.read, report.imported, report.refused), (3, 2, 1));
    assert_eq!(
        [Kind::RowRefused, Kind::Converted, Kind::ValueRefused].map(|kind| report.count(kind)),
        [1, 1, 1]
    );
    Ok(())
}

#[quintet::test(cinema::site)]
async fn the_place_of_another_film_is_not_taken(site: TestSite) -> Result {
    import_text(r#"[{"Title": "One"}]"#, &site.db).await?;
    let report = import_text(r#"[{"Title": "Another"}]"#, &site.db).await?;
    assert_eq!((report.imported, report.already_there), (0, 1));
    assert!(report.text(1).contains("row 1, Another, Title: Another → One"), "{}", report.text(1));
    assert_eq!(Film.query().count(&site.db).await?, 1);
    Ok(())
}

#[quintet::test(cinema::site)]
async fn a_new_database_is_filled_at_the_first_start_and_left_alone_afterwards(site: TestSite) -> Result {
    let signals = site.services().require::<Signals>()?;
    signals.emit(site.services(), SiteStarted).await?;
    assert_eq!(Film.query().count(&site.db).await?, 3200);
    let told = site.written();
    assert!(told.contains("3,201 rows read: 3,200 imported, 0 already there, 1 refused"), "{told}");

    Film.filter(Film.title.eq("Inception")).delete(&site.db).await?;
    signals.emit(site.services(), SiteStarted).await?;
    let told_later = site.written()[told.len()..].to_owned();
    assert!(!told_later.contains("imported"), "a film that was taken out stays out: {told_later}");
    assert_eq!(Film.query().count(&site.db).await?, 3199);
    Ok(())
}

#[quintet::test(cinema::site)]
async fn the_command_takes_a_file_and_writes_the_whole_report(site: TestSite) -> Result {
    let folder = tempfile::tempdir()?;
    let (films, report) = (folder.path().join("films.json"), folder.path().join("new/report.txt"));
    std::fs::write(&films, r#"[{"Title": 300}, {"Title": null}]"#)?;
    let line = format!("import-films --file {} --report {}", films.display(), report.display());
    let told = site.run(&line).await?;
    assert!(told.contains("2 rows read: 1 imported, 0 already there, 1 refused"), "{told}");
    let written = std::fs::read_to_string(&report)?;
    assert!(written.contains("row 1, 300, Title: 300 → 300"), "{written}");
    assert!(site.run(&line).await?.contains("0 imported, 1 already there, 1 refused"));

    let error = site.run("import-films --file no/such.json").await.unwrap_err().to_string();
    assert!(error.contains("can't open no/such.json"), "{error}");
    Ok(())
}
