//! `#[field(version)]`: the number by which a change made meanwhile is noticed.

use syn::{Error, Result, spanned::Spanned};

use super::field::Field;

/// A model has at most one version, a whole number that the ORM alone counts.
pub(super) fn check(fields: &[Field], key: &[usize]) -> Result<()> {
    let mut first: Option<&Field> = None;
    for (index, field) in fields.iter().enumerate().filter(|(_, field)| field.options.version) {
        let wrong = if let Some(first) = first {
            format!("a model has one version, and `{}` is it already", first.name)
        } else if key.contains(&index) {
            "the key can't be the version: it does not change".to_owned()
        } else if !field.is_integer() {
            return Err(Error::new(
                field.ty.span(),
                "a version is a whole number that is never empty: i32 or i64",
            ));
        } else if field.options.default.is_some() || field.options.db_default.is_some() {
            "a version begins at 1 by itself: leave out its default".to_owned()
        } else {
            first = Some(field);
            continue;
        };
        return Err(Error::new(field.ident.span(), wrong));
    }
    Ok(())
}
