//! Typed columns as names: `(Film.title, Film.director.name)` is `["title", "director__name"]`.

use quintet_core::meta::ModelMeta;

use super::Col;
use crate::{model::Model, path::Path};

/// Columns of queries on `M`, for what works by name: a column, a foreign key, a to-many relation, or a tuple of them.
///
/// ```
/// # use quintet_orm::{expr::ColumnNames, prelude::*};
/// # #[model(app = "docs")] pub struct Director { pub name: String }
/// # #[model(app = "docs")] pub struct Film { pub title: String, pub director: ForeignKey<Director> }
/// assert_eq!((Film.title, Film.director.name, Film.director).names(), ["title", "director__name", "director"]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no column of `{M}`",
    label = "expected a column of `{M}`, one reached from it over foreign keys, or a tuple of them"
)]
pub trait ColumnNames<M> {
    /// Their names, as access by name has them.
    fn names(self) -> Vec<String>;
}

impl<P: Path, T> ColumnNames<P::Root> for Col<P, T> {
    fn names(self) -> Vec<String> {
        vec![name::<P>(self.index)]
    }
}

/// The name of the field at this index, at the end of the path.
pub(crate) fn name<P: Path>(index: u16) -> String {
    join(P::Root::meta(), P::KEY.steps(), index)
}

/// Not generic: the walk over the metadata is compiled once.
fn join(root: &'static ModelMeta, steps: &[u16], index: u16) -> String {
    let (mut model, mut parts) = (Some(root), Vec::new());
    for step in steps.iter().chain([&index]) {
        let field = model.and_then(|model| model.field_at(*step));
        parts.extend(field.map(|field| field.name));
        model = field.and_then(|field| field.relation.target());
    }
    parts.join("__")
}

macro_rules! tuples {
    ($($($n:ident)+;)*) => {$(
        impl<M, $($n: ColumnNames<M>),+> ColumnNames<M> for ($($n,)+) {
            #[allow(non_snake_case)]
            fn names(self) -> Vec<String> {
                let ($($n,)+) = self;
                let mut all = Vec::new();
                $(all.extend($n.names());)+
                all
            }
        }
    )*};
}
tuples! {
    A; A B; A B C; A B C D; A B C D E; A B C D E F; A B C D E F G; A B C D E F G H; A B C D E F G H I; A B C D E F G H I J;
    A B C D E F G H I J K; A B C D E F G H I J K L;
}
