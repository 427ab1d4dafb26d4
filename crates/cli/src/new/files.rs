//! Where each file of the template goes.

macro_rules! files {
    ($($to:literal <- $from:literal,)*) => {
        &[$(($to, include_str!(concat!("template/", $from)))),*]
    };
}

/// Paths below the project, and texts. Files that tools would take for this crate's own have another name here.
pub(super) const FILES: &[(&str, &str)] = files![
    "Cargo.toml" <- "Cargo.toml.txt",
    "README.md" <- "README.md",
    "quintet.toml" <- "quintet.toml",
    ".env" <- "env.txt",
    ".gitignore" <- "gitignore.txt",
    "src/main.rs" <- "src/main.rs",
    "src/lib.rs" <- "src/lib.rs",
    "src/models.rs" <- "src/models.rs",
    "src/pages.rs" <- "src/pages.rs",
    "src/commands.rs" <- "src/commands.rs",
    "templates/base.html" <- "templates/base.html",
    "templates/home.html" <- "templates/home.html",
    "static/__CRATE__/site.css" <- "static/site.css",
    "migrations/0001_initial.toml" <- "migrations/0001_initial.toml",
    "tests/home.rs" <- "tests/home.rs",
];
