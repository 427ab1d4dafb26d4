//! Sites on disk and in the binary, with routes and files that are made up.
#![allow(dead_code, clippy::unwrap_used)]

use std::{borrow::Cow, sync::Arc};

use quintet_core::{
    App, EmbeddedFile, Error, Folder, Result, Services, Site, Value,
    near::did_you_mean,
    template::{Assets, Context, PagePolicy, Render, Renderer, Reverse, StoredFiles},
};
use quintet_templates::Engine;

pub(crate) struct Routes;

const ROUTES: &[(&str, &str, &[&str])] =
    &[("cinema", "home", &[]), ("cinema", "film", &["id"]), ("shop", "cart", &["user", "id"])];

impl Reverse for Routes {
    fn url(&self, app: Option<&str>, name: &str, arguments: &[(&str, String)]) -> Result<String> {
        let Some(parameters) = self.parameters(app, name) else {
            let names = self.names();
            let near = did_you_mean(name, names.iter().map(String::as_str));
            return Err(Error::internal(format!("no route is named `{name}`{near}")));
        };
        let mut path = format!("/{}/", name.rsplit(':').next().unwrap());
        for parameter in &parameters {
            let (_, value) = arguments
                .iter()
                .find(|(n, _)| n == parameter)
                .ok_or_else(|| Error::internal(format!("`{name}` needs `{parameter}`")))?;
            path.push_str(&format!("{value}/"));
        }
        Ok(path)
    }

    fn parameters(&self, app: Option<&str>, name: &str) -> Option<Vec<String>> {
        let (app, name) = match name.split_once(':') {
            Some((app, name)) => (app, name),
            None => (app?, name),
        };
        let (_, _, parameters) = ROUTES.iter().find(|(a, n, _)| *a == app && *n == name)?;
        Some(parameters.iter().map(|p| (*p).to_owned()).collect())
    }

    fn names(&self) -> Vec<String> {
        ROUTES.iter().map(|(app, name, _)| format!("{app}:{name}")).collect()
    }
}

pub(crate) struct Files;

impl Assets for Files {
    fn url(&self, path: &str) -> Result<String> {
        let near = did_you_mean(path, ["cinema/app.css"]);
        (path == "cinema/app.css")
            .then(|| "/static/cinema/app.css?v=1&x".to_owned())
            .ok_or_else(|| Error::internal(format!("no app has the static file `{path}`{near}")))
    }

    fn import_map(&self, run: Option<&str>, _: Option<&dyn PagePolicy>) -> Result<String> {
        match run {
            None => Ok("<script>map</script>".to_owned()),
            Some("app") => Ok("<script>map</script><script>app</script>".to_owned()),
            Some(other) => Err(Error::internal(format!("`{other}` is not in the map"))),
        }
    }

    fn vite(&self, entry: &str, react: bool, _: Option<&dyn PagePolicy>) -> Result<String> {
        Ok(format!("<script>{entry}{}</script>", if react { " and react" } else { "" }))
    }
}

impl StoredFiles for Files {
    fn url(&self, name: &str) -> String {
        format!("/media/{name}?a&b")
    }
}

pub(crate) fn services() -> Services {
    let mut services = Services::builder();
    services.insert::<Arc<dyn Reverse>>(Arc::new(Routes));
    services.insert::<Arc<dyn Assets>>(Arc::new(Files));
    services.insert::<Arc<dyn StoredFiles>>(Arc::new(Files));
    services.build()
}

/// An app whose templates are in the binary.
pub(crate) fn embedded(label: &str, files: &[(&str, &str)]) -> App {
    let files: Vec<EmbeddedFile> = files
        .iter()
        .map(|(path, text)| EmbeddedFile {
            path: Box::leak(format!("templates/{path}").into_boxed_str()),
            bytes: Box::leak(text.to_string().into_boxed_str()).as_bytes(),
        })
        .collect();
    let root = Box::leak(format!("/src/{label}").into_boxed_str());
    App::new(label).folder(Folder::embedded(root, Box::leak(files.into_boxed_slice())))
}

/// An app whose templates are on disk.
pub(crate) struct OnDisk {
    directory: tempfile::TempDir,
}

impl OnDisk {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let disk = OnDisk { directory: tempfile::tempdir().unwrap() };
        for (name, text) in files {
            disk.write(name, text);
        }
        disk
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.directory.path().join("templates").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        std::fs::remove_file(self.directory.path().join("templates").join(name)).unwrap();
    }

    pub(crate) fn app(&self, label: &str) -> App {
        let root = self.directory.path().to_string_lossy().into_owned();
        App::new(label).folder(Folder::on_disk(Box::leak(root.into_boxed_str())))
    }
}

/// The engine of a site with one app named `cinema`, in the binary.
pub(crate) fn engine(files: &[(&str, &str)]) -> Engine {
    Engine::new(&Site::new().install(embedded("cinema", files)))
}

pub(crate) type Values = Vec<(Cow<'static, str>, Value)>;

pub(crate) fn values<const N: usize>(pairs: [(&'static str, Value); N]) -> Values {
    pairs.into_iter().map(|(name, value)| (name.into(), value)).collect()
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.into())
}

pub(crate) fn map<const N: usize>(pairs: [(&'static str, Value); N]) -> Value {
    Value::Map(values(pairs))
}

pub(crate) fn nothing() -> Arc<dyn Context> {
    Arc::new(Values::new())
}

/// Renders `film.html` or `film.html#block` for the app `cinema`.
pub(crate) fn render(engine: &Engine, name: &str, values: &Values) -> Result<String> {
    let (template, fragment) = name.split_once('#').map_or((name, None), |(t, b)| (t, Some(b)));
    engine.render(Render {
        template,
        fragment,
        values: &Arc::new(values.clone()),
        context: &nothing(),
        app: Some("cinema"),
        services: &services(),
    })
}

/// The text of one template with these values.
pub(crate) fn show<const N: usize>(source: &str, pairs: [(&'static str, Value); N]) -> Result<String> {
    render(&engine(&[("t.html", source)]), "t.html", &values(pairs))
}
