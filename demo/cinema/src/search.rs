//! What a visitor looks for: the parameters of the home page and of `films.json`, and the addresses that carry them.
//!
//! All state of the list is in its address, so [`Search`](struct@Search) is both what comes in and what every link on the page is made from:
//! a link is the current search with one thing changed.

use quintet::prelude::*;

use crate::models::Certificate;
use crate::view::pager::Place;

/// The parameters, all optional. Empty ones, as a form without script sends them, mean the same as absent ones.
#[data]
#[derive(Default, PartialEq)]
pub struct Search {
    /// Part of a title or of a director's name.
    #[field(max_length = 100)]
    pub q: Option<String>,
    /// The slug of a genre: `romantic-comedy`.
    #[field(max_length = 60)]
    pub genre: Option<String>,
    /// The first year of a decade: 1990.
    #[field(min = 1900, max = 2090)]
    pub decade: Option<i16>,
    /// The least rating by viewers, of ten.
    #[field(min = 1, max = 9)]
    pub rating: Option<i32>,
    /// The MPAA's certificate.
    pub certificate: Option<Certificate>,
    /// The order; the best rated come first unless said otherwise.
    pub sort: Option<Sort>,
    /// The stretch of the list after the film of this cursor.
    #[field(max_length = 4000)]
    pub after: Option<String>,
    /// The stretch before the film of this cursor.
    #[field(max_length = 4000)]
    pub before: Option<String>,
    /// Which stretch that is; the first is 1. It is shown, and decides nothing; `films.json` counts its answers by it.
    #[field(min = 1, max = 1_000_000)]
    pub page: Option<u64>,
}

/// The order of a list of films.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Choices)]
pub enum Sort {
    /// The best rated first.
    #[default]
    #[choice(label = "Viewers’ rating")]
    Rating,
    /// The newest first.
    Newest,
    /// The oldest first.
    Oldest,
    /// Those that earned most first.
    Gross,
    /// By title.
    Title,
}

/// A link on the page.
#[data]
#[derive(PartialEq)]
pub struct Link {
    /// What it says.
    pub label: String,
    /// Where it leads.
    pub href: String,
    /// Whether it stands for what is shown.
    pub current: bool,
}

/// A filter in use, with the link that takes it away.
#[data]
#[derive(PartialEq)]
pub struct Chip {
    /// Which filter.
    pub label: String,
    /// What it is set to.
    pub value: String,
    /// The same page without it.
    pub href: String,
}

/// A select of the search form.
#[data]
#[derive(PartialEq)]
pub struct Choice {
    /// The parameter.
    pub name: String,
    /// What it is called.
    pub label: String,
    /// What can be chosen, beginning with “any”.
    pub options: Vec<Opt>,
}

/// One line of a select.
#[data]
#[derive(PartialEq)]
pub struct Opt {
    /// The parameter's value.
    pub value: String,
    /// What it is called.
    pub label: String,
    /// Whether it is chosen.
    pub current: bool,
}

impl Search {
    /// What was typed, without blanks around it; `None` if that is nothing.
    #[must_use]
    pub fn words(&self) -> Option<&str> {
        self.q.as_deref().map(str::trim).filter(|q| !q.is_empty())
    }

    /// The list in a few words: `Drama of the 1990s with “the”`. `genre` is the name of the genre that is chosen.
    #[must_use]
    pub fn heading(&self, genre: Option<&str>) -> String {
        let mut heading = genre.unwrap_or("Films").to_owned();
        if let Some(decade) = self.decade {
            heading.push_str(&format!(" of the {decade}s"));
        }
        if let Some(q) = self.words() {
            heading.push_str(&format!(" with “{q}”"));
        }
        heading
    }

    /// The page that is asked for.
    #[must_use]
    pub fn page(&self) -> u64 {
        self.page.unwrap_or(1).max(1)
    }

    /// The address below `base` that shows this search: what is not chosen is not in it.
    #[must_use]
    pub fn address(&self, base: &str) -> String {
        let mut pairs: Vec<(&str, String)> = Vec::new();
        let mut add = |name, value: Option<String>| pairs.extend(value.map(|value| (name, value)));
        add("q", self.words().map(str::to_owned));
        add("genre", self.genre.clone());
        add("decade", self.decade.map(|n| n.to_string()));
        add("rating", self.rating.map(|n| n.to_string()));
        add("certificate", self.certificate.map(|c| c.value().to_owned()));
        let sort = self.sort.filter(|sort| *sort != Sort::default());
        add("sort", sort.map(|sort| sort.value().to_owned()));
        add("after", self.after.clone().filter(|cursor| !cursor.is_empty()));
        add("before", self.before.clone().filter(|cursor| !cursor.is_empty()));
        add("page", self.page.filter(|page| *page > 1).map(|n| n.to_string()));
        let query: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        if query.is_empty() { base.to_owned() } else { format!("{base}?{}", query.join("&")) }
    }

    /// Where in the list that is.
    ///
    /// # Errors
    /// Of status 400 if it is after one film and before another.
    pub fn seek(&self) -> Result<Seek<'_>> {
        Seek::of(self.after.as_deref(), self.before.as_deref())
    }

    /// The same search from its first film on.
    #[must_use]
    pub fn begun(&self) -> Self {
        Self { page: None, after: None, before: None, ..self.clone() }
    }

    /// The same search at another place of its list.
    #[must_use]
    pub fn at(&self, place: Place<'_>) -> Self {
        match place {
            Place::First | Place::Before(_, 1) => self.begun(),
            Place::After(cursor, page) => {
                Self { after: Some(cursor.to_owned()), page: Some(page), ..self.begun() }
            }
            Place::Before(cursor, page) => {
                Self { before: Some(cursor.to_owned()), page: Some(page), ..self.begun() }
            }
        }
    }

    /// The same search in another genre, from its first page.
    #[must_use]
    pub fn in_genre(&self, slug: Option<&str>) -> Self {
        Self { genre: slug.map(str::to_owned), ..self.begun() }
    }

    /// The filters in use, each with a link that takes it away. `genre` is the name of the genre that is chosen.
    #[must_use]
    pub fn chips(&self, base: &str, genre: Option<&str>) -> Vec<Chip> {
        let all = self.begun();
        let chip = |label: &str, value: String, without: Search| Chip {
            label: label.into(),
            value,
            href: without.address(base),
        };
        let mut chips = Vec::new();
        if let Some(q) = self.words() {
            chips.push(chip("Search", q.to_owned(), Self { q: None, ..all.clone() }));
        }
        if let Some(genre) = genre {
            chips.push(chip("Genre", genre.to_owned(), Self { genre: None, ..all.clone() }));
        }
        if let Some(decade) = self.decade {
            chips.push(chip("Decade", format!("{decade}s"), Self { decade: None, ..all.clone() }));
        }
        if let Some(rating) = self.rating {
            chips.push(chip("Rating", format!("{rating} or better"), Self { rating: None, ..all.clone() }));
        }
        if let Some(certificate) = self.certificate {
            chips.push(chip(
                "Certificate",
                certificate.label().to_owned(),
                Self { certificate: None, ..all },
            ));
        }
        chips
    }

    /// The selects of the form.
    #[must_use]
    pub fn choices(&self) -> Vec<Choice> {
        let opt = |value: String, label: String, current| Opt { value, label, current };
        let choice = |name: &str, label: &str, any: Option<&str>, options: Vec<Opt>| {
            let none = any.map(|any| opt(String::new(), any.to_owned(), !options.iter().any(|o| o.current)));
            Choice {
                name: name.into(),
                label: label.into(),
                options: none.into_iter().chain(options).collect(),
            }
        };
        let decades = (1910..=2010)
            .rev()
            .step_by(10)
            .map(|d| opt(d.to_string(), format!("{d}s"), self.decade == Some(d)));
        let ratings =
            (5..=9).rev().map(|n| opt(n.to_string(), format!("{n} or better"), self.rating == Some(n)));
        let certificates = Certificate::ALL
            .iter()
            .map(|c| opt(c.value().to_owned(), c.label().to_owned(), self.certificate == Some(*c)));
        let sort = self.sort.unwrap_or_default();
        let sorts = Sort::ALL.iter().map(|s| opt(s.value().to_owned(), s.label().to_owned(), *s == sort));
        vec![
            choice("decade", "Decade", Some("Any"), decades.collect()),
            choice("rating", "Rating", Some("Any"), ratings.collect()),
            choice("certificate", "Certificate", Some("Any"), certificates.collect()),
            choice("sort", "Sort by", None, sorts.collect()),
        ]
    }
}

/// A value as a form encodes it in an address.
fn encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn everything() -> Search {
        Search {
            q: Some(" Léon & co ".into()),
            genre: Some("drama".into()),
            decade: Some(1990),
            rating: Some(7),
            certificate: Some(Certificate::Pg13),
            sort: Some(Sort::Gross),
            after: Some("abc".into()),
            before: None,
            page: Some(3),
        }
    }

    #[test]
    fn the_address_has_what_was_chosen_and_nothing_else() {
        assert_eq!(Search::default().address("/"), "/");
        let idle =
            Search { q: Some("  ".into()), sort: Some(Sort::Rating), page: Some(1), ..Search::default() };
        assert_eq!(idle.address("/"), "/");
        assert_eq!(
            everything().address("/"),
            "/?q=L%C3%A9on+%26+co&genre=drama&decade=1990&rating=7&certificate=PG-13&sort=gross&after=abc&page=3"
        );
    }

    #[test]
    fn links_change_one_thing_and_filters_go_back_to_the_first_page() {
        let search = everything();
        assert!(search.at(Place::After("d", 4)).address("/").ends_with("&after=d&page=4"));
        assert!(search.at(Place::Before("d", 2)).address("/").ends_with("gross&before=d&page=2"));
        assert!(search.at(Place::Before("d", 1)).address("/").ends_with("gross"));
        assert_eq!(search.seek().unwrap(), Seek::After("abc"));
        assert_eq!(
            search.in_genre(Some("western")),
            Search { genre: Some("western".into()), ..search.begun() }
        );
        let chips = search.chips("/", Some("Drama"));
        let told: Vec<_> = chips.iter().map(|c| (c.label.as_str(), c.value.as_str())).collect();
        assert_eq!(
            told,
            [
                ("Search", "Léon & co"),
                ("Genre", "Drama"),
                ("Decade", "1990s"),
                ("Rating", "7 or better"),
                ("Certificate", "PG-13")
            ]
        );
        for (chip, gone) in chips.iter().zip(["q=", "genre=", "decade=", "rating=", "certificate="]) {
            assert!(!chip.href.contains(gone) && !chip.href.contains("page="), "{}", chip.href);
            assert_eq!(
                chip.href.matches('=').count(),
                5,
                "four filters and the order are left: {}",
                chip.href
            );
        }
    }

    #[test]
    fn the_heading_says_what_is_shown() {
        assert_eq!(everything().heading(Some("Drama")), "Drama of the 1990s with “Léon & co”");
        assert_eq!(Search::default().heading(None), "Films");
    }

    #[test]
    fn every_select_shows_what_is_chosen() {
        let chosen = |search: &Search| -> Vec<String> {
            let current = |c: &Choice| {
                c.options.iter().filter(|o| o.current).map(|o| o.label.clone()).collect::<String>()
            };
            search.choices().iter().map(current).collect()
        };
        assert_eq!(chosen(&Search::default()), ["Any", "Any", "Any", "Viewers’ rating"]);
        assert_eq!(chosen(&everything()), ["1990s", "7 or better", "PG-13", "Gross"]);
    }
}
