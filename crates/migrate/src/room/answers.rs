//! Questions at the terminal.

use quintet_core::{Result, command::Console};

use crate::detect::{Answers, Prepared, Question};

/// Answers from the command line first, then from whoever sits at the terminal. If nobody does, the questions are
/// kept and told at the end.
pub(super) struct Asking {
    console: Console,
    prepared: Prepared,
}

impl Asking {
    pub(super) fn new(console: &Console, given: &[String]) -> Result<Asking> {
        let prepared = Prepared::new(given.iter().map(String::as_str))?;
        Ok(Asking { console: console.clone(), prepared })
    }

    pub(super) fn settle<T>(&self, found: Result<T>) -> Result<T> {
        self.prepared.settle(found)
    }

    fn ask(&self, question: &Question) -> Option<Option<String>> {
        self.console.line(format!("? {question}"));
        let options = question.options();
        for (number, option) in (1..).zip(options) {
            self.console.line(format!("    {number}) {option}"));
        }
        let wanted = if options.is_empty() { "a value" } else { "a number or a name" };
        loop {
            let prompt = format!("  {wanted}, or - ({}): ", question.nothing());
            let given = self.console.ask(&prompt)?;
            let given = given.trim();
            if given.is_empty() {
                continue;
            }
            let numbered = given.parse::<usize>().ok().and_then(|n| options.get(n.checked_sub(1)?)).cloned();
            let answer = numbered.or_else(|| crate::detect::plain(given));
            match answer.as_deref().map_or(Ok(()), |answer| question.check(answer)) {
                Ok(()) => return Some(answer),
                Err(error) => self.console.line(format!("  {error}")),
            }
        }
    }
}

impl Answers for Asking {
    fn answer(&mut self, question: &Question) -> Result<Option<String>> {
        if let Some(answer) = self.prepared.find(question)? {
            return Ok(answer);
        }
        if self.console.is_interactive()
            && let Some(answer) = self.ask(question)
        {
            return Ok(answer);
        }
        // Nobody is there: kept for the end, where all open questions are told at once.
        self.prepared.answer(question)
    }
}
