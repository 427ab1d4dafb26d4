//! Page numbers: the first, the last, those around the current one, and an ellipsis where numbers are left out.

use quintet::prelude::*;

/// A place in the row of page numbers.
#[data]
#[derive(PartialEq)]
pub struct Step {
    /// The page, or `None` for an ellipsis.
    pub number: Option<u64>,
    /// Whether this is the page that is shown.
    pub current: bool,
    /// The address of the page; empty for an ellipsis.
    pub href: String,
}

/// The row of page numbers below a list.
#[data]
#[derive(PartialEq)]
pub struct Pager {
    /// Which page is shown; the first is 1.
    pub page: u64,
    /// How many pages there are.
    pub pages: u64,
    /// The numbers, with ellipses; empty if there is only one page.
    pub steps: Vec<Step>,
    /// The address of the page before, if there is one.
    pub previous: Option<String>,
    /// The address of the page after, if there is one.
    pub next: Option<String>,
}

/// How many pages `count` rows take. An empty list has one empty page.
#[must_use]
pub fn pages(count: u64, per_page: u64) -> u64 {
    count.div_ceil(per_page.max(1)).max(1)
}

/// The row of numbers for `page` of `pages`; `href` makes the address of a page.
#[must_use]
pub fn pager(page: u64, pages: u64, href: impl Fn(u64) -> String) -> Pager {
    let near = |n: u64| {
        n == 1
            || n == pages
            || n.abs_diff(page) <= 1
            || (page <= 3 && n <= 4)
            || (page + 2 >= pages && n + 3 >= pages)
    };
    let mut steps: Vec<Step> = Vec::new();
    let mut last = 0;
    // At most nine numbers are near; the others are skipped without walking through thousands of them.
    let candidates = [
        1,
        2,
        3,
        4,
        page.saturating_sub(1),
        page,
        page + 1,
        pages.saturating_sub(3),
        pages.saturating_sub(2),
        pages.saturating_sub(1),
        pages,
    ];
    let mut numbers: Vec<u64> =
        candidates.into_iter().filter(|n| (1..=pages).contains(n) && near(*n)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    for n in numbers {
        // An ellipsis for a single number would take the number's place.
        if n == last + 2 {
            steps.push(Step { number: Some(n - 1), current: false, href: href(n - 1) });
        } else if n > last + 2 {
            steps.push(Step { number: None, current: false, href: String::new() });
        }
        steps.push(Step { number: Some(n), current: n == page, href: href(n) });
        last = n;
    }
    if pages == 1 {
        steps.clear();
    }
    let previous = (page > 1).then(|| href(page - 1));
    Pager { page, pages, steps, previous, next: (page < pages).then(|| href(page + 1)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(page: u64, pages: u64) -> String {
        let step = |s: &Step| match s.number {
            Some(n) if s.current => format!("[{n}]"),
            Some(n) => n.to_string(),
            None => "…".into(),
        };
        pager(page, pages, |n| format!("?page={n}")).steps.iter().map(step).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_row_shows_both_ends_and_the_neighbourhood() {
        for (page, pages, expected) in [
            (1, 1, ""),
            (1, 2, "[1] 2"),
            (1, 5, "[1] 2 3 4 5"),
            (1, 178, "[1] 2 3 4 … 178"),
            (4, 178, "1 2 3 [4] 5 … 178"),
            (5, 178, "1 … 4 [5] 6 … 178"),
            (90, 178, "1 … 89 [90] 91 … 178"),
            (178, 178, "1 … 175 176 177 [178]"),
            (176, 178, "1 … 175 [176] 177 178"),
        ] {
            assert_eq!(row(page, pages), expected, "page {page} of {pages}");
        }
    }

    #[test]
    fn both_ways_end_at_the_ends() {
        let href = |n| format!("?page={n}");
        assert_eq!(pager(1, 3, href).previous, None);
        assert_eq!(pager(1, 3, href).next.as_deref(), Some("?page=2"));
        assert_eq!(pager(3, 3, href).next, None);
        assert_eq!([(0, 18), (18, 18), (19, 18), (3200, 18)].map(|(n, per)| pages(n, per)), [1, 1, 2, 178]);
    }
}
