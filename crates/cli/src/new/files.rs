//! Where each file of the template goes.

macro_rules! files {
    ($($to:literal <- $from:literal,)*) => {
        &[$(($to, include_str!($from))),*]
    };
}

/// Paths below the project, and texts. Files that tools would take for this crate's own have another name here.
pub(super) const FILES: &[(&str, &str)] = files![
    "Cargo.toml" <- "template/Cargo.toml.txt",
    "README.md" <- "template/README.md",
    "quintet.toml" <- "template/quintet.toml",
    ".env" <- "template/env.txt",
    ".gitignore" <- "template/gitignore.txt",
    "src/main.rs" <- "template/src/main.rs",
    "src/lib.rs" <- "template/src/lib.rs",
    "src/models.rs" <- "template/src/models.rs",
    "src/pages.rs" <- "template/src/pages.rs",
    "src/commands.rs" <- "template/src/commands.rs",
    "templates/base.html" <- "template/templates/base.html",
    "templates/home.html" <- "template/templates/home.html",
    "static/__CRATE__/site.css" <- "template/static/site.css",
    "migrations/0001_initial.toml" <- "template/migrations/0001_initial.toml",
    "tests/home.rs" <- "template/tests/home.rs",
];

/// Those that a project without an example has otherwise, and those that it has not.
pub(super) const EMPTY: &[(&str, &str)] = files![
    "src/lib.rs" <- "template/empty/lib.rs",
    "src/models.rs" <- "template/empty/models.rs",
    "src/pages.rs" <- "template/empty/pages.rs",
    "templates/home.html" <- "template/empty/home.html",
    "tests/home.rs" <- "template/empty/test.rs",
];
pub(super) const OF_THE_EXAMPLE: &[&str] = &["src/commands.rs", "migrations/0001_initial.toml"];

/// Those that a site with users has beside.
pub(super) const USERS: &[(&str, &str)] = files![
    "tests/users.rs" <- "template/tests/users.rs",
];

/// Those of a program of five lines.
pub(super) const MINIMAL: &[(&str, &str)] = files![
    "Cargo.toml" <- "minimal/Cargo.toml.txt",
    ".gitignore" <- "template/gitignore.txt",
    "src/main.rs" <- "minimal/main.rs",
];
