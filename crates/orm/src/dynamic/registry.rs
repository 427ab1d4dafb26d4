use std::sync::Arc;

use quintet_core::{Error, Result, Services, Site, meta::ModelMeta, near::did_you_mean};

use crate::room::registered_models;

/// Where models are found by their label: a site, the services of a running one, or a list.
pub trait Registry {
    /// All its models.
    ///
    /// # Errors
    /// If the services have no site.
    fn models(&self) -> Result<Vec<&'static ModelMeta>>;

    /// The model labelled `app.Model`.
    ///
    /// # Errors
    /// Of kind `NotFound` (404) if there is none, with the nearest label.
    fn model(&self, label: &str) -> Result<&'static ModelMeta> {
        let models = self.models()?;
        if let Some(meta) = models.iter().find(|meta| meta.label() == label) {
            return Ok(meta);
        }
        let near = did_you_mean(label, models.iter().map(|meta| meta.label()));
        Err(Error::not_found(format!("there is no model `{label}`{near}")))
    }
}

impl Registry for Site {
    fn models(&self) -> Result<Vec<&'static ModelMeta>> {
        Ok(registered_models(self))
    }
}

impl Registry for Services {
    fn models(&self) -> Result<Vec<&'static ModelMeta>> {
        Ok(registered_models(self.require::<Arc<Site>>()?))
    }
}

impl Registry for [&'static ModelMeta] {
    fn models(&self) -> Result<Vec<&'static ModelMeta>> {
        Ok(self.to_vec())
    }
}

impl<const N: usize> Registry for [&'static ModelMeta; N] {
    fn models(&self) -> Result<Vec<&'static ModelMeta>> {
        Ok(self.to_vec())
    }
}

impl Registry for Vec<&'static ModelMeta> {
    fn models(&self) -> Result<Vec<&'static ModelMeta>> {
        Ok(self.clone())
    }
}
