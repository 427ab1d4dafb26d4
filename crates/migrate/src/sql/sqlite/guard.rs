//! A question that only SQLite needs: whoever builds a table anew must know all of it.

use crate::{
    sql::{Guard, Step, literal::text},
    state::ModelState,
};

/// Refuses if the table has columns that the state does not know: a rebuild would lose them.
pub(super) fn strange_columns(model: &ModelState) -> Step {
    let known: Vec<String> = model.fields.iter().map(|f| text(&f.column)).collect();
    let sql = format!(
        "SELECT COUNT(*), group_concat(name, ', ') FROM pragma_table_xinfo({}) WHERE name COLLATE NOCASE NOT IN ({})",
        text(&model.table),
        known.join(", ")
    );
    Step::Guard(Guard {
        sql,
        columns: true,
        wrong: "would be lost, which no migration has made".to_owned(),
        hint: "the table is built anew from what the migrations know: add a field for each to the model, or drop them".to_owned(),
        table: model.table.clone(),
    })
}
