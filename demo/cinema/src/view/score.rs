//! The chord of a film: five strokes on five lines, one each for viewers, critics, gross, budget and votes.

use quintet::prelude::*;

/// One stroke, in units of the drawing (200 wide, 125 high).
#[data]
#[derive(Clone, Copy, PartialEq)]
pub struct Stroke {
    /// Start of the stroke.
    pub x: i32,
    /// Top of the stroke.
    pub y: i32,
    /// From 6, a dot for a figure that is not known, to 100.
    pub height: i32,
}

/// A film's drawing.
#[data]
#[derive(PartialEq)]
pub struct Score {
    /// The colour, `g0` to `g5` in the sheet: films of a kind look alike.
    pub tone: String,
    /// Viewers, critics, gross, budget, votes.
    pub strokes: Vec<Stroke>,
}

/// What the strokes stand for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Figures {
    /// 1 to 10.
    pub viewers: Option<f64>,
    /// 0 to 100.
    pub critics: Option<i32>,
    /// US dollars.
    pub gross: Option<i64>,
    /// US dollars.
    pub budget: Option<i64>,
    /// How many viewers rated the film.
    pub votes: Option<i32>,
}

/// Draws the figures of a film of this genre (its slug).
#[must_use]
pub fn score(figures: Figures, genre: Option<&str>) -> Score {
    // Money and votes range over orders of magnitude, so a stroke grows with the number of digits.
    let digits = |n: f64, from: f64, to: f64| (n.max(1.0).log10() - from) / (to - from);
    let shares = [
        figures.viewers.map(|n| (n - 4.0) / 5.2),
        figures.critics.map(|n| f64::from(n) / 100.0),
        figures.gross.filter(|n| *n > 0).map(|n| digits(n as f64, 5.0, 9.3)),
        figures.budget.map(|n| digits(n as f64, 5.0, 8.5)),
        figures.votes.map(|n| digits(f64::from(n), 2.0, 5.7)),
    ];
    let strokes = (0..).zip(shares).map(|(i, share)| {
        // An even number keeps the middle of the stroke on the middle line.
        let height = share.map_or(6, |share| 12 + 2 * (share.clamp(0.0, 1.0) * 44.0).round() as i32);
        Stroke { x: 41 + 28 * i, y: 62 - height / 2, height }
    });
    Score { tone: tone(genre).to_owned(), strokes: strokes.collect() }
}

fn tone(genre: Option<&str>) -> &'static str {
    match genre {
        Some("drama") => "g1",
        Some("comedy" | "romantic-comedy" | "black-comedy") => "g2",
        Some("adventure" | "western" | "documentary") => "g3",
        Some("action" | "thriller-suspense" | "horror") => "g4",
        Some(_) => "g5",
        None => "g0",
    }
}

/// The class that draws a rating out of ten as five strokes: `v9` for 8.9.
#[must_use]
pub fn five(rating: f64) -> String {
    format!("v{}", (rating.round() as i64).clamp(1, 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heights(figures: Figures) -> Vec<i32> {
        score(figures, None).strokes.iter().map(|s| s.height).collect()
    }

    #[test]
    fn what_is_not_known_is_a_dot_and_more_is_taller() {
        assert_eq!(heights(Figures::default()), [6; 5]);
        let small = Figures {
            viewers: Some(5.0),
            critics: Some(20),
            gross: Some(200_000),
            budget: Some(1_000_000),
            votes: Some(300),
        };
        let tall = Figures {
            viewers: Some(8.9),
            critics: Some(93),
            gross: Some(1_022_345_358),
            budget: Some(185_000_000),
            votes: Some(465_000),
        };
        for (low, high) in heights(small).into_iter().zip(heights(tall)) {
            assert!((12..=100).contains(&low) && low + 30 < high && high <= 100, "{low} {high}");
        }
        assert_eq!(
            heights(Figures { gross: Some(0), ..Figures::default() })[2],
            6,
            "0 is no figure in the source"
        );
    }

    #[test]
    fn strokes_stay_on_the_drawing_and_around_its_middle_line() {
        let most = Figures {
            viewers: Some(10.0),
            critics: Some(100),
            gross: Some(i64::MAX),
            budget: Some(i64::MAX),
            votes: Some(i32::MAX),
        };
        for s in score(most, Some("drama")).strokes {
            assert_eq!(s.y + s.height / 2, 62);
            assert!(s.y >= 12 && s.y + s.height <= 112, "{s:?}");
        }
    }

    #[test]
    fn kinds_have_tones_and_ratings_have_classes() {
        let tone = |genre| score(Figures::default(), genre).tone;
        assert_eq!(
            (tone(Some("drama")), tone(Some("musical")), tone(None)),
            ("g1".into(), "g5".into(), "g0".into())
        );
        assert_eq!([8.9, 1.4, 9.6, 0.2].map(five), ["v9", "v1", "v10", "v1"]);
    }
}
