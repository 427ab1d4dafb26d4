use super::Draft;
use crate::{
    ast::Node,
    expr::{AssignValue, RawAssign},
    model::Model,
};

/// What `create!(Film { title, ..rest })` takes the other fields from.
///
/// A row gives all columns but its key and its version: a copy, without the objects of its many-to-many relations. A draft
/// gives what it was given, those objects too. Structs that take in data can give some of the fields.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no fields for a new `{M}`",
    label = "expected a row or a draft of `{M}` after `..`"
)]
pub trait Fill<M> {
    /// The fields that it gives; `None` if none is missing that a new row needs.
    const GIVES: Option<&'static [&'static str]>;

    /// Adds them.
    #[doc(hidden)]
    fn fill(self, out: &mut Vec<RawAssign>);
}

#[diagnostic::do_not_recommend]
impl<M: Model> Fill<M> for &M {
    const GIVES: Option<&'static [&'static str]> = None;

    fn fill(self, out: &mut Vec<RawAssign>) {
        let meta = M::meta();
        let copied = meta
            .columns()
            // Of a key of several columns, those that are not given are the old row's.
            .filter(|(index, field)| {
                !field.version && !field.auto && !field.is_generated() && meta.key() != Some(*index)
            });
        out.extend(copied.filter_map(|(field, _)| {
            let value = AssignValue::Node(Node::Value(self.value_at(field)?));
            Some(RawAssign { field, value })
        }));
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model> Fill<M> for M {
    const GIVES: Option<&'static [&'static str]> = None;

    fn fill(self, out: &mut Vec<RawAssign>) {
        (&self).fill(out);
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model> Fill<M> for Draft<M> {
    const GIVES: Option<&'static [&'static str]> = None;

    fn fill(self, out: &mut Vec<RawAssign>) {
        out.extend(self.raw.sets);
    }
}

/// The fields that `create!` was given beside a rest. It writes one for each of its calls.
#[doc(hidden)]
pub trait Given {
    /// Their names.
    const NAMES: &'static [&'static str];
}
