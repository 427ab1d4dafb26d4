//! The written files, compiled.

use std::{path::PathBuf, process::Command};

use quintet_core::meta::ModelMeta;

/// A file that was written, as text and as models.
pub(crate) struct Kept {
    pub name: &'static str,
    pub models: fn() -> Vec<&'static ModelMeta>,
}

macro_rules! kept {
    ($($name:ident)*) => {
        $(
            #[allow(dead_code, unreachable_pub)]
            mod $name {
                include!(concat!("written/", stringify!($name), ".rs"));

                pub(crate) fn models() -> Vec<&'static quintet_core::meta::ModelMeta> {
                    include!(concat!("written/", stringify!($name), ".models"))
                }
            }
        )*

        fn find(name: &str) -> Kept {
            match name {
                $(stringify!($name) => Kept { name: stringify!($name), models: $name::models },)*
                other => panic!("{other} is not in the list of kept files"),
            }
        }
    };
}

kept! {
    cinema_sqlite cinema_postgres
    random_3_sqlite random_5_sqlite random_8_sqlite random_3_postgres random_5_postgres
    django_sqlite django_postgres django_unmanaged
    odd_sqlite odd_postgres odd_unmanaged
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/inspecting/written")
}

/// The models of a file, if what was written now is what the file says. With `QUINTET_BLESS`, the file is written anew
/// instead, and there is nothing to be compared until the next run.
pub(crate) fn same(name: &str, written: &str) -> Option<Vec<&'static ModelMeta>> {
    let path = folder().join(format!("{name}.rs"));
    let names: Vec<&str> = written
        .lines()
        .filter_map(|line| line.strip_prefix("pub struct "))
        .map(|rest| rest.split(' ').next().unwrap())
        .collect();
    let metas: String = names.iter().map(|name| format!("    {name}::meta(),\n")).collect();
    let list = format!("vec![\n{metas}]\n");
    let listed = path.with_extension("models");
    let same = std::fs::read_to_string(&path).ok().as_deref() == Some(written)
        && std::fs::read_to_string(&listed).ok() == Some(list.clone());
    if std::env::var_os("QUINTET_BLESS").is_some() && !same {
        std::fs::write(&path, written).unwrap();
        std::fs::write(&listed, list).unwrap();
        println!("{name}.rs is written anew: run the test again");
        return None;
    }
    let kept = find(name);
    assert_eq!(written, std::fs::read_to_string(&path).unwrap_or_default(), "{}.rs", kept.name);
    formatted(written);
    Some((kept.models)())
}

/// rustfmt has nothing to change, with the configuration that everybody starts with.
pub(crate) fn formatted(written: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("models.rs");
    std::fs::write(&path, written).unwrap();
    match Command::new("rustfmt").args(["--edition", "2024", "--check"]).arg(&path).output() {
        Ok(output) => assert!(
            output.status.success(),
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ),
        Err(error) => println!("skipped: rustfmt is not there ({error})"),
    }
}
