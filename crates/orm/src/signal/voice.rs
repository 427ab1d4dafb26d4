use std::{
    any::{Any, TypeId},
    marker::PhantomData,
    sync::Arc,
};

use quintet_core::Result;

use super::{Deleted, Deleting, LinksChanged, LinksChanging, Saved, Saving, raw::Said};
use crate::{
    decode::Cursor,
    model::{Erased, Model},
};

/// What writing code that knows no types needs of a model's type. `#[model]` puts one into the metadata.
///
/// Most models are heard by nobody, and all of this is compiled for each of them: it is kept small, and boxes are made into
/// what is shared by code that knows no types.
#[derive(Debug)]
pub struct Voice {
    /// The types of its events, in the order of [`Moment`](super::Moment).
    pub(super) kinds: [TypeId; 6],
    /// Reads a row.
    read: fn(&mut Cursor<'_>) -> Result<Made>,
    /// Makes an event.
    say: fn(Said) -> Made,
}

type Made = Box<dyn Any + Send + Sync>;

impl Voice {
    /// The voice of `M`.
    #[must_use]
    pub const fn of<M: Model>() -> Self {
        let kinds = [
            TypeId::of::<Saving<M>>(),
            TypeId::of::<Saved<M>>(),
            TypeId::of::<Deleting<M>>(),
            TypeId::of::<Deleted<M>>(),
            TypeId::of::<LinksChanging<M>>(),
            TypeId::of::<LinksChanged<M>>(),
        ];
        Voice { kinds, read: read::<M>, say: say::<M> }
    }

    /// Reads a row.
    pub(crate) fn read(&self, cursor: &mut Cursor<'_>) -> Result<Erased> {
        (self.read)(cursor).map(Arc::from)
    }

    /// Makes an event.
    pub(super) fn say(&self, said: Said) -> Erased {
        (self.say)(said).into()
    }
}

fn read<M: Model>(cursor: &mut Cursor<'_>) -> Result<Made> {
    match M::from_row(cursor) {
        Ok(row) => Ok(Box::new(row)),
        Err(error) => Err(error),
    }
}

fn say<M: Model>(said: Said) -> Made {
    let marker = PhantomData;
    match said {
        Said::Saving(raw) => Box::new(Saving::<M> { raw, marker }),
        Said::Saved(raw) => Box::new(Saved::<M> { raw, marker }),
        Said::Deleting(raw) => Box::new(Deleting::<M> { raw, marker }),
        Said::Deleted(raw) => Box::new(Deleted::<M> { raw, marker }),
        Said::LinksChanging(raw) => Box::new(LinksChanging::<M> { raw, marker }),
        Said::LinksChanged(raw) => Box::new(LinksChanged::<M> { raw, marker }),
    }
}
