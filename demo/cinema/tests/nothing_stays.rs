//! What a request had is gone with its answer, whatever the site has around it: apart from that, a site would grow until it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::Arc;

use cinema::models::Film;
use quintet::{
    axum::{
        body::{Body, to_bytes},
        http::{Method, Request, StatusCode, header},
    },
    prelude::*,
    web::service,
};

/// Something that a request carries.
#[derive(Clone)]
struct Carried(#[allow(dead_code, reason = "it is counted")] Arc<()>);

#[quintet::test(cinema::site)]
async fn nothing_of_a_request_stays(site: TestSite) -> Result {
    let film = create!(Film { title: "Alien" }).insert(&site.db).await?;
    let browser = site.login("ana").await;
    let session = browser.cookie("session").unwrap();
    let page = format!("/films/{}/", film.id);
    let forged = "say=Forged";
    let asked = [
        (Method::GET, "/", "", StatusCode::OK),
        (Method::GET, page.as_str(), "", StatusCode::OK),
        (Method::HEAD, page.as_str(), "", StatusCode::OK),
        (Method::GET, "/films.json", "", StatusCode::OK),
        (Method::GET, "/account/", "", StatusCode::OK),
        (Method::GET, "/channels/", "", StatusCode::BAD_REQUEST),
        (Method::GET, "/static/cinema/cinema.css", "", StatusCode::OK),
        (Method::GET, "/nowhere/", "", StatusCode::NOT_FOUND),
        (Method::POST, &format!("{page}say/"), forged, StatusCode::FORBIDDEN),
        (Method::POST, "/login/", "username=ana&password=wrong", StatusCode::FORBIDDEN),
    ];
    let mut router = service(site.services()).await?;
    for (method, address, body, status) in asked {
        for cookie in ["", &format!("session={session}")] {
            let carried = Arc::new(());
            let mut request = Request::builder().method(&method).uri(address).body(Body::from(body)).unwrap();
            let headers = request.headers_mut();
            headers.insert(header::HOST, "testserver".parse().unwrap());
            headers.insert(header::CONTENT_TYPE, "application/x-www-form-urlencoded".parse().unwrap());
            headers.insert(header::COOKIE, cookie.parse().unwrap());
            request.extensions_mut().insert(Carried(carried.clone()));
            let response = tower::Service::call(&mut router, request).await.unwrap();
            let found = response.status();
            to_bytes(response.into_body(), usize::MAX).await.unwrap();
            if !cookie.is_empty() {
                assert_eq!(found, status, "{method} {address}");
            }
            assert_eq!(Arc::strong_count(&carried), 1, "{method} {address}: {found}");
        }
    }
    Ok(())
}
