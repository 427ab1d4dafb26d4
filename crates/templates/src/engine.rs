//! The site's renderer: one environment of the template language, set up once, shared by all requests.

use std::{borrow::Cow, fmt, io, sync::Arc};

use minijinja::{
    AutoEscape, Environment, ErrorKind, Output, State, TemplateSource, UndefinedBehavior,
    value::{Value, ValueKind},
};
use quintet_core::{
    Error, Result, Site,
    html::write_escaped,
    template::{Render, Renderer, Supplied},
};

use crate::{
    carried::Carried,
    error, filters,
    fragment::{self, Cut},
    functions, in_scope,
    loader::{Loader, split},
    mentions, operators,
    parts::PartsSlot,
    piece,
    scope::Scope,
    tags::{self, Tags},
    told,
    value::{Attributes, Shown},
};

/// How many steps one rendering may take: about a second of work, hundreds of times a large page.
const STEPS: u64 = 20_000_000;

/// Renders a site's templates. [`TemplatesRoom`](crate::TemplatesRoom) makes it and puts it among the services.
///
/// ```
/// use std::sync::Arc;
///
/// use quintet_core::{Folder, EmbeddedFile, Services, Site, App, Value, template::{Render, Renderer}, value::Map};
/// use quintet_templates::Engine;
///
/// static FILES: [EmbeddedFile; 1] =
///     [EmbeddedFile { path: "templates/hello.html", bytes: b"<p>Hello {{ name }}</p>" }];
/// let site = Site::new().install(App::new("demo").folder(Folder::embedded("/demo", &FILES)));
/// let engine = Engine::new(&site);
/// let html = engine.render(Render {
///     template: "hello.html",
///     fragment: None,
///     values: &Arc::new(vec![("name".into(), Value::Text("<Ann>".into()))]),
///     context: &(Arc::new(Map::new()) as _),
///     app: Some("demo"),
///     services: &Services::builder().build(),
/// })?;
/// assert_eq!(html, "<p>Hello &lt;Ann&gt;</p>");
/// # Ok::<(), quintet_core::Error>(())
/// ```
pub struct Engine {
    env: Environment<'static>,
    loader: Arc<Loader>,
    own: Arc<Tags>,
}

impl Engine {
    /// The renderer of a site: its apps' templates, filters, functions and globals.
    #[must_use]
    pub fn new(site: &Site) -> Self {
        Engine::with(site, &Supplied::default())
    }

    /// The renderer of a site whose rooms bring templates along, too.
    #[must_use]
    pub fn with(site: &Site, supplied: &Supplied) -> Self {
        let loader = Arc::new(Loader::new(site).and(supplied));
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        env.set_auto_escape_callback(escaping);
        env.set_formatter(show);
        env.set_fuel(Some(STEPS));
        // Not a mode for development: it makes errors name the expression, and costs nothing until there is one.
        env.set_debug(true);
        filters::add(&mut env);
        functions::add(&mut env, &loader);
        tags::add(&mut env, loader.clone());
        let mut own = Tags::default();
        // The first app wins, as with templates, so the last is set up first.
        let parts: Vec<_> = site.slots::<PartsSlot>().collect();
        for (_, slot) in parts.into_iter().rev() {
            slot.add_to(&mut env, &mut own);
        }
        let own = Arc::new(own);
        if let Some(fixed) = loader.fixed() {
            // Compiled here they are found without a lock. What doesn't compile is loaded again when it is asked
            // for, and says then what is wrong.
            for (name, text) in fixed {
                let text = tags::rewrite(Cow::Borrowed(text), &own);
                let _ = env.add_template_owned(name, operators::rewrite(text));
            }
        }
        // Called for what a template extends, includes and imports.
        env.set_path_join_callback({
            let loader = loader.clone();
            move |name, _| {
                told::used(&loader, name);
                Cow::Borrowed(name)
            }
        });
        env.set_loader({
            let loader = loader.clone();
            let own = own.clone();
            move |name| load(&loader, &own, name)
        });
        Engine { env, loader, own }
    }

    pub(crate) fn env(&self) -> &Environment<'static> {
        &self.env
    }

    pub(crate) fn loader(&self) -> &Arc<Loader> {
        &self.loader
    }

    pub(crate) fn tags(&self) -> &Tags {
        &self.own
    }

    fn write(&self, what: &Render<'_>, out: &mut dyn io::Write) -> Result<(), minijinja::Error> {
        let name = match what.fragment {
            Some(block) => Cow::Owned(format!("{}#{block}", what.template)),
            None => Cow::Borrowed(what.template),
        };
        match self.env.get_template(&name) {
            Ok(page) => page.render_captured_to(Value::from_object(Scope::new(what)), out).map(drop),
            // It can't be cut: the page must run to find the block.
            Err(error) if error.kind() == ErrorKind::TemplateNotFound && what.fragment.is_some() => {
                let text = self.run(what)?;
                out.write_all(text.as_bytes()).map_err(|error| {
                    minijinja::Error::new(ErrorKind::WriteFailure, "this can't be written").with_source(error)
                })
            }
            Err(error) => Err(error),
        }
    }

    fn run(&self, what: &Render<'_>) -> Result<String, minijinja::Error> {
        let scope = Value::from_object(Scope::new(what));
        let Some(block) = what.fragment else {
            return self.env.get_template(what.template)?.render(scope);
        };
        match self.env.get_template(&format!("{}#{block}", what.template)) {
            Ok(cut) => cut.render(scope),
            Err(error) if error.kind() == ErrorKind::TemplateNotFound => {
                // It can't be cut, as the name of a parent is computed: the page must run to find it.
                let mut page = self.env.get_template(what.template)?.render_captured(scope)?;
                page.with_state_mut(|state| state.render_block(block))
            }
            Err(error) => Err(error),
        }
    }
}

impl Renderer for Engine {
    fn render(&self, what: Render<'_>) -> Result<String> {
        told::rendering(&self.loader, &what, || {
            self.run(&what).map_err(|error| error::explain(&self.env, &self.loader, &self.own, error, &what))
        })
    }

    fn render_to(&self, what: Render<'_>, out: &mut dyn io::Write) -> Result<()> {
        told::rendering(&self.loader, &what, || {
            self.write(&what, out)
                .map_err(|error| error::explain(&self.env, &self.loader, &self.own, error, &what))
        })
    }

    fn values_at(&self, error: &Error) -> Vec<(String, String)> {
        in_scope::of(error)
    }

    fn mentions(&self, template: &str, name: &str) -> bool {
        mentions::mentions(&self.loader, &self.own, split(template).0, name)
    }

    fn exists(&self, template: &str) -> bool {
        self.loader.stamp(split(template).0).is_some()
    }

    fn blocks(&self, template: &str) -> Vec<String> {
        fragment::blocks(&self.loader, &self.own, split(template).0)
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("loader", &self.loader).finish_non_exhaustive()
    }
}

/// Finds a template or cuts a fragment, with a check whether it is still what it was.
fn load(loader: &Arc<Loader>, own: &Tags, name: &str) -> Result<Option<TemplateSource>, minijinja::Error> {
    let (template, block) = split(name);
    let Some((text, stamp)) = loader.read(template).map_err(Carried::into_template)? else { return Ok(None) };
    let text = tags::rewrite(text, own);
    let text = match block {
        None => text,
        Some(block) if block.starts_with('!') => {
            Cow::Owned(fragment::without(&text, block.trim_start_matches('!')))
        }
        Some(block) => {
            let cut = if fragment::is_parent(name) {
                fragment::cut_one(&text, block)
            } else {
                fragment::cut(loader, own, template, &text, block).map_err(Carried::into_template)?
            };
            match cut {
                Cut::Text(text) => Cow::Owned(text),
                Cut::Whole => return Ok(None),
            }
        }
    };
    let source = TemplateSource::new(operators::rewrite(text));
    if stamp.is_fixed() {
        return Ok(Some(source));
    }
    let (loader, template) = (loader.clone(), template.to_owned());
    Ok(Some(source.with_uptodate_check(move || loader.stamp(&template).as_ref() == Some(&stamp))))
}

/// Everything is HTML but for endings that the web room serves as something else: a page whose ending nobody knows
/// is shown as HTML, so it must be safe as HTML.
fn escaping(name: &str) -> AutoEscape {
    let (template, _) = split(name);
    match template.rsplit_once('.') {
        Some((_, "txt" | "json")) => AutoEscape::None,
        _ => AutoEscape::Html,
    }
}

/// How a value is written into the page.
fn show(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), minijinja::Error> {
    let plain = || matches!(state.auto_escape(), AutoEscape::None) || value.is_safe();
    // What most values are comes first: only objects can be pieces and attributes.
    match value.kind() {
        ValueKind::None | ValueKind::Undefined => Ok(()),
        ValueKind::Bool => out.write_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number => filters::write_number(out, value),
        kind => match value.as_str() {
            Some(text) if plain() => out.write_str(text),
            Some(text) => write_escaped(out, text),
            None => {
                if kind != ValueKind::Invalid {
                    if let Some(shown) = value.downcast_object::<Shown>() {
                        return piece::write(&shown, out, state);
                    }
                    if let Some(attributes) = value.downcast_object_ref::<Attributes>() {
                        return attributes.write(out);
                    }
                    if kind == ValueKind::Plain && functions::is_one(value) {
                        return Err(functions::shown(state.env(), value));
                    }
                }
                if plain() { write!(out, "{value}") } else { write_escaped(out, &value.to_string()) }
            }
        },
    }
    .map_err(minijinja::Error::from)
}
