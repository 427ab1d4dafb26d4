//! Does a client read JSON rather than a page?

use http::HeaderValue;

/// By its `Accept`; one that takes anything gets JSON only if it sent JSON.
pub(super) fn prefers_json(accept: Option<&HeaderValue>, sent_json: bool) -> bool {
    let accept = accept.and_then(|v| v.to_str().ok()).unwrap_or_default();
    let (mut json, mut html) = (0.0_f32, 0.0_f32);
    for range in accept.split(',') {
        let mut pieces = range.split(';').map(str::trim);
        let kind = pieces.next().unwrap_or_default().to_ascii_lowercase();
        let weight = pieces
            .find_map(|p| p.strip_prefix("q=").or_else(|| p.strip_prefix("Q=")))
            .map_or(1.0, |q| q.parse().unwrap_or(0.0));
        match kind.as_str() {
            "application/json" | "application/*" => json = json.max(weight),
            "text/html" | "application/xhtml+xml" | "text/*" => html = html.max(weight),
            other if other.ends_with("+json") => json = json.max(weight),
            _ => {}
        }
    }
    if json == 0.0 && html == 0.0 { sent_json } else { json > html }
}

/// Is this the content type of JSON?
pub(crate) fn is_json(content_type: Option<&HeaderValue>) -> bool {
    let kind = content_type.and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_read_pages_and_programs_read_json() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        let cases = [
            (browser, false, false),
            (browser, true, false),
            ("application/json", false, true),
            ("application/problem+json", false, true),
            ("application/json, text/html;q=0.5", false, true),
            ("application/json;q=0.4, text/html;q=0.5", false, false),
            ("application/json;q=0", false, false),
            ("*/*", false, false),
            ("*/*", true, true),
            ("", true, true),
        ];
        for (accept, sent, json) in cases {
            let value = HeaderValue::from_static(accept);
            assert_eq!(prefers_json(Some(&value), sent), json, "{accept} {sent}");
        }
        assert!(!prefers_json(None, false));
    }

    #[test]
    fn content_types_of_json() {
        for (kind, json) in [
            ("application/json", true),
            ("application/json; charset=utf-8", true),
            ("Application/vnd.api+json", true),
            ("text/json", false),
            ("application/x-www-form-urlencoded", false),
        ] {
            assert_eq!(is_json(Some(&HeaderValue::from_static(kind))), json, "{kind}");
        }
    }
}
