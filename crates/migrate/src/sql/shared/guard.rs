//! Questions to the data before a change that some row might not survive.

use quintet_core::Result;

use super::Words;
use crate::{
    sql::{Guard, Step},
    state::{IndexState, ModelState},
};

/// How many keys a refusal shows.
const EXAMPLES: u8 = 5;

/// Refuses if any row meets the condition.
pub(in crate::sql) fn guard_rows(
    words: &Words,
    model: &ModelState,
    condition: &str,
    wrong: String,
    hint: &str,
) -> Step {
    let table = words.quoted(&model.table);
    let sql = format!(
        "SELECT COUNT(*), (SELECT {}(k, ', ') FROM (SELECT {} AS k FROM {table} WHERE {condition} \
         LIMIT {EXAMPLES}) AS shown) FROM {table} WHERE {condition}",
        words.join,
        key(words, model)
    );
    Step::Guard(Guard { sql, columns: false, wrong, hint: hint.to_owned(), table: model.table.clone() })
}

/// Refuses if rows share the values of these expressions; NULL is shared by any.
pub(super) fn shared(words: &Words, model: &ModelState, expressions: &[&str], fields: &[String]) -> Step {
    shared_where(words, model, expressions, fields, "")
}

fn shared_where(
    words: &Words,
    model: &ModelState,
    expressions: &[&str],
    fields: &[String],
    only: &str,
) -> Step {
    let names: Vec<String> = (1..=expressions.len()).map(|i| format!("v{i}")).collect();
    let values: Vec<String> = expressions.iter().zip(&names).map(|(e, n)| format!("{e} AS {n}")).collect();
    let present: Vec<String> = names.iter().map(|n| format!("{n} IS NOT NULL")).collect();
    let sql = format!(
        "WITH shared AS (SELECT COUNT(*) AS n, MIN(k) || ' and ' || MAX(k) AS ks FROM (SELECT {} AS k, {} FROM {}{only}) AS \
         all_rows WHERE {} GROUP BY {} HAVING COUNT(*) > 1) SELECT (SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM \
         shared), (SELECT {}(ks, '; ') FROM (SELECT ks FROM shared LIMIT {EXAMPLES}) AS shown)",
        key(words, model),
        values.join(", "),
        words.quoted(&model.table),
        present.join(" AND "),
        names.join(", "),
        words.join,
    );
    Step::Guard(Guard {
        sql,
        columns: false,
        wrong: format!("share the values of ({}), which shall be unique", fields.join(", ")),
        hint: "change or delete them first".to_owned(),
        table: model.table.clone(),
    })
}

/// Refuses if rows of an index over expressions, or over a part of the rows, would share its values.
///
/// # Errors
/// If one of its fields is not there.
pub(in crate::sql) fn shared_in_index(words: &Words, model: &ModelState, index: &IndexState) -> Result<Step> {
    let mut parts = Vec::new();
    for (field, _) in index.parts() {
        parts.push(words.quoted(&model.field(field)?.column));
    }
    parts.extend(index.expressions.iter().map(|sql| format!("({sql})")));
    let expressions: Vec<&str> = parts.iter().map(String::as_str).collect();
    let names: Vec<String> = index.fields.iter().chain(&index.expressions).cloned().collect();
    let only = index.condition.as_ref().map(|sql| format!(" WHERE {sql}")).unwrap_or_default();
    Ok(shared_where(words, model, &expressions, &names, &only))
}

/// A row's key in words: `'id = ' || quote("id")`.
fn key(words: &Words, model: &ModelState) -> String {
    let name = |column: &str| (words.text)(&format!("{column} = "));
    let parts: Vec<String> =
        model.key().map(|field| format!("{} || {}", name(&field.column), (words.shown)(field))).collect();
    if parts.is_empty() { words.no_key.to_owned() } else { parts.join(" || ' and ' || ") }
}
