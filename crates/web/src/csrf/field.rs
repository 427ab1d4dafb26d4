//! The token in a form's body, which is read for it and then put back.

use std::error::Error as StdError;

use axum::{
    RequestExt,
    body::{Body, Bytes},
    extract::{FromRequest, Request, rejection::BytesRejection},
};
use futures_util::{StreamExt, stream};
use http::header;
use http_body::Frame;
use http_body_util::BodyExt;
use percent_encoding::percent_decode;
use quintet_core::Error;

use super::FIELD;

/// So much of a form with files is read for its token, which stands before them.
const MOST: usize = 64 * 1024;

/// What to say of a body that can't be read: of one that was wanted whole, and of one that came piece by piece.
#[derive(Clone, Copy)]
pub(crate) struct Faults {
    pub(crate) unread: fn(BytesRejection) -> Error,
    pub(crate) broken: fn(Box<dyn StdError + Send + Sync>) -> Error,
}

/// How the fields of a body stand in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// `a=b&c=d`
    Pairs,
    /// Parts apart by this text.
    Parts(String),
}

impl Form {
    /// That of a content type, if it is a form's.
    pub(super) fn of(content_type: &str) -> Option<Self> {
        let mut pieces = content_type.split(';').map(str::trim);
        let kind = pieces.next().unwrap_or_default();
        if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Some(Form::Pairs);
        }
        if !kind.eq_ignore_ascii_case("multipart/form-data") {
            return None;
        }
        let boundary = pieces.find_map(|piece| {
            let (name, value) = piece.split_once('=')?;
            name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
        });
        boundary.filter(|text| !text.is_empty()).map(|text| Form::Parts(text.to_owned()))
    }
}

/// The token in the body, if it has one, and the same request to be read again.
///
/// # Errors
/// If the body can't be read.
pub(super) async fn read(
    request: Request,
    form: &Form,
    faults: Faults,
) -> Result<(Request, Option<String>), Error> {
    match form {
        Form::Pairs => {
            let (parts, body) = request.into_parts();
            let again = parts.clone();
            let bytes =
                Bytes::from_request(Request::from_parts(parts, body), &()).await.map_err(faults.unread)?;
            let token = in_pairs(&bytes);
            Ok((Request::from_parts(again, Body::from(bytes)), token))
        }
        Form::Parts(boundary) => {
            let (parts, mut body) = request.with_limited_body().into_parts();
            let (mut start, mut token, mut look_at) = (Vec::<u8>::new(), None, 0);
            while token.is_none() && start.len() < MOST {
                let frame = body.frame().await.transpose().map_err(|why| (faults.broken)(Box::new(why)))?;
                let over = frame.is_none();
                if let Some(Ok(data)) = frame.map(Frame::into_data) {
                    start.extend_from_slice(&data);
                }
                // Looked at again when it has doubled: in however small pieces it comes, each byte is looked at a few times.
                if over || start.len() >= look_at.min(MOST) {
                    token = in_parts(start.get(..MOST).unwrap_or(&start), boundary);
                    look_at = start.len() * 2;
                }
                if over {
                    break;
                }
            }
            let rest = body.into_data_stream();
            let whole = stream::once(std::future::ready(Ok(Bytes::from(start)))).chain(rest);
            Ok((Request::from_parts(parts, Body::from_stream(whole)), token))
        }
    }
}

fn in_pairs(bytes: &[u8]) -> Option<String> {
    let decoded = |text: &[u8]| {
        let spaced: Vec<u8> = text.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
        percent_decode(&spaced).decode_utf8_lossy().into_owned()
    };
    bytes.split(|b| *b == b'&').find_map(|pair| {
        let equals = pair.iter().position(|b| *b == b'=')?;
        let (name, value) = pair.split_at_checked(equals)?;
        // Most names are as long as they look.
        (name.len() >= FIELD.len() && decoded(name) == FIELD)
            .then(|| decoded(value.get(1..).unwrap_or_default()))
    })
}

fn find(bytes: &[u8], text: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, text)
}

/// The whole part of the token, if it is among the first ones.
fn in_parts(start: &[u8], boundary: &str) -> Option<String> {
    let apart = format!("--{boundary}");
    let mut rest = start.get(find(start, apart.as_bytes())? + apart.len()..)?;
    let apart = format!("\r\n{apart}");
    loop {
        let end = find(rest, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(rest.get(..end)?).into_owned();
        let content = rest.get(end + 4..)?;
        let length = find(content, apart.as_bytes())?;
        if is_token(&head) {
            return Some(String::from_utf8_lossy(content.get(..length)?).into_owned());
        }
        rest = content.get(length + apart.len()..)?;
    }
}

/// Is this the head of the token's part?
fn is_token(head: &str) -> bool {
    head.lines().any(|line| {
        let Some((name, value)) = line.split_once(':') else { return false };
        name.trim().eq_ignore_ascii_case(header::CONTENT_DISPOSITION.as_str())
            && value.split(';').skip(1).any(|piece| {
                let (key, text) = piece.split_once('=').unwrap_or_default();
                key.trim().eq_ignore_ascii_case("name") && text.trim().trim_matches('"') == FIELD
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_known_by_their_type() {
        for (kind, form) in [
            ("application/x-www-form-urlencoded; charset=utf-8", Some(Form::Pairs)),
            ("Multipart/Form-Data; boundary=\"a b\"", Some(Form::Parts("a b".to_owned()))),
            ("multipart/form-data; x=y; Boundary=b", Some(Form::Parts("b".to_owned()))),
            ("multipart/form-data", None),
            ("text/plain", None),
            ("", None),
        ] {
            assert_eq!(Form::of(kind), form, "{kind}");
        }
    }

    #[tokio::test]
    async fn a_token_that_comes_in_small_pieces_is_found_and_nothing_is_lost() {
        let part = |name: &str, value: &str| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        for last in ["after", ""] {
            let more = if last.is_empty() { String::new() } else { part("last", last) };
            let text = part("first", &"x".repeat(700)) + &part(FIELD, "abc") + &more + "--b--\r\n";
            let pieces = text
                .clone()
                .into_bytes()
                .into_iter()
                .map(|byte| Ok::<_, std::io::Error>(Bytes::from(vec![byte])));
            let request = Request::new(Body::from_stream(stream::iter(pieces.collect::<Vec<_>>())));
            let form = Form::Parts("b".to_owned());
            let faults = Faults {
                unread: |why| Error::bad_request(why.to_string()),
                broken: |why| Error::bad_request(why.to_string()),
            };
            let (again, token) = read(request, &form, faults).await.unwrap();
            assert_eq!(token.as_deref(), Some("abc"));
            assert_eq!(again.into_body().collect().await.unwrap().to_bytes(), text.as_bytes());
        }
    }

    #[test]
    fn tokens_are_found_in_pairs() {
        for (body, token) in [
            ("a=b&csrf_token=x-_1&c=d", Some("x-_1")),
            ("csrf%5Ftoken=x%2Dy", Some("x-y")),
            ("csrf_token=", Some("")),
            ("csrf_token", None),
            ("acsrf_token=x", None),
            ("a=csrf_token=x", None),
            ("", None),
        ] {
            assert_eq!(in_pairs(body.as_bytes()).as_deref(), token, "{body}");
        }
    }

    #[test]
    fn tokens_are_found_in_parts() {
        let token = "Content-Disposition: form-data; name=\"csrf_token\"\r\n\r\nabc";
        let other =
            "content-disposition: form-data; name=\"a\"; filename=\"csrf_token\"\r\nx: y\r\n\r\n\r\n--c";
        let found = |text: &str| in_parts(text.as_bytes(), "b");
        assert_eq!(found(&format!("--b\r\n{token}\r\n--b--")).as_deref(), Some("abc"));
        assert_eq!(found(&format!("--b\r\n{other}\r\n--b\r\n{token}\r\n--b\r\n")).as_deref(), Some("abc"));
        assert_eq!(found(&format!("--b\r\n{token}")), None, "it may go on");
        assert_eq!(found(&format!("--b\r\n{other}\r\n--b--")), None);
        assert_eq!(found(""), None);
    }
}
