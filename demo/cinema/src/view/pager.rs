//! The ways on from a stretch of films: before it, after it, and which of how many it is.

use quintet::prelude::*;

/// The row of links below a list.
#[data]
#[derive(PartialEq)]
pub struct Pager {
    /// Which stretch of the list is shown; the first is 1.
    pub page: u64,
    /// How many there are, as long as nothing is added.
    pub pages: u64,
    /// The first one's address, where that is another.
    pub first: Option<String>,
    /// The address of the one before, if there is one.
    pub previous: Option<String>,
    /// The address of the one after, if there is one.
    pub next: Option<String>,
}

/// A place in a list, as addresses have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// From the first film on.
    First,
    /// After the film of this cursor, as stretch number so and so.
    After(&'a str, u64),
    /// Before the film of this cursor.
    Before(&'a str, u64),
}

/// How many stretches `count` rows are. An empty list is one.
#[must_use]
pub fn pages(count: u64, per_page: u64) -> u64 {
    count.div_ceil(per_page.max(1)).max(1)
}

/// The links of stretch number `page` of `pages`, whose neighbours begin at these cursors; `href` makes an address.
///
/// The number comes from the address, which anybody writes: it is shown and decides nothing.
#[must_use]
pub fn pager<T>(page: u64, pages: u64, found: &Stretch<T>, href: impl Fn(Place<'_>) -> String) -> Pager {
    // What has nothing before it is the first, whatever its address says.
    let page = if found.previous.is_none() { 1 } else { page.clamp(2, pages.max(2)) };
    let previous = found.previous.as_deref().map(|cursor| href(Place::Before(cursor, page - 1)));
    let next = found.next.as_deref().map(|cursor| href(Place::After(cursor, page + 1)));
    let first = previous.is_some().then(|| href(Place::First));
    Pager { page, pages: pages.max(page), first, previous, next }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(previous: Option<&str>, next: Option<&str>) -> Stretch<()> {
        Stretch { items: Vec::new(), next: next.map(str::to_owned), previous: previous.map(str::to_owned) }
    }

    fn href(place: Place<'_>) -> String {
        format!("{place:?}")
    }

    #[test]
    fn both_ways_end_at_the_ends() {
        let first = pager(1, 3, &stretch(None, Some("b")), href);
        assert_eq!((first.first, first.previous), (None, None));
        assert_eq!(first.next.as_deref(), Some("After(\"b\", 2)"));
        let middle = pager(2, 3, &stretch(Some("b"), Some("c")), href);
        assert_eq!(middle.previous.as_deref(), Some("Before(\"b\", 1)"));
        assert_eq!((middle.first.as_deref(), middle.page), (Some("First"), 2));
        assert_eq!(pager(3, 3, &stretch(Some("c"), None), href).next, None);
        assert_eq!([(0, 18), (18, 18), (19, 18), (3200, 18)].map(|(n, per)| pages(n, per)), [1, 1, 2, 178]);
    }

    #[test]
    fn a_number_that_can_not_be_is_mended() {
        assert_eq!(pager(7, 3, &stretch(None, Some("b")), href).page, 1);
        assert_eq!(pager(99, 3, &stretch(Some("b"), None), href).page, 3);
        assert_eq!(pager(1, 1, &stretch(Some("b"), None), href).page, 2);
    }
}
