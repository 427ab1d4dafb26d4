use quintet_core::{Result, Services, audit::What, settings::Settings};
use quintet_web::{Page, Query, Session, get, post, redirect};

use super::{Came, page};
use crate::{
    AuthSettings,
    login::{logout, safe_next},
};

/// Asks first: what another page links to, or a browser loads beforehand, must not end a session.
#[get("/logout/", name = "logout")]
pub(super) async fn logout_page() -> Page {
    page("auth/logout.html")
}

#[post("/logout/")]
pub(super) async fn log_out(Query(came): Query<Came>, services: Services, session: Session) -> Result<Page> {
    let user = session.user().await?;
    logout(&session)?;
    if let Some(user) = user {
        session.security_event(What::LoggedOut).user(user).tell(&services).await;
    }
    let settings = services.require::<Settings>()?.get::<AuthSettings>()?;
    let next = came.next.as_deref().and_then(safe_next).unwrap_or(&settings.after_logout);
    Ok(redirect(next.to_owned()).header("cache-control", "no-store"))
}
