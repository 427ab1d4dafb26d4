//! The rules on the real file: 3,201 rows, each accounted for, and each kind of fault as often as a count by other means found it.

use super::elements::Elements;
use super::film::{FilmRow, read};
use super::report::{Kind, Report};

fn everything() -> (Vec<FilmRow>, Report) {
    let (mut films, mut report) = (Vec::new(), Report::default());
    for element in Elements::new(super::FILMS) {
        report.read += 1;
        let (film, notices) = read(&element.unwrap());
        notices.into_iter().for_each(|notice| report.add(notice));
        report.imported += u64::from(film.is_some());
        films.extend(film);
    }
    (films, report)
}

#[test]
fn every_row_is_a_film_or_refused_by_name() {
    let (films, report) = everything();
    assert_eq!((report.read, report.imported, report.refused), (3201, 3200, 1));
    assert!(report.accounts_for_all());
    let refused: Vec<_> = report.notices().iter().filter(|n| n.remark.kind == Kind::RowRefused).collect();
    let [only] = refused.as_slice() else { panic!("one row has no title: {refused:?}") };
    assert_eq!((only.row, only.remark.reason), (3054, "no title, and a film needs one"));
    assert!(only.remark.before.contains("\"Worldwide Gross\": 3080493"), "the whole row is in the report");
    assert!(films.windows(2).all(|pair| matches!(pair, [a, b] if a.row < b.row)));
}

#[test]
fn every_fault_of_the_file_is_found_and_no_other() {
    let (_, report) = everything();
    let found: Vec<(Kind, &str, usize)> =
        report.groups().iter().map(|((kind, why), n)| (*kind, *why, n.len())).collect();
    assert_eq!(
        found,
        [
            (Kind::RowRefused, "no title, and a film needs one", 1),
            (Kind::ValueRefused, "no certificate that the MPAA gives", 2),
            (Kind::ValueRefused, "says that it is not known", 2),
            (Kind::Corrected, "Latin-1 letters read as Mac Roman, put back", 18),
            (
                Kind::Corrected,
                "a year after the source was made: a two-digit year read into the wrong century, 100 years taken off",
                22
            ),
            (Kind::Corrected, "doubled quotation marks of a CSV file made single", 1),
            (Kind::Corrected, "runs of blanks made one", 2),
            (Kind::Corrected, "written for an index, put back in order", 4),
            (Kind::Converted, "a number, taken as text", 9),
            (Kind::Doubtful, "an amount of 0: the source writes it where it has no figure", 113),
        ]
    );
}

#[test]
fn well_known_films_come_out_right() {
    let (films, _) = everything();
    let film = |row: i32| films.iter().find(|film| film.row == row).unwrap();
    assert_eq!((film(1091).title.as_str(), film(22).title.as_str()), ("300", "1776"));
    let wings = film(1029);
    assert_eq!((wings.title.as_str(), wings.released.unwrap().to_string().as_str()), ("Wings", "1927-08-12"));
    assert!(wings.remarks.contains("\"Aug 12 2027\" in the source, here 1927-08-12"), "{}", wings.remarks);
    assert_eq!(film(175).title, "The Charge of the Light Brigade");
    assert_eq!(film(535).title, "Alien³", "what only looks damaged stays");
    assert_eq!(film(764).title, "Ri¢hie Ri¢h");
    assert_eq!(film(2968).released.unwrap().year(), 2011, "a film that was announced is no fault");
    assert!(films.iter().all(|film| film.released.is_some_and(|day| (1911..=2011).contains(&day.year()))));
}

#[test]
fn what_the_file_leaves_empty_stays_empty_and_nothing_else_does() {
    let (films, _) = everything();
    let empty = |test: fn(&FilmRow) -> bool| films.iter().filter(|film| test(film)).count();
    // The file has as many nulls; certificates, distributors and types are more by the values that were refused.
    assert_eq!(empty(|f| f.director.is_none()), 1330);
    assert_eq!(empty(|f| f.distributor.is_none()), 232 + 1);
    assert_eq!(empty(|f| f.genre.is_none()), 275);
    assert_eq!(empty(|f| f.creative_type.is_none()), 446 + 1);
    assert_eq!(empty(|f| f.source.is_none()), 365);
    assert_eq!(empty(|f| f.certificate.is_none()), 605 + 2);
    assert_eq!(empty(|f| f.running_time.is_none()), 1992);
    assert_eq!(empty(|f| f.us_gross.is_none()), 7);
    assert_eq!(empty(|f| f.worldwide_gross.is_none()), 7);
    assert_eq!(empty(|f| f.dvd_sales.is_none()), 2636);
    assert_eq!(empty(|f| f.budget.is_none()), 1);
    assert_eq!(empty(|f| f.imdb_rating.is_none()), 213);
    assert_eq!(empty(|f| f.imdb_votes.is_none()), 213);
    assert_eq!(empty(|f| f.tomatoes.is_none()), 880);
}
