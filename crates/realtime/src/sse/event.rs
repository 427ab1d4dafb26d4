use std::{fmt::Write as _, time::Duration};

use quintet_core::{Error, Result};
use serde::Serialize;

/// One event: what it says, and how it is called.
///
/// ```
/// use quintet_realtime::sse::Event;
///
/// let event = Event::data("two\nlines").event("note").id("7");
/// assert_eq!(event.to_text().unwrap(), "event: note\nid: 7\ndata: two\ndata: lines\n\n");
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "an event is sent by giving it to the stream"]
pub struct Event {
    data: Option<String>,
    /// All other lines.
    lines: String,
    named: bool,
    wrong: Option<String>,
}

impl Event {
    /// An event that says nothing yet.
    pub fn new() -> Self {
        Event::default()
    }

    /// An event that says this.
    pub fn data(text: impl Into<String>) -> Self {
        Event { data: Some(text.into()), ..Event::default() }
    }

    /// An event that says this as JSON.
    ///
    /// # Errors
    /// If JSON can't say it: a map whose keys are no texts.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Self> {
        Ok(Event::data(serde_json::to_string(value)?))
    }

    /// Only something to pass the time, which no page hears.
    pub fn comment(text: &str) -> Self {
        Event::new().with_comment(text)
    }

    /// Its name: a page listens to it with `addEventListener(name, …)`. Without one it is a `message`.
    ///
    /// A name with a line break is an error of the program, which ends the stream.
    pub fn event(mut self, name: impl AsRef<str>) -> Self {
        self.named = true;
        self.line("event", name.as_ref());
        self
    }

    /// Its id, which a browser says when it comes back: [`LastEventId`](super::LastEventId). An empty one takes back what was said
    /// before.
    ///
    /// An id with a line break or a NUL is an error of the program, which ends the stream.
    pub fn id(mut self, id: impl AsRef<str>) -> Self {
        let id = id.as_ref();
        if id.contains('\0') {
            self.is_wrong("id", id);
        } else {
            self.line("id", id);
        }
        self
    }

    /// How long a browser waits from now on before it comes back.
    pub fn retry(mut self, pause: Duration) -> Self {
        let _ = writeln!(self.lines, "retry: {}", pause.as_millis());
        self
    }

    /// With a comment besides.
    pub fn with_comment(mut self, text: &str) -> Self {
        for line in lines(text) {
            self.lines.push_str(": ");
            self.lines.push_str(line);
            self.lines.push('\n');
        }
        self
    }

    fn line(&mut self, field: &'static str, value: &str) {
        if value.contains(['\n', '\r']) {
            self.is_wrong(field, value);
        } else {
            let _ = writeln!(self.lines, "{field}: {value}");
        }
    }

    fn is_wrong(&mut self, field: &'static str, value: &str) {
        self.wrong.get_or_insert_with(|| {
            format!("the {field} of a server-sent event can't have line breaks, nor an id a NUL: {value:?}")
        });
    }

    /// As it is sent.
    ///
    /// # Errors
    /// If its name or its id can't be sent.
    pub fn to_text(&self) -> Result<String> {
        if let Some(wrong) = &self.wrong {
            return Err(Error::internal(wrong.clone()));
        }
        let mut text = self.lines.clone();
        // A browser passes over what has no data at all: who names an event wants it to be heard.
        let data = self.data.as_deref().or(self.named.then_some(""));
        for line in data.into_iter().flat_map(lines) {
            text.push_str("data: ");
            text.push_str(line);
            text.push('\n');
        }
        text.push('\n');
        Ok(text)
    }
}

/// The lines of a text, however they are ended; an empty text is an empty line.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        match text.find(['\n', '\r']) {
            Some(at) => {
                let (line, end) = text.split_at(at);
                rest = end.strip_prefix("\r\n").or_else(|| end.get(1..));
                Some(line)
            }
            None => rest.take(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(event: Event) -> String {
        event.to_text().unwrap()
    }

    #[test]
    fn data_has_a_field_for_each_line() {
        for (data, expected) in [
            ("", "data: \n\n"),
            ("one", "data: one\n\n"),
            (" with a space", "data:  with a space\n\n"),
            ("one\ntwo", "data: one\ndata: two\n\n"),
            ("one\r\ntwo\rthree", "data: one\ndata: two\ndata: three\n\n"),
            ("one\n", "data: one\ndata: \n\n"),
            ("\n\n", "data: \ndata: \ndata: \n\n"),
            ("\r\n\r", "data: \ndata: \ndata: \n\n"),
            ("evil\n\nevent: other\nid: 9", "data: evil\ndata: \ndata: event: other\ndata: id: 9\n\n"),
            ("ä\n€", "data: ä\ndata: €\n\n"),
        ] {
            assert_eq!(text(Event::data(data)), expected, "{data:?}");
        }
    }

    #[test]
    fn all_fields_are_written() {
        let event = Event::json(&[1, 2]).unwrap().event("list").id("").retry(Duration::from_millis(1500));
        assert_eq!(text(event), "event: list\nid: \nretry: 1500\ndata: [1,2]\n\n");
        assert_eq!(text(Event::comment("one\ntwo")), ": one\n: two\n\n");
        assert_eq!(text(Event::new().event("ping")), "event: ping\ndata: \n\n");
        assert_eq!(text(Event::new().id("7")), "id: 7\n\n");
        assert_eq!(text(Event::data("x").with_comment("why")), ": why\ndata: x\n\n");
    }

    #[test]
    fn names_and_ids_can_not_have_lines() {
        for event in [Event::new().event("a\nb"), Event::new().id("a\rb"), Event::new().id("a\0b")] {
            let error = event.to_text().unwrap_err().to_string();
            assert!(error.contains("server-sent event") && error.contains("\"a\\"), "{error}");
        }
        assert!(Event::json(&std::collections::HashMap::from([((1, 2), 3)])).is_err());
    }
}
