use std::{fmt, marker::PhantomData, sync::Arc};

use quintet_core::Value;

use super::raw::{LinkAction, RawLinks};
use crate::{db::Tx, model::Model, relation::Many};

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident, $added:literal, $removed:literal;)*) => {$(
        $(#[$doc])*
        pub struct $name<M> {
            pub(super) raw: Arc<RawLinks>,
            pub(super) marker: PhantomData<fn() -> M>,
        }

        impl<M: Model> $name<M> {
            /// Is it about this many-to-many of the model? `links.is(Film.tags)`
            #[must_use]
            pub fn is<C: Model, const I: u16>(&self, _relation: Many<M, C, I>) -> bool {
                self.raw.links.field == I
            }

            /// What was asked for.
            #[must_use]
            pub fn action(&self) -> LinkAction {
                self.raw.links.action
            }

            /// The key of the row whose set of related objects it is.
            #[must_use]
            pub fn owner(&self) -> &Value {
                &self.raw.links.owner
            }

            /// Is the owner a row of the other model, and are the related objects rows of this one?
            #[must_use]
            pub fn is_reverse(&self) -> bool {
                self.raw.links.reverse
            }

            #[doc = $added]
            #[must_use]
            pub fn added(&self) -> &[Value] {
                &self.raw.links.added
            }

            #[doc = $removed]
            #[must_use]
            pub fn removed(&self) -> &[Value] {
                &self.raw.links.removed
            }

            /// The transaction that the links change in, until the receiver returns.
            pub fn tx(&self) -> &Tx {
                &self.raw.tx
            }
        }

        impl<M: Model> fmt::Debug for $name<M> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({}, {:?})", stringify!($name), M::meta().name, self.raw.links)
            }
        }
    )*};
}

events! {
    /// The objects of a many-to-many of `M` are about to change, from either side; `M` is the model that declares it.
    ///
    /// A receiver's error leaves them as they are and goes to whoever changes them. Links that vanish with a deleted row
    /// are not told.
    LinksChanging,
        "The keys of the objects that are asked for, some of which may be related already.",
        "The keys of the objects that are to go, some of which may not be related; none of `set` and `clear`, which find them \
         out.";
    /// The objects of a many-to-many of `M` have changed, from either side, in the transaction [`tx`](Self::tx) that has not
    /// committed yet; `M` is the model that declares it. Nothing is told if they were as asked already.
    ///
    /// A receiver's error undoes the change and goes to whoever made it.
    LinksChanged,
        "The keys of the objects that were not related before.",
        "The keys of the objects that are not related any more.";
}
