use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::{HeaderName, request::Parts};

/// What a client that comes back has heard last: the id of an [`Event`](super::Event). None the first time.
///
/// It is the client's word: whatever it says must be something that it may hear about.
///
/// ```
/// use quintet_realtime::sse::{Event, LastEventId, Sse};
/// use quintet_web::get;
///
/// #[get("/numbers/")]
/// async fn numbers(LastEventId(last): LastEventId) -> Sse {
///     let next = last.and_then(|id| id.parse::<u64>().ok()).map_or(1, |last| last + 1);
///     Sse::write(async move |events| {
///         for n in next..=100 {
///             events.send(Event::data(n.to_string()).id(n.to_string())).await?;
///         }
///         Ok(())
///     })
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LastEventId(pub Option<String>);

const NAME: HeaderName = HeaderName::from_static("last-event-id");

impl<S: Sync> FromRequestParts<S> for LastEventId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // Browsers send it as UTF-8, whatever headers are otherwise.
        let id = parts.headers.get(NAME).and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
        Ok(LastEventId(id.filter(|id| !id.is_empty()).map(str::to_owned)))
    }
}
