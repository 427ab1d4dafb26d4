use std::marker::PhantomData;

use crate::{key::SingleKey, model::Model};

/// A foreign key or many-to-many that leads to `T`. `#[model]` gives the struct a constant `foreign_key_{field}` for
/// each, by which `HasMany<..>`, `HasOne<..>` and `through = ..` in another model find their other end while compiling.
pub struct RelationTo<T> {
    index: u16,
    sort: Sort,
    marker: PhantomData<fn() -> T>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// A foreign key.
    Key,
    /// A foreign key that no two rows share.
    UniqueKey,
    /// A many-to-many.
    Many,
}

impl<T> RelationTo<T> {
    /// The foreign key at this index.
    #[must_use]
    pub const fn key(index: u16, unique: bool) -> Self {
        RelationTo { index, sort: if unique { Sort::UniqueKey } else { Sort::Key }, marker: PhantomData }
    }

    /// The many-to-many at this index.
    #[must_use]
    pub const fn many(index: u16) -> Self
    where
        T: Model,
        T::Pk: SingleKey,
    {
        RelationTo { index, sort: Sort::Many, marker: PhantomData }
    }
}

/// The index of a field that leads to `T`.
#[must_use]
pub const fn leads_to<T>(relation: &RelationTo<T>) -> u16 {
    relation.index
}

/// The index of a foreign key to `T` that no two rows share.
///
/// # Panics
/// While compiling, if it is another relation.
#[must_use]
pub const fn leads_to_one<T>(relation: &RelationTo<T>) -> u16 {
    assert!(
        matches!(relation.sort, Sort::UniqueKey),
        "HasOne<..> is the other end of a OneToOne<..>: the key of the other model is shared by many rows, so write \
         HasMany<..> here, or OneToOne<..> there"
    );
    relation.index
}

/// The index of a foreign key to `T`.
///
/// # Panics
/// While compiling, if it is a many-to-many.
#[must_use]
pub const fn leads_by_key<T>(relation: &RelationTo<T>) -> u16 {
    assert!(
        !matches!(relation.sort, Sort::Many),
        "through_fields names foreign keys of the model between, not a many-to-many"
    );
    relation.index
}
