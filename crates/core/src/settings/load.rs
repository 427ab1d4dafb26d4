//! Checking everything that was given against what is declared, and reading sections.

use std::collections::BTreeMap;

use super::{
    Base, Given, Inner, Key, Origin, Section, SettingValue, Settings, SettingsSection, Sources, base,
    document::{Document, Entry, Node, Table},
    layers::{Layers, full_name},
    named,
    problem::{self, Problem},
    section::variable,
};
use crate::{
    error::{Error, Result},
    near::did_you_mean,
};

impl Settings {
    /// Reads all layers and checks every key of the declared sections. `[checks]`, `[log]` and the keys at
    /// the top (`debug`, `secret_key`) are always declared; sections of one name are read as one.
    ///
    /// # Errors
    /// One error that lists everything wrong: syntax, unknown sections and keys (with the nearest that
    /// exists), values that do not fit, needed keys that are missing. The value of a secret is in none of them.
    pub fn load(sources: Sources, sections: &[Section]) -> Result<Self> {
        let report = |problems| problem::into_error(problems).map_or(Ok(()), Err);
        let layers = match Layers::parse(sources) {
            Ok(layers) => layers,
            Err(problems) => {
                report(problems)?;
                Layers::default()
            }
        };
        let mut problems = Vec::new();
        let sections = named::expanded(merge(sections), &layers, &mut problems);
        if let Some(document) = &layers.document {
            unknown_keys(document, &document.top, "", &sections, &mut problems);
        }
        let warnings = unknown_variables(&layers, &sections, &mut problems);
        for (section, key) in sections.iter().flat_map(|s| s.keys.iter().map(move |key| (s, key))) {
            if let Err(problem) = check(&layers, section, key) {
                problems.push(problem);
            }
        }
        report(problems)?;
        let mut inner = Inner { layers, sections, warnings, ..Inner::default() };
        inner.base = Settings(inner.clone().into()).get::<Base>()?;
        Ok(Settings(inner.into()))
    }

    /// Starts to read a section; `#[derive(Settings)]` goes on with it.
    ///
    /// # Errors
    /// If nobody declared it.
    pub fn reader<S: SettingsSection>(&self) -> Result<Reader<'_>> {
        let mut wanted = S::section();
        if let Some(seen) = self.0.seen_as.as_ref().filter(|seen| seen.0 == wanted.name) {
            wanted = seen.1.clone();
        }
        match self.0.sections.iter().find(|s| s.name == wanted.name) {
            Some(known) if wanted.keys.iter().all(|key| known.key(key.name).is_some()) => {}
            _ if self.0.open => {}
            _ => {
                return Err(Error::settings(format!(
                    "the settings `[{}]` are read but not declared: add `.settings::<{}>()` to the app that reads them",
                    wanted.name,
                    std::any::type_name::<S>().rsplit("::").next().unwrap_or_default(),
                )));
            }
        }
        Ok(Reader { layers: &self.0.layers, section: wanted })
    }
}

/// Reads one section: what `#[derive(Settings)]` expands to calls it.
pub struct Reader<'a> {
    layers: &'a Layers,
    section: Section,
}

impl Reader<'_> {
    fn key(&self, name: &str) -> Result<&Key> {
        let none = || Error::settings(format!("`[{}]` has no key `{name}`", self.section.name));
        self.section.key(name).ok_or_else(none)
    }

    /// What was given, or `None`.
    ///
    /// # Errors
    /// If it does not fit, with file and line or the variable.
    pub fn given<T: SettingValue>(&self, name: &str) -> Result<Option<T>> {
        let key = self.key(name)?;
        let read = || {
            let Some((given, origin)) = self.layers.find(&self.section.name, key)? else { return Ok(None) };
            fit(&T::read(&given), key, &origin, &self.section.name).map(Some)
        };
        read().map_err(one)
    }

    /// What was given, or the default that was declared as text.
    ///
    /// # Errors
    /// If what was given, or the default, does not fit.
    pub fn or_text<T: SettingValue>(&self, name: &str, default: &str) -> Result<T> {
        if let Some(value) = self.given(name)? {
            return Ok(value);
        }
        T::read(&Given::Variable(default.to_owned())).map_err(|wrong| {
            Error::settings(format!("the declared default of {}: {wrong}", what(&self.section.name, name)))
        })
    }

    /// What was given, or `None` for an `Option`.
    ///
    /// # Errors
    /// If it was not given but is needed (the message names all the ways to give it), or does not fit.
    pub fn needed<T: SettingValue>(&self, name: &str) -> Result<T> {
        match self.given(name)?.or_else(T::absent) {
            Some(value) => Ok(value),
            None => Err(one(missing(&self.section.name, self.key(name)?))),
        }
    }
}

fn one(problem: Problem) -> Error {
    problem::into_error(vec![problem]).unwrap_or_else(|| Error::settings("a setting is wrong"))
}

/// Declared sections and the ground's own, those of one name as one.
fn merge(declared: &[Section]) -> Vec<Section> {
    let mut merged: Vec<Section> = Vec::new();
    for section in base::sections().into_iter().chain(declared.iter().cloned()) {
        match merged.iter_mut().find(|s| s.name == section.name && s.each == section.each) {
            None => merged.push(section),
            Some(known) => {
                let new: Vec<Key> =
                    section.keys.into_iter().filter(|k| known.key(k.name).is_none()).collect();
                known.keys.extend(new);
            }
        }
    }
    merged
}

/// `` `port` of `[server]` ``
pub(super) fn what(section: &str, key: &str) -> String {
    if section.is_empty() { format!("`{key}`") } else { format!("`{key}` of `[{section}]`") }
}

fn fit<T: Clone>(
    read: &Result<T, super::Wrong>,
    key: &Key,
    origin: &Origin,
    section: &str,
) -> Result<T, Problem> {
    match read {
        Ok(value) => Ok(value.clone()),
        Err(wrong) => {
            let message = if key.secret { wrong.without_value() } else { wrong.to_string() };
            Err(origin.problem(&what(section, key.name), message))
        }
    }
}

fn missing(section: &str, key: &Key) -> Problem {
    let place = if section.is_empty() { "at the top".to_owned() } else { format!("under `[{section}]`") };
    let mut names = variable(section, key.name);
    for alias in &key.env {
        names.push_str(" or ");
        names.push_str(alias);
    }
    let help =
        if key.help.is_empty() { String::new() } else { format!(" ({})", key.help.trim_end_matches('.')) };
    Problem::new(format!(
        "{}{help} is needed: set `{} = …` {place} of quintet.toml, or {names} in the environment or in `.env`",
        what(section, key.name),
        key.name,
    ))
}

pub(super) fn check(layers: &Layers, section: &Section, key: &Key) -> Result<(), Problem> {
    if let Some(wrong) = &key.bad_default {
        return Err(Problem::new(format!(
            "the declared default of {}: {wrong}",
            what(&section.name, key.name)
        )));
    }
    match layers.find(&section.name, key)? {
        Some((given, origin)) => fit(&(key.check)(&given), key, &origin, &section.name).map(drop),
        None if key.required => Err(missing(&section.name, key)),
        None => Ok(()),
    }
}

/// Walks the file: what is neither a declared key nor on the way to a declared section is unknown.
fn unknown_keys(
    document: &Document,
    table: &Table,
    path: &str,
    sections: &[Section],
    problems: &mut Vec<Problem>,
) {
    let here = sections.iter().find(|s| s.name == path);
    for entry in &table.0 {
        if here.is_some_and(|s| s.key(&entry.name).is_some()) {
            continue;
        }
        let full = full_name(path, &entry.name);
        let inside = |s: &Section| {
            s.name == full || s.name.strip_prefix(&full).is_some_and(|rest| rest.starts_with('.'))
        };
        let is_section = sections.iter().any(inside);
        match &entry.node {
            Node::Table(inner) if is_section => unknown_keys(document, inner, &full, sections, problems),
            Node::Value(_) if is_section || here.is_some_and(|s| s.each) => problems.push(Problem::at(
                format!("`{full}` is a section: write `[{full}]` and its keys below"),
                document.place(entry.name_at),
            )),
            _ => problems
                .push(Problem::at(unknown(entry, path, here, sections), document.place(entry.name_at))),
        }
    }
}

fn unknown(entry: &Entry, path: &str, here: Option<&Section>, sections: &[Section]) -> String {
    let keys = here.into_iter().flat_map(|s| s.keys.iter().map(|k| k.name));
    let full = full_name(path, &entry.name);
    if matches!(entry.node, Node::Table(_)) {
        let hint = did_you_mean(&full, sections.iter().map(|s| &*s.name));
        let hint = if hint.is_empty() { "; no app of the site reads it".to_owned() } else { hint };
        return format!("unknown section `[{full}]`{hint}");
    }
    let mut message = format!("unknown key `{}`", entry.name);
    if !path.is_empty() {
        message.push_str(&format!(" in `[{path}]`"));
    }
    let hint = did_you_mean(&entry.name, keys);
    if !hint.is_empty() {
        return message + &hint;
    }
    match sections.iter().find(|s| s.name != path && s.key(&entry.name).is_some()) {
        Some(home) if home.name.is_empty() => {
            message + "; it belongs to the top of the file, before any section"
        }
        Some(home) => message + &format!("; `[{}]` has a key of this name", home.name),
        None => message,
    }
}

/// Variables named `QUINTET_…` that nothing reads: a problem in `.env`, a warning in the environment, which
/// the site may share with others. And keys given by the program that are not declared.
fn unknown_variables(layers: &Layers, sections: &[Section], problems: &mut Vec<Problem>) -> Vec<String> {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let mut full_names = Vec::new();
    for (section, key) in sections.iter().flat_map(|s| s.keys.iter().map(move |key| (s, key))) {
        full_names.push(full_name(&section.name, key.name));
        let aliases = key.env.iter().map(|alias| alias.clone().into_owned());
        for name in std::iter::once(variable(&section.name, key.name)).chain(aliases) {
            let this = what(&section.name, key.name);
            if let Some(other) = known.insert(name.clone(), this.clone()) {
                problems.push(Problem::new(format!(
                    "{name} would set both {other} and {this}; rename one of them"
                )));
            }
        }
    }
    let hint = |name: &str| did_you_mean(name, known.keys().map(String::as_str));
    // Those of the test kit are no settings of a site, but a developer's environment has them.
    let unread = |name: &str| {
        name.starts_with("QUINTET_") && !name.starts_with("QUINTET_TEST_") && !known.contains_key(name)
    };
    for line in layers.dotenv.iter().filter(|line| unread(&line.name)) {
        let message = format!("no setting is named {}{}", line.name, hint(&line.name));
        problems.push(Problem::at(message, layers.dotenv_place(line)));
    }
    for (name, _) in layers.given.iter().filter(|(name, _)| !full_names.contains(name)) {
        let near = did_you_mean(name, full_names.iter().map(String::as_str));
        problems.push(Problem::new(format!("no setting is named `{name}`{near}")));
    }
    let unread = layers.env.keys().filter(|name| unread(name));
    unread
        .map(|name| format!("no setting is named {name}, which the environment has{}", hint(name)))
        .collect()
}
