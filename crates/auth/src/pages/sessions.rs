use http::StatusCode;
use quintet_core::{Result, Services, TemplateValue, Value, audit::What, settings::Settings};
use quintet_forms::Form;
use quintet_web::{
    Page, Session, data, get,
    messages::Message,
    post, redirect,
    session::{SessionInfo, Sessions},
};

use super::{page, sessions_agent::device};
use crate::{AuthSettings, User, login::logout};

/// Which one is to end; all others, if none is said.
#[data]
pub(super) struct End {
    id: Option<String>,
}

fn shown(info: &SessionInfo) -> Value {
    let texts = [
        ("id", info.id.to_value()),
        ("device", device(info.agent.as_deref().unwrap_or_default()).to_value()),
        ("agent", info.agent.to_value()),
        ("address", info.address.map(|address| address.to_string()).to_value()),
        ("created", info.created.to_value()),
        ("used", info.used.to_value()),
        ("current", info.current.to_value()),
    ];
    Value::Map(texts.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

#[get("/sessions/", name = "sessions")]
pub(super) async fn sessions_page(_user: User, session: Session) -> Result<Page> {
    // In cookies none can be listed; all can be ended there, too.
    let all = match session.list().await {
        Ok(all) => Some(all),
        Err(error) if error.status() == StatusCode::SERVICE_UNAVAILABLE => return Err(error),
        Err(_) => None,
    };
    let rows: Option<Vec<Value>> = all.map(|all| all.iter().map(shown).collect());
    Ok(page("auth/sessions.html").with("sessions", &rows))
}

#[post("/sessions/end/", name = "sessions_end")]
pub(super) async fn end_sessions(
    user: User,
    all: Sessions,
    session: Session,
    services: Services,
    form: Form<End>,
) -> Result<Page> {
    let mut form = form;
    let chosen = form.valid().and_then(|End { id }| id).filter(|id| !id.is_empty());
    let done = match chosen {
        None => {
            session.end_others().await?;
            "Wherever else you were logged in, you are not any more."
        }
        Some(id) => {
            let own = session.list().await?.into_iter().find(|info| info.id == id);
            if own.is_some_and(|info| info.current) {
                logout(&session)?;
                session.security_event(What::LoggedOut).user(user.id).tell(&services).await;
                let settings = services.require::<Settings>()?.get::<AuthSettings>()?;
                return Ok(redirect(settings.after_logout).header("cache-control", "no-store"));
            }
            match all.end(user.id, &id).await? {
                true => "That session has ended.",
                false => "That session had ended already.",
            }
        }
    };
    Ok(redirect(sessions_page::url()).header("cache-control", "no-store").flash(Message::success(done)))
}
