//! The site's part in the development loop (`cargo run -- dev`).
//!
//! The command line's supervisor builds the site, keeps its listening socket and starts it with that socket as standard input
//! and the path of a control socket in the variable [`VARIABLE`]. The site tells it when it is ready, and is told what has changed
//! (`control`). Pages get a script (`crate::inject`) that hears of changes (`events`): it reloads the page, swaps a style sheet or shows
//! what does not compile.
//!
//! Nothing of this is there in a process that was not started so.
mod control;
mod events;

use std::{
    net::TcpListener,
    os::fd::{AsFd, OwnedFd},
    path::PathBuf,
    sync::OnceLock,
};

use axum::response::Response;
use http::{HeaderValue, Request, StatusCode, header};
use quintet_core::{Error, Result};

pub(crate) use control::Control;
use events::Events;

/// `{process id of the supervisor}:{path of its control socket}`.
pub const VARIABLE: &str = "DEV_QUINTET";
/// What all addresses of the loop begin with.
const PREFIX: &str = "/__quintet/dev/";

/// One process is one site that is worked on.
static DEV: OnceLock<Dev> = OnceLock::new();

/// The loop, in a site that is part of it.
pub(crate) struct Dev {
    /// Another one for each start: a page of another one is out of date.
    build: String,
    events: Events,
}

/// The loop, if this process is part of it.
pub(crate) fn current() -> Option<&'static Dev> {
    DEV.get()
}

/// Joins the loop, if the supervisor has started this process: gives the listening socket and the line to the supervisor.
///
/// # Errors
/// If it has, and one of them is not as agreed.
pub(crate) async fn join() -> Result<Option<(tokio::net::TcpListener, Control)>> {
    let Some(path) = invitation(std::env::var(VARIABLE).ok().as_deref()) else { return Ok(None) };
    let failed = |what: &str, error: std::io::Error| {
        Error::internal(format!("the development loop can't be joined: {what}: {error}")).with_source(error)
    };
    let socket: OwnedFd =
        std::io::stdin().as_fd().try_clone_to_owned().map_err(|e| failed("its socket", e))?;
    let listener = TcpListener::from(socket);
    listener.set_nonblocking(true).map_err(|e| failed("its socket", e))?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(|e| failed("its socket", e))?;
    let control = Control::connect(&path).await.map_err(|e| failed("its control socket", e))?;
    let dev = Dev { build: format!("{:x}", std::process::id()), events: Events::default() };
    // Joined once: the command that does it is run once.
    let _ = DEV.set(dev);
    Ok(Some((listener, control)))
}

/// The control socket, if it is this process that is meant, and not one that it has started in its turn.
fn invitation(value: Option<&str>) -> Option<PathBuf> {
    let (supervisor, path) = value?.split_once(':')?;
    let supervisor: u32 = supervisor.parse().ok()?;
    (supervisor == std::os::unix::process::parent_id()).then(|| PathBuf::from(path))
}

impl Dev {
    /// The answer to a request of the loop's own; `None` if it is one for the site.
    pub(crate) fn answer<B>(&self, request: &Request<B>) -> Option<Response> {
        let name = request.uri().path().strip_prefix(PREFIX)?;
        Some(match name {
            "events" => self.events.stream(&self.build),
            "client.js" => {
                let mut response = Response::new(include_str!("client.js").into());
                let headers = response.headers_mut();
                headers
                    .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
                response
            }
            _ => {
                let mut response = Response::default();
                *response.status_mut() = StatusCode::NOT_FOUND;
                response
            }
        })
    }

    /// The script of each page.
    pub(crate) fn script(&self) -> String {
        format!("<script src=\"{PREFIX}client.js\" data-build=\"{}\" async></script>\n", self.build)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_child_of_the_supervisor_is_invited() {
        let parent = std::os::unix::process::parent_id();
        assert_eq!(invitation(Some(&format!("{parent}:/tmp/a:b"))), Some(PathBuf::from("/tmp/a:b")));
        for value in [None, Some("1"), Some("x:/tmp"), Some("4294967295:/tmp/x")] {
            assert_eq!(invitation(value), None, "{value:?}");
        }
    }

    #[test]
    fn addresses_of_the_loop_are_answered_and_others_are_not() {
        let dev = Dev { build: "b1".to_owned(), events: Events::default() };
        let ask = |path: &str| dev.answer(&Request::get(path).body(()).unwrap());
        assert_eq!(
            ask("/__quintet/dev/client.js").unwrap().headers()[header::CONTENT_TYPE],
            "text/javascript; charset=utf-8"
        );
        assert_eq!(
            ask("/__quintet/dev/events").unwrap().headers()[header::CONTENT_TYPE],
            "text/event-stream"
        );
        assert_eq!(ask("/__quintet/dev/x").unwrap().status(), StatusCode::NOT_FOUND);
        assert!(ask("/").is_none() && ask("/__quintet/").is_none());
    }
}
