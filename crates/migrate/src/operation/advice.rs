//! What an operation costs a site that is in use, and how to do it safely.

use quintet_orm::Dialect;

use super::Operation;
use crate::state::{FieldState, IndexState, ModelState, ProjectState};

const ANEW: &str = "builds the table anew, and others can't write meanwhile: run it when that is no harm";
const INDEX: &str = "makes an index, and nobody can write to the table meanwhile: on a large one make it first by an index of its \
                     own, in a migration with `concurrently = true`";
const READS: &str = "reads the whole table, which nobody can write meanwhile: run it when that is no harm";
const RENAMED: &str = "programs that still run know only the old name: stop them, or keep the name in the database \
                       (`table = \"…\"`, `column = \"…\"`)";

impl Operation {
    /// What is lost or locked, and what to do instead; `None` if it is safe beside programs that run. `before` is the
    /// state before it.
    #[must_use]
    pub fn advice(&self, before: &ProjectState, dialect: &Dialect) -> Option<String> {
        let model = self.model().and_then(|label| before.models.get(label));
        let rebuilds = dialect.rebuilds_tables;
        let text = match self {
            // A new table is locked for nobody, and a label is no part of the database.
            Operation::CreateModel { .. } | Operation::RenameModel { .. } => return None,
            Operation::DeleteModel { .. } => {
                "loses all rows of the table: make a copy first, and release a program that no longer uses it before"
            }
            Operation::RemoveField { name, .. } => {
                let shape = model.and_then(|m| m.get(name)).filter(|f| rebuilds && needs_rebuild(f));
                let also = if shape.is_some() { format!("; {ANEW}") } else { String::new() };
                return Some(format!(
                    "loses the values of `{name}`: make a copy first, and release a program that no longer uses it before{also}"
                ));
            }
            Operation::RenameTable { .. } => RENAMED,
            Operation::RenameField { model: label, from, .. } => {
                let mut after = before.clone();
                self.apply(&mut after).ok()?;
                let column = &model?.get(from)?.column;
                let kept = after.models.get(label)?.fields.iter().any(|f| f.column == *column);
                return (!kept).then(|| RENAMED.to_owned());
            }
            Operation::AlterField { field, .. } => return altering(model?, field, rebuilds),
            Operation::AddField { field, .. } => return adding(field, rebuilds),
            Operation::AlterUniqueTogether { sets, .. } => {
                let new = sets.iter().any(|set| !model.is_some_and(|m| m.unique_together.contains(set)));
                if !new {
                    return None;
                }
                if rebuilds { READS } else { INDEX }
            }
            Operation::AddConstraint { .. } | Operation::RemoveConstraint { .. } if rebuilds => ANEW,
            Operation::AddConstraint { .. } => READS,
            // It only takes a moment.
            Operation::RemoveConstraint { .. } | Operation::RenameIndex { .. } => return None,
            Operation::AddIndex { index, concurrently, .. } => {
                return indexing(index, *concurrently, rebuilds);
            }
            Operation::RemoveIndex { concurrently: false, .. } if !rebuilds => {
                "waits for all who use the table, and they for it: on a busy one give it a migration of its own with \
                 `concurrently = true`"
            }
            Operation::RemoveIndex { .. } => return None,
            Operation::RunSql { .. } => {
                "is SQL of your own: what it locks is not known. Change many rows in parts, in a migration of their own"
            }
            Operation::RunRust { function, .. } if function.is_empty() => return None,
            Operation::RunRust { .. } if rebuilds => {
                "nobody else can write until it is done: give it a migration of its own, and run it when that is no harm"
            }
            Operation::RunRust { .. } => {
                "the rows that it changes are locked until it is done: give it a migration of its own"
            }
            Operation::Separate { database, .. } => {
                let mut state = before.clone();
                let all: Vec<String> = database
                    .iter()
                    .filter_map(|operation| {
                        let advice =
                            operation.advice(&state, dialect).map(|text| format!("{operation}: {text}"));
                        operation.apply(&mut state).ok()?;
                        advice
                    })
                    .collect();
                return (!all.is_empty()).then(|| all.join("; "));
            }
        };
        Some(text.to_owned())
    }
}

const COMPUTED: &str = "computes the column of every row and writes the whole table anew, which nobody can use meanwhile: run it \
                        when that is no harm";

fn adding(field: &FieldState, rebuilds: bool) -> Option<String> {
    if rebuilds {
        let anew =
            !field.null || field.primary_key || field.db_default.is_some() || field.generated.is_some();
        return anew.then(|| ANEW.to_owned());
    }
    if field.generated.is_some() {
        return Some(COMPUTED.to_owned());
    }
    if field.unique || field.index {
        return Some(format!(
            "{INDEX}; or add the field without one first, and the index in a later migration"
        ));
    }
    // A value that the database computes anew for each row, as opposed to one that it keeps beside the table.
    let computed = field.auto || field.db_default.as_ref().is_some_and(|sql| sql.contains('('));
    if computed {
        return Some(
            "may write the whole table anew, which nobody can read meanwhile: on a large one let the field be null first"
                .to_owned(),
        );
    }
    field.reference.as_ref().map(|_| {
        "adds a foreign key, for which both tables can't be written for a moment: run it when no long transaction is open"
            .to_owned()
    })
}

fn altering(model: &ModelState, field: &FieldState, rebuilds: bool) -> Option<String> {
    let old = model.get(&field.name)?;
    let text = if old.column != field.column {
        "programs that still run know only the old column: stop them first"
    } else if column_changes(old, field) && rebuilds {
        ANEW
    } else if field.generated.is_some() && column_changes(old, field) {
        COMPUTED
    } else if old.kind != field.kind || old.digits != field.digits {
        "writes the whole table anew, which nobody can read meanwhile: on a large one add a field of another name, fill it \
         with run_sql in parts, and remove the old one later"
    } else if old.primary_key != field.primary_key {
        "makes the key's index anew, and nobody can use the table meanwhile: run it when that is no harm"
    } else if old.null && !field.null {
        "reads the whole table, which nobody can write meanwhile: fill the empty values in a migration before, and run it \
         when that is no harm"
    } else if narrower(old, field) {
        READS
    } else if !rebuilds && ((field.unique && !old.unique) || (field.index && !old.index && !field.unique)) {
        INDEX
    } else if old.reference != field.reference && field.reference.is_some() {
        "checks the foreign key of every row, and both tables can't be written meanwhile: run it when that is no harm"
    } else {
        return None;
    };
    Some(text.to_owned())
}

fn indexing(index: &IndexState, concurrently: bool, rebuilds: bool) -> Option<String> {
    if concurrently || rebuilds {
        return None;
    }
    Some(if index.deferrable {
        "makes the index of a constraint, and nobody can write to the table meanwhile: run it when that is no harm".to_owned()
    } else {
        "nobody can write to the table meanwhile: on a large one give it a migration of its own with `concurrently = true`"
            .to_owned()
    })
}

/// Must every row be looked at?
fn narrower(old: &FieldState, new: &FieldState) -> bool {
    let shorter = new.max_length.is_some_and(|n| old.max_length.is_none_or(|m| n < m));
    let fewer = !new.choices.is_empty()
        && (old.choices.is_empty() || old.choices.iter().any(|c| !new.choices.contains(c)));
    shorter || fewer
}

/// Can it not be dropped in place?
fn needs_rebuild(field: &FieldState) -> bool {
    field.primary_key || field.reference.is_some()
}

/// Does the column itself change, and not only an index?
fn column_changes(old: &FieldState, field: &FieldState) -> bool {
    let bare = |f: &FieldState| FieldState { unique: false, index: false, choices: Vec::new(), ..f.clone() };
    bare(old) != bare(field)
}
