//! The words and rows of a film's own page.

use quintet::prelude::*;

use super::figures::{dollars, grouped};

/// One of the five figures below the title.
#[data]
#[derive(PartialEq)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// The figure in words; `None` if it is not known.
    pub value: Option<String>,
}

/// What the page says of a film, in plain values.
#[derive(Debug, Clone, Default)]
pub struct Told<'a> {
    /// The genre's name.
    pub genre: Option<&'a str>,
    /// Minutes.
    pub running_time: Option<i32>,
    /// The certificate's name.
    pub certificate: Option<&'a str>,
    /// The distributor's name.
    pub distributor: Option<&'a str>,
    /// First day in a cinema.
    pub released: Option<Date>,
    /// What it is based on.
    pub source: Option<&'a str>,
    /// US dollars; 0 means that the source has no figure.
    pub us_gross: Option<i64>,
    /// US dollars; 0 means that the source has no figure.
    pub worldwide_gross: Option<i64>,
    /// US dollars.
    pub dvd_sales: Option<i64>,
    /// US dollars.
    pub budget: Option<i64>,
    /// 1 to 10.
    pub viewers: Option<f64>,
    /// Per cent.
    pub critics: Option<i32>,
    /// How many viewers rated it.
    pub votes: Option<i32>,
}

impl Told<'_> {
    /// One or two sentences: `Action, 152 minutes, PG-13. Released by Warner Bros. on 18 July 2008.`
    #[must_use]
    pub fn summary(&self) -> String {
        let minutes = self.running_time.map(|n| format!("{n} minutes"));
        let certificate =
            self.certificate.map(|c| if c == "Not Rated" { "not rated".to_owned() } else { c.to_owned() });
        let what: Vec<String> =
            [self.genre.map(str::to_owned), minutes, certificate].into_iter().flatten().collect();
        let mut sentences = Vec::new();
        if !what.is_empty() {
            sentences.push(format!("{}.", capital(&what.join(", "))));
        }
        let by = self.distributor.map(|name| format!(" by {name}"));
        let on = self.released.map(|day| format!(" on {}", long_date(day)));
        if by.is_some() || on.is_some() {
            sentences.push(format!("Released{}{}.", by.unwrap_or_default(), on.unwrap_or_default()));
        }
        sentences.join(" ")
    }

    /// The five figures of the chord.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let fact = |name: &str, value: Option<String>| Fact { name: name.to_owned(), value };
        vec![
            fact("Viewers", self.viewers.map(|n| format!("{n:.1}"))),
            fact("Critics", self.critics.map(|n| format!("{n} %"))),
            fact("Worldwide", self.worldwide_gross.filter(|n| *n > 0).map(dollars)),
            fact("Budget", self.budget.map(dollars)),
            fact("Votes", self.votes.map(|n| grouped(n.unsigned_abs().into()))),
        ]
    }

    /// The table of details: only what is known.
    #[must_use]
    pub fn details(&self) -> Vec<Fact> {
        let money = |amount: Option<i64>| {
            amount.map(|n| {
                if n == 0 {
                    "No figure in the source".to_owned()
                } else {
                    format!("${}", grouped(n.unsigned_abs()))
                }
            })
        };
        let rows = [
            ("Released", self.released.map(long_date)),
            ("Screenplay", self.source.map(str::to_owned)),
            ("Certificate", self.certificate.map(str::to_owned)),
            ("Running time", self.running_time.map(|n| format!("{} h {:02} min", n / 60, n % 60))),
            ("Gross in the US", money(self.us_gross)),
            ("Gross worldwide", money(self.worldwide_gross)),
            ("DVD sales in the US", money(self.dvd_sales)),
            ("Budget", money(self.budget)),
            ("Return", self.earned().map(|times| format!("${times:.2} worldwide for each dollar of budget"))),
        ];
        let known = rows.into_iter().filter(|(_, value)| value.is_some());
        known.map(|(name, value)| Fact { name: name.to_owned(), value }).collect()
    }

    /// Worldwide gross as a multiple of the budget.
    fn earned(&self) -> Option<f64> {
        match (self.worldwide_gross?, self.budget?) {
            (gross, budget) if gross > 0 && budget > 0 => Some(gross as f64 / budget as f64),
            _ => None,
        }
    }
}

/// `18 July 2008`.
#[must_use]
pub fn long_date(day: Date) -> String {
    day.strftime("%-d %B %Y").to_string()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knight() -> Told<'static> {
        Told {
            genre: Some("Action"),
            running_time: Some(152),
            certificate: Some("PG-13"),
            distributor: Some("Warner Bros."),
            released: Some("2008-07-18".parse().unwrap()),
            worldwide_gross: Some(1_022_345_358),
            us_gross: Some(0),
            budget: Some(185_000_000),
            viewers: Some(8.9),
            critics: Some(93),
            votes: Some(465_000),
            ..Told::default()
        }
    }

    #[test]
    fn the_summary_says_what_is_known_and_no_more() {
        assert_eq!(
            knight().summary(),
            "Action, 152 minutes, PG-13. Released by Warner Bros. on 18 July 2008."
        );
        assert_eq!(Told::default().summary(), "");
        assert_eq!(Told { certificate: Some("Not Rated"), ..Told::default() }.summary(), "Not rated.");
        let day = Told { released: knight().released, ..Told::default() };
        assert_eq!(day.summary(), "Released on 18 July 2008.");
    }

    #[test]
    fn facts_are_always_five_and_details_only_what_is_known() {
        let told = |facts: Vec<Fact>| -> Vec<String> {
            facts.into_iter().map(|f| f.value.unwrap_or_else(|| "?".into())).collect()
        };
        assert_eq!(told(knight().facts()), ["8.9", "93 %", "$1.02 bn", "$185 M", "465,000"]);
        assert_eq!(told(Told::default().facts()), ["?"; 5]);
        assert_eq!(
            told(knight().details()),
            [
                "18 July 2008",
                "PG-13",
                "2 h 32 min",
                "No figure in the source",
                "$1,022,345,358",
                "$185,000,000",
                "$5.53 worldwide for each dollar of budget"
            ]
        );
        assert_eq!(Told::default().details(), []);
    }
}
