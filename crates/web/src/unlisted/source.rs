//! The handlers that a crate's source declares: `mod` by `mod` from `src/lib.rs` and `src/main.rs`, as the compiler goes.
//!
//! What the compiler may leave out (`#[cfg(..)]`, tests) and what macros make is passed over: it can't be told from here
//! whether it is there.

use std::path::{Path, PathBuf};

use super::lexer::{Is, Token, tokens};

/// More files than this are not read.
const FILES: usize = 2000;
/// Nor are larger ones, in bytes: they are no source that somebody writes.
const LARGEST: u64 = 4 * 1024 * 1024;

/// A handler, as its source says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Handler {
    pub(super) file: PathBuf,
    /// Of its attribute.
    pub(super) line: u32,
    /// `get`, `form` …
    pub(super) attribute: String,
    /// The path that it gives.
    pub(super) path: String,
    /// `pages::home`, as seen from the crate.
    pub(super) name: String,
}

/// The handlers of the crate in this directory.
pub(super) fn handlers(directory: &Path) -> Vec<Handler> {
    let mut crate_ = Crate::default();
    for root in ["src/lib.rs", "src/main.rs"] {
        let file = directory.join(root);
        let below = directory.join("src");
        crate_.file(&file, &below, &[]);
    }
    crate_.found
}

#[derive(Default)]
struct Crate {
    found: Vec<Handler>,
    read: Vec<PathBuf>,
}

impl Crate {
    /// Reads a file; its modules without a place of their own lie below `below`.
    fn file(&mut self, file: &Path, below: &Path, modules: &[String]) {
        let fits = file.metadata().is_ok_and(|m| m.is_file() && m.len() <= LARGEST);
        if !fits || self.read.len() >= FILES || self.read.iter().any(|read| read == file) {
            return;
        }
        self.read.push(file.to_owned());
        let Ok(source) = std::fs::read_to_string(file) else { return };
        let mut walk = Walk {
            file,
            below,
            tokens: &tokens(&source),
            at: 0,
            outer: modules,
            inner: Vec::new(),
            depth: 0,
            to_read: Vec::new(),
            found: Vec::new(),
        };
        walk.run();
        let (found, to_read) = (walk.found, walk.to_read);
        self.found.extend(found);
        for (file, below, modules) in to_read {
            self.file(&file, &below, &modules);
        }
    }
}

/// The way through the tokens of one file.
struct Walk<'a> {
    file: &'a Path,
    below: &'a Path,
    tokens: &'a [Token<'a>],
    at: usize,
    outer: &'a [String],
    /// Modules that are open in this file, with the depth of their brackets.
    inner: Vec<(String, usize)>,
    depth: usize,
    to_read: Vec<(PathBuf, PathBuf, Vec<String>)>,
    found: Vec<Handler>,
}

/// What the attributes before an item say.
#[derive(Default)]
struct Said {
    /// It may not be compiled.
    left_out: bool,
    /// Somebody knows that it is not used.
    unused: bool,
    /// Line, attribute, path.
    route: Option<(u32, String, String)>,
    /// `#[path = ".."]`
    path: Option<String>,
}

impl<'a> Walk<'a> {
    fn is(&self, ahead: usize) -> Option<Is<'a>> {
        self.tokens.get(self.at + ahead).map(|token| token.is)
    }

    fn word(&self, ahead: usize) -> Option<&'a str> {
        match self.is(ahead) {
            Some(Is::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn run(&mut self) {
        let mut said = Said::default();
        while let Some(is) = self.is(0) {
            match (is, self.is(1), self.is(2)) {
                // `#![cfg(..)]` of a whole file, or of a module in it.
                (Is::Mark('#'), Some(Is::Mark('!')), Some(Is::Mark('['))) => {
                    if matches!(self.word(3), Some("cfg")) {
                        return;
                    }
                    self.at += 2;
                    self.group();
                }
                (Is::Mark('#'), Some(Is::Mark('[')), _) => self.attribute(&mut said),
                // What a macro makes of this nobody knows.
                (Is::Word(_), Some(Is::Mark('!')), Some(Is::Mark('(' | '[' | '{')) | Some(Is::Word(_)))
                    if !matches!(self.is(2), Some(Is::Word(_))) || self.word(0) == Some("macro_rules") =>
                {
                    self.at += if matches!(self.is(2), Some(Is::Word(_))) { 3 } else { 2 };
                    self.group();
                    said = Said::default();
                }
                (Is::Word("pub" | "async" | "unsafe" | "const" | "extern" | "crate"), ..)
                    if !said.left_out =>
                {
                    self.at += 1;
                }
                _ if said.left_out => {
                    self.item();
                    said = Said::default();
                }
                (Is::Word("mod"), Some(Is::Word(name)), after) => {
                    self.module(name, after, &said);
                    said = Said::default();
                }
                (Is::Word("fn"), Some(Is::Word(name)), _) => {
                    self.handler(name, &said);
                    said = Said::default();
                    self.at += 2;
                }
                // `pub(crate)`
                (Is::Mark('('), Some(Is::Word("crate" | "super" | "self")), Some(Is::Mark(')'))) => {
                    self.at += 3
                }
                (Is::Mark('{'), ..) => {
                    self.depth += 1;
                    self.at += 1;
                    said = Said::default();
                }
                (Is::Mark('}'), ..) => {
                    self.close();
                    self.at += 1;
                    said = Said::default();
                }
                (Is::Mark(';'), ..) => {
                    self.at += 1;
                    said = Said::default();
                }
                _ => self.at += 1,
            }
        }
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.inner.last().is_some_and(|(_, depth)| *depth == self.depth) {
            self.inner.pop();
        }
    }

    /// Goes behind a group of brackets that opens here.
    fn group(&mut self) {
        let mut depth = 0usize;
        while let Some(is) = self.is(0) {
            self.at += 1;
            match is {
                Is::Mark('(' | '[' | '{') => depth += 1,
                Is::Mark(')' | ']' | '}') => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// Goes behind an item: to its `;`, or the end of its `{ .. }`.
    fn item(&mut self) {
        while let Some(is) = self.is(0) {
            match is {
                Is::Mark(';') => {
                    self.at += 1;
                    return;
                }
                Is::Mark('{') => return self.group(),
                Is::Mark('(' | '[') => self.group(),
                Is::Mark('}' | ')' | ']') => return,
                _ => self.at += 1,
            }
        }
    }

    /// `#[..]`
    fn attribute(&mut self, said: &mut Said) {
        let line = self.tokens.get(self.at).map(|token| token.line).unwrap_or_default();
        let start = self.at;
        // The last word of the path: `quintet::get`.
        let mut at = 2;
        while let (Some(Is::Mark(':')), Some(Is::Mark(':')), Some(_)) =
            (self.is(at + 1), self.is(at + 2), self.word(at + 3))
        {
            at += 3;
        }
        match (self.word(at), self.is(at + 1), self.is(at + 2)) {
            (Some("cfg" | "test"), ..) => said.left_out = true,
            (Some("path"), Some(Is::Mark('=')), Some(Is::Text(path))) => said.path = Some(path.to_owned()),
            (Some("allow" | "expect"), ..) => {
                let listed = (at..).map_while(|i| self.is(i)).take_while(|is| *is != Is::Mark(']'));
                said.unused |= listed.into_iter().any(|is| matches!(is, Is::Word("dead_code" | "unused")));
            }
            (
                Some(word @ ("get" | "post" | "form" | "put" | "patch" | "delete")),
                Some(Is::Mark('(')),
                Some(Is::Text(path)),
            ) => said.route = Some((line, word.to_owned(), path.to_owned())),
            _ => {}
        }
        self.at = start + 1;
        self.group();
    }

    fn modules(&self) -> Vec<String> {
        self.outer.iter().cloned().chain(self.inner.iter().map(|(name, _)| name.clone())).collect()
    }

    /// `mod pages;` or `mod pages { .. }`
    fn module(&mut self, name: &str, after: Option<Is<'_>>, said: &Said) {
        self.at += 3;
        match after {
            Some(Is::Mark('{')) => {
                self.inner.push((name.to_owned(), self.depth));
                self.depth += 1;
            }
            Some(Is::Mark(';')) => {
                let mut modules = self.modules();
                modules.push(name.to_owned());
                let mut directory = self.below.to_owned();
                directory.extend(self.inner.iter().map(|(name, _)| name));
                let own = directory.join(name);
                let (file, below) = match &said.path {
                    Some(path) => {
                        let beside = self.file.parent().unwrap_or(Path::new(""));
                        let file = beside.join(path);
                        let below = file.parent().map(Path::to_owned).unwrap_or_default();
                        (file, below)
                    }
                    None => {
                        let file = directory.join(format!("{name}.rs"));
                        let file = if file.is_file() { file } else { own.join("mod.rs") };
                        (file, own)
                    }
                };
                self.to_read.push((file, below, modules));
            }
            _ => {}
        }
    }

    fn handler(&mut self, name: &str, said: &Said) {
        let Some((line, attribute, path)) = &said.route else { return };
        if said.unused {
            return;
        }
        let mut whole = self.modules();
        whole.push(name.to_owned());
        self.found.push(Handler {
            file: self.file.to_owned(),
            line: *line,
            attribute: attribute.clone(),
            path: path.clone(),
            name: whole.join("::"),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `name attribute path line` of the handlers of a crate with these files.
    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let directory = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = directory.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        handlers(directory.path())
            .into_iter()
            .map(|h| {
                let file = h.file.strip_prefix(directory.path()).unwrap().display().to_string();
                format!("{} {}({}) {file}:{}", h.name, h.attribute, h.path, h.line)
            })
            .collect()
    }

    #[test]
    fn modules_are_followed_as_the_compiler_does() {
        let files = [
            (
                "src/lib.rs",
                "pub mod pages;\nmod a { pub mod b; #[get(\"/in/\")] async fn inside() {} }\nmod own;",
            ),
            (
                "src/pages.rs",
                "mod deep;\n#[quintet::form(\"/new/\", atomic)]\n#[must_use]\npub(crate) async fn new() {}",
            ),
            ("src/pages/deep.rs", "#[post(\n  \"/deep/\")]\nasync fn r#type() {}"),
            ("src/a/b/mod.rs", "#[delete(\"/b/\")] pub async fn b() {}"),
            ("src/own.rs", "#[path = \"else/where.rs\"] mod placed;"),
            ("src/else/where.rs", "#[put(\"/p/\")] pub async fn p() {}"),
            ("src/forgotten.rs", "#[get(\"/f/\")] pub async fn in_no_module() {}"),
            ("src/main.rs", "fn main() { #[patch(\"/m/\")] async fn m() {} }"),
            ("src/bin/other.rs", "#[get(\"/o/\")] async fn of_another_program() {}"),
        ];
        let mut found = found(&files);
        found.sort();
        assert_eq!(
            found,
            [
                "a::b::b delete(/b/) src/a/b/mod.rs:1",
                "a::inside get(/in/) src/lib.rs:2",
                "m patch(/m/) src/main.rs:1",
                "own::placed::p put(/p/) src/else/where.rs:1",
                "pages::deep::type post(/deep/) src/pages/deep.rs:1",
                "pages::new form(/new/) src/pages.rs:2",
            ]
        );
    }

    #[test]
    fn what_may_not_be_there_is_passed_over() {
        let source = r##"
            #[cfg(test)]
            mod tests { #[get("/1/")] async fn one() {} }
            #[cfg(feature = "mail")]
            mod mail;
            #[cfg(feature = "mail")]
            #[get("/2/")]
            pub async fn two() {}
            #[quintet::test]
            async fn test(t: [u8; 3]) -> Result<()> { #[get("/3/")] async fn three() {} }
            macro_rules! page { ($name:ident) => { #[get("/4/")] async fn four() {} } }
            page! { #[get("/5/")] async fn five() {} }
            /// #[get("/6/")] async fn six() {}
            const TEXT: &str = r#"#[get("/7/")] async fn seven() {}"#;
            #[get("/8/")]
            #[allow(dead_code, reason = "for apps that want it")]
            pub async fn eight() {}
            #[get(path)]
            pub async fn nine() {}
            #[derive(Debug)]
            struct S { #[cfg(unix)] a: u8, b: u8 }
            fn generic<'a, T>(x: &'a T) -> bool { if x != y { return !(a) } matches!(x, Some('{')) }
            #[get("/here/")]
            pub async fn here() {}
        "##;
        let files = [("src/lib.rs", source), ("src/mail.rs", "#[get(\"/m/\")] async fn m() {}")];
        assert_eq!(found(&files), ["here get(/here/) src/lib.rs:23"]);
        let whole = "#![cfg(unix)]\n#[get(\"/\")] async fn x() {}";
        assert_eq!(found(&[("src/main.rs", whole)]), [""; 0]);
        assert_eq!(found(&[]), [""; 0]);
    }
}
