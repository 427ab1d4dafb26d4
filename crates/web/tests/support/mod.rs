//! A site built by hand, started as the command line would start it, and asked in-process.
#![allow(dead_code)]

use std::sync::Arc;

use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use quintet_core::{
    Boot, Error, Result, Room, Services, Site,
    settings::Settings,
    template::{Render, Renderer},
};
use quintet_web::{
    Page, WebRoom,
    axum::{Router, body::Body, response::Response},
};
use tower::ServiceExt;

/// Shows the template's name and its values; `broken.html` can't be rendered.
pub(crate) struct FakeRenderer(pub(crate) &'static [&'static str]);

impl Renderer for FakeRenderer {
    fn render(&self, what: Render<'_>) -> Result<String> {
        if what.template == "broken.html" {
            return Err(Error::internal("line 3: no value `secret_name`"));
        }
        let json = |values: &[(std::borrow::Cow<'static, str>, quintet_core::Value)]| {
            let map: serde_json::Map<String, serde_json::Value> = values
                .iter()
                .map(|(name, value)| (name.to_string(), serde_json::to_value(value).unwrap()))
                .collect();
            serde_json::Value::Object(map)
        };
        let context: Vec<_> = what
            .context
            .names()
            .into_iter()
            .map(|name| (name.to_owned().into(), what.context.get(name).unwrap()))
            .collect();
        let (values, context) = (json(what.values), json(&context));
        let fragment = what.fragment.map(|f| format!("#{f}")).unwrap_or_default();
        Ok(format!("{}{fragment} {values} {context} app={:?}", what.template, what.app))
    }

    fn exists(&self, template: &str) -> bool {
        self.0.contains(&template)
    }
}

/// A started site.
pub(crate) struct Running {
    pub(crate) services: Services,
    pub(crate) router: Router,
}

pub(crate) async fn start(site: Site) -> Result<Running> {
    start_with(site, &[], &[]).await
}

pub(crate) async fn start_with(
    site: Site,
    settings: &[(&'static str, &'static str)],
    templates: &'static [&'static str],
) -> Result<Running> {
    let settings = Settings::for_tests("/nowhere", settings.iter().copied());
    let site = Arc::new(site);
    let mut boot = Boot::new(site.clone(), settings.clone(), Services::builder())?;
    boot.services.insert(site.clone());
    boot.services.insert(settings.clone());
    quintet_core::settings::SettingsSlot::insert_all(&site, &settings, &mut boot.services)?;
    boot.services.insert::<Arc<dyn Renderer>>(Arc::new(FakeRenderer(templates)));
    WebRoom.start(&mut boot).await?;
    let services = boot.services.build();
    let router = quintet_web::service(&services).await?;
    Ok(Running { services, router })
}

/// The message of a site that can't start.
pub(crate) async fn start_error(site: Site) -> String {
    match start(site).await {
        Ok(_) => panic!("this site must not start"),
        Err(error) => error.to_string(),
    }
}

impl Running {
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        Answer::of(response).await
    }

    pub(crate) async fn ask(&self, method: &str, uri: &str) -> Answer {
        let request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(uri);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn get(&self, uri: &str) -> Answer {
        self.ask("GET", uri).await
    }

    pub(crate) async fn get_as(&self, uri: &str, accept: &str) -> Answer {
        let request = Request::get(uri).header(header::ACCEPT, accept);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post_json(&self, uri: &str, body: &str) -> Answer {
        let request = Request::post(uri).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }
}

/// A response whose body has been read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) page: Option<Page>,
}

impl Answer {
    pub(crate) async fn of(response: Response) -> Self {
        let page = Page::of(&response).cloned();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let bytes = bytes.to_vec();
        let body = match parts.headers.get(header::CONTENT_ENCODING) {
            // Not to be read as it is.
            Some(_) => String::new(),
            None => String::from_utf8(bytes.clone()).unwrap(),
        };
        Answer { status: parts.status, headers: parts.headers, body, bytes, page }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|v| v.to_str().unwrap()).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }
}
