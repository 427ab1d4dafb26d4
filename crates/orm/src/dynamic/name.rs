//! From `director__country__name` to a field.

use quintet_core::{
    Error, Result,
    meta::{FieldMeta, ModelMeta, Relation},
    near::did_you_mean,
};

use crate::ast::{Aggregate, ManyNode, Node, PathKey, scope_of};

/// A field that a name leads to.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The to-many relations on the way, outermost first: each begins at the model where the one before ended.
    many: Vec<(PathKey, u16, &'static ModelMeta)>,
    /// The walk from the last of them (or from the query's model) to the field's model.
    path: PathKey,
    index: u16,
    pub(super) field: &'static FieldMeta,
    /// The model of the related row, if that is meant, and the field only the first of its key.
    whole: Option<&'static ModelMeta>,
}

impl Target {
    /// Follows a name over foreign keys and to-many relations.
    ///
    /// # Errors
    /// Of the developer's kind (500): which part is no field, with the nearest name.
    pub(super) fn find(root: &'static ModelMeta, name: &str) -> Result<Self> {
        let wrong = |why: String| Error::internal(format!("`{name}` is no field of {}: {why}", root.name));
        let (mut model, mut path, mut many) = (root, PathKey::ROOT, Vec::new());
        let mut parts = name.split("__").peekable();
        loop {
            let part = parts.next().unwrap_or_default();
            let Some((index, field)) = model.field(part) else {
                let near = did_you_mean(part, model.fields.iter().map(|field| field.name));
                return Err(wrong(format!("{} has no field `{part}`{near}", model.name)));
            };
            if field.secret {
                return Err(wrong(format!("{}.{} is secret", model.name, field.name)));
            }
            let next = field.relation.target();
            match field.relation {
                Relation::ManyToMany { .. } | Relation::HasMany { .. } => {
                    let Some(next) = next else { return Err(wrong(format!("`{part}` leads nowhere"))) };
                    many.push((path, index, next));
                    (model, path) = (next, PathKey::ROOT);
                    if parts.peek().is_none() {
                        // The related row itself: its key. Of several columns, any tells whether there is a row.
                        let key = next.primary_key.first();
                        let Some((index, field)) = key.and_then(|key| Some((*key, next.field_at(*key)?)))
                        else {
                            return Err(wrong(format!("{} has no key", next.name)));
                        };
                        return Ok(Target { many, path, index, field, whole: Some(next) });
                    }
                }
                Relation::ToOne { .. } | Relation::HasOne { .. }
                    if parts.peek().is_some() || matches!(field.relation, Relation::HasOne { .. }) =>
                {
                    let Some(next) = next else { return Err(wrong(format!("`{part}` leads nowhere"))) };
                    if path.steps().len() == PathKey::LONGEST {
                        return Err(wrong(format!("it follows more than {} foreign keys", PathKey::LONGEST)));
                    }
                    (model, path) = (next, path.push(index));
                    if parts.peek().is_none() {
                        // The other end of a one-to-one: its key, NULL if there is no row.
                        let key = next.key().and_then(|key| Some((key, next.field_at(key)?)));
                        let Some((index, field)) = key else {
                            return Err(wrong(format!("the key of {} has several columns", next.name)));
                        };
                        return Ok(Target { many, path, index, field, whole: None });
                    }
                }
                _ if parts.peek().is_some() => {
                    return Err(wrong(format!("`{part}` leads to no other model")));
                }
                _ => return Ok(Target { many, path, index, field, whole: None }),
            }
        }
    }

    /// The column, seen from the model at the end of the last to-many relation.
    pub(super) fn column(&self) -> Node {
        Node::Column(self.path, self.index)
    }

    /// Does the name pass through a to-many relation?
    pub(super) fn is_many(&self) -> bool {
        !self.many.is_empty()
    }

    /// Does the name end at a relation, so that a field could follow?
    pub(super) fn leads_on(&self) -> bool {
        self.is_relation() || matches!(self.field.relation, Relation::ToOne { .. })
    }

    /// Does the name end at a to-many relation itself?
    pub(super) fn is_relation(&self) -> bool {
        self.whole.is_some()
    }

    /// The model of the related row that is meant, if its key has several columns: nothing can be compared with that.
    pub(super) fn several_columns(&self) -> Option<&'static ModelMeta> {
        self.whole.filter(|model| model.primary_key.len() > 1)
    }

    /// A condition on the column as one on the query's model: through a to-many relation, at least one row matches.
    pub(super) fn any(&self, condition: Option<Node>) -> Node {
        let mut filter: Vec<Node> = condition.into_iter().collect();
        for (path, field, model) in self.many.iter().rev() {
            filter.extend(scope_of(model));
            let exists = ManyNode {
                path: *path,
                field: *field,
                aggregate: Aggregate::Exists,
                argument: None,
                filter: std::mem::take(&mut filter),
            };
            filter.push(Node::Many(Box::new(exists)));
        }
        filter.pop().unwrap_or_else(|| Node::And(Vec::new()))
    }
}
