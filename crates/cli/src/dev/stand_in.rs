//! What answers while there is no site: a page that says why, and asks again by itself.

use std::{
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use quintet_core::{Result, html::Escaped};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};

use super::problem::Problem;

/// A longer head is not waited for.
const LONGEST: usize = 64 * 1024;
/// Nor a slower one.
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers until it is dropped.
pub(super) struct StandIn {
    page: Arc<Mutex<Arc<str>>>,
    task: JoinHandle<()>,
}

impl StandIn {
    /// # Errors
    /// If the socket can't be shared.
    pub(super) fn start(listener: &TcpListener, problem: Option<&Problem>) -> Result<Self> {
        let listener = tokio::net::TcpListener::from_std(listener.try_clone()?)?;
        let page: Arc<Mutex<Arc<str>>> = Arc::new(Mutex::new(page(problem).into()));
        let shown = page.clone();
        let task = tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => {
                        let page = shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
                        tokio::spawn(tokio::time::timeout(PATIENCE, answer(stream, page)));
                    }
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                }
            }
        });
        Ok(StandIn { page, task })
    }

    pub(super) fn show(&self, problem: Option<&Problem>) {
        *self.page.lock().unwrap_or_else(PoisonError::into_inner) = page(problem).into();
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(mut stream: TcpStream, page: Arc<str>) {
    let mut head = Vec::new();
    let mut piece = [0; 4096];
    while !head.windows(4).any(|four| four == b"\r\n\r\n") && head.len() < LONGEST {
        match stream.read(&mut piece).await {
            Ok(read @ 1..) => head.extend_from_slice(piece.get(..read).unwrap_or_default()),
            _ => return,
        }
    }
    let length = page.len();
    let head = format!(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {length}\r\n\
         Cache-Control: no-store\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"
    );
    // A client that is gone needs no answer.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(page.as_bytes()).await;
    let _ = stream.shutdown().await;
}

fn page(problem: Option<&Problem>) -> String {
    let (title, text) = match problem {
        Some(problem) => (problem.title().to_owned(), problem.plain()),
        None => ("Building …".to_owned(), String::new()),
    };
    let (title, text) = (Escaped(&title), Escaped(&text));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"refresh\" content=\"1\"><title>{title}</title>\n<style>:root {{ color-scheme: light dark }}\n\
         body {{ margin: 2rem; font: 1rem/1.5 system-ui, sans-serif }}\nh1 {{ font-size: 1.1rem }}\n\
         pre {{ font: .875rem/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere }}</style></head>\n\
         <body><h1>{title}</h1><pre>{text}</pre></body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(address: std::net::SocketAddr) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn it_says_what_is_wrong_until_a_site_takes_over() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let stand_in = StandIn::start(&listener, None).unwrap();
        let answer = ask(address).await;
        assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("Building …"), "{answer}");
        stand_in.show(Some(&Problem::new("It does not compile", "\u{1b}[1mexpected <T>\u{1b}[0m")));
        let answer = ask(address).await;
        assert!(answer.contains("<h1>It does not compile</h1><pre>expected &lt;T&gt;</pre>"), "{answer}");
        drop(stand_in);
        // A connection that nobody takes now waits for the site: it is not refused.
        TcpStream::connect(address).await.unwrap();
    }
}
