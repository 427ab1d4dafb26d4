//! A new row as it is given: its assignments, and the columns that come of them.

use quintet_core::{
    Error, FieldErrors, Result, Value,
    meta::{FieldDefault, FieldMeta, ModelMeta},
};

use crate::{
    ast::Node,
    expr::{AssignValue, RawAssign},
    validate::{check, own_rules, refuse_computed},
};

/// A draft without the model's type.
#[derive(Clone, Debug)]
pub(crate) struct RawDraft {
    pub(crate) meta: &'static ModelMeta,
    pub(super) sets: Vec<RawAssign>,
}

/// Where drafts come from, one by one.
pub(crate) type Drafts<'a> = Box<dyn Iterator<Item = RawDraft> + Send + 'a>;

/// A draft's columns and their values.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) fields: Vec<u16>,
    pub(crate) values: Vec<Node>,
}

impl Row {
    /// What a field is set to, after the model's own rules.
    pub(super) fn assign(&self, field: u16) -> Option<RawAssign> {
        let place = self.fields.iter().position(|known| *known == field)?;
        Some(RawAssign { field, value: AssignValue::Node(self.values.get(place)?.clone()) })
    }

    /// Gives a field this value.
    fn put(&mut self, field: u16, value: Value) {
        match self.fields.iter().position(|known| *known == field) {
            Some(place) => {
                if let Some(node) = self.values.get_mut(place) {
                    *node = Node::Value(value);
                }
            }
            None => {
                self.fields.push(field);
                self.values.push(Node::Value(value));
            }
        }
    }
}

impl RawDraft {
    /// A draft of these assignments.
    pub(super) fn new(meta: &'static ModelMeta, sets: Vec<RawAssign>) -> Self {
        RawDraft { meta, sets }
    }

    /// The columns that are given or have a value anyway; the database fills in the others.
    ///
    /// # Errors
    /// Of kind `Invalid`, with all that is wrong, by field.
    pub(crate) fn row(&self) -> Result<Row> {
        let (row, errors) = self.checked(FieldErrors::new(), check);
        errors.into_result()?;
        Ok(row)
    }

    /// As [`row`](Self::row), with the errors beside it. Fields that `errors` has something about already are not looked at
    /// again; `check` looks at the others.
    pub(crate) fn checked(
        &self,
        mut errors: FieldErrors,
        check: fn(&FieldMeta, &Value, &mut FieldErrors),
    ) -> (Row, FieldErrors) {
        let mut row = self.unchecked();
        let known = row.fields.iter().zip(&row.values).filter_map(|(index, node)| match node {
            Node::Value(value) => Some((*index, value)),
            _ => None,
        });
        let (set, refused) = own_rules(self.meta, true, known);
        for (index, value) in set {
            row.put(index, value);
        }
        for (index, node) in row.fields.iter().zip(&row.values) {
            let Some(field) = self.meta.field_at(*index) else { continue };
            match node {
                _ if errors.of(field.name).next().is_some() => {}
                Node::Value(value) => check(field, value, &mut errors),
                _ => refuse_computed(field, &mut errors),
            }
        }
        errors.extend(refused);
        (row, errors)
    }

    fn unchecked(&self) -> Row {
        let count = self.meta.fields.len();
        let mut row = Row { fields: Vec::with_capacity(count), values: Vec::with_capacity(count) };
        for (index, field) in self.meta.columns() {
            let node = match (self.given(index), field.default) {
                (Some(node), _) => node.clone(),
                (None, _) if field.auto => continue,
                (None, FieldDefault::Value(make)) => Node::Value(make()),
                (None, FieldDefault::Database(_) | FieldDefault::Generated(_)) => continue,
                (None, FieldDefault::None) => Node::Value(field.on_save.map_or(Value::Null, |make| make())),
            };
            row.fields.push(index);
            row.values.push(node);
        }
        row
    }

    /// The node that was assigned last.
    fn given(&self, index: u16) -> Option<&Node> {
        self.sets.iter().rev().find_map(|assign| match &assign.value {
            AssignValue::Node(node) if assign.field == index => Some(node),
            _ => None,
        })
    }

    /// The value that a field will have, if it is known before the database is asked.
    pub(crate) fn value(&self, index: u16) -> Result<Value> {
        let field = self.meta.field_at(index).ok_or_else(|| Error::internal("no such field"))?;
        match (self.given(index), field.default) {
            (Some(Node::Value(value)), _) => Ok(value.clone()),
            (None, FieldDefault::Value(make)) => Ok(make()),
            (None, FieldDefault::None) if let Some(make) = field.on_save => Ok(make()),
            (None, FieldDefault::None) if field.null => Ok(Value::Null),
            _ => Err(Error::internal(format!(
                "the value of {}.{} is not known before the database is asked: give it in create!(..)",
                self.meta.name, field.name
            ))),
        }
    }

    /// What a field is set to in a row that there is already.
    pub(super) fn assign(&self, index: u16) -> Result<RawAssign> {
        let node = match self.given(index) {
            Some(node) => node.clone(),
            None => Node::Value(self.value(index)?),
        };
        Ok(RawAssign { field: index, value: AssignValue::Node(node) })
    }

    /// The objects of many-to-many relations: the field, and their keys.
    pub(crate) fn links(&self) -> impl Iterator<Item = (u16, &[Value])> {
        self.sets.iter().filter_map(|assign| match &assign.value {
            AssignValue::Many(keys) if !keys.is_empty() => Some((assign.field, keys.as_slice())),
            _ => None,
        })
    }
}
