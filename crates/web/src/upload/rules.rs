//! The rules of files that `#[field(..)]` sets.

use quintet_core::{FieldErrors, settings::ByteSize};

use super::{Upload, accept};

/// A file, or several.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no file",
    label = "`max_size`, `accept` and `max_pixels` are for `Upload`, `Option<Upload>` and `Vec<Upload>`"
)]
pub trait Files {
    /// All of them.
    fn files(&self) -> &[Upload];
}

impl Files for Upload {
    fn files(&self) -> &[Upload] {
        std::slice::from_ref(self)
    }
}

impl Files for Vec<Upload> {
    fn files(&self) -> &[Upload] {
        self
    }
}

/// Says it of one that has nothing wrong in itself; of several, which one it is.
fn refuse<T: Files>(
    errors: &mut FieldErrors,
    name: &'static str,
    value: Option<&T>,
    code: &'static str,
    wrong: impl Fn(&Upload) -> Option<String>,
) {
    let files = value.map(T::files).unwrap_or_default();
    for file in files {
        if let Some(message) = wrong(file).filter(|_| file.problem().is_none()) {
            let which = if files.len() > 1 { format!("{}: ", file.name()) } else { String::new() };
            errors.push_coded(name, code, format!("{which}{message}"));
        }
    }
}

/// `max_size = "5 MB"`
pub fn max_size<T: Files>(errors: &mut FieldErrors, name: &'static str, value: Option<&T>, most: u64) {
    refuse(errors, name, value, "max_size", |file| {
        (file.len() > most).then(|| format!("is too large: at most {}", ByteSize::new(most)))
    });
}

/// `accept = "image/*,.pdf"`
pub fn accept<T: Files>(errors: &mut FieldErrors, name: &'static str, value: Option<&T>, list: &'static str) {
    refuse(errors, name, value, "accept", |file| {
        (!accept::fits(list, file)).then(|| format!("must be {}", accept::told(list)))
    });
}

/// `max_pixels = 24_000_000`
pub fn max_pixels<T: Files>(errors: &mut FieldErrors, name: &'static str, value: Option<&T>, most: u64) {
    // What is no picture at all has been told so.
    if errors.codes(name).any(|code| code == "accept") {
        return;
    }
    refuse(errors, name, value, "max_pixels", |file| match file.image_size() {
        None => Some("must be a picture: PNG, JPEG, GIF or WebP".to_owned()),
        Some(size) if size.pixels() > most => {
            let (width, height) = (size.width, size.height);
            Some(format!("has {width} × {height} dots: at most {most} in all"))
        }
        Some(_) => None,
    });
}
