//! What sort of file it is: by its bytes, by its ending, and what follows from that.

/// A sort of files.
#[derive(Debug)]
pub struct Kind {
    pub mime: &'static str,
    /// Endings of names; the first is the usual one.
    pub endings: &'static [&'static str],
    /// Its bytes begin so: one of these, each of them a list of bytes and where they stand.
    magic: &'static [&'static [(usize, &'static [u8])]],
    pub class: Class,
}

/// What may be taken for one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Pictures of dots: harmless in a browser, whatever they are called.
    Image,
    Pdf,
    /// Sound and film.
    Media,
    /// A browser runs scripts in it.
    Active,
    /// Text without meaning to a browser.
    Text,
    /// Packed files, and documents that are such.
    Zip,
    /// Documents of the older Office.
    Ole,
    /// Everything else.
    Other,
}

macro_rules! kinds {
    ($($class:ident $mime:literal [$($ending:literal)*] $([$($at:literal $bytes:literal)*])*;)*) => {
        &[$(Kind {
            mime: $mime,
            endings: &[$($ending),*],
            magic: &[$(&[$(($at, $bytes)),*]),*],
            class: Class::$class,
        }),*]
    };
}

/// Those whose bytes tell most come first.
#[rustfmt::skip]
const KINDS: &[Kind] = kinds! {
    Image "image/png" ["png"] [0 b"\x89PNG\r\n\x1a\n"];
    Image "image/jpeg" ["jpg" "jpeg" "jpe" "jfif"] [0 b"\xff\xd8\xff"];
    Image "image/gif" ["gif"] [0 b"GIF87a"] [0 b"GIF89a"];
    Image "image/webp" ["webp"] [0 b"RIFF" 8 b"WEBP"];
    Image "image/avif" ["avif"] [4 b"ftypavif"] [4 b"ftypavis"];
    Image "image/heic" ["heic" "heif"] [4 b"ftypheic"] [4 b"ftypheix"] [4 b"ftypmif1"] [4 b"ftyphevc"];
    Image "image/tiff" ["tiff" "tif"] [0 b"II*\0"] [0 b"MM\0*"];
    Image "image/bmp" ["bmp"] [0 b"BM" 6 b"\0\0\0\0"];
    Image "image/x-icon" ["ico"] [0 b"\0\0\x01\0"];
    Pdf "application/pdf" ["pdf"] [0 b"%PDF-"];
    Media "audio/mp4" ["m4a"] [4 b"ftypM4A"];
    Media "video/quicktime" ["mov"] [4 b"ftypqt  "] [4 b"moov"] [4 b"mdat"] [4 b"wide"] [4 b"free"];
    Media "video/mp4" ["mp4" "m4v"] [4 b"ftyp"];
    Media "video/webm" ["webm"] [0 b"\x1a\x45\xdf\xa3"];
    Media "video/x-matroska" ["mkv" "mka"] [0 b"\x1a\x45\xdf\xa3"];
    Media "video/x-msvideo" ["avi"] [0 b"RIFF" 8 b"AVI "];
    Media "audio/wav" ["wav"] [0 b"RIFF" 8 b"WAVE"];
    Media "audio/ogg" ["ogg" "oga" "opus"] [0 b"OggS"];
    Media "video/ogg" ["ogv"] [0 b"OggS"];
    Media "audio/flac" ["flac"] [0 b"fLaC"];
    Media "audio/mpeg" ["mp3"] [0 b"ID3"] [0 b"\xff\xfa"] [0 b"\xff\xfb"] [0 b"\xff\xf3"] [0 b"\xff\xf2"];
    Media "audio/midi" ["mid" "midi"] [0 b"MThd"];
    Zip "application/zip" ["zip"] [0 b"PK\x03\x04"] [0 b"PK\x05\x06"];
    Zip "application/vnd.openxmlformats-officedocument.wordprocessingml.document" ["docx"] [0 b"PK\x03\x04"];
    Zip "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" ["xlsx"] [0 b"PK\x03\x04"];
    Zip "application/vnd.openxmlformats-officedocument.presentationml.presentation" ["pptx"] [0 b"PK\x03\x04"];
    Zip "application/vnd.oasis.opendocument.text" ["odt"] [0 b"PK\x03\x04"];
    Zip "application/vnd.oasis.opendocument.spreadsheet" ["ods"] [0 b"PK\x03\x04"];
    Zip "application/vnd.oasis.opendocument.presentation" ["odp"] [0 b"PK\x03\x04"];
    Zip "application/epub+zip" ["epub"] [0 b"PK\x03\x04"];
    Zip "application/java-archive" ["jar"] [0 b"PK\x03\x04"];
    Ole "application/msword" ["doc"] [0 b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"];
    Ole "application/vnd.ms-excel" ["xls"] [0 b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"];
    Ole "application/vnd.ms-powerpoint" ["ppt"] [0 b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"];
    Other "application/gzip" ["gz" "tgz"] [0 b"\x1f\x8b"];
    Other "application/x-bzip2" ["bz2"] [0 b"BZh"];
    Other "application/x-xz" ["xz"] [0 b"\xfd7zXZ\0"];
    Other "application/zstd" ["zst"] [0 b"\x28\xb5\x2f\xfd"];
    Other "application/x-7z-compressed" ["7z"] [0 b"7z\xbc\xaf\x27\x1c"];
    Other "application/vnd.rar" ["rar"] [0 b"Rar!\x1a\x07"];
    Other "application/x-tar" ["tar"] [257 b"ustar"];
    Other "application/rtf" ["rtf"] [0 b"{\\rtf"];
    Other "application/vnd.sqlite3" ["sqlite" "sqlite3"] [0 b"SQLite format 3\0"];
    Other "application/wasm" ["wasm"] [0 b"\0asm"];
    Other "application/x-executable" [] [0 b"\x7fELF"] [0 b"\xcf\xfa\xed\xfe"] [0 b"\xca\xfe\xba\xbe"];
    Other "application/vnd.microsoft.portable-executable" ["exe" "dll"] [0 b"MZ"];
    Other "font/woff2" ["woff2"] [0 b"wOF2"];
    Other "font/woff" ["woff"] [0 b"wOFF"];
    Other "font/ttf" ["ttf"] [0 b"\0\x01\0\0"];
    Other "font/otf" ["otf"] [0 b"OTTO"];
    Active "text/html" ["html" "htm" "xhtml" "xht" "shtml"];
    Active "image/svg+xml" ["svg" "svgz"];
    Active "application/xml" ["xml" "xsl" "xslt" "rss" "atom"];
    Active "text/javascript" ["js" "mjs"];
    Active "text/css" ["css"];
    Text "text/plain" ["txt" "text" "log"];
    Text "text/csv" ["csv"];
    Text "text/tab-separated-values" ["tsv"];
    Text "text/markdown" ["md"];
    Text "text/calendar" ["ics"];
    Text "text/vcard" ["vcf"];
    Text "text/vtt" ["vtt"];
    Text "application/json" ["json" "geojson"];
    Text "application/yaml" ["yaml" "yml"];
    Text "application/toml" ["toml"];
    Text "text/x-shellscript" ["sh"];
};

/// The type of a file of this name, for its header, and whether a browser may show it. What it may not, it saves.
#[must_use]
pub fn served(name: &str) -> (&'static str, bool) {
    match Kind::of_name(name) {
        Some(kind) if kind.mime == "text/plain" => ("text/plain; charset=utf-8", true),
        Some(kind) => (kind.mime, kind.is_shown()),
        None => (UNKNOWN, false),
    }
}

/// What nothing is known of.
pub const UNKNOWN: &str = "application/octet-stream";

/// How many of a file's first bytes tell what it is.
pub const HEAD: usize = 1024;

impl Kind {
    /// The one with this ending.
    pub fn of_ending(ending: &str) -> Option<&'static Kind> {
        KINDS.iter().find(|kind| kind.endings.iter().any(|known| known.eq_ignore_ascii_case(ending)))
    }

    /// The one of a file of this name.
    pub fn of_name(name: &str) -> Option<&'static Kind> {
        let file = name.rsplit('/').next().unwrap_or_default();
        let (stem, ending) = file.rsplit_once('.')?;
        if stem.is_empty() { None } else { Kind::of_ending(ending) }
    }

    /// The one of this type.
    pub fn of_mime(mime: &str) -> Option<&'static Kind> {
        KINDS.iter().find(|kind| kind.mime == mime)
    }

    fn begins(&self, head: &[u8]) -> bool {
        let stands =
            |(at, bytes): &(usize, &[u8])| head.get(*at..).is_some_and(|rest| rest.starts_with(bytes));
        self.magic.iter().any(|all| all.iter().all(stands))
    }

    /// May a browser show it itself? Nothing in it runs.
    pub fn is_shown(&self) -> bool {
        matches!(self.class, Class::Image | Class::Pdf | Class::Media) || self.mime == "text/plain"
    }

    /// May this be a file of that other kind, too?
    pub fn passes_as(&self, other: &Kind) -> bool {
        match (self.class, other.class) {
            (Class::Other, Class::Other) => self.mime == other.mime,
            // A text is a text: what it means is a matter of its name.
            (Class::Text | Class::Active, Class::Text | Class::Active) => {
                // But what a browser runs is not to pass as something else that it runs.
                self.class == Class::Text
                    || other.class == Class::Text
                    || self.mime == other.mime
                    || other.mime == "application/xml"
            }
            (own, others) => own == others,
        }
    }
}

/// What a file is, by its first bytes, and where they leave that open, by its name.
pub fn sniff(head: &[u8], name: &str) -> Option<&'static Kind> {
    let named = Kind::of_name(name);
    let found: Vec<&'static Kind> = KINDS.iter().filter(|kind| kind.begins(head)).collect();
    if let Some(first) = found.first() {
        // Some sorts begin alike.
        let meant = named.filter(|named| found.iter().any(|kind| kind.mime == named.mime));
        return Some(meant.unwrap_or(first));
    }
    if head.is_empty() || !is_text(head) {
        // A kind that would begin otherwise it is not.
        return named.filter(|kind| kind.magic.is_empty() && !head.is_empty() && kind.class == Class::Other);
    }
    let text = named.filter(|kind| matches!(kind.class, Class::Text | Class::Active));
    match (markup(head), text) {
        // `<p>` in a table of addresses is text there.
        (_, Some(named)) if named.class == Class::Text => Some(named),
        (Some(markup), _) => Kind::of_mime(markup),
        (None, Some(named)) => Some(named),
        (None, None) => Kind::of_mime("text/plain"),
    }
}

/// No byte of it is one that only binary files have (the WHATWG's "binary data byte").
fn is_text(head: &[u8]) -> bool {
    let utf16 = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    utf16 || !head.iter().any(|byte| matches!(byte, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f))
}

/// What a browser would take it for.
fn markup(head: &[u8]) -> Option<&'static str> {
    /// Tags by which browsers know HTML.
    const TAGS: [&[u8]; 20] = [
        b"<!doctype html",
        b"<html",
        b"<head",
        b"<script",
        b"<iframe",
        b"<h1",
        b"<div",
        b"<font",
        b"<table",
        b"<a",
        b"<style",
        b"<title",
        b"<b",
        b"<body",
        b"<br",
        b"<p",
        b"<img",
        b"<form",
        b"<meta",
        b"<!--",
    ];
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).to_ascii_lowercase();
    let text = text.trim_ascii_start();
    if !text.starts_with(b"<") {
        return None;
    }
    let has = |word: &[u8]| memchr::memmem::find(text, word).is_some();
    if has(b"<svg") {
        return Some("image/svg+xml");
    }
    let html = |tag: &&[u8]| {
        let behind = text.strip_prefix(*tag).map(|rest| rest.first().copied());
        behind.is_some_and(|next| {
            next.is_none_or(|byte| byte == b'>' || byte == b'/' || byte.is_ascii_whitespace())
                || *tag == b"<!--"
        })
    };
    if TAGS.iter().any(html) || has(b"<html") || has(b"<script") {
        return Some("text/html");
    }
    text.starts_with(b"<?xml").then_some("application/xml")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mime(head: &[u8], name: &str) -> Option<&'static str> {
        sniff(head, name).map(|kind| kind.mime)
    }

    #[test]
    fn bytes_tell_more_than_names() {
        for (head, name, expected) in [
            (&b"\x89PNG\r\n\x1a\nrest"[..], "a.png", Some("image/png")),
            (b"\x89PNG\r\n\x1a\nrest", "a.html", Some("image/png")),
            (b"\xff\xd8\xff\xe0", "a", Some("image/jpeg")),
            (b"GIF89a/*<script>*/", "a.js", Some("image/gif")),
            (b"RIFF\0\0\0\0WEBPVP8 ", "a", Some("image/webp")),
            (b"RIFF\0\0\0\0WAVE", "a.webp", Some("audio/wav")),
            (b"%PDF-1.7", "a.png", Some("application/pdf")),
            (b" %PDF-1.7", "a.pdf", Some("text/plain")),
            (
                b"PK\x03\x04",
                "a.docx",
                Some("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            ),
            (b"PK\x03\x04", "a.png", Some("application/zip")),
            (b"OggS", "a.ogv", Some("video/ogg")),
            (b"OggS", "a", Some("audio/ogg")),
            (b"BMW is a car", "a.txt", Some("text/plain")),
            (b"a,b\n1,2", "a.csv", Some("text/csv")),
            (b"a,b\n1,\xe4", "a.csv", Some("text/csv")),
            (b"<p>,2", "a.csv", Some("text/csv")),
            (b"a\0b", "a.csv", None),
            (b"a\0b", "a", None),
            (b"", "a.png", None),
            (b"{}", "a.json", Some("application/json")),
        ] {
            assert_eq!(mime(head, name), expected, "{head:?} {name}");
        }
    }

    #[test]
    fn what_browsers_run_is_found() {
        for (text, expected) in [
            ("<!DOCTYPE HTML><p>", "text/html"),
            (" \n<script>alert(1)</script>", "text/html"),
            ("\u{feff}<ScRiPt src=x>", "text/html"),
            ("<!-- x --><svg onload=alert(1)>", "image/svg+xml"),
            ("<?xml version='1.0'?><svg xmlns='x'/>", "image/svg+xml"),
            ("<?xml version='1.0'?><x/>", "application/xml"),
            ("<?xml version='1.0'?><html/>", "text/html"),
            ("<a href=x>", "text/html"),
            ("<about>", "text/plain"),
            ("a < b", "text/plain"),
        ] {
            assert_eq!(mime(text.as_bytes(), "a.png"), Some(expected), "{text}");
        }
    }

    #[test]
    fn kinds_pass_for_what_does_no_harm() {
        let pass = |a: &str, b: &str| Kind::of_mime(a).unwrap().passes_as(Kind::of_mime(b).unwrap());
        assert!(pass("image/webp", "image/jpeg") && pass("application/zip", "application/java-archive"));
        assert!(pass("text/plain", "text/html") && pass("text/html", "text/plain"));
        assert!(!pass("text/html", "image/png") && !pass("image/svg+xml", "image/png"));
        assert!(!pass("text/html", "image/svg+xml") && !pass("application/gzip", "font/woff"));
        let endings: Vec<&str> = KINDS.iter().flat_map(|kind| kind.endings).copied().collect();
        let mut unique = endings.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), endings.len());
    }
}
