//! Sections of many names: `[databases.archive]`, `[databases.logs]`.

use std::borrow::Cow;

use super::{Section, Sources, document::Node, layers::Layers, problem::Problem};

/// The declared sections, with one for each name that the file or the program gives to those of many names. What stands for
/// all of them stays as well, without keys: it is known where nothing is below it.
pub(super) fn expanded(declared: Vec<Section>, layers: &Layers, problems: &mut Vec<Problem>) -> Vec<Section> {
    let plain: Vec<Cow<'static, str>> =
        declared.iter().filter(|section| !section.each).map(|section| section.name.clone()).collect();
    let mut all = Vec::with_capacity(declared.len());
    for section in declared {
        if !section.each {
            all.push(section);
            continue;
        }
        for name in names(&section.name, layers, problems) {
            all.push(one(&section, &name));
        }
        // Beside `[cache.NAME]` there may be a `[cache]` with keys of its own, which then stands for it.
        if !plain.contains(&section.name) {
            all.push(Section { keys: Vec::new(), ..section });
        }
    }
    all
}

/// The section of one of the names.
pub(super) fn one(of: &Section, name: &str) -> Section {
    let mut section = Section::new(format!("{}.{name}", of.name), of.keys.clone());
    for alias in section.keys.iter_mut().flat_map(|key| &mut key.env) {
        *alias = Cow::Owned(alias.replace('*', &name.to_ascii_uppercase()));
    }
    section
}

/// The names below `section`, in order. One that no variable could name is a problem.
pub(super) fn names(section: &str, layers: &Layers, problems: &mut Vec<Problem>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let (above, last) = section.rsplit_once('.').unwrap_or(("", section));
    if let Some(document) = &layers.document
        && let Some(entry) = document.find(above, last)
        && let Node::Table(table) = &entry.node
    {
        for entry in table.0.iter().filter(|entry| matches!(entry.node, Node::Table(_))) {
            if is_plain(&entry.name) {
                names.push(entry.name.clone());
            } else {
                let message = format!(
                    "`[{section}.{}]`: the name has small letters, digits and underscores, and begins with a letter",
                    entry.name
                );
                problems.push(Problem::at(message, document.place(entry.name_at)));
            }
        }
    }
    let given = layers.given.iter().filter_map(|(key, _)| {
        let (name, _) = key.strip_prefix(section)?.strip_prefix('.')?.split_once('.')?;
        Some(name.to_owned())
    });
    names.extend(given);
    names.sort();
    names.dedup();
    names
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

impl Sources {
    /// The names below a section of many: `["archive"]` for `databases` where the file has `[databases.archive]`, before it is
    /// looked at closer. None in a file that can't be read.
    #[must_use]
    pub fn names(&self, section: &str) -> Vec<String> {
        let layers = Layers::parse(self.clone()).unwrap_or_default();
        names(section, &layers, &mut Vec::new())
    }
}
