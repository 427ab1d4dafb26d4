//! How many statements a piece of work takes, and which of them are the same again.

use std::panic::Location;

use quintet_orm::{QueryRecord, Recording};

use crate::TestSite;

/// Statements of one text that were asked for at one place.
struct Shape<'a> {
    first: &'a QueryRecord,
    times: usize,
}

/// The statements by text and place, in the order of their first runs.
fn shapes(queries: &[QueryRecord]) -> Vec<Shape<'_>> {
    let mut shapes: Vec<Shape<'_>> = Vec::new();
    for query in queries {
        let same = |shape: &&mut Shape<'_>| shape.first.sql == query.sql && shape.first.at == query.at;
        match shapes.iter_mut().find(same) {
            Some(shape) => shape.times += 1,
            None => shapes.push(Shape { first: query, times: 1 }),
        }
    }
    shapes
}

/// A line for each shape, those that came most often first.
fn plan(queries: &[QueryRecord]) -> String {
    let mut shapes = shapes(queries);
    shapes.sort_by_key(|shape| std::cmp::Reverse(shape.times));
    let line = |shape: &Shape<'_>| {
        let times = if shape.times > 1 { format!("{} times ", shape.times) } else { String::new() };
        let at = shape.first.at.map(|at| format!(" [{at}]")).unwrap_or_default();
        let on = match &*shape.first.database {
            "default" => String::new(),
            name => format!("on {name}: "),
        };
        format!("  {times}{on}{}{at}", shape.first.sql)
    };
    shapes.iter().map(line).collect::<Vec<_>>().join("\n")
}

impl TestSite {
    /// Runs `work` and asserts that it takes exactly `expected` statements on the site's databases, of all taken together. A failure
    /// lists them, with their places, the most repeated first.
    #[track_caller]
    pub fn queries<T, F: AsyncFnOnce() -> T>(&self, expected: usize, work: F) -> impl Future<Output = T> {
        self.counted(work, move |count| match count == expected {
            true => None,
            false => Some(format!("expected {expected} queries, got {count}")),
        })
    }

    /// Runs `work` and asserts that it takes no more than `most` statements on the site's database.
    #[track_caller]
    pub fn queries_at_most<T, F: AsyncFnOnce() -> T>(&self, most: usize, work: F) -> impl Future<Output = T> {
        self.counted(work, move |count| match count <= most {
            true => None,
            false => Some(format!("expected at most {most} queries, got {count}")),
        })
    }

    /// Runs `work` and asserts that no statement runs twice from the same line of the program: that there is no query for
    /// each of many rows, whatever their number. A failure lists the repeated ones with their places.
    ///
    /// A line that asks for two different statements is fine, and so are two lines that ask for the same.
    #[track_caller]
    pub fn no_repeats<T, F: AsyncFnOnce() -> T>(&self, work: F) -> impl Future<Output = T> {
        let (asked, recording) = (Location::caller(), self.db.record_all());
        async move {
            let result = work().await;
            let queries = recording.queries();
            let repeated = |query: &&QueryRecord| {
                let same = |other: &&QueryRecord| other.sql == query.sql && other.at == query.at;
                queries.iter().filter(same).count() > 1
            };
            let repeated: Vec<QueryRecord> = queries.iter().filter(repeated).cloned().collect();
            if !repeated.is_empty() {
                panic!(
                    "{asked}: the same statement ran again from the same place (load the rows together: select_related, \
                     prefetch_related, is_in, bulk_create):\n{}",
                    plan(&repeated)
                );
            }
            result
        }
    }

    #[track_caller]
    fn counted<T, F: AsyncFnOnce() -> T>(
        &self,
        work: F,
        wrong: impl FnOnce(usize) -> Option<String>,
    ) -> impl Future<Output = T> {
        let asked = Location::caller();
        let recording: Recording = self.db.record_all();
        async move {
            let result = work().await;
            let queries = recording.queries();
            if let Some(why) = wrong(queries.len()) {
                panic!("{asked}: {why}:\n{}", plan(&queries));
            }
            result
        }
    }
}
