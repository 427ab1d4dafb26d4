use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::ProgressState;
use crate::{
    error::Result,
    services::{Service, Services},
};

/// Where a command writes and asks. The command line has the real one; tests capture.
pub trait Terminal: Send + Sync {
    /// To standard output, as it is.
    fn write(&self, text: &str);
    /// To standard error, as it is.
    fn write_error(&self, text: &str);
    /// Is a person there to answer?
    fn is_interactive(&self) -> bool;
    /// Asks, and waits for a line. `None` if nobody is there.
    fn ask(&self, question: &str) -> Option<String>;
    /// The same without showing what is typed, where the terminal can do that.
    fn ask_hidden(&self, question: &str) -> Option<String> {
        self.ask(question)
    }
    /// Shows how far a piece of work is.
    fn progress(&self, state: &ProgressState);
}

/// The terminal of a running command: `&Console` in a `#[command]`.
#[derive(Clone)]
pub struct Console(Arc<dyn Terminal>);

impl Console {
    /// A console on this terminal.
    #[must_use]
    pub fn new(terminal: impl Terminal + 'static) -> Self {
        Console(Arc::new(terminal))
    }

    /// A console that keeps what is written, and has nobody to answer but what [`Captured::answer`] was told.
    #[must_use]
    pub fn captured() -> (Self, Captured) {
        let captured = Captured::default();
        (Console::new(captured.clone()), captured)
    }

    /// Writes a line to standard output.
    pub fn line(&self, text: impl fmt::Display) {
        self.0.write(&format!("{text}\n"));
    }

    /// Writes a line to standard error.
    pub fn warn(&self, text: impl fmt::Display) {
        self.0.write_error(&format!("{text}\n"));
    }

    /// Is a person there to answer?
    #[must_use]
    pub fn is_interactive(&self) -> bool {
        self.0.is_interactive()
    }

    /// Asks for a line of text; `None` if nobody is there to answer.
    #[must_use]
    pub fn ask(&self, question: &str) -> Option<String> {
        self.0.ask(question)
    }

    /// Asks for something that nobody else should read, a password: what is typed is not shown.
    #[must_use]
    pub fn ask_hidden(&self, question: &str) -> Option<String> {
        self.0.ask_hidden(question)
    }

    /// Asks for yes or no; anything but yes is no, and so is nobody.
    #[must_use]
    pub fn confirm(&self, question: &str) -> bool {
        let answer = self.ask(&format!("{question} [y/N] ")).unwrap_or_default();
        matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
    }

    /// The terminal below.
    #[must_use]
    pub fn terminal(&self) -> &Arc<dyn Terminal> {
        &self.0
    }
}

impl Service for Console {
    fn of(services: &Services) -> Result<Self> {
        services.require::<Console>().cloned()
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Console(interactive: {})", self.is_interactive())
    }
}

/// What was written to a captured console, and what it answers when it is asked.
#[derive(Clone, Default, Debug)]
pub struct Captured(Arc<Mutex<Kept>>);

#[derive(Default, Debug)]
struct Kept {
    out: String,
    errors: String,
    answers: VecDeque<String>,
}

impl Captured {
    /// What went to standard output.
    #[must_use]
    pub fn text(&self) -> String {
        self.kept().out.clone()
    }

    /// What went to standard error, questions included.
    #[must_use]
    pub fn errors(&self) -> String {
        self.kept().errors.clone()
    }

    /// Answers the next questions, in this order. As long as there are answers, a person is at the terminal.
    pub fn answer<A: Into<String>>(&self, answers: impl IntoIterator<Item = A>) {
        self.kept().answers.extend(answers.into_iter().map(Into::into));
    }

    /// Takes back the answers that nobody has asked for.
    pub fn unasked(&self) -> Vec<String> {
        self.kept().answers.drain(..).collect()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Terminal for Captured {
    fn write(&self, text: &str) {
        self.kept().out.push_str(text);
    }
    fn write_error(&self, text: &str) {
        self.kept().errors.push_str(text);
    }
    fn is_interactive(&self) -> bool {
        !self.kept().answers.is_empty()
    }
    fn ask(&self, question: &str) -> Option<String> {
        let mut kept = self.kept();
        let answer = kept.answers.pop_front()?;
        kept.errors.push_str(&format!("{question}{answer}\n"));
        Some(answer)
    }
    fn ask_hidden(&self, question: &str) -> Option<String> {
        let mut kept = self.kept();
        let answer = kept.answers.pop_front()?;
        kept.errors.push_str(&format!("{question}\n"));
        Some(answer)
    }
    fn progress(&self, _state: &ProgressState) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_captured_console_answers_what_it_was_told_to() {
        let (console, seen) = Console::captured();
        assert!(!console.confirm("Really?"));
        seen.answer(["y", "ann", "left"]);
        assert!(console.is_interactive() && console.confirm("Really?"));
        assert_eq!(console.ask("Name: ").as_deref(), Some("ann"));
        assert_eq!(console.ask_hidden("Password: ").as_deref(), Some("left"));
        assert!(seen.errors().contains("Password: ") && !seen.errors().contains("left"));
        seen.answer(["left"]);
        assert_eq!(seen.unasked(), ["left"]);
        assert!(!console.is_interactive());
        assert_eq!(seen.errors(), "Really? [y/N] y\nName: ann\nPassword: \n");
    }
}
