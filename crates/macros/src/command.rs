//! `#[command]`: an async function is a command of the site's binary.
//!
//! Values are arguments of the command line, references are services. The function stays as it is; beside it
//! comes a type of the same name (the namespace of types is free) that knows the command.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{
    Error, FnArg, Ident, ItemFn, LitStr, Pat, PatType, Result, ReturnType, Type, parse::Parse,
    parse::ParseStream, spanned::Spanned,
};

use crate::common;

/// `#[command]` or `#[command("import-films")]`
struct Options {
    name: Option<LitStr>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name = if input.is_empty() { None } else { Some(input.parse()?) };
        if !input.is_empty() {
            return Err(input.error("a command has one option, its name: `#[command(\"import-films\")]`"));
        }
        Ok(Options { name })
    }
}

enum Argument {
    Value { name: String, ty: Type, help: String, positional: bool },
    Service { ty: Type },
}

pub(crate) fn expand(args: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let options: Options = syn::parse2(args)?;
    let mut function: ItemFn = syn::parse2(item)?;
    check(&function)?;
    let name = name(&options, &function.sig.ident)?;
    let arguments = arguments(&mut function)?;
    Ok(write(&function, &name, &arguments))
}

fn check(function: &ItemFn) -> Result<()> {
    let sig = &function.sig;
    if sig.asyncness.is_none() {
        return Err(Error::new_spanned(sig.fn_token, "a command is an `async fn`"));
    }
    if let Some(parameter) = sig.generics.params.first() {
        return Err(Error::new_spanned(parameter, "a command has no generic parameters"));
    }
    Ok(())
}

fn name(options: &Options, function: &Ident) -> Result<LitStr> {
    let Some(name) = &options.name else {
        let name = function.to_string();
        return Ok(LitStr::new(&name.trim_start_matches("r#").replace('_', "-"), function.span()));
    };
    let value = name.value();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !value.starts_with(|c: char| c.is_ascii_lowercase()) || !value.chars().all(plain) {
        return Err(Error::new(name.span(), "a command's name has small letters, digits and hyphens"));
    }
    Ok(name.clone())
}

/// Reads the arguments and takes their comments and options away, which rustc would not have there.
fn arguments(function: &mut ItemFn) -> Result<Vec<Argument>> {
    let mut all = Vec::new();
    let mut many: Option<String> = None;
    for argument in &mut function.sig.inputs {
        let typed = match argument {
            FnArg::Typed(typed) => typed,
            FnArg::Receiver(receiver) => {
                return Err(Error::new_spanned(receiver, "a command is a free function, without `self`"));
            }
        };
        let span = typed.ty.span();
        let argument = read(typed)?;
        if let Argument::Value { name, ty, positional, .. } = &argument {
            let by_place = *positional || !is(ty, &["Option", "bool"]);
            match &many {
                Some(before) if by_place => {
                    let text =
                        format!("`{before}` takes all that follows: nothing by place may come after it");
                    return Err(Error::new(span, text));
                }
                _ if is(ty, &["Vec"]) => many = Some(name.clone()),
                _ => {}
            }
        }
        all.push(argument);
    }
    Ok(all)
}

fn is(ty: &Type, names: &[&str]) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|last| names.iter().any(|name| last.ident == name))
}

fn read(typed: &mut PatType) -> Result<Argument> {
    let help = common::doc(&typed.attrs);
    let mut positional = false;
    for attribute in typed.attrs.iter().filter(|a| a.path().is_ident("arg")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("positional") {
                return Err(common::unknown_option(&meta.path, &["positional"]));
            }
            positional = true;
            Ok(())
        })?;
    }
    typed.attrs.retain(|a| !a.path().is_ident("doc") && !a.path().is_ident("arg"));
    match &*typed.ty {
        Type::Reference(reference) => {
            if let Some(mutability) = &reference.mutability {
                return Err(Error::new_spanned(
                    mutability,
                    "services are shared: take them by `&`, not `&mut`",
                ));
            }
            if is(&reference.elem, &["str"]) {
                return Err(Error::new_spanned(reference, "a reference is a service; take text as `String`"));
            }
            Ok(Argument::Service { ty: (*reference.elem).clone() })
        }
        Type::ImplTrait(ty) => Err(Error::new_spanned(ty, "a command's arguments have named types")),
        ty => {
            let Pat::Ident(pattern) = &*typed.pat else {
                return Err(Error::new_spanned(
                    &typed.pat,
                    "an argument of the command line needs a plain name",
                ));
            };
            let name = pattern.ident.to_string();
            let name = name.trim_start_matches("r#").trim_start_matches('_').to_owned();
            if ["help", "version"].contains(&name.as_str()) {
                let text = format!("every command has `--{name}` already: choose another name");
                return Err(Error::new_spanned(&pattern.ident, text));
            }
            Ok(Argument::Value { name, ty: ty.clone(), help, positional })
        }
    }
}

fn write(function: &ItemFn, name: &LitStr, arguments: &[Argument]) -> TokenStream {
    let core = common::room("core");
    let (ident, vis) = (&function.sig.ident, &function.vis);
    let about = common::doc(&function.attrs);
    let gates: Vec<_> = function.attrs.iter().filter(|a| a.path().is_ident("cfg")).collect();
    let local = |i: usize| format_ident!("argument_{i}");

    let specs = arguments.iter().filter_map(|argument| match argument {
        Argument::Service { .. } => None,
        Argument::Value { name, ty, help, positional } => {
            let positional = positional.then(|| quote!(.positional()));
            // With the type's span, so that a type that can't be read is reported once, there.
            Some(
                quote_spanned!(ty.span()=> .arg(#core::command::ArgSpec::of::<#ty>(#name, #help)#positional)),
            )
        }
    });
    let lets = arguments.iter().enumerate().map(|(i, argument)| {
        let local = local(i);
        match argument {
            Argument::Value { name, ty, .. } => {
                quote_spanned!(ty.span()=> let #local = #core::command::rt::value::<#ty>(&args, #name)?;)
            }
            Argument::Service { ty } => {
                quote_spanned!(ty.span()=> let #local = #core::command::rt::service::<#ty>(&services)?;)
            }
        }
    });
    let passed = arguments.iter().enumerate().map(|(i, argument)| {
        let local = local(i);
        match argument {
            Argument::Value { .. } => quote!(#local),
            Argument::Service { .. } => quote!(&#local),
        }
    });
    let returns = match &function.sig.output {
        ReturnType::Default => ident.span(),
        ReturnType::Type(_, ty) => ty.span(),
    };
    let outcome = quote_spanned!(returns=> #core::command::rt::outcome);
    let call = quote_spanned!(ident.span()=> #ident(#(#passed),*).await);
    let doc = format!("The command `{}`, for `commands![{ident}]`.", name.value());
    let function = function.to_token_stream();
    quote! {
        // As many as the command line has; a struct around them would help nobody.
        #[allow(clippy::too_many_arguments)]
        #function

        #(#gates)*
        #[allow(non_camel_case_types)]
        #[doc = #doc]
        #vis struct #ident {}

        #(#gates)*
        #[automatically_derived]
        impl #core::command::CommandDef for #ident {
            fn command() -> #core::command::Command {
                #core::command::Command::new(#name, #about, |services: #core::Services, args: #core::command::Args| async move {
                    let _ = (&services, &args);
                    #(#lets)*
                    #outcome(#call)
                })
                #(#specs)*
            }
        }
    }
}
