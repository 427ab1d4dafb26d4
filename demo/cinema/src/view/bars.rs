//! Bars: a value for each of some names or years, as coordinates for the drawings in `statistics.html`.

use quintet::prelude::*;

/// Width of the drawings, without what is written beside them.
const WIDTH: f64 = 1080.0;
/// The longest bar that lies, and the height of its line: names before it and values after it take as much again.
const LONGEST: f64 = 190.0;
const LINE: i32 = 26;
/// Height of columns.
const HEIGHT: f64 = 200.0;

/// A bar, and what it says.
#[data]
#[derive(PartialEq)]
pub struct Bar {
    /// Its name: a genre, a year.
    pub name: String,
    /// Its value in words.
    pub value: String,
    /// Where it starts: from the side, of columns from the top.
    pub at: i32,
    /// How long it is.
    pub length: i32,
    /// Is it the longest?
    pub most: bool,
}

/// Columns side by side, for years.
#[data]
#[derive(PartialEq)]
pub struct Columns {
    /// One a year, also where there is nothing.
    pub bars: Vec<Bar>,
    /// Where each starts from the side.
    pub places: Vec<i32>,
    /// How wide each is.
    pub width: i32,
    /// Years below, and where.
    pub years: Vec<Bar>,
}

/// Lengths of bars that lie, the longest as long as the drawing leaves room for: `value` says what stands at its end.
#[must_use]
pub fn lying<N: ToString>(rows: &[(N, f64)], value: impl Fn(f64) -> String) -> Vec<Bar> {
    let most = rows.iter().map(|(_, n)| *n).fold(0.0, f64::max);
    let bar = |(at, (name, n)): (i32, &(N, f64))| Bar {
        name: name.to_string(),
        value: value(*n),
        at: at * LINE,
        length: share(*n, most, LONGEST),
        most: *n >= most && most > 0.0,
    };
    (0..).zip(rows).map(bar).collect()
}

/// Columns for the years between the first and the last, each as high as its number.
#[must_use]
pub fn columns(counts: &[(i32, i64)]) -> Option<Columns> {
    let (first, last) = (counts.first()?.0, counts.last()?.0);
    let most = counts.iter().map(|(_, n)| *n).max()?;
    let number = f64::from(last - first + 1);
    let step = WIDTH / number;
    let place = |year: i32| (f64::from(year - first) * step).round() as i32;
    let bars = (first..=last).map(|year| {
        let count = counts.iter().find(|(known, _)| *known == year).map_or(0, |(_, n)| *n);
        let length = share(count as f64, most as f64, HEIGHT);
        let value = format!("{count} {}", if count == 1 { "film" } else { "films" });
        Bar { name: year.to_string(), value, at: HEIGHT as i32 - length, length, most: count == most }
    });
    let tick = |year: i32| Bar {
        name: year.to_string(),
        value: String::new(),
        at: place(year) + (step / 2.0) as i32,
        length: 0,
        most: false,
    };
    Some(Columns {
        bars: bars.collect(),
        places: (first..=last).map(place).collect(),
        width: ((step * 0.8).round() as i32).max(1),
        years: (first..=last).filter(|year| year % 10 == 0).map(tick).collect(),
    })
}

/// Something is never nothing to the eye.
fn share(n: f64, most: f64, length: f64) -> i32 {
    if n <= 0.0 || most <= 0.0 { 0 } else { ((n / most * length).round() as i32).max(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_fills_the_drawing_and_the_others_keep_to_it() {
        let bars = lying(&[("Drama", 50.0), ("Horror", 100.0), ("Western", 0.001), ("None", 0.0)], |n| {
            n.to_string()
        });
        let told: Vec<_> = bars.iter().map(|b| (b.name.as_str(), b.at, b.length, b.most)).collect();
        let expected = [
            ("Drama", 0, 95, false),
            ("Horror", 26, 190, true),
            ("Western", 52, 1, false),
            ("None", 78, 0, false),
        ];
        assert_eq!(told, expected);
        assert_eq!(lying::<&str>(&[], |n| n.to_string()), []);
        assert!(!lying(&[("Drama", 0.0)], |n| n.to_string())[0].most);
    }

    #[test]
    fn every_year_has_a_column() {
        let columns = columns(&[(1998, 1), (2001, 4)]).unwrap();
        let lengths: Vec<_> = columns.bars.iter().map(|b| b.length).collect();
        assert_eq!(lengths, [50, 0, 0, 200]);
        assert_eq!(columns.bars[0].value, "1 film");
        assert_eq!(columns.places, [0, 270, 540, 810]);
        assert!(columns.bars.iter().all(|b| b.at + b.length == 200));
        let ticks: Vec<_> = columns.years.iter().map(|t| (t.name.as_str(), t.at)).collect();
        assert_eq!(ticks, [("2000", 675)]);
        assert_eq!(super::columns(&[]), None);
    }
}
