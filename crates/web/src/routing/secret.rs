//! Addresses as logs may tell them: without what stands in the place of a secret parameter.

use std::{borrow::Cow, sync::Arc};

use quintet_core::{
    Services,
    hidden::{IN_PATH, is_surely_secret},
};

use super::{
    RouteInfo,
    table::{Routes, SecretPath},
};

impl RouteInfo {
    /// Must nobody see what stands in the place of this parameter?
    pub(crate) fn hides(&self, name: &str) -> bool {
        self.secret.contains(&name) || is_surely_secret(name)
    }
}

impl Routes {
    /// Found when it is first asked for: then all settings are known.
    fn secret_paths(&self) -> &[SecretPath] {
        self.secret.get_or_init(|| {
            let secret = self.all().iter().filter_map(|route| {
                let names: Vec<String> =
                    route.pattern.names().into_iter().filter(|name| route.hides(name)).collect();
                let path = route.pattern.for_axum();
                let start = path.split('{').next().unwrap_or_default().to_owned();
                (!names.is_empty()).then_some(SecretPath { start, path, names })
            });
            secret.collect()
        })
    }

    /// Where in the path secrets stand, in order. An address without the slash at its end, which will be led on, is looked at, too.
    fn secrets_at(&self, path: &str) -> Vec<(usize, usize)> {
        let secret = self.secret_paths();
        if !secret.iter().any(|secret| path.starts_with(&secret.start)) {
            return Vec::new();
        }
        let whole;
        let (path, found) = match self.paths.at(path) {
            Ok(found) => (path, found),
            Err(_) => {
                whole = format!("{path}/");
                let Ok(found) = self.paths.at(&whole) else { return Vec::new() };
                (whole.as_str(), found)
            }
        };
        let Some(route) = self.all().get(*found.value) else { return Vec::new() };
        let matched = route.pattern.for_axum();
        let names: Vec<&String> =
            secret.iter().filter(|secret| secret.path == matched).flat_map(|secret| &secret.names).collect();
        let params = found.params.iter().filter(|(name, _)| names.iter().any(|secret| secret == name));
        // Each value is a part of the path itself.
        let start = path.as_ptr() as usize;
        params.map(|(_, value)| (value.as_ptr() as usize - start, value.len())).collect()
    }

    /// The path, with `***` in the place of each secret parameter.
    pub(crate) fn shown<'a>(&self, path: &'a str) -> Cow<'a, str> {
        let secrets = self.secrets_at(path);
        if secrets.is_empty() {
            return Cow::Borrowed(path);
        }
        let (mut out, mut from) = (String::with_capacity(path.len()), 0);
        for (at, length) in secrets {
            out.push_str(path.get(from..at).unwrap_or_default());
            out.push_str(IN_PATH);
            from = at + length;
        }
        out.push_str(path.get(from..).unwrap_or_default());
        Cow::Owned(out)
    }

    /// What stands there.
    pub(crate) fn secrets_in<'a>(&self, path: &'a str) -> Vec<&'a str> {
        self.secrets_at(path).into_iter().filter_map(|(at, length)| path.get(at..at + length)).collect()
    }
}

/// The path of an address as logs may tell it, wherever it comes from.
pub(crate) fn shown<'a>(path: &'a str, services: &Services) -> Cow<'a, str> {
    match services.get::<Arc<Routes>>() {
        Some(routes) => routes.shown(path),
        None => Cow::Borrowed(path),
    }
}
