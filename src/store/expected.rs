//! Polls that are on their way to the writer.
//!
//! A transaction that stores one poll writes some fifty pages, and one that stores ten not many more: most
//! polls touch the same ones. So the writer keeps a transaction open for a moment where another poll is
//! being read just then, as long as it holds nothing but polls: nobody looks at the clock for those.

use super::writing::Job;
use super::{Error, PollRecord, Recorded, Store};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;
use std::time::Duration;
use tokio::sync::mpsc;

/// How often the writer looks for the next poll, how often in one transaction, and how long it sleeps in
/// between: 30 and 200 ms at most, so that no transaction stays open for long on a slow machine.
const LOOKS: usize = if cfg!(test) { usize::MAX } else { 6 };
pub(super) const PATIENCE: usize = if cfg!(test) { usize::MAX } else { 40 };
const SLEEP: Duration = Duration::from_millis(5);

/// How often the writer looks for a job before it takes it that none comes soon: for 50 ms.
const QUIET: usize = 10;

/// How many polls are on their way.
#[derive(Default)]
pub(super) struct Expected {
    polls: AtomicUsize,
    writer: OnceLock<Thread>,
}

impl Expected {
    /// The thread that waits.
    pub(super) fn wait_in(&self, writer: Thread) {
        // Set once, when the writer is started.
        let _ = self.writer.set(writer);
    }

    /// Ends the writer's waiting: there is something for it.
    pub(super) fn wake(&self) {
        if let Some(writer) = self.writer.get() {
            writer.unpark();
        }
    }

    /// Whether a job comes soon, or none ever.
    pub(super) fn is_busy(&self, jobs: &mpsc::Receiver<Job>) -> bool {
        let comes = || !jobs.is_empty() || jobs.is_closed();
        for _ in 0..QUIET {
            if comes() {
                return true;
            }
            std::thread::park_timeout(SLEEP);
        }
        comes()
    }

    /// The next job, where there is one or where one comes that is expected; of `patience` is taken what
    /// it was waited for.
    pub(super) fn next(&self, jobs: &mut mpsc::Receiver<Job>, patience: &mut usize) -> Option<Job> {
        for _ in 0..LOOKS {
            if let Ok(job) = jobs.try_recv() {
                return Some(job);
            }
            let expected = self.polls.load(Ordering::Acquire) > 0 && !jobs.is_closed();
            *patience = patience.checked_sub(1).filter(|_| expected)?;
            // It may return at once, for a job that was taken before.
            std::thread::park_timeout(SLEEP);
        }
        jobs.try_recv().ok()
    }
}

/// A poll that is on its way; it ends with its value.
pub struct ExpectedPoll {
    store: Store,
    coming: Coming,
}

impl ExpectedPoll {
    /// Stores it; see [`Store::record`].
    pub async fn record(self, poll: PollRecord) -> Result<Recorded, Error> {
        self.store.record_expected(poll, self.coming).await
    }
}

/// Counts as long as it lives.
pub(super) struct Coming(Arc<Expected>);

impl Drop for Coming {
    fn drop(&mut self) {
        self.0.polls.fetch_sub(1, Ordering::AcqRel);
        let writer = self.0.writer.get();
        // It notices by itself what happens in its own jobs.
        if writer.is_some_and(|writer| writer.id() != std::thread::current().id()) {
            self.0.wake();
        }
    }
}

impl Store {
    /// Says that a poll will be recorded soon, so that the writer may store it together with others.
    #[must_use]
    pub fn expect_poll(&self) -> ExpectedPoll {
        let expected = Arc::clone(&self.connections.expected);
        expected.polls.fetch_add(1, Ordering::AcqRel);
        ExpectedPoll {
            store: self.clone(),
            coming: Coming(expected),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// A store, and how many jobs each of its transactions had.
    fn store() -> (Store, Arc<Mutex<Vec<usize>>>) {
        let store = Store::in_memory().unwrap();
        let batches = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&batches);
        let observer = Box::new(move |batch: super::super::Batch| {
            seen.lock().unwrap().push(batch.jobs);
        });
        assert!(store.connections.observer.set(observer).is_ok());
        (store, batches)
    }

    /// Starts to record something that was expected; it is done with once this returns, but for the commit.
    async fn begin(store: &Store, expected: ExpectedPoll) -> tokio::task::JoinHandle<()> {
        let (ran, done) = tokio::sync::oneshot::channel();
        let store = store.clone();
        let recording = tokio::spawn(async move {
            let job = move |_: &mut super::super::writing::Writing<'_>| {
                drop(expected);
                let _ = ran.send(());
                Ok(())
            };
            store.connections.write_patiently(job).await.unwrap();
        });
        done.await.unwrap();
        recording
    }

    #[tokio::test]
    async fn what_is_expected_is_stored_together() {
        let (store, batches) = store();
        let (first, second) = (store.expect_poll(), store.expect_poll());
        let first = begin(&store, first).await;
        let second = begin(&store, second).await;
        first.await.unwrap();
        second.await.unwrap();
        store.close().await;
        assert_eq!(*batches.lock().unwrap(), [2]);
    }

    #[tokio::test]
    async fn what_does_not_come_is_not_waited_for() {
        let (store, batches) = store();
        let (first, second) = (store.expect_poll(), store.expect_poll());
        let first = begin(&store, first).await;
        drop(second);
        first.await.unwrap();
        store.close().await;
        assert_eq!(*batches.lock().unwrap(), [1]);
    }

    #[tokio::test]
    async fn nobody_else_waits_for_what_is_expected() {
        let (store, batches) = store();
        let (first, second) = (store.expect_poll(), store.expect_poll());
        let first = begin(&store, first).await;
        let hurried = store.connections.write(|_| Ok(()));
        hurried.await.unwrap();
        first.await.unwrap();
        drop(second);
        store.close().await;
        assert_eq!(*batches.lock().unwrap(), [2]);
    }
}
