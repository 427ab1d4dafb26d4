//! How requests get to S3: hyper and rustls, which the rest of the framework has as well.

use std::{
    error::Error,
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Method, header};
use http_body::{Body, Frame, SizeHint};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use object_store::{
    ClientOptions,
    client::{
        HttpClient, HttpConnector as Connect, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody,
        HttpResponse, HttpResponseBody, HttpService,
    },
};
use tokio::time::{Instant, Sleep};
use tokio_rustls::rustls::crypto::ring;

/// Who does not answer a handshake by then is not there.
const CONNECT: Duration = Duration::from_secs(5);
/// An upload slower than so many bytes a second has stopped.
const SLOWEST: u64 = 64 * 1024;

/// A client of HTTP/1.1 whose connections are kept.
#[derive(Clone)]
pub(super) struct Http {
    client: Client<HttpsConnector<HttpConnector>, HttpRequestBody>,
    timeout: Duration,
    creating: bool,
}

impl Http {
    /// With the certificates that the system trusts.
    ///
    /// # Errors
    /// If there are none.
    pub(super) fn new(timeout: Duration) -> io::Result<Self> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT.min(timeout)));
        let tls = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(ring::default_provider())?
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(20))
            .build(tls);
        Ok(Http { client, timeout, creating: false })
    }

    /// The same, with which an upload in parts does not overwrite what has come under its name meanwhile. S3 asks for the condition at
    /// the end of the upload; the signature, which is there already, need not cover it.
    pub(super) fn creating(&self) -> Self {
        Http { creating: true, ..self.clone() }
    }

    async fn send(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let ends_upload = request.method() == Method::POST
            && request.uri().query().is_some_and(|query| query.contains("uploadId="));
        if self.creating && ends_upload {
            request.headers_mut().insert(header::IF_NONE_MATCH, HeaderValue::from_static("*"));
        }
        let seconds = request.body().content_length() as u64 / SLOWEST;
        let most = self.timeout + Duration::from_secs(seconds);
        let answer = tokio::time::timeout(most, self.client.request(request));
        let answer = answer.await.map_err(|_| silent(most))?.map_err(|error| {
            let kind = if error.is_connect() { HttpErrorKind::Connect } else { kind(&error) };
            HttpError::new(kind, error)
        })?;
        let (parts, body) = answer.into_parts();
        let body = Awaited {
            body,
            sleep: Box::pin(tokio::time::sleep(self.timeout)),
            timeout: self.timeout,
            waiting: false,
        };
        Ok(HttpResponse::from_parts(parts, HttpResponseBody::new(body)))
    }
}

/// What has happened, as far as it decides whether to try again.
fn kind(error: &(dyn Error + 'static)) -> HttpErrorKind {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            if error.is_timeout() {
                return HttpErrorKind::Timeout;
            }
            // It may have been heard: only what may be done twice is tried again.
            if error.is_closed() || error.is_incomplete_message() || error.is_body_write_aborted() {
                return HttpErrorKind::Interrupted;
            }
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return match error.kind() {
                io::ErrorKind::TimedOut => HttpErrorKind::Timeout,
                io::ErrorKind::ConnectionRefused => HttpErrorKind::Connect,
                _ => HttpErrorKind::Interrupted,
            };
        }
        next = error.source();
    }
    HttpErrorKind::Unknown
}

fn silent(time: Duration) -> HttpError {
    let why = format!("the server has said nothing for {} seconds", time.as_secs());
    HttpError::new(HttpErrorKind::Timeout, io::Error::new(io::ErrorKind::TimedOut, why))
}

impl Connect for Http {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

/// As `async_trait` would write it.
impl HttpService for Http {
    fn call<'life0, 'async_trait>(
        &'life0 self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(self.send(request))
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("creating", &self.creating).finish_non_exhaustive()
    }
}

pin_project_lite::pin_project! {
    /// An answer's body, whose sender may not pause too long. Whose reader pauses, may.
    struct Awaited {
        #[pin]
        body: hyper::body::Incoming,
        sleep: Pin<Box<Sleep>>,
        timeout: Duration,
        waiting: bool,
    }
}

impl Body for Awaited {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let this = self.project();
        if let Poll::Ready(frame) = this.body.poll_frame(cx) {
            *this.waiting = false;
            return Poll::Ready(
                frame.map(|frame| frame.map_err(|error| HttpError::new(kind(&error), error))),
            );
        }
        if !*this.waiting {
            *this.waiting = true;
            this.sleep.as_mut().reset(Instant::now() + *this.timeout);
        }
        ready!(this.sleep.as_mut().poll(cx));
        Poll::Ready(Some(Err(silent(*this.timeout))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
