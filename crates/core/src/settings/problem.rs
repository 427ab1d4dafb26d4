//! Everything that is wrong with the settings, collected to be told at once.

use crate::error::{Error, SourcePlace};

/// One thing that is wrong, and where, if a file is at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) place: Option<SourcePlace>,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Problem { message: message.into(), place: None }
    }

    pub(super) fn at(message: impl Into<String>, place: SourcePlace) -> Self {
        Problem { message: message.into(), place: Some(place) }
    }
}

/// One error for all problems, in the order of the file. `None` if there is no problem.
#[track_caller]
pub(super) fn into_error(mut problems: Vec<Problem>) -> Option<Error> {
    problems.sort_by_key(|p| {
        let place = p.place.as_ref();
        (place.is_none(), place.map(|p| p.file.clone()), place.map_or((0, 0), |p| (p.line, p.column)))
    });
    problems.dedup();
    if problems.len() > 1 {
        let lines = problems.iter().map(|p| match &p.place {
            Some(place) => format!("\n  {place}: {}", p.message),
            None => format!("\n  {}", p.message),
        });
        return Some(Error::settings(format!(
            "{} problems in the settings:{}",
            problems.len(),
            lines.collect::<String>()
        )));
    }
    let problem = problems.pop()?;
    let error = Error::settings(problem.message);
    Some(match problem.place {
        Some(place) => error.in_file(place),
        None => error,
    })
}
