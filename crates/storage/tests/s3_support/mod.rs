//! The S3 that `scripts/services` starts, and a way to it that can be cut. Shared by several test programs.
#![allow(dead_code, reason = "no test program needs all of it")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use object_store::{
    aws::{AwsAuthorizer, AwsCredential},
    client::{HttpRequest, HttpRequestBody},
};
use quintet_core::{Error, settings::Settings};
use quintet_storage::{Storage, StorageSettings};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

pub(crate) const MIB: usize = 1024 * 1024;

/// A server, an account and a bucket, and a folder in it of the test's own.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) host: String,
    pub(crate) key: String,
    pub(crate) secret: String,
    pub(crate) bucket: String,
    pub(crate) folder: String,
}

impl Server {
    /// The one that the variable names: `http://key:secret@127.0.0.1:9000/bucket`.
    pub(crate) fn of_env(test: &str) -> Option<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let Ok(url) = std::env::var("QUINTET_TEST_S3") else {
            eprintln!("skipped on S3: QUINTET_TEST_S3 is not set (scripts/services env)");
            return None;
        };
        let (account, rest) = url.strip_prefix("http://").unwrap().split_once('@').unwrap();
        let (key, secret) = account.split_once(':').unwrap();
        let (host, bucket) = rest.split_once('/').unwrap();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let now = quintet_core::value::Timestamp::now().as_nanosecond();
        let folder = format!("{test}-{}-{number}-{now}", std::process::id());
        let [host, key, secret, bucket] = [host, key, secret, bucket].map(str::to_owned);
        Some(Server { host, key, secret, bucket, folder })
    }

    pub(crate) fn settings(&self, more: &[(&str, &str)]) -> Settings {
        let url = format!("s3://{}/{}", self.bucket, self.folder);
        let endpoint = format!("http://{}", self.host);
        let mut all = vec![
            ("storage.url", url.as_str()),
            ("storage.s3.endpoint", &endpoint),
            ("storage.s3.access_key_id", &self.key),
            ("storage.s3.secret_access_key", &self.secret),
            ("storage.s3.allow_http", "true"),
            ("storage.s3.part_size", "5 MiB"),
        ];
        all.retain(|(key, _)| more.iter().all(|(other, _)| other != key));
        all.extend(more);
        Settings::for_tests("/site", all)
    }

    pub(crate) fn storage(&self) -> Storage {
        self.storage_with(&[]).unwrap()
    }

    pub(crate) fn storage_with(&self, more: &[(&str, &str)]) -> Result<Storage, Error> {
        let settings = self.settings(more);
        settings.get::<StorageSettings>()?.open(std::path::Path::new("/site"), &settings.get()?)
    }

    /// The answer to a signed request of this path and query: status, headers, body.
    pub(crate) async fn ask(&self, method: &str, path: &str) -> Answer {
        let uri = format!("http://{}/{}{path}", self.host, self.bucket);
        let mut request: HttpRequest =
            http::Request::builder().method(method).uri(&uri).body(HttpRequestBody::empty()).unwrap();
        let (key_id, secret_key) = (self.key.clone(), self.secret.clone());
        let credential = AwsCredential { key_id, secret_key, token: None };
        AwsAuthorizer::new(&credential, "s3", "us-east-1").try_authorize(&mut request, None).unwrap();
        let mut text = format!("{method} {} HTTP/1.1\r\n", request.uri().path_and_query().unwrap());
        for (name, value) in request.headers() {
            text.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
        }
        Answer::to(&self.host, text).await
    }

    /// How many uploads in parts the server has that have not ended.
    pub(crate) async fn unfinished(&self) -> usize {
        let answer = self.ask("GET", "?uploads").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body.matches(&format!("<Key>{}/", self.folder)).count()
    }

    /// Waits until it has none: what a caller left is given up by a task of its own.
    pub(crate) async fn nothing_unfinished(&self) {
        for _ in 0..200 {
            if self.unfinished().await == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{} uploads are left", self.unfinished().await);
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// Sends the lines of a request to a host and reads all that it says.
    pub(crate) async fn to(host: &str, mut text: String) -> Self {
        if !text.to_lowercase().contains("\r\nhost:") {
            text.push_str(&format!("Host: {host}\r\n"));
        }
        text.push_str("Connection: close\r\n\r\n");
        let mut stream = TcpStream::connect(host).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.unwrap();
        let all = String::from_utf8_lossy(&all).into_owned();
        let (head, body) = all.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    /// What somebody gets who has this address and nothing else.
    pub(crate) async fn of_url(url: &str) -> Self {
        let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        Answer::to(host, format!("GET /{path} HTTP/1.1\r\n")).await
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// What a cut does to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Half of it gets to the server, then both sides lose the connection.
    Sent,
    /// The server does what it was asked, and nobody hears its answer.
    Heard,
}

/// A way to the server that loses the connections of some requests.
pub(crate) struct Way {
    pub(crate) host: String,
    /// Requests whose first line has this text are cut, so many times.
    cut: Arc<Mutex<(String, Cut, usize)>>,
}

impl Way {
    pub(crate) async fn to(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let cut = Arc::new(Mutex::new((String::new(), Cut::Sent, 0)));
        let (rules, target) = (cut.clone(), server.host.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, target.clone(), rules.clone()));
            }
        });
        Way { host, cut }
    }

    /// Cuts the next requests of this sort.
    pub(crate) fn cut(&self, text: &str, how: Cut, times: usize) {
        *self.cut.lock().unwrap() = (text.to_owned(), how, times);
    }

    /// How many of them are still to be cut.
    pub(crate) fn left(&self) -> usize {
        self.cut.lock().unwrap().2
    }
}

/// One request of a connection, which then is at its end: the client opens another.
async fn carry(mut client: TcpStream, target: String, rules: Arc<Mutex<(String, Cut, usize)>>) {
    let mut head = Vec::new();
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        let mut some = vec![0; 4096];
        match client.read(&mut some).await {
            Ok(read) if read > 0 => head.extend_from_slice(&some[..read]),
            _ => return,
        }
    }
    let end = head.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let text = String::from_utf8_lossy(&head[..end]).into_owned();
    let how = {
        let mut rules = rules.lock().unwrap();
        let hit = rules.2 > 0 && text.lines().next().unwrap().contains(&rules.0);
        rules.2 -= usize::from(hit);
        hit.then_some(rules.1)
    };
    let length =
        text.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = head.split_off(end);
    let mut server = TcpStream::connect(&target).await.unwrap();
    // The server closes after its answer, and so does this.
    let closing = text.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    server.write_all(closing.as_bytes()).await.unwrap();
    let mut left: usize = length.unwrap_or(0);
    let stop = if how == Some(Cut::Sent) { left / 2 } else { 0 };
    while left > stop {
        if body.is_empty() {
            body.resize(64 * 1024, 0);
            let Ok(read) = client.read(&mut body).await else { return };
            if read == 0 {
                return;
            }
            body.truncate(read);
        }
        if server.write_all(&body).await.is_err() {
            return;
        }
        left -= body.len().min(left);
        body.clear();
    }
    if how == Some(Cut::Sent) {
        return;
    }
    let mut answer = Vec::new();
    let _ = server.read_to_end(&mut answer).await;
    if how != Some(Cut::Heard) {
        let _ = client.write_all(&answer).await;
    }
}
