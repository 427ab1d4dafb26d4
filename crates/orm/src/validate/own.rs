//! The rules of a model itself, over a row as a whole.

use quintet_core::{
    FieldErrors, Value,
    meta::{ModelMeta, RowClean},
};

/// Runs the model's own rules over the values that are known, if it has any: what they set, and what they refuse.
pub(crate) fn own_rules<'a>(
    meta: &'static ModelMeta,
    new: bool,
    values: impl IntoIterator<Item = (u16, &'a Value)>,
) -> (Vec<(u16, Value)>, FieldErrors) {
    let Some(rules) = meta.clean else { return (Vec::new(), FieldErrors::new()) };
    let mut row = RowClean::new(meta.fields.len(), new);
    for (field, value) in values {
        row.know(field, value.clone());
    }
    rules(&mut row);
    row.finish()
}
