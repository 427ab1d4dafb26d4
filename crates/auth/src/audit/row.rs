use quintet_core::{
    audit::SecurityEvent,
    value::{JsonValue, Timestamp},
};
use quintet_macros::model;
use quintet_orm::prelude::*;

/// What happened: one row for each event. Nobody changes them; `clearaudit` removes what is too old.
#[model(app = "audit", table = "audit_log", ordering = "-at", default_permissions = ["view"], verbose_name = "audit entry", verbose_name_plural = "audit entries")]
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRow {
    /// When.
    #[field(index, editable = false, help_text = "")]
    pub at: Timestamp,
    /// What: `login_failed`.
    #[field(max_length = 50, index, editable = false, help_text = "")]
    pub what: String,
    /// Was somebody refused?
    #[field(editable = false, help_text = "")]
    pub refused: bool,
    /// The key of the user, if it is known who it was. No foreign key: an entry outlives its user.
    #[field(max_length = 255, index, editable = false, help_text = "")]
    pub user: Option<String>,
    /// The network that the client was in.
    #[field(max_length = 64, index, editable = false, help_text = "")]
    pub network: Option<String>,
    /// The id of the request, as the access log has it.
    #[field(max_length = 64, editable = false, help_text = "")]
    pub request: Option<String>,
    /// Method and path, without what is secret in them.
    #[field(max_length = 250, editable = false, help_text = "")]
    pub address: Option<String>,
    /// What else there is to say.
    #[field(editable = false, help_text = "")]
    pub details: JsonValue,
}

impl AuditRow {
    /// The row of an event; not stored yet.
    pub(super) fn of(event: &SecurityEvent) -> Self {
        let cut = |text: &Option<String>, most: usize| {
            // PostgreSQL has no place for U+0000.
            text.as_ref().map(|text| text.chars().filter(|c| *c != '\0').take(most).collect())
        };
        let details =
            event.details.iter().map(|(name, text)| ((*name).to_owned(), text.replace('\0', "").into()));
        AuditRow {
            id: 0,
            at: event.at,
            what: event.what.name().chars().take(50).collect(),
            refused: event.what.is_refusal(),
            user: cut(&event.user, 255),
            network: cut(&event.network, 64),
            request: cut(&event.request, 64),
            address: cut(&event.address, 250),
            details: JsonValue::Object(details.collect()),
        }
    }

    /// To be inserted.
    pub(super) fn draft(&self) -> Draft<Self> {
        let row = self.clone();
        create!(AuditRow {
            at: row.at,
            what: row.what,
            refused: row.refused,
            user: row.user,
            network: row.network,
            request: row.request,
            address: row.address,
            details: row.details,
        })
    }
}
