//! Rendering, until no value around the page is missing.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::StatusCode;

use crate::{
    errors,
    facts::Facts,
    page::{self, Page},
};

/// Renders the page that a handler answered, and writes the document of an error, with all values that they ask for.
pub(crate) async fn finish(mut response: Response, facts: &Facts) -> Response {
    if !page::is_streamed(&response) && !facts.has_around() {
        return errors::finish(response, facts);
    }
    let around = facts.around();
    if page::is_streamed(&response) {
        let wanted = page::mentioned(&response, facts, around.names()).into_iter().collect();
        if let Err(instead) = facts.make_around(&wanted).await {
            return errors::finish(errors::refused(*instead), facts);
        }
        return errors::finish(page::begin(response, facts).await, facts);
    }
    let Some(providers) = around.providers() else { return errors::finish(response, facts) };
    if !errors::is_open(&response) {
        return errors::finish(response, facts);
    }
    let template = Page::of(&response).and_then(Page::template).map(str::to_owned);
    if let Some(template) = &template
        && let Err(instead) = facts.make_around(&providers.learned(template)).await
    {
        return errors::finish(errors::refused(*instead), facts);
    }
    // A value that is made may make the page ask for another one.
    for _ in 0..=providers.count() {
        around.missed();
        if let Err(error) = facts.take_messages(&mut response) {
            return errors::finish(error.into_response(), facts);
        }
        let again = again(&response);
        let done = errors::finish(response, facts);
        let missed = around.missed();
        let (false, Some(next)) = (missed.is_empty(), again) else { return done };
        if let Some(template) = &template {
            providers.learn(template, &missed);
        }
        if let Err(instead) = facts.make_around(&missed).await {
            return errors::finish(errors::refused(*instead), facts);
        }
        response = next;
    }
    errors::finish(response, facts)
}

/// The same response without its body, which a page and an error don't need.
fn again(response: &Response) -> Option<Response> {
    if !errors::is_open(response) {
        return None;
    }
    let mut copy = Response::new(Body::empty());
    *copy.status_mut() = response.status();
    *copy.headers_mut() = response.headers().clone();
    *copy.extensions_mut() = response.extensions().clone();
    if response.status() >= StatusCode::BAD_REQUEST && !page::is_pending(response) {
        errors::logged(&mut copy);
    }
    Some(copy)
}
