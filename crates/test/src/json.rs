//! What a JSON body says at a place.

use serde::Serialize;
use serde_json::Value as Json;

use crate::TestResponse;

impl TestResponse {
    /// The JSON body has this value at this place, a JSON pointer: `json_at("/films/0/title", "Alien")`; `""` is the whole.
    #[track_caller]
    pub fn json_at<T: Serialize + ?Sized>(self, pointer: &str, expected: &T) -> Self {
        let expected = match serde_json::to_value(expected) {
            Ok(value) => value,
            Err(error) => panic!("{}\nwhat is expected at {pointer:?} can't be JSON: {error}", self.asked),
        };
        let body: Json = self.json();
        let found = self.place(&body, pointer);
        self.check(found == Some(&expected), format_args!("{expected} at {pointer:?}, not {}", shown(found)));
        self
    }

    /// The JSON body has a value at this place, `null` included.
    #[track_caller]
    pub fn json_has(self, pointer: &str) -> Self {
        let body: Json = self.json();
        let there = self.place(&body, pointer).is_some();
        self.check(there, format_args!("a value at {pointer:?}"));
        self
    }

    /// The JSON body has no value at this place, not even `null`.
    #[track_caller]
    pub fn json_lacks(self, pointer: &str) -> Self {
        let body: Json = self.json();
        let found = self.place(&body, pointer);
        self.check(found.is_none(), format_args!("nothing at {pointer:?}, not {}", shown(found)));
        self
    }

    /// The list at this place of the JSON body has so many items.
    #[track_caller]
    pub fn json_len(self, pointer: &str, expected: usize) -> Self {
        let body: Json = self.json();
        let found = self.place(&body, pointer).and_then(Json::as_array).map(Vec::len);
        self.check(found == Some(expected), format_args!("{expected} items at {pointer:?}, not {found:?}"));
        self
    }

    #[track_caller]
    fn place<'a>(&self, body: &'a Json, pointer: &str) -> Option<&'a Json> {
        if !pointer.is_empty() && !pointer.starts_with('/') {
            panic!(
                "{}\n{pointer:?} is no JSON pointer: it begins with a slash, as \"/films/0/title\"",
                self.asked
            );
        }
        body.pointer(pointer)
    }
}

fn shown(found: Option<&Json>) -> String {
    found.map_or_else(|| "nothing".to_owned(), Json::to_string)
}
