//! The columns of a table as fields of its model.

use quintet_core::{meta::OnDelete, value::Kind};

use super::{
    ask::quoted,
    found::{Column, Table},
    indexes,
    known::Plan,
    model::{Field, Model, Opt},
    names,
};

/// Writes the fields of all columns.
pub(super) fn write(plan: &Plan<'_>, table: &Table, model: &mut Model) {
    for reference in table.references.iter().filter(|reference| reference.columns.len() > 1) {
        let why = plan.target(table, reference).err().unwrap_or_default();
        model.notes.push(format!("{why}: no field can say so"));
    }
    let mut named: Vec<(String, &Column)> = Vec::new();
    for column in &table.columns {
        let value = !table.key.contains(&column.name) && reference(plan, table, column).is_none();
        if column.generated && (column.computed.is_none() || !value) {
            model.missing.push(format!(
                "The database computes `{}` ({}), which no field can say.",
                column.name,
                rust(column.ty.kind)
            ));
            continue;
        }
        let name = name(plan, table, column, &named);
        named.push((name, column));
    }
    for (name, column) in named {
        let field = field(plan, table, column, name);
        model.fields.push(field);
    }
}

/// Does the database number the key, and nothing but it?
fn is_numbered(table: &Table, column: &Column) -> bool {
    column.auto && column.ty.kind.is_integer() && table.key.as_slice() == [column.name.as_str()]
}

fn name(plan: &Plan<'_>, table: &Table, column: &Column, before: &[(String, &Column)]) -> String {
    let only_key = table.key.as_slice() == [column.name.as_str()];
    let numbered = is_numbered(table, column) && reference(plan, table, column).is_none();
    if numbered {
        return "id".to_owned();
    }
    let wanted = match reference(plan, table, column) {
        Some(_) => names::field(short(&names::snake(&column.name))),
        None => names::field(&column.name),
    };
    // A whole number that is the key and is called `id` would be taken for one that the database numbers.
    let wanted =
        if only_key && wanted == "id" && column.ty.kind.is_integer() { "key".to_owned() } else { wanted };
    let id_is_key = table.columns.iter().any(|other| is_numbered(table, other));
    let others: Vec<String> = table
        .columns
        .iter()
        .filter(|other| other.name != column.name)
        .map(|other| names::field(&other.name))
        .collect();
    let plain = names::field(&column.name);
    let taken = |name: &str| {
        let reserved = (name == "id" && id_is_key)
            // Another column is called just this; it has more right to the name.
            || (name != plain && others.iter().any(|other| other == name));
        reserved || before.iter().any(|(other, _)| other == name)
    };
    let wanted = if taken(&wanted) { plain.clone() } else { wanted };
    names::free(wanted, taken)
}

/// `director_id` is `director`.
fn short(name: &str) -> &str {
    name.strip_suffix("_id").filter(|short| !short.is_empty()).unwrap_or(name)
}

/// The foreign key of a column, as number of the other table, and its rule.
pub(super) fn reference(plan: &Plan<'_>, table: &Table, column: &Column) -> Option<(usize, OnDelete)> {
    let own = |columns: &[String]| matches!(columns, [one] if one.eq_ignore_ascii_case(&column.name));
    let mut all = table.references.iter().filter(|reference| own(&reference.columns));
    all.find_map(|reference| Some((plan.target(table, reference).ok()?, reference.on_delete)))
}

fn field(plan: &Plan<'_>, table: &Table, column: &Column, name: String) -> Field {
    let mut field = Field {
        column: column.name.clone(),
        doc: column.comment.clone(),
        notes: column.notes.clone(),
        ..Field::default()
    };
    let in_key = table.key.contains(&column.name);
    let only_key = in_key && table.key.len() == 1;
    let leads = reference(plan, table, column);
    for reference in
        table.references.iter().filter(|r| r.columns.len() == 1 && r.columns.contains(&column.name))
    {
        if let Err(why) = plan.target(table, reference) {
            field.notes.push(why);
        }
    }
    let own = indexes::of_column(table, &column.name);
    let mut ty = rust(column.ty.kind).to_owned();
    let numbered = is_numbered(table, column) && leads.is_none();
    if in_key && !(only_key && name == "id") {
        field.options.push(Opt::Plain("primary_key".to_owned()));
    }
    let mut usual = name.clone();
    if let Some((number, on_delete)) = leads {
        let one = only_key || (own.unique && !in_key);
        ty = format!("{}<{}>", if one { "OneToOne" } else { "ForeignKey" }, plan.name(number));
        usual = format!("{name}_id");
        if let Some(rule) = rule(on_delete, column, &mut field) {
            field.options.push(Opt::Free(format!("on_delete = {rule}")));
        }
        if own.unique && !one {
            field.options.push(Opt::Plain("unique".to_owned()));
        } else if !one && !own.index {
            field.options.push(Opt::Plain("index = false".to_owned()));
        }
    } else {
        if own.unique && !only_key {
            field.options.push(Opt::Plain("unique".to_owned()));
        } else if own.index && !only_key {
            field.options.push(Opt::Plain("index".to_owned()));
        }
        if let Some(most) = column.ty.max_length {
            field.options.push(Opt::Plain(format!("max_length = {most}")));
        }
        if let Some(digits) = column.ty.digits {
            field.options.push(Opt::Plain(format!("max_digits = {}", digits.max)));
            field.options.push(Opt::Plain(format!("decimal_places = {}", digits.places)));
        }
        if not_negative(table, column) {
            field.options.push(Opt::Plain("min = 0".to_owned()));
        }
    }
    if let Some(sql) = &column.computed {
        field.options.push(Opt::text("generated", sql));
    } else if let Some(sql) = column.default.as_ref().filter(|_| !numbered) {
        field.options.push(Opt::text("db_default", sql));
    } else if column.auto && !numbered && leads.is_none() {
        field.notes.push(
            "the database numbers it, but only a key of one whole number called `id` can say so".to_owned(),
        );
    }
    if usual != column.name {
        field.options.push(Opt::text("column", &column.name));
    }
    if lists_values(table, column) {
        field.notes.push("a rule lists its values: an enum with #[derive(Choices)] says so too".to_owned());
    }
    field.ty = if column.null && !in_key { format!("Option<{ty}>") } else { ty };
    field.implied = numbered
        && only_key
        && field.options.is_empty()
        && field.ty == "i64"
        && field.notes.is_empty()
        && field.doc.is_none();
    field.name = name;
    field
}

/// The rule of a foreign key, where it is not the usual one.
fn rule(on_delete: OnDelete, column: &Column, field: &mut Field) -> Option<&'static str> {
    match on_delete {
        OnDelete::Cascade => None,
        OnDelete::Protect => Some("protect"),
        OnDelete::SetNull if column.null => Some("set_null"),
        OnDelete::SetDefault if column.default.is_some() => Some("set_default"),
        OnDelete::SetNull | OnDelete::SetDefault => {
            let what = if on_delete == OnDelete::SetNull { "NULL" } else { "its default" };
            field.notes.push(format!("ON DELETE sets it to {what}, which it can't be"));
            Some("do_nothing")
        }
        _ => Some("do_nothing"),
    }
}

/// Is there a rule that it is at least 0, which people are better told before the database is asked?
fn not_negative(table: &Table, column: &Column) -> bool {
    let (bare, quoted) = (format!("{} >= 0", column.name), format!("{} >= 0", quoted(&column.name)));
    column.ty.kind.is_integer() && table.checks.iter().any(|check| check.sql == bare || check.sql == quoted)
}

/// Does a rule say which texts it may be?
fn lists_values(table: &Table, column: &Column) -> bool {
    column.ty.kind == Kind::Text
        && table.checks.iter().any(|check| {
            let sql = check.sql.to_uppercase();
            let name = column.name.to_uppercase();
            let start = sql.trim_start_matches(['(', '"']);
            start.starts_with(&name) && (sql.contains(" IN (") || sql.contains("= ANY ("))
        })
}

/// The type of a field.
pub(super) fn rust(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "bool",
        Kind::SmallInt => "i16",
        Kind::Int => "i32",
        Kind::BigInt => "i64",
        Kind::U8 => "u8",
        Kind::U16 => "u16",
        Kind::U32 => "u32",
        Kind::U64 => "u64",
        Kind::Real => "f32",
        Kind::Float => "f64",
        Kind::Decimal => "Decimal",
        Kind::Bytes => "Vec<u8>",
        Kind::Date => "Date",
        Kind::Time => "Time",
        Kind::DateTime => "Timestamp",
        Kind::Duration => "SignedDuration",
        Kind::Json => "JsonValue",
        Kind::Uuid => "Uuid",
        Kind::Ip => "IpAddr",
        _ => "String",
    }
}
