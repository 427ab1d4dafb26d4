use quintet_core::{
    Result,
    command::{Args, Console},
    settings::{Row, Settings},
};

/// Lists the settings, secrets masked.
pub(crate) fn settings(settings: &Settings, args: &Args, console: &Console) -> Result {
    let rows = settings.rows();
    console.line(if args.take::<bool>("json")? { json(&rows)? } else { table(&rows) });
    Ok(())
}

fn full(row: &Row) -> String {
    if row.section.is_empty() { row.key.to_owned() } else { format!("{}.{}", row.section, row.key) }
}

fn table(rows: &[Row]) -> String {
    let mut cells = vec![["key".to_owned(), "value".to_owned(), "from".to_owned()]];
    for row in rows {
        let value = if row.value.is_empty() { "–".to_owned() } else { row.value.replace('\n', "⏎") };
        cells.push([full(row), value, row.origin.to_string()]);
    }
    let width = |i: usize| {
        cells.iter().filter_map(|row| row.get(i)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let (keys, values) = (width(0), width(1).min(60));
    let line = |[key, value, origin]: &[String; 3]| format!("{key:keys$}  {value:values$}  {origin}");
    cells.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn json(rows: &[Row]) -> Result<String> {
    let row = |row: &Row| {
        serde_json::json!({
            "key": full(row),
            "value": row.value,
            "from": row.origin.to_string(),
            "secret": row.secret,
            "help": row.help,
        })
    };
    Ok(serde_json::to_string_pretty(&rows.iter().map(row).collect::<Vec<_>>())?)
}
