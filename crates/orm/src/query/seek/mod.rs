//! Rows page by page after a key, instead of by number: what comes in between moves no row onto two pages, and the thousandth
//! page costs what the first does.
//!
//! An order is made whole by the key (`term`); the values of a page's first and last row go into cursors (`token`), read beside
//! the rows by a sink around the query's own (`ends`); a cursor that comes back is a condition again (`term`).
mod ends;
mod term;
mod token;

use std::panic::Location;

use quintet_core::{Error, Result, TemplateValue, Value, value::Map};

use self::{ends::Ends, term::Term};
use super::QuerySet;
use crate::{
    db::at_home,
    decode::sink::{Joined, rows_of, rows_sink_with},
    dynamic::order_by_key,
    executor::Executor,
    model::Model,
    query::prefetch::Asked,
    sql::{self, Ask},
};

/// Where a stretch of rows is: [`QuerySet::page_from`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Seek<'a> {
    /// From the first row on.
    #[default]
    Start,
    /// After the row of this cursor.
    After(&'a str),
    /// Before the row of this cursor: the rows next to it, in the same order.
    Before(&'a str),
}

impl<'a> Seek<'a> {
    /// What an address asks for with `?after=` and `?before=`. Empty ones ask for nothing.
    ///
    /// # Errors
    /// Of status 400 if there are both.
    pub fn of(after: Option<&'a str>, before: Option<&'a str>) -> Result<Self> {
        let said = |text: Option<&'a str>| text.map(str::trim).filter(|text| !text.is_empty());
        match (said(after), said(before)) {
            (None, None) => Ok(Seek::Start),
            (Some(cursor), None) => Ok(Seek::After(cursor)),
            (None, Some(cursor)) => Ok(Seek::Before(cursor)),
            (Some(_), Some(_)) => {
                Err(Error::bad_request("rows are `after` a cursor or `before` one, not both"))
            }
        }
    }
}

/// Rows that stand next to each other in a query's order, and the cursors that lead on.
///
/// In templates and JSON it has `items`, `next` and `previous`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch<T> {
    /// The rows.
    pub items: Vec<T>,
    /// The cursor for [`Seek::After`], if more rows follow.
    pub next: Option<String>,
    /// The cursor for [`Seek::Before`], if rows come before.
    pub previous: Option<String>,
}

impl<T> Stretch<T> {
    /// The same stretch of other items.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Stretch<U> {
        let Stretch { items, next, previous } = self;
        Stretch { items: items.into_iter().map(change).collect(), next, previous }
    }
}

impl<T> IntoIterator for Stretch<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Stretch<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

impl<T: TemplateValue> TemplateValue for Stretch<T> {
    fn to_value(&self) -> Value {
        let map: Map = vec![
            ("items".into(), self.items.to_value()),
            ("next".into(), self.next.to_value()),
            ("previous".into(), self.previous.to_value()),
        ];
        Value::Map(map)
    }
}

impl<T: serde::Serialize> serde::Serialize for Stretch<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut out = serializer.serialize_struct("Stretch", 3)?;
        out.serialize_field("items", &self.items)?;
        out.serialize_field("next", &self.next)?;
        out.serialize_field("previous", &self.previous)?;
        out.end()
    }
}

impl<M: Model, O: Send + 'static> QuerySet<M, O> {
    /// At most `most` rows from there on: one query, without a count.
    ///
    /// A cursor is a place in the query's order, and holds what the order goes by: `next` and `previous` of a [`Stretch`] are
    /// sent back as they are. Rows that the order says nothing about come in that of their keys, so that none is left out or
    /// comes twice, whatever is inserted or deleted meanwhile.
    ///
    /// ```no_run
    /// # use quintet_orm::prelude::*;
    /// # #[model(app = "docs")] pub struct Film { pub title: String, pub votes: i32 }
    /// # async fn show(after: Option<String>, db: &dyn Executor) -> Result {
    /// let films = Film.order_by(Film.votes.desc());
    /// let films = films.page_from(Seek::of(after.as_deref(), None)?, 20, db).await?;
    /// for film in &films {
    ///     println!("{}", film.title);
    /// }
    /// if let Some(cursor) = &films.next {
    ///     println!("more: ?after={cursor}");
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Of status 400 if the cursor is none of this order, or was changed on its way. Of status 500 if there is no such thing as
    /// the row after another (a query that is cut, distinct or put together of several), or no cursor can hold what the order
    /// goes by: secret columns, JSON, calls of functions by name. As [`all`](Self::all).
    #[track_caller]
    pub fn page_from(
        self,
        from: Seek<'_>,
        most: u64,
        db: &dyn Executor,
    ) -> impl Future<Output = Result<Stretch<O>>> + Send {
        let at = Location::caller();
        let prepared = self.sought(from, most.max(1)).map_err(|error| error.at(at));
        let forward = !matches!(from, Seek::Before(_));
        let follows = matches!(from, Seek::After(_));
        async move {
            let (query, terms) = prepared?;
            let most = usize::try_from(most.max(1)).unwrap_or(usize::MAX);
            let (mut items, ends) = query.with_ends(&terms, most, db, at).await?;
            let more = items.len() > most;
            items.truncate(most);
            let cursor = |values: &Option<Vec<Value>>| {
                values.as_ref().map(|values| token::write(&terms, values)).transpose()
            };
            let (first, last) = (cursor(&ends.first)?, cursor(&ends.last)?);
            Ok(if forward {
                Stretch { items, next: last.filter(|_| more), previous: first.filter(|_| follows) }
            } else {
                items.reverse();
                Stretch { items, next: first, previous: last.filter(|_| more) }
            })
        }
    }

    /// The query from there on, in the direction in which rows are read, with one row more than is asked for.
    fn sought(mut self, from: Seek<'_>, most: u64) -> Result<(Self, Vec<Term>)> {
        let select = &mut *self.select;
        if select.is_cut() {
            return Err(Error::internal(format!(
                "this query on {} is cut (by a limit, an offset, distinct or groups, a window or several queries): its rows have \
                 no place to go on from; use .page(..)",
                select.root.name
            )));
        }
        select.prepare();
        order_by_key(select);
        let root = select.root;
        let mut terms = select.order.iter().map(|by| Term::of(root, by)).collect::<Result<Vec<Term>>>()?;
        if let Seek::After(cursor) | Seek::Before(cursor) = from {
            let values = token::read(&terms, cursor)?;
            if matches!(from, Seek::Before(_)) {
                terms.iter_mut().for_each(Term::turn);
                select.order = terms.iter().map(Term::by).collect();
            }
            select.filter.extend(term::beyond(&terms, values));
            // Cursors say the order as it is, whatever the direction.
            if matches!(from, Seek::Before(_)) {
                terms.iter_mut().for_each(Term::turn);
            }
        }
        select.limit = Some(most.saturating_add(1));
        Ok((self, terms))
    }

    /// The rows, and what the order goes by of the first one and of the last one of `most`.
    async fn with_ends(
        mut self,
        terms: &[Term],
        most: usize,
        db: &dyn Executor,
        at: &'static Location<'static>,
    ) -> Result<(Vec<O>, Ends)> {
        if super::is_empty(&self.select) {
            return Ok((Vec::new(), Ends::default()));
        }
        for join in self.loads.iter().flat_map(|loads| &loads.joins) {
            join.columns(&mut self.select.columns);
        }
        let tail = self.select.columns.len();
        self.select.columns.extend(terms.iter().map(|term| term.node.clone()));
        let asked = db;
        at_home!(db, &*self.select, at);
        let asked = if self.select.database.is_some() { db } else { asked };
        let (stmt, scales) =
            sql::select(&self.select, Ask::Rows, db.dialect()).map_err(|error| error.at(at))?;
        let ends = |inner| Ends::around(inner, terms, tail, most, scales.clone());
        if let Some(parts) = self.parts.filter(|parts| !parts.is_empty()) {
            let inner = crate::shape::sink(scales.clone(), self.decode, parts.clone());
            let (sink, ends) = ends(inner).fetch(db, stmt.at(at)).await?;
            return Ok((crate::shape::rows_of(sink, &parts, asked, at).await?, ends));
        }
        let (joined, prefetches, carrier) = match self.loads {
            None => (None, Vec::new(), None),
            Some(loads) => {
                let joined = Joined { carrier: loads.carrier, joins: loads.joins };
                (Some(joined), loads.prefetches, Some(loads.carrier))
            }
        };
        let inner = rows_sink_with(scales.clone(), self.decode, joined);
        let (sink, ends) = ends(inner).fetch(db, stmt.at(at)).await?;
        let mut rows = rows_of::<O>(sink)?;
        if let Some(carrier) = carrier
            && !rows.is_empty()
        {
            for prefetch in prefetches {
                prefetch.load(Asked { db: asked, at }, rows.iter_mut().map(carrier).collect()).await?;
            }
        }
        Ok((rows, ends))
    }
}
