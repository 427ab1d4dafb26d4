//! A mail server that does what a test says, and writes down what it hears.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

/// What it does.
#[derive(Clone, Default)]
pub(crate) struct Manners {
    /// TLS from the start.
    pub(crate) implicit: bool,
    /// Is STARTTLS offered?
    pub(crate) starttls: bool,
    /// Other answers than 250, by verb.
    pub(crate) answers: HashMap<&'static str, &'static str>,
    /// It never answers this verb.
    pub(crate) silent: Option<&'static str>,
}

#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// How many lines begin so.
    pub(crate) fn count(&self, verb: &str) -> usize {
        self.all().iter().filter(|line| line.starts_with(verb)).count()
    }

    fn hear(&self, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }
}

const TLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls");

fn acceptor() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_file(format!("{TLS}/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(format!("{TLS}/server.key")).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    TlsAcceptor::from(Arc::new(
        config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap(),
    ))
}

/// The authority that has signed its certificate.
pub(crate) fn authority() -> String {
    format!("{TLS}/ca.pem")
}

/// Serves until the test ends; gives the port.
pub(crate) async fn serve(manners: Manners) -> (u16, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, heard) = (listener.local_addr().unwrap().port(), Heard::default());
    let told = heard.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            told.hear("(connection)");
            tokio::spawn(one(stream, manners.clone(), told.clone()));
        }
    });
    (port, heard)
}

async fn one(stream: TcpStream, manners: Manners, heard: Heard) {
    if manners.implicit {
        let Ok(stream) = acceptor().accept(stream).await else { return };
        talk(&mut BufReader::new(stream), &manners, &heard, true).await;
        return;
    }
    let mut stream = BufReader::new(stream);
    if talk(&mut stream, &manners, &heard, true).await {
        let Ok(stream) = acceptor().accept(stream.into_inner()).await else { return };
        heard.hear("(tls)");
        let inside = Manners { starttls: false, ..manners };
        talk(&mut BufReader::new(stream), &inside, &heard, false).await;
    }
}

/// True, if TLS is to begin.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    manners: &Manners,
    heard: &Heard,
    greets: bool,
) -> bool {
    async fn say<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>, line: &str) {
        let _ = stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await;
        let _ = stream.get_mut().flush().await;
    }
    if greets {
        say(stream, "220 test").await;
    }
    let mut line = String::new();
    let mut text = false;
    loop {
        line.clear();
        if !matches!(stream.read_line(&mut line).await, Ok(1..)) {
            return false;
        }
        let said = line.trim_end().to_owned();
        if text {
            heard.hear(&format!("| {said}"));
            if said == "." {
                text = false;
                say(stream, manners.answers.get("TEXT").unwrap_or(&"250 kept")).await;
            }
            continue;
        }
        heard.hear(&said);
        let verb = said.split([' ', ':']).next().unwrap_or_default().to_uppercase();
        if manners.silent == Some(verb.as_str()) {
            tokio::time::sleep(Duration::from_secs(600)).await;
        }
        if let Some(answer) = manners.answers.get(verb.as_str()) {
            say(stream, answer).await;
            continue;
        }
        match verb.as_str() {
            "EHLO" => {
                let tls = if manners.starttls { "250-STARTTLS\r\n" } else { "" };
                say(stream, &format!("250-test\r\n{tls}250-8BITMIME\r\n250 AUTH PLAIN LOGIN")).await;
            }
            "STARTTLS" => {
                say(stream, "220 go").await;
                return true;
            }
            "DATA" => {
                text = true;
                say(stream, "354 go").await;
            }
            "AUTH" => say(stream, "235 welcome").await,
            "QUIT" => {
                say(stream, "221 bye").await;
                return false;
            }
            _ => say(stream, "250 ok").await,
        }
    }
}
