//! Registers an app in the source of a site: a module and an `.install(..)`, put into the text that is there.
//!
//! The text is not read as Rust, only as far as it looks like what `quintet new` writes and people make of it. Where it
//! does not, nothing is changed.

use super::source::{closing, code};

/// Widest chain of calls that rustfmt leaves on one line.
const CHAIN: usize = 60;

/// The source with the app in it, or why it is not clear where it belongs.
pub(super) fn register(source: &str, app: &str, install: &str) -> Result<String, String> {
    let masked = code(source);
    if modules(&masked).any(|(_, name)| name == app) {
        return Err(format!("it has a module `{app}` already"));
    }
    // From the end, so that places in front stay where they are.
    let with_install = chain(source, &masked, install)?;
    module(&with_install, app)
}

/// The modules that stand in other files, each with the byte that its line starts at.
fn modules(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut depth = 0usize;
    let mut start = 0;
    code.split_inclusive('\n').filter_map(move |line| {
        let (at, outside) = (start, depth == 0);
        start += line.len();
        let count = |brackets: [char; 3]| line.matches(brackets).count();
        depth = (depth + count(['{', '(', '['])).saturating_sub(count(['}', ')', ']']));
        let bare = line.trim();
        let bare = bare.strip_prefix("pub ").or_else(|| bare.strip_prefix("pub(crate) ")).unwrap_or(bare);
        let name = bare.strip_prefix("mod ")?.strip_suffix(';')?.trim();
        (outside && !line.starts_with(' ')).then_some((at, name))
    })
}

/// Puts `pub mod app;` among the modules, where rustfmt would sort it.
fn module(source: &str, app: &str) -> Result<String, String> {
    let masked = code(source);
    let all: Vec<(usize, &str)> = modules(&masked).collect();
    let line_end = |at: usize| {
        source.get(at..).and_then(|rest| rest.find('\n')).map_or(source.len(), |end| at + end + 1)
    };
    // Modules that follow each other line by line are sorted together.
    let mut first = Vec::new();
    for (at, name) in all {
        if first.last().is_none_or(|(before, _)| line_end(*before) == at) {
            first.push((at, name));
        }
    }
    let (at, text) = match (first.iter().find(|(_, name)| *name > app), first.last()) {
        (Some((at, _)), _) => (above(source, *at), format!("pub mod {app};\n")),
        (None, Some((last, _))) => (line_end(*last), format!("pub mod {app};\n")),
        (None, None) => (head(source), format!("pub mod {app};\n\n")),
    };
    let (before, after) = source.split_at_checked(at).ok_or("its lines can't be told apart")?;
    Ok(format!("{before}{text}{after}"))
}

/// Where the attributes and comments of the line at `at` begin.
fn above(source: &str, mut at: usize) -> usize {
    while let Some(before) = source.get(..at).and_then(|text| text.strip_suffix('\n')) {
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let line = before.get(start..).unwrap_or_default();
        let belongs = (line.starts_with('#') && !line.starts_with("#!"))
            || (line.starts_with("//") && !line.starts_with("//!"));
        if !belongs {
            break;
        }
        at = start;
    }
    at
}

/// The byte behind the crate's own comments and attributes.
fn head(source: &str) -> usize {
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        let bare = line.trim();
        if !bare.is_empty() && !bare.starts_with("//!") && !bare.starts_with("#![") {
            break;
        }
        at += line.len();
    }
    at
}

/// Puts the call behind the last `.install(..)` of the site.
fn chain(source: &str, code: &str, install: &str) -> Result<String, String> {
    let mut sites = code.match_indices("Site::new()");
    let (Some((start, root)), None) = (sites.next(), sites.next()) else {
        return Err("it does not make its site in one place, with `Site::new()`".to_owned());
    };
    let mut end = start + root.len();
    let mut calls = Vec::new();
    let mut last_install = None;
    while let Some(rest) = code.get(end..) {
        let dot = end + rest.len() - rest.trim_start().len();
        let Some(call) = code.get(dot..).and_then(|rest| rest.strip_prefix('.')) else { break };
        let name: String = call.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let open = dot + 1 + name.len();
        if name.is_empty() || code.as_bytes().get(open) != Some(&b'(') {
            break;
        }
        let Some(closed) = closing(code, open) else { break };
        calls.push(dot);
        end = closed;
        if name == "install" {
            last_install = Some(closed);
        }
    }
    let at = last_install.unwrap_or(start + root.len());
    let cut = |from: usize, to: usize| source.get(from..to).unwrap_or_default();
    let written = cut(start, end);
    let whole = |chain: &str| format!("{}{chain}{}", cut(0, start), cut(end, source.len()));
    let lines: Vec<&str> = written.lines().collect();
    if lines.len() == 1 && written.chars().count() + install.chars().count() <= CHAIN {
        return Ok(whole(&format!("{}{install}{}", cut(start, at), cut(at, end))));
    }
    let line = cut(0, start).rfind('\n').map_or(0, |end| end + 1);
    let indent: String = cut(line, start).chars().take_while(|c| *c == ' ').collect();
    let new = format!("\n{indent}    {install}");
    if lines.len() > 1 {
        return Ok(whole(&format!("{}{new}{}", cut(start, at), cut(at, end))));
    }
    // It was short enough for one line, and is not any more.
    let mut out = cut(start, calls.first().copied().unwrap_or(end)).to_owned();
    if last_install.is_none() {
        out.push_str(&new);
    }
    for (number, call) in calls.iter().enumerate() {
        let next = calls.get(number + 1).copied().unwrap_or(end);
        out.push_str(&format!("\n{indent}    {}", cut(*call, next)));
        if Some(next) == last_install {
            out.push_str(&new);
        }
    }
    Ok(whole(&out))
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSTALL: &str = ".install(blog::app().at(\"/blog\"))";

    fn registered(source: &str) -> String {
        register(source, "blog", INSTALL).unwrap()
    }

    #[test]
    fn what_quintet_new_writes_is_understood() {
        let source = "//! Shop.\n\npub mod commands;\npub mod models;\n\nuse x;\n\npub fn site() -> Site {\n    \
                      Site::new().install(app())\n}\n";
        assert_eq!(
            registered(source),
            "//! Shop.\n\npub mod blog;\npub mod commands;\npub mod models;\n\nuse x;\n\npub fn site() -> Site {\n    \
             Site::new().install(app()).install(blog::app().at(\"/blog\"))\n}\n"
        );
    }

    #[test]
    fn a_chain_that_grows_too_long_is_broken() {
        let source =
            "mod a;\nfn site() -> Site {\n    Site::new().install(app()).install(other::app()).with(1)\n}\n";
        assert_eq!(
            registered(source),
            "mod a;\npub mod blog;\nfn site() -> Site {\n    Site::new()\n        .install(app())\n        \
             .install(other::app())\n        .install(blog::app().at(\"/blog\"))\n        .with(1)\n}\n"
        );
        let again = register(&registered(source), "cats", ".install(cats::app())").unwrap();
        assert!(again.contains(
            "        .install(blog::app().at(\"/blog\"))\n        .install(cats::app())\n        .with(1)"
        ));
        assert!(again.contains("mod a;\npub mod blog;\npub mod cats;\n"), "{again}");
    }

    #[test]
    fn comments_strings_and_attributes_do_not_confuse_it() {
        let source = "#![allow(x)]\n\n// Site::new() is below\n#[cfg(test)]\nmod tests;\n\nfn site() -> Site {\n    \
                      // .install(\n    Site::new().with(\".inst(\")\n}\n";
        let made = registered(source);
        assert!(
            made.starts_with(
                "#![allow(x)]\n\npub mod blog;\n// Site::new() is below\n#[cfg(test)]\nmod tests;\n"
            ),
            "{made}"
        );
        assert!(
            made.contains("    Site::new().install(blog::app().at(\"/blog\")).with(\".inst(\")\n"),
            "{made}"
        );
        let bare =
            registered("//! Site.\n\nuse quintet::prelude::*;\n\nfn s() -> Site {\n    Site::new()\n}\n");
        assert!(bare.starts_with("//! Site.\n\npub mod blog;\n\nuse quintet"), "{bare}");
    }

    #[test]
    fn what_is_unclear_is_left_alone() {
        for (source, why) in [
            ("fn site() -> Site { Default::default() }", "Site::new()"),
            ("fn a() { Site::new(); }\nfn b() { Site::new(); }", "one place"),
            ("pub mod blog;\nfn a() { Site::new(); }", "module `blog`"),
        ] {
            let error = register(source, "blog", INSTALL).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
