//! The real terminal: what a command writes, asks and shows goes here.

use std::{
    io::{BufRead, IsTerminal, Write},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use quintet_core::command::{ProgressState, Terminal};

/// Standard input, output and error.
///
/// Progress is a bar that moves if standard error is a terminal and the feature `progress` is on; else a line
/// at each tenth, or every few seconds where the end is unknown.
#[derive(Debug, Default)]
pub struct RealTerminal {
    shown: Mutex<Shown>,
}

#[derive(Debug, Default)]
struct Shown {
    lines: Lines,
    #[cfg(feature = "progress")]
    bar: Option<indicatif::ProgressBar>,
}

impl RealTerminal {
    /// The terminal of this process.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes so that a bar does not run into the text. A closed pipe (`| head`) is nobody's fault.
    fn print(&self, mut to: impl Write, text: &str) {
        let mut write = || {
            let _ = to.write_all(text.as_bytes());
            let _ = to.flush();
        };
        #[cfg(feature = "progress")]
        if let Some(bar) = &self.shown().bar {
            return bar.suspend(write);
        }
        write();
    }
}

impl Terminal for RealTerminal {
    fn write(&self, text: &str) {
        self.print(std::io::stdout(), text);
    }

    fn write_error(&self, text: &str) {
        self.print(std::io::stderr(), text);
    }

    fn is_interactive(&self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    fn ask(&self, question: &str) -> Option<String> {
        if !std::io::stdin().is_terminal() {
            return None;
        }
        // To standard error: standard output may be going into a file.
        self.print(std::io::stderr(), question);
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim_end_matches(['\n', '\r']).to_owned())
    }

    #[cfg(unix)]
    fn ask_hidden(&self, question: &str) -> Option<String> {
        let hidden = Hidden::begin();
        let answer = self.ask(question);
        if hidden.is_some() {
            // The line that the person ended was not shown either.
            self.print(std::io::stderr(), "\n");
        }
        answer
    }

    fn progress(&self, state: &ProgressState) {
        #[cfg(feature = "progress")]
        if std::io::stderr().is_terminal() {
            return bar(&mut self.shown().bar, state);
        }
        let line = self.shown().lines.next(state, Instant::now());
        if let Some(line) = line {
            self.print(std::io::stderr(), &line);
        }
    }
}

/// While it lives, a terminal shows nothing of what is typed.
#[cfg(unix)]
struct Hidden(rustix::termios::Termios);

#[cfg(unix)]
impl Hidden {
    /// `None` where standard input is no terminal.
    fn begin() -> Option<Self> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

        let before = tcgetattr(std::io::stdin()).ok()?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &silent).ok()?;
        Some(Hidden(before))
    }
}

#[cfg(unix)]
impl Drop for Hidden {
    fn drop(&mut self) {
        // Nothing can be done about a terminal that is gone.
        let _ =
            rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Flush, &self.0);
    }
}

#[cfg(feature = "progress")]
fn bar(slot: &mut Option<indicatif::ProgressBar>, state: &ProgressState) {
    use indicatif::{ProgressBar, ProgressStyle};

    if state.finished {
        if let Some(bar) = slot.take() {
            bar.finish_and_clear();
        }
        return;
    }
    let bar = slot.get_or_insert_with(|| {
        let bar = match state.total {
            Some(total) => ProgressBar::new(total),
            None => ProgressBar::new_spinner(),
        };
        let template = match state.total {
            Some(_) => "{msg} {wide_bar} {pos}/{len}, {eta} left",
            None => "{spinner} {msg} {pos}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar
    });
    if bar.length() != state.total && state.total.is_some() {
        bar.set_length(state.total.unwrap_or_default());
    }
    if bar.message() != state.label {
        bar.set_message(state.label.clone());
    }
    bar.set_position(state.done);
}

/// Progress for a log: few lines.
#[derive(Debug, Default)]
struct Lines {
    label: String,
    tenths: u64,
    told: Option<Instant>,
}

/// How long a piece of work whose end is unknown may be silent.
const SILENCE: Duration = Duration::from_secs(5);

impl Lines {
    /// The line to write now, if one is due.
    fn next(&mut self, state: &ProgressState, now: Instant) -> Option<String> {
        if state.label != self.label || (state.done == 0 && !state.finished) {
            *self = Lines { label: state.label.clone(), tenths: 0, told: Some(now) };
        }
        let label = if state.label.is_empty() { "progress" } else { &state.label };
        if state.finished {
            *self = Lines::default();
            return (state.done > 0).then(|| format!("{label}: {} done\n", state.done));
        }
        match state.total.filter(|total| *total > 0) {
            Some(total) => {
                let tenths = state.done.saturating_mul(10) / total;
                if tenths <= self.tenths {
                    return None;
                }
                self.tenths = tenths;
                Some(format!("{label}: {}% ({}/{total})\n", tenths * 10, state.done))
            }
            None => {
                let told = *self.told.get_or_insert(now);
                if now.duration_since(told) < SILENCE {
                    return None;
                }
                self.told = Some(now);
                Some(format!("{label}: {}\n", state.done))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(done: u64, total: Option<u64>) -> ProgressState {
        ProgressState { label: "films".into(), done, total, finished: false }
    }

    #[test]
    fn a_log_gets_a_line_at_each_tenth() {
        let (mut lines, now) = (Lines::default(), Instant::now());
        let told: Vec<_> = (0..=100).filter_map(|i| lines.next(&state(i, Some(100)), now)).collect();
        assert_eq!(told.len(), 10);
        assert_eq!(told[4], "films: 50% (50/100)\n");
        let end = ProgressState { finished: true, ..state(100, Some(100)) };
        assert_eq!(lines.next(&end, now).unwrap(), "films: 100 done\n");
    }

    #[test]
    fn without_an_end_it_speaks_now_and_then() {
        let (mut lines, start) = (Lines::default(), Instant::now());
        assert_eq!(lines.next(&state(1, None), start), None);
        assert_eq!(lines.next(&state(2, None), start + Duration::from_secs(4)), None);
        assert_eq!(lines.next(&state(3, None), start + Duration::from_secs(6)).unwrap(), "films: 3\n");
        assert_eq!(lines.next(&state(4, None), start + Duration::from_secs(7)), None);
    }

    #[test]
    fn a_second_piece_of_work_starts_anew() {
        let (mut lines, now) = (Lines::default(), Instant::now());
        assert!(lines.next(&state(9, Some(10)), now).is_some());
        let other = ProgressState { label: "people".into(), ..state(1, Some(10)) };
        assert_eq!(lines.next(&other, now).unwrap(), "people: 10% (1/10)\n");
    }
}
