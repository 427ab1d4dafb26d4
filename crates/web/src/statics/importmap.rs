//! Import maps: `import { html } from "lit"` in a script, without a build.
//!
//! Names stand in `[static.importmap]` of `quintet.toml`, and in `static/<app>/importmap.toml` of each app; the first that has
//! one wins. A name leads to a static file, a folder of them (both end with a slash), or an address. Files get their
//! versions, also where a script imports another by a relative path.
//!
//! The map is an inline element. The page's policy allows exactly this text, by its digest: no nonce is needed, and the page can
//! be kept.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use http::Uri;
use quintet_core::{
    Error, Result, Site, SourcePlace,
    html::Escaped,
    near::did_you_mean,
    template::{Assets, PagePolicy},
};

use super::{Statics, encoded, files::File, references::Kind};
use crate::policy;

/// The file of an app, below its folder in `static/`.
const FILE: &str = "importmap.toml";

/// Where the names of a site's import map stand.
pub(super) struct ImportMap {
    given: BTreeMap<String, String>,
    apps: Vec<String>,
    /// What the files of a release say does not change.
    kept: OnceLock<Arc<Vec<Pin>>>,
}

/// A name, what it leads to, and the file that says so.
#[derive(Clone)]
struct Pin {
    name: String,
    target: String,
    file: String,
}

impl ImportMap {
    pub(super) fn new(site: &Site, given: BTreeMap<String, String>) -> Self {
        let apps = site.apps().iter().map(|app| app.label().to_owned()).collect();
        ImportMap { given, apps, kept: OnceLock::new() }
    }
}

impl Statics {
    pub(super) fn import_map_tags(
        &self,
        run: Option<&str>,
        policy: Option<&dyn PagePolicy>,
    ) -> Result<String> {
        let pins = self.pins()?;
        if pins.is_empty() {
            return Err(Error::internal(format!(
                "this site has no import map: write names into [static.importmap] of quintet.toml, or into static/<app>/{FILE}"
            )));
        }
        let mut imports: BTreeMap<String, String> = BTreeMap::new();
        for pin in pins.iter() {
            self.add(pin, &mut imports, policy).map_err(|error| {
                error.in_file(SourcePlace::new(pin.file.clone(), 0)).with_detail("import", pin.name.clone())
            })?;
        }
        let map = serde_json::to_string_pretty(&serde_json::json!({ "imports": imports }))?;
        // Nothing in it can end the element.
        let map = format!("\n{}\n", map.replace('<', "\\u003c"));
        if let Some(policy) = policy {
            policy.allow("script-src", &policy::of_inline(&map));
        }
        let mut tags = format!("<script type=\"importmap\">{map}</script>\n");
        if let Some(name) = run {
            let Some(address) = imports.get(name) else {
                let near = did_you_mean(name, pins.iter().map(|pin| pin.name.as_str()));
                return Err(Error::internal(format!("the import map has no `{name}`{near}")));
            };
            tags += &format!("<script type=\"module\" src=\"{}\"></script>\n", Escaped(address));
        }
        Ok(tags)
    }

    fn add(
        &self,
        pin: &Pin,
        imports: &mut BTreeMap<String, String>,
        policy: Option<&dyn PagePolicy>,
    ) -> Result {
        let Pin { name, target, .. } = pin;
        if target.starts_with('/') {
            imports.entry(name.clone()).or_insert_with(|| target.clone());
        } else if target.starts_with("http://") || target.starts_with("https://") {
            if let (Some(policy), Some(origin)) = (policy, origin(target)) {
                policy.allow("script-src", &origin);
            }
            imports.entry(name.clone()).or_insert_with(|| target.clone());
        } else if target.ends_with('/') {
            if !name.ends_with('/') {
                return Err(Error::internal(format!(
                    "`{target}` is a folder, so `{name}` must end with a slash too"
                )));
            }
            let names = self.files.names();
            let inside = names.iter().filter_map(|file| Some((file, file.strip_prefix(target.as_str())?)));
            for (file, rest) in inside.filter(|(file, _)| Kind::of(file) == Some(Kind::Script)) {
                self.add_file(format!("{name}{rest}"), file, imports)?;
            }
        } else {
            self.add_file(name.clone(), target, imports)?;
        }
        Ok(())
    }

    /// Under its name, and under its address without a version: what a script imports by a relative path.
    fn add_file(&self, name: String, file: &str, imports: &mut BTreeMap<String, String>) -> Result {
        let address = self.url(file)?;
        let plain = format!("{}{}", self.base.url, encoded(file));
        if plain != address {
            imports.entry(plain).or_insert_with(|| address.clone());
        }
        imports.entry(name).or_insert(address);
        Ok(())
    }

    fn pins(&self) -> Result<Arc<Vec<Pin>>> {
        if let Some(kept) = self.import_map.kept.get() {
            return Ok(kept.clone());
        }
        let mut pins: Vec<Pin> = Vec::new();
        let mut push = |name: &str, target: &str, file: &str| {
            if !pins.iter().any(|pin| pin.name == name) {
                pins.push(Pin { name: name.to_owned(), target: target.to_owned(), file: file.to_owned() });
            }
        };
        for (name, target) in &self.import_map.given {
            push(name, target, "quintet.toml");
        }
        let mut fixed = true;
        for app in &self.import_map.apps {
            let file = format!("{app}/{FILE}");
            let (text, shown) = match self.files.find(&file) {
                None => continue,
                Some(File::Binary(bytes)) => {
                    (String::from_utf8_lossy(bytes).into_owned(), format!("static/{file}"))
                }
                Some(File::Disk { path, .. }) => {
                    fixed = false;
                    (std::fs::read_to_string(&path)?, path.display().to_string())
                }
            };
            let names: BTreeMap<String, String> = toml::from_str(&text).map_err(|error| {
                let at = error.span().map_or(0, |span| span.start);
                let (line, column) = SourcePlace::line_column(&text, at);
                Error::internal(format!(
                    "an import map has lines such as `lit = \"app/lit.js\"`: {}",
                    error.message()
                ))
                .in_file(SourcePlace::new(shown.clone(), line).with_column(column))
            })?;
            for (name, target) in &names {
                push(name, target, &shown);
            }
        }
        let pins = Arc::new(pins);
        // New files on disk must be found, too.
        if fixed && !self.live {
            return Ok(self.import_map.kept.get_or_init(|| pins).clone());
        }
        Ok(pins)
    }
}

fn origin(address: &str) -> Option<String> {
    let uri: Uri = address.parse().ok()?;
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?))
}
