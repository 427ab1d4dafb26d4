//! Memory that most requests need for a moment, kept by the thread for the next one.

use std::cell::Cell;

use axum::body::Bytes;
use http::HeaderMap;

/// Larger ones are not kept: a thread has them for as long as it lives.
const MOST_HEADERS: usize = 32;
const MOST_BYTES: usize = 16 * 1024;

thread_local! {
    static HEADERS: Cell<Option<HeaderMap>> = const { Cell::new(None) };
    static TEXT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// No headers, with room for some.
pub(crate) fn headers() -> HeaderMap {
    HEADERS.try_with(Cell::take).ok().flatten().unwrap_or_default()
}

/// These are not needed any more.
pub(crate) fn keep_headers(mut headers: HeaderMap) {
    if (1..=MOST_HEADERS).contains(&headers.capacity()) {
        headers.clear();
        // In a thread that ends there is no next request.
        let _ = HEADERS.try_with(|kept| kept.set(Some(headers)));
    }
}

/// No bytes, with room for some; to be given back as [`text`].
pub(crate) fn room() -> Vec<u8> {
    TEXT.try_with(Cell::take).unwrap_or_default()
}

/// What was written, in memory of its own and of its size.
pub(crate) fn text(mut written: Vec<u8>) -> Bytes {
    if written.capacity() > MOST_BYTES {
        return written.into();
    }
    let text = Bytes::copy_from_slice(&written);
    written.clear();
    let _ = TEXT.try_with(|kept| kept.set(written));
    text
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, header};

    use super::*;

    #[test]
    fn headers_are_kept_empty() {
        let mut map = HeaderMap::with_capacity(5);
        map.append(header::VARY, HeaderValue::from_static("a"));
        map.append(header::VARY, HeaderValue::from_static("b"));
        let room = map.capacity();
        keep_headers(map);
        let again = headers();
        assert!(again.is_empty() && again.keys_len() == 0);
        assert_eq!(again.capacity(), room);
        assert_eq!(headers().capacity(), 0);
        keep_headers(HeaderMap::with_capacity(100));
        assert_eq!(headers().capacity(), 0);
    }

    #[test]
    fn texts_are_whole_and_their_room_is_kept_if_it_is_small() {
        let mut first = room();
        first.extend_from_slice(b"first");
        let capacity = first.capacity();
        assert_eq!(text(first), "first");
        // One within another has room of its own.
        let (mut outer, mut inner) = (room(), room());
        assert_eq!((outer.len(), outer.capacity(), inner.capacity()), (0, capacity, 0));
        inner.extend_from_slice(b"inner");
        outer.extend_from_slice(b"outer");
        assert_eq!((text(inner), text(outer)), ("inner".into(), "outer".into()));
        let mut large = room();
        large.resize(MOST_BYTES + 1, b'x');
        assert_eq!(text(large), vec![b'x'; MOST_BYTES + 1]);
        assert_eq!(room().capacity(), 0);
    }
}
