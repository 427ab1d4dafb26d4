//! Error pages for people: the site's template for the status, else a plain page.

use std::{
    borrow::Cow,
    fmt::Write,
    sync::{Arc, LazyLock},
};

use http::StatusCode;
use quintet_core::{
    Error, FieldErrors, Value,
    html::Escaped,
    template::{Render, Renderer},
    value::Map,
};

use super::{Document, log};
use crate::{facts::Facts, page::around, policy};

pub(super) fn write(error: &Error, status: StatusCode, facts: &Facts) -> Document {
    match from_template(error, status, facts) {
        Some(Ok(page)) => return Document::html(page),
        // A broken error page must not hide the error: the plain one stands in.
        Some(Err(wrong)) => log::log(&wrong, StatusCode::INTERNAL_SERVER_ERROR, facts),
        None => {}
    }
    Document { style: Some(&STYLE_SOURCE), ..Document::html(plain(error, status, facts)) }
}

/// `404.html`; for faults of the site also `500.html`; for anything `error.html`.
fn from_template(error: &Error, status: StatusCode, facts: &Facts) -> Option<quintet_core::Result<String>> {
    let services = facts.services();
    let renderer = services.get::<Arc<dyn Renderer>>()?;
    let general = status.is_server_error().then(|| "500.html".to_owned());
    let template = [Some(format!("{}.html", status.as_u16())), general, Some("error.html".to_owned())]
        .into_iter()
        .flatten()
        .find(|t| renderer.exists(t))?;
    let values: Map = vec![
        ("status".into(), Value::Int(status.as_u16().into())),
        ("reason".into(), Value::Text(reason(status).to_owned())),
        ("message".into(), Value::Text(message(error, status).into_owned())),
        ("errors".into(), errors(error)),
    ];
    let what = Render {
        template: &template,
        fragment: None,
        values: &Arc::new(values),
        context: &around(facts),
        app: facts.route().map(|route| &*route.app),
        services,
    };
    Some(renderer.render(what))
}

/// What is wrong, field by field: `{% for error in errors %}{{ error.field }}: {{ error.message }}`.
fn errors(error: &Error) -> Value {
    let text = |text: &str| Value::Text(text.to_owned());
    let fields = error.field_errors().into_iter().flat_map(FieldErrors::iter);
    Value::List(
        fields
            .map(|e| Value::Map(vec![("field".into(), text(&e.field)), ("message".into(), text(&e.message))]))
            .collect(),
    )
}

/// The style of the plain page: it needs no file, and follows the browser in what is light and dark.
const STYLE: &str = "\
:root { color-scheme: light dark; }\n\
body { max-width: 40rem; margin: 4rem auto; padding: 0 1.25rem; font: 1rem/1.6 system-ui, sans-serif; overflow-wrap: anywhere; }\n\
h1 { font-size: 1.5rem; line-height: 1.25; }\n";

/// The source that allows exactly this style.
static STYLE_SOURCE: LazyLock<String> = LazyLock::new(|| policy::of_inline(STYLE));

fn plain(error: &Error, status: StatusCode, facts: &Facts) -> String {
    let (code, reason, message) = (status.as_u16(), reason(status), message(error, status));
    let mut body = String::new();
    // Writing to a String can't fail.
    if let Some(fields) = error.field_errors() {
        body.push_str("<ul>");
        for e in fields.iter() {
            let colon = if e.field.is_empty() { "" } else { ": " };
            let _ = write!(body, "<li>{}{colon}{}</li>", escape(&e.field), escape(&e.message));
        }
        body.push_str("</ul>");
    } else if message != reason {
        let _ = write!(body, "<p>{}</p>", escape(&message));
    }
    if let Some(id) = facts.id().filter(|_| status.is_server_error()) {
        let _ = write!(body, "<p>Request {}</p>", escape(id.as_str()));
    }
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{code} {reason}</title>\n<style>{STYLE}</style></head>\n\
         <body><main><h1>{code} {reason}</h1>{body}</main></body>\n</html>\n"
    )
}

fn reason(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("Error")
}

/// The error's own words, unless a layer has changed the status since: then they may not be for the client.
fn message(error: &Error, status: StatusCode) -> Cow<'_, str> {
    if error.status() == status { error.public_message() } else { reason(status).into() }
}

fn escape(text: &str) -> Escaped<'_> {
    Escaped(text)
}
