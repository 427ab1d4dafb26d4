//! Building a table anew, as SQLite's documentation describes it: make the new one, copy the rows, drop the old
//! one, give the new one its name, make the indexes and triggers again.
//!
//! Foreign keys must not be enforced meanwhile (dropping the old table would delete the rows that point to it); the
//! migration's transaction sees to that, and checks them all before it commits.

use quintet_core::Result;

use super::{guard, quoted, table};
use crate::{
    sql::{Step, literal::text},
    state::{FieldState, ModelState, ProjectState},
};

/// The steps; `source` is the expression over the old table that a field's values come from.
pub(super) fn steps(
    state: &ProjectState,
    before: &ModelState,
    after: &ModelState,
    source: impl Fn(&FieldState) -> String,
) -> Result<Vec<Step>> {
    let name = format!("quintet_new__{}", after.table);
    let (new, old) = (quoted(&name), quoted(&before.table));
    let indexes = table::indexes(before)?;
    let names = indexes.iter().flat_map(|index| index.triggers.iter().chain([&index.name]));
    let own: Vec<String> = names.map(|name| text(name)).collect();
    // The table's developers may have given it indexes and triggers of their own.
    let others = format!(
        "SELECT sql FROM sqlite_schema WHERE tbl_name = {} COLLATE NOCASE AND type IN ('index', 'trigger') AND sql IS \
         NOT NULL AND name NOT IN ({}) ORDER BY rowid",
        text(&before.table),
        own.join(", ")
    );
    // What the database computes is not copied.
    let copied = || after.fields.iter().filter(|field| field.generated.is_none());
    let columns: Vec<&str> = copied().map(|f| f.column.as_str()).collect();
    let values: Vec<String> = copied().map(source).collect();
    let mut steps = vec![guard::strange_columns(before), Step::Remember(others)];
    // Indexes go with the table; what is beside it does not.
    steps.extend(
        indexes.iter().filter(|index| !index.triggers.is_empty()).map(|index| Step::Sql(index.drop.clone())),
    );
    steps.extend([
        Step::Sql(table::create(state, after, &name)?),
        Step::Sql(format!(
            "INSERT INTO {new} ({})\nSELECT {}\nFROM {old}",
            table::list(&columns),
            values.join(", ")
        )),
    ]);
    let numbered = |model: &ModelState| model.fields.iter().any(|f| f.auto);
    if numbered(before) && numbered(after) {
        // The highest number ever given is kept, so that the key of a deleted row is not given again.
        let (new, old) = (text(&name), text(&before.table));
        steps.push(Step::Sql(format!("DELETE FROM sqlite_sequence WHERE name = {new}")));
        steps.push(Step::Sql(format!(
            "INSERT INTO sqlite_sequence (name, seq) SELECT {new}, seq FROM sqlite_sequence WHERE name = {old}"
        )));
    }
    steps.push(Step::Sql(format!("DROP TABLE {old}")));
    // Otherwise a view or trigger that mentions the table, which is not there at this moment, would refuse the renaming.
    steps.push(Step::Sql("PRAGMA legacy_alter_table = ON".to_owned()));
    steps.push(Step::Sql(format!("ALTER TABLE {new} RENAME TO {}", quoted(&after.table))));
    steps.push(Step::Sql("PRAGMA legacy_alter_table = OFF".to_owned()));
    steps.extend(table::indexes(after)?.into_iter().map(|index| Step::Sql(index.create)));
    steps.push(Step::Restore);
    Ok(steps)
}
