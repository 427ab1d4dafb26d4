use crate::{error::FieldErrors, value::Value};

/// A row that is about to be written, for the model's own rules (`#[model(clean = …)]`): its values as far as they are
/// known, and what is wrong with it.
#[derive(Clone, Debug)]
pub struct RowClean {
    values: Vec<Option<Value>>,
    new: bool,
    set: Vec<u16>,
    errors: FieldErrors,
}

/// A model's own rules.
pub type CleanRow = fn(&mut RowClean);

impl RowClean {
    /// A row of so many fields of which nothing is known yet.
    #[must_use]
    pub fn new(fields: usize, new: bool) -> Self {
        RowClean { values: vec![None; fields], new, set: Vec::new(), errors: FieldErrors::new() }
    }

    /// Makes a value known.
    pub fn know(&mut self, field: u16, value: Value) {
        if let Some(known) = self.values.get_mut(usize::from(field)) {
            *known = Some(value);
        }
    }

    /// The value of a field, if it is known before the database is asked.
    #[must_use]
    pub fn value(&self, field: u16) -> Option<&Value> {
        self.values.get(usize::from(field))?.as_ref()
    }

    /// Gives a field another value.
    pub fn set(&mut self, field: u16, value: Value) {
        self.know(field, value);
        if !self.set.contains(&field) {
            self.set.push(field);
        }
    }

    /// Is it a row that does not exist yet?
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.new
    }

    /// What is wrong, to be added to.
    pub fn errors(&mut self) -> &mut FieldErrors {
        &mut self.errors
    }

    /// What was set, and what is wrong.
    #[must_use]
    pub fn finish(self) -> (Vec<(u16, Value)>, FieldErrors) {
        let RowClean { mut values, set, errors, .. } = self;
        let take = |field: u16| {
            values.get_mut(usize::from(field)).and_then(Option::take).map(|value| (field, value))
        };
        (set.into_iter().filter_map(take).collect(), errors)
    }
}
