//! A site with the rooms of forms, templates and web, asked in-process.
#![allow(dead_code)]

use std::{borrow::Cow, sync::Arc};

use axum::{Router, body::Body};
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use quintet_core::{
    App, Boot, EmbeddedFile, Folder, Room, Services, Site,
    settings::{Settings, SettingsSlot},
};
use quintet_forms::FormsRoom;
use quintet_templates::TemplatesRoom;
use quintet_web::{WebRoom, axum};
use tower::ServiceExt;

/// An app with these templates.
pub(crate) fn app(files: &[(&str, &str)]) -> App {
    let files: Vec<EmbeddedFile> = files
        .iter()
        .map(|(path, text)| EmbeddedFile {
            path: Box::leak(format!("templates/{path}").into_boxed_str()),
            bytes: Box::leak((*text).to_owned().into_boxed_str()).as_bytes(),
        })
        .collect();
    App::new("shop").folder(Folder::embedded("/shop", Box::leak(files.into_boxed_slice())))
}

pub(crate) struct Running {
    pub(crate) services: Services,
    router: Router,
}

pub(crate) async fn start(site: Site, settings: &[(&'static str, &'static str)]) -> Running {
    start_with(site, settings, |_| {}).await
}

/// Starts the rooms; `more` adds services before.
pub(crate) async fn start_with(
    site: Site,
    settings: &[(&'static str, &'static str)],
    more: impl FnOnce(&mut quintet_core::ServicesBuilder),
) -> Running {
    let settings = Settings::for_tests("/nowhere", settings.iter().copied());
    let site = Arc::new(site);
    let mut boot = Boot { site: site.clone(), settings: settings.clone(), services: Services::builder() };
    boot.services.insert(site.clone());
    boot.services.insert(settings.clone());
    SettingsSlot::insert_all(&site, &settings, &mut boot.services).unwrap();
    more(&mut boot.services);
    FormsRoom.start(&mut boot).await.unwrap();
    TemplatesRoom.start(&mut boot).await.unwrap();
    WebRoom.start(&mut boot).await.unwrap();
    let services = boot.services.build();
    let found = TemplatesRoom.checks(&services).await;
    assert!(found.is_empty(), "{found:?}");
    let router = quintet_web::service(&services).await.unwrap();
    Running { services, router }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Running {
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8(bytes.to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, uri: &str) -> Answer {
        self.send(Request::get(uri).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, uri: &str, pairs: &[(&str, &str)]) -> Answer {
        let body: Vec<String> =
            pairs.iter().map(|(name, text)| format!("{}={}", encode(name), encode(text))).collect();
        self.send_as(uri, "application/x-www-form-urlencoded", body.join("&")).await
    }

    pub(crate) async fn send_as(&self, uri: &str, kind: &str, body: impl Into<Body>) -> Answer {
        self.send(Request::post(uri).header(header::CONTENT_TYPE, kind).body(body.into()).unwrap()).await
    }
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The messages of a problem document, by pointer.
    pub(crate) fn problems(&self) -> Vec<(String, String)> {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let all = self.json()["errors"].as_array().unwrap_or_else(|| panic!("{}", self.body)).clone();
        all.iter().map(|error| (text(&error["pointer"]), text(&error["detail"]))).collect()
    }
}

fn encode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// An element: its name, its attributes, and the text in it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) text: String,
}

impl Element {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

/// The elements of HTML as this room writes it: every attribute has quotes, or no value. What is no well-formed tag fails.
pub(crate) fn elements(html: &str) -> Vec<Element> {
    let mut all: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let text = unescape(&rest[..at]);
        if let Some(&inner) = open.last() {
            all[inner].text.push_str(&text);
        }
        rest = &rest[at + 1..];
        if let Some(closing) = rest.strip_prefix('/') {
            let (name, after) = closing.split_once('>').unwrap();
            let inner = open.pop().unwrap_or_else(|| panic!("</{name}> closes nothing: {html}"));
            assert_eq!(all[inner].name, name, "{html}");
            let text = all[inner].text.clone();
            if let Some(&outer) = open.last() {
                all[outer].text.push_str(&text);
            }
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix('!') {
            rest = after.split_once('>').unwrap().1;
            continue;
        }
        let (element, after) = tag(rest);
        if !matches!(element.name.as_str(), "input" | "br" | "meta" | "link" | "hr") {
            open.push(all.len());
        }
        all.push(element);
        rest = after;
    }
    assert!(open.is_empty(), "not closed: {:?}", open.iter().map(|i| &all[*i]).collect::<Vec<_>>());
    all
}

fn tag(text: &str) -> (Element, &str) {
    let end = text.find(|c: char| c.is_whitespace() || c == '>').unwrap();
    let mut element = Element { name: text[..end].to_owned(), attributes: Vec::new(), text: String::new() };
    assert!(element.name.chars().all(|c| c.is_ascii_alphanumeric()), "<{}", element.name);
    let mut rest = text[end..].trim_start();
    while !rest.starts_with('>') {
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>')).unwrap();
        let name = rest[..end].to_owned();
        assert!(
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
            "{name:?} in {}: {text}",
            element.name
        );
        assert!(!element.has(&name), "{name} twice in {}", element.name);
        rest = &rest[end..];
        let mut value = String::new();
        if let Some(quoted) = rest.strip_prefix("=\"") {
            let (inside, after) = quoted.split_once('"').unwrap();
            assert!(!inside.contains('<'), "{inside}");
            value = unescape(inside);
            rest = after;
        }
        element.attributes.push((name, value));
        assert!(rest.starts_with([' ', '>', '\n']), "{rest}");
        rest = rest.trim_start();
    }
    (element, &rest[1..])
}

fn unescape(text: &str) -> String {
    let out: Cow<'_, str> = text.into();
    out.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&amp;", "&")
}

/// The one element with this attribute.
pub(crate) fn one<'a>(all: &'a [Element], name: &str, value: &str) -> &'a Element {
    let found: Vec<&Element> = all.iter().filter(|element| element.get(name) == Some(value)).collect();
    match found.as_slice() {
        [one] => one,
        other => panic!("{} elements with {name}={value}: {all:#?}", other.len()),
    }
}
