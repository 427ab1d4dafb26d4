//! Rows for tests, made by recipes.
//!
//! [`factory!`](crate::factory!) writes a function that gives a [`Factory`]: what a row has where a test says nothing, from a
//! number that counts up ([`Nth`]). A test says the rest by typed assignments, and the factory makes the rows that the new
//! one points to. Why it looks as it does stands in `docs/decisions/0021-test-kit-and-fixtures.md`.
mod macros;
mod make;
mod nth;
#[doc(hidden)]
pub mod rt;

use std::{fmt, marker::PhantomData, sync::Arc};

pub use make::{LeadsTo, LeadsToMany};
use make::{Make, maker};
pub use nth::Nth;
pub(crate) use nth::numbered;
use quintet_core::{BoxFuture, Result, Value};
use quintet_orm::{
    Draft, Executor, Model, Table,
    expr::{AssignValue, IntoAssigns, RawAssign},
    model::Key as _,
};

/// A recipe for rows of `M`. [`factory!`](crate::factory!) makes it.
///
/// Of two calls that say something of the same field the later one holds.
#[must_use = "a factory makes nothing until `.create(&db).await?`"]
pub struct Factory<M> {
    name: &'static str,
    declare: fn(&Nth) -> Vec<RawAssign>,
    sets: Vec<RawAssign>,
    related: Vec<Related>,
    children: Vec<Child>,
    marker: PhantomData<fn() -> M>,
}

/// Rows that are made before, for the new row to point to.
#[derive(Clone)]
struct Related {
    field: u16,
    /// How many, of a many-to-many.
    count: Option<usize>,
    make: Make,
}

/// Rows that are made afterwards and point to the new one.
#[derive(Clone)]
struct Child {
    count: usize,
    /// Given the key of the new row.
    make: Arc<dyn Fn(Value) -> Make + Send + Sync>,
}

impl<M: Model> Factory<M> {
    #[doc(hidden)]
    pub fn new(name: &'static str, declare: fn(&Nth) -> Vec<RawAssign>) -> Self {
        let (sets, related, children) = (Vec::new(), Vec::new(), Vec::new());
        Factory { name, declare, sets, related, children, marker: PhantomData }
    }

    /// With these values: `film().with(Film.title.set("Alien"))`, or a tuple of such.
    pub fn with(mut self, assigns: impl IntoAssigns<M>) -> Self {
        let mut sets = Vec::new();
        assigns.assigns(&mut sets);
        for set in &sets {
            self.forget(set.field);
        }
        self.sets.extend(sets);
        self
    }

    /// Has a row of that factory made for each new row to point to:
    /// `film().related(Film.director, director().with(Director.name.set("Ridley Scott")))`.
    pub fn related<C: LeadsTo<M>>(mut self, column: C, factory: Factory<C::To>) -> Self {
        let field = column.field();
        self.forget(field);
        self.related.push(Related { field, count: None, make: maker(factory) });
        self
    }

    /// Has `count` rows of that factory made for each new row's many-to-many: `film().linked(Film.tags, 2, tag())`.
    pub fn linked<C: LeadsToMany<M>>(mut self, field: C, count: usize, factory: Factory<C::To>) -> Self {
        let field = field.field();
        self.forget(field);
        self.related.push(Related { field, count: Some(count), make: maker(factory) });
        self
    }

    /// Has `count` rows of that factory made after each new row, which point to it by `column`:
    /// `film().having(3, Review.film, review())`.
    pub fn having<T: Model, C: LeadsTo<T, To = M>>(
        mut self,
        count: usize,
        column: C,
        factory: Factory<T>,
    ) -> Self {
        let (mut factory, field) = (factory, column.field());
        factory.forget(field);
        let make = Arc::new(move |key| {
            let mut factory = factory.clone();
            factory.sets.push(make::assign(field, key));
            maker(factory)
        });
        self.children.push(Child { count, make });
        self
    }

    /// Whatever was said of this field is over.
    fn forget(&mut self, field: u16) {
        self.sets.retain(|set| set.field != field);
        self.related.retain(|related| related.field != field);
    }

    /// The next row, not yet inserted. The rows that it would point to are not made: say them by [`with`](Self::with), or
    /// have them made by [`create`](Self::create).
    pub fn build(&self) -> Draft<M> {
        self.draft(Vec::new())
    }

    fn draft(&self, made: Vec<RawAssign>) -> Draft<M> {
        let mut sets = (self.declare)(&Nth::next(self.name));
        let said = |set: &RawAssign| self.sets.iter().chain(&made).any(|other| other.field == set.field);
        sets.retain(|set| !said(set));
        sets.extend(made);
        sets.extend(self.sets.iter().cloned());
        Draft::of(sets)
    }

    /// The next row with all that it points to and that points to it.
    ///
    /// # Errors
    /// As [`Draft::insert`].
    pub fn create<'a>(&self, db: &'a dyn Executor) -> BoxFuture<'a, Result<M>>
    where
        M: 'a,
    {
        let factory = self.clone();
        Box::pin(async move {
            let made = factory.made(db).await?;
            let row = factory.draft(made).insert(db).await?;
            factory.finish(&row, db).await?;
            Ok(row)
        })
    }

    /// The next `count` rows, each with all that it points to and that points to it. The rows themselves are inserted
    /// together.
    ///
    /// # Errors
    /// As [`Draft::insert`].
    pub fn create_many<'a>(&self, count: usize, db: &'a dyn Executor) -> BoxFuture<'a, Result<Vec<M>>>
    where
        M: 'a,
    {
        let factory = self.clone();
        Box::pin(async move {
            let mut drafts = Vec::with_capacity(count);
            for _ in 0..count {
                let made = factory.made(db).await?;
                drafts.push(factory.draft(made));
            }
            let rows = Table::<M>::new().bulk_create(drafts, db).await?;
            for row in &rows {
                factory.finish(row, db).await?;
            }
            Ok(rows)
        })
    }

    /// Makes the rows that a new one points to.
    async fn made(&self, db: &dyn Executor) -> Result<Vec<RawAssign>> {
        let mut made = Vec::with_capacity(self.related.len());
        for Related { field, count, make } in &self.related {
            let value = match count {
                None => make::value(make(db).await?),
                Some(count) => {
                    let mut keys = Vec::with_capacity(*count);
                    for _ in 0..*count {
                        keys.push(make(db).await?);
                    }
                    AssignValue::Many(keys)
                }
            };
            made.push(RawAssign { field: *field, value });
        }
        Ok(made)
    }

    /// Makes the rows that point to a new one.
    async fn finish(&self, row: &M, db: &dyn Executor) -> Result {
        for child in &self.children {
            let make = (child.make)(row.pk().to_key());
            for _ in 0..child.count {
                make(db).await?;
            }
        }
        Ok(())
    }
}

impl<M> Clone for Factory<M> {
    fn clone(&self) -> Self {
        Factory {
            name: self.name,
            declare: self.declare,
            sets: self.sets.clone(),
            related: self.related.clone(),
            children: self.children.clone(),
            marker: PhantomData,
        }
    }
}

impl<M> fmt::Debug for Factory<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Factory").field("name", &self.name).field("sets", &self.sets).finish_non_exhaustive()
    }
}
