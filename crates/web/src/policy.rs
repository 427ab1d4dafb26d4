//! The content security policy: what a page may load.

use http::HeaderValue;

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
}
