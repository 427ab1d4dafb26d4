use std::{fmt, marker::PhantomData, ops::Deref, sync::Arc};

use super::{raw::RawRow, save::row};
use crate::{db::Tx, key::Key, model::Model};

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        pub struct $name<M> {
            pub(super) raw: Arc<RawRow>,
            pub(super) marker: PhantomData<fn() -> M>,
        }

        impl<M: Model> $name<M> {
            /// The row.
            #[must_use]
            pub fn row(&self) -> &M {
                row(&self.raw)
            }

            /// The transaction that the row is deleted in, until the receiver returns.
            pub fn tx(&self) -> &Tx {
                &self.raw.tx
            }
        }

        impl<M: Model> Deref for $name<M> {
            type Target = M;

            fn deref(&self) -> &M {
                self.row()
            }
        }

        impl<M: Model> fmt::Debug for $name<M> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({} {:?})", stringify!($name), M::meta().name, self.row().pk().to_key())
            }
        }
    )*};
}

events! {
    /// A row of `M` is about to be deleted: by itself, as one of a query's, or because a row goes that it points to with
    /// `on_delete = cascade`. It derefs to the row; what points to it is still there.
    ///
    /// A receiver's error keeps it, and all that would go with it, and goes to whoever deletes.
    Deleting;
    /// A row of `M` was deleted, in the transaction [`tx`](Self::tx) that has not committed yet. It derefs to the row as it
    /// was.
    ///
    /// A receiver's error undoes the deletion and goes to whoever deletes.
    Deleted;
}
