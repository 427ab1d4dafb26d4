//! The mails that a site under test has sent.

use std::ops::Deref;

use quintet_core::settings::SiteSettings;
use quintet_mail::{Mailer, Message, Outbox};
use quintet_web::background::Background;

use crate::TestSite;

/// A mail that a site under test has sent. It derefs to a [`Message`], which has its parts.
///
/// ```no_run
/// # async fn show(site: quintet_test::TestSite) {
/// site.post("/password/reset/", &[("email", "ann@example.com")]).await.redirects("/password/reset/done/");
/// let mail = site.outbox().await.pop().expect("a mail");
/// assert_eq!((mail.subject(), mail.to()[0].email()), ("Another password", "ann@example.com"));
/// site.get(mail.link()).await.ok();
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TestMail {
    message: Message,
    site: Option<String>,
}

impl TestSite {
    /// The mails sent so far, in their order. Waits for what the site still does beside requests, which may send some.
    ///
    /// # Panics
    /// If the site has no mail, or the test has set another `mail.url` than `memory://`.
    pub async fn outbox(&self) -> Vec<TestMail> {
        self.settle().await;
        let info = self.mailer().site().clone();
        self.sent().all().into_iter().map(|message| TestMail::of(message, &info)).collect()
    }

    /// Forgets the mails so far.
    ///
    /// # Panics
    /// As [`outbox`](Self::outbox).
    pub async fn clear_outbox(&self) {
        self.settle().await;
        self.sent().clear();
    }

    /// Waits for what the site does beside requests.
    async fn settle(&self) {
        if let Some(background) = self.services().get::<Background>() {
            background.idle().await;
        }
    }

    fn mailer(&self) -> &Mailer {
        match self.services().get::<Mailer>() {
            Some(mailer) => mailer,
            None => panic!(
                "this site has no mail: its rooms are without that of mail (the feature `mail` of `quintet`)"
            ),
        }
    }

    fn sent(&self) -> &Outbox {
        match self.mailer().outbox() {
            Some(outbox) => outbox,
            None => panic!(
                "this test sends its mails elsewhere: an outbox has `mail.url = \"memory://\"`, in a site without a `Transport` of its own"
            ),
        }
    }
}

impl TestMail {
    fn of(message: Message, info: &SiteSettings) -> Self {
        TestMail { message, site: info.url.as_ref().map(|url| url.as_str().to_owned()) }
    }

    /// All web addresses in the text and the HTML, each once, in their order.
    #[must_use]
    pub fn links(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let hrefs = self.html().into_iter().flat_map(|html| html.split(['"', '\'']));
        let words = self.text().split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '<' | '>'));
        for word in words.chain(hrefs) {
            let web = word.starts_with("http://") || word.starts_with("https://");
            let word = word.trim_end_matches(['.', ',']).replace("&amp;", "&");
            if web && !found.contains(&word) {
                found.push(word);
            }
        }
        found
    }

    /// The one link into the site, without its host: what a browser of the test follows.
    ///
    /// # Panics
    /// If there is none, or there are several.
    #[track_caller]
    #[must_use]
    pub fn link(&self) -> String {
        let site = self.site.as_deref().unwrap_or_default();
        let own = self.links().into_iter().filter_map(|link| link.strip_prefix(site).map(str::to_owned));
        let own: Vec<String> = own.filter(|link| link.len() > 1).collect();
        match own.as_slice() {
            [link] => link.clone(),
            _ => panic!("one link to {site}/… in this mail, not {own:?}:\n{}", self.message),
        }
    }
}

impl Deref for TestMail {
    type Target = Message;

    fn deref(&self) -> &Message {
        &self.message
    }
}
