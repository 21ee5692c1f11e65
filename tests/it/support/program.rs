//! The program itself, run as people run it.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A folder with a configuration and a database of its own.
pub struct Place {
    folder: TempDir,
}

/// What a run of the program left.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Place {
    /// A folder whose configuration may poll loopback and has these lines besides.
    pub fn with(more: &str) -> Self {
        let place = Self {
            folder: TempDir::new().unwrap(),
        };
        place.configure(more);
        place
    }

    /// Writes the configuration anew.
    pub fn configure(&self, more: &str) {
        let text = format!(
            "[database]\npath = \"{}\"\n[fetch]\nallow_private_networks = true\ntimeout = \"5s\"\n\
             [server]\nlisten = \"127.0.0.1:0\"\n{more}",
            self.database().display()
        );
        // In one go: a service that reads it meanwhile must not find half of it.
        let written = self.path().join("feedfold.toml.new");
        std::fs::write(&written, text).unwrap();
        std::fs::rename(written, self.config()).unwrap();
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("feedfold.toml")
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("feedfold.db")
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The program with these arguments, not started yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_feedfold"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("FEEDFOLD_CONFIG", self.config())
            .env("TZ", "UTC0")
            .env_remove("STATE_DIRECTORY")
            .env_remove("NOTIFY_SOCKET")
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments).output().unwrap())
    }

    /// Runs the program and gives what it printed, a JSON object a line.
    pub fn json(&self, arguments: &[&str]) -> Vec<serde_json::Value> {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
        ran.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Starts the service and waits until it says where it listens.
    pub fn serve(&self) -> Service {
        started(self.command(&["serve", "--log", "info"]))
    }

    /// The same at another address than the configuration's.
    pub fn serve_at(&self, listen: &str) -> Service {
        started(self.command(&["serve", "--log", "info", "--listen", listen]))
    }

    /// Starts the demo, which keeps its files in this folder, and gives what it tells as well.
    pub fn demo(&self) -> (Service, BufReader<ChildStdout>) {
        let mut command = self.command(&["demo", "--listen", "127.0.0.1:0", "--speed", "600"]);
        command.env("TMPDIR", self.path()).stdout(Stdio::piped());
        let mut service = started(command);
        let told = service.child.stdout.take().unwrap();
        (service, BufReader::new(told))
    }
}

/// Asks until `done`, for at most half a minute of the machine's time: the service runs by itself.
pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..600 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50)); // another process can't be given a clock
    }
    panic!("{what} did not happen");
}

/// Starts a command that serves and waits until it says where it listens.
pub fn started(mut command: Command) -> Service {
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut seen = String::new();
    let address = loop {
        let mut line = String::new();
        assert_ne!(
            log.read_line(&mut line).unwrap(),
            0,
            "the service ended: {seen}"
        );
        seen.push_str(&line);
        if let Some((_, address)) = line.trim_end().split_once("listening at ") {
            break address.split_whitespace().next().unwrap().to_owned();
        }
    };
    // Someone must read on, or the service would wait for a reader of its log.
    let log = std::thread::spawn(move || {
        let mut rest = String::new();
        let _ = log.read_to_string(&mut rest);
        rest
    });
    Service {
        child,
        address,
        log: Some(log),
    }
}

/// What a run that ended left.
pub fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A running service; it is killed when it is dropped.
pub struct Service {
    child: Child,
    address: String,
    log: Option<std::thread::JoinHandle<String>>,
}

impl Service {
    /// Gets a path: the whole answer, head and body.
    pub fn get(&self, path: &str) -> String {
        self.ask("GET", path, "")
    }

    /// Asks with a method and further lines of the head, each with its end.
    pub fn ask(&self, method: &str, path: &str, head: &str) -> String {
        use std::io::Write;
        let host = self.address.trim_start_matches("http://");
        let mut stream = std::net::TcpStream::connect(host).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{head}Connection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Memory that it holds, in bytes.
    pub fn memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.unwrap().split_whitespace().next().unwrap();
        kibibytes.parse::<usize>().unwrap() << 10
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end: exit code (-1 after a signal) and the rest of its log.
    pub fn ended(mut self) -> (i32, String) {
        let status = self.child.wait().unwrap();
        let log = self.log.take().unwrap().join().unwrap();
        (status.code().unwrap_or(-1), log)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
