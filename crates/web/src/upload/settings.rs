use std::path::PathBuf;

use quintet_core::{
    Result, Services,
    settings::{ByteSize, Settings},
};

/// `[uploads]` in `quintet.toml`: how much of what people send as files is taken.
#[derive(Debug, Clone, quintet_macros::Settings)]
#[settings("uploads")]
pub struct UploadSettings {
    /// How much of a request's files is kept in memory; the others go to nameless files in `folder`.
    #[setting(default = "1 MiB")]
    pub memory: ByteSize,
    /// Where they go, relative to quintet.toml; empty is the system's folder for such files.
    #[setting(default = "")]
    pub folder: String,
    /// Largest file, where its field says nothing else; 0 for no other limit than that of the body.
    #[setting(default = "0 B")]
    pub max_file_size: ByteSize,
    /// How many files a request may bring.
    #[setting(default = 100)]
    pub max_files: usize,
    /// How many fields that are no files a request may bring; forms have their own, in `[forms]`.
    #[setting(default = 1000)]
    pub max_fields: usize,
    /// All texts of a form with files together.
    #[setting(default = "2 MiB")]
    pub max_text_size: ByteSize,
    /// Longest head of a part: its name, its file's name, its type.
    #[setting(default = "8 KiB")]
    pub max_header_size: ByteSize,
    /// Longest name of a field, in bytes.
    #[setting(default = 200)]
    pub max_name_length: usize,
}

/// What is taken of a request with parts: [`UploadSettings`] where nothing else is said.
#[derive(Debug, Clone)]
pub struct UploadLimits {
    /// Bytes of all files that stay in memory.
    pub memory: u64,
    /// Where the others go; the system's folder if `None`.
    pub folder: Option<PathBuf>,
    /// Bytes of a file.
    pub max_file_size: Option<u64>,
    /// Files.
    pub max_files: usize,
    /// Parts that are no files.
    pub max_fields: usize,
    /// Bytes of all parts together that are no files.
    pub max_text_size: u64,
    /// Bytes of the headers of a part.
    pub max_header_size: usize,
    /// Bytes of the name of a part.
    pub max_name_length: usize,
    /// Where `max_fields` is said, for the message about it.
    pub fields_setting: &'static str,
    /// Bytes of a file by its field's name: these come before `max_file_size`.
    pub by_field: Vec<(&'static str, u64)>,
    /// The prefix of a form of rows, in which each has these fields: `items-3-poster` is `poster` where this is `items`.
    pub rows_of: Option<&'static str>,
}

impl UploadLimits {
    /// Those of a running site, else those that a site without settings has.
    ///
    /// # Errors
    /// If the settings can't be read.
    pub fn of(services: Option<&Services>) -> Result<Self> {
        let Some(settings) = services.and_then(|services| services.get::<Settings>()) else {
            return Ok(UploadLimits::default());
        };
        let said: UploadSettings = settings.get()?;
        let folder = Some(said.folder.as_str()).filter(|folder| !folder.is_empty());
        Ok(UploadLimits {
            memory: said.memory.bytes(),
            folder: folder.map(|folder| settings.root().join(folder)),
            max_file_size: Some(said.max_file_size.bytes()).filter(|most| *most > 0),
            max_files: said.max_files,
            max_fields: said.max_fields,
            max_text_size: said.max_text_size.bytes(),
            max_header_size: said.max_header_size.as_usize(),
            max_name_length: said.max_name_length,
            ..UploadLimits::default()
        })
    }

    /// Bytes of a file of this field.
    pub(super) fn of_file(&self, field: &str) -> Option<u64> {
        let field = self.rows_of.and_then(|prefix| in_row(prefix, field)).unwrap_or(field);
        let own = self.by_field.iter().find(|(name, _)| *name == field).map(|(_, most)| *most);
        own.or(self.max_file_size)
    }
}

impl Default for UploadLimits {
    fn default() -> Self {
        UploadLimits {
            memory: 1 << 20,
            folder: None,
            max_file_size: None,
            max_files: 100,
            max_fields: 1000,
            max_text_size: 2 << 20,
            max_header_size: 8 << 10,
            max_name_length: 200,
            fields_setting: "`max_fields` in [uploads]",
            by_field: Vec::new(),
            rows_of: None,
        }
    }
}

/// The field of a row whose control has this name: `poster` of `items-3-poster`, if `prefix` is `items`.
#[must_use]
pub fn in_row<'a>(prefix: &str, name: &'a str) -> Option<&'a str> {
    let (number, field) = name.strip_prefix(prefix)?.strip_prefix('-')?.split_once('-')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(field)
}
