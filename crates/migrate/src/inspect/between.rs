//! Tables that only join two others, and the relations that have no column of their own.

use quintet_core::{
    meta::{OnDelete, snake_case},
    value::Kind,
};

use super::{
    fields,
    found::{Reference, Sort, Table},
    known::Plan,
    model::{Field, Model, Opt, of_columns},
    names,
};

/// A table that only joins two others.
pub(super) struct Join {
    pub(super) table: usize,
    /// The model that has the many-to-many, with the column that leads to it.
    owner: (usize, String),
    other: (usize, String),
    field: String,
    /// Is it the table that migrations make for such a field, so that it needs no model?
    pub(super) implied: bool,
}

/// The tables that only join two others.
pub(super) fn joins(plan: &Plan<'_>) -> Vec<Join> {
    plan.tables.iter().enumerate().filter_map(|(number, table)| join(plan, number, table)).collect()
}

fn join(plan: &Plan<'_>, number: usize, table: &Table) -> Option<Join> {
    let [first, second] = table.references.as_slice() else { return None };
    let side = |reference: &Reference| -> Option<(usize, String)> {
        Some((plan.target(table, reference).ok()?, reference.columns.first()?.clone()))
    };
    let (mut a, mut b) = (side(first)?, side(second)?);
    // In the order of the columns, whatever the order of the constraints.
    let place = |column: &str| table.columns.iter().position(|c| c.name == column);
    if place(&a.1) > place(&b.1) {
        std::mem::swap(&mut a, &mut b);
    }
    let pair = [a.1.as_str(), b.1.as_str()];
    let of_pair = |name: &str| pair.contains(&name);
    let more = table.columns.iter().filter(|column| !of_pair(&column.name));
    let only_key = more.clone().count() <= 1
        && more.clone().all(|c| c.auto && table.key.as_slice() == [c.name.as_str()]);
    let bare =
        table.indexes.iter().all(|index| index.plain().is_some_and(|all| all.iter().all(|c| of_pair(c))));
    let pure = table.sort == Sort::Table
        && pair.first() != pair.last()
        && only_key
        && bare
        && table.checks.is_empty()
        && table.columns.iter().filter(|c| of_pair(&c.name)).all(|c| !c.null && c.default.is_none())
        && table.is_unique(&pair);
    if !pure {
        return None;
    }
    // `cinema_film_tags` is the field `tags` of the model of `cinema_film`.
    let rest = |owner: usize| {
        let prefix = format!("{}_", plan.table(owner)?.name);
        table.name.strip_prefix(&prefix).filter(|rest| !rest.is_empty()).map(str::to_owned)
    };
    let (owner, other, rest) = match (rest(a.0), rest(b.0)) {
        (Some(rest), _) => (a, b, Some(rest)),
        (None, Some(rest)) => (b, a, Some(rest)),
        (None, None) => (a, b, None),
    };
    let field = rest.clone().unwrap_or_else(|| names::plural(&snake_case(plan.name(other.0))));
    let (own, far) = (snake_case(plan.name(owner.0)), snake_case(plan.name(other.0)));
    let columns = if own == far {
        (format!("from_{own}_id"), format!("to_{own}_id"))
    } else {
        (format!("{own}_id"), format!("{far}_id"))
    };
    let implied = rest.is_some_and(|rest| names::field(&rest) == rest)
        && (&owner.1, &other.1) == (&columns.0, &columns.1)
        && table.key.as_slice() == ["id"]
        && table.column("id").is_some_and(|id| id.ty.kind == Kind::BigInt)
        && (!plan.options.managed || as_made(table, &owner.1, &other.1));
    Some(Join { table: number, owner, other, field: names::field(&field), implied })
}

/// Is it in all as migrations make it?
fn as_made(table: &Table, from: &str, to: &str) -> bool {
    let cascades = table.references.iter().all(|reference| reference.on_delete == OnDelete::Cascade);
    let mut seen: Vec<(Vec<&str>, bool)> =
        table.indexes.iter().filter_map(|index| Some((index.plain()?, index.unique))).collect();
    seen.sort();
    let mut made = vec![(vec![from, to], true), (vec![to], false)];
    made.sort();
    cascades && seen == made
}

/// Adds the relations without columns: many-to-manys, and the other ends of foreign keys.
pub(super) fn relate(plan: &Plan<'_>, joins: &[Join], models: &mut [(usize, Model)]) {
    for join in joins {
        let ty = format!("ManyToMany<{}>", plan.name(join.other.0));
        let mut field = Field { ty, ..Field::default() };
        if !join.implied {
            field.options.push(Opt::Free(format!("through = {}", plan.name(join.table))));
            if join.owner.0 == join.other.0
                && let Some((_, between)) = models.iter().find(|(number, _)| *number == join.table)
                && let Some(keys) = of_columns(between, &[&join.owner.1, &join.other.1])
            {
                field.options.push(Opt::Free(format!("through_fields = ({})", keys.join(", "))));
            }
        }
        let Some(via) = add(models, join.owner.0, join.field.clone(), field) else { continue };
        if join.owner.0 != join.other.0 {
            let owner = plan.name(join.owner.0);
            other_end(models, join.other.0, owner, &snake_case(owner), "HasMany", &via);
        }
    }
    for (number, table) in plan.tables.iter().enumerate() {
        if joins.iter().any(|join| join.table == number) {
            continue;
        }
        for column in &table.columns {
            let Some((target, _)) = fields::reference(plan, table, column) else { continue };
            let own = models.iter().find(|(n, _)| *n == number);
            let field =
                own.and_then(|(_, model)| model.fields.iter().find(|field| field.column == column.name));
            let Some((name, ty)) = field.map(|field| (field.name.clone(), field.ty.clone())) else {
                continue;
            };
            let end = if ty.contains("OneToOne<") { "HasOne" } else { "HasMany" };
            let usual = snake_case(plan.name(target));
            other_end(models, target, plan.name(number), &usual, end, &name);
        }
    }
}

/// The other end of a relation, where its name is free.
fn other_end(models: &mut [(usize, Model)], at: usize, from: &str, usual: &str, end: &str, via: &str) {
    let snake = snake_case(from);
    let name = names::field(&if end == "HasOne" { snake } else { names::plural(&snake) });
    let mut field = Field { ty: format!("{end}<{from}>"), ..Field::default() };
    if via != usual
        || models.iter().find(|(n, _)| *n == at).is_some_and(|(_, model)| snake_case(&model.name) != via)
    {
        field.options.push(Opt::Free(format!("via = {via}")));
    }
    let taken = |name: &str| {
        models.iter().any(|(n, model)| *n == at && model.fields.iter().any(|field| field.name == name))
    };
    let name = if taken(&name) { format!("{name}_by_{via}") } else { name };
    if !taken(&name) {
        let _ = add(models, at, name, field);
    }
}

/// Adds a field to a model, and says how it is called.
fn add(models: &mut [(usize, Model)], at: usize, name: String, field: Field) -> Option<String> {
    let (_, model) = models.iter_mut().find(|(number, _)| *number == at)?;
    let name = names::free(name, |name| model.fields.iter().any(|field| field.name == name));
    model.fields.push(Field { name: name.clone(), ..field });
    Some(name)
}
