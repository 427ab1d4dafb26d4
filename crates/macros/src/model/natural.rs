//! `natural_key = ["name"]`: the fields by which people know a row.

use proc_macro2::TokenStream;
use syn::{Error, LitStr, Result};

use super::{Model, index};

/// Their indexes.
///
/// # Errors
/// At the first field, if the fields are no columns, or nothing keeps two rows from sharing their values.
pub(super) fn write(model: &Model) -> Result<Vec<TokenStream>> {
    let names = &model.options.natural_key;
    let indexes =
        names.iter().map(|name| index::column(model, name, &name.value())).collect::<Result<_>>()?;
    let Some(first) = names.first() else { return Ok(indexes) };
    let texts: Vec<String> = names.iter().map(LitStr::value).collect();
    let same =
        |set: &Vec<LitStr>| set.len() == texts.len() && set.iter().all(|name| texts.contains(&name.value()));
    let single = |name: &String| {
        let field = model.fields.iter().position(|field| field.name == *name);
        field.is_some_and(|position| {
            let unique =
                model.fields.get(position).is_some_and(|field| field.options.unique || field.is_one_to_one());
            unique || model.key.as_slice() == [position]
        })
    };
    let unique = match texts.as_slice() {
        [one] => single(one),
        _ => false,
    };
    if unique || model.options.unique_together.iter().any(same) {
        return Ok(indexes);
    }
    let fix = match texts.as_slice() {
        [one] => format!("give `{one}` #[field(unique)]"),
        all => format!("add unique_together = [\"{}\"]", all.join("\", \"")),
    };
    let message = format!(
        "two rows of {} could have the same natural key ({}): {fix}",
        model.item.ident,
        texts.join(", ")
    );
    Err(Error::new(first.span(), message))
}
