//! Which widgets there are, and which types they are for, as far as a type's name tells.

use std::path::PathBuf;

use syn::{Error, LitStr, Type};

use crate::{common, near::did_you_mean, page};

/// Those that the room of forms has.
pub(super) const WIDGETS: [&str; 24] = [
    "text",
    "number",
    "email",
    "url",
    "tel",
    "search",
    "password",
    "hidden",
    "textarea",
    "checkbox",
    "checkboxes",
    "select",
    "radio",
    "stars",
    "date",
    "select_date",
    "time",
    "datetime",
    "split_datetime",
    "color",
    "range",
    "file",
    "image",
    "group",
];

/// For each sort of type the widgets that can show it.
const FITS: [(&[&str], &[&str]); 9] = [
    (
        &["String"],
        &[
            "text", "textarea", "email", "url", "tel", "search", "password", "hidden", "select", "radio",
            "color", "date", "time", "datetime",
        ],
    ),
    (
        &["i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32", "u64", "usize", "f32", "f64", "Decimal"],
        &["number", "text", "range", "stars", "select", "radio", "hidden"],
    ),
    (&["bool"], &["checkbox", "select", "radio", "hidden"]),
    (&["Date"], &["date", "select_date", "text", "hidden"]),
    (&["Time"], &["time", "text", "hidden"]),
    (&["Timestamp"], &["datetime", "split_datetime", "text", "hidden"]),
    (
        &["SignedDuration", "Uuid", "IpAddr", "Ipv4Addr", "Ipv6Addr", "JsonValue"],
        &["text", "textarea", "hidden"],
    ),
    (&["Vec"], &["select", "checkboxes", "textarea", "hidden", "file", "image"]),
    (&["Upload", "FileChange"], &["file", "image"]),
];

/// Refuses a widget that there is not, or that can't show this type.
///
/// # Errors
/// At the widget's name.
pub(super) fn check(widget: &LitStr, ty: &Type, has_choices: bool) -> syn::Result<()> {
    let name = widget.value();
    if name.contains(['/', '.']) {
        let directory =
            PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("templates");
        return page::check(widget, &directory);
    }
    if !WIDGETS.contains(&name.as_str()) {
        let (near, known) = (did_you_mean(&name, WIDGETS), WIDGETS.join(", "));
        let own = "one of your own is a template: \"widgets/map.html\"";
        return Err(Error::new(
            widget.span(),
            format!("there is no widget `{name}`{near} (known: {known}; {own})"),
        ));
    }
    let of = common::last_name(ty).unwrap_or_default();
    let Some((_, fits)) = FITS.iter().find(|(types, _)| types.contains(&of.as_str())) else { return Ok(()) };
    if !fits.contains(&name.as_str()) {
        let why = format!("the widget `{name}` can't show `{of}`, but one of {} can", fits.join(", "));
        return Err(Error::new(widget.span(), why));
    }
    let lists = matches!(name.as_str(), "select" | "radio") && of != "bool";
    if lists && !has_choices {
        let why = format!(
            "the widget `{name}` has nothing to offer: add `choices = [..]`, or make the type an enum"
        );
        return Err(Error::new(widget.span(), why));
    }
    Ok(())
}
