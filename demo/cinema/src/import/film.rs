//! A row of the file as a film: the record's keys by name, each through its rule, with every remark in its place.

use quintet::prelude::Date;
use serde_json::Value;

use super::clean::{self, Taken};
use super::elements::Element;
use super::record::Record;
use super::report::{Kind, Notice, Remark};

/// A film as the file has it, cleaned; relations are still names.
#[derive(Debug, Clone, PartialEq)]
pub struct FilmRow {
    /// Place in the file: the key by which a second import knows the film again.
    pub row: i32,
    /// Never empty.
    pub title: String,
    /// First day in a cinema.
    pub released: Option<Date>,
    /// Name of the director.
    pub director: Option<String>,
    /// Name of the distributor.
    pub distributor: Option<String>,
    /// `Drama`, `Comedy` …
    pub genre: Option<String>,
    /// `Contemporary Fiction`, `Kids Fiction` …
    pub creative_type: Option<String>,
    /// What the film is based on.
    pub source: Option<String>,
    /// As [`clean::certificate`] spells it.
    pub certificate: Option<&'static str>,
    /// Minutes.
    pub running_time: Option<i32>,
    /// US dollars.
    pub us_gross: Option<i64>,
    /// US dollars.
    pub worldwide_gross: Option<i64>,
    /// US dollars.
    pub dvd_sales: Option<i64>,
    /// US dollars.
    pub budget: Option<i64>,
    /// 1 to 10.
    pub imdb_rating: Option<f64>,
    /// How many people rated it.
    pub imdb_votes: Option<i32>,
    /// Per cent of critics in favour.
    pub tomatoes: Option<i32>,
    /// What the film's own page says about the values that were changed, one sentence a line.
    pub remarks: String,
}

/// Cleans one element. No film: the notices say why the row was refused.
#[must_use]
pub fn read(element: &Element) -> (Option<FilmRow>, Vec<Notice>) {
    match Record::parse(&element.text) {
        Ok(record) => Reader::new(element).film(record),
        Err(error) => {
            let mut reader = Reader::new(element);
            reader.refuse(
                "not a film in JSON",
                format!("{error} in line {} of the file: {}", element.line, raw(element)),
            );
            (None, reader.notices)
        }
    }
}

/// The element's text for the report, in one line.
fn raw(element: &Element) -> String {
    String::from_utf8_lossy(&element.text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Gathers the notices of one row.
struct Reader<'e> {
    element: &'e Element,
    film: String,
    notices: Vec<Notice>,
}

impl<'e> Reader<'e> {
    fn new(element: &'e Element) -> Self {
        Self { element, film: String::new(), notices: Vec::new() }
    }

    fn note(&mut self, field: &str, remark: Remark) {
        self.notices.push(Notice {
            row: self.element.row,
            film: self.film.clone(),
            field: field.to_owned(),
            remark,
        });
    }

    fn refuse(&mut self, reason: &'static str, before: String) {
        self.note("", Remark { kind: Kind::RowRefused, reason, before, after: None });
    }

    /// One value through its rule.
    fn take<T>(
        &mut self,
        record: &mut Record,
        key: &str,
        rule: impl FnOnce(&Value) -> Taken<T>,
    ) -> Option<T> {
        let taken = rule(&record.take(key));
        for remark in taken.remarks {
            self.note(key, remark);
        }
        taken.value
    }

    fn small(&mut self, record: &mut Record, key: &str, least: i32, most: i32) -> Option<i32> {
        let n = self.take(record, key, |v| clean::whole(v, least.into(), most.into()))?;
        i32::try_from(n).ok()
    }

    fn film(mut self, mut record: Record) -> (Option<FilmRow>, Vec<Notice>) {
        let title = clean::title(&record.take("Title"));
        let Some(name) = title.value else {
            self.refuse("no title, and a film needs one", raw(self.element));
            return (None, self.notices);
        };
        self.film.clone_from(&name);
        for remark in title.remarks {
            self.note("Title", remark);
        }
        let r = &mut record;
        let mut film = FilmRow {
            row: self.element.row,
            title: name,
            released: self.take(r, "Release Date", clean::day),
            director: self.take(r, "Director", clean::name),
            distributor: self.take(r, "Distributor", clean::name),
            genre: self.take(r, "Major Genre", clean::name),
            creative_type: self.take(r, "Creative Type", clean::name),
            source: self.take(r, "Source", clean::name),
            certificate: self.take(r, "MPAA Rating", clean::certificate),
            running_time: self.small(r, "Running Time min", 1, 1000),
            us_gross: self.take(r, "US Gross", clean::dollars),
            worldwide_gross: self.take(r, "Worldwide Gross", clean::dollars),
            dvd_sales: self.take(r, "US DVD Sales", clean::dollars),
            budget: self.take(r, "Production Budget", clean::dollars),
            imdb_rating: self.take(r, "IMDB Rating", clean::rating),
            imdb_votes: self.small(r, "IMDB Votes", 0, i32::MAX),
            tomatoes: self.small(r, "Rotten Tomatoes Rating", 0, 100),
            remarks: String::new(),
        };
        for (key, value) in record.rest() {
            let reason = "a key that films do not have, or a second value for the same key";
            self.note(
                &key,
                Remark { kind: Kind::ValueRefused, reason, before: value.to_string(), after: None },
            );
        }
        film.remarks = self.notices.iter().map(sentence).collect::<Vec<_>>().join("\n");
        (Some(film), self.notices)
    }
}

/// A notice as the film's page shows it.
fn sentence(notice: &Notice) -> String {
    let Notice { field, remark: Remark { reason, before, after, .. }, .. } = notice;
    match after {
        Some(after) if after != before => {
            format!("{field}: {before} in the source, here {after} ({reason}).")
        }
        Some(_) => format!("{field}: {before} ({reason})."),
        None => format!("{field}: {before} in the source, left out here ({reason})."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(text: &str) -> Element {
        Element { row: 7, line: 8, text: text.as_bytes().to_vec() }
    }

    #[test]
    fn a_film_with_nothing_but_a_title_is_a_film() {
        let (film, notices) = read(&element(r#"{"Title": "M", "Director": null}"#));
        let film = film.unwrap();
        assert_eq!((film.row, film.title.as_str(), film.director, film.remarks.as_str()), (7, "M", None, ""));
        assert_eq!(notices, []);
    }

    #[test]
    fn every_odd_value_is_named_with_its_row_film_and_key() {
        let (film, notices) = read(&element(
            r#"{"Title": 9, "Release Date": "Feb 08 2015", "MPAA Rating": "Open", "US Gross": 0, "Colour": "sepia", "Title": "Nine"}"#,
        ));
        let told: Vec<String> = notices.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "row 7, 9, Title: 9 → 9",
                "row 7, 9, Release Date: \"Feb 08 2015\" → 1915-02-08",
                "row 7, 9, MPAA Rating: \"Open\"",
                "row 7, 9, US Gross: 0 → 0",
                "row 7, 9, Colour: \"sepia\"",
                "row 7, 9, Title: \"Nine\"",
            ]
        );
        let film = film.unwrap();
        assert_eq!(film.certificate, None);
        assert_eq!(film.us_gross, Some(0));
        assert!(
            film.remarks.contains("MPAA Rating: \"Open\" in the source, left out here"),
            "{}",
            film.remarks
        );
    }

    #[test]
    fn a_row_that_is_no_film_is_kept_in_full_in_the_report() {
        for (text, reason) in [
            (r#"{"Title": null, "US Gross": 26403}"#, "no title"),
            (r#"{"Title": "M", "US Gross": 26403"#, "not a film"),
            ("42", "not a film"),
        ] {
            let (film, notices) = read(&element(text));
            assert_eq!(film, None);
            let [notice] = notices.as_slice() else { panic!("one notice for {text}") };
            assert_eq!(notice.remark.kind, Kind::RowRefused);
            assert!(notice.remark.reason.contains(reason), "{notice:?}");
            assert!(notice.remark.before.contains(text), "{notice:?}");
        }
    }
}
