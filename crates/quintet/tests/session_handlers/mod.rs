//! Handlers that do with their session what the address says.

use quintet::prelude::*;

#[get("/get/{key}/")]
pub(crate) async fn get_one(Path(key): Path<String>, session: Session) -> Result<String> {
    Ok(session.get::<String>(&key).await?.unwrap_or_else(|| "none".to_owned()))
}

#[get("/set/{key}/{value}/")]
pub(crate) async fn set(
    Path((key, value)): Path<(String, String)>,
    session: Session,
) -> Result<&'static str> {
    session.set(&key, &value)?;
    Ok("set")
}

#[post("/in/{user}/")]
pub(crate) async fn sign_in(Path(user): Path<String>, session: Session) -> Result<&'static str> {
    session.sign_in(user).await?;
    Ok("in")
}

#[post("/out/")]
pub(crate) async fn out(session: Session) -> Result<&'static str> {
    session.sign_out()?;
    Ok("out")
}

#[get("/mine/")]
pub(crate) async fn mine(session: Session) -> Result<String> {
    let all = session.list().await?;
    Ok(all
        .iter()
        .map(|info| {
            format!("{}{}", info.agent.clone().unwrap_or_default(), if info.current { "*;" } else { ";" })
        })
        .collect())
}
