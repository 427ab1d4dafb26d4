//! The procedural macros of Quintet.
//!
//! Each macro is one module: it parses the user's item, checks it with errors at the user's own tokens, and
//! writes calls into the rooms. Nothing is decided here that a room could decide.
use proc_macro::TokenStream;

mod app;
mod channel;
mod choices;
mod command;
mod common;
mod data;
mod entry;
mod model;
mod near;
mod page;
mod route;
mod settings;
mod shape;
mod test;
mod user_model;

/// Makes a model of a struct: a table, typed columns under the same name, and all that follows from it.
#[proc_macro_attribute]
pub fn model(args: TokenStream, item: TokenStream) -> TokenStream {
    common::finish(model::expand(args.into(), item.into()))
}

/// Makes the enum's variants the allowed values of a column.
#[proc_macro_derive(Choices, attributes(choice))]
pub fn choices(item: TokenStream) -> TokenStream {
    common::finish(choices::expand(item.into()))
}

/// Makes a struct a part of models: its fields become columns of each model that has it with `#[field(embed)]`.
#[proc_macro_derive(Embed, attributes(field))]
pub fn embed(item: TokenStream) -> TokenStream {
    common::finish(model::expand_embed(item.into()))
}

/// Makes a struct a view of a model: a query loads what its fields say.
#[proc_macro_derive(Shape, attributes(shape))]
pub fn shape(item: TokenStream) -> TokenStream {
    common::finish(shape::expand(item.into()))
}

/// Makes a struct or enum usable in JSON bodies, query strings and templates.
#[proc_macro_attribute]
pub fn data(args: TokenStream, item: TokenStream) -> TokenStream {
    common::finish(data::expand(args.into(), item.into()))
}

/// Makes the struct a section of `quintet.toml`.
#[proc_macro_derive(Settings, attributes(settings, setting))]
pub fn settings(item: TokenStream) -> TokenStream {
    common::finish(settings::expand(item.into()))
}

/// Makes the function a command of the site's binary.
#[proc_macro_attribute]
pub fn command(args: TokenStream, item: TokenStream) -> TokenStream {
    common::finish(command::expand(args.into(), item.into()))
}

/// Answers GET (and HEAD) at a path.
#[proc_macro_attribute]
pub fn get(args: TokenStream, item: TokenStream) -> TokenStream {
    common::finish(route::expand(&["GET"], args.into(), item.into()))
}

/// Answers POST at a path.
#[proc_macro_attribute]
pub fn post(args: TokenStream, item: TokenStream) -> TokenStream {
    common::finish(route::expand(&["POST"], args.into(), item.into()))
}

/// Answers GET and POST at a path: shows a form, and takes what was filled in.
#[proc_macro_attribute]
pub fn form(args: TokenStream, item: TokenStream) -> TokenStream {
    common::finish(route::expand(&["GET", "POST"], args.into(), item.into()))
}

/// Answers PUT at a path.
#[proc_macro_attribute]
pub fn put(args: TokenStream, item: TokenStream) -> TokenStream {
    common::finish(route::expand(&["PUT"], args.into(), item.into()))
}

/// Answers PATCH at a path.
#[proc_macro_attribute]
pub fn patch(args: TokenStream, item: TokenStream) -> TokenStream {
    common::finish(route::expand(&["PATCH"], args.into(), item.into()))
}

/// Answers DELETE at a path.
#[proc_macro_attribute]
pub fn delete(args: TokenStream, item: TokenStream) -> TokenStream {
    common::finish(route::expand(&["DELETE"], args.into(), item.into()))
}

/// Makes a struct a topic of channels: `#[channel("film:{id}")]`, with the fields that the topic names.
#[proc_macro_attribute]
pub fn channel(args: TokenStream, item: TokenStream) -> TokenStream {
    common::finish(channel::expand(args.into(), item.into()))
}

/// A page: a template with its values. The file must exist in the crate's `templates/`.
#[proc_macro]
pub fn page(input: TokenStream) -> TokenStream {
    common::finish(page::expand(input.into()))
}

/// A mail: a template with its values. The file must exist in the crate's `templates/`.
#[proc_macro]
pub fn email(input: TokenStream) -> TokenStream {
    common::finish(page::expand_email(input.into()))
}

/// An app with the crate's `templates/`, `static/`, `migrations/` and `locale/`.
#[proc_macro]
pub fn app(input: TokenStream) -> TokenStream {
    common::finish(app::expand(input.into()))
}

/// The crate's own directory, with the migrations that it has for an app of another crate: `.migrations_in(migrations!("shop"))`.
#[proc_macro]
pub fn migrations(input: TokenStream) -> TokenStream {
    common::finish(app::expand_migrations(input.into()))
}

/// Makes a model the site's own user model: it stands in the place of `auth::User`.
#[proc_macro_derive(UserModel)]
pub fn user_model(item: TokenStream) -> TokenStream {
    common::finish(user_model::expand(item.into()))
}

/// The program's entry: a site that runs, or an async function.
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    common::finish(entry::expand(args.into(), item.into()))
}

/// A test with a site, a database of its own and a client.
#[proc_macro_attribute]
pub fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    common::finish(test::expand(args.into(), item.into()))
}
