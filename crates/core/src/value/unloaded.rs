use std::fmt;

/// Who knows the relations of a model: its metadata.
pub trait Relations: Sync {
    /// The model, the relation that is the field of this index, and whether it has many objects.
    fn relation(&self, field: u16) -> Option<(&'static str, &'static str, bool)>;
}

/// Which relation was not loaded.
#[derive(Clone, Copy)]
pub struct Unloaded {
    model: &'static dyn Relations,
    field: u16,
}

impl Unloaded {
    /// The relation that is the field of this index.
    #[must_use]
    pub fn new(model: &'static dyn Relations, field: u16) -> Self {
        Unloaded { model, field }
    }
}

impl PartialEq for Unloaded {
    fn eq(&self, other: &Self) -> bool {
        self.model.relation(self.field) == other.model.relation(other.field)
    }
}

impl fmt::Debug for Unloaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.model.relation(self.field) {
            Some((model, name, _)) => write!(f, "{model}.{name}"),
            None => f.write_str("?"),
        }
    }
}

/// What is not loaded and how to mend it.
impl fmt::Display for Unloaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.model.relation(self.field) {
            Some((model, name, false)) => write!(
                f,
                "`{model}.{name}` is not loaded: add .select_related({model}.{name}) to the query, or ask for \
                 its key, `{name}_id`"
            ),
            Some((model, name, true)) => write!(
                f,
                "`{model}.{name}` is not loaded: add .prefetch_related({model}.{name}) to the query"
            ),
            None => f.write_str("a relation is not loaded"),
        }
    }
}
