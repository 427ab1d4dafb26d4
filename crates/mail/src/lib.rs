//! The mail of a site.
//!
//! `MAIL_URL` chooses where it goes: `smtp://…` and `smtps://…` to a server, `console://` to the terminal, `file://mail` into a folder,
//! `memory://` into an [`Outbox`], `dummy://` nowhere. [`Mailer`] is the handle that handlers take; behind it stands a [`Transport`],
//! which you may write yourself.
//!
//! How a mail passes through: a [`Mail`] is written by hand or of a template (`email!`), its addresses checked where they are given
//! (`address`, `header`). [`Mail::send`] hands it to a [`Via`]: to a [`Mailer`] at once, to a transaction after its commit. The mailer
//! renders it (`template`, with addresses that are whole: `absolute`), adds what is missing (`message`, of `parts`: sender, date, id, a text made of the
//! HTML by `plain`) and forms it (`mime`), so that a mistake is told before anything leaves. A transport sends the [`Message`].
mod absolute;
mod address;
mod attachment;
mod command;
mod console;
mod deploy;
mod dummy;
mod failures;
mod file;
mod header;
mod mail;
mod mailer;
mod memory;
mod message;
mod mime;
mod open;
mod parts;
mod plain;
mod room;
mod settings;
mod smtp;
mod template;
mod transport;
mod via;

pub use address::{Address, ToAddresses};
pub use attachment::Attachment;
pub use console::ConsoleMail;
pub use dummy::Dummy;
pub use file::FileMail;
pub use mail::Mail;
pub use mailer::Mailer;
pub use memory::Outbox;
pub use message::Message;
pub use plain::text_of_html;
pub use quintet_macros::email;
pub use room::MailRoom;
pub use settings::{MailSettings, Tls};
pub use smtp::Smtp;
pub use transport::Transport;
pub use via::Via;
