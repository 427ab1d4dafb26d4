use quintet_core::{BoxFuture, Result, command::Console};

use crate::{Message, Transport};

/// Writes mails to the terminal, as people read them: links in them can be followed from there.
#[derive(Debug, Clone)]
pub struct ConsoleMail(Option<Console>);

impl ConsoleMail {
    /// Writes to this console; to standard output, if there is none.
    #[must_use]
    pub fn new(console: Option<Console>) -> Self {
        ConsoleMail(console)
    }
}

impl Transport for ConsoleMail {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result> {
        let shown = message.to_string();
        match &self.0 {
            Some(console) => console.line(shown),
            None => println!("{shown}"),
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn is_real(&self) -> bool {
        false
    }
}
