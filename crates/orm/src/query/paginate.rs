//! Rows page by page: a count, and the rows of one page.

use std::panic::Location;

use quintet_core::{Error, Result, TemplateValue, Value, value::Map};

use super::{QuerySet, run::order_by_key};
use crate::{executor::Executor, model::Model};

/// One page of a query's rows.
///
/// In templates and JSON it has `items`, `number`, `pages`, `total`, `has_next` and `has_previous`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageOf<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// Which page this is; the first is 1.
    pub number: u64,
    /// How many pages there are; 1 if there are no rows.
    pub pages: u64,
    /// How many rows there are on all pages.
    pub total: u64,
}

impl<T> PageOf<T> {
    /// Is there a page after this one?
    #[must_use]
    pub fn has_next(&self) -> bool {
        self.number < self.pages
    }

    /// Is there a page before this one?
    #[must_use]
    pub fn has_previous(&self) -> bool {
        self.number > 1
    }

    /// The same page of other items.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> PageOf<U> {
        let PageOf { items, number, pages, total } = self;
        PageOf { items: items.into_iter().map(change).collect(), number, pages, total }
    }
}

impl<T> IntoIterator for PageOf<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a PageOf<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

impl<T: TemplateValue> TemplateValue for PageOf<T> {
    fn to_value(&self) -> Value {
        let map: Map = vec![
            ("items".into(), self.items.to_value()),
            ("number".into(), self.number.to_value()),
            ("pages".into(), self.pages.to_value()),
            ("total".into(), self.total.to_value()),
            ("has_next".into(), self.has_next().to_value()),
            ("has_previous".into(), self.has_previous().to_value()),
        ];
        Value::Map(map)
    }
}

impl<T: serde::Serialize> serde::Serialize for PageOf<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut out = serializer.serialize_struct("PageOf", 6)?;
        out.serialize_field("items", &self.items)?;
        out.serialize_field("number", &self.number)?;
        out.serialize_field("pages", &self.pages)?;
        out.serialize_field("total", &self.total)?;
        out.serialize_field("has_next", &self.has_next())?;
        out.serialize_field("has_previous", &self.has_previous())?;
        out.end()
    }
}

/// Where a page begins and how long it is.
struct Window {
    number: u64,
    pages: u64,
    skip: u64,
    take: u64,
}

impl Window {
    /// The page `number` of `total` rows, `per` on each; page 0 is the first.
    ///
    /// # Errors
    /// Status 404 if there is no such page. The first one is always there.
    fn new(number: u64, per: u64, total: u64) -> Result<Self> {
        let (number, per) = (number.max(1), per.max(1));
        let pages = total.div_ceil(per).max(1);
        if number > pages {
            return Err(Error::not_found(format!("there is no page {number}, the last one is {pages}")));
        }
        let skip = (number - 1).saturating_mul(per);
        Ok(Window { number, pages, skip, take: per.min(total.saturating_sub(skip)) })
    }
}

impl<M: Model, O: Send + 'static> QuerySet<M, O> {
    /// The page `number` (from 1) of the rows, with `per` rows on each: a count, and a query for the rows.
    ///
    /// Page 0 is the first. Rows without an order come in that of their keys, so that no row is on two pages.
    ///
    /// ```no_run
    /// # use quintet_orm::prelude::*;
    /// # #[model(app = "docs")] pub struct Film { pub title: String }
    /// # async fn show(db: &dyn Executor) -> Result {
    /// let films = Film.order_by(Film.title).page(2, 20, db).await?;
    /// println!("page {} of {}, {} films in all", films.number, films.pages, films.total);
    /// for film in &films {
    ///     println!("{}", film.title);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Of kind `NotFound` (404) if there is no such page; the first is always there. As [`all`](Self::all).
    #[track_caller]
    pub fn page(
        self,
        number: u64,
        per: u64,
        db: &dyn Executor,
    ) -> impl Future<Output = Result<PageOf<O>>> + Send {
        let at = Location::caller();
        self.page_at(number, per, db, at)
    }

    async fn page_at(
        mut self,
        number: u64,
        per: u64,
        db: &dyn Executor,
        at: &'static Location<'static>,
    ) -> Result<PageOf<O>> {
        order_by_key(&mut self.select);
        let total = super::run::count(self.select.clone(), db, at).await?;
        let Window { number, pages, skip, take } =
            Window::new(number, per, total).map_err(|error| error.at(at))?;
        if take > 0 {
            self.select.offset = Some(self.select.offset.unwrap_or_default().saturating_add(skip));
        }
        self.select.limit = Some(take);
        Ok(PageOf { items: self.rows(db, at).await?, number, pages, total })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cover_all_rows_once() {
        for (number, per, total, expected) in [
            (1, 10, 0, Some((1, 0, 0))),
            (0, 10, 25, Some((3, 0, 10))),
            (3, 10, 25, Some((3, 20, 5))),
            (4, 10, 25, None),
            (2, 10, 20, Some((2, 10, 10))),
            (3, 10, 20, None),
            (1, 0, 2, Some((2, 0, 1))),
            (u64::MAX, 10, 5, None),
        ] {
            let window = Window::new(number, per, total).ok().map(|w| (w.pages, w.skip, w.take));
            assert_eq!(window, expected, "page {number} of {total} by {per}");
        }
    }
}
