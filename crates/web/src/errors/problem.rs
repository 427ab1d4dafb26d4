//! RFC 9457 problem documents.

use http::StatusCode;
use quintet_core::Error;
use serde_json::{Map, Value, json};

use super::{Document, Source};
use crate::facts::Facts;

pub(super) fn write(error: &Error, status: StatusCode, source: Option<Source>, facts: &Facts) -> Document {
    let title = status.canonical_reason().unwrap_or("Error");
    let mut problem = Map::new();
    problem.insert("type".into(), "about:blank".into());
    problem.insert("title".into(), title.into());
    problem.insert("status".into(), status.as_u16().into());
    let detail = error.public_message();
    if detail != title && status == error.status() {
        problem.insert("detail".into(), detail.into());
    }
    if let Some(fields) = error.field_errors() {
        let errors = fields.iter().map(|e| {
            let mut entry = Map::new();
            match source {
                Some(Source::Query) => entry.insert("parameter".into(), e.field.clone().into()),
                _ => entry.insert("pointer".into(), pointer(&e.field).into()),
            };
            entry.insert("detail".into(), e.message.clone().into());
            Value::Object(entry)
        });
        problem.insert("errors".into(), errors.collect());
        // The messages are in `errors`; the summary would repeat them.
        problem.remove("detail");
    }
    if let Some(id) = facts.id() {
        problem.insert("request_id".into(), id.as_str().into());
    }
    if facts.debug() && status.is_server_error() {
        let details: Map<String, Value> =
            error.details().iter().map(|(n, v)| ((*n).to_owned(), facts.cover(v).into())).collect();
        let causes: Vec<String> =
            error.causes().map(|cause| facts.cover(&cause.to_string()).into_owned()).collect();
        let at = error.location().to_string();
        problem.insert(
            "debug".into(),
            json!({ "error": facts.cover(&error.to_string()), "at": at, "details": details, "causes": causes }),
        );
    }
    Document {
        content_type: "application/problem+json",
        body: Value::Object(problem).to_string(),
        style: None,
    }
}

/// `people.0.name` as a JSON pointer in a fragment, as RFC 9457 shows it; the whole document is `#`.
pub fn pointer(field: &str) -> String {
    if field.is_empty() {
        return "#".to_owned();
    }
    let parts = field.split('.').map(|part| part.replace('~', "~0").replace('/', "~1"));
    parts.fold("#".to_owned(), |pointer, part| pointer + "/" + &part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_become_pointers() {
        assert_eq!(pointer(""), "#");
        assert_eq!(pointer("age"), "#/age");
        assert_eq!(pointer("people.0.a/b"), "#/people/0/a~1b");
    }
}
