//! From a page in a response to HTML.

use std::sync::Arc;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use quintet_core::{
    Error, Result, TemplateValue, Value,
    template::{Context, PagePolicy, Render, Renderer, Rows},
};

use super::{Page, Pending, rows::Flow};
use crate::facts::Facts;

pub(crate) fn is_pending(response: &Response) -> bool {
    response.extensions().get::<Pending>().is_some()
}

/// Renders the page that the response carries, if it does.
pub(crate) fn render(mut response: Response, facts: &Facts) -> Response {
    if let Err(error) = facts.take_messages(&mut response) {
        return error.into_response();
    }
    let Some(Pending(page)) = response.extensions_mut().remove::<Pending>() else { return response };
    if let Some(refused) = refused(&page, facts) {
        return refused;
    }
    match text(&page, facts) {
        Ok(text) => fill(response, page, Body::from(text)),
        Err(error) => error.into_response(),
    }
}

/// A client that reads JSON gets what is wrong with a form in place of the page.
pub(super) fn refused(page: &Page, facts: &Facts) -> Option<Response> {
    (!page.refused.is_empty() && facts.wants_json())
        .then(|| Error::invalid(page.refused.clone()).into_response())
}

pub(super) fn renderer(facts: &Facts) -> Result<&Arc<dyn Renderer>> {
    facts.services().get::<Arc<dyn Renderer>>().ok_or_else(|| {
        Error::internal("this site has no renderer of templates: start it with the templates room")
    })
}

/// The template and the block of `film.html#reviews`.
pub(super) fn split(name: &str) -> (&str, Option<&str>) {
    match name.split_once('#') {
        Some((template, fragment)) => (template, Some(fragment)),
        None => (name, None),
    }
}

fn text(page: &Page, facts: &Facts) -> Result<String> {
    let services = facts.services();
    let (template, fragment) = split(page.template().unwrap_or_default());
    renderer(facts)?.render(Render {
        template,
        fragment,
        values: &page.shared(),
        context: &around(facts),
        app: facts.route().map(|route| &*route.app),
        services,
    })
}

/// What the handler put around the page (`(StatusCode::CREATED, [headers], page)`) stays.
pub(super) fn fill(mut response: Response, page: Arc<Page>, body: Body) -> Response {
    // 500 is what a page answers where nobody renders.
    if response.status() == StatusCode::INTERNAL_SERVER_ERROR {
        *response.status_mut() = page.status;
    }
    *response.body_mut() = body;
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(content_type(page.template().unwrap_or_default())),
    );
    for (name, value) in &page.headers {
        headers.insert(name, value.clone());
    }
    response.extensions_mut().insert(page);
    response
}

/// By the template's ending; a page is HTML unless it says otherwise.
fn content_type(template: &str) -> &'static str {
    let file = template.split('#').next().unwrap_or_default();
    match file.rsplit_once('.').map(|(_, ending)| ending) {
        Some("txt") => "text/plain; charset=utf-8",
        Some("xml") => "application/xml; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        _ => "text/html; charset=utf-8",
    }
}

/// What every template finds beside the handler's values: `request` and `debug`.
pub(crate) fn around(facts: &Facts) -> Arc<dyn Context> {
    Arc::new(Around(facts.clone(), None))
}

/// The same, with rows that come while the page is rendered.
pub(super) fn around_with(facts: &Facts, flow: Flow) -> Arc<dyn Context> {
    Arc::new(Around(facts.clone(), Some(flow)))
}

struct Around(Facts, Option<Flow>);

impl Context for Around {
    fn names(&self) -> Vec<&str> {
        let rows = self.1.iter().flat_map(|flow| flow.sources.iter().map(|source| source.name.as_ref()));
        rows.chain(["request", "debug"]).chain(self.0.around().names()).collect()
    }

    fn get(&self, name: &str) -> Option<Value> {
        match name {
            "request" => Some(request(&self.0)),
            "debug" => Some(Value::Bool(self.0.debug())),
            _ => self.0.around().get(name),
        }
    }

    fn is_whole(&self) -> bool {
        self.0.around().is_whole()
    }

    fn peek(&self, name: &str) -> Option<Value> {
        match name {
            "request" | "debug" => self.get(name),
            _ => self.0.around().peek(name),
        }
    }

    fn rows(&self, name: &str) -> Option<Rows> {
        self.1.as_ref()?.rows(name)
    }

    fn policy(&self) -> Option<&dyn PagePolicy> {
        Some(self.0.wishes())
    }

    fn csrf_token(&self) -> Result<Option<String>> {
        self.0.csrf().token(&self.0.asked()).map(Some)
    }

    fn messages(&self) -> Result<Vec<Value>> {
        let messages = self.0.notes().show(self.0.services())?;
        Ok(messages.iter().map(TemplateValue::to_value).collect())
    }
}

fn request(facts: &Facts) -> Value {
    let text = |text: &str| Value::Text(text.to_owned());
    let route = facts.route().and_then(|route| route.qualified());
    Value::Map(vec![
        ("method".into(), text(facts.method().as_str())),
        ("path".into(), text(facts.uri().path())),
        ("query".into(), text(facts.uri().query().unwrap_or_default())),
        ("route".into(), route.map_or(Value::Null, Value::Text)),
        ("id".into(), facts.id().map_or(Value::Null, |id| text(id.as_str()))),
    ])
}
