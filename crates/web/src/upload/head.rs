//! The head of a part: its field, its file's name, its type.
//!
//! Two readers of one head must not see two things, so what is said twice, or can't be read in one way only, is refused.

use percent_encoding::percent_decode;
use quintet_core::{Error, Result};

pub(super) fn malformed(why: &str) -> Error {
    Error::bad_request(format!("The form can't be read: {why}."))
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) name: String,
    /// The file's name as it was sent, of a part that is a file.
    pub(super) file_name: Option<String>,
    pub(super) content_type: Option<String>,
}

impl Head {
    /// Reads headers, each with the end of its line.
    ///
    /// # Errors
    /// 400 with what is wrong.
    pub(super) fn parse(text: &[u8]) -> Result<Head> {
        let (mut disposition, mut content_type) = (None, None);
        let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        for line in lines {
            let line = line.strip_suffix(b"\r").ok_or_else(|| malformed("a header ends wrongly"))?;
            let (name, value) =
                header(line).ok_or_else(|| malformed("a part has a line that is no header"))?;
            let place = match name.as_str() {
                "content-disposition" => &mut disposition,
                "content-type" => &mut content_type,
                // What RFC 7578 has done away with: nobody decodes it.
                "content-transfer-encoding"
                    if !matches!(&*value.to_ascii_lowercase(), b"binary" | b"8bit" | b"7bit") =>
                {
                    return Err(malformed("a part is encoded (`Content-Transfer-Encoding`)"));
                }
                _ => continue,
            };
            if place.replace(value).is_some() {
                return Err(malformed("a part has a header twice"));
            }
        }
        let disposition = disposition.ok_or_else(|| malformed("a part has no `Content-Disposition`"))?;
        let content_type =
            content_type.map(|value| String::from_utf8_lossy(value).trim().to_ascii_lowercase());
        let (name, file_name) = fields(disposition)?;
        Ok(Head { name, file_name, content_type: content_type.filter(|text| !text.is_empty()) })
    }
}

fn header(line: &[u8]) -> Option<(String, &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at(colon);
    let token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let clean = |byte: &u8| *byte == b'\t' || !byte.is_ascii_control();
    if name.is_empty() || !name.iter().all(token) || !value.iter().all(clean) {
        return None;
    }
    let value = value.get(1..).unwrap_or_default().trim_ascii();
    Some((String::from_utf8_lossy(name).to_ascii_lowercase(), value))
}

/// The field's name and the file's.
fn fields(disposition: &[u8]) -> Result<(String, Option<String>)> {
    let end = disposition.iter().position(|byte| *byte == b';').unwrap_or(disposition.len());
    let (kind, rest) = disposition.split_at(end);
    if !kind.trim_ascii().eq_ignore_ascii_case(b"form-data") {
        return Err(malformed("a part is no `form-data`"));
    }
    let (mut name, mut plain, mut encoded) = (None, None, None);
    for (key, value) in parameters(rest.get(1..).unwrap_or_default())? {
        match key.as_str() {
            "name" => name = Some(value),
            "filename" => plain = Some(value),
            "filename*" => encoded = Some(value),
            _ => {}
        }
    }
    let name = name.ok_or_else(|| malformed("a part has no name"))?;
    let name = String::from_utf8(unescaped(&name)).map_err(|_| malformed("a part's name is not UTF-8"))?;
    if name.chars().any(char::is_control) {
        return Err(malformed("a part's name has a control character"));
    }
    // What can't be read is no reason to refuse the file: its name is only a wish.
    let encoded = encoded.and_then(|value| extended(&value));
    let plain = plain.map(|value| String::from_utf8_lossy(&unescaped(&value)).into_owned());
    Ok((name, encoded.or(plain)))
}

/// `UTF-8''na%C3%AFve.txt` (RFC 8187).
fn extended(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?;
    let (charset, rest) = text.split_once('\'')?;
    let (_, rest) = rest.split_once('\'')?;
    let bytes = percent_decode(rest.as_bytes()).collect::<Vec<u8>>();
    match charset.to_ascii_lowercase().as_str() {
        "utf-8" => String::from_utf8(bytes).ok(),
        "iso-8859-1" => Some(bytes.into_iter().map(char::from).collect()),
        _ => None,
    }
}

/// Browsers write `"` and the ends of lines so; every other percent sign is one (HTML, "multipart/form-data encoding").
fn unescaped(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((first, behind)) = rest.split_first() {
        let (byte, length) = match rest.get(..3).map(<[u8]>::to_ascii_uppercase).as_deref() {
            Some(b"%22") => (b'"', 3),
            Some(b"%0D") => (b'\r', 3),
            Some(b"%0A") => (b'\n', 3),
            _ => (*first, 1),
        };
        out.push(byte);
        rest = if length == 1 { behind } else { rest.get(length..).unwrap_or_default() };
    }
    out
}

/// `a=b; c="d"`: names in lower case.
///
/// # Errors
/// 400 if it can't be read, or names something twice.
pub(super) fn parameters(text: &[u8]) -> Result<Vec<(String, Vec<u8>)>> {
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    let mut rest = text.trim_ascii();
    while !rest.is_empty() {
        let equals = rest.iter().position(|byte| *byte == b'=');
        let equals = equals.ok_or_else(|| malformed("a header has a parameter without a value"))?;
        let (name, value) = rest.split_at(equals);
        let name = String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase();
        if name.is_empty() || name.contains([' ', '"', ';', '\t']) {
            return Err(malformed("a header has a parameter without a value"));
        }
        let value = value.get(1..).unwrap_or_default().trim_ascii_start();
        let (value, behind) = match value.split_first() {
            Some((b'"', quoted)) => unquoted(quoted).ok_or_else(|| malformed("a quote is not closed"))?,
            _ => {
                let end = value.iter().position(|byte| *byte == b';').unwrap_or(value.len());
                let (value, behind) = value.split_at(end);
                (value.trim_ascii_end().to_vec(), behind)
            }
        };
        if all.iter().any(|(known, _)| *known == name) {
            return Err(malformed("a header has a parameter twice"));
        }
        all.push((name, value));
        let behind = behind.trim_ascii_start();
        rest = match behind.split_first() {
            None => behind,
            Some((b';', behind)) => behind.trim_ascii_start(),
            Some(_) => return Err(malformed("something stands behind a quote")),
        };
    }
    Ok(all)
}

/// What stands before the closing quote, and what behind. `\"` and `\\` are those characters; every other backslash is one, as
/// in a path of Windows.
fn unquoted(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut out = Vec::new();
    let mut rest = text;
    loop {
        rest = match rest {
            [b'\\', escaped @ (b'"' | b'\\'), behind @ ..] => {
                out.push(*escaped);
                behind
            }
            [b'"', behind @ ..] => return Some((out, behind)),
            [byte, behind @ ..] => {
                out.push(*byte);
                behind
            }
            [] => return None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<(String, Option<String>)> {
        Head::parse(format!("Content-Disposition: {text}\r\n").as_bytes()).map(|h| (h.name, h.file_name))
    }

    #[test]
    fn names_are_read_as_browsers_and_others_write_them() {
        for (text, name, file) in [
            ("form-data; name=\"a\"", "a", None),
            ("Form-Data ; NAME=a ; FileName=b.txt", "a", Some("b.txt")),
            ("form-data; filename=\"b;name=x.txt\"; name=\"a\"", "a", Some("b;name=x.txt")),
            ("form-data; name=\"a; filename=b\"", "a; filename=b", None),
            ("form-data; name=\"ü\"; filename=\"你好.png\"", "ü", Some("你好.png")),
            ("form-data; name=\"a\"; filename=\"%22x%22 100%25.txt\"", "a", Some("\"x\" 100%25.txt")),
            ("form-data; name=\"a\"; filename=\"x\\\"y\\\\z\"", "a", Some("x\"y\\z")),
            ("form-data; name=\"a\"; filename=\"C:\\dir\\f.txt\"", "a", Some("C:\\dir\\f.txt")),
            (
                "form-data; name=a; filename=\"x.txt\"; filename*=UTF-8''na%C3%AFve.txt",
                "a",
                Some("naïve.txt"),
            ),
            ("form-data; name=a; filename*=iso-8859-1'en'%A3.txt", "a", Some("£.txt")),
            ("form-data; name=a; filename=x; filename*=utf-7''y", "a", Some("x")),
            ("form-data; name=a; filename=\"\"", "a", Some("")),
        ] {
            assert_eq!(parse(text).unwrap(), (name.to_owned(), file.map(str::to_owned)), "{text}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        for text in [
            "form-data",
            "form-data; filename=x",
            "attachment; name=a",
            "form-data; name=a; name=b",
            "form-data; name=\"a\"; filename=\"x\"; filename=\"y\"",
            "form-data; name=\"a",
            "form-data; name=\"a\" b",
            "form-data; name",
            "form-data; name=\"a%0D%0AX: y\"",
            "form-data; name=a\r\nContent-Disposition: form-data; name=b",
            "form-data; name=a\r\nContent-Transfer-Encoding: base64",
            "form-data; name=a\r\nno header",
            "form-data; name=a\r\n folded: x",
            "form-data; name=a\nX: y",
            "form-data; name=\"a\0\"",
        ] {
            assert_eq!(parse(text).unwrap_err().status(), 400, "{text:?}");
        }
        let name = b"Content-Disposition: form-data; name=\"\xff\"\r\n";
        assert!(Head::parse(name).is_err() && Head::parse(b"").is_err());
    }
}
