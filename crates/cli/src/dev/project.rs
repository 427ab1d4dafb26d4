//! What is built, and which folders belong to it.

use std::path::{Path, PathBuf};

use quintet_core::{Error, Result};
use serde_json::Value;
use tokio::process::Command;

use crate::process::{self, Program};

/// A binary of Cargo's.
#[derive(Debug, Clone)]
pub(super) struct Project {
    /// The folder of the package with the binary.
    pub(super) package: PathBuf,
    pub(super) binary: String,
    /// How `cargo build` makes the binary that runs here.
    pub(super) options: Vec<String>,
    /// The folders of all packages that it is made of and that somebody may edit: its own first.
    pub(super) packages: Vec<PathBuf>,
    pub(super) workspace: PathBuf,
    /// Where Cargo builds: nothing in there counts.
    pub(super) target: PathBuf,
    /// Where `quintet.toml` is.
    pub(super) root: PathBuf,
    /// Further folders of static files.
    pub(super) dirs: Vec<PathBuf>,
}

impl Project {
    /// The project that this program is the binary of.
    ///
    /// # Errors
    /// If its source is not there, or Cargo does not understand it.
    pub(super) async fn find(root: &Path, dirs: Vec<PathBuf>) -> Result<Self> {
        let Some(Program { directory, name: Some(name), .. }) = process::program() else {
            return Err(Error::settings(
                "`dev` builds the program that it is: that must be a binary whose `main` has #[quintet::main]",
            ));
        };
        let package = PathBuf::from(directory);
        if !package.join("Cargo.toml").is_file() {
            return Err(Error::settings(format!(
                "`dev` builds the program that it is, but its source is not in {directory} any more"
            )));
        }
        let mut project = Project {
            package,
            binary: (*name).to_owned(),
            options: Vec::new(),
            packages: Vec::new(),
            workspace: PathBuf::new(),
            target: PathBuf::new(),
            root: root.to_owned(),
            dirs,
        };
        project.again().await?;
        project.options = options(&std::env::current_exe()?, &project.target);
        Ok(project)
    }

    /// Asks Cargo anew which packages there are.
    ///
    /// # Errors
    /// If Cargo does not understand them.
    pub(super) async fn again(&mut self) -> Result {
        let output = cargo(&self.package).args(["metadata", "--format-version", "1"]).output().await?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(Error::settings(format!("cargo metadata: {}", said.trim())));
        }
        let metadata: Value = serde_json::from_slice(&output.stdout)?;
        let text = |value: &Value| PathBuf::from(value.as_str().unwrap_or_default());
        self.workspace = text(at(&metadata, "workspace_root"));
        self.target = text(at(&metadata, "target_directory"));
        self.packages = packages(&metadata, &self.package);
        Ok(())
    }

    pub(super) fn name(&self) -> &str {
        &self.binary
    }
}

/// Cargo, as it was called to run this program, but without what it said about this package.
pub(super) fn cargo(package: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let of_package = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
        if of_package.iter().any(|start| text.starts_with(start)) {
            command.env_remove(&name);
        }
    }
    command.current_dir(package).stdin(std::process::Stdio::null()).kill_on_drop(true);
    command
}

/// The folders of the package in `root` and of all that it needs by a path.
fn packages(metadata: &Value, root: &Path) -> Vec<PathBuf> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let folder = |package: &Value| {
        let manifest = Path::new(at(package, "manifest_path").as_str()?);
        at(package, "source").is_null().then(|| manifest.parent().map(Path::to_owned))?
    };
    let all = list(at(metadata, "packages"));
    let nodes = list(at(at(metadata, "resolve"), "nodes"));
    let find = |id: &Value| all.iter().find(|package| at(package, "id") == id);
    let same = |package: &&Value| {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        folder(package).is_some_and(|folder| real(&folder) == real(root))
    };
    let mut ahead: Vec<Value> = all.iter().filter(same).map(|package| at(package, "id").clone()).collect();
    let mut seen: Vec<Value> = Vec::new();
    let mut folders = Vec::new();
    while let Some(id) = ahead.pop() {
        // What comes from a registry needs nothing by a path.
        let Some(folder) = find(&id).and_then(folder) else { continue };
        if seen.contains(&id) {
            continue;
        }
        folders.push(folder);
        let needs =
            nodes.iter().filter(|node| *at(node, "id") == id).flat_map(|node| list(at(node, "dependencies")));
        ahead.extend(needs);
        seen.push(id);
    }
    folders
}

/// A member of an object; null if it has none.
pub(super) fn at<'a>(value: &'a Value, name: &str) -> &'a Value {
    static NULL: Value = Value::Null;
    value.get(name).unwrap_or(&NULL)
}

/// What `cargo build` must be told to make the program at `exe`, of which it says that it builds into `target`.
fn options(exe: &Path, target: &Path) -> Vec<String> {
    let text = |part: &Path| part.to_string_lossy().into_owned();
    let mut options = Vec::new();
    let folder = exe.parent().unwrap_or(exe);
    let below: Vec<String> = match folder.strip_prefix(target) {
        Ok(below) => below.iter().map(|part| part.to_string_lossy().into_owned()).collect(),
        Err(_) => {
            if let Some(target) = folder.parent() {
                options.extend(["--target-dir".to_owned(), text(target)]);
            }
            folder.file_name().map(|name| name.to_string_lossy().into_owned()).into_iter().collect()
        }
    };
    if let [triple, _] = &below[..] {
        options.extend(["--target".to_owned(), triple.clone()]);
    }
    match below.last().map(String::as_str) {
        None | Some("debug") => {}
        Some(profile) => options.extend(["--profile".to_owned(), profile.to_owned()]),
    }
    options
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_binary_is_built_again() {
        for (exe, expected) in [
            ("/t/debug/site", ""),
            ("/t/release/site", "--profile release"),
            ("/t/x86_64-unknown-linux-musl/fast/site", "--target x86_64-unknown-linux-musl --profile fast"),
            ("/elsewhere/debug/site", "--target-dir /elsewhere"),
        ] {
            assert_eq!(options(Path::new(exe), Path::new("/t")).join(" "), expected, "{exe}");
        }
    }

    #[test]
    fn packages_by_a_path_belong_to_the_project() {
        let package = |name: &str, source: Value| json!({"id": name, "manifest_path": format!("/w/{name}/Cargo.toml"), "source": source});
        let node = |id: &str, needs: &[&str]| json!({"id": id, "dependencies": needs});
        let metadata = json!({
            "packages": [package("site", Value::Null), package("shared", Value::Null), package("other", Value::Null),
                package("serde", json!("registry"))],
            "resolve": {"nodes": [node("site", &["shared", "serde"]), node("shared", &["serde"]), node("other", &["site"])]},
        });
        let found = packages(&metadata, Path::new("/w/site"));
        assert_eq!(found, [PathBuf::from("/w/site"), PathBuf::from("/w/shared")]);
    }
}
