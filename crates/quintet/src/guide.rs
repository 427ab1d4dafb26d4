//! The guide in `docs/` and the README: each of their snippets is a documentation test of this crate.
//!
//! Lines that begin with `# ` are in the files for the compiler; the models that most snippets share are in `docs/cinema.rs`.

macro_rules! pages {
    ($($name:ident <- $file:literal,)*) => {$(
        #[doc = include_str!($file)]
        mod $name {}
    )*};
}

pages! {
    models <- "../../../docs/models.md",
}
