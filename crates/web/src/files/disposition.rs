//! `Content-Disposition` (RFC 6266): is a file shown or saved, and under which name?

use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What RFC 8187 lets stand as it is.
const NAME: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The header: `inline` or `attachment`, with the name as ASCII for old clients and as UTF-8 for all others. Of a path only the last part
/// is a name; what could end the header or the quotes is in neither.
pub(crate) fn disposition(kind: &'static str, name: Option<&str>) -> HeaderValue {
    let fallback = HeaderValue::from_static(kind);
    let last = name.and_then(|name| name.rsplit(['/', '\\']).next()).unwrap_or_default();
    let name: String = last.chars().filter(|c| !c.is_control()).collect();
    if name.is_empty() {
        return fallback;
    }
    // A percent sign would be decoded by some.
    let plain: String =
        name.chars().map(|c| if c.is_ascii() && !matches!(c, '"' | '\\' | '%') { c } else { '_' }).collect();
    let text = if plain == name {
        format!("{kind}; filename=\"{plain}\"")
    } else {
        format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{}", utf8_percent_encode(&name, NAME))
    };
    HeaderValue::try_from(text).unwrap_or(fallback)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_between_their_quotes() {
        for (name, header) in [
            (None, "attachment"),
            (Some(""), "attachment"),
            (Some("a b.pdf"), "attachment; filename=\"a b.pdf\""),
            (Some("../x/é.pdf"), "attachment; filename=\"_.pdf\"; filename*=UTF-8''%C3%A9.pdf"),
            (
                Some("a\"; x=\"b.txt"),
                "attachment; filename=\"a_; x=_b.txt\"; filename*=UTF-8''a%22%3B%20x%3D%22b.txt",
            ),
            (Some("a\r\nSet-Cookie: x"), "attachment; filename=\"aSet-Cookie: x\""),
            (Some("100%41.txt"), "attachment; filename=\"100_41.txt\"; filename*=UTF-8''100%2541.txt"),
            (Some("你好"), "attachment; filename=\"__\"; filename*=UTF-8''%E4%BD%A0%E5%A5%BD"),
        ] {
            assert_eq!(disposition("attachment", name), header, "{name:?}");
        }
        assert_eq!(disposition("inline", Some("a.png")), "inline; filename=\"a.png\"");
    }
}
