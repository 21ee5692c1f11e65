//! The running service, and somebody who asks it.

use crate::process::{AS_A_SERVICE, Used, used_so_far};
use anyhow::{Context as _, bail, ensure};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::time::Instant;

/// How long the service may take to listen, or to answer.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often it is looked whether the service listens.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// `feedfold serve` as a child process; it ends with its value.
pub(crate) struct Service {
    child: Child,
    address: SocketAddr,
    started: Instant,
    log: PathBuf,
}

impl Service {
    /// Starts the service and waits until it listens. Its log goes into `folder`.
    pub(crate) fn start(
        program: &Path,
        configuration: &Path,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        // A port that is free now; whoever takes it in between is told of in the log.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let log = folder.join("serve.log");
        let started = Instant::now();
        let child = Command::new(program)
            .envs(AS_A_SERVICE)
            .arg("--config")
            .arg(configuration)
            .args(["--log", "warn", "serve", "--listen", &address.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()
            .with_context(|| format!("{} can't be started", program.display()))?;
        let mut service = Self {
            child,
            address,
            started,
            log,
        };
        while TcpStream::connect(address).is_err() {
            if service.child.try_wait()?.is_some() || started.elapsed() > PATIENCE {
                bail!("the service does not listen: {}", service.told());
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(service)
    }

    /// What it used since it was started.
    pub(crate) fn used(&self) -> Used {
        used_so_far(self.child.id(), self.started.elapsed())
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// A new connection.
    pub(crate) fn connect(&self) -> anyhow::Result<Client> {
        Client::connect(self.address)
    }

    fn told(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // The program may be killed at any time; one that has ended already is no trouble.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection to a server.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

/// An answer, and how long it took to come whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) etag: Option<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) took: Duration,
}

impl Client {
    /// A connection to any server.
    pub(crate) fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    /// Asks for a path; `fields` are further lines of the head.
    pub(crate) fn get(&mut self, path: &str, fields: &str) -> anyhow::Result<Answer> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n");
        let began = Instant::now();
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.with_context(|| format!("{path}: no answer but '{}'", line.trim()))?;
        let (mut etag, mut length) = (None, None);
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            match name.to_ascii_lowercase().as_str() {
                "etag" => etag = Some(value.trim().to_owned()),
                "content-length" => length = Some(value.trim().parse()?),
                _ => {}
            }
        }
        ensure!(
            length.is_some() || status == 304,
            "{path}: the answer {status} has no length"
        );
        let mut body = vec![0; length.filter(|_| status != 304).unwrap_or_default()];
        self.stream.read_exact(&mut body)?;
        Ok(Answer {
            status,
            etag,
            body,
            took: began.elapsed(),
        })
    }
}
