//! `accept = "image/*,.pdf"`: what a field takes, as the attribute of HTML says it.

use super::Upload;
use crate::kind::Kind;

/// Does this file fit one of the words of the list?
///
/// `image/*` is every image but SVG, which can run scripts and must be named: `image/svg+xml` or `.svg`.
pub(crate) fn fits(list: &str, upload: &Upload) -> bool {
    let mime = upload.content_type();
    list.split(',').map(str::trim).any(|word| {
        if let Some(ending) = word.strip_prefix('.') {
            let named = upload.name().to_lowercase().ends_with(&word.to_lowercase());
            // What the bytes are has been compared with the name already, where they tell it.
            return named || Kind::of_ending(ending).is_some_and(|kind| kind.mime == mime);
        }
        match word.strip_suffix("/*") {
            Some("*") => true,
            Some(major) => mime != "image/svg+xml" && mime.split('/').next() == Some(major),
            None => word.eq_ignore_ascii_case(mime),
        }
    })
}

/// The list as people read it: `PNG, JPEG`.
pub(crate) fn told(list: &str) -> String {
    let words: Vec<String> = list
        .split(',')
        .map(str::trim)
        .map(|word| match word {
            "image/*" => "an image".to_owned(),
            "audio/*" => "a sound".to_owned(),
            "video/*" => "a film".to_owned(),
            "text/*" => "a text".to_owned(),
            word => match word.strip_prefix('.') {
                Some(ending) => ending.to_uppercase(),
                None => match Kind::of_mime(word).and_then(|kind| kind.endings.first()) {
                    Some(ending) => ending.to_uppercase(),
                    None => word.to_owned(),
                },
            },
        })
        .collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x02\0\0\0\x03\x08\x06\0\0\0";

    #[test]
    fn words_are_those_of_html() {
        let fits = |list, name, bytes: &'static [u8]| fits(list, &Upload::of_bytes(name, bytes));
        assert!(
            fits("image/*", "a.png", PNG) && fits("image/png", "a.png", PNG) && fits(".png", "a.png", PNG)
        );
        assert!(fits("application/pdf, .PNG", "a.png", PNG) && fits("*/*", "a", b"x"));
        assert!(
            !fits("image/jpeg", "a.png", PNG)
                && !fits(".pdf", "a.png", PNG)
                && !fits("video/*", "a.png", PNG)
        );
        assert!(fits(".jpeg", "a.jpg", b"\xff\xd8\xff\xe0"));
        let svg: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg'/>";
        assert!(!fits("image/*", "a.svg", svg));
        assert!(fits("image/svg+xml", "a.svg", svg) && fits(".svg", "a.svg", svg));
    }

    #[test]
    fn lists_are_told_in_words() {
        assert_eq!(told("image/*,.pdf"), "an image or PDF");
        assert_eq!(told("image/png, image/jpeg,.x"), "PNG, JPG or X");
        assert_eq!(told("font/collection"), "font/collection");
    }
}
