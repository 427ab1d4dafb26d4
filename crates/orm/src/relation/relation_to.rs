use std::marker::PhantomData;

/// A foreign key or many-to-many that leads to `T`. `#[model]` gives the struct a constant `foreign_key_{field}` for
/// each, by which `HasMany<..>` in another model finds its other end while compiling.
pub struct RelationTo<T> {
    index: u16,
    marker: PhantomData<fn() -> T>,
}

impl<T> RelationTo<T> {
    /// The field at this index.
    #[must_use]
    pub const fn new(index: u16) -> Self {
        RelationTo { index, marker: PhantomData }
    }
}

/// The index of a field that leads to `T`.
#[must_use]
pub const fn leads_to<T>(relation: &RelationTo<T>) -> u16 {
    relation.index
}
