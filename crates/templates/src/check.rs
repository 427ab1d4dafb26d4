//! What is wrong with a site's templates, found before a page is asked for.
//!
//! All templates are compiled; names that are written down (`url("film")`, `static("app.css")`,
//! `{% extends "base.html" %}`, `|filter`) are looked up. What is computed can't be checked here and says so when it
//! is rendered.
//!
//! | Id | |
//! |---|---|
//! | `templates.E001` | a template can't be compiled or read |
//! | `templates.E002` | `extends`, `include`, `import` of a template that isn't there |
//! | `templates.E003` | `url(..)` of a route that isn't there |
//! | `templates.E004` | `url(..)` with arguments that are not the route's parameters |
//! | `templates.E005` | `static(..)` of a file that isn't there |
//! | `templates.E006` | a filter that isn't there |
//! | `templates.E007` | `messages()` on a site without a key to sign them |
//! | `templates.E008` | a function that isn't there, and whose name is near to one |
//! | `templates.E009` | a test (`is defined`) that isn't there |
//! | `templates.W001` | a function that isn't there, unless a page gives a value of its name |
//! | `templates.W002` | a block that no parent has, and whose name is near to one |
//!
//! While debug is on they are warnings, so that the site starts and the page itself can tell.

mod blocks;
mod calls;

use std::sync::Arc;

use quintet_core::{
    Services, SourcePlace,
    check::{Check, Level},
    near::{did_you_mean, nearest},
    settings::Settings,
    template::{Assets, Renderer, Reverse},
};

use calls::Callable;

use crate::{
    engine::Engine,
    error, filters,
    scan::{Is, Tag, TagKind, Token, tags},
};

pub(crate) fn run(engine: &Engine, services: &Services) -> Vec<Check> {
    let debug = services.get::<Settings>().is_some_and(Settings::debug);
    let mut found = Vec::new();
    let callable = Callable::of(engine.env(), engine.loader());
    for name in engine.loader().names() {
        Look { engine, services, callable: &callable, name: &name, found: &mut found }.template();
    }
    if debug {
        for check in &mut found {
            check.level = Level::Warning;
        }
    }
    found
}

struct Look<'a> {
    engine: &'a Engine,
    services: &'a Services,
    callable: &'a Callable,
    name: &'a str,
    found: &'a mut Vec<Check>,
}

impl Look<'_> {
    fn template(&mut self) {
        let source = match self.engine.loader().read(self.name) {
            Ok(Some((source, _))) => source,
            Ok(None) => return,
            Err(error) => {
                self.found.push(Check::error("templates.E001", error.to_string()).about(self.shown()));
                return;
            }
        };
        if let Err(error) = self.engine.env().get_template(self.name) {
            let place =
                error::place(self.engine.loader(), &error).map_or_else(|| self.shown(), |p| p.to_string());
            self.found.push(
                Check::error(
                    "templates.E001",
                    error::compile(self.engine.loader(), self.engine.tags(), &error),
                )
                .about(place),
            );
            return;
        }
        let found = tags(&source);
        for tag in &found {
            self.parents(&source, tag);
            self.calls(&source, tag);
            self.filters(&source, tag);
            self.functions(&source, tag);
        }
        for (at, near) in blocks::strays(self.engine.loader(), &found) {
            let Some(token) = found.get(at).and_then(|tag| tag.tokens.get(1)) else { continue };
            let name = found.get(at).and_then(Tag::subject).unwrap_or_default();
            let text = format!(
                "no parent of this template has a block `{name}`, so it is shown nowhere; did you mean `{near}`?"
            );
            self.push(Check::warning("templates.W002", text), &source, token);
        }
    }

    /// `name(..)` and `x is name`
    fn functions(&mut self, source: &str, tag: &Tag<'_>) {
        for (name, token) in calls::called(tag).filter(|(name, _)| !self.callable.has(name)) {
            let text = format!("there is no function `{name}`");
            let check = match nearest(name, self.callable.functions()) {
                Some(near) => Check::error("templates.E008", format!("{text}; did you mean `{near}`?")),
                None => Check::warning("templates.W001", text)
                    .hint("`.function(\"name\", ..)` on the app or the site adds one; only pages with a value of this name can be shown"),
            };
            self.push(check, source, token);
        }
        for (name, token) in calls::tested(tag).filter(|(name, _)| !calls::is_test(self.engine.env(), name)) {
            let near = did_you_mean(name, calls::TESTS.iter().copied());
            self.add("templates.E009", source, token, format!("there is no test `{name}`{near}"), None);
        }
    }

    fn shown(&self) -> String {
        self.engine.loader().shown(self.name)
    }

    fn add(
        &mut self,
        id: &'static str,
        source: &str,
        token: &Token<'_>,
        message: String,
        hint: Option<&str>,
    ) {
        let check = Check::error(id, message);
        let check = match hint {
            Some(hint) => check.hint(hint),
            None => check,
        };
        self.push(check, source, token);
    }

    fn push(&mut self, check: Check, source: &str, token: &Token<'_>) {
        let (line, column) = SourcePlace::line_column(source, token.range.start);
        self.found.push(check.about(format!("{}:{line}:{column}", self.shown())));
    }

    /// `{% extends "base.html" %}`
    fn parents(&mut self, source: &str, tag: &Tag<'_>) {
        let Some("extends" | "include" | "import" | "from") = tag.statement() else { return };
        let Some(Token { is: Is::Text(name), .. }) = tag.tokens.get(1) else { return };
        let optional = tag.tokens.iter().any(|t| t.is == Is::Name("ignore"));
        // What follows the text makes it part of an expression: "a" ~ b, "a" if b.
        let alone = tag.tokens.get(2).is_none_or(|t| {
            matches!(t.is, Is::Name("import" | "as" | "ignore" | "with" | "without" | "only"))
        });
        if optional || !alone || self.engine.exists(name) {
            return;
        }
        let known = self.engine.loader().names();
        let near = did_you_mean(name, known.iter().map(String::as_str));
        if let Some(token) = tag.tokens.get(1) {
            self.add("templates.E002", source, token, format!("there is no template `{name}`{near}"), None);
        }
    }

    /// `url("film", id=7)`, `static("app.css")`
    fn calls(&mut self, source: &str, tag: &Tag<'_>) {
        for (i, token) in tag.tokens.iter().enumerate() {
            if token.is == Is::Name("messages")
                && matches!(tag.tokens.get(i + 1), Some(Token { is: Is::Mark('('), .. }))
            {
                self.messages(source, token);
            }
            let called = matches!(tag.tokens.get(i + 1), Some(Token { is: Is::Mark('('), .. }));
            let method =
                i > 0 && matches!(tag.tokens.get(i - 1), Some(Token { is: Is::Mark('.' | '|'), .. }));
            let Some(Token { is: Is::Text(text), range }) = tag.tokens.get(i + 2) else { continue };
            let alone = matches!(tag.tokens.get(i + 3), Some(Token { is: Is::Mark(')' | ','), .. }));
            if !called || method || !alone {
                continue;
            }
            let literal = Token { is: Is::Text(text.clone()), range: range.clone() };
            match token.is {
                Is::Name("url") => {
                    self.route(source, text, &literal, tag.tokens.get(i + 3..).unwrap_or_default())
                }
                Is::Name("static") => self.asset(source, text, &literal),
                _ => {}
            }
        }
    }

    fn route(&mut self, source: &str, name: &str, token: &Token<'_>, behind: &[Token<'_>]) {
        let services = self.services.clone();
        let Some(reverse) = services.get::<Arc<dyn Reverse>>() else { return };
        let loader = self.engine.loader().clone();
        let Some(parameters) = reverse.parameters(loader.owner(self.name), name) else {
            let names = reverse.names();
            let near = did_you_mean(
                name,
                names.iter().flat_map(|full| {
                    let bare = full.rsplit_once(':').map_or(full.as_str(), |(_, bare)| bare);
                    [full.as_str(), bare]
                }),
            );
            let hint = "`routes` lists all names; those of other apps are written `app:name`";
            self.add(
                "templates.E003",
                source,
                token,
                format!("there is no route `{name}`{near}"),
                Some(hint),
            );
            return;
        };
        let Some(Arguments { positional, named }) = arguments(behind) else { return };
        let unknown = named.iter().find(|n| !parameters.iter().any(|p| p == *n));
        let missing = parameters.iter().skip(positional).find(|p| !named.contains(&p.as_str()));
        let message = match (unknown, missing) {
            (Some(unknown), _) => {
                let near = did_you_mean(unknown, parameters.iter().map(String::as_str));
                format!("the route `{name}` has no parameter `{unknown}`{near}")
            }
            (None, Some(missing)) => {
                format!("the route `{name}` needs `{missing}`: url(\"{name}\", {missing}=…)")
            }
            (None, None) if positional > parameters.len() => {
                format!("the route `{name}` takes {} values, not {positional}", parameters.len())
            }
            (None, None) => return,
        };
        self.add("templates.E004", source, token, message, None);
    }

    fn messages(&mut self, source: &str, token: &Token<'_>) {
        let Some(Err(error)) = self.services.get::<Settings>().map(Settings::secret_key) else { return };
        let message = format!("messages() shows what is kept in a signed cookie, and {error}");
        self.add("templates.E007", source, token, message, None);
    }

    fn asset(&mut self, source: &str, path: &str, token: &Token<'_>) {
        let services = self.services.clone();
        let Some(assets) = services.get::<Arc<dyn Assets>>() else { return };
        if let Err(error) = assets.url(path) {
            self.add("templates.E005", source, token, error.to_string(), None);
        }
    }

    /// `|filter` and `{% filter name %}`
    fn filters(&mut self, source: &str, tag: &Tag<'_>) {
        for (i, token) in tag.tokens.iter().enumerate() {
            let Is::Name(name) = token.is else { continue };
            let before = i.checked_sub(1).and_then(|i| tag.tokens.get(i));
            let piped = matches!(before, Some(Token { is: Is::Mark('|'), .. }));
            let statement = i == 1 && tag.kind == TagKind::Statement && tag.statement() == Some("filter");
            if (piped || statement) && !filters::exists(self.engine.env(), name) {
                let near = did_you_mean(name, filters::names());
                self.add("templates.E006", source, token, format!("there is no filter `{name}`{near}"), None);
            }
        }
    }
}

struct Arguments<'a> {
    positional: usize,
    named: Vec<&'a str>,
}

/// The arguments behind the route's name; `None` if they are spread from something (`**args`).
fn arguments<'a>(behind: &[Token<'a>]) -> Option<Arguments<'a>> {
    let mut out = Arguments { positional: 0, named: Vec::new() };
    let mut depth = 0usize;
    for (i, token) in behind.iter().enumerate() {
        let starts =
            depth == 0 && i > 0 && matches!(behind.get(i - 1), Some(Token { is: Is::Mark(','), .. }));
        if starts {
            match (&token.is, behind.get(i + 1).map(|t| &t.is), behind.get(i + 2).map(|t| &t.is)) {
                (Is::Mark('*'), _, _) => return None,
                (Is::Mark(')'), _, _) => {}
                (Is::Name(name), Some(Is::Mark('=')), next) if next != Some(&Is::Mark('=')) => {
                    out.named.push(name)
                }
                _ => out.positional += 1,
            }
        }
        match token.is {
            Is::Mark('(' | '[' | '{') => depth += 1,
            Is::Mark(')' | ']' | '}') if depth == 0 => break,
            Is::Mark(')' | ']' | '}') => depth -= 1,
            _ => {}
        }
    }
    Some(out)
}
