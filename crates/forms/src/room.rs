use quintet_core::{
    Boot, BoxFuture, EmbeddedFile, Folder, Result, Room,
    settings::{Section, SettingsSection},
    template::Supplied,
};

use crate::FormsSettings;

macro_rules! templates {
    ($($name:literal)*) => {
        &[$(EmbeddedFile {
            path: concat!("templates/forms/", $name),
            bytes: include_bytes!(concat!("../templates/forms/", $name)),
        }),*]
    };
}

#[cfg(feature = "static")]
static SCRIPTS: &[EmbeddedFile] =
    &[EmbeddedFile { path: "static/forms/rows.js", bytes: include_bytes!("../static/forms/rows.js") }];

/// The markup of forms. An app that has a file of the same name puts its own in its place.
static TEMPLATES: &[EmbeddedFile] = templates![
    "add_row.html" "error.html" "errors.html" "field.html" "field_errors.html" "form.html" "forms.html" "help.html" "hidden.html" "label.html"
    "open.html" "row.html"
    "widgets/checkbox.html" "widgets/checkboxes.html" "widgets/color.html" "widgets/date.html"
    "widgets/datetime.html" "widgets/email.html" "widgets/file.html" "widgets/group.html" "widgets/hidden.html" "widgets/image.html"
    "widgets/input.html" "widgets/number.html" "widgets/password.html" "widgets/radio.html" "widgets/range.html"
    "widgets/search.html" "widgets/select.html" "widgets/select_date.html" "widgets/split_datetime.html" "widgets/stars.html"
    "widgets/tel.html" "widgets/text.html" "widgets/textarea.html" "widgets/time.html" "widgets/url.html"
];

/// The room of forms: it brings their templates and scripts along, and their settings. It starts before the rooms of templates and
/// of the web, which take them over.
#[derive(Debug, Clone, Copy, Default)]
pub struct FormsRoom;

impl Room for FormsRoom {
    fn name(&self) -> &'static str {
        "forms"
    }

    fn sections(&self) -> Vec<Section> {
        vec![FormsSettings::section()]
    }

    fn start<'a>(&'a self, boot: &'a mut Boot) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let mut supplied = boot.services.get::<Supplied>().cloned().unwrap_or_default();
            supplied.0.push(Folder::embedded(env!("CARGO_MANIFEST_DIR"), TEMPLATES));
            #[cfg(feature = "static")]
            supplied.0.push(Folder::embedded(env!("CARGO_MANIFEST_DIR"), SCRIPTS));
            boot.services.insert(supplied);
            Ok(())
        })
    }
}
