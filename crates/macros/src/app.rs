//! `app!("cinema")`: an app with the crate's directories, read from disk in a debug build and embedded in a release.

use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, LitStr};

use crate::common;

const DIRECTORIES: [&str; 4] = ["templates", "static", "migrations", "locale"];

pub(crate) fn expand(input: TokenStream) -> syn::Result<TokenStream> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    expand_in(input, &root)
}

fn expand_in(input: TokenStream, root: &Path) -> syn::Result<TokenStream> {
    let label: LitStr =
        syn::parse2(input).map_err(|e| Error::new(e.span(), "an app has a label: app!(\"cinema\")"))?;
    check(&label)?;
    let core = common::room("core");
    let folder = folder(&core, DIRECTORIES.iter().flat_map(|directory| files(root, directory)));
    Ok(quote!(#core::App::new(#label).folder(#folder)))
}

/// `migrations!("shop")`: the crate's directory with the migrations that the site has for an app of another crate.
pub(crate) fn expand_migrations(input: TokenStream) -> syn::Result<TokenStream> {
    let label: LitStr =
        syn::parse2(input).map_err(|e| Error::new(e.span(), "of which app? migrations!(\"shop\")"))?;
    check(&label)?;
    Ok(migrations(&common::room("core"), &label.value()))
}

pub(crate) fn migrations(core: &TokenStream, label: &str) -> TokenStream {
    migrations_in(core, label, &PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default()))
}

fn migrations_in(core: &TokenStream, label: &str, root: &Path) -> TokenStream {
    folder(core, files(root, &format!("migrations/{label}")))
}

/// The crate's directory, from disk in a debug build, with these files of it in a release.
fn folder(core: &TokenStream, files: impl IntoIterator<Item = String>) -> TokenStream {
    let files = files.into_iter().map(|path| {
        let below = format!("/{path}");
        quote!(#core::EmbeddedFile {
            path: #path,
            bytes: ::core::include_bytes!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #below)),
        })
    });
    quote! {
        {
            const ROOT: &::core::primitive::str = ::core::env!("CARGO_MANIFEST_DIR");
            #[cfg(debug_assertions)]
            let folder = #core::Folder::on_disk(ROOT);
            #[cfg(not(debug_assertions))]
            let folder = {
                static FILES: &[#core::EmbeddedFile] = &[#(#files),*];
                #core::Folder::embedded(ROOT, FILES)
            };
            folder
        }
    }
}

/// A label is part of table names, addresses and settings.
fn check(label: &LitStr) -> syn::Result<()> {
    let text = label.value();
    let starts = text.starts_with(|c: char| c.is_ascii_lowercase());
    let fits = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if starts && fits {
        return Ok(());
    }
    Err(Error::new(
        label.span(),
        "a label has small letters, digits and `_`, and starts with a letter: app!(\"cinema\")",
    ))
}

/// The files of a directory as paths below the root, sorted; hidden ones are left out, as `Folder` does.
fn files(root: &Path, directory: &str) -> Vec<String> {
    let mut found = Vec::new();
    list(root, &root.join(directory), &mut found);
    found.sort();
    found
}

fn list(root: &Path, directory: &Path, found: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        // `.vite/` holds the list of what Vite has built.
        let hidden =
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.') && name != ".vite");
        if hidden {
            continue;
        }
        if path.is_dir() {
            list(root, &path, found);
        } else if let Ok(below) = path.strip_prefix(root) {
            found.push(below.to_string_lossy().replace('\\', "/"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crates_files_are_embedded_and_others_are_not() {
        let root = std::env::temp_dir().join(format!("quintet-app-macro-{}", std::process::id()));
        for path in [
            "templates/a/b.html",
            "templates/.hidden",
            "static/a.css",
            "static/.vite/manifest.json",
            "migrations/shop/0002_more.toml",
            "migrations/0001_own.toml",
            "src/lib.rs",
        ] {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let code = expand_in(quote!("cinema"), &root).unwrap().to_string();
        let of_shop = migrations_in(&quote!(core), "shop", &root).to_string();
        std::fs::remove_dir_all(&root).unwrap();
        assert!(
            of_shop.contains("\"/migrations/shop/0002_more.toml\"") && !of_shop.contains("own"),
            "{of_shop}"
        );
        assert!(!of_shop.contains("templates"), "{of_shop}");
        assert!(code.contains("\"/templates/a/b.html\"") && code.contains("\"/static/a.css\""), "{code}");
        assert!(code.contains("\"/static/.vite/manifest.json\""), "{code}");
        assert!(!code.contains("hidden") && !code.contains("lib.rs"), "{code}");
    }

    #[test]
    fn labels_are_plain_words() {
        for wrong in ["Cinema", "my-app", "1st", "", "a b"] {
            assert!(expand_in(quote!(#wrong), Path::new("/nowhere")).is_err(), "{wrong}");
        }
        assert!(expand_in(quote!("cinema_2"), Path::new("/nowhere")).is_ok());
    }
}
