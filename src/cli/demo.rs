//! `feedfold demo`: the whole service on a bundled day of invented news.

use super::arguments::Demo as Options;
use super::surroundings::block_on;
use super::{Ending, Failure};
use crate::daemon::Daemon;
use crate::demo::Demo;
use anyhow::Context as _;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tokio::signal::unix::{SignalKind, signal};

/// Runs until Ctrl-C or SIGTERM and leaves nothing behind.
pub(super) fn run(options: &Options) -> anyhow::Result<Ending> {
    block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let folder = Folder::new()?;
        let demo = Demo::open(options.speed).await?;
        let database = folder.path().join("feedfold.db");
        let mut config = demo.config(&database, &options.listen);
        config
            .server
            .listen_at(&options.listen)
            .map_err(|fault| Failure::Use(format!("--listen: {fault}")))?;
        let mut daemon = Daemon::start(config, demo.clock()).await?;
        introduce(daemon.address(), &database)?;
        let store = daemon.store().clone();
        let telling = async {
            // Whoever closed the output may still be reading over HTTP.
            let _ = demo.tell(&store, io::stdout()).await;
            std::future::pending::<()>().await;
        };
        let failed = tokio::select! {
            _ = terminate.recv() => None,
            _ = interrupt.recv() => None,
            failed = daemon.failed() => Some(failed),
            () = telling => None,
        };
        drop(store);
        daemon.stop().await;
        demo.close().await;
        drop(folder);
        match failed {
            Some(failed) => Err(failed.into()),
            None => {
                writeln!(
                    io::stdout().lock(),
                    "\nThe demo ended and left nothing behind."
                )?;
                Ok(Ending::Done)
            }
        }
    })
}

fn introduce(address: &str, database: &Path) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let database = database.display();
    write!(
        out,
        "feedfold demo: a day of invented tech news, each story once.\n\
         \n  Look at it        {address}/\
         \n  Subscribe to it   {address}/feed.atom  (or /feed.rss, /feed.json)\
         \n  Everything as it came, unfolded\
         \n                    {address}/views/unfolded.atom\
         \n  Ask the API       curl '{address}/api/v1/stories?limit=3'\
         \n  Ask by command    feedfold --database {database} query --fold story\
         \n\
         \nNew entries appear every few seconds, and stories grow. Ctrl-C ends it.\n"
    )?;
    out.flush()
}

/// A folder of the demo's own, removed when it ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> anyhow::Result<Self> {
        let base = std::env::temp_dir();
        for number in 0..100 {
            let path = base.join(format!("feedfold-demo-{}-{number}", std::process::id()));
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(error)
                        .with_context(|| format!("cannot make the folder {}", path.display()));
                }
            }
        }
        Err(anyhow::anyhow!(
            "{} is full of folders of earlier demos; remove them",
            base.display()
        ))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What can't be removed now is in the system's folder for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
