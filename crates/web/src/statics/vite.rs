//! `vite("src/main.ts")`: scripts and styles that Vite builds.
//!
//! While debug is on and Vite's server answers, pages load from there, and it swaps what is edited. Otherwise they load what
//! `vite build` has made: `.vite/manifest.json` says which files those are. Their names have versions, made by Vite, so they
//! are kept for ever as they are named.

use std::{
    collections::{BTreeMap, HashSet},
    net::{TcpStream, ToSocketAddrs},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use http::{Uri, uri::Scheme};
use quintet_core::{Error, Result, html::Escaped, near::did_you_mean, template::PagePolicy};
use quintet_macros::Settings;
use serde::Deserialize;

use super::{
    files::{File, Files, State},
    own::OwnNames,
};
use crate::policy;

/// `[static.vite]` in `quintet.toml`: where Vite's server is, and what it has built.
#[derive(Debug, Clone, Settings)]
#[settings("static.vite")]
pub struct ViteSettings {
    /// The address of Vite's server, with Vite's `base`, asked while debug is on: `http://localhost:5173/`.
    pub dev_server: Option<String>,
    /// The list of what is built, below a `static/`: `app/.vite/manifest.json`. Found by itself if there is one.
    pub manifest: Option<String>,
}

/// Where Vite writes the list, in the folder that it builds into.
const MANIFEST: &str = ".vite/manifest.json";
/// How long an answer of Vite's server, or none, is believed.
const BELIEVED: Duration = Duration::from_secs(1);
/// How long it is waited for. It runs on this machine.
const PATIENCE: Duration = Duration::from_millis(250);

pub(super) struct Vite {
    server: Option<Server>,
    manifest: Option<String>,
    known: Mutex<Known>,
    own: OwnNames,
}

#[derive(Default)]
enum Known {
    #[default]
    Nothing,
    /// There is none, as far as was looked.
    None,
    Built {
        name: String,
        state: Option<State>,
        built: Arc<Built>,
    },
}

impl Vite {
    /// `live`: is it worth asking Vite's server?
    ///
    /// # Errors
    /// If `dev_server` is no address.
    pub(super) fn new(settings: ViteSettings, live: bool, own: OwnNames) -> Result<Self> {
        let server = settings.dev_server.as_deref().map(Server::new).transpose()?.filter(|_| live);
        Ok(Vite { server, manifest: settings.manifest, known: Mutex::default(), own })
    }

    /// Learns which names are Vite's, if that is not known yet.
    ///
    /// # Errors
    /// If the list can't be read.
    pub(super) fn learn(&self, files: &Files) -> Result {
        self.built(files, false).map(drop)
    }

    /// The elements for `entry`; `address` gives the address of a file.
    ///
    /// # Errors
    /// If Vite's server does not answer and nothing is built, or the entry is unknown.
    pub(super) fn tags(
        &self,
        files: &Files,
        entry: &str,
        react: bool,
        policy: Option<&dyn PagePolicy>,
        address: impl Fn(&str) -> Result<String>,
    ) -> Result<String> {
        if let Some(server) = self.server.as_ref().filter(|server| server.answers()) {
            return Ok(server.tags(entry, react, policy));
        }
        let Some(built) = self.built(files, true)? else {
            let server = match &self.server {
                Some(server) => format!("Vite's server does not answer at {}, and ", server.base),
                None => String::new(),
            };
            return Err(Error::internal(format!(
                "{server}no `static/` has a {MANIFEST}: run `npx vite build` with `build.manifest` and a `build.outDir` \
                 below `static/`; while debug is on, `npx vite` will do, with `dev_server` in [static.vite]"
            )));
        };
        built.tags(entry, address)
    }

    /// What is built; `look` also where there was nothing before.
    fn built(&self, files: &Files, look: bool) -> Result<Option<Arc<Built>>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let name = match &*known {
            Known::None if !look => return Ok(None),
            Known::Built { name, .. } => Some(name.clone()),
            Known::Nothing | Known::None => match &self.manifest {
                Some(name) => Some(name.clone()),
                None => found(files)?,
            },
        };
        let file = name.as_ref().and_then(|name| files.inner(name));
        let (Some(name), Some(file)) = (name, file) else {
            *known = Known::None;
            self.own.set(HashSet::new());
            return Ok(None);
        };
        let state = if let File::Disk { state, .. } = &file { Some(*state) } else { None };
        if let Known::Built { state: before, built, .. } = &*known
            && *before == state
        {
            return Ok(Some(built.clone()));
        }
        let bytes = match &file {
            File::Binary(bytes) => bytes.to_vec(),
            File::Disk { path, .. } => std::fs::read(path)?,
        };
        let built = Arc::new(Built::read(&name, &bytes)?);
        self.own.set(built.names());
        *known = Known::Built { name, state, built: built.clone() };
        Ok(Some(built))
    }
}

fn found(files: &Files) -> Result<Option<String>> {
    let mut all = files.all_names().into_iter().filter(|name| {
        name.strip_suffix(MANIFEST).is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
    });
    match (all.next(), all.next()) {
        (Some(one), Some(other)) => Err(Error::settings(format!(
            "Vite has built both `{one}` and `{other}`: say which is meant, by `manifest` in [static.vite]"
        ))),
        (one, _) => Ok(one),
    }
}

/// What Vite says that it has built.
struct Built {
    /// The folder below `static/` that its names are below of, with a slash at its end or empty.
    folder: String,
    chunks: BTreeMap<String, Chunk>,
}

#[derive(Deserialize)]
struct Chunk {
    file: String,
    #[serde(default)]
    css: Vec<String>,
    #[serde(default)]
    assets: Vec<String>,
    #[serde(default)]
    imports: Vec<String>,
    #[serde(default, rename = "isEntry")]
    is_entry: bool,
}

impl Built {
    fn read(name: &str, bytes: &[u8]) -> Result<Self> {
        let folder = match name.strip_suffix(MANIFEST) {
            Some(folder) => folder,
            None => name.rfind('/').and_then(|slash| name.get(..=slash)).unwrap_or_default(),
        };
        let chunks = serde_json::from_slice(bytes)
            .map_err(|error| Error::internal(format!("static/{name} is no list of Vite's: {error}")))?;
        Ok(Built { folder: folder.to_owned(), chunks })
    }

    fn names(&self) -> HashSet<String> {
        let files = |chunk: &Chunk| -> Vec<String> {
            std::iter::once(&chunk.file)
                .chain(&chunk.css)
                .chain(&chunk.assets)
                .map(|file| self.name(file))
                .collect()
        };
        self.chunks.values().flat_map(files).collect()
    }

    fn name(&self, file: &str) -> String {
        format!("{}{file}", self.folder)
    }

    fn tags(&self, entry: &str, address: impl Fn(&str) -> Result<String>) -> Result<String> {
        let Some(chunk) = self.chunks.get(entry) else {
            let entries =
                self.chunks.iter().filter(|(_, chunk)| chunk.is_entry).map(|(name, _)| name.as_str());
            let near = did_you_mean(entry, entries);
            return Err(Error::internal(format!(
                "Vite has built no `{entry}`{near}; entries stand in `build.rollupOptions.input`"
            )));
        };
        let mut imported = Vec::new();
        self.imports(chunk, &mut imported);
        let mut styles: Vec<&str> = Vec::new();
        for css in std::iter::once(&chunk).chain(&imported).flat_map(|chunk| &chunk.css) {
            if !styles.contains(&css.as_str()) {
                styles.push(css);
            }
        }
        let address = |file: &str| address(&self.name(file));
        let mut tags = String::new();
        for css in styles {
            tags += &style(&address(css)?);
        }
        if chunk.file.ends_with(".css") {
            tags += &style(&address(&chunk.file)?);
            return Ok(tags);
        }
        tags += &module(&address(&chunk.file)?);
        for chunk in imported {
            tags += &format!("<link rel=\"modulepreload\" href=\"{}\">\n", Escaped(&address(&chunk.file)?));
        }
        Ok(tags)
    }

    /// All that a chunk imports, and what that does, each once.
    fn imports<'a>(&'a self, chunk: &'a Chunk, found: &mut Vec<&'a Chunk>) {
        for import in chunk.imports.iter().filter_map(|name| self.chunks.get(name)) {
            if !found.iter().any(|known| known.file == import.file) {
                found.push(import);
                self.imports(import, found);
            }
        }
    }
}

fn style(address: &str) -> String {
    format!("<link rel=\"stylesheet\" href=\"{}\">\n", Escaped(address))
}

fn module(address: &str) -> String {
    format!("<script type=\"module\" src=\"{}\"></script>\n", Escaped(address))
}

/// Vite's own server.
struct Server {
    /// With a slash at its end.
    base: String,
    origin: String,
    host: String,
    port: u16,
    seen: Mutex<Option<(Instant, bool)>>,
}

impl Server {
    fn new(address: &str) -> Result<Self> {
        let wrong = || {
            Error::settings(format!(
                "`static.vite.dev_server` is `{address}`: it must be an address such as `http://localhost:5173/`"
            ))
        };
        let uri: Uri = address.parse().map_err(|_| wrong())?;
        let secure = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => false,
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            _ => return Err(wrong()),
        };
        let (Some(host), None) = (uri.authority(), uri.query()) else { return Err(wrong()) };
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b':' | b'[' | b']');
        if !host.as_str().bytes().all(plain) {
            return Err(wrong());
        }
        let origin = format!("{}://{host}", if secure { "https" } else { "http" });
        Ok(Server {
            base: format!("{origin}{}/", uri.path().trim_end_matches('/')),
            origin,
            host: host.host().trim_matches(['[', ']']).to_owned(),
            port: host.port_u16().unwrap_or(if secure { 443 } else { 80 }),
            seen: Mutex::default(),
        })
    }

    /// Is it there? Asked again after a moment, so that it may be started and stopped while the site runs.
    fn answers(&self) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((when, answer)) = *seen
            && when.elapsed() < BELIEVED
        {
            return answer;
        }
        let addresses = (self.host.as_str(), self.port).to_socket_addrs();
        let answer = addresses
            .is_ok_and(|mut all| all.any(|address| TcpStream::connect_timeout(&address, PATIENCE).is_ok()));
        *seen = Some((Instant::now(), answer));
        answer
    }

    fn tags(&self, entry: &str, react: bool, policy: Option<&dyn PagePolicy>) -> String {
        let Server { base, origin, .. } = self;
        let mut tags = String::new();
        if react {
            let script = format!(
                "import RefreshRuntime from \"{base}@react-refresh\"\n\
                 RefreshRuntime.injectIntoGlobalHook(window)\n\
                 window.$RefreshReg$ = () => {{}}\n\
                 window.$RefreshSig$ = () => (type) => type\n\
                 window.__vite_plugin_react_preamble_installed__ = true\n"
            );
            if let Some(policy) = policy {
                policy.allow("script-src", &policy::of_inline(&script));
            }
            tags += &format!("<script type=\"module\">{script}</script>\n");
        }
        if let Some(policy) = policy {
            for directive in ["script-src", "style-src", "img-src", "font-src", "connect-src"] {
                policy.allow(directive, origin);
            }
            policy.allow("connect-src", &origin.replacen("http", "ws", 1));
            // Vite puts styles into elements of the page while they are worked on.
            policy.allow("style-src", "'unsafe-inline'");
        }
        tags += &module(&format!("{base}@vite/client"));
        let address = format!("{base}{}", entry.trim_start_matches('/'));
        let is_style =
            [".css", ".scss", ".sass", ".less", ".styl"].iter().any(|ending| entry.ends_with(ending));
        tags += &if is_style { style(&address) } else { module(&address) };
        tags
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"{
        "src/main.ts": {"file": "assets/main-a1.js", "src": "src/main.ts", "isEntry": true,
            "imports": ["_shared-b2.js"], "css": ["assets/main-c3.css"], "dynamicImports": ["src/later.ts"]},
        "src/later.ts": {"file": "assets/later-d4.js", "isDynamicEntry": true},
        "_shared-b2.js": {"file": "assets/shared-b2.js", "css": ["assets/shared-e5.css", "assets/main-c3.css"],
            "assets": ["assets/logo-f6.svg"], "imports": ["_deep-g7.js"]},
        "_deep-g7.js": {"file": "assets/deep-g7.js", "imports": ["_shared-b2.js"]},
        "src/print.css": {"file": "assets/print-h8.css", "isEntry": true}
    }"#;

    #[test]
    fn all_that_an_entry_needs_is_loaded_once() {
        let built = Built::read("app/.vite/manifest.json", LIST.as_bytes()).unwrap();
        let address = |name: &str| Ok(format!("/static/{name}"));
        assert_eq!(
            built.tags("src/main.ts", address).unwrap(),
            "<link rel=\"stylesheet\" href=\"/static/app/assets/main-c3.css\">\n\
             <link rel=\"stylesheet\" href=\"/static/app/assets/shared-e5.css\">\n\
             <script type=\"module\" src=\"/static/app/assets/main-a1.js\"></script>\n\
             <link rel=\"modulepreload\" href=\"/static/app/assets/shared-b2.js\">\n\
             <link rel=\"modulepreload\" href=\"/static/app/assets/deep-g7.js\">\n"
        );
        assert_eq!(
            built.tags("src/print.css", address).unwrap(),
            "<link rel=\"stylesheet\" href=\"/static/app/assets/print-h8.css\">\n"
        );
        let error = built.tags("src/man.ts", address).unwrap_err().to_string();
        assert!(error.contains("did you mean `src/main.ts`"), "{error}");
        assert_eq!(built.names().len(), 8);
        assert!(built.names().contains("app/assets/logo-f6.svg"));
        let elsewhere = Built::read("dist/manifest.json", LIST.as_bytes()).unwrap();
        assert!(elsewhere.names().contains("dist/assets/main-a1.js"));
        assert!(Built::read("x", b"[]").is_err());
    }

    #[test]
    fn the_servers_address_has_vites_base() {
        for (address, base, origin, port) in [
            ("http://localhost:5173", "http://localhost:5173/", "http://localhost:5173", 5173),
            ("https://[::1]/app", "https://[::1]/app/", "https://[::1]", 443),
        ] {
            let server = Server::new(address).unwrap();
            assert_eq!((server.base.as_str(), server.origin.as_str(), server.port), (base, origin, port));
        }
        for wrong in ["localhost:5173", "/x", "ftp://x", "http://a b", "http://x/?y", "http://x;y"] {
            assert!(Server::new(wrong).is_err(), "{wrong}");
        }
    }
}
