//! A merged feed from the service, and the same bytes as files from nginx, in turns.

use crate::service::Service;
use crate::spread::Spread;
use anyhow::{Context as _, ensure};
use serde::Serialize;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const FEED: &str = "/feed.atom?limit=100";
const ROUNDS: usize = 5;
/// How long the load of a round takes, and over how many connections it comes.
const ROUND: &str = "3s";
const CONNECTIONS: &str = "4";
/// How often nginx is asked whether it listens.
const LOOKS: usize = 500;
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Requests that were answered in a second.
#[derive(Debug, Serialize)]
pub(crate) struct Beside {
    pub(crate) answer: &'static str,
    pub(crate) feedfold: Spread,
    pub(crate) nginx: Spread,
    /// Of each round by itself.
    pub(crate) ratio: Spread,
}

/// Lets nginx and the service answer in turns. `folder` is for the files.
pub(crate) fn compare(service: &Service, folder: &Path) -> anyhow::Result<Vec<Beside>> {
    let mut client = service.connect()?;
    let plain = client.get(FEED, "")?;
    let packed = client.get(FEED, "Accept-Encoding: gzip\r\n")?;
    let feed = folder.join("feed.atom");
    std::fs::write(&feed, &plain.body)?;
    std::fs::write(feed.with_extension("atom.gz"), &packed.body)?;
    let nginx = Nginx::start(folder)?;
    let files = format!("http://{}/feed.atom", nginx.address);
    let ours = format!("http://{}{FEED}", service.address());
    let mut theirs_known = nginx.connect()?;
    let theirs = theirs_known.get("/feed.atom", "")?;
    ensure!(theirs.body == plain.body, "nginx answers with other bytes");
    let (our_tag, their_tag) = (
        plain.etag.unwrap_or_default(),
        theirs.etag.unwrap_or_default(),
    );
    let known = |tag: String| format!("If-None-Match: {tag}");
    let gzip = "Accept-Encoding: gzip".to_owned();
    [
        ("200, plain", None, None),
        ("200, gzip", Some(gzip.clone()), Some(gzip)),
        ("304", Some(known(our_tag)), Some(known(their_tag))),
    ]
    .into_iter()
    .map(|(answer, our_field, their_field)| {
        let (mut feedfold, mut nginx) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            feedfold.push(loaded(&ours, our_field.as_deref())?);
            nginx.push(loaded(&files, their_field.as_deref())?);
        }
        let ratios = feedfold
            .iter()
            .zip(&nginx)
            .map(|(ours, theirs)| ours / theirs);
        Ok(Beside {
            answer,
            ratio: Spread::of(ratios.collect()),
            feedfold: Spread::of(feedfold),
            nginx: Spread::of(nginx),
        })
    })
    .collect()
}

/// Requests a second, as wrk counts them.
fn loaded(url: &str, field: Option<&str>) -> anyhow::Result<f64> {
    let mut wrk = Command::new("wrk");
    wrk.args(["-t", "1", "-c", CONNECTIONS, "-d", ROUND]);
    if let Some(field) = field {
        wrk.args(["-H", field]);
    }
    let output = wrk
        .arg(url)
        .output()
        .context("wrk can't be started; install it, or leave out --beside-nginx")?;
    let told = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success() && !told.contains("Non-2xx"),
        "wrk failed: {told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    told.lines()
        .find_map(|line| line.strip_prefix("Requests/sec:"))
        .and_then(|count| count.trim().parse().ok())
        .with_context(|| format!("wrk counted nothing: {told}"))
}

/// nginx with files to serve; it ends with its value.
struct Nginx {
    child: Child,
    configuration: PathBuf,
    address: SocketAddr,
}

impl Nginx {
    fn start(folder: &Path) -> anyhow::Result<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let configuration = folder.join("nginx.conf");
        let place = folder.display();
        std::fs::write(
            &configuration,
            format!(
                "daemon off;\nworker_processes auto;\npid {place}/nginx.pid;\nerror_log {place}/nginx.log;\n\
                 events {{}}\nhttp {{\n  access_log off;\n  sendfile on;\n  tcp_nopush on;\n  gzip_static on;\n  \
                 keepalive_requests 100000000;\n  types {{ application/atom+xml atom; }}\n  \
                 server {{ listen {address}; root {place}; }}\n}}\n"
            ),
        )?;
        let child = Command::new("nginx")
            .arg("-c")
            .arg(&configuration)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("nginx can't be started; install it, or leave out --beside-nginx")?;
        let nginx = Self {
            child,
            configuration,
            address,
        };
        for _ in 0..LOOKS {
            if TcpStream::connect(address).is_ok() {
                return Ok(nginx);
            }
            std::thread::sleep(LOOK_EVERY);
        }
        anyhow::bail!("nginx does not listen at {address}; run 'nginx -t -c {place}/nginx.conf'")
    }

    fn connect(&self) -> anyhow::Result<crate::service::Client> {
        crate::service::Client::connect(self.address)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It is asked to stop: if it were killed, its workers would stay.
        let asked = Command::new("nginx")
            .arg("-c")
            .arg(&self.configuration)
            .args(["-s", "stop"])
            .stderr(Stdio::null())
            .status();
        if asked.is_ok() {
            let _ = self.child.wait();
        }
    }
}
