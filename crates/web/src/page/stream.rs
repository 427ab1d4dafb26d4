//! Pages that leave while they are rendered.
//!
//! The template runs on a thread for blocking work and writes into a channel that holds a few pieces: it waits where the client is
//! slower, and stops where the client is gone. The first piece decides: what fails before it is full is an error like every other; what
//! fails later cuts the connection, for the client must not take half a page for a whole one.

use std::{io, sync::Arc};

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use http::StatusCode;
use quintet_core::{
    Error, ErrorKind, Result, Value,
    template::{PagePolicy, Render, Renderer, TemplateUses},
};
use tokio::{
    runtime::Handle,
    sync::mpsc::{self, Receiver, Sender},
    task::JoinHandle,
};

use super::{Page, Pending, render, rows::Flow};
use crate::{facts::Facts, routing::current};

/// How large a piece is, and how many may wait.
const PIECE: usize = 16 * 1024;
const WAITING: usize = 4;

/// Does the response carry a page that is to leave while it is rendered?
pub(crate) fn is_streamed(response: &Response) -> bool {
    response.extensions().get::<Pending>().is_some_and(|Pending(page)| page.streamed)
}

/// Which of these names its template may ask for.
pub(crate) fn mentioned<'a>(
    response: &Response,
    facts: &Facts,
    names: impl Iterator<Item = &'a str>,
) -> Vec<usize> {
    let renderer = facts.services().get::<Arc<dyn Renderer>>();
    let (Some(template), Some(renderer)) = (Page::of(response).and_then(Page::template), renderer) else {
        return Vec::new();
    };
    names.enumerate().filter(|(_, name)| renderer.mentions(template, name)).map(|(at, _)| at).collect()
}

/// Begins to render; the response is there when the first piece is.
pub(crate) async fn begin(mut response: Response, facts: &Facts) -> Response {
    // Made before another thread asks: whoever seals the answer must see what it was asked for.
    facts.csrf();
    if let Err(error) = facts.take_messages(&mut response) {
        return error.into_response();
    }
    if let Err(error) = ahead(&response, facts) {
        return error.into_response();
    }
    let Some(Pending(page)) = response.extensions_mut().remove::<Pending>() else { return response };
    if let Some(refused) = render::refused(&page, facts) {
        return refused;
    }
    let renderer = match render::renderer(facts) {
        Ok(renderer) => renderer.clone(),
        Err(error) => return error.into_response(),
    };
    let (pieces, mut taken) = mpsc::channel(WAITING);
    let uses = TemplateUses::current();
    let work = tokio::task::spawn_blocking({
        let (page, facts) = (page.clone(), facts.clone());
        move || {
            let work = || match facts.trace().cloned() {
                Some(trace) => trace.scope_blocking(|| work(&page, &facts, &*renderer, pieces)),
                None => work(&page, &facts, &*renderer, pieces),
            };
            match uses {
                Some(uses) => uses.scope_blocking(work),
                None => work(),
            }
        }
    });
    match taken.recv().await {
        Some(first) => {
            let rest = Rest { first: Some(first), taken, work: Some(work), facts: facts.clone() };
            render::fill(response, page, Body::from_stream(stream::try_unfold(rest, Rest::next)))
        }
        None => match ended(work).await {
            Ok(()) => render::fill(response, page, Body::empty()),
            Err(error) => error.into_response(),
        },
    }
}

/// What the response's headers depend on, before they leave.
fn ahead(response: &Response, facts: &Facts) -> Result {
    let names = ["csp_nonce", "messages", "csrf_input", "csrf_token"];
    for at in mentioned(response, facts, names.into_iter()) {
        match at {
            0 => drop(facts.wishes().nonce()?),
            2 | 3 => drop(facts.csrf().token(&facts.asked())?),
            _ => drop(facts.notes().show(facts.services())?),
        }
    }
    // A form brings its token along by templates of its own.
    let values = Page::of(response).map(Page::values).unwrap_or_default();
    if values.iter().any(|(_, value)| matches!(value, Value::Piece(_))) {
        facts.csrf().token(&facts.asked())?;
    }
    Ok(())
}

fn work(page: &Page, facts: &Facts, renderer: &dyn Renderer, pieces: Sender<Bytes>) -> Result {
    let sources = page.rows.clone();
    let flow = Flow { sources, handle: Handle::current(), client: pieces.downgrade() };
    let mut out = Pieces { pieces, full: Vec::with_capacity(PIECE) };
    let app = facts.route().map(|route| route.app.clone()).unwrap_or_default();
    facts.services().clone().scope_blocking(|| {
        current::scope_blocking(app, || {
            let name = page.template().unwrap_or_default();
            let (template, fragment) = render::split(name);
            renderer.render_to(
                Render {
                    template,
                    fragment,
                    values: &page.shared(),
                    context: &render::around_with(facts, flow),
                    app: facts.route().map(|route| &*route.app),
                    services: facts.services(),
                },
                &mut out,
            )
        })
    })?;
    // Nobody is there to take it: that is no fault.
    let _ = io::Write::flush(&mut out);
    Ok(())
}

/// Text on its way to the client, a piece at a time.
struct Pieces {
    pieces: Sender<Bytes>,
    full: Vec<u8>,
}

impl io::Write for Pieces {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.full.extend_from_slice(text);
        if self.full.len() >= PIECE {
            self.flush()?;
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.full.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.full, Vec::with_capacity(PIECE));
        self.pieces.blocking_send(piece.into()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

async fn ended(work: JoinHandle<Result>) -> Result {
    work.await.unwrap_or_else(|panic| {
        let why = format!("rendering a page panicked: {panic}");
        Err(Error::of_kind(ErrorKind::Panic, StatusCode::INTERNAL_SERVER_ERROR, why))
    })
}

/// What is still to come.
struct Rest {
    first: Option<Bytes>,
    taken: Receiver<Bytes>,
    work: Option<JoinHandle<Result>>,
    facts: Facts,
}

impl Rest {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, io::Error> {
        if let Some(first) = self.first.take() {
            return Ok(Some((first, self)));
        }
        if let Some(piece) = self.taken.recv().await {
            return Ok(Some((piece, self)));
        }
        let Some(work) = self.work.take() else { return Ok(None) };
        match ended(work).await {
            Ok(()) => Ok(None),
            Err(error) => {
                let (method, path) = (self.facts.method(), &*self.facts.shown_path());
                let error = format!("{error:?}");
                let error = self.facts.cover(&error);
                let id = self.facts.id().map(|id| id.as_str()).unwrap_or_default();
                tracing::error!(%method, path, request_id = id, "a page broke off: {error}");
                Err(io::Error::other("the page could not be rendered to its end"))
            }
        }
    }
}
