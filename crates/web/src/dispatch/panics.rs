//! Where a handler panicked: whoever catches a panic is told its text, only the process's hook its place.

use std::{cell::RefCell, panic, sync::Once};

use quintet_core::SourcePlace;

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
                let _ = LAST.try_with(|last| last.replace(Some((text.to_owned(), place))));
            }
            before(info);
        }));
    });
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
