use quintet_core::Result;

use crate::pattern::Params;

/// A topic as a value: what `#[channel("film:{id}")]` makes of a struct.
pub trait Topic: Sized + Send + Sync + 'static {
    /// The pattern of its names.
    const PATTERN: &'static str;

    /// Its name: `film:7`.
    fn topic(&self) -> String;

    /// The topic of a name that the pattern stands for.
    ///
    /// # Errors
    /// 404 if a parameter is not of its type.
    fn from_params(params: &Params<'_>) -> Result<Self>;
}
