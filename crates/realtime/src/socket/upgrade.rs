use std::{fmt, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use quintet_core::{Error, Result, Services, hidden::Values};
use quintet_web::{Origins, Stopping, background, csrf};

use super::{
    engine::{Engine, Limits},
    handshake,
    run::Run,
    socket::{Shared, Socket},
};

/// The handshake of a WebSocket: a handler takes it and answers with what [`run`](Upgrade::run) makes of it.
///
/// ```
/// use quintet_core::Result;
/// use quintet_realtime::socket::Upgrade;
/// use quintet_web::{axum::response::Response, get};
///
/// #[get("/echo/")]
/// async fn echo(upgrade: Upgrade) -> Response {
///     upgrade.run(async |mut socket| {
///         while let Some(message) = socket.recv().await? {
///             socket.send(message).await?;
///         }
///         Ok(())
///     })
/// }
/// ```
///
/// A page of another site is refused with 403, like a form of another site, for its visitor's cookies come along:
/// [`allow_origins`](Upgrade::allow_origins) names others. Programs, which send no `Origin`, are let in. Who asks for a plain page is
/// told 426.
///
/// What a handler takes besides and keeps in the socket's work lives as long as the connection does: take out of a session or of
/// headers what is needed, and let them go, or each connection keeps the request's memory.
#[must_use = "the connection is a WebSocket only if the handler returns what `run` makes"]
pub struct Upgrade {
    on: OnUpgrade,
    accept: HeaderValue,
    services: Services,
    /// Why the page that asks may not.
    foreign: Option<Error>,
    /// Its `Origin`, as long as it is not known whether that is allowed.
    origin: HeaderMap,
    offered: Vec<Box<str>>,
    protocol: Option<Box<str>>,
    limits: Limits,
    closes: bool,
    path: Box<str>,
}

impl<S: Send + Sync> FromRequestParts<S> for Upgrade {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let accept = handshake::accept(parts).map_err(|response| *response)?;
        let services = Services::of_request(parts).map_err(IntoResponse::into_response)?.clone();
        let foreign = csrf::same_origin(parts).err();
        let mut origin = HeaderMap::new();
        if foreign.is_some() {
            for value in parts.headers.get_all(header::ORIGIN) {
                origin.append(header::ORIGIN, value.clone());
            }
        }
        let on = parts.extensions.remove::<OnUpgrade>().ok_or_else(|| {
            let why = "a WebSocket needs a connection of its own: this request has not come through a server";
            Error::internal(why).into_response()
        })?;
        Ok(Upgrade {
            on,
            accept,
            services,
            foreign,
            origin,
            offered: handshake::offered(&parts.headers),
            protocol: None,
            limits: Limits::default(),
            closes: true,
            path: parts.uri.path().into(),
        })
    }
}

impl Upgrade {
    /// Lets in the pages of these origins too: `https://app.example.com`, `https://*.example.com`. They act for whoever sits
    /// before the browser: its cookies come along, as far as they are sent to other sites at all.
    ///
    /// What is no origin is an error of the program: every handshake is answered with 500, and the log says why.
    pub fn allow_origins<I>(self, origins: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let origins: Vec<String> = origins.into_iter().map(Into::into).collect();
        match Origins::read(&origins, "allow_origins") {
            Ok(origins) => self.allow(&origins),
            Err(wrong) => Upgrade { foreign: Some(wrong), origin: HeaderMap::new(), ..self },
        }
    }

    /// As [`allow_origins`](Upgrade::allow_origins), of a list that has been read before.
    pub fn allow(mut self, origins: &Origins) -> Self {
        if origins.sent(&self.origin) {
            self.foreign = None;
        }
        self
    }

    /// Lets in everybody's pages: for what is public, and asks nobody who it is.
    pub fn allow_any_origin(mut self) -> Self {
        self.foreign = None;
        self
    }

    /// The subprotocols that the handler knows, those it likes best first. The first one that the client offers is agreed on; if
    /// there is none, the connection has none, and browsers that have asked for one close it.
    pub fn protocols<I>(mut self, known: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let fits =
            |known: I::Item| self.offered.iter().find(|offered| ***offered == *known.as_ref()).cloned();
        self.protocol = known.into_iter().find_map(fits);
        self
    }

    /// The subprotocols that the client offers, those it likes best first.
    pub fn offered_protocols(&self) -> impl Iterator<Item = &str> {
        self.offered.iter().map(|offered| &**offered)
    }

    /// The one that is agreed on.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// The largest message in bytes; 64 KiB unless told otherwise. Larger ones close the connection with 1009.
    pub fn max_message_size(mut self, bytes: usize) -> Self {
        self.limits.message = bytes;
        self.limits.frame = bytes;
        self
    }

    /// The largest frame in bytes, if it is to be smaller than the largest message. To be called after
    /// [`max_message_size`](Upgrade::max_message_size).
    pub fn max_frame_size(mut self, bytes: usize) -> Self {
        self.limits.frame = bytes;
        self
    }

    /// From how many bytes on that wait for the client whoever sends waits too; 64 KiB unless told otherwise.
    pub fn max_waiting(mut self, bytes: usize) -> Self {
        self.limits.waiting = bytes;
        self
    }

    /// How long a client may take nothing of what waits for it, before it is let go; 30 seconds unless told otherwise, zero for no
    /// limit. `[server] write_timeout` holds besides.
    pub fn write_timeout(mut self, limit: Duration) -> Self {
        self.limits.write = limit;
        self
    }

    /// After how long without a word the client is asked whether it is there; 25 seconds unless told otherwise, zero for never.
    /// Proxies close connections on which nothing passes, often after a minute.
    pub fn ping_interval(mut self, every: Duration) -> Self {
        self.limits.ping = every;
        self
    }

    /// How long it has to answer, before it is let go; 20 seconds unless told otherwise, zero for no limit.
    pub fn ping_timeout(mut self, limit: Duration) -> Self {
        self.limits.pong = limit;
        self
    }

    /// How long the client's goodbye is waited for; 5 seconds unless told otherwise.
    pub fn close_timeout(mut self, limit: Duration) -> Self {
        self.limits.goodbye = limit;
        self
    }

    /// Leaves it to the handler to say goodbye when the server stops, which it hears of from [`stopping`](quintet_web::stopping).
    /// Otherwise the connection is closed then, with 1001. Either way the server waits for the handler, within
    /// `[server] drain_timeout`.
    pub fn open_at_stop(mut self) -> Self {
        self.closes = false;
        self
    }

    /// Answers the handshake, and runs `work` with the socket, in a task of its own, among the services of the site.
    ///
    /// When `work` returns, the connection is closed: with 1000; with 1008 and the error's text if that is an error of the client's
    /// (a status of 4xx); or else with 1011 and no more than that, and the log has the error. So it is if `work` panics. An error of
    /// the connection's own ([`SocketError`](super::SocketError)) is nothing to be said about.
    pub fn run<F, W>(self, work: F) -> Response
    where
        F: FnOnce(Socket) -> W + Send + 'static,
        W: Future<Output = Result> + Send + 'static,
    {
        if let Some(foreign) = self.foreign {
            return foreign.into_response();
        }
        let stopping = Stopping::of(&self.services);
        if stopping.is_stopping() {
            let why = "the server stops: connect again";
            return Error::new(StatusCode::SERVICE_UNAVAILABLE, why).into_response();
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, self.accept);
        // What the client has said is a value of a header.
        if let Some(protocol) = self.protocol.as_deref().and_then(|protocol| protocol.parse().ok()) {
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
        }
        let (on, limits, protocol, closes, path) =
            (self.on, self.limits, self.protocol, self.closes, self.path);
        // The server waits for it from now on.
        let held = stopping.hold();
        let hides = Arc::new(Values::default());
        hides.copy();
        let work = background::outliving(hides, async move {
            let _held = held;
            let io = match on.await {
                Ok(upgraded) => TokioIo::new(upgraded),
                Err(error) => return tracing::debug!(%path, %error, "a WebSocket has not come about"),
            };
            let shared = Shared::new(Engine::new(io, limits));
            let handler = Box::pin(work(Socket::new(shared.clone(), protocol)));
            Run::new(shared, handler, stopping, closes, path).await;
        });
        tokio::spawn(self.services.scope(work));
        response
    }
}

impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrade")
            .field("protocol", &self.protocol)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
