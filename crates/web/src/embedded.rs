//! A release build carries its apps' files. Here they are compared with the source, if it is at hand, so that a
//! forgotten rebuild is noticed.

use std::sync::Arc;

use quintet_core::{App, Folder, Services, Site, check::Check};

/// What `app!` embeds.
const DIRECTORIES: [&str; 4] = ["templates", "static", "migrations", "locale"];
/// More names than this are not listed.
const LISTED: usize = 5;

pub(crate) fn checks(services: &Services) -> Vec<Check> {
    let Some(site) = services.get::<Arc<Site>>() else { return Vec::new() };
    site.parts().filter_map(check).collect()
}

fn check(app: &App) -> Option<Check> {
    // What was left out on purpose is not missing.
    let whole = |folder: &&Folder| folder.is_embedded() && !folder.is_partly() && folder.root().is_dir();
    let binary = app.directory().filter(whole)?;
    let disk = Folder::on_disk(binary.root().to_str()?);
    let stale = differences(binary, &disk);
    if stale.is_empty() {
        return None;
    }
    let more = stale.len().saturating_sub(LISTED);
    let mut listed: Vec<String> = stale.into_iter().take(LISTED).collect();
    if more > 0 {
        listed.push(format!("{more} more"));
    }
    let message = format!(
        "the binary holds other files of the app `{}` than its source: {}",
        app.label(),
        listed.join(", ")
    );
    Some(
        Check::warning("web.W001", message)
            .hint("build again; cargo does not notice new files by itself, so touch the file that has `app!`")
            .about(binary.root().display().to_string()),
    )
}

fn differences(binary: &Folder, disk: &Folder) -> Vec<String> {
    let mut found = Vec::new();
    for directory in DIRECTORIES {
        let (ours, theirs) = (binary.list(directory), disk.list(directory));
        for name in &theirs {
            let path = format!("{directory}/{name}");
            // A file that can't be read now can't be compared.
            let (Ok(Some(now)), Ok(then)) = (disk.read(&path), binary.read(&path)) else { continue };
            match then {
                None => found.push(format!("{path} (new)")),
                Some(then) if then != now => found.push(format!("{path} (changed)")),
                Some(_) => {}
            }
        }
        found.extend(
            ours.iter()
                .filter(|name| !theirs.contains(name))
                .map(|name| format!("{directory}/{name} (gone)")),
        );
    }
    found
}
