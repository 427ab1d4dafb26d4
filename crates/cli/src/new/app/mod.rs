//! `quintet app blog`: one more app in a project that is there.
mod insert;
mod source;

use std::path::{Path, PathBuf};

use quintet_core::{
    Error, Result, Services,
    command::{ArgSpec, Args, Command, Console},
};

use super::name;

macro_rules! files {
    ($($to:literal <- $from:literal,)*) => {
        &[$(($to, include_str!(concat!("template/", $from)))),*]
    };
}

/// Paths below the project, and texts.
const FILES: &[(&str, &str)] = files![
    "src/__APP__/mod.rs" <- "src/mod.rs",
    "src/__APP__/models.rs" <- "src/models.rs",
    "src/__APP__/pages.rs" <- "src/pages.rs",
    "templates/__APP__/list.html" <- "templates/list.html",
    "templates/__APP__/detail.html" <- "templates/detail.html",
    "templates/__APP__/add.html" <- "templates/add.html",
    "static/__APP__/__APP__.css" <- "static/app.css",
    "migrations/__APP__/0001_initial.toml" <- "migrations/0001_initial.toml",
    "tests/__APP__.rs" <- "tests/app.rs",
];

/// The layout of an app in a site that has none.
const BASE: (&str, &str) = ("templates/__APP__/base.html", include_str!("template/templates/base.html"));

pub(super) fn command() -> Command {
    let run = |services: Services, args: Args| async move {
        let label: String = args.take("name")?;
        let here = std::env::current_dir()?;
        let project = args.take::<Option<PathBuf>>("path")?.map_or(here.clone(), |path| here.join(path));
        let made = make(&label, &project)?;
        let console = services.require::<Console>()?;
        for line in &made.lines {
            console.line(format!("  {line}"));
        }
        match &made.unclear {
            None => console.line(format!(
                "Made the app {label}, at /{}/. Next:\n\n  cargo run -- migrate\n  cargo test",
                address(&label)
            )),
            Some(why) => console.warn(format!(
                "Made the app {label}. src/lib.rs is left as it is: {why}. Add the module\n\n    pub mod {label};\n\nand to \
                 the site\n\n    {}",
                install(&label)
            )),
        }
        Ok(())
    };
    let about = "Adds an app to the project: a model, pages, a form, templates, static files, a migration and a test.\n\n\
                 It is a module of the crate, and src/lib.rs installs it. Nothing that is there is written over.";
    Command::new("app", about, run)
        .arg(ArgSpec::of::<String>("name", "the app's label: `blog`, `order_book`"))
        .arg(ArgSpec::of::<Option<PathBuf>>("path", "the project, instead of the directory here"))
}

fn address(label: &str) -> String {
    label.replace('_', "-")
}

fn install(label: &str) -> String {
    format!(".install({label}::app().at(\"/{}\"))", address(label))
}

/// What was done.
struct Made {
    /// Files, one line each.
    lines: Vec<String>,
    /// Why the app is not registered.
    unclear: Option<String>,
}

fn make(label: &str, project: &Path) -> Result<Made> {
    name::check_label(label)?;
    let krate = krate(project)?;
    let lib = project.join("src/lib.rs");
    let source = std::fs::read_to_string(&lib).map_err(|error| {
        Error::bad_request(format!(
            "{} can't be read ({error}): an app is a module of the site's library, so the site needs a src/lib.rs, as `quintet \
             new` makes it",
            lib.display()
        ))
    })?;
    let labels = labels(&source);
    if labels.iter().any(|other| other == label) {
        return Err(Error::bad_request(format!(
            "src/lib.rs has an app `{label}` already: app!(\"{label}\")"
        )));
    }
    let taken = [
        format!("src/{label}"),
        format!("src/{label}.rs"),
        format!("templates/{label}"),
        format!("static/{label}"),
        format!("migrations/{label}"),
        format!("tests/{label}.rs"),
    ];
    if let Some(there) = taken.iter().find(|path| project.join(path).exists()) {
        return Err(Error::bad_request(format!("{there} is there already: give the app another name")));
    }
    let moves = moves(project, &labels)?;
    let base = std::fs::read_to_string(project.join("templates/base.html")).unwrap_or_default();
    let has_base = base.contains("block main");
    let own = format!("{label}/base.html");
    let words =
        [("__APP__", label), ("__CRATE__", &krate), ("__BASE__", if has_base { "base.html" } else { &own })];
    let filled =
        |text: &str| words.iter().fold(text.to_owned(), |text, (word, value)| text.replace(word, value));
    let mut lines = Vec::new();
    for (from, to) in moves {
        if let Some(parent) = to.parent() {
            std::fs::create_dir_all(project.join(parent))?;
        }
        std::fs::rename(project.join(&from), project.join(&to))?;
        lines.push(format!("{} (was {})", to.display(), from.display()));
    }
    for (path, text) in FILES.iter().chain((!has_base).then_some(&BASE)) {
        let path = filled(path);
        let full = project.join(&path);
        if let Some(parent) = full.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&full, format!("{}\n", filled(text).trim_end()))?;
        lines.push(path);
    }
    let unclear = match insert::register(&source, label, &install(label)) {
        Ok(changed) => {
            std::fs::write(&lib, changed)?;
            lines.push("src/lib.rs (changed)".to_owned());
            None
        }
        Err(why) => Some(why),
    };
    Ok(Made { lines, unclear })
}

/// The labels in `app!("…")`.
fn labels(source: &str) -> Vec<String> {
    let code = source::code(source);
    let calls = code.match_indices("app!(").filter_map(|(at, found)| {
        let rest = source.get(at + found.len()..)?.trim_start().strip_prefix('"')?;
        rest.split('"').next().map(str::to_owned)
    });
    calls.collect()
}

/// Migrations right in `migrations/` belong to the only app of a crate; with two, each has a directory of its own. The key
/// of a migration is its app and its name, so databases notice nothing.
fn moves(project: &Path, labels: &[String]) -> Result<Vec<(PathBuf, PathBuf)>> {
    let Ok(entries) = std::fs::read_dir(project.join("migrations")) else { return Ok(Vec::new()) };
    let mut files: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".toml"))
        .collect();
    files.sort();
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let [owner] = labels else {
        return Err(Error::bad_request(format!(
            "migrations/{} and its kin have no directory of their app, and src/lib.rs does not say whose they are: move them to \
             migrations/APP/ first",
            files.first().map_or("", String::as_str)
        )));
    };
    let directory = Path::new("migrations").join(owner);
    let all: Vec<_> =
        files.iter().map(|name| (Path::new("migrations").join(name), directory.join(name))).collect();
    match all.iter().find(|(_, to)| project.join(to).exists()) {
        Some((from, to)) => Err(Error::bad_request(format!(
            "{} belongs into {}, but there is such a file already",
            from.display(),
            to.display()
        ))),
        None => Ok(all),
    }
}

/// The name of the project's library.
fn krate(project: &Path) -> Result<String> {
    let path = project.join("Cargo.toml");
    let manifest = std::fs::read_to_string(&path).unwrap_or_default();
    let mut section = "";
    let (mut package, mut library, mut builds_on_it) = (None, None, false);
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            section = line;
        }
        let name = line.strip_prefix("name").and_then(|rest| rest.trim_start().strip_prefix('='));
        let name = name.map(|rest| rest.trim().trim_matches(['"', '\'']).to_owned());
        match (section, name) {
            ("[package]", Some(name)) => package = Some(name),
            ("[lib]", Some(name)) => library = Some(name),
            _ => builds_on_it |= line.starts_with("quintet") || line == "[dependencies.quintet]",
        }
    }
    match (library.or(package), builds_on_it) {
        (Some(name), true) => Ok(name.replace('-', "_")),
        _ => Err(Error::bad_request(format!(
            "{} is no project that builds on Quintet: go to its directory, or give it with --path; `quintet new` makes one",
            project.display()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::new::{Choice, Source};

    fn project() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let choice =
            Choice { source: Source::Released("1.2.3"), postgres: false, users: false, empty: false };
        crate::new::make("film-club", root.path(), &choice).unwrap();
        root
    }

    fn read(root: &Path, file: &str) -> String {
        std::fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    #[test]
    fn an_app_is_added_and_installed_and_another_one() {
        let root = project();
        let before = read(root.path(), "migrations/0001_initial.toml");
        let made = make("order_book", root.path()).unwrap();
        assert!(made.unclear.is_none());
        for line in &made.lines {
            let text = read(root.path(), line.split(' ').next().unwrap());
            assert!(!text.contains("__APP") && !text.contains("__CRATE"), "{line}: {text}");
        }
        let lib = read(root.path(), "src/lib.rs");
        assert!(lib.contains("pub mod models;\npub mod order_book;\npub mod pages;\n"), "{lib}");
        assert!(lib.contains("        .install(order_book::app().at(\"/order-book\"))\n"), "{lib}");
        assert!(read(root.path(), "tests/order_book.rs").contains("film_club::order_book::{"));
        assert!(
            read(root.path(), "templates/order_book/list.html").starts_with("{% extends \"base.html\" %}")
        );
        assert!(!root.path().join("templates/order_book/base.html").exists());
        // Two apps in a crate have a directory of migrations each.
        assert_eq!(read(root.path(), "migrations/film_club/0001_initial.toml"), before);
        assert!(!root.path().join("migrations/0001_initial.toml").exists());
        make("blog", root.path()).unwrap();
        assert!(read(root.path(), "src/lib.rs").contains(".install(blog::app().at(\"/blog\"))"));
    }

    #[test]
    fn without_a_layout_of_the_site_it_brings_one() {
        let root = project();
        std::fs::remove_file(root.path().join("templates/base.html")).unwrap();
        make("blog", root.path()).unwrap();
        assert!(
            read(root.path(), "templates/blog/list.html").starts_with("{% extends \"blog/base.html\" %}")
        );
        assert!(read(root.path(), "templates/blog/base.html").contains("block main"));
    }

    #[test]
    fn what_is_there_stays_and_what_is_unclear_is_told() {
        let root = project();
        for (label, why) in [
            ("film_club", "app!(\"film_club\")"),
            ("models", "src/models.rs"),
            ("home", "tests/home.rs"),
            ("Blog", "small letter"),
            ("film-club", "film_club"),
            ("match", "Rust"),
        ] {
            let error = make(label, root.path()).err().unwrap();
            assert!(error.status() == 400 && error.to_string().contains(why), "{label}: {error}");
        }
        std::fs::write(root.path().join("migrations/x.toml"), "").unwrap();
        let lib = "pub fn site() -> quintet::Site { Default::default() }\n";
        std::fs::write(root.path().join("src/lib.rs"), lib).unwrap();
        let error = make("blog", root.path()).err().unwrap().to_string();
        assert!(error.contains("migrations/0001_initial.toml"), "{error}");
        assert!(!root.path().join("src/blog").exists());
        std::fs::remove_dir_all(root.path().join("migrations")).unwrap();
        let made = make("blog", root.path()).unwrap();
        assert!(made.unclear.unwrap().contains("Site::new()"));
        assert_eq!(read(root.path(), "src/lib.rs"), lib);
        let nowhere = tempfile::tempdir().unwrap();
        assert!(make("blog", nowhere.path()).err().unwrap().to_string().contains("no project"));
    }

    #[tokio::test]
    async fn the_command_says_what_to_add_by_hand() {
        let root = project();
        let (console, out) = Console::captured();
        let run = async |console, label: &str| {
            let words = ["app", label, "--path", root.path().to_str().unwrap()];
            crate::new::run(words.map(Into::into).to_vec(), console).await
        };
        run(console, "blog").await.unwrap();
        assert!(
            out.text().contains("src/lib.rs (changed)") && out.text().contains("at /blog/"),
            "{}",
            out.text()
        );
        std::fs::write(root.path().join("src/lib.rs"), "// app!(\"none\")\nfn site() {}\n").unwrap();
        let (console, out) = Console::captured();
        run(console, "news").await.unwrap();
        let told = out.errors();
        assert!(
            told.contains("    pub mod news;") && told.contains(".install(news::app().at(\"/news\"))"),
            "{told}"
        );
    }
}
