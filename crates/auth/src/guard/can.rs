//! Guards by permission, and by what single rows say.

use std::sync::Arc;

use quintet_orm::{Model, Table, dynamic::DynSet, path::Path, relation::FkCol};

use super::{Guard, Rule, row::Row};
use crate::SiteUser;

fn can<M: Model>(what: &'static str, model: Table<M>) -> Guard {
    Guard(Arc::new(Rule::Can(what, model.meta())))
}

/// Who may add rows of the model.
#[must_use]
pub fn add<M: Model>(model: Table<M>) -> Guard {
    can("add", model)
}

/// Who may change them.
#[must_use]
pub fn change<M: Model>(model: Table<M>) -> Guard {
    can("change", model)
}

/// Who may delete them.
#[must_use]
pub fn delete<M: Model>(model: Table<M>) -> Guard {
    can("delete", model)
}

/// Who may see them.
#[must_use]
pub fn view<M: Model>(model: Table<M>) -> Guard {
    can("view", model)
}

/// Who has the permission of this name: `cinema.publish`.
#[must_use]
pub fn named(name: impl Into<String>) -> Guard {
    Guard(Arc::new(Rule::Named(name.into())))
}

/// Whose row it is: `#[post("/reviews/{id}/", guard = can::own(Review.author))]`. The row is that of the path's parameter: the one
/// that is called as the model's key (`id`), or the only one. Where there is no such row, the answer is 404.
#[must_use]
pub fn own<P, T, const I: u16, const NULL: bool>(owner: FkCol<P, T, I, NULL>) -> Guard
where
    P: Path,
    T: SiteUser,
{
    owned(None, owner)
}

/// The same, of the row that this parameter of the path says: `can::own_at("review", Review.author)`.
#[must_use]
pub fn own_at<P, T, const I: u16, const NULL: bool>(
    parameter: &'static str,
    owner: FkCol<P, T, I, NULL>,
) -> Guard
where
    P: Path,
    T: SiteUser,
{
    owned(Some(parameter), owner)
}

fn owned<P: Path, T: SiteUser, const I: u16, const NULL: bool>(
    parameter: Option<&'static str>,
    owner: FkCol<P, T, I, NULL>,
) -> Guard {
    let of = move |user: i64| DynSet::on(Table::<P::Root>::new().filter(owner.eq(user)));
    let row = Row { meta: <P::Root as Model>::meta(), parameter };
    Guard(Arc::new(Rule::Own(row, Box::new(of))))
}

/// Who may do this to the row of the path's parameter, as the [backends](crate::AuthBackend) say: `can::this("change", Review)`. Which
/// parameter: see [`own`].
#[must_use]
pub fn this<M: Model>(what: &'static str, model: Table<M>) -> Guard {
    Guard(Arc::new(Rule::This(what, Row { meta: model.meta(), parameter: None })))
}

/// The same, of the row that this parameter of the path says.
#[must_use]
pub fn this_at<M: Model>(parameter: &'static str, what: &'static str, model: Table<M>) -> Guard {
    Guard(Arc::new(Rule::This(what, Row { meta: model.meta(), parameter: Some(parameter) })))
}
