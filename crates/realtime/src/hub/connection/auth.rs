//! Who a connection belongs to: by its request at first, by a ticket that it shows, and anew when something about its user changes.

use std::{sync::Arc, time::Duration};

use quintet_core::{Error, Result, clock, settings::Settings, signing::Signer, value::Timestamp};
use serde::{Deserialize, Serialize};
use tokio::task::AbortHandle;

use super::Connection;
use crate::{
    identity::Identity,
    wire::{self, Bye},
};

/// A ticket is for this and nothing else.
const PURPOSE: &str = "quintet.channels.ticket";

/// The ticket that was shown last.
pub(super) struct Shown {
    user: String,
    pub(super) until: Timestamp,
    _expiry: Expiry,
}

/// What ends the connection when its ticket expires: not any more when another one has taken the ticket's place, or the client has gone.
struct Expiry(AbortHandle);

impl Drop for Expiry {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[derive(Serialize, Deserialize)]
struct Ticket {
    user: String,
    /// Seconds since 1970.
    until: i64,
}

/// A ticket with which a page of another origin, or a program, shows for a while who it acts for: the token of `auth`.
///
/// The site gives it to whoever is logged in, by a route of its own.
///
/// # Errors
/// If the site has no `secret_key`.
pub fn ticket(settings: &Settings, user: impl std::fmt::Display, lifetime: Duration) -> Result<String> {
    let lifetime = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
    let until = clock::now().as_second().saturating_add(lifetime);
    Signer::of_settings(settings)?.purpose(PURPOSE).dumps(&Ticket { user: user.to_string(), until })
}

fn read(settings: &Settings, token: &str) -> Result<Ticket> {
    let wrong = || Error::unauthorized("This ticket is not valid, or has expired.");
    let signer = Signer::of_settings(settings)?.purpose(PURPOSE);
    let ticket: Ticket = signer.loads(token, Duration::MAX).map_err(|_| wrong())?;
    if ticket.until <= clock::now().as_second() { Err(wrong()) } else { Ok(ticket) }
}

/// The client shows a ticket.
pub(super) fn begin(connection: &Arc<Connection>, reference: &str, token: &str) {
    let (connection, reference, token) = (connection.clone(), reference.to_owned(), token.to_owned());
    super::lane::spawn(&connection.clone(), None, async move {
        match connection.show(&token).await {
            Ok(left) => {
                let data = serde_json::value::to_raw_value(&serde_json::json!({ "expires": left })).ok();
                connection.outbox.push(wire::reply(&reference, Ok(data.as_deref())));
            }
            Err(error) => connection.answer(Some(&reference), &error),
        }
    });
}

impl Connection {
    /// Takes a ticket, and gives for how many milliseconds it holds.
    async fn show(self: &Arc<Self>, token: &str) -> Result<i64> {
        let ticket = read(self.services().require::<Settings>()?, token)?;
        let until = Timestamp::from_second(ticket.until)
            .map_err(|_| Error::unauthorized("This ticket is not valid, or has expired."))?;
        let parts = self.caller.parts()?;
        let Some(identify) = &self.hub.identify else {
            return Err(Error::new(http::StatusCode::NOT_IMPLEMENTED, "This site has no users."));
        };
        let identity = identify.by_ticket(&ticket.user, &parts).await?;
        if identity.user.as_deref() != Some(ticket.user.as_str()) {
            return Err(Error::unauthorized("This ticket is of nobody who may log in."));
        }
        let left = until.as_millisecond().saturating_sub(clock::now().as_millisecond());
        {
            // Judged and taken by one lock: else two tickets, or one and a `join`, could both be the first.
            let mut state = self.state();
            let before = &state.identity.user;
            let first = before.is_none() && state.lanes.is_empty();
            if !first && before.as_ref() != Some(&ticket.user) {
                drop(state);
                let why = "Show a ticket before you join topics, and always one of the same user.";
                return Err(Error::new(http::StatusCode::CONFLICT, why));
            }
            state.identity = Arc::new(identity);
            state.ticket = Some(Shown { user: ticket.user, until, _expiry: self.expire_in(left) });
            if !first {
                return Ok(left);
            }
        }
        self.hub.people.add(self);
        // It may have gone while it was asked whose ticket it is, and is not taken out a second time.
        if self.state().gone {
            self.hub.people.remove(self);
        }
        Ok(left)
    }

    /// Ends the connection after so many milliseconds, unless this is aborted.
    fn expire_in(self: &Arc<Self>, left: i64) -> Expiry {
        let connection = Arc::downgrade(self);
        let expiry = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(left.max(0).unsigned_abs())).await;
            if let Some(connection) = connection.upgrade() {
                connection.outbox.end(Bye::Expired);
            }
        });
        Expiry(expiry.abort_handle())
    }

    /// Who it belongs to now.
    pub(super) async fn identify(&self) -> Result<Identity> {
        let Some(identify) = &self.hub.identify else { return Ok(Identity::default()) };
        let ticket = self.state().ticket.as_ref().map(|shown| (shown.user.clone(), shown.until));
        match ticket {
            Some((user, until)) if until > clock::now() => {
                identify.by_ticket(&user, &self.caller.parts()?).await
            }
            Some(_) => Ok(Identity::default()),
            // The browser has added its cookies by itself, whoever the page is from.
            None if self.foreign => Ok(Identity::default()),
            None => identify.by_request(&mut self.caller.parts()?).await,
        }
    }

    /// [`look_again`](Self::look_again), beside everything else; nobody needs it of a client that is nobody.
    pub(crate) fn look_again_soon(self: &Arc<Self>) {
        if self.identity().user.is_some() {
            let connection = self.clone();
            super::lane::spawn(self, None, async move { connection.look_again(false).await });
        }
    }

    /// Something about its user has changed, or it is time: is it still them, and may they still be where they are?
    pub(crate) async fn look_again(self: &Arc<Self>, changed: bool) {
        let before = self.identity();
        let services = self.services().clone();
        let now = match services.scope(self.identify()).await {
            Ok(now) => now,
            Err(error) => {
                // Whoever can't be known is not let stay; they come back and are asked then.
                tracing::warn!(%error, "it can't be found who a connection belongs to");
                return self.outbox.end(Bye::Idle);
            }
        };
        if now.user != before.user {
            let expired = self.expires().is_some_and(|until| until <= clock::now());
            return self.outbox.end(if expired { Bye::Expired } else { Bye::Logout });
        }
        let lanes = {
            let mut state = self.state();
            state.identity = Arc::new(now);
            state.lanes.clone()
        };
        for lane in lanes {
            lane.again(self, changed);
        }
    }
}
