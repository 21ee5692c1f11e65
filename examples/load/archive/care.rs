//! How long a poll would wait for the writer while feeds and old entries are removed.

use anyhow::Context as _;
use feedfold::config;
use feedfold::feed::Timestamp;
use feedfold::store::Store;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// Removes a feed, takes that back, and removes what is older than 390 days before `now`.
pub(crate) async fn care(path: &Path, now: Timestamp) -> anyhow::Result<()> {
    let store = Store::open(path, now)?;
    let remove = store.remove_feed("outlet-7", now);
    watched(&store, "a feed is removed", remove).await??;
    let removal = store.corrections().await?;
    let removal = removal
        .first()
        .context("there is no feed 'outlet-7'; fill the store first")?;
    let undo = store.undo(removal.id, now);
    watched(&store, "it comes back", undo).await??;
    let keep = config::Retention {
        keep: Duration::from_secs(390 * 24 * 60 * 60),
        ..config::Config::default().retention
    };
    let prune = store.prune(&keep, now);
    let gone = watched(&store, "what is old is removed", prune).await??;
    println!("{} entries were old", gone.entries);
    store.close().await;
    Ok(())
}

/// Does something, and tells how long others waited for the writer while it was done.
async fn watched<T>(store: &Store, name: &str, work: impl Future<Output = T>) -> anyhow::Result<T> {
    let stop = Arc::new(AtomicBool::new(false));
    let waiting = {
        let (store, stop) = (store.clone(), Arc::clone(&stop));
        tokio::spawn(async move {
            let mut waited = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let began = Instant::now();
                store.writes().await?;
                waited.push(began.elapsed());
                // Real time is measured here: without a pause the writer would do nothing else.
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            anyhow::Ok(waited)
        })
    };
    let began = Instant::now();
    let done = work.await;
    let took = began.elapsed();
    stop.store(true, Ordering::Relaxed);
    let mut waited = waiting.await??;
    waited.sort_unstable();
    let milliseconds = |place: usize| {
        let wait = waited.get(place.min(waited.len().saturating_sub(1)));
        wait.copied().unwrap_or_default().as_secs_f64() * 1e3
    };
    println!(
        "{name}: {:.1} s; the writer was waited for {} times, 99 % within {:.0} ms, all within {:.0} ms",
        took.as_secs_f64(),
        waited.len(),
        milliseconds(waited.len() * 99 / 100),
        milliseconds(waited.len())
    );
    Ok(done)
}
