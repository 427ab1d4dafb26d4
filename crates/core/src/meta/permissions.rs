use super::ModelMeta;

impl ModelMeta {
    /// All permissions on its rows: name and how people read it, the default ones first.
    ///
    /// ```
    /// # use quintet_core::meta::*;
    /// # static FILM: ModelMeta = ModelMeta { name: "Film", app: Some("cinema"), table: None, module: "", verbose_name: "film",
    /// #     verbose_name_plural: "films", help_text: "", ordering: &[], unique_together: &[], indexes: &[], constraints: &[],
    /// #     fields: &[], primary_key: &[], renamed_from: None, typed: None, clean: None, identity: std::sync::OnceLock::new(),
    /// #     options: ModelOptions { permissions: &[("publish", "Can publish")], default_permissions: &["view"], ..ModelOptions::BASE } };
    /// let all: Vec<_> = FILM.permissions().collect();
    /// assert_eq!(all, [("view_film".into(), "Can view film".into()), ("publish".to_string(), "Can publish".to_string())]);
    /// ```
    pub fn permissions(&self) -> impl Iterator<Item = (String, String)> + use<> {
        // A model in another's place has that one's permissions.
        let name = self.stands_for().map_or(self.name, |other| other.name);
        let (name, shown) = (name.to_lowercase(), self.verbose_name);
        let default = self.options.default_permissions.iter();
        let default = default.map(move |word| (format!("{word}_{name}"), format!("Can {word} {shown}")));
        default.chain(self.options.permissions.iter().map(|(name, label)| ((*name).into(), (*label).into())))
    }
}
