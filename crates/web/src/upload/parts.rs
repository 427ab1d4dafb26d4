//! A body of several parts (RFC 7578, 2046), read piece by piece.
//!
//! In memory are one piece of the body, and of a part's head no more than is allowed. Whatever the sender sends, each byte is
//! looked at a fixed number of times.

use std::pin::Pin;

use axum::body::Body;
use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};
use memchr::memmem::Finder;
use quintet_core::{Error, Result};

use super::head::{self, Head, malformed};
use crate::errors::broken;

type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, axum::Error>> + Send>>;

/// Blanks that may stand between a boundary and the end of its line.
const MOST_BLANKS: usize = 64;
/// The longest boundary that RFC 2046 allows.
const LONGEST_BOUNDARY: usize = 70;

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum At {
    /// Before the first boundary, or inside of a part.
    Inside,
    /// Behind a boundary.
    Boundary,
    /// Behind the last one.
    End,
}

pub(super) struct Parts {
    body: Pieces,
    buffer: BytesMut,
    /// What ends a part: the end of a line, two dashes, the boundary.
    end: Finder<'static>,
    at: At,
    longest_head: usize,
    over: bool,
}

impl Parts {
    pub(super) fn new(body: Body, boundary: &str, longest_head: usize) -> Self {
        Parts {
            body: Box::pin(body.into_data_stream()),
            // The first boundary stands at the beginning of a line as well.
            buffer: BytesMut::from(&b"\r\n"[..]),
            end: Finder::new(&format!("\r\n--{boundary}")).into_owned(),
            at: At::Inside,
            longest_head,
            over: false,
        }
    }

    /// The head of the next part; what is left of this one is read and dropped. `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Head>> {
        while self.at == At::Inside {
            self.piece().await?;
        }
        if self.at == At::End || self.is_last().await? {
            self.at = At::End;
            return Ok(None);
        }
        let head = self.head().await?;
        self.at = At::Inside;
        Head::parse(&head).map(Some)
    }

    /// The next bytes of this part; `None` at its end.
    pub(super) async fn piece(&mut self) -> Result<Option<Bytes>> {
        loop {
            if self.at != At::Inside {
                return Ok(None);
            }
            if let Some(found) = self.end.find(&self.buffer) {
                let piece = self.buffer.split_to(found).freeze();
                self.buffer.advance(self.end.needle().len());
                self.at = At::Boundary;
                return Ok(Some(piece).filter(|piece| !piece.is_empty()));
            }
            // The beginning of a boundary may stand at the end.
            let sure = self.buffer.len().saturating_sub(self.end.needle().len() - 1);
            if sure > 0 {
                return Ok(Some(self.buffer.split_to(sure).freeze()));
            }
            self.more().await?;
        }
    }

    /// Reads what stands behind a boundary: two dashes after the last part, else the end of the line.
    async fn is_last(&mut self) -> Result<bool> {
        while self.buffer.len() < 2 {
            self.more().await?;
        }
        if self.buffer.starts_with(b"--") {
            return Ok(true);
        }
        loop {
            let blanks = self.buffer.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            if self.buffer.len() >= blanks + 2 {
                let ends = self.buffer.get(blanks..).is_some_and(|rest| rest.starts_with(b"\r\n"));
                if !ends || blanks > MOST_BLANKS {
                    return Err(malformed("a boundary is followed by something else"));
                }
                // The end of this line stays: a part without headers begins with an empty line.
                self.buffer.advance(blanks);
                return Ok(false);
            }
            self.more().await?;
        }
    }

    /// The headers of a part, each with the end of its line.
    async fn head(&mut self) -> Result<Bytes> {
        const EMPTY_LINE: &[u8] = b"\r\n\r\n";
        let mut looked: usize = 0;
        loop {
            let from = looked.saturating_sub(EMPTY_LINE.len() - 1);
            let rest = self.buffer.get(from..).unwrap_or_default();
            let found = memchr::memmem::find(rest, EMPTY_LINE);
            // The end of the boundary's line stands before it.
            let length =
                found.map(|found| from + found).unwrap_or_else(|| self.buffer.len().saturating_sub(4));
            if length > self.longest_head {
                let most = self.longest_head;
                let why = format!(
                    "A part of the form has more than {most} bytes of headers (`max_header_size` in [uploads])."
                );
                return Err(Error::new(http::StatusCode::PAYLOAD_TOO_LARGE, why));
            }
            if found.is_some() {
                let mut head = self.buffer.split_to(length + EMPTY_LINE.len());
                head.truncate(head.len() - 2);
                head.advance(2);
                return Ok(head.freeze());
            }
            looked = self.buffer.len();
            self.more().await?;
        }
    }

    async fn more(&mut self) -> Result {
        if self.over {
            return Err(malformed("it ends in the middle of a part"));
        }
        match self.body.next().await {
            Some(Ok(piece)) => self.buffer.extend_from_slice(&piece),
            Some(Err(why)) => {
                self.over = true;
                return Err(broken(Box::new(why)));
            }
            None => self.over = true,
        }
        Ok(())
    }
}

/// The boundary that a content type names.
///
/// # Errors
/// 400 if it names none, or one that RFC 2046 does not allow.
pub(super) fn boundary(content_type: &str) -> Result<String> {
    let (_, parameters) = content_type.split_once(';').unwrap_or_default();
    let named = head::parameters(parameters.as_bytes())?;
    let text = named.into_iter().find(|(name, _)| name == "boundary").map(|(_, value)| value);
    let text = text.and_then(|value| String::from_utf8(value).ok()).unwrap_or_default();
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
    if text.is_empty() || text.len() > LONGEST_BOUNDARY || !text.bytes().all(known) || text.ends_with(' ') {
        return Err(malformed("its content type names no boundary"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    /// All parts of a body that comes in pieces of `size` bytes: names and contents.
    async fn all(text: &[u8], size: usize) -> Result<Vec<(String, Vec<u8>)>> {
        let pieces: Vec<Result<Bytes, std::io::Error>> =
            text.chunks(size).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let mut parts = Parts::new(Body::from_stream(stream::iter(pieces)), "b", 200);
        let mut all = Vec::new();
        while let Some(head) = parts.next().await? {
            let mut content = Vec::new();
            while let Some(piece) = parts.piece().await? {
                content.extend_from_slice(&piece);
            }
            all.push((head.name, content));
        }
        Ok(all)
    }

    #[tokio::test]
    async fn parts_are_the_same_however_they_are_cut() {
        let text = b"before\r\n--b\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n\r\n--bb\r\n--\r\n--b \t\r\n\
            Content-Disposition:form-data;name=b\r\nX: y\r\n\r\n\r\n--b\r\ncontent-disposition: form-data; name=c\r\n\r\n\
            1\r\r\n-\n\r\n--b--\r\nbehind";
        // `--bb` is no boundary of ours, but it begins with one.
        for size in [1, 2, 3, 7, 64, 1000] {
            assert!(all(text, size).await.is_err(), "{size}");
        }
        let text = String::from_utf8_lossy(text).replace("--bb", "--c");
        for size in 1..80 {
            let parts = all(text.as_bytes(), size).await.unwrap();
            let expected = [("a", &b"\r\n--c\r\n--"[..]), ("b", b""), ("c", b"1\r\r\n-\n")];
            let parts: Vec<(&str, &[u8])> = parts.iter().map(|(n, c)| (n.as_str(), c.as_slice())).collect();
            assert_eq!(parts, expected, "{size}");
        }
    }

    #[tokio::test]
    async fn what_is_cut_off_is_no_form() {
        let whole = "--b\r\ncontent-disposition: form-data; name=a\r\n\r\nx\r\n--b--";
        assert_eq!(all(whole.as_bytes(), 5).await.unwrap().len(), 1);
        for length in 0..whole.len() {
            let error = all(&whole.as_bytes()[..length], 5).await.unwrap_err();
            assert_eq!(error.status(), 400, "{length}: {error}");
        }
    }

    #[tokio::test]
    async fn heads_are_bounded() {
        for (filler, status) in [(0, None), (100, None), (200, Some(413)), (100_000, Some(413))] {
            let text = format!(
                "--b\r\ncontent-disposition: form-data; name=a\r\nx: {}\r\n\r\n\r\n--b--",
                "x".repeat(filler)
            );
            for size in [1, 50, 1_000_000] {
                let found = all(text.as_bytes(), size).await.map_err(|error| error.status().as_u16()).err();
                assert_eq!(found, status, "{filler} {size}");
            }
        }
    }

    #[test]
    fn boundaries_are_read_from_the_type() {
        for (kind, expected) in [
            ("multipart/form-data; boundary=abc", Some("abc")),
            ("multipart/form-data; charset=utf-8; Boundary=\"a b'c\"", Some("a b'c")),
            (
                "multipart/form-data;boundary=----WebKitFormBoundary7MA4YWxk",
                Some("----WebKitFormBoundary7MA4YWxk"),
            ),
            ("multipart/form-data", None),
            ("multipart/form-data; boundary=", None),
            ("multipart/form-data; boundary=a; boundary=b", None),
            ("multipart/form-data; boundary=\"a\r\n\"", None),
            ("multipart/form-data; boundary=äöü", None),
        ] {
            assert_eq!(boundary(kind).ok().as_deref(), expected, "{kind}");
        }
        assert!(boundary(&format!("x; boundary={}", "x".repeat(71))).is_err());
    }
}
