//! Random schemas, and rows for them.

use std::collections::BTreeMap;

use quintet_core::{Result, meta::OnDelete, value::Kind};
use quintet_migrate::{
    ProjectState,
    detect::{Answers, Question},
    state::{CheckState, FieldState, IndexState, ModelState, ThroughOf},
};
use quintet_orm::Executor;

use super::{Bed, Engine, decimal, field, fk, model, null, random::Random, text, varchar};

pub const MODELS: [&str; 5] = ["Ape", "Bee", "Cat", "Dog", "Eel"];
const FIELDS: [&str; 10] = ["one", "two", "six", "ten", "odd", "day", "end", "uid", "net", "few"];

/// The kind of a field of this name, so that the same name in both schemas can be converted.
fn random_field(random: &mut Random, name: &str) -> FieldState {
    let mut f = match name {
        "one" => random.pick(&[varchar(name, 40), varchar(name, 20), field(name, Kind::Text)]),
        "two" => random.pick(&[
            field(name, Kind::Int),
            field(name, Kind::BigInt),
            field(name, Kind::SmallInt),
            field(name, Kind::U16),
            field(name, Kind::U64),
        ]),
        "six" => random.pick(&[decimal(name, 8, 2), decimal(name, 12, 4), decimal(name, 10, 3)]),
        "ten" => random.pick(&[field(name, Kind::Bool), field(name, Kind::Int), field(name, Kind::Text)]),
        "odd" => random.pick(&[field(name, Kind::Date), field(name, Kind::DateTime)]),
        "uid" => random.pick(&[field(name, Kind::Uuid), field(name, Kind::Text), varchar(name, 36)]),
        "net" => field(name, Kind::Ip),
        "few" => random.pick(&[field(name, Kind::U8), field(name, Kind::U32), field(name, Kind::Real)]),
        "day" => random.pick(&[field(name, Kind::Date), field(name, Kind::Text), varchar(name, 10)]),
        _ => random.pick(&[field(name, Kind::Int), decimal(name, 9, 2), field(name, Kind::Float)]),
    };
    // A value that all rows get can't be unique, so what is unique may be null here.
    let may_be_unique = matches!(name, "one" | "two" | "uid" | "net");
    f.null = may_be_unique || random.one_in(2);
    f.unique = may_be_unique && random.one_in(3);
    f.index = random.one_in(4);
    if random.one_in(6) {
        f.column = format!("col_{name}");
    }
    f
}

pub fn random_schema(random: &mut Random) -> ProjectState {
    let present: Vec<&str> = MODELS.into_iter().filter(|_| !random.one_in(4)).collect();
    let app = |name: &str| if name < "Cat" { "one" } else { "two" };
    let label = |name: &str| format!("{}.{name}", app(name));
    let mut all = ProjectState::default();
    for name in &present {
        let mut fields = Vec::new();
        for f in FIELDS {
            if !random.one_in(3) {
                fields.push(random_field(random, f));
            }
        }
        for target in &present {
            if random.one_in(4) {
                let rule = random.pick(&[
                    OnDelete::Cascade,
                    OnDelete::Protect,
                    OnDelete::SetNull,
                    OnDelete::DoNothing,
                    OnDelete::Restrict,
                    OnDelete::SetDefault,
                    OnDelete::Set,
                ]);
                let to = FieldState::foreign_key(
                    &format!("to_{}", target.to_lowercase()),
                    Kind::BigInt,
                    label(target),
                    rule,
                );
                let to = FieldState { index: random.one_in(2), ..to };
                // A required key has no value for rows that exist: the models of people ask then; here it may be null.
                fields.push(null(to));
            }
        }
        let (label, mut model) = model(&label(name), fields);
        if random.one_in(5) {
            model.table = format!("odd {}", name.to_lowercase());
        }
        if model.fields.len() > 2 && ["one", "two"].contains(&&*model.fields[1].name) && random.one_in(2) {
            model.unique_together = vec![vec![model.fields[1].name.clone(), model.fields[2].name.clone()]];
        }
        for f in model.fields.clone().iter().filter(|f| f.reference.is_none() && !f.auto) {
            if random.one_in(8) {
                let minus = if random.one_in(2) { "-" } else { "" };
                let index =
                    IndexState { fields: vec![format!("{minus}{}", f.name)], ..IndexState::default() };
                let index = match random.below(3) {
                    0 => index,
                    1 => IndexState {
                        name: Some(format!("{}_part", name.to_lowercase())),
                        condition: Some(format!("\"{}\" IS NOT NULL", f.column)),
                        ..index
                    },
                    _ => IndexState { expressions: vec![format!("(\"{}\" IS NULL)", f.column)], ..index },
                };
                let taken = |i: &IndexState| i.name.is_some() && i.name == index.name;
                if !model.indexes.iter().any(taken) {
                    model.indexes.push(index);
                }
            }
            if random.one_in(12) {
                let sql = format!("\"{0}\" IS NULL OR \"{0}\" = \"{0}\"", f.column);
                model.checks.push(CheckState { name: format!("{}_same", f.name), sql });
            }
        }
        all.models.insert(label, model);
    }
    for owner in &present {
        if random.one_in(3) {
            let target = random.pick(&present);
            let of = ThroughOf { model: label(owner), field: "many".into() };
            let (from, to) =
                (format!("from_{}_id", owner.to_lowercase()), format!("{}_id", target.to_lowercase()));
            let side = |column: &str, to: &str| FieldState { column: column.into(), ..fk(column, to) };
            let fields =
                vec![FieldState::auto_key("id"), side(&from, &label(owner)), side(&to, &label(target))];
            let table = format!("{}_{}_many", app(owner), owner.to_lowercase());
            let through = ModelState {
                unique_together: vec![vec![from, to]],
                through: Some(of.clone()),
                ..ModelState::new(table, fields)
            };
            all.models.insert(of.label(), through);
        }
    }
    all
}

/// A value that every kind of the field's name can hold; each row has another one where it matters.
fn sample(f: &FieldState, row: usize, engine: Engine) -> String {
    let odd = row % 2;
    if engine == Engine::Postgres {
        match (f.name.as_str(), f.kind) {
            ("ten", Kind::Bool) => return (odd == 1).to_string(),
            (_, Kind::Decimal) => return row.to_string(),
            _ => {}
        }
    }
    match (f.name.as_str(), f.kind) {
        ("one", _) => format!("'it''s {row}'"),
        ("uid", Kind::Uuid) if engine == Engine::Sqlite => format!("'0190b6a80000700080000000000000a{row}'"),
        ("uid", _) => format!("'0190b6a8-0000-7000-8000-0000000000a{row}'"),
        ("net", _) => format!("'2001:db8::{row}'"),
        (_, Kind::Real) => format!("{row}.0"),
        ("ten", Kind::Text) => format!("'{odd}'"),
        ("ten", _) => odd.to_string(),
        ("odd", Kind::DateTime) => format!("'2024-01-0{} 00:00:00.000000'", row + 1),
        ("odd" | "day", _) => format!("'2024-01-0{}'", row + 1),
        (_, Kind::Decimal) => {
            (i64::try_from(row).unwrap() * 10i64.pow(f.digits.unwrap().places.into())).to_string()
        }
        (_, Kind::Float) => format!("{row}.0"),
        _ => row.to_string(),
    }
}

/// Three rows a table. Keys point to rows that exist; some values are NULL where that is allowed.
pub async fn fill(db: &Bed, state: &ProjectState, random: &mut Random) {
    let mut statements = Vec::new();
    for model in state.models.values() {
        for row in 1..4usize {
            let mut values = Vec::new();
            for f in &model.fields {
                let value = match (f.primary_key, &f.reference) {
                    (true, _) => row.to_string(),
                    (_, Some(_)) => row.to_string(),
                    _ if f.null && random.one_in(5) => "NULL".to_owned(),
                    _ => sample(f, row, db.engine),
                };
                values.push((format!("\"{}\"", f.column), value));
            }
            let (columns, values): (Vec<_>, Vec<_>) = values.into_iter().unzip();
            // Two of three values of a yes-or-no column are the same: where it must be unique, two rows are enough.
            let (insert, rest) = match db.engine {
                Engine::Sqlite => ("INSERT OR IGNORE", ""),
                Engine::Postgres => ("INSERT", " ON CONFLICT DO NOTHING"),
            };
            statements.push(format!(
                "{insert} INTO \"{}\" ({}) VALUES ({}){rest}",
                model.table,
                columns.join(", "),
                values.join(", ")
            ));
        }
    }
    // In one transaction: foreign keys are checked at its end. A row that was left out takes those that point to it.
    let sql = statements.join(";\n");
    db.atomic_schema(async |tx| {
        tx.batch(sql).await?;
        for model in state.models.values() {
            for f in model.fields.iter().filter(|f| f.reference.is_some()) {
                let target = &state.models[&f.reference.as_ref().unwrap().model].table;
                let (table, column) = (&model.table, &f.column);
                let lost = format!("\"{column}\" NOT IN (SELECT id FROM \"{target}\")");
                let mend = if f.null {
                    format!("UPDATE \"{table}\" SET \"{column}\" = NULL WHERE {lost}")
                } else {
                    format!("DELETE FROM \"{table}\" WHERE {lost}")
                };
                tx.batch(mend).await?;
            }
        }
        Ok(())
    })
    .await
    .unwrap();
}

/// What rows say, whatever the form in which a kind keeps it: by label and field.
pub async fn contents(db: &Bed, state: &ProjectState) -> BTreeMap<(String, String), String> {
    let mut all = BTreeMap::new();
    for (label, model) in &state.models {
        for f in &model.fields {
            let c = format!("\"{}\"", f.column);
            let shown = match f.kind {
                // As SQLite's text of a double: `1.0`.
                Kind::Decimal | Kind::Float if db.engine == Engine::Postgres => {
                    format!("({c})::double precision")
                }
                Kind::Int if db.engine == Engine::Postgres && f.name == "end" => {
                    format!("({c})::double precision")
                }
                Kind::DateTime if db.engine == Engine::Postgres => format!("to_char({c}, 'YYYY-MM-DD')"),
                Kind::Date if db.engine == Engine::Postgres => format!("to_char({c}, 'YYYY-MM-DD')"),
                Kind::Bool if db.engine == Engine::Postgres => format!("({c})::text"),
                Kind::Decimal => format!("{c} / 1{}.0", "0".repeat(f.digits.unwrap().places.into())),
                Kind::DateTime => format!("substr({c}, 1, 10)"),
                Kind::Bool => format!("CASE {c} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"),
                Kind::Text if f.name == "ten" => format!(
                    "CASE WHEN {c} IN ('1', 'true') THEN 'true' WHEN {c} IN ('0', 'false') THEN 'false' END"
                ),
                Kind::Int if f.name == "ten" => {
                    format!("CASE {c} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END")
                }
                Kind::Int if f.name == "end" => format!("{c} * 1.0"),
                Kind::Real => format!("CAST({c} AS INTEGER)"),
                Kind::Uuid if db.engine == Engine::Postgres => format!("replace({c}::text, '-', '')"),
                Kind::Ip if db.engine == Engine::Postgres => format!("host({c})"),
                Kind::Text if f.name == "uid" => format!("replace({c}, '-', '')"),
                _ => c,
            };
            let rows = text(db, &format!("SELECT id, {shown} FROM \"{}\" ORDER BY id", model.table)).await;
            all.insert((label.clone(), f.name.clone()), rows);
        }
    }
    all
}

/// Nothing is a rename; rows that exist get a value that is as good as any.
pub struct Anything;

pub fn any_value(field: &FieldState) -> String {
    let value = match (field.name.as_str(), field.kind) {
        (_, Kind::Bool) => "false",
        (_, Kind::DateTime) => "1999-12-31T00:00:00Z",
        ("odd" | "day", _) => "1999-12-31",
        ("uid", _) => "00000000-0000-0000-0000-000000000000",
        ("net", _) => "192.0.2.1",
        _ => "0",
    };
    value.to_owned()
}

impl Answers for Anything {
    fn answer(&mut self, question: &Question) -> Result<Option<String>> {
        Ok(match question {
            Question::Backfill { field, .. } => Some(any_value(field)),
            _ => None,
        })
    }
}
