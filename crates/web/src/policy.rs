//! The content security policy: what a page may load. [`usual`] is that of all answers; a page may ask for more while it is
//! rendered ([`Wishes`]), and its response then carries what it asked for ([`Additions`]) to where headers are written.

use std::{
    borrow::Cow,
    sync::{Mutex, OnceLock, PoisonError},
};

use axum::response::Response;
use http::{HeaderMap, HeaderValue, header};
use quintet_core::{Error, Result, template::PagePolicy};

/// Scripts, styles and the rest from this site only, and from `hosts`: origins such as `https://cdn.example.com`.
pub(crate) fn usual(hosts: &[&str]) -> HeaderValue {
    let hosts: String = hosts.iter().map(|host| format!(" {host}")).collect();
    let text = format!(
        "default-src 'self'{hosts}; img-src 'self' data:{hosts}; object-src 'none'; base-uri 'self'; form-action 'self'; \
         frame-ancestors 'none'"
    );
    // An origin is checked where it is read; should it be none, the site alone stands.
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("default-src 'self'"))
}

/// What the pages of one response have asked for. Costs nothing until one does.
#[derive(Default)]
pub(crate) struct Wishes {
    nonce: OnceLock<String>,
    sources: OnceLock<Mutex<Vec<(&'static str, String)>>>,
}

impl PagePolicy for Wishes {
    fn nonce(&self) -> Result<String> {
        if let Some(nonce) = self.nonce.get() {
            return Ok(nonce.clone());
        }
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)
            .map_err(|error| Error::internal(format!("no random numbers: {error}")))?;
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(self.nonce.get_or_init(|| text).clone())
    }

    fn allow(&self, directive: &'static str, source: &str) {
        // What ends a directive or a header can be part of no source.
        if source.is_empty() || source.contains([';', ',']) || !source.bytes().all(|b| b.is_ascii_graphic()) {
            tracing::warn!(directive, source, "not allowed by the page's policy: this is no source");
            return;
        }
        let mut sources =
            self.sources.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        if !sources.iter().any(|(of, known)| *of == directive && known == source) {
            sources.push((directive, source.to_owned()));
        }
    }
}

impl Wishes {
    /// Notes in the response what was asked for. One with a nonce is not kept by anybody.
    pub(crate) fn grant(&self, response: &mut Response) {
        let nonce = self.nonce.get();
        if nonce.is_none() && self.sources.get().is_none() {
            return;
        }
        let mut sources: Vec<(&'static str, String)> = Vec::new();
        if let Some(nonce) = nonce {
            let source = format!("'nonce-{nonce}'");
            sources.extend([("script-src", source.clone()), ("style-src", source)]);
            let headers = response.headers_mut();
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            headers.remove(header::ETAG);
            headers.remove(header::LAST_MODIFIED);
        }
        if let Some(allowed) = self.sources.get() {
            sources.extend(allowed.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned());
        }
        let sources = sources.into_iter().map(|(directive, source)| (directive.into(), source));
        response.extensions_mut().get_or_insert_with(|| Additions(Vec::new())).0.extend(sources);
    }
}

/// What a response's policy allows beyond what it says.
#[derive(Clone)]
pub(crate) struct Additions(Vec<(Cow<'static, str>, String)>);

/// Allows sources in the policy of one response.
pub(crate) fn allow(response: &mut Response, sources: &[(&'static str, &str)]) {
    let extensions = response.extensions_mut();
    let additions = extensions.get_or_insert_with(|| Additions(Vec::new()));
    additions
        .0
        .extend(sources.iter().map(|(directive, source)| (Cow::Borrowed(*directive), (*source).to_owned())));
}

impl Additions {
    /// As directives and sources, to be kept with the response.
    pub(crate) fn to_pairs(&self) -> Vec<(String, String)> {
        self.0.iter().map(|(directive, source)| (directive.to_string(), source.clone())).collect()
    }

    /// What [`to_pairs`](Self::to_pairs) gave.
    pub(crate) fn of_pairs(pairs: Vec<(String, String)>) -> Self {
        Additions(pairs.into_iter().map(|(directive, source)| (directive.into(), source)).collect())
    }

    /// Adds them to the policies in `headers`: the one that holds, and the one that is only tried.
    pub(crate) fn apply(&self, headers: &mut HeaderMap) {
        for name in [header::CONTENT_SECURITY_POLICY, header::CONTENT_SECURITY_POLICY_REPORT_ONLY] {
            let policy = headers.get(&name).and_then(|value| value.to_str().ok());
            if let Some(policy) = policy.and_then(|policy| HeaderValue::try_from(self.added(policy)).ok()) {
                headers.insert(name, policy);
            }
        }
    }

    fn added(&self, policy: &str) -> String {
        let words = |text: &str| text.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let mut directives: Vec<Vec<String>> =
            policy.split(';').map(words).filter(|directive| !directive.is_empty()).collect();
        let named = |directives: &[Vec<String>], name: &str| {
            directives.iter().position(|d| d.first().is_some_and(|first| first.eq_ignore_ascii_case(name)))
        };
        for (directive, _) in &self.0 {
            if named(&directives, directive).is_some() {
                continue;
            }
            // What is not said is as `default-src` says; without that all is allowed.
            let Some(default) = named(&directives, "default-src").and_then(|i| directives.get(i)) else {
                continue;
            };
            let mut new = default.clone();
            if let Some(name) = new.first_mut() {
                *name = directive.to_string();
            }
            directives.push(new);
        }
        let sources = |directives: &mut Vec<Vec<String>>, name: &str, source: &str| {
            let Some(directive) = named(directives, name).and_then(|i| directives.get_mut(i)) else { return };
            directive.retain(|known| known != "'none'");
            if !directive.iter().any(|known| known == source) {
                directive.push(source.to_owned());
            }
        };
        // A nonce would take `'unsafe-inline'` away: it comes last, and not beside that.
        let (nonces, others): (Vec<_>, Vec<_>) =
            self.0.iter().partition(|(_, source)| source.starts_with("'nonce-"));
        for (directive, source) in others.into_iter().chain(nonces) {
            for name in [directive.to_string(), format!("{directive}-elem")] {
                let inline = named(&directives, &name)
                    .and_then(|i| directives.get(i))
                    .is_some_and(|d| d.iter().any(|source| source == "'unsafe-inline'"));
                if !(inline && source.starts_with("'nonce-")) {
                    sources(&mut directives, &name, source);
                }
            }
        }
        directives.iter().map(|directive| directive.join(" ")).collect::<Vec<_>>().join("; ")
    }
}

/// The directives that browsers know.
const DIRECTIVES: [&str; 28] = [
    "base-uri",
    "child-src",
    "connect-src",
    "default-src",
    "fenced-frame-src",
    "font-src",
    "form-action",
    "frame-ancestors",
    "frame-src",
    "img-src",
    "manifest-src",
    "media-src",
    "navigate-to",
    "object-src",
    "prefetch-src",
    "report-to",
    "report-uri",
    "require-trusted-types-for",
    "sandbox",
    "script-src",
    "script-src-attr",
    "script-src-elem",
    "style-src",
    "style-src-attr",
    "style-src-elem",
    "trusted-types",
    "upgrade-insecure-requests",
    "worker-src",
];

/// Words that are a source in quotes only; without them they are the name of a host.
const QUOTED: [&str; 8] = [
    "none",
    "report-sample",
    "self",
    "strict-dynamic",
    "unsafe-eval",
    "unsafe-hashes",
    "unsafe-inline",
    "wasm-unsafe-eval",
];

/// What browsers would pass over in this policy without a word, and what it should be.
pub(crate) fn mistake(policy: &str) -> Option<(String, &'static str)> {
    for directive in policy.split(';') {
        let mut words = directive.split_ascii_whitespace();
        let Some(name) = words.next() else { continue };
        if !DIRECTIVES.contains(&&*name.to_ascii_lowercase()) {
            return Some((format!("`{name}` is no directive that browsers know"), "see after its spelling"));
        }
        if let Some(word) = words.find(|word| name.ends_with("-src") && QUOTED.contains(word)) {
            let what = format!("`{word}` in `{name}` is the name of a host");
            return Some((what, "write single quotes around it, as in 'self'"));
        }
        if directive.contains(',') {
            return Some((format!("`{}` has a comma", directive.trim()), "put blanks between sources"));
        }
    }
    None
}

/// The source that allows exactly this inline script or style, which may be kept: it says nothing that a reader could use.
pub(crate) fn of_inline(text: &str) -> String {
    use sha2::{Digest, Sha256};

    format!("'sha256-{}'", base64(&Sha256::digest(text.as_bytes())))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let number = (0..3).fold(0u32, |n, i| n << 8 | u32::from(three.get(i).copied().unwrap_or(0)));
        for place in 0..4 {
            let letter = LETTERS.get((number >> (18 - 6 * place)) as usize & 63).copied().unwrap_or(b'=');
            out.push(if place <= three.len() { letter.into() } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_stand_beside_the_site() {
        assert_eq!(
            usual(&[]),
            "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; \
             frame-ancestors 'none'"
        );
        let with = usual(&["https://cdn.example.com"]);
        let with = with.to_str().unwrap();
        assert!(with.starts_with(
            "default-src 'self' https://cdn.example.com; img-src 'self' data: https://cdn.example.com;"
        ));
    }

    fn added(policy: &str, sources: &[(&'static str, &str)]) -> String {
        Additions(sources.iter().map(|(d, s)| (Cow::Borrowed(*d), (*s).to_owned())).collect()).added(policy)
    }

    #[test]
    fn what_is_added_stands_beside_what_was_there() {
        let nonce = [("script-src", "'nonce-a'"), ("style-src", "'nonce-a'")];
        for (policy, sources, expected) in [
            (
                "default-src 'self'; img-src 'self'",
                &nonce[..],
                "default-src 'self'; img-src 'self'; script-src 'self' 'nonce-a'; style-src 'self' 'nonce-a'",
            ),
            ("script-src x; style-src 'none'", &nonce, "script-src x 'nonce-a'; style-src 'nonce-a'"),
            ("SCRIPT-SRC x", &nonce[..1], "SCRIPT-SRC x 'nonce-a'"),
            ("img-src 'self'", &nonce, "img-src 'self'"),
            (
                "script-src 'self'; script-src-elem y",
                &nonce[..1],
                "script-src 'self' 'nonce-a'; script-src-elem y 'nonce-a'",
            ),
            ("style-src 'unsafe-inline'", &nonce, "style-src 'unsafe-inline'"),
            ("script-src 'self';;", &[("script-src", "'self'")], "script-src 'self'"),
            (
                "default-src 'none'",
                &[("style-src", "'nonce-a'"), ("style-src", "'unsafe-inline'")],
                "default-src 'none'; style-src 'unsafe-inline'",
            ),
            (
                "default-src 'self'",
                &[("connect-src", "ws://localhost:1")],
                "default-src 'self'; connect-src 'self' ws://localhost:1",
            ),
        ] {
            assert_eq!(added(policy, sources), expected, "{policy}");
        }
    }

    #[test]
    fn what_browsers_pass_over_is_told() {
        for good in [
            "",
            "default-src 'self'; report-uri /reports/; report-to self; upgrade-insecure-requests;",
            "Script-Src 'nonce-a' 'unsafe-inline' https://self.example; sandbox allow-scripts",
        ] {
            assert_eq!(mistake(good), None, "{good}");
        }
        for (wrong, about) in [
            ("default-src 'self'; scrpt-src x", "`scrpt-src`"),
            ("default-src self", "`self` in `default-src`"),
            ("script-src https://a.example, https://b.example", "comma"),
        ] {
            assert!(mistake(wrong).unwrap().0.contains(about), "{wrong}");
        }
    }

    #[test]
    fn what_is_added_holds_in_the_policy_that_is_tried_too() {
        let additions = Additions(vec![("script-src".into(), "'nonce-a'".to_owned())]);
        let mut headers = HeaderMap::new();
        additions.apply(&mut headers);
        assert!(headers.is_empty());
        let tried = HeaderValue::from_static("script-src 'self'; report-to csp");
        headers.insert(header::CONTENT_SECURITY_POLICY_REPORT_ONLY, tried);
        additions.apply(&mut headers);
        assert_eq!(headers.len(), 1);
        assert_eq!(
            headers[header::CONTENT_SECURITY_POLICY_REPORT_ONLY],
            "script-src 'self' 'nonce-a'; report-to csp"
        );
    }

    #[test]
    fn a_source_can_not_smuggle_a_directive_in() {
        let wishes = Wishes::default();
        for source in ["x; script-src *", "a b", "a\r\nb", "", "a,b", "é"] {
            wishes.allow("img-src", source);
        }
        wishes.allow("img-src", "https://ok.example");
        wishes.allow("img-src", "https://ok.example");
        let mut response = Response::default();
        wishes.grant(&mut response);
        let additions = response.extensions().get::<Additions>().unwrap();
        assert_eq!(additions.to_pairs(), [("img-src".to_owned(), "https://ok.example".to_owned())]);
        assert!(!response.headers().contains_key(header::CACHE_CONTROL), "only a nonce is secret");
    }

    #[test]
    fn a_nonce_is_one_for_a_response_and_keeps_it_from_being_kept() {
        let wishes = Wishes::default();
        let nonce = wishes.nonce().unwrap();
        assert_eq!(nonce, wishes.nonce().unwrap());
        assert_eq!((nonce.len(), nonce == Wishes::default().nonce().unwrap()), (32, false));
        let mut response = Response::default();
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
        response.headers_mut().insert(header::ETAG, HeaderValue::from_static("\"x\""));
        wishes.grant(&mut response);
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        assert!(!response.headers().contains_key(header::ETAG));
    }

    #[test]
    fn scripts_are_named_by_their_digest() {
        assert_eq!(of_inline(""), "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='");
        for (bytes, expected) in [(&b""[..], ""), (b"f", "Zg=="), (b"fo", "Zm8="), (b"foo", "Zm9v")] {
            assert_eq!(base64(bytes), expected);
        }
    }
}
