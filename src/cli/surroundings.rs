//! What every command starts from: configuration, database, log, clock.

use super::Failure;
use super::arguments::{Arguments, LogFormat};
use super::output::Zone;
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::store::Store;
use std::io;
use std::path::PathBuf;
use tracing_subscriber::EnvFilter;

/// Where the program finds itself. Nothing is read before it is asked for.
pub(super) struct Surroundings {
    /// Where the configuration was said to be.
    explicit: Option<PathBuf>,
    /// What takes the place of the configuration's database.
    database: Option<PathBuf>,
    /// The machine's clock.
    pub(super) clock: Clock,
    /// The time zone in which people are told times.
    pub(super) zone: Zone,
}

impl Surroundings {
    /// Starts the log and remembers what was typed.
    pub(super) fn new(arguments: &Arguments) -> anyhow::Result<Self> {
        start_log(arguments.log.as_deref(), arguments.log_format)?;
        Ok(Self {
            explicit: arguments.config.clone(),
            database: arguments.database.clone(),
            clock: Clock::System,
            zone: match arguments.utc {
                true => Zone::Utc,
                false => Zone::Local,
            },
        })
    }

    /// The configuration file that is in force, if there is one.
    pub(super) fn config_path(&self) -> Option<PathBuf> {
        config::find(self.explicit.as_deref())
    }

    /// The configuration: the file's, or the defaults where there is no file.
    pub(super) fn config(&self) -> anyhow::Result<Config> {
        let mut config = match self.config_path() {
            Some(path) => {
                config::load(&path).map_err(|fault| Failure::Configuration(fault.to_string()))?
            }
            None => Config::default(),
        };
        if let Some(path) = &self.database {
            config.database.path.clone_from(path);
        }
        Ok(config)
    }

    /// Where the database is. Whoever names it needs no configuration: copies are made at night too,
    /// while somebody has left a half-written one behind.
    pub(super) fn database_path(&self) -> anyhow::Result<PathBuf> {
        match &self.database {
            Some(path) => Ok(path.clone()),
            None => Ok(self.config()?.database.path),
        }
    }

    /// Opens the database, creating or migrating it where needed.
    pub(super) fn store(&self, config: &Config) -> anyhow::Result<Store> {
        Ok(Store::open(&config.database.path, self.clock.now())?)
    }

    /// Opens an existing database to read it; it may be in use.
    pub(super) fn store_to_read(&self) -> anyhow::Result<Store> {
        Ok(Store::open_read_only(&self.config()?.database.path)?)
    }

    /// Opens the database and brings the feeds in step with the configuration.
    pub(super) async fn store_in_step(&self, config: &Config) -> anyhow::Result<Store> {
        let store = self.store(config)?;
        // Without a file there is nothing to be in step with: feeds of an absent file must not
        // be switched off by a command that was run in another folder.
        if self.config_path().is_some() {
            store
                .sync_feeds(config.feeds.clone(), self.clock.now())
                .await?;
        }
        Ok(store)
    }
}

/// Runs a future to its end on a runtime of its own.
pub(super) fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(future)
}

fn start_log(level: Option<&str>, format: LogFormat) -> anyhow::Result<()> {
    let filter =
        EnvFilter::try_new(level.unwrap_or("info,hyper=warn,reqwest=warn")).map_err(|_| {
            Failure::Use(format!(
                "--log: '{}' is no level; use error, warn, info, debug or trace",
                level.unwrap_or_default()
            ))
        })?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_target(false);
    // A second start (in tests of the library) keeps the first one's log.
    let _ = match format {
        LogFormat::Text => {
            let ansi = io::IsTerminal::is_terminal(&io::stderr());
            tracing::subscriber::set_global_default(log.with_ansi(ansi).finish())
        }
        LogFormat::Json => {
            tracing::subscriber::set_global_default(log.json().flatten_event(true).finish())
        }
    };
    Ok(())
}
