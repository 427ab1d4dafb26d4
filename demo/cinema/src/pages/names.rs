//! Lists of names by their initial: directors and distributors, all of them or those that a search finds.

use quintet::axum::http::HeaderMap;
use quintet::prelude::*;

use crate::view::figures::counted;

/// The names of one initial.
#[data]
pub struct Letter {
    /// The heading, and the link that leads to it.
    pub letter: String,
    /// The heading's id.
    pub id: String,
    /// Who begins with it, by name.
    pub names: Vec<Name>,
}

/// A name in the list.
#[data]
pub struct Name {
    /// The name.
    pub name: String,
    /// Where its page is.
    pub href: String,
    /// How many films are here.
    pub films: i64,
}

/// What is looked for in a list of names.
#[data]
#[derive(Default)]
pub struct Looked {
    /// Part of a name.
    #[field(
        label = "Search",
        help = "",
        max_length = 100,
        widget = "search",
        placeholder = "Part of a name",
        autocomplete = "off"
    )]
    pub q: Option<String>,
}

impl Looked {
    /// What was typed, without blanks around it; `None` if that is nothing.
    #[must_use]
    pub fn words(&self) -> Option<&str> {
        self.q.as_deref().map(str::trim).filter(|q| !q.is_empty())
    }
}

/// The words of a page of names.
pub struct Words {
    /// What one is called: `director`.
    pub one: &'static str,
    /// Which entry of the navigation the page is: `directors`.
    pub at: &'static str,
    /// Above the list.
    pub lead: &'static str,
}

/// The page of these names, which come sorted. To a script that asks for a part of the page only what was found.
pub fn page(
    words: &Words,
    form: SearchForm<Looked>,
    names: Vec<Name>,
    base: Url,
    headers: &HeaderMap,
) -> Page {
    let partial = super::is_partial(headers);
    let heading = counted(names.len() as u64, words.one);
    let q = form.data().and_then(Looked::words).unwrap_or_default().to_owned();
    let address = if q.is_empty() { base.clone() } else { base.clone().query("q", &q) };
    let page = page!(
        "names.html",
        heading,
        letters: by_initial(names),
        form,
        q,
        one: words.one,
        at: words.at,
        lead: words.lead,
        base
    );
    let page = page.header("Vary", super::VARY);
    if partial { page.only("found").header("HX-Push-Url", address.to_string()) } else { page }
}

fn by_initial(names: Vec<Name>) -> Vec<Letter> {
    let mut letters: Vec<Letter> = Vec::new();
    for name in names {
        let initial = name.name.chars().next().map_or_else(String::new, |c| c.to_uppercase().collect());
        match letters.last_mut().filter(|group| group.letter == initial) {
            Some(group) => group.names.push(name),
            None => {
                let id = format!("letter-{}", letters.len() + 1);
                letters.push(Letter { letter: initial, id, names: vec![name] });
            }
        }
    }
    letters
}
