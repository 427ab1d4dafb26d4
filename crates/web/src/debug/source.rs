//! Lines of source around a place.

use std::path::{Path, PathBuf};

use quintet_core::SourcePlace;

use super::markup::Html;

/// The place with the text of its file, read from disk if it isn't at hand; `None` if there is no such file here.
pub(super) fn with_text(place: &SourcePlace) -> Option<SourcePlace> {
    if place.text.is_some() {
        return Some(place.clone());
    }
    // A source file that large is not one.
    let path = find(&place.file).filter(|p| p.metadata().is_ok_and(|m| m.len() < 4 * 1024 * 1024))?;
    let text = std::fs::read_to_string(path).ok()?;
    Some(place.clone().with_text(text))
}

/// The compiler names files as seen from the directory of the workspace, which may lie above the working directory.
fn find(file: &str) -> Option<PathBuf> {
    let path = Path::new(file);
    if path.is_absolute() {
        return path.is_file().then(|| path.to_owned());
    }
    let here = std::env::current_dir().ok()?;
    here.ancestors().map(|directory| directory.join(path)).find(|path| path.is_file())
}

/// Is it code of the developer's own, rather than of a library?
pub(super) fn is_own(file: &str) -> bool {
    let library =
        file.contains("/registry/src/") || file.contains("/git/checkouts/") || file.contains("/rustc/");
    !library
}

/// The lines around the place. If something is wrong there, the line is marked, and under its column stands what.
pub(super) fn excerpt(place: &SourcePlace, say: Option<&str>) -> Option<Html> {
    let lines = place.excerpt(6);
    if lines.is_empty() {
        return None;
    }
    let mut out = Html::default();
    out.raw("<div class=\"src\" tabindex=\"0\" role=\"region\" aria-label=\"Excerpt\"><ol>");
    for (number, line) in lines {
        let hit = say.is_some() && number == place.line;
        out.raw("<li data-n=\"").text(&number.to_string()).raw(if hit { "\" class=\"hit\">" } else { "\">" });
        // An empty line keeps its height.
        out.text(if line.is_empty() { " " } else { line }).raw("</li>");
        if let (true, Some(say), 1..) = (hit, say, place.column) {
            let before: String =
                line.chars().take(place.column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
            out.raw("<li class=\"say\" data-n=\"\">").text(&before).raw("^ ").text(say).raw("</li>");
        }
    }
    out.raw("</ol></div>");
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_marked_and_the_column_pointed_at() {
        let place = SourcePlace::new("t.html", 2).with_column(4).with_text("<p>\n\t{{ x }}\n</p>\n");
        let html = excerpt(&place, Some("`x` is <missing>")).unwrap().finish();
        assert!(
            html.contains("<li data-n=\"1\">&lt;p&gt;</li><li data-n=\"2\" class=\"hit\">\t{{ x }}</li>"),
            "{html}"
        );
        assert!(html.contains("data-n=\"\">\t  ^ `x` is &lt;missing&gt;</li>"), "{html}");
        assert!(!excerpt(&place, None).unwrap().finish().contains("hit"));
        assert!(excerpt(&SourcePlace::new("t.html", 9).with_text("a"), None).is_none());
    }

    #[test]
    fn files_are_found_from_below_the_workspace() {
        let place = with_text(&SourcePlace::new(file!(), 1)).unwrap();
        assert!(place.text.unwrap().starts_with("//! Lines of source"));
        assert!(with_text(&SourcePlace::new("nowhere/x.rs", 1)).is_none());
        assert!(
            is_own("demo/src/pages.rs") && !is_own("/home/x/.cargo/registry/src/index/axum-0.8/src/lib.rs")
        );
    }
}
