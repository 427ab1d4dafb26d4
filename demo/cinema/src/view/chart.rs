//! Viewers against critics over the films of a director, as coordinates for the drawing in `director.html`.

use quintet::prelude::*;

/// Width of the drawing without the scale at its end.
const WIDTH: f64 = 1080.0;
/// The line of the lowest rating, and what one point of rating takes.
const FLOOR: f64 = 250.0;

/// One film's place in the chart.
#[data]
#[derive(PartialEq)]
pub struct Dot {
    /// Where the film stands in time.
    pub x: i32,
    /// Where its rating stands.
    pub y: i32,
    /// What it says under the pointer: `Fargo: viewers 8.3`.
    pub says: String,
}

/// A film's name in the chart, set where it covers no other.
#[data]
#[derive(PartialEq)]
pub struct Label {
    /// The middle, start or end of the text, see `anchor`.
    pub x: i32,
    /// The text's base line.
    pub y: i32,
    /// `start`, `middle` or `end`.
    pub anchor: String,
    /// The title.
    pub text: String,
}

/// A line of the grid, or a year below it.
#[data]
#[derive(PartialEq)]
pub struct Tick {
    /// Along the axis it belongs to.
    pub at: i32,
    /// What it says.
    pub text: String,
}

/// The whole drawing.
#[data]
#[derive(PartialEq)]
pub struct Chart {
    /// Viewers' ratings as the points of a path: `75 117 195 67`.
    pub viewers_line: String,
    /// Critics' ratings, a tenth of the percentage, likewise.
    pub critics_line: String,
    /// Viewers' ratings.
    pub viewers: Vec<Dot>,
    /// Critics' ratings.
    pub critics: Vec<Dot>,
    /// Names.
    pub labels: Vec<Label>,
    /// Ratings beside the grid's lines.
    pub ratings: Vec<Tick>,
    /// Years below.
    pub years: Vec<Tick>,
    /// The finding in words, for those who do not see the drawing.
    pub title: String,
}

/// What the chart needs to know of a film.
#[derive(Debug, Clone)]
pub struct Point {
    /// The film's title.
    pub title: String,
    /// The day of release as a year with a fraction: 12 June 1998 is 1998.4.
    pub when: f64,
    /// 1 to 10.
    pub viewers: Option<f64>,
    /// 0 to 100.
    pub critics: Option<i32>,
}

/// Draws the films, or `None` if there are too few ratings for a line to mean anything.
#[must_use]
pub fn chart(director: &str, points: &[Point]) -> Option<Chart> {
    let mut points: Vec<&Point> =
        points.iter().filter(|p| p.viewers.is_some() || p.critics.is_some()).collect();
    if points.iter().filter(|p| p.viewers.is_some()).count() < 3 {
        return None;
    }
    points.sort_by(|a, b| a.when.total_cmp(&b.when));
    let (first, last) = (points.first()?.when, points.last()?.when);
    let from = first.floor();
    let span = (last.ceil() - from).max(1.0);
    let tenth = |p: &Point| p.critics.map(|c| f64::from(c) / 10.0);
    let all = points.iter().flat_map(|p| [p.viewers, tenth(p)]).flatten();
    let (low, high) = all.fold((10.0_f64, 0.0_f64), |(low, high), n| (low.min(n), high.max(n)));
    let (low, high) = (low.floor().min(high.ceil() - 2.0), high.ceil());
    let x = |when: f64| (20.0 + (when - from) / span * (WIDTH - 60.0)).round() as i32;
    let y = |rating: f64| (FLOOR - (rating - low) / (high - low) * (FLOOR - 24.0)).round() as i32;

    let dots = |value: &dyn Fn(&Point) -> Option<f64>, says: &dyn Fn(&Point) -> String| -> Vec<Dot> {
        points.iter().filter_map(|p| Some(Dot { x: x(p.when), y: y(value(p)?), says: says(p) })).collect()
    };
    let viewers =
        dots(&|p| p.viewers, &|p| format!("{}: viewers {:.1}", p.title, p.viewers.unwrap_or_default()));
    let critics = dots(&tenth, &|p| format!("{}: critics {} %", p.title, p.critics.unwrap_or_default()));
    let line = |dots: &[Dot]| dots.iter().map(|d| format!("{} {}", d.x, d.y)).collect::<Vec<_>>().join(" ");
    let ratings =
        (low as i32..=high as i32).map(|n| Tick { at: y(f64::from(n)), text: n.to_string() }).collect();
    let step = [1, 2, 5, 10, 20].into_iter().find(|step| span as i32 / step <= 8).unwrap_or(50);
    let years = (from as i32..=(from + span) as i32).step_by(step as usize);
    let years = years.map(|year| Tick { at: x(f64::from(year)), text: year.to_string() }).collect();
    let title = format!(
        "Ratings of {} films by {director}, {} to {}. The same figures are in the table below.",
        points.len(),
        first as i32,
        last as i32
    );
    let labels = labels(&viewers, &critics);
    Some(Chart {
        viewers_line: line(&viewers),
        critics_line: line(&critics),
        viewers,
        critics,
        labels,
        ratings,
        years,
        title,
    })
}

/// Names for as many films as have room: beside, above or below their dot, where they meet no dot and no other name.
fn labels(viewers: &[Dot], critics: &[Dot]) -> Vec<Label> {
    /// Left, top, right, bottom.
    type Area = (i32, i32, i32, i32);
    let meets = |a: Area, b: Area| a.0 < b.2 && b.0 < a.2 && a.1 < b.3 && b.1 < a.3;
    let mut taken: Vec<Area> =
        viewers.iter().chain(critics).map(|d| (d.x - 6, d.y - 6, d.x + 6, d.y + 6)).collect();
    let mut labels = Vec::new();
    for dot in viewers {
        let Some((title, _)) = dot.says.rsplit_once(": viewers") else { continue };
        // The sheet sets names at 12.5 px; 7 is the width of a generous letter.
        let width = 7 * i32::try_from(title.chars().count()).unwrap_or(i32::MAX / 8);
        let places: [(&str, i32, i32, i32); 4] = [
            ("middle", dot.x, dot.y - 12, dot.x - width / 2),
            ("middle", dot.x, dot.y + 22, dot.x - width / 2),
            ("start", dot.x + 11, dot.y + 4, dot.x + 11),
            ("end", dot.x - 11, dot.y + 4, dot.x - 11 - width),
        ];
        for (anchor, x, y, start) in places {
            let area = (start, y - 12, start + width, y + 4);
            let inside =
                area.0 >= 0 && f64::from(area.2) <= WIDTH && area.1 >= -4 && f64::from(area.3) <= FLOOR + 2.0;
            if inside && !taken.iter().any(|other| meets(area, *other)) {
                taken.push(area);
                labels.push(Label { x, y, anchor: anchor.to_owned(), text: title.to_owned() });
                break;
            }
        }
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coen() -> Vec<Point> {
        [
            ("Fargo", 1996.2, 8.3, 94),
            ("The Ladykillers", 2004.2, 6.2, 54),
            ("No Country for Old Men", 2007.8, 8.3, 95),
        ]
        .into_iter()
        .map(|(t, when, v, c)| Point { title: t.into(), when, viewers: Some(v), critics: Some(c) })
        .collect()
    }

    #[test]
    fn films_stand_in_time_and_better_is_higher() {
        let chart = chart("Joel Coen", &coen()).unwrap();
        let [fargo, ladykillers, country] = chart.viewers.as_slice() else { panic!("{chart:?}") };
        assert!(fargo.x < ladykillers.x && ladykillers.x < country.x);
        assert!(fargo.y < ladykillers.y && fargo.y == country.y);
        assert_eq!(
            chart.viewers_line,
            format!(
                "{} {} {} {} {} {}",
                fargo.x, fargo.y, ladykillers.x, ladykillers.y, country.x, country.y
            )
        );
        assert_eq!(fargo.says, "Fargo: viewers 8.3");
        assert_eq!(
            chart.title,
            "Ratings of 3 films by Joel Coen, 1996 to 2007. The same figures are in the table below."
        );
        let years: Vec<_> = chart.years.iter().map(|t| t.text.as_str()).collect();
        assert_eq!(years, ["1996", "1998", "2000", "2002", "2004", "2006", "2008"]);
        for dot in chart.viewers.iter().chain(&chart.critics) {
            assert!((0..=1080).contains(&dot.x) && (0..=250).contains(&dot.y), "{dot:?}");
        }
    }

    #[test]
    fn names_never_cover_each_other() {
        let crowd: Vec<Point> = (0..20)
            .map(|i| Point {
                title: format!("A rather long title {i}"),
                when: 2000.0 + f64::from(i) / 20.0,
                viewers: Some(7.0),
                critics: None,
            })
            .collect();
        let labels = chart("Anyone", &crowd).unwrap().labels;
        assert!(!labels.is_empty() && labels.len() < 20, "{}", labels.len());
        let mut spans: Vec<_> = labels.iter().map(|l| (l.y, l.x)).collect();
        spans.sort_unstable();
        spans.dedup();
        assert_eq!(spans.len(), labels.len());
    }

    #[test]
    fn two_ratings_are_no_chart_and_one_year_is_one() {
        assert_eq!(chart("Anyone", &coen()[..2]), None);
        let same: Vec<Point> = coen().into_iter().map(|p| Point { when: 2000.0, ..p }).collect();
        assert!(chart("Anyone", &same).is_some());
    }
}
