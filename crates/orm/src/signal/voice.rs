use std::{
    any::{Any, TypeId},
    sync::Arc,
};

use quintet_core::Result;

use super::{Deleted, Deleting, LinksChanged, LinksChanging, Saved, Saving, raw::Said};
use crate::{
    decode::Cursor,
    model::{Erased, Model},
};

/// What writing code that knows no types needs of a model's type. `#[model]` puts one into the metadata.
#[derive(Debug)]
pub struct Voice {
    /// The types of its events, in the order of [`Moment`](super::Moment).
    pub(super) kinds: fn() -> [TypeId; 6],
    /// Reads a row.
    pub(crate) read: fn(&mut Cursor<'_>) -> Result<Erased>,
    /// Makes an event.
    pub(super) say: fn(Said) -> Arc<dyn Any + Send + Sync>,
}

impl Voice {
    /// The voice of `M`.
    #[must_use]
    pub const fn of<M: Model>() -> Self {
        Voice { kinds: kinds::<M>, read: read::<M>, say: say::<M> }
    }
}

fn kinds<M: Model>() -> [TypeId; 6] {
    [
        TypeId::of::<Saving<M>>(),
        TypeId::of::<Saved<M>>(),
        TypeId::of::<Deleting<M>>(),
        TypeId::of::<Deleted<M>>(),
        TypeId::of::<LinksChanging<M>>(),
        TypeId::of::<LinksChanged<M>>(),
    ]
}

fn read<M: Model>(cursor: &mut Cursor<'_>) -> Result<Erased> {
    Ok(Arc::new(M::from_row(cursor)?))
}

fn say<M: Model>(said: Said) -> Arc<dyn Any + Send + Sync> {
    match said {
        Said::Saving(raw) => Arc::new(Saving::<M>::new(raw)),
        Said::Saved(raw) => Arc::new(Saved::<M>::new(raw)),
        Said::Deleting(raw) => Arc::new(Deleting::<M>::new(raw)),
        Said::Deleted(raw) => Arc::new(Deleted::<M>::new(raw)),
        Said::LinksChanging(raw) => Arc::new(LinksChanging::<M>::new(raw)),
        Said::LinksChanged(raw) => Arc::new(LinksChanged::<M>::new(raw)),
    }
}
