//! `use quintet::prelude::*`: everything that the guide's snippets use.

pub use axum::{
    self,
    response::{IntoResponse, Response},
};
#[cfg(feature = "auth")]
#[doc(no_inline)]
pub use quintet_auth::{self as auth, User};
#[cfg(all(feature = "auth", feature = "realtime"))]
#[doc(no_inline)]
pub use quintet_auth::{AllowByAccess as _, ClientUser as _};
#[cfg(feature = "cache")]
#[doc(no_inline)]
pub use quintet_cache::{Cache, Keep};
#[cfg(feature = "orm")]
#[doc(no_inline)]
pub use quintet_core::value::Decimal;
#[doc(no_inline)]
pub use quintet_core::{
    App, Error, FieldErrors, OrStatus as _, Result, Services, Site, TemplateValue,
    command::{Commands as _, Console, Progress},
    commands,
    settings::{Settings, WithSettings as _},
    signal::{Listen as _, SiteStarted},
    value::{Date, Time, Timestamp, Value},
};
#[cfg(all(feature = "forms", feature = "orm"))]
#[doc(no_inline)]
pub use quintet_forms::SavedRows;
#[cfg(feature = "forms")]
#[doc(no_inline)]
pub use quintet_forms::{FilesOf, Form, FormBody, Forms, RowChange, SearchForm, form};
#[cfg(feature = "orm")]
pub use quintet_macros::{Choices, migrations, model};
pub use quintet_macros::{Settings, app, command, data, delete, get, page, patch, post, put};
#[cfg(feature = "mail")]
#[doc(no_inline)]
pub use quintet_mail::{Attachment, Mail, Mailer, email};
#[cfg(feature = "orm")]
#[doc(no_inline)]
pub use quintet_migrate::{DataMigrating as _, KeepMigrations as _, Migrated, OldModels};
#[cfg(feature = "orm")]
#[doc(no_inline)]
pub use quintet_orm::prelude::*;
#[cfg(all(feature = "realtime", feature = "orm"))]
#[doc(no_inline)]
pub use quintet_realtime::{
    Allow, Live, LiveChannel, LiveChanneling as _, LiveNews, LiveQuery as _, RowNews,
};
#[cfg(feature = "realtime")]
#[doc(no_inline)]
pub use quintet_realtime::{Channel, Channeling as _, Channels, Client, Join, channel};
#[cfg(feature = "sessions")]
#[doc(no_inline)]
pub use quintet_sessions as sessions;
#[doc(no_inline)]
pub use quintet_storage::Storage;
#[cfg(feature = "templates")]
#[doc(no_inline)]
pub use quintet_templates::TemplateParts as _;
#[cfg(all(feature = "test", feature = "realtime", feature = "orm"))]
#[doc(no_inline)]
pub use quintet_test::RowsOf;
#[cfg(all(feature = "test", feature = "mail"))]
#[doc(no_inline)]
pub use quintet_test::TestMail;
#[cfg(all(feature = "test", feature = "orm"))]
#[doc(no_inline)]
pub use quintet_test::{Factory, Nth, factory};
#[cfg(all(feature = "test", feature = "realtime"))]
#[doc(no_inline)]
pub use quintet_test::{Heard, TestRoom};
#[cfg(feature = "test")]
#[doc(no_inline)]
pub use quintet_test::{LiveSite, TestClient, TestCookie, TestFile, TestResponse, TestSite};
#[cfg(feature = "views")]
#[doc(no_inline)]
pub use quintet_views::{Pages, Views as _};
#[doc(no_inline)]
pub use quintet_web::{
    CleanData, DataErrors, FileChange, FileResponse, Json, Multipart, Page, Path, Query, Route, Routing as _,
    Session, State, Streamed, Upload, Url, files::FromStorage as _, redirect, routes, spawn,
};

#[doc(no_inline)]
pub use crate::Run as _;
