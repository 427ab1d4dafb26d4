//! Bold and colour, where a person looks on and does not mind.

use std::io::IsTerminal;

/// How text on a stream may look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style(bool);

impl Style {
    /// For standard output.
    pub(crate) fn stdout() -> Self {
        Style(wanted() && (forced() || std::io::stdout().is_terminal()))
    }

    /// For standard error.
    pub(crate) fn stderr() -> Self {
        Style(wanted() && (forced() || std::io::stderr().is_terminal()))
    }

    /// None at all.
    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Style(false)
    }

    #[cfg(all(feature = "dev", unix))]
    pub(crate) fn is_on(self) -> bool {
        self.0
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    pub(crate) fn red(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    pub(crate) fn yellow(self, text: &str) -> String {
        self.paint("1;33", text)
    }

    pub(crate) fn green(self, text: &str) -> String {
        self.paint("32", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// <https://no-color.org>: any text in NO_COLOR means none.
fn wanted() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// <https://bixense.com/clicolors/>: colours also where no terminal is seen. `dev` says so to the site that it runs.
fn forced() -> bool {
    std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0")
}
