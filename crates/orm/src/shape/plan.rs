use quintet_core::Result;

use super::{
    NestedMany, NestedOne, NestedOptional, Part, Shape, ShapeField,
    part::{Lifted, ManyPart},
};
use crate::{
    ast::{Node, PathKey},
    decode::Cursor,
    field::FieldType,
    model::Model,
};

/// What a shape loads: columns of the same row, and parts that need a query of their own.
pub struct Plan<S> {
    pub(super) columns: Vec<Node>,
    pub(super) parts: Vec<Box<dyn Part<S>>>,
}

impl<S: Shape> Plan<S> {
    /// What `S` loads.
    pub(crate) fn of() -> Self {
        let mut plan = Plan { columns: Vec::with_capacity(S::WIDTH), parts: Vec::new() };
        S::plan(&mut plan);
        plan
    }

    /// The columns with those of the parts' keys at the end, and the parts.
    pub(crate) fn into_query(self, columns: &mut Vec<Node>) -> Vec<Box<dyn Part<S>>> {
        columns.extend(self.columns);
        columns.extend(self.parts.iter().flat_map(|part| part.key()));
        self.parts
    }

    /// A field of type `T` that is read from a column or an expression.
    pub fn field<T: FieldType>(&mut self, source: impl ShapeField<S::Model, T>) {
        self.columns.push(source.into_node());
    }

    /// A nested shape in the same row.
    pub fn one<N: Shape>(
        &mut self,
        relation: impl NestedOne<S::Model, N::Model>,
        place: fn(&mut S) -> Option<&mut N>,
    ) {
        const { deep_enough::<N>() };
        self.nested(relation.path(), place);
    }

    /// A nested shape in the same row that may be missing: its key is selected first, to tell.
    pub fn optional<N: Shape>(
        &mut self,
        relation: impl NestedOptional<S::Model, N::Model>,
        place: fn(&mut S) -> Option<&mut N>,
    ) {
        const { deep_enough::<N>() };
        let path = relation.path();
        // Any part of the key tells.
        self.columns
            .push(Node::Column(path, N::Model::meta().primary_key.first().copied().unwrap_or_default()));
        self.nested(path, place);
    }

    /// Nested shapes in rows of their own.
    pub fn many<N: Shape, R: NestedMany<S::Model, N::Model>>(
        &mut self,
        relation: R,
        place: fn(&mut S) -> &mut Vec<N>,
    ) {
        let (path, linked, select) = relation.relation();
        self.parts.push(Box::new(ManyPart::<S, N, R::Key> {
            owner: R::Owner::meta(),
            path,
            linked,
            select,
            place,
            key: std::marker::PhantomData,
        }));
    }

    fn nested<N: Shape>(&mut self, path: PathKey, place: fn(&mut S) -> Option<&mut N>) {
        let inner = Plan::<N>::of();
        self.columns.extend(inner.columns.into_iter().map(|node| node.under(path)));
        for part in inner.parts {
            self.parts.push(Box::new(Lifted { part, path, place }));
        }
    }
}

/// Stops the compilation where nested shapes are longer than a path can be.
const fn deep_enough<N: Shape>() {
    assert!(N::DEPTH < PathKey::LONGEST, "nested shapes follow at most 7 foreign keys in a row");
}

/// Reads a nested shape that may be missing.
///
/// # Errors
/// If a column does not hold its field's type.
pub fn decode_optional<N: Shape>(cursor: &mut Cursor<'_>) -> Result<Option<N>> {
    let missing = cursor.is_null(0)?;
    cursor.skip(1);
    if missing {
        cursor.skip(N::WIDTH);
        return Ok(None);
    }
    N::decode(cursor).map(Some)
}
