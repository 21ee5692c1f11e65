//! `feedfold demo`: the whole service on a bundled day of invented news.

use super::arguments::Demo as Options;
use super::surroundings::block_on;
use super::{Ending, Failure};
use crate::config::ReaderSync;
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
        config.sync = sync(options)?;
        config.server.admin_token = match &options.admin_token_file {
            Some(file) => Some(secret(file, "admin token")?),
            None => None,
        };
        let user = config.sync.user.clone();
        let mut daemon = Daemon::start(config, demo.clock()).await?;
        introduce(daemon.address(), &database)?;
        if options.sync_user.is_some() {
            let mut out = io::stdout().lock();
            writeln!(
                out,
                "Reader apps sync at {}/api/greader.php as '{user}' (FreshRSS or Google Reader), \
                 or at {}/fever/.",
                daemon.address(),
                daemon.address()
            )?;
        }
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

/// How reader apps log in: not at all, unless someone says so.
fn sync(options: &Options) -> anyhow::Result<ReaderSync> {
    let (Some(user), Some(file)) = (&options.sync_user, &options.sync_password_file) else {
        return Ok(ReaderSync::default());
    };
    let password = secret(file, "password")?;
    Ok(ReaderSync {
        enabled: true,
        user: user.clone(),
        // A demo is gone in an hour: one password does for both protocols.
        fever_password: Some(password.clone()),
        password: Some(password),
        articles: false,
    })
}

/// The secret that a file holds.
fn secret(file: &Path, what: &str) -> anyhow::Result<String> {
    let content = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the {what} file {}", file.display()))?;
    let secret = content.trim_end_matches(['\n', '\r']).to_owned();
    if secret.is_empty() {
        return Err(anyhow::anyhow!(
            "the {what} file {} is empty; write a {what} into it",
            file.display()
        ));
    }
    Ok(secret)
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
