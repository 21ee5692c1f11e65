//! `feedfold serve`: the service in the foreground.

use super::arguments::Serve;
use super::surroundings::{Surroundings, block_on};
use super::{Ending, Failure};
use crate::daemon::Daemon;
use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};

/// Runs until SIGTERM or SIGINT; SIGHUP reads the configuration again.
pub(super) fn run(surroundings: &Surroundings, options: &Serve) -> anyhow::Result<Ending> {
    let read = || {
        let mut config = surroundings.config()?;
        if let Some(listen) = &options.listen {
            config
                .server
                .listen_at(listen)
                .map_err(|fault| Failure::Use(format!("--listen: {fault}")))?;
        }
        anyhow::Ok(config)
    };
    let config = read()?;
    if surroundings.config_path().is_none() {
        tracing::warn!(
            "no configuration was found: the defaults are in force, and only feeds that were added by command are polled"
        );
    }
    block_on(async {
        // Before anything starts, so that an early signal is not lost.
        let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
        let mut hangup = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
        let mut daemon = Daemon::start(config, surroundings.clock.clone()).await?;
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                failed = daemon.failed() => {
                    daemon.stop().await;
                    return Err(failed.into());
                }
                _ = hangup.recv() => match read() {
                    Ok(config) => daemon.reload(config).await,
                    Err(error) => daemon.keep_config(&error.to_string()),
                },
            }
        }
        daemon.stop().await;
        Ok(Ending::Done)
    })
}
