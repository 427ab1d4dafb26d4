//! Shapes: structs that say by their type what a query loads.
//!
//! `#[derive(Shape)]` writes one call of a [`Plan`]'s method for each field. The plan becomes the query's columns
//! (nested to-one shapes are joins) and its [`Part`]s: a to-many field is one further query for all rows, which knows
//! its rows by their key, selected at the end of each row whether the struct has a field for it or not.
//! [`run`] reads the rows and hands them to the parts, level by level.
mod named;
mod nested;
mod part;
mod plan;
mod run;
mod source;

use quintet_core::Result;

pub use named::{Named, Wanted, wanted_by, wanted_fields};
pub use nested::{NestedMany, NestedOne, NestedOptional};
pub use part::Part;
pub(crate) use part::Parts;
pub use plan::{Plan, decode_optional};
pub(crate) use run::{Level, load, rows, rows_of, sink};
pub use source::ShapeField;

use crate::{decode::Cursor, model::Model};

/// A struct whose fields are what is loaded, no more and no less. `#[derive(Shape)]` implements it.
///
/// A field is a column of the model by its name, or one of:
/// - `#[shape(expr = Film.reviews.count())]`: any expression of a query on the model,
/// - `#[shape(nested)]` with another shape: the object of the foreign key of that name, joined;
///   `Option<..>` of a shape for an optional key, `Vec<..>` of a shape for a to-many relation, in one further query
///   for all rows,
/// - `#[shape(nested = Film.reviews.filter(..).order_by(..))]`: the same for a relation that is not named like the
///   field, is reached over foreign keys, or is narrowed and ordered.
///
/// For rows of SQL of your own see [`raw`](fn@crate::query::raw), also for shapes of no model: `#[shape(raw)]`.
///
/// A shape is a [`TemplateValue`](quintet_core::TemplateValue) and serializes with serde.
///
/// ```no_run
/// # use quintet_orm::prelude::*;
/// # #[model(app = "docs")] pub struct Director { pub name: String }
/// # #[model(app = "docs")] pub struct Film { pub title: String, pub director: ForeignKey<Director>, pub reviews: HasMany<Review> }
/// # #[model(app = "docs")] pub struct Review { pub film: ForeignKey<Film>, pub stars: i32 }
/// #[derive(Shape)]
/// #[shape(model = Director)]
/// struct DirectorName {
///     name: String,
/// }
///
/// #[derive(Shape)]
/// #[shape(model = Review)]
/// struct Stars {
///     stars: i32,
/// }
///
/// #[derive(Shape)]
/// #[shape(model = Film)]
/// struct FilmCard {
///     title: String,
///     #[shape(nested)]
///     director: DirectorName,
///     #[shape(nested = Film.reviews.order_by(Review.stars.desc()))]
///     reviews: Vec<Stars>,
///     #[shape(expr = Film.reviews.avg(Review.stars))]
///     rating: Option<f64>,
/// }
///
/// # async fn show(db: &dyn Executor) -> Result {
/// // Two queries, however many films there are.
/// let films: Vec<FilmCard> = Film.order_by(Film.title).shape().all(db).await?;
/// let film: FilmCard = Film.query().shape().get(7, db).await?;
/// # let _ = (films, film); Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no shape",
    label = "add #[derive(Shape)] and #[shape(model = ..)] to `{Self}`"
)]
pub trait Shape: Sized + Send + 'static {
    /// The model that it is a view of.
    type Model: Model;

    /// How many columns it has, without those of to-many fields.
    const WIDTH: usize;

    /// How many foreign keys its nested shapes follow in a row.
    const DEPTH: usize;

    /// What its fields are called in SQL of the developer's own.
    #[doc(hidden)]
    const NAMES: &'static [Named];

    /// Says what is loaded, field by field.
    fn plan(plan: &mut Plan<Self>);

    /// Reads its columns in the order of the plan; to-many fields are empty.
    ///
    /// # Errors
    /// If a column does not hold its field's type.
    fn decode(cursor: &mut Cursor<'_>) -> Result<Self>;
}
