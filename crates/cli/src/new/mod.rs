//! The `quintet` command: `quintet new shop` makes a project that compiles and passes its own test, `quintet app blog` adds
//! an app to it, and `quintet dev` serves it while it is worked on.
//!
//! The project's files stand in `template/` and `minimal/`, as they are but for the words in `__CAPITALS__`.
mod app;
mod dev;
mod files;
mod name;
mod words;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use quintet_core::{
    Error, Result, Services,
    command::{ArgSpec, Args, Command, Console},
};

use crate::{
    commands::Picked,
    line::{Chosen, Group, Line},
    process,
    terminal::RealTerminal,
};

/// The program `quintet`.
#[must_use]
pub fn main() -> ExitCode {
    let words = std::env::args_os().skip(1).collect();
    process::end(
        process::runtime()
            .and_then(|runtime| runtime.block_on(run(words, Console::new(RealTerminal::new())))),
    )
}

async fn run(words: Vec<std::ffi::OsString>, console: Console) -> Result {
    let all = [command(), app::command(), dev::command()];
    let commands = all.into_iter().map(|command| (command.clone(), Picked::Command(command))).collect();
    let groups = [Group { title: "Commands".to_owned(), commands }];
    match Line::new("quintet".to_owned(), env!("CARGO_PKG_VERSION"), &groups)?.read(words)? {
        Chosen::Command(Picked::Command(command), args) => {
            let mut services = Services::builder();
            services.insert(console);
            command.run(services.build(), args).await
        }
        Chosen::Command(Picked::Builtin(_), _) => Ok(()),
        Chosen::Told(text) => {
            console.line(text.trim_end());
            Ok(())
        }
    }
}

fn command() -> Command {
    let run = |services: Services, args: Args| async move {
        let name: String = args.take("name")?;
        let here = std::env::current_dir()?;
        let directory = match args.take::<Option<PathBuf>>("path")? {
            Some(path) => here.join(path),
            None => here.join(&name),
        };
        let source = match args.take::<Option<PathBuf>>("quintet")? {
            Some(path) => Source::checkout(&here.join(path))?,
            None => Source::of_this_build(),
        };
        let minimal: bool = args.take("minimal")?;
        let choice = Choice {
            source,
            postgres: args.take("postgres")?,
            users: args.take("users")?,
            empty: args.take("empty")?,
        };
        for (given, option) in
            [(choice.postgres, "--postgres"), (choice.users, "--users"), (choice.empty, "--empty")]
        {
            if minimal && given {
                let message = format!(
                    "--minimal has no database, no templates and no example: leave it out, or leave out {option}"
                );
                return Err(Error::bad_request(message));
            }
        }
        let made = if minimal {
            make_of(files::MINIMAL, &name, &directory, &choice)?
        } else {
            make(&name, &directory, &choice)?
        };
        let console = services.require::<Console>()?;
        for file in &made {
            console.line(format!("  {file}"));
        }
        let next = match (minimal, choice.postgres) {
            (true, _) => "cargo run -- dev".to_owned(),
            (_, true) => format!("createdb {}\n  cargo run -- migrate\n  cargo run -- dev", krate(&name)),
            _ => "cargo run -- migrate\n  cargo run -- dev".to_owned(),
        };
        let directory = directory.display();
        console.line(format!("Made {name} in {directory}. Next:\n\n  cd {directory}\n  {next}"));
        Ok(())
    };
    Command::new("new", "Makes a project: a site with a model, a page and a test.", run)
        .arg(ArgSpec::of::<String>("name", "the package's name: `shop`, `film-club`"))
        .arg(ArgSpec::of::<Option<PathBuf>>(
            "path",
            "where to make it, instead of a directory of its name here",
        ))
        .arg(ArgSpec::of::<bool>("minimal", "a program of five lines, without database, templates and test"))
        .arg(ArgSpec::of::<bool>("postgres", "PostgreSQL instead of a SQLite file"))
        .arg(ArgSpec::of::<bool>("users", "people sign up and log in"))
        .arg(ArgSpec::of::<bool>("empty", "without the model, the command and the migration of the example"))
        .arg(ArgSpec::of::<Option<PathBuf>>(
            "quintet",
            "a checkout of Quintet to build on, instead of the released version",
        ))
}

/// Which Quintet a project builds on.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Released(&'static str),
    /// The crate's directory.
    Path(PathBuf),
}

impl Source {
    /// The checkout that this program was built from, if it is still there; else the release of its version.
    fn of_this_build() -> Self {
        let beside = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("quintet");
        if beside.join("Cargo.toml").is_file() {
            Source::Path(beside)
        } else {
            Source::Released(env!("CARGO_PKG_VERSION"))
        }
    }

    fn checkout(path: &Path) -> Result<Self> {
        let found = [path.join("crates/quintet"), path.to_owned()].into_iter().find(|path| {
            let manifest = std::fs::read_to_string(path.join("Cargo.toml")).unwrap_or_default();
            manifest.lines().any(|line| line.trim() == "name = \"quintet\"")
        });
        let none = || {
            Error::bad_request(format!(
                "{} is no checkout of Quintet: it has no crates/quintet",
                path.display()
            ))
        };
        let absolute = found.ok_or_else(none)?.canonicalize()?;
        Ok(Source::Path(absolute))
    }

    /// As a table's inside in Cargo.toml.
    fn dependency(&self) -> String {
        match self {
            Source::Released(version) => format!("version = \"{version}\""),
            Source::Path(path) => {
                // A literal string: backslashes of Windows stay what they are; what it can't hold is escaped.
                let path = path.display().to_string();
                if path.contains(['\'', '\n']) {
                    format!("path = {path:?}")
                } else {
                    format!("path = '{path}'")
                }
            }
        }
    }
}

/// What a project builds on.
#[derive(Debug, Clone)]
struct Choice {
    source: Source,
    postgres: bool,
    /// Users, and their pages.
    users: bool,
    /// No example.
    empty: bool,
}

fn krate(name: &str) -> String {
    name.replace('-', "_")
}

/// Makes the project; gives its files.
fn make(name: &str, directory: &Path, choice: &Choice) -> Result<Vec<String>> {
    let mut files: Vec<(&str, &str)> = files::FILES.to_vec();
    if choice.empty {
        files.retain(|(path, _)| !files::OF_THE_EXAMPLE.contains(path));
        for (path, text) in &mut files {
            if let Some((_, other)) = files::EMPTY.iter().find(|(other, _)| other == path) {
                *text = *other;
            }
        }
    }
    if choice.users {
        files.extend(files::USERS);
    }
    make_of(&files, name, directory, choice)
}

fn make_of(files: &[(&str, &str)], name: &str, directory: &Path, choice: &Choice) -> Result<Vec<String>> {
    name::check(name)?;
    empty(directory)?;
    let krate = krate(name);
    let database = match choice.postgres {
        true => format!("postgres://localhost/{krate}"),
        false => "sqlite://site.db".to_owned(),
    };
    let workspace = if in_workspace(directory) {
        "\n# The directory above is a workspace; this package is none of it.\n[workspace]\n"
    } else {
        ""
    };
    let created = format!("createdb {krate}\n");
    let words = [
        ("__NAME__", name),
        ("__CRATE__", &krate),
        ("__QUINTET__", &choice.source.dependency()),
        ("__FEATURES__", &words::features(choice)),
        ("__PROFILES__", words::profiles(choice)),
        ("__INSTALL__", if choice.users { ".install(auth::app())" } else { "" }),
        ("__WHO__", words::who(choice)),
        ("__AUTH__", &words::auth(choice, name)),
        ("__USERS__", words::users(choice)),
        ("__COMMANDS__", if choice.empty { "" } else { ", `src/commands.rs` what the command line can do" }),
        ("__ADD__", if choice.empty { "" } else { "cargo run -- add-note \"Buy milk\"\n" }),
        ("__DATABASE__", &database),
        ("__FIRST__", if choice.postgres { &created } else { "" }),
        ("__RUST__", env!("CARGO_PKG_RUST_VERSION")),
        ("__WORKSPACE__", workspace),
    ];
    let mut made = Vec::new();
    for (path, text) in files {
        let path = path.replace("__CRATE__", &krate);
        let text = words.iter().fold((*text).to_owned(), |text, (word, value)| text.replace(word, value));
        let full = directory.join(&path);
        if let Some(parent) = full.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&full, format!("{}\n", text.trim_end()))?;
        made.push(path);
    }
    Ok(made)
}

/// Nothing that somebody has made is written over.
fn empty(directory: &Path) -> Result {
    match std::fs::read_dir(directory) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => {
                Err(Error::bad_request(format!("{} is there already and not empty", directory.display())))
            }
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::bad_request(format!("{}: {error}", directory.display()))),
    }
}

/// Is a directory above the root of a workspace? Cargo would then ask to add the package or to keep it out.
fn in_workspace(directory: &Path) -> bool {
    directory.ancestors().skip(1).any(|above| {
        let manifest = std::fs::read_to_string(above.join("Cargo.toml")).unwrap_or_default();
        manifest.lines().any(|line| line.trim() == "[workspace]" || line.trim().starts_with("[workspace."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn released() -> Choice {
        Choice { source: Source::Released("1.2.3"), postgres: false, users: false, empty: false }
    }

    fn read(root: &Path, file: &str) -> String {
        std::fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    #[test]
    fn a_project_has_all_its_files_and_no_placeholder() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("film-club");
        let made = make("film-club", &directory, &released()).unwrap();
        for file in [
            "Cargo.toml",
            ".gitignore",
            ".env",
            "static/film_club/site.css",
            "migrations/0001_initial.toml",
            "tests/home.rs",
        ] {
            assert!(made.iter().any(|m| m == file), "{file}: {made:?}");
        }
        for file in &made {
            let text = read(&directory, file);
            assert!(!text.contains("__"), "{file}: {text}");
            assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{file}");
        }
        let cargo = read(&directory, "Cargo.toml");
        assert!(
            cargo.contains("name = \"film-club\"\n") && cargo.contains("quintet = { version = \"1.2.3\" }\n"),
            "{cargo}"
        );
        assert!(!cargo.contains("[workspace]"), "{cargo}");
        assert!(read(&directory, "src/main.rs").contains("film_club::site()"));
        assert!(read(&directory, "src/lib.rs").contains("app!(\"film_club\")"));
        assert!(read(&directory, "migrations/0001_initial.toml").contains("table = \"film_club_note\""));
        assert!(read(&directory, "templates/base.html").contains("static(\"film_club/site.css\")"));
        assert!(read(&directory, ".gitignore").lines().any(|line| line == "/.env"));
    }

    #[test]
    fn its_settings_are_good_and_development_stays_on_this_machine() {
        let root = tempfile::tempdir().unwrap();
        make("shop", root.path(), &released()).unwrap();
        let mut sources = crate::boot::read_sources(root.path()).unwrap();
        sources.env.clear();
        let database = quintet_core::settings::Section::new(
            "database",
            vec![quintet_core::settings::Key::of::<String>("url")],
        );
        let load = |sources| {
            quintet_core::settings::Settings::load(sources, std::slice::from_ref(&database)).unwrap()
        };
        assert!(load(sources.clone()).debug());
        sources.dotenv = None;
        assert!(!load(sources).debug());
    }

    #[test]
    fn a_project_on_postgres_says_so_and_a_minimal_one_is_short() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("shop");
        make("shop", &directory, &Choice { postgres: true, ..released() }).unwrap();
        let cargo = read(&directory, "Cargo.toml");
        assert!(cargo.contains("quintet = { version = \"1.2.3\", features = [\"postgres\"] }\n"), "{cargo}");
        assert!(read(&directory, "quintet.toml").contains("url = \"postgres://localhost/shop\""));
        assert!(read(&directory, "README.md").contains("```\ncreatedb shop\ncargo run -- migrate"));
        let directory = root.path().join("tiny");
        let made = make_of(files::MINIMAL, "tiny", &directory, &released()).unwrap();
        assert_eq!(made, ["Cargo.toml", ".gitignore", "src/main.rs"]);
        assert!(
            read(&directory, "Cargo.toml").contains("default-features = false, features = [\"dev\"] }\n")
        );
        assert!(read(&directory, "src/main.rs").lines().count() <= 6);
    }

    #[test]
    fn a_project_has_users_or_no_example_if_it_is_asked_to() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("both");
        let made = make("shop", &directory, &Choice { users: true, empty: true, ..released() }).unwrap();
        assert!(made.iter().any(|file| file == "tests/users.rs"), "{made:?}");
        for gone in ["src/commands.rs", "migrations/0001_initial.toml"] {
            assert!(!made.iter().any(|file| file == gone), "{made:?}");
        }
        for file in &made {
            let text = read(&directory, file);
            assert!(!text.contains("__"), "{file}: {text}");
            assert!(!text.contains("Buy milk"), "{file}: {text}");
        }
        let cargo = read(&directory, "Cargo.toml");
        assert!(
            cargo.contains("features = [\"auth\", \"mail\"]") && cargo.contains("package.argon2"),
            "{cargo}"
        );
        assert!(read(&directory, "src/lib.rs").contains(".install(app()).install(auth::app())"));
        assert!(read(&directory, "quintet.toml").contains("\n[auth]\n"));
        assert!(read(&directory, "templates/base.html").contains("auth:logout"));

        let directory = root.path().join("neither");
        make("shop", &directory, &released()).unwrap();
        assert!(!read(&directory, "Cargo.toml").contains("argon2"));
        assert!(!read(&directory, "templates/base.html").contains("auth:"));
        assert!(read(&directory, "templates/base.html").contains("messages()"));
        let directory = root.path().join("postgres");
        make("shop", &directory, &Choice { users: true, postgres: true, ..released() }).unwrap();
        assert!(read(&directory, "Cargo.toml").contains("features = [\"auth\", \"mail\", \"postgres\"]"));
    }

    #[tokio::test]
    async fn a_minimal_project_has_none_of_the_rest() {
        for option in ["--postgres", "--users", "--empty"] {
            let (console, _) = Console::captured();
            let words = ["new", "shop", "--minimal", option];
            let error = run(words.map(Into::into).to_vec(), console).await.unwrap_err();
            assert!(error.status() == 400 && error.to_string().contains(option), "{error}");
        }
    }

    #[test]
    fn nothing_is_written_over() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("mine.txt"), "mine").unwrap();
        let error = make("shop", root.path(), &released()).unwrap_err();
        assert!(error.status() == 400 && error.to_string().contains("not empty"), "{error}");
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn inside_a_workspace_it_keeps_to_itself() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("Cargo.toml"), "[workspace]\nmembers = []\n").unwrap();
        let directory = root.path().join("deep/shop");
        make("shop", &directory, &released()).unwrap();
        assert!(read(&directory, "Cargo.toml").ends_with("\n[workspace]\n"));
    }

    #[test]
    fn a_checkout_is_built_on_by_path() {
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let from_root = Source::checkout(&checkout).unwrap();
        let from_crate = Source::checkout(&checkout.join("crates/quintet")).unwrap();
        assert_eq!(from_root, from_crate);
        assert!(from_root.dependency().starts_with("path = '"), "{}", from_root.dependency());
        assert_eq!(Source::checkout(&checkout.join("crates/core")).unwrap_err().status(), 400);
        assert!(matches!(Source::of_this_build(), Source::Path(_)));
    }

    #[tokio::test]
    async fn the_command_makes_it_and_says_what_next() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("x");
        let (console, out) = Console::captured();
        let words = ["new", "shop", "--path", directory.to_str().unwrap()];
        run(words.map(Into::into).to_vec(), console).await.unwrap();
        assert!(
            out.text().contains("Made shop in ") && out.text().contains("cargo run -- migrate"),
            "{}",
            out.text()
        );
        assert!(directory.join("src/main.rs").is_file());
        let (console, _) = Console::captured();
        let error = run(["new", "match"].map(Into::into).to_vec(), console).await.unwrap_err();
        assert!(error.status() == 400 && error.to_string().contains("`match`"), "{error}");
    }
}
