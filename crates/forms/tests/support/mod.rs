//! A site with the rooms of forms, templates and web, asked in-process.
#![allow(dead_code)]

mod html;

use std::sync::Arc;

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

#[allow(unused_imports, reason = "each test takes what it needs")]
pub(crate) use html::{Element, elements, one};

/// What would break out of a text, an attribute, a text area, a script.
pub(crate) const HOSTILE: [&str; 6] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onfocus='alert(1)",
    "</textarea><script>alert(1)</script>",
    "</option></select><b>",
    "{{ 7*7 }}{% raw %}&lt;&#x3c;",
];

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
    let settings = [("secret_key", "a key for tests")].into_iter().chain(settings.iter().copied());
    let settings = Settings::for_tests("/nowhere", settings);
    let site = Arc::new(site);
    let mut boot = Boot::new(site.clone(), settings.clone(), Services::builder()).unwrap();
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

    /// A request as a browser sends it from one of the site's own pages.
    pub(crate) fn posted_from_own_page(&self, uri: &str, kind: &str) -> http::request::Builder {
        let (name, value, token) = quintet_web::csrf::proof(&self.services, false, |_| None).unwrap();
        Request::post(uri)
            .header(header::CONTENT_TYPE, kind)
            .header("sec-fetch-site", "same-origin")
            .header(header::COOKIE, format!("{name}={value}"))
            .header(quintet_web::csrf::HEADER, token)
    }

    pub(crate) async fn send_as(&self, uri: &str, kind: &str, body: impl Into<Body>) -> Answer {
        self.send(self.posted_from_own_page(uri, kind).body(body.into()).unwrap()).await
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
