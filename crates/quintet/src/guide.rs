//! The guide in `docs/` and the README: each of their snippets is a documentation test of this crate.
//!
//! Lines that begin with `# ` are in the files for the compiler; the models that most snippets share are in `docs/snippets`.

macro_rules! pages {
    ($($name:ident <- $file:literal,)*) => {$(
        #[doc = include_str!($file)]
        mod $name {}
    )*};
}

pages! {
    readme <- "../../../README.md",
    start <- "../../../docs/start.md",
    models <- "../../../docs/models.md",
    queries <- "../../../docs/queries.md",
    search <- "../../../docs/search.md",
    relations <- "../../../docs/relations.md",
    aggregation <- "../../../docs/aggregation.md",
    shapes <- "../../../docs/shapes.md",
    writing <- "../../../docs/writing.md",
    transactions <- "../../../docs/transactions.md",
    signals <- "../../../docs/signals.md",
    by_name <- "../../../docs/by-name.md",
    databases <- "../../../docs/databases.md",
    performance <- "../../../docs/performance.md",
    migrations <- "../../../docs/migrations.md",
    pages <- "../../../docs/pages.md",
    forms <- "../../../docs/forms.md",
    uploads <- "../../../docs/uploads.md",
    views <- "../../../docs/views.md",
    security <- "../../../docs/security.md",
    sessions <- "../../../docs/sessions.md",
    templates <- "../../../docs/templates.md",
    htmx <- "../../../docs/htmx.md",
    statics <- "../../../docs/static.md",
    users <- "../../../docs/users.md",
    cache <- "../../../docs/cache.md",
    mail <- "../../../docs/mail.md",
    channels <- "../../../docs/channels.md",
    streams <- "../../../docs/streams.md",
    settings <- "../../../docs/settings.md",
    apps <- "../../../docs/apps.md",
    commands <- "../../../docs/commands.md",
    testing <- "../../../docs/testing.md",
    fixtures <- "../../../docs/fixtures.md",
    development <- "../../../docs/development.md",
    serving <- "../../../docs/serving.md",
}
