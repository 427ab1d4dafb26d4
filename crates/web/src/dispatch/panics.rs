//! Where a handler panicked: whoever catches a panic is told its text, only the process's hook its place.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    borrow::Cow,
    cell::RefCell,
    io::Write as _,
    panic,
    sync::Once,
};

use quintet_core::{SourcePlace, hidden};

thread_local! {
    /// The last panic of this thread: its text and its place.
    static LAST: RefCell<Option<(String, SourcePlace)>> = const { RefCell::new(None) };
}

/// Has panics noted from now on. Whoever is told of them already still is.
pub(super) fn watch() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if let (Some(text), Some(at)) = (info.payload_as_str(), info.location()) {
                let column = usize::try_from(at.column()).unwrap_or_default();
                let line = usize::try_from(at.line()).unwrap_or_default();
                let place = SourcePlace::new(at.file(), line).with_column(column);
                // A thread that is ending has no such value any more.
                if let Cow::Owned(covered) = hidden::cover(text) {
                    tell(&covered, &place);
                    let _ = LAST.try_with(|last| last.replace(Some((text.to_owned(), place))));
                    return;
                }
                let _ = LAST.try_with(|last| last.replace(Some((text.to_owned(), place))));
            }
            before(info);
        }));
    });
}

/// What the usual hook writes, of a panic whose text has something secret of a request in it. Whoever else is told of panics would be told
/// the text itself, and so is not.
fn tell(text: &str, place: &SourcePlace) {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("<unnamed>");
    let mut out = std::io::stderr().lock();
    // Where nobody reads it there is nobody to tell.
    let _ = writeln!(out, "\nthread '{name}' panicked at {place}:\n{text}");
    let trace = Backtrace::capture();
    if trace.status() == BacktraceStatus::Captured {
        let _ = writeln!(out, "stack backtrace:\n{trace}");
    }
}

/// The place of the panic with this text, if it is the one that this thread has just seen. A panic that was handed on from
/// elsewhere has none.
pub(super) fn place(text: &str) -> Option<SourcePlace> {
    LAST.take().filter(|(last, _)| last == text).map(|(_, place)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_has_its_place_once_and_for_its_own_thread() {
        watch();
        let line = line!() as usize + 1;
        let over = || assert!(panic::catch_unwind(|| panic!("over {}", 7)).is_err());
        over();
        let found = place("over 7").unwrap();
        assert!(found.file.ends_with("panics.rs") && found.line == line, "{found}");
        assert_eq!(place("over 7"), None);
        over();
        assert_eq!(place("handed on"), None);
        over();
        assert_eq!(std::thread::spawn(|| place("over 7")).join().unwrap(), None);
    }
}
