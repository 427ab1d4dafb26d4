use quintet_core::{
    Value,
    meta::{FieldMeta, ModelMeta},
};

/// What happened to rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum What {
    /// They are new.
    Created,
    /// Columns of theirs have changed.
    Updated,
    /// They are new or have changed: `or_update` in one statement, where the database does not tell which.
    Saved,
    /// They are gone.
    Deleted,
    /// Links between them and the rows of a many-to-many's other side were added or removed. The field is the change's
    /// only one; the other side's keys are [`Change::related`].
    Links,
    /// A part of the program has said that they may have changed: [`Db::touched`](crate::Db::touched).
    Touched,
}

/// Which rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Keys {
    /// Those with these keys. A key of several columns is a list.
    Known(Vec<Value>),
    /// Some, or very many: whoever needs to know must look.
    Unknown,
}

impl Keys {
    /// A change of more rows than this says [`Keys::Unknown`], so that a large write does not fill the memory.
    pub const MOST: usize = 1_000;

    /// The keys, or `Unknown` if they are too many.
    #[must_use]
    pub fn of(keys: Vec<Value>) -> Self {
        if keys.len() > Self::MOST { Keys::Unknown } else { Keys::Known(keys) }
    }

    /// The keys, if they are known.
    #[must_use]
    pub fn known(&self) -> Option<&[Value]> {
        match self {
            Keys::Known(keys) => Some(keys),
            Keys::Unknown => None,
        }
    }

    /// May the row with this key be meant?
    #[must_use]
    pub fn may_have(&self, key: &Value) -> bool {
        self.known().is_none_or(|keys| keys.contains(key))
    }

    fn add(&mut self, more: Keys) {
        match (&mut *self, more) {
            (Keys::Known(keys), Keys::Known(more)) if keys.len() + more.len() <= Self::MOST => {
                for key in more {
                    if !keys.contains(&key) {
                        keys.push(key);
                    }
                }
            }
            _ => *self = Keys::Unknown,
        }
    }
}

/// One sort of change of some rows of one model.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// The model; of links, the one that declares the many-to-many.
    pub model: &'static ModelMeta,
    /// What happened.
    pub what: What,
    /// Which rows.
    pub keys: Keys,
    /// The rows on the other side of changed links; none of anything else.
    pub related: Keys,
    /// The indexes of the fields that were written; empty where that says nothing (new and deleted rows) or is unknown.
    pub fields: Vec<u16>,
}

impl Change {
    pub(crate) fn new(model: &'static ModelMeta, what: What, keys: Keys, fields: &[u16]) -> Self {
        Change { model, what, keys, related: Keys::Known(Vec::new()), fields: fields.to_vec() }
    }

    /// The names of the fields that were written.
    pub fn field_names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.fields.iter().filter_map(|index| self.model.field_at(*index)).map(|field: &FieldMeta| field.name)
    }

    /// The models whose rows are seen changed: this one, and of links the other side's too.
    pub fn models(&self) -> impl Iterator<Item = &'static ModelMeta> + '_ {
        let other = match (self.what, self.fields.first()) {
            (What::Links, Some(field)) => {
                self.model.field_at(*field).and_then(|field| field.relation.target())
            }
            _ => None,
        };
        [Some(self.model), other].into_iter().flatten()
    }

    /// Takes in what happened right after, if it is the same.
    fn absorb(&mut self, next: Change) -> Option<Change> {
        let same = self.model == next.model && self.what == next.what && self.fields == next.fields;
        // Pairs of links would get mixed up.
        if !same || self.what == What::Links {
            return Some(next);
        }
        self.keys.add(next.keys);
        None
    }

    /// How much it holds, in keys.
    pub(super) fn weight(&self) -> usize {
        let of = |keys: &Keys| keys.known().map_or(0, <[Value]>::len);
        1 + of(&self.keys) + of(&self.related)
    }
}

/// What one transaction, or one statement outside of any, has changed, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    changes: Vec<Change>,
    weight: usize,
}

impl Batch {
    /// A transaction that changes more than this many rows, one by one, is told as one change a model and sort, of
    /// [`Keys::Unknown`].
    pub const MOST: usize = 10_000;

    /// The changes.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Is nothing in it?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// May rows of this model have changed, or links to them?
    #[must_use]
    pub fn touches(&self, model: &ModelMeta) -> bool {
        self.changes.iter().any(|change| change.models().any(|other| other == model))
    }

    pub(super) fn push(&mut self, change: Change) {
        let left = match self.changes.last_mut() {
            Some(last) => {
                let before = last.weight();
                let left = last.absorb(change);
                self.weight = self.weight - before + last.weight();
                left
            }
            None => Some(change),
        };
        if let Some(change) = left {
            self.weight += change.weight();
            self.changes.push(change);
        }
        if self.weight > Self::MOST {
            self.condense();
        }
    }

    /// One change a model and sort, without keys.
    fn condense(&mut self) {
        let mut few: Vec<Change> = Vec::new();
        for mut change in std::mem::take(&mut self.changes) {
            (change.keys, change.related) = (Keys::Unknown, Keys::Unknown);
            let known = few.iter_mut().find(|other| {
                other.model == change.model
                    && other.what == change.what
                    && (change.what != What::Links || other.fields == change.fields)
            });
            match known {
                Some(known) => {
                    for field in change.fields {
                        if !known.fields.contains(&field) {
                            known.fields.push(field);
                        }
                    }
                }
                None => few.push(change),
            }
        }
        self.weight = few.iter().map(Change::weight).sum();
        self.changes = few;
    }

    pub(super) fn weight(&self) -> usize {
        self.weight
    }

    /// What concerns these models.
    pub(super) fn only(&self, models: &[&'static ModelMeta]) -> Batch {
        let concerns = |change: &&Change| change.models().any(|model| models.contains(&model));
        let changes: Vec<Change> = self.changes.iter().filter(concerns).cloned().collect();
        let weight = changes.iter().map(Change::weight).sum();
        Batch { changes, weight }
    }

    pub(super) fn into_changes(self) -> Vec<Change> {
        self.changes
    }
}
