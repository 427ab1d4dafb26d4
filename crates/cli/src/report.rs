//! An error, for the person at the terminal.

use std::fmt::Write as _;

use quintet_core::{Error, ErrorKind};

use crate::style::Style;

/// Status 2 where the person has to change something (a word on the command line, a setting), 1 otherwise.
pub(crate) fn exit_code(error: &Error) -> u8 {
    let wrong_use = *error.kind() == ErrorKind::Other && error.status() == 400;
    if wrong_use || *error.kind() == ErrorKind::Settings { 2 } else { 1 }
}

/// Message, excerpt, details, causes.
pub(crate) fn text(error: &Error, style: Style) -> String {
    let mut out = format!("{} {error}\n", style.red("error:"));
    if let Some(place) = error.place() {
        let lines = place.excerpt(1);
        let width = lines.last().map_or(0, |(n, _)| n.to_string().len());
        for (number, line) in lines {
            let mark = if number == place.line { ">" } else { " " };
            let _ = writeln!(out, "{mark} {number:>width$} | {line}");
        }
    }
    for (name, detail) in error.details() {
        let _ = writeln!(out, "  {name}: {}", detail.replace('\n', "\n    "));
    }
    // Where `?` made the error of a foreign one, the first cause is the message itself.
    let message = error.to_string();
    for cause in error.causes().map(ToString::to_string).filter(|cause| !message.starts_with(cause)) {
        let _ = writeln!(out, "  caused by: {cause}");
    }
    // Other kinds say what is wrong by themselves; for these the line of the program helps.
    if *error.kind() == ErrorKind::Other && exit_code(error) == 1 {
        let _ = writeln!(out, "  {}", style.dim(&format!("at {}", error.location())));
    }
    out
}

#[cfg(test)]
mod tests {
    use quintet_core::SourcePlace;

    use super::*;

    #[test]
    fn a_persons_mistakes_are_told_from_faults() {
        assert_eq!(exit_code(&Error::settings("x")), 2);
        assert_eq!(exit_code(&Error::bad_request("x")), 2);
        assert_eq!(exit_code(&Error::internal("x")), 1);
        assert_eq!(exit_code(&Error::database("x")), 1);
    }

    #[test]
    fn the_line_at_fault_is_shown_with_its_neighbours() {
        let place = SourcePlace::new("a.html", 2).with_text("one\ntwo\nthree\nfour");
        let error =
            Error::of_kind(ErrorKind::Template, Error::internal("").status(), "no `film`").in_file(place);
        let text = text(&error.with_detail("template", "a.html"), Style::plain());
        assert_eq!(
            text,
            "error: no `film` (a.html:2)\n  1 | one\n> 2 | two\n  3 | three\n  template: a.html\n"
        );
    }

    #[test]
    fn a_cause_is_told_once() {
        let error = Error::from(std::io::Error::other("disk full"));
        let told = text(&error, Style::plain());
        assert_eq!(told.matches("disk full").count(), 1, "{told}");
        assert!(told.contains("at ") && told.contains("report.rs"), "{told}");
        let told = text(&Error::database("no commit").with_source("disk full"), Style::plain());
        assert!(told.contains("\n  caused by: disk full\n"), "{told}");
    }
}
