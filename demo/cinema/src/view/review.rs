//! What a review looks like, and what all of a film's come to.

use quintet::prelude::*;

/// The longest bar of a distribution, in units of its drawing.
const LONGEST: i64 = 100;

/// A review, in words.
#[data]
#[derive(PartialEq)]
pub struct Said {
    /// The review's key.
    pub id: i64,
    /// The film's key.
    pub film: i64,
    /// What the film is called.
    pub title: String,
    /// Who wrote it.
    pub by: String,
    /// Their initials, at most two.
    pub initials: String,
    /// The colour behind the initials, `a` to `e`: the same for one person everywhere.
    pub tone: String,
    /// How many stars.
    pub stars: i32,
    /// The class that draws the stars.
    pub five: String,
    /// What it says.
    pub text: String,
    /// The day, as people read it.
    pub day: String,
    /// The day, as programs read it.
    pub date: String,
    /// The day of the last change, if there was one.
    pub changed: Option<String>,
    /// Is it kept from others?
    pub hidden: bool,
}

/// A review's columns, and those of its author and its film that are shown.
#[derive(Shape)]
#[shape(model = crate::models::Review)]
pub struct ReviewRow {
    id: i64,
    stars: i32,
    text: String,
    hidden: bool,
    created: Timestamp,
    changed: Option<Timestamp>,
    #[shape(expr = crate::models::Review.film.id)]
    film: i64,
    #[shape(expr = crate::models::Review.film.title)]
    title: String,
    #[shape(expr = crate::models::Review.author.id)]
    author: i64,
    #[shape(expr = crate::models::Review.author.username)]
    username: String,
    #[shape(expr = crate::models::Review.author.first_name)]
    first_name: String,
    #[shape(expr = crate::models::Review.author.last_name)]
    last_name: String,
}

impl ReviewRow {
    /// Did this user write it?
    #[must_use]
    pub fn by(&self, user: i64) -> bool {
        self.author == user
    }
}

impl From<ReviewRow> for Said {
    fn from(row: ReviewRow) -> Said {
        let by = name(&row.first_name, &row.last_name, &row.username);
        let day = |at: Timestamp| at.strftime("%-d %B %Y").to_string();
        Said {
            id: row.id,
            film: row.film,
            title: row.title,
            initials: initials(&by),
            by,
            tone: tone(row.author).to_owned(),
            stars: row.stars,
            five: strokes(f64::from(row.stars)),
            text: row.text,
            day: day(row.created),
            date: row.created.strftime("%F").to_string(),
            changed: row.changed.map(day),
            hidden: row.hidden,
        }
    }
}

/// What somebody is called: their name, else the one they sign in with.
#[must_use]
pub fn name(first: &str, last: &str, username: &str) -> String {
    let whole = format!("{first} {last}");
    if whole.trim().is_empty() { username.to_owned() } else { whole.trim().to_owned() }
}

/// At most two letters of a name.
pub(super) fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    let last = words.next_back();
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

/// The colour behind the initials.
pub(super) fn tone(author: i64) -> &'static str {
    match author.rem_euclid(5) {
        0 => "a",
        1 => "b",
        2 => "c",
        3 => "d",
        _ => "e",
    }
}

/// The class that draws stars of five as five strokes.
#[must_use]
pub fn strokes(stars: f64) -> String {
    super::score::five(stars * 2.0)
}

/// What a film's reviews come to.
#[data]
#[derive(PartialEq)]
pub struct Tally {
    /// How many there are.
    pub count: i64,
    /// `12 reviews`.
    pub counted: String,
    /// Their mean with one decimal; none if there are none.
    pub mean: Option<String>,
    /// The class that draws it.
    pub five: Option<String>,
    /// From five stars down to one.
    pub bars: Vec<Share>,
}

/// How many gave so many stars.
#[data]
#[derive(PartialEq)]
pub struct Share {
    /// So many stars.
    pub stars: i32,
    /// How many gave them.
    pub count: i64,
    /// How long its bar is, of 100.
    pub length: i64,
}

impl Tally {
    /// Of pairs of stars and how many gave them.
    #[must_use]
    pub fn of(counts: &[(i32, i64)]) -> Tally {
        let given = |stars: i32| counts.iter().filter(|(s, _)| *s == stars).map(|(_, n)| n).sum::<i64>();
        let count: i64 = counts.iter().map(|(_, n)| n).sum();
        let sum: i64 = counts.iter().map(|(stars, n)| i64::from(*stars) * n).sum();
        let mean = (count > 0).then(|| sum as f64 / count as f64);
        let most = counts.iter().map(|(_, n)| *n).max().unwrap_or(0).max(1);
        let share = |stars: i32| {
            let count = given(stars);
            // Something is never nothing to the eye.
            let length = if count == 0 { 0 } else { (count * LONGEST / most).max(1) };
            Share { stars, count, length }
        };
        Tally {
            count,
            counted: super::figures::counted(count.unsigned_abs(), "review"),
            mean: mean.map(|mean| format!("{mean:.1}")),
            five: mean.map(strokes),
            bars: (1..=5).rev().map(share).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_has_a_mean_and_bars_from_five_stars_down() {
        let tally = Tally::of(&[(5, 4), (4, 2), (1, 1)]);
        assert_eq!(
            (tally.count, tally.counted.as_str(), tally.mean.as_deref()),
            (7, "7 reviews", Some("4.1"))
        );
        assert_eq!(tally.five.as_deref(), Some("v8"));
        let bars: Vec<_> = tally.bars.iter().map(|b| (b.stars, b.count, b.length)).collect();
        assert_eq!(bars, [(5, 4, 100), (4, 2, 50), (3, 0, 0), (2, 0, 0), (1, 1, 25)]);
        let none = Tally::of(&[]);
        assert_eq!((none.count, none.mean, none.five), (0, None, None));
        assert!(none.bars.iter().all(|bar| bar.length == 0));
        assert_eq!(Tally::of(&[(2, 1000), (3, 1)]).bars[2].length, 1);
    }

    #[test]
    fn people_are_called_by_their_name_and_drawn_by_its_initials() {
        assert_eq!(name("Ana", "Ruiz", "ana"), "Ana Ruiz");
        assert_eq!(name("", " ", "ana"), "ana");
        assert_eq!(
            ["Ana Ruiz", "ana", "Ana Maria de Ruiz", "<b> x", "…", "ßa"].map(initials),
            ["AR", "A", "AR", "BX", "", "SS"]
        );
        assert_eq!((tone(7), tone(12), tone(-1)), ("c", "c", "e"));
    }
}
