//! What the page shows, in the order in which one looks for it.

use quintet_core::{Error, ErrorKind, SourcePlace};

use super::DebugInfo;
use super::{markup::Html, mask, source};

/// A panel with its entry in the bar above.
pub(super) struct Section {
    pub(super) id: &'static str,
    pub(super) tab: &'static str,
    pub(super) count: Option<usize>,
    pub(super) title: String,
    pub(super) note: Option<String>,
    pub(super) body: Html,
}

impl Section {
    fn new(id: &'static str, tab: &'static str, body: Html) -> Self {
        Section { id, tab, count: None, title: tab.to_owned(), note: None, body }
    }
}

/// Details that have a place of their own on the page.
const SHOWN_ELSEWHERE: [&str; 5] = ["SQL", "template context", "hint", "reached by", "template"];

pub(super) fn all(info: &DebugInfo) -> Vec<Section> {
    let message = message(info);
    [
        file(info, &message),
        program(info, &message),
        handler(info),
        cause(info, &message),
        values(info),
        sql(info),
        watched(info),
        details(info),
        routes(info),
        Some(request(info)),
        context(info),
        settings(info),
        services(info),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What went wrong, without the place behind it, which is shown as a link.
pub(super) fn message(info: &DebugInfo) -> String {
    let text = info.error.to_string();
    match info.error.place().and_then(|place| text.strip_suffix(&format!(" ({place})"))) {
        Some(message) => message.to_owned(),
        None => text,
    }
}

/// The kind of failure, in words.
pub(super) fn kind(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "Not found",
        ErrorKind::MultipleObjects => "Several rows where one was asked for",
        ErrorKind::NotLoaded => "A relation that was not loaded",
        ErrorKind::Invalid(_) => "Validation",
        ErrorKind::Conflict { .. } => "A constraint of the database",
        ErrorKind::Protected => "A row that others point to",
        ErrorKind::Settings => "Settings",
        ErrorKind::Migration => "Migrations",
        ErrorKind::Database => "Database",
        ErrorKind::Unavailable => "A service is away",
        ErrorKind::Clash => "Two transactions in each other's way",
        ErrorKind::Timeout => "A time limit",
        ErrorKind::Template => "Template",
        ErrorKind::Panic => "Panic",
        _ => "Error",
    }
}

pub(super) fn detail<'a>(error: &'a Error, name: &str) -> Option<&'a str> {
    error.details().iter().find(|(n, _)| *n == name).map(|(_, text)| text.as_str())
}

/// The line of the developer's file that is at fault: template, settings, migration.
fn file(info: &DebugInfo, message: &str) -> Option<Section> {
    let place = info.error.place()?;
    let shown = source::with_text(place).and_then(|place| source::excerpt(&place, Some(message)));
    let tab = if *info.error.kind() == ErrorKind::Template { "Template" } else { "File" };
    let body = shown.unwrap_or_else(|| {
        let mut out = Html::default();
        out.raw("<p class=\"src\">").text("  The file can't be read from here.").raw("</p>");
        out
    });
    Some(Section {
        title: place.file.clone(),
        note: Some(format!("line {}", place.line)).filter(|_| place.line > 0),
        ..Section::new("file", tab, body)
    })
}

/// The line of the program where the error was made or met `?`.
fn program(info: &DebugInfo, message: &str) -> Option<Section> {
    let at = info.error.location();
    // What a template did wrong is not in the program.
    if *info.error.kind() == ErrorKind::Template && info.error.place().is_some() || !source::is_own(at.file())
    {
        return None;
    }
    let place = SourcePlace::new(at.file(), at.line() as usize).with_column(at.column() as usize);
    let body = source::excerpt(&source::with_text(&place)?, Some(message))?;
    let note = Some(format!("line {}", place.line));
    Some(Section { title: place.file, note, ..Section::new("src", "Source", body) })
}

/// The handler that answered, where the error itself stands elsewhere.
fn handler(info: &DebugInfo) -> Option<Section> {
    let route = info.route.as_ref()?;
    let at = info.error.location();
    let line = route.line as usize;
    let shown_already = at.file() == route.file && (at.line() as usize).abs_diff(line) <= 6;
    if shown_already || !source::is_own(route.file) {
        return None;
    }
    let body = source::excerpt(&source::with_text(&route.place())?, None)?;
    Some(Section {
        title: route.file.to_owned(),
        note: route.qualified(),
        ..Section::new("handler", "Handler", body)
    })
}

fn cause(info: &DebugInfo, message: &str) -> Option<Section> {
    let mut steps: Vec<String> = Vec::new();
    if let Some(way) = detail(&info.error, "reached by") {
        steps.extend(way.lines().map(|line| format!("reached by {line}")));
    }
    // A cause that says the same in more words tells nothing new.
    let causes = info.error.causes().map(ToString::to_string).filter(|text| !text.contains(message));
    steps.extend(causes);
    steps.dedup();
    if steps.is_empty() {
        return None;
    }
    let mut out = Html::default();
    out.raw("<ol class=\"timeline\">");
    for step in &steps {
        out.raw("<li>").text(step).raw("</li>");
    }
    out.raw("</ol>");
    Some(Section { count: Some(steps.len()), ..Section::new("chain", "Cause", out) })
}

/// What the template had where it failed.
fn values(info: &DebugInfo) -> Option<Section> {
    let rows = info.values.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    (!info.values.is_empty()).then(|| Section {
        title: "The values in reach".to_owned(),
        count: Some(info.values.len()),
        ..Section::new("values", "Values", pairs_table(rows))
    })
}

fn sql(info: &DebugInfo) -> Option<Section> {
    let text = detail(&info.error, "SQL")?;
    let mut out = Html::default();
    out.raw("<div class=\"src\" tabindex=\"0\" role=\"region\" aria-label=\"Statement\"><ol>");
    for line in text.lines() {
        out.raw("<li>").text(line).raw("</li>");
    }
    out.raw("</ol></div>");
    Some(Section { title: "The statement that failed".to_owned(), ..Section::new("sql", "SQL", out) })
}

fn watched(info: &DebugInfo) -> Option<Section> {
    let table = info.watched.as_ref().filter(|t| !t.rows.is_empty())?;
    let pairs = table.rows.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    Some(Section {
        title: format!("{} before the error", table.title),
        count: Some(table.rows.len()),
        ..Section::new("watched", "Statements", pairs_table(pairs))
    })
}

fn details(info: &DebugInfo) -> Option<Section> {
    let rest: Vec<(&str, &str)> = info
        .error
        .details()
        .iter()
        .filter(|(name, _)| !SHOWN_ELSEWHERE.contains(name))
        .map(|(name, text)| (*name, mask::shown(name, text)))
        .collect();
    (!rest.is_empty()).then(|| Section::new("details", "Details", pairs_table(rest.into_iter())))
}

/// All routes, where none took the path.
fn routes(info: &DebugInfo) -> Option<Section> {
    if info.routes.is_empty() {
        return None;
    }
    let rows: Vec<(String, String)> = info
        .routes
        .iter()
        .map(|route| {
            let methods = if route.methods.is_empty() { "any".to_owned() } else { route.methods.join(" ") };
            let name = route.qualified().map(|name| format!("{name}  ")).unwrap_or_default();
            (format!("{methods} {}", route.path), format!("{name}{}:{}", route.file, route.line))
        })
        .collect();
    let pairs = rows.iter().map(|(a, b)| (a.as_str(), b.as_str()));
    Some(Section { count: Some(rows.len()), ..Section::new("routes", "Routes", pairs_table(pairs)) })
}

fn request(info: &DebugInfo) -> Section {
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, text: String| rows.push((name.to_owned(), text));
    add("method", info.method.to_string());
    add("path", super::path(info).to_owned());
    match &info.route {
        Some(route) => {
            let name = route.qualified().map(|name| format!(" → {name}")).unwrap_or_default();
            add("route", format!("{}{name} ({}:{})", route.path, route.file, route.line));
        }
        None => add("route", "none".to_owned()),
    }
    for (name, value) in &info.params {
        add(&format!("{{{name}}}"), value.clone());
    }
    for (name, value) in mask::query(&info.uri) {
        add(&format!("?{name}"), value);
    }
    for (name, value) in &info.headers {
        add(name, mask::shown(name, value).to_owned());
    }
    let pairs = rows.iter().map(|(a, b)| (a.as_str(), b.as_str()));
    Section {
        note: Some("Secrets are masked".to_owned()),
        ..Section::new("req", "Request", pairs_table(pairs))
    }
}

fn context(info: &DebugInfo) -> Option<Section> {
    let names = detail(&info.error, "template context")?;
    let template = detail(&info.error, "template").unwrap_or_default();
    let names = if names.is_empty() { "nothing" } else { names };
    let rows = [("template", template), ("names", names)];
    let title = "Template context".to_owned();
    Some(Section { title, ..Section::new("ctx", "Context", pairs_table(rows.into_iter())) })
}

fn settings(info: &DebugInfo) -> Option<Section> {
    if info.settings.is_empty() {
        return None;
    }
    let pairs = info.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let note = Some("Secrets are masked".to_owned());
    Some(Section { note, ..Section::new("env", "Settings", pairs_table(pairs)) })
}

fn services(info: &DebugInfo) -> Option<Section> {
    if info.services.is_empty() {
        return None;
    }
    let mut out = Html::default();
    out.raw("<ol class=\"timeline\">");
    for name in &info.services {
        out.raw("<li><code>").text(name).raw("</code></li>");
    }
    out.raw("</ol>");
    let count = Some(info.services.len());
    Some(Section { count, ..Section::new("services", "Services", out) })
}

fn pairs_table<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Html {
    let mut out = Html::default();
    out.raw("<table class=\"kv\"><tbody>");
    for (name, text) in pairs {
        out.raw("<tr><th scope=\"row\">").text(name).raw("</th><td>").text(text).raw("</td></tr>");
    }
    out.raw("</tbody></table>");
    out
}
