//! Where values come from, and which one holds.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use super::{
    Given, Key,
    document::Document,
    dotenv::{self, Line},
    problem::Problem,
    section::variable,
};
use crate::error::SourcePlace;

/// The texts and variables that settings are read from. Whoever has a disk and an environment fills it.
#[derive(Clone, Default)]
pub struct Sources {
    /// `quintet.toml`: its name for messages, and its text.
    pub toml: Option<(String, String)>,
    /// `.env`: its name for messages, and its text.
    pub dotenv: Option<(String, String)>,
    /// The environment.
    pub env: Vec<(String, String)>,
    /// Above all others: pairs of `section.key` (`debug` at the top) and the text of a variable. For options
    /// of the command line, and for tests.
    pub given: Vec<(String, String)>,
    /// The site's directory.
    pub root: PathBuf,
}

/// No values, for they may be secret.
impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("toml", &self.toml.as_ref().map(|(file, _)| file))
            .field("dotenv", &self.dotenv.as_ref().map(|(file, _)| file))
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The declared default, or nothing.
    Default,
    /// A line of `quintet.toml`.
    File(SourcePlace),
    /// A variable in `.env`.
    DotEnv {
        /// The line.
        place: SourcePlace,
        /// The variable.
        variable: String,
    },
    /// A variable of the environment.
    Environment {
        /// The variable.
        variable: String,
    },
    /// The program itself: an option of the command line, a test, a key made for development.
    Program,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(place) => write!(f, "{}:{}", place.file, place.line),
            Origin::DotEnv { place, variable } => write!(f, "{}:{} {variable}", place.file, place.line),
            Origin::Environment { variable } => write!(f, "environment {variable}"),
            Origin::Program => f.write_str("program"),
        }
    }
}

impl Origin {
    /// A problem with a value from here.
    pub(super) fn problem(&self, what: &str, message: impl fmt::Display) -> Problem {
        match self {
            Origin::File(place) => Problem::at(format!("{what}: {message}"), place.clone()),
            Origin::DotEnv { place, variable } => {
                Problem::at(format!("{variable} ({what}): {message}"), place.clone())
            }
            Origin::Environment { variable } => {
                Problem::new(format!("the environment variable {variable} ({what}): {message}"))
            }
            Origin::Default | Origin::Program => Problem::new(format!("{what}: {message}")),
        }
    }
}

/// The sources, parsed.
#[derive(Clone, Default)]
pub(super) struct Layers {
    pub(super) root: PathBuf,
    pub(super) document: Option<Document>,
    pub(super) dotenv_file: String,
    pub(super) dotenv: Vec<Line>,
    pub(super) env: BTreeMap<String, String>,
    pub(super) given: Vec<(String, String)>,
}

impl Layers {
    /// Parses; with all syntax errors of both files.
    pub(super) fn parse(sources: Sources) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut layers = Layers { root: sources.root, given: sources.given, ..Layers::default() };
        layers.env = sources.env.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        if let Some((file, text)) = sources.toml {
            match Document::parse(&file, &text) {
                Ok(document) => layers.document = Some(document),
                Err(found) => problems.extend(found),
            }
        }
        if let Some((file, text)) = sources.dotenv {
            match dotenv::parse(&file, &text) {
                Ok(lines) => layers.dotenv = lines.into_iter().filter(|l| !l.value.is_empty()).collect(),
                Err(found) => problems.extend(found),
            }
            layers.dotenv_file = file;
        }
        if problems.is_empty() { Ok(layers) } else { Err(problems) }
    }

    /// The value that holds for a key, and where it is from.
    pub(super) fn find(&self, section: &str, key: &Key) -> Result<Option<(Given, Origin)>, Problem> {
        let full = full_name(section, key.name);
        if let Some((_, text)) = self.given.iter().rev().find(|(name, _)| *name == full) {
            return Ok(Some((Given::Variable(text.clone()), Origin::Program)));
        }
        let canonical = variable(section, key.name);
        let names: Vec<&str> =
            std::iter::once(canonical.as_str()).chain(key.env.iter().map(|name| &**name)).collect();

        let in_environment = names.iter().filter_map(|n| {
            Some((self.env.get(*n)?.as_str(), Origin::Environment { variable: (*n).to_owned() }))
        });
        let in_dotenv = names.iter().filter_map(|name| {
            // The last line of a name holds, as in a shell.
            let line = self.dotenv.iter().rev().find(|line| line.name == *name)?;
            Some((
                line.value.as_str(),
                Origin::DotEnv { place: self.dotenv_place(line), variable: line.name.clone() },
            ))
        });
        for found in [in_environment.collect::<Vec<_>>(), in_dotenv.collect()] {
            if let Some((value, origin)) = only(&found)? {
                return Ok(Some((Given::Variable(value.to_owned()), origin)));
            }
        }
        Ok(self.document.as_ref().and_then(|document| {
            let entry = document.find(section, key.name)?;
            Some((entry.node.given(), Origin::File(document.place(entry.value_at))))
        }))
    }

    /// Where a line of `.env` is.
    pub(super) fn dotenv_place(&self, line: &Line) -> SourcePlace {
        SourcePlace::new(self.dotenv_file.clone(), line.number)
    }
}

/// The one value that several names of a key have.
fn only<'a>(found: &[(&'a str, Origin)]) -> Result<Option<(&'a str, Origin)>, Problem> {
    let Some((first, rest)) = found.split_first() else { return Ok(None) };
    match rest.iter().find(|(value, _)| *value != first.0) {
        None => Ok(Some(first.clone())),
        Some((_, other)) => {
            let what = "the same setting";
            let name = |origin: &Origin| match origin {
                Origin::DotEnv { variable, .. } | Origin::Environment { variable } => variable.clone(),
                other => other.to_string(),
            };
            let message = format!("{} is set too, to another value; keep one of them", name(&first.1));
            Err(other.problem(what, message))
        }
    }
}

/// `server.port`, or `debug` at the top.
pub(super) fn full_name(section: &str, key: &str) -> String {
    if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") }
}
