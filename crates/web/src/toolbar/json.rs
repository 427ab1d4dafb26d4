//! Records as the toolbar's script reads them. The script puts all of it on the page as text.

use std::{borrow::Cow, collections::HashMap, sync::Arc, time::Duration};

use quintet_core::{
    Services,
    debug::{DebugPanels, Note, Panel},
    hidden::cover_all,
    settings::Settings,
    signal,
};
use serde_json::{Value, json};

use super::record::{Record, Rows};
use crate::facts::PHASES;

/// As a `Server-Timing` header: the browser shows it beside the request, and the toolbar finds its record by it.
pub(super) fn server_timing(record: &Record) -> String {
    let mut out = format!("quintet;desc=\"{}\", total;dur={}", record.id, milliseconds(record.took));
    for (panel, notes) in by_panel(record) {
        let took: Duration = notes.iter().filter_map(|(_, note)| note.took).sum();
        if *panel != PHASES && !took.is_zero() {
            out += &format!(", {};dur={};desc=\"{}\"", panel.name, milliseconds(took), notes.len());
        }
    }
    out
}

/// All of them, the newest first.
pub(super) fn list(records: &[Arc<Record>]) -> Value {
    records.iter().rev().map(|record| covered(head(record), record)).collect()
}

fn head(record: &Record) -> Value {
    let notes = by_panel(record);
    let counts: serde_json::Map<String, Value> = notes
        .iter()
        .filter(|(panel, _)| **panel != PHASES)
        .map(|(panel, notes)| (panel.name.to_owned(), notes.len().into()))
        .collect();
    let attention: Vec<String> = notes.iter().filter_map(|(panel, notes)| attention(panel, notes)).collect();
    json!({
        "id": record.id,
        "at": record.at.to_string(),
        "method": record.method,
        "address": record.address,
        "status": record.status,
        "kind": record.kind,
        "location": record.location,
        "took": milliseconds(record.took),
        "counts": counts,
        "attention": attention,
    })
}

/// One, with all its panels.
pub(super) fn whole(record: &Record, services: &Services) -> Value {
    let mut value = head(record);
    let mut panels = vec![request(record)];
    let mut notes = by_panel(record);
    // In the order of the rooms, and those without notes, too.
    let rooms = services.get::<DebugPanels>().cloned().unwrap_or_default();
    let known =
        [&PHASES].into_iter().chain(rooms.0.iter().map(|room| room.panel())).chain([&signal::SIGNALS]);
    let known: Vec<&'static Panel> = known.collect();
    for panel in known {
        match notes.iter().position(|(of, _)| *of == panel) {
            Some(at) => panels.push(noted(panel, &notes.remove(at).1)),
            None => panels.push(noted(panel, &[])),
        }
    }
    panels.extend(notes.iter().map(|(panel, notes)| noted(panel, notes)));
    panels.push(messages(record));
    panels.push(settings(services));
    if let Some(object) = value.as_object_mut() {
        object.insert("panels".to_owned(), panels.into());
        object.insert("left_out".to_owned(), record.trace.left_out().into());
    }
    covered(value, record)
}

/// Without what the request concealed, wherever it has got to.
fn covered(mut value: Value, record: &Record) -> Value {
    let hidden = record.conceals.values();
    if !hidden.is_empty() {
        cover(&mut value, &hidden);
    }
    value
}

fn cover(value: &mut Value, hidden: &[String]) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(without) = cover_all(text, hidden) {
                *text = without;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| cover(item, hidden)),
        Value::Object(fields) => fields.iter_mut().for_each(|(_, value)| cover(value, hidden)),
        _ => {}
    }
}

type Numbered = Vec<(usize, Note)>;

/// The notes of each panel, with their numbers among all, in the order in which panels were first used.
fn by_panel(record: &Record) -> Vec<(&'static Panel, Numbered)> {
    let mut out: Vec<(&'static Panel, Numbered)> = Vec::new();
    for (number, (panel, note)) in record.trace.notes().into_iter().enumerate() {
        match out.iter_mut().find(|(of, _)| *of == panel) {
            Some((_, notes)) => notes.push((number, note)),
            None => out.push((panel, vec![(number, note)])),
        }
    }
    out
}

/// How often each thing was noted from its place.
fn repeats(notes: &[(usize, Note)]) -> HashMap<(&str, Option<&str>), usize> {
    let mut times = HashMap::new();
    for (_, note) in notes {
        *times.entry((note.text.as_str(), note.place.as_deref())).or_insert(0) += 1;
    }
    times
}

/// What is wrong with the notes of a panel, in one sentence.
fn attention(panel: &Panel, notes: &[(usize, Note)]) -> Option<String> {
    let failed = notes.iter().filter(|(_, note)| note.failed.is_some()).count();
    if failed > 0 {
        return Some(format!("{}: {failed} failed", panel.title));
    }
    let most = repeats(notes).into_values().max().filter(|most| panel.repeats && *most > 1)?;
    Some(format!("{}: the same ran {most} times from one place", panel.title))
}

fn noted(panel: &Panel, notes: &[(usize, Note)]) -> Value {
    let times = repeats(notes);
    let entry = |(number, note): &(usize, Note)| {
        let repeated = times.get(&(note.text.as_str(), note.place.as_deref())).copied().unwrap_or(1);
        json!({
            "number": number,
            "text": note.text,
            "place": note.place,
            "began": milliseconds(note.began),
            "took": note.took.map(milliseconds),
            "facts": note.facts,
            "failed": note.failed,
            "repeated": if panel.repeats && repeated > 1 { Some(repeated) } else { None },
            "ask": note.ask,
        })
    };
    let took: Duration = notes.iter().filter_map(|(_, note)| note.took).sum();
    json!({
        "name": panel.name,
        "title": panel.title,
        "count": if *panel == PHASES { None } else { Some(notes.len()) },
        "took": if took.is_zero() { None } else { Some(milliseconds(took)) },
        "attention": attention(panel, notes),
        "entries": notes.iter().map(entry).collect::<Vec<_>>(),
    })
}

fn request(record: &Record) -> Value {
    let mut first: Rows = vec![("request".into(), format!("{} {}", record.method, record.address))];
    first.push(("id".into(), record.id.clone()));
    first.push(("at".into(), record.at.to_string()));
    first.push(("answer".into(), format!("{} {}", record.status, record.kind).trim_end().to_owned()));
    let optional =
        [("redirects to", &record.location), ("route", &record.route), ("declared at", &record.place)];
    for (name, value) in optional {
        first.extend(value.iter().map(|value| (name.to_owned(), value.clone())));
    }
    json!({ "name": "request", "title": "Request", "tables": [
        { "title": "Request", "rows": first },
        { "title": "In the path", "rows": record.params },
        { "title": "In the query", "rows": record.query },
        { "title": "Headers of the request", "rows": record.sent },
        { "title": "Headers of the answer", "rows": record.answered },
    ] })
}

fn messages(record: &Record) -> Value {
    let rows: Rows =
        record.messages.iter().map(|m| (m.level().as_str().to_owned(), m.text().to_owned())).collect();
    json!({ "name": "messages", "title": "Messages", "count": rows.len(), "tables": [{ "title": "Messages for this visitor", "rows": rows }] })
}

/// As they hold; secret ones are masked where they are read.
fn settings(services: &Services) -> Value {
    let rows = services.get::<Settings>().map(Settings::rows).unwrap_or_default();
    let rows: Rows = rows
        .into_iter()
        .map(|row| match row.section.is_empty() {
            true => (row.key.to_owned(), row.value),
            false => (format!("{}.{}", row.section, row.key), row.value),
        })
        .collect();
    json!({ "name": "settings", "title": "Settings", "tables": [{ "title": "Settings that hold", "rows": rows }] })
}

/// With three decimals.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}
