//! A handler that signs is no handler of a site without a key.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::Arc;

use quintet_core::{App, Boot, Room, Services, Site, settings::Settings, signing::Signer};
use quintet_web::{Messages, Routing, WebRoom, get, routes, service};

#[get("/signed/")]
async fn signed(signer: Signer) -> String {
    signer.purpose("web.test").sign("x")
}

#[get("/told/")]
async fn told(messages: Messages) -> &'static str {
    messages.add("x");
    "told"
}

async fn start(routes: Vec<quintet_web::Route>, settings: Settings) -> quintet_core::Result<axum::Router> {
    let site = Site::new().install(App::new("signed").routes(routes));
    let mut boot = Boot::new(Arc::new(site), settings.clone(), Services::builder()).unwrap();
    boot.services.insert(settings);
    WebRoom.start(&mut boot).await?;
    service(&boot.services.build()).await
}

#[tokio::test]
async fn without_a_key_it_does_not_start() {
    let error = start(routes![signed], Settings::default()).await.err().unwrap().to_string();
    assert!(error.contains("GET /signed/") && error.contains("QUINTET_SECRET_KEY"), "{error}");
    let keyed = Settings::for_tests("/tmp", [("secret_key", "k")]);
    assert!(start(routes![signed], keyed).await.is_ok());
}

#[tokio::test]
async fn messages_say_that_they_need_one() {
    use tower::ServiceExt;
    let router = start(routes![told], Settings::default()).await.unwrap();
    let request = http::Request::get("/told/").body(axum::body::Body::empty()).unwrap();
    assert_eq!(router.oneshot(request).await.unwrap().status(), 500);
}
