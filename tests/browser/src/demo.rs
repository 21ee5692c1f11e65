//! `feedfold demo`, with an admin token.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The admin token of the demo.
pub const TOKEN: &str = "let me in, please";

/// A running demo; dropping it ends it.
pub struct Demo {
    child: Child,
    pub url: String,
    _token: TokenFile,
}

struct TokenFile(std::path::PathBuf);

impl Drop for TokenFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Demo {
    /// Starts it, and waits until its first stories have arrived.
    pub async fn start() -> Self {
        let program = std::env::var("FEEDFOLD").expect("FEEDFOLD names the program");
        let port = super::free_port();
        let path = std::env::temp_dir().join(format!("feedfold-token-{port}"));
        let mut file = std::fs::File::create(&path).expect("the token's file is written");
        writeln!(file, "{TOKEN}").expect("the token is written");
        let listen = format!("127.0.0.1:{port}");
        let child = Command::new(program)
            .args(["demo", "--listen", &listen, "--admin-token-file"])
            .arg(&path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let demo = Self {
            child,
            url: format!("http://{listen}"),
            _token: TokenFile(path),
        };
        demo.wait_for_stories(&listen).await;
        demo
    }

    async fn wait_for_stories(&self, listen: &str) {
        // A real program in real time: there is no clock to turn here.
        for _ in 0..300 {
            if let Some(answer) = ask(listen, "/").await
                && answer.matches("<article").count() >= 50
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("the demo shows no stories after a minute");
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // The demo ends cleanly by itself where it is asked to; a test need not wait for that.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The answer to a plain request, where there is one.
async fn ask(host: &str, path: &str) -> Option<String> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(host).await.ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    Some(String::from_utf8_lossy(&answer).into_owned())
}
