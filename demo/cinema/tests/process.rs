//! The binary as a process: first start, signals, sudden death, a database that another process holds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
    time::{Duration, Instant},
};

use quintet::orm::{Db, DbOptions};

/// Far more than anything here takes; only a hang reaches it.
const HANG: Duration = Duration::from_secs(240);

struct Site {
    process: Child,
    out: BufReader<ChildStdout>,
    address: String,
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cinema"));
    command
        .env("DATABASE_URL", format!("sqlite://{}", folder.join("site.db").display()))
        .env("QUINTET_BIND", "127.0.0.1:0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

impl Site {
    /// Starts the binary without a word and waits until it says where it serves.
    #[expect(clippy::zombie_processes, reason = "`end` waits for it, and a test that fails ends them all")]
    fn start(folder: &Path) -> Site {
        let mut process = command(folder).stderr(Stdio::null()).spawn().unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let mut said = String::new();
        loop {
            let mut line = String::new();
            if out.read_line(&mut line).unwrap() == 0 {
                panic!("it ended with {:?}:\n{said}", process.wait());
            }
            if let Some(rest) = line.strip_prefix("Serving http://") {
                let address = rest.split('/').next().unwrap().to_owned();
                return Site { process, out, address };
            }
            said.push_str(&line);
        }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    fn signal(&self, name: &str) {
        assert!(
            Command::new("kill").args([name, &self.process.id().to_string()]).status().unwrap().success()
        );
    }

    /// The status that it ends with.
    fn end(mut self) -> Option<i32> {
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        wait(&mut self.process)
    }
}

fn wait(process: &mut Child) -> Option<i32> {
    let start = Instant::now();
    while start.elapsed() < HANG {
        if let Some(status) = process.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    process.kill().unwrap();
    panic!("the process does not end");
}

fn run(folder: &Path, words: &[&str], env: &[(&str, &str)]) -> (Output, String) {
    let output = command(folder).args(words).envs(env.iter().copied()).output().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output, text)
}

fn count(answer: &str) -> u64 {
    let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
    let body: quintet::core::value::JsonValue = body.parse().unwrap_or_else(|e| panic!("{e}: {answer}"));
    body["count"].as_u64().unwrap()
}

#[test]
fn a_killed_import_leaves_nothing_half_done_and_a_signal_ends_it_well() {
    let folder = tempfile::tempdir().unwrap();
    // Killed while the first start imports: as soon as the database is there.
    let mut first = command(folder.path()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while !folder.path().join("site.db-wal").exists() && start.elapsed() < HANG {
        std::thread::sleep(Duration::from_millis(2));
    }
    std::thread::sleep(Duration::from_millis(150));
    first.kill().unwrap();
    first.wait().unwrap();

    let site = Site::start(folder.path());
    assert_eq!(count(&site.get("/films.json?limit=1")), 3200);
    assert!(site.get("/").starts_with("HTTP/1.1 200"));
    site.signal("-TERM");
    assert_eq!(site.end(), Some(0));

    // Another process holds the writer: the wait is bounded, and the error says what it waited for.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let url = format!("sqlite://{}", folder.path().join("site.db").display());
    let (db, tx) = runtime.block_on(async {
        let db = Db::open(&url, DbOptions::default()).await.unwrap();
        let tx = db.begin().await.unwrap();
        (db, tx)
    });
    let (output, text) = run(folder.path(), &["import-films"], &[("QUINTET_DATABASE_WRITER_WAIT", "300ms")]);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("locked") || text.contains("holds"), "{text}");
    runtime.block_on(async {
        tx.rollback().await.unwrap();
        db.close().await;
    });

    let (output, text) = run(folder.path(), &["import-films"], &[]);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("0 imported, 3,200 already there, 1 refused"), "{text}");
}

#[test]
fn wrong_words_and_wrong_settings_end_with_status_2() {
    let folder = tempfile::tempdir().unwrap();
    let (output, text) = run(folder.path(), &["migrat"], &[]);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("there is `migrate`"), "{text}");
    let (output, text) = run(folder.path(), &["check"], &[("QUINTET_SERVER_MAX_CONNECTIONS", "many")]);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("QUINTET_SERVER_MAX_CONNECTIONS"), "{text}");
    let (output, text) = run(folder.path(), &["check"], &[("DATABASE_URL", "oracle://x")]);
    assert_ne!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("oracle"), "{text}");
    // Forms are signed: a key that is none keeps the site from starting.
    let key = folder.path().join("key");
    std::fs::write(&key, "short").unwrap();
    let (output, text) = run(folder.path(), &[], &[("QUINTET_SECRET_KEY_FILE", key.to_str().unwrap())]);
    assert_ne!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("fewer than 32") && !text.contains("Serving"), "{text}");
}

#[test]
fn dbshell_becomes_the_databases_own_program() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("sqlite3");
    std::fs::write(&program, "#!/bin/sh\necho \"shell of $*\"\nexit 7\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = folder.path().to_str().unwrap();
    let (output, text) = run(folder.path(), &["dbshell"], &[("PATH", path)]);
    assert_eq!(output.status.code(), Some(7), "{text}");
    // What the log says of the environment goes to standard error.
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("shell of {path}/site.db\n"));
    let (output, text) = run(folder.path(), &["dbshell"], &[("PATH", "/nowhere")]);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("`sqlite3` is not installed"), "{text}");
}

#[test]
fn a_dump_goes_to_standard_output_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let (output, text) = run(folder.path(), &["migrate"], &[]);
    assert!(output.status.success(), "{text}");
    let file = folder.path().join("films.jsonl");
    let director = r#"{"model":"cinema.Director","pk":7,"fields":{"name":"Agn\u00e8s Varda"}}"#;
    std::fs::write(&file, director).unwrap();
    let file = file.to_str().unwrap();
    let (output, text) = run(folder.path(), &["loaddata", file], &[]);
    assert!(output.status.success() && text.contains("1 objects from 1 file"), "{text}");
    let (output, text) = run(folder.path(), &["dumpdata", "cinema.director"], &[]);
    assert!(output.status.success(), "{text}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("{\"model\":\"cinema.Director\",\"pk\":7,") && said.contains("Agnès"), "{said}");
}
