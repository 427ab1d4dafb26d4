//! What an operation costs a site that is in use, and how to do it safely.

use quintet_orm::Dialect;

use super::Operation;
use crate::state::{FieldState, ModelState, ProjectState};

impl Operation {
    /// What is lost or locked, and what to do instead; `None` if it is safe beside programs that run. `before` is the
    /// state before it.
    #[must_use]
    pub fn advice(&self, before: &ProjectState, dialect: &Dialect) -> Option<String> {
        let model = self.model().and_then(|label| before.models.get(label));
        let rebuilds = dialect.rebuilds_tables;
        let anew = "builds the table anew, and others can't write meanwhile: run it when that is no harm";
        Some(match self {
            Operation::DeleteModel { .. } => {
                "loses all rows of the table: make a copy first, and release a program that no longer uses it before".to_owned()
            }
            Operation::RemoveField { name, .. } => format!(
                "loses the values of `{name}`: make a copy first, and release a program that no longer uses it before"
            ),
            Operation::RenameTable { .. } | Operation::RenameField { .. } => {
                "programs that still run know only the old name: stop them, or keep the name in the database \
                 (`table = \"…\"`, `column = \"…\"`)"
                    .to_owned()
            }
            Operation::AlterField { field, .. } => {
                let old = model?.get(&field.name)?;
                if old.column != field.column {
                    "programs that still run know only the old column: stop them first".to_owned()
                } else if column_changes(model?, field) && rebuilds {
                    anew.to_owned()
                } else if old.kind != field.kind || old.digits != field.digits {
                    "writes the whole table anew, which nobody can read meanwhile: on a large one add a field of another \
                     name, fill it with run_sql in parts, and remove the old one later"
                        .to_owned()
                } else if old.null && !field.null {
                    "reads the whole table, which nobody can write meanwhile: fill the empty values in a migration before, \
                     and run it when that is no harm"
                        .to_owned()
                } else if !rebuilds && ((field.unique && !old.unique) || (field.index && !old.index)) {
                    "makes an index, and nobody can write to the table meanwhile: run it when that is no harm".to_owned()
                } else {
                    return None;
                }
            }
            Operation::AddField { field, .. } if rebuilds && !field.null => anew.to_owned(),
            Operation::AddConstraint { .. } | Operation::RemoveConstraint { .. } if rebuilds => anew.to_owned(),
            Operation::AddConstraint { .. } => {
                "reads the whole table, which nobody can write meanwhile: run it when that is no harm".to_owned()
            }
            Operation::AddIndex { concurrently: false, .. } if !rebuilds => {
                "nobody can write to the table meanwhile: on a large one give it a migration of its own with \
                 `concurrently = true`"
                    .to_owned()
            }
            Operation::Separate { database, .. } => {
                let mut state = before.clone();
                let all: Vec<String> = database
                    .iter()
                    .filter_map(|operation| {
                        let advice = operation.advice(&state, dialect).map(|text| format!("{operation}: {text}"));
                        operation.apply(&mut state).ok()?;
                        advice
                    })
                    .collect();
                return (!all.is_empty()).then(|| all.join("; "));
            }
            _ => return None,
        })
    }
}

/// Does the column itself change, and not only an index?
fn column_changes(model: &ModelState, field: &FieldState) -> bool {
    model.get(&field.name).is_some_and(|old| {
        let bare =
            |f: &FieldState| FieldState { unique: false, index: false, choices: Vec::new(), ..f.clone() };
        bare(old) != bare(field)
    })
}
