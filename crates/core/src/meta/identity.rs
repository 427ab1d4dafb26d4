/// A model's place among all models of a site: settled once, when an app claims it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The label of the app.
    pub app: String,
    /// `app.Model`.
    pub label: String,
    /// The table.
    pub table: String,
    /// The tables between, by the index of the many-to-many field.
    pub(super) through: Vec<(u16, String)>,
}
